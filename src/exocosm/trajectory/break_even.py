"""What-if curves and their break-even: how far must a value be moved until a contrast reaches its threshold?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from exocosm.engines.contract import Array
from exocosm.errors import InputError, nearest
from exocosm.study.resolved import WhatIf
from exocosm.trajectory import evaluation
from exocosm.trajectory.summary import QUANTILES, Band, band

if TYPE_CHECKING:
    from exocosm.trajectory.result import Result


@dataclass(frozen=True)
class BreakEven:
    """Where the contrast first reaches its threshold, over the draws.

    low, median, high: quantiles over all draws with a curve, in the unit of the value that is moved; -inf or +inf where
    that quantile of the draws lies before the first or beyond the last value tried.  per_draw likewise (NaN: no curve).
    already: share of draws at or past the threshold at the first value; reached: share that gets there on the way;
    never: share that does not within the range; missing: share without a curve (failed runs).
    """

    what_if: str
    unit: str
    threshold: float
    low: float
    median: float
    high: float
    already: float
    reached: float
    never: float
    missing: float
    per_draw: Array


@dataclass(frozen=True)
class WhatIfCurve:
    """A contrast against the moved value, over the draws (typical animal), with its break-even."""

    what_if: str
    values: Array
    unit: str
    contrast: str
    contrast_unit: str
    curve: Band
    per_draw: Array  # (draw, value)
    break_even: BreakEven


def crossing(curve: Array, threshold: float, better: str = "higher") -> float:
    """Where a curve over the values tried first reaches the better side of a threshold, as a position 0 .. len - 1.

    -inf: it is there at the first value; +inf: never within the range; NaN: unknown, a number is missing before it.
    Between two values the curve is linear in the value, or in its logarithm where `runs_over_decades`.
    """
    gap = (curve - threshold) if better == "higher" else (threshold - curve)
    for index, here in enumerate(gap):
        if np.isnan(here):
            return float("nan")
        if here >= 0:
            if index == 0:
                return float("-inf")
            before = gap[index - 1]
            return index - 1 + float(before / (before - here))
    return float("inf")


def runs_over_decades(values: Array) -> bool:
    """Whether values are better laid out by factors: all positive, and the largest at least ten times the smallest."""
    return bool(values.size and (values > 0).all() and values.max() >= 10 * values.min())


def at_position(values: Array, position: float) -> float:
    """The value at a position between the values tried; infinite beyond them, in the direction in which they run."""
    values = np.asarray(values, float)
    if np.isnan(position):
        return float("nan")
    if np.isinf(position):
        rising = len(values) < 2 or values[-1] > values[0]
        return position if rising else -position
    index = min(int(position), len(values) - 2)
    share = position - index
    left, right = values[index], values[index + 1]
    if runs_over_decades(values):
        return float(left * (right / left) ** share)
    return float(left + share * (right - left))


def break_even(what_if: WhatIf, values: Array, curves: Array, better: str) -> BreakEven:
    """The break-even of every draw, and its quantiles over the draws.  curves: (draw, value)."""
    positions = np.array([crossing(curve, what_if.threshold, better) for curve in curves], float)
    known = np.sort(positions[~np.isnan(positions)])
    count = len(positions)
    # nearest draws instead of interpolation: one cannot interpolate towards "never"
    ends = [at_position(values, known[_rank(q, len(known))]) if known.size else float("nan") for q in QUANTILES]
    low, high = sorted((ends[0], ends[2])) if known.size else (ends[0], ends[2])

    def share(which: Array) -> float:
        return float(np.count_nonzero(which)) / count if count else float("nan")

    return BreakEven(
        what_if=what_if.name,
        unit=what_if.unit,
        threshold=what_if.threshold,
        low=low,
        median=ends[1],
        high=high,
        already=share(positions == -np.inf),
        reached=share(np.isfinite(positions)),
        never=share(positions == np.inf),
        missing=share(np.isnan(positions)),
        per_draw=np.array([at_position(values, position) for position in positions], float),
    )


def _rank(quantile: float, count: int) -> int:
    """The place among `count` sorted draws whose expected probability is nearest the quantile (place + 1)/(count + 1).

    With fewer than 39 draws the outer quantiles lie beyond the draws, and the outermost draws stand for them.
    """
    return min(max(round(quantile * (count + 1)) - 1, 0), count - 1)


def what_if_curve(result: Result, name: str) -> WhatIfCurve:
    """The curve of a what-if with its band over the draws and its break-even.  Raises InputError if there is none.

    It is read from the value that the study itself uses towards the far end: where that value is nearer the highest of
    those tried, they run downwards, and the break-even is where the contrast first gets there on the way down.
    """
    known = {each.name: each for each in result.study.what_ifs}
    if name not in known:
        raise InputError(f"the study has no what-if '{name}'; {nearest(name, known)}")
    what_if = known[name]
    contrast = next(each for each in result.study.contrasts if each.name == what_if.contrast)
    values = _from_today(result, what_if)
    rows = result.what_if[result.what_if["what_if"] == name]
    table = rows.pivot_table(index="draw", columns="value", values="contrast_value", dropna=False)
    curves = table.reindex(columns=list(values)).sort_index().to_numpy(float)
    unit = evaluation.contrast_unit(contrast, result.study.metrics, result.study.outputs)
    even = break_even(what_if, values, curves, contrast.better)
    return WhatIfCurve(name, values, what_if.unit, contrast.name, unit, band(curves), curves, even)


def _from_today(result: Result, what_if: WhatIf) -> Array:
    """The values of a what-if, those nearest the study's own first."""
    values = np.asarray(what_if.over, float)
    pin = next(arm for arm in result.study.arms if arm.name == what_if.arm).pins.get(what_if.vary)
    falling = pin is not None and abs(pin.value.value - values[-1]) < abs(pin.value.value - values[0])
    return values[::-1] if falling else values
