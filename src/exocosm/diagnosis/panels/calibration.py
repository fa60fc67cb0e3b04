"""Whether the chances that scores stand for come true.  Nothing is recalibrated here; what would be needed is told."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from exocosm.accuracy.estimate import Array, Estimate, Integers, Truths
from exocosm.accuracy.ranking import stacked
from exocosm.accuracy.shares import proportion
from exocosm.errors import InputError

_LEVEL = 0.95
_STEPS = 100
_CLOSE = 1e-10
_SAMPLES_PER_BIN = 15


@dataclass(frozen=True)
class Bin:
    """Samples of similar predicted chance: their number (a mean over repeats), mean prediction, and share of cases."""

    count: float
    predicted: float
    observed: Estimate


@dataclass(frozen=True)
class Calibration:
    """Predicted chances beside outcomes.

    slope: of the log-odds; 1 is right, below 1 the scores are too extreme.  intercept: what is to be added to the
    log-odds so that as many cases are expected as there are (slope held at 1); 0 is right.  NaN, with the method saying
    why, where the scores separate the classes or do not vary.  brier: mean squared error of the chances; brier_useless:
    that of the share of cases for everybody.  prevalence: the share of cases that the chances were made for.
    """

    slope: Estimate
    intercept: Estimate
    brier: float
    brier_useless: float
    bins: tuple[Bin, ...]
    prevalence: float


def chance_of(scores: Array, prevalence: float) -> Array:
    """The chance of disease that scores stand for at a prevalence: 1/(1 + exp(-score - log-odds of prevalence)).

    Raises InputError for a prevalence that is not between 0 and 1.
    """
    if not 0.0 < prevalence < 1.0:
        raise InputError(f"prevalence: {prevalence} is not between 0 and 1")
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * (scores + math.log(prevalence / (1.0 - prevalence))))))


def calibration(
    scores: Array, is_case: Truths, groups: Integers | None = None, prevalence: float | None = None,
    bins: int | None = None,
) -> Calibration:  # fmt: skip
    """Slope, intercept, Brier score and a table of reliability.

    prevalence: default the share of cases among the samples, for which the intercept says nothing about clinics with
    another.  Intervals of slope and intercept: robust errors by subject.  bins: default one per 15 samples, 2 to 10,
    of equal numbers.  Shapes: (samples,) or (samples, repeats), of which each counts as a part.
    Raises InputError without samples of both classes.
    """
    if not is_case.any() or is_case.all():
        raise InputError("calibration needs cases and controls")
    share = float(is_case.mean()) if prevalence is None else prevalence
    samples = is_case.size
    scores, is_case, group, repeats = stacked(scores, is_case, groups)
    chance = chance_of(scores, share)
    linear = scores + math.log(share / (1.0 - share))
    return Calibration(
        _slope(linear, is_case, group),
        _intercept(linear, is_case, group),
        float(((chance - is_case) ** 2).mean()),
        float(is_case.mean() * (1.0 - is_case.mean())),
        _bins(chance, is_case, bins or min(10, max(2, samples // _SAMPLES_PER_BIN)), repeats),
        share,
    )


def _slope(linear: Array, is_case: Truths, group: Integers) -> Estimate:
    cases, controls = linear[is_case], linear[~is_case]
    if np.ptp(linear) < 1e-12:
        return Estimate(math.nan, math.nan, math.nan, "the scores do not vary")
    if cases.min() >= controls.max() or cases.max() <= controls.min():
        return Estimate(math.nan, math.nan, math.nan, "the scores separate the classes; no slope is steep enough")
    centre = linear.mean()
    design = np.stack([np.ones(linear.size), linear - centre], axis=1)
    found, covariance = _logistic(design, np.zeros(linear.size), is_case, group)
    return _estimate(float(found[1]), float(covariance[1, 1]))


def _intercept(linear: Array, is_case: Truths, group: Integers) -> Estimate:
    found, covariance = _logistic(np.ones((linear.size, 1)), linear, is_case, group)
    return _estimate(float(found[0]), float(covariance[0, 0]))


def _logistic(design: Array, offset: Array, is_case: Truths, group: Integers) -> tuple[Array, Array]:
    """Maximum likelihood by Newton steps (halved while the loss grows), with a sandwich covariance by subject."""
    found = np.zeros(design.shape[1])
    target = is_case.astype(np.float64)

    def loss(at: Array) -> float:
        linear = design @ at + offset
        return float((np.logaddexp(0.0, linear) - target * linear).sum())

    for _ in range(_STEPS):
        slope, bend = _derivatives(design, design @ found + offset, target)
        step = np.linalg.solve(bend, slope)
        scale = 1.0
        while scale > 1e-9 and loss(found + scale * step) > loss(found) + 1e-12:
            scale *= 0.5
        found = found + scale * step
        if np.max(np.abs(step)) < _CLOSE:
            break
    linear = design @ found + offset
    residual = (target - 0.5 * (1.0 + np.tanh(0.5 * linear)))[:, None] * design
    sums = np.stack([np.bincount(group, weights=column) for column in residual.T], axis=1)
    inverse = np.linalg.inv(_derivatives(design, linear, target)[1])
    count = sums.shape[0]
    return found, inverse @ (sums.T @ sums) @ inverse * (count / max(count - 1, 1))


def _derivatives(design: Array, linear: Array, target: Array) -> tuple[Array, Array]:
    chance = 0.5 * (1.0 + np.tanh(0.5 * linear))
    curve = np.maximum(chance * (1.0 - chance), 1e-12)
    return design.T @ (target - chance), (design.T * curve) @ design


def _estimate(value: float, variance: float) -> Estimate:
    from scipy.special import ndtri

    reach = float(ndtri(0.5 + _LEVEL / 2.0)) * math.sqrt(variance)
    return Estimate(value, value - reach, value + reach, "logistic regression, robust errors by subject")


def _bins(chance: Array, is_case: Truths, count: int, repeats: int) -> tuple[Bin, ...]:
    """Bins of equal numbers; equal chances stay together."""
    edges = np.unique(np.quantile(chance, np.linspace(0.0, 1.0, count + 1)[1:-1]))
    place = np.searchsorted(edges, chance, side="right")
    made = []
    for one in np.unique(place):
        rows = place == one
        observed = proportion(float(is_case[rows].sum()) / repeats, float(rows.sum()) / repeats)
        made.append(Bin(float(rows.sum()) / repeats, float(chance[rows].mean()), observed))
    return tuple(made)
