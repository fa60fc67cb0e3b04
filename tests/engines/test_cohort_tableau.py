"""Rodas5P: the conditions of its order on the coefficients, its stability, and its order as measured.

Conditions after Hairer and Wanner, Solving Ordinary Differential Equations II (1996), sections IV.7 and VI.3: with
Gamma = (I / gamma - C)^-1, alpha = A Gamma and beta = alpha + Gamma, a rooted tree has the weights
Phi = product of alpha Phi(child) at a node with several children, beta Phi(child) at one with a single child.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence

import numpy as np
import pytest
from exam_models import model

from exocosm.engines.cohort import tableau
from exocosm.engines.cohort.library import model_library
from exocosm.engines.cohort.native import is_available
from exocosm.network.compile import compile_model

STAGES = tableau.STAGES
Tree = tuple["Tree", ...]


def square(rows: Sequence[Sequence[float]]) -> np.ndarray:
    filled = np.zeros((STAGES, STAGES))
    for place, row in enumerate(rows):
        filled[place, : len(row)] = row
    return filled


GAMMAS = np.linalg.inv(np.eye(STAGES) / tableau.GAMMA - square(tableau.RATE_WEIGHTS))
STAGE = square(tableau.STAGE_WEIGHTS)
ALPHAS = STAGE @ GAMMAS
BETAS = ALPHAS + GAMMAS
LAST = np.eye(STAGES)[-1]
WEIGHTS = (STAGE[-1] + LAST) @ GAMMAS  # new = Y_8 + U_8


def trees(order: int) -> list[Tree]:
    """Rooted trees with this many nodes."""
    if order == 1:
        return [()]

    def forests(nodes: int, largest: tuple[int, int]) -> list[Tree]:
        if nodes == 0:
            return [()]
        found = []
        for size in range(min(nodes, largest[0]), 0, -1):
            for place, tree in enumerate(trees(size)):
                if (size, place) <= largest:
                    found += [(tree, *rest) for rest in forests(nodes - size, (size, place))]
        return found

    return forests(order - 1, (order, 10**9))


def nodes(tree: Tree) -> int:
    return 1 + sum(nodes(child) for child in tree)


def density(tree: Tree) -> int:
    return nodes(tree) * math.prod(density(child) for child in tree)


def weights(tree: Tree) -> np.ndarray:
    if not tree:
        return np.ones(STAGES)
    matrix = BETAS if len(tree) == 1 else ALPHAS
    return np.prod([matrix @ weights(child) for child in tree], axis=0)


UP_TO = {order: [tree for size in range(1, order + 1) for tree in trees(size)] for order in (4, 5)}


def test_there_are_seventeen_conditions_of_order_five() -> None:
    assert [len(trees(order)) for order in range(1, 7)] == [1, 1, 2, 4, 9, 20]


@pytest.mark.parametrize("tree", UP_TO[5], ids=str)
def test_the_solution_is_of_order_five(tree: Tree) -> None:
    assert WEIGHTS @ weights(tree) == pytest.approx(1 / density(tree), abs=2e-13)


def test_it_is_not_of_order_six() -> None:
    assert max(abs(WEIGHTS @ weights(tree) - 1 / density(tree)) for tree in trees(6)) > 1e-5


@pytest.mark.parametrize("tree", UP_TO[4], ids=str)
def test_the_solution_without_the_last_unknown_is_of_order_four(tree: Tree) -> None:
    assert STAGE[-1] @ GAMMAS @ weights(tree) == pytest.approx(1 / density(tree), abs=2e-13)


def test_the_last_unknown_estimates_the_error() -> None:
    """It is not zero at the fifth power of the step."""
    assert max(abs(LAST @ GAMMAS @ weights(tree)) for tree in trees(5)) > 1e-4


@pytest.mark.parametrize("tree", UP_TO[4], ids=str)
@pytest.mark.parametrize("theta", [0.0, 0.1, 0.5, 0.77, 1.0])
def test_the_curve_within_a_step_is_of_order_four(tree: Tree, theta: float) -> None:
    first, second, third = np.array(tableau.CURVE_WEIGHTS)
    inner = theta * (1 - theta) * (first + theta * (second + theta * third))
    within = (theta * (STAGE[-1] + LAST) + inner) @ GAMMAS
    assert within @ weights(tree) == pytest.approx(theta ** nodes(tree) / density(tree), abs=2e-12)


def test_the_method_is_stiffly_accurate() -> None:
    """The last stage is the solution itself: beta_8j = b_j, alpha_8 = 1."""
    assert np.allclose(BETAS[-1], WEIGHTS, rtol=0, atol=1e-13)
    assert ALPHAS[-1].sum() == pytest.approx(1, abs=1e-13)


def growth(z: complex) -> complex:
    return 1 + z * (WEIGHTS @ np.linalg.solve(np.eye(STAGES) - z * BETAS, np.ones(STAGES)))


def test_the_method_is_l_stable() -> None:
    assert 1 - WEIGHTS @ np.linalg.solve(BETAS, np.ones(STAGES)) == pytest.approx(0, abs=1e-10)
    assert abs(growth(-1e8)) < 1e-6
    assert max(abs(growth(1j * y)) for y in 10 ** np.linspace(-3, 6, 2000)) <= 1 + 1e-10
    assert abs(growth(0.1) - math.exp(0.1)) < 1e-8


def test_moments_and_shares_of_the_slope_in_time_follow() -> None:
    assert np.allclose(tableau.ALPHA, ALPHAS.sum(axis=1), rtol=0, atol=1e-13)
    assert np.allclose(tableau.GAMMA_SUMS, GAMMAS.sum(axis=1), rtol=0, atol=1e-13)
    assert all(0 <= one <= 1 for one in tableau.ALPHA)


# ---- as measured, by generated code with steps of fixed length


def aligned(size: int) -> np.ndarray:
    raw = np.zeros(max(1, size) * 8 + 64, dtype=np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + max(1, size) * 8].view(np.float64)


def errors(steps: int) -> tuple[float, float]:
    """x' = -2 t x^2, v' = x v + exp(-t), w' = -v w + t: largest error at the end of steps and within them.

    x = 1 / (1 + t^2); v and w from SciPy at a tolerance of 1e-13.
    """
    from scipy.integrate import solve_ivp

    variables = {"x": ("-2 * time * x^2", 1), "v": ("x * v + exp(-time)", 0.5), "w": ("-v * w + time", 1)}
    library = model_library(compile_model(model(variables=variables)), 1)

    def call(name: str, *arrays: np.ndarray) -> None:
        kind = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(arrays))
        kind(library.address(name))(*(array.ctypes.data for array in arrays))

    def exact(time: float, y: np.ndarray) -> list[float]:
        return [-2 * time * y[0] ** 2, y[0] * y[1] + math.exp(-time), -y[1] * y[2] + time]

    length = 2.0 / steps
    times = np.linspace(0, 2, 4 * steps + 1)
    truth = solve_ivp(exact, (0, 2), [1, 0.5, 1], "DOP853", times, rtol=1e-13, atol=1e-15).y.T
    y, new, state, inflow, tolerance = (aligned(4) for _ in range(5))
    t, h, low, high, error, worst, theta = (aligned(1) for _ in range(7))
    c, work = aligned(library.facts["constants"]), aligned(library.facts["work"])
    call("prepare", aligned(1), c, y)
    tolerance[:], h[0], low[0], high[0] = 1.0, length, -1e9, 1e9
    at_ends, within = 0.0, 0.0
    for step in range(steps):
        t[0] = step * length
        call("step", t, h, low, high, y, c, inflow, tolerance, work, new, error, worst)
        for quarter in (1, 2, 3):
            theta[0] = quarter / 4
            call("between", theta, y, new, work, state)
            within = max(within, float(np.abs(state[:3] - truth[4 * step + quarter]).max()))
        y[:3] = new[:3]
        at_ends = max(at_ends, float(np.abs(y[:3] - truth[4 * step + 4]).max()))
    return at_ends, within


@pytest.mark.skipif(not is_available(), reason="no code can be generated here")
def test_the_measured_order_is_five_at_the_ends_and_at_least_four_within() -> None:
    found = np.log2([errors(steps) for steps in (8, 16, 32)])
    slopes = (found[:-1] - found[1:]).mean(axis=0)
    assert 4.7 <= slopes[0] <= 5.6
    assert 3.8 <= slopes[1] <= 5.6
    assert found[-1, 0] < np.log2(1e-6)
