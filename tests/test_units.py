"""Units: canonical floats, and dimensions that are never confused."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm import units
from exocosm.errors import UnitError

KNOWN = (
    "mL/min",
    "1/h",
    "vesicle/cell/day",
    "nmol/mL",
    "mg/kg",
    "percent",
    "percent_injected_dose/g",
    "nm",
    "molecule",
    "K",
)


@pytest.mark.parametrize(
    ("value", "unit", "target", "expected"),
    [
        (1.0, "mL/min", "L/h", 0.06),
        (90.0, "nm", "um", 0.09),
        (5.0, "percent", "dimensionless", 0.05),
        (2.0, "percent_injected_dose", "injected_dose", 0.02),
        (3.0, "mg/kg", "ng/g", 3000.0),
        (1.0, "nmol/mL", "umol/L", 1.0),
        (24.0, "vesicle/cell/day", "vesicle/cell/h", 1.0),
    ],
)
def test_conversions(value: float, unit: str, target: str, expected: float) -> None:
    assert units.convert(value, unit, target) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1/h", "vesicle/h"),
        ("1/h", "1/cell/h"),
        ("percent", "percent_injected_dose"),
        ("percent_injected_dose/g", "ng/mL"),
        ("molecule", "nmol"),
        ("molecule", "dimensionless"),
        ("vesicle", "cell"),
    ],
)
def test_dimensions_that_are_kept_apart(one: str, other: str) -> None:
    assert not units.same_dimension(one, other)
    with pytest.raises(UnitError, match="cannot be compared"):
        units.convert(1.0, one, other)


@given(st.sampled_from(KNOWN), st.floats(min_value=1e-12, max_value=1e12))
def test_canonical_and_back(unit: str, value: float) -> None:
    assert units.from_canonical(units.to_canonical(value, unit), unit) == pytest.approx(value, rel=1e-12)
    assert units.factor(units.canonical_unit(unit)) == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize("unit", ["mL/mn", "candela", "degC", "(((", "m" * 200, "1/"])
def test_unknown_units_are_refused_in_words(unit: str) -> None:
    with pytest.raises(UnitError, match="unit '"):
        units.factor(unit)


@given(st.text(max_size=40))
def test_any_text_gives_a_unit_or_a_unit_error(text: str) -> None:
    with contextlib.suppress(UnitError):
        units.factor(text)


def test_a_particle_is_counted_as_a_vesicle_alone_and_in_ratios() -> None:
    assert units.convert(3.0, "particle", "vesicle") == 3.0
    assert units.convert(3.0, "particle/mL", "vesicle/mL") == 3.0
