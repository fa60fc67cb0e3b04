"""Biological fluids as specimens: every kind of particle that a fluid holds, from the catalogue.

A fluid is its rows: `particle_concentration` for what is counted, `mass_concentration` for dissolved molecules, and
`background_particle_concentration` for what its medium brought along (the vesicles of added serum).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from exocosm.bench.numbers import Ledger, Numbers
from exocosm.bench.particle_rows import known_words, marker_table
from exocosm.bench.particles import (
    ATTOGRAM_PER_GRAM,
    LIPOPROTEINS,
    VESICLES,
    physical_properties,
    surface_beside_mean,
)
from exocosm.bench.specimen import Specimen
from exocosm.errors import InputError, nearest
from exocosm.vesicles.population import Population

Array = NDArray[np.float64]

# sizes into which a kind is cut: more where the size decides what a step does with it
PARCELS = {
    "small_ev": 16,
    "microvesicle": 12,
    "chylomicron": 12,
    "vldl": 12,
    "fat_globule": 12,
    "casein_micelle": 8,
    "apoptotic_body": 8,
    "mvb_remnant": 8,
    "protein_aggregate": 8,
    "idl": 4,
    "ldl": 4,
    "hdl": 4,
}
TOGETHER = {
    "vesicles": VESICLES,
    "lipoproteins": LIPOPROTEINS,
    "proteins": ("albumin", "other_protein", "protein_aggregate", "casein_micelle", "ago2_complex"),
}
BACKGROUND = "background"  # origin of what the medium brought along; also a word of `without`

_COUNTED, _WEIGHED, _BROUGHT = "particle_concentration", "mass_concentration", "background_particle_concentration"


@dataclass(frozen=True, eq=False)
class Recipe:
    """What does not change between draws: the groups of parcels of a fluid, and the quantiles that cut them.

    groups: (quantity, kind) in order.  size, start, place: parcels of each group, first parcel of each group but the
    first, and group of each parcel.  lower, upper: standard normal scores between which a parcel lies.
    """

    groups: tuple[tuple[str, str], ...]
    size: NDArray[np.intp]
    start: NDArray[np.intp]
    place: NDArray[np.intp]
    lower: Array
    upper: Array
    kind: NDArray[np.str_]
    origin: NDArray[np.str_]
    is_vesicle: NDArray[np.bool_]


_RECIPES: WeakKeyDictionary[Ledger, dict[tuple[str, tuple[str, ...]], Recipe]] = WeakKeyDictionary()


def fluid_names(numbers: Numbers) -> tuple[str, ...]:
    """The fluids that the catalogue knows, those without particles (buffers) left out."""
    return numbers.words(_COUNTED, "fluid")


def medium_names(numbers: Numbers) -> tuple[str, ...]:
    """The fluids and buffers whose viscosity the catalogue knows."""
    return numbers.words("viscosity_relative_to_water", "fluid")


def kinds_of(fluid: str, numbers: Numbers) -> tuple[str, ...]:
    """The kinds of particles in a fluid; raises InputError for a fluid the catalogue does not know."""
    _require(fluid, numbers)
    asked = (_COUNTED, _BROUGHT, _WEIGHED)
    found = [kind for quantity in asked for kind in numbers.words(quantity, "carrier", fluid=fluid)]
    return tuple(dict.fromkeys(found))


def blank(medium: str, volume_ml: float) -> Specimen:
    """A volume of a medium without particles: what a procedural blank starts from."""
    none = np.zeros(0)
    text = np.zeros(0, dtype=np.str_)
    empty = Population(none, none, none, text, text, history=(f"{volume_ml:g} mL of {medium} without particles",))
    return Specimen(empty, volume_ml, medium)


def specimen_of(fluid: str, volume_ml: float, numbers: Numbers, without: tuple[str, ...] = ()) -> Specimen:
    """A volume of a fluid with all its particles; a buffer has none.

    without: kinds that are left out, or `vesicles`, `lipoproteins`, `proteins`, or `background` (what the medium
    brought along).  Sizes are log-normal, cut at quantiles into parcels of equal count, each with the diameter of its
    mean volume, so that count and volume are those of the whole distribution.  mL -> at 20 degree Celsius.
    Raises InputError for a fluid or a kind that is not there.
    """
    recipe = _recipe(fluid, tuple(without), numbers)
    if not recipe.groups:
        return blank(fluid, volume_ml)
    context = [{"carrier": kind, "fluid": fluid} for _, kind in recipe.groups]
    median = np.array([numbers("particle_diameter", "nm", **one) for one in context])
    width = np.log([max(numbers("particle_diameter_gsd", "dimensionless", **one), 1.0) for one in context])
    counts = [_count(quantity, kind, fluid, numbers) * volume_ml for quantity, kind in recipe.groups]
    diameter = _diameters(recipe, median, width)
    markers = marker_table(tuple(kind for _, kind in recipe.groups), fluid, numbers.ledger)
    surface = np.where(recipe.is_vesicle, surface_beside_mean(diameter, median[recipe.place], width[recipe.place]), 1.0)
    copies = markers.copies(numbers)[:, recipe.place] * surface
    return Specimen(
        Population(
            diameter_nm=diameter,
            count=(np.array(counts) / recipe.size)[recipe.place],
            kind=recipe.kind,
            origin=recipe.origin,
            history=(f"{volume_ml:g} mL of {fluid}" + (f" without {', '.join(without)}" if without else ""),),
            markers=dict(zip(markers.names, copies, strict=True)),
            **_columns(recipe, diameter, fluid, numbers),
        ),
        volume_ml,
        fluid,
    )


def _diameters(recipe: Recipe, median: Array, width: Array) -> Array:
    """Diameter of the mean volume of every parcel: d^3 = median^3 exp(4.5 s^2) * share of the volume / of the count."""
    from scipy.special import ndtr

    shift = 3.0 * width[recipe.place]  # volume is distributed as count is, 3 s higher
    share = (ndtr(recipe.upper - shift) - ndtr(recipe.lower - shift)) * recipe.size[recipe.place]
    return np.asarray((median * np.exp(1.5 * width**2))[recipe.place] * np.cbrt(share))


def _count(quantity: str, kind: str, fluid: str, numbers: Numbers) -> float:
    """Particles per mL."""
    if quantity != _WEIGHED:
        return numbers(quantity, "particle/mL", carrier=kind, fluid=fluid)
    grams = numbers(quantity, "g/mL", carrier=kind, fluid=fluid)
    return grams * ATTOGRAM_PER_GRAM / numbers("molecular_mass", "ag", carrier=kind)


def _columns(recipe: Recipe, diameter: Array, fluid: str, numbers: Numbers) -> dict[str, Any]:
    """Density, index, charge and protein of all parcels, group by group."""
    groups = zip(recipe.groups, np.split(diameter, recipe.start), strict=True)
    found = [physical_properties(kind, sizes, fluid, numbers) for (_, kind), sizes in groups]
    return {name: np.concatenate([columns[name] for columns in found]) for name in found[0]}


def _recipe(fluid: str, without: tuple[str, ...], numbers: Numbers) -> Recipe:
    kept = _RECIPES.setdefault(numbers.ledger, {})
    if (fluid, without) not in kept:
        kept[fluid, without] = _new_recipe(fluid, without, numbers)
    return kept[fluid, without]


def _new_recipe(fluid: str, without: tuple[str, ...], numbers: Numbers) -> Recipe:
    _require(fluid, numbers)
    left_out = _left_out(without, numbers)
    groups = [
        (quantity, kind)
        for quantity in (_COUNTED, _BROUGHT, _WEIGHED)
        for kind in numbers.words(quantity, "carrier", fluid=fluid)
        if kind not in left_out and not (quantity == _BROUGHT and BACKGROUND in without)
    ]
    sizes = [PARCELS.get(kind, 1) for _, kind in groups]
    edges = [_scores(size) for size in sizes]
    return Recipe(
        groups=tuple(groups),
        size=np.array(sizes, dtype=np.intp),
        start=np.cumsum(sizes, dtype=np.intp)[:-1],
        place=np.repeat(np.arange(len(groups)), sizes),
        lower=np.concatenate([edge[:-1] for edge in edges]) if edges else np.zeros(0),
        upper=np.concatenate([edge[1:] for edge in edges]) if edges else np.zeros(0),
        kind=np.repeat(np.array([kind for _, kind in groups], dtype=np.str_), sizes),
        origin=np.repeat(
            np.array([BACKGROUND if quantity == _BROUGHT else fluid for quantity, _ in groups], dtype=np.str_), sizes
        ),
        is_vesicle=np.repeat([kind in VESICLES for _, kind in groups], sizes),
    )


@lru_cache(maxsize=64)
def _scores(parcels: int) -> Array:
    """Standard normal scores that cut a distribution into parcels of equal probability."""
    from scipy.special import ndtri

    return np.asarray(ndtri(np.linspace(0.0, 1.0, parcels + 1)))


def _left_out(without: tuple[str, ...], numbers: Numbers) -> frozenset[str]:
    """The kinds that the words of `without` mean; a kind may be left out of a fluid that never held it."""
    kinds = {*VESICLES, *(kind for name in (_COUNTED, _WEIGHED, _BROUGHT) for kind in numbers.words(name, "carrier"))}
    left_out: set[str] = set()
    for word in without:
        if word not in kinds and word not in TOGETHER and word != BACKGROUND:
            known = (*kinds, *TOGETHER, BACKGROUND)
            raise InputError(f"there is no kind of particle '{word}' that could be left out; {nearest(word, known)}")
        left_out.update(TOGETHER.get(word, (word,)))
    return frozenset(left_out)


def _require(fluid: str, numbers: Numbers) -> None:
    known = known_words(_COUNTED, "fluid", numbers)
    if fluid in known:
        return
    buffers = known_words("viscosity_relative_to_water", "fluid", numbers)
    if fluid not in buffers:
        raise InputError(
            f"there is no fluid '{fluid}'; {nearest(fluid, dict.fromkeys((*known, *buffers)))} Fluids: "
            f"{', '.join(sorted(known))}. A fluid of your own: "
            f"give rows of {_COUNTED} (and viscosity_relative_to_water, density_relative_to_water) with its name"
        )
