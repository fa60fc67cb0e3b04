"""Size classes: the few kinds of vesicle a kinetic model can carry, made from many parcels and undone again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from exocosm.errors import InputError
from exocosm.vesicles.population import Numbers, Population, total_surface

MAXIMUM_CLASSES = 1000


@dataclass(frozen=True)
class GroupingError:
    """What grouping changed: surface of the classes over that of the parcels, less one, and the widest class.

    `widest`: largest ratio of the biggest to the smallest diameter within one class.
    """

    surface: float
    widest: float


@dataclass(frozen=True, eq=False)
class SizeClasses:
    """Parcels grouped by size; arrays over classes [class] unless said otherwise.

    diameter_nm: that of the mean volume.  density: g/mL, so that mass is kept.  count: vesicle.  kind: text.  cargo:
    molecules per vesicle, so that their number is kept.  membership: class of each parcel [parcel].  share: part of its
    class's vesicles that a parcel holds [parcel].
    """

    diameter_nm: Numbers
    density: Numbers
    count: Numbers
    kind: tuple[str, ...]
    cargo: Mapping[str, Numbers]
    membership: np.ndarray
    share: Numbers
    population: Population
    error: GroupingError

    def __len__(self) -> int:
        return int(self.count.size)


def group(population: Population, n: int) -> SizeClasses:
    """Group parcels into at most n size classes of each kind, keeping count, volume, mass and cargo of every kind.

    Classes cut the parcels in the order of their diameter into equal shares of surface (which lies between count and
    volume); each has the diameter of its mean volume, d^3 = sum(n d^3) / sum(n).  Surface is not kept: see `error`.
    """
    if not 1 <= n <= MAXIMUM_CLASSES:
        raise InputError(f"vesicles are grouped into 1 to {MAXIMUM_CLASSES} classes, not {n}")
    if len(population) == 0:
        raise InputError("a population without parcels cannot be grouped")
    membership = np.zeros(len(population), dtype=int)
    kinds: list[str] = []
    for kind in dict.fromkeys(population.kind.tolist()):
        parcels = np.flatnonzero(population.kind == kind)
        numbers = _cut(population.diameter_nm[parcels], population.count[parcels], n)
        membership[parcels] = numbers + len(kinds)
        kinds += [str(kind)] * (int(numbers.max()) + 1)
    size = len(kinds)
    count = np.bincount(membership, weights=population.count, minlength=size).astype(float)
    members = np.bincount(membership, minlength=size)
    # an empty class is represented by its parcels as if each held the same
    weight = np.where(count[membership] > 0, population.count, 1.0)
    total = np.bincount(membership, weights=weight, minlength=size)
    cubes = population.diameter_nm**3
    volume = np.bincount(membership, weights=weight * cubes, minlength=size)
    mass = np.bincount(membership, weights=weight * cubes * population.density, minlength=size)
    classes = SizeClasses(
        diameter_nm=np.cbrt(volume / total),
        density=mass / volume,
        count=count,
        kind=tuple(kinds),
        cargo={
            name: np.bincount(membership, weights=weight * column, minlength=size) / total
            for name, column in population.cargo.items()
        },
        membership=membership,
        share=np.where(count[membership] > 0, weight / total[membership], 1.0 / members[membership]),
        population=population,
        error=GroupingError(0.0, 1.0),
    )
    return replace(classes, error=_error(classes))


def _cut(diameter: Numbers, count: Numbers, n: int) -> np.ndarray:
    """Class number of each parcel: consecutive from 0, none without a parcel, equal diameters in one class."""
    weight = count if count.any() else np.ones_like(count)
    sizes, place = np.unique(diameter, return_inverse=True)
    surface = np.bincount(place, weights=weight) * sizes**2
    middle = np.cumsum(surface) - 0.5 * surface
    if sizes.size <= n:
        return np.asarray(place)  # every diameter is a class of its own: nothing is lost
    number = np.minimum((middle / surface.sum() * n).astype(int), n - 1)
    return np.unique(number, return_inverse=True)[1][place]


def _error(classes: SizeClasses) -> GroupingError:
    before = total_surface(classes.population)
    after = float((classes.count * classes.diameter_nm**2).sum()) * np.pi * 1e-14
    diameter = classes.population.diameter_nm
    smallest = np.full(len(classes), np.inf)
    largest = np.zeros(len(classes))
    np.minimum.at(smallest, classes.membership, diameter)
    np.maximum.at(largest, classes.membership, diameter)
    return GroupingError(after / before - 1.0 if before > 0 else 0.0, float((largest / smallest).max()))


def expand(classes: SizeClasses, count: ArrayLike | None = None) -> Population:
    """The parcels again, with new counts of the classes (default: their own) dealt out by the parcels' shares.

    Valid for: whatever happened to a class happened to its parcels alike.
    """
    counts = classes.count if count is None else np.asarray(count, dtype=float)
    if counts.shape != classes.count.shape or not np.all(np.isfinite(counts)) or np.any(counts < 0):
        raise InputError(f"expand needs one count of zero or above for each of the {len(classes)} classes")
    history = (*classes.population.history, f"expanded from {len(classes)} size classes")
    return replace(classes.population, count=counts[classes.membership] * classes.share, history=history)
