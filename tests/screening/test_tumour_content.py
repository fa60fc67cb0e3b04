"""What a tumour adds to a fluid, and how little of a reported shift that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.bench.calculators.shedding import shed_vesicles
from exocosm.bench.numbers import bench_numbers
from exocosm.errors import EvidenceError, InputError
from exocosm.evidence.value import Value
from exocosm.screening.asking import Asker
from exocosm.screening.background import healthy_content
from exocosm.screening.content import Analyte, Content
from exocosm.screening.counting import mean_in_blood
from exocosm.screening.people import People, StagedNumbers
from exocosm.screening.tumour import cell_density, cells_of
from exocosm.screening.tumour_content import (
    Burden,
    FoldComparison,
    compare_folds,
    reported_fold,
    scaled_fold,
    with_tumour,
)

NUMBERS = StagedNumbers.alike(bench_numbers())
STILL = People(3).switched_off("biology")
SLOW = math.log(2.0) / (150.0 * 24.0)
KINDS = (
    Analyte("miR-141"),
    Analyte("CD63", "protein"),
    Analyte("CA125", "protein", "activity_unit"),
    Analyte("GPC1", "vesicle", "vesicle"),
    Analyte("KRAS G12D", "fragment"),
)


def burden(cells: float | list[float], cancer: str = "ovarian cancer", people: int = 3) -> Burden:
    return Burden(np.broadcast_to(np.asarray(cells, dtype=float), (people,)), np.full(people, SLOW), cancer)


def pair(
    fluid: str, cells: float | list[float], cancer: str, analytes: Sequence[Analyte] = KINDS, **asked: Any
) -> tuple[Content, Content]:
    healthy = healthy_content(analytes, fluid, NUMBERS, STILL)
    return healthy, with_tumour(healthy, burden(cells, cancer), NUMBERS, STILL, **asked)


def row(id: str) -> float:
    return NUMBERS["biology"].ledger.catalogue.row(id).value


def test_vesicles_in_plasma_are_those_of_the_shedding_calculator() -> None:
    diameter = 15.0
    cells = float(cells_of(diameter, cell_density(NUMBERS["biology"])))
    _, content = pair("plasma", cells, "colorectal cancer", analytes=KINDS[:1])
    calculated = shed_vesicles(f"{diameter} mm").in_plasma.value
    # the calculator has a tumour that does not grow: higher by growth rate over clearance
    assert content.vesicles["tumour_ev"] == pytest.approx([calculated] * 3, rel=1e-3)


def test_molecules_are_in_proportion_to_cells_and_people_without_a_tumour_have_none() -> None:
    _, content = pair("plasma", [0.0, 1e8, 1e9], "ovarian cancer")
    shed = content.amounts["tumour_ev"]
    assert not shed[0].any()
    assert shed[2, [0, 1, 3]] == pytest.approx(10.0 * shed[1, [0, 1, 3]])
    assert content.vesicles["tumour_ev"][0] == 0.0


def test_copies_on_tumour_vesicles_are_those_of_healthy_ones_times_the_enrichment() -> None:
    healthy, content = pair("plasma", 1e9, "ovarian cancer")
    per_tumour = content.amounts["tumour_ev"][0] / content.vesicles["tumour_ev"][0]
    per_healthy = healthy.amounts["healthy_ev"][0] / healthy.vesicles["healthy_ev"][0]
    assert per_tumour[0] / per_healthy[0] == pytest.approx(row("mirna-enrichment"))
    assert per_tumour[1] / per_healthy[1] == pytest.approx(row("protein-enrichment"))
    assert per_tumour[3] == pytest.approx(row("positive-tumour-vesicles"))


def test_a_shed_protein_follows_hori_and_gambhir() -> None:
    healthy, content = pair("plasma", 1.7e9, "ovarian cancer")
    added = content.amounts["free"][0, 2] - healthy.amounts["free"][0, 2]
    clearance = math.log(2) / (math.log(2) / 0.11 * 24.0)  # 1/h
    release = 4.5e-5 / 24.0
    expected = 0.1 * release * 1.7e9 / (clearance + SLOW) / row("human-plasma-volume")
    assert added == pytest.approx(expected, rel=1e-9)


def test_fragments_follow_avanzini() -> None:
    _, content = pair("plasma", 1e9, "lung cancer", analytes=[KINDS[-1]])
    death = 0.14 / 24.0 - SLOW
    expected = mean_in_blood(1e9, 1.4e-4 * death, SLOW, math.log(2.0) / 0.5) / row("human-plasma-volume")
    assert content.amounts["free"][0, 0] == pytest.approx(float(expected), rel=1e-9)


@pytest.mark.parametrize(
    ("fluid", "cancer"),
    [
        ("csf", "glioblastoma"),
        ("ascites", "ovarian cancer"),
        ("cervicovaginal lavage", "cervical cancer"),
        ("urine", "bladder cancer"),
    ],
)
def test_a_tumour_that_lies_on_the_fluid_is_seen_there_before_blood(fluid: str, cancer: str) -> None:
    raised = []
    for where in ("plasma", fluid):
        healthy, content = pair(where, 1e9, cancer, analytes=[Analyte("miR-21")])
        raised.append(content.amounts["tumour_ev"][0, 0] / healthy.amounts["healthy_ev"][0, 0])
    assert raised[1] > 10 * raised[0]


def test_shedding_explains_next_to_nothing_of_a_reported_shift_in_blood() -> None:
    _, content = pair("serum", 1e9, "prostate cancer", analytes=[Analyte("miR-141")])
    (note,) = content.notes
    assert "Li2016Prostate reports" in note
    assert "of which shedding explains 0.0" in note


@pytest.mark.parametrize("cells", [1e6, 1e9, 1e11])
def test_the_reported_fold_is_reached_exactly_and_not_added_to_what_is_shed(cells: float) -> None:
    healthy, content = pair("serum", cells, "prostate cancer", analytes=[Analyte("miR-141")], reported=True)
    fold = reported_fold(Asker(NUMBERS, STILL), Analyte("miR-141"), burden(cells, "prostate cancer"), "serum")
    # the study isolated all vesicles of serum, half of which are of platelets
    usual = healthy.amounts["healthy_ev"] + healthy.amounts["platelet_ev"]
    assert np.all(usual > 1.5 * healthy.amounts["healthy_ev"])
    on_vesicles = sum(content.amounts[carrier] for carrier in ("healthy_ev", "platelet_ev", "tumour_ev"))
    assert on_vesicles[:, 0] / usual[:, 0] == pytest.approx(fold)


def test_the_reported_fold_holds_at_the_size_it_was_reported_at() -> None:
    cells = float(cells_of(row("reported-fold-diameter"), cell_density(NUMBERS["biology"])))
    fold = reported_fold(Asker(NUMBERS, STILL), Analyte("miR-141"), burden(cells, "prostate cancer"), "serum")
    assert fold == pytest.approx([4.06] * 3)
    none = reported_fold(Asker(NUMBERS, STILL), Analyte("miR-141"), burden(0.0, "prostate cancer"), "serum")
    assert none.tolist() == [1.0] * 3


def test_where_shedding_makes_more_than_is_reported_nothing_is_taken_away() -> None:
    analyte = [Analyte("miR-21")]
    healthy, content = pair("cervicovaginal lavage", 1e9, "cervical cancer", analytes=analyte, reported=True)
    assert content.amounts["healthy_ev"].tolist() == healthy.amounts["healthy_ev"].tolist()


def test_a_reported_fall_lowers_what_healthy_tissue_brings() -> None:
    analyte = [Analyte("miR-20a")]  # 0.845-fold in plasma vesicles of colorectal cancer
    healthy, content = pair("plasma", 1e10, "colorectal cancer", analytes=analyte, reported=True)
    assert np.all(content.amounts["healthy_ev"] < healthy.amounts["healthy_ev"])
    assert "a fall, which shedding cannot make" in content.notes[0]


def test_a_shift_reported_of_whole_plasma_moves_what_is_free_too() -> None:
    analyte = [Analyte("miR-1246")]
    vesicles, both = (
        pair("plasma", 1e10, "colorectal cancer", analytes=analyte, reported=True, reported_on=on)[1]
        for on in (("healthy_ev",), ("healthy_ev", "free"))
    )
    assert np.all(both.amounts["free"] > vesicles.amounts["free"])


def test_people_without_a_tumour_are_as_before() -> None:
    healthy, content = pair("plasma", [0.0, 0.0, 1e9], "colorectal cancer", reported=True, analytes=[KINDS[0]])
    for carrier, amounts in healthy.amounts.items():
        assert content.amounts[carrier][:2].tolist() == amounts[:2].tolist()
    healthy, content = pair("plasma", 0.0, "colorectal cancer", analytes=[KINDS[0]])
    assert content.notes == healthy.notes


def test_nothing_given_is_changed() -> None:
    healthy = healthy_content(KINDS, "plasma", NUMBERS, STILL)
    before = {carrier: amount.copy() for carrier, amount in healthy.amounts.items()}
    with_tumour(healthy, burden(1e9), NUMBERS, STILL, reported=True)
    assert all(np.array_equal(before[carrier], amount) for carrier, amount in healthy.amounts.items())
    assert not healthy.vesicles["tumour_ev"].any()


def test_tumours_of_people_shed_differently_by_their_own_factor() -> None:
    people = People(2000)
    healthy = healthy_content([Analyte("a"), Analyte("b")], "plasma", NUMBERS, people)
    tumours = burden(1e9, "lung cancer", 2000)
    content = with_tumour(healthy, tumours, NUMBERS, people)
    logs = np.log(content.amounts["tumour_ev"])
    assert 0.8 < logs[:, 0].std() < 1.6
    assert np.corrcoef(logs.T)[0, 1] > 0.3  # a tumour that sheds much sheds much of everything
    assert np.median(content.vesicles["tumour_ev"]) == pytest.approx(1.0e6, rel=0.1)


def comparison_of(marker: str, cancer: str, fluid: str = "plasma") -> FoldComparison:
    healthy = healthy_content([Analyte(marker)], fluid, NUMBERS, STILL)
    shed = with_tumour(healthy, burden(1e9, cancer), NUMBERS, STILL)
    (found,) = compare_folds(healthy, shed, burden(1e9, cancer), NUMBERS, STILL)
    return found


def test_comparisons_say_what_is_assumed() -> None:
    found = comparison_of("miR-155", "lung cancer")
    assert found.is_assumed
    assert "no study found" in str(found) and "miR-155 of the panel table1:lung cancer" in str(found)
    assert 0 < found.explained < 0.01
    assert math.isnan(FoldComparison("a", "plasma", 1.0, 1.0, 0.5, "row", "S", False).explained)


@pytest.mark.parametrize(
    ("marker", "cancer", "holds"),
    [
        ("miR-21", "lung cancer", True),
        ("miR-141", "lung cancer", False),  # of prostate and ovarian cancer
        ("miR-141", "ovarian cancer", True),
        ("miR-21", "bladder cancer", False),  # no panel of it
        ("miR-x", "lung cancer", False),
        ("miR-21-5p", "lung cancer", True),  # the panel gives no arm
        ("miR-17-5p", "colorectal cancer", True),  # the panel gives its cluster
        ("miR-30a-5p", "lung cancer", False),  # the panel gives the other arm
        ("miR-200a", "lung cancer", False),  # the panel gives another one of the family
        ("mmu-miR-21", "lung cancer", False),
    ],
)
def test_an_assumed_shift_holds_only_for_cancers_in_whose_panels_the_marker_stands(
    marker: str, cancer: str, holds: bool
) -> None:
    fold = reported_fold(Asker(NUMBERS, STILL), Analyte(marker), burden(1e10, cancer), "plasma")
    assert np.all(fold > 1.5) if holds else fold.tolist() == [1.0] * 3
    told = str(comparison_of(marker, cancer))
    assert ("of the panel table1:" in told) == holds
    assert ("in no published panel of this cancer" in told) != holds


def test_the_relation_of_a_name_to_the_panel_is_told() -> None:
    assert "miR-21 (arm not given) of the panel table1:lung cancer" in str(comparison_of("miR-21-5p", "lung cancer"))
    assert "(cluster member)" in str(comparison_of("miR-17-5p", "colorectal cancer"))


@pytest.mark.parametrize("of", ["miR-141", "mirna"])
def test_a_fold_of_your_own_holds_whatever_the_panels_say(of: str) -> None:
    mine = Value("mine", "reported_fold", 3.0, "dimensionless", method="assumed", low=2.0, high=4.0,
                 spread_kind="assumed_range", distribution="lognormal", cargo=of, population="lung cancer",
                 )  # fmt: skip
    numbers = StagedNumbers.alike(bench_numbers(own=[mine]))
    fold = reported_fold(Asker(numbers, STILL), Analyte("miR-141"), burden(1e10, "lung cancer"), "plasma")
    assert np.all(fold > 2.0)


def test_what_is_assumed_of_a_marker_is_another_unknown_in_another_cancer() -> None:
    drawn = bench_numbers(draws=40)
    cells = float(cells_of(row("reported-fold-diameter"), cell_density(drawn)))
    folds = np.array(
        [
            [
                reported_fold(Asker(numbers, STILL), Analyte("miR-21"), burden(cells, cancer), "plasma")[0]
                for cancer in ("lung cancer", "breast cancer")
            ]
            for numbers in (StagedNumbers.alike(drawn.drawn(index)) for index in range(40))
        ]
    )
    assert abs(np.corrcoef(np.log(folds).T)[0, 1]) < 0.5
    assert np.log(folds).std(axis=0) == pytest.approx(math.log(5.0 / 0.8) / 3.92, rel=0.5)


@given(fold=st.floats(0.05, 50.0), size=st.floats(1e-6, 1e6), exponent=st.floats(0.0, 1.0))
def test_folds_carried_over_to_other_sizes(fold: float, size: float, exponent: float) -> None:
    found = float(scaled_fold(fold, size, exponent))
    assert found > 0
    assert (found - 1.0) * (fold - 1.0) >= 0  # never turned around
    assert float(scaled_fold(1.0 / fold, size, exponent)) == pytest.approx(1.0 / found, rel=1e-9)
    assert float(scaled_fold(fold, 1.0, exponent)) == pytest.approx(fold)
    assert float(scaled_fold(fold, 0.0, exponent)) == 1.0
    assert float(scaled_fold(fold, size, 0.0)) == pytest.approx(fold)
    if fold > 1:
        assert float(scaled_fold(fold, size, 1.0)) == pytest.approx(1.0 + (fold - 1.0) * size)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match="0 or more"):
        Burden(np.array([-1.0]), np.array([0.1]), "lung cancer")
    with pytest.raises(EvidenceError, match="free_release_activity"):  # CA125 of a cancer nobody gave a rate for
        pair("plasma", 1e9, "lung cancer", analytes=[KINDS[2]])


def test_more_enrichment_of_your_own_is_more_signal() -> None:
    mine = Value("mine", "tumour_vesicle_enrichment", 300.0, "dimensionless", method="assumed", low=100.0, high=900.0,
                 spread_kind="assumed_range", distribution="lognormal", cargo="miR-141", population="prostate cancer",
                 )  # fmt: skip
    numbers = StagedNumbers.alike(bench_numbers(own=[mine]))
    healthy = healthy_content([Analyte("miR-141")], "plasma", numbers, STILL)
    content = with_tumour(healthy, burden(1e9, "prostate cancer"), numbers, STILL)
    usual = pair("plasma", 1e9, "prostate cancer", analytes=[Analyte("miR-141")])[1]
    ratio = content.amounts["tumour_ev"][0, 0] / usual.amounts["tumour_ev"][0, 0]
    assert ratio == pytest.approx(300.0 / row("mirna-enrichment"))
