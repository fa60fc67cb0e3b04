"""Tracks against simulated walks, and the sharpening of sizes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.bench.measurement.track_statistics import (
    Tracking,
    attributed,
    mode,
    percentile,
    sharpened,
    size_estimate_below,
    track_shape,
)
from exocosm.randomness import generator

EDGES = np.geomspace(20.0, 1000.0, 121)
TRACKING = Tracking(25.0, 0.6, 30.0, 10.0, 0.06, 10)


def diffusion(diameter: np.ndarray) -> np.ndarray:
    return np.asarray(430.0 / diameter)  # um2/s, about water at 20 degree Celsius


@given(st.integers(2, 200), st.floats(0.1, 20.0))
def test_without_error_the_shape_is_the_number_of_steps(steps: int, coefficient: float) -> None:
    assert track_shape(steps, coefficient, 25.0) == pytest.approx(steps)


@given(st.integers(3, 60), st.floats(0.5, 10.0), st.floats(1.0, 200.0))
def test_error_of_place_blurs_and_longer_tracks_tell_more(steps: int, coefficient: float, error: float) -> None:
    plain, blurred = (float(track_shape(steps, coefficient, 25.0, one)) for one in (0.0, error))
    assert blurred < plain
    assert float(track_shape(steps + 1, coefficient, 25.0, error)) > blurred


def test_mean_and_variance_are_those_of_simulated_walks() -> None:
    """A walk sampled finely, averaged over the exposure, with an error of place on every frame."""
    coefficient, rate, error_nm, exposure, steps, fine, walks = 4.3, 25.0, 500.0, 0.5, 12, 10, 20_000
    random = generator("walks", 5)
    moves = random.standard_normal((walks, 2, (steps + 1) * fine)) * math.sqrt(2 * coefficient / rate / fine)
    path = np.cumsum(moves, axis=2).reshape(walks, 2, steps + 1, fine)
    seen = path[..., : int(exposure * fine)].mean(axis=3)
    seen = seen + random.standard_normal(seen.shape) * error_nm * 1e-3
    squares = (np.diff(seen, axis=2) ** 2).sum(axis=(1, 2)) / (4 * steps / rate)
    offset = 2 * ((error_nm * 1e-3) ** 2 - coefficient / rate * 2 * exposure / 6) / (2 / rate)
    estimate = squares - offset
    assert estimate.mean() == pytest.approx(coefficient, rel=0.02)
    shape = float(track_shape(steps, coefficient, rate, error_nm, exposure))
    assert estimate.var() == pytest.approx(coefficient**2 / shape, rel=0.06)


def test_the_distribution_of_one_estimate_is_that_of_simulated_steps() -> None:
    steps, random = 10, generator("steps", 6)
    estimate = (random.standard_normal((40_000, 2 * steps)) ** 2).mean(axis=1)
    diameters = 100.0 / estimate
    for edge in (60.0, 90.0, 120.0, 200.0):
        told = float(size_estimate_below(edge, 100.0, steps))
        assert (diameters < edge).mean() == pytest.approx(told, abs=0.008)
    assert diameters.mean() == pytest.approx(100.0 * steps / (steps - 1), rel=0.01)


@given(st.floats(30.0, 800.0))
def test_tracks_fall_somewhere_and_around_the_true_size(diameter: float) -> None:
    one = np.array([diameter])
    wide = np.geomspace(1.0, 1e5, 300)
    column = TRACKING.spread(wide, one, diffusion(one))[:, 0]
    assert column.sum() == pytest.approx(1.0, abs=1e-6)
    assert percentile(wide, column, 0.5) == pytest.approx(diameter, rel=0.06)
    assert 0 < TRACKING.sized_share(diffusion(one))[0] < 1


def test_a_particle_wanders_out_of_the_sheet_as_walls_that_take_it_say() -> None:
    """Mean time for a start anywhere between two taking walls is depth^2 / (12 D)."""
    coefficient, depth = 4.0, 10.0
    only = Tracking(25.0, 0.0, 0.0, depth, 0.0, 1)
    frames = 1.0 / only.loss(np.array([coefficient]))[0]
    assert frames / 25.0 == pytest.approx(depth**2 / (12 * coefficient))
    random, step = generator("sheet", 3), 1 / 2500.0
    place, alive, lived = random.uniform(0, depth, 3000), np.ones(3000, bool), np.zeros(3000)
    for _ in range(20_000):
        place = place + random.standard_normal(3000) * math.sqrt(2 * coefficient * step)
        alive &= (place > 0) & (place < depth)
        lived[alive] += step
        if not alive.any():
            break
    assert lived.mean() == pytest.approx(depth**2 / (12 * coefficient), rel=0.06)


def test_sharpening_keeps_the_tracks_and_narrows_the_sizes() -> None:
    middles = np.sqrt(EDGES[1:] * EDGES[:-1])
    kernel = TRACKING.spread(EDGES, middles, diffusion(middles))
    truth = np.array([80.0, 200.0])
    observed = TRACKING.spread(EDGES, truth, diffusion(truth)) @ np.array([3000.0, 1000.0])
    found = sharpened(observed, kernel, 200)
    reach = kernel.sum(axis=0)
    assert (found * reach).sum() == pytest.approx(observed.sum(), rel=1e-6)
    small = middles < 130
    assert found[small].sum() / found.sum() == pytest.approx(0.75, abs=0.02)
    assert mode(EDGES, found) == pytest.approx(80.0, rel=0.05)
    inside = (found[(middles > 60) & (middles < 105)].sum()) / found.sum()
    assert inside > observed[(middles > 60) & (middles < 105)].sum() / observed.sum()
    # what explains the observed exactly is left as it is
    steady = attributed(kernel @ found, found, kernel, reach)
    assert steady == pytest.approx(found, rel=1e-9, abs=1e-12)


def test_nothing_seen_stays_nothing() -> None:
    kernel = TRACKING.spread(EDGES, np.array([100.0]), diffusion(np.array([100.0])))
    assert sharpened(np.zeros(120), kernel, 5).sum() == 0
    assert math.isnan(percentile(EDGES, np.zeros(120), 0.5)) and math.isnan(mode(EDGES, np.zeros(120)))


def test_percentiles_are_linear_within_bins() -> None:
    edges, count = np.array([10.0, 20.0, 40.0]), np.array([1.0, 1.0])
    assert [percentile(edges, count, share) for share in (0.0, 0.25, 0.5, 0.75, 1.0)] == [10, 15, 20, 30, 40]
    assert mode(edges, count) == 15.0
