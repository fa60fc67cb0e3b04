"""Populations of particles as weighted parcels: what flows from preparation to body to bench.

A parcel stands for many particles that are alike: one diameter, density, kind, origin, what each carries, and how many
there are.  Vesicles are particles, and so are the lipoproteins, proteins and aggregates that travel with them.
Every operation returns a new population and adds a sentence to its history.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exocosm.errors import InputError

Numbers = NDArray[np.float64]
MAXIMUM_PARCELS = 1_000_000
CENTIMETRE_PER_NM = 1e-7
_TEXTS = ("kind", "origin")
_DESCRIBED = ("diameter_nm", "density", *_TEXTS, "refractive_index", "charge_mv", "protein_ag")  # tells parcels apart
NANOGRAM_PER_GRAM = 1e9


@dataclass(frozen=True, eq=False)
class Population:
    """Particles as parcels; all arrays have the shape [parcel] and are read-only.

    diameter_nm: nm.  density: g/mL, in an isotonic buffer.  count: vesicle, need not be whole.  kind, origin: texts,
    such as `small_ev` and `tumour`.  cargo: name -> molecules per vesicle of each parcel.  history: what was done,
    oldest first.  What only the bench asks for: markers: name -> copies on the surface per vesicle, the mean of each
    parcel.  refractive_index: of the whole particle as a sphere, 0 if not known.  charge_mv: zeta potential.
    protein_ag: protein in one particle, in attogram (1e-18 g).
    Raises InputError for arrays that do not fit together or hold what no vesicle can have.
    """

    diameter_nm: Numbers
    density: Numbers
    count: Numbers
    kind: NDArray[np.str_]
    origin: NDArray[np.str_]
    cargo: Mapping[str, Numbers] = field(default_factory=dict)
    history: tuple[str, ...] = ()
    markers: Mapping[str, Numbers] = field(default_factory=dict)
    refractive_index: Numbers = field(default_factory=lambda: np.zeros(1))
    charge_mv: Numbers = field(default_factory=lambda: np.zeros(1))
    protein_ag: Numbers = field(default_factory=lambda: np.zeros(1))

    def __post_init__(self) -> None:
        parcels = np.size(self.count)
        if parcels > MAXIMUM_PARCELS:
            raise InputError(f"a population of {parcels} parcels; at most {MAXIMUM_PARCELS} are held")
        for name in ("diameter_nm", "density", "count"):
            object.__setattr__(self, name, _numbers(name, getattr(self, name), parcels, positive=name != "count"))
        for name in ("refractive_index", "protein_ag"):
            object.__setattr__(self, name, _numbers(name, getattr(self, name), parcels))
        object.__setattr__(self, "charge_mv", _numbers("charge_mv", self.charge_mv, parcels, negative=True))
        for name in ("kind", "origin"):
            object.__setattr__(self, name, _texts(name, getattr(self, name), parcels))
        for name in ("cargo", "markers"):
            given: Mapping[str, ArrayLike] = getattr(self, name)
            columns = {one: _numbers(f"{name} '{one}'", column, parcels) for one, column in sorted(given.items())}
            object.__setattr__(self, name, MappingProxyType(columns))

    def __len__(self) -> int:
        return int(self.count.size)

    @cached_property
    def kinds(self) -> tuple[tuple[str, ...], NDArray[np.intp]]:
        """The kinds in alphabetical order, and the place of every parcel's kind among them [parcel]."""
        names, place = np.unique(self.kind, return_inverse=True)
        return tuple(names.tolist()), place.astype(np.intp)


def _numbers(name: str, column: ArrayLike, parcels: int, positive: bool = False, negative: bool = False) -> Numbers:
    array = np.array(column, dtype=float).reshape(-1)
    if array.size == 1 and parcels != 1:
        array = np.full(parcels, array[0])
    if array.size != parcels:
        raise InputError(f"{name} has {array.size} entries for {parcels} parcels")
    if not np.all(np.isfinite(array)) or (not negative and np.any(array < 0)) or (positive and np.any(array == 0)):
        allowed = "above zero and finite" if positive else "finite" if negative else "zero or above and finite"
        raise InputError(f"{name} holds a number that is not {allowed}")
    array.setflags(write=False)
    return array


