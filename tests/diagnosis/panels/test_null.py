"""The permutation null: what may be exchanged, and that p is uniform where nothing is to be found."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest

from exocosm.diagnosis.panels.null import arrangements, permutation_null, permuted_labels
from exocosm.diagnosis.panels.steps import Recipe
from exocosm.errors import InputError

QUICK = Recipe("log_expression", sizes=(5,), strengths=(0.3,), centre_samples=False)


@given(st.integers(0, 10_000))
def test_subjects_keep_one_label_and_strata_their_share(seed: int) -> None:
    random = np.random.default_rng(seed)
    strata_of = random.integers(0, 3, 30)
    label_of = random.random(30) < 0.4
    groups = np.repeat(np.arange(30), random.integers(1, 4, 30))
    labels = permuted_labels(label_of[groups], groups, strata_of[groups], (seed,))
    first = np.array([labels[groups == one][0] for one in range(30)])
    assert np.array_equal(first[groups], labels)
    for stratum in range(3):
        assert first[strata_of == stratum].sum() == label_of[strata_of == stratum].sum()


def test_paired_samples_are_exchanged_within_their_subject() -> None:
    groups, is_case = np.repeat(np.arange(20), 2), np.tile([True, False], 20)
    labels = permuted_labels(is_case, groups, None, (1,))
    assert (labels.reshape(20, 2).sum(axis=1) == 1).all()
    assert not np.array_equal(labels, is_case)
    assert arrangements(is_case, groups, None) == pytest.approx(math.log10(2**20))


def test_arrangements_are_counted() -> None:
    is_case = np.arange(12) < 5
    assert arrangements(is_case, np.arange(12), None) == pytest.approx(math.log10(math.comb(12, 5)))
    strata = np.arange(12) // 6
    assert 10 ** arrangements(is_case, np.arange(12), strata) == pytest.approx(math.comb(6, 5))


def test_a_planted_panel_is_beyond_every_permutation_and_permuted_ones_lie_about_one_half(planted) -> None:
    values, is_case = planted(1, 60, 100, 5, 1.0)
    seen: list[int] = []
    found = permutation_null(
        values, None, is_case, range(60), QUICK, count=39, progress=lambda done, _: seen.append(done)
    )
    assert found.p == found.smallest_p == 1 / 40
    assert found.observed > found.permuted.max()
    assert abs(found.permuted.mean() - 0.5) < 0.06
    assert seen == list(range(1, 41))
    assert math.isnan(found.within_p)


def test_a_class_that_is_mostly_the_batch_is_no_finding_when_permuted_within_batches() -> None:
    random = np.random.default_rng(2)
    batches = np.repeat([0, 1], 40)
    is_case = np.r_[np.arange(40) < 30, np.arange(40) < 10]
    values = random.normal(size=(80, 40)) + 2.0 * batches[:, None]
    free = permutation_null(values, None, is_case, range(80), QUICK, count=39)
    within = permutation_null(values, None, is_case, range(80), QUICK, count=39, strata=batches)
    assert free.p == 1 / 40
    assert within.p > 0.05
    assert within.within_p > 0.05
    assert within.permuted.mean() > 0.6  # the batch is in them too


def test_workers_change_nothing(planted) -> None:
    values, is_case = planted(3, 40, 50)
    one, two = (
        permutation_null(values, None, is_case, range(40), QUICK, count=6, workers=count, repeats=2) for count in (1, 2)
    )
    assert np.array_equal(one.permuted, two.permuted)
    assert one.observed == two.observed


def test_labels_that_cannot_be_permuted_are_told(planted) -> None:
    values, is_case = planted(4, 40, 10)
    with pytest.raises(InputError, match="cannot be permuted"):
        permutation_null(values, None, is_case, range(40), QUICK, strata=is_case.astype(int), count=5)
    with pytest.raises(InputError, match="count"):
        permutation_null(values, None, is_case, range(40), QUICK, count=0)


def _p_values(planted, count: int) -> list[float]:
    return [
        permutation_null(*_with_none(planted(seed, 40, 60)), range(40), QUICK, count=19, outer=4, inner=2, seed=seed).p
        for seed in range(count)
    ]


def _with_none(made: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, None, np.ndarray]:
    return made[0], None, made[1]


def test_p_of_noise_is_rarely_small(planted) -> None:
    found = _p_values(planted, 10)
    assert sum(p <= 0.1 for p in found) <= 4  # of a binomial with 0.1: more than 4 twice in a thousand
    assert max(found) > 0.5


@pytest.mark.slow
def test_p_of_noise_is_uniform(planted) -> None:
    found = np.array(_p_values(planted, 150))
    # p has steps of 1/20; a random place within its step makes it continuous
    spread = found - np.random.default_rng(1).random(found.size) / 20
    assert kstest(spread, "uniform").pvalue > 0.01
