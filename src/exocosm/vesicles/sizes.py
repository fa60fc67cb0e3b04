"""A log-normal size distribution as a handful of sizes, before its width is known."""

from __future__ import annotations

import numpy as np

from exocosm.errors import InputError

MOST_CLASSES = 5


def lognormal_sizes(n: int) -> tuple[tuple[float, float], ...]:
    """n representative sizes of a log-normal distribution as (score, share of the number), smallest first.

    diameter = median * (geometric standard deviation) ^ score.  Scores and shares are the Gauss-Hermite nodes, so that
    the mean of every polynomial of the log-diameter up to degree 2 n - 1 is exact whatever the width, and moments of
    the diameter nearly so: `moment_error` says how nearly.  Raises InputError for n outside 1 to 5.
    """
    if not 1 <= n <= MOST_CLASSES:
        raise InputError(f"a body has 1 to {MOST_CLASSES} size classes, not {n}")
    scores, weights = np.polynomial.hermite_e.hermegauss(n)
    shares = weights / weights.sum()
    return tuple((round(float(score), 15), float(share)) for score, share in zip(scores, shares, strict=True))


def moment_error(n: int, geometric_sd: float, power: int = 3) -> float:
    """Relative error of the mean of diameter^power in n classes against the whole log-normal distribution.

    sum(share * gsd^(power * score)) / exp((power * ln gsd)^2 / 2) - 1
    """
    sigma = float(np.log(geometric_sd))
    classes = sum(share * np.exp(power * sigma * score) for score, share in lognormal_sizes(n))
    return float(classes / np.exp(0.5 * (power * sigma) ** 2) - 1.0)
