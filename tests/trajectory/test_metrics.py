from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.errors import InputError
from exocosm.trajectory import metrics

TIMES = np.array([0.0, 1.0, 3.0, 6.0])
TRIANGLE = np.array([0.0, 2.0, 6.0, 0.0])


def test_each_rule_by_hand():
    assert metrics.take("auc", TIMES, TRIANGLE) == pytest.approx(1 + 8 + 9)
    assert metrics.take("mean", TIMES, TRIANGLE) == pytest.approx(18 / 6)
    assert metrics.take("maximum", TIMES, TRIANGLE) == 6
    assert metrics.take("minimum", TIMES, TRIANGLE, start=1) == 0
    assert metrics.take("last", TIMES, TRIANGLE, until=3) == 6
    assert metrics.take("time_of_maximum", TIMES, TRIANGLE) == 3
    assert metrics.take("at", TIMES, TRIANGLE, moment=2) == pytest.approx(4)
    # above 3: rises through it at 1.5 h, falls through it at 4.5 h
    assert metrics.take("time_above", TIMES, TRIANGLE, level=3) == pytest.approx(3.0)


def test_a_window_between_recorded_times_is_interpolated():
    assert metrics.take("auc", TIMES, TRIANGLE, start=2, until=4.5) == pytest.approx(
        0.5 * (4 + 6) + 0.5 * (6 + 3) * 1.5
    )
    assert metrics.take("last", TIMES, TRIANGLE, until=4.5) == pytest.approx(3)
    assert metrics.take("mean", TIMES, TRIANGLE, start=2, until=2) == pytest.approx(4)


def test_half_life_of_two_exponentials_is_the_terminal_one():
    times = np.linspace(0, 40, 81)
    curve = 10 * np.exp(-2.0 * times) + np.exp(-0.1 * times)
    assert metrics.take("half_life", times, curve) == pytest.approx(math.log(2) / 0.1, rel=0.01)
    assert math.isnan(metrics.take("half_life", times, np.exp(0.1 * times)))
    assert math.isnan(metrics.take("half_life", times, np.zeros_like(times)))


def test_what_was_not_computed_stays_nan():
    curves = np.array([TRIANGLE, [0.0, 2.0, np.nan, np.nan]])
    for how in ("auc", "maximum", "minimum", "last", "mean", "time_of_maximum", "half_life"):
        assert math.isnan(metrics.take(how, TIMES, curves)[1]), how
    assert math.isnan(metrics.take("time_above", TIMES, curves, level=1)[1])
    assert metrics.take("auc", TIMES, curves, until=1)[1] == pytest.approx(1)
    assert math.isnan(metrics.take("at", TIMES, curves, moment=2)[1])
    assert metrics.take("at", TIMES, curves, moment=1)[1] == 2
    assert np.isnan(metrics.ratio(np.array([1.0, np.nan, 1.0]), np.array([0.0, 1.0, np.nan]))).all()


def test_shapes_follow():
    curves = np.ones((3, 4, TIMES.size))
    for how in metrics.PLAIN:
        assert metrics.take(how, TIMES, curves).shape == (3, 4)
    assert metrics.take("time_above", TIMES, curves, level=0.5).shape == (3, 4)


def test_what_cannot_be_taken_is_said():
    with pytest.raises(InputError, match="maximum"):
        metrics.take("maximun", TIMES, TRIANGLE)
    with pytest.raises(InputError, match="level"):
        metrics.take("time_above", TIMES, TRIANGLE)
    with pytest.raises(InputError, match="recorded"):
        metrics.take("at", TIMES, TRIANGLE, moment=7)
    with pytest.raises(InputError, match="window"):
        metrics.take("auc", TIMES, TRIANGLE, start=8, until=9)


CURVES = st.lists(st.floats(0, 1e6), min_size=4, max_size=4).map(np.array)


@given(CURVES, st.floats(0.1, 5.9))
def test_the_area_splits(curve, cut):
    whole = metrics.take("auc", TIMES, curve)
    halves = metrics.take("auc", TIMES, curve, until=cut) + metrics.take("auc", TIMES, curve, start=cut)
    assert halves == pytest.approx(whole, rel=1e-9, abs=1e-9)


@given(CURVES, st.floats(0, 1e6))
def test_time_above_and_below_make_the_whole(curve, level):
    above = metrics.take("time_above", TIMES, curve, level=level)
    below = metrics.take("time_above", TIMES, -curve, level=-level)
    assert 0 <= above <= 6
    flat = sum(h for h, a, b in zip(np.diff(TIMES), curve[:-1], curve[1:], strict=True) if a == b == level)
    assert above + below + flat == pytest.approx(6)
