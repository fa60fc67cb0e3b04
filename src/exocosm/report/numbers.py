"""Numbers, units and names as a reader writes them: few digits, no exponents by asterisk, no underscores."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from exocosm import units

UNKNOWN = "not known"
UNBROKEN = "\u00a0"  # a space at which no line ends
_SUPERSCRIPT = str.maketrans("0123456789-+.", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺·")
_WORDS = {
    "dimensionless": "",
    "activity_unit": "U",
    "percent_injected_dose": "% of injected dose",
    "pctID": "% of injected dose",
    "injected_dose": "injected dose",
    "percent": "%",
    "hour": "h",
    "hours": "h",
    "minute": "min",
    "second": "s",
    "day": "d",
    "days": "d",
    "gram": "g",
    "milligram": "mg",
    "microgram": "µg",
    "ug": "µg",
    "nanogram": "ng",
    "kilogram": "kg",
    "liter": "L",
    "litre": "L",
    "milliliter": "mL",
    "millilitre": "mL",
    "microliter": "µL",
    "uL": "µL",
    "nanomole": "nmol",
    "micromole": "µmol",
    "umol": "µmol",
    "uM": "µM",
    "micrometer": "µm",
    "um": "µm",
    "nanometer": "nm",
    "millimeter": "mm",
    "centimeter": "cm",
}
_NAME = re.compile(r"[A-Za-zµ_]+")
_POWER = re.compile(r"\s*(?:\*\*|\^)\s*\(?(-?\d+(?:\.\d+)?)\)?")


def shown(number: float, digits: int = 3) -> str:
    """A number with that many significant digits: `0.0123`, `12,300`, `1.2 × 10⁹`, `−4`."""
    if number is None or math.isnan(number):
        return UNKNOWN
    if math.isinf(number):
        return "∞" if number > 0 else "−∞"
    if number == 0:
        return "0"
    sign = "−" if number < 0 else ""
    mantissa, exponent = f"{abs(number):.{digits - 1}e}".split("e")
    power = int(exponent)
    if not -3 <= power < 5:
        return f"{sign}{_trimmed(mantissa)} × 10{str(power).translate(_SUPERSCRIPT)}"
    rounded = float(f"{mantissa}e{exponent}")
    places = max(0, digits - 1 - power)
    return sign + _trimmed(f"{rounded:,.{places}f}")


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def unit_text(unit: str) -> str:
    """A unit as it is printed in papers; empty for a pure number."""
    text = _POWER.sub(lambda match: match.group(1).translate(_SUPERSCRIPT), str(unit or ""))
    text = _NAME.sub(lambda match: _WORDS.get(match.group(), match.group().replace("_", " ")), text)
    text = re.sub(r"\s*\*\s*", "·", text)
    text = re.sub(r"\s*/\s*", "/", text)
    text = re.sub(r"^\(([^()]*)\)(·[^()]*)?$", lambda match: match.group(1) + (match.group(2) or ""), text.strip())
    return "" if text in {"1", "-"} else text


def enough_digits(numbers: Sequence[float], reference: float | None = None, least: int = 2, most: int = 3) -> int:
    """How many significant digits show unequal numbers as unequal, to one another and to a reference."""
    known = sorted({number for number in (*numbers, reference) if number is not None and not math.isnan(number)})
    for digits in range(least, most):
        if len({shown(number, digits) for number in known}) == len(known):
            return digits
    return most


def is_dose_share(unit: str, name: str, title: str) -> bool:
    """Whether an output or metric is a share of the dose: counted in injected doses, or a percentage called a dose."""
    if units.same_dimension(str(unit), "injected_dose"):
        return True
    return str(unit).strip() in {"percent", "%"} and "dose" in f"{name} {title}".lower()


def percent_of_dose(unit: str) -> float:
    """What a share of the dose in its unit is multiplied by to be a percentage."""
    whole = "percent_injected_dose" if units.same_dimension(unit, "injected_dose") else "percent"
    return units.convert(1.0, unit, whole)


def quantity(number: float, unit: str = "", digits: int = 3) -> str:
    """A number with its unit."""
    text, word = shown(number, digits), unit_text(unit)
    if text == UNKNOWN or not word:
        return text
    return f"{text}{UNBROKEN}{word}"


def interval(low: float, high: float, unit: str = "", digits: int = 2) -> str:
    """`low to high unit`."""
    if math.isnan(low) or math.isnan(high):
        return UNKNOWN
    word = unit_text(unit)
    return f"{shown(low, digits)} to {shown(high, digits)}" + (f"{UNBROKEN}{word}" if word else "")


def aligned(numbers: Sequence[float]) -> tuple[str, ...]:
    """Numbers of one interval with the same decimals, three digits for the largest: `1.00`, `1.01`, `1.51`.

    Each with two digits of its own where they differ so much that the smallest would be lost.
    """
    sizes = [abs(number) for number in numbers if number and math.isfinite(number)]
    if len(sizes) < len(numbers) or max(sizes) > 30 * min(sizes) or not 1e-3 <= max(sizes) < 1e5:
        return tuple(shown(number, 2) for number in numbers)
    places = max(0, 2 - math.floor(math.log10(max(sizes))))
    digits = 3 if max(sizes) >= 1000 else 12
    texts = (
        shown(float(f"{number:.{places}f}"), digits) if digits == 3 else f"{number:.{places}f}" for number in numbers
    )
    return tuple(text.replace("-", "−") for text in texts)


def percent(share: float) -> str:
    """A share as a whole percentage that never rounds to a certainty it is not."""
    if math.isnan(share):
        return UNKNOWN
    if 0 < share < 0.01:
        return "less than 1 %"
    if 0.99 < share < 1:
        return "more than 99 %"
    return f"{100 * share:.0f} %"


def readable(name: str) -> str:
    """A name of a model as words: `partition.liver` -> `partition, liver`."""
    return " ".join(str(name).replace("@", " in ").replace(".", ", ").replace("_", " ").split())


def counted(number: int, one: str, many: str = "") -> str:
    """`1 value`, `2 values`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(parts: Sequence[str]) -> str:
    """`a, b and c`."""
    parts = [part for part in parts if part]
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def time_scale(end: float) -> tuple[float, str]:
    """(hours in the unit, unit) for an axis that ends there: minutes, hours or days, as a reader would write."""
    if end > 72:
        return 24.0, "d"
    return (1.0, "h") if end >= 2 else (1.0 / 60.0, "min")


def moment(hours: float, end: float) -> str:
    """A time in the unit of an axis that ends at `end` (hours); early times of a long axis in hours or minutes."""
    scale, unit = time_scale(end)
    if 0 < hours < scale:
        scale, unit = (1.0, "h") if hours >= 1 else (1.0 / 60.0, "min")
    return f"{shown(hours / scale)}{UNBROKEN}{unit}"
