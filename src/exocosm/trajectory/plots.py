"""Figures of a result: every function returns a matplotlib Figure and shows nothing on its own.

Colours are those of Okabe and Ito, told apart by colour-blind readers; lines also differ in style, bands in grey value,
so that a black-and-white print can be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from exocosm.errors import InputError
from exocosm.study.resolved import Contrast, Measurement, Output
from exocosm.trajectory import summary as summaries
from exocosm.trajectory.break_even import runs_over_decades, what_if_curve

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from exocosm.trajectory.result import Result

BLUE, ORANGE, GREEN, VERMILION, GREY, BLACK = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#7F7F7F", "#000000"
HOURS_IN_DAY = 24.0
LOWEST_SHOWN = 1e-5  # of the highest median, on logarithmic axes: below it stands what no assay would see
MAXIMUM_BARS = 15


def plot_time_course(result: Result, output: str, arms: Sequence[str] = ()) -> Figure:
    """One panel per arm: the typical animal (median of draws), what is not known about it, and how animals differ."""
    shown: Output = next((each for each in result.study.outputs if each.name == output), Output(output, "", ""))
    courses = [summaries.time_course(result, arm, output) for arm in (arms or _arms_with(result, output))]
    if not courses:
        raise InputError(f"no arm of this result has the output '{output}'")
    columns = min(3, len(courses))
    rows = -(-len(courses) // columns)
    figure, axes = _figure(rows, columns, share=True)
    highest = max(float(np.nanmax(course.summary.uncertainty.median)) for course in courses)
    on_log = shown.log and highest > 0
    lowest = highest * LOWEST_SHOWN if on_log else -np.inf
    for axis, course in zip(axes, courses, strict=False):
        scale, time_unit = _time_scale(float(course.times[-1]))
        times, numbers = course.times / scale, course.summary
        for band, colour, opacity, label in (
            (numbers.variability, ORANGE, 0.35, "animals differ (95 %)"),
            (numbers.uncertainty, BLUE, 0.45, "not known (95 %)"),
        ):
            low, high = np.maximum(band.low, lowest / 10), np.maximum(band.high, lowest / 10)
            axis.fill_between(times, low, high, color=colour, alpha=opacity, lw=0, label=label)
            axis.plot(times, low, color=colour, lw=0.6, ls="--")
            axis.plot(times, high, color=colour, lw=0.6, ls="--")
        axis.plot(
            times,
            np.maximum(numbers.uncertainty.median, lowest / 10),
            color=BLACK,
            lw=1.4,
            label="typical animal (median)",
        )
        _overlay(axis, result, course.arm, output, shown.unit, scale)
        axis.set_title(_arm_title(result, course.arm), fontsize=9)
        axis.set_xlabel(f"time ({time_unit})")
        if on_log:
            axis.set_yscale("log")
    axes[0].set_ylabel(_label(shown.title or output, shown.unit))
    if on_log:
        axes[0].set_ylim(bottom=lowest)
    for spare in axes[len(courses) :]:
        spare.set_visible(False)
    axes[0].legend(fontsize=7, frameon=False)
    return figure


def plot_what_if(result: Result, name: str) -> Figure:
    """A contrast against the moved value, with the threshold and where it is reached."""
    what_if = next((each for each in result.study.what_ifs if each.name == name), None)
    found = what_if_curve(result, name)
    assert what_if is not None
    contrast = _contrast(result, what_if.contrast)
    figure, (axis,) = _figure(1, 1)
    axis.fill_between(
        found.values, found.curve.low, found.curve.high, color=BLUE, alpha=0.35, lw=0, label="not known (95 %)"
    )
    axis.plot(found.values, found.curve.median, color=BLACK, marker="o", ms=3, lw=1.4, label="typical animal (median)")
    axis.axhline(what_if.threshold, color=VERMILION, ls="--", lw=1.0, label=f"threshold {what_if.threshold:g}")
    even = found.break_even
    if np.isfinite(even.median):
        axis.axvline(
            even.median, color=GREEN, ls="-.", lw=1.2, label=f"break-even {even.median:.3g} {_unit(even.unit)}"
        )
        low, high = (np.clip(end, found.values.min(), found.values.max()) for end in (even.low, even.high))
        axis.axvspan(low, high, color=GREEN, alpha=0.12, lw=0)
    if runs_over_decades(found.values):
        axis.set_xscale("log")
    if (
        contrast.how == "ratio"
        and np.nanmin(found.curve.low) > 0
        and np.nanmax(found.curve.high) / np.nanmin(found.curve.low) > 10
    ):
        axis.set_yscale("log")
    axis.set_xlabel(_label(what_if.vary, what_if.unit))
    axis.set_ylabel(_label(contrast.title or contrast.name, found.contrast_unit))
    words = f"reached in {even.reached:.0%} of draws, already there in {even.already:.0%}, never in {even.never:.0%}"
    axis.set_title(f"{what_if.title or what_if.name}\n{words}", fontsize=9)
    axis.legend(fontsize=7, frameon=False)
    return figure


def plot_contrasts(result: Result, names: Sequence[str] = ()) -> Figure:
    """Forest plot: every contrast with what is not known and how animals differ; one panel per kind and unit."""
    table = summaries.contrast_table(result)
    if names:
        table = table[table["contrast"].isin(list(names))]
    if table.empty:
        raise InputError("the result has no such contrasts to plot")
    groups = [rows for _, rows in table.groupby(["how", "unit"], sort=False)]
    figure, axes = _figure(len(groups), 1, height=0.6 + 0.45 * max(len(rows) for rows in groups), width=6.5)
    for axis, rows in zip(axes, groups, strict=True):
        places = np.arange(len(rows))[::-1]
        axis.hlines(
            places - 0.16,
            rows["animals_low"],
            rows["animals_high"],
            color=ORANGE,
            lw=2,
            ls="--",
            label="animals differ (95 %)",
        )
        axis.hlines(places + 0.1, rows["low"], rows["high"], color=BLUE, lw=3, label="not known (95 %)")
        axis.plot(rows["median"], places + 0.1, "o", color=BLACK, ms=5, label="typical animal (median)")
        how = str(rows["how"].iloc[0])
        axis.axvline(1.0 if how == "ratio" else 0.0, color=GREY, ls=":", lw=1.0, label="no difference")
        ends = rows[["low", "high", "animals_low", "animals_high"]].to_numpy(float)
        if how == "ratio" and runs_over_decades(ends[np.isfinite(ends)]):
            axis.set_xscale("log")
        axis.set_yticks(places, [f"{row.title}\n({row.arm} / {row.against})" for row in rows.itertuples()], fontsize=7)
        axis.set_ylim(-0.7, len(rows) - 0.3)
        axis.set_xlabel(_label(how.replace("_", " "), str(rows["unit"].iloc[0])))
    axes[0].legend(fontsize=7, frameon=False, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2)
    return figure


def plot_influence(result: Result, contrast: str, most: int = MAXIMUM_BARS) -> Figure:
    """Tornado: how far each uncertain value alone, at the ends of its 95 %, moves a contrast."""
    table = summaries.influence_ranking(result, contrast).dropna(subset=["reach"]).head(most)
    if table.empty:
        raise InputError(f"no uncertain value was moved for the contrast '{contrast}'")
    shown = _contrast(result, contrast)
    middle = float(table["centre"].iloc[0])
    figure, (axis,) = _figure(1, 1, height=1.0 + 0.28 * len(table), width=6.5)
    places = np.arange(len(table))[::-1]
    for column, colour, hatch, words in (
        ("low", ORANGE, "//", "value at its 2.5 %"),
        ("high", BLUE, "", "value at its 97.5 %"),
    ):
        axis.barh(
            places, table[column] - middle, left=middle, color=colour, hatch=hatch, height=0.7, label=words, alpha=0.85
        )
    axis.axvline(middle, color=BLACK, lw=1.0)
    axis.set_yticks(places, [f"{row.value_name} [{row.trust}]" for row in table.itertuples()], fontsize=7)
    unit = next(iter(result.contrasts.loc[result.contrasts["contrast"] == contrast, "unit"]), "")
    axis.set_xlabel(_label(shown.title or contrast, str(unit)))
    axis.legend(fontsize=7, frameon=False)
    return figure


def plot_comparisons(result: Result, role: str = "") -> Figure:
    """Predicted against measured: points on the diagonal agree; bars are the 95 % predictive interval and the range."""
    table = result.comparisons
    table = table[(table["role"] == role) if role else (table["role"] != "overlay")]
    table = table.dropna(subset=["measured", "predicted"])
    if table.empty:
        raise InputError("there are no measurements to hold predictions against")
    groups = [rows for _, rows in table.groupby("unit", sort=False)]
    columns = min(3, len(groups))
    figure, axes = _figure(-(-len(groups) // columns), columns, height=3.2)
    marks = {"in": ("o", GREEN), "out": ("X", VERMILION), "calibrated": ("s", GREY), "overlay": (".", BLUE)}
    for axis, rows in zip(axes, groups, strict=False):
        for verdict, (mark, colour) in marks.items():
            chosen = rows[rows["verdict"] == verdict]
            if chosen.empty:
                continue
            up = (chosen["predicted_high"] - chosen["predicted"]).clip(lower=0)
            down = (chosen["predicted"] - chosen["predicted_low"]).clip(lower=0)
            left = (chosen["measured"] - chosen["measured_low"]).clip(lower=0).fillna(0.0)
            right = (chosen["measured_high"] - chosen["measured"]).clip(lower=0).fillna(0.0)
            axis.errorbar(
                chosen["measured"], chosen["predicted"], yerr=[down, up], xerr=[left, right],
                fmt=mark, color=colour, ms=5, lw=0.9, capsize=2, label=verdict,
            )  # fmt: skip
        numbers = rows[["measured", "predicted", "predicted_low", "predicted_high"]].to_numpy(float)
        low, high = np.nanmin(numbers), np.nanmax(numbers)
        axis.plot([low, high], [low, high], color=BLACK, lw=0.8, ls=":", label="predicted = measured")
        if low > 0 and high / low > 10:
            axis.set_xscale("log")
            axis.set_yscale("log")
        unit = str(rows["unit"].iloc[0])
        axis.set_xlabel(_label("measured", unit))
        axis.set_ylabel(_label("predicted", unit))
        axis.legend(fontsize=7, frameon=False)
    for spare in axes[len(groups) :]:
        spare.set_visible(False)
    return figure


def _figure(
    rows: int, columns: int, *, share: bool = False, height: float = 2.8, width: float = 0.0
) -> tuple[Figure, list[Axes]]:
    from matplotlib.figure import Figure as NewFigure

    figure = NewFigure(figsize=(width or max(4.6, 3.2 * columns), height * rows), layout="constrained", dpi=120)
    axes: Any = figure.subplots(rows, columns, squeeze=False, sharey=share)
    for axis in axes.flat:
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=8)
    return figure, list(axes.flat)


def _overlay(axis: Axes, result: Result, arm: str, output: str, unit: str, scale: float) -> None:
    from exocosm.units import convert

    for measured in result.study.measurements:
        if measured.arm != arm or measured.output != output or not measured.times:
            continue
        factor = convert(1.0, measured.unit, unit)
        values = np.asarray(measured.values, float) * factor
        error = _error_bars(measured, values, factor)
        axis.errorbar(np.asarray(measured.times, float) / scale, values, yerr=error, fmt="D", ms=3.5, lw=0.8, capsize=2,
                      color=VERMILION, label=f"measured: {measured.title or measured.name}")  # fmt: skip


def _error_bars(measured: Measurement, values: Any, factor: float) -> Any:
    if len(measured.low) != len(values) or len(measured.high) != len(values):
        return None
    low, high = (np.asarray(end, float) * factor for end in (measured.low, measured.high))
    return np.clip(np.nan_to_num([values - low, high - values]), 0.0, None)


def _arms_with(result: Result, output: str) -> list[str]:
    if output not in [str(name) for name in result.trajectories["output"].values]:
        summaries.time_course(result, str(result.trajectories["arm"].values[0]), output)  # says what is known
    central = result.trajectories["central"].sel(output=output)
    return [str(arm) for arm in central["arm"].values if not np.isnan(central.sel(arm=arm).values).all()]


def _arm_title(result: Result, arm: str) -> str:
    return next((each.title or each.name for each in result.study.arms if each.name == arm), arm)


def _contrast(result: Result, name: str) -> Contrast:
    return next(each for each in result.study.contrasts if each.name == name)


def _time_scale(end: float) -> tuple[float, str]:
    """Days from three days on, hours below: what the reader would write."""
    return (HOURS_IN_DAY, "d") if end > 3 * HOURS_IN_DAY else (1.0, "h")


def _unit(unit: str) -> str:
    return "" if unit in {"", "dimensionless"} else unit.replace("_", " ")


def _label(title: str, unit: str) -> str:
    return f"{title} ({_unit(unit)})" if _unit(unit) else title
