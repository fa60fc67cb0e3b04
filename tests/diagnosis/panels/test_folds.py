"""Dealing: nobody is split, every fold has its share, and the key decides."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.diagnosis.panels.folds import deal
from exocosm.errors import InputError


@given(st.integers(0, 1000), st.integers(2, 6), st.integers(0, 30), st.integers(0, 30))
def test_single_samples_are_balanced_to_one(seed: int, count: int, more: int, others: int) -> None:
    is_case = np.r_[np.ones(count + more, bool), np.zeros(count + others, bool)]
    fold = deal(is_case, np.arange(is_case.size), count, (seed,))
    for truth in (True, False):
        sizes = np.bincount(fold[is_case == truth], minlength=count)
        assert sizes.max() - sizes.min() <= 1


@given(st.integers(0, 1000), st.lists(st.tuples(st.integers(1, 4), st.booleans()), min_size=12, max_size=40))
def test_nobody_is_split(seed: int, people: list[tuple[int, bool]]) -> None:
    people = [*people, (1, True), (2, True), (1, False), (3, False)]
    groups = np.repeat(np.arange(len(people)), [size for size, _ in people])
    is_case = np.array([people[group][1] for group in groups])
    fold = deal(is_case, groups, 2, (seed, "x"))
    assert all(np.unique(fold[groups == group]).size == 1 for group in range(len(people)))
    assert np.unique(fold).size == 2
    for truth in (True, False):
        assert all((is_case[fold == one] == truth).any() for one in (0, 1))


def test_the_key_decides_and_nothing_else() -> None:
    is_case, groups = np.arange(40) % 2 == 0, np.arange(40)
    first = deal(is_case, groups, 5, (1, "a"))
    assert np.array_equal(first, deal(is_case, groups, 5, (1, "a")))
    assert not np.array_equal(first, deal(is_case, groups, 5, (1, "b")))


def test_strata_are_spread_over_the_folds() -> None:
    is_case = np.arange(80) % 2 == 0
    strata = np.repeat(np.arange(4), 20)
    for seed in range(10):
        fold = deal(is_case, np.arange(80), 5, (seed,), strata)
        table = np.zeros((5, 8))
        np.add.at(table, (fold, strata * 2 + is_case), 1)
        assert table.min() == table.max() == 2


def test_too_few_subjects_are_told_not_samples() -> None:
    is_case = np.arange(40) < 20
    groups = np.where(is_case, np.arange(40) % 3, 100 + np.arange(40))
    with pytest.raises(InputError, match="the smaller class has 3"):
        deal(is_case, groups, 5, (1,))
