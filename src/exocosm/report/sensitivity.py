"""What the answer hangs on: what-if curves with their break-even, and the influence of each uncertain value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from exocosm.report import answers, sentences, verdict
from exocosm.report.canvas import (
    FAINT,
    INK,
    TRUST_COLOURS,
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
from exocosm.report.numbers import enough_digits, interval, percent, readable, shown, unit_text
from exocosm.report.tables import records
from exocosm.trajectory import evaluation
from exocosm.trajectory.break_even import WhatIfCurve, what_if_curve
from exocosm.trajectory.summary import contrast_table, influence_ranking

if TYPE_CHECKING:
    import pandas as pd

    from exocosm.study.resolved import Contrast, WhatIf
    from exocosm.trajectory.result import Result

WIDE = 8.0
MAXIMUM_BARS = 12
MAXIMUM_LINES = 60  # draws drawn one by one


def what_ifs(result: Result) -> list[Picture]:
    """One picture per what-if: the contrast against the moved value, and below it where each draw breaks even."""
    by_name = {each.name: each for each in result.study.contrasts}
    pictures = []
    with style():
        for number, each in enumerate(result.study.what_ifs):
            found = what_if_curve(result, each.name)
            if np.isfinite(found.curve.median).any():
                pictures.append(_what_if(result, each, by_name[each.contrast], found, f"what-if-{number}"))
    return pictures


def _what_if(result: Result, what_if: WhatIf, contrast: Contrast, found: WhatIfCurve, name: str) -> Picture:
    even, arms = found.break_even, looks(result.study)
    look = arms[what_if.arm]
    has_crossings = bool(np.isfinite(even.per_draw).any())
    figure, axes = panels(2 if has_crossings else 1, 1, 4.2 if has_crossings else 3.1, sharex=True,
                          gridspec_kw={"height_ratios": [3, 1]} if has_crossings else None)  # fmt: skip
    axis = axes[0]
    for curve in found.per_draw[:MAXIMUM_LINES]:
        axis.plot(found.values, curve, color=look.colour, lw=0.5, alpha=0.25)
    axis.fill_between(
        found.values,
        found.curve.low,
        found.curve.high,
        color=look.colour,
        alpha=0.16,
        lw=0,
        label="not known (95 % of draws)",
    )
    axis.plot(found.values, found.curve.median, color=look.colour, marker="o", ms=3.5, label="median draw")
    axis.axhline(what_if.threshold, color=INK, lw=1.0, ls=":", label=f"threshold {shown(what_if.threshold)}")
    positive = bool((found.values > 0).all())
    if positive and found.values.max() / found.values.min() >= WIDE:
        log_axis(axis, "x", found.values.min(), found.values.max())
    numbers = np.array([found.curve.low, found.curve.high])
    if contrast.how == "ratio" and np.nanmin(numbers) > 0 and np.nanmax(numbers) / np.nanmin(numbers) > WIDE:
        log_axis(axis, "y", float(np.nanmin(numbers)), float(np.nanmax(numbers)))
    title = contrast.title or contrast.name
    axis.set_ylabel(
        wrapped(
            title
            + {"ratio": " (times)", "percent_change": " (%)"}.get(contrast.how, f" ({unit_text(found.contrast_unit)})"),
            30,
        )
    )
    if has_crossings:
        _crossings(axes[1], found, look.colour)
    word = unit_text(what_if.unit)
    axes[-1].set_xlabel(readable(what_if.vary) + (f" ({word})" if word else ""))
    legend_above(figure, axis.get_legend_handles_labels()[0])
    caption = verdict.what_if_answer(answers.moved(result, what_if)).numbers
    if even.missing > 0:
        caption += f" Without a curve: {percent(even.missing)} of draws."
    return finish(
        figure,
        name,
        what_if.title or f"{title} when {readable(what_if.vary)} is moved",
        " ".join(part for part in (what_if.asks, caption, f"Moved in: {look.title}.") if part),
    )


def _crossings(axis: Any, found: WhatIfCurve, colour: str) -> None:
    """A histogram of the break-even over the draws that reach the threshold on the way."""
    inside = found.break_even.per_draw[np.isfinite(found.break_even.per_draw)]
    low, high = float(found.values.min()), float(found.values.max())
    edges = np.geomspace(low, high, 21) if low > 0 and high / low >= WIDE else np.linspace(low, high, 21)
    axis.hist(inside, bins=edges, color=colour, alpha=0.6)
    axis.set_ylabel("draws that\nbreak even")
    axis.yaxis.get_major_locator().set_params(integer=True)


def influences(result: Result, names: tuple[str, ...]) -> list[Picture]:
    """Tornado plots of the named contrasts: each uncertain value alone at both ends of its 95 %."""
    known = {each.name: each for each in result.study.contrasts}
    pictures = []
    with style():
        for number, name in enumerate(names):
            rows = influence_rows(result, name)[:MAXIMUM_BARS]
            if rows and name in known:
                pictures.append(_influence(result, known[name], rows, f"influence-{number}"))
    return pictures


def influence_rows(result: Result, contrast: str) -> list[dict[str, Any]]:
    """The uncertain values that move a contrast, the farthest first, each with its own range, unit and method."""
    known = next((each for each in result.study.contrasts if each.name == contrast), None)
    if not len(result.influence) or known is None:
        return []
    ranges = _ranges(result.values)
    rows = []
    for row in records(influence_ranking(result, contrast).dropna(subset=["reach"])):
        more = ranges.get((row["value_name"], row["row"]), {})
        label = value_label(row["value_name"], str(more.get("quantity", "")))
        rows.append({**row, **more, "label": label, "neutral": evaluation.neutral(known)})
    return [row for row in rows if row["reach"] > 0]


def value_label(name: str, quantity: str) -> str:
    """A value by its name, and by its quantity where the name alone says less: `gain (targeting gain)`."""
    words, meaning = readable(name), readable(quantity)
    return (
        words if not meaning or set(meaning.split()) <= set(words.replace(",", "").split()) else f"{words} ({meaning})"
    )


def _ranges(values: pd.DataFrame) -> Mapping[tuple[str, str], dict[str, Any]]:
    return {
        (row["name"], row["row"]): {
            "value_low": row["low"],
            "value_high": row["high"],
            **{key: row.get(key, "") for key in ("unit", "quantity", "note")},
        }
        for row in records(values)
    }


def _influence(result: Result, contrast: Contrast, rows: list[dict[str, Any]], name: str) -> Picture:
    from matplotlib.patches import Patch

    table = next(row for row in records(contrast_table(result)) if row["contrast"] == contrast.name)
    middle = float(table["central"])
    figure, (axis,) = panels(1, 1, 0.9 + 0.34 * len(rows))
    ends = np.array([[row["low"], row["high"]] for row in rows], float)
    for place, row in enumerate(rows):
        colour = TRUST_COLOURS.get(row["trust"], FAINT)
        left, right = sorted((row["low"], row["high"]))
        axis.barh(place, right - left, left=left, color=colour, alpha=0.8, height=0.62)
        axis.plot([min(left, middle), max(right, middle)], [place, place], color=colour, lw=1.0, zorder=1)
        for end, mark in ((row["low"], "low"), (row["high"], "high")):
            outside = "right" if end == left else "left"
            shift = -3 if outside == "right" else 3
            axis.annotate(
                mark,
                (end, place),
                (shift, 0),
                textcoords="offset points",
                ha=outside,
                va="center",
                fontsize=7,
                color=INK,
            )
    axis.axvline(middle, color=INK, lw=1.0)
    neutral = 1.0 if contrast.how == "ratio" else 0.0
    axis.axvline(neutral, color=INK, lw=1.0, ls=":")
    axis.set_yticks(range(len(rows)), [_label(row) for row in rows])
    axis.set_ylim(len(rows) - 0.4, -0.6)
    axis.grid(axis="y", visible=False)
    low, high = min(np.nanmin(ends), neutral), max(np.nanmax(ends), neutral)
    if contrast.how == "ratio" and low > 0 and high / low > WIDE:
        log_axis(axis, "x", low, high)
    reach = (low, max(high, middle)) if axis.get_xscale() == "linear" else None
    if reach:
        axis.set_xlim(min(reach[0], middle) - 0.1 * (reach[1] - reach[0]), reach[1] + 0.1 * (reach[1] - reach[0]))
    else:
        axis.set_xlim(low / (high / low) ** 0.1, high * (high / low) ** 0.1)
    if axis.get_xscale() == "linear":
        plain_axis(axis, "x")
    title = contrast.title or contrast.name
    unit = {"ratio": "times", "percent_change": "%"}.get(contrast.how, unit_text(str(table["unit"])))
    axis.set_xlabel(f"{title} ({unit})" if unit else title)
    present = list(dict.fromkeys(row["trust"] for row in rows))
    patches = [Patch(color=TRUST_COLOURS.get(trust, FAINT), alpha=0.8, label=_trust(trust)) for trust in present]
    legend_above(figure, patches)
    first = rows[0]
    digits = enough_digits((first["low"], first["high"], middle), neutral)
    moved = f"from {sentences.moved(first['low'], first['high'], middle, neutral)}"
    caption = (
        f"{title} moves most, {moved}, when {first['label']}, which is {_trust(first['trust'])}, goes from the low to "
        "the high end of its 95 % range. Each bar is one value moved alone, all others at their centre (full line, "
        f"{shown(middle, digits)}); dotted: no difference."
    )
    return finish(figure, name, f"Which values move the answer: {title}", caption)


def _trust(trust: str) -> str:
    return sentences.TRUST_WORDS.get(trust, (trust, ""))[0]


def _label(row: Mapping[str, Any]) -> str:
    name = short(row["label"], 46)
    if row.get("value_low") is None:
        return name
    return f"{name}\n{interval(row['value_low'], row['value_high'], row.get('unit', ''))}"
