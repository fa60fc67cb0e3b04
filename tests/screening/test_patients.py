"""Patients needed, against binomial sums taken term by term and statsmodels."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import proportion_confint, proportion_effectsize

from exocosm.bench.numbers import bench_numbers
from exocosm.errors import InputError
from exocosm.screening.patients import (
    chance_of_width,
    patients_needed,
    people_for_power,
    people_for_width,
    people_to_hold,
    power_of,
    study_effort,
)


def mass(hits: int, number: int, share: float) -> float:
    return comb(number, hits) * share**hits * (1 - share) ** (number - hits)


def power_plainly(number: int, share: float, null: float, tail: float) -> float:
    upper = 0.0
    for critical in range(number, -1, -1):
        upper += mass(critical, number, null)
        if upper > tail:
            return sum(mass(hits, number, share) for hits in range(critical + 1, number + 1))
    return 1.0


def width_plainly(number: int, share: float, half_width: float) -> float:
    found = 0.0
    for hits in range(number + 1):
        low, high = proportion_confint(hits, number, alpha=0.05, method="beta")
        found += mass(hits, number, share) * (high - low <= 2 * half_width)
    return found


@given(st.integers(1, 120), st.floats(0.3, 0.98), st.floats(0.05, 0.9))
def test_power_is_the_sum_of_its_terms(number: int, share: float, null: float) -> None:
    assert power_of(np.array([number]), share, null)[0] == pytest.approx(
        power_plainly(number, share, null, 0.025), abs=1e-9
    )


@settings(max_examples=40)
@given(st.integers(1, 80), st.floats(0.02, 0.98), st.floats(0.02, 0.4))
def test_the_chance_of_a_short_interval_is_the_sum_of_its_terms(number: int, share: float, half_width: float) -> None:
    found = chance_of_width(np.array([number]), share, half_width)[0]
    assert found == pytest.approx(width_plainly(number, share, half_width), abs=1e-9)


@pytest.mark.parametrize(("share", "null", "power"), [(0.9, 0.8, 0.8), (0.7, 0.5, 0.9), (0.95, 0.85, 0.8)])
def test_from_the_number_on_the_power_never_falls_short(share: float, null: float, power: float) -> None:
    number = people_for_power(share, null, power)
    plainly = [power_plainly(n, share, null, 0.025) for n in range(1, number + 60)]
    short = [n for n, found in enumerate(plainly, 1) if found < power]
    assert short[-1] == number - 1


@pytest.mark.parametrize(("share", "half_width"), [(0.9, 0.1), (0.8, 0.12), (0.5, 0.15)])
def test_from_the_number_on_the_interval_is_short_enough(share: float, half_width: float) -> None:
    number = people_for_width(share, half_width, 0.8)
    short = [n for n in range(1, number + 40) if width_plainly(n, share, half_width) < 0.8]
    assert short[-1] == number - 1


def test_large_numbers_are_near_those_of_statsmodels() -> None:
    number = people_for_power(0.62, 0.6, 0.8)
    effect = proportion_effectsize(0.62, 0.6)
    # one sample against a known share (ratio 0); the exact number is larger, because counts come in steps
    normal = NormalIndPower().solve_power(effect, alpha=0.025, power=0.8, ratio=0, alternative="larger")
    assert number == pytest.approx(normal, rel=0.03)
    after = power_of(np.arange(number - 1, number + 800), 0.62, 0.6)
    assert after[0] < 0.8 <= after[1:].min()
    wide = people_for_width(0.5, 0.02, 0.5)
    assert wide == pytest.approx(0.25 * (1.96 / 0.02) ** 2 + 1 / 0.02, rel=0.03)


@given(st.integers(1, 60), st.floats(0.01, 0.99), st.floats(0.05, 0.99))
def test_so_many_people_hold_so_many_cases(wanted: int, share: float, assurance: float) -> None:
    number = people_to_hold(wanted, share, assurance)

    def chance(people: int) -> float:
        return 1.0 - sum(mass(hits, people, share) for hits in range(min(wanted, people + 1)))

    if number < 900:
        assert chance(number) >= assurance - 1e-9
        assert number == wanted or chance(number - 1) < assurance + 1e-9


def test_recruits_stand_for_those_lost_and_those_alike() -> None:
    plain = patients_needed(0.8, 0.9, half_width=0.05)
    assert (plain.recruited_cases, plain.recruited_controls, plain.consecutive) == (plain.cases, plain.controls, None)
    assert plain.cases > plain.controls  # 0.8 is less certain than 0.9
    lost = patients_needed(0.8, 0.9, half_width=0.05, lost=0.2, design_effect=1.5, prevalence=0.05)
    assert lost.recruited_cases == int(np.ceil(plain.cases * 1.5 / 0.8))
    assert lost.recruited == lost.recruited_cases + lost.recruited_controls
    assert lost.consecutive is not None and lost.consecutive >= lost.cases * 1.5 / (0.05 * 0.8)
    assert "cases" in lost.words


def test_a_narrower_aim_needs_more() -> None:
    numbers = [patients_needed(0.8, 0.9, half_width=width).recruited for width in (0.2, 0.1, 0.05, 0.02)]
    assert numbers == sorted(numbers) and len(set(numbers)) == 4
    tests = [people_for_power(0.8, null) for null in (0.5, 0.6, 0.7, 0.75)]
    assert tests == sorted(tests) and len(set(tests)) == 4


def test_the_effort_is_priced_from_rows() -> None:
    numbers = bench_numbers()
    found = study_effort(numbers, 400, 50.0)
    each = 50.0 + numbers("price", "euro", device="blood_draw") + numbers("price", "euro", device="confirmation")
    assert found.price == pytest.approx(400 * each)
    assert found.days == pytest.approx(400 / numbers("people_recruited_per_working_day", "1/day"))
    assert found.years < found.days / 100


def test_impossible_studies_are_refused() -> None:
    for wrong, told in (
        ({}, "say either"),
        ({"half_width": 0.1, "null_sensitivity": 0.5, "null_specificity": 0.5}, "say either"),
        ({"null_sensitivity": 0.5}, "needs both"),
        ({"null_sensitivity": 0.9, "null_specificity": 0.5}, "cannot be shown"),
        ({"half_width": 0.1, "lost": 1.0}, "share lost"),
        ({"half_width": 0.1, "design_effect": 0.5}, "share lost"),
        ({"half_width": 0.1, "prevalence": 0.0}, "prevalence lies"),
        ({"half_width": 0.0001}, "ask for less"),
        ({"half_width": 0.1, "prevalence": 1e-9}, "would be needed"),
    ):
        with pytest.raises(InputError, match=told):
            patients_needed(0.8, 0.9, **wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="ask for less"):
        people_for_power(0.5001, 0.5)
