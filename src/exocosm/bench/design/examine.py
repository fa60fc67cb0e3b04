"""A few candidates looked at closely: under many draws of what is not known, and what moves each of them most."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from exocosm.bench.design.candidates import Places, Space, Tried
from exocosm.bench.design.front import non_dominated
from exocosm.bench.design.goals import COLUMN, MEASURES, Bound, Goals
from exocosm.bench.design.search import Start, screen, steps_of
from exocosm.bench.influence import Influence, ranked
from exocosm.bench.numbers import Ledger, Numbers, Question
from exocosm.bench.protocol import Protocol
from exocosm.errors import InputError
from exocosm.evidence.pin import Pin

LEAST_DRAWS = 2


@dataclass(frozen=True, eq=False)
class Examined:
    """One candidate under all draws.

    centre: [measure].  draws: [draw, measure], NaN where it could not be done.  chance: share of the draws that keep
    all goals; chance_of: of every goal.  robust: share of the draws in which none of the others betters it.
    judged_by: the measure whose fate is explained; influences: which values move it, the strongest first.  pins: every
    value it rests on.
    """

    place: tuple[int, ...]
    label: str
    steps: tuple[Tried, ...]
    centre: NDArray[np.float64]
    draws: NDArray[np.float64]
    chance: float
    chance_of: tuple[float, ...]
    robust: float
    judged_by: str
    influences: tuple[Influence, ...]
    pins: tuple[Pin, ...]

    @property
    def protocol(self) -> Protocol:
        """The candidate as a protocol."""
        return Protocol("designed", tuple(tried.step for tried in self.steps), self.label)

    def value(self, measure: str) -> float:
        """A measure at the centre of all values."""
        return float(self.centre[COLUMN[measure]])

    def interval(self, measure: str) -> tuple[float, float]:
        """The central 95 % of a measure over the draws; raises InputError for a measure that is not known."""
        if measure not in COLUMN:
            raise InputError(f"there is no measure '{measure}'; known: {', '.join(MEASURES)}")
        return interval(self.draws[:, COLUMN[measure]])


def interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """The central 95 % of values, of those that are known; (nan, nan) if none is."""
    known = np.sort(values[~np.isnan(values)])
    if not known.size:
        return float("nan"), float("nan")
    # whole order statistics: between a number and infinity nothing can be interpolated
    low, high = np.floor(0.025 * (known.size - 1)), np.ceil(0.975 * (known.size - 1))
    return float(known[int(low)]), float(known[int(high)])


def examine(
    start: Start,
    space: Space,
    places: Places,
    goals: Goals,
    numbers: Numbers,
    done: Callable[[int], None] | None = None,
) -> tuple[Examined, ...]:
    """Candidates under every draw of the numbers' ledger, in the order of `places`.

    All candidates meet the same draws, so that differences between them are theirs.
    """
    ledger = numbers.ledger
    if ledger.draws < LEAST_DRAWS:
        raise InputError(f"candidates are examined over {LEAST_DRAWS} draws or more, not {ledger.draws}")
    centre = screen(start, space, places, goals.kind, numbers.centre()).values
    drawn = np.empty((ledger.draws, len(places), len(MEASURES)))
    for draw in range(ledger.draws):
        drawn[draw] = screen(start, space, places, goals.kind, numbers.drawn(draw)).values
        if done is not None:
            done(1)
    stays = robust(goals, drawn)
    found = []
    for number, place in enumerate(places.tolist()):
        values = drawn[:, number]
        chance_of = tuple(float(np.mean(_kept(bound, values))) for bound in goals.bounds)
        judged_by = _judged_by(goals, chance_of)
        asked = _Asked(ledger)
        steps = steps_of(start, space, place, Numbers(replace(ledger, pins=asked)))
        found.append(
            Examined(
                place=tuple(place),
                label=space.label(place),
                steps=steps,
                centre=centre[number],
                draws=values,
                chance=float(np.mean(goals.met(values))),
                chance_of=chance_of,
                robust=float(stays[number]),
                judged_by=judged_by,
                influences=ranked(ledger, values[:, COLUMN[judged_by]], asked.used.values()),
                pins=tuple(asked.used.values()),
            )
        )
    return tuple(found)


class _Asked(dict[Question, Pin]):
    """The pins of a ledger, and which of them are asked for."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger.pins)
        self.used: dict[Question, Pin] = {}

    def __getitem__(self, question: Question) -> Pin:
        pin = self.used[question] = super().__getitem__(question)
        return pin


def _kept(bound: Bound, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    return bound.met(values[:, COLUMN[bound.measure.name]])  # what could not be done (NaN) keeps nothing


def _judged_by(goals: Goals, chance_of: Sequence[float]) -> str:
    """The goal that fails most often; if none does, the first of what is traded."""
    if chance_of and min(chance_of) < 1:
        return goals.bounds[int(np.argmin(chance_of))].measure.name
    return goals.objectives[0]


def robust(goals: Goals, drawn: NDArray[np.float64]) -> NDArray[np.float64]:
    """[draw, candidate, measure] -> share of the draws in which a candidate is on the front of all of them."""
    count = np.zeros(drawn.shape[1])
    for values in drawn:
        could = ~np.isnan(values[:, 0])
        on_front = np.zeros(len(values), dtype=bool)
        on_front[could] = non_dominated(goals.costs(values[could]))
        count += on_front
    return count / len(drawn)


def order_of(examined: Sequence[Examined], goals: Goals) -> list[int]:
    """The examined candidates as one would try them: by their chance, then by how robust they are, then by yield."""
    return sorted(
        range(len(examined)),
        key=lambda at: (-examined[at].chance, -round(examined[at].robust, 2), *goals.costs(examined[at].centre)),
    )
