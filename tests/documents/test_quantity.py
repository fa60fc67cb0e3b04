from __future__ import annotations

import pytest

from exocosm.documents.quantity import hours, looks_like_quantity, quantity
from exocosm.errors import UnitError


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("3 mg/kg", 3.0, "mg/kg"),
        ("1e11 vesicle", 1e11, "vesicle"),
        ("28 d", 28.0, "d"),
        ("  .5mL ", 0.5, "mL"),
        ("100 mm^3", 100.0, "mm^3"),
        ("28 %", 28.0, "%"),
        ("2", 2.0, "dimensionless"),
        (2, 2.0, "dimensionless"),
        ("-1 1/h", -1.0, "1/h"),
    ],
)
def test_quantity_reads_value_and_unit(text: str | int, value: float, unit: str) -> None:
    assert quantity(text) == (value, unit)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mg",
        "3 mg/kgg",
        "3 parsec parsnip",
        "1e999 h",
        "1 m**9**9**9",
        "1 9**9",
        "1 m^(9)",
        "1 h; import os",
        "1" * 300,
    ],
)
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(UnitError):
        quantity(text)


@pytest.mark.parametrize("given", [True, None, [1]])
def test_other_types_are_refused(given: object) -> None:
    with pytest.raises(UnitError):
        quantity(given)  # type: ignore[arg-type]


def test_times_are_hours_and_need_a_unit() -> None:
    assert hours("2 d") == 48.0
    assert hours("30 min") == 0.5
    assert hours(0) == 0.0
    with pytest.raises(UnitError, match="needs a unit"):
        hours("6")
    with pytest.raises(UnitError, match="expected a time"):
        hours("6 mL")


def test_a_quantity_is_told_from_an_expression() -> None:
    assert looks_like_quantity("1 mL") and looks_like_quantity("0.5 1/h")
    assert not looks_like_quantity("2 * k") and not looks_like_quantity("k1") and not looks_like_quantity("2")
