"""Cells for a dose: how many vesicles a cell gives, and how many cells a dose takes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from exocosm import units
from exocosm.bench.calculators.estimate import Asked, Estimate, estimate
from exocosm.bench.numbers import Numbers, bench_numbers
from exocosm.documents.quantity import quantity
from exocosm.errors import InputError, UnitError

PROTEIN_ROW = "purity-usable"  # the row that turns micrograms of a preparation into vesicles
LONGEST = 10_000.0  # hours of a culture


@dataclass(frozen=True)
class CellsPerDose:
    """How many vesicles a cell releases in the time, how many of them are in the preparation, and the cells of a dose.

    vesicles: in the dose.  released: vesicle/cell.  prepared: vesicle/cell.  cells: cell.
    """

    vesicles: Estimate
    released: Estimate
    prepared: Estimate
    cells: Estimate


def cells_per_dose(
    dose: str | float, hours: float, recovery: float | None = None, numbers: Numbers | None = None
) -> CellsPerDose:
    """Cells that must release vesicles for a time to give a dose: cells = dose / (rate * hours * recovery).

    dose: vesicles, as a number or a text (`1e11 vesicle`, `100 microgram` of protein).  recovery: share of what is
    released that ends in the preparation; without it, a wide assumption.
    Valid for: a steady number of cells that release evenly, vesicles that neither decay nor are taken up again.
    """
    if not 0 < hours <= LONGEST:
        raise InputError(f"a culture releases for more than 0 and up to {LONGEST:g} h, not {hours:g} h")
    if recovery is not None and not 0 < recovery <= 1:
        raise InputError(f"a recovery is a share above 0 and up to 1, not {recovery:g}")
    amount, by_protein = _dose(dose)
    given = numbers.ledger if numbers is not None else bench_numbers().ledger
    chosen = dict(given.choose) if isinstance(given.choose, dict) else {}
    ledger = replace(given, choose={"vesicles_per_protein_mass": PROTEIN_ROW, **chosen}, pins={}, drawn={})
    numbers = Numbers(ledger)
    of_vesicles = {"carrier": "small_ev"}
    asked = {"rate": Asked("vesicle_release_rate", "vesicle/cell/h", of_vesicles)}
    share = {} if recovery is not None else {"kept": Asked("preparation_recovery", "dimensionless", of_vesicles)}
    in_protein = {"per_mass": Asked("vesicles_per_protein_mass", "vesicle/microgram", of_vesicles)}
    mass = in_protein if by_protein else {}

    def released(rate: float, kept: float = recovery or 1.0, per_mass: float = 1.0) -> float:
        return rate * hours

    def prepared(rate: float, kept: float = recovery or 1.0, per_mass: float = 1.0) -> float:
        return rate * hours * kept

    def vesicles(per_mass: float = 1.0) -> float:
        return amount * per_mass

    def cells(rate: float, kept: float = recovery or 1.0, per_mass: float = 1.0) -> float:
        return amount * per_mass / (rate * hours * kept)

    return CellsPerDose(
        vesicles=estimate(vesicles, mass, "vesicle", numbers),
        released=estimate(released, asked, "vesicle/cell", numbers),
        prepared=estimate(prepared, {**asked, **share}, "vesicle/cell", numbers),
        cells=estimate(cells, {**asked, **share, **mass}, "cell", numbers),
    )


def _dose(given: str | float) -> tuple[float, bool]:
    """(amount, whether in microgram of protein) of a dose."""
    try:
        value, unit = quantity(given)
        if unit == "dimensionless":
            amount, by_protein = value, False
        elif units.same_dimension(unit, "microgram"):
            amount, by_protein = units.convert(value, unit, "microgram"), True
        else:
            amount, by_protein = units.convert(value, unit, "vesicle"), False
    except UnitError as problem:
        raise InputError(f"a dose is '1e11 vesicle' or '100 microgram' (of protein): {problem}") from None
    if not amount > 0:
        raise InputError(f"a dose lies above zero, not {given!r}")
    return amount, by_protein
