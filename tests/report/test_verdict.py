from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.report import verdict
from exocosm.report.verdict import BETTER, CANNOT_TELL, NO_ANSWER, NO_GAIN, NO_UNCERTAINTY, WORSE, Compared, Moved

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
    found = verdict.answer(compared)
    return " ".join((found.headline, found.numbers, *found.sentences))


def test_a_clear_answer_is_told_with_its_interval_and_its_count_of_draws() -> None:
    assert verdict.answer(CLEAR).verdict == BETTER
    assert told(CLEAR).startswith("In this model: better with New than with Old")
    assert "Index: New 2.00 times Old (95 % 1.30 to 3.10); higher in 199 of 200 draws." in told(CLEAR)
    assert "199 of 200 draws (more than 99 %)" in told(CLEAR)


def test_an_interval_over_one_cannot_tell_however_large_the_median() -> None:
    open_question = replace(CLEAR, median=40.0, low=0.99, high=900.0)
    assert verdict.answer(open_question).verdict == CANNOT_TELL
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
    found = verdict.answer(replace(CLEAR, low=low, high=high, better=better, how=how))
    neutral = 1.0 if how == "ratio" else 0.0
    assert (found.verdict == CANNOT_TELL) == (low <= neutral <= high)
    if found.verdict in (BETTER, WORSE):
        assert (found.verdict == BETTER) == ((low > neutral) == (better == "higher"))


def test_a_small_difference_is_called_small() -> None:
    tiny = replace(CLEAR, median=1.021, low=1.004, high=1.3)
    assert "1.02 times" in told(tiny)
    assert "1.00 to 1.30" in told(tiny)
    assert "The difference is small" in told(tiny)
    assert "The difference is small" not in told(CLEAR)


def test_a_handful_of_draws_takes_no_side() -> None:
    few = replace(CLEAR, draws=6, draws_better=6, draws_asked=6)
    assert verdict.answer(few).verdict == verdict.TOO_FEW
    assert told(few).startswith("Too few draws to tell")


def test_less_is_better_where_the_study_says_so() -> None:
    assert verdict.answer(replace(CLEAR, better="lower")).verdict == WORSE
    assert verdict.answer(replace(CLEAR, better="lower", low=0.2, high=0.6, median=0.4)).verdict == BETTER


def test_without_draws_no_uncertainty_is_claimed() -> None:
    bare = replace(CLEAR, draws=1, draws_asked=0, low=2.0, high=2.0)
    assert verdict.answer(bare).verdict == NO_UNCERTAINTY
    assert "interval" not in told(bare)
    assert "No draws were made" in told(bare)


def test_a_contrast_without_a_number_is_no_answer() -> None:
    assert verdict.answer(replace(CLEAR, median=math.nan, low=math.nan, high=math.nan)).verdict == NO_ANSWER


def test_few_and_lost_draws_are_told() -> None:
    assert verdict.rough(200) == verdict.rough(0) == ""
    assert verdict.rough(30) == "With only 30 draws the ends of the intervals are rough."
    assert "6 draws of 200 gave no number" in told(replace(CLEAR, draws=194, draws_better=190))


def test_animals_are_told_apart_from_what_is_not_known() -> None:
    assert "between 1.5 and 2.6" in told(CLEAR)
    assert "Differences between animals were not simulated" in told(replace(CLEAR, animals=0))


def test_a_change_in_percent_names_its_direction() -> None:
    change = replace(CLEAR, how="percent_change", unit="percent", median=-35.0, low=-60.0, high=-5.0, better="lower")
    assert "Index: 35.0 % lower with New than with Old (95 % −60.0 to −5.0 %); lower in all 200 draws" in told(
        replace(change, draws_better=200)
    )
    assert verdict.answer(change).verdict == BETTER


def that_matters(reach: int, lose: int = 0, **changes: object) -> Compared:
    gain, _ = verdict.thresholds("ratio", str(changes.get("better", "higher")), 1.25)
    return replace(CLEAR, draws=30, draws_asked=30, matters=gain, draws_reach=reach, draws_lose=lose, **changes)  # type: ignore[arg-type]


