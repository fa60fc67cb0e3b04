"""Pareto fronts against the definition, row by row."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from exocosm.bench.design.front import crowding, non_dominated, thinned
from exocosm.errors import InputError

few_values = st.sampled_from([0.0, 1.0, 2.0, 3.0, 1e-300, 1e300, -1.0, float("inf"), float("-inf")])
tables = arrays.arrays(np.float64, st.tuples(st.integers(0, 30), st.integers(1, 4)), elements=few_values)


def by_definition(table: np.ndarray) -> list[bool]:
    return [not any((other <= row).all() and (other < row).any() for other in table) for row in table]


@given(tables)
def test_front_is_what_no_other_row_betters(table: np.ndarray) -> None:
    assert non_dominated(table).tolist() == by_definition(table)


def test_front_of_random_tables_is_that_of_the_definition() -> None:
    random = np.random.default_rng(1)
    for size in (1, 2, 50, 400):
        table = random.normal(size=(size, 4))
        assert non_dominated(table).tolist() == by_definition(table)


@given(tables, st.randoms())
def test_order_of_the_candidates_does_not_matter(table: np.ndarray, random: object) -> None:
    order = np.arange(len(table))
    random.shuffle(order)  # type: ignore[attr-defined]
    assert (non_dominated(table[order]) == non_dominated(table)[order]).all()


@given(tables.filter(len), st.integers(1, 12))
def test_thinning_keeps_few_distinct_rows_and_the_best_of_each_column(table: np.ndarray, most: int) -> None:
    kept = thinned(table, most)
    assert len(kept) == min(most, len(np.unique(table, axis=0)))
    assert len(np.unique(table[kept], axis=0)) == len(kept)
    if most > table.shape[1]:
        assert (table[kept].min(axis=0) == table.min(axis=0)).all()


def test_thinning_spreads_over_a_line() -> None:
    x = np.concatenate([np.linspace(0, 0.1, 50), np.linspace(0.2, 1.0, 5)])
    kept = thinned(np.column_stack([x, -x]), 6)
    assert {0, 54} <= set(kept.tolist())
    assert (x[kept] > 0.15).sum() >= 3  # though nine tenths of the rows lie below


def test_crowding_of_an_even_line_is_equal_inside() -> None:
    x = np.arange(5.0)
    assert crowding(np.column_stack([x, -x])).tolist() == [np.inf, 1.0, 1.0, 1.0, np.inf]


def test_unknown_numbers_are_refused() -> None:
    with pytest.raises(InputError, match="NaN"):
        non_dominated([[1.0, float("nan")]])
