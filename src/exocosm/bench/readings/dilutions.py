"""Dilution series: does the number of particles fall as the sample is diluted, and which dilution breaks the line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exocosm.bench.readings.estimates import student_quantile

Numbers = NDArray[np.float64]

_LEAST = 2
_DENSEST_LOW = "too many particles in the field, so that tracks cross and are lost, would look like this: dilute more"
_THINNEST_HIGH = "particles of the diluent that are counted too would look like this: measure the diluent alone"
_THINNEST_LOW = "particles lost to walls, or too few tracks, would look like this"


@dataclass(frozen=True, eq=False)
class Level:
    """One dilution of a sample.  in_tube: particle/mL measured in the diluted tube, by replicate."""

    name: str
    dilution: float
    in_tube: Numbers

    @property
    def undiluted(self) -> Numbers:
        """Particle/mL of the undiluted sample, by replicate."""
        return self.in_tube * self.dilution


@dataclass(frozen=True)
class Broken:
    """A dilution off the line.  ratio: its undiluted concentration over that of the dilutions that agree."""

    name: str
    dilution: float
    ratio: float
    reason: str


@dataclass(frozen=True, eq=False)
class Linearity:
    """What a dilution series says.

    slope: d ln(measured) / d ln(1 / dilution), 1 for a straight line through zero, with its 95 % interval (NaN where
    none can be given) and on what it rests.  agreeing: names of the dilutions that agree with one another.
    verdict: 'linear', 'not linear' or 'undecided'.
    """

    levels: tuple[Level, ...]
    slope: float
    low: float
    high: float
    how: str
    agreeing: tuple[str, ...]
    broken: tuple[Broken, ...]
    verdict: str


def linearity(levels: Sequence[Level], largest_difference: float) -> Linearity | None:
    """The line through a dilution series; None without two different dilutions of measured concentrations.

    largest_difference: how far undiluted concentrations may lie apart and still agree (0.25: a quarter).
    The largest set of dilutions that agree, and those as near to its mean, are taken for right; which of two is,
    cannot be told.
    """
    usable = [level for level in levels if np.isfinite(level.in_tube).any() and np.nanmin(level.in_tube) > 0]
    usable.sort(key=lambda level: level.dilution)
    if len({level.dilution for level in usable}) < _LEAST:
        return None
    slope, low, high, how = _slope(usable)
    logs = np.array([np.nanmean(np.log(level.undiluted)) for level in usable])
    width = math.log1p(largest_difference)
    agreeing = _largest_agreeing(logs, width)
    is_clear = agreeing.size * 2 > len(usable)
    broken = []
    if is_clear:
        centre = float(logs[agreeing].mean())
        # many dilutions spread more widely by chance than two: what is near the middle of the others agrees with them
        agreeing = np.flatnonzero(np.abs(logs - centre) <= width)
        for index, level in enumerate(usable):
            if index not in agreeing and not _covers(level, centre):
                ratio = math.exp(float(logs[index]) - centre)
                broken.append(Broken(level.name, level.dilution, ratio, _reason(index, len(usable), ratio)))
    names = tuple(usable[index].name for index in agreeing) if is_clear else ()
    off_line = math.isfinite(low) and not low <= 1 <= high
    bends = off_line and abs(slope - 1) * _log_range(usable) > math.log1p(largest_difference)
    if broken or bends or not is_clear:
        verdict = "not linear"
    elif not math.isfinite(low):
        verdict = "undecided"
    else:
        verdict = "linear"
    return Linearity(tuple(usable), slope, low, high, how, names, tuple(broken), verdict)


def _log_range(levels: Sequence[Level]) -> float:
    return math.log(levels[-1].dilution / levels[0].dilution)


def _slope(levels: Sequence[Level]) -> tuple[float, float, float, str]:
    """Slope of the log means on the log of 1/dilution, its interval, and on what that rests."""
    x = -np.log([level.dilution for level in levels])
    y = np.array([np.nanmean(np.log(level.in_tube)) for level in levels])
    away = x - x.mean()
    squares = float(away @ away)
    slope = float(away @ y / squares)
    if len(levels) > _LEAST:
        residual = y - y.mean() - slope * away
        degrees = len(levels) - 2
        half = student_quantile(degrees) * math.sqrt(float(residual @ residual) / degrees / squares)
        return slope, slope - half, slope + half, f"t over {len(levels)} dilutions"
    errors = [_squared_error(level) for level in levels]
    if any(math.isnan(error) for error, _ in errors) or not sum(error for error, _ in errors):
        return slope, math.nan, math.nan, "no interval: two dilutions without replicates"
    total = float(sum(error for error, _ in errors))
    freedom = total**2 / sum(error**2 / (size - 1) for error, size in errors)
    half = student_quantile(freedom) * math.sqrt(total) / abs(float(x[1] - x[0]))
    return slope, slope - half, slope + half, "scatter of the videos of two dilutions"


def _squared_error(level: Level) -> tuple[float, int]:
    """Squared standard error of the mean logarithm, and the number of replicates; NaN for fewer than two."""
    logs = np.log(level.in_tube[np.isfinite(level.in_tube)])
    return (float(logs.var(ddof=1)) / logs.size if logs.size > 1 else math.nan), int(logs.size)


def _largest_agreeing(logs: Numbers, width: float) -> NDArray[np.intp]:
    """Indices of the largest set within a width of one another; of several, the tightest."""
    order = np.argsort(logs)
    ordered = logs[order]
    best: tuple[int, float, int, int] = (0, 0.0, 0, 0)
    for start in range(ordered.size):
        stop = int(np.searchsorted(ordered, ordered[start] + width * (1 + 1e-12), side="right"))
        best = max(best, (stop - start, float(ordered[start] - ordered[stop - 1]), start, stop))
    return np.sort(order[best[2] : best[3]])


def _covers(level: Level, centre: float) -> bool:
    """Whether the 95 % interval of the replicates of a dilution holds a logarithm."""
    logs = np.log(level.undiluted[np.isfinite(level.undiluted)])
    if logs.size <= _LEAST:
        return False
    half = student_quantile(logs.size - 1) * float(logs.std(ddof=1)) / math.sqrt(logs.size)
    return abs(float(logs.mean()) - centre) <= half


def _reason(index: int, number: int, ratio: float) -> str:
    """What would look like this."""
    if index == 0 and ratio < 1:
        return _DENSEST_LOW
    if index == number - 1:
        return _THINNEST_HIGH if ratio > 1 else _THINNEST_LOW
    return "an error in this dilution would look like this: dilute again"
