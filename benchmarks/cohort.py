"""The headline: time per subject on one core at equal achieved error, beside libRoadRunner and the reference engine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
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
    peaks_of,
    roadrunner_solver,
    roadrunner_version,
)
from benchmarks.records import Record, record, say

TRUTH = 1e-11
ROUGH = 1e-6  # enough to find the largest value of each state
PROBE = 64  # subjects, to see how many fill a round
UNIT = "CPU time per subject on one core at equal error (rms, relative)"
COHORT, REFERENCE, PEER = "cohort engine", "reference engine", "libroadrunner"
TRIED = {
    COHORT: tuple(10.0 ** (-power / 2) for power in range(6, 17)),
    REFERENCE: (1e-5, 1e-6, 1e-7, 1e-8),
}


@dataclass(frozen=True)
class Effort:
    """How much of everything is done.

    subjects: whose errors are measured; rounds: turns of all engines; seconds: of the cohort engine in one turn;
    slow: engines beside it, and how many of their subjects in one turn; at: tolerances of libRoadRunner whose errors
    are the common ones.
    """

    subjects: int = 6
    rounds: int = 7
    seconds: float = 1.0
    slow: tuple[tuple[str, int], ...] = ((PEER, 4), (REFERENCE, 1))
    at: tuple[float, ...] = (1e-6, 1e-7)


def truth_of(case: Case, subjects: int) -> NDArray[np.float64]:
    """The solution of the first subjects by the reference engine at TRUTH; leaves the peaks of states in the case."""
    chosen = case.cut(0, subjects)
    if case.peaks is None:
        case.peaks = peaks_of(by_reference_engine(case, chosen, ROUGH).values)
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


def errors_of(case: Case, effort: Effort, solvers: Mapping[str, Solver]) -> dict[str, list[Point]]:
    """Engine -> tolerance and achieved error, not timed."""
    truth = truth_of(case, effort.subjects)
    chosen = case.cut(0, effort.subjects)
    points: dict[str, list[Point]] = {}
    for name, solver in solvers.items():
        tried = TRIED.get(name, effort.at)
        points[name] = [Point(one, root_mean_square(solver(chosen, one), truth)) for one in tried]
        shown = ", ".join(f"{point.relative:.0e} -> {point.error:.1e}" for point in points[name])
        say(f"{case.name}: errors of the {name}: {shown}")
    return points


def timed(
    case: Case, effort: Effort, solvers: Mapping[str, Solver], points: Mapping[str, list[Point]]
) -> list[dict[str, list[Point]]]:
    """Round by round, engine -> the points around the errors of libRoadRunner, with their times."""
    errors = [one.error for one in points[PEER]]
    chosen = {name: {one for error in errors for one in bracket(points[name], error)} for name in solvers}
    tightest = min(one.relative for one in chosen[COHORT])
    guess = cpu_seconds(solvers[COHORT], case.cut(0, PROBE), tightest)
    size = int(np.clip(effort.seconds / guess, effort.subjects, case.subjects))
    slow = dict(effort.slow)
    turns = []
    for turn in range(effort.rounds):
        found: dict[str, list[Point]] = {}
        for name, solver in solvers.items():
            # the slow engines go on through the cohort, some subjects in each turn
            parameters = case.cut(0, size) if name == COHORT else case.cut(turn * slow[name], (turn + 1) * slow[name])
            found[name] = [
                replace(one, seconds=cpu_seconds(solver, parameters, one.relative))
                for one in sorted(chosen[name], key=lambda point: -point.relative)
            ]
        turns.append(found)
        shown = "; ".join(
            f"{name} {', '.join(f'{one.seconds * 1e3:.2f} ms at {one.relative:.0e}' for one in row)}"
            for name, row in found.items()
        )
        say(f"{case.name}: round {turn + 1} of {effort.rounds}, {size} subjects: {shown}")
    return turns


def compare(case: Case, effort: Effort) -> list[Record]:
    """The records of a case: the cohort engine beside every other one."""
    names = [COHORT, *(name for name, _ in effort.slow)]
    solvers = solvers_of(case, names)
    tried = errors_of(case, effort, solvers)
    turns = timed(case, effort, solvers, tried)
    errors = [one.error for one in tried[PEER]]
    medians = {
        name: [
            replace(rounds[0], seconds=statistics.median(one.seconds for one in rounds))
            for rounds in zip(*(turn[name] for turn in turns), strict=True)
        ]
        for name in names
    }
    return [
        record(
            f"cohort: {case.name}, {len(case.schedule.observe_times)} x {len(case.observe)} numbers a subject",
            roadrunner_version() if name == PEER else f"exocosm {REFERENCE}",
            seconds_at(medians[name], errors[0]) / seconds_at(medians[COHORT], errors[0]),
            errors[0],
            UNIT,
            seconds=seconds_at(medians[COHORT], errors[0]),
            peer_seconds=seconds_at(medians[name], errors[0]),
            peer_error=errors[0],
            ratio_of_rounds=[seconds_at(one[name], errors[0]) / seconds_at(one[COHORT], errors[0]) for one in turns],
            ratio_at_errors=[
                {"error": error, "ratio": seconds_at(medians[name], error) / seconds_at(medians[COHORT], error)}
                for error in errors
            ],
            subjects=effort.subjects,
            rounds=effort.rounds,
            tolerances=rows(tried[COHORT], medians[COHORT]),
            peer_tolerances=rows(tried[name], medians[name]),
        )
        for name in names[1:]
    ]


def rows(tried: Sequence[Point], timed: Sequence[Point]) -> list[dict[str, float]]:
    """Points as they are written down: tolerance, error, and seconds where it was timed."""
    seconds = {one.relative: {"seconds": one.seconds} for one in timed}
    return [{"relative": one.relative, "error": one.error, **seconds.get(one.relative, {})} for one in tried]


def headline() -> list[Record]:
    """Both cases."""
    return [one for case in (body_case(), made_up_case()) for one in compare(case, Effort())]
