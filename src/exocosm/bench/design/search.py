"""Trying many candidates: each one's measures at given numbers, with common first steps done once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from exocosm.bench.design.candidates import Choice, Places, Space, Tried
from exocosm.bench.design.goals import MEASURES, measured
from exocosm.bench.isolation.registry import Outcome, find_method
from exocosm.bench.numbers import Numbers
from exocosm.bench.specimen import Specimen, count_by_kind, protein_by_kind
from exocosm.errors import InputError
from exocosm.vesicles.population import scale

Start = Callable[[Numbers], Specimen]
_NUMBER_OF_REASONS = 8


@dataclass(frozen=True, eq=False)
class Screened:
    """What was tried.  places: [candidate, stage]; values: [candidate, measure], NaN where it cannot be done.

    warned: [candidate], a step is outside what its method is made for.  refused: reason -> number of candidates that
    cannot be done for it, the most frequent first.
    """

    space: Space
    places: Places
    values: NDArray[np.float64]
    warned: NDArray[np.bool_]
    refused: Mapping[str, int]

    @cached_property
    def done(self) -> NDArray[np.bool_]:
        """Which candidates can be done."""
        return ~np.isnan(self.values[:, 0])

    @cached_property
    def sound(self) -> NDArray[np.bool_]:
        """Which candidates are judged: those without a warning, or if there are none, all that can be done."""
        without = self.done & ~self.warned
        return without if without.any() else self.done


@dataclass(frozen=True, eq=False)
class _State:
    """What stands on the bench after some steps."""

    specimen: Specimen
    minutes: float
    hands_on: float
    cost: float
    steps: tuple[Tried, ...]
    warned: bool


def screen(
    start: Start, space: Space, places: Places, kind: str, numbers: Numbers, done: Callable[[int], None] | None = None
) -> Screened:
    """The measures of candidates at one set of numbers.

    Candidates that follow one another share the states of the stages they have in common.  A step that cannot be done
    (InputError) ends every candidate that goes through it, and is counted with its reason.
    """
    values = np.full((len(places), len(MEASURES)), np.nan)
    warned = np.zeros(len(places), dtype=bool)
    reasons: Counter[str] = Counter()
    walk = _Walk(start(numbers), space, numbers)
    had = count_by_kind(walk.whole.population)
    unsaid = 0
    for row, place in enumerate(places.tolist()):
        state = walk.to(place)
        if isinstance(state, str):
            reasons[state] += 1
        else:
            population, warned[row] = state.specimen.population, state.warned
            values[row] = measured(
                had, count_by_kind(population), sum(protein_by_kind(population).values()), kind,
                state.specimen.volume_ml, state.minutes, state.hands_on, state.cost,
            )  # fmt: skip
        unsaid += 1
        if done is not None and unsaid == 500:
            done(unsaid)
            unsaid = 0
    if done is not None and unsaid:
        done(unsaid)
    return Screened(space, places, values, warned, dict(reasons.most_common(_NUMBER_OF_REASONS)))


def steps_of(start: Start, space: Space, place: Sequence[int], numbers: Numbers) -> tuple[Tried, ...]:
    """The steps of one candidate as they can be done; raises InputError if they cannot."""
    state = _Walk(start(numbers), space, numbers).to(list(place))
    if isinstance(state, str):
        raise InputError(state)
    return state.steps


class _Walk:
    """Goes from candidate to candidate, and does again only what differs from the one before."""

    def __init__(self, whole: Specimen, space: Space, numbers: Numbers) -> None:
        self.whole, self.space, self.numbers = whole, space, numbers
        self.place: list[int] = []
        self.states: list[_State | str] = []

    def to(self, place: list[int]) -> _State | str:
        """The state at the end of a candidate, or why it cannot be done."""
        common = 0
        for here, there in zip(self.place, place, strict=False):
            if here != there:
                break
            common += 1
        del self.states[common:]
        for stage in range(len(self.states), len(place)):
            self.states.append(self._next(stage, place[stage]))
        self.place = place
        return self.states[-1]

    def _next(self, stage: int, at: int) -> _State | str:
        if stage == 0:
            share = self.space.shares[at]
            part = self.whole
            if share != 1:
                part = part.with_(population=scale(part.population, share), volume_ml=part.volume_ml * share)
            return _State(part, 0.0, 0.0, 0.0, (), False)
        state = self.states[-1]
        if isinstance(state, str):
            return state
        return self._through(state, self.space.stages[stage - 1].choices[at])

    def _through(self, state: _State, choice: Choice) -> _State | str:
        for alternatives in choice.steps:
            done: tuple[Tried, Outcome] | None = None
            reason = ""
            for tried in alternatives:
                step = tried.step
                try:
                    outcome = find_method(step.method).run(state.specimen, step.settings, self.numbers)
                except InputError as problem:
                    reason = reason or f"{step.method}: {problem}"
                    continue
                done = done or (tried, outcome)
                if not outcome.warnings:
                    done = (tried, outcome)
                    break
            if done is None:
                return reason
            tried, outcome = done
            cost = sum(used.number * self._price(used.item) for used in outcome.consumables)
            state = _State(
                outcome.product,
                state.minutes + outcome.minutes,
                state.hands_on + outcome.hands_on_minutes,
                state.cost + cost,
                (*state.steps, tried),
                state.warned or bool(outcome.warnings),
            )
        return state

    def _price(self, item: str) -> float:
        return self.numbers("price", "euro", device=item)
