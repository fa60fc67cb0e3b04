"""Data sets with what is in them known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

Planted = Callable[..., tuple[NDArray[np.float64], NDArray[np.bool_]]]


@pytest.fixture
def planted() -> Planted:
    """planted(seed, samples, features, panel, effect): independent normals; `panel` features differ by `effect`."""

    def make(
        seed: int, samples: int, features: int, panel: int = 0, effect: float = 0.0
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        random = np.random.default_rng(seed)
        is_case = np.arange(samples) % 2 == 0
        values = random.normal(size=(samples, features))
        values[:, :panel] += effect * is_case[:, None]
        return values, is_case

    return make
