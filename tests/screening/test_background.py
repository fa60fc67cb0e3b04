"""The content of fluids of healthy people: levels, differences between people and draws, units, serum."""

from __future__ import annotations

import numpy as np
import pytest

from exocosm.bench.numbers import bench_numbers
from exocosm.errors import EvidenceError, InputError
from exocosm.evidence.value import Value
from exocosm.screening.background import PLATELET_EV, healthy_content, is_counted
from exocosm.screening.content import Analyte
from exocosm.screening.people import People, StagedNumbers

NUMBERS = StagedNumbers.alike(bench_numbers())
MANY = People(4000)
MIR21 = Analyte("miR-21")
ALL_KINDS = (
    MIR21,
    Analyte("miR-without-a-row"),
    Analyte("CD63", "protein"),
    Analyte("CA125", "protein", "activity_unit"),
    Analyte("GPC1", "vesicle", "vesicle"),
    Analyte("KRAS G12D", "fragment"),
)


def row(quantity: str, **context: str) -> float:
    found = [
        value
        for value in NUMBERS["biology"].ledger.catalogue.index[quantity]
        if all(getattr(value, name) == word for name, word in context.items())
    ]
    assert len(found) == 1
    return found[0].value


def test_people_in_the_middle_have_what_the_rows_say() -> None:
    content = healthy_content(ALL_KINDS, "plasma", NUMBERS, MANY)
    vesicles = row("particle_concentration", carrier="small_ev", fluid="plasma")
    middle = np.median(content.amounts["healthy_ev"], axis=0)
    expected = [
        vesicles * row("copies_per_healthy_vesicle", cargo="miR-21"),
        vesicles * row("copies_per_healthy_vesicle", cargo="mirna"),
        vesicles * row("copies_per_particle", cargo="CD63", carrier="small_ev"),
        0.0,
        vesicles * row("positive_share_of_healthy_vesicles", cargo="vesicle"),
        0.0,
    ]
    assert middle == pytest.approx(expected, rel=0.06)
    assert np.median(content.vesicles["healthy_ev"]) == pytest.approx(vesicles, rel=0.06)
    outside = row("share_outside_vesicles", cargo="mirna")
    free = np.median(content.amounts["free"], axis=0)
    assert free[0] == pytest.approx(expected[0] * outside / (1 - outside), rel=0.06)
    assert free[3] == pytest.approx(row("healthy_free_activity", cargo="CA125"), rel=0.06)
    assert free[5] == 0.0
    assert not content.amounts["tumour_ev"].any()


def test_without_differences_everybody_has_exactly_that() -> None:
    still = healthy_content([MIR21], "plasma", NUMBERS, People(3).switched_off("biology"))
    share = row("share_outside_vesicles", cargo="mirna")
    copies = 1e10 * row("copies_per_healthy_vesicle", cargo="miR-21")
    assert still.amounts["healthy_ev"][:, 0] == pytest.approx([copies] * 3, rel=1e-12)
    assert still.amounts["free"][:, 0] == pytest.approx([copies * share / (1 - share)] * 3, rel=1e-9)


def test_analytes_go_up_and_down_apart_but_for_the_number_of_vesicles() -> None:
    names = [Analyte("a"), Analyte("b")]
    content = healthy_content(names, "plasma", NUMBERS, MANY)
    per_vesicle = np.log(content.amounts["healthy_ev"] / content.vesicles["healthy_ev"][:, None])
    assert abs(np.corrcoef(per_vesicle.T)[0, 1]) < 0.06
    assert np.corrcoef(np.log(content.amounts["healthy_ev"]).T)[0, 1] > 0.3  # by the number of vesicles


def test_from_draw_to_draw_less_changes_than_between_people() -> None:
    first = healthy_content([MIR21], "plasma", NUMBERS, MANY)
    again = healthy_content([MIR21], "plasma", NUMBERS, MANY.at_visit(1))
    logs = [np.log(one.amounts["healthy_ev"][:, 0]) for one in (first, again)]
    within = np.std(logs[1] - logs[0]) / np.sqrt(2)
    assert within > 0.1
    assert within < np.std(logs[0])
    cv = row("day_to_day_cv", cargo="vesicle"), row("day_to_day_cv", cargo="miR-21")
    assert within == pytest.approx(np.sqrt(sum(np.log1p(one**2) for one in cv)), rel=0.05)


