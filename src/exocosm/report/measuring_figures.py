"""Figures of measured samples: size distributions, concentrations, dilution series."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from exocosm.bench.readings.concentrations import UNDILUTED
from exocosm.bench.readings.dilutions import Linearity
from exocosm.bench.readings.distributions import Distribution, distribution_of
from exocosm.bench.readings.measured import MeasurementResult, Readings, SampleResult
from exocosm.report.canvas import (
    COLOURS,
    FAINT,
    INK,
    LINES,
    MARKERS,
    Picture,
    finish,
    legend_above,
    log_axis,
    panels,
    plain_axis,
    short,
    style,
)
from exocosm.report.numbers import interval, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Drawn = Sequence[tuple[MeasurementResult, Distribution]]

MOST_SAMPLES = 12  # with a figure of their own
MOST_LINES = 6  # measurements in one figure
MOST_POINTS = 40  # measurements in the figure of concentrations
_ROOM = 1.35  # ratio of two diameters between which a short text has room
_TAIL = 0.002  # of the particles, left outside the figure at either end


def size_pictures(readings: Readings) -> list[Picture]:
    """A figure for each of the first samples: every video thin, the mean thick, its band."""
    pictures: list[Picture] = []
    for sample in readings.samples:
        drawn = [(r, d) for r in sample.measurements if (d := distribution_of(r)) is not None][:MOST_LINES]
        if drawn and len(pictures) < MOST_SAMPLES:
            with style():
                pictures.append(_sizes(len(pictures), sample, drawn, _limit(readings, drawn[0][0])))
    return pictures


def _sizes(place: int, sample: SampleResult, drawn: Drawn, smallest: float) -> Picture:
    from matplotlib.lines import Line2D

    # shares and concentrations, or several dilutions' worth of both, have no common axis: then all are shares
    units = {(d.unit, r.concentration.of if d.unit == "particle/mL" else "") for r, d in drawn}
    as_shares = len(units) > 1
    figure, (axis,) = panels(1, 1, 3.2)
    handles: list[Any] = []
    unit = "share of particles per nm"
    for k, (result, found) in enumerate(drawn):
        scale = 1.0
        if as_shares:
            scale = 1.0 / float((found.mean * (found.high - found.low)).sum())
        elif found.unit == "particle/mL":
            unit = "particles/mL per nm" + (
                "" if result.concentration.of == UNDILUTED else ", not corrected for dilution"
            )
        colour, line = COLOURS[k % len(COLOURS)], LINES[k % len(LINES)]
        for values in found.replicates:
            own = 1.0 / float((values * (found.high - found.low)).sum()) if as_shares else 1.0
            axis.plot(found.centre, values * own, color=colour, linewidth=0.6, alpha=0.45)
        if np.isfinite(found.band_low).any():
            axis.fill_between(found.centre, found.band_low * scale, found.band_high * scale, color=colour, alpha=0.18,
                              linewidth=0)  # fmt: skip
        axis.plot(found.centre, found.mean * scale, color=colour, linewidth=1.9, linestyle=line)
        look: Any = {"color": colour, "linestyle": line}
        handles.append(Line2D([], [], label=short(result.name, 60), **look))
    low, high = _shown_range([found for _, found in drawn])
    log_axis(axis, "x", low, high)
    axis.set_xlim(low, high)
    axis.set_ylim(bottom=0)
    plain_axis(axis, "y")
    axis.set_xlabel("diameter, nm")
    axis.set_ylabel(unit)
    _mark_unseen(axis, smallest, low)
    if len(handles) > 1:
        legend_above(figure, handles)
    return finish(figure, f"sizes-{place}", sample.name, _sizes_caption(sample, drawn))


def _shown_range(drawn: Sequence[Distribution]) -> tuple[float, float]:
    """The diameters between which nearly all particles lie, with some room."""
    lows, highs = [], []
    for found in drawn:
        share = np.cumsum(found.mean * (found.high - found.low))
        share /= share[-1]
        lows.append(float(found.low[int(np.searchsorted(share, _TAIL))]))
        highs.append(float(found.high[min(int(np.searchsorted(share, 1 - _TAIL)), share.size - 1)]))
    low = max(min(lows) * 0.85, 10.0)
    return low, max(max(highs) * 1.1, 2 * low)


def _limit(readings: Readings, result: MeasurementResult) -> float:
    """The smallest diameter that the instrument sees well, NaN if nobody says."""
    return readings.limits[result.measurement.recording.instrument]["smallest_trusted_diameter"]


def _mark_unseen(axis: Axes, limit: float, low: float) -> None:
    """Grey over the diameters at which only some particles are seen."""
    if limit > low:
        axis.axvspan(low, limit, color="#000000", alpha=0.06, linewidth=0)
        if limit > _ROOM * low:
            told, where = f"below {limit:g} nm: \nseen in part ", axis.get_xaxis_transform()
            axis.text(limit, 0.97, told, transform=where, ha="right", va="top", fontsize=7, color=FAINT)


def _sizes_caption(sample: SampleResult, drawn: Drawn) -> str:
    told = []
    for result, _ in drawn:
        median = result.estimates["d50"]
        span = f" ({interval(median.low, median.high, '', 3)})" if math.isfinite(median.low) else ""
        told.append(f"{result.name}: median {shown(median.value)} nm{span}, {result.measurement.holds}")
    sized = sum(result.has_sizes for result in sample.measurements)
    more = f" {sized - len(drawn)} more measurements are not drawn." if sized > len(drawn) else ""
    return ". ".join(told) + "." + more


def concentration_picture(samples: Sequence[SampleResult]) -> Picture | None:
    """Every video's concentration, with means and intervals; None if there is none."""
    results = [r for sample in samples for r in sample.measurements if np.isfinite(r.concentration.by_replicate).any()]
    results = [r for r in results if np.nanmax(r.concentration.by_replicate) > 0]
    if not results:
        return None
    with style():
        return _concentrations(results[:MOST_POINTS], len(results))


