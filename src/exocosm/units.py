"""Units at the edges: one registry, and one canonical unit for every dimension inside.

Inside exocosm numbers are plain floats in canonical units: hour, centimetre (so volumes are mL), nanogram, nanomole,
kelvin, and the counted things `vesicle`, `cell`, `molecule` and `injected_dose`, which are dimensions of their own:
"per cell per hour" can never be taken for "per hour", nor a percent of the injected dose for a concentration.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from exocosm.errors import UnitError

if TYPE_CHECKING:
    import pint

# pint dimension -> canonical unit of that dimension
CANONICAL = {
    "[time]": "hour",
    "[length]": "centimeter",
    "[mass]": "nanogram",
    "[substance]": "nanomole",
    "[temperature]": "kelvin",
    "[current]": "ampere",
    "[vesicle]": "vesicle",
    "[cell]": "cell",
    "[molecule]": "molecule",
    "[injected_dose]": "injected_dose",
    "[money]": "euro",
    "[activity]": "activity_unit",
}


@lru_cache(maxsize=1)
def registry() -> pint.UnitRegistry:
    """The one unit registry of the package (built at first use; pint is slow to import)."""
    import pint

    units: pint.UnitRegistry = pint.UnitRegistry(autoconvert_offset_to_baseunit=False, cache_folder=None)
    units.define("vesicle = [vesicle] = ves")
    units.define("particle = vesicle")  # lipoproteins and aggregates are counted in the same unit
    units.define("cell = [cell]")
    # pint counts a molecule as a plain number; here it is a dimension, and Avogadro's number must be written out
    units.define("molecule = [molecule]")
    units.define("injected_dose = [injected_dose] = ID")
    units.define("percent_injected_dose = 0.01 injected_dose = pctID")
    units.define("euro = [money]")
    units.define("activity_unit = [activity]")
    units._build_cache()  # pint has worked out the dimension of its own `particle` (a mole's share) beforehand
    return units


@lru_cache(maxsize=4096)
def parse(unit: str) -> pint.Unit:
    """The pint unit of a text such as `mL/min`; raises UnitError with what is wrong."""
    text = (unit or "dimensionless").strip()
    if text in {"1", "-", "dimensionless"}:
        text = "dimensionless"
    if len(text) > 120:
        raise UnitError(f"unit '{text[:40]}...' is longer than 120 characters")
    try:
        parsed = registry().parse_units(text)
    except Exception as problem:  # pint raises many kinds, tokenizer errors among them
        raise UnitError(
            f"unit '{unit}' is not known ({problem}); write for example 'mL/min', '1/h', 'vesicle/cell/h'"
        ) from None
    for dimension in parsed.dimensionality:
        if dimension not in CANONICAL:
            raise UnitError(f"unit '{unit}' has the dimension {dimension}, which exocosm does not use")
    return parsed


@lru_cache(maxsize=4096)
def dimension(unit: str) -> tuple[tuple[str, float], ...]:
    """The dimension of a unit as sorted (base dimension, exponent) pairs; empty for a pure number."""
    powers = parse(unit).dimensionality.items()
    return tuple(sorted((str(name), round(float(str(power)), 9)) for name, power in powers))


@lru_cache(maxsize=4096)
def canonical_unit(unit: str) -> str:
    """The canonical unit that has the dimension of `unit`, as text (e.g. `mL/min` -> `centimeter ** 3 / hour`)."""
    result = registry().Unit("dimensionless")
    for name, power in dimension(unit):
        result = result * registry().Unit(CANONICAL[name]) ** power
    return str(result)


@lru_cache(maxsize=4096)
def factor(unit: str) -> float:
    """What a number in `unit` is multiplied by to stand in canonical units."""
    parsed, canonical = parse(unit), canonical_unit(unit)
    nothing, one = (registry().Quantity(number, parsed).to(canonical).magnitude for number in (0.0, 1.0))
    if nothing != 0.0:
        raise UnitError(f"unit '{unit}' does not start at zero; write it in kelvin")
    return float(one)


def to_canonical(value: float, unit: str) -> float:
    """A number in `unit` as a float in canonical units."""
    return value * factor(unit)


def from_canonical(value: float, unit: str) -> float:
    """A canonical float as a number in `unit`."""
    return value / factor(unit)


def convert(value: float, unit: str, target: str) -> float:
    """A number in `unit` as a number in `target`; raises UnitError if the dimensions differ."""
    if dimension(unit) != dimension(target):
        raise UnitError(
            f"'{unit}' cannot be compared with or converted to '{target}': "
            f"{show_dimension(unit)} against {show_dimension(target)}"
        )
    return value * factor(unit) / factor(target)


def same_dimension(unit: str, other: str) -> bool:
    """Whether two units measure the same kind of thing."""
    return dimension(unit) == dimension(other)


def show_dimension(unit: str) -> str:
    """A dimension in words a reader knows: `a volume`, or `vesicle / hour`."""
    pairs = dimension(unit)
    if not pairs:
        return "a pure number"
    canonical = canonical_unit(unit)
    return _IN_WORDS.get(canonical, canonical)


_IN_WORDS = {
    "hour": "a time",
    "centimeter": "a length",
    "centimeter ** 2": "an area",
    "centimeter ** 3": "a volume",
    "nanogram": "a mass",
    "vesicle": "a number of particles",
}  # by canonical unit
