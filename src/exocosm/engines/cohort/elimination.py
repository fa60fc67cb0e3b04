"""Which entries a sparse matrix fills when it is factorised, and in which order that fills least.

The pattern is known before any number is, so factorisation and solution become straight lines of code.  There is no
pivoting: I / (h gamma) - J is dominated by its diagonal when the step is small, and a step that is too large for the
factorisation to be accurate fails its error test and is tried again with a smaller one.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass

Place = tuple[int, int]


@dataclass(frozen=True)
class Elimination:
    """The order of the pivots, and where the nonzeros stand.

    lower[k], upper[k]: the rows below and the columns right of pivot k; left[k]: the columns left of it in its row;
    slot: where an entry of the factors is kept (of the diagonal, its reciprocal), in the order of use by a solution.
    """

    order: tuple[int, ...]
    lower: dict[int, tuple[int, ...]]
    upper: dict[int, tuple[int, ...]]
    left: dict[int, tuple[int, ...]]
    slot: dict[Place, int]

    @property
    def flops(self) -> tuple[int, int]:
        """Floating-point operations of one factorisation and of one solution."""
        pairs = sum(len(self.lower[pivot]) * (1 + 2 * len(self.upper[pivot])) + 1 for pivot in self.order)
        return pairs, 2 * len(self.slot) - len(self.order)


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
    left: dict[int, list[int]] = {pivot: [] for pivot in order}
    for pivot in order:
        for row in lower[pivot]:
            left[row].append(pivot)
    forwards = [(row, column) for row in order for column in left[row]]
    backwards = [(row, column) for row in reversed(order) for column in (*upper[row], row)]
    return Elimination(
        tuple(order), lower, upper, {row: tuple(columns) for row, columns in left.items()},
        {place: slot for slot, place in enumerate([*forwards, *backwards])},
    )  # fmt: skip
