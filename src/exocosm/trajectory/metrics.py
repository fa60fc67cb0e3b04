"""Numbers taken from time courses: areas, peaks, last values, half-lives, ratios.

Every function takes `times` (T,) in hours and `values` (..., T) and returns (...,).  A curve with a NaN inside the
window asked for gives NaN: what was not computed is never guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from exocosm.engines.contract import Array
from exocosm.errors import InputError, nearest


def window(times: Array, values: Array, start: float | None, until: float | None) -> tuple[Array, Array]:
    """The part of the curves between `start` and `until`, with linearly interpolated points at the ends."""
    times, values = np.asarray(times, float), np.asarray(values, float)
    low = times[0] if start is None else max(start, times[0])
    high = times[-1] if until is None else min(until, times[-1])
    if high < low:
        raise InputError(
            f"the window {start} h to {until} h holds none of the recorded times {times[0]:g} h to {times[-1]:g} h"
        )
    inner = (times > low) & (times < high)
    grid = np.concatenate(([low], times[inner], [high] if high > low else []))
    parts = [at(times, values, low)[..., None], values[..., inner]]
    if high > low:
        parts.append(at(times, values, high)[..., None])
    return grid, np.concatenate(parts, axis=-1)


def at(times: Array, values: Array, moment: float) -> Array:
    """The value at a moment, linear between the recorded times.  hours; raises InputError outside of them."""
    times, values = np.asarray(times, float), np.asarray(values, float)
    if not times[0] <= moment <= times[-1]:
        raise InputError(f"the value at {moment:g} h was asked for, but recorded are {times[0]:g} h to {times[-1]:g} h")
    right = int(np.searchsorted(times, moment))
    if times[right] == moment:
        return values[..., right]
    share = (moment - times[right - 1]) / (times[right] - times[right - 1])
    return (1.0 - share) * values[..., right - 1] + share * values[..., right]


def auc(times: Array, values: Array) -> Array:
    """Area under the curve by the trapezoidal rule.  value x hour."""
    return np.sum(np.diff(times) * 0.5 * (values[..., 1:] + values[..., :-1]), axis=-1)


def maximum(times: Array, values: Array) -> Array:
    """The largest recorded value."""
    return np.max(values, axis=-1)


def minimum(times: Array, values: Array) -> Array:
    """The smallest recorded value."""
    return np.min(values, axis=-1)


def last(times: Array, values: Array) -> Array:
    """The value at the end."""
    return values[..., -1]


def mean(times: Array, values: Array) -> Array:
    """The mean over time: area under the curve over the length of the window."""
    length = times[-1] - times[0]
    if length == 0:
        return values[..., 0]
    return auc(times, values) / length


def time_of_maximum(times: Array, values: Array) -> Array:
    """When the largest recorded value is first reached.  hours."""
    missing = np.isnan(values).any(axis=-1)
    first = np.argmax(np.where(np.isnan(values), -np.inf, values), axis=-1)
    return np.where(missing, np.nan, np.asarray(times)[first])


def half_life(times: Array, values: Array) -> Array:
    """Terminal half-life ln 2 / lambda_z.  hours.

    lambda_z is the slope of ln(value) against time by least squares over the last k recorded points after the maximum,
    k from 3 upward, the k with the best adjusted R2 (of those within 0.0001 of the best the largest): the common rule
    of non-compartmental analysis.  NaN where fewer than three positive points follow the maximum or the slope rises.
    """
    flat = values.reshape(-1, values.shape[-1])
    rates = [terminal_rate(times, curve)[0] for curve in flat]
    with np.errstate(divide="ignore", invalid="ignore"):
        return (np.log(2.0) / np.asarray(rates)).reshape(values.shape[:-1])


def terminal_rate(times: Array, curve: Array) -> tuple[float, int]:
    """(lambda_z per hour, number of points used) of one curve by the rule of `half_life`; (NaN, 0) if there is none."""
    if np.isnan(curve).any():
        return float("nan"), 0
    after = np.arange(len(curve)) >= int(np.argmax(curve))
    usable = after & (curve > 0)
    if usable.sum() < 3:
        return float("nan"), 0
    # sums over the last k points for every k at once, measured from the last point so that little cancels
    x = (np.asarray(times, float)[usable] - np.asarray(times, float)[usable][-1])[::-1]
    y = (np.log(curve[usable]) - np.log(curve[usable][-1]))[::-1]
    count = np.arange(1, len(x) + 1)
    sum_x, sum_y = np.cumsum(x), np.cumsum(y)
    xx, yy = np.cumsum(x * x) - sum_x**2 / count, np.cumsum(y * y) - sum_y**2 / count
    xy = np.cumsum(x * y) - sum_x * sum_y / count
    count, xx, yy, xy = count[2:], xx[2:], yy[2:], xy[2:]
    falling = (xy < 0) & (yy > 0)
    if not falling.any():
        return float("nan"), 0
    quality = np.full(len(count), -np.inf)
    quality[falling] = 1.0 - (1.0 - xy[falling] ** 2 / (xx * yy)[falling]) * (count[falling] - 1) / (count[falling] - 2)
    chosen = int(np.flatnonzero(quality >= quality.max() - 1e-4)[-1])
    return float(-xy[chosen] / xx[chosen]), int(count[chosen])


def time_above(times: Array, values: Array, level: float) -> Array:
    """How long the curve (linear between the recorded times) lies above a level.  hours."""
    left, right = values[..., :-1] - level, values[..., 1:] - level
    step = np.diff(times)
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = np.abs(np.maximum(left, right)) / np.abs(right - left)
    share = np.where((left > 0) & (right > 0), 1.0, np.where((left > 0) | (right > 0), crossing, 0.0))
    share = np.where(np.isnan(left) | np.isnan(right), np.nan, share)
    return np.sum(share * step, axis=-1)


def ratio(numerator: Array, denominator: Array) -> Array:
    """One number over the other; NaN where the denominator is zero."""
    numerator, denominator = np.broadcast_arrays(np.asarray(numerator, float), np.asarray(denominator, float))
    result = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=result, where=denominator != 0)
    return result


PLAIN: Mapping[str, Callable[[Array, Array], Array]] = {
    "auc": auc,
    "maximum": maximum,
    "minimum": minimum,
    "last": last,
    "mean": mean,
    "time_of_maximum": time_of_maximum,
    "half_life": half_life,
}
TAKES = (*PLAIN, "at", "time_above")


def take(
    how: str,
    times: Array,
    values: Array,
    *,
    moment: float | None = None,
    start: float | None = None,
    until: float | None = None,
    level: float | None = None,
) -> Array:
    """One number per curve by the name of the rule (`TAKES`), within start..until (hours)."""
    if how == "at":
        if moment is None:
            raise InputError("a metric with `take: at` needs `at:`, the moment")
        return at(times, values, moment)
    grid, inside = window(times, values, start, until)
    if how == "time_above":
        if level is None:
            raise InputError("a metric with `take: time_above` needs `level:`")
        return time_above(grid, inside, level)
    if how not in PLAIN:
        raise InputError(f"a metric cannot take '{how}' of a time course; {nearest(how, TAKES)}")
    return PLAIN[how](grid, inside)
