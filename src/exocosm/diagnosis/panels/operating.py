"""A score used as a test: sensitivity at a specificity, with exact intervals, and what a result then means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exocosm.diagnosis.panels.ranking import Array, Estimate, Integers, Truths
from exocosm.errors import InputError

SPECIFICITIES = (0.8, 0.9, 0.95, 0.99)
_LEVEL = 0.95


@dataclass(frozen=True)
class OperatingPoint:
    """A test at a wanted specificity: the threshold (NaN where each fold has its own) and what is reached.

    is_resolved: False where the controls are too few for one of them to lie beyond the threshold.
    """

    wanted: float
    threshold: float
    sensitivity: Estimate
    specificity: Estimate
    is_resolved: bool


@dataclass(frozen=True)
class PredictiveValues:
    """What a result means at a prevalence: chance of disease after a positive, of health after a negative."""

    prevalence: float
    positive: float
    negative: float
    called_per_found: float


def share_interval(successes: float, trials: float, level: float = _LEVEL) -> Estimate:
    """Exact interval (Clopper-Pearson) of a share; `trials` need not be whole where counts are averaged.

    Raises InputError without trials or for more successes than trials.
    """
    from scipy.special import betaincinv

    if trials <= 0.0 or not 0.0 <= successes <= trials:
        raise InputError(f"{successes:g} of {trials:g} is no share")
    tail, failures = (1.0 - level) / 2.0, trials - successes
    low = float(betaincinv(successes, failures + 1.0, tail)) if successes > 0.0 else 0.0
    high = float(betaincinv(successes + 1.0, failures, 1.0 - tail)) if failures > 0.0 else 1.0
    return Estimate(successes / trials, low, high, "exact (Clopper-Pearson)")


def threshold_at(controls: Array, specificity: float) -> float:
    """The smallest score of a control such that at most a share (1 - specificity) of controls lies above it."""
    if not controls.size or not 0.0 < specificity < 1.0:
        raise InputError("a threshold needs controls and a specificity between 0 and 1")
    return float(np.quantile(controls, specificity, method="higher"))


def operating_point(
    called: Array, is_case: Truths, wanted: float, threshold: float, groups: Integers | None = None
) -> OperatingPoint:
    """The point that is reached by calls.

    called: 1 where positive, 0 where not, or the share of repeats in which it was.  groups: subjects; the interval
    counts subjects, not samples.  Shapes: (samples,).
    """
    group = np.arange(is_case.size) if groups is None else groups
    cases, controls = np.unique(group[is_case]).size, np.unique(group[~is_case]).size
    return OperatingPoint(
        wanted,
        threshold,
        share_interval(float(called[is_case].mean()) * cases, cases),
        share_interval((1.0 - float(called[~is_case].mean())) * controls, controls),
        controls * (1.0 - wanted) >= 1.0 - 1e-9,
    )


def operating_points(
    scores: Array, is_case: Truths, groups: Integers | None = None, specificities: Sequence[float] = SPECIFICITIES
) -> tuple[OperatingPoint, ...]:
    """Sensitivity with the threshold put among the controls of the same scores: what a ROC curve shows.

    The threshold is fitted to these controls, so this flatters; `NestedResult.operating` takes it from training folds.
    """
    points = []
    for wanted in specificities:
        threshold = threshold_at(scores[~is_case], wanted)
        points.append(operating_point((scores > threshold).astype(float), is_case, wanted, threshold, groups))
    return tuple(points)


def predictive_values(sensitivity: float, specificity: float, prevalence: float) -> PredictiveValues:
    """Predictive values of a test by Bayes' rule; NaN where nobody gets that result.

    called_per_found: people called back for each true case.  Raises InputError for a share outside 0 to 1.
    """
    for name, value in (("sensitivity", sensitivity), ("specificity", specificity), ("prevalence", prevalence)):
        if not 0.0 <= value <= 1.0:
            raise InputError(f"{name}: {value} is not between 0 and 1")
    found, missed = sensitivity * prevalence, (1.0 - sensitivity) * prevalence
    false_alarms, cleared = (1.0 - specificity) * (1.0 - prevalence), specificity * (1.0 - prevalence)
    nan = float("nan")
    positive = found / (found + false_alarms) if found + false_alarms > 0.0 else nan
    negative = cleared / (cleared + missed) if cleared + missed > 0.0 else nan
    return PredictiveValues(prevalence, positive, negative, 1.0 / positive if positive > 0.0 else nan)
