"""The cohort engine: many subjects at a time, by generated code, with the reference engine for what it gives up."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from exocosm.engines import reference
from exocosm.engines.cohort import driver
from exocosm.engines.cohort.library import driver_library, model_library, plan_library
from exocosm.engines.cohort.native import Library, is_available, processor
from exocosm.engines.cohort.plain import plain_kernels
from exocosm.engines.cohort.workspace import Sizes, record_of, result_bytes, shared_arrays, workspace
from exocosm.engines.contract import EventRecord, Schedule, Solution, Status, SubjectStatus, Tolerances
from exocosm.engines.memory import require_memory
from exocosm.engines.plan import Plan, plan_run
from exocosm.errors import SolveError
from exocosm.network.compile import Compiled, compile_model
from exocosm.network.parts import Model

Progress = Callable[[int], None]  # how many subjects are done

_GLANCES = 0.05  # seconds between two looks at how far the threads are
_LANES = (1, 2, 4, 8, 16)
_FINISHED = SubjectStatus(Status.FINISHED)


def solve(
    model: Compiled | Model,
    parameters: Mapping[str, ArrayLike],
    schedule: Schedule,
    tolerances: Tolerances = Tolerances(),  # noqa: B008  (frozen)
    *,
    observe: Sequence[str] | None = None,
    threads: int | None = None,
    lanes: int | None = None,
    progress: Progress | None = None,
) -> Solution:
    """Observables of every subject over time, as `engines.reference.solve`, for many subjects at once.

    threads: how many at a time (None: one per core).  lanes: subjects per vector (None: what suits the processor;
    0: the plain Python form).  Neither changes a bit of the result, nor does the order of the subjects.
    progress: called now and then with the number of subjects done.
    Errors: SolveError with everything that is wrong with what was asked, or where memory does not suffice; a subject
    that fails is a status.  Where no code can be generated, the reference engine does all the work.
    """
    compiled = model if isinstance(model, Compiled) else compile_model(model)
    plan = plan_run(compiled, parameters, schedule, tolerances, observe)
    if lanes is not None and lanes != 0 and lanes not in _LANES:
        raise SolveError(f"lanes is {lanes}; it is one of {', '.join(map(str, _LANES))}, or None")
    if threads is not None and threads < 1:
        raise SolveError(f"threads is {threads}; give 1 or more, or None for one per core")
    subjects = len(plan.parameters)
    require_memory(result_bytes(plan), f"{subjects:,} subjects of model '{compiled.model.name}'")
    if not compiled.states or compiled.equations is None or (lanes != 0 and not is_available()):
        return reference.solve_planned(plan)
    shared = shared_arrays(plan)
    if lanes == 0:
        kernels, constants, plan_constants, work = plain_kernels(plan)
        with np.errstate(all="ignore"):
            driver.run(workspace(shared, kernels, Sizes(1, constants, plan_constants, work)))
    else:
        count = min(threads or _cores(), max(1, subjects))
        _run_native(plan, shared, lanes or processor().lanes, count, progress)
    return _solution(plan, shared)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


def _run_native(
    plan: Plan, shared: Mapping[str, np.ndarray], lanes: int, threads: int, progress: Progress | None
) -> None:
    model, asked = model_library(plan.model, lanes), plan_library(plan, lanes)
    kernels = {**_addresses(model, _OF_MODEL), **_addresses(asked, _OF_PLAN)}
    sizes = Sizes(lanes, model.facts["constants"], asked.facts["constants"], model.facts["work"])
    spaces = [workspace(shared, kernels, sizes) for _ in range(threads)]
    records = [record_of(space) for space in spaces]
    run = driver_library().function("run")
    crew = [threading.Thread(target=run, args=(record,), daemon=True) for record in records]
    for member in crew:
        member.start()
    try:
        for member in crew:
            while member.is_alive():
                member.join(_GLANCES)
                if progress is not None:
                    progress(min(int(shared["queue"][0]), len(plan.parameters)))
    except BaseException:
        shared["stop"][0] = 1
        for member in crew:
            member.join()
        raise


_OF_MODEL = ("prepare", "slope", "step", "between", "commit", "triggers", "resets")
_OF_PLAN = ("prepare_plan", "observe", "give")


def _addresses(library: Library, names: Sequence[str]) -> dict[str, int]:
    return {name: library.address(name) for name in names}


def _solution(plan: Plan, shared: Mapping[str, np.ndarray]) -> Solution:
    """The results of the driver, with the subjects that it gave up solved by the reference engine."""
    outcome = shared["outcome"]
    values = shared["values"].reshape(len(outcome), len(plan.schedule.observe_times), len(plan.observables))
    statuses = [_FINISHED] * len(outcome)
    steps = (shared["attempts"] * 8).tolist()
    events = _records(plan, shared)
    for subject in np.flatnonzero(outcome != driver.FINISHED).tolist():
        one = reference.solve_subject(plan, subject)
        values[subject], statuses[subject] = one.values, one.status
        steps[subject] += one.evaluations
        events[subject] = list(one.events)
    for subject in np.flatnonzero((shared["missing"] == 1) & (outcome == driver.FINISHED)).tolist():
        statuses[subject] = reference.missing_values(plan, values[subject])
    return Solution(
        times=np.array(plan.schedule.observe_times, dtype=np.float64),
        observables=plan.observables,
        values=values,
        statuses=tuple(statuses),
        events=tuple(record for subject in sorted(events) for record in events[subject]),
        steps=tuple(steps),
    )


def _records(plan: Plan, shared: Mapping[str, np.ndarray]) -> dict[int, list[EventRecord]]:
    """What happened to each subject that finished, in order."""
    found: dict[int, list[EventRecord]] = {}
    count = min(int(shared["records"][0]), int(shared["most_records"]))
    names = [event.name for event in plan.model.events]
    doses = [planned.dose.name for planned in plan.planned_doses]
    columns = [shared[f"record_{name}"][:count].tolist() for name in ("subject", "what", "time", "happened")]
    for subject, what, moment, happened in zip(*columns, strict=True):
        if shared["outcome"][subject] == driver.FINISHED:
            name = names[what] if what >= 0 else doses[-1 - what]
            found.setdefault(subject, []).append(EventRecord(subject, name, moment, bool(happened)))
    return found
