"""A score used as a test: sensitivity at a specificity, with exact intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exocosm.accuracy.estimate import Array, Estimate, Integers, Truths
from exocosm.accuracy.shares import proportion
from exocosm.errors import InputError

SPECIFICITIES = (0.8, 0.9, 0.95, 0.99)


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


def threshold_at(controls: Array, specificity: float) -> float:
    """A score of a control such that at most a share (1 - specificity) of controls lies above it.

    Of n controls that of rank 1 + ceil((n - 1) specificity): often one stricter than it need be for these controls,
    because a threshold is put among some people to be used on others.
    """
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
        proportion(float(called[is_case].mean()) * cases, cases),
        proportion((1.0 - float(called[~is_case].mean())) * controls, controls),
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
