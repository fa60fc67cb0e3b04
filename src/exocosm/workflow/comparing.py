"""Measured against predicted: every measurement of a study and of its comparisons, with a verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from exocosm import units
from exocosm.engines.contract import Array
from exocosm.study.resolved import Measurement, ResolvedStudy
from exocosm.trajectory import evaluation
from exocosm.trajectory import metrics as rules
from exocosm.trajectory.summary import summarise
from exocosm.workflow.gathering import Curves, contrast_draws
from exocosm.workflow.plan import find_contrast

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "study",
    "measurement",
    "role",
    "arm",
    "title",
    "what",
    "unit",
    "measured",
    "measured_low",
    "measured_high",
    "predicted",
    "predicted_low",
    "predicted_high",
    "verdict",
    "source",
    "note",
    "factor_off",
)


def comparison_rows(study: ResolvedStudy, curves: Curves, arrays: dict[tuple[str, str], Array]) -> list[dict[str, Any]]:
    """One row per measured number.  predicted: the typical animal (median of draws) and the predictive interval.

    The interval of a contrast, measured between groups, is over the draws of the groups' means.

    verdict: `calibrated` and `overlay` follow the role; a prediction is `in` if the measured number, or any of its
    range, lies within the 95 % predictive interval, else `out`; `missing` where nothing was predicted.
    note: says so where some predicted numbers do not exist (no terminal phase, a failed subject) and are left out.
    factor_off: the larger of predicted / measured and its inverse; NaN unless both are positive.
    """
    rows = []
    for measurement in study.measurements:
        for number, (what, typical, interval, missing) in enumerate(_predictions(study, measurement, curves, arrays)):
            value = measurement.values[number]
            low = measurement.low[number] if measurement.low else float("nan")
            high = measurement.high[number] if measurement.high else float("nan")
            positive = value > 0 and typical > 0
            rows.append(
                {
                    "study": study.name,
                    "measurement": measurement.name,
                    "role": measurement.role,
                    "arm": measurement.arm or _arms_of(study, measurement.contrast),
                    "title": measurement.title,
                    "what": what,
                    "unit": measurement.unit,
                    "measured": value,
                    "measured_low": low,
                    "measured_high": high,
                    "predicted": typical,
                    "predicted_low": interval[0],
                    "predicted_high": interval[1],
                    "verdict": verdict(measurement.role, value, low, high, interval),
                    "source": " ".join(part for part in (measurement.source, measurement.locator) if part),
                    "note": "; ".join(part for part in (measurement.note, _told(missing)) if part),
                    "factor_off": max(typical / value, value / typical) if positive else float("nan"),
                }
            )
    return rows


def verdict(role: str, value: float, low: float, high: float, interval: tuple[float, float]) -> str:
    """What a measured number says of a prediction; low and high are NaN where no range was measured."""
    if np.isnan(interval).any():
        return "missing"
    if role == "calibration":
        return "calibrated"
    if role == "overlay":
        return "overlay"
    low, high = (value if np.isnan(end) else end for end in (low, high))
    return "in" if min(low, value) <= interval[1] and max(high, value) >= interval[0] else "out"


def _predictions(
    study: ResolvedStudy, measurement: Measurement, curves: Curves, arrays: dict[tuple[str, str], Array]
) -> Iterator[tuple[str, float, tuple[float, float], float]]:
    """(what, typical, interval, share without a value) of each number of a measurement, in its unit."""
    if measurement.contrast:
        contrast = find_contrast(study, measurement.contrast)
        scale = units.convert(1.0, evaluation.contrast_unit(contrast, study.metrics, study.outputs), measurement.unit)
        typical, groups = contrast_draws(contrast, arrays) or (np.full(1, np.nan), np.full(1, np.nan))
        for _ in measurement.values:
            yield contrast.title or contrast.name, *_interval(np.stack([typical, groups], axis=1) * scale)
        return
    if measurement.metric:
        metric = next(each for each in study.metrics if each.name == measurement.metric)
        unit = evaluation.metric_unit(metric, study.metrics, study.outputs)
        array = arrays.get((measurement.arm, measurement.metric))
        values = np.full((1, 1), np.nan) if array is None else array[1:]
        for _ in measurement.values:
            yield metric.title or metric.name, *_interval(values * units.convert(1.0, unit, measurement.unit))
        return
    places = {output.name: place for place, output in enumerate(study.outputs)}
    output = study.outputs[places[measurement.output]]
    number, arm = next((n, arm) for n, arm in enumerate(study.arms) if arm.name == measurement.arm)
    inside = curves.times <= arm.schedule.end
    times, values = curves.times[inside], curves.values[number, :, :, inside, places[output.name]]
    values = np.moveaxis(values, 0, -1) * units.convert(1.0, output.unit, measurement.unit)
    for time in measurement.times:
        what = f"{output.title or output.name} at {time:g} h"
        if times[0] <= time <= times[-1]:
            yield what, *_interval(rules.at(times, values, time))
        else:
            yield what, float("nan"), (float("nan"), float("nan")), 1.0


def _arms_of(study: ResolvedStudy, name: str) -> str:
    contrast = find_contrast(study, name)
    return f"{contrast.arm} against {contrast.against}"


def _interval(values: Array) -> tuple[float, tuple[float, float], float]:
    summary = summarise(np.asarray(np.nan), values)
    interval = float(summary.predictive.low), float(summary.predictive.high)
    return float(summary.uncertainty.median), interval, float(np.isnan(values).mean())


def _told(missing: float) -> str:
    return f"{missing:.0%} of the predicted numbers do not exist and are left out" if 0 < missing < 1 else ""


def comparison_table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """The rows of all studies as one table."""
    import pandas as pd

    return pd.DataFrame(rows, columns=list(COLUMNS))
