"""How well scores rank cases above controls: the ROC curve, the area under it (AUC), and intervals of the AUC."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from exocosm.accuracy.estimate import LEVEL, Array, Estimate, Integers, Truths
from exocosm.errors import InputError

HALVINGS = 60  # of the bracket of a limit: to the last digit


@dataclass(frozen=True, eq=False)
class Roc:
    """Sensitivity and specificity at every threshold (positive above it), from none positive to all."""

    threshold: Array
    sensitivity: Array
    specificity: Array


def roc(cases: ArrayLike, controls: ArrayLike) -> Roc:
    """The ROC curve: at threshold c, sensitivity = P(case > c), specificity = P(control <= c).

    Errors: InputError without cases or controls, or for NaN.
    """
    case, control = np.sort(scores_of(cases, "cases")), np.sort(scores_of(controls, "controls"))
    cuts = np.concatenate([np.unique(np.concatenate([case, control]))[::-1], [-np.inf]])
    above = 1.0 - np.searchsorted(case, cuts, side="right") / case.size
    below = np.searchsorted(control, cuts, side="right") / control.size
    return Roc(cuts, above, below)


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
    scores: Array, is_case: Truths, groups: Integers | None = None, strata: Integers | None = None, level: float = LEVEL
) -> Estimate:
    """AUC with its interval: DeLong's variance, for samples of the same subject put together (Obuchowski's form).

    The interval is symmetric on the log-odds of the AUC: logit(A) -+ z sd(A) / (A (1 - A)).
    groups: subject of each sample (default: each its own).  strata: only pairs within the same stratum count.
    Scores of several repeats: the mean of their AUCs, with the mean of their variances and the part of the spread
    between repeats that is left in the mean.  (The AUC of scores that were averaged first strays further from 0.5 than
    this interval says: what the repeats share is sharpened.)
    When every pair is ranked rightly (or wrongly, or tied) the variance is 0 and says nothing.  A share of up to
    q = 1 - tail^(1/n) of the pairs may be otherwise without one of n in a row showing it, n the subjects of the smaller
    class: the limits are A (1 - q) and 1 - (1 - A)(1 - q), what so few people leave open.  Where a class has one
    subject only, nothing tells how its subjects vary: 0 to 1.
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
    fewest = min(np.unique(group[is_case]).size, np.unique(group[~is_case]).size)
    if 0.0 < value < 1.0 and fewest < 2:
        return Estimate(value, 0.0, 1.0, "no variance: one subject in a class", level)
    clustered = np.unique(group).size < is_case.size
    method = "DeLong" + (", by subject" if clustered else "") + (", within strata" if strata is not None else "")
    if values.size > 1:
        variance += float(values.var(ddof=1)) / values.size
        method += f", mean of {values.size} repeats"
    tail = (1.0 - level) / 2.0
    if not 0.0 < value < 1.0 or variance <= 0.0:
        kept = tail ** (1.0 / fewest)
        low, high = value * kept, 1.0 - (1.0 - value) * kept
        return Estimate(value, low, high, "no variance: what so few subjects leave open", level)
    odds, spread = math.log(value / (1.0 - value)), math.sqrt(variance) / (value * (1.0 - value))
    reach = float(ndtri(1.0 - tail)) * spread
    return Estimate(value, _expit(odds - reach), _expit(odds + reach), method, level)


def auc_between(cases: ArrayLike, controls: ArrayLike, level: float = LEVEL) -> Estimate:
    """`auc` of two groups of people, one score each.  Errors: InputError if a group is empty or has a NaN."""
    case, control = scores_of(cases, "cases"), scores_of(controls, "controls")
    return auc(np.concatenate([case, control]), np.arange(case.size + control.size) < case.size, level=level)


def auc_variance(area: ArrayLike, cases: ArrayLike, controls: ArrayLike) -> Array:
    """The variance of an AUC in groups of these sizes (Hanley and McNeil, in the symmetric form of Newcombe 2006).

    A (1 - A) (1 + m ((1 - A)/(2 - A) + A/(1 + A))) / (cases controls), m = (cases + controls)/2 - 1.
    """
    area, cases, controls = (np.asarray(one, dtype=float) for one in (area, cases, controls))
    m = (cases + controls) / 2.0 - 1.0
    spread = area * (1.0 - area) * (1.0 + m * ((1.0 - area) / (2.0 - area) + area / (1.0 + area)))
    return np.asarray(spread / (cases * controls))


def newcombe(area: ArrayLike, cases: ArrayLike, controls: ArrayLike, level: float = LEVEL) -> tuple[Array, Array]:
    """The interval of AUCs of which only the sizes of the groups are known (Newcombe 2006, method 5).

    Solves |t - area| = z sqrt(`auc_variance`(t)) for t on either side; also for 0, 1 and small groups.  NaN where a
    group is empty.  Shapes: (...), broadcast.
    """
    from scipy.special import ndtri

    area, cases, controls = (np.asarray(one, dtype=float) for one in np.broadcast_arrays(area, cases, controls))
    z, ends = float(ndtri(0.5 + level / 2.0)), []
    with np.errstate(invalid="ignore", divide="ignore"):
        for far in (0.0, 1.0):
            inner, outer = area.copy(), np.full_like(area, far)
            for _ in range(HALVINGS):  # the gap is too small near the estimate, too large beyond the limit
                middle = (inner + outer) / 2.0
                beyond = np.abs(middle - area) > z * np.sqrt(auc_variance(middle, cases, controls))
                outer, inner = np.where(beyond, middle, outer), np.where(beyond, inner, middle)
            ends.append(np.where(cases * controls > 0, (inner + outer) / 2.0, np.nan))
    return ends[0], ends[1]


def stacked(scores: Array, is_case: Truths, groups: Integers | None) -> tuple[Array, Truths, Integers, int]:
    """Scores of several repeats one below the other, with classes and subjects (0, 1, ...) to match, and their number.

    Sums by subject then count nobody twice.  Shapes: (samples,) or (samples, repeats) -> (samples * repeats,).
    """
    repeats = 1 if scores.ndim == 1 else scores.shape[1]
    group = np.arange(is_case.size) if groups is None else np.unique(groups, return_inverse=True)[1]
    return scores.T.ravel(), np.tile(is_case, repeats), np.tile(group, repeats), repeats


def scores_of(given: ArrayLike, name: str) -> Array:
    """Scores of a group as an array.  Errors: InputError if there are none, or one is NaN."""
    found = np.asarray(given, dtype=float).ravel()
    if not found.size or np.isnan(found).any():
        raise InputError(f"the scores of the {name} are at least one number, none of them NaN; there are {found.size}")
    return found


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
    return 1.0 / (1.0 + math.exp(-odds)) if odds >= 0.0 else math.exp(odds) / (1.0 + math.exp(odds))
