"""A number with its interval, and the shapes in which scores and classes come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Truths = NDArray[np.bool_]

LEVEL = 0.95  # of intervals, where nobody asks for another


@dataclass(frozen=True)
class Estimate:
    """A number, the interval that holds the truth with probability `level`, and how the interval was made."""

    value: float
    low: float
    high: float
    method: str = ""
    level: float = LEVEL

    def __contains__(self, number: float) -> bool:
        return self.low <= number <= self.high

    def __str__(self) -> str:
        return f"{self.value:.3g} ({self.low:.3g} to {self.high:.3g})"
