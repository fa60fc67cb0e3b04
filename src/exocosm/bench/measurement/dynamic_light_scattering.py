"""Dynamic light scattering (DLS): one flickering signal of all particles, weighted by the light each scatters."""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from exocosm.bench.measurement.registry import (
    BELOW,
    NORMAL_95,
    Reading,
    Reported,
    instrument,
    known_variant,
    shares_by_kind,
)
from exocosm.bench.measurement.scattering import differential_cross_section, known_index, scattering_cross_section
from exocosm.bench.media import mix_media, viscosity_mpa_s
from exocosm.bench.numbers import Numbers
from exocosm.bench.settings import Name, Settings
from exocosm.bench.specimen import Specimen
from exocosm.vesicles.diffusion import diffusion_coefficient

Array = NDArray[np.float64]
KELVIN = 273.15
CM2_PER_NM2 = 1e-14
NM_PER_UM = 1000.0


class LightScatteringSettings(Settings):
    """How a cuvette is measured."""

    instrument: Name = "backscatter 633 nm"
    dilution: Annotated[float, Field(ge=1, le=1e9)] = 1.0
    diluent: Name = "pbs"


def diluted(medium: str, settings: LightScatteringSettings) -> str:
    """The medium in the cuvette."""
    parts = ((medium, 1.0 / settings.dilution), (settings.diluent, 1.0 - 1.0 / settings.dilution))
    return mix_media(*((name, part) for name, part in parts if part > 0))


def scattering_vector(wavelength_nm: float, medium_index: float, angle_degree: float) -> float:
    """q = 4 pi n / wavelength sin(angle / 2), in 1/um."""
    return 4.0 * math.pi * medium_index / wavelength_nm * math.sin(math.radians(angle_degree) / 2.0) * NM_PER_UM


def cumulants(decay: Array, intensity: Array) -> tuple[float, float]:
    """Mean decay rate and polydispersity index of a field correlation sum I_i exp(-G_i t): its first two cumulants.

    G = sum I_i G_i / sum I_i;  PDI = sum I_i (G_i - G)^2 / sum I_i / G^2, exactly those of the population.
    Shapes: [particle] -> two numbers, the first in the unit of the rates.
    """
    mean = float(np.average(decay, weights=intensity))
    return mean, float(np.average((decay - mean) ** 2, weights=intensity)) / mean**2


@instrument("dynamic_light_scattering", LightScatteringSettings)
def dynamic_light_scattering(
    specimen: Specimen, settings: LightScatteringSettings, numbers: Numbers, random: np.random.Generator | None = None
) -> Reading:
    """Mean size by the flicker of scattered light (DLS): z-average and polydispersity index, weighted by light.

    Light grows with the sixth power of small diameters: a few large particles outshine all others.
    Valid for: single scattering; the cumulants are those of the whole decay, as if it were fitted at its start.
    """
    device = known_variant(settings.instrument, "dls_wavelength", numbers, "light scattering instrument")
    wavelength, angle = numbers("dls_wavelength", "nm", device=device), numbers("dls_angle", "degree", device=device)
    medium_index = numbers("refractive_index_of_water", "dimensionless")
    population = specimen.population
    index = known_index(population, numbers)
    concentration = population.count / (specimen.volume_ml * settings.dilution)
    light = differential_cross_section(population.diameter_nm, index, wavelength, medium_index, angle) * CM2_PER_NM2
    intensity = concentration * light  # Rayleigh ratio of every parcel, 1/cm (per steradian)
    ratio = float(intensity.sum())
    limit = numbers("smallest_rayleigh_ratio", "1/cm")
    whole = scattering_cross_section(population.diameter_nm, index, wavelength, medium_index) * CM2_PER_NM2
    depth = float((concentration * whole).sum()) * numbers("dls_light_path", "cm")
    found = []
    deepest = numbers("largest_optical_depth", "dimensionless")
    if depth > deepest:
        advised = settings.dilution * depth / deepest
        found.append(f"{depth:.2g} of the light is scattered on its way (more than {deepest:.2g}), some of it "
                     f"twice and sizes come out too small; dilute {advised:.2g}-fold")  # fmt: skip
    quantities = {"rayleigh_ratio": Reported(ratio, "1/cm", ratio, ratio)}
    if ratio < limit:
        quantities["rayleigh_ratio"] = Reported(limit, "1/cm", 0.0, limit, BELOW)
        found.append("too little light beside that of water: no size is reported")
    else:
        viscosity = viscosity_mpa_s(diluted(specimen.medium, settings), specimen.temperature_c, numbers)
        diffusion = diffusion_coefficient(
            population.diameter_nm, temperature_k=specimen.temperature_c + KELVIN, viscosity_mpa_s=viscosity
        )
        decay = diffusion * scattering_vector(wavelength, medium_index, angle) ** 2
        mean, spread = cumulants(decay, intensity)
        # the person enters the medium's viscosity, so that the size is that of Stokes and Einstein in it
        z_average = float(population.diameter_nm[0] * decay[0]) / mean
        cv = numbers("dls_repeat_cv", "dimensionless")
        if random is not None:
            z_average *= math.exp(math.sqrt(math.log1p(cv**2)) * random.standard_normal())
            spread = max(spread + cv * random.standard_normal(), 0.0)
        wide = math.exp(NORMAL_95 * math.sqrt(math.log1p(cv**2)))
        quantities["z_average"] = Reported(z_average, "nm", z_average / wide, z_average * wide)
        error = NORMAL_95 * cv
        quantities["polydispersity"] = Reported(spread, "dimensionless", max(spread - error, 0.0), spread + error)
    return Reading(
        instrument=device,
        quantities=quantities,
        by_kind=shares_by_kind(population.kind, intensity),
        instruction=f"Dilute {settings.dilution:g}-fold in filtered buffer, wait for {specimen.temperature_c:g} degree "
        f"Celsius, measure three times at {angle:g} degree, entering the viscosity of the medium.",
        warnings=tuple(found),
    )
