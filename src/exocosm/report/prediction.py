"""Predicted against measured: the picture and the count, calibrated numbers apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from exocosm.report import sentences
from exocosm.report.canvas import INK, Picture, finish, legend_above, log_axis, panels, style, wrapped
from exocosm.report.numbers import quantity
from exocosm.report.tables import records

if TYPE_CHECKING:
    import pandas as pd

    from exocosm.trajectory.result import Result

MAXIMUM_ROWS = 60
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


def predictions(result: Result) -> Picture | None:
    """Every measured number as 1, the prediction in multiples of it; None if there is nothing positive to compare."""
    table = _comparable(result.comparisons)
    if not len(table):
        return None
    shown_rows = records(table.head(MAXIMUM_ROWS))
    with style():
        figure, (axis,) = panels(1, 1, 0.9 + 0.3 * len(shown_rows))
        for place, row in enumerate(shown_rows):
            _row(axis, row, place)
        axis.axvline(1.0, color=INK, lw=1.0)
        axis.axvspan(0.5, 2.0, color="#000000", alpha=0.05, lw=0)
        axis.set_yticks(range(len(shown_rows)), [_label(row) for row in shown_rows])
        axis.set_ylim(len(shown_rows) - 0.4, -0.6)
        axis.grid(axis="y", visible=False)
        low, high = (float(end) for end in axis.dataLim.intervalx)
        log_axis(axis, "x", low, high)
        axis.set_xlabel("predicted / measured (times)")
        legend_above(figure, _handles(shown_rows))
        left = len(table) - len(shown_rows)
        caption = (
            "Marker: predicted (median) over measured; thick bar: 95 % predictive interval for one animal; thin black "
            "bar: the range that was measured; grey: within a factor of 2."
        )
        if left:
            caption += f" {left} more are in the table only."
        return finish(figure, "predictions", "Predicted over measured", caption)


def _comparable(table: pd.DataFrame) -> pd.DataFrame:
    if not len(table):
        return table
    table = table[table["verdict"].isin(list(VERDICTS))]
    table = table[(table["measured"] > 0) & (table["predicted"] > 0)]
    order = {"in": 0, "out": 0, "calibrated": 1}
    return table.assign(_order=table["verdict"].map(order)).sort_values(["_order", "study"], kind="stable")


def _row(axis: Any, row: dict[str, Any], place: int) -> None:
    marker, colour, _ = VERDICTS[row["verdict"]]
    scale = row["measured"]
    low, high = row["predicted_low"] / scale, row["predicted_high"] / scale
    if low > 0 and np.isfinite(high):
        axis.plot([low, high], [place, place], color=colour, lw=3.4, alpha=0.4, solid_capstyle="butt")
    elif np.isfinite(high):
        axis.annotate(
            "◂",
            (row["predicted"] / scale, place),
            (-9, 0),
            textcoords="offset points",
            va="center",
            fontsize=7,
            color=colour,
        )
    axis.plot([row["predicted"] / scale], [place], marker, color=colour, ms=6)
    if row["measured_low"] > 0 and np.isfinite(row["measured_high"]):
        axis.plot([row["measured_low"] / scale, row["measured_high"] / scale], [place + 0.22] * 2, color=INK, lw=0.9)


def _handles(rows: list[dict[str, Any]]) -> list[Any]:
    from matplotlib.lines import Line2D

    present = {row["verdict"] for row in rows}
    return [
        Line2D([], [], marker=marker, color=colour, ls="", label=word)
        for verdict, (marker, colour, word) in VERDICTS.items()
        if verdict in present
    ]


def _label(row: dict[str, Any]) -> str:
    return wrapped(f"{row['what']}, {row['arm']} (measured {quantity(row['measured'], row['unit'])})", 44, 2)
