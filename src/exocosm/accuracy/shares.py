"""Shares with exact intervals, and what a result then means: predictive values."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from exocosm.accuracy.estimate import LEVEL, Array, Estimate
from exocosm.errors import InputError


@dataclass(frozen=True)
class PredictiveValues:
    """What a result means at a prevalence: chance of disease after a positive, of health after a negative.

    called_per_found: people called back for each true case.
    """

    prevalence: float
    positive: float
    negative: float
    called_per_found: float


def exact_limits(hits: ArrayLike, number: ArrayLike, level: float = LEVEL) -> tuple[Array, Array]:
    """Lower and upper limits of shares (Clopper and Pearson).  Shapes: (...), (...) -> (...), (...).

    Valid for: 0 <= hits <= number > 0, which `proportion` checks.
    """
    from scipy.special import betaincinv

    found, tried = np.broadcast_arrays(np.asarray(hits, dtype=float), np.asarray(number, dtype=float))
    tail, missed = (1.0 - level) / 2.0, tried - found
    # one in place of none, where the answer is known and the formula has none
    low = betaincinv(np.where(found > 0.0, found, 1.0), missed + 1.0, tail)
    high = betaincinv(found + 1.0, np.where(missed > 0.0, missed, 1.0), 1.0 - tail)
    return np.where(found > 0.0, low, 0.0), np.where(missed > 0.0, high, 1.0)


def proportion(hits: float, number: float, level: float = LEVEL) -> Estimate:
    """A share with its exact interval (Clopper and Pearson); counts need not be whole where they are means.

    Errors: InputError for hits outside 0 to number, or of none.
    """
    if not number > 0.0 or not 0.0 <= hits <= number:
        raise InputError(f"{hits:g} of {number:g} is no share")
    low, high = exact_limits(hits, number, level)
    return Estimate(hits / number, float(low), float(high), "exact (Clopper-Pearson)", level)


def predictive_values(sensitivity: float, specificity: float, prevalence: float) -> PredictiveValues:
    """Probability of the disease after a positive test, and of none after a negative one, at a prevalence (Bayes).

    PPV = s p / (s p + (1 - c)(1 - p)), NPV = c (1 - p) / (c (1 - p) + (1 - s) p).  NaN where nobody gets that result.
    Errors: InputError for a share outside 0 to 1.
    """
    for name, value in (("sensitivity", sensitivity), ("specificity", specificity), ("prevalence", prevalence)):
        if not 0.0 <= value <= 1.0:
            raise InputError(f"{name}: {value} is not between 0 and 1")
    positive = _share(sensitivity * prevalence, (1.0 - specificity) * (1.0 - prevalence))
    negative = _share(specificity * (1.0 - prevalence), (1.0 - sensitivity) * prevalence)
    return PredictiveValues(prevalence, positive, negative, 1.0 / positive if positive > 0.0 else math.nan)


def predictive_estimates(sensitivity: Estimate, specificity: Estimate, prevalence: float) -> tuple[Estimate, Estimate]:
    """Positive and negative predictive value with their intervals.

    Both rise with either share, so the limits are those at both lower and both upper limits; these hold together with
    probability level^2 only, which is the level of the result.
    """
    low, middle, high = (
        predictive_values(getattr(sensitivity, end), getattr(specificity, end), prevalence)
        for end in ("low", "value", "high")
    )
    level, method = sensitivity.level * specificity.level, "Bayes' rule at the limits of both shares"
    return (
        Estimate(middle.positive, low.positive, high.positive, method, level),
        Estimate(middle.negative, low.negative, high.negative, method, level),
    )


def _share(of: float, rest: float) -> float:
    return of / (of + rest) if of + rest > 0.0 else math.nan
