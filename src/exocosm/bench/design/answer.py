"""The answer to a lab's goals: the protocols that reach them, or which goal cannot be reached, and what could be."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from exocosm.bench.design.candidates import Places, places, read_space
from exocosm.bench.design.examine import Examined, examine, order_of
from exocosm.bench.design.front import non_dominated, thinned
from exocosm.bench.design.goals import COLUMN, Bound, Goals
from exocosm.bench.design.search import Screened, Start, screen
from exocosm.bench.numbers import Numbers
from exocosm.errors import InputError

OWNED = ("rotors", "methods", "devices")
MOST_CANDIDATES = 200_000
MOST_KEPT = 25
CLOSE_KEPT = 8  # protocols that are examined where the goals cannot be reached

Progress = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]


@dataclass(frozen=True)
class Relaxed:
    """What giving way in one goal would make possible, all others kept: the value it must give way to."""

    bound: Bound
    value: float

    @property
    def factor(self) -> float:
        """By how much the goal must give way."""
        return float(self.bound.shortfall(np.array([self.value]))[0])


@dataclass(frozen=True)
class Reach:
    """Whether the goals can be reached with every value at its centre, and if not, what stands in the way.

    number: candidates that keep all goals.  relaxed: for every goal that by itself gives way to a solution, how far it
    must.  nearest: (goal, what the candidate that is nearest to all goals reaches) for the goals it misses.
    foreign: what the lab does not own (`rotors`, `methods`, `devices`) that would reach the goals, and how many would.
    """

    number: int
    relaxed: tuple[Relaxed, ...] = ()
    nearest: tuple[Relaxed, ...] = ()
    foreign: tuple[tuple[str, int], ...] = ()

    @property
    def can_be(self) -> bool:
        """Whether any candidate keeps all goals."""
        return self.number > 0


@dataclass(frozen=True, eq=False)
class Design:
    """A search: what was tried, what was found, and the best of it examined, the one to try first in front.

    front: the candidates (rows of `screened`) that none betters among those that keep the goals; without any, those
    that come closest to the goals.
    """

    goals: Goals
    screened: Screened
    reach: Reach
    front: tuple[int, ...]
    examined: tuple[Examined, ...]
    draws: int
    seed: int


def design(
    start: Start,
    goals: Goals,
    space: str | Path,
    numbers: Numbers,
    candidates: int = 20_000,
    keep: int = MOST_KEPT,
    progress: Progress = lambda title, total: nullcontext(lambda amount: None),
) -> Design:
    """Search the protocols for a sample that reach the goals, and examine the best under the ledger's draws.

    Every candidate is run with each value at its centre; those with a step outside what its method is made for are left
    out if there are others; the front of what keeps the goals, thinned to `keep`, is run
    again in every draw.  Equal seeds give equal answers.
    """
    if not 1 <= candidates <= MOST_CANDIDATES:
        raise InputError(f"1 to {MOST_CANDIDATES} candidates are tried, not {candidates}")
    ledger = numbers.ledger
    tried = read_space(space, goals, numbers)
    where = places(tried, candidates, ledger.seed)
    with progress("trying protocols", len(where)) as done:
        screened = screen(start, tried, where, goals.kind, numbers.centre(), done)
    if not screened.done.any():
        reasons = "; ".join(f"{reason} ({number} times)" for reason, number in list(screened.refused.items())[:3])
        raise InputError(f"no protocol of the design space '{tried.name}' can be done with this sample: {reasons}")
    good = goals.met(screened.values) & screened.sound
    reach = Reach(int(good.sum()))
    if not reach.can_be:
        reach = replace(
            _misses(goals, screened), foreign=_foreign(start, goals, space, numbers, candidates, progress)
        )  # fmt: skip
    front = _front(goals, screened, good, keep) if reach.can_be else _close(goals, screened, min(keep, CLOSE_KEPT))
    with progress("examining the best", ledger.draws) as done:
        examined = examine(start, tried, screened.places[front], goals, numbers, done)
    order = order_of(examined, goals)
    return Design(
        goals, screened, reach, tuple(int(front[at]) for at in order), tuple(examined[at] for at in order),
        ledger.draws, ledger.seed,
    )  # fmt: skip


def _front(goals: Goals, screened: Screened, good: NDArray[np.bool_], keep: int) -> Places:
    rows = np.flatnonzero(good)
    costs = goals.costs(screened.values[rows])
    best = non_dominated(costs)
    rows, costs = rows[best], costs[best]
    return np.asarray(rows[thinned(costs, keep)])


def _shortfalls(goals: Goals, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """[candidate, goal]: logarithm of the factor by which each goal is missed."""
    return np.log(np.column_stack([bound.shortfall(values[:, COLUMN[bound.measure.name]]) for bound in goals.bounds]))


def _close(goals: Goals, screened: Screened, keep: int) -> Places:
    """The candidates that none comes closer to the goals than, in every goal at once."""
    rows = np.flatnonzero(screened.sound)
    missed = _shortfalls(goals, screened.values[rows])
    near = np.isfinite(missed).all(axis=1)
    if near.any():
        rows, missed = rows[near], missed[near]
    # what is traded tells apart those that miss the goals equally
    missed = np.column_stack([missed, missed.max(axis=1)])
    best = non_dominated(missed)
    rows, missed = rows[best], missed[best]
    return np.asarray(rows[thinned(missed, keep)])


def _misses(goals: Goals, screened: Screened) -> Reach:
    """What stands in the way of goals that no candidate keeps."""
    values = screened.values[screened.sound]
    missed = _shortfalls(goals, values)
    relaxed = []
    for number, bound in enumerate(goals.bounds):
        others = goals.met(values, without=number) & np.isfinite(missed[:, number])
        if others.any():
            at = int(np.argmin(np.where(others, missed[:, number], np.inf)))
            relaxed.append(Relaxed(bound, float(values[at, COLUMN[bound.measure.name]])))
    at = int(np.lexsort((missed.sum(axis=1), missed.max(axis=1)))[0])
    nearest = tuple(
        Relaxed(bound, float(values[at, COLUMN[bound.measure.name]]))
        for number, bound in enumerate(goals.bounds)
        if missed[at, number] > 0
    )
    return Reach(0, tuple(sorted(relaxed, key=lambda each: each.factor)), nearest)


def _foreign(
    start: Start, goals: Goals, space: str | Path, numbers: Numbers, candidates: int, progress: Progress
) -> tuple[tuple[str, int], ...]:
    """Which of the lab's own limits (rotors, methods, devices) keeps it from the goals: each lifted by itself."""
    found = []
    for field in OWNED:
        if getattr(goals, field) is None:
            continue
        wider = replace(goals, **{field: None})  # type: ignore[arg-type]
        tried = read_space(space, wider, numbers)
        where = places(tried, candidates, numbers.ledger.seed)
        with progress(f"trying other {field}", len(where)) as done:
            others = screen(start, tried, where, goals.kind, numbers.centre(), done)
        number = int((goals.met(others.values) & others.sound).sum())
        if number:
            found.append((field, number))
    return tuple(found)