def test_a_gain_too_small_to_matter_is_no_answer_in_its_favour() -> None:
    small = that_matters(3, median=1.0117, low=1.0009, high=1.513, draws_better=29)
    assert verdict.answer(small).verdict == NO_GAIN
    assert told(small).startswith("In this model: a gain that matters is unlikely with New")
    expected = (
        "Index: New 1.01 times Old (95 % 1.00 to 1.51); it reaches 1.25, the least that matters, in 3 of 30 draws."
    )
    assert expected in told(small)


@pytest.mark.parametrize(
    ("reach", "lose", "expected", "words"),
    [
        (0, 0, NO_GAIN, "no gain that matters with New"),
        (15, 0, CANNOT_TELL, "We cannot tell whether New brings"),
        (27, 0, BETTER, "a gain that matters is likely with New"),
        (0, 28, WORSE, "a loss that matters is likely with New"),
    ],
)
def test_the_verdict_is_about_what_matters(reach: int, lose: int, expected: str, words: str) -> None:
    found = verdict.answer(that_matters(reach, lose))
    assert (found.verdict, words in found.headline) == (expected, True)


def test_what_matters_lies_on_the_better_side_and_mirrors_on_the_other() -> None:
    assert verdict.thresholds("ratio", "higher", 1.25) == (1.25, 0.8)
    assert verdict.thresholds("ratio", "lower", 1.25) == verdict.thresholds("ratio", "lower", 0.8) == (0.8, 1.25)
    assert verdict.thresholds("percent_change", "lower", 20.0) == (-20.0, 20.0)
    assert verdict.thresholds("difference", "higher", -3.0) == (3.0, -3.0)
    assert all(math.isnan(end) for end in verdict.thresholds("ratio", "higher", None))


def test_less_that_matters_is_a_reduction() -> None:
    found = verdict.answer(that_matters(28, better="lower", low=0.3, median=0.5, high=0.9))
    assert found.verdict == BETTER
    assert "a reduction that matters is likely" in found.headline
    assert "it falls to 0.8, the least that matters, in 28 of 30 draws" in found.numbers


def test_few_draws_take_no_side_about_what_matters_either() -> None:
    few = replace(that_matters(6), draws=6, draws_asked=6)
    assert verdict.answer(few).verdict == verdict.TOO_FEW


def test_the_comparison_in_a_title_is_not_said_twice() -> None:
    assert verdict.subject("Therapeutic index, exosomes against free drug") == "Therapeutic index"
    assert verdict.subject("Heart, left and right") == "Heart, left and right"


def test_titles_are_written_small_where_the_study_writes_them_small() -> None:
    assert verdict.in_sentence("Exosomes", "drug in exosomes, or free") == "exosomes"
    assert verdict.in_sentence("Doxil", "Doxil or free drug") == "Doxil"
    assert verdict.in_sentence("PEG-liposome", "a liposome") == "PEG-liposome"


WHAT_IF = Moved("Ligand", "gain", "dimensionless", 1.0, 300.0, "index", 1.25, 2.0, 5.0, 9.0, 30, 0, 0)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "Ligand: a gain of 5 takes the index to 1.25 (95 % of draws: 2 to 9)."),
        (
            {"low": -math.inf, "high": math.inf, "already": 3, "never": 10},
            "a gain of 5 takes the index to 1.25 (95 % of draws: no change to beyond what was tried); "
            "in 10 of 30 draws nothing up to 300 does and 3 are there without it.",
        ),
        (
            {"median": math.inf, "high": math.inf, "already": 3, "never": 21},
            "in 21 of 30 draws no gain up to 300 takes the index to 1.25; 3 are there without it and 6 get there",
        ),
        (
            {"median": -math.inf, "low": -math.inf, "already": 20, "never": 4},
            "index is at 1.25 without it in 20 of 30 draws; 4 do not get there up to 300 and 6 get there on the way.",
        ),
        (
            {"first": 1.0, "last": 0.01, "low": 0.02, "median": 0.1, "high": math.inf, "already": 5},
            "a gain of 0.1 takes the index to 1.25 (95 % of draws: no change to 0.02); 5 are there without it.",
        ),
        ({"draws": 0}, "no draw gave a curve"),
    ],
)
def test_a_break_even_is_told_also_where_there_is_none(changes: dict[str, float], expected: str) -> None:
    assert expected in verdict.what_if_answer(replace(WHAT_IF, **changes)).numbers  # type: ignore[arg-type]
