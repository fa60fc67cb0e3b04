"""What the experimenter does, as events at times: the form that SBML can hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from exocosm.engines.contract import Dose, Schedule


@dataclass(frozen=True)
class Added:
    """An amount (expression) that is added to a species, if the condition (expression; empty: always) is true."""

    target: str
    amount: str
    condition: str


@dataclass(frozen=True)
class Switched:
    """An infusion that begins with an amount over a duration (hours), or ends (no amount)."""

    line: int  # which infusion line
    amount: str = ""
    condition: str = ""
    duration: float = 0.0


@dataclass(frozen=True)
class Moment:
    """All that is done at one time; every amount and condition is read from the state before any of it."""

    time: float
    added: tuple[Added, ...]
    switched: tuple[Switched, ...]


@dataclass(frozen=True)
class Dosing:
    """The moments of a schedule in order, and the target of every infusion line."""

    moments: tuple[Moment, ...]
    lines: tuple[str, ...]


def dosing(schedule: Schedule | None) -> Dosing:
    """A schedule as moments.  Infusions of one dose that overlap get lines of their own, others share one."""
    added: dict[float, list[Added]] = {}
    begun: dict[tuple[float, int], Switched] = {}
    ended: dict[tuple[float, int], Switched] = {}
    lines: list[str] = []
    for dose in schedule.doses if schedule is not None else ():
        if dose.duration == 0.0:
            for time in dose.times:
                added.setdefault(time, []).append(Added(dose.target, dose.amount, dose.condition))
            continue
        for time, line in _on_lines(dose, len(lines)):
            lines += [dose.target] * (line + 1 - len(lines))
            begun[time, line] = Switched(line, dose.amount, dose.condition, dose.duration)
            ended[time + dose.duration, line] = Switched(line)
    switched = {**ended, **begun}  # where one ends as the next begins, the beginning counts
    times = sorted({*added, *(time for time, _ in switched)})
    moments = [
        Moment(time, tuple(added.get(time, ())), tuple(switch for (at, _), switch in switched.items() if at == time))
        for time in times
    ]
    return Dosing(tuple(moments), tuple(lines))


def _on_lines(dose: Dose, first: int) -> Sequence[tuple[float, int]]:
    """Each time of an infusion with the first line that is free then."""
    free_from: list[float] = []
    placed = []
    for time in sorted(dose.times):
        line = next((line for line, free in enumerate(free_from) if free <= time), len(free_from))
        free_from[line:] = [time + dose.duration, *free_from[line + 1 :]]
        placed.append((time, first + line))
    return placed
