"""Dilution series: straight lines are found straight, and the dilution that breaks is named."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.bench.readings.dilutions import Level, Linearity, linearity

LIMIT = 0.25


def series(truth: float, dilutions: list[float], *, cv: float = 0.0, seed: int = 1, videos: int = 5) -> list[Level]:
    random = np.random.default_rng(seed)
    return [Level(f"1:{d:g}", d, truth / d * random.lognormal(0, cv, videos) if cv else np.full(videos, truth / d))
            for d in dilutions]  # fmt: skip


def line(levels: list[Level]) -> Linearity:
    found = linearity(levels, LIMIT)
    assert found is not None
    return found


@given(st.floats(1e6, 1e14), st.lists(st.integers(1, 100_000), min_size=2, max_size=6, unique=True))
def test_an_exact_series_has_slope_one_and_nothing_broken(truth: float, dilutions: list[int]) -> None:
    found = line(series(truth, [float(d) for d in dilutions]))
    assert found.slope == pytest.approx(1, abs=1e-4)
    assert not found.broken and len(found.agreeing) == len(dilutions)


def test_a_noisy_series_is_linear_and_its_interval_holds_one() -> None:
    hits = 0
    for seed in range(100):
        found = line(series(1e11, [200, 500, 1000, 2000], cv=0.08, seed=seed))
        hits += found.low <= 1 <= found.high
        assert found.verdict == "linear" or abs(found.slope - 1) > 0.05
    assert hits >= 88  # 95 expected


def test_single_runs_of_many_dilutions_are_seldom_called_broken_by_chance() -> None:
    dilutions = [250.0, 500.0, 1000.0, 2000.0, 4000.0]
    alarms = sum(bool(line(series(1e11, dilutions, cv=0.07, seed=seed, videos=1)).broken) for seed in range(300))
    assert alarms <= 12  # a difference of more than a quarter from the others is three standard deviations


@pytest.mark.parametrize(
    ("which", "factor", "word"),
    [(0, 0.5, "dilute more"), (3, 2.0, "measure the diluent"), (3, 0.4, "walls"), (1, 1.8, "dilute again")],
)
def test_the_dilution_that_breaks_is_named_with_what_would_look_like_it(which: int, factor: float, word: str) -> None:
    levels = series(1e11, [100, 300, 1000, 3000], cv=0.02)
    bad = levels[which]
    levels[which] = Level(bad.name, bad.dilution, bad.in_tube * factor)
    found = line(levels)
    (broken,) = found.broken
    assert broken.name == bad.name
    assert broken.ratio == pytest.approx(factor, rel=0.1)
    assert word in broken.reason
    assert found.verdict == "not linear"
    assert bad.name not in found.agreeing


def test_of_two_dilutions_that_disagree_none_is_called_wrong() -> None:
    levels = series(1e11, [100, 1000])
    levels[0] = Level("1:100", 100, levels[0].in_tube * 0.4)
    found = line(levels)
    assert found.verdict == "not linear"
    assert not found.broken and not found.agreeing


def test_two_against_two_is_not_decided() -> None:
    levels = series(1e11, [100, 200, 1000, 2000])
    found = line([Level(one.name, one.dilution, one.in_tube * (0.4 if one.dilution < 500 else 1)) for one in levels])
    assert not found.broken and not found.agreeing


def test_a_background_that_does_not_dilute_makes_the_slope_flat() -> None:
    dilutions = [100.0, 300.0, 1000.0, 3000.0, 10_000.0]
    found = line([Level(f"{d:g}", d, np.full(3, 1e10 / d + 1e7)) for d in dilutions])
    assert found.slope < 0.8
    assert found.verdict == "not linear"


def test_one_dilution_is_no_series() -> None:
    assert linearity(series(1e11, [500]), LIMIT) is None
    assert linearity([*series(1e11, [500]), *series(1e11, [500])], LIMIT) is None
    assert linearity([], LIMIT) is None


def test_two_dilutions_without_replicates_have_a_slope_but_no_interval() -> None:
    found = line(series(1e11, [100, 1000], videos=1))
    assert found.slope == pytest.approx(1)
    assert math.isnan(found.low)
    assert found.verdict == "undecided"
