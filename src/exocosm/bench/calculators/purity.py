"""Particles per microgram of protein: what a ratio says about purity, and what it cannot say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exocosm.bench.calculators.estimate import DRAWS
from exocosm.bench.design.examine import interval
from exocosm.bench.numbers import Ledger, Numbers, bench_numbers
from exocosm.bench.particles import properties_of
from exocosm.errors import InputError
from exocosm.evidence.pin import Pin
from exocosm.vesicles.population import lognormal_population

ATTOGRAM_PER_MICROGRAM = 1e12
MOST = 1e30
PARCELS = 32
PUBLISHED_ROWS = "vesicles_per_protein_mass"


@dataclass(frozen=True)
class Ceiling:
    """Particles per microgram of protein if every particle were of one kind and no other protein were there."""

    kind: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Purity:
    """A ratio of particles to protein and how it reads.

    ratio: particle per microgram.  ceilings: of small EVs first, then of lipoproteins.  vesicle_protein: the largest
    share of the protein that can be of small EVs, if all particles counted are; above 1 the count cannot be of small
    EVs alone (low, high: 95 %).  reading: in words.  published: rows with thresholds that are quoted, with their trust.
    """

    ratio: float
    ceilings: tuple[Ceiling, ...]
    vesicle_protein: tuple[float, float, float]
    reading: tuple[str, ...]
    published: tuple[Pin, ...]


def purity_of(particles: float, protein_microgram: float, numbers: Numbers | None = None) -> Purity:
    """How pure a preparation can be, from particles and micrograms of protein in the same volume.

    A small EV holds so much protein that pure ones cannot exceed a ceiling; protein beside them lowers the ratio, and
    lipoproteins, which count as particles with little protein, raise it.
    Raises InputError for counts and masses that are none.
    """
    if not (0 < particles <= MOST and 0 < protein_microgram <= MOST):
        raise InputError(
            f"particles and protein lie above zero, not {particles:g} particles and {protein_microgram:g} microgram"
        )
    ratio = particles / protein_microgram
    given = numbers.ledger if numbers is not None else bench_numbers().ledger
    ledger = Ledger(given.catalogue, given.own, given.choose, DRAWS // 10, 0, given.seed)
    ceilings = tuple(_ceiling(kind, ledger) for kind in ("small_ev", "ldl", "vldl"))
    vesicles = ceilings[0]
    share = (ratio / vesicles.value, ratio / vesicles.high, ratio / vesicles.low)
    return Purity(ratio, ceilings, share, _reading(ratio, ceilings, share), _published(ledger))


def _ceiling(kind: str, ledger: Ledger) -> Ceiling:
    """Over the draws of size and make of the particles."""
    drawn = [_per_microgram(kind, Numbers(ledger, draw)) for draw in range(ledger.draws)]
    low, high = interval(np.array(drawn))
    return Ceiling(kind, _per_microgram(kind, Numbers(ledger)), low, high)


def _per_microgram(kind: str, numbers: Numbers) -> float:
    median = numbers("particle_diameter", "nm", carrier=kind, fluid="plasma")
    gsd = max(numbers("particle_diameter_gsd", "dimensionless", carrier=kind, fluid="plasma"), 1.0)
    shape = lognormal_population(median, gsd, 1.0, density=1.0, parcels=PARCELS if gsd > 1 else 1)
    protein = properties_of(kind, shape.diameter_nm, "plasma", numbers)["protein_ag"]
    return float(ATTOGRAM_PER_MICROGRAM / (protein * shape.count).sum())


def _reading(ratio: float, ceilings: tuple[Ceiling, ...], share: tuple[float, float, float]) -> tuple[str, ...]:
    vesicles, *others = ceilings
    said = [
        f"Small EVs alone, without any other protein, would give {vesicles.value:.2g} particles per microgram (95 %: "
        f"{vesicles.low:.2g} to {vesicles.high:.2g})."
    ]
    if ratio > vesicles.high:
        said.append(
            "The ratio is above that: the count holds particles with less protein than small EVs, such as "
            "lipoproteins, or the protein was underestimated. It is no sign of purity."
        )
    elif ratio >= vesicles.low:
        said.append(
            "The ratio lies within that range. It fits clean small EVs, and fits as well a mixture of lipoproteins, "
            "which raise it, and free protein, which lowers it: the ratio alone cannot tell."
        )
    else:
        said.append(
            f"If all particles were small EVs, they would hold {100 * share[0]:.2g} % of the protein (95 %: "
            f"{100 * share[1]:.2g} to {100 * share[2]:.2g} %); the rest is beside them. If part of the particles are "
            "lipoproteins, it is less."
        )
    listed = ", ".join(f"{one.kind.upper()} {one.value:.2g}" for one in others)
    said.append(f"Lipoproteins alone would give, per microgram: {listed}.")
    return tuple(said)


def _published(ledger: Ledger) -> tuple[Pin, ...]:
    rows = ledger.catalogue.index.get(PUBLISHED_ROWS, ())
    return tuple(Pin(row.id, row, (), row.method) for row in rows if row.source)
