"""What cannot be bettered: the Pareto front of many candidates, thinned to a few that differ."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exocosm.errors import InputError

Flags = NDArray[np.bool_]
Places = NDArray[np.intp]


def non_dominated(costs: ArrayLike) -> Flags:
    """Which rows no other row betters: none is as small in every column and smaller in one.

    costs: [candidate, objective], smaller is better; infinities are allowed, NaN is not.  Rows that are equal in every
    column stay or go together.  Time: number of rows times size of the front.
    """
    table = _table(costs)
    stays = np.zeros(len(table), dtype=bool)
    # in the order of their sums a row can only be dominated by an earlier one, whatever the rounding of the sums
    order = np.lexsort((*table.T[::-1], np.where(np.isfinite(table), table, 0.0).sum(axis=1), _infinities(table)))
    left, rows = order, table[order]
    while left.size:
        stays[left[0]] = True
        first = rows[0]
        # what the first row leaves: better than it somewhere, or equal to it throughout
        kept = (rows < first).any(axis=1)
        equal = (rows == first).all(axis=1)
        stays[left[equal]] = True
        left, rows = left[kept], rows[kept]
    return stays


def _infinities(table: NDArray[np.float64]) -> NDArray[np.intp]:
    return np.isposinf(table).sum(axis=1) - np.isneginf(table).sum(axis=1)


def crowding(costs: ArrayLike) -> NDArray[np.float64]:
    """How far the neighbours of each row are: the summed gaps by column, as shares of the column's range.

    costs: [candidate, objective].  The ends of every column have infinite room.  After Deb's crowding distance.
    """
    table = _table(costs)
    room = np.zeros(len(table))
    for column in table.T:
        order = np.argsort(column, kind="stable")
        values = column[order]
        finite = values[np.isfinite(values)]
        width = float(finite[-1] - finite[0]) if finite.size else 0.0
        room[order[[0, -1]]] = np.inf
        if width > 0 and len(table) > 2:
            with np.errstate(invalid="ignore"):  # infinity less infinity: two rows with nothing between them
                gap = np.nan_to_num(values[2:] - values[:-2], nan=0.0, posinf=width)
            room[order[1:-1]] += gap / width
    return room


def thinned(costs: ArrayLike, most: int) -> Places:
    """The places of at most that many rows, spread over the whole: the most crowded row goes, again and again.

    Of equal rows the first stays.  The rows that are best in a column stay as long as there is room for them.
    """
    if most < 1:
        raise InputError(f"a front is thinned to 1 or more, not to {most}")
    table = _table(costs)
    _, first = np.unique(table, axis=0, return_index=True)
    places = np.sort(first)
    best = np.unique([places[np.argmin(column)] for column in table[places].T])
    while places.size > most:
        may_go = ~np.isin(places, best) | (best.size > most)
        room = np.where(may_go, crowding(table[places]), np.inf)
        # among equals the last goes, so that the order of the candidates decides and nothing else
        last_first = np.flatnonzero(may_go)[::-1]
        places = np.delete(places, last_first[np.argmin(room[last_first])])
    return places


def _table(costs: ArrayLike) -> NDArray[np.float64]:
    table = np.asarray(costs, dtype=float)
    if table.ndim != 2:
        raise InputError(f"a front needs a table of candidates by objectives, not {table.ndim} dimensions")
    if np.isnan(table).any():
        raise InputError("a front cannot be found among numbers that are not known (NaN)")
    return table
