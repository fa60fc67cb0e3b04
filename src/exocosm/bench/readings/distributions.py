"""Size distributions side by side: of every replicate, and their mean with its band."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exocosm.bench.readings.estimates import LEAST_REPLICATES, student_quantile
from exocosm.bench.readings.measured import MeasurementResult
from exocosm.bench.readings.sizes import counted_diameters, size_histogram
from exocosm.bench.recordings.contract import Replicate

Array = NDArray[np.float64]

_LIST_BINS = 60  # over listed diameters


@dataclass(frozen=True, eq=False)
class Distribution:
    """Particles per nm of diameter.

    low, centre, high: nm, [bin].  replicates: [replicate, bin], in `unit` per nm.  mean: [bin].  band_low, band_high:
    95 % t-interval of the mean at every bin, NaN for fewer than three replicates.
    unit: 'particle/mL' (of what, says the concentration) or 'share of particles'.
    """

    low: Array
    centre: Array
    high: Array
    replicates: Array
    mean: Array
    band_low: Array
    band_high: Array
    unit: str


def distribution_of(result: MeasurementResult) -> Distribution | None:
    """The size distribution of a measurement, None if there is none.

    In particle/mL like the concentration of the result, where that is known; else as shares that add up to one.
    """
    replicates = result.measurement.replicates
    bins = _common_bins(replicates)
    if bins is None:
        return None
    low, centre, high, amounts, is_concentration = bins
    width = high - low
    if is_concentration and np.isfinite(result.concentration.by_replicate).any():
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = result.concentration.by_replicate / result.concentration.stated
        values, unit = amounts * factor[:, np.newaxis] / width, "particle/mL"
        values = values[np.isfinite(values).all(axis=1)]
    else:
        values, unit = amounts / amounts.sum(axis=1, keepdims=True) / width, "share of particles"
    if values.shape[0] == 0:
        return None
    mean = values.mean(axis=0)
    half = np.full_like(mean, math.nan)
    if values.shape[0] >= LEAST_REPLICATES:
        error = values.std(axis=0, ddof=1) / math.sqrt(values.shape[0])
        half = student_quantile(values.shape[0] - 1) * error
    return Distribution(low, centre, high, values, mean, np.maximum(mean - half, 0), mean + half, unit)


def _common_bins(replicates: Sequence[Replicate]) -> tuple[Array, Array, Array, Array, bool] | None:
    """Bins and amounts [replicate, bin] of all replicates that share them; whether amounts are particle/mL."""
    histograms = [found for replicate in replicates if (found := size_histogram(replicate)) is not None]
    if histograms:
        first = histograms[0]
        if len(histograms) != len(replicates) or any(
            not np.array_equal(one.centre_nm, first.centre_nm) for one in histograms
        ):
            return None
        amounts = np.array([one.amount for one in histograms])
        return first.low_nm, first.centre_nm, first.high_nm, amounts, first.unit == "particle/mL"
    listed = [one for replicate in replicates if (one := counted_diameters(replicate)) is not None and one.size]
    if not listed:
        return None
    together = np.concatenate(listed)
    edges = np.geomspace(float(together.min()) * (1 - 1e-9), float(together.max()) * (1 + 1e-9) + 1e-9, _LIST_BINS + 1)
    amounts = np.array([np.histogram(one, edges)[0] for one in listed], dtype=float)
    return edges[:-1], np.sqrt(edges[:-1] * edges[1:]), edges[1:], amounts, False
