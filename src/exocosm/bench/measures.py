"""Numbers of a protocol run: what a bench study can ask of every arm."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from exocosm.bench.protocol import DISSOLVED_KINDS, ProtocolRun
from exocosm.bench.specimen import ATTOGRAM_PER_MICROGRAM, Specimen
from exocosm.errors import InputError, nearest
from exocosm.vesicles.population import Population

Window = tuple[float, float] | None

UNITS = {
    "recovery": "dimensionless",
    "count": "particle",
    "share": "dimensionless",
    "protein": "microgram",
    "particles_per_microgram": "particle/microgram",
    "volume": "mL",
    "minutes": "min",
    "hands_on_minutes": "min",
    "cost": "euro",
}


def number_of(
    run: ProtocolRun, of: str, kinds: Sequence[str] = (), diameter_nm: Window = None, step: int | None = None
) -> float:
    """One number of a run, in the unit of `UNITS`.

    of: recovery (particles of the kinds and sizes in the product over those in the start; NaN where the start has
    none), count, share (of all particles of the product that are no molecules), protein (microgram),
    particles_per_microgram, volume, minutes, hands_on_minutes, cost.
    kinds: empty for all.  diameter_nm: (low, high), both within.  step: after which step (default: the last).
    """
    if of not in _NUMBERS:
        raise InputError(f"there is no number '{of}' of a protocol; {nearest(of, _NUMBERS)}")
    if step is not None and not 1 <= step <= len(run.outcomes):
        raise InputError(f"protocol '{run.protocol.name}' has {len(run.outcomes)} steps; there is no step {step}")
    done = run if step is None else ProtocolRun(run.protocol, run.start, run.outcomes[:step], run.prices)
    return _NUMBERS[of](done, tuple(kinds), diameter_nm)


def finding_of(run: ProtocolRun, name: str) -> float:
    """What a step showed by itself, such as `band_density small_ev`: of the last step that shows it, NaN if none."""
    for outcome in reversed(run.outcomes):
        if name in outcome.findings:
            return float(outcome.findings[name])
    return float("nan")


def selected(population: Population, kinds: Sequence[str], diameter_nm: Window) -> np.ndarray:
    """Which parcels are of the kinds and within the diameters."""
    chosen = np.ones(len(population), dtype=bool)
    if kinds:
        chosen &= np.isin(population.kind, list(kinds))
    if diameter_nm is not None:
        chosen &= (population.diameter_nm >= diameter_nm[0]) & (population.diameter_nm <= diameter_nm[1])
    return chosen


def _count(specimen: Specimen, kinds: Sequence[str], diameter_nm: Window) -> float:
    population = specimen.population
    return float(population.count[selected(population, kinds, diameter_nm)].sum())


def _recovery(run: ProtocolRun, kinds: Sequence[str], diameter_nm: Window) -> float:
    before = _count(run.start, kinds, diameter_nm)
    return _count(run.product, kinds, diameter_nm) / before if before > 0 else float("nan")


def _share(run: ProtocolRun, kinds: Sequence[str], diameter_nm: Window) -> float:
    particles = [str(kind) for kind in np.unique(run.product.population.kind) if kind not in DISSOLVED_KINDS]
    total = _count(run.product, particles, None) if particles else 0.0
    return _count(run.product, kinds, diameter_nm) / total if total > 0 else 0.0


def _protein(run: ProtocolRun, kinds: Sequence[str], diameter_nm: Window) -> float:
    population = run.product.population
    chosen = selected(population, kinds, diameter_nm)
    return float((population.count * population.protein_ag)[chosen].sum() / ATTOGRAM_PER_MICROGRAM)


def _purity(run: ProtocolRun, kinds: Sequence[str], diameter_nm: Window) -> float:
    protein = _protein(run, (), None)
    return _count(run.product, kinds or ("small_ev",), diameter_nm) / protein if protein > 0 else float("nan")


_NUMBERS: dict[str, Callable[[ProtocolRun, Sequence[str], Window], float]] = {
    "recovery": _recovery,
    "count": lambda run, kinds, diameter_nm: _count(run.product, kinds, diameter_nm),
    "share": _share,
    "protein": _protein,
    "particles_per_microgram": _purity,
    "volume": lambda run, kinds, diameter_nm: run.product.volume_ml,
    "minutes": lambda run, kinds, diameter_nm: run.minutes,
    "hands_on_minutes": lambda run, kinds, diameter_nm: run.hands_on_minutes,
    "cost": lambda run, kinds, diameter_nm: run.cost,
}
