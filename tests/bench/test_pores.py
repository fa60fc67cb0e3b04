"""Spheres and lognormal pores: the closed forms against quadrature, and their limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.bench.pores import accessible_share, retained_ratio, sieving_coefficient

DIAMETERS = np.geomspace(0.5, 5000.0, 60)
WIDTHS = st.floats(1.05, 2.5)
PORES = st.floats(2.0, 500.0)


def averaged(per_pore, pore: float, gsd: float) -> np.ndarray:
    """The same averages by adding up very many pores."""
    score = np.linspace(-9.0, 9.0, 40_001)
    weight = np.exp(-0.5 * score**2)
    widths = pore * gsd**score
    ratio = np.minimum(DIAMETERS[:, None] / widths, 1.0)
    return (per_pore(ratio) * weight).sum(axis=1) / weight.sum()


@given(pore=PORES, gsd=WIDTHS)
def test_room_and_sieving_are_the_averages_over_the_pores(pore: float, gsd: float) -> None:
    def room(ratio: np.ndarray) -> np.ndarray:
        return (1.0 - ratio) ** 2

    assert accessible_share(DIAMETERS, pore, gsd) == pytest.approx(averaged(room, pore, gsd), abs=2e-6)
    assert sieving_coefficient(DIAMETERS, pore, gsd) == pytest.approx(
        averaged(lambda ratio: room(ratio) * (2.0 - room(ratio)), pore, gsd), abs=2e-6
    )


@given(pore=PORES, gsd=st.floats(1.0, 2.5))
def test_both_fall_with_the_diameter_from_one_to_nothing(pore: float, gsd: float) -> None:
    for share in (accessible_share(DIAMETERS, pore, gsd), sieving_coefficient(DIAMETERS, pore, gsd)):
        assert np.all((share >= 0) & (share <= 1))
        assert np.all(np.diff(share) <= 1e-9)
    tiny, huge = np.array([pore * 1e-6]), np.array([pore * 1e4])
    assert sieving_coefficient(tiny, pore, gsd)[0] == pytest.approx(1.0, abs=1e-5)
    assert accessible_share(tiny, pore, gsd)[0] == pytest.approx(1.0, abs=1e-4)
    assert accessible_share(huge, pore, gsd)[0] == pytest.approx(0.0, abs=1e-9)


def test_pores_that_are_all_alike() -> None:
    half = np.array([50.0])
    assert accessible_share(half, 100.0, 1.0)[0] == pytest.approx(0.25)
    assert sieving_coefficient(half, 100.0, 1.0)[0] == pytest.approx(0.25 * 1.75)
    assert accessible_share(np.array([100.5]), 100.0, 1.0)[0] == 0.0


@given(gsd=st.floats(1.0, 2.0), retained=st.floats(0.5, 0.99))
def test_the_cut_off_sphere_is_retained_as_it_says(gsd: float, retained: float) -> None:
    ratio = retained_ratio(gsd, retained)
    assert 1.0 - sieving_coefficient(np.array([ratio * 7.0]), 7.0, gsd)[0] == pytest.approx(retained, abs=1e-9)
