"""Predicted against measured: the picture and the count, calibrated numbers apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from exocosm.report import sentences
from exocosm.report.canvas import INK, Picture, finish, legend_above, log_axis, panels, short, style
from exocosm.report.numbers import quantity, shown
from exocosm.report.tables import Row, records

if TYPE_CHECKING:
    from exocosm.trajectory.result import Result

MAXIMUM_ROWS = 60
MOST_POINTS = 3  # of a curve that is shown only, each in a row of its own
NOTES = re.compile(r"^ROLE: \w+[^;]*(;\s*|$)")  # what a note says first of its role, the verdict says already
# verdict -> (marker, colour, word)
VERDICTS = {
    "in": ("o", "#009E73", "inside the interval"),
    "out": ("X", "#D55E00", "outside"),
    "calibrated": ("s", "#767676", "calibrated: no prediction"),
}


def summary(result: Result) -> str:
    """How many measured numbers lie inside the predictive intervals; calibrated ones are told apart and not counted."""
    table = result.comparisons
    verdicts = [str(verdict) for verdict in table["verdict"]]
    tested = table[table["verdict"].isin(["in", "out"])]
    width = float("nan")
    if len(tested) and (tested["predicted_low"] > 0).all():
        width = float((tested["predicted_high"] / tested["predicted_low"]).median())
    inside, outside, calibrated, missing = (verdicts.count(word) for word in ("in", "out", "calibrated", "missing"))
    return sentences.predictions(inside, outside, calibrated, missing, width)


def by_study(result: Result) -> list[Row]:
    """The rows of the comparisons study by study, each with the titles of its study and of its measurement.

    is_contrast: whether arms are compared.  Many points of one curve that are shown only become one row.
    """
    studies = (result.study, *result.study.comparisons)
    titles = {each.name: each.title or each.name for each in studies}
    contrasts = {(each.name, measured.name) for each in studies for measured in each.measurements if measured.contrast}
    table = result.comparisons
    found: list[Row] = []
    for name in [name for name in titles if name in set(table["study"])]:
        rows = records(table[table["study"] == name])
        for row in rows:
            row["title"] = str(row.get("title") or row["what"])
            row["study_title"] = titles[name] if name != result.study.name else "This study"
            row["is_contrast"] = (name, row["measurement"]) in contrasts
        shown_only = [row for row in rows if row["verdict"] == "overlay"]
        kept = [row for row in rows if row["verdict"] != "overlay"]
        for measurement in dict.fromkeys(row["measurement"] for row in shown_only):
            points = [row for row in shown_only if row["measurement"] == measurement]
            kept += points if len(points) <= MOST_POINTS else [_as_one(points)]
        found += kept
    return found


def _as_one(points: Sequence[Row]) -> Row:
    """One row in the place of many points of a curve: the last one, with the typical factor off."""
    factors = np.array([row["factor_off"] for row in points], float)
    note = f"the last of {len(points)} points; median factor off, over all: {shown(float(np.nanmedian(factors)), 2)}"
    return {**points[-1], "note": "; ".join(part for part in (note, str(points[-1]["note"])) if part)}


def predictions(result: Result) -> Picture | None:
    """Every measured number as 1, the prediction in multiples of it; None if there is nothing positive to compare."""
    table = [row for row in by_study(result) if _is_comparable(row)]
    if not table:
        return None
    rows = table[:MAXIMUM_ROWS]
    places: list[float] = []
    heads: dict[float, str] = {}
    place = -1.0
    for number, row in enumerate(rows):
        if not number or row["study_title"] != rows[number - 1]["study_title"]:
            place += 1.0
            heads[place] = row["study_title"]
        place += 1.0
        places.append(place)
    with style():
        figure, (axis,) = panels(1, 1, 0.9 + 0.24 * (place + 1))
        for at, row in zip(places, rows, strict=True):
            _row(axis, row, at)
        axis.axvline(1.0, color=INK, lw=1.0)
        axis.axvspan(0.5, 2.0, color="#000000", alpha=0.05, lw=0)
        axis.set_yticks(
            [*heads, *places], [*(short(text, 72) for text in heads.values()), *(_label(row) for row in rows)]
        )
        for label in axis.get_yticklabels()[: len(heads)]:
            label.set_fontweight("bold")
            label.set_fontsize(7.2)
        axis.tick_params(axis="y", length=0)
        axis.set_ylim(place + 0.7, -0.7)
        axis.grid(axis="y", visible=False)
        low, high = (float(end) for end in axis.dataLim.intervalx)
        log_axis(axis, "x", low, high)
        axis.set_xlabel("predicted / measured (times)")
        axis.annotate("factor off", (1.01, -0.7), xycoords=("axes fraction", "data"), va="bottom", fontsize=7.5)
        legend_above(figure, _handles(rows))
        return finish(figure, "predictions", "Predicted over measured", _caption(rows, len(table) - len(rows)))


def _caption(rows: Sequence[Row], left: int) -> str:
    caption = (
        "Marker: predicted (median) over measured; thick bar: 95 % predictive interval, of one animal"
        + (
            ", or, where arms are compared, of the ratio of group means"
            if any(row["is_contrast"] for row in rows)
            else ""
        )
        + "; thin black bar: the range that was measured; grey: within a factor of 2. Right: how many "
        "times too high or too low."
    )
    partly = sum("do not exist" in str(row["note"]) for row in rows)
    if partly:
        which = "one number (†)" if partly == 1 else f"{partly} numbers (†)"
        caption += f" For {which}, part of the predicted numbers do not exist and are left out of the interval."
    return caption + (f" {left} more are in the table only." if left else "")


def _is_comparable(row: Row) -> bool:
    return row["verdict"] in VERDICTS and row["measured"] > 0 and row["predicted"] > 0


def _row(axis: Any, row: Row, place: float) -> None:
    marker, colour, _ = VERDICTS[row["verdict"]]
    scale = row["measured"]
    low, high = row["predicted_low"] / scale, row["predicted_high"] / scale
    is_blind = row["verdict"] != "calibrated"
    if low > 0 and np.isfinite(high):
        if is_blind:
            axis.plot([low, high], [place] * 2, color=colour, lw=3.4, alpha=0.4, solid_capstyle="butt")
        else:  # hollow, as its marker
            axis.plot([low, high], [place] * 2, color=colour, lw=0.9, ls=(0, (4, 2)))
    elif np.isfinite(high):
        at = (row["predicted"] / scale, place)
        axis.annotate("◂", at, (-9, 0), textcoords="offset points", va="center", fontsize=7, color=colour)
    fill = colour if is_blind else "white"
    axis.plot([row["predicted"] / scale], [place], marker, color=colour, mfc=fill, mew=1.1, ms=6)
    if row["measured_low"] > 0 and np.isfinite(row["measured_high"]):
        axis.plot([row["measured_low"] / scale, row["measured_high"] / scale], [place + 0.26] * 2, color=INK, lw=0.9)
    words = shown(row["factor_off"], 2) + (" outside" if row["verdict"] == "out" else "")
    weight = "bold" if row["verdict"] == "out" else "normal"
    axis.annotate(
        words, (1.01, place), xycoords=("axes fraction", "data"), va="center", fontsize=7.5, fontweight=weight
    )


def _handles(rows: Sequence[Row]) -> list[Any]:
    from matplotlib.lines import Line2D

    present = {row["verdict"] for row in rows}
    return [
        Line2D(
            [], [], marker=marker, color=colour, mfc="white" if verdict == "calibrated" else colour, ls="", label=word
        )
        for verdict, (marker, colour, word) in VERDICTS.items()
        if verdict in present
    ]


def _label(row: Row) -> str:
    mark = " †" if "do not exist" in str(row["note"]) else ""
    return f"{short(row['title'], 46)}{mark} ({quantity(row['measured'], row['unit'])})"
