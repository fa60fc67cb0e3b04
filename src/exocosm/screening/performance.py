"""How well a test tells cases from controls: ROC, AUC, sensitivity, specificity, predictive values, with intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exocosm.errors import InputError
from exocosm.screening.cohort import CASES, CONTROLS, CohortScores
from exocosm.screening.score import Panel

Array = NDArray[np.float64]

LEVEL = 0.95  # of intervals, where nobody asks for another


@dataclass(frozen=True)
class Interval:
    """A number and the interval that holds it with probability `level`."""

    value: float
    low: float
    high: float
    level: float = LEVEL

    def __contains__(self, number: float) -> bool:
        return self.low <= number <= self.high


@dataclass(frozen=True, eq=False)
class Roc:
    """Sensitivity and specificity at every threshold (positive above it), from none positive to all."""

    threshold: Array
    sensitivity: Array
    specificity: Array


@dataclass(frozen=True)
class AtStage:
    """What a test does for the patients of one stage."""

    stage: str
    people: int
    sensitivity: Interval
    auc: Interval


@dataclass(frozen=True)
class Performance:
    """A test on one half of a cohort.

    by_stage: against the same controls.  other_cancers: share positive of the people with each other cancer, and AUC of
    the cases against them.  ppv, npv: at `prevalence`.
    """

    half: str
    cases: int
    controls: int
    auc: Interval
    sensitivity: Interval
    specificity: Interval
    prevalence: float
    ppv: Interval
    npv: Interval
    by_stage: tuple[AtStage, ...]
    other_cancers: tuple[tuple[str, Interval, Interval], ...]


def roc(cases: ArrayLike, controls: ArrayLike) -> Roc:
    """The ROC curve: at threshold c, sensitivity = P(case > c), specificity = P(control <= c)."""
    case, control = np.sort(_scores(cases, "cases")), np.sort(_scores(controls, "controls"))
    cuts = np.concatenate([np.unique(np.concatenate([case, control]))[::-1], [-np.inf]])
    above = 1.0 - np.searchsorted(case, cuts, side="right") / case.size
    below = np.searchsorted(control, cuts, side="right") / control.size
    return Roc(cuts, above, below)


def auc(cases: ArrayLike, controls: ArrayLike, level: float = LEVEL) -> Interval:
    """Area under the ROC curve, P(case > control) + P(equal)/2, with DeLong's interval on the logit scale.

    logit(A) -+ z sd(A) / (A (1 - A)).  Where cases and controls are wholly apart the variance is zero and says nothing;
    the limit is then that of as many pairs in a row, none the wrong way round, as the smaller group has people.
    """
    case, control = _scores(cases, "cases"), _scores(controls, "controls")
    m, n = case.size, control.size
    from scipy.stats import norm, rankdata

    joint = rankdata(np.concatenate([case, control]))
    # share of controls below each case, and of cases above each control
    of_case = (joint[:m] - rankdata(case)) / n
    of_control = 1.0 - (joint[m:] - rankdata(control)) / m
    area = float(of_case.mean())
    if min(area, 1.0 - area) < 0.25 / (m * n):  # less than half a tie
        apart = float(((1.0 - level) / 2.0) ** (1.0 / min(m, n)))
        return Interval(1.0, apart, 1.0, level) if area > 0.5 else Interval(0.0, 0.0, 1.0 - apart, level)
    if min(m, n) < 2:
        return Interval(area, 0.0, 1.0, level)
    variance = of_case.var(ddof=1) / m + of_control.var(ddof=1) / n
    reach = float(norm.ppf(0.5 + level / 2.0)) * math.sqrt(variance) / (area * (1.0 - area))
    centre = math.log(area / (1.0 - area))
    return Interval(area, _expit(centre - reach), _expit(centre + reach), level)


def proportion(hits: int, number: int, level: float = LEVEL) -> Interval:
    """A share with its exact interval (Clopper and Pearson).  Errors: InputError for hits outside 0 to number."""
    if not 0 <= hits <= number or number == 0:
        raise InputError(f"{hits} of {number} is no share")
    from scipy.special import betaincinv

    tail = (1.0 - level) / 2.0
    low = 0.0 if hits == 0 else float(betaincinv(hits, number - hits + 1, tail))
    high = 1.0 if hits == number else float(betaincinv(hits + 1, number - hits, 1.0 - tail))
    return Interval(hits / number, low, high, level)


def sensitivity_at(cases: ArrayLike, controls: ArrayLike, specificity: float, level: float = LEVEL) -> Interval:
    """Sensitivity at the least threshold that leaves this share of these controls negative.

    The interval is that of the cases alone; the threshold has an error of its own, which it leaves out.
    """
    if not 0.0 <= specificity <= 1.0:
        raise InputError(f"a specificity lies between 0 and 1, not {specificity:g}")
    case, control = _scores(cases, "cases"), _scores(controls, "controls")
    threshold = np.quantile(control, specificity, method="inverted_cdf") if specificity > 0 else -np.inf
    return proportion(int((case > threshold).sum()), case.size, level)


def predictive_values(sensitivity: Interval, specificity: Interval, prevalence: float) -> tuple[Interval, Interval]:
    """Probability of the disease after a positive test, and of none after a negative one, at a prevalence (Bayes).

    PPV = s p / (s p + (1 - c)(1 - p)), NPV = c (1 - p) / (c (1 - p) + (1 - s) p).  Both rise with either, so the limits
    are those at both lower and both upper limits; these hold together with probability level^2 only, which is the
    level of the result.  NaN where nobody tests positive (or negative).
    """
    if not 0.0 < prevalence < 1.0:
        raise InputError(f"a prevalence lies between 0 and 1, not {prevalence:g}")
    level = sensitivity.level * specificity.level

    def positive(s: float, c: float) -> float:
        return _share(s * prevalence, (1.0 - c) * (1.0 - prevalence))

    def negative(s: float, c: float) -> float:
        return _share(c * (1.0 - prevalence), (1.0 - s) * prevalence)

    s, c = sensitivity, specificity
    return (
        Interval(positive(s.value, c.value), positive(s.low, c.low), positive(s.high, c.high), level),
        Interval(negative(s.value, c.value), negative(s.low, c.low), negative(s.high, c.high), level),
    )


def performance_of(
    scores: CohortScores, panel: Panel, prevalence: float, *, training: bool = False, level: float = LEVEL
) -> Performance:
    """What a panel does on the half held out, or (naive) on the half that it was trained on.

    Errors: InputError if the half has no cases or no healthy controls.
    """
    half = scores.half(training=training)
    case, control = half.of(CASES), half.of(CONTROLS)
    if not case.size or not control.size:
        raise InputError(f"this half has {case.size} cases and {control.size} healthy controls; it needs both")
    stage = half.members.stage[half.members.of_arm(CASES)]
    both = math.sqrt(level)  # so that the predictive values are held at `level`
    ppv, npv = predictive_values(_positive(panel, case, both), _negative(panel, control, both), prevalence)
    by_stage = []
    for index, name in enumerate(half.members.stages):
        some = case[stage == index]
        if name and some.size:
            by_stage.append(AtStage(name, some.size, _positive(panel, some, level), auc(some, control, level)))
    others = [
        (name, _positive(panel, half.of(name), level), auc(case, half.of(name), level))
        for name in half.members.arms
        if name not in (CASES, CONTROLS) and half.of(name).size
    ]
    return Performance(
        half="training" if training else "held out",
        cases=case.size,
        controls=control.size,
        auc=auc(case, control, level),
        sensitivity=_positive(panel, case, level),
        specificity=_negative(panel, control, level),
        prevalence=prevalence,
        ppv=ppv,
        npv=npv,
        by_stage=tuple(by_stage),
        other_cancers=tuple(others),
    )


def _positive(panel: Panel, scores: Array, level: float) -> Interval:
    return proportion(int(panel.is_positive(scores).sum()), scores.size, level)


def _negative(panel: Panel, scores: Array, level: float) -> Interval:
    return proportion(int((~panel.is_positive(scores)).sum()), scores.size, level)


def _scores(given: ArrayLike, name: str) -> Array:
    found = np.asarray(given, dtype=float).ravel()
    if not found.size or np.isnan(found).any():
        raise InputError(f"the scores of the {name} are at least one number, none of them NaN; there are {found.size}")
    return found


def _share(of: float, rest: float) -> float:
    return of / (of + rest) if of + rest > 0 else math.nan


def _expit(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x)) if x >= 0 else math.exp(x) / (1.0 + math.exp(x))
