"""How well replicates repeat: coefficients of variation, videos that stand out, drift from the first to the last."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exocosm.bench.readings.estimates import student_quantile

Numbers = NDArray[np.float64]

_NORMAL = 1.4826  # makes the median absolute deviation the standard deviation of a normal distribution
_LEAST = 3  # videos before one can be told from the rest


@dataclass(frozen=True)
class Outlier:
    """A replicate that stands out.  ratio: its value over the median of the others.  score: its robust distance."""

    index: int
    quantity: str
    ratio: float
    score: float


@dataclass(frozen=True)
class Ratio:
    """One measurement over another, with a 95 % interval from the scatter of their replicates."""

    first: str
    second: str
    quantity: str
    value: float
    low: float
    high: float

    @property
    def is_different(self) -> bool:
        """Whether 1 lies outside the interval."""
        return self.low > 1 or self.high < 1


def outliers(values: Numbers, quantity: str, *, largest_score: float, smallest_change: float) -> tuple[Outlier, ...]:
    """Replicates far from the median, both in robust standard deviations and as a fraction of the median.

    score = |x - median| / (1.4826 MAD).  Both limits must be passed, since three close videos have a tiny MAD.
    """
    known = np.flatnonzero(np.isfinite(values))
    if known.size < _LEAST:
        return ()
    kept = values[known]
    middle = float(np.median(kept))
    if middle <= 0:
        return ()
    spread = _NORMAL * float(np.median(np.abs(kept - middle)))
    result = []
    for index in known:
        others = float(np.median(values[known[known != index]]))
        score = abs(float(values[index]) - middle) / spread if spread > 0 else math.inf
        ratio = float(values[index]) / others if others > 0 else math.inf
        if abs(ratio - 1) > smallest_change and score > largest_score and values[index] != middle:
            result.append(Outlier(int(index), quantity, ratio, score))
    return tuple(result)


def trend(values: Numbers) -> float:
    """Change from the first to the last replicate over the mean, if every step goes the same way; else 0.

    Four or more replicates; by chance alone, four go one way in one of twelve measurements.
    """
    known = values[np.isfinite(values)]
    if known.size < _LEAST + 1 or not (np.all(np.diff(known) > 0) or np.all(np.diff(known) < 0)):
        return 0.0
    return float((known[-1] - known[0]) / known.mean())


def ratio_of(first: str, one: Numbers, second: str, other: Numbers, quantity: str) -> Ratio:
    """The ratio of the geometric means of two sets of replicates, with Welch's interval on logarithms.

    The interval is NaN if either has fewer than two positive values.
    """
    a, b = (np.log(values[np.isfinite(values) & (values > 0)]) for values in (one, other))
    if a.size == 0 or b.size == 0:
        return Ratio(first, second, quantity, math.nan, math.nan, math.nan)
    centre = float(a.mean() - b.mean())
    if min(a.size, b.size) < 2:
        return Ratio(first, second, quantity, math.exp(centre), math.nan, math.nan)
    u, v = float(a.var(ddof=1)) / a.size, float(b.var(ddof=1)) / b.size
    if u + v == 0:
        return Ratio(first, second, quantity, math.exp(centre), math.exp(centre), math.exp(centre))
    degrees = (u + v) ** 2 / (u**2 / (a.size - 1) + v**2 / (b.size - 1))
    half = student_quantile(degrees) * math.sqrt(u + v)
    return Ratio(first, second, quantity, math.exp(centre), math.exp(centre - half), math.exp(centre + half))
