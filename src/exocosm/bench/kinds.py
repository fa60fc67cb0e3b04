"""A number for every parcel of a population, looked up once for each kind of particle."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from exocosm.vesicles.population import Numbers as Column
from exocosm.vesicles.population import Population


def of_each_kind(population: Population, number: Callable[[str], float]) -> Column:
    """`number(kind)` for every parcel, asked once for each kind that is there.  Shape: [parcel]."""
    kinds, place = population.kinds
    return np.array([number(kind) for kind in kinds], dtype=float)[place] if kinds else np.zeros(0)


def share_by_kind(population: Population, share: Column) -> dict[str, float]:
    """Mean over particles of a share of every parcel, for each kind that has particles."""
    kinds, place = population.kinds
    whole = np.bincount(place, weights=population.count, minlength=len(kinds))
    part = np.bincount(place, weights=population.count * share, minlength=len(kinds))
    return {kind: float(part[at] / whole[at]) for at, kind in enumerate(kinds) if whole[at] > 0}
