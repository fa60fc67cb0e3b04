"""The error norm and the time at equal error, on made data."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.errors import FLOOR, Point, bracket, relative_errors, root_mean_square, seconds_at

TRUTH = np.array([[[1000.0, 0.0], [10.0, 0.0], [0.0, 0.0]]])  # one subject, three times, two states


def test_an_error_is_relative_to_the_value_and_a_share_of_the_peak() -> None:
    values = TRUTH + np.array([[[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]]])
    errors = relative_errors(values, TRUTH)[0, :, 0]
    peak = 1000.0 * FLOOR
    assert errors == pytest.approx([1.0 / (1000.0 + peak), 1.0 / (10.0 + peak), 1.0 / peak])


def test_a_state_that_is_always_zero_must_stay_so() -> None:
    assert np.all(relative_errors(TRUTH, TRUTH) == 0.0)
    values = TRUTH.copy()
    values[0, 1, 1] = 1e-30
    assert relative_errors(values, TRUTH)[0, 1, 1] == math.inf


def test_a_missing_value_is_infinitely_wrong() -> None:
    values = TRUTH.copy()
    values[0, 2, 0] = np.nan
    assert root_mean_square(values, TRUTH) == math.inf


def test_each_subject_has_its_own_peaks() -> None:
    truth = np.array([[[1.0], [0.0]], [[1000.0], [0.0]]])
    errors = relative_errors(truth + np.array([[[0.0], [1e-3]], [[0.0], [1e-3]]]), truth)
    assert errors[0, 1, 0] == pytest.approx(1000.0 * errors[1, 1, 0])


def test_the_root_mean_square_is_over_everything() -> None:
    truth = np.ones((2, 2, 1))
    values = truth.copy()
    values[1, 1, 0] += 4.0 * (1.0 + FLOOR)
    assert root_mean_square(values, truth) == pytest.approx(2.0)  # one error of 4 among four numbers


@given(order=st.floats(0.1, 1.0), cost=st.floats(0.05, 1.0), share=st.floats(0.0, 1.0), scale=st.floats(1e-4, 1e2))
def test_time_at_an_error_is_exact_for_power_laws(order: float, cost: float, share: float, scale: float) -> None:
    points = [Point(r, 3.0 * r**order, scale * r**-cost) for r in (1e-3, 1e-4, 1e-5, 1e-6)]
    relative = 10.0 ** (-3.0 - 3.0 * share)
    assert seconds_at(points, 3.0 * relative**order) == pytest.approx(scale * relative**-cost, rel=1e-9)


def test_time_outside_of_what_was_tried_follows_the_nearest_two() -> None:
    points = [Point(1e-3, 1e-3, 1.0), Point(1e-4, 1e-4, 2.0), Point(1e-5, 1e-5, 8.0)]
    assert seconds_at(points, 1e-6) == pytest.approx(32.0)
    assert seconds_at(points, 1e-2) == pytest.approx(0.5)


def test_of_several_crossings_the_tightest_counts() -> None:
    points = [Point(1e-3, 1e-4), Point(1e-4, 1e-6), Point(1e-5, 1e-4), Point(1e-6, 1e-7)]
    assert [one.relative for one in bracket(points, 1e-5)] == [1e-5, 1e-6]
    assert [one.relative for one in bracket(points[::-1], 1e-5)] == [1e-5, 1e-6]


def test_a_point_that_hits_the_error_stands_alone() -> None:
    points = [Point(1e-3, 1e-3, 1.0), Point(1e-4, 1e-4, 2.0), Point(1e-5, 1e-5, 8.0)]
    assert bracket(points, 1e-4) == (points[1], points[1])
    assert seconds_at(points, 1e-4) == 2.0
    assert seconds_at(points[1:2], 1e-4) == 2.0
