"""A number for every parcel of a population, looked up once for each kind of particle."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from exocosm.vesicles.population import Numbers as Column
from exocosm.vesicles.population import Population


def of_each_kind(population: Population, number: Callable[[str], float]) -> Column:
    """`number(kind)` for every parcel, asked once for each kind that is there.  Shape: [parcel]."""
    place: dict[str, int] = {}
    index = [place.setdefault(kind, len(place)) for kind in population.kind.tolist()]
    return np.array([number(kind) for kind in place], dtype=float)[index] if place else np.zeros(0)
