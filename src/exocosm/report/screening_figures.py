"""The figures of a screening: detection by size, ROC, stages, what shedding makes, where the spread comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from exocosm.accuracy.shares import proportion
from exocosm.report.canvas import (
    COLOURS,
    FAINT,
    INK,
    MARKERS,
    Picture,
    finish,
    legend_above,
    log_axis,
    panels,
    plain_axis,
    style,
    wrapped,
)
from exocosm.report.expected import HIGH, LOW
from exocosm.report.numbers import counted, percent, shown, unit_text
from exocosm.report.screening_words import AREAS, NEAR_ONE, SHARES, arm_title, asked, metric_title, some_of
from exocosm.screening.people import STAGES
from exocosm.screening.tumour_content import scaled_fold
from exocosm.trajectory.bench_result import CENTRAL
from exocosm.trajectory.screening_result import ScreeningResult

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

MOST_PANELS = 16  # arms that are drawn; the tables hold all
WIDE = 30.0  # high / low from which a linear axis would hide the small ones
MOST_ROWS = 30  # markers drawn one by one; of more, those of an arm stand in one row
LEAST_RISE = 1e-4  # per cent; below this a rise is drawn at the edge
STAGE_WORDS = {"biology": "biology", "preanalytics": "pre-analytics", "isolation": "isolation", "assay": "assay"}
BAND = "#9ecae1"
OTHERS = "#c4c4c4"


def detection_picture(result: ScreeningResult) -> Picture | None:
    """Share of people who test positive by the diameter of their tumour, every arm in a panel of its own."""
    table = result.detection
    arms = [arm for arm in result.study.tests if (table["arm"] == arm).any()][:MOST_PANELS]
    if not arms:
        return None
    curves = {arm: _curve(table[table["arm"] == arm]) for arm in arms}
    with style():
        figure, axes = _panels(result, arms, sharex=True, sharey=True)
        for axis, arm in zip(axes, arms, strict=False):
            diameter, central, drawn = curves[arm]
            for other in arms:
                if other != arm:
                    axis.plot(curves[other][0], 100 * curves[other][1], color=OTHERS, lw=0.9)
            if drawn.shape[0] > 1:
                low, high = 100 * np.percentile(drawn, [LOW, HIGH], axis=0)
                axis.fill_between(diameter, low, high, color=BAND, alpha=0.55, lw=0)
            axis.plot(diameter, 100 * central, color=COLOURS[0], lw=2.0)
            use = result.study.tests[arm].use
            axis.axhline(100 * use.detected, color=COLOURS[1], lw=0.9, ls="--")
            if use.cut_off is None:
                axis.axhline(100 * (1 - use.specificity), color=FAINT, lw=0.9, ls=":")
        log_axis(axes[0], "x", float(table["diameter_mm"].min()), float(table["diameter_mm"].max()))
        axes[0].set_ylim(-2, 102)
        _labels(axes, arms, "diameter of the tumour (mm)", "people who test positive (%)")
        number = max(drawn.shape[0] for _, _, drawn in curves.values())
        ends = [f"{arm_title(result, arm)} {percent(curves[arm][1][-1])}" for arm in arms]
        caption = (
            f"At {shown(float(table['diameter_mm'].max()))} mm test positive, at the central values: "
            f"{some_of(ends, 4)}. Line: central values; grey: the other arms. "
        )
        caption += (
            f"Band: 95 % of what is not known, {counted(number, 'draw')}. "
            if number > 1
            else "Fewer than two draws, so no band is shown, and the line looks surer than it is. "
        )
        caption += "Dashed: the share from which a tumour counts as seen. Dotted: false positives, without any tumour."
        return finish(figure, "by-size", "Detection by tumour diameter", caption)


def _curve(table: pd.DataFrame) -> tuple[Array, Array, Array]:
    """(diameters, central shares, shares of every draw) of an arm."""
    wide = table.pivot(index="draw", columns="diameter_mm", values="probability").sort_index()
    drawn = wide[wide.index != CENTRAL].to_numpy(float)
    return wide.columns.to_numpy(float), wide.loc[CENTRAL].to_numpy(float), drawn[np.isfinite(drawn).all(axis=1)]


def roc_picture(result: ScreeningResult) -> Picture | None:
    """Sensitivity against false positives on people held out, with exact limits of the sensitivity."""
    table = result.operating
    arms = [arm for arm in result.study.tests if (table["arm"] == arm).any()][:MOST_PANELS]
    if not arms:
        return None
    with style():
        figure, axes = _panels(result, arms, square=True, sharex=True, sharey=True)
        for axis, arm in zip(axes, arms, strict=False):
            rows = table[table["arm"] == arm].sort_values(["sensitivity", "specificity"], ascending=[True, False])
            false, found = 1.0 - rows["specificity"].to_numpy(float), rows["sensitivity"].to_numpy(float)
            cases = held_out(result, arm)
            if cases > 0:
                limits = {hits: proportion(hits, cases) for hits in range(cases + 1)}
                hits = np.clip(np.rint(found * cases), 0, cases).astype(int)
                low, high = (np.array([getattr(limits[int(one)], end) for one in hits]) for end in ("low", "high"))
                axis.fill_between(100 * false, 100 * low, 100 * high, color=BAND, alpha=0.55, lw=0, step="post")
            axis.plot([0, 100], [0, 100], color=FAINT, lw=0.8, ls=":")
            axis.step(100 * false, 100 * found, color=COLOURS[0], lw=1.8, where="post")
            use = result.study.tests[arm].use
            if use.cut_off is None:
                axis.axvline(100 * (1 - use.specificity), color=COLOURS[1], lw=0.9, ls="--")
        axes[0].set_xlim(-2, 102)
        axes[0].set_ylim(-2, 102)
        _labels(axes, arms, "false positives among the healthy (%)", "patients found (%)")
        numbers = sorted({held_out(result, arm) for arm in arms})
        told = f"{numbers[0]}" if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
        caption = (
            f"People on whom nothing was trained, central values. Band: 95 % of counting {told} patients, by exact "
            "limits, each point by itself. It holds no uncertainty of the numbers behind; the table of all numbers "
            "does. Dashed: the specificity that was asked for; dotted: chance."
        )
        return finish(figure, "roc", "What is found at the price of how many false alarms", caption)


def held_out(result: ScreeningResult, arm: str) -> int:
    """How many patients of an arm nothing was trained on.

    Stages count them.  Of a cancer without stages it is the number of another arm, whose people are the same keys, or
    half of the patients.
    """
    counts = result.stages.groupby("arm")["people"].sum()
    if arm in counts.index:
        return int(counts[arm])
    return int(counts.max()) if len(counts) else int(result.recipe["people"]) // 2


def stage_picture(result: ScreeningResult) -> Picture | None:
    """Sensitivity by stage, held out, with exact limits."""
    table = result.stages
    arms = [arm for arm in result.study.tests if (table["arm"] == arm).any()][:MOST_PANELS]
    if not arms:
        return None
    with style():
        figure, axes = _panels(result, arms, sharey=True)
        for axis, arm in zip(axes, arms, strict=False):
            rows = table[table["arm"] == arm]
            middle, low, high = (100 * rows[name].to_numpy(float) for name in ("sensitivity", "low", "high"))
            spots = np.arange(len(rows))
            ends = np.maximum([middle - low, high - middle], 0)
            axis.errorbar(spots, middle, yerr=ends, fmt="o", color=COLOURS[0], ecolor=COLOURS[0], capsize=3, ms=5)
            names = [f"{stage}\n{people}" for stage, people in zip(rows["stage"], rows["people"], strict=True)]
            axis.set_xticks(spots, names)
            axis.set_xlim(-0.6, len(rows) - 0.4)
            use = result.study.tests[arm].use
            if use.cut_off is None:
                axis.axhline(100 * (1 - use.specificity), color=FAINT, lw=0.9, ls=":")
        axes[0].set_ylim(-2, 102)
        _labels(axes, arms, "stage; patients held out", "patients found (%)", every_x=True)
        caption = (
            "Sensitivity at the threshold of the test, central values. Bars: 95 % of counting so few patients, by "
            "exact limits. Dotted: the share of healthy people who test positive as well."
        )
        return finish(figure, "stages", "Patients found, by stage", caption)


@dataclass(frozen=True)
class _Shift:
    """A marker of one cancer in one fluid: what shedding makes of it and what is reported, as folds."""

    marker: str
    arm: str
    shed: float
    reported: float
    low: float
    high: float
    is_assumed: bool


def shifts(result: ScreeningResult) -> pd.DataFrame:
    """The markers with a reported fold, once per cancer, fluid and marker.

    explained: the share of the reported or assumed shift that shedding makes; NaN where hardly a rise is reported.
    has_shift: whether one is reported, or assumed because a panel names the marker; of others none is assumed.
    """
    table = result.signals[np.isfinite(result.signals["fold_shed"].astype(float))].copy()
    tests = result.study.tests
    table["of"] = [(tests[arm].cancer, tests[arm].fluid) for arm in table["arm"]]
    shed, reported = (table[name].to_numpy(float) for name in ("fold_shed", "fold_reported"))
    table["explained"] = np.divide(
        shed - 1, reported - 1, out=np.full(len(table), np.nan), where=reported > 1 + NEAR_ONE
    )
    table["has_shift"] = ~(table["is_assumed"].astype(bool) & (table["fold_reported"] == 1))
    return table.drop_duplicates(["of", "marker"])


def fold_picture(result: ScreeningResult) -> Picture | None:
    """How far a marker rises: by what the tumour sheds, and in what studies report or is assumed."""
    table = shifts(result)
    if table.empty:
        return None
    found = [_shift(result, row) for row in table.to_dict("records")]
    several = table["of"].nunique() > 1
    one_by_one = len(found) <= MOST_ROWS
    names = [f"{one.marker}, {arm_title(result, one.arm)}" if several else one.marker for one in found]
    rows = names if one_by_one else [arm_title(result, one.arm) for one in found]
    order = list(dict.fromkeys(rows))
    with style():
        figure, (axis,) = panels(1, 1, 1.1 + 0.3 * len(order))
        for row, one in zip(rows, found, strict=True):
            place = order.index(row)
            colour, shift = COLOURS[1], 0.22 if one_by_one else 0.0
            if one_by_one and one.high > 1:
                axis.plot([_rise(one.low), _rise(one.high)], [place + 0.22] * 2, color=colour, lw=1.3, alpha=0.8)
            face = "white" if one.is_assumed else colour
            if one.reported > 1:
                axis.plot(_rise(one.reported), place + shift, "s", mfc=face, mec=colour, ms=5.5)
            else:
                axis.plot(LEAST_RISE, place + shift, "<", mfc=face, mec=colour, ms=6, clip_on=False)
            axis.plot(_rise(one.shed), place - shift, "o", color=COLOURS[0], ms=5)
        highest = max(_rise(float(np.nanmax([one.high, one.reported, one.shed]))) for one in found)
        log_axis(axis, "x", LEAST_RISE, highest)
        axis.set_xlim(LEAST_RISE, highest * 2)
        axis.set_yticks(range(len(order)), [wrapped(name, 40, 2) for name in order])
        axis.set_ylim(len(order) - 0.4, -0.6)
        axis.set_xlabel("rise above healthy people, among vesicles (%)")
        legend_above(figure, _fold_legend())
        caption = (
            "Median over patients with a tumour of the cohort's median size, central values; the axis is logarithmic, "
            "100 % is a doubling. "
        )
        caption += (
            "Bars: 95 % of the reported or assumed shift; one that begins at the left edge holds no rise at all."
            if one_by_one
            else "Every point is a marker; the ranges of the shifts are in the values below."
        )
        return finish(figure, "shed", "What shedding makes of each marker, and what is reported", caption)


def _shift(result: ScreeningResult, row: dict[Any, Any]) -> _Shift:
    """A marker with 95 % of its reported fold, carried over to the size at which the fold is shown."""
    marker, arm = str(row["marker"]), str(row["arm"])
    reported, low, high = float(row["fold_reported"]), np.nan, np.nan
    fluid = result.study.tests[arm].fluid
    names = result.values["name"].astype(str)
    kind = next(one.kind for one in result.study.tests[arm].analytes if one.name == marker)
    starts = (f"reported_fold {marker} {fluid} ", f"reported_fold {kind} {fluid} ")
    known = next((result.values[names.str.startswith(start)] for start in starts if names.str.startswith(start).any()),
                 None)  # fmt: skip
    if known is not None:
        value = known.iloc[0]
        centre = float(value["value"])
        if centre > 1 and reported > 1:
            grown = (reported - 1) / (centre - 1)
            low, high = (float(scaled_fold(float(value[end]), grown, 1.0)) for end in ("low", "high"))
    return _Shift(marker, arm, float(row["fold_shed"]), reported, low, high, bool(row["is_assumed"]))


def _rise(fold: float) -> float:
    """A fold as a rise in per cent, not below the edge of the figure."""
    return max(100 * (fold - 1), LEAST_RISE)


def _fold_legend() -> list[Any]:
    from matplotlib.lines import Line2D

    def mark(shape: str, face: str, edge: str, label: str) -> Any:
        return Line2D([], [], ls="", marker=shape, mfc=face, mec=edge, label=label)

    return [
        mark("o", COLOURS[0], COLOURS[0], "shed by the tumour"),
        mark("s", COLOURS[1], COLOURS[1], "reported by a study"),
        mark("s", "white", COLOURS[1], "assumed: no study found"),
        mark("<", COLOURS[1], COLOURS[1], "no rise, or a fall"),
    ]


def split_picture(result: ScreeningResult) -> Picture | None:
    """Which stage the spread comes from: between people's scores, and of the answer; two panels."""
    table = result.shares
    arms = [arm for arm in result.study.tests if (table["arm"] == arm).any()]
    if not arms:
        return None
    kinds = [kind for kind in ("variability", "uncertainty") if (table["kind"] == kind).any()]
    with style():
        figure, axes = panels(1, len(kinds), 1.3 + 0.36 * len(arms), sharey=True)
        for axis, kind in zip(axes, kinds, strict=True):
            rows = table[table["kind"] == kind]
            axis.axvline(0, color=INK, lw=0.8)
            for place, stage in enumerate(STAGES):
                shares = rows[rows["stage"] == stage].set_index("arm")["share"]
                spots = [(100 * float(shares[arm]), row) for row, arm in enumerate(arms) if arm in shares.index]
                shift = 0.16 * (place - 1.5)
                axis.plot(
                    [share for share, _ in spots], [row + shift for _, row in spots], ls="", marker=MARKERS[place],
                    color=COLOURS[place], ms=6, label=STAGE_WORDS[stage],
                )  # fmt: skip
                axis.hlines([row + shift for _, row in spots], 0, [share for share, _ in spots],
                            color=COLOURS[place], lw=1.4)  # fmt: skip
            plain_axis(axis, "x")
            of = str(rows["of"].iloc[0])
            unknown = wrapped(f"What is not known of: {metric_title(result, of)}", 44, 2)
            axis.set_title("Differences between people's scores" if kind == "variability" else unknown, loc="left")
            axis.set_xlabel("share of the variance (%)")
        axes[0].set_yticks(range(len(arms)), [wrapped(arm_title(result, arm), 26, 2) for arm in arms])
        axes[0].set_ylim(len(arms) - 0.45, -0.55)
        legend_above(figure, axes[0].get_legend_handles_labels()[0])
        return finish(figure, "spread", "Where the spread comes from", _split_caption(result, arms, kinds))


