"""The numbers of a screening in words: shares in per cent, days with years, and what was never reached."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exocosm.report.expected import HIGH, LOW
from exocosm.report.numbers import UNBROKEN, listed, quantity, shown
from exocosm.study.screening_schema import ScreeningMetricText
from exocosm.trajectory.bench_result import CENTRAL
from exocosm.trajectory.screening_result import ScreeningResult

Array = NDArray[np.float64]

SHARES = ("sensitivity", "specificity", "positive_predictive_value", "negative_predictive_value", "detection",
          "found_before_diagnosis")  # fmt: skip
AREAS = ("auc", "panel_auc")
COUNTS = ("patients_needed", "panel_markers", "smallest_count")
AT_CUT_OFF = ("time_to_cut_off", "cells_at_cut_off", "diameter_at_cut_off", "edge_at_cut_off")
DAYS_PER_YEAR = 365.25
DAYS_TOLD_ALONE = 730.0  # from here on in years
NO_NUMBER = "no number"
AT_ONCE = "at once"  # the healthy lie above the cut-off
NEAR_ONE = 0.1  # a fold as near to one as this is told as what it adds
MOST_ARMS_TOLD = 4  # of more, the highest and the lowest are told


@dataclass(frozen=True)
class Asked:
    """A metric of an arm: the number at the central values, those of the draws, their unit."""

    text: ScreeningMetricText
    central: float
    drawn: Array
    unit: str
    smallest: float
    largest: float

    @property
    def words(self) -> str:
        """The central number in words."""
        return self.said(self.central)

    @property
    def ends(self) -> str:
        """95 % of the draws in words, infinite ones among them; empty without draws."""
        low, high = self.limits
        if math.isnan(low):
            return "" if not self.drawn.size else NO_NUMBER
        first, second = self.said(low), self.said(high)
        told = first if first == second else f"{_without_unit(first, second)} to {second}"
        lacking = int(np.isnan(self.drawn).sum())
        return f"{told}; {lacking} of {self.drawn.size} draws without a number" if lacking else told

    @property
    def limits(self) -> tuple[float, float]:
        """95 % of the draws; NaN without draws.  Always numbers that were drawn, so that an infinite one can be."""
        known = self.drawn[~np.isnan(self.drawn)]
        if not known.size:
            return math.nan, math.nan
        low, high = (float(end) for end in np.percentile(known, [LOW, HIGH], method="inverted_cdf"))
        return low, high

    @property
    def told(self) -> str:
        """The central number with 95 % of what is not known."""
        return f"{self.words} (95 %: {self.ends})" if self.ends else self.words

    @property
    def reached(self) -> tuple[int, int]:
        """(draws with a finite number, draws)."""
        return int(np.isfinite(self.drawn).sum()), int(self.drawn.size)

    def said(self, value: float) -> str:
        """A number of this metric in words."""
        of = self.text.of
        if math.isnan(value):
            return NO_NUMBER
        if of == "smallest_diameter":
            return self._size(value)
        if of == "screening_interval" and value == 0:
            return "none of the intervals that were tried"
        if math.isinf(value):
            return "never" if of in AT_CUT_OFF else "without bound"
        if of == "time_to_cut_off" and value <= 0:
            return AT_ONCE
        if of == "fold" and 0 < abs(value - 1) < NEAR_ONE:
            return f"1 {'+' if value > 1 else '−'} {shown(abs(value - 1), 2)}"
        if of in SHARES:
            return f"{_two_places(100 * value)}{UNBROKEN}%"
        if of in AREAS:
            return f"{value:.2f}"
        if of in COUNTS:
            return f"{value:,.0f}"
        if self.unit == "day":
            return days(value)
        return quantity(value, self.unit)

    def _size(self, value: float) -> str:
        if math.isinf(value):
            return f"not within {shown(self.largest)}{UNBROKEN}mm"
        if value <= self.smallest:
            return f"{shown(self.smallest)}{UNBROKEN}mm or less"
        return f"{shown(value, 2)}{UNBROKEN}mm"


def days(value: float) -> str:
    """A time: days, or years where they are many."""
    if value >= DAYS_TOLD_ALONE:
        return f"{shown(value / DAYS_PER_YEAR)}{UNBROKEN}years"
    return quantity(value, "day")


def _without_unit(first: str, second: str) -> str:
    """The first end of a range, without its unit if the second has the same."""
    number, _, unit = first.rpartition(UNBROKEN)
    return number if number and second.rpartition(UNBROKEN)[2] == unit else first


def _two_places(number: float) -> str:
    """A percentage with two digits, or three near a hundred, where the last one decides."""
    return shown(number, 3 if 99 < number < 100 else 2)


def asked(result: ScreeningResult, metric: str, arm: str) -> Asked:
    """A metric of an arm."""
    table = result.metrics[(result.metrics["metric"] == metric) & (result.metrics["arm"] == arm)]
    sizes = result.detection["diameter_mm"]
    return Asked(
        text=result.study.file.metrics[metric],
        central=float(table.loc[table["draw"] == CENTRAL, "value"].iloc[0]),
        drawn=table.loc[table["draw"] != CENTRAL, "value"].to_numpy(float),
        unit=str(table["unit"].iloc[0]),
        smallest=float(sizes.min()) if len(sizes) else math.nan,
        largest=float(sizes.max()) if len(sizes) else math.nan,
    )


def arm_title(result: ScreeningResult, arm: str) -> str:
    """How an arm is called in the report."""
    return result.study.tests[arm].title


def metric_title(result: ScreeningResult, metric: str) -> str:
    """How a metric is called in the report."""
    text = result.study.file.metrics.get(metric)
    if text is None:
        return "area under the curve, held out" if metric == "auc" else metric.replace("_", " ")
    return text.title or metric.replace("_", " ")


def over_arms(result: ScreeningResult, metric: str) -> str:
    """A metric in every arm, or, of many arms, in the lowest and the highest."""
    found = {arm: asked(result, metric, arm) for arm in result.study.tests}
    if len(found) == 1:
        return next(iter(found.values())).told
    if len(found) > MOST_ARMS_TOLD:
        known = {arm: one for arm, one in found.items() if not math.isnan(one.central)}
        if not known:
            return NO_NUMBER
        low, high = (pick(known, key=lambda arm: known[arm].central) for pick in (min, max))
        ends = [f"{known[arm].told} in {arm_title(result, arm)}" for arm in (low, high)]
        return f"over {len(found)} arms from {ends[0]} to {ends[1]}"
    return "; ".join(f"{arm_title(result, arm)}, {one.told}" for arm, one in found.items())


def first_metric(result: ScreeningResult, fits: Callable[[ScreeningMetricText], bool]) -> str | None:
    """The first metric of a study that fits."""
    return next((name for name, text in result.study.file.metrics.items() if fits(text)), None)


def some_of(names: Sequence[str], most: int) -> str:
    """`a, b and c`, or the first of many and how many more there are."""
    names = list(names)
    return listed(names) if len(names) <= most else f"{', '.join(names[:most])} and {len(names) - most} more"


def span(shares: Array) -> str:
    """The least and the largest of some shares: `0.22 to 0.3 %`, or one number where they are written alike."""
    low, high = shown(100 * float(np.min(shares)), 2), shown(100 * float(np.max(shares)), 2)
    return f"{low}{UNBROKEN}%" if low == high else f"{low} to {high}{UNBROKEN}%"
