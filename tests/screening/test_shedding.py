"""Shedding into blood: the numbers of Hori and Gambhir 2011, classes that collapse to them, laws against an oracle."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.errors import InputError
from exocosm.screening.shedding import Classes, content, healthy, quasi_steady, shed, time_to_reach, total
from exocosm.screening.tumour import (
    BirthDeath,
    Exponential,
    Gompertz,
    Growth,
    cells_of,
    diameter_of,
    edge_of,
    gompertz_through,
)

# Hori and Gambhir 2011: CA125 of ovarian cancer, in days and units of the assay
CA125 = Classes(release=4.5e-5, share=0.1, clearance=0.11, healthy_influx=4.56e3, volume=3150.0)
GROWTH = Exponential(math.log(2.0) / 5.78e-3)
CELLS_PER_MM3 = 2e5
CUT_OFF, TUMOUR_ONLY_CUT_OFF = 34.11, 1.5  # U/mL
YEAR = 365.0


def test_hori_gambhir_healthy_baseline() -> None:
    assert healthy(CA125) == pytest.approx([13.160], abs=5e-4)


def test_hori_gambhir_time_and_size_at_the_cut_off() -> None:
    time = time_to_reach(CA125, GROWTH, CUT_OFF)
    cells = GROWTH.cells(time)
    assert time == pytest.approx(3676.93, abs=0.005)
    assert time / YEAR == pytest.approx(10.1, rel=5e-3)  # as published
    assert cells == pytest.approx(1.6979e9, rel=5e-5)
    assert edge_of(cells, CELLS_PER_MM3) == pytest.approx(20.400, abs=5e-4)
    assert edge_of(cells, CELLS_PER_MM3) == pytest.approx(20.44, rel=5e-3)  # as published
    assert diameter_of(cells, CELLS_PER_MM3) == pytest.approx(25.31, abs=5e-3)
    assert diameter_of(cells, CELLS_PER_MM3) == pytest.approx(25.36, rel=5e-3)  # as published


def test_hori_gambhir_marker_of_the_tumour_alone() -> None:
    time = time_to_reach(CA125.without_healthy(), GROWTH, TUMOUR_ONLY_CUT_OFF)
    assert time == pytest.approx(3220.76, abs=0.005)
    assert GROWTH.cells(time) == pytest.approx(1.21569e8, rel=5e-6)
    assert edge_of(GROWTH.cells(time), CELLS_PER_MM3) == pytest.approx(8.471, abs=5e-4)


@pytest.mark.parametrize(
    ("year", "beside_healthy", "alone"),
    [(8, 13.4239, 0.263704), (10, 31.0901, 17.9300), (12, 1232.27, 1219.11)],
)
def test_hori_gambhir_concentrations(year: int, beside_healthy: float, alone: float) -> None:
    assert total(CA125, GROWTH, year * YEAR) == pytest.approx(beside_healthy, rel=5e-6)
    assert total(CA125.without_healthy(), GROWTH, year * YEAR) == pytest.approx(alone, rel=5e-6)


positive = st.floats(1e-4, 1e3)
shares = st.floats(1e-3, 1.0)


@given(
    release=positive, share=shares, clearance=st.floats(1e-3, 1e2), influx=st.floats(0.0, 1e6), volume=positive,
    doubling=st.floats(10.0, 1e3), doublings=st.floats(0.0, 40.0),
)  # fmt: skip
def test_one_class_of_vesicles_is_that_model_to_rounding(
    release: float, share: float, clearance: float, influx: float, volume: float, doubling: float, doublings: float
) -> None:
    rate, time = math.log(2.0) / doubling, doublings * doubling
    grown = math.expm1(rate * time) - math.expm1(-clearance * time)
    amount = influx / clearance + share * release / (clearance + rate) * grown
    found = total(Classes(release, share, clearance, influx, volume), Exponential(doubling), time)
    assert found == pytest.approx(amount / volume, rel=1e-13)


@given(parts=st.lists(st.floats(0.01, 1.0), min_size=2, max_size=6), time=st.floats(0.0, 4000.0))
def test_classes_alike_are_one_class(parts: list[float], time: float) -> None:
    whole = np.array(parts) / sum(parts)
    split = Classes(4.5e-5 * whole, 0.1, 0.11, 4.56e3 * whole, 3150.0)
    assert total(split, GROWTH, time) == pytest.approx(float(total(CA125, GROWTH, time)), rel=1e-12)


def test_a_class_that_stays_longer_is_richer_in_blood_than_where_it_was_released() -> None:
    two = Classes([1.0, 1.0], 0.1, [16.6, 3.0], 0.0, 3150.0)
    fast, slow = shed(two, GROWTH, 3000.0)
    assert slow / fast == pytest.approx((16.6 + 5.78e-3) / (3.0 + 5.78e-3))


def integrated(growth: Growth, clearance: float, time: float) -> float:
    """The differential equation solved by scipy, in the logarithm of the size that it has at the end."""
    from scipy.integrate import solve_ivp

    largest = float(growth.cells(time))
    found = solve_ivp(
        lambda when, amount: growth.cells(when) / largest - clearance * amount, (0.0, time), [0.0],
        method="LSODA", rtol=1e-11, atol=1e-14,
    )  # fmt: skip
    return float(found.y[0, -1]) * largest


@pytest.mark.parametrize("clearance", [0.002, 0.11, 3.0, 16.6])
@pytest.mark.parametrize(
    "growth", [gompertz_through(120.0, 1e9, 1e12), Gompertz(1e10, 0.004), BirthDeath(0.14, 0.136), GROWTH]
)
def test_every_law_agrees_with_a_solver(growth: Growth, clearance: float) -> None:
    one = Classes(1.0, 1.0, clearance, 0.0, 1.0)
    time = float(growth.time_to(1e9))
    # a birth-death tumour starts with b/(b-d) cells, of which nothing has been shed yet
    expected = integrated(growth, clearance, time)
    assert total(one, growth, time) == pytest.approx(expected, rel=2e-7)


@pytest.mark.parametrize("cells", [1e6, 1e8, 1e10, 5e11])
@pytest.mark.parametrize("clearance", [0.11, 3.0, 16.6])
def test_the_quasi_steady_content_is_as_much_too_high_as_stated(cells: float, clearance: float) -> None:
    growth = gompertz_through(120.0, 1e9, 1e12)
    one, rate = Classes(1.0, 1.0, clearance, 0.0, 1.0), float(growth.rate_at(cells))
    excess = quasi_steady(one, cells, rate)[0] / total(one, growth, growth.time_to(cells)) - 1.0
    stated = float(growth.slowing) * rate / (clearance + rate) ** 2
    assert excess == pytest.approx(stated, rel=0.1, abs=1e-10)
    assert excess <= float(growth.slowing) / (4.0 * clearance)


def test_the_quasi_steady_content_is_exact_for_exponential_growth() -> None:
    cells = GROWTH.cells(3000.0)
    assert quasi_steady(CA125, cells, GROWTH.rate)[0] == pytest.approx(float(shed(CA125, GROWTH, 3000.0)[0]), rel=1e-12)


def test_people_keep_their_own_numbers() -> None:
    doubling, volume = np.array([60.0, 120.0, 240.0]), np.array([2500.0, 3150.0, 3500.0])
    classes = Classes(np.full((3, 2), 4.5e-5), 0.1, [0.11, 0.5], 4.56e3, volume)
    time = np.array([1000.0, 3000.0, 6000.0])
    together = content(classes, Exponential(doubling), time)
    assert together.shape == (3, 2)
    for person in range(3):
        mine = Classes([4.5e-5, 4.5e-5], 0.1, [0.11, 0.5], 4.56e3, volume[person])
        assert together[person] == pytest.approx(content(mine, Exponential(doubling[person]), time[person]), rel=1e-13)
    slowing = gompertz_through(doubling, 1e9, 1e12)
    assert content(classes, slowing, time)[1] == pytest.approx(
        content(
            Classes([4.5e-5, 4.5e-5], 0.1, [0.11, 0.5], 4.56e3, 3150.0), gompertz_through(120.0, 1e9, 1e12), 3000.0
        ),
        rel=1e-12,
    )


def test_thresholds_of_people_are_met_to_the_last_digits() -> None:
    growth = Exponential(np.array([60.0, 120.0, 240.0]))
    time = time_to_reach(CA125, growth, CUT_OFF)
    assert total(CA125, growth, time) == pytest.approx([CUT_OFF] * 3, rel=1e-12)


def test_a_threshold_below_the_healthy_is_met_at_once_and_one_above_the_plateau_never() -> None:
    assert time_to_reach(CA125, GROWTH, 13.0) == 0.0
    small = Gompertz(1e7, 0.01)
    highest = quasi_steady(CA125, 1e7, 0.0)[0] + healthy(CA125)[0]
    assert time_to_reach(CA125, small, highest * 1.01) == math.inf
    assert np.isfinite(time_to_reach(CA125, small, healthy(CA125)[0] * 1.00001))


def test_ten_times_the_shedding_is_seen_at_a_tenth_of_the_cells() -> None:
    more = Classes(4.5e-4, 0.1, 0.11, 4.56e3, 3150.0)
    few, many = (GROWTH.cells(time_to_reach(classes, GROWTH, CUT_OFF)) for classes in (more, CA125))
    assert many / few == pytest.approx(10.0, rel=1e-9)
    assert diameter_of(many, 2e5) / diameter_of(few, 2e5) == pytest.approx(10 ** (1 / 3), rel=1e-9)
    assert cells_of(1.0, 2e5) < few  # sub-millimetre tumours shed far too little for this threshold


@pytest.mark.parametrize(
    "wrong",
    [{"release": -1.0}, {"share": 1.5}, {"clearance": 0.0}, {"healthy_influx": math.nan}, {"volume": 0.0}],
)
def test_numbers_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    right = {"release": 1.0, "share": 0.1, "clearance": 0.1, "healthy_influx": 0.0, "volume": 3000.0}
    with pytest.raises(InputError):
        Classes(**{**right, **wrong})
