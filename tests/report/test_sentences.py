from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.report import sentences
from exocosm.report.sentences import BETTER, CANNOT_TELL, NO_ANSWER, NO_UNCERTAINTY, WORSE, Compared

CLEAR = Compared(
    title="Index",
    arm="New",
    against="Old",
    how="ratio",
    better="higher",
    unit="dimensionless",
    median=2.0,
    low=1.3,
    high=3.1,
    animals_low=1.5,
    animals_high=2.6,
    draws=200,
    draws_better=199,
    draws_asked=200,
    animals=10,
)


def told(compared: Compared) -> str:
    found = sentences.answer(compared)
    return " ".join((found.headline, found.numbers, *found.sentences))


def test_a_clear_answer_is_told_with_its_interval_and_its_count_of_draws() -> None:
    assert sentences.answer(CLEAR).verdict == BETTER
    assert told(CLEAR).startswith("In this model: better with New than with Old")
    assert "2 times" in told(CLEAR)
    assert "95 % interval 1.3 to 3.1" in told(CLEAR)
    assert "199 of 200 draws (more than 99 %)" in told(CLEAR)


def test_an_interval_over_one_cannot_tell_however_large_the_median() -> None:
    open_question = replace(CLEAR, median=40.0, low=0.99, high=900.0)
    assert sentences.answer(open_question).verdict == CANNOT_TELL
    assert told(open_question).startswith("We cannot tell")
    assert "In this model" not in told(open_question)


@given(
    st.floats(0.01, 100),
    st.floats(0.01, 100),
    st.sampled_from(["higher", "lower"]),
    st.sampled_from(["ratio", "difference"]),
)
def test_a_side_is_taken_only_where_the_whole_interval_is_on_it(
    one: float, other: float, better: str, how: str
) -> None:
    shift = 0.0 if how == "ratio" else -1.0
    low, high = sorted((one + shift, other + shift))
    found = sentences.answer(replace(CLEAR, low=low, high=high, better=better, how=how))
    neutral = 1.0 if how == "ratio" else 0.0
    assert (found.verdict == CANNOT_TELL) == (low <= neutral <= high)
    if found.verdict in (BETTER, WORSE):
        assert (found.verdict == BETTER) == ((low > neutral) == (better == "higher"))


def test_a_difference_that_rounding_would_hide_is_shown_and_called_small() -> None:
    tiny = replace(CLEAR, median=1.021, low=1.004, high=1.3)
    assert "1.021 times" in told(tiny)
    assert "1.004 to 1.3" in told(tiny)
    assert "The difference is small" in told(tiny)
    assert "The difference is small" not in told(CLEAR)


def test_a_handful_of_draws_takes_no_side() -> None:
    few = replace(CLEAR, draws=6, draws_better=6, draws_asked=6)
    assert sentences.answer(few).verdict == sentences.TOO_FEW
    assert told(few).startswith("Too few draws to tell")


def test_an_assumption_is_told_with_digits_that_show_what_it_moves() -> None:
    text = sentences.assumption("gain", 0.1, 10.0, "1/h", "the index", sentences.moved(1.13, 1.009, 1.02, 1.0))
    assert text == "gain, 0.1 to 10\u00a01/h: alone it moves the index from 1.13 to 1.01"


def test_a_contrast_that_bends_is_told_with_its_centre() -> None:
    assert sentences.moved(0.195, 0.225, 0.121, 1.0) == "0.2 to 0.23 (0.12 at its centre)"


def test_less_is_better_where_the_study_says_so() -> None:
    assert sentences.answer(replace(CLEAR, better="lower")).verdict == WORSE
    assert sentences.answer(replace(CLEAR, better="lower", low=0.2, high=0.6, median=0.4)).verdict == BETTER


def test_without_draws_no_uncertainty_is_claimed() -> None:
    bare = replace(CLEAR, draws=1, draws_asked=0, low=2.0, high=2.0)
    assert sentences.answer(bare).verdict == NO_UNCERTAINTY
    assert "interval" not in told(bare)
    assert "No draws were made" in told(bare)


def test_a_contrast_without_a_number_is_no_answer() -> None:
    assert sentences.answer(replace(CLEAR, median=math.nan, low=math.nan, high=math.nan)).verdict == NO_ANSWER


def test_few_and_lost_draws_are_told() -> None:
    assert "rough" not in told(CLEAR)
    assert "With only 30 draws the ends of the interval are rough" in told(replace(CLEAR, draws=30, draws_better=30))
    assert "6 draws of 200 gave no number" in told(replace(CLEAR, draws=194, draws_better=190))


def test_animals_are_told_apart_from_what_is_not_known() -> None:
    assert "between 1.5 and 2.6" in told(CLEAR)
    assert "Differences between animals were not simulated" in told(replace(CLEAR, animals=0))


def test_a_change_in_percent_names_its_direction() -> None:
    change = replace(CLEAR, how="percent_change", unit="percent", median=-35.0, low=-60.0, high=-5.0, better="lower")
    assert "35 % lower than with Old" in told(change)
    assert sentences.answer(change).verdict == BETTER


def test_values_are_counted_by_trust_and_constants_apart() -> None:
    text = sentences.thinness(
        {"measured": 5, "borrowed": 3, "assumed": 2, "constant": 4}, {"organism": 2, "carrier": 1}
    )
    assert "10 values" in text
    assert "5 measured, 3 borrowed (2 across species, 1 across particle), 0 derived, 0 fitted and 2 assumed" in text
    assert "4 more are fixed by definition" in text


def test_values_without_a_spread_are_admitted() -> None:
    assert sentences.without_spread(0, 10) == ""
    assert "3 of the 10 values" in sentences.without_spread(3, 10)
    assert "narrower than the truth" in sentences.without_spread(3, 10)


def test_calibrated_numbers_are_never_counted_as_predictions() -> None:
    text = sentences.predictions(3, 1, 5, 0, 4.0)
    assert "Of 4 measured numbers" in text
    assert "3 lie inside" in text
    assert "5 other numbers were used to set values" in text
    only_calibrated = sentences.predictions(0, 0, 5, 0, math.nan)
    assert "No measurement was kept apart" in only_calibrated


def test_wide_intervals_are_said_to_be_easily_right() -> None:
    assert "easily right" in sentences.predictions(3, 1, 0, 0, 40.0)
    assert "easily right" not in sentences.predictions(3, 1, 0, 0, 3.0)


@pytest.mark.parametrize(
    ("ends", "shares", "expected"),
    [
        ((2.0, 5.0, 9.0), (0.0, 1.0, 0.0), "= 5"),
        ((2.0, math.inf, math.inf), (0.0, 0.3, 0.7), "no value of gain that was tried"),
        ((-math.inf, -math.inf, 4.0), (0.8, 0.2, 0.0), "at the first value tried"),
        ((math.nan, math.nan, math.nan), (0.0, 0.0, 0.0), "No draw gave a curve"),
    ],
)
def test_break_even_is_told_also_where_there_is_none(
    ends: tuple[float, ...], shares: tuple[float, ...], expected: str
) -> None:
    named = dict(zip(("already", "reached", "never"), shares, strict=True), missing=0.0)
    assert expected in sentences.what_if("Index", "gain", "dimensionless", 1.0, named, ends)
