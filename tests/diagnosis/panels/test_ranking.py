"""The AUC and its interval: against scikit-learn, against DeLong written out, and by how often it holds the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import roc_auc_score

from exocosm.diagnosis.panels.ranking import Estimate, auc, auc_value, stacked
from exocosm.errors import InputError

SCORES = arrays(np.float64, 20, elements=st.integers(-3, 3).map(float))  # with many ties


@given(SCORES, arrays(np.bool_, 20))
def test_value_is_that_of_scikit_learn(scores: np.ndarray, is_case: np.ndarray) -> None:
    if is_case.all() or not is_case.any():
        assert math.isnan(auc_value(scores, is_case))
        return
    assert auc_value(scores, is_case) == pytest.approx(roc_auc_score(is_case, scores), abs=1e-12)


def test_interval_is_that_of_delong_written_out() -> None:
    random = np.random.default_rng(1)
    is_case = np.arange(30) < 12
    scores = np.round(random.normal(size=30) + is_case, 1)
    wins = [[float(a > b) + 0.5 * float(a == b) for b in scores[~is_case]] for a in scores[is_case]]
    table = np.array(wins)
    variance = table.mean(axis=1).var(ddof=1) / 12 + table.mean(axis=0).var(ddof=1) / 18
    value = table.mean()
    found = auc(scores, is_case)
    reach = 1.959963984540054 * math.sqrt(variance) / (value * (1 - value))
    odds = math.log(value / (1 - value))
    assert found.value == pytest.approx(value)
    assert found.low == pytest.approx(1 / (1 + math.exp(-odds + reach)))
    assert found.high == pytest.approx(1 / (1 + math.exp(-odds - reach)))


def test_samples_measured_twice_narrow_nothing_if_their_subjects_are_told() -> None:
    random = np.random.default_rng(2)
    is_case = np.arange(40) % 2 == 0
    scores = random.normal(size=40) + is_case
    once = auc(scores, is_case)
    twice, truth, subjects = np.tile(scores, 2), np.tile(is_case, 2), np.tile(np.arange(40), 2)
    told = auc(twice, truth, subjects)
    assert (told.value, told.low, told.high) == pytest.approx((once.value, once.low, once.high))
    assert "by subject" in told.method
    untold = auc(twice, truth)
    assert untold.high - untold.low < 0.8 * (once.high - once.low)


def test_a_batch_that_holds_the_class_counts_for_nothing_within_strata() -> None:
    random = np.random.default_rng(3)
    strata = np.repeat([0, 1], 100)
    is_case = np.r_[np.arange(100) < 80, np.arange(100) < 20]
    scores = random.normal(size=200) + 3.0 * (strata == 0)
    assert auc(scores, is_case).low > 0.65
    within = auc(scores, is_case, None, strata)
    assert within.low < 0.5 < within.high
    assert "within strata" in within.method


def test_a_perfect_score_leaves_what_so_few_people_leave_open() -> None:
    is_case = np.arange(10) < 5
    found = auc(is_case.astype(float), is_case)
    assert found.value == found.high == 1.0
    assert found.low == pytest.approx(0.025**0.2)
    assert auc(-is_case.astype(float), is_case).low == 0.0


def test_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(4)
    is_case = np.arange(80) % 2 == 0
    truth = 0.7602499  # Phi(1 / sqrt 2)
    held = [
        found.low <= truth <= found.high
        for found in (auc(random.normal(size=80) + is_case, is_case) for _ in range(600))
    ]
    assert 0.92 <= np.mean(held) <= 0.98


def test_of_repeats_the_mean_is_told() -> None:
    random = np.random.default_rng(5)
    is_case = np.arange(40) % 2 == 0
    scores = random.normal(size=(40, 4)) + is_case[:, None]
    found = auc(scores, is_case)
    assert found.value == pytest.approx(np.mean([auc_value(column, is_case) for column in scores.T]))
    assert "4 repeats" in found.method
    pairs = [auc(column, is_case) for column in scores.T]

    def variance(one: Estimate) -> float:
        odds = [math.log(end / (1 - end)) for end in (one.low, one.high)]
        return ((odds[1] - odds[0]) / 2 / 1.959963984540054 * one.value * (1 - one.value)) ** 2

    between = np.var([one.value for one in pairs], ddof=1) / 4
    assert variance(found) == pytest.approx(np.mean([variance(one) for one in pairs]) + between)
    same = auc(np.repeat(scores[:, :1], 4, axis=1), is_case)
    assert same.low == pytest.approx(auc(scores[:, 0], is_case).low)


def test_stacked_repeats_keep_their_subjects() -> None:
    scores = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])
    flat, truth, groups, repeats = stacked(scores, np.array([True, False, True]), np.array([7, 7, 9]))
    assert flat.tolist() == [1, 2, 3, 10, 20, 30]
    assert truth.tolist() == [True, False, True] * 2
    assert groups.tolist() == [0, 0, 1] * 2
    assert repeats == 2


def test_without_a_pair_there_is_no_auc() -> None:
    with pytest.raises(InputError, match="stratum"):
        auc(np.zeros(4), np.array([True, True, False, False]), None, np.array([0, 0, 1, 1]))
