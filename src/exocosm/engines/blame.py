"""Why a subject's run stopped: the state and the process that a modeller should look at."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from exocosm.network.compile import Bound, Compiled

Array = NDArray[np.float64]


def state_to_blame(slope: Sequence[float], y: Sequence[float], relative: float, absolute: Array) -> int:
    """The state whose rate is not finite, or else changes fastest against the error allowed for it.

    Largest |dy/dt| / (relative |y| + absolute).
    """
    for place, rate in enumerate(slope):
        if not (math.isfinite(rate) and math.isfinite(y[place])):
            return place
    speed = np.abs(np.asarray(slope)) / (relative * np.abs(np.asarray(y)) + absolute)
    return int(np.argmax(speed))


def process_to_blame(
    model: Compiled, bound: Bound, t: float, y: Sequence[float], state: int, downwards: bool = False
) -> str:
    """The process that moves the state most (or takes most from it); '' for a variable, which has its own rate rule."""
    rates = bound.rates(t, list(y))
    largest, name = -math.inf, ""
    for (row, process, _), coefficient in zip(model.stoichiometry, bound.coefficients, strict=True):
        if row != state:
            continue
        moved = coefficient * rates[process]
        size = math.inf if math.isnan(moved) else (-moved if downwards else abs(moved))
        if size > largest:
            largest, name = size, model.processes[process]
    return name


def blame(
    model: Compiled,
    bound: Bound,
    candidates: Sequence[tuple[float, Sequence[float]]],
    relative: float,
    absolute: Array,
) -> tuple[str, str]:
    """Name of the state and process to blame, seen at the first of the (time, state) points where a rate is not finite,
    or else at the first point.
    """
    chosen = 0
    for place, (t, y) in enumerate(candidates):
        if not all(map(math.isfinite, bound.rhs(t, list(y)))):
            chosen = place
            break
    t, y = candidates[chosen]
    state = state_to_blame(bound.rhs(t, list(y)), y, relative, absolute)
    return model.states[state], process_to_blame(model, bound, t, y, state)
