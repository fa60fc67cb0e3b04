"""Doses to a body: from what is written to amounts of species, through the preparation's card only."""

from __future__ import annotations

import pytest

from exocosm import units
from exocosm.bodies import assemble, preset
from exocosm.errors import CheckError, InputError
from exocosm.evidence.catalogue import Catalogue, catalogue_of
from exocosm.evidence.value import Value
from exocosm.network.expression import evaluate
from exocosm.network.grammar import parse
from exocosm.study.card import converted
from exocosm.study.load import load
from exocosm.study.resolve import resolve
from exocosm.study.resolved import ResolvedArm, ResolvedStudy
from exocosm.vesicles.card import DRUG_AMOUNT, DRUG_MASS, PARTICLES, PROTEIN

STUDY = """\
exocosm: 1
name: carriers
subjects: {organism: mouse}
model: {body: mouse, preset: carrier_drug}
preparations:
  exodox:
    carrier: small_ev
    cargo: doxorubicin
    particles_per_microgram: {value: 2.0e9, unit: vesicle/microgram, low: 2e8, high: 1e10, method: assumed}
    drug_per_microgram: {value: 0.1, unit: microgram/microgram, low: 0.05, high: 0.2, method: assumed}
    molar_mass: {value: 500, unit: g/mol, method: model_constant}
arms:
  vehicle: {}
  free: {doses: [{give: 3 mg/kg, of: doxorubicin, at: 0 d, every: 7 d, times: 3}]}
  exosomal:
    preparation: exodox
    doses: [{give: 100 ug, of: protein, at: 2 d, over: 30 min}]
simulate: {until: 28 d, every: 12 h}
outputs:
  tumour: {is: tumour_volume, unit: mm^3}
"""


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """A made-up number for everything that the preset asks for: this tests the way of a dose, not biology."""
    asked = {"molar_mass": "g/mol"}
    for carrier in ("small_ev", ""):
        body = assemble("mouse", preset("carrier_drug"), carrier=carrier, cargo="doxorubicin")
        asked |= {parameter.quantity or parameter.name: parameter.unit for parameter in body.model.parameters}
    small = {quantity: 0.01 if "lymph" in quantity or "filtration" in quantity else 0.1 for quantity in asked}
    numbers = {**small, "body_weight": 20.0, "tumour_perfusion": 10.0, "molar_mass": 500.0}
    return catalogue_of(
        [Value(name.replace("_", "-"), name, numbers[name], unit, "assumed_range", None, numbers[name] / 2,
               numbers[name] * 2, distribution="lognormal", method="assumed") for name, unit in asked.items()]
    )  # fmt: skip


@pytest.fixture(scope="module")
def study(catalogue: Catalogue) -> ResolvedStudy:
    return resolve(load(STUDY), catalogue)


def amounts(arm: ResolvedArm) -> dict[str, float]:
    """Canonical amount of every dose at central values."""
    known = {name: units.to_canonical(pin.value.value, pin.value.unit) for name, pin in arm.pins.items()}
    for assignment in arm.model.assignments:
        if assignment.name.startswith("cargo_share"):
            known[assignment.name] = 1.0  # one size class
    return {dose.target: evaluate(parse(dose.amount), known) for dose in arm.schedule.doses}


def test_free_drug_goes_by_body_weight_and_molar_mass(study: ResolvedStudy) -> None:
    arm = study.arms[1]
    # 3 mg/kg * 20 g = 60 ug; / 500 g/mol = 120 nmol
    assert amounts(arm) == {"doxorubicin@venous": pytest.approx(120.0)}
    assert arm.schedule.doses[0].times == (0.0, 168.0, 336.0)
    assert arm.pins["molar_mass.doxorubicin"].value.id == "molar-mass"


def test_protein_brings_vesicles_and_their_cargo(study: ResolvedStudy) -> None:
    arm = study.arms[2]
    # 100 ug * 2e9 /ug = 2e11 vesicles; 100 ug * 0.1 / 500 g/mol = 20 nmol
    assert amounts(arm) == {"vesicle.s1@venous": pytest.approx(2e11), "doxorubicin.s1@venous": pytest.approx(20.0)}
    assert arm.schedule.doses[0].duration == 0.5
    assert arm.pins["particles_per_microgram.exodox"].trust == "assumed"


