"""Which uncertain value moves an outcome most: rank correlation over draws."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exocosm.bench.numbers import Ledger
from exocosm.evidence.pin import Pin

LEAST_DRAWS = 20  # fewer tell chance from influence badly
BY_CHANCE = 0.05  # how often chance alone may name any value at all


@dataclass(frozen=True)
class Influence:
    """How one value moves an outcome.

    rank_correlation: Spearman's, over the draws.  share: of the variance of the outcome's ranks that it goes with.
    """

    pin: Pin
    rank_correlation: float

    @property
    def share(self) -> float:
        """The squared rank correlation."""
        return self.rank_correlation**2


def ranked(ledger: Ledger, outcome: NDArray[np.float64], used: Iterable[Pin] | None = None) -> tuple[Influence, ...]:
    """The values that a ledger was asked for by how they move an outcome, [draw], the strongest first.

    used: only these of them.
    Values are left out whose correlation chance could have made among so many (Bonferroni), and so are draws without an
    outcome (NaN).  Rows that several questions share count once.  Empty with fewer than 20 draws.
    """
    known = ~np.isnan(outcome)
    draws = int(known.sum())
    if draws < LEAST_DRAWS or np.ptp(np.nan_to_num(outcome[known], posinf=np.finfo(float).max)) == 0:
        return ()
    rows: dict[str, Pin] = {}
    for pin in ledger.pins.values() if used is None else used:
        if pin.value.spread_kind != "none":
            rows.setdefault(pin.value.id, pin)
    if not rows:
        return ()
    pins = [rows[id] for id in sorted(rows)]
    values = np.array([ledger.drawn_values(pin.value)[known] for pin in pins])
    moves = np.ptp(values, axis=1) > 0
    pins = [pin for pin, each in zip(pins, moves, strict=True) if each]
    if not pins:
        return ()
    correlations = rank_correlations(values[moves], outcome[known])
    from scipy.special import ndtri

    # of independent numbers a rank correlation has the standard error 1 / sqrt(draws - 1)
    least = float(ndtri(1.0 - 0.5 * BY_CHANCE / len(pins))) / np.sqrt(draws - 1)
    found = [
        Influence(pin, float(one)) for pin, one in zip(pins, correlations, strict=True) if abs(one) >= least
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda each: (-abs(each.rank_correlation), each.pin.value.id)))


def rank_correlations(values: NDArray[np.float64], outcome: NDArray[np.float64]) -> NDArray[np.float64]:
    """Spearman's rank correlation of every row of `values`, [value, draw], with the outcome, [draw]."""
    ranks = np.array([_ranks(row) for row in values])
    other = _ranks(outcome)
    size = np.sqrt((ranks**2).sum(axis=1) * (other**2).sum())
    return np.asarray(ranks @ other / size)


def _ranks(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks around their mean; equal numbers share theirs."""
    _, place, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - 0.5 * (counts - 1)
    return np.asarray(ranks[place] - 0.5 * (numbers.size + 1))