def _split_caption(result: ScreeningResult, arms: Sequence[str], kinds: Sequence[str]) -> str:
    table = result.shares
    parts = []
    for kind in kinds:
        means = table[table["kind"] == kind].groupby("stage")["share"].mean()
        most = str(means.idxmax())
        what = "between people with the same tumour" if kind == "variability" else "of the answer"
        parts.append(f"{what} most comes from {STAGE_WORDS.get(most, most)} ({percent(float(means.max()))}"
                     f"{', mean of the arms' if len(arms) > 1 else ''})")  # fmt: skip
    caption = (
        f"Of the spread {'; of that '.join(parts)}. Shares of the variance by Shapley's value, which add up to 100 %."
    )
    caption += " Below zero: the stage damps what another one does."
    if "uncertainty" in kinds:
        caption += " The shares of what is not known are themselves of at most 20 draws, and as rough as that."
    return caption


def arms_picture(result: ScreeningResult, metrics: Sequence[str]) -> Picture | None:
    """Every metric in every arm with 95 % of what is not known, a panel for each; None without draws."""
    arms = list(result.study.tests)
    drawn = [name for name in metrics if np.isfinite(_known(result, name)).any()][:MOST_PANELS]
    if not drawn or not int(result.recipe["draws"]):
        return None
    columns = 2 if len(drawn) > 1 else 1
    rows = -(-len(drawn) // columns)
    with style():
        figure, axes = panels(rows, columns, rows * (0.8 + 0.3 * len(arms)))
        beyond = [_metric_panel(result, axis, metric) for axis, metric in zip(axes, drawn, strict=False)]
        for place, axis in enumerate(axes):
            titles = [wrapped(arm_title(result, arm), 26, 2) for arm in arms]
            axis.set_yticks(range(len(arms)), titles if place % columns == 0 else [""] * len(arms))
            axis.set_ylim(len(arms) - 0.4, -0.6)
            axis.set_visible(place < len(drawn))
        caption = "Points: central values. Bars: 95 % of what is not known."
        if any(result.study.file.metrics[name].of in AREAS for name in drawn):
            caption += " Dotted: chance."
        if any(beyond):
            caption += " Arrows: beyond what is drawn, or never reached."
        return finish(figure, "arms", "Every arm", caption)


def _known(result: ScreeningResult, metric: str) -> Array:
    """Central values and ends of all arms, in the order of the arms: shape (arms, 3)."""
    found = [asked(result, metric, arm) for arm in result.study.tests]
    return np.array([(one.central, *one.limits) for one in found], dtype=float)


def _metric_panel(result: ScreeningResult, axis: Axes, metric: str) -> bool:
    """One metric, an arm in each row.  Returns whether something lies beyond the panel."""
    of = result.study.file.metrics[metric].of
    numbers = _known(result, metric) * (100.0 if of in SHARES else 1.0)
    usable = numbers[np.isfinite(numbers) & (numbers > 0)]
    wide = of not in (*SHARES, *AREAS) and usable.size > 1 and usable.max() > WIDE * usable.min()
    if wide:
        log_axis(axis, "x", float(usable.min()), float(usable.max()))
        axis.set_xlim(usable.min() / 1.5, usable.max() * 1.5)
    else:
        finite = numbers[np.isfinite(numbers)]
        low, high = float(finite.min()), float(finite.max())
        margin = 0.05 * (high - low) or 0.05 * abs(high) or 0.05
        # areas on one scale, so that chance looks like chance
        axis.set_xlim(*((min(0.4, low - margin), 1.01) if of in AREAS else (low - margin, high + margin)))
        plain_axis(axis, "x")
    left, right = axis.get_xlim()
    beyond = False
    for row, (central, low, high) in enumerate(numbers):
        if not np.isnan(low):
            ends = np.clip([low, high], left, right)
            axis.plot(ends, [row, row], color=COLOURS[0], lw=4.0, solid_capstyle="butt")
        for value, colour in ((low, COLOURS[0]), (high, COLOURS[0]), (central, INK)):
            if value < left or value > right:
                beyond = True
                axis.plot(left if value < left else right, row, "<" if value < left else ">", color=colour, ms=6,
                          clip_on=False)  # fmt: skip
        if np.isfinite(central) and left <= central <= right:
            axis.plot(central, row, "o", color=INK, ms=4)
    if of in AREAS:
        axis.axvline(0.5, color=FAINT, lw=0.8, ls=":")
    unit = unit_text(asked(result, metric, next(iter(result.study.tests))).unit)
    axis.set_title(wrapped(metric_title(result, metric), 46, 2), loc="left")
    axis.set_xlabel("area (0.5: chance)" if of in AREAS else "%" if of in SHARES else unit or "number")
    return beyond


def _panels(
    result: ScreeningResult, arms: Sequence[str], square: bool = False, **options: Any
) -> tuple[Figure, list[Axes]]:
    """A panel for each arm, with its title."""
    columns = min(len(arms), 3 if len(arms) <= 9 else 4)
    rows = -(-len(arms) // columns)
    each = {1: 3.6, 2: 3.2}.get(columns, 2.7 if columns == 3 else 2.2)
    figure, axes = panels(
        rows, columns, rows * each * (1.15 if square and rows == 1 else 1.0 if rows == 1 or square else 0.9), **options
    )
    for axis, arm in zip(axes, arms, strict=False):
        axis.set_title(wrapped(arm_title(result, arm), 24 if columns > 2 else 44, 3), loc="left", color=INK)
        if square:
            axis.set_box_aspect(1)
    for axis in axes[len(arms) :]:
        axis.set_visible(False)
    return figure, axes


def _labels(axes: Sequence[Axes], arms: Sequence[str], across: str, up: str, every_x: bool = False) -> None:
    """One label for all panels, so that it is not cut off."""
    figure: Any = axes[0].figure
    figure.supxlabel(across, fontsize=8.5)
    figure.supylabel(up, fontsize=8.5)
    columns = min(len(arms), 3 if len(arms) <= 9 else 4)
    for place, axis in enumerate(axes[: len(arms)]):
        if place + columns >= len(arms) and not every_x:
            axis.tick_params(labelbottom=True)  # the panel below it is empty
