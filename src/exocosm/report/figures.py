"""Time courses: each function takes a result and returns pictures (SVG text with a caption made from the numbers).

One colour per arm throughout.  What is not known (95 % over the draws) and how animals differ (95 % over the animals)
are never drawn as one band.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from exocosm import units
from exocosm.report import sentences
from exocosm.report.canvas import (
    INK,
    Look,
    Picture,
    finish,
    legend_above,
    log_axis,
    looks,
    panels,
    plain_axis,
    short,
    style,
    wrapped,
)
from exocosm.report.numbers import is_dose_share, moment, percent_of_dose, shown, time_scale, unit_text
from exocosm.trajectory.summary import Band, TimeCourse, time_course

if TYPE_CHECKING:
    from exocosm.study.resolved import Measurement, Output
    from exocosm.trajectory.result import Result

COLUMNS = 3  # of the panels of shares
DECADES = 1e5  # of a logarithmic axis, below the highest median: what lies deeper is no news to anybody
NOISE = 1e-9  # of the highest value: what the solver leaves of a zero


def time_courses(result: Result) -> list[Picture]:
    """One picture per output: what is not known on the left, how animals differ on the right, all arms in each.

    Outputs that the study does not show (they exist for a metric) are left out.
    Outputs in shares of the injected dose are left to `share_courses` where there are several.
    """
    shares = _shares(result)
    outputs = [output for output in result.study.outputs if output.show and output not in shares]
    with style():
        pictures = [_time_course(result, output, number) for number, output in enumerate(outputs)]
    return [picture for picture in pictures if picture is not None]


def _shares(result: Result) -> tuple[Output, ...]:
    shown_ones = (output for output in result.study.outputs if output.show)
    found = tuple(output for output in shown_ones if is_dose_share(output.unit, output.name, output.title))
    return found if len(found) > 1 else ()


def _courses(result: Result, output: Output, arms: Mapping[str, Look]) -> list[TimeCourse]:
    """The courses of the arms that have numbers for an output."""
    typical = result.trajectories["value"].sel(output=output.name, animal=0)
    present = [arm for arm in arms if bool(np.isfinite(typical.sel(arm=arm).values).any())]
    return [time_course(result, arm, output.name) for arm in present]


def _time_course(result: Result, output: Output, number: int) -> Picture | None:
    arms = looks(result.study)
    courses = _courses(result, output, arms)
    if not courses:
        return None
    title = output.title or output.name
    has_animals = result.trajectories.sizes["animal"] > 1
    figure, axes = panels(1, 2 if has_animals else 1, 3.1, sharey=True)
    end = max(float(course.times[-1]) for course in courses)
    scale, time_unit = time_scale(end)
    floor = _floor(courses) if output.log else None
    for course in courses:
        look, times, found = arms[course.arm], course.times / scale, course.summary
        sides = ((found.uncertainty, found.uncertainty.median), (found.variability, found.central))
        for axis, (band, line) in zip(axes, sides, strict=False):
            low, high = _edges(band, line, floor, keep=band is found.uncertainty)
            axis.fill_between(times, low, high, color=look.colour, alpha=0.18, lw=0)
            for edge in (low, high):
                axis.plot(times, edge, color=look.colour, lw=0.6, alpha=0.7)
            axis.plot(times, line, color=look.colour, ls=look.line, label=short(look.title))
    measured = _overlays(axes[0], result, output, arms, scale)
    words = ("What is not known (typical animal)", "How animals differ (values as if known)")
    for axis, word in zip(axes, words, strict=False):
        axis.set_title(word, loc="left", color=INK)
        axis.set_xlabel(f"time ({time_unit})")
    unit = unit_text(output.unit)
    axes[0].set_ylabel(wrapped(title, 34, 2) + (f"\n({unit})" if unit else ""))
    _height(axes[0], courses, floor)
    legend_above(figure, axes[0].get_legend_handles_labels()[0])
    parts, when = _told(courses, arms, end)
    caption = sentences.at_end(title, parts, output.unit, when)
    middle = "medians (right: the run with every value at its centre)" if has_animals else "medians"
    caption += f" Lines: {middle}; bands: 95 %."
    if measured:
        caption += f" Points: measured ({', '.join(measured)})."
    return finish(figure, f"course-{number}", f"{title} over time", caption)


def _floor(courses: Sequence[TimeCourse]) -> float | None:
    """Where a logarithmic axis ends below: DECADES under the highest median, or higher; None if nothing is positive."""
    lows = np.concatenate([course.summary.uncertainty.low for course in courses])
    medians = np.concatenate([course.summary.uncertainty.median for course in courses])
    positive = lows[lows > 0]
    if not positive.size or not np.nanmax(medians) > 0:
        return None
    return max(float(positive.min()), float(np.nanmax(medians)) / DECADES)


def _edges(band: Band, line: Any, floor: float | None, keep: bool) -> tuple[Any, Any]:
    """The edges of a band over a floor.

    keep: also where the typical animal lies below the floor; how animals differ from next to nothing is not drawn.
    """
    if floor is None:
        return band.low, band.high
    seen = np.full(np.shape(line), True) if keep else line >= floor
    bottom = 0.5 * floor  # below the axis, so that what goes on beneath it is cut off by the frame
    low, high = (np.where(seen, np.maximum(edge, bottom), np.nan) for edge in (band.low, band.high))
    return low, high


def _height(axis: Any, courses: Sequence[TimeCourse], floor: float | None) -> None:
    """A logarithmic axis down to its floor, or one that shows zero."""
    lows = np.concatenate([course.summary.uncertainty.low for course in courses])
    highs = np.concatenate([course.summary.uncertainty.high for course in courses])
    if floor is not None:
        log_axis(axis, "y", floor, float(np.nanmax(highs)))
        axis.set_ylim(0.8 * floor, 1.5 * max(float(np.nanmax(highs)), float(axis.dataLim.ymax)))
        return
    plain_axis(axis, "y")
    if np.nanmin(lows) >= 0:
        axis.set_ylim(bottom=-0.02 * axis.get_ylim()[1])


def _told(
    courses: Sequence[TimeCourse], arms: Mapping[str, Look], end: float
) -> tuple[list[tuple[str, float, float, float]], str]:
    """(arm, median, low, high) at the end where curves still stand, else each at its own peak; and when that is."""
    medians = {course.arm: course.summary.uncertainty.median for course in courses}
    highest = max(float(np.nanmax(np.abs(median))) for median in medians.values())
    seen = [course for course in courses if np.nanmax(np.abs(medians[course.arm])) > NOISE * highest]
    peaks = {course.arm: int(np.nanargmax(medians[course.arm])) for course in seen}
    stands = all(abs(medians[arm][-1]) >= 0.5 * abs(medians[arm][peak]) for arm, peak in peaks.items())
    parts = []
    for course in seen:
        band, peak = course.summary.uncertainty, peaks[course.arm]
        at = -1 if stands else peak
        words = arms[course.arm].title
        if not stands and peak > 0:
            words += f", at {moment(float(course.times[peak]), end)},"
        parts.append((words, float(band.median[at]), float(band.low[at]), float(band.high[at])))
    return parts, f"at {moment(end, end)}" if stands else "at its highest"


def _overlays(axis: Any, result: Result, output: Output, arms: Mapping[str, Look], scale: float) -> list[str]:
    titles: list[str] = []
    for each in result.study.measurements:
        if each.output != output.name or not each.times or each.arm not in arms:
            continue
        factor, look = units.convert(1.0, each.unit, output.unit), arms[each.arm]
        values = np.asarray(each.values, float) * factor
        axis.errorbar(
            np.asarray(each.times, float) / scale, values, yerr=_bars(each, values, factor), fmt=look.marker,
            mfc="white", mec=look.colour, ecolor=look.colour, ms=5, mew=1.2, elinewidth=0.8, capsize=2, zorder=5,
            label="" if titles else "measured",
        )  # fmt: skip
        titles.append((each.title or each.name) + (", calibrated" if each.role == "calibration" else ""))
    return titles


def _bars(measured: Measurement, values: Any, factor: float) -> Any:
    if not len(measured.low) == len(measured.high) == len(values):
        return None
    low, high = (np.asarray(end, float) * factor for end in (measured.low, measured.high))
    return np.clip(np.nan_to_num([values - low, high - values]), 0.0, None)


def share_courses(result: Result) -> Picture | None:
    """All outputs that are shares of the injected dose, a small panel each; None if there are not several."""
    arms = looks(result.study)
    found = [(output, _courses(result, output, arms)) for output in _shares(result)]
    found = [(output, courses) for output, courses in found if courses]
    if not found:
        return None
    has_animals = result.trajectories.sizes["animal"] > 1
    end = max(float(course.times[-1]) for _, courses in found for course in courses)
    # one dose at the start: what matters happens early, and only a logarithmic axis shows it
    early = all(dose.times == (0.0,) for arm in result.study.arms for dose in arm.schedule.doses) and end >= 12
    scale, time_unit = (1.0, "h") if early else time_scale(end)
    with style():
        columns = min(COLUMNS, len(found))
        rows = -(-len(found) // columns)
        figure, axes = panels(rows, columns, 0.5 + 1.75 * rows, sharex=True)
        for axis, (output, courses) in zip(axes, found, strict=False):
            factor = percent_of_dose(output.unit)
            for course in courses:
                _share(axis, course, arms[course.arm], scale, factor, early)
            _overlays(axis, result, output, arms, scale)
            axis.set_title(wrapped(output.title or output.name, 28, 2), loc="left", color=INK)
            plain_axis(axis, "y")
            axis.set_ylim(bottom=0)
        for place, axis in enumerate(axes):
            if place >= len(found):
                axis.set_visible(False)
            elif place + columns >= len(found):
                axis.set_xlabel(f"time ({time_unit})")
                axis.tick_params(labelbottom=True)
        if early:
            first = min(float(time) for _, courses in found for course in courses for time in course.times if time > 0)
            log_axis(axes[0], "x", first, end)
        figure.supylabel("% of one dose", fontsize=8.5)
        legend_above(figure, axes[0].get_legend_handles_labels()[0])
        return finish(
            figure, "share-courses", "Where the dose goes over time", _share_caption(found, arms, end, has_animals)
        )


def _share(axis: Any, course: TimeCourse, look: Look, scale: float, factor: float, early: bool) -> None:
    kept = course.times > 0 if early else course.times >= 0
    times, found = course.times[kept] / scale, course.summary
    low, high, median = (factor * getattr(found.uncertainty, end)[kept] for end in ("low", "high", "median"))
    axis.fill_between(times, low, high, color=look.colour, alpha=0.15, lw=0)
    for edge in (found.variability.low, found.variability.high):
        axis.plot(times, factor * edge[kept], color=look.colour, lw=0.7, ls=(0, (2, 2)))
    axis.plot(times, median, color=look.colour, ls=look.line, label=short(look.title))


def _share_caption(
    found: Sequence[tuple[Output, list[TimeCourse]]], arms: Mapping[str, Look], end: float, has_animals: bool
) -> str:
    told = []
    for arm, look in arms.items():
        peaks = []
        for output, courses in found:
            for course in courses:
                median = course.summary.uncertainty.median
                if course.arm == arm and np.nanmax(median) > 0:
                    at = int(np.nanargmax(median))
                    factor = percent_of_dose(output.unit)
                    peaks.append((factor * float(median[at]), output.title or output.name, float(course.times[at])))
        if peaks:
            share, name, time = max(peaks)
            told.append(f"{look.title}: {name} {shown(share, 2)} % at {moment(time, end)}")
    dashes = "; dashes: how animals differ (95 %)" if has_animals else ""
    return f"Highest share by arm: {'; '.join(told)}. Lines: medians; bands: what is not known (95 %){dashes}."
