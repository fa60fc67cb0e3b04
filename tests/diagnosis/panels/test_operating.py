"""Operating points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.accuracy.shares import proportion
from exocosm.diagnosis.panels.operating import (
    operating_point,
    operating_points,
    threshold_at,
)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=80), st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99]))
def test_no_more_controls_lie_above_a_threshold_than_allowed(controls: list[int], specificity: float) -> None:
    given_scores = np.array(controls, dtype=float)
    at = threshold_at(given_scores, specificity)
    assert (given_scores > at).mean() <= 1 - specificity + 1e-12
    assert at in given_scores


def test_points_by_hand() -> None:
    scores = np.r_[np.arange(10.0), 8.5, 9.5, 3.0, 20.0]
    is_case = np.arange(14) >= 10
    points = operating_points(scores, is_case, specificities=(0.8, 0.95))
    assert points[0].threshold == 8
    assert points[0].specificity.value == pytest.approx(0.9)
    assert points[0].sensitivity.value == pytest.approx(0.75)
    assert points[0].is_resolved
    assert not points[1].is_resolved


def test_people_are_counted_not_samples() -> None:
    called, is_case = np.tile([1.0, 0.0], 20), np.tile([True, False], 20)
    by_sample = operating_point(called, is_case, 0.9, 0.0)
    by_person = operating_point(called, is_case, 0.9, 0.0, np.arange(40) // 8)
    assert by_person.sensitivity.low < by_sample.sensitivity.low
    assert by_person.sensitivity.low == proportion(5, 5).low
