"""Handling: controls stay flat, effects go one way, the share of haemolysed samples is the one that was measured."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from exocosm.bench.numbers import Numbers, bench_numbers
from exocosm.errors import InputError
from exocosm.evidence.value import Value
from exocosm.screening.assays.of_analytes import OTHER_RNA, of_each
from exocosm.screening.background import healthy_content
from exocosm.screening.content import Analyte, Content
from exocosm.screening.handling import (
    EFFECTS,
    PLATELET_EV,
    UNTOUCHED,
    Handling,
    handled,
    is_inhibited,
    lysed_share,
    with_other_rna,
)
from exocosm.screening.people import People, StagedNumbers

sys.path.insert(0, str(Path(__file__).resolve().parent))
from tube_contents import MIRNAS, PROTEINS, VESICLES, content_of, numbers, still

PEOPLE = People(200, seed=3)


def total(content: Content) -> np.ndarray:
    return content.total


def copies_in(cell: str, name: str, given_numbers: Numbers | None = None) -> float:
    """Copies in a cell: of so many vesicles of healthy plasma as it is worth."""
    of = given_numbers or numbers()["preanalytics"]
    worth = of(f"{cell}_equivalent_vesicles", "vesicle/cell", cargo=name)
    cargo = {"cargo": name if name in of.words("copies_per_healthy_vesicle", "cargo") else "mirna"}
    return worth * of("copies_per_healthy_vesicle", "molecule/vesicle", organism="human", carrier="small_ev", **cargo)


def test_an_untouched_sample_stays_exactly_as_it_is() -> None:
    for fluid in ("plasma", "serum", "urine"):
        before = content_of(MIRNAS, 1e6, PEOPLE.number, fluid=fluid)
        after = handled(before, UNTOUCHED, numbers(), PEOPLE)
        assert after.amounts.keys() == before.amounts.keys()
        assert all(np.array_equal(after.amounts[name], before.amounts[name]) for name in before.amounts)
        assert all(np.array_equal(after.vesicles[name], before.vesicles[name]) for name in before.vesicles)


def test_each_effect_alone_is_flat_without_its_cause() -> None:
    before = content_of(MIRNAS, 1e6, PEOPLE.number)
    for effect in EFFECTS:
        assert effect(before, UNTOUCHED, numbers(), PEOPLE) is before


def test_cells_of_blood_do_not_come_into_urine() -> None:
    rough = Handling(tube="heparin", minutes_to_spin=600, spins="one", freeze_thaw=0, haemolysis=0.01)
    before = content_of(MIRNAS, 1e6, 3, fluid="urine")
    after = handled(before, rough, numbers(), People(3))
    assert np.array_equal(total(after), total(before))
    assert not is_inhibited(after)


def test_haemolysis_by_hand() -> None:
    given_numbers = numbers()["preanalytics"]
    share = 1e-4
    after = handled(content_of(MIRNAS, 1e6, 1), UNTOUCHED.model_copy(update={"haemolysis": share}), numbers(), still())
    cells = given_numbers("red_cell_concentration", "cell/mL", organism="human")
    plasma = 1.0 - given_numbers("haematocrit", "dimensionless", organism="human")
    copies = copies_in("red_cell", "miR-451a")
    assert after.amounts["red_cell"][0, 0] == pytest.approx(share * cells / plasma * copies)
    assert after.amounts["red_cell"][0, 0] > 100 * after.amounts["red_cell"][0, 1]  # miR-451a, not miR-1246
    assert np.array_equal(after.amounts["free"], content_of(MIRNAS, 1e6, 1).amounts["free"])


def test_red_cells_bring_no_protein_and_no_marked_vesicle() -> None:
    for analytes in (PROTEINS, VESICLES):
        after = handled(content_of(analytes, 1e6, 1), UNTOUCHED.model_copy(update={"haemolysis": 0.01}), numbers(),
                        still())  # fmt: skip
        assert not after.amounts["red_cell"].any()


def test_the_share_of_haemolysed_samples_is_the_measured_one() -> None:
    many = People(20_000, seed=11)
    shares = lysed_share(Handling(haemolysis="typical"), numbers(), many)
    bench = numbers()["preanalytics"]
    above = (shares > bench("haemolysis_threshold", "dimensionless")).mean()
    assert above == pytest.approx(bench("haemolysed_sample_share", "dimensionless"), abs=0.01)
    assert above == pytest.approx(31 / 86, abs=0.015)
    assert not np.array_equal(shares, lysed_share(Handling(), numbers(), many.at_visit(1)))  # each draw its own


@settings(max_examples=25, deadline=None)
@given(st.floats(0, 0.5), st.floats(0, 0.5))
def test_more_lysed_cells_more_copies(one: float, other: float) -> None:
    low, high = sorted((one, other))
    before = content_of(MIRNAS, 1e6, 4)
    found = [
        total(handled(before, UNTOUCHED.model_copy(update={"haemolysis": share}), numbers(), People(4)))
        for share in (low, high)
    ]
    assert np.all(found[0] <= found[1])


def test_each_cycle_loses_vesicles_and_complexes_and_breaks_more_platelets() -> None:
    before = content_of(MIRNAS, 1e6, 20)
    thawed = [UNTOUCHED.model_copy(update={"freeze_thaw": cycles, "spins": "one"}) for cycles in (1, 2, 5)]
    found = [handled(before, handling, numbers(), People(20)) for handling in thawed]
    for carrier, sign in (("tumour_ev", -1), ("healthy_ev", -1), ("free", -1), ("platelet", -1), (PLATELET_EV, 1)):
        assert np.all(sign * np.diff([one.amounts[carrier] for one in found], axis=0) > 0), carrier
    urine = handled(content_of(MIRNAS, 1e6, 20, fluid="urine"), Handling(freeze_thaw=3), numbers(), People(20))
    assert np.all(urine.total < before.total)


@pytest.mark.parametrize(
    ("setting", "values", "sign"),
    [
        ("minutes_to_spin", (0.0, 10.0, 60.0, 600.0), 1),
        ("spins", ("two", "one"), 1),
        ("haemolysis", ("none", 1e-5, 1e-3, 0.1), 1),
    ],
)
def test_effects_go_one_way(setting: str, values: tuple[object, ...], sign: int) -> None:
    before = content_of(MIRNAS, 1e6, 20)
    found = [total(handled(before, UNTOUCHED.model_copy(update={setting: value}), numbers(), People(20)))
             for value in values]  # fmt: skip
    assert np.all(sign * np.diff(found, axis=0) > 0)


def test_freezing_breaks_whole_platelets_and_loses_none_of_their_copies() -> None:
    before = content_of(MIRNAS, 0.0, 1)
    fresh = handled(before, UNTOUCHED.model_copy(update={"spins": "one"}), numbers(), still())
    frozen = handled(before, UNTOUCHED.model_copy(update={"spins": "one", "freeze_thaw": 1}), numbers(), still())
    assert PLATELET_EV not in fresh.amounts
    given_numbers = numbers()["preanalytics"]
    share = given_numbers("freeze_thaw_breakage", "dimensionless")
    after_two = given_numbers("residual_platelet_concentration", "cell/mL", organism="human", device="two_spins")
    after_one = after_two * given_numbers("platelet_fold_after_one_spin", "dimensionless")
    copies = copies_in("platelet", "miR-21-5p")
    assert fresh.amounts["platelet"][0, 2] == pytest.approx((after_one - after_two) * copies)
    assert fresh.vesicles["platelet"][0] == pytest.approx(after_one - after_two)
    assert frozen.amounts["platelet"] == pytest.approx((1 - share) * fresh.amounts["platelet"])
    assert frozen.amounts[PLATELET_EV][0, 2] == pytest.approx(share * after_one * copies)
    each = given_numbers("platelet_vesicle_content_share", "dimensionless")
    assert frozen.vesicles[PLATELET_EV][0] == pytest.approx(share * after_one / each)


def test_plasma_that_was_filtered_gains_nothing_as_it_thaws() -> None:
    before = healthy_content(MIRNAS, "plasma", numbers(), still())
    frozen = UNTOUCHED.model_copy(update={"freeze_thaw": 1})
    plain, filtered = (
        handled(before, frozen.model_copy(update={"filtered": filtered}), numbers(), still())
        for filtered in (False, True)
    )
    fold = numbers()["preanalytics"]("platelet_filter_fold", "dimensionless", organism="human")
    assert plain.amounts[PLATELET_EV] == pytest.approx(fold * filtered.amounts[PLATELET_EV])
    assert np.all(plain.amounts[PLATELET_EV] > 0) and np.all(filtered.total < before.total)
    whole = handled(before, UNTOUCHED.model_copy(update={"filtered": True, "spins": "one"}), numbers(), still())
    assert np.array_equal(whole.total, before.total)


@pytest.mark.parametrize("cycles", [1, 3])
@pytest.mark.parametrize("name", ["miR-1246", "miR-141", "miR-100", "miR-x"])  # of very different levels in plasma
def test_what_the_literature_says_of_platelets_and_freezing(cycles: int, name: str) -> None:
    """Spun once and frozen, even the less affected miRNAs rise 1.5 to 3-fold; microvesicles 2 to 16-fold."""
    general = healthy_content([Analyte(name)], "plasma", numbers(), still())
    spun = UNTOUCHED.model_copy(update={"spins": "one", "freeze_thaw": cycles})
    rise = handled(general, spun, numbers(), still()).total[0, 0] / general.total[0, 0]
    assert 1.3 < rise < 3.0
    more = handled(general, spun, numbers(), still()).vesicles[PLATELET_EV][0]
    microvesicles = numbers()["biology"](
        "particle_concentration", "particle/mL", carrier="microvesicle", fluid="plasma"
    )
    assert 2.0 < 1.0 + more / microvesicles < 32.0


@pytest.mark.parametrize("name", ["let-7a", "let-7a-5p", "miR-21", "miR-21-5p", "miR-223", "miR-223-3p"])
def test_platelets_left_by_two_spins_raise_vesicular_mirna_two_to_four_fold(name: str) -> None:
    """Bracht2023, of let-7a-5p, miR-21-5p and miR-223-3p."""
    plasma = healthy_content([Analyte(name)], "plasma", numbers(), still())
    frozen = handled(plasma, UNTOUCHED.model_copy(update={"freeze_thaw": 1}), numbers(), still())
    on_vesicles = frozen.amounts["healthy_ev"] + frozen.amounts[PLATELET_EV]
    assert 2.0 < on_vesicles[0, 0] / plasma.amounts["healthy_ev"][0, 0] < 4.0


@pytest.mark.parametrize("reference", ["miR-23a", "miR-23a-3p"])
def test_what_the_literature_says_of_haemolysis(reference: str) -> None:
    """A ratio of miR-451a to miR-23a-3p of 60 stands for 0.12 % of lysed cells (25 people)."""
    pair = healthy_content([Analyte("miR-451a"), Analyte(reference)], "plasma", numbers(), still())
    lysed = handled(pair, UNTOUCHED.model_copy(update={"haemolysis": 0.0012}), numbers(), still()).total[0]
    assert pair.total[0, 0] / pair.total[0, 1] < 32.0  # the cut below which nobody calls it haemolysed
    assert 45.0 < lysed[0] / lysed[1] < 80.0


def test_haemolysis_doubles_what_is_called_sensitive_and_leaves_the_rest() -> None:
    """Kirschner2013: miR-16, -17, -21, -92a, -106a at least twofold, 121 of 136 miRNAs less."""
    sensitive = ("miR-16", "miR-16-5p", "miR-17", "miR-21", "miR-21-5p", "miR-92a", "miR-106a", "miR-486")
    others = ("miR-141", "miR-100", "miR-223", "miR-1246", "miR-x")  # from the rarest to the most abundant
    plasma = healthy_content([Analyte(name) for name in (*sensitive, *others)], "plasma", numbers(), still())
    lysed = handled(plasma, UNTOUCHED.model_copy(update={"haemolysis": 0.005}), numbers(), still())
    rise = (lysed.total / plasma.total)[0]
    assert np.all(rise[: len(sensitive)] > 2.0) and np.all(rise[len(sensitive) :] < 2.0)


def test_a_rise_by_cells_does_not_depend_on_an_unknown_level_in_plasma() -> None:
    drawn = bench_numbers(draws=6)
    for index in range(6):
        given_numbers = StagedNumbers.alike(drawn.drawn(index))
        plasma = healthy_content([Analyte("miR-x")], "plasma", given_numbers, still())
        lysed = handled(plasma, UNTOUCHED.model_copy(update={"haemolysis": 0.005}), given_numbers, still())
        per_vesicle = plasma.amounts["healthy_ev"][0, 0] / plasma.vesicles["healthy_ev"][0]
        bench = given_numbers["biology"]
        cells = bench("red_cell_concentration", "cell/mL", organism="human")
        cells /= 1.0 - bench("haematocrit", "dimensionless", organism="human")
        (worth,) = of_each(bench, "red_cell_equivalent_vesicles", "vesicle/cell", ["miR-x"])
        assert lysed.amounts["red_cell"][0, 0] / per_vesicle == pytest.approx(0.005 * cells * worth)


def test_copies_of_your_own_go_before_vesicles() -> None:
    mine = Value("mine", "red_cell_copies", 7.0, "molecule/cell", method="assumed", low=5.0, high=9.0,
                 spread_kind="assumed_range", distribution="lognormal", cargo="miR-451a")  # fmt: skip
    own = StagedNumbers.alike(bench_numbers(own=[mine]))
    lyse = UNTOUCHED.model_copy(update={"haemolysis": 1e-4})
    first, usual = (handled(content_of(MIRNAS, 1e6, 1), lyse, given, still()).amounts["red_cell"][0]
                    for given in (own, numbers()))  # fmt: skip
    assert first[0] / usual[0] == pytest.approx(7.0 / copies_in("red_cell", "miR-451a"))
    assert first[1:].tolist() == usual[1:].tolist()


def test_waiting_adds_vesicles_too_and_warmth_more_of_them() -> None:
    before = content_of(MIRNAS, 1e6, 1)
    cold, warm = (
        handled(before, UNTOUCHED.model_copy(update={"minutes_to_spin": 120.0, "temperature": degrees}), numbers(),
                still()).vesicles[PLATELET_EV][0]
        for degrees in (20.0, 30.0)
    )  # fmt: skip
    assert warm / cold == pytest.approx(numbers()["preanalytics"]("platelet_release_q10", "dimensionless"))


def test_heparin_is_told_and_tubes_must_fit() -> None:
    before = content_of(MIRNAS, 1e6, 1)
    assert is_inhibited(handled(before, UNTOUCHED.model_copy(update={"tube": "heparin"}), numbers(), still()))
    assert not is_inhibited(handled(before, UNTOUCHED, numbers(), still()))
    with pytest.raises(InputError, match="did you mean 'citrate'"):
        handled(before, Handling(tube="citrat"), numbers(), still())
    with pytest.raises(InputError, match="does not give plasma"):
        handled(before, Handling(tube="serum"), numbers(), still())
    with pytest.raises(InputError, match="does not give serum"):
        handled(content_of(MIRNAS, 1e6, 1, fluid="serum"), Handling(tube="edta"), numbers(), still())


@pytest.mark.parametrize("wrong", [{"spins": "three"}, {"haemolysis": 1.5}, {"freeze_thaw": -1}, {"wait": 3}])
def test_settings_are_checked(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Handling.model_validate(wrong)


def test_other_rna_joins_once_and_grows_with_lysed_cells() -> None:
    before = with_other_rna(content_of(MIRNAS, 1e6, 1), numbers(), still())
    assert before.analytes[-1] == OTHER_RNA
    assert with_other_rna(before, numbers(), still()) is before
    assert before.total[0, -1] > before.total[0, 0]
    after = handled(before, UNTOUCHED.model_copy(update={"haemolysis": 1e-3}), numbers(), still())
    assert after.total[0, -1] > before.total[0, -1]


def test_still_preanalytics_makes_samples_alike() -> None:
    alike = People(50, still=frozenset({"preanalytics", "biology"}))
    rough = Handling(spins="one", minutes_to_spin=300)
    after = handled(content_of(MIRNAS, 1e6, 50), rough, numbers(), alike)
    assert np.ptp(total(after), axis=0) == pytest.approx(0.0)
    assert np.all(np.ptp(total(handled(content_of(MIRNAS, 1e6, 50), rough, numbers(), People(50))), axis=0) > 0)


def test_one_more_analyte_shifts_no_number() -> None:
    rough = Handling(spins="one", minutes_to_spin=300)
    few = handled(content_of(MIRNAS, 1e6, 5), rough, numbers(), People(5))
    more = handled(content_of((Analyte("miR-7"), *MIRNAS), 1e6, 5), rough, numbers(), People(5))
    assert np.array_equal(few.total, more.total[:, 1:])
