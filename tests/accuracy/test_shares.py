"""Shares and predictive values, against scipy, statsmodels, tables by hand, and by how often they hold the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from statsmodels.stats.proportion import proportion_confint

from exocosm.accuracy.estimate import Estimate
from exocosm.accuracy.shares import exact_limits, predictive_estimates, predictive_values, proportion
from exocosm.errors import InputError


@given(st.integers(1, 200).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials))))
def test_the_interval_of_a_share_is_that_of_scipy(pair: tuple[int, int]) -> None:
    found, peer = proportion(*pair), binomtest(*pair).proportion_ci(method="exact")
    assert (found.low, found.high) == pytest.approx((peer.low, peer.high), abs=1e-9)


def test_predictive_values_by_hand() -> None:
    found = predictive_values(0.9, 0.95, 0.01)
    assert found.positive == pytest.approx(0.009 / (0.009 + 0.0495))
    assert found.negative == pytest.approx(0.9405 / 0.9415)
    assert found.called_per_found == pytest.approx(6.5)
    assert math.isnan(predictive_values(0.0, 1.0, 0.1).positive)
    with pytest.raises(InputError, match="prevalence"):
        predictive_values(0.9, 0.9, 1.5)


@pytest.mark.parametrize("counts", [(3, 2), (0, 0), (-1, 4)])
def test_what_is_no_share_is_refused(counts: tuple[int, int]) -> None:
    with pytest.raises(InputError, match="no share"):
        proportion(*counts)


def test_limits_of_many_shares_are_those_of_each() -> None:
    hits, number = np.array([0, 3, 7, 2]), np.array([5, 9, 7, 40])
    low, high = exact_limits(hits, number, 0.9)
    each = [proportion(*pair, 0.9) for pair in zip(hits.tolist(), number.tolist(), strict=True)]
    assert low.tolist() == [one.low for one in each] and high.tolist() == [one.high for one in each]


@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.5, 0.999))
def test_the_interval_of_a_share_is_that_of_statsmodels(counts: tuple[int, int], level: float) -> None:
    found = proportion(*counts, level)
    low, high = proportion_confint(*counts, alpha=1 - level, method="beta")
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)


def test_predictive_values_are_those_of_a_table_of_counts() -> None:
    # 100 000 people, prevalence 1 %: 900 of 1000 with and 4950 of 99 000 without are positive
    ppv, npv = predictive_estimates(Estimate(0.9, 0.85, 0.94), Estimate(0.95, 0.93, 0.97), 0.01)
    assert ppv.value == pytest.approx(900 / (900 + 4950))
    assert npv.value == pytest.approx(94050 / (94050 + 100))
    assert ppv.low < ppv.value < ppv.high and npv.low < npv.value < npv.high


def test_the_interval_of_a_predictive_value_holds_as_often_as_it_says() -> None:
    random, level = np.random.default_rng(3), np.sqrt(0.95)
    truth = 0.8 * 0.1 / (0.8 * 0.1 + 0.1 * 0.9)
    held = []
    for hits, clear in zip(random.binomial(50, 0.8, 1500), random.binomial(80, 0.9, 1500), strict=True):
        ppv, _ = predictive_estimates(proportion(int(hits), 50, level), proportion(int(clear), 80, level), 0.1)
        held.append(truth in ppv)
    assert ppv.level == pytest.approx(0.95) and np.mean(held) >= 0.95
