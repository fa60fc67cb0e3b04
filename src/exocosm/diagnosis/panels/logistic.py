"""Penalised logistic regression, fast enough for thousands of fits: a whole path of strengths at once.

minimise  mean log-loss + strength * ((1 - mixing)/2 |w|^2 + mixing |w|_1);  the intercept is free.
In the words of scikit-learn: C = 1 / (samples * strength), l1_ratio = mixing.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from exocosm.accuracy.estimate import Array, Truths

_STEPS = 100  # Newton steps at most; usually six
_CLOSE = 1e-9  # change of a weight that ends the steps; the error left is its square
_HALVINGS = 30
_LEAST_WEIGHT = 1e-10  # of a sample, so that a certain prediction leaves the equations solvable


def ridge_path(features: Array, is_case: Truths, strengths: Sequence[float]) -> tuple[Array, Array]:
    """Weights and intercepts at each strength with a squared penalty, by Newton steps for all strengths together.

    With more features than samples the equations are solved in the space of the samples, which is exact.
    Shapes: features (samples, features) -> weights (strengths, features), intercepts (strengths,).
    """
    samples, count = features.shape
    if count > samples:
        left, sizes, right = np.linalg.svd(features, full_matrices=False)
        weights, intercepts = ridge_path(left * sizes, is_case, strengths)
        return weights @ right, intercepts
    target = is_case.astype(np.float64)
    design = np.concatenate([np.ones((samples, 1)), features], axis=1)
    penalty = np.outer(np.asarray(strengths, dtype=np.float64), np.r_[0.0, np.ones(count)])
    found = np.zeros((len(strengths), count + 1))
    share = target.mean()
    found[:, 0] = np.log(share / (1.0 - share))
    linear = found @ design.T
    loss = _loss(linear, target) + 0.5 * (penalty * found**2).sum(axis=1)
    diagonal = np.arange(count + 1)
    for _ in range(_STEPS):
        chance = _expit(linear)
        slope = (chance - target) @ design / samples + penalty * found
        curve = np.maximum(chance * (1.0 - chance), _LEAST_WEIGHT) / samples
        bend = np.matmul(design.T * curve[:, None, :], design)
        bend[:, diagonal, diagonal] += penalty
        step = np.linalg.solve(bend, slope[:, :, None])[:, :, 0]
        scale = np.ones(len(strengths))
        for _ in range(_HALVINGS):
            trial = found - scale[:, None] * step
            trial_linear = trial @ design.T
            trial_loss = _loss(trial_linear, target) + 0.5 * (penalty * trial**2).sum(axis=1)
            worse = trial_loss > loss + 1e-12 * np.abs(loss)
            if not worse.any():
                break
            scale[worse] *= 0.5
        found, linear, loss = trial, trial_linear, trial_loss
        if np.max(np.abs(step)) < _CLOSE:
            break
    return found[:, 1:], found[:, 0]


def elastic_path(features: Array, is_case: Truths, strengths: Sequence[float], mixing: float) -> tuple[Array, Array]:
    """Weights and intercepts at each strength with a mixed penalty: Newton steps whose squares scikit-learn descends.

    Shapes as `ridge_path`; strengths are followed from the strongest to the weakest, each from the last one's weights.
    """
    from sklearn.linear_model import enet_path

    count = features.shape[1]
    target = is_case.astype(np.float64)
    weights, intercepts = np.zeros((len(strengths), count)), np.zeros(len(strengths))
    share = target.mean()
    now, offset = np.zeros(count), float(np.log(share / (1.0 - share)))
    for place in np.argsort(-np.asarray(strengths), kind="stable"):
        strength = float(strengths[place])
        loss = np.inf
        for _ in range(_STEPS):
            linear = features @ now + offset
            chance = _expit(linear)
            curve = np.maximum(chance * (1.0 - chance), _LEAST_WEIGHT)
            wanted = linear + (target - chance) / curve
            total = curve.sum()
            centre, middle = curve @ features / total, float(curve @ wanted / total)
            root = np.sqrt(curve)
            pulled = np.asfortranarray((features - centre) * root[:, None])
            aim = (wanted - middle) * root
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a descent that stops early is taken up by the next step
                _, path, *_ = enet_path(
                    pulled, aim, l1_ratio=mixing, alphas=np.array([strength]), precompute=pulled.T @ pulled,
                    Xy=pulled.T @ aim, coef_init=now.copy(), check_input=False, tol=1e-12, max_iter=2000,
                )  # fmt: skip
            step, step_offset = path[:, 0] - now, middle - float(centre @ path[:, 0]) - offset
            scale = 1.0
            for _ in range(_HALVINGS):
                trial, trial_offset = now + scale * step, offset + scale * step_offset
                trial_loss = float(_loss((features @ trial + trial_offset)[None], target)[0]) + strength * float(
                    0.5 * (1.0 - mixing) * trial @ trial + mixing * np.abs(trial).sum()
                )
                if trial_loss <= loss + 1e-12 * abs(trial_loss):
                    break
                scale *= 0.5
            moved = max(float(np.max(np.abs(trial - now), initial=0.0)), abs(trial_offset - offset))
            now, offset, loss = trial, trial_offset, trial_loss
            if moved < _CLOSE:
                break
        weights[place], intercepts[place] = now, offset
    return weights, intercepts


def _loss(linear: Array, target: Array) -> Array:
    """Mean log-loss for each row of linear predictors."""
    return np.asarray((np.logaddexp(0.0, linear) - target * linear).mean(axis=-1))


def _expit(linear: Array) -> Array:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * linear)))