def _concentrations(drawn: Sequence[MeasurementResult], number: int) -> Picture:
    figure, (axis,) = panels(1, 1, max(1.6, 0.9 + 0.34 * len(drawn)))
    everything: list[float] = []
    for row, result in enumerate(drawn):
        of_whole = result.concentration.of == UNDILUTED
        colour = COLOURS[0] if of_whole else COLOURS[1]
        values = result.concentration.by_replicate
        values = values[np.isfinite(values) & (values > 0)]
        estimate = result.concentration.estimate
        axis.plot(values, np.full(values.size, row), "o", color=colour, markersize=3.5, alpha=0.6)
        if math.isfinite(estimate.low):
            axis.plot([max(estimate.low, estimate.value / 20), estimate.high], [row, row], color=colour, linewidth=1.4)
            everything += [max(estimate.low, estimate.value / 20), estimate.high]
        axis.plot([estimate.value], [row], "D", color=colour, markersize=5, markeredgecolor="white")
        everything += values.tolist()
    low, high = min(everything) / 1.25, max(everything) * 1.25
    log_axis(axis, "x", low, high)
    axis.set_xlim(low, high)
    axis.set_yticks(range(len(drawn)), [short(r.name, 46) for r in drawn])
    axis.set_ylim(len(drawn) - 0.5, -0.5)
    axis.set_xlabel("particles per mL")
    is_mixed = len({r.concentration.of for r in drawn}) > 1
    told = " Orange: not corrected for dilution, or not known whether." if is_mixed else ""
    if not is_mixed and drawn[0].concentration.of != UNDILUTED:
        told = " All are of the sample as it was measured, not corrected for dilution."
    more = f" The first {MOST_POINTS} of {number} measurements." if number > MOST_POINTS else ""
    return finish(figure, "concentrations-figure", "Particles per mL", f"By measurement.{told}{more}")


def dilution_pictures(samples: Sequence[SampleResult]) -> list[Picture]:
    """Measured against dilution, with the line that is expected, for each of the first samples with a series."""
    pictures: list[Picture] = []
    for sample in samples:
        if sample.linearity is not None and len(pictures) < MOST_SAMPLES:
            with style():
                pictures.append(_dilutions(len(pictures), sample.name, sample.linearity))
    return pictures


def _dilutions(place: int, name: str, line: Linearity) -> Picture:
    from matplotlib.lines import Line2D

    figure, (axis,) = panels(1, 1, 2.9)
    agreeing = [level for level in line.levels if level.name in line.agreeing] or list(line.levels)
    whole = float(np.exp(np.mean([np.nanmean(np.log(level.undiluted)) for level in agreeing])))
    x = np.array([1.0 / level.dilution for level in line.levels])
    wide = np.array([x.min() / 1.6, x.max() * 1.6])
    axis.plot(wide, whole * wide, color=INK, linewidth=1.0, linestyle="--")
    values = [wide[0] * whole, wide[1] * whole]
    for level in line.levels:
        fits = level.name in line.agreeing
        colour, marker = (COLOURS[0], MARKERS[0]) if fits else (COLOURS[1], MARKERS[2])
        known = level.in_tube[np.isfinite(level.in_tube)]
        axis.plot(np.full(known.size, 1.0 / level.dilution), known, marker, color=colour, markersize=4.5, alpha=0.75)
        values += known.tolist()
    log_axis(axis, "x", wide[0], wide[1])
    log_axis(axis, "y", min(values), max(values))
    axis.set_xlabel("share of the sample in the measured tube (1/dilution)")
    axis.set_ylabel("particles/mL as measured")
    handles: list[Any] = [
        Line2D([], [], color=INK, linestyle="--", label="expected: half the sample, half the particles")
    ]
    handles.append(Line2D([], [], color=COLOURS[0], marker=MARKERS[0], linestyle="", label="agrees"))
    if len(agreeing) < len(line.levels):
        handles.append(Line2D([], [], color=COLOURS[1], marker=MARKERS[2], linestyle="", label="does not"))
    legend_above(figure, handles)
    span = f" ({line.low:.2f} to {line.high:.2f})" if math.isfinite(line.low) else ""
    caption = f"Slope {line.slope:.2f}{span}, 1 is expected: {line.verdict}. " + " ".join(
        f"{broken.name} reads {broken.ratio:.2f} times what the others say; {broken.reason}." for broken in line.broken
    )
    return finish(figure, f"dilutions-{place}", name, caption.strip())
