"""The stability index at its known values."""

from __future__ import annotations

import math

import numpy as np
import pytest

from exocosm.diagnosis.panels.stability import stability


def test_the_same_selection_every_time_is_one() -> None:
    found = stability([np.array([1, 3])] * 4, 10)
    assert found.nogueira == pytest.approx(1)
    assert found.jaccard == 1
    assert found.frequency.tolist() == [0, 1, 0, 1, 0, 0, 0, 0, 0, 0]


def test_selections_at_random_are_nought_on_average() -> None:
    random = np.random.default_rng(1)
    found = [
        stability([random.choice(50, size=random.integers(5, 15), replace=False) for _ in range(10)], 50).nogueira
        for _ in range(300)
    ]
    assert abs(np.mean(found)) < 0.01


def test_by_hand() -> None:
    found = stability([np.array([0, 1]), np.array([0, 2])], 4)
    # p = 1, 1/2, 1/2, 0: mean variance 2 * (1/4 + 1/4) / 4 = 1/4; k/d = 1/2
    assert found.nogueira == pytest.approx(1 - 0.25 / 0.25)
    assert found.jaccard == pytest.approx(1 / 3)
    assert found.sizes == (2, 2)


def test_where_it_is_not_defined() -> None:
    assert math.isnan(stability([np.array([0])], 4).nogueira)
    assert math.isnan(stability([np.zeros(0, dtype=int)] * 3, 4).nogueira)
