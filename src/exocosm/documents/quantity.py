"""Physical quantities as people write them: `3 mg/kg`, `28 d`, `1e11 vesicle`."""

from __future__ import annotations

import math
import re

from exocosm import units
from exocosm.errors import UnitError

NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?"
_QUANTITY = re.compile(rf"\s*({NUMBER})\s*(.*?)\s*", re.DOTALL)
_LOOKS_LIKE = re.compile(rf"\s*{NUMBER}\s+(?:[A-Za-zµμ%]|1/)[^=<>]*", re.DOTALL)
_UNIT_TOKEN = re.compile(
    r"\s*(?:(?P<name>[A-Za-zµμ_%][A-Za-z0-9_]*)|(?P<power>(?:\*\*|\^)\s*-?\d(?:\.\d)?)|(?P<other>1|[*/()]))"
)


def unit_text(text: str) -> str:
    """The text itself if it is a unit; raises UnitError.

    Only names, `1`, `*`, `/`, brackets and one-digit powers are read: a tower of powers would keep a parser busy.
    """
    if len(text) > 120:
        raise UnitError(f"unit '{text[:40]}...' is longer than 120 characters")
    position, after_name = 0, False
    stripped = text.strip()
    while position < len(stripped):
        token = _UNIT_TOKEN.match(stripped, position)
        if token is None or (token["power"] and not after_name):
            raise UnitError(
                f"unit '{text}' cannot be read at '{stripped[position:]}'; write for example mL/min, 1/h, mm^3"
            )
        after_name = bool(token["name"]) or token["other"] == ")"
        position = token.end()
    units.parse(stripped)
    return stripped


def quantity(text: str | int | float) -> tuple[float, str]:
    """Value and unit of a text such as `3 mg/kg`; a bare number is dimensionless.  Raises UnitError."""
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise UnitError(f"expected a number with its unit such as '2 mL' or '3 mg/kg', found {text!r}")
    if not isinstance(text, str):
        return _finite(float(text), str(text)), "dimensionless"
    if len(text) > 200:
        raise UnitError(
            f"expected a number with its unit such as '2 mL' or '3 mg/kg', found a text of {len(text)} characters"
        )
    found = _QUANTITY.fullmatch(text)
    if found is None:
        raise UnitError(f"expected a number with its unit such as '2 mL' or '3 mg/kg', found '{text}'")
    return _finite(float(found[1]), text), unit_text(found[2]) or "dimensionless"


def looks_like_quantity(text: str) -> bool:
    """Whether a text is a number followed by a unit (and so no expression)."""
    return _LOOKS_LIKE.fullmatch(text) is not None


def hours(text: str | int | float) -> float:
    """A time in hours; only 0 may stand without a unit."""
    value, unit = quantity(text)
    if unit == "dimensionless":
        if value == 0:
            return 0.0
        raise UnitError(f"the time {text!r} needs a unit, for example '{value:g} h'")
    if not units.same_dimension(unit, "h"):
        raise UnitError(f"expected a time such as '6 h', found '{text}' ({units.show_dimension(unit)})")
    return units.convert(value, unit, "h")


def _finite(value: float, text: str) -> float:
    if not math.isfinite(value):
        raise UnitError(f"'{text}' is not a finite number")
    return value
