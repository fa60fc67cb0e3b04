"""From time courses to metrics and contrasts: the one place where a study's questions are answered with numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from exocosm import units
from exocosm.engines.contract import Array
from exocosm.errors import InputError, nearest
from exocosm.study.asked import contrast_unit as unit_of_contrast
from exocosm.study.resolved import Contrast, Metric, Output
from exocosm.trajectory import metrics as rules

PURE = "dimensionless"


def metrics_behind(names: Iterable[str], metrics: Sequence[Metric]) -> tuple[Metric, ...]:
    """The named metrics and those that their ratios are made of, parts before wholes."""
    by_name = {metric.name: metric for metric in metrics}
    ordered: dict[str, Metric] = {}

    def add(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise InputError(f"metric '{name}' is a ratio of itself: {' -> '.join((*above, name))}")
        if name not in by_name:
            raise InputError(f"there is no metric '{name}'; {nearest(name, by_name)}")
        for part in by_name[name].ratio or ():
            add(part, (*above, name))
        ordered[name] = by_name[name]

    for name in names:
        add(name, ())
    return tuple(ordered.values())


def outputs_behind(names: Iterable[str], metrics: Sequence[Metric]) -> tuple[str, ...]:
    """The outputs that the named metrics are taken from."""
    return tuple(dict.fromkeys(metric.of for metric in metrics_behind(names, metrics) if metric.ratio is None))


def natural_unit(metric: Metric, metrics: Sequence[Metric], outputs: Sequence[Output]) -> str:
    """The unit in which a metric comes out before it is converted to its own `unit`."""
    if metric.ratio is not None:
        by_name = {each.name: each for each in metrics}
        above, below = (by_name[part].unit or natural_unit(by_name[part], metrics, outputs) for part in metric.ratio)
        return PURE if units.same_dimension(above, below) else f"{above} / ({below})"
    if metric.take in {"time_of_maximum", "half_life", "time_above"}:
        return "h"
    unit = next(output.unit for output in outputs if output.name == metric.of)
    return f"{unit} * h" if metric.take == "auc" else unit


def metric_unit(metric: Metric, metrics: Sequence[Metric], outputs: Sequence[Output]) -> str:
    """The unit that a metric is reported in."""
    return metric.unit or natural_unit(metric, metrics, outputs)


def evaluate(
    wanted: Iterable[str],
    metrics: Sequence[Metric],
    outputs: Sequence[Output],
    times: Array,
    curves: Mapping[str, Array],
) -> dict[str, Array]:
    """The named metrics of many curves at once, each in its unit.

    curves: output -> (..., T) in the output's unit, at `times` (T,) in hours; the result is metric -> (...).
    A metric whose output is not among the curves (an arm without that organ) is left out.
    """
    found: dict[str, Array] = {}
    for metric in metrics_behind(wanted, metrics):
        if metric.ratio is not None:
            above, below = metric.ratio
            if above not in found or below not in found:
                continue
            by_name = {each.name: each for each in metrics}
            scale = units.factor(metric_unit(by_name[above], metrics, outputs))
            scale /= units.factor(metric_unit(by_name[below], metrics, outputs))
            value = (
                rules.ratio(found[above], found[below]) * scale / units.factor(metric_unit(metric, metrics, outputs))
            )
        else:
            if metric.of not in curves:
                continue
            output = next(output for output in outputs if output.name == metric.of)
            level = None if metric.level is None else units.from_canonical(metric.level, output.unit)
            value = rules.take(
                metric.take,
                times,
                curves[metric.of],
                moment=metric.at,
                start=metric.start,
                until=metric.until,
                level=level,
            )
            natural = natural_unit(metric, metrics, outputs)
            if metric.unit and metric.unit != natural:
                value = value * units.convert(1.0, natural, metric.unit)
        found[metric.name] = np.asarray(value, float)
    return found


def compared(how: str, arm: ArrayLike, against: ArrayLike) -> Array:
    """One arm's number held against another's, in every kind of study.

    ratio a / b, difference a - b, percent_change 100 (a - b) / b; NaN where b is zero and divides.
    """
    a, b = np.asarray(arm, float), np.asarray(against, float)
    if how == "ratio":
        return rules.ratio(a, b)
    if how == "difference":
        return np.asarray(a - b)
    if how == "percent_change":
        return 100.0 * rules.ratio(a - b, b)
    known = ("ratio", "difference", "percent_change")
    raise InputError(f"no contrast is taken as '{how}'; {nearest(how, known)}")


def contrast_of(contrast: Contrast, arm: Array, against: Array) -> Array:
    """A contrast from the metric in its arm and in the arm it is held against; see `compared`."""
    return compared(contrast.how, arm, against)


def contrast_unit(contrast: Contrast, metrics: Sequence[Metric], outputs: Sequence[Output]) -> str:
    """The unit that a contrast is reported in."""
    metric = next(each for each in metrics if each.name == contrast.metric)
    return unit_of_contrast(contrast.how, metric_unit(metric, metrics, outputs))


def neutral(contrast: Contrast) -> float:
    """The value of a contrast at which the two arms are equal."""
    return 1.0 if contrast.how == "ratio" else 0.0
