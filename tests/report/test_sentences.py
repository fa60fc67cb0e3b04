from __future__ import annotations

import math

from exocosm.report import sentences


def test_an_assumption_is_told_with_digits_that_show_what_it_moves() -> None:
    text = sentences.assumption("gain", "0.1 to 10\u00a01/h", "the index", sentences.moved(1.13, 1.009, 1.02, 1.0))
    assert text == "gain, 0.1 to 10\u00a01/h: alone it moves the index from 1.13 to 1.01"


def test_a_contrast_that_bends_is_told_with_its_centre() -> None:
    assert sentences.moved(0.195, 0.225, 0.121, 1.0) == "0.2 to 0.23 (0.12 at its centre)"


def test_values_are_counted_by_trust_and_constants_apart() -> None:
    text = sentences.thinness({"measured": 5, "borrowed": 3, "assumed": 2, "model": 4, "constant": 1})
    assert text == "The answer rests on 10 values: 5 measured, none fitted, none derived, 3 borrowed and 2 assumed."
    assert "1 given by the study" in sentences.thinness({"user": 1})


def test_constants_of_others_are_not_called_definitions() -> None:
    text = sentences.apart(4, "Dog 2011 (3)", 1)
    assert text == (
        "Besides: 4 constants of published models and tables, most from Dog 2011 (3); 1 definition or dose."
    )
    assert sentences.apart(0, "", 2) == "Besides: 2 definitions and doses."
    assert sentences.apart(0, "", 0) == ""


def test_values_without_a_spread_are_admitted() -> None:
    assert sentences.without_spread(0, 10) == ""
    assert "3 of these 10 values" in sentences.without_spread(3, 10)
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
