"""The reference engine beside libRoadRunner, one subject, at equal achieved error.

Both engines solve the same model (libRoadRunner by way of the exported SBML) with the same numbers, doses and times of
recording.  For each, the loosest relative tolerance is found whose largest error stays below TARGET; the error of a
state is relative to its own largest value, and the truth is a solution of the reference engine at TRUTH.  The two are
then run in turns, so that whatever else the machine does meets both.  Compiling and loading are not timed.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np

from benchmarks.cases import EXAMPLES
from benchmarks.peers import roadrunner, roadrunner_version
from benchmarks.records import Record, record
from exocosm.engines.contract import Schedule, Status, Tolerances
from exocosm.engines.reference import solve
from exocosm.exchange import to_sbml
from exocosm.exchange.identifiers import identifier
from exocosm.network.compile import Compiled, compile_model
from exocosm.study.load import load
from exocosm.study.resolve import resolve
from exocosm.workflow.sampling import central, sampling_of

CASES = (("doxorubicin_carriers.yaml", "exosomal"), ("from_papers/varga2005.yaml", ""))
TARGET = 1e-4
TRUTH = 1e-11
RELATIVE = tuple(10.0**-power for power in range(3, 11))
SMALLEST_SHARE = 1e-3  # absolute tolerance: this share of the relative one, times the largest value in the same unit
SECONDS = 6.0  # for the turns of one case
MOST_TURNS = 200

Run = Callable[[float], np.ndarray]  # relative tolerance -> (time, state)


def ours(model: Compiled, values: dict[str, float], schedule: Schedule, largest: dict[str, float]) -> Run:
    """The reference engine on a compiled model."""

    def run(relative: float) -> np.ndarray:
        absolute = {unit: relative * SMALLEST_SHARE * top for unit, top in largest.items()}
        solution = solve(model, values, schedule, Tolerances(relative, absolute), observe=model.states)
        assert solution.statuses[0].status is Status.FINISHED, solution.statuses[0]
        return np.asarray(solution.values[0])

    return run


def peers(model: Compiled, values: dict[str, float], schedule: Schedule, largest: dict[str, float]) -> Run:
    """LibRoadRunner (CVODE, compiled to machine code) on the exported model."""
    runner = roadrunner().RoadRunner(to_sbml(model.model, values, schedule))
    species = set(runner.model.getFloatingSpeciesIds())
    runner.timeCourseSelections = ["time", *(identifier(name) for name in model.states)]
    times = list(schedule.observe_times)

    def run(relative: float) -> np.ndarray:
        runner.resetAll()
        runner.integrator.setValue("relative_tolerance", relative)
        runner.integrator.setValue("maximum_num_steps", 1_000_000)
        runner.integrator.setValue("absolute_tolerance", relative * SMALLEST_SHARE * min(largest.values()))
        for name, unit in zip(model.states, model.state_units, strict=True):
            if identifier(name) in species:
                tolerance = relative * SMALLEST_SHARE * largest[unit]
                runner.integrator.setIndividualTolerance(identifier(name), tolerance)
        return np.array(runner.simulate(times=times))[:, 1:]

    return run


def loosest(run: Run, truth: np.ndarray) -> tuple[float, float]:
    """The loosest relative tolerance whose error is below TARGET, and that error."""
    largest = np.max(np.abs(truth), axis=0)
    scale = np.where(largest > 0, largest, 1.0)
    for relative in RELATIVE:
        error = float(np.max(np.abs(run(relative) - truth) / scale))
        if error <= TARGET:
            return relative, error
    raise SystemExit(f"no tolerance reaches an error of {TARGET}; the last was {error:.2g}")


def seconds_of(run: Run, relative: float) -> float:
    """Wall time of one solution."""
    start = time.perf_counter()
    run(relative)
    return time.perf_counter() - start


def compare(file: str, arm_name: str) -> Record:
    """One case: both engines at equal error, in turns."""
    study = resolve(load(EXAMPLES / file))
    arm = next(arm for arm in study.arms if arm_name in ("", arm.name))
    values = {name: float(value[0]) for name, value in central(sampling_of(study), arm.name).items()}
    model = compile_model(arm.model)
    exact = solve(model, values, arm.schedule, Tolerances(TRUTH, {}, 1e-9), observe=model.states)
    truth = np.asarray(exact.values[0])
    assert exact.statuses[0].status is Status.FINISHED, exact.statuses[0]
    peaks = dict.fromkeys(model.state_units, 0.0)
    for unit, top in zip(model.state_units, np.max(np.abs(truth), axis=0), strict=True):
        peaks[unit] = max(peaks[unit], float(top))
    largest = {unit: top or 1.0 for unit, top in peaks.items()}
    mine = ours(model, values, arm.schedule, largest)
    theirs = peers(model, values, arm.schedule, largest)
    (my_tolerance, my_error), (peer_tolerance, peer_error) = loosest(mine, truth), loosest(theirs, truth)
    pairs: list[tuple[float, float]] = []
    end = time.perf_counter() + SECONDS
    while len(pairs) < 3 or (time.perf_counter() < end and len(pairs) < MOST_TURNS):
        pairs.append((seconds_of(mine, my_tolerance), seconds_of(theirs, peer_tolerance)))
    return record(
        f"{study.name}, arm {arm.name}: {len(model.states)} states, {len(arm.model.processes)} processes",
        roadrunner_version(),
        statistics.median(peer / own for own, peer in pairs),
        my_error,
        "wall time of one subject with the reference engine at equal error (largest, relative to the peak)",
        seconds=statistics.median(own for own, _ in pairs),
        peer_seconds=statistics.median(peer for _, peer in pairs),
        peer_error=peer_error,
        relative_tolerance=my_tolerance,
        peer_relative_tolerance=peer_tolerance,
        rounds=len(pairs),
    )


def single() -> list[Record]:
    """Both cases."""
    return [compare(file, arm) for file, arm in CASES]
