"""The headline: time per subject on one core at equal achieved error, beside libRoadRunner and the reference engine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.cases import body_case, made_up_case
from benchmarks.errors import Point, bracket, root_mean_square, seconds_at
from benchmarks.peers import (
    Case,
    Parameters,
    Solver,
    by_cohort_engine,
    by_reference_engine,
    roadrunner_solver,
    roadrunner_version,
)
from benchmarks.records import Record, record, say

TRUTH = 1e-11
ROUGH = 1e-6  # enough to find the largest value of each state
AT = 1e-6  # the relative tolerance of libRoadRunner whose error is the common one
PROBE = 64  # subjects, to see how many fill a round
UNIT = "CPU time per subject on one core at equal error (rms, relative)"
COHORT, REFERENCE, PEER = "cohort engine", "reference engine", "libroadrunner"
TRIED = {
    COHORT: tuple(10.0 ** (-power / 2) for power in range(6, 17)),
    REFERENCE: (1e-5, 1e-6, 1e-7, 1e-8),
    PEER: (1e-5, 1e-6, 1e-7, 1e-8),
}


@dataclass(frozen=True)
class Effort:
    """How much of everything is done.

    subjects: whose errors are measured; rounds: turns of all engines; seconds: of the cohort engine in one turn;
    slow: subjects of the slow engines in one turn (0: the engine is left out).
    """

    subjects: int = 6
    rounds: int = 7
    seconds: float = 1.0
    slow: tuple[tuple[str, int], ...] = ((PEER, 4), (REFERENCE, 1))


def truth_of(case: Case, subjects: int) -> NDArray[np.float64]:
    """The solution of the first subjects by the reference engine at TRUTH; leaves the peaks of states in the case."""
    chosen = case.cut(0, subjects)
    if case.peaks is None:
        rough = by_reference_engine(replace(case, observe=case.compiled.states), chosen, ROUGH).values
        largest = np.max(np.abs(rough), axis=(0, 1))
        case.peaks = np.where(largest > 0.0, largest, 1.0)
    return by_reference_engine(case, chosen, TRUTH).values


def solvers_of(case: Case, names: Sequence[str]) -> dict[str, Solver]:
    """The engines by name."""
    makers = {
        COHORT: lambda: lambda parameters, relative: by_cohort_engine(case, parameters, relative).values,
        REFERENCE: lambda: lambda parameters, relative: by_reference_engine(case, parameters, relative).values,
        PEER: lambda: roadrunner_solver(case),
    }
    return {name: makers[name]() for name in names}


def cpu_seconds(solver: Solver, parameters: Parameters, relative: float) -> float:
    """CPU time per subject: of the process, so that no thread goes uncounted."""
    start = time.process_time()
    solver(parameters, relative)
    return (time.process_time() - start) / len(next(iter(parameters.values())))


def measured(case: Case, effort: Effort) -> dict[str, list[Point]]:
    """Engine -> points; timed are those around the errors that libRoadRunner reaches at AT and at AT / 10."""
    truth = truth_of(case, effort.subjects)
    slow = dict(effort.slow)
    solvers = solvers_of(case, [COHORT, *slow])
    chosen = case.cut(0, effort.subjects)
    points: dict[str, list[Point]] = {}
    for name, solver in solvers.items():
        points[name] = [Point(one, root_mean_square(solver(chosen, one), truth)) for one in TRIED[name]]
        say(
            f"{case.name}: errors of the {name}: "
            + ", ".join(f"{p.relative:.0e} -> {p.error:.1e}" for p in points[name])
        )
    targets = targets_of(points)
    timed = {
        name: sorted({one.relative for target in targets for one in bracket(points[name], target)}, reverse=True)
        for name in solvers
    }
    guess = cpu_seconds(solvers[COHORT], case.cut(0, PROBE), timed[COHORT][-1])
    size = int(np.clip(effort.seconds / guess, effort.subjects, case.subjects))
    seconds: dict[tuple[str, float], list[float]] = {}
    for turn in range(effort.rounds):
        for name, solver in solvers.items():
            # the slow engines go on through the cohort, some subjects in each turn
            parameters = case.cut(0, size) if name == COHORT else case.cut(turn * slow[name], (turn + 1) * slow[name])
            for relative in timed[name]:
                seconds.setdefault((name, relative), []).append(cpu_seconds(solver, parameters, relative))
        shown = ", ".join(f"{name} {row[-1] * 1e3:.2f} ms at {one:.0e}" for (name, one), row in seconds.items())
        say(f"{case.name}: round {turn + 1} of {effort.rounds}: {shown}")
    return {
        name: [
            replace(one, seconds=statistics.median(seconds[name, one.relative])) if one.relative in timed[name] else one
            for one in points[name]
        ]
        for name in solvers
    }


def targets_of(points: dict[str, list[Point]]) -> list[float]:
    """The errors at which engines are compared: libRoadRunner's at AT and at AT / 10, as far as it was run."""
    base = points[PEER] if PEER in points else points[COHORT]
    return [next(p.error for p in base if np.isclose(p.relative, relative)) for relative in (AT, AT / 10)]


def compare(case: Case, effort: Effort) -> list[Record]:
    """The records of a case: the cohort engine beside every other one."""
    points = measured(case, effort)
    target, tighter = targets_of(points)
    mine = [one for one in points[COHORT] if one.seconds == one.seconds]
    records = []
    for name in points:
        if name == COHORT:
            continue
        theirs = [one for one in points[name] if one.seconds == one.seconds]
        own, other = seconds_at(mine, target), seconds_at(theirs, target)
        records.append(
            record(
                f"cohort: {case.name}, {len(case.schedule.observe_times)} x {len(case.observe)} numbers a subject",
                roadrunner_version() if name == PEER else f"exocosm {REFERENCE}",
                other / own,
                target,
                UNIT,
                seconds=own,
                peer_seconds=other,
                peer_error=target,
                subjects=effort.subjects,
                rounds=effort.rounds,
                tolerances=rows(points[COHORT]),
                peer_tolerances=rows(points[name]),
                tighter={"error": tighter, "ratio": seconds_at(theirs, tighter) / seconds_at(mine, tighter)},
            )
        )
    return records


def rows(points: Sequence[Point]) -> list[dict[str, float | None]]:
    """Points as they are written down; no seconds: only the error was measured."""
    return [
        {"relative": one.relative, "error": one.error, "seconds": one.seconds if one.seconds == one.seconds else None}
        for one in points
    ]


def headline() -> list[Record]:
    """Both cases."""
    return [one for case in (body_case(), made_up_case()) for one in compare(case, Effort())]
