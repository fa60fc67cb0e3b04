"""Pores as cylinders of many widths: how much room in them a sphere finds, and how much of it the flow carries through.

Widths are lognormal: a median diameter and a geometric standard deviation.  Then both averages over the pores are
exact, sums of normal probabilities, and need no quadrature.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]

NARROWEST = 1e-9  # logarithmic width that stands for pores that are all alike
WIDEST_LOG_RATIO = 6.0  # of the diameters of sphere and pore that are searched, e^6 = 400
HALF_ROOT = math.sqrt(0.5)
FERRY = ((0, 1.0), (2, -4.0), (3, 4.0), (4, -1.0))  # F (2 - F), F = (1 - x)^2, as powers of x


def _inverse_moments(ratio: Column, gsd: float, powers: tuple[int, ...]) -> list[Column]:
    """E[(sphere / pore)^k] over the pores that are wider than the sphere, for every power k.

    ratio: diameter of the sphere / median diameter of the pores.  With s = ln(gsd) and z = -ln(ratio) / s:
    ratio^k exp(k^2 s^2 / 2) Phi(z - k s).
    """
    from scipy.special import ndtr

    width = max(math.log(gsd), NARROWEST)
    score = np.log(ratio) / -width
    return [ratio**power * math.exp(0.5 * (power * width) ** 2) * ndtr(score - power * width) for power in powers]


def accessible_share(diameter_nm: Column, pore_nm: float, gsd: float) -> Column:
    """Share of the pores' volume where the centre of a sphere can be: its distribution coefficient.

    K = E[(1 - d/p)^2, p > d] over lognormal pore diameters p (by volume).  nm -> 0..1, shape of the diameters.
    Valid for: hard spheres that neither stick to the wall nor push each other, in equilibrium.
    """
    whole, first, second = _inverse_moments(diameter_nm / pore_nm, gsd, (0, 1, 2))
    return np.asarray(np.clip(whole - 2.0 * first + second, 0.0, 1.0))


def sieving_coefficient(diameter_nm: Column, pore_nm: float, gsd: float) -> Column:
    """Concentration of a sphere in what passes a membrane, by that in front of it.

    S = E[F (2 - F), p > d] with F = (1 - d/p)^2: a sphere's centre keeps to the middle of a Poiseuille flow (Ferry),
    averaged over lognormal pore diameters p (by flow).  nm -> 0..1, shape of the diameters.
    Valid for: flow so fast that diffusion through the pore is nothing, hard spheres without charge.  That a sphere
    lags behind the fluid around it is left out; it lowers S less than the width of the pores is uncertain.
    """
    moments = _inverse_moments(diameter_nm / pore_nm, gsd, tuple(power for power, _ in FERRY))
    passes = sum(factor * moment for (_, factor), moment in zip(FERRY, moments, strict=True))
    return np.asarray(np.clip(passes, 0.0, 1.0))


@lru_cache(maxsize=4096)
def retained_ratio(gsd: float, retained: float) -> float:
    """The sphere of which a membrane holds this share back, as its diameter by the median diameter of the pores.

    Solves 1 - sieving_coefficient = retained: what turns the cut-off of a membrane into a pore.
    """
    from scipy.optimize import brentq

    width = max(math.log(gsd), NARROWEST)

    def missing(log_ratio: float) -> float:
        # sieving_coefficient of one sphere, by plain floats: ten times faster than by arrays of one
        passes = sum(
            factor
            * math.exp(power * log_ratio + 0.5 * (power * width) ** 2)
            * 0.5
            * math.erfc((log_ratio / width + power * width) * HALF_ROOT)
            for power, factor in FERRY
        )
        return 1.0 - passes - retained

    return math.exp(brentq(missing, -WIDEST_LOG_RATIO, WIDEST_LOG_RATIO, xtol=1e-13))