def test_the_content_of_a_person_does_not_depend_on_who_else_there_is() -> None:
    few = healthy_content([MIR21], "plasma", NUMBERS, People(5, first=100))
    many = healthy_content([Analyte("b"), MIR21], "plasma", NUMBERS, People(200))
    assert few.total[:, 0].tolist() == many.total[100:105, 1].tolist()


def test_serum_is_the_plasma_of_the_same_people_with_what_clotting_adds() -> None:
    plasma, serum = (healthy_content(ALL_KINDS, fluid, NUMBERS, MANY) for fluid in ("plasma", "serum"))
    assert serum.amounts["healthy_ev"].tolist() == plasma.amounts["healthy_ev"].tolist()
    assert serum.vesicles["healthy_ev"].tolist() == plasma.vesicles["healthy_ev"].tolist()
    assert np.median(serum.vesicles[PLATELET_EV]) == pytest.approx(row("clotting_platelet_vesicles"), rel=0.06)
    assert np.all(serum.amounts[PLATELET_EV][:, :3] > 0)
    assert np.all(serum.amounts["free"][:, 0] > plasma.amounts["free"][:, 0])
    assert serum.amounts["free"][:, 3].tolist() == plasma.amounts["free"][:, 3].tolist()
    assert not plasma.vesicles[PLATELET_EV].any()


def test_what_is_dissolved_in_another_fluid_passed_its_barrier() -> None:
    ca125 = [Analyte("CA125", "protein", "activity_unit")]
    plasma, csf = (healthy_content(ca125, fluid, NUMBERS, MANY) for fluid in ("plasma", "csf"))
    ratio = np.median(csf.amounts["free"]) / np.median(plasma.amounts["free"])
    assert 1e-4 < ratio < row("barrier_share", fluid="csf", carrier="free") * 1.1


def test_an_analyte_without_a_row_is_named_in_the_notes() -> None:
    (note,) = healthy_content(ALL_KINDS, "plasma", NUMBERS, People(2)).notes
    assert "miR-without-a-row" in note
    assert "miR-21" not in note
    assert not healthy_content([MIR21], "plasma", NUMBERS, People(2)).notes


def test_a_row_of_your_own_is_taken() -> None:
    mine = Value("mine", "copies_per_healthy_vesicle", 0.5, "molecule/vesicle", method="assumed", low=0.1, high=2.0,
                 spread_kind="assumed_range", distribution="lognormal", cargo="miR-new", carrier="small_ev",
                 )  # fmt: skip
    numbers = StagedNumbers.alike(bench_numbers(own=[mine]))
    content = healthy_content([Analyte("miR-new")], "plasma", numbers, People(1).switched_off("biology"))
    assert content.amounts["healthy_ev"] == pytest.approx(0.5e10)
    assert not content.notes


def test_uncertainty_of_analytes_is_drawn_apart() -> None:
    drawn = StagedNumbers.alike(bench_numbers(draws=3).drawn(1))
    still = People(1).switched_off("biology")
    one, other = healthy_content([Analyte("a"), Analyte("b")], "plasma", drawn, still).amounts["healthy_ev"][0]
    assert one != other


@pytest.mark.parametrize(
    ("analyte", "counted"),
    [(MIR21, True), (Analyte("CA125", "protein", "activity_unit"), False), (Analyte("x", "vesicle", "vesicle"), True)],
)
def test_units_that_are_counted(analyte: Analyte, counted: bool) -> None:
    assert is_counted(analyte) is counted


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(InputError, match="counted in 'molecule'"):
        healthy_content([Analyte("CA125", "protein", "ng")], "plasma", NUMBERS, People(1))
    with pytest.raises(EvidenceError, match=r"healthy_free_activity.*CEA"):
        healthy_content([Analyte("CEA", "protein", "activity_unit")], "plasma", NUMBERS, People(1))
    with pytest.raises(EvidenceError, match="'tears'"):
        healthy_content([MIR21], "tears", NUMBERS, People(1))
