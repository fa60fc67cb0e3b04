"""Figures of panels: what would have been believed, ROC curves, calibration, decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from exocosm.randomness import generator
from exocosm.report.canvas import (
    COLOURS,
    FAINT,
    INK,
    LINES,
    MARKERS,
    Picture,
    finish,
    legend_above,
    panels,
    plain_axis,
    style,
    wrapped,
)
from exocosm.report.numbers import counted, percent

if TYPE_CHECKING:
    from exocosm.accuracy.estimate import Estimate
    from exocosm.diagnosis.judgement import PanelJudgement
    from exocosm.diagnosis.panels.calibration import Calibration
    from exocosm.diagnosis.panels.decision import DecisionCurve
    from exocosm.diagnosis.panels.operating import OperatingPoint

Array = NDArray[np.float64]
GRID = np.linspace(0.0, 1.0, 101)
DRAWS = 300  # of subjects, for the band of a ROC curve
MOST_DRAWN = 3  # curves in one figure
BAND = (2.5, 97.5)
HELD_OUT, WITHIN, NAIVE = COLOURS[0], COLOURS[2], COLOURS[1]


def two_digits(one: Estimate) -> str:
    """`0.65 (0.55 to 0.73)`."""
    return f"{one.value:.2f} ({one.low:.2f} to {one.high:.2f})"


def short_title(name: str) -> str:
    """A panel's name for a figure."""
    return {"penalised": "penalised", "forest": "random forest"}.get(name, name)


@dataclass(frozen=True, eq=False)
class Roc:
    """Sensitivity at 1 - specificity of GRID, mean over the repeats, with its 95 % band [grid]."""

    middle: Array
    low: Array
    high: Array


def roc_of(scores: Array, is_case: NDArray[np.bool_], groups: NDArray[np.int64], seed: int = 1) -> Roc:
    """The ROC curve of held-out scores; its band by drawing subjects again, class by class.

    Shapes: scores (samples, repeats) or (samples,), is_case and groups (samples,).
    """
    columns = (scores[:, None] if scores.ndim == 1 else scores).T
    orders = [np.argsort(-column, kind="stable") for column in columns]
    last = [np.append(np.diff(-column[order]) > 0, True) for column, order in zip(columns, orders, strict=True)]

    def curve(weight: Array) -> Array:
        found = np.zeros(GRID.size)
        for order, ends in zip(orders, last, strict=True):
            case = np.cumsum(weight[order] * is_case[order])[ends]
            control = np.cumsum(weight[order] * ~is_case[order])[ends]
            found += np.interp(GRID, np.append(0.0, control / control[-1]), np.append(0.0, case / case[-1]))
        return found / len(orders)

    middle = curve(np.ones(is_case.size))
    random = generator(seed, "roc")
    names = np.unique(groups, return_inverse=True)[1]
    kinds = 2 * (np.bincount(names, weights=is_case) > 0) + (np.bincount(names, weights=~is_case) > 0)
    drawn = []
    for _ in range(DRAWS):
        times = np.zeros(kinds.size)
        for kind in np.unique(kinds):
            members = np.flatnonzero(kinds == kind)
            times += np.bincount(random.choice(members, members.size), minlength=kinds.size)
        drawn.append(curve(times[names].astype(float)))
    low, high = np.percentile(np.array(drawn), BAND, axis=0)
    return Roc(middle, low, high)


