"""What a test does in a virtual cohort: AUC, sensitivity, specificity, predictive values, by stage and by cancer."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from exocosm.accuracy.estimate import LEVEL, Array, Estimate
from exocosm.accuracy.ranking import auc_between, scores_of
from exocosm.accuracy.shares import predictive_estimates, proportion
from exocosm.errors import InputError
from exocosm.screening.cohort import CASES, CONTROLS, CohortScores
from exocosm.screening.score import Panel


@dataclass(frozen=True)
class AtStage:
    """What a test does for the patients of one stage."""

    stage: str
    people: int
    sensitivity: Estimate
    auc: Estimate


@dataclass(frozen=True)
class Performance:
    """A test on one half of a cohort.

    by_stage: against the same controls.  other_cancers: share positive of the people with each other cancer, and AUC of
    the cases against them.  ppv, npv: at `prevalence`.
    """

    half: str
    cases: int
    controls: int
    auc: Estimate
    sensitivity: Estimate
    specificity: Estimate
    prevalence: float
    ppv: Estimate
    npv: Estimate
    by_stage: tuple[AtStage, ...]
    other_cancers: tuple[tuple[str, Estimate, Estimate], ...]


def sensitivity_at(cases: ArrayLike, controls: ArrayLike, specificity: float, level: float = LEVEL) -> Estimate:
    """Sensitivity at the least threshold that leaves this share of these controls negative.

    The interval is that of the cases alone; the threshold has an error of its own, which it leaves out.
    """
    if not 0.0 <= specificity <= 1.0:
        raise InputError(f"a specificity lies between 0 and 1, not {specificity:g}")
    case, control = scores_of(cases, "cases"), scores_of(controls, "controls")
    threshold = np.quantile(control, specificity, method="inverted_cdf") if specificity > 0 else -np.inf
    return proportion(int((case > threshold).sum()), case.size, level)


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
    ppv, npv = predictive_estimates(_positive(panel, case, both), _negative(panel, control, both), prevalence)
    by_stage = []
    for index, name in enumerate(half.members.stages):
        some = case[stage == index]
        if name and some.size:
            by_stage.append(AtStage(name, some.size, _positive(panel, some, level), auc_between(some, control, level)))
    others = [
        (name, _positive(panel, half.of(name), level), auc_between(case, half.of(name), level))
        for name in half.members.arms
        if name not in (CASES, CONTROLS) and half.of(name).size
    ]
    return Performance(
        half="training" if training else "held out",
        cases=case.size,
        controls=control.size,
        auc=auc_between(case, control, level),
        sensitivity=_positive(panel, case, level),
        specificity=_negative(panel, control, level),
        prevalence=prevalence,
        ppv=ppv,
        npv=npv,
        by_stage=tuple(by_stage),
        other_cancers=tuple(others),
    )


def _positive(panel: Panel, scores: Array, level: float) -> Estimate:
    return proportion(int(panel.is_positive(scores).sum()), scores.size, level)


def _negative(panel: Panel, scores: Array, level: float) -> Estimate:
    return proportion(int((~panel.is_positive(scores)).sum()), scores.size, level)
