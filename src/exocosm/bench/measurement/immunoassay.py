"""Immunoassays: the mass of a marker protein in ELISA and western blot, whoever carries it."""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from exocosm.bench.markers import mean_copies
from exocosm.bench.measurement.registry import (
    ABOVE,
    BELOW,
    NORMAL_95,
    Reading,
    Reported,
    instrument,
    known_variant,
    shares_by_kind,
)
from exocosm.bench.numbers import Numbers
from exocosm.bench.settings import Name, Settings
from exocosm.bench.specimen import Specimen

Array = NDArray[np.float64]
AVOGADRO = 6.02214076e23  # 1/mol, exact by definition of the mole
PICOGRAM_PER_KILOGRAM = 1e15
LIMIT_IN_BLANKS = 3.0  # standard deviations of the blank that make the limit of detection
UPPER_SHARE = 0.95  # of the curve's rise, above which a concentration is not read off it


class ElisaSettings(Settings):
    """How a marker is assayed in wells."""

    marker: Name = "CD63"
    kit: Name = "ELISA"
    dilution: Annotated[float, Field(ge=1, le=1e9)] = 1.0
    wells: Annotated[int, Field(ge=1, le=96)] = 2
    lysed: bool = False
    hook: bool = False


class WesternSettings(Settings):
    """How a marker is blotted."""

    marker: Name = "CD63"
    microlitres: Annotated[float, Field(gt=0, le=1000)] = 20.0


def marker_mass(specimen: Specimen, marker: str, numbers: Numbers) -> Array:
    """Mass of a marker in each parcel per volume: copies * number * molar mass / (Avogadro volume), pg/mL, [parcel]."""
    population = specimen.population
    # kDa is kg/mol of a mole of molecules
    mass = numbers("marker_molar_mass", "kDa", cargo=marker) * PICOGRAM_PER_KILOGRAM / AVOGADRO
    return np.asarray(population.count * mean_copies(population, marker, numbers) * mass / specimen.volume_ml)


def logistic_signal(concentration: float, half: float, slope: float, blank: float, hook: float = math.inf) -> float:
    """Signal of a well as a share of the highest: blank + (1 - blank) / (1 + (half/c)^slope) / (1 + c/hook).

    The four-parameter logistic curve; the hook: excess marker fills capture and detection apart from one another.
    """
    if concentration <= 0:
        return blank
    rise = 1.0 / (1.0 + (half / concentration) ** slope)
    return blank + (1.0 - blank) * rise / (1.0 + concentration / hook)


def logistic_concentration(signal: float, half: float, slope: float, blank: float) -> float:
    """The concentration that the curve without hook gives a signal: its inverse; 0 at or below the blank, inf above."""
    rise = (signal - blank) / (1.0 - blank)
    if rise <= 0:
        return 0.0
    return half * (rise / (1.0 - rise)) ** (1.0 / slope) if rise < 1 else math.inf


@instrument("elisa", ElisaSettings)
def elisa(
    specimen: Specimen, settings: ElisaSettings, numbers: Numbers, random: np.random.Generator | None = None
) -> Reading:
    """Concentration of a marker protein by a calibration curve in wells, on whatever particle it sits.

    Valid for: the mean of wells; below the limit and above the curve the result is censored, not a number.
    """
    kit = known_variant(settings.kit, "immunoassay_detection_limit", numbers, "kit")
    reached = 1.0 if settings.lysed else numbers("accessible_fraction", "dimensionless", cargo=settings.marker)
    by_parcel = marker_mass(specimen, settings.marker, numbers) * reached
    true = float(by_parcel.sum()) / settings.dilution
    half = numbers("immunoassay_half_maximum", "pg/mL", device=kit)
    slope, blank = numbers("immunoassay_slope", "dimensionless"), numbers("immunoassay_blank", "dimensionless")
    limit = numbers("immunoassay_detection_limit", "pg/mL", device=kit)
    hook = numbers("immunoassay_hook_concentration", "pg/mL") if settings.hook else math.inf
    noise_of_blank = (logistic_signal(limit, half, slope, blank) - blank) / LIMIT_IN_BLANKS
    signal = logistic_signal(true, half, slope, blank, hook)
    cv = numbers("immunoassay_signal_cv", "dimensionless")
    sd = math.hypot(noise_of_blank, cv * (signal - blank)) / math.sqrt(settings.wells)
    if random is not None:
        signal += sd * float(random.standard_normal())
    value, low, high = (
        logistic_concentration(signal + score * sd, half, slope, blank) for score in (0.0, -NORMAL_95, NORMAL_95)
    )
    top = logistic_concentration(blank + UPPER_SHARE * (1.0 - blank), half, slope, blank)
    by = settings.dilution
    found = []
    if value < limit:
        answer = Reported(limit * by, "pg/mL", 0.0, limit * by, BELOW)
    elif value > top:
        answer = Reported(top * by, "pg/mL", top * by, math.inf, ABOVE)
        found.append("the signal is at the top of the curve: dilute more")
    else:
        answer = Reported(value * by, "pg/mL", low * by, high * by)
    if settings.hook and true > 0.1 * hook:
        found.append(f"hook: {settings.marker} is in such excess that the signal falls; dilute and measure again")
    return Reading(
        instrument=kit,
        quantities={"marker": answer, "signal": Reported(signal, "dimensionless", signal - 2 * sd, signal + 2 * sd)},
        by_kind=shares_by_kind(specimen.population.kind, by_parcel),
        instruction=f"{'Lyse in detergent, d' if settings.lysed else 'D'}ilute {by:g}-fold, {settings.wells} wells of "
        f"a {settings.marker} {kit} beside its standards, a blank and one further dilution.",
        warnings=tuple(found),
    )


@instrument("western_blot", WesternSettings)
def western_blot(
    specimen: Specimen, settings: WesternSettings, numbers: Numbers, random: np.random.Generator | None = None
) -> Reading:
    """Mass of a marker in a lane as the density of its band, visible or not.

    The band is seen with Phi(ln(copies / limit) / ln gsd); without noise, if that is more likely than not.
    """
    by_parcel = marker_mass(specimen, settings.marker, numbers) * settings.microlitres / 1000.0
    mass = float(by_parcel.sum())
    per_copy = numbers("marker_molar_mass", "kDa", cargo=settings.marker) * PICOGRAM_PER_KILOGRAM / AVOGADRO
    limit = numbers("bulk_detection_limit", "molecule") * per_copy
    sigma = math.sqrt(math.log1p(numbers("western_band_cv", "dimensionless") ** 2))
    if random is not None:
        mass *= math.exp(sigma * random.standard_normal())
        limit *= numbers("bulk_detection_gsd", "dimensionless") ** random.standard_normal()
    wide = math.exp(NORMAL_95 * sigma)
    band = Reported(mass, "pg", mass / wide, mass * wide) if mass >= limit else Reported(limit, "pg", 0.0, limit, BELOW)
    return Reading(
        instrument="western blot",
        quantities={"band": band},
        by_kind=shares_by_kind(specimen.population.kind, by_parcel),
        instruction=f"Lyse, load {settings.microlitres:g} microlitre a lane, blot for {settings.marker}; beside it a "
        "cell lysate, a marker of contaminants, and equal particle numbers of the samples compared.",
    )
