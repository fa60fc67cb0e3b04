"""Stiff classics against an independent, tight solution of hand-written equations."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from exam_models import model
from examined import Solve
from scipy.integrate import solve_ivp

from exocosm.engines.contract import Schedule, Tolerances
from exocosm.network.parts import Model

ROBERTSON = model(
    {"a": 1, "b": 0, "c": 0},
    {
        "slow": ("0.04 * a", {"a": 1}, {"b": 1}),
        "fast": ("3e7 * b^2", {"b": 1}, {"c": 1}),
        "back": ("1e4 * b * c", {"b": 1}, {"a": 1}),
    },
)
VAN_DER_POL = model(variables={"x": ("v", 2), "v": ("1000 * (1 - x^2) * v - x", 0)})
OREGONATOR = model(
    variables={
        "x": ("77.27 * (y + x * (1 - 8.375e-6 * x - y))", 1),
        "y": ("(z - (1 + x) * y) / 77.27", 2),
        "z": ("0.161 * (x - z)", 3),
    }
)


def robertson(_: float, y: np.ndarray) -> list[float]:
    slow, fast, back = 0.04 * y[0], 3e7 * y[1] ** 2, 1e4 * y[1] * y[2]
    return [back - slow, slow - fast - back, fast]


def van_der_pol(_: float, y: np.ndarray) -> list[float]:
    return [y[1], 1000 * (1 - y[0] ** 2) * y[1] - y[0]]


def oregonator(_: float, y: np.ndarray) -> list[float]:
    x, yy, z = y
    return [77.27 * (yy + x * (1 - 8.375e-6 * x - yy)), (z - (1 + x) * yy) / 77.27, 0.161 * (x - z)]


@pytest.mark.parametrize(
    ("system", "equations", "start", "times"),
    [
        (ROBERTSON, robertson, [1.0, 0.0, 0.0], [0.4, 40.0, 4e3, 4e5]),
        (VAN_DER_POL, van_der_pol, [2.0, 0.0], [100.0, 700.0, 900.0, 1500.0]),
        (OREGONATOR, oregonator, [1.0, 2.0, 3.0], [10.0, 100.0, 320.0]),
    ],
    ids=["robertson", "van_der_pol", "oregonator"],
)
def test_stiff_classics(
    solve: Solve,
    system: Model,
    equations: Callable[[float, np.ndarray], list[float]],
    start: list[float],
    times: list[float],
) -> None:
    exact = solve_ivp(equations, (0, times[-1]), start, "Radau", t_eval=times, rtol=1e-11, atol=1e-14).y.T
    solution = solve(system, {}, Schedule(times[-1], tuple(times)), Tolerances(1e-8, default_absolute=1e-12))
    assert solution.statuses[0].message == ""
    assert np.allclose(solution.values[0], exact, rtol=2e-4, atol=1e-10)
