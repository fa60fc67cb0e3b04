"""Decision curve: is acting on the score better than treating everybody, or nobody?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exocosm.accuracy.estimate import Array, Integers, Truths
from exocosm.accuracy.ranking import stacked
from exocosm.diagnosis.panels.calibration import chance_of
from exocosm.errors import InputError

THRESHOLDS = tuple(round(0.01 * step, 2) for step in range(1, 100))


@dataclass(frozen=True, eq=False)
class DecisionCurve:
    """Net benefit, in true cases found per person, at each chance of disease from which a person would act.

    model: acting on the score; its standard error beside it.  treat_all, treat_none (0).  is_useful: where the model
    beats both by more than 1.96 standard errors of the difference.  Shapes: (thresholds,).
    """

    thresholds: Array
    model: Array
    error: Array
    treat_all: Array
    treat_none: Array
    is_useful: tuple[bool, ...]
    prevalence: float


def decision_curve(
    scores: Array, is_case: Truths, prevalence: float, groups: Integers | None = None,
    thresholds: Sequence[float] = THRESHOLDS,
) -> DecisionCurve:  # fmt: skip
    """Net benefit of acting where the chance at `prevalence` is at least the threshold.

    benefit = sensitivity * prevalence - (1 - specificity)(1 - prevalence) * t/(1 - t).  Sensitivity and specificity
    come from the samples; the prevalence is that of the people who would be tested, not of the study.
    Source: Vickers and Elkin 2006, Medical Decision Making 26:565.
    Shapes: (samples,) or (samples, repeats).
    Raises InputError for thresholds or a prevalence that are not between 0 and 1.
    """
    at = np.asarray(thresholds, dtype=np.float64)
    if not at.size or at.min() <= 0.0 or at.max() >= 1.0:
        raise InputError("thresholds lie between 0 and 1, and one is needed")
    if not is_case.any() or is_case.all():
        raise InputError("a decision curve needs cases and controls")
    scores, is_case, group, _ = stacked(scores, is_case, groups)
    chance = chance_of(scores, prevalence)
    acted = (chance[:, None] >= at[None, :]).astype(np.float64)
    odds = at / (1.0 - at)
    gain, cost = prevalence, (1.0 - prevalence) * odds
    sensitivity, alarms = acted[is_case].mean(axis=0), acted[~is_case].mean(axis=0)
    model = gain * sensitivity - cost * alarms
    treat_all = gain - cost
    # each sample's pull on the benefit; those of a subject are put together
    pull = np.zeros_like(acted)
    pull[is_case] = gain * (acted[is_case] - sensitivity) / is_case.sum()
    pull[~is_case] = -cost * (acted[~is_case] - alarms) / (~is_case).sum()
    sums = np.zeros((group.max() + 1, at.size))
    np.add.at(sums, group, pull)
    error = np.sqrt((sums**2).sum(axis=0) * (group.max() + 1) / max(group.max(), 1))
    # what treats all or none varies not at all, so the error of the difference is that of the model
    beats = model - np.maximum(treat_all, 0.0) > 1.96 * error + 1e-12
    return DecisionCurve(
        at, model, error, treat_all, np.zeros(at.size), tuple(bool(one) for one in beats), prevalence
    )  # fmt: skip
