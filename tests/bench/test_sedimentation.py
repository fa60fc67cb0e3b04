"""Sedimentation against the tables of Livshits 2015 and against exact statements."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.bench.rotors import Rotor, find_rotor, list_rotors
from exocosm.bench.sedimentation import (
    clearing_minutes,
    cutoff_diameter,
    cutoff_sedimentation,
    effective_minutes,
    floated_fraction,
    k_factor,
    omega_squared,
    pelleted_fraction,
    sedimentation_coefficient,
)
from exocosm.errors import InputError

# Livshits 2015, Tables 2 and 3; density 1.15, medium 1.00 g/mL, 1.55 mPa s, force at the average radius, 980 cm/s2.
VESICLE, MEDIUM, VISCOSITY = 1.15, 1.00, 1.55
DIAMETERS = np.array([150.0, 120.0, 100.0, 70.0])
# rotor: (cut-off of 30 min at 10,000 g, pelleted %), (K, time by K, its cut-off, its pelleted %)
TABLES = {
    "sw_40_ti": ((321, (30, 20, 14, 7)), (2774.6, 58, 231, (53, 36, 26, 13))),
    "sw_28": ((308, (31, 21, 15, 7)), (2547.2, 54, 229, (52, 35, 25, 13))),
    "mls_50": ((230, (51, 34, 25, 12)), (1426.0, 30, 230, (51, 34, 25, 12))),
    "type_45_ti": ((210, (62, 41, 29, 14)), (2103.9, 44, 173, (86, 59, 42, 21))),
    "type_60_ti": ((170, (88, 61, 43, 22)), (1601.0, 34, 159, (96, 68, 49, 24))),
    "type_70_ti": ((169, (88, 62, 43, 22)), (1573.8, 33, 161, (94, 67, 48, 24))),
    "f_45_24_15": ((128, (100, 95, 73, 38)), (765.9, 16, 175, (84, 57, 41, 20))),
    "tla_110": ((125, (100, 98, 76, 40)), (658.9, 14, 182, (79, 53, 38, 19))),
}
INCONSISTENT_K = "f_45_24_15"  # its printed K does not follow from its printed radii, from which K is 805.2
SPEEDS = sedimentation_coefficient(DIAMETERS, VESICLE, MEDIUM, VISCOSITY)
SWINGING, FIXED = find_rotor("sw_40_ti"), find_rotor("type_70_ti")

rotors = st.sampled_from([*list_rotors().values()])
minutes = st.floats(0.1, 2000)


def rpm_of(rotor: Rotor, force: float = 10_000.0) -> float:
    return rotor.rpm_at(force, "average")


@pytest.mark.parametrize("name", TABLES)
def test_table_2_half_an_hour_at_10000_g(name: str) -> None:
    rotor, (cutoff, percent) = find_rotor(name), TABLES[name][0]
    rpm = rpm_of(rotor)
    assert cutoff_diameter(rpm, 30, rotor, VESICLE, MEDIUM, VISCOSITY) == pytest.approx(cutoff, rel=0.01)
    assert 100 * pelleted_fraction(SPEEDS, rpm, 30, rotor) == pytest.approx(np.array(percent), abs=1.0)


@pytest.mark.parametrize("name", TABLES)
def test_table_3_times_converted_by_k_factors(name: str) -> None:
    rotor, (k, time, cutoff, percent) = find_rotor(name), TABLES[name][1]
    rpm, reference = rpm_of(rotor), find_rotor("mls_50")
    if name == INCONSISTENT_K:
        assert k_factor(rpm, rotor) == pytest.approx(805.2, rel=0.002)
    else:
        assert k_factor(rpm, rotor) == pytest.approx(k, rel=0.002)
        assert 30 * k_factor(rpm, rotor) / k_factor(rpm_of(reference), reference) == pytest.approx(time, abs=0.6)
    # The printed times are whole minutes; the printed columns follow from the times before rounding.
    exact = time if name == INCONSISTENT_K else 30 * k / 1426.0
    assert cutoff_diameter(rpm, exact, rotor, VESICLE, MEDIUM, VISCOSITY) == pytest.approx(cutoff, rel=0.01)
    assert 100 * pelleted_fraction(SPEEDS, rpm, exact, rotor) == pytest.approx(np.array(percent), abs=1.2)


def test_known_coefficient_of_a_100_nm_vesicle() -> None:
    # (1e-5 cm)^2 * 0.15 / (18 * 0.0155 poise) = 5.376e-11 s
    assert float(sedimentation_coefficient(100, 1.15, 1.0, 1.55)) == pytest.approx(537.6, rel=1e-3)


def followed(start: np.ndarray, speed: float, rpm: float, time: float, rotor: Rotor) -> np.ndarray:
    """Radii after a time by small steps: dr/dt = s w^2 r."""
    radius, steps = start.copy(), 20_000
    for _ in range(steps):
        radius += speed * 1e-13 * omega_squared(rpm) * radius * time * 60 / steps
    return radius


def test_swinging_bucket_is_that_of_particles_followed_one_by_one() -> None:
    start = np.linspace(SWINGING.r_min_mm, SWINGING.r_max_mm, 4001)
    end = followed(start, 400.0, rpm_of(SWINGING), 40, SWINGING)
    counted = np.mean(end >= SWINGING.r_max_mm)
    assert float(pelleted_fraction(400.0, rpm_of(SWINGING), 40, SWINGING)) == pytest.approx(counted, abs=1e-3)
    risen = np.mean(followed(start, -400.0, rpm_of(SWINGING), 40, SWINGING) <= SWINGING.r_min_mm)
    assert float(floated_fraction(-400.0, rpm_of(SWINGING), 40, SWINGING)) == pytest.approx(risen, abs=1e-3)


def test_fixed_angle_is_that_of_an_ellipse_shifted_over_itself() -> None:
    across, along = np.meshgrid(np.linspace(-1, 1, 2001), np.linspace(-1, 1, 2001))
    inside = across**2 + along**2 <= 1
    for y in (0.1, 0.5, 0.9):
        shifted = (across + 2 * y) ** 2 + along**2 > 1  # y in lengths of the whole axis
        bare = np.mean(shifted[inside])
        time = y * FIXED.path_mm / FIXED.r_average_mm / (100e-13 * omega_squared(30_000) * 60)
        assert float(pelleted_fraction(100.0, 30_000, time, FIXED)) == pytest.approx(bare, abs=2e-3)


def test_swinging_bucket_in_two_parts_without_mixing() -> None:
    rpm, first, second = rpm_of(SWINGING), 12.0, 25.0
    whole = float(pelleted_fraction(2000.0, rpm, first + second, SWINGING))
    advance = 2000e-13 * omega_squared(rpm) * 60
    # what is left after the first part starts at r_min exp(x1), as in a tube that is filled from there on
    top = SWINGING.r_min_mm * math.exp(advance * first)
    fill = (SWINGING.r_max_mm - top) / (SWINGING.r_max_mm - SWINGING.r_min_mm)
    one = float(pelleted_fraction(2000.0, rpm, first, SWINGING))
    two = float(pelleted_fraction(2000.0, rpm, second, SWINGING, fill=fill))
    assert one + (1 - one) * two == pytest.approx(whole, rel=1e-12)
    mixed = one + (1 - one) * float(pelleted_fraction(2000.0, rpm, second, SWINGING))
    assert mixed < whole - 0.005


def test_fixed_angle_mixed_between_is_less() -> None:
    rpm = rpm_of(FIXED)
    half, whole = (float(pelleted_fraction(400.0, rpm, time, FIXED)) for time in (20, 40))
    assert 1 - (1 - half) ** 2 < whole - 0.01


@given(rotor=rotors, time=minutes, diameter=st.floats(5, 5000))
def test_shares_lie_between_none_and_all_and_grow_with_size(rotor: Rotor, time: float, diameter: float) -> None:
    speeds = sedimentation_coefficient(np.array([diameter, diameter * 1.1]), 1.1, 1.0, 1.2)
    small, large = pelleted_fraction(speeds, 4_000, time, rotor)
    assert 0 < small <= large <= 1
    up = floated_fraction(-speeds, 4_000, time, rotor)
    assert 0 < up[0] <= up[1] <= 1
    assert np.all(pelleted_fraction(-speeds, 4_000, time, rotor) == 0)
    assert np.all(floated_fraction(speeds, 4_000, time, rotor) == 0)


@given(rotor=rotors, time=minutes)
def test_all_is_down_exactly_at_the_cutoff(rotor: Rotor, time: float) -> None:
    slowest = cutoff_sedimentation(4_000, time, rotor)
    assert float(pelleted_fraction(slowest * (1 + 1e-9), 4_000, time, rotor)) == pytest.approx(1.0, abs=1e-12)
    assert float(pelleted_fraction(slowest * 0.99, 4_000, time, rotor)) < 1
    assert clearing_minutes(slowest, 4_000, rotor) == pytest.approx(time, rel=1e-12)


@given(rotor=rotors, speed=st.floats(0.01, 1))
def test_small_shares_grow_with_the_square_of_the_diameter(rotor: Rotor, speed: float) -> None:
    one, four = pelleted_fraction(np.array([speed, 4 * speed]) * 1e-3, 1_000, 1, rotor)
    assert four / one == pytest.approx(4, rel=1e-4)


def test_k_factor_is_the_clearing_time_of_a_full_swinging_bucket() -> None:
    assert clearing_minutes(100.0, 30_000, SWINGING) / 60 == pytest.approx(k_factor(30_000, SWINGING) / 100)
    assert clearing_minutes(100.0, 30_000, FIXED) / 60 < 0.7 * k_factor(30_000, FIXED) / 100


def test_catalogue_k_factors_at_highest_speed() -> None:
    # 2.533e11 ln(rmax/rmin)/rpm^2, as makers print it
    for name, printed in {"type_70_ti": 43.7, "type_45_ti": 132.8, "sw_28": 245.5, "sw_41_ti": 123.6}.items():
        rotor = find_rotor(name)
        assert k_factor(rotor.maximum_rpm, rotor) == pytest.approx(printed, rel=0.002)


def test_ramps_linear_in_speed_count_a_third() -> None:
    time, up, down = 10.0, 6.0, 3.0
    grid = np.linspace(0, up + time + down, 200_001)
    turns = np.interp(grid, [0, up, up + time, up + time + down], [0, 1, 1, 0])
    assert effective_minutes(time, up, down) == pytest.approx(np.trapezoid(turns**2, grid), rel=1e-6)


def test_lower_fill_shortens_the_way_of_swinging_buckets_only() -> None:
    args = (200.0, 20_000, 10)
    assert pelleted_fraction(*args, SWINGING, fill=0.5) > pelleted_fraction(*args, SWINGING)
    assert pelleted_fraction(*args, FIXED, fill=0.5) == pelleted_fraction(*args, FIXED)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match="no cut-off diameter"):
        cutoff_diameter(1000, 10, SWINGING, 1.0, 1.05, 1.0)
    with pytest.raises(InputError, match="never reach"):
        clearing_minutes(-1.0, 1000, SWINGING)
    with pytest.raises(InputError, match="filled to a share"):
        pelleted_fraction(1.0, 1000, 10, SWINGING, fill=0.0)
    with pytest.raises(InputError, match="above zero"):
        k_factor(0.0, replace(SWINGING))