def believed_picture(judged: Sequence[PanelJudgement]) -> Picture:
    """The AUC that holds, beside what permuted labels give and what would have been believed."""
    first = judged[0]
    rows: list[tuple[str, float, float, float, str, str, bool]] = []
    for one in judged:
        name, result = short_title(one.name), one.result
        held = result.auc
        rows.append((f"{name}: people held out", held.value, held.low, held.high, HELD_OUT, "o", True))
        if result.within_strata is not None:
            inside = result.within_strata
            rows.append((f"{name}: held out, within batches", inside.value, inside.low, inside.high, WITHIN, "s", True))
        naive = result.naive
        if len(one.features) > 0 and one.name in ("penalised", "forest"):
            rows.append((f"{name}: features chosen on all samples", naive.selected_outside, np.nan, np.nan, NAIVE, "D",
                         False))  # fmt: skip
        rows.append((f"{name}: on its own training samples", naive.training, np.nan, np.nan, NAIVE, "X", False))
    tall = 0.27 * len(rows)
    with style():
        figure, (above, below) = panels(2, 1, 2.2 + tall, sharex=True, height_ratios=[1.3, tall + 0.3])
        _null_histogram(above, first)
        for place, (_, value, low, high, colour, marker, filled) in enumerate(rows):
            if np.isfinite(low):
                below.plot([low, high], [place, place], color=colour, lw=2.2)
            below.plot([value], [place], marker, color=colour, mfc=colour if filled else "white", ms=6)
            ends = (low, high) if np.isfinite(low) else (value, value)
            left = ends[1] > 0.93  # no room to the right
            below.annotate(f"{value:.2f}", (ends[0] if left else ends[1], place), (-8 if left else 8, 0), va="center",
                           ha="right" if left else "left", textcoords="offset points", fontsize=8)  # fmt: skip
        below.set_yticks(range(len(rows)), [wrapped(row[0], 46, 2) for row in rows])
        below.set_ylim(len(rows) - 0.4, -0.6)
        below.axvline(0.5, color=FAINT, lw=1)
        lowest = [row[2] for row in rows if np.isfinite(row[2])] + [row[1] for row in rows]
        if first.null is not None:
            lowest.append(float(np.min(first.null.permuted)))
        below.set_xlim(max(0.0, min(0.3, min(lowest) - 0.05)), 1.03)
        below.set_xlabel("AUC (0.5: chance)")
        naive = first.result.naive
        caption = (
            f"Held out, the penalised panel reaches an AUC of {two_digits(first.result.auc)}; choosing the features on "
            f"all samples first would have shown {naive.selected_outside:.2f}, and the samples it was fitted to "
            f"{naive.training:.2f}. Bars: 95 % of what these many people leave open. Open signs: figures to be "
            "believed by nobody, so they carry no interval."
        )
        if first.null is not None:
            caption += (
                f" Above: the whole procedure with permuted labels, AUC {first.null.permuted.mean():.2f} on average, "
                f"and with the true ones in folds dealt the same way, {first.null.observed:.2f}."
            )
        return finish(figure, "believed", "What holds, and what you would have believed", caption)


def _null_histogram(axis: Any, first: PanelJudgement) -> None:
    null = first.null
    if null is None:
        axis.set_title("No labels were permuted", loc="left")
        axis.set_yticks([])
        return
    edges = np.arange(np.floor(null.permuted.min() * 50) / 50, null.permuted.max() + 0.02, 0.02)
    axis.hist(null.permuted, bins=edges if edges.size > 1 else 5, color="#bbbbbb", edgecolor="white")
    axis.axvline(null.observed, color=HELD_OUT, lw=2)
    axis.axvline(0.5, color=FAINT, lw=1)
    axis.set_ylabel("permutations")
    axis.set_title(
        f"Grey: {counted(null.permuted.size, 'permutation')} of the labels;\n"
        f"blue: the true ones, p = {null.p:.2g} (least possible {null.smallest_p:.2g})", loc="left", color=INK,
    )  # fmt: skip


def roc_picture(judged: Sequence[PanelJudgement]) -> Picture:
    """ROC curves of held-out scores with the band of the first, and sensitivity at fixed specificities."""
    curves = [(short_title(one.name), roc_of(one.result.scores, one.result.is_case, one.result.groups, one.result.seed),
               one.result.operating) for one in judged[:MOST_DRAWN]]  # fmt: skip
    first = judged[0].result
    point = max((one for one in first.operating if one.is_resolved), key=lambda one: one.wanted, default=None)
    caption = f"Held-out scores of the penalised panel: AUC {two_digits(first.auc)}."
    if point is not None:
        caption += (
            f" At a specificity of {percent(point.wanted)} it finds {percent(point.sensitivity.value)} of the cases "
            f"(95 %: {percent(point.sensitivity.low)} to {percent(point.sensitivity.high)})."
        )
    caption += " Band and bars: 95 % (subjects drawn again; exact)."
    return draw_roc("roc", "How well cases are told from controls", curves, caption)


