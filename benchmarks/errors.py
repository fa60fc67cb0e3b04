"""How wrong an engine is, and how long it takes at a given error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FLOOR = 1e-3  # of a state's own largest value: what is smaller than this is measured against this


def relative_errors(values: Array, truth: Array) -> Array:
    """|y - truth| / (|truth| + FLOOR max_t |truth|), element by element.

    Shapes: (subject, time, state).  A state that is zero all the time is right if it stays zero, and infinitely wrong
    otherwise; so is a value that is no number.
    """
    largest = np.max(np.abs(truth), axis=1, keepdims=True)
    difference, scale = np.abs(values - truth), np.abs(truth) + FLOOR * largest
    errors = np.divide(difference, scale, out=np.where(difference == 0.0, 0.0, np.inf), where=scale > 0.0)
    return np.where(np.isnan(errors), np.inf, errors)


def root_mean_square(values: Array, truth: Array) -> float:
    """The error of a run in one number: root mean square over subjects, times and states."""
    return float(np.sqrt(np.mean(relative_errors(values, truth) ** 2)))


@dataclass(frozen=True)
class Point:
    """One setting of one engine: its tolerance, the error that it achieves, seconds per subject (NaN: not timed)."""

    relative: float
    error: float
    seconds: float = math.nan


def bracket(points: Sequence[Point], error: float) -> tuple[Point, Point]:
    """The neighbours (looser, tighter tolerance) between which an error is reached for good; one twice that hits it.

    An error that falls unevenly with the tolerance may be crossed more than once; the tightest crossing counts.  An
    error outside of what was tried lies beyond the last two points on its side.
    """
    ordered = sorted(points, key=lambda point: -point.relative)
    hits = [point for point in ordered if point.error == error]
    if hits:
        return hits[-1], hits[-1]
    crossings = [pair for pair in pairwise(ordered) if pair[0].error >= error >= pair[1].error]
    if crossings:
        return crossings[-1]
    return (ordered[0], ordered[1]) if ordered[0].error < error else (ordered[-2], ordered[-1])


def seconds_at(points: Sequence[Point], error: float) -> float:
    """Seconds per subject at an error: a straight line through the bracketing points, both axes logarithmic."""
    looser, tighter = bracket(points, error)
    if looser.error == tighter.error:
        return tighter.seconds
    share = math.log(error / looser.error) / math.log(tighter.error / looser.error)
    return math.exp((1.0 - share) * math.log(looser.seconds) + share * math.log(tighter.seconds))
