"""Calibration: scores made right, too extreme or moved are told as such, and repeats count nobody twice."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm

from exocosm.diagnosis.panels.calibration import calibration, chance_of
from exocosm.errors import InputError


def right_scores(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    scores = random.normal(size=count) * 1.5
    return scores, random.random(count) < 1 / (1 + np.exp(-scores))


def test_right_scores_have_slope_one_and_intercept_nought() -> None:
    scores, is_case = right_scores(11, 4000)
    found = calibration(scores, is_case, prevalence=0.5)
    assert found.slope.low < 1 < found.slope.high
    assert found.intercept.low < 0 < found.intercept.high
    assert all(one.observed.low - 0.02 < one.predicted < one.observed.high + 0.02 for one in found.bins)
    assert found.brier < found.brier_useless
    assert found.brier == pytest.approx(np.mean((chance_of(scores, 0.5) - is_case) ** 2))


def test_scores_that_are_too_extreme_and_moved_are_told() -> None:
    scores, is_case = right_scores(2, 3000)
    found = calibration(2 * scores + 1, is_case, prevalence=0.5)
    assert found.slope.value == pytest.approx(0.5, abs=0.05)
    assert found.slope.high < 0.6
    assert found.intercept.high < -0.5


def test_slope_and_its_error_are_those_of_statsmodels() -> None:
    scores, is_case = right_scores(3, 200)
    found = calibration(scores, is_case, prevalence=0.3)
    linear = scores + math.log(0.3 / 0.7)
    peer = sm.Logit(is_case.astype(float), sm.add_constant(linear)).fit(disp=0, cov_type="HC0")
    assert found.slope.value == pytest.approx(peer.params[1], abs=1e-8)
    half = 1.959964 * peer.bse[1] * math.sqrt(200 / 199)
    assert found.slope.high - found.slope.value == pytest.approx(half, rel=1e-5)


def test_repeats_and_copies_of_a_subject_narrow_nothing() -> None:
    scores, is_case = right_scores(4, 100)
    once = calibration(scores, is_case)
    repeated = calibration(np.repeat(scores[:, None], 5, axis=1), is_case)
    assert repeated.slope.low == pytest.approx(once.slope.low)
    assert sum(one.count for one in repeated.bins) == pytest.approx(100)
    widths = [[one.observed.high - one.observed.low for one in found.bins] for found in (once, repeated)]
    assert widths[0] == pytest.approx(widths[1], abs=0.05)
    copied = calibration(np.tile(scores, 2), np.tile(is_case, 2), np.tile(np.arange(100), 2))
    assert copied.slope.low == pytest.approx(once.slope.low)


def test_no_slope_is_told_where_there_is_none() -> None:
    is_case = np.arange(20) < 10
    separated = calibration(is_case * 4.0 - 2.0, is_case)
    assert math.isnan(separated.slope.value)
    assert "separate" in separated.slope.method
    assert "do not vary" in calibration(np.zeros(20), is_case).slope.method
    with pytest.raises(InputError, match="cases and controls"):
        calibration(np.zeros(3), np.ones(3, dtype=bool))


def test_chances_follow_the_prevalence() -> None:
    assert chance_of(np.zeros(1), 0.01)[0] == pytest.approx(0.01)
    assert chance_of(np.array([math.log(9)]), 0.1)[0] == pytest.approx(0.5)
    with pytest.raises(InputError, match="prevalence"):
        chance_of(np.zeros(1), 0.0)
