"""Choosing markers for a budget: the best panel, chosen on the training half and judged on the half held out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from exocosm.accuracy.estimate import Array, Estimate
from exocosm.accuracy.ranking import auc_between, auc_value
from exocosm.errors import InputError, nearest
from exocosm.randomness import uniforms
from exocosm.screening.cohort import CASES, CONTROLS, CohortSignals
from exocosm.screening.score import SHRINKAGE, Panel, scaling_of, trained_panel

MOST_EXHAUSTIVE = 12  # markers: 4095 panels
MOST_GREEDY = 2000  # markers
MOST_CHOOSERS = 4000  # people of a kind on whom panels are compared; the chosen one is trained on all
LEAST_CHOOSERS = 4  # of a kind: two to fit on, two to compare on


@dataclass(frozen=True)
class Step:
    """A panel that was considered: its markers, its price per person, its AUC on people it was not fitted to."""

    markers: tuple[str, ...]
    price: float
    auc: float


@dataclass(frozen=True, eq=False)
class BestPanel:
    """The panel to buy.

    naive: AUC on the half on which it was chosen and trained.  held_out: on the other half.  considered: the best of
    each size (exhaustive), or every step (greedy).  price: per person.
    """

    panel: Panel
    price: float
    naive: Estimate
    held_out: Estimate
    method: str
    considered: tuple[Step, ...]
    words: str

    @property
    def optimism(self) -> float:
        """How much better the panel looks on the people on whom it was chosen."""
        return self.naive.value - self.held_out.value


@dataclass(frozen=True, eq=False)
class _Choosers:
    """Training people in two parts, standardised: panels are fitted to one and compared on the other."""

    difference: Array
    covariance: Array
    cases: Array
    controls: Array

    def auc(self, columns: list[int]) -> float:
        """AUC, on the second part, of the linear discriminant of these markers fitted to the first."""
        inner = self.covariance[np.ix_(columns, columns)]
        shrunk = (1.0 - SHRINKAGE) * inner
        # of markers that never vary nothing is left; any number then keeps the equations solvable
        shrunk += np.eye(len(columns)) * (SHRINKAGE * np.trace(inner) / len(columns) or 1.0)
        weights = np.linalg.solve(shrunk, self.difference[columns])
        scores = np.concatenate([self.cases[:, columns] @ weights, self.controls[:, columns] @ weights])
        return auc_value(scores, np.arange(scores.size) < len(self.cases))


def best_panel(
    signals: CohortSignals,
    prices: Mapping[str, float],
    budget: float,
    *,
    per_sample: float = 0.0,
    specificity: float = 0.95,
) -> BestPanel:
    """The panel of the highest AUC whose price per person, per_sample + sum of its markers, is within the budget.

    All panels of up to 12 affordable markers; of more, one is added at a time, as long as that helps people it was not
    fitted to.  Panels (linear discriminants) are fitted to one part of the training half and compared on another; the
    chosen one is trained again on the whole of it.  Errors: InputError for a marker without price, or if no marker is
    within the budget.
    """
    _expect_prices(signals, prices, budget, per_sample)
    affordable = [name for name in signals.markers if per_sample + prices[name] <= budget]
    if not affordable:
        cheapest = min(prices[name] for name in signals.markers)
        raise InputError(
            f"no marker is within a budget of {budget:g}: {per_sample:g} per sample and {cheapest:g} for the cheapest"
        )
    if len(affordable) > MOST_GREEDY:
        raise InputError(f"{len(affordable)} markers are more than the {MOST_GREEDY} among which a panel is chosen")
    chosen_from = signals.of_markers(affordable)
    costs = np.array([prices[name] for name in affordable])
    choosers = _choosers(chosen_from)
    if len(affordable) <= MOST_EXHAUSTIVE:
        method, columns, tried = "all panels", *_exhaustive(choosers, costs, budget - per_sample)
    else:
        method, columns, tried = "one marker at a time", *_greedy(choosers, costs, budget - per_sample)
    panel = trained_panel(chosen_from, specificity, markers=tuple(affordable[column] for column in columns))
    scores = panel.scores(chosen_from)
    naive, held_out = (
        auc_between(half.of(CASES), half.of(CONTROLS))
        for half in (scores.half(training=True), scores.half(training=False))
    )
    price = float(per_sample + costs[columns].sum())
    words = f"{', '.join(panel.markers)}: AUC {held_out.value:.3g} on people held out, {naive.value:.3g} on its own"
    considered = tuple(
        Step(tuple(affordable[one] for one in some), float(per_sample + costs[some].sum()), area)
        for some, area in tried
    )
    return BestPanel(panel, price, naive, held_out, method, considered, words)


def _exhaustive(choosers: _Choosers, costs: Array, money: float) -> tuple[list[int], list[tuple[list[int], float]]]:
    """The best affordable panel, and the best of each size; of equals, the cheapest of the fewest markers."""
    best_of_size = []
    for size in range(1, costs.size + 1):
        panels = [list(some) for some in combinations(range(costs.size), size) if costs[list(some)].sum() <= money]
        if panels:
            rated = [(choosers.auc(some), -float(costs[some].sum()), some) for some in panels]
            area, _, some = max(rated, key=lambda one: one[:2])
            best_of_size.append((some, area))
    return max(best_of_size, key=lambda one: one[1])[0], best_of_size


def _greedy(choosers: _Choosers, costs: Array, money: float) -> tuple[list[int], list[tuple[list[int], float]]]:
    """Markers added one at a time; it stops where none within the budget makes the panel better."""
    panel: list[int] = []
    steps: list[tuple[list[int], float]] = []
    while True:
        left = money - costs[panel].sum()
        candidates = [one for one in range(costs.size) if one not in panel and costs[one] <= left]
        if not candidates:
            break
        area, _, marker = max((choosers.auc([*panel, one]), -costs[one], one) for one in candidates)
        if steps and area <= steps[-1][1]:
            break
        panel = [*panel, marker]
        steps.append((panel, area))
    return panel, steps


def _choosers(signals: CohortSignals) -> _Choosers:
    training = signals.half(training=True)
    groups = []
    for name in (CASES, CONTROLS):
        some = training.part(training.members.of_arm(name))
        if some.members.number < LEAST_CHOOSERS:
            raise InputError(f"panels are compared on at least {LEAST_CHOOSERS} {name} of the training half")
        # a mixed order by number; the first people stay the first when there are more of them
        chance = uniforms(0, f"choosing a panel, {name}", np.arange(some.members.number), ["part"])[:, 0]
        first = np.argsort(chance[:MOST_CHOOSERS], kind="stable")
        groups.append(some.part(first))
    scaling = scaling_of(signals)
    tables = [scaling.of(some.signals, some.censored) for some in groups]
    fit = [table[: len(table) // 2] for table in tables]
    compare = [table[len(table) // 2 :] for table in tables]
    covariance = 0.5 * sum(np.atleast_2d(np.cov(part.T, bias=True)) for part in fit)
    return _Choosers(fit[0].mean(axis=0) - fit[1].mean(axis=0), np.asarray(covariance), compare[0], compare[1])


def _expect_prices(signals: CohortSignals, prices: Mapping[str, float], budget: float, per_sample: float) -> None:
    without = [name for name in signals.markers if name not in prices]
    if without:
        raise InputError(f"give the price of {', '.join(without[:5])} ({nearest(without[0], prices)})")
    if min([budget, per_sample, *prices.values()]) < 0:
        raise InputError("prices and the budget are not below zero")
