"""A specimen: particles in a volume of a fluid, at a temperature; what every step of a protocol takes and gives."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from exocosm.errors import InputError
from exocosm.vesicles.population import Numbers as Column
from exocosm.vesicles.population import Population

ATTOGRAM_PER_MICROGRAM = 1e12


@dataclass(frozen=True, eq=False)
class Specimen:
    """Particles in a fluid.

    population: all particles in the whole volume, contaminants too.  volume_ml: mL, above zero.  medium: the fluid's
    name (`plasma`, `pbs`, `culture_medium` ...), which decides density and viscosity.  temperature_c: degree Celsius.
    """

    population: Population
    volume_ml: float
    medium: str
    temperature_c: float = 20.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.volume_ml) and self.volume_ml > 0):
            raise InputError(f"a specimen needs a volume above 0 mL, not {self.volume_ml}")

    def with_(self, **changes: object) -> Specimen:
        """The specimen with other fields."""
        return replace(self, **changes)  # type: ignore[arg-type]


def count_by_kind(population: Population) -> dict[str, float]:
    """Number of particles of every kind."""
    return _by_kind(population, population.count)


def protein_by_kind(population: Population) -> dict[str, float]:
    """Protein in the particles of every kind, in microgram."""
    return _by_kind(population, population.count * population.protein_ag / ATTOGRAM_PER_MICROGRAM)


def concentration(specimen: Specimen, kind: str = "") -> float:
    """Particles per mL, of one kind or of all."""
    counted = count_by_kind(specimen.population)
    return (counted.get(kind, 0.0) if kind else sum(counted.values())) / specimen.volume_ml


def particles_per_microgram(population: Population, kind: str = "small_ev") -> float:
    """Purity as particles of a kind per microgram of all protein (infinite without protein)."""
    protein = sum(protein_by_kind(population).values())
    counted = count_by_kind(population).get(kind, 0.0)
    return counted / protein if protein > 0 else (math.inf if counted > 0 else 0.0)


def _by_kind(population: Population, amount: Column) -> dict[str, float]:
    kinds, place = population.kinds
    return dict(zip(kinds, np.bincount(place, weights=amount, minlength=len(kinds)).tolist(), strict=True))
