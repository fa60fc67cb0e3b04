"""Which entries a sparse matrix fills when it is factorised, and in which order that fills least.

The pattern is known before any number is, so factorisation and solution become straight lines of code.  There is no
pivoting: I / (h gamma) - J is dominated by its diagonal when the step is small, and a step that is too large for the
factorisation to be accurate fails its error test and is tried again with a smaller one.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from exocosm.engines.cohort.instructions import Function

Place = tuple[int, int]


@dataclass(frozen=True)
class Elimination:
    """The order of the pivots, and where the nonzeros stand.

    lower[k], upper[k]: the rows below and the columns right of pivot k; left[k]: the columns left of it in its row.
    slot: where an entry of the factors is kept, in the order of use by a solution: of L as it is, of the diagonal the
    reciprocal, of U its rows over the diagonal.
    """

    order: tuple[int, ...]
    lower: dict[int, tuple[int, ...]]
    upper: dict[int, tuple[int, ...]]
    left: dict[int, tuple[int, ...]]
    slot: dict[Place, int]


def eliminate(size: int, pattern: Iterable[Place]) -> Elimination:
    """Order the pivots after Markowitz: next the one with the least (entries below) x (entries to the right).

    Source: Markowitz, Management Science 3:255 (1957); on the diagonal only, so that the order can be fixed.
    """
    columns: list[set[int]] = [set() for _ in range(size)]  # of a row, without the diagonal, among what is left
    rows: list[set[int]] = [set() for _ in range(size)]
    for row, column in pattern:
        if row != column:
            columns[row].add(column)
            rows[column].add(row)
    waiting = [(len(columns[k]) * len(rows[k]), k) for k in range(size)]
    heapq.heapify(waiting)
    order: list[int] = []
    lower: dict[int, tuple[int, ...]] = {}
    upper: dict[int, tuple[int, ...]] = {}
    while waiting:
        cost, pivot = heapq.heappop(waiting)
        if pivot in lower or cost != len(columns[pivot]) * len(rows[pivot]):
            continue  # a stale note: the pivot was taken, or its cost has changed since
        order.append(pivot)
        lower[pivot], upper[pivot] = tuple(sorted(rows[pivot])), tuple(sorted(columns[pivot]))
        for row in lower[pivot]:
            columns[row].discard(pivot)
            columns[row].update(column for column in upper[pivot] if column != row)
        for column in upper[pivot]:
            rows[column].discard(pivot)
            rows[column].update(row for row in lower[pivot] if row != column)
        for touched in {*lower[pivot], *upper[pivot]}:
            heapq.heappush(waiting, (len(columns[touched]) * len(rows[touched]), touched))
    level = dict.fromkeys(order, 0)
    for pivot in order:
        for later in (*lower[pivot], *upper[pivot]):
            level[later] = max(level[later], level[pivot] + 1)
    # pivots of one level do not need each other: side by side, the processor works on several of them at a time
    order.sort(key=level.__getitem__)
    left: dict[int, list[int]] = {pivot: [] for pivot in order}
    for pivot in order:
        for row in lower[pivot]:
            left[row].append(pivot)
    forwards = [(row, column) for row in order for column in left[row]]
    turn = {pivot: number for number, pivot in enumerate(order)}
    upper = {row: tuple(sorted(columns, key=turn.__getitem__, reverse=True)) for row, columns in upper.items()}
    backwards = [(row, column) for row in reversed(order) for column in (row, *upper[row])]
    return Elimination(
        tuple(order), lower, upper, {row: tuple(columns) for row, columns in left.items()},
        {place: slot for slot, place in enumerate([*forwards, *backwards])},
    )  # fmt: skip


def write_factors(function: Function, pattern: Elimination, entries: dict[Place, str]) -> None:
    """Factorise the matrix of these entries, and store its factors at `%factors`."""
    for pivot in pattern.order:
        reciprocal = function.divide(function.number(1.0), entries[pivot, pivot])
        function.store(reciprocal, "%factors", pattern.slot[pivot, pivot])
        for column in pattern.upper[pivot]:
            scaled = function.multiply(entries[pivot, column], reciprocal)
            function.store(scaled, "%factors", pattern.slot[pivot, column])
        for row in pattern.lower[pivot]:
            factor = function.multiply(entries[row, pivot], reciprocal)
            function.store(factor, "%factors", pattern.slot[row, pivot])
            minus = function.negate(factor)
            for column in pattern.upper[pivot]:
                upper = entries[pivot, column]
                if (row, column) in entries:
                    entries[row, column] = function.multiply_add(minus, upper, entries[row, column])
                else:
                    entries[row, column] = function.multiply(minus, upper)


def write_solution(function: Function, pattern: Elimination, right: Callable[[int], str], result: str) -> None:
    """Solve with the factors at `%factors`; right: writes one entry of the right side.  Stores at `result`.

    Row by row, so that what a row needs is near when it is written; the diagonal is taken care of before the values
    are known that a row waits for.
    """
    done: dict[int, str] = {}

    def known(pivot: int, columns: Iterable[int]) -> list[tuple[str, str]]:
        return [(function.load("%factors", pattern.slot[pivot, column]), done[column]) for column in columns]

    for pivot in pattern.order:
        done[pivot] = function.minus_products(right(pivot), known(pivot, pattern.left[pivot]))
    for pivot in reversed(pattern.order):
        scaled = function.multiply(done[pivot], function.load("%factors", pattern.slot[pivot, pivot]))
        done[pivot] = function.minus_products(scaled, known(pivot, pattern.upper[pivot]))
        function.store(done[pivot], result, pivot)
