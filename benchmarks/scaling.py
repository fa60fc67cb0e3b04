"""What lanes and threads bring, and how far the engine is from what one core can multiply and add."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmarks.cases import made_up_case
from benchmarks.cohort import truth_of
from benchmarks.errors import root_mean_square
from benchmarks.flops import fused_multiply_adds_per_second
from benchmarks.peers import Case, by_cohort_engine
from benchmarks.records import Record, record, say
from exocosm.engines import cohort

RELATIVE = 1e-5  # near the error that libRoadRunner reaches at 1e-6
LANES = (1, 2, 4, 8)
ROUNDS = 5
TRUE_SUBJECTS = 4
EVALUATIONS_PER_STEP = 8  # Solution.steps counts evaluations of the rates


@dataclass(frozen=True)
class Spent:
    """CPU seconds of the process per subject, median of the turns; (CPU, wall) of each turn."""

    cpu: float
    turns: tuple[tuple[float, float], ...]


def in_turns(case: Case, subjects: int, settings: list[dict[str, int]], rounds: int = ROUNDS) -> list[Spent]:
    """The cohort engine with different settings, one after the other in every round."""
    parameters = case.cut(0, subjects)
    runs = [partial(by_cohort_engine, case, parameters, RELATIVE, **setting) for setting in settings]
    for setting in settings:  # compile
        by_cohort_engine(case, case.cut(0, 1), RELATIVE, **setting)
    turns: list[list[tuple[float, float]]] = [[] for _ in settings]
    for turn in range(rounds):
        for place, run in enumerate(runs):
            wall, cpu = time.perf_counter(), time.process_time()
            run()
            turns[place].append(
                ((time.process_time() - cpu) / subjects, (time.perf_counter() - wall) / subjects),
            )
        shown = ", ".join(f"{setting} {one[-1][0] * 1e3:.3f} ms" for setting, one in zip(settings, turns, strict=True))
        say(f"{case.name}: round {turn + 1} of {rounds}: {shown}")
    return [Spent(statistics.median(cpu for cpu, _ in one), tuple(one)) for one in turns]


def subjects_for(case: Case, seconds: float, **settings: int) -> int:
    """How many subjects keep the engine busy for so long (at most the cohort)."""
    by_cohort_engine(case, case.cut(0, 1), RELATIVE, **settings)
    probe = min(64, case.subjects)
    start = time.perf_counter()
    by_cohort_engine(case, case.cut(0, probe), RELATIVE, **settings)
    return int(np.clip(seconds * probe / (time.perf_counter() - start), 2, case.subjects))


def lanes() -> list[Record]:
    """Subjects in the lanes of a vector: one lane beside several."""
    case = made_up_case(subjects=512)
    truth = truth_of(case, TRUE_SUBJECTS)
    subjects = subjects_for(case, 1.5, lanes=1)
    spent = in_turns(case, subjects, [{"lanes": one} for one in LANES])
    records = []
    for count, own in zip(LANES[1:], spent[1:], strict=True):
        values = by_cohort_engine(case, case.cut(0, TRUE_SUBJECTS), RELATIVE, lanes=count).values
        records.append(
            record(
                f"cohort: {case.name}, {count} lanes",
                "exocosm cohort engine, one lane",
                spent[0].cpu / own.cpu,
                root_mean_square(values, truth),
                "CPU time per subject on one core at one tolerance",
                seconds=own.cpu,
                peer_seconds=spent[0].cpu,
                relative_tolerance=RELATIVE,
                subjects=subjects,
                rounds=ROUNDS,
            )
        )
    return records


def threads() -> list[Record]:
    """Two threads beside one: the same work in less time."""
    case = made_up_case(subjects=4096, observations=50)
    truth = truth_of(case, TRUE_SUBJECTS)
    subjects = subjects_for(case, 3.5, threads=1)
    one, two = in_turns(case, subjects, [{"threads": 1}, {"threads": 2}])
    chosen = case.cut(0, TRUE_SUBJECTS)
    alone, together = (by_cohort_engine(case, chosen, RELATIVE, threads=count).values for count in (1, 2))
    assert np.array_equal(alone, together), "two threads give other numbers than one"
    single, double = max(zip(one.turns, two.turns, strict=True), key=lambda turn: turn[0][1] / turn[1][1])
    return [
        record(
            f"cohort: {case.name}, two threads",
            "exocosm cohort engine, one thread",
            single[1] / double[1],
            root_mean_square(together, truth),
            "wall time of a cohort, best of the rounds",
            cpu_ratio=statistics.median(b[0] / a[0] for a, b in zip(one.turns, two.turns, strict=True)),
            seconds=double[1],
            peer_seconds=single[1],
            relative_tolerance=RELATIVE,
            subjects=subjects,
            rounds=ROUNDS,
        )
    ]


def limit() -> list[Record]:
    """The time of one attempted step beside the time that its operations would take at the full rate of one core."""
    if not hasattr(cohort, "work"):
        say("left out: exocosm.engines.cohort has no function `work` that counts operations")
        return []
    case = made_up_case(subjects=512)
    truth = truth_of(case, TRUE_SUBJECTS)
    subjects = subjects_for(case, 1.0)
    (own,) = in_turns(case, subjects, [{}])
    solution = by_cohort_engine(case, case.cut(0, subjects), RELATIVE)
    steps = sum(solution.steps) / EVALUATIONS_PER_STEP / subjects
    work = cohort.work(case.compiled)
    rate = 2.0 * fused_multiply_adds_per_second()
    least = work["flops_per_step"] * steps / rate
    return [
        record(
            f"cohort: {case.name}, distance from the arithmetic limit",
            "multiply-add loop on one core",
            least / own.cpu,
            root_mean_square(solution.values[:TRUE_SUBJECTS], truth),
            "share of the measured peak rate of one core (1: the limit)",
            seconds=own.cpu,
            peer_seconds=least,
            gigaflops=rate / 1e9,
            attempted_steps=steps,
            operations={key: value for key, value in work.items() if isinstance(value, int | float)},
            relative_tolerance=RELATIVE,
            subjects=subjects,
            rounds=ROUNDS,
        )
    ]
