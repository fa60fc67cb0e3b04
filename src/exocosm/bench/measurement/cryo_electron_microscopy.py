"""Cryo-electron microscopy: frozen particles counted on images, and told by eye."""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from exocosm.bench.measurement.registry import (
    BELOW,
    NORMAL_95,
    Histogram,
    Reading,
    Reported,
    instrument,
    shares_by_kind,
)
from exocosm.bench.measurement.track_statistics import percentile
from exocosm.bench.numbers import Numbers
from exocosm.bench.settings import Settings
from exocosm.bench.specimen import Specimen

Array = NDArray[np.float64]
ML_PER_UM3 = 1e-12
UM_PER_NM = 1e-3
EDGES_NM: Array = np.geomspace(10.0, 2000.0, 107)


class MicroscopySettings(Settings):
    """How many images are taken."""

    images: Annotated[int, Field(ge=1, le=1_000_000)] = 100


def poisson_limits(count: float) -> tuple[float, float]:
    """Limits of a Poisson mean that hold 95 %, exactly (Garwood), from the number counted (which may be expected)."""
    from scipy.special import gammaincinv

    low = float(gammaincinv(count, 0.025)) if count > 0 else 0.0
    return low, float(gammaincinv(count + 1.0, 0.975))


@instrument("cryo_electron_microscopy", MicroscopySettings)
def cryo_electron_microscopy(
    specimen: Specimen, settings: MicroscopySettings, numbers: Numbers, random: np.random.Generator | None = None
) -> Reading:
    """Particles on images of a frozen film: how many are called vesicles by their bilayer, and their sizes.

    It tells a bilayer from a lipoprotein; it does not give a concentration, as films enrich particles unknowably.
    """
    population = specimen.population
    area, thickness = numbers("cryo_field_area", "um^2"), numbers("cryo_ice_thickness", "nm")
    volume_ml = settings.images * area * thickness * UM_PER_NM * ML_PER_UM3
    smallest, largest = numbers("cryo_smallest_diameter", "nm"), numbers("cryo_largest_diameter", "nm")
    on_image = (population.diameter_nm >= smallest) & (population.diameter_nm <= largest)
    enrichment = numbers("cryo_grid_enrichment", "dimensionless")
    shown = np.where(on_image, population.count / specimen.volume_ml * volume_ml * enrichment, 0.0)
    recognised = np.zeros(len(population))
    for kind in np.unique(population.kind):
        chosen = population.kind == kind
        recognised[chosen] = numbers("recognised_as_vesicle", "dimensionless", carrier=str(kind))
    called, other = shown * recognised, shown * (1.0 - recognised)
    if random is not None:
        vesicles, others = random.poisson(called).astype(float), random.poisson(other).astype(float)
    else:
        vesicles, others = called, other
    number, rest = float(vesicles.sum()), float(others.sum())
    low, high = poisson_limits(number)
    quantities = {"other_particles": Reported(rest, "dimensionless", *poisson_limits(rest))}
    found = []
    if number < 1:
        quantities["vesicles"] = Reported(high, "dimensionless", 0.0, high, BELOW)
        found.append(f"fewer than one vesicle in {settings.images} images: concentrate the specimen or take more")
    else:
        quantities["vesicles"] = Reported(number, "dimensionless", low, high)
    counts = np.zeros(EDGES_NM.size - 1)
    cv = numbers("cryo_size_cv", "dimensionless")
    if number > 0:
        counts = _measured(population.diameter_nm, vesicles, cv)
        middle = percentile(EDGES_NM, counts, 0.5)
        spread = percentile(EDGES_NM, counts, 0.84) - percentile(EDGES_NM, counts, 0.16)
        error = 0.5 * math.sqrt(0.5 * math.pi) * spread * NORMAL_95 / math.sqrt(max(number, 1.0))  # of a median
        quantities["median_diameter"] = Reported(middle, "nm", max(middle - error, 0.0), middle + error)
    if number + rest > 0:
        share = number / (number + rest)
        error = NORMAL_95 * math.sqrt(share * (1.0 - share) / (number + rest))
        quantities["vesicle_share"] = Reported(share, "dimensionless", max(share - error, 0.0), min(share + error, 1.0))
    return Reading(
        instrument="cryo-electron microscopy",
        quantities=quantities,
        by_kind=shares_by_kind(population.kind, called),
        instruction=f"Freeze 3 microlitre on a holey grid, take {settings.images} images at places chosen beforehand, "
        "have two people mark vesicles and other particles without knowing the sample.",
        histogram=Histogram(EDGES_NM, counts, "dimensionless"),
        warnings=tuple(found),
    )


def _measured(diameter: Array, count: Array, cv: float) -> Array:
    """Counts by measured diameter, which is lognormal around the true one."""
    from scipy.special import ndtr

    below = ndtr(np.log(EDGES_NM[:, None] / diameter) / max(cv, 1e-6))
    return np.asarray(np.diff(below, axis=0) @ count)
