"""Own penalised logistic regression beside scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from exocosm.diagnosis.panels.logistic import elastic_path, ridge_path

STRENGTHS = (10.0, 1.0, 0.1, 0.01, 0.003)


def draw(samples: int, features: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    numbers = random.normal(size=(samples, features))
    is_case = random.random(samples) < 1 / (1 + np.exp(-numbers[:, 0] - 0.5 * numbers[:, 1] + 0.7))
    return (numbers - numbers.mean(axis=0)) / numbers.std(axis=0), is_case


@pytest.mark.parametrize(("samples", "features"), [(120, 5), (80, 60), (40, 100), (30, 400)])
def test_ridge_is_that_of_scikit_learn(samples: int, features: int) -> None:
    numbers, is_case = draw(samples, features, samples)
    weights, intercepts = ridge_path(numbers, is_case, STRENGTHS)
    for row, intercept, strength in zip(weights, intercepts, STRENGTHS, strict=True):
        peer = LogisticRegression(C=1 / (samples * strength), solver="newton-cholesky", tol=1e-12, max_iter=1000)
        peer.fit(numbers, is_case)
        assert np.abs(peer.coef_[0] - row).max() < 1e-6
        assert peer.intercept_[0] == pytest.approx(intercept, abs=1e-6)


def test_elastic_net_is_that_of_scikit_learn() -> None:
    numbers, is_case = draw(100, 30, 5)
    for mixing in (0.2, 0.8):
        weights, intercepts = elastic_path(numbers, is_case, (0.2, 0.05, 0.01), mixing)
        for row, intercept, strength in zip(weights, intercepts, (0.2, 0.05, 0.01), strict=True):
            peer = LogisticRegression(
                C=1 / (100 * strength), l1_ratio=mixing, solver="saga", tol=1e-10, max_iter=100_000
            ).fit(numbers, is_case)
            assert np.abs(peer.coef_[0] - row).max() < 1e-6
            assert peer.intercept_[0] == pytest.approx(intercept, abs=1e-6)
    assert (weights[0] == 0).any()


def test_order_of_strengths_changes_nothing() -> None:
    numbers, is_case = draw(60, 10, 6)
    for path in (ridge_path, lambda *given: elastic_path(*given, 0.5)):
        forth, back = path(numbers, is_case, (0.1, 0.01)), path(numbers, is_case, (0.01, 0.1))
        assert np.allclose(forth[0], back[0][::-1], atol=1e-9)


def test_classes_that_can_be_separated_are_no_trouble() -> None:
    numbers, _ = draw(40, 3, 7)
    is_case = numbers[:, 0] > 0
    for weights, _ in (ridge_path(numbers, is_case, (1e-6,)), elastic_path(numbers, is_case, (1e-4,), 0.5)):
        assert np.isfinite(weights).all()
        assert weights[0, 0] > 1
