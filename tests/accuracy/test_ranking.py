"""The ROC curve, the AUC and its intervals: against scikit-learn, DeLong written out, and by how often they hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm
from sklearn.metrics import roc_auc_score, roc_curve

from exocosm.accuracy.estimate import Estimate
from exocosm.accuracy.ranking import auc, auc_between, auc_value, newcombe, roc, stacked
from exocosm.errors import InputError

GROUP = st.lists(st.integers(-8, 8).map(float), min_size=2, max_size=30)  # small whole numbers: many ties
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


def labelled(cases: list[float], controls: list[float]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([1] * len(cases) + [0] * len(controls)), np.array([*cases, *controls])


@given(GROUP, GROUP)
def test_auc_of_two_groups_is_that_of_scikit_learn_ties_included(cases: list[float], controls: list[float]) -> None:
    found = auc_between(cases, controls)
    assert found.value == pytest.approx(roc_auc_score(*labelled(cases, controls)), abs=1e-12)
    assert 0.0 <= found.low <= found.value <= found.high <= 1.0


@given(GROUP, GROUP)
def test_auc_does_not_change_under_rising_transforms_and_turns_with_the_sign(
    cases: list[float], controls: list[float]
) -> None:
    plain, moved = auc_between(cases, controls), auc_between(np.exp(cases), np.exp(controls))
    assert (plain.value, plain.low, plain.high) == pytest.approx((moved.value, moved.low, moved.high))
    turned = auc_between(-np.array(cases), -np.array(controls))
    assert turned.value == pytest.approx(1.0 - plain.value)
    assert turned.low == pytest.approx(1.0 - plain.high, abs=1e-9)


def test_the_interval_of_auc_holds_the_binormal_truth_as_often_as_it_says() -> None:
    random, shift = np.random.default_rng(11), 1.2
    truth = float(norm.cdf(shift / np.sqrt(2.0)))
    held = [truth in auc_between(random.normal(shift, 1, 40), random.normal(0, 1, 60)) for _ in range(600)]
    assert np.mean(held) == pytest.approx(0.95, abs=0.03)
    many = auc_between(random.normal(shift, 1, 20_000), random.normal(0, 1, 20_000), level=0.999)
    assert many.value == pytest.approx(truth, abs=0.008) and truth in many


def test_groups_wholly_apart_leave_doubt_all_the_same() -> None:
    found = auc_between([3, 4, 5], [0, 1, 2, 2])
    assert (found.value, found.high) == (1.0, 1.0) and found.low == pytest.approx(0.025 ** (1 / 3))
    assert auc_between([0, 1], [3, 4]).low == 0.0
    assert auc_between([0, 1], [3, 4]).high == pytest.approx(1.0 - 0.025 ** (1 / 2))


def test_a_score_that_ranks_nobody_leaves_doubt_on_both_sides() -> None:
    found, kept = auc_between([2.0, 2.0, 2.0], [2.0] * 5), 0.025 ** (1 / 3)
    assert (found.low, found.value, found.high) == pytest.approx((0.5 * kept, 0.5, 1.0 - 0.5 * kept))


def test_one_case_tells_nothing_of_how_cases_vary() -> None:
    for found in (auc_between([1.0], [0.0, 2.0]), auc_between([1.0, 1.5, 0.5, 2.5], [1.0])):
        assert (found.low, found.high) == (0.0, 1.0)
    one_person = auc(np.array([1.0, 3.0, 0.0, 2.0]), np.array([True, True, False, False]), np.array([0, 0, 1, 2]))
    assert (one_person.value, one_person.low, one_person.high) == (0.75, 0.0, 1.0)


@pytest.mark.parametrize("wrong", [([], [1.0]), ([np.nan], [1.0]), ([1.0], [])])
def test_groups_without_scores_are_refused(wrong: tuple[list[float], list[float]]) -> None:
    for judge in (auc_between, roc):
        with pytest.raises(InputError, match="at least one number"):
            judge(*wrong)


@given(GROUP, GROUP)
def test_roc_is_that_of_scikit_learn(cases: list[float], controls: list[float]) -> None:
    found = roc(cases, controls)
    false_positive, true_positive, _ = roc_curve(*labelled(cases, controls), drop_intermediate=False)
    np.testing.assert_allclose(found.sensitivity, true_positive, atol=1e-12)
    np.testing.assert_allclose(1.0 - found.specificity, false_positive, atol=1e-12)


@pytest.mark.parametrize(("shift", "size"), [(0.0, 12), (1.0, 12), (2.0, 10)])
def test_the_interval_of_the_area_covers_the_truth(shift: float, size: int) -> None:
    random = np.random.default_rng(3)
    truth = norm.cdf(shift / np.sqrt(2))
    ones, others = random.normal(shift, 1, (800, size)), random.normal(0, 1, (800, size))
    auc = (ones[:, :, None] > others[:, None, :]).mean(axis=(1, 2))
    low, high = newcombe(auc, np.array(size), np.array(size))
    assert 0.93 <= np.mean((low <= truth) & (truth <= high)) <= 0.99


def test_a_perfect_marker_of_few_people_keeps_a_wide_interval() -> None:
    low, high = newcombe(np.array([1.0, 0.0]), np.array(4.0), np.array(4.0))
    assert low[0] < 0.75 and high[0] == pytest.approx(1.0)
    assert low[1] == pytest.approx(0.0) and high[1] == pytest.approx(1 - low[0])
