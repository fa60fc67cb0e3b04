"""Precipitation: particles that find no room between the coils of a polymer (PEG) fall out, large ones first."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from exocosm.bench.devices import device_number
from exocosm.bench.isolation.registry import Consumable, Outcome, isolation
from exocosm.bench.numbers import Numbers
from exocosm.bench.settings import Celsius, Millilitres, Minutes, Name, Settings, in_unit
from exocosm.bench.specimen import Specimen
from exocosm.errors import EvidenceError, InputError
from exocosm.vesicles.population import sphere_volume, split

Column = NDArray[np.float64]

GRAM_PER_LITRE = 1e3  # in one g/mL
PERCENT_IN_G_ML = 0.01  # percent by weight in volume: g per 100 mL
_FORCE = re.compile(r"(\d[\d,]*(?:\.\d+)?) ?g (average|maximum)")


def _polymer(given: Any) -> float:
    """`8 %` (g per 100 mL) or `80 mg/mL` in g/mL."""
    if isinstance(given, str) and given.strip().endswith("%"):
        return in_unit("dimensionless")(given.strip().removesuffix("%")) * PERCENT_IN_G_ML
    return in_unit("g/mL")(given)


def _force(given: str) -> str:
    if _FORCE.fullmatch(given) is None:
        raise ValueError(f"expected a force with its radius, '1500 g maximum' or '1500 g average', found '{given}'")
    return given


GramsPerMillilitre = Annotated[float, BeforeValidator(_polymer), Field(gt=0, lt=1)]


class Precipitation(Settings):
    """Settings of `precipitation`.

    reagent: a word of the catalogue (a polymer or a kit).  final: concentration of the polymer in the mixture, such as
    `8 %` (g per 100 mL); empty for kits, which come with a ratio.  stock: that of the polymer solution that is added
    (empty: the mixing ratio of the catalogue).  incubation, temperature.  spin, spin_time: the low-speed spin.  keep:
    pellet or supernatant.  resuspend: volume for the pellet, in `buffer`.
    """

    reagent: Name
    final: GramsPerMillilitre | None = None
    stock: GramsPerMillilitre | None = None
    incubation: Minutes = 720.0
    temperature: Celsius = 4.0
    spin: Annotated[Name, AfterValidator(_force)] = "1500 g maximum"
    spin_time: Minutes = 30.0
    keep: Literal["pellet", "supernatant"] = "pellet"
    resuspend: Millilitres = 0.2
    buffer: Name = "pbs"

    @model_validator(mode="after")
    def _stock_is_stronger(self) -> Precipitation:
        if self.stock is not None and (self.final is None or self.stock <= self.final):
            raise ValueError("the stock must hold more polymer than the mixture, whose `final` must be given too")
        return self


def dissolved_share(
    diameter_nm: Column,
    mass_g_l: Column,
    intercept: Column,
    polymer_g_ml: float,
    law: tuple[float, float, float],
) -> Column:
    """Share of each particle that stays dissolved in a polymer solution.

    log10 of its solubility (g/L) = intercept - slope (d / reference)^exponent c;  share = min(1, solubility / mass).
    mass: of all particles of its kind, g/L in the mixture; c in g/mL; law: slope (mL/g), reference (nm), exponent.
    Valid for: equilibrium, one kind not dragging another along, PEG of 4 to 20 kDa in salt of the body's strength.
    """
    slope, reference_nm, exponent = law
    solubility = intercept - slope * (diameter_nm / reference_nm) ** exponent * polymer_g_ml
    excess = np.log10(np.maximum(mass_g_l, np.finfo(float).tiny)) - solubility
    return np.asarray(10.0 ** -np.maximum(excess, 0.0))


def fallen_share(time_min: float, precipitation_min: float) -> float:
    """Share of what will fall out that has done so after a time: 1 - exp(-t / tau)."""
    return -math.expm1(-time_min / precipitation_min)


def polymer_in_mixture(settings: Precipitation, numbers: Numbers) -> tuple[float, float]:
    """Polymer in the mixture in g/mL, and millilitres of reagent for one of sample.

    Raises InputError for a reagent that is not known, or one that is no kit and comes without `final`.
    """
    ratio = device_number("reagent_volume_ratio", "dimensionless", settings.reagent, numbers, "reagent")
    if settings.final is not None:
        if settings.stock is not None:
            ratio = settings.final / (settings.stock - settings.final)
        return settings.final, ratio
    try:
        stock = numbers("reagent_polymer_concentration", "g/mL", device=settings.reagent)
    except EvidenceError:
        raise InputError(
            f"precipitation with {settings.reagent} needs the concentration of polymer in the mixture, for example "
            "`final: 8 %`"
        ) from None
    return stock * ratio / (1.0 + ratio), ratio


@isolation("precipitation", Precipitation)
def precipitation(specimen: Specimen, settings: Precipitation, numbers: Numbers) -> Outcome:
    """Polymer (PEG or a kit) that makes particles insoluble, a rest, a low-speed spin; pellet or supernatant is kept.

    Each parcel falls out as far as its kind is above its solubility, which falls faster for larger particles; the
    precipitate is pelleted and resuspended with losses, and some of the mixture stays on it.
    Valid for: what `dissolved_share` is valid for; precipitates that the spin brings down as a whole.
    """
    polymer, ratio = polymer_in_mixture(settings, numbers)
    population = specimen.population
    added = specimen.volume_ml * ratio
    mixture = specimen.volume_ml + added
    mass = population.count * sphere_volume(population.diameter_nm) * population.density * (GRAM_PER_LITRE / mixture)
    kinds, place = np.unique(population.kind, return_inverse=True)
    of_kind: Column = np.bincount(place, weights=mass, minlength=kinds.size).astype(float)
    intercepts = np.array([_intercept(str(kind), numbers) for kind in kinds])
    law = (
        numbers("polymer_precipitation_slope", "mL/g", device=settings.reagent),
        numbers("polymer_precipitation_reference_diameter", "nm"),
        numbers("polymer_precipitation_size_exponent", "dimensionless"),
    )
    dissolved = dissolved_share(population.diameter_nm, of_kind[place], intercepts[place], polymer, law)
    fallen = fallen_share(settings.incubation, numbers("precipitation_time", "min"))
    pelleted = (1.0 - dissolved) * fallen * numbers("precipitate_pelleted", "dimensionless")
    name = f"precipitation with {settings.reagent}, {settings.keep}"
    left_on = numbers("precipitate_residual_fraction", "dimensionless")
    if settings.keep == "pellet":
        taken_up = numbers("precipitate_resuspended", "dimensionless")
        share = pelleted * taken_up + (1.0 - pelleted) * left_on
        volumes, medium = (settings.resuspend, mixture), settings.buffer
        left = 1e3 * polymer * mixture * left_on
        carried = f"; about {left:.2g} mg of the polymer stay in it"
        ending = (
            f"discard the supernatant; take the pellet up in {settings.resuspend:.3g} mL {settings.buffer}{carried}."
        )
    else:
        share = (1.0 - pelleted) * (1.0 - left_on)
        volumes, medium = (mixture * (1.0 - left_on), mixture * left_on), specimen.medium
        ending = f"keep the supernatant, which still holds {100 * polymer:.2g} % polymer."
    product, waste = split(population, share, name)
    forced = float(settings.spin.split("g", 1)[0].replace(",", "")) * settings.spin_time
    reference = numbers("precipitate_spin_force", "dimensionless") * numbers("precipitate_spin_time", "min")
    warnings = []
    if forced < reference:
        warnings.append(
            f"{settings.spin} for {settings.spin_time:g} min is less than what pellets a precipitate for certain "
            f"({reference:.3g} g min); the share that is pelleted is taken as for that"
        )
    hands_on = numbers("hands_on_time", "min", device="precipitation")
    return Outcome(
        product=specimen.with_(
            population=product, volume_ml=volumes[0], medium=medium, temperature_c=settings.temperature
        ),
        waste=(specimen.with_(population=waste, volume_ml=volumes[1], temperature_c=settings.temperature),),
        minutes=settings.incubation + settings.spin_time + hands_on,
        hands_on_minutes=hands_on,
        instruction=(
            f"Mix {specimen.volume_ml:.4g} mL with {added:.3g} mL {settings.reagent} ({100 * polymer:.2g} % polymer in "
            f"the mixture); leave {settings.incubation:g} min at {settings.temperature:g} degC; spin {settings.spin}, "
            f"{settings.spin_time:g} min; {ending}"
        ),
        consumables=(Consumable(settings.reagent, added),),
        warnings=tuple(warnings),
    )


def _intercept(kind: str, numbers: Numbers) -> float:
    return numbers("polymer_precipitation_intercept", "dimensionless", carrier=kind)
