"""Bands in a gradient against exact answers, an integrator, and a solver of the whole distribution."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.bench.banding import carried, diffused

NODES = np.linspace(67.0, 153.0, 44)


def rows(*speeds: np.ndarray) -> np.ndarray:
    return np.array([np.broadcast_to(speed, NODES.shape) for speed in speeds], dtype=float)


def integrated(
    speed: np.ndarray, diffusion: np.ndarray, start: float, minutes: float, variance: float
) -> tuple[float, float]:
    """One band by an integrator of ordinary differential equations."""
    from scipy.integrate import solve_ivp

    spreading = 0.5 * (diffusion[:-1] + diffusion[1:])

    def change(_: float, state: np.ndarray) -> list[float]:
        cell = int(np.clip(np.searchsorted(NODES, state[0], side="right") - 1, 0, NODES.size - 2))
        slope = (speed[cell + 1] - speed[cell]) / (NODES[cell + 1] - NODES[cell])
        here = speed[cell] + slope * (state[0] - NODES[cell])
        return [here, 2 * spreading[cell] + 2 * slope * state[1]]

    found = solve_ivp(change, (0, minutes), [start, variance], rtol=1e-8, atol=1e-11, max_step=minutes / 300)
    return found.y[0, -1], found.y[1, -1]


@pytest.mark.parametrize("minutes", [1.0, 40.0, 300.0])
def test_bands_are_those_of_an_integrator(minutes: float) -> None:
    speeds = rows(0.006 * (120 - NODES), 0.2 * np.sin(NODES / 10) + 0.05, 0.007 * (100 - NODES), 0.0002 * NODES)
    diffusion = rows(*[1e-3 * (1 + NODES / 100)] * len(speeds))
    starts = np.array([68.0, 70.3, 90.0, 131.0])
    place, variance = carried(NODES, speeds, diffusion, starts, minutes, 0.2)
    for parcel, speed in enumerate(speeds):
        for index, start in enumerate(starts):
            if place[parcel, index] in (NODES[0], NODES[-1]):
                continue  # the tube ends here, the integrator goes on
            exact = integrated(speed, diffusion[parcel], start, minutes, 0.2)
            assert place[parcel, index] == pytest.approx(exact[0], abs=1e-5)
            assert variance[parcel, index] == pytest.approx(exact[1], rel=1e-4)


@given(start=st.floats(67.5, 152.5), rate=st.floats(1e-3, 1.0), centre=st.floats(80, 140), spread=st.floats(1e-5, 1.0))
def test_linear_speed_gives_the_exact_band_and_in_the_end_the_isopycnic(
    start: float, rate: float, centre: float, spread: float
) -> None:
    minutes = 2.0 / rate
    speed, diffusion = rows(rate * (centre - NODES)), rows(np.array(spread))
    place, variance = carried(NODES, speed, diffusion, np.array([start]), minutes, 0.5)
    assert place[0, 0] == pytest.approx(centre + (start - centre) * np.exp(-2.0), abs=1e-6)
    expected = 0.5 * np.exp(-4.0) + spread / rate * (1 - np.exp(-4.0))
    assert variance[0, 0] == pytest.approx(expected, rel=1e-6)
    place, variance = carried(NODES, speed, diffusion, np.array([start]), 60.0 / rate, 0.5)
    assert place[0, 0] == pytest.approx(centre, abs=1e-6)
    assert variance[0, 0] == pytest.approx(spread / rate, rel=1e-6)


def test_what_stands_still_only_spreads() -> None:
    place, variance = carried(NODES, rows(np.array(0.0)), rows(np.array(0.01)), np.array([90.0]), 50.0, 0.3)
    assert place[0, 0] == 90.0
    assert variance[0, 0] == pytest.approx(0.3 + 2 * 0.01 * 50)


def test_bands_stop_at_the_ends() -> None:
    speeds = rows(np.array(1.0), np.array(-1.0))
    place, _ = carried(NODES, speeds, rows(*[np.array(1e-4)] * 2), np.array([70.0, 150.0]), 500.0)
    assert place[0] == pytest.approx([153.0, 153.0])
    assert place[1] == pytest.approx([67.0, 67.0])


def test_a_band_is_that_of_a_solver_of_the_whole_distribution() -> None:
    # dc/dt = -d(v c)/dr + d(D dc/dr)/dr on 900 cells, central differences, small steps
    cells, diffusion, minutes = 900, 0.05, 120.0
    edges = np.linspace(NODES[0], NODES[-1], cells + 1)
    centre = 0.5 * (edges[1:] + edges[:-1])
    width = edges[1] - edges[0]
    inner = np.interp(edges, NODES, 0.02 * (110 - NODES) * (1 + 0.3 * np.sin(NODES / 30)))[1:-1]
    content = np.where((centre > 74) & (centre < 78), 1.0, 0.0)
    content /= content.sum()
    step = 0.2 * width**2 / diffusion
    for _ in range(int(minutes / step)):
        flow = 0.5 * inner * (content[:-1] + content[1:]) / width
        flow -= diffusion * (content[1:] - content[:-1]) / width**2
        content[:-1] -= step * flow
        content[1:] += step * flow
    mean = float(content @ centre)
    sd = float(np.sqrt(content @ (centre - mean) ** 2))
    speeds = rows(0.02 * (110 - NODES) * (1 + 0.3 * np.sin(NODES / 30)))
    starts = 74 + 4 * (np.arange(8) + 0.5) / 8
    place, variance = carried(NODES, speeds, rows(np.array(diffusion)), starts, minutes, 0.5**2 / 12)
    assert place.mean() == pytest.approx(mean, abs=0.05)
    assert np.sqrt(variance.mean() + place.var()) == pytest.approx(sd, rel=0.06)


@given(spread=st.floats(0, 100), step=st.integers(1, 63))
def test_solute_diffuses_without_loss_and_never_beyond_what_was(spread: float, step: int) -> None:
    before = np.where(np.arange(64) < step, 0.1, 0.4)
    after = diffused(before, spread, 86.0)
    assert after.sum() == pytest.approx(before.sum(), rel=1e-12)
    if spread > 4:
        assert after.min() > 0.1 - 1e-6 and after.max() < 0.4 + 1e-6
        assert np.all(np.diff(after) > -1e-9)
    if spread == 0:
        assert after == pytest.approx(before, abs=1e-12)


def test_solute_step_softens_as_the_error_function() -> None:
    from scipy.special import ndtr

    before = np.where(np.arange(64) < 32, 0.0, 1.0)
    place = (np.arange(64) + 0.5) / 64 * 86 - 43
    assert diffused(before, 5.0, 86.0) == pytest.approx(ndtr(place / 5.0), abs=2e-3)
