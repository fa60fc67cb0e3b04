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
    strata: only pairs within the same stratum count.  Scores of several repeats: the mean of their AUCs, with the mean
    of their variances and the part of the spread between repeats that is left in the mean.  (The AUC of scores that
    were averaged first strays further from 0.5 than this interval says: what the repeats share is sharpened.)
    When every pair is ranked rightly (or wrongly) the variance is 0; then the limit is (tail)^(1/subjects of the
    smaller class), what a perfect score in so few people leaves open.
    Shapes: (samples,) or (samples, repeats).  Raises InputError if no pair of a case and a control exists.
    """
    from scipy.special import ndtri

    columns = scores[:, None] if scores.ndim == 1 else scores
    group = np.arange(is_case.size) if groups is None else np.unique(groups, return_inverse=True)[1]
    found = [_value_and_variance(column, is_case, group, strata) for column in columns.T]
    values, variances = np.array(found).T
    value, variance = float(values.mean()), float(variances.mean())
    if math.isnan(value):
        raise InputError("an AUC needs a case and a control" + (" in the same stratum" if strata is not None else ""))
    clustered = np.unique(group).size < is_case.size
    method = "DeLong" + (", by subject" if clustered else "") + (", within strata" if strata is not None else "")
    if values.size > 1:
        variance += float(values.var(ddof=1)) / values.size
        method += f", mean of {values.size} repeats"
    tail = (1.0 - level) / 2.0
    if not 0.0 < value < 1.0 or variance <= 0.0:
        open_share = tail ** (1.0 / min(np.unique(group[is_case]).size, np.unique(group[~is_case]).size))
        low, high = (open_share, 1.0) if value >= 0.5 else (0.0, 1.0 - open_share)
        return Estimate(value, min(low, value), max(high, value), "no variance: what so few subjects leave open")
    odds, spread = math.log(value / (1.0 - value)), math.sqrt(variance) / (value * (1.0 - value))
    reach = float(ndtri(1.0 - tail)) * spread
    return Estimate(value, _expit(odds - reach), _expit(odds + reach), method)


def stacked(scores: Array, is_case: Truths, groups: Integers | None) -> tuple[Array, Truths, Integers, int]:
    """Scores of several repeats one below the other, with classes and subjects (0, 1, ...) to match, and their number.

    Sums by subject then count nobody twice.  Shapes: (samples,) or (samples, repeats) -> (samples * repeats,).
    """
    repeats = 1 if scores.ndim == 1 else scores.shape[1]
    group = np.arange(is_case.size) if groups is None else np.unique(groups, return_inverse=True)[1]
    return scores.T.ravel(), np.tile(is_case, repeats), np.tile(group, repeats), repeats


def _value_and_variance(
    scores: Array, is_case: Truths, group: Integers, strata: Integers | None
) -> tuple[float, float]:
    """The AUC and its variance; NaN without a pair.  Each sample pulls on the AUC; pulls are summed by subject."""
    value = auc_value(scores, is_case, strata)
    if math.isnan(value):
        return math.nan, math.nan
    of_case, of_control = np.zeros(scores.size), np.zeros(scores.size)
    pairs = 0
    for rows in _rows_of(strata, scores.size):
        case, control = rows[is_case[rows]], rows[~is_case[rows]]
        of_case[case] = _won(scores[case], scores[control]) - value * control.size
        of_control[control] = case.size - _won(scores[control], scores[case]) - value * case.size
        pairs += case.size * control.size
    case_sums, control_sums = _summed(group, of_case) / pairs, _summed(group, of_control) / pairs
    return value, (
        _corrected(np.unique(group[is_case]).size) * float(case_sums @ case_sums)
        + _corrected(np.unique(group[~is_case]).size) * float(control_sums @ control_sums)
        + 2.0 * float(case_sums @ control_sums)  # subjects that gave samples to both classes
    )


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
