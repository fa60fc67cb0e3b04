"""People of a cohort: counts by key, equal to the plain way of drawing them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm, poisson

from exocosm.errors import InputError
from exocosm.randomness import uniforms
from exocosm.screening.people import FEW, MANY, People


def counted_plainly(people: People, name: str, expected: np.ndarray) -> np.ndarray:
    """What `counted` means, written with scipy's own quantiles."""
    names = [f"isolation: {name} {column} visit {people.visit}" for column in range(expected.shape[1])]
    subjects = range(people.first, people.first + people.number)
    chance = uniforms(people.seed, people.group, subjects, names)
    normal = np.maximum(np.rint(expected + np.sqrt(expected) * norm.ppf(chance)), 0.0)
    return np.where(expected > MANY, normal, poisson.ppf(chance, expected))


@given(st.integers(0, 10_000), st.lists(st.floats(0.0, 3e3), min_size=1, max_size=4))
def test_counts_are_those_of_the_plain_way(seed: int, means: list[float]) -> None:
    people = People(200, seed=seed, first=50, visit=2)
    expected = np.tile(means, (200, 1))
    np.testing.assert_array_equal(people.counted("isolation", "c", expected), counted_plainly(people, "c", expected))


@pytest.mark.parametrize("mean", [1e-9, 0.3, 1.0, 7.0, 80.0, 999.0, 1001.0, 1e6])
def test_counts_have_the_mean_and_the_variance_of_poisson(mean: float) -> None:
    counts = People(40_000, seed=3).counted("assay", "c", np.full(40_000, mean))
    assert abs(counts.mean() - mean) <= 5.0 * np.sqrt(mean / counts.size) + 1e-3
    if mean > 0.1:
        assert counts.var() == pytest.approx(mean, rel=0.05)


def test_extreme_means_are_met() -> None:
    people = People(3)
    assert people.counted("assay", "c", np.zeros(3)).tolist() == [0, 0, 0]
    assert np.isnan(people.counted("assay", "c", np.array([np.nan, -1.0, 1.0]))).tolist() == [True, True, False]


def test_a_still_stage_gives_the_means_and_another_visit_other_counts() -> None:
    people, means = People(50), np.full(50, 4.5)
    assert people.switched_off("assay").counted("assay", "c", means).tolist() == means.tolist()
    assert people.counted("assay", "c", means).tolist() != people.at_visit(1).counted("assay", "c", means).tolist()
    assert people.normals("assay", "n").tolist() == people.at_visit(1).normals("assay", "n").tolist()


def test_a_stage_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InputError, match="no stage 'tube'"):
        People(2).normals("tube", "n")


def test_what_is_kept_of_few_people_is_what_many_get_and_cannot_be_changed() -> None:
    # few people are asked again and again, so their numbers are kept; of many they are drawn anew
    few, many = People(FEW, seed=8, first=5), People(FEW + 1, seed=8, first=5)
    for draw in ("normals", "uniforms"):
        kept = getattr(few, draw)("assay", "n", each_visit=True)
        np.testing.assert_array_equal(kept, getattr(many, draw)("assay", "n", each_visit=True)[:FEW])
        with pytest.raises(ValueError, match="read-only"):
            kept += 1.0
    means = np.full(FEW + 1, 6.0)
    np.testing.assert_array_equal(few.counted("assay", "c", means[:FEW]), many.counted("assay", "c", means)[:FEW])
    others = (People(FEW, seed=9, first=5), People(FEW, seed=8, first=6), People(FEW, seed=8, group="x", first=5))
    for other in (*others, few.at_visit(1)):
        assert not np.array_equal(
            other.normals("assay", "n", each_visit=True), few.normals("assay", "n", each_visit=True)
        )
