"""Sizes of the particles in a recording: mean, mode, SD and percentiles, by number of particles."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from exocosm.bench.readings.estimates import LEAST_REPLICATES, NOTHING, Estimate, over_particles, over_replicates
from exocosm.bench.recordings.contract import Histogram, Replicate

Numbers = NDArray[np.float64]

NAMES = ("mean", "mode", "sd", "d10", "d50", "d90")
COUNTED = ("particle",)  # units of an amount that is a count, so that particles can be resampled
_SHARES = {"d10": 0.1, "d50": 0.5, "d90": 0.9}
_STEP_NM = 1.0  # width of the bins in which listed diameters are counted
_MOST_BINS = 4096


def sizes_of_bins(low: Numbers, centre: Numbers, high: Numbers, amounts: Numbers) -> Numbers:
    """Mean, mode, SD, D10, D50 and D90 of histograms; shape [histogram, name], in the unit of the bins.

    Mean and SD from the centres of the bins; the mode is the centre of the bin with most particles per nm; the
    percentiles are straight lines within a bin.  amounts: [histogram, bin], none negative.  NaN for an empty one.
    """
    result = np.full((amounts.shape[0], len(NAMES)), np.nan)
    totals = amounts.sum(axis=1)
    filled = totals > 0
    if not filled.any():
        return result
    share = amounts[filled] / totals[filled, np.newaxis]
    mean = share @ centre
    result[filled, 0] = mean
    result[filled, 1] = centre[np.argmax(share / (high - low), axis=1)]
    result[filled, 2] = np.sqrt(np.maximum(share @ centre**2 - mean**2, 0.0))
    cumulative = np.cumsum(share, axis=1)
    for column, wanted in enumerate(_SHARES.values(), 3):
        bins = np.minimum(np.argmax(cumulative >= wanted * (1 - 1e-12), axis=1), centre.size - 1)
        rows = np.arange(bins.size)
        inside = share[rows, bins]
        missing = wanted - (cumulative[rows, bins] - inside)
        result[filled, column] = low[bins] + missing / inside * (high[bins] - low[bins])
    return result


def sizes_of_particles(diameters: Numbers) -> Numbers:
    """Mean, mode, SD, D10, D50 and D90 of listed diameters, shape [name].  NaN for an empty list.

    They are counted in bins of 1 nm; the mode is the highest point of the counts smoothed by Silverman's width.
    """
    if diameters.size == 0:
        return np.full(len(NAMES), np.nan)
    return _of_counts(*_counted(diameters), is_listed=True)[0]


def _counted(diameters: Numbers) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Low ends, centres and high ends of equal bins over listed diameters, and how many stand in each."""
    smallest, largest = float(diameters.min()), float(diameters.max())
    step = max(_STEP_NM, (largest - smallest) / _MOST_BINS)
    first = np.floor(smallest / step)
    place = np.floor(diameters / step - first).astype(int)
    counts = np.bincount(place).astype(float)
    low = (first + np.arange(counts.size)) * step
    return low, low + step / 2, low + step, counts


def _of_counts(low: Numbers, centre: Numbers, high: Numbers, counts: Numbers, *, is_listed: bool) -> Numbers:
    """The sizes of counted particles, [resample, name]; `counts` is [bin] or [resample, bin]."""
    counts = np.atleast_2d(counts)
    result = sizes_of_bins(low, centre, high, counts)
    if is_listed and centre.size > 1:
        number, step = float(counts[0].sum()), float(high[0] - low[0])
        quarter = (result[0, 5] - result[0, 3]) / 2.563  # of a normal distribution this is the standard deviation
        width = 0.9 * min(float(result[0, 2]), quarter) * number**-0.2 / step
        if width > 0:
            reach = max(int(3 * width), 1)
            kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
            length = centre.size + 2 * reach
            smooth = np.fft.irfft(np.fft.rfft(counts, length, axis=1) * np.fft.rfft(kernel, length), length, axis=1)
            result[:, 1] = centre[np.argmax(smooth[:, reach : reach + centre.size], axis=1)]
    return result


def counted_diameters(replicate: Replicate) -> Numbers | None:
    """The listed diameters that the instrument counted, None if it lists none."""
    if replicate.diameters_nm is None:
        return None
    listed = replicate.diameters_nm if replicate.included is None else replicate.diameters_nm[replicate.included]
    return listed[np.isfinite(listed) & (listed > 0)]


def size_histogram(replicate: Replicate) -> Histogram | None:
    """The number-weighted histogram over diameters, None if there is none that holds particles."""
    found = replicate.histogram
    if found is None or found.axis != "nm" or not np.isfinite(found.amount).all() or not found.amount.sum() > 0:
        return None
    return found


def replicate_sizes(replicate: Replicate) -> Numbers:
    """Mean, mode, SD, D10, D50 and D90 of one video: from its histogram, else from its particles; NaN for neither."""
    histogram = size_histogram(replicate)
    if histogram is not None:
        return sizes_of_bins(histogram.low_nm, histogram.centre_nm, histogram.high_nm, histogram.amount[np.newaxis, :])[
            0
        ]
    listed = counted_diameters(replicate)
    return np.full(len(NAMES), np.nan) if listed is None else sizes_of_particles(listed)


def size_estimates(replicates: Sequence[Replicate], by_replicate: Numbers, what: str = "videos") -> dict[str, Estimate]:
    """Every size with its 95 % interval.

    by_replicate: [replicate, name], as `replicate_sizes` gives them.  Three or more replicates: t-interval on their
    values.  Fewer: the particles are resampled where the file lists or counts them; else there is no interval.
    """
    known = np.isfinite(by_replicate).all(axis=1)
    if not known.any():
        return dict.fromkeys(NAMES, NOTHING)
    if int(known.sum()) < LEAST_REPLICATES:
        counted = _pooled(replicates)
        if counted is not None:
            bins, counts, is_listed = counted
            return over_particles(counts, partial(_of_counts, *bins, is_listed=is_listed), NAMES)
    return {name: over_replicates(by_replicate[known, k], what) for k, name in enumerate(NAMES)}


def _pooled(replicates: Sequence[Replicate]) -> tuple[tuple[Numbers, Numbers, Numbers], Numbers, bool] | None:
    """The bins of all particles, how many stand in each, and whether diameters were listed; None unless counted."""
    listed = [counted_diameters(replicate) for replicate in replicates]
    present = [one for one in listed if one is not None and one.size]
    if present and len(present) == len(replicates):
        low, centre, high, counts = _counted(np.concatenate(present))
        return (low, centre, high), counts, True
    found = [_counts_of(replicate) for replicate in replicates]
    histograms = [one for one in found if one is not None]
    if not histograms or len(histograms) != len(replicates):
        return None
    first = histograms[0]
    if any(not np.array_equal(one.centre_nm, first.centre_nm) for one in histograms):
        return None
    together = np.sum([one.amount for one in histograms], axis=0)
    return (first.low_nm, first.centre_nm, first.high_nm), together, False


def _counts_of(replicate: Replicate) -> Histogram | None:
    """How many tracks or particles stand behind each bin of diameters, None if the file does not say."""
    tracks = replicate.other.get("tracks")
    if tracks is not None and tracks.axis == "nm" and tracks.amount.sum() > 0:
        return tracks
    histogram = size_histogram(replicate)
    return histogram if histogram is not None and histogram.unit in COUNTED else None
