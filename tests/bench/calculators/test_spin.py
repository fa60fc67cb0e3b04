"""Spin calculators: Livshits' table of K-converted times, spins moved to other rotors, honest ranges."""

from __future__ import annotations

import numpy as np
import pytest

from exocosm.bench.calculators.spin import clearing, k_factor, k_factor_limits, move_spin, pelleted
from exocosm.errors import InputError


def test_k_factors_as_makers_print_them() -> None:
    found = k_factor("Type 70 Ti", "70000 rpm")
    assert found.k_hour_svedberg == pytest.approx(43.7, rel=0.002)
    assert "fixed-angle" in found.limits
    assert "exact" in k_factor("SW 28", "28000 rpm").limits


def test_k_converted_times_miss_as_livshits_found() -> None:
    # Table 3: at the K-converted time the cut-off goes from 230 nm (MLS-50) to 161 nm in the Type 70 Ti
    assert f"{161 / 230:.2f} times the old one" in k_factor_limits("MLS-50", "Type 70 Ti")
    assert "keep the cut-off" in k_factor_limits("MLS-50", "SW 28")


def test_k_conversion_is_exact_between_swinging_buckets() -> None:
    moved = move_spin("SW 28", "10000 g average", 30, "SW 41 Ti")
    assert moved.minutes == pytest.approx(moved.minutes_by_k_factor, rel=1e-9)
    assert moved.cutoff_by_k_factor_nm == pytest.approx(moved.cutoff_before_nm, rel=1e-5)


def test_same_cutoff_there_and_back_is_where_it_began() -> None:
    there = move_spin("SW 32 Ti", "100000 g average", 70, "Type 70 Ti")
    back = move_spin("Type 70 Ti", "100000 g average", there.minutes, "SW 32 Ti")
    assert back.minutes == pytest.approx(70, rel=1e-9)
    assert there.cutoff_after_nm == pytest.approx(there.cutoff_before_nm, rel=1e-4)
    assert there.minutes < 0.6 * there.minutes_by_k_factor
    assert there.low_minutes == there.high_minutes  # geometry alone: nothing uncertain enters


def test_same_fraction_gives_the_same_share() -> None:
    moved = move_spin("SW 32 Ti", "100000 g average", 30, "Type 45 Ti", keep="same fraction", diameter_nm=70)
    assert 0.1 < moved.share_before < 0.95
    assert moved.share_after == pytest.approx(moved.share_before, rel=1e-6)
    assert moved.low_minutes <= moved.minutes <= moved.high_minutes


def test_a_slower_rotor_turns_at_its_highest_speed() -> None:
    moved = move_spin("Type 70 Ti", "300000 g average", 30, "SW 28")
    assert moved.rpm == 28000
    assert moved.minutes > 30


def test_shares_have_ranges_and_rows_behind_them() -> None:
    found = pelleted("SW 32 Ti", "100000 g average", 20, [40.0, 80.0, 160.0])
    shares, low, high = (np.array(column) for column in (found.shares, found.low, found.high))
    assert np.all((low <= shares) & (shares <= high)) and np.all(np.diff(shares) > 0)
    assert found.cutoff_nm[1] < found.cutoff_nm[0] < found.cutoff_nm[2]
    assert {pin.value.quantity for pin in found.pins} >= {"lumen_protein_concentration", "viscosity_relative_to_water"}


def test_all_is_down_at_the_clearing_time_and_not_before() -> None:
    found = clearing("SW 32 Ti", "100000 g average", 90)
    assert found.low_minutes < found.minutes < found.high_minutes
    down, almost = (
        pelleted("SW 32 Ti", "100000 g average", found.minutes * part, [90.0]).shares[0] for part in (1.0001, 0.98)
    )
    assert down == pytest.approx(1.0) and almost < 1.0


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(InputError, match="at which radius"):
        k_factor("SW 28", "10000 g")
    with pytest.raises(InputError, match="same cut-off"):
        move_spin("SW 28", "10000 g average", 30, "SW 41 Ti", keep="same price")
    with pytest.raises(InputError, match="beyond the rotor"):
        move_spin("SW 28", "10000 g average", 30, "SW 41 Ti", "90000 rpm")
    with pytest.raises(InputError, match="diameters above 0"):
        pelleted("SW 28", "10000 g average", 30, [-1.0])
    with pytest.raises(InputError, match="a spin takes"):
        pelleted("SW 28", "10000 g average", 0, [100.0])
    with pytest.raises(InputError, match="a diameter lies"):
        clearing("SW 28", "10000 g average", float("nan"))
    with pytest.raises(InputError, match="does not sink"):
        clearing("SW 28", "10000 g average", 100, medium="sucrose 60 %")
