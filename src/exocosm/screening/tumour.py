"""How a tumour grows from one cell, and how wide it then is.

Times and rates are in any one unit of time (hours inside exocosm).  All functions take numbers or arrays of people.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exocosm.bench.numbers import Numbers
from exocosm.errors import InputError, nearest
from exocosm.screening.asking import ORGANISM, Asker, settled
from exocosm.screening.people import People, StagedNumbers

Array = NDArray[np.float64]

LAWS = ("exponential", "gompertz", "birth_death")
DENSITY_ROW = "tumour-cells-recommended"  # one prior over four rows that differ


class Growth(Protocol):
    """A law of growth from one cell at time 0."""

    def cells(self, time: ArrayLike) -> Array:
        """Cells at a time."""

    def time_to(self, cells: ArrayLike) -> Array:
        """Time at which there are so many cells; infinite if there never are."""

    def rate_at(self, cells: ArrayLike) -> Array:
        """Relative growth rate (dN/dt)/N at a size, 1/time."""


@dataclass(frozen=True, eq=False)
class Exponential:
    """N = 2^(t / doubling time)."""

    doubling_time: ArrayLike

    def __post_init__(self) -> None:
        _positive("doubling time", self.doubling_time)

    @property
    def rate(self) -> Array:
        """ln 2 / doubling time."""
        return math.log(2.0) / _array(self.doubling_time)

    def cells(self, time: ArrayLike) -> Array:
        """Cells at a time."""
        return np.asarray(np.exp(self.rate * _array(time)))

    def time_to(self, cells: ArrayLike) -> Array:
        """ln N / rate."""
        return np.asarray(np.log(_array(cells)) / self.rate)

    def rate_at(self, cells: ArrayLike) -> Array:
        """The same at every size."""
        return self.rate + 0.0 * _array(cells)


@dataclass(frozen=True, eq=False)
class Gompertz:
    """N = plateau^(1 - exp(-slowing t)): growth at the rate slowing * ln(plateau / N), from one cell.

    plateau: cells that are never passed.  slowing: 1/time.
    """

    plateau: ArrayLike
    slowing: ArrayLike

    def __post_init__(self) -> None:
        _positive("rate of slowing", self.slowing)
        if np.any(~(_array(self.plateau) > 1.0)):
            raise InputError("the plateau of a Gompertz law is a number of cells above 1")

    def cells(self, time: ArrayLike) -> Array:
        """Cells at a time."""
        return np.asarray(np.exp(-np.log(_array(self.plateau)) * np.expm1(-_array(self.slowing) * _array(time))))

    def time_to(self, cells: ArrayLike) -> Array:
        """-ln(1 - ln N / ln plateau) / slowing; infinite from the plateau on."""
        share = np.log(_array(cells)) / np.log(_array(self.plateau))
        with np.errstate(divide="ignore", invalid="ignore"):
            time = -np.log1p(-np.minimum(share, 1.0)) / _array(self.slowing)
        return np.asarray(np.where(share >= 1.0, np.inf, time))

    def rate_at(self, cells: ArrayLike) -> Array:
        """slowing * ln(plateau / N)."""
        return np.asarray(_array(self.slowing) * np.log(_array(self.plateau) / _array(cells)))


def gompertz_through(doubling_time: ArrayLike, cells: ArrayLike, plateau: ArrayLike) -> Gompertz:
    """The Gompertz law that doubles in this time (by its rate there) when it has so many cells.

    slowing = ln 2 / (doubling time * ln(plateau / cells)).  Raises InputError for a size at or above the plateau.
    """
    room = np.log(_array(plateau) / _array(cells))
    if np.any(~(room > 0.0)):
        raise InputError("a tumour whose doubling time is known is smaller than the plateau of its Gompertz law")
    _positive("doubling time", doubling_time)
    return Gompertz(_array(plateau), math.log(2.0) / (_array(doubling_time) * room))


@dataclass(frozen=True, eq=False)
class BirthDeath:
    """Cells that divide and die at random, given that the tumour did not die out: N = b/(b-d) exp((b-d) t) on average.

    Time to M cells: ln(M (b-d)/b)/(b-d), less Euler's constant over b-d if super_exponential (the correction for fast
    early growth of survivors, as Avanzini 2020 has it).  birth, death: 1/time.  Valid for: more than some tens of cells
    (it has b/(b-d) cells at time 0).
    """

    birth: ArrayLike
    death: ArrayLike
    super_exponential: bool = False

    def __post_init__(self) -> None:
        _positive("birth rate", self.birth)
        if np.any(~(_array(self.death) >= 0.0)) or np.any(~(_array(self.birth) > _array(self.death))):
            raise InputError("a tumour grows if its cells divide more often than they die: birth > death >= 0")

    @property
    def rate(self) -> Array:
        """b - d."""
        return _array(self.birth) - _array(self.death)

    @property
    def survival(self) -> Array:
        """Probability (b-d)/b that one cell founds a tumour."""
        return np.asarray(self.rate / _array(self.birth))

    @property
    def first_cells(self) -> Array:
        """Cells at time 0 of the exponential curve that the size follows later."""
        return np.asarray(math.exp(np.euler_gamma if self.super_exponential else 0.0) / self.survival)

    def cells(self, time: ArrayLike) -> Array:
        """Cells at a time."""
        return np.asarray(self.first_cells * np.exp(self.rate * _array(time)))

    def time_to(self, cells: ArrayLike) -> Array:
        """Time to so many cells; 0 for fewer than there are at time 0."""
        return np.asarray(np.maximum(np.log(_array(cells) / self.first_cells) / self.rate, 0.0))

    def rate_at(self, cells: ArrayLike) -> Array:
        """b - d at every size."""
        return self.rate + 0.0 * _array(cells)

    def drawn_time_to(self, cells: ArrayLike, chance: ArrayLike) -> Array:
        """Time to so many cells in one tumour, for a number uniform in (0, 1): (ln(M (b-d)/b) - ln E)/(b-d).

        E is exponential with mean 1, so the time is Gumbel distributed and its mean is *later* than the time at which
        the mean size is M, by Euler's constant over b-d.
        """
        early = -np.log(-np.log(_array(chance)))
        return np.asarray((np.log(_array(cells) * self.survival) + early) / self.rate)


def growth_of(law: str, cancer: str, numbers: StagedNumbers, people: People) -> Growth:
    """How the tumours of people grow, by the doubling time of their cancer, which differs between them.  Hours.

    law: `exponential`; `gompertz` (with that doubling time at the size at which it was seen, slower later, faster
    before); `birth_death` (given survival; doubling times shorter than the births allow have no deaths).
    Raises InputError for another law.
    """
    if law not in LAWS:
        raise InputError(f"there is no law of growth '{law}'; {nearest(law, LAWS)}")
    asker = Asker(numbers, people)
    doubling = asker.varied("tumour_doubling_time", "h", cancer=cancer)
    if law == "exponential":
        return Exponential(doubling)
    if law == "gompertz":
        diameter = asker.number("doubling_time_diameter", "mm", cancer=cancer, organ="tumour")
        plateau = asker.number("tumour_plateau_cells", "cell", cancer=cancer, organ="tumour")
        return gompertz_through(doubling, cells_of(diameter, cell_density(asker.given)), plateau)
    rate = math.log(2.0) / doubling
    birth = np.maximum(asker.number("tumour_cell_birth_rate", "1/h", cancer=cancer, organ="tumour"), rate)
    return BirthDeath(birth, birth - rate)


def cells_of(diameter: ArrayLike, density: ArrayLike) -> Array:
    """Cells of a ball: density pi d^3 / 6.  density: cells per cubed unit of the diameter."""
    return np.asarray(_array(density) * (math.pi / 6.0) * _array(diameter) ** 3)


def diameter_of(cells: ArrayLike, density: ArrayLike) -> Array:
    """Diameter of a ball of so many cells.  density: cells per cubed unit of the diameter."""
    return np.asarray(np.cbrt(_array(cells) / _array(density) * (6.0 / math.pi)))


def edge_of(cells: ArrayLike, density: ArrayLike) -> Array:
    """Edge of a cube of so many cells, as some papers state the size of a tumour."""
    return np.asarray(np.cbrt(_array(cells) / _array(density)))


def cells_of_edge(edge: ArrayLike, density: ArrayLike) -> Array:
    """Cells of a cube."""
    return np.asarray(_array(density) * _array(edge) ** 3)


def cell_density(numbers: Numbers) -> float:
    """Tumour cells per mm^3 of tumour, by the prior over the rows that differ (or what the user chose or gave)."""
    context = {"organism": ORGANISM, "organ": "tumour"}
    settled(numbers, "tumour_cell_density", {}, context, row=DENSITY_ROW)
    return numbers("tumour_cell_density", "cell/mm^3", **context)


def _array(number: ArrayLike) -> Array:
    return np.asarray(number, dtype=float)


def _positive(what: str, number: ArrayLike) -> None:
    if np.any(~(_array(number) > 0.0)):
        raise InputError(f"the {what} of a tumour is above zero")
