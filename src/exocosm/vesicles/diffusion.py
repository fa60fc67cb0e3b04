"""How fast a particle of a size wanders in a fluid."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exocosm.errors import InputError

BOLTZMANN = 1.380649e-23  # J/K, exact by definition of the kelvin


def diffusion_coefficient(
    diameter_nm: ArrayLike, *, temperature_k: float, viscosity_mpa_s: float
) -> NDArray[np.float64]:
    """Diffusion coefficient of spheres by Stokes and Einstein.

    D = k T / (3 pi viscosity diameter);  nm, K, mPa s -> um2/s, shape of the diameters.
    Raises InputError for numbers that are not above zero.
    Valid for: spheres much larger than the molecules of the fluid, dilute, far from walls; not in gels or tissue.
    """
    diameter = np.asarray(diameter_nm, float)
    for name, number in (("diameter", diameter), ("temperature", temperature_k), ("viscosity", viscosity_mpa_s)):
        if not np.all(np.isfinite(number)) or np.any(np.asarray(number) <= 0):
            raise InputError(f"the {name} must be above zero, not {number}")
    metres_squared = BOLTZMANN * temperature_k / (3.0 * math.pi * viscosity_mpa_s * 1e-3 * diameter * 1e-9)
    return np.asarray(metres_squared * 1e12)
