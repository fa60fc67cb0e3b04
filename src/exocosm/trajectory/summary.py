"""Summaries that keep apart what we do not know and how much animals differ.

- uncertainty: the typical animal over the draws, median and 2.5 to 97.5 %;
- variability: the animals of each draw over (or minus) the typical animal *of that draw*, pooled and laid about the
  central run, so that what we do not know does not leak in.  Ratios where the typical animal, the animal and the
  central run are all positive, differences otherwise;
- predictive: every animal of every draw: where one more measured animal is to be expected.

Failed runs are NaN; they are left out here and counted as `missing`.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from exocosm.engines.contract import Array
from exocosm.errors import InputError, nearest
from exocosm.study.resolved import Contrast
from exocosm.trajectory import evaluation

if TYPE_CHECKING:
    import pandas as pd

    from exocosm.trajectory.result import Result

QUANTILES = (0.025, 0.5, 0.975)
# the rule with (n + 1) q: over repeated samples its limits hold the share they are named for, which the usual linear
# rule does not (86 %, not 95, with 20 draws); below 39 draws the outermost draws stand for the limits
RULE: Final = "weibull"


@dataclass(frozen=True)
class Band:
    """2.5 %, median and 97.5 %; arrays of one shape (or numbers)."""

    low: Array
    median: Array
    high: Array


@dataclass(frozen=True)
class Summary:
    """A central value with its three bands.  missing: the share of runs without a number."""

    central: Array
    uncertainty: Band
    variability: Band
    predictive: Band
    missing: float


@dataclass(frozen=True)
class TimeCourse:
    """One output in one arm: times (hours) and the summary over them, in `unit`."""

    arm: str
    output: str
    unit: str
    times: Array
    summary: Summary


def band(samples: Array) -> Band:
    """The band over the first axis, NaN left out; NaN where there is no sample."""
    samples = np.asarray(samples, float)
    if not samples.size:
        nothing = np.full(samples.shape[1:], np.nan)
        return Band(nothing, nothing, nothing)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a column without a number gives NaN, which is what it is
        low, median, high = np.nanquantile(samples, QUANTILES, axis=0, method=RULE)
    return Band(low, median, high)


def summarise(central: Array, values: Array, negligible: float = 0.0) -> Summary:
    """The three bands of `values` (draw, 1 + animals, ...) about `central` (...); animal 0 is the typical one.

    negligible: what the engine cannot tell from zero; no ratio is taken against a typical animal that is not above it.
    """
    central, values = np.asarray(central, float), np.asarray(values, float)
    typical, animals = values[:, :1], values[:, 1:]
    everyone = animals if animals.shape[1] else typical
    return Summary(
        central=central,
        uncertainty=band(typical[:, 0]),
        variability=_variability(central, typical, animals, negligible)
        if animals.shape[1]
        else Band(central, central, central),
        predictive=band(_pooled(everyone)),
        missing=float(np.isnan(values).mean()) if values.size else 1.0,
    )


def _pooled(values: Array) -> Array:
    """(draw, animal, ...) as (draw and animal, ...)."""
    return values.reshape(values.shape[0] * values.shape[1], *values.shape[2:])


def _variability(central: Array, typical: Array, animals: Array, negligible: float) -> Band:
    pairs = np.broadcast_to(typical, animals.shape)
    usable = ~(np.isnan(pairs) | np.isnan(animals))
    # beside a number that the engine leaves of a zero, any ratio comes out: one such draw would split the band
    told = usable & (np.abs(pairs) > negligible) if negligible else usable
    positive = ((pairs > 0) & (animals > -negligible) | ~told).all(axis=(0, 1))
    as_ratio = positive & told.any(axis=(0, 1)) & (central > 0)
    ratios = np.full(animals.shape, np.nan)
    np.divide(np.maximum(animals, 0.0) if negligible else animals, pairs, out=ratios, where=told & (pairs != 0))
    by_ratio, by_difference = band(_pooled(ratios)), band(_pooled(animals - pairs))
    with np.errstate(invalid="ignore"):
        return Band(
            *(
                np.where(as_ratio, central * getattr(by_ratio, end), central + getattr(by_difference, end))
                for end in ("low", "median", "high")
            )
        )


def time_course(result: Result, arm: str, output: str) -> TimeCourse:
    """The bands of an output over time in one arm; all NaN if the arm has no numbers for it.

    Raises InputError if there is no such arm or output.
    """
    data = result.trajectories
    for kind, name in (("arm", arm), ("output", output)):
        known = [str(each) for each in data[kind].values]
        if name not in known:
            raise InputError(f"the result has no {kind} '{name}'; {nearest(name, known)}")
    chosen = data.sel(arm=arm, output=output)
    values, central = chosen["value"].values, chosen["central"].values
    recorded = ~np.isnan(central) | ~np.isnan(values).all(axis=(0, 1))
    if not recorded.any():  # NaN at every time, so that the reader sees that nothing is there
        recorded = np.ones_like(recorded)
    unit = next(each.unit for each in result.study.outputs if each.name == output)
    times = np.asarray(data["time"].values, float)
    summary = summarise(central[recorded], values[:, :, recorded], _negligible(result, values[:, 0]))
    return TimeCourse(arm, output, unit, times[recorded], summary)


def _negligible(result: Result, typical: Array) -> float:
    """What the engine cannot tell from zero in a course: its relative tolerance times the highest number."""
    known = np.abs(typical[~np.isnan(typical)])
    return float(known.max()) * result.study.tolerances.relative if known.size else 0.0


def central_metrics(result: Result) -> dict[tuple[str, str], float]:
    """(arm, metric) -> its value in the central run."""
    found: dict[tuple[str, str], float] = {}
    names = [metric.name for metric in result.study.metrics]
    for arm in result.study.arms:
        times, curves = recorded_curves(result, arm.name)
        numbers = evaluation.evaluate(names, result.study.metrics, result.study.outputs, times, curves)
        found.update({(arm.name, name): float(number) for name, number in numbers.items()})
    return found


def central_contrasts(result: Result) -> dict[str, float]:
    """Contrast -> its value between the central runs of its arms; NaN where one of them lacks the metric."""
    metrics = result.central_metrics
    found: dict[str, float] = {}
    for contrast in result.study.contrasts:
        ends = (metrics.get((arm, contrast.metric), np.nan) for arm in (contrast.arm, contrast.against))
        found[contrast.name] = float(evaluation.contrast_of(contrast, *(np.asarray(end) for end in ends)))
    return found


def recorded_curves(result: Result, arm: str) -> tuple[Array, dict[str, Array]]:
    """Times until the end of an arm and the central curve of each output it has."""
    end = next(each.schedule.end for each in result.study.arms if each.name == arm)
    times = np.asarray(result.trajectories["time"].values, float)
    inside = times <= end
    central = result.trajectories["central"].sel(arm=arm)
    value = result.trajectories["value"].sel(arm=arm)
    curves = {}
    for output in result.study.outputs:
        curve = central.sel(output=output.name).values[inside]
        if not (np.isnan(curve).all() and np.isnan(value.sel(output=output.name).values).all()):
            curves[output.name] = curve
    return times[inside], curves


def metric_cube(result: Result, metric: str, arm: str) -> Array:
    """(draw, 1 + animals) of a metric in one arm; empty if the arm has no such metric."""
    return result.metric_cubes.get((arm, metric), np.empty((0, 0)))


def metric_table(result: Result) -> pd.DataFrame:
    """One row per arm and metric: central value and the three bands."""
    central = result.central_metrics
    rows = []
    for metric in result.study.metrics:
        unit = evaluation.metric_unit(metric, result.study.metrics, result.study.outputs)
        for arm in result.study.arms:
            values = metric_cube(result, metric.name, arm.name)
            if values.size:
                summary = summarise(np.asarray(central.get((arm.name, metric.name), np.nan)), values)
                named = {"arm": arm.name, "metric": metric.name, "title": metric.title or metric.name, "unit": unit}
                rows.append({**named, **_columns(summary)})
    return _frame(rows, ["arm", "metric", "title", "unit", *SUMMARY_COLUMNS])


def contrast_cube(result: Result, contrast: Contrast) -> Array:
    """(draw, 1 + animals) of a contrast between the twins of both arms."""
    arm, against = (metric_cube(result, contrast.metric, name) for name in (contrast.arm, contrast.against))
    if not arm.size or not against.size:
        return np.empty((0, 0))
    return evaluation.contrast_of(contrast, arm, against)


def contrast_table(result: Result) -> pd.DataFrame:
    """One row per contrast: central value, the three bands, and the share of draws in which the arm is better.

    `share_better`: of the draws with a number, those where the typical animal lies on the better side of no
    difference.  A contrast in one animal compares it with its twin in the other arm.
    """
    central = central_contrasts(result)
    rows = []
    for contrast in result.study.contrasts:
        values = contrast_cube(result, contrast)
        if not values.size:
            continue
        middle = np.asarray(central[contrast.name])
        typical = values[:, 0][~np.isnan(values[:, 0])]
        gain = typical - evaluation.neutral(contrast)
        better = gain > 0 if contrast.better == "higher" else gain < 0
        rows.append(
            {
                "contrast": contrast.name,
                "title": contrast.title or contrast.name,
                "metric": contrast.metric,
                "arm": contrast.arm,
                "against": contrast.against,
                "how": contrast.how,
                "better": contrast.better,
                "unit": evaluation.contrast_unit(contrast, result.study.metrics, result.study.outputs),
                **_columns(summarise(middle, values)),
                "share_better": float(better.mean()) if better.size else np.nan,
            }
        )
    names = ["contrast", "title", "metric", "arm", "against", "how", "better", "unit", *SUMMARY_COLUMNS, "share_better"]
    return _frame(rows, names)


SUMMARY_COLUMNS = (
    "central",
    "median",
    "low",
    "high",
    "animals_low",
    "animals_high",
    "predictive_median",
    "predictive_low",
    "predictive_high",
    "missing",
)


def _columns(summary: Summary) -> dict[str, float]:
    numbers: tuple[Any, ...] = (
        summary.central,
        summary.uncertainty.median,
        summary.uncertainty.low,
        summary.uncertainty.high,
        summary.variability.low,
        summary.variability.high,
        summary.predictive.median,
        summary.predictive.low,
        summary.predictive.high,
        summary.missing,
    )
    return {name: float(number) for name, number in zip(SUMMARY_COLUMNS, numbers, strict=True)}


def _frame(rows: list[dict[str, object]], columns: list[str]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(rows, columns=columns)


def influence_ranking(result: Result, contrast: str | None = None) -> pd.DataFrame:
    """The uncertain values by how far each alone moves a contrast (all contrasts if none is named), farthest first.

    `reach`: between the lowest and the highest of the contrast at the low end, the centre and the high end of a value,
    for a contrast may bend so that both ends lie on one side of its `centre`.
    """
    table = result.influence
    if contrast is not None:
        known = [each.name for each in result.study.contrasts]
        if contrast not in known:
            raise InputError(f"the study has no contrast '{contrast}'; {nearest(contrast, known)}")
        table = table[table["contrast"] == contrast]
    centres = central_contrasts(result)
    table = table.assign(centre=table["contrast"].map(centres).astype(float))
    points = table[["low", "centre", "high"]]
    reach = (points.max(axis=1) - points.min(axis=1)).where(table["swing"].notna())
    ranked = table.assign(reach=reach).sort_values("reach", ascending=False, na_position="last", kind="stable")
    return ranked.sort_values("contrast", kind="stable").reset_index(drop=True)
