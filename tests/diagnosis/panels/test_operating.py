"""Operating points, exact intervals and predictive values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from exocosm.diagnosis.panels.operating import (
    operating_point,
    operating_points,
    predictive_values,
    share_interval,
    threshold_at,
)
from exocosm.errors import InputError


@given(st.integers(1, 200).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials))))
def test_interval_is_that_of_scipy(pair: tuple[int, int]) -> None:
    found, peer = share_interval(*pair), binomtest(*pair).proportion_ci(method="exact")
    assert (found.low, found.high) == pytest.approx((peer.low, peer.high), abs=1e-9)


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
    assert by_person.sensitivity.low == share_interval(5, 5).low


def test_predictive_values_by_hand() -> None:
    found = predictive_values(0.9, 0.95, 0.01)
    assert found.positive == pytest.approx(0.009 / (0.009 + 0.0495))
    assert found.negative == pytest.approx(0.9405 / 0.9415)
    assert found.called_per_found == pytest.approx(6.5)
    assert math.isnan(predictive_values(0.0, 1.0, 0.1).positive)
    with pytest.raises(InputError, match="prevalence"):
        predictive_values(0.9, 0.9, 1.5)
    with pytest.raises(InputError, match="no share"):
        share_interval(3, 2)
