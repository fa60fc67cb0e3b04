"""How well scores rank cases above controls: the area under the ROC curve (AUC), with its interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exocosm.errors import InputError

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Truths = NDArray[np.bool_]


@dataclass(frozen=True)
class Estimate:
    """A number with its interval (95 % unless `method` says otherwise) and how the interval was made."""

    value: float
    low: float
    high: float
    method: str

    def __str__(self) -> str:
        return f"{self.value:.3g} ({self.low:.3g} to {self.high:.3g})"


def auc_value(scores: Array, is_case: Truths, strata: Integers | None = None) -> float:
    """Share of pairs (case, control) in which the case scores higher; ties count half; NaN if there is no pair.

    strata: only pairs within the same stratum count.
    """
    wins, pairs = 0.0, 0
    for rows in _rows_of(strata, scores.size):
        cases, controls = scores[rows][is_case[rows]], scores[rows][~is_case[rows]]
        wins += float(_won(cases, controls).sum())
        pairs += cases.size * controls.size
    return wins / pairs if pairs else math.nan


def auc(
    scores: Array, is_case: Truths, groups: Integers | None = None, strata: Integers | None = None, level: float = 0.95
) -> Estimate:
    """AUC with its interval: DeLong's variance, for samples of the same subject put together (Obuchowski's form).

    The interval is symmetric on the log-odds of the AUC.  groups: subject of each sample (default: each its own).
    strata: only pairs within the same stratum count.  When every pair is ranked rightly (or wrongly) the variance is 0;
    then the limit is (tail)^(1/subjects of the smaller class), what a perfect score in so few people leaves open.
    Shapes: (samples,).  Raises InputError if no pair of a case and a control exists.
    """
    from scipy.special import ndtri

    value = auc_value(scores, is_case, strata)
    if math.isnan(value):
        raise InputError("an AUC needs a case and a control" + (" in the same stratum" if strata is not None else ""))
    group = np.arange(scores.size) if groups is None else np.unique(groups, return_inverse=True)[1]
    of_case, of_control = np.zeros(scores.size), np.zeros(scores.size)
    pairs = 0
    for rows in _rows_of(strata, scores.size):
        case, control = rows[is_case[rows]], rows[~is_case[rows]]
        of_case[case] = _won(scores[case], scores[control]) - value * control.size
        of_control[control] = case.size - _won(scores[control], scores[case]) - value * case.size
        pairs += case.size * control.size
    case_sums, control_sums = _summed(group, of_case) / pairs, _summed(group, of_control) / pairs
    case_groups, control_groups = np.unique(group[is_case]).size, np.unique(group[~is_case]).size
    variance = (
        _corrected(case_groups) * float(case_sums @ case_sums)
        + _corrected(control_groups) * float(control_sums @ control_sums)
        + 2.0 * float(case_sums @ control_sums)  # subjects that gave samples to both classes
    )
    clustered = np.unique(group).size < scores.size
    method = "DeLong" + (", by subject" if clustered else "") + (", within strata" if strata is not None else "")
    tail = (1.0 - level) / 2.0
    if not 0.0 < value < 1.0 or variance <= 0.0:
        open_share = tail ** (1.0 / min(case_groups, control_groups))
        low, high = (open_share, 1.0) if value >= 0.5 else (0.0, 1.0 - open_share)
        return Estimate(value, min(low, value), max(high, value), "no variance: what so few subjects leave open")
    odds, spread = math.log(value / (1.0 - value)), math.sqrt(variance) / (value * (1.0 - value))
    reach = float(ndtri(1.0 - tail)) * spread
    return Estimate(value, _expit(odds - reach), _expit(odds + reach), method)


def _rows_of(strata: Integers | None, count: int) -> list[Integers]:
    if strata is None:
        return [np.arange(count)]
    return [np.flatnonzero(strata == name) for name in np.unique(strata)]


def _won(mine: Array, theirs: Array) -> Array:
    """How many of `theirs` each of `mine` exceeds; ties count half."""
    ordered = np.sort(theirs)
    below = np.searchsorted(ordered, mine, side="left") + np.searchsorted(ordered, mine, side="right")
    return np.asarray(below / 2.0)


def _summed(group: Integers, numbers: Array) -> Array:
    return np.asarray(np.bincount(group, weights=numbers), dtype=np.float64)


def _corrected(count: int) -> float:
    return count / (count - 1) if count > 1 else 1.0


def _expit(odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-odds)) if odds > -700.0 else 0.0
