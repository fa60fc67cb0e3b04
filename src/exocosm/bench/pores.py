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
BISECTIONS = 60  # halvings of a bracket of four decades: to the last digit of a float
WIDEST_RATIO = 1e4  # of the diameters of sphere and pore that are searched


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
    whole, second, third, fourth = _inverse_moments(diameter_nm / pore_nm, gsd, (0, 2, 3, 4))
    return np.asarray(np.clip(whole - 4.0 * second + 4.0 * third - fourth, 0.0, 1.0))


@lru_cache(maxsize=4096)
def retained_ratio(gsd: float, retained: float) -> float:
    """The sphere of which a membrane holds this share back, as its diameter by the median diameter of the pores.

    Solves 1 - sieving_coefficient = retained: what turns the cut-off of a membrane into a pore.
    """
    low, high = 1.0 / WIDEST_RATIO, WIDEST_RATIO
    for _ in range(BISECTIONS):
        middle = math.sqrt(low * high)
        held = 1.0 - float(sieving_coefficient(np.array([middle]), 1.0, gsd)[0])
        low, high = (middle, high) if held < retained else (low, middle)
    return math.sqrt(low * high)
