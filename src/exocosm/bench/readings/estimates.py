"""A number from repeated measurements with its 95 % interval, and on what the interval rests."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

LEVEL = 0.95
LEAST_REPLICATES = 3  # below this a t-interval says nothing
RESAMPLES = 400
_SEED = 20240214  # of the bootstrap: the same files give the same intervals


@dataclass(frozen=True)
class Estimate:
    """A number and its 95 % interval.

    low, high: NaN where no interval can be given.  sd: between the replicates, NaN for fewer than two.  number: of
    replicates.  how: on what the interval rests, in words; it covers the instrument's own scatter only.
    """

    value: float
    low: float = math.nan
    high: float = math.nan
    sd: float = math.nan
    number: int = 1
    how: str = "no interval"

    @property
    def cv(self) -> float:
        """Coefficient of variation between the replicates, a fraction; NaN for fewer than two."""
        return self.sd / self.value if self.value > 0 else math.nan


NOTHING = Estimate(math.nan, number=0, how="not measured")


def student_quantile(degrees: float) -> float:
    """The 97.5 % point of Student's t with that many degrees of freedom."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 0.5 + LEVEL / 2))


def over_replicates(values: Sequence[float] | Numbers, what: str = "videos", *, at_least: float = 0.0) -> Estimate:
    """The mean of replicates, with a t-interval of three or more.

    mean +- t(n - 1) sd / sqrt(n).  NaN are left out.  what: what the replicates are, in the plural.
    at_least: the interval does not go below it (no size or concentration is negative).
    """
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    if known.size == 0:
        return NOTHING
    mean = float(known.mean())
    if known.size == 1:
        return Estimate(mean, how=f"no interval: one of {what}")
    sd = float(known.std(ddof=1))
    if not known.any():  # nothing seen has no scatter, which does not make nothing certain
        return Estimate(0.0, sd=0.0, number=known.size, how=f"no interval: nothing in {known.size} {what}")
    if known.size < LEAST_REPLICATES:
        return Estimate(mean, sd=sd, number=known.size, how=f"no interval: {known.size} {what}")
    half = student_quantile(known.size - 1) * sd / math.sqrt(known.size)
    return Estimate(mean, max(mean - half, at_least), mean + half, sd, known.size, f"t over {known.size} {what}")


def over_particles(
    counts: Numbers, statistic: Callable[[Numbers], Numbers], names: Sequence[str]
) -> dict[str, Estimate]:
    """Statistics of counted particles with percentile intervals from resampling the particles.

    counts: how many particles stand in each bin.  statistic: counts[resample, bin] -> [resample, name].
    """
    total = round(float(counts.sum()))
    centre = statistic(counts[np.newaxis, :])[0]
    if total < 2:
        return {name: Estimate(float(value)) for name, value in zip(names, centre, strict=True)}
    random = np.random.default_rng(_SEED)
    resampled = statistic(random.multinomial(total, counts / counts.sum(), size=RESAMPLES).astype(float))
    low, high = np.quantile(resampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    how = f"bootstrap over {total:,} particles"
    return {
        name: Estimate(float(centre[k]), float(low[k]), float(high[k]), number=1, how=how)
        for k, name in enumerate(names)
    }
