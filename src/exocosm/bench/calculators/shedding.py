"""Vesicles that a tumour adds to the blood, from its size."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from exocosm import units
from exocosm.bench.calculators.estimate import Asked, Estimate, estimate
from exocosm.bench.numbers import Numbers, bench_numbers
from exocosm.documents.quantity import quantity
from exocosm.errors import InputError, UnitError

CELL_ROW = "tumour-cells-recommended"  # one prior over four rows that differ
LARGEST_ML = 1e5


@dataclass(frozen=True)
class Shed:
    """What a tumour adds to the blood at steady state.

    cells: cell.  released: vesicle/h, by the tumour.  in_plasma: vesicle per mL of plasma.  in_blood: vesicle per mL of
    whole blood.  among: share of all small EVs of plasma.
    """

    cells: Estimate
    released: Estimate
    in_plasma: Estimate
    in_blood: Estimate
    among: Estimate


def shed_vesicles(size: str | float, numbers: Numbers | None = None, organism: str = "human") -> Shed:
    """Vesicles of a tumour per mL of plasma and of blood: c = V rho r f t / (ln 2 V_plasma).

    size: diameter of a sphere (`10 mm`), volume (`1 mL`) or mass (`1 g`, at 1 g/mL).  V rho: cells, r: vesicles per
    cell and time, f: share that enters the blood, t: half-life there.  In whole blood: c (1 - haematocrit).
    Valid for: steady state, a tumour that grows slowly against the half-life.
    """
    volume = _volume(size)
    given = numbers.ledger if numbers is not None else bench_numbers().ledger
    chosen = dict(given.choose) if isinstance(given.choose, dict) else {}
    ledger = replace(given, choose={"tumour_cell_density": CELL_ROW, **chosen}, pins={}, drawn={})
    numbers = Numbers(ledger)
    cell = {"rho": Asked("tumour_cell_density", "cell/mL", {"organism": organism, "organ": "tumour"})}
    release = {**cell, "r": Asked("vesicle_release_rate", "vesicle/cell/h", {"carrier": "small_ev"})}
    plasma = {
        **release,
        "f": Asked("shed_fraction_entering_blood", "dimensionless", {"organ": "tumour", "carrier": "small_ev"}),
        "t": Asked("circulation_half_life", "h", {"organism": organism, "carrier": "small_ev"}),
        "v": Asked("plasma_volume", "mL", {"organism": organism}),
    }
    blood = {**plasma, "h": Asked("haematocrit", "dimensionless", {"organism": organism})}
    every = {**plasma, "c": Asked("particle_concentration", "particle/mL", {"carrier": "small_ev", "fluid": "plasma"})}

    def in_plasma(rho: float, r: float, f: float, t: float, v: float) -> float:
        return volume * rho * r * f * t / (math.log(2.0) * v)

    def in_blood(rho: float, r: float, f: float, t: float, v: float, h: float) -> float:
        return in_plasma(rho, r, f, t, v) * (1.0 - h)

    def among(rho: float, r: float, f: float, t: float, v: float, c: float) -> float:
        added = in_plasma(rho, r, f, t, v)
        return added / (added + c)

    return Shed(
        cells=estimate(lambda rho: volume * rho, cell, "cell", numbers),
        released=estimate(lambda rho, r: volume * rho * r, release, "vesicle/h", numbers),
        in_plasma=estimate(in_plasma, plasma, "vesicle/mL", numbers),
        in_blood=estimate(in_blood, blood, "vesicle/mL", numbers),
        among=estimate(among, every, "dimensionless", numbers),
    )


def _volume(given: str | float) -> float:
    """The volume of a tumour in mL from its diameter, volume or mass."""
    try:
        value, unit = quantity(given)
        if units.same_dimension(unit, "mm"):
            volume = math.pi / 6.0 * units.convert(value, unit, "cm") ** 3
        elif units.same_dimension(unit, "g"):
            volume = units.convert(value, unit, "g")
        else:
            volume = units.convert(value, unit, "mL")
    except UnitError as problem:
        raise InputError(f"a tumour's size is '10 mm' (diameter), '1 mL' or '1 g': {problem}") from None
    if not 0 < volume <= LARGEST_ML:
        raise InputError(f"a tumour has more than 0 and up to {LARGEST_ML:g} mL, not {given!r}")
    return volume
