"""The settings of bench methods: quantities as people write them, numbers in one unit inside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from exocosm import units
from exocosm.documents.checked import shown
from exocosm.documents.fields import Section, ShortText
from exocosm.documents.quantity import quantity
from exocosm.errors import UnitError


class Settings(Section):
    """Base of the settings of every bench method: what a step of a protocol may say."""


def in_unit(unit: str) -> Callable[[Any], float]:
    """A reader of texts such as `2 mL` that gives the number in `unit`; a bare number is refused."""

    def read(given: Any) -> float:
        try:
            value, own = quantity(given)
            if own == "dimensionless" and unit != "dimensionless":
                raise UnitError(f"{shown(given)} needs a unit, for example '{value:g} {unit}'")
            return units.convert(value, own, unit)
        except UnitError as problem:
            raise ValueError(str(problem)) from None

    return read


def celsius(given: Any) -> float:
    """A temperature such as `4 degC` (or `277 K`) in degree Celsius."""
    text = str(given).strip().replace("°C", "degC").replace("° C", "degC")
    for ending in ("degC", "C"):
        if text.endswith(ending):
            try:
                return float(text.removesuffix(ending))
            except ValueError:
                break
    if text.endswith("K"):
        return in_unit("K")(text) - 273.15
    raise ValueError(f"expected a temperature such as '4 degC', found {given!r}")


Millilitres = Annotated[float, BeforeValidator(in_unit("mL")), Field(gt=0, le=1e6)]
Minutes = Annotated[float, BeforeValidator(in_unit("min")), Field(gt=0, le=1e5)]
Nanometres = Annotated[float, BeforeValidator(in_unit("nm")), Field(gt=0, le=1e6)]
Kilodaltons = Annotated[float, BeforeValidator(in_unit("kDa")), Field(gt=0, le=1e5)]
MicrogramsPerMillilitre = Annotated[float, BeforeValidator(in_unit("microgram/mL")), Field(ge=0, le=1e9)]
Celsius = Annotated[float, BeforeValidator(celsius), Field(ge=-20, le=100)]
Name = Annotated[ShortText, Field(min_length=1)]
