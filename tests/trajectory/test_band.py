"""Bands hold the share that they are named for."""

from __future__ import annotations

import numpy as np
import pytest

from exocosm.trajectory.summary import band


@pytest.mark.parametrize(("draws", "least"), [(30, 0.92), (100, 0.94), (200, 0.945)])
def test_the_band_covers_a_new_draw_as_often_as_it_says(draws: int, least: float) -> None:
    generator = np.random.default_rng(7)
    samples = generator.standard_normal((draws, 4000))
    new = generator.standard_normal(4000)
    found = band(samples)
    covered = float(np.mean((found.low <= new) & (new <= found.high)))
    assert least < covered < 0.965
