"""Counting: the numbers of Avanzini 2020 (fragments of DNA in blood) and exact cases of counts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, gamma, poisson

from exocosm.errors import InputError
from exocosm.screening.counting import (
    chance_at_least,
    chance_of,
    fano_of_bursts,
    genomes_per_ml,
    mean_in_blood,
    panel_threshold,
    sampled_share,
    shedding_rate,
    smallest_count,
)
from exocosm.screening.tumour import cells_of

# Avanzini and others 2020, per day; lung cancer
BIRTH, DEATH, PER_DEATH, HALF_LIFE_DAYS = 0.14, 0.136, 1.4e-4, 30.0 / 1440.0
ELIMINATION = math.log(2.0) / HALF_LIFE_DAYS
PLASMA_DNA = gamma(1.86, scale=3.38)  # ng/mL
PG_PER_GENOME, PLASMA_ML, ERROR = 6.6, 5000.0 * 0.55, 1e-5
SAMPLED = float(sampled_share(15.0, 5000.0))


def in_blood(cells: float) -> float:
    return float(mean_in_blood(cells, shedding_rate(DEATH, PER_DEATH), BIRTH - DEATH, ELIMINATION))


def genomes_in_blood(quantiles: list[float] | np.ndarray) -> np.ndarray:
    return 2.0 * genomes_per_ml(PLASMA_DNA.ppf(quantiles), PG_PER_GENOME) * PLASMA_ML


def test_elimination_and_sampled_share() -> None:
    assert abs(ELIMINATION - 33.2711) < 5e-5
    assert math.isclose(SAMPLED, 0.003)


@pytest.mark.parametrize(("cells", "expected"), [(1e8, 57.2200), (1e9, 572.200)])
def test_mean_fragments_in_blood(cells: float, expected: float) -> None:
    assert in_blood(cells) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("diameter", "expected"), [(10.0, 299.60), (15.0, 1011.16), (20.0, 2396.83)])
def test_mean_fragments_of_balls(diameter: float, expected: float) -> None:
    assert in_blood(float(cells_of(diameter, 1e6))) == pytest.approx(expected, abs=0.005)  # 1e9 cells per cm3


def test_plasma_dna() -> None:
    assert PLASMA_DNA.mean() == pytest.approx(6.2868, abs=5e-5)
    assert PLASMA_DNA.median() == pytest.approx(5.2031, abs=5e-5)
    assert genomes_per_ml(PLASMA_DNA.mean(), PG_PER_GENOME) == pytest.approx(952.5, abs=0.05)


@pytest.mark.parametrize(
    ("fragments", "expected"),
    [
        (1, [0.0700369, 0.1219754, 0.1915295]),
        (2, [0.00251160, 0.00776080, 0.0196388]),
        (5, [1.58112e-8, 2.78324e-7, 3.03251e-6]),
    ],
)
def test_chance_of_fragments_by_sequencing_error(fragments: int, expected: list[float]) -> None:
    genomes = np.rint(genomes_in_blood([0.25, 0.5, 0.75]) * SAMPLED)
    # the printed numbers have six or seven digits; half a unit of the last is up to 3e-6 of them
    assert chance_of(fragments, genomes, ERROR) == pytest.approx(expected, rel=3e-6)
    assert chance_of(fragments, genomes, ERROR) == pytest.approx(
        1.0 - binom.cdf(fragments - 1, genomes, ERROR), rel=1e-6, abs=1e-15
    )


@pytest.mark.parametrize(("efficiency", "published"), [(1.0, 1.8e-5), (0.5, 2.1e-5)])
def test_threshold_for_one_false_positive_in_a_hundred_tests(efficiency: float, published: float) -> None:
    # one test a year of a panel of 2,000 positions, plasma DNA at its 999 permilles
    genomes = np.rint(genomes_in_blood(np.linspace(0.001, 0.999, 999)))
    threshold, rate = panel_threshold(0.01, 2000, genomes, SAMPLED * efficiency * ERROR)
    assert float(f"{threshold:.1e}") == published
    assert 0.0099 < rate <= 0.01


def test_the_threshold_keeps_its_rate_in_simulated_people() -> None:
    genomes = np.rint(genomes_in_blood(np.linspace(0.005, 0.995, 100)) * SAMPLED)
    threshold, rate = panel_threshold(0.05, 500, genomes, ERROR)
    seed = 20261122
    errors = np.random.default_rng(seed).binomial(genomes.astype(int), ERROR, size=(200, 500, 100))
    found = (chance_of(errors.max(axis=1), genomes, ERROR) <= threshold).mean()
    assert found == pytest.approx(rate, abs=4 * math.sqrt(rate / 20_000)), f"seed {seed}"


@pytest.mark.parametrize(("rate", "positions"), [(0.0, 10), (1.0, 10), (0.01, 0)])
def test_thresholds_without_meaning_are_refused(rate: float, positions: int) -> None:
    with pytest.raises(InputError):
        panel_threshold(rate, positions, [1e4], ERROR)


@pytest.mark.parametrize(("expected", "chance"), [(1.0, 0.080301), (2.0, 0.323324), (5.0, 0.875348), (10.0, 0.997231)])
def test_three_or_more_of_a_poisson_count(expected: float, chance: float) -> None:
    assert chance_at_least(3, expected) == pytest.approx(chance, abs=5e-7)


def stationary(bursts: np.ndarray, rate: float, most: int) -> tuple[float, float]:
    """Mean and Fano factor of a count fed by bursts (their probabilities) at a rate, emptied one by one at rate 1."""
    generator = np.zeros((most + 1, most + 1))
    for count in range(most + 1):
        if count:
            generator[count, count - 1] += count
        for size, chance in enumerate(bursts):
            if size and count + size <= most:
                generator[count, count + size] += rate * chance
    np.fill_diagonal(generator, -generator.sum(axis=1))
    system = np.vstack([generator.T, np.ones(most + 1)])
    weights = np.linalg.lstsq(system, np.append(np.zeros(most + 1), 1.0), rcond=None)[0]
    counts = np.arange(most + 1)
    mean = float(weights @ counts)
    return mean, float(weights @ (counts - mean) ** 2) / mean


def test_one_by_one_the_count_is_poisson() -> None:
    mean, fano = stationary(np.array([0.0, 1.0]), 5.0, 60)
    assert mean == pytest.approx(5.0, rel=1e-6)
    assert fano == pytest.approx(float(fano_of_bursts(0.0)), rel=1e-6)


@pytest.mark.parametrize("burst", [0.5, 2.0])
def test_bursts_widen_the_count_by_their_mean_size(burst: float) -> None:
    sizes = np.arange(80)
    mean, fano = stationary((burst / (1 + burst)) ** sizes / (1 + burst), 2.0, 160)
    assert mean == pytest.approx(2.0 * burst, rel=1e-6)
    assert fano == pytest.approx(float(fano_of_bursts(burst)), rel=1e-6)


@given(mean=st.floats(0.01, 100.0), fano=st.floats(1.001, 20.0))
def test_wide_counts_have_the_mean_and_the_fano_factor_asked_for(mean: float, fano: float) -> None:
    counts = np.arange(1, 6000)
    tail = chance_at_least(counts, mean, fano)
    found = tail.sum()
    square = ((2 * counts - 1) * tail).sum()
    assert found == pytest.approx(mean, rel=1e-6)
    assert square - found**2 == pytest.approx(mean * fano, rel=1e-5)


def test_a_fano_factor_of_one_is_poisson_and_less_is_refused() -> None:
    assert chance_at_least(4, 2.5, 1.0) == pytest.approx(poisson.sf(3, 2.5))
    assert chance_at_least(4, 2.5, 1.0 + 1e-7) == pytest.approx(poisson.sf(3, 2.5), rel=1e-6)
    assert chance_at_least(1, 0.0) == 0.0
    with pytest.raises(InputError):
        chance_at_least(1, 1.0, 0.5)


@given(molecules=st.integers(10, 100_000), error=st.floats(1e-6, 1e-2), rate=st.floats(1e-6, 0.5))
def test_the_smallest_count_is_the_smallest(molecules: int, error: float, rate: float) -> None:
    least = float(smallest_count(molecules, error, rate))
    assert least >= 1
    assert chance_of(least, molecules, error) <= rate
    assert least == 1 or chance_of(least - 1, molecules, error) > rate


def test_counts_of_a_sampled_share_stay_poisson() -> None:
    # a Poisson number of mean 100, each kept with probability 0.03: P(none) = exp(-3)
    many = np.arange(400)
    kept_none = (poisson.pmf(many, 100.0) * 0.97**many).sum()
    assert 1.0 - chance_at_least(1, 100.0 * 0.03) == pytest.approx(kept_none, rel=1e-9)


def test_shedding_at_births_and_steadily_adds_to_that_at_deaths() -> None:
    assert shedding_rate(0.1, 0.5, 0.2, 0.25, 0.01) == pytest.approx(0.05 + 0.05 + 0.01)


@given(
    molecules=st.lists(st.integers(100, 100_000), min_size=1, max_size=8),
    error=st.floats(1e-6, 1e-3),
    positions=st.integers(1, 3000),
    asked=st.floats(0.001, 0.5),
)
def test_the_threshold_has_the_stated_rate_and_the_next_one_would_not_keep_it(
    molecules: list[int], error: float, positions: int, asked: float
) -> None:
    people = np.array(molecules, dtype=float)
    threshold, rate = panel_threshold(asked, positions, people, error)

    def rate_of(limit: float) -> float:
        counts = np.arange(1, 400)[:, np.newaxis]
        chance = chance_of(counts, people, error)
        reached = np.where(chance <= limit, chance, 0.0).max(axis=0)
        return float(np.mean(1.0 - (1.0 - reached) ** positions))

    assert rate_of(threshold) == pytest.approx(rate, rel=1e-6, abs=1e-12)
    assert rate <= asked
    above = chance_of(np.arange(1, 400)[:, np.newaxis], people, error).ravel()
    above = above[above > threshold]
    assert above.size == 0 or rate_of(float(above.min())) > asked * (1.0 - 1e-9)
