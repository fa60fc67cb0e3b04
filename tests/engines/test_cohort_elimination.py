"""Sparse factorisation against dense linear algebra: the pattern alone, then the numbers of generated code."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
from exam_models import model
from hypothesis import given, settings
from hypothesis import strategies as st

from exocosm.engines.cohort import tableau
from exocosm.engines.cohort.elimination import Elimination, eliminate
from exocosm.engines.cohort.equations import system_of
from exocosm.engines.cohort.instructions import BYTES
from exocosm.engines.cohort.kernels import model_kernels
from exocosm.engines.cohort.native import Library, compile_text, is_available, processor
from exocosm.network.compile import compile_model

Place = tuple[int, int]


@st.composite
def patterns(draw: st.DrawFn) -> tuple[int, list[Place]]:
    size = draw(st.integers(1, 14))
    places = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1))
    return size, draw(st.lists(places, max_size=3 * size, unique=True))


def numbers(size: int, pattern: list[Place], seed: int) -> np.ndarray:
    """A matrix with this pattern and a dominating diagonal."""
    chance = np.random.default_rng(seed)
    matrix = np.zeros((size, size))
    for place in pattern:
        matrix[place] = chance.normal()
    matrix[np.diag_indices(size)] += 2.0 + np.abs(matrix).sum(axis=1)
    return matrix


def dense_factors(matrix: np.ndarray, order: tuple[int, ...]) -> tuple[np.ndarray, set[Place]]:
    """LU of the reordered matrix without pivoting, and the places (in the order of the model) that it fills."""
    size = len(order)
    work, filled = matrix[np.ix_(order, order)].copy(), matrix[np.ix_(order, order)] != 0.0
    for k in range(size):
        for row in range(k + 1, size):
            if filled[row, k]:
                work[row, k] /= work[k, k]
                work[row, k + 1 :] -= work[row, k] * work[k, k + 1 :]
                filled[row, k + 1 :] |= filled[k, k + 1 :]
    return work, {(order[row], order[column]) for row, column in zip(*np.nonzero(filled), strict=True)}


def kept(pattern: Elimination) -> set[Place]:
    lower = {(row, pivot) for pivot in pattern.order for row in pattern.lower[pivot]}
    upper = {(pivot, column) for pivot in pattern.order for column in pattern.upper[pivot]}
    return lower | upper | {(pivot, pivot) for pivot in pattern.order}


@settings(max_examples=200)
@given(patterns(), st.integers(0, 99))
def test_the_pattern_is_exactly_what_a_dense_factorisation_fills(
    given_pattern: tuple[int, list[Place]], seed: int
) -> None:
    size, pattern = given_pattern
    found = eliminate(size, pattern)
    assert sorted(found.order) == list(range(size))
    _, filled = dense_factors(numbers(size, pattern, seed), found.order)
    assert kept(found) == filled
    assert set(found.slot) == filled and sorted(found.slot.values()) == list(range(len(filled)))
    assert found.left == {
        row: tuple(pivot for pivot in found.order if row in found.lower[pivot]) for row in range(size)
    }


@settings(max_examples=100)
@given(patterns(), st.integers(0, 99))
def test_the_pattern_solves(given_pattern: tuple[int, list[Place]], seed: int) -> None:
    """Factors and solution written after the pattern, as generated code does, against numpy.linalg.solve."""
    size, pattern = given_pattern
    found, matrix = eliminate(size, pattern), numbers(size, pattern, seed)
    right = np.random.default_rng(seed).normal(size=size)
    entries = {place: matrix[place] for place in kept(found)}
    for pivot in found.order:
        for row in found.lower[pivot]:
            entries[row, pivot] /= entries[pivot, pivot]
            for column in found.upper[pivot]:
                entries[row, column] -= entries[row, pivot] * entries[pivot, column]
    solution = right.copy()
    for pivot in found.order:
        for column in found.left[pivot]:
            solution[pivot] -= entries[pivot, column] * solution[column]
    for pivot in reversed(found.order):
        for column in found.upper[pivot]:
            solution[pivot] -= entries[pivot, column] * solution[column]
        solution[pivot] /= entries[pivot, pivot]
    assert np.allclose(solution, np.linalg.solve(matrix, right), rtol=1e-10, atol=1e-12)


def test_a_star_is_taken_from_its_rays() -> None:
    """The hub last: nothing is filled.  The hub first would fill the whole matrix."""
    rays = [place for ray in range(1, 30) for place in ((0, ray), (ray, 0))]
    found = eliminate(30, rays)
    assert len(found.slot) == 30 + len(rays)
    assert found.order.index(0) >= 28


@pytest.mark.skipif(not is_available(), reason="no code can be generated here")
@pytest.mark.parametrize("lanes", [1, 4])
@pytest.mark.parametrize("seed", range(6))
def test_generated_factors_and_solutions(lanes: int, seed: int) -> None:
    """y' = M y: the kernel `factorise` and the solution within `stage` against (I / (h gamma) - M)^-1."""
    chance = np.random.default_rng(seed)
    size = int(chance.integers(2, 16))
    pattern = [(int(r), int(c)) for r, c in chance.integers(0, size, (3 * size, 2))]
    matrix = np.zeros((size, size))
    for place in pattern:
        matrix[place] = round(float(chance.normal()), 6)
    rules = {
        f"y{row}": (" + ".join(f"({float(matrix[row, c])!r}) * y{c}" for c in range(size) if matrix[row, c]) or "0", 1)
        for row in range(size)
    }
    system = system_of(compile_model(model(variables=rules)))
    kernels = model_kernels(system, 0, lanes)
    library = Library(compile_text(kernels.text, processor(), optimise=False), {})
    c, factors = aligned(kernels.constants * lanes), aligned(kernels.nonzeros * lanes)
    y, h, t, spare = (aligned(max(size, 1) * lanes) for _ in range(4))
    unknown = aligned(size * lanes)
    for lane in range(lanes):
        call(library, "prepare", aligned(1), c[lane:], y[lane:])
    steps = 0.02 * (1 + chance.random(lanes))
    h[:lanes], y[:], unknown[:] = steps, chance.normal(size=size * lanes), chance.normal(size=size * lanes)
    call(library, "factorise", t, h, y, c, factors, spare)
    more = unknown.copy()
    call(library, "stage", t, y, c, factors, unknown)
    for lane in range(lanes):
        state, added = y.reshape(-1, lanes)[:, lane], more.reshape(-1, lanes)[:, lane]
        expected = np.linalg.solve(np.eye(size) / (steps[lane] * tableau.GAMMA) - matrix, matrix @ state + added)
        assert np.allclose(unknown.reshape(-1, lanes)[:, lane], expected, rtol=1e-11, atol=1e-13)


def aligned(size: int) -> np.ndarray:
    raw = np.zeros(max(1, size) * BYTES + 64, dtype=np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + max(1, size) * BYTES].view(np.float64)


def call(library: Library, name: str, *arrays: np.ndarray) -> None:
    kind = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(arrays))
    kind(library.address(name))(*(array.ctypes.data for array in arrays))