def draw_roc(
    name: str, title: str, curves: Sequence[tuple[str, Roc, Sequence[OperatingPoint]]], caption: str
) -> Picture:
    """ROC curves on the left, sensitivity at wanted specificities on the right."""
    with style():
        figure, (left, right) = panels(1, 2, 3.7)
        left.plot([0, 1], [0, 1], color=FAINT, lw=1)
        for place, (label, roc, points) in enumerate(curves):
            colour = COLOURS[place]
            if place == 0:
                left.fill_between(100 * GRID, 100 * roc.low, 100 * roc.high, color=colour, alpha=0.18, lw=0)
            left.plot(100 * GRID, 100 * roc.middle, color=colour, ls=LINES[place], label=label)
            for row, one in enumerate(points):
                at = row + 0.16 * (place - (len(curves) - 1) / 2)
                right.plot([at, at], [100 * one.sensitivity.low, 100 * one.sensitivity.high], color=colour, lw=1.8)
                right.plot([at], [100 * one.sensitivity.value], MARKERS[place], color=colour, ms=5,
                           mfc=colour if one.is_resolved else "white")  # fmt: skip
        left.lines[0].set_data([0, 100], [0, 100])
        left.set(xlim=(-1, 101), ylim=(-2, 103), xlabel="100 - specificity (% of controls called positive)",
                 ylabel="sensitivity (% of cases found)")  # fmt: skip
        wanted = [one.wanted for one in curves[0][2]]
        right.set_xticks(range(len(wanted)), [f"{100 * one:g} %" for one in wanted])
        right.set(ylim=(-2, 103), xlabel="specificity aimed at", ylabel="sensitivity (% of cases found)")
        right.grid(visible=False, axis="x")
        legend_above(figure, left.get_legend_handles_labels()[0])
        if any(not one.is_resolved for _, _, points in curves for one in points):
            caption += " Open signs: too few controls to set such a threshold."
        return finish(figure, name, title, caption)


def calibration_picture(name: str, found: Calibration, curve: DecisionCurve | None) -> Picture:
    """Predicted chances beside what came true; and whether acting on them is worth it."""
    with style():
        figure, axes = panels(1, 1 if curve is None else 2, 3.4)
        left = axes[0]
        left.plot([0, 100], [0, 100], color=FAINT, lw=1)
        for one in found.bins:
            left.plot([100 * one.predicted] * 2, [100 * one.observed.low, 100 * one.observed.high], color=HELD_OUT)
            left.plot([100 * one.predicted], [100 * one.observed.value], "o", color=HELD_OUT, ms=5)
        left.set(xlim=(-2, 102), ylim=(-2, 102), xlabel="predicted chance of being a case (%)",
                 ylabel="cases among such samples (%)")  # fmt: skip
        left.set_title("Calibration (grey: perfect)", loc="left")
        if curve is not None:
            _decision(axes[1], curve)
        slope = (
            f"slope {two_digits(found.slope)} (1 is right; below 1 the scores are too extreme)"
            if np.isfinite(found.slope.value) else f"no slope: {found.slope.method}"
        )  # fmt: skip
        caption = (
            f"Calibration {slope}; mean squared error of the chances {found.brier:.3f}, of saying "
            f"{percent(found.prevalence)} to everybody {found.brier_useless:.3f}. Chances are those for the share of "
            f"cases among these samples ({percent(found.prevalence)}), not for a clinic. Bars: exact 95 % intervals."
        )
        if curve is not None:
            useful = curve.thresholds[np.array(curve.is_useful)]
            caption += " Decision curve: " + (
                f"acting on the score beats acting on all or none at chances from {percent(float(useful.min()))} to "
                f"{percent(float(useful.max()))}" if useful.size else "nowhere does acting on the score clearly beat "
                "acting on all or none"
            ) + " (band: 95 %)."  # fmt: skip
        return finish(figure, name, "Are the chances right, and are they of use?" if curve is not None
                      else "Are the chances right?", caption)  # fmt: skip


def _decision(axis: Any, curve: DecisionCurve) -> None:
    at, most = 100 * curve.thresholds, 100 * curve.prevalence
    axis.plot(at, 100 * curve.treat_all, color=COLOURS[1], ls="--", label="act on all")
    axis.plot(at, 100 * curve.treat_none, color=FAINT, ls=":", label="act on none")
    axis.fill_between(at, 100 * (curve.model - 1.96 * curve.error), 100 * (curve.model + 1.96 * curve.error),
                      color=HELD_OUT, alpha=0.18, lw=0)  # fmt: skip
    axis.plot(at, 100 * curve.model, color=HELD_OUT, label="act on the score")
    axis.set(xlim=(0, 100), ylim=(-0.25 * most, 1.15 * most), xlabel="chance of being a case from which one acts (%)",
             ylabel="net benefit (cases found per 100 people)")  # fmt: skip
    plain_axis(axis, "y")
    axis.legend(loc="lower left")
    axis.set_title("Decision curve", loc="left")
