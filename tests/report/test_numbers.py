from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.report import numbers


@pytest.mark.parametrize(
    ("number", "digits", "text"),
    [
        (0.0, 3, "0"),
        (1.0, 3, "1"),
        (2.5049, 3, "2.5"),
        (12345.6, 3, "12,300"),
        (-4.2, 2, "−4.2"),
        (0.00123, 3, "0.00123"),
        (0.000123, 2, "1.2 × 10⁻⁴"),
        (1.2e9, 3, "1.2 × 10⁹"),
        (99999.0, 3, "1 × 10⁵"),
        (9.996, 3, "10"),
        (math.nan, 3, "not known"),
        (math.inf, 3, "∞"),
    ],
)
def test_numbers_have_few_digits_and_no_computer_notation(number: float, digits: int, text: str) -> None:
    assert numbers.shown(number, digits) == text


@given(st.floats(min_value=1e-30, max_value=1e30))
def test_a_shown_number_is_the_number_to_its_digits(number: float) -> None:
    text = numbers.shown(number, 3).replace(",", "")
    mantissa, _, power = text.partition(" × 10")
    digits = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
    value = float(mantissa) * 10.0 ** int(power.translate(digits) or 0)
    assert value == pytest.approx(number, rel=0.006)


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        ("dimensionless", ""),
        ("mm^3", "mm³"),
        ("1/um**2", "1/µm²"),
        ("(nmol/mL) * hour", "nmol/mL·h"),
        ("percent_injected_dose", "% of injected dose"),
        ("vesicle/microgram", "vesicle/µg"),
        ("centimeter ** 3 / hour", "cm³/h"),
    ],
)
def test_units_read_as_in_print(unit: str, text: str) -> None:
    assert numbers.unit_text(unit) == text


def test_a_share_is_never_rounded_to_a_certainty() -> None:
    assert numbers.percent(0.999) == "more than 99 %"
    assert numbers.percent(0.001) == "less than 1 %"
    assert numbers.percent(1.0) == "100 %"


def test_times_are_told_in_the_unit_a_reader_would_use() -> None:
    assert numbers.moment(336.0, 504.0) == "14\u00a0d"
    assert numbers.moment(4.0, 504.0) == "4\u00a0h"
    assert numbers.moment(0.5, 504.0) == "30\u00a0min"


def test_digits_are_enough_to_tell_unequal_numbers_apart() -> None:
    assert numbers.enough_digits((0.4, 2.0, 9.0), 1.0) == 2
    assert numbers.enough_digits((1.04, 1.2), 1.0) == 3
    assert numbers.enough_digits((1.0004, 1.2), 1.0) == 3  # more digits than that promise too much
    assert numbers.enough_digits((1.0, 1.0), 1.0) == 2


def test_shares_of_a_dose_are_known_by_unit_or_by_name() -> None:
    assert numbers.is_dose_share("percent_injected_dose", "liver", "Liver")
    assert numbers.is_dose_share("percent", "liver", "Dose in the liver")
    assert not numbers.is_dose_share("percent", "killed", "Cells killed")
    assert not numbers.is_dose_share("nmol/mL", "dose", "Dose")


def test_the_numbers_of_one_interval_have_the_same_decimals() -> None:
    assert numbers.aligned((1.0009, 1.0117, 1.513)) == ("1.00", "1.01", "1.51")
    assert numbers.aligned((-42.1, -11.0, -2.6)) == ("−42.1", "−11.0", "−2.6")
    assert numbers.aligned((950.0, 1790.0, 3004.0)) == ("950", "1,790", "3,000")
    assert numbers.aligned((0.99, 40.0, 900.0)) == ("0.99", "40", "900")
    assert numbers.aligned((0.0, 1.0, float("nan"))) == ("0", "1", "not known")
