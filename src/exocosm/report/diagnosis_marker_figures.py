"""Figures of features: which ones panels choose, single markers, published ones, and shifts between two sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from exocosm.report.canvas import (
    COLOURS,
    FAINT,
    MARKERS,
    UNTREATED,
    Picture,
    finish,
    legend_above,
    panels,
    plain_axis,
    short,
    style,
)
from exocosm.report.diagnosis_figures import short_title
from exocosm.report.numbers import counted, percent

if TYPE_CHECKING:
    import pandas as pd

    from exocosm.diagnosis.judgement import PanelJudgement
    from exocosm.diagnosis.panels.external import Shift
    from exocosm.diagnosis.published import Published

LEVEL = 0.05
MOST_ROWS = 20
MOST_PUBLISHED = 30
_LOOKS = {  # verdict of a published marker -> (colour, sign)
    "replicates": (COLOURS[2], "o"), "opposite": (COLOURS[1], "X"), "differs": (COLOURS[0], "D"),
    "no difference": (UNTREATED, "s"), "cannot tell": (UNTREATED, "d"),
}  # fmt: skip


def chosen_picture(judged: Sequence[PanelJudgement]) -> Picture:
    """In how many folds each panel chose a feature, the steadiest of the first panel."""
    first = judged[0]
    names = [feature for feature, _ in first.selected[:MOST_ROWS]]
    with style():
        figure, (axis,) = panels(1, 1, 1.0 + 0.24 * len(names))
        for place, one in enumerate(judged):
            share = dict(one.selected)
            at = np.arange(len(names)) + 0.36 * (place - (len(judged) - 1) / 2)
            shares = [100 * share.get(name, 0.0) for name in names]
            axis.plot(shares, at, MARKERS[place], color=COLOURS[place], ms=4.5, label=short_title(one.name))
        axis.set_yticks(range(len(names)), [short(name, 36) for name in names])
        axis.set(ylim=(len(names) - 0.5, -0.5), xlim=(-2, 103), xlabel="training sets that chose it (%)")
        legend_above(figure, axis.get_legend_handles_labels()[0])
        always = sum(share >= 0.9 for _, share in first.selected)
        caption = (
            f"The penalised panel chose {counted(len(first.selected), 'different feature')} in "
            f"{counted(len(first.result.folds), 'training set')}, {always} of them in nine of ten sets or more. A "
            "share is a count, so it has no interval; training sets share samples, so other people would agree less."
        )
        return finish(figure, "chosen", "Which features are chosen, and how steadily", caption)


def single_picture(single: pd.DataFrame) -> Picture:
    """Difference against p of every feature, and the AUC of the most telling with their intervals."""
    known = single[np.isfinite(single["p"]) & np.isfinite(single["difference"])]
    top = single[single["auc"].notna()].head(MOST_ROWS)
    with style():
        figure, (left, right) = panels(1, 2, 1.1 + 0.2 * max(len(top), 10), width_ratios=[1.0, 1.1])
        passed = (known["q"] <= LEVEL).to_numpy()
        height = -np.log10(np.maximum(known["p"].to_numpy(float), 1e-300))
        across = known["difference"].to_numpy(float)
        left.plot(across[~passed], height[~passed], ".", color="#a8a8a8", ms=4, label=f"q above {LEVEL:g}")
        left.plot(across[passed], height[passed], "o", color=COLOURS[1], ms=4, label=f"q at most {LEVEL:g}")
        left.axvline(0.0, color=FAINT, lw=1)
        left.set(xlabel="cases minus controls (log2; 1: twofold)", ylabel="-log10 p")
        plain_axis(left, "x")
        left.legend(loc="upper left")
        left.set_ylim(0, max(float(height.max()) if height.size else 1.0, 1.0) * 1.25)
        _areas(right, [str(name) for name in top["feature"]], top, COLOURS[0])
        right.set_xlabel("AUC (above 0.5: higher in cases)")
        share = float(passed.mean()) if passed.size else 0.0
        caption = (
            f"{counted(int(passed.sum()), 'feature')} of {len(known):,} ({percent(share)}) pass the correction for "
            f"testing so many (q {LEVEL:g}). Left: size of the difference against how surprising it is. Right: the "
            f"{len(top)} most telling with their 95 % intervals. They were picked for being extreme, so in other "
            "people they will be nearer to 0.5."
        )
        caption += " Open squares: within batches." if top["auc_within"].notna().any() else ""
        return finish(figure, "single", "Each feature alone", caption)


def _areas(axis: Any, names: Sequence[str], rows: pd.DataFrame, colour: str) -> None:
    at = np.arange(len(rows))
    axis.hlines(at, rows["auc_low"], rows["auc_high"], color=colour, lw=1.8)
    axis.plot(rows["auc"], at, "o", color=colour, ms=4.5)
    axis.plot(rows["auc_within"], at, "s", color=colour, mfc="none", ms=6)
    axis.axvline(0.5, color=FAINT, lw=1)
    axis.set_yticks(at, [short(name, 26) for name in names])
    axis.set(ylim=(len(rows) - 0.5, -0.5), xlim=(-0.02, 1.02))


def published_picture(name: str, panel: str, each: Sequence[Published]) -> Picture | None:
    """AUC of published markers in this table, by verdict; None where none was measured."""
    rows = [one for one in each if np.isfinite(one.auc)]
    if not rows:
        return None
    shown = rows[:MOST_PUBLISHED]
    seen: set[str] = set()
    with style():
        figure, (axis,) = panels(1, 1, 1.1 + 0.22 * len(shown))
        for place, one in enumerate(shown):
            colour, sign = _LOOKS.get(one.verdict, (UNTREATED, "o"))
            axis.plot([one.auc_low, one.auc_high], [place, place], color=colour, lw=1.8)
            axis.plot([one.auc], [place], sign, color=colour, ms=5, label=None if one.verdict in seen else one.verdict)
            axis.plot([one.auc_within], [place], "s", color=colour, mfc="none", ms=8)
            seen.add(one.verdict)
        arrows = {"up": " (↑ published)", "down": " (↓ published)"}
        axis.set_yticks(range(len(shown)), [
            short(one.marker.name, 18) + ("" if one.feature == one.marker.name else f" as {short(one.feature, 22)}")
            + arrows.get(one.marker.direction, "") for one in shown])  # fmt: skip
        axis.axvline(0.5, color=FAINT, lw=1)
        axis.set(ylim=(len(shown) - 0.5, -0.5), xlim=(-0.02, 1.02), xlabel="AUC here (above 0.5: higher in cases)")
        legend_above(figure, axis.get_legend_handles_labels()[0])
        aimed = [one for one in rows if one.marker.direction in ("up", "down")]
        found = sum(one.verdict == "replicates" for one in aimed)
        caption = (
            f"{counted(len(rows), 'column')} of this table {'stands' if len(rows) == 1 else 'stand'} for the markers. "
        )
        if aimed:
            go = "goes" if found == 1 else "go"
            caption += (
                f"Of {len(aimed)} with a published direction {found} {go} that way here, with the whole interval."
            )
        else:
            caption += "No direction was published for any of them, so none can be replicated."
        caption += " Bars: 95 %."
        caption += " Open squares: within batches." if any(np.isfinite(one.auc_within) for one in rows) else ""
        caption += f" The first {len(shown)} are drawn." if len(shown) < len(rows) else ""
        return finish(figure, name, f"Published markers here: {panel}", caption)


def shift_picture(name: str, shifts: Sequence[Shift]) -> Picture | None:
    """How far every feature of a saved panel lies from where it was in the training set."""
    known = sorted((one for one in shifts if np.isfinite(one.moved)), key=lambda one: -abs(one.moved))[:MOST_ROWS]
    if not known:
        return None
    with style():
        figure, (left, right) = panels(1, 2, 1.1 + 0.22 * len(known), sharey=True)
        at = np.arange(len(known))
        left.axvspan(-1, 1, color="#eeeeee", lw=0)
        left.plot([one.moved for one in known], at, "o", color=COLOURS[0])
        left.set_yticks(at, [short(one.name, 30) for one in known])
        left.set(ylim=(len(known) - 0.5, -0.5), xlabel="moved by (training standard deviations)")
        right.plot([100 * one.detected_then for one in known], at, "D", color=COLOURS[1], mfc="none",
                   label="training set")  # fmt: skip
        right.plot([100 * one.detected_now for one in known], at, "o", color=COLOURS[0], ms=4, label="this table")
        right.set(xlim=(-3, 103), xlabel="samples in which it was detected (%)")
        legend_above(figure, right.get_legend_handles_labels()[0])
        far = sum(abs(one.moved) > 1 for one in known)
        caption = (
            f"{far} of the {len(known)} features shown lie more than one training standard deviation (grey) from where "
            "they were. Means and shares of the samples as they are, no intervals."
        )
        return finish(figure, name, "How far the two sets lie apart", caption)
