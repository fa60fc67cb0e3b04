"""Panels: 200 samples by 2,000 features, full nesting, with the permutations that a diagnosis asks for."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.records import Record, record, say
from exocosm.diagnosis.panels.logistic import ridge_path
from exocosm.diagnosis.panels.nested import nested
from exocosm.diagnosis.panels.null import permutation_null
from exocosm.diagnosis.panels.steps import ModelName, Recipe

SAMPLES, FEATURES = 200, 2000
PLANTED, MOVED = 10, 0.5  # features that differ, by so many standard deviations
LIMIT = 600.0  # seconds that nesting and permutations of both models may take
WORKERS = 2


def nested_panels() -> list[Record]:
    """Nested cross-validation (5 repeats) and the null of both models, and the fits beside scikit-learn's."""
    random = np.random.default_rng(1)
    is_case = np.arange(SAMPLES) % 2 == 0
    values = random.normal(size=(SAMPLES, FEATURES))
    values[np.ix_(is_case, np.arange(PLANTED))] += MOVED
    subjects = list(range(SAMPLES))
    took: dict[str, float] = {}
    models: tuple[ModelName, ...] = ("ridge", "random_forest")
    for model in models:
        recipe = Recipe("log_expression", model)
        began = time.perf_counter()
        found = nested(values, None, is_case, subjects, recipe, workers=WORKERS)
        middle = time.perf_counter()
        null = permutation_null(values, None, is_case, subjects, recipe, workers=WORKERS)
        took[f"{model}_nested"], took[f"{model}_null"] = middle - began, time.perf_counter() - middle
        took[f"{model}_auc"], took[f"{model}_p"] = found.auc.value, null.p
        took[f"{model}_permutations"] = float(null.permuted.size)
        say(f"{model}: nested {middle - began:.0f} s, null {took[f'{model}_null']:.0f} s, {found.auc}, p {null.p:.3g}")
    seconds = sum(value for name, value in took.items() if name.endswith(("_nested", "_null")))
    unit = "wall time on two cores; the peer is the time that it may take"
    return [
        record("diagnosis: nested panels and nulls, 200 x 2,000", "ten minutes", LIMIT / seconds, 0.0, unit,
               seconds=seconds, peer_seconds=LIMIT, **took),
        _beside_scikit_learn(values[:, :100], is_case),
    ]  # fmt: skip


def _beside_scikit_learn(features: np.ndarray, is_case: np.ndarray) -> Record:
    """A path of ridge penalties by both."""
    from sklearn.linear_model import LogisticRegression

    strengths = Recipe("log_expression").penalties()
    began = time.perf_counter()
    weights, _ = ridge_path(features, is_case, strengths)
    seconds = time.perf_counter() - began
    began = time.perf_counter()
    peers = [
        LogisticRegression(C=1.0 / (len(is_case) * one), solver="newton-cholesky", tol=1e-9).fit(features, is_case)
        for one in strengths
    ]
    peer = time.perf_counter() - began
    error = max(float(np.abs(peer.coef_[0] - row).max()) for peer, row in zip(peers, weights, strict=True))
    return record("diagnosis: a path of 8 ridge penalties, 200 x 100", "scikit-learn, newton-cholesky", peer / seconds,
                  error, "wall time; error: largest difference of a weight", seconds=seconds,
                  peer_seconds=peer)  # fmt: skip
