from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from exocosm.errors import EvidenceError, InputError
from exocosm.evidence.bibliography import Source
from exocosm.evidence.catalogue import Catalogue, catalogue_of
from exocosm.evidence.lookup import NEVER_BORROWED, NEVER_SCALED_OF_PARTICLES, find
from exocosm.evidence.value import CONTEXT, Value

SOURCES = {"Kim2019": Source("Kim2019", "misc", {})}
MEASURED = Value(
    "base", "uptake_rate", 1.0, "1/h", method="measured_in_vivo", source="Kim2019", locator="Table 1", status="opened"
)
ASKED = {
    "organism": "mouse",
    "population": "C57BL/6",
    "organ": "liver",
    "cell": "kupffer",
    "carrier": "small_ev",
    "cargo": "doxorubicin",
    "label": "DiR",
    "fluid": "plasma",
    "device": "column",
}
ELSE = {
    "organism": "rat",
    "population": "BALB/c",
    "organ": "spleen",
    "cell": "hepatocyte",
    "carrier": "liposome",
    "cargo": "paclitaxel",
    "label": "DiD",
    "fluid": "urine",
    "device": "membrane",
}
EXACT = replace(MEASURED, id="exact", **ASKED)


def other(*different: str, **changes: object) -> Value:
    """The exact row, but for something else in the fields named."""
    return replace(EXACT, **{field: ELSE[field] for field in different}, **changes)  # type: ignore[arg-type]


def assumed(row: Value, id: str) -> Value:
    limits = {"spread_kind": "assumed_range", "distribution": "lognormal", "low": 0.1, "high": 10.0}
    return replace(row, id=id, method="assumed", source="", status="", **limits)  # type: ignore[arg-type]


def catalogue(*rows: Value) -> Catalogue:
    return catalogue_of(rows, SOURCES)


# Best first: each row must win over all that follow it.
LADDER = [
    EXACT,
    replace(EXACT, id="exact-carried", status="carried"),
    replace(EXACT, id="exact-derived", method="derived", formula="1", source="", status=""),
    replace(EXACT, id="general-population", population=""),
    replace(EXACT, id="general-label", label=""),
    replace(EXACT, id="general-cell", cell=""),
    replace(EXACT, id="general-organ", organ=""),
    replace(EXACT, id="general-cargo", cargo=""),
    replace(EXACT, id="general-carrier", carrier=""),
    replace(EXACT, id="general-organism", organism=""),
    replace(EXACT, id="general-fluid", fluid=""),
    replace(EXACT, id="general-device", device=""),
    replace(MEASURED, id="general"),
    other("population", id="other-population"),
    other("population", id="other-population-fitted", method="fitted"),
    other("label", id="other-label"),
    other("label", "population", id="other-label-population"),
    other("cell", id="other-cell"),
    other("cell", "label", "population", id="other-cell-label-population"),
    assumed(EXACT, "assumed-exact"),
    assumed(replace(EXACT, organ=""), "assumed-general-organ"),
    other("organ", id="other-organ"),
    other("organ", "cell", id="other-organ-cell"),
    other("cargo", id="other-cargo"),
    other("cargo", "organ", "cell", "label", "population", id="other-cargo-and-all-before"),
    other(id="rbc-vesicle", carrier="rbc_vesicle"),
    other(id="liposome", carrier="liposome"),
    other(id="nanoparticle", carrier="nanoparticle"),
    other(id="any-carrier", carrier="virus"),
    other("organism", id="rat"),
    other(id="human", organism="human"),
    other(id="macaque", organism="macaque"),
    assumed(other("population"), "assumed-other-population"),
    assumed(other("organism"), "assumed-rat"),
]


@pytest.mark.parametrize("start", range(len(LADDER)))
def test_the_ladder(start: int) -> None:
    found = find(catalogue(*reversed(LADDER[start:])), "uptake_rate", ASKED)
    assert found.value.id == LADDER[start].id


@pytest.mark.parametrize(("better", "worse"), list(pairwise(LADDER)), ids=lambda row: row.id)
def test_neighbours_on_the_ladder_are_no_conflict(better: Value, worse: Value) -> None:
    assert find(catalogue(worse, better), "uptake_rate", ASKED).value.id == better.id


@pytest.mark.parametrize("field", NEVER_BORROWED)
def test_fluids_and_devices_are_never_borrowed(field: str) -> None:
    with pytest.raises(EvidenceError, match=rf"known only for another {field} \(known: {ELSE[field]}\)"):
        find(catalogue(other(field)), "uptake_rate", ASKED)


@pytest.mark.parametrize("field", [field for field in CONTEXT if field not in NEVER_BORROWED])
def test_every_borrowed_field_is_named(field: str) -> None:
    found = find(catalogue(other(field)), "uptake_rate", ASKED)
    assert found.trust == "borrowed"
    assert f"Borrowed across {field}: asked for {ASKED[field]}, the row is for {ELSE[field]}." in found.path
    assert sum("Borrowed" in step for step in found.path) == 1


