"""Why a subject's run stopped: the state and the process that a modeller should look at."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from exocosm.network.compile import Bound, Compiled

Array = NDArray[np.float64]

# growth rate times time: some 1e12 on the way to infinity, far less in anything that a solver gets through
_RUNAWAY = 1e8


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


def runaway_state(model: Compiled, bound: Bound, t: float, y: Sequence[float]) -> int | None:
    """The state that drives a growth without bound, or None where nothing grows that fast.

    On the way to infinity in finite time the growth rate (eigenvalue of the Jacobian) goes to infinity itself.  The
    state to blame takes the largest part in that mode: |left eigenvector * right eigenvector|, which is zero for what
    the growing state merely feeds, however fast that rises too.
    """
    size = len(y)
    values = bound.jacobian(t, list(y))
    if not (size and all(map(math.isfinite, values))):
        return None
    matrix = np.zeros((size, size))
    for place, value in zip(model.jacobian_pattern, values, strict=True):
        matrix[place] = value
    try:
        rates, right = np.linalg.eig(matrix)
        rates_left, left = np.linalg.eig(matrix.T)
    except np.linalg.LinAlgError:
        return None
    fastest, fastest_left = int(np.argmax(rates.real)), int(np.argmax(rates_left.real))
    if not rates[fastest].real * abs(t) > _RUNAWAY:
        return None
    return int(np.argmax(np.abs(right[:, fastest] * left[:, fastest_left])))


def blame(
    model: Compiled,
    bound: Bound,
    candidates: Sequence[tuple[float, Sequence[float]]],
    relative: float,
    absolute: Array,
) -> tuple[str, str]:
    """Name of the state and process to blame.

    candidates: (time, state) at the start of the stretch, then where the integrator last tried.  Seen at the first of
    them where a rate is not finite, or else at the last try: what was fast at the start may be calm by then.
    """
    chosen = min(1, len(candidates) - 1)
    lost = False
    for place, (t, y) in enumerate(candidates):
        if not all(map(math.isfinite, bound.rhs(t, list(y)))):
            chosen, lost = place, True
            break
    t, y = candidates[chosen]
    state = None if lost else runaway_state(model, bound, t, y)
    if state is None:
        state = state_to_blame(bound.rhs(t, list(y)), y, relative, absolute)
    return model.states[state], process_to_blame(model, bound, t, y, state)