def _texts(name: str, column: Any, parcels: int) -> NDArray[np.str_]:
    array = np.array(column, dtype=np.str_).reshape(-1)
    if array.size == 1 and parcels != 1:
        array = np.full(parcels, array[0])
    if array.size != parcels:
        raise InputError(f"{name} has {array.size} entries for {parcels} parcels")
    array.setflags(write=False)
    return array


def lognormal_population(
    diameter_nm: float,
    gsd: float,
    count: float,
    density: float,
    parcels: int = 64,
    of: str = "median",
    kind: str = "small_ev",
    origin: str = "",
    cargo: Mapping[str, float] | None = None,
) -> Population:
    """A lognormal population cut at its quantiles into parcels of equal count.

    Each parcel has the diameter of its mean volume, d^3 = E[d^3 | slice], so that count and volume are those of the
    whole lognormal: volume = count * pi/6 * median^3 * exp(4.5 log(gsd)^2).  Surface and mean diameter converge with
    the number of parcels.
    `diameter_nm`: median, or arithmetic mean with of='mean'.  `gsd`: geometric standard deviation, 1 if all are equal.
    `cargo`: molecules per vesicle, the same in every parcel.  nm, g/mL, vesicle in.
    """
    if not (math.isfinite(diameter_nm) and diameter_nm > 0 and 1 <= gsd <= 10):
        raise InputError(f"a lognormal needs a diameter above 0 nm and a gsd from 1 to 10, not {diameter_nm} and {gsd}")
    if not 1 <= parcels <= 10_000:
        raise InputError(f"a population is cut into 1 to 10000 parcels, not {parcels}")
    if of not in {"median", "mean"}:
        raise InputError(f"the diameter is of 'median' or 'mean', not '{of}'")
    from scipy.special import ndtr, ndtri

    sigma = math.log(gsd)
    median = diameter_nm * math.exp(-0.5 * sigma**2) if of == "mean" else diameter_nm
    edges = ndtri(np.linspace(0.0, 1.0, parcels + 1))
    # the share of all volume in a slice is the normal probability of the slice shifted by 3 sigma
    share = np.diff(ndtr(edges - 3.0 * sigma))
    mean_cube = median**3 * math.exp(4.5 * sigma**2) * share * parcels
    made = f"lognormal with median {median:.4g} nm and gsd {gsd:.4g}, {count:.4g} vesicles in {parcels} parcels"
    return Population(
        diameter_nm=np.cbrt(mean_cube),
        density=np.array([density]),
        count=np.full(parcels, count / parcels),
        kind=np.array([kind]),
        origin=np.array([origin]),
        cargo={name: np.full(parcels, amount) for name, amount in (cargo or {}).items()},
        history=(made,),
    )


def split(population: Population, probability: ArrayLike, name: str = "split") -> tuple[Population, Population]:
    """What goes and what stays when each vesicle goes with a probability (one, or one per parcel).

    The two counts add up to the original count exactly, also in floating point.
    """
    chance = np.broadcast_to(np.asarray(probability, dtype=float), population.count.shape)
    if not np.all((chance >= 0) & (chance <= 1)):
        raise InputError(f"{name}: a probability outside 0..1")
    whole = population.count
    # The larger part is a product, the smaller the difference: subtracting a number between half and all of `whole`
    # is exact in floating point (Sterbenz), so the parts add up again without a rounding error.
    larger = whole * np.maximum(chance, 1.0 - chance)
    smaller = whole - larger
    goes = np.where(chance >= 0.5, larger, smaller)
    stays = np.where(chance >= 0.5, smaller, larger)
    return _counted(population, goes, f"{name}: went"), _counted(population, stays, f"{name}: stayed")


def scale(population: Population, factor: float) -> Population:
    """The same population with every count multiplied by a factor (zero or above)."""
    if not (math.isfinite(factor) and factor >= 0):
        raise InputError(f"a population is scaled by a number of zero or above, not {factor}")
    return _counted(population, population.count * factor, f"scaled by {factor:.6g}")