@pytest.mark.parametrize("field", CONTEXT)
def test_general_and_narrower_are_told_but_not_borrowed(field: str) -> None:
    general = find(catalogue(replace(EXACT, **{field: ""})), "uptake_rate", ASKED)
    assert general.trust == "measured" and any(f"General in {field}" in step for step in general.path)
    narrower = find(catalogue(EXACT), "uptake_rate", {**ASKED, field: ""})
    assert narrower.trust == "measured" and any(f"Narrower in {field}" in step for step in narrower.path)


@pytest.mark.parametrize(
    ("row", "trust"),
    [
        (EXACT, "measured"),
        (replace(EXACT, method="fitted"), "fitted"),
        (replace(EXACT, method="derived", formula="1"), "derived"),
        (replace(EXACT, method="model_constant"), "model"),
        (replace(EXACT, method="model_constant", source="", status=""), "constant"),
        (replace(EXACT, method="model_constant", label="DiD"), "borrowed"),
        (assumed(EXACT, "a"), "assumed"),
        (assumed(other("organism"), "a"), "assumed"),
    ],
)
def test_trust(row: Value, trust: str) -> None:
    assert find(catalogue(row), "uptake_rate", ASKED).trust == trust


def test_names_are_compared_without_case() -> None:
    asked = {field: word.upper() for field, word in ASKED.items()}
    assert find(catalogue(EXACT, other("carrier", id="x")), "uptake_rate", asked).value is EXACT
    assert find(catalogue(EXACT), "uptake_rate", asked).trust == "measured"


def test_conflicting_measurements_are_refused_unless_chosen() -> None:
    rows = catalogue(EXACT, replace(EXACT, id="second", value=2.0), other("organism", id="rat"))
    with pytest.raises(EvidenceError) as caught:
        find(rows, "uptake_rate", ASKED)
    message = str(caught.value)
    assert "exact" in message and "second" in message and "use: exact" in message and "'rat'" not in message
    chosen = find(rows, "uptake_rate", ASKED, choose=["second", "rat"])
    assert chosen.value.id == "second" and any(
        "Chosen by the study over the equally good exact" in step for step in chosen.path
    )
    with pytest.raises(EvidenceError):
        find(rows, "uptake_rate", ASKED, choose=["second", "exact"])
    forced = find(rows, "uptake_rate", ASKED, choose={"uptake_rate": "rat"})
    assert forced.value.id == "rat" and forced.trust == "borrowed"


def test_rows_that_differ_in_a_field_nobody_named_are_told_apart_by_naming_it() -> None:
    rows = catalogue(EXACT, replace(EXACT, id="second", label="DiD"), replace(EXACT, id="third", label="PKH26"))
    with pytest.raises(EvidenceError) as caught:
        find(rows, "uptake_rate", {**ASKED, "label": ""})
    assert (
        "the rows differ in label: name it in the study (`context: {label: DiR}`), or choose one: `use: exact`"
        in str(caught.value)
    )
    assert find(rows, "uptake_rate", {**ASKED, "label": "DiD"}).value.id == "second"
    both = catalogue(EXACT, replace(EXACT, id="second", label="DiD", population="nude"))
    with pytest.raises(
        EvidenceError, match=r"differ in population and label: name them .*population: C57BL/6, label: DiR"
    ):
        find(both, "uptake_rate", {**ASKED, "label": "", "population": ""})
    with pytest.raises(EvidenceError, match="choose one in the study"):
        same = replace(EXACT, id="fourth", value=2.0)
        find(catalogue(EXACT, same, replace(EXACT, id="fifth", label="DiD")), "uptake_rate", {**ASKED, "label": ""})


def test_narrower_in_different_fields_is_a_conflict() -> None:
    one, two = replace(MEASURED, id="one", label="DiR"), replace(MEASURED, id="two", population="BALB/c")
    with pytest.raises(EvidenceError, match="equally good"):
        find(catalogue(one, two), "uptake_rate", {"organism": "mouse"})


def test_a_wrong_choice_is_an_error() -> None:
    rows = catalogue(EXACT, replace(EXACT, id="mass", quantity="organ_mass", unit="g"))
    with pytest.raises(EvidenceError, match="measures organ_mass, not uptake_rate"):
        find(rows, "uptake_rate", ASKED, choose={"uptake_rate": "mass"})
    with pytest.raises(EvidenceError, match="did you mean 'exact'"):
        find(rows, "uptake_rate", ASKED, choose={"uptake_rate": "exakt"})
    with pytest.raises(InputError, match="list of ids"):
        find(rows, "uptake_rate", ASKED, choose="exact")


def test_own_values_come_first_but_only_where_they_hold() -> None:
    own = Value("mine", "uptake_rate", 3.0, "1/h", organism="mouse")
    found = find(catalogue(EXACT), "uptake_rate", ASKED, own=[own])
    assert (found.value, found.trust) == (own, "user")
    assert find(catalogue(EXACT), "uptake_rate", {**ASKED, "organism": "rat"}, own=[own]).value is EXACT
    with pytest.raises(EvidenceError, match="equally good"):
        find(catalogue(EXACT), "uptake_rate", ASKED, own=[own, replace(own, id="mine-too")])


