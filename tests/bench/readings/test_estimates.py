"""Intervals hold the truth as often as they say, and are exact where the answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.bench.readings.estimates import over_replicates, student_quantile


@pytest.mark.parametrize(("degrees", "quantile"), [(1, 12.706), (2, 4.303), (4, 2.776), (1e7, 1.960)])
def test_students_t_as_in_printed_tables(degrees: float, quantile: float) -> None:
    assert student_quantile(degrees) == pytest.approx(quantile, abs=5e-4)


def test_three_replicates_by_hand() -> None:
    found = over_replicates([9.0, 10.0, 11.0])
    assert (found.value, found.sd, found.number) == (10, 1, 3)
    assert found.high - found.value == pytest.approx(4.303 / math.sqrt(3), abs=1e-3)
    assert found.cv == pytest.approx(0.1)


@pytest.mark.parametrize("count", [3, 5, 11])
def test_intervals_of_simulated_videos_hold_the_known_mean_95_times_of_100(count: int) -> None:
    random = np.random.default_rng(count)
    trials = 2000
    hits = 0
    for values in random.normal(100.0, 12.0, (trials, count)):
        found = over_replicates(values)
        hits += found.low <= 100 <= found.high
    assert abs(hits / trials - 0.95) < 4 * math.sqrt(0.95 * 0.05 / trials)


@given(st.lists(st.floats(0, 1e15), max_size=12), st.integers(0, 4))
def test_no_interval_below_three_replicates_and_none_below_zero(values: list[float], missing: int) -> None:
    found = over_replicates(np.array([*values, *[math.nan] * missing]))
    assert found.number == len(values)
    if len(values) < 3 or not any(values):
        assert math.isnan(found.low) and math.isnan(found.high)
    else:
        assert 0 <= found.low <= found.value * (1 + 1e-12) and found.value <= found.high * (1 + 1e-12)


def test_nothing_counted_has_no_interval_of_zero_width() -> None:
    found = over_replicates([0.0, 0.0, 0.0])
    assert (found.value, found.number) == (0.0, 3)
    assert math.isnan(found.low) and found.how == "no interval: nothing in 3 videos"
