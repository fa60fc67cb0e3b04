from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.errors import EvidenceError, InputError
from exocosm.evidence.joint import JointGroup, correlate, correlation_matrix, joint_groups
from exocosm.evidence.value import Value

A = Value("a", "flow", 2.0, "mL/min", method="model_constant", joint="g")
B = replace(A, id="b")
R = Value("r", "correlation", 0.8, "dimensionless", formula="a, b", label="between_subject", joint="g")


def test_groups_and_levels() -> None:
    group = joint_groups([A, B, R, replace(A, id="alone", joint="")])["g"]
    assert group == JointGroup("g", ("a", "b"), (("between_subject", "a", "b", 0.8),))
    assert correlation_matrix(group, "between_subject").tolist() == [[1.0, 0.8], [0.8, 1.0]]
    assert correlation_matrix(group, "uncertainty").tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert joint_groups([A, R])["g"].pairs == ()
    with pytest.raises(InputError, match="no level"):
        correlation_matrix(group, "subjects")


def test_scores_are_correlated_as_stated() -> None:
    group = joint_groups([A, B, R])["g"]
    z = np.random.default_rng(3).standard_normal((100_000, 2))
    scores = correlate(group, z, "between_subject")
    assert np.corrcoef(scores.T)[0, 1] == pytest.approx(0.8, abs=0.01)
    assert scores.std(axis=0) == pytest.approx([1.0, 1.0], abs=0.01)
    assert np.array_equal(correlate(group, z, "uncertainty"), z)


@given(st.lists(st.floats(-0.45, 0.45), min_size=3, max_size=3))
def test_cholesky_reproduces_the_matrix(rho: list[float]) -> None:
    pairs = [("uncertainty", first, second, r) for (first, second), r in zip(("ab", "bc", "ac"), rho, strict=True)]
    group = JointGroup("g", ("a", "b", "c"), tuple(pairs))
    lower_t = correlate(group, np.eye(3), "uncertainty")
    assert lower_t.T @ lower_t == pytest.approx(correlation_matrix(group, "uncertainty"), abs=1e-12)
    assert np.array_equal(correlate(group, np.zeros(3), "uncertainty"), np.zeros(3))


def test_what_contradicts_is_refused() -> None:
    pairs = tuple(("uncertainty", *ids, rho) for ids, rho in (("ab", 0.9), ("bc", 0.9), ("ac", -0.9)))
    with pytest.raises(EvidenceError, match="contradict"):
        correlate(JointGroup("g", ("a", "b", "c"), pairs), np.zeros(3), "uncertainty")
    with pytest.raises(InputError, match="shape"):
        correlate(JointGroup("g", ("a", "b"), ()), np.zeros(3), "uncertainty")
    with pytest.raises(EvidenceError, match="'b' of 'h'"):
        joint_groups([A, replace(B, joint="h"), R])
    with pytest.raises(EvidenceError, match="by another row already"):
        joint_groups([A, B, R, replace(R, id="s", formula="b, a")])
