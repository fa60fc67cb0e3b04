"""Forest plots: numbers taken from time courses and contrasts, with what is not known and how animals differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

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
from exocosm.report.numbers import aligned, interval, is_dose_share, percent_of_dose, quantity, shown, unit_text
from exocosm.report.tables import Row, records
from exocosm.report.verdict import subject
from exocosm.trajectory.summary import contrast_table, metric_table

if TYPE_CHECKING:
    import pandas as pd

    from exocosm.trajectory.result import Result

WIDE = 30.0  # high / low from which a linear axis would hide the small ones
MAXIMUM_METRICS = 24
NOISE = 1e-9  # of the largest number of all arms: what the solver leaves of a zero
ENDS = ("central", "median", "low", "high", "animals_low", "animals_high")
READING = (
    "Points: median of the typical animal; thick bars: what is not known (95 %); thin bars: how animals differ (95 %)."
)


def dose_shares(result: Result) -> Picture | None:
    """Where the dose goes: every metric that is a share of the injected dose; None if there are not several."""
    table = _metrics(result)
    table = table[_are_shares(table)]
    names = list(dict.fromkeys(table["metric"]))[:MAXIMUM_METRICS]
    if len(names) < 2:
        return None
    table = table[table["metric"].isin(names) & (table["high"] > 0)].copy()
    factors = np.array([percent_of_dose(str(unit)) for unit in table["unit"]])
    for column in ENDS:
        table[column] = table[column] * factors
    arms = looks(result.study)
    present = [arm for arm in arms if arm in set(table["arm"])]
    titles = {row["metric"]: row["title"] for row in records(table)}
    pitch = 0.76 / max(1, len(present))
    with style():
        figure, (axis,) = panels(1, 1, 0.9 + len(names) * (0.16 + 0.2 * len(present)))
        for row in records(table):
            shift = (present.index(row["arm"]) - (len(present) - 1) / 2) * pitch
            _bars(axis, row, names.index(row["metric"]) + shift, arms[row["arm"]], pitch)
        _side(axis, [wrapped(str(titles.get(name, name)), 30) for name in names])
        axis.set_xlabel("share of one dose (%)")
        _scale(axis, records(table), 10 * WIDE)
        legend_above(figure, _handles(arms[arm] for arm in present))
        return finish(figure, "shares", "Where the dose goes, in % of one dose", f"{_most(table, arms)} {READING}")


def _most(table: pd.DataFrame, arms: Mapping[str, Look]) -> str:
    told = []
    for arm, rows in table.groupby("arm", sort=False):
        top = max(records(rows), key=lambda row: float(row["median"]))
        ends = interval(top["low"], top["high"])
        told.append(f"{arms[str(arm)].title}: {top['title']} {shown(top['median'], 2)} % (95 %: {ends})")
    return f"Highest share by arm: {'; '.join(told)}."


def metrics(result: Result) -> Picture | None:
    """Every other metric, a panel each with the arms as rows; None if there are none."""
    table = _metrics(result)
    shares = _are_shares(table)
    if table.loc[shares, "metric"].nunique() >= 2:
        table = table[~shares]
    names = list(dict.fromkeys(table["metric"]))[:MAXIMUM_METRICS]
    if not names:
        return None
    arms = looks(result.study)
    present = [arm for arm in arms if arm in set(table["arm"])]
    with style():
        columns = min(2, len(names))
        rows = -(-len(names) // columns)
        figure, axes = panels(rows, columns, 0.2 + rows * (0.7 + 0.25 * len(present)), sharey=True)
        for axis, name in zip(axes, names, strict=False):
            chosen = records(table[table["metric"] == name])
            for row in chosen:
                _bars(axis, row, present.index(row["arm"]), arms[row["arm"]], 0.7)
            _side(axis, [wrapped(arms[arm].title, 22, 2) for arm in present])
            unit = unit_text(chosen[0]["unit"])
            axis.set_title(wrapped(chosen[0]["title"] + (f" ({unit})" if unit else ""), 46, 2), loc="left", color=INK)
            _scale(axis, chosen, WIDE)
        for spare in axes[len(names) :]:
            spare.set_visible(False)
        told = [_highest(records(table[table["metric"] == name]), arms) for name in names[:4]]
        more = "; the others are in the figure" if len(names) > 4 else ""
        caption = f"{'; '.join(told)}{more}. {READING}"
        return finish(figure, "metrics", "Numbers taken from the time courses", caption)


def contrasts(result: Result) -> list[Picture]:
    """Forest plots of the contrasts, one picture per kind and unit."""
    table = _drawable(contrast_table(result))
    arms = looks(result.study)
    kinds = list(dict.fromkeys(zip(table["how"], table["unit"], strict=True)))
    with style():
        return [
            _contrasts(
                records(table[(table["how"] == how) & (table["unit"] == unit)]), str(how), str(unit), arms, number
            )
            for number, (how, unit) in enumerate(kinds)
        ]


def _contrasts(rows: Sequence[Row], how: str, unit: str, arms: Mapping[str, Look], number: int) -> Picture:
    figure, (axis,) = panels(1, 1, 0.75 + 0.58 * len(rows))
    for place, row in enumerate(rows):
        _bars(axis, row, place, arms[row["arm"]], 0.7)
    sign = "−" if how == "difference" else "/"
    pairs = [f"{arms[row['arm']].title} {sign} {arms[row['against']].title}" for row in rows]
    # a title that names the two arms itself needs no pair beside it
    names = [row["title"] if subject(row["title"]) != row["title"] else f"{row['title']}, {pair}"
             for row, pair in zip(rows, pairs, strict=True)]  # fmt: skip
    heads = [wrapped(subject(row["title"]), 42, 2) for row in rows]
    _side(axis, [f"{head}\n{wrapped(pair, 42, 2)}" for head, pair in zip(heads, pairs, strict=True)])
    neutral = 1.0 if how == "ratio" else 0.0
    axis.axvline(neutral, color=INK, lw=1.0, ls=":")
    axis.annotate(
        "no difference", (neutral, 1.0), xycoords=("data", "axes fraction"), ha="center", va="bottom", fontsize=7.5
    )
    ends = np.array(
        [[row["low"], row["animals_low"], row["high"], row["animals_high"], neutral] for row in rows], float
    )
    if how == "ratio" and np.nanmin(ends) > 0:
        log_axis(axis, "x", float(np.nanmin(ends)), float(np.nanmax(ends)))
    else:
        plain_axis(axis, "x")
    word = unit_text(unit)
    labels = {"ratio": "ratio (times)", "percent_change": "change (%)"}
    axis.set_xlabel(labels.get(how, f"difference ({word})" if word else "difference"))
    shown_unit = "" if how == "ratio" else unit
    told = [_told(name, row, shown_unit) for name, row in zip(names[:4], rows[:4], strict=True)]
    title = {"ratio": "Arms compared: ratios", "percent_change": "Arms compared: changes in percent"}
    caption = f"{'; '.join(told)}. {READING}"
    return finish(figure, f"contrasts-{number}", title.get(how, "Arms compared: differences"), caption)


def _told(name: str, row: Row, unit: str) -> str:
    low, median, high = aligned((row["low"], row["median"], row["high"]))
    word = f" {unit_text(unit)}" if unit_text(unit) else ""
    return f"{name}: {median}{word} (95 %: {low} to {high})"


def _drawable(table: pd.DataFrame) -> pd.DataFrame:
    return table[np.isfinite(table["median"].astype(float))] if len(table) else table


def _metrics(result: Result) -> pd.DataFrame:
    """The metrics that say something: what the solver leaves of a zero is a zero, and no ratio is taken of it."""
    table = _drawable(metric_table(result)).copy()
    ends = list(ENDS)
    for name in dict.fromkeys(table["metric"]):
        rows = table["metric"] == name
        sizes = table.loc[rows, ends].abs().max(axis=1)
        table.loc[sizes.index[sizes < NOISE * sizes.max()], ends] = 0.0
    empty = {(row["arm"], row["metric"]) for row in records(table) if not any(row[end] for end in ENDS)}
    ratios = {each.name: each.ratio for each in result.study.metrics if each.ratio}
    kept = [not any((row["arm"], part) in empty for part in ratios.get(row["metric"], ())) for row in records(table)]
    return table[np.array(kept, bool)]


def _are_shares(table: pd.DataFrame) -> Any:
    return np.array([is_dose_share(row["unit"], row["metric"], row["title"]) for row in records(table)], bool)


def _highest(rows: Sequence[Row], arms: Mapping[str, Look]) -> str:
    top = max(rows, key=lambda row: float(row["median"]))
    numbers = f"{quantity(top['median'], top['unit'], 2)} (95 %: {interval(top['low'], top['high'])})"
    if len(rows) == 1:
        return f"{top['title']}: {numbers}"
    return f"{top['title']}: highest with {arms[top['arm']].title}, {numbers}"


def _bars(axis: Any, row: Row, place: float, look: Look, pitch: float) -> None:
    """One row: a thick pale bar and a point, and below it, within `pitch`, the thin bar of the animals."""
    axis.plot([row["low"], row["high"]], [place] * 2, color=look.colour, lw=3.6, alpha=0.42, solid_capstyle="butt")
    if np.isfinite(row["animals_low"]) and row["animals_high"] > row["animals_low"]:
        below = place + 0.33 * min(pitch, 0.6)
        axis.plot([row["animals_low"], row["animals_high"]], [below] * 2, color=look.colour, lw=1.1)
    axis.plot([row["median"]], [place], look.marker, color=look.colour, ms=5.5, clip_on=False)


def _handles(found: Iterable[Look]) -> list[Any]:
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], marker=look.marker, color=look.colour, ls="", ms=5.5, label=short(look.title)) for look in found
    ]


def _side(axis: Any, labels: Sequence[str]) -> None:
    axis.set_yticks(range(len(labels)), labels)
    axis.set_ylim(len(labels) - 0.4, -0.6)
    axis.grid(axis="y", visible=False)
    axis.tick_params(axis="y", length=0)


def _scale(axis: Any, rows: Iterable[Row], wide: float) -> None:
    """Logarithmic where positive numbers span more than `wide`; else from zero, unless numbers are negative."""
    ends = np.array([[row["low"], row["high"], row["animals_low"], row["animals_high"]] for row in rows], float)
    low, high = float(np.nanmin(ends)), float(np.nanmax(ends))
    if low > 0 and high / low > wide:
        log_axis(axis, "x", low, high)
        return
    plain_axis(axis, "x")
    if low >= 0 and high > 0:
        axis.set_xlim(0, 1.05 * high)