def test_particles_and_dissolved_carriers_are_not_exchanged() -> None:
    rows = catalogue(replace(EXACT, carrier="free"))
    with pytest.raises(EvidenceError, match="dissolved"):
        find(rows, "uptake_rate", ASKED)
    with pytest.raises(EvidenceError, match="not exchanged"):
        find(rows, "uptake_rate", ASKED, choose={"uptake_rate": "exact"})
    assert find(rows, "uptake_rate", {**ASKED, "carrier": "albumin"}).trust == "borrowed"


NEVER_SCALED_HERE = ["vesicle_clearance_rest", "vesicle_half_life", *NEVER_SCALED_OF_PARTICLES]


@pytest.mark.parametrize("quantity", NEVER_SCALED_HERE)
def test_vesicle_clearance_is_never_borrowed_from_another_species(quantity: str) -> None:
    rat = replace(other("organism"), quantity=quantity)
    with pytest.raises(EvidenceError, match=r"never scaled.*by body weight alone.*own value for mouse"):
        find(catalogue(rat), quantity, ASKED)
    with pytest.raises(EvidenceError, match="never scaled"):
        find(catalogue(rat), quantity, ASKED, choose={quantity: rat.id})
    with pytest.raises(EvidenceError, match="name the organism"):
        find(catalogue(rat), quantity, {**ASKED, "organism": ""})
    fallback = assumed(replace(EXACT, quantity=quantity), "assumed-mouse")
    assert find(catalogue(rat, fallback), quantity, ASKED).value is fallback
    assert find(catalogue(rat), quantity, {**ASKED, "organism": "rat"}).value is rat


@pytest.mark.parametrize("quantity", NEVER_SCALED_HERE)
def test_the_carrier_of_the_row_counts_where_the_question_names_none(quantity: str) -> None:
    rat = replace(other("organism"), quantity=quantity)
    question = {**ASKED, "carrier": ""}
    with pytest.raises(EvidenceError, match="never scaled"):
        find(catalogue(rat), quantity, question)
    with pytest.raises(EvidenceError, match="never scaled"):
        find(catalogue(rat), quantity, question, choose={quantity: rat.id})
    with pytest.raises(EvidenceError, match="ame the organism in the question"):
        find(catalogue(rat), quantity, {**question, "organism": ""})
    mouse = replace(EXACT, id="mouse", quantity=quantity)
    assert find(catalogue(rat, mouse), quantity, question).value is mouse


@pytest.mark.parametrize("carrier", ["small_ev", ""])
@pytest.mark.parametrize("quantity", NEVER_SCALED_HERE)
def test_a_row_without_organism_says_nothing_of_vesicle_clearance(quantity: str, carrier: str) -> None:
    nobody = replace(EXACT, quantity=quantity, organism="")
    question = {**ASKED, "carrier": carrier}
    with pytest.raises(EvidenceError, match="organism not named"):
        find(catalogue(nobody), quantity, question)
    with pytest.raises(EvidenceError, match="organism not named"):
        find(catalogue(nobody), quantity, question, choose={quantity: nobody.id})


def test_the_study_may_say_itself_how_fast_vesicles_are_cleared() -> None:
    rat = replace(other("organism"), quantity="clearance")
    mine = Value("mine", "clearance", 3.0, "1/h")
    assert find(catalogue(rat), "clearance", ASKED, own=[mine]).value is mine
    assert find(catalogue(rat), "clearance", ASKED, own=[mine], choose={"clearance": "mine"}).value is mine
    with pytest.raises(EvidenceError, match="never scaled"):
        find(catalogue(rat), "clearance", ASKED, own=[replace(mine, organism="rat")], choose={"clearance": "mine"})
    elsewhere = replace(mine, quantity="uptake_rate", organism="rat")
    assert find(catalogue(EXACT), "uptake_rate", ASKED, own=[elsewhere], choose={"uptake_rate": "mine"}).trust == "user"


def test_clearance_of_a_dissolved_drug_is_borrowed_and_says_so() -> None:
    rat = replace(other("organism"), quantity="clearance", carrier="free")
    assert find(catalogue(rat), "clearance", {**ASKED, "carrier": "free"}).trust == "borrowed"
    assert find(catalogue(rat), "clearance", {"organism": "mouse"}).trust == "borrowed"
    assert (
        find(catalogue(replace(rat, organism="")), "clearance", {"organism": "mouse", "carrier": "free"}).value.organism
        == ""
    )
    per_cell = replace(other("organism"), quantity="phagocyte_uptake_clearance")
    assert find(catalogue(per_cell), "phagocyte_uptake_clearance", ASKED).trust == "borrowed"


def test_nothing_found_names_the_nearest() -> None:
    with pytest.raises(EvidenceError, match="did you mean 'uptake_rate'"):
        find(catalogue(EXACT), "uptake_rates", ASKED)
    with pytest.raises(InputError, match="did you mean 'organism'"):
        find(catalogue(EXACT), "uptake_rate", {"organisms": "mouse"})
