"""Stokes and Einstein: the exact case A1, and how D scales."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.errors import InputError
from exocosm.vesicles.diffusion import diffusion_coefficient

BODY = {"temperature_k": 310.15, "viscosity_mpa_s": 0.6913}


def test_the_printed_values_at_body_temperature() -> None:
    found = diffusion_coefficient([30.0, 50.0, 100.0, 150.0], **BODY)
    assert found == pytest.approx([21.9077, 13.1446, 6.5723, 4.3815], rel=1e-5)


@given(st.floats(min_value=1.0, max_value=1e4), st.floats(min_value=0.1, max_value=10.0))
def test_it_falls_with_size_and_viscosity(diameter: float, factor: float) -> None:
    one = diffusion_coefficient(diameter, **BODY)
    assert diffusion_coefficient(diameter * factor, **BODY) * factor == pytest.approx(one)
    thicker = diffusion_coefficient(diameter, temperature_k=310.15, viscosity_mpa_s=0.6913 * factor)
    assert thicker * factor == pytest.approx(one)


@pytest.mark.parametrize("wrong", [0.0, -1.0, np.nan, np.inf])
def test_impossible_sizes_are_refused(wrong: float) -> None:
    with pytest.raises(InputError, match="diameter must be above zero"):
        diffusion_coefficient([100.0, wrong], **BODY)
