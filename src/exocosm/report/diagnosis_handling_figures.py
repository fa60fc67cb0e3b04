"""Figures of the audit: how cases and controls stand in the orders and groups in which samples were handled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from exocosm.diagnosis.audit.grouping import columns_of, levels
from exocosm.diagnosis.audit.orderings import orders_of
from exocosm.diagnosis.audit.questions.depth import measured_amounts
from exocosm.report.canvas import COLOURS, INK, Picture, finish, panels, plain_axis, short, style
from exocosm.report.numbers import counted

if TYPE_CHECKING:
    import pandas as pd

    from exocosm.diagnosis.dataset import Dataset
    from exocosm.diagnosis.judgement import Judgement

CASE, CONTROL = COLOURS[1], COLOURS[0]
MOST_ORDERS = 2
MOST_COLUMNS = 3
MOST_LEVELS = 24
GRAVE = ("fatal", "caveat")


@dataclass(frozen=True, eq=False)
class Division:
    """A column by class.  counts: level -> (cases, controls), in the order in which they are shown."""

    name: str
    counts: dict[str, tuple[int, int]]
    samples: int

    @property
    def shown(self) -> dict[str, tuple[int, int]]:
        """What fits in a figure."""
        return dict(list(self.counts.items())[:MOST_LEVELS])


def divisions(dataset: Dataset, judgement: Judgement) -> list[Division]:
    """Columns beside the class: those that a grave finding is about, then the other technical ones."""
    within = dataset.of(judgement.contrast)
    is_case = judgement.contrast.is_case(within.labels).to_numpy(bool)
    concerned = [
        name
        for one in judgement.audit.findings
        if one.severity in GRAVE
        for name in one.concerns
        if name in within.covariates.columns
    ]
    technical = columns_of(within, "technical")
    found = []
    for name in list(dict.fromkeys([*concerned, *technical]))[:MOST_COLUMNS]:
        groups = levels(within.covariates[name], within.roles.get(name, "unknown")).to_numpy()
        counts = {level: (int((is_case & (groups == level)).sum()), int((~is_case & (groups == level)).sum()))
                  for level in sorted(set(groups), key=_natural)}  # fmt: skip
        found.append(Division(name, counts, len(groups)))
    return found


def handling_picture(dataset: Dataset, judgement: Judgement) -> Picture:
    """Samples in their orders and groups, coloured by class; amounts that a grave finding is about."""
    within = dataset.of(judgement.contrast)
    is_case = judgement.contrast.is_case(within.labels).to_numpy(bool)
    orders = orders_of(within)[:MOST_ORDERS]
    parts = divisions(dataset, judgement)
    amounts = _amounts(within, judgement)
    cases, controls = (short(" + ".join(side), 34) for side in (judgement.contrast.cases, judgement.contrast.controls))
    heights = [0.75] * len(orders) + [1.3] * len(parts) + [0.75] * len(amounts)
    with style():
        figure, axes = panels(len(heights), 1, 0.45 + sum(heights) * 1.15, height_ratios=heights)
        for axis, order in zip(axes, orders, strict=False):
            places = np.argsort(np.argsort(order.places, kind="stable")) + 1
            for of, row, colour in ((is_case, 1, CASE), (~is_case, 0, CONTROL)):
                axis.plot(places[of], np.full(int(of.sum()), row), "|", color=colour, ms=13, mew=1.4)
            _two_rows(axis, cases, controls)
            axis.set_xlim(0.5, len(places) + 0.5)
            axis.set_title(f"Samples by {short(order.name, 70)}", loc="left")
            axis.set_xlabel("place in this order")
        for axis, part in zip(axes[len(orders) :], parts, strict=False):
            _bars(axis, part, cases, controls)
        for axis, name in zip(axes[len(orders) + len(parts) :], amounts, strict=True):
            for of, row, colour in ((is_case, 1, CASE), (~is_case, 0, CONTROL)):
                axis.plot(amounts[name][of], np.full(int(of.sum()), row), "o", color=colour, ms=4, alpha=0.6, mew=0)
            _two_rows(axis, cases, controls)
            plain_axis(axis, "x")
            axis.set_title(f"{name[:1].upper()}{name[1:]} of every sample", loc="left")
            axis.set_xlabel(f"{name} (as measured)")
        return finish(figure, "handling", "How cases and controls were handled", _caption(parts))


def _amounts(within: Dataset, judgement: Judgement) -> dict[str, np.ndarray]:
    """Totals and the like that a grave finding is about [sample]."""
    wanted = {name for one in judgement.audit.findings
              if one.check == "depth" and one.severity in GRAVE for name in one.concerns}  # fmt: skip
    table: pd.DataFrame = measured_amounts(within)
    return {str(name): table[name].to_numpy(float) for name in table.columns if name in wanted}


def _two_rows(axis: Any, cases: str, controls: str) -> None:
    axis.set_yticks([1, 0], [cases, controls])
    axis.set_ylim(-0.6, 1.6)
    axis.grid(visible=False, axis="y")


def _bars(axis: Any, part: Division, cases: str, controls: str) -> None:
    from matplotlib.ticker import MaxNLocator

    numbers = np.array(list(part.shown.values()), float)
    at = np.arange(len(numbers))
    axis.bar(at - 0.2, numbers[:, 0], 0.38, color=CASE, label=cases)
    axis.bar(at + 0.2, numbers[:, 1], 0.38, color=CONTROL, hatch="///", edgecolor="white", linewidth=0, label=controls)
    axis.set_xticks(at, [short(level, 12) for level in part.shown])
    if len(at) > 8 and max(len(level) for level in part.shown) > 4:
        axis.tick_params(axis="x", labelrotation=45)
    axis.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axis.set_ylabel("samples")
    axis.grid(visible=False, axis="x")
    axis.legend(loc="upper right", ncols=2)
    axis.set_ylim(0, numbers.max() * 1.45)
    left = len(part.counts) - len(part.shown)
    more = f" (first {MOST_LEVELS}; {left} more in the table)" if left else ""
    axis.set_title(f"Samples by {short(part.name, 60)}{more}", loc="left", color=INK)


def _caption(parts: list[Division]) -> str:
    """One sentence that says what is seen, with its numbers."""
    told = []
    for part in parts:
        both = [counts for counts in part.counts.values() if counts[0] and counts[1]]
        inside = sum(map(sum, both))
        told.append(f"'{part.name}': {len(both)} of {counted(len(part.counts), 'group')} hold both classes, with "
                    f"{inside} of {part.samples} samples")  # fmt: skip
    said = f"{'; '.join(told)}. " if told else "No column tells in which groups samples were handled. "
    return (f"{said}Each line is a sample; classes that were handled alike lie mixed everywhere. All samples are "
            "shown, so there is no interval.")  # fmt: skip


def _natural(level: str) -> tuple[int, float, str]:
    try:
        return (0, float(level), level)
    except ValueError:
        return (1, 0.0, level)
