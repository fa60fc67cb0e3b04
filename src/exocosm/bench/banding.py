"""Particles on their way through a density gradient: where their bands are after a time, and how wide.

The gradient stands still while particles move, so that speed is a function of place alone: times are integrals over
place, exact between nodes where speed is linear, also up to the place where a particle no longer sinks nor rises.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
TINY = 1e-300  # mm/min and its square: below every speed, above every rounding error of zero


def diffused(amount: Array, spread_mm: float, length_mm: float) -> Array:
    """A profile in equal cells after diffusion with walls at both ends; what there is stays the same.

    `spread_mm`: sqrt(2 D t).  amount: by cell, of any unit.
    """
    modes = _cosines(amount.size)
    decay = np.exp(-0.5 * np.square(np.arange(amount.size) * (np.pi * spread_mm / length_mm)))
    return np.asarray(modes.T @ (decay * (modes @ amount)))


@lru_cache(maxsize=8)
def _cosines(cells: int) -> Array:
    """The orthonormal cosines that diffusion between walls leaves in shape, [mode, cell]."""
    place = (np.arange(cells) + 0.5) / cells
    modes = np.cos(np.pi * np.outer(np.arange(cells), place)) * np.sqrt(2.0 / cells)
    modes[0] /= np.sqrt(2.0)
    return np.asarray(modes)


def carried(
    nodes: Array, speed: Array, diffusion: Array, start: Array, minutes: float, variance: float = 0.0
) -> tuple[Array, Array]:
    """Where bands end and their variances, by the moments of a narrow band in a speed that depends on place.

    dr/dt = v(r);  d variance/dt = 2 D(r) + 2 v'(r) variance, with variance given at the start.  v is linear between
    nodes, D taken as the mean of two nodes between them.  A band that reaches an end of the nodes stays there.
    nodes: mm, [node], rising.  speed: mm/min, [parcel, node].  diffusion: mm2/min, [parcel, node].  start: mm, [start].
    -> position mm, variance mm2, both [parcel, start].
    Valid for: bands narrow against the way over which v' changes; the exact answer where v is linear.
    """
    begin = np.searchsorted(nodes, start, side="right") - 1
    begin = np.clip(begin, 0, nodes.size - 2)
    share = (start - nodes[begin]) / (nodes[begin + 1] - nodes[begin])
    first = speed[:, begin] + (speed[:, begin + 1] - speed[:, begin]) * share
    position = np.repeat(start[None, :], len(speed), axis=0)
    width = np.full(position.shape, variance)
    out, back = (first >= 0).any(axis=1), (first < 0).any(axis=1)
    if out.any():
        position[out], width[out] = _outward(
            nodes, speed[out], diffusion[out], start, begin, first[out], minutes, variance
        )
    if back.any():
        turned, turned_width = _outward(
            -nodes[::-1],
            -speed[back][:, ::-1],
            diffusion[back][:, ::-1],
            -start,
            nodes.size - 2 - begin,
            -first[back],
            minutes,
            variance,
        )
        inward = first[back] < 0
        position[back] = np.where(inward, -turned, position[back])
        width[back] = np.where(inward, turned_width, width[back])
    return position, width


def _outward(
    nodes: Array,
    speed: Array,
    diffusion: Array,
    start: Array,
    begin: NDArray[np.intp],
    first: Array,
    minutes: float,
    variance: float,
) -> tuple[Array, Array]:
    """`carried` for the bands that move towards larger radii; the others are as if they stood still."""
    parcels, last = speed.shape[0], nodes.size - 1
    rows = np.arange(parcels)[:, None]
    step = np.diff(nodes)
    spreading = 0.5 * (diffusion[:, :-1] + diffusion[:, 1:])
    v0, v1 = speed[:, :-1], speed[:, 1:]
    open_cell = (v0 > TINY) & (v1 > TINY)
    safe0, safe1 = np.where(open_cell, v0, 1.0), np.where(open_cell, v1, 1.0)
    cell_time = np.where(open_cell, step * _over_log_mean(safe0, safe1), 0.0)
    # integral of dr / v^3 in a cell with linear v
    cell_growth = np.where(open_cell, step * (safe0 + safe1) * (0.5 * spreading) / (safe0 * safe1) ** 2, 0.0)
    time_to = np.zeros(speed.shape)
    np.cumsum(cell_time, axis=1, out=time_to[:, 1:])
    growth_to = np.zeros(speed.shape)
    np.cumsum(cell_growth, axis=1, out=growth_to[:, 1:])
    # the first node from each cell on behind which nothing is carried on
    closed = np.where(open_cell, last, np.arange(last))
    barrier = np.minimum.accumulate(closed[:, ::-1], axis=1)[:, ::-1]

    moving = first > TINY
    v_start = np.where(moving, first, 1.0)
    to_node = nodes[begin + 1] - start
    v_next = speed[:, begin + 1]
    leaves = moving & (v_next > TINY)
    v_safe = np.where(leaves, v_next, 1.0)
    until = np.where(leaves, to_node * _over_log_mean(v_start, v_safe), np.inf)
    gone = until < minutes
    budget = np.where(gone, minutes - np.where(gone, until, 0.0), 0.0)
    target = time_to[:, begin + 1] + budget
    # all rows are searched at once, each lifted above the one before
    lift = (time_to[:, -1].max() + 1.0) * rows
    sought = np.minimum(target, time_to[:, -1:]) + lift
    reached = np.searchsorted((time_to + lift).ravel(), sought.ravel(), side="right").reshape(sought.shape)
    reached -= rows * nodes.size + 1
    limit = barrier[:, np.minimum(begin + 1, last - 1)]
    limit = np.where(begin + 1 >= last, last, limit)
    node = np.clip(reached, begin + 1, limit)

    # the last stretch starts from a node, or from the start itself
    left = np.where(gone, np.maximum(target - time_to[rows, node], 0.0), minutes)
    origin = np.where(gone, nodes[node], start)
    v_origin = np.where(gone, speed[rows, node], np.where(moving, first, 0.0))
    cell = np.where(gone, np.minimum(node, last - 1), begin)
    slope = (speed[rows, cell + 1] - speed[rows, cell]) / step[cell]
    grown = slope * left
    at_end = gone & (node >= last)
    position = origin + np.where(at_end, 0.0, v_origin * left * _expm1_ratio(grown))
    position = np.minimum(position, nodes[-1])
    passed = variance / v_start**2
    with_partial = passed + to_node * (v_start + v_safe) * spreading[:, begin] / (v_start * v_safe) ** 2
    with_partial = with_partial + 2.0 * (growth_to[rows, node] - growth_to[:, begin + 1])
    entered = np.where(gone, with_partial * v_origin**2, variance)
    shrink = np.exp(np.clip(2.0 * grown, -700.0, 50.0))
    width = entered * shrink + 2.0 * spreading[rows, cell] * left * _expm1_ratio(2.0 * grown)
    return position, np.where(at_end, entered, width)


def _over_log_mean(first: Array, second: Array) -> Array:
    """ln(second / first) / (second - first), 1 / their mean where they are alike; both above zero."""
    ratio = second / first - 1.0
    close = np.abs(ratio) < 1e-6
    return np.asarray(np.where(close, 1.0 - 0.5 * ratio, np.log1p(ratio) / np.where(close, 1.0, ratio)) / first)


def _expm1_ratio(x: Array) -> Array:
    """(exp(x) - 1) / x, 1 at zero; x is cut at 50, where a band has left every tube."""
    cut = np.clip(x, -1e300, 50.0)
    close = np.abs(cut) < 1e-8
    return np.asarray(np.where(close, 1.0 + 0.5 * cut, np.expm1(cut) / np.where(close, 1.0, cut)))
