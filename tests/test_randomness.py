"""Random numbers depend on their key and on nothing else."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exocosm.errors import InputError
from exocosm.randomness import generator, key_digest, standard_normals, uniforms

FROZEN_DIGEST = 584896323543
FROZEN_NORMALS = [0.5459664964859361, 0.4736164209912109, 0.21227604427661853]
KEY_PARTS = st.lists(st.one_of(st.integers(), st.text(max_size=8)), max_size=4)
SUBJECTS = st.lists(st.integers(0, 20_000), min_size=1, max_size=12)
NAMES = st.lists(st.text(max_size=6), min_size=1, max_size=5, unique=True)


@given(KEY_PARTS)
def test_equal_keys_give_equal_streams(key: list[int | str]) -> None:
    assert np.array_equal(generator(*key).random(5), generator(*key).random(5))


@given(KEY_PARTS, KEY_PARTS)
def test_different_keys_give_different_streams(one: list[int | str], other: list[int | str]) -> None:
    if one != other:
        assert key_digest(*one) != key_digest(*other)
        assert not np.array_equal(generator(*one).random(3), generator(*other).random(3))


def test_kind_and_boundaries_of_key_parts_matter() -> None:
    keys = [("ab", "c"), ("a", "bc"), ("abc",), (1,), ("1",), (1, ""), (-1,), (1, 1), (11,)]
    assert len({key_digest(*key) for key in keys}) == len(keys)


@pytest.mark.parametrize("part", [1.0, None, True, b"x", ("a",)])
def test_other_key_parts_are_refused(part: object) -> None:
    with pytest.raises(InputError, match="whole numbers and texts"):
        generator("study", part)  # type: ignore[arg-type]


def test_numbers_are_the_same_in_another_process() -> None:
    code = (
        "from exocosm.randomness import *; print(generator('a', 3).random().hex(), "
        "standard_normals(1, 'p', [7, 5000], ['k']).tobytes().hex())"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert printed == [generator("a", 3).random().hex(), standard_normals(1, "p", [7, 5000], ["k"]).tobytes().hex()]


def test_numbers_never_change_between_versions() -> None:
    """A frozen draw: a change here makes every published study irreproducible."""
    assert key_digest("exocosm", 1) % 10**12 == FROZEN_DIGEST
    assert standard_normals(2024, "between subjects", [0, 1, 4096], ["clearance"]).ravel() == pytest.approx(
        FROZEN_NORMALS, abs=1e-14
    )


@settings(max_examples=60)
@given(st.integers(), st.text(max_size=5), SUBJECTS, NAMES, st.randoms(use_true_random=False))
def test_a_number_depends_on_seed_purpose_subject_and_name_only(
    seed: int, purpose: str, subjects: list[int], names: list[str], shuffler: object
) -> None:
    together = standard_normals(seed, purpose, subjects, names)
    assert together.shape == (len(subjects), len(names))
    row, column = len(subjects) // 2, len(names) // 2
    alone = standard_normals(seed, purpose, [subjects[row]], [names[column]])
    assert alone[0, 0] == together[row, column]
    order = list(range(len(subjects)))
    shuffler.shuffle(order)  # type: ignore[attr-defined]
    shuffled = standard_normals(seed, purpose, [subjects[i] for i in order], names[::-1])
    assert np.array_equal(shuffled, together[order][:, ::-1])


def test_chunks_of_a_study_give_what_the_whole_gives() -> None:
    whole = standard_normals(1, "draw", range(10_000), ["a", "b"])
    parts = [
        standard_normals(1, "draw", range(start, min(start + 777, 10_000)), ["a", "b"])
        for start in range(0, 10_000, 777)
    ]
    assert np.array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize("change", [(2, "draw", "a"), (1, "other", "a"), (1, "draw", "b")])
def test_seed_purpose_and_name_each_give_independent_numbers(change: tuple[int, str, str]) -> None:
    reference = standard_normals(1, "draw", range(20_000), ["a"])[:, 0]
    changed = standard_normals(change[0], change[1], range(20_000), [change[2]])[:, 0]
    assert abs(np.corrcoef(reference, changed)[0, 1]) < 5 / np.sqrt(20_000)


def test_numbers_are_standard_normal() -> None:
    from scipy.stats import kstest

    numbers = standard_normals(5, "draw", range(50_000), ["a"])[:, 0]
    assert kstest(numbers, "norm").pvalue > 1e-4
    neighbours = np.corrcoef(numbers[:-1], numbers[1:])[0, 1]
    assert abs(neighbours) < 5 / np.sqrt(50_000)


def test_uniforms_stay_inside_the_open_interval() -> None:
    numbers = uniforms(5, "draw", range(100_000), ["a"])
    assert numbers.min() > 0.0 and numbers.max() < 1.0
    assert len(np.unique(numbers)) == numbers.size


def test_no_subjects_give_an_empty_table() -> None:
    assert standard_normals(1, "draw", [], ["a", "b"]).shape == (0, 2)


@pytest.mark.parametrize("subjects", [[-1], [1.5], [2**40], [[1, 2]], ["a"]])
def test_subjects_that_are_no_subject_numbers_are_refused(subjects: list[object]) -> None:
    with pytest.raises(InputError, match="subjects are"):
        standard_normals(1, "draw", subjects, ["a"])  # type: ignore[arg-type]