@pytest.mark.parametrize(
    ("dose", "vesicles", "drug"),
    [
        ("{give: 1e10 vesicle, of: particles}", 1e10, 1.0),
        ("{give: 1e12 vesicle/kg, of: particles}", 2e10, 2.0),
        ("{give: 20 nmol, of: doxorubicin}", 2e11, 20.0),
        ("{give: 0.5 mg/kg, of: doxorubicin}", 2e11, 20.0),
    ],
)
def test_every_way_of_counting_gives_the_same_preparation(
    dose: str, vesicles: float, drug: float, catalogue: Catalogue
) -> None:
    text = STUDY.replace("{give: 100 ug, of: protein, at: 2 d, over: 30 min}", dose)
    found = amounts(resolve(load(text), catalogue).arms[2])
    assert found == {"vesicle.s1@venous": pytest.approx(vesicles), "doxorubicin.s1@venous": pytest.approx(drug)}


def test_a_vehicle_follows_no_drug(study: ResolvedStudy) -> None:
    assert study.arms[0].schedule.doses == ()
    assert not [species.name for species in study.arms[0].model.species if "doxorubicin" in species.name]
    assert [species.name for species in study.arms[1].model.species if "doxorubicin" in species.name]


def refused(text: str, catalogue: Catalogue) -> str:
    with pytest.raises(CheckError) as failure:
        resolve(load(text), catalogue)
    return str(failure.value)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("give: 3 mg/kg, of: doxorubicin", "give: 1e11 vesicle, of: particles", "needs the arm's `preparation`"),
        ("of: protein", "of: paclitaxel", "'paclitaxel' cannot be given"),
        ("give: 100 ug", "give: 100 h", "the unit is a time"),
        ("at: 2 d, over: 30 min", "route: oral", "route 'oral'"),
        ("give: 100 ug, of: protein", "add: 100 vesicle, to: vesicle.s1@venos", "'vesicle.s1@venous'?"),
        ("vehicle: {}", "vehicle: {without: [drug_kil]}", "did you mean 'drug_kill'?"),
        ("preset: carrier_drug", "preset: carier_drug", "did you mean 'carrier_drug'?"),
        ("vehicle: {}", "vehicle: {mechanisms: [label_los]}", "did you mean 'label_loss'?"),
        ("body: mouse", "body: mous", "did you mean 'mouse'?"),
        ("give: 3 mg/kg", "give: -3 mg/kg", "negative"),
        ("vesicle/microgram, low", "vesicle/mL, low", "expected a unit such as 'vesicle/microgram'"),
    ],
)
def test_what_cannot_be_given_is_refused(old: str, new: str, words: str, catalogue: Catalogue) -> None:
    assert old in STUDY
    assert words in refused(STUDY.replace(old, new, 1), catalogue)


def test_a_gap_in_the_card_says_what_to_measure(catalogue: Catalogue) -> None:
    lines = [line for line in STUDY.splitlines() if "particles_per_microgram" not in line]
    message = refused("\n".join(lines) + "\n", catalogue)
    assert "protein cannot be turned into particles" in message
    assert "`particles_per_microgram`" in message and "count particles" in message


def test_mechanisms_left_out_are_gone(catalogue: Catalogue) -> None:
    text = STUDY.replace("vehicle: {}", "vehicle: {without: [drug_kill]}")
    study = resolve(load(text), catalogue)
    assert "drug_kill" not in study.arms[0].mechanisms and "drug_kill" in study.arms[1].mechanisms


def test_conversion_takes_the_way_that_the_card_offers() -> None:
    every = {"particles_per_microgram": "a", "drug_per_microgram": "b", "molar_mass": "m"}
    numbers = {"a": 4.0, "b": 0.5, "m": 2.0, "c": 8.0}

    def value(given: str, wanted: str, ratios: dict[str, str]) -> float:
        return evaluate(parse(converted("16", given, wanted, ratios, "a dose")), numbers)

    assert value(PROTEIN, PARTICLES, every) == 64
    assert value(DRUG_MASS, PARTICLES, every) == 128
    assert value(PARTICLES, DRUG_AMOUNT, every) == 1.0
    assert value(PARTICLES, DRUG_MASS, {"drug_per_particle": "c"}) == 128
    assert value(PROTEIN, PROTEIN, {}) == 16
    with pytest.raises(InputError, match="`molar_mass`"):
        value(DRUG_AMOUNT, DRUG_MASS, {"drug_per_particle": "c"})