def _counted(population: Population, count: Numbers, event: str) -> Population:
    """The population with other counts, which the callers have computed: only the counts are examined again."""
    if count.shape != population.count.shape or not (np.isfinite(count).all() and (count >= 0).all()):
        raise InputError(f"{event}: counts must be zero or above and finite, one for each of {len(population)} parcels")
    changed = object.__new__(Population)
    changed.__dict__.update(population.__dict__)  # its columns are read-only, so they can be shared
    count = count.copy() if count.base is not None or count is population.count else count
    count.setflags(write=False)
    changed.__dict__["count"] = count
    changed.__dict__["history"] = (*population.history, event)
    return changed


def mix(*populations: Population) -> Population:
    """All parcels of several populations; parcels that differ in nothing but their count become one.

    Cargo and markers that a population does not name are absent from its vesicles (zero molecules).
    """
    if not populations:
        raise InputError("mix needs at least one population")
    cargo = sorted({name for population in populations for name in population.cargo})
    markers = sorted({name for population in populations for name in population.markers})
    carried = [_joined(populations, "cargo", name) for name in cargo]
    carried += [_joined(populations, "markers", name) for name in markers]
    described = {name: np.concatenate([getattr(one, name) for one in populations]) for name in _DESCRIBED}
    # rows of numbers, texts by their place among the texts; zeros of either sign are the same number
    rows = [_places(column) if name in _TEXTS else column for name, column in described.items()]
    table = np.ascontiguousarray(np.column_stack([*rows, *carried]) + 0.0)
    keys = table.view(np.dtype((np.void, table.dtype.itemsize * table.shape[1]))).reshape(-1)
    _, first, place = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(first)  # parcels stay in the order in which they came
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    counts = np.concatenate([one.count for one in populations])
    first = first[order]
    kept = [column[first] for column in carried]
    histories = " | ".join(" > ".join(population.history[-3:]) or "made" for population in populations)
    return Population(
        **{name: column[first] for name, column in described.items()},
        count=np.bincount(rank[place], weights=counts, minlength=order.size).astype(float),
        cargo=dict(zip(cargo, kept[: len(cargo)], strict=True)),
        markers=dict(zip(markers, kept[len(cargo) :], strict=True)),
        history=(f"mixed of: {histories}",),
    )


def _joined(populations: tuple[Population, ...], which: str, name: str) -> Numbers:
    """A column of cargo or markers of several populations, zero where one does not name it."""
    return np.concatenate([getattr(one, which).get(name, np.zeros(len(one))) for one in populations])


def _places(texts: NDArray[np.str_]) -> NDArray[np.intp]:
    return np.unique(texts, return_inverse=True)[1].astype(np.intp)


def total_count(population: Population) -> float:
    """Number of vesicles."""
    return float(population.count.sum())


def total_surface(population: Population) -> float:
    """Surface of all vesicles as spheres, sum of n pi d^2, in cm^2."""
    return float(math.pi * (population.count * (population.diameter_nm * CENTIMETRE_PER_NM) ** 2).sum())


def total_volume(population: Population) -> float:
    """Volume of all vesicles as spheres, sum of n pi/6 d^3, in mL."""
    return float((population.count * sphere_volume(population.diameter_nm)).sum())


def total_mass(population: Population) -> float:
    """Mass of all vesicles, volume times density, in ng."""
    volume = population.count * sphere_volume(population.diameter_nm)
    return float((volume * population.density).sum() * NANOGRAM_PER_GRAM)


def total_cargo(population: Population, name: str) -> float:
    """Number of molecules of a cargo in all vesicles; zero for a cargo the population does not carry."""
    return float((population.count * population.cargo[name]).sum()) if name in population.cargo else 0.0


def mean_diameter(population: Population) -> float:
    """Mean diameter over vesicles, in nm; raises InputError for a population without vesicles."""
    if total_count(population) == 0:
        raise InputError("a population without vesicles has no mean diameter")
    return float(np.average(population.diameter_nm, weights=population.count))


def sphere_volume(diameter_nm: ArrayLike) -> Numbers:
    """Volume of spheres, pi/6 d^3: nm -> mL."""
    return np.asarray(math.pi / 6.0 * (np.asarray(diameter_nm, dtype=float) * CENTIMETRE_PER_NM) ** 3)
