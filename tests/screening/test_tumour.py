"""Laws of growth: each turns its own times back into sizes, and gives the numbers of the papers it comes from."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.bench.numbers import bench_numbers
from exocosm.errors import InputError
from exocosm.screening.people import People, StagedNumbers
from exocosm.screening.tumour import (
    LAWS,
    BirthDeath,
    Exponential,
    Gompertz,
    Growth,
    cell_density,
    cells_of,
    cells_of_edge,
    diameter_of,
    edge_of,
    gompertz_through,
    growth_of,
)

LUNG = BirthDeath(0.14, 0.136)  # per day, Avanzini 2020

laws = st.one_of(
    st.builds(Exponential, st.floats(1.0, 1e4)),
    st.builds(Gompertz, st.floats(1e10, 1e14), st.floats(1e-5, 0.1)),
    st.builds(lambda birth, share: BirthDeath(birth, birth * share), st.floats(0.01, 5.0), st.floats(0.0, 0.95)),
)


@given(law=laws, cells=st.floats(100.0, 1e9))
def test_the_time_to_a_size_is_when_it_is_reached(law: Growth, cells: float) -> None:
    assert law.cells(law.time_to(cells)) == pytest.approx(cells, rel=1e-6)


@given(law=laws, cells=st.floats(1e3, 1e9))
def test_the_local_rate_is_the_slope_of_the_logarithm(law: Growth, cells: float) -> None:
    time, step = float(law.time_to(cells)), 1e-4 / float(law.rate_at(cells))
    slope = (math.log(float(law.cells(time + step))) - math.log(float(law.cells(time - step)))) / (2 * step)
    assert slope == pytest.approx(float(law.rate_at(cells)), rel=1e-4)


def test_one_cell_doubles_in_the_doubling_time() -> None:
    law = Exponential(np.array([120.0, 30.0]))
    assert law.cells([0.0, 60.0]) == pytest.approx([1.0, 4.0])


def test_gompertz_starts_from_one_cell_and_never_reaches_its_plateau() -> None:
    law = Gompertz(1e12, 0.001)
    assert law.cells(0.0) == 1.0
    assert law.cells(1e5) <= 1e12
    assert law.time_to(1e12) == math.inf
    assert law.time_to(2e12) == math.inf


def test_gompertz_through_has_that_doubling_time_there_and_grew_faster_before() -> None:
    law = gompertz_through(150.0, 1e9, 1e12)
    assert law.rate_at(1e9) == pytest.approx(math.log(2) / 150.0)
    assert law.rate_at(1e6) > law.rate_at(1e9) > law.rate_at(1e11)
    with pytest.raises(InputError, match="smaller than the plateau"):
        gompertz_through(150.0, 1e12, 1e12)


def test_growth_given_survival_as_published() -> None:
    # t = ln((b - d)/b M)/(b - d), and Euler's constant less in the super-exponential variant
    assert LUNG.time_to(1e9) == pytest.approx(math.log(0.004 / 0.14 * 1e9) / 0.004, rel=1e-12)
    early = BirthDeath(0.14, 0.136, super_exponential=True)
    assert early.time_to(1e9) == pytest.approx((math.log(0.004 / 0.14 * 1e9) - 0.57722) / 0.004, rel=1e-5)
    assert LUNG.survival == pytest.approx(0.004 / 0.14)


def test_times_of_single_tumours_are_gumbel_with_a_mean_later_by_eulers_constant() -> None:
    chances = (np.arange(200_000) + 0.5) / 200_000
    mean = LUNG.drawn_time_to(1e9, chances).mean()
    assert mean == pytest.approx(float(LUNG.time_to(1e9)) + np.euler_gamma / 0.004, rel=1e-4)


def test_times_of_single_tumours_are_those_of_a_simulated_branching_process() -> None:
    birth, death, size, seed = 1.0, 0.5, 1000, 20261122
    random = np.random.default_rng(seed)
    times = []
    while len(times) < 400:  # one event at a time until the tumour dies out or has the size
        cells, time = 1, 0.0
        steps = iter(random.random(20_000) < birth / (birth + death))
        waits = iter(random.exponential(size=20_000))
        while 0 < cells < size:
            time += next(waits) / ((birth + death) * cells)
            cells += 1 if next(steps) else -1
        if cells:
            times.append(time)
    law = BirthDeath(birth, death)
    expected = float(law.time_to(size)) + np.euler_gamma / 0.5
    error = math.pi / math.sqrt(6.0) / 0.5 / math.sqrt(400)  # of a Gumbel mean
    assert np.mean(times) == pytest.approx(expected, abs=4 * error), f"seed {seed}"
    assert np.mean(times) > float(law.time_to(size)) + 2 * error  # and not the earlier time of the published variant


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Exponential(0.0), "doubling time"),
        (lambda: Exponential(math.nan), "doubling time"),
        (lambda: Gompertz(1.0, 0.1), "plateau"),
        (lambda: Gompertz(1e12, -1.0), "slowing"),
        (lambda: BirthDeath(0.1, 0.1), "more often than they die"),
        (lambda: BirthDeath(0.1, -0.1), "more often than they die"),
    ],
)
def test_laws_that_are_none_are_refused(make: object, told: str) -> None:
    with pytest.raises(InputError, match=told):
        make()  # type: ignore[operator]


@given(diameter=st.floats(0.01, 300.0), density=st.floats(1e4, 1e6))
def test_balls_and_cubes_turn_back_into_cells(diameter: float, density: float) -> None:
    assert diameter_of(cells_of(diameter, density), density) == pytest.approx(diameter)
    assert edge_of(cells_of_edge(diameter, density), density) == pytest.approx(diameter)
    assert cells_of(diameter, density) == pytest.approx(cells_of_edge(diameter, density) * math.pi / 6)


def test_a_gram_at_the_textbook_density_is_a_billion_cells() -> None:
    assert cells_of((6 / math.pi) ** (1 / 3) * 10, 1e6) == pytest.approx(1e9)


@pytest.mark.parametrize("law", LAWS)
def test_people_differ_in_growth_and_the_rows_are_of_their_cancer(law: str) -> None:
    numbers, people = StagedNumbers.alike(bench_numbers()), People(500)
    slow, fast = (growth_of(law, cancer, numbers, people) for cancer in ("colorectal cancer", "glioblastoma"))
    assert np.median(slow.time_to(1e9)) > 2 * np.median(fast.time_to(1e9))
    assert np.unique(slow.time_to(1e9)).size == 500
    still = growth_of(law, "colorectal cancer", numbers, people.switched_off("biology"))
    assert np.unique(still.time_to(1e9)).size == 1


def test_a_cancer_without_a_row_takes_the_row_for_any_and_never_that_of_another() -> None:
    numbers = StagedNumbers.alike(bench_numbers())
    growth_of("exponential", "cancer of the left ear", numbers, People(1))
    pins = [pin for pin in numbers["biology"].ledger.pins.values() if pin.value.quantity == "tumour_doubling_time"]
    assert [pin.value.population for pin in pins] == ["any cancer"]


def test_a_law_that_does_not_exist_names_the_nearest() -> None:
    with pytest.raises(InputError, match="gompertz"):
        growth_of("gomperz", "lung cancer", StagedNumbers.alike(bench_numbers()), People(1))


def test_cells_per_volume_is_the_prior_over_rows_that_differ() -> None:
    for choice, row in (((), "tumour-cells-recommended"), (("tumour-cells-qsp",), "tumour-cells-qsp")):
        numbers = bench_numbers(choose=choice)
        assert cell_density(numbers) == pytest.approx(numbers.ledger.catalogue.row(row).value / 1e3)
