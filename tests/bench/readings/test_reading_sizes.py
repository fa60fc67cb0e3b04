"""Sizes from histograms and from lists of particles: exact where the answer is known."""

from __future__ import annotations

import made_recordings as made
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from exocosm.bench.readings.sizes import NAMES, replicate_sizes, size_estimates, sizes_of_bins, sizes_of_particles
from exocosm.bench.recordings.contract import Histogram, Replicate

EDGES = np.arange(51) * 10.0
LOW, HIGH = EDGES[:-1], EDGES[1:]
MIDDLE = (LOW + HIGH) / 2


def of(amounts: np.ndarray) -> dict[str, float]:
    return dict(zip(NAMES, sizes_of_bins(LOW, MIDDLE, HIGH, amounts[np.newaxis])[0], strict=True))


def test_particles_spread_evenly_over_two_bins() -> None:
    amounts = np.zeros(50)
    amounts[10:12] = 5.0  # 100 to 120 nm
    found = of(amounts)
    assert found["mean"] == pytest.approx(110)
    assert found["sd"] == pytest.approx(5)
    assert [found[name] for name in ("d10", "d50", "d90")] == pytest.approx([102, 110, 118])


def test_the_mode_is_the_densest_bin_and_not_the_widest() -> None:
    low, high = np.array([50.0, 100.0]), np.array([100.0, 400.0])
    mode = sizes_of_bins(low, (low + high) / 2, high, np.array([[10.0, 20.0]]))[0, NAMES.index("mode")]
    assert mode == 75


@given(arrays(float, 50, elements=st.integers(0, 10**12).map(float)), st.integers(-20, 20))
def test_percentiles_are_in_order_within_the_bins_and_do_not_know_the_unit(amounts: np.ndarray, power: int) -> None:
    found = of(amounts)
    if not amounts.sum() > 0:
        assert all(np.isnan(value) for value in found.values())
        return
    assert 0 <= found["d10"] <= found["d50"] <= found["d90"] <= 500
    assert MIDDLE[0] <= found["mean"] <= MIDDLE[-1]
    assert of(amounts * 2.0**power) == found  # exact, so that no tie between two bins is broken by rounding


@given(st.lists(st.floats(20, 900), min_size=1, max_size=200))
def test_listed_particles_agree_with_numpy_to_the_width_of_a_bin(listed: list[float]) -> None:
    diameters = np.array(listed)
    found = dict(zip(NAMES, sizes_of_particles(diameters), strict=True))
    assert found["mean"] == pytest.approx(diameters.mean(), abs=0.51)
    assert diameters.min() - 1 <= found["d10"] <= found["d50"] <= found["d90"] <= diameters.max() + 1
    below = (diameters <= found["d50"] + 1).mean(), (diameters < found["d50"] - 1).mean()
    assert below[0] >= 0.5 >= below[1]


def test_the_mode_of_listed_particles_is_where_they_are_densest() -> None:
    random = np.random.default_rng(3)
    diameters = random.lognormal(np.log(120), 0.3, 20_000)
    mode = sizes_of_particles(diameters)[NAMES.index("mode")]
    assert mode == pytest.approx(120 * np.exp(-(0.3**2)), rel=0.05)


def test_particles_that_the_instrument_left_out_do_not_count() -> None:
    listed = np.array([100.0, 100.0, 800.0])
    left_out = Replicate("v", diameters_nm=listed, included=np.array([True, True, False]))
    assert replicate_sizes(left_out)[0] == pytest.approx(100.5)


def test_nothing_in_nothing_out() -> None:
    empty = Replicate("v", histogram=Histogram(MIDDLE, LOW, HIGH, np.zeros(50)))
    assert np.isnan(replicate_sizes(empty)).all()
    found = size_estimates([empty], replicate_sizes(empty)[np.newaxis])
    assert all(one.number == 0 and np.isnan(one.low) for one in found.values())


def test_diffusion_coefficients_are_no_diameters() -> None:
    other = Replicate("v", histogram=Histogram(MIDDLE, LOW, HIGH, np.ones(50), axis="1e4 nm^2/s"))
    assert np.isnan(replicate_sizes(other)).all()


def test_three_videos_make_a_t_interval_and_two_do_not() -> None:
    videos = [made.video(str(k), median=100 + k) for k in range(3)]
    sizes = np.array([replicate_sizes(one) for one in videos])
    assert size_estimates(videos, sizes)["d50"].how == "t over 3 videos"
    two = size_estimates(videos[:2], sizes[:2])["d50"]
    assert np.isnan(two.low) and two.number == 2 and two.sd > 0


@pytest.mark.parametrize("as_list", [True, False])
def test_one_video_of_counted_particles_is_resampled_and_the_interval_holds_the_truth(as_list: bool) -> None:
    hits = 0
    for seed in range(60):
        diameters = np.random.default_rng(seed).lognormal(np.log(120), 0.3, 500)
        if as_list:
            one = Replicate("v", diameters_nm=diameters)
        else:
            counts = np.histogram(diameters, np.arange(1001) * 1.0)[0].astype(float)
            one = Replicate(
                "v", histogram=Histogram(made.CENTRE, made.CENTRE - 0.5, made.CENTRE + 0.5, counts, "particle")
            )
        found = size_estimates([one], replicate_sizes(one)[np.newaxis])["d50"]
        assert found.how == "bootstrap over 500 particles"
        hits += found.low <= 120 <= found.high
    assert 50 <= hits <= 60  # 57 expected; fewer than 50 in one of ten thousand


def test_concentrations_by_bin_are_not_taken_for_counts() -> None:
    one = made.video(concentration=1e8)
    found = size_estimates([one], replicate_sizes(one)[np.newaxis])["d50"]
    assert np.isnan(found.low) and "no interval" in found.how
