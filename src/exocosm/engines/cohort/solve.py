"""The cohort engine: many subjects at a time, by generated code, with the reference engine for what it gives up."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from exocosm.engines import reference
from exocosm.engines.cohort import driver
from exocosm.engines.cohort.layout import (
    Sizes,
    comparison_parameters,
    record_of,
    result_bytes,
    room_for_records,
    shared_arrays,
    workspace,
)
from exocosm.engines.cohort.library import driver_library, model_library, plan_library
from exocosm.engines.cohort.native import available_cores, is_available, processor
from exocosm.engines.cohort.plain import plain_kernels
from exocosm.engines.cohort.tableau import STAGES
from exocosm.engines.cohort.workspace import FINISHED, NO_ROOM
from exocosm.engines.contract import EventRecord, Schedule, Sensitivities, Solution, Status, SubjectStatus, Tolerances
from exocosm.engines.memory import require_memory
from exocosm.engines.plan import Plan, plan_run
from exocosm.engines.thresholds import state_comparisons
from exocosm.errors import SolveError, nearest
from exocosm.network.compile import Compiled, compile_model
from exocosm.network.parts import Event, Model

Progress = Callable[[int], None]  # how many subjects are done
Records = dict[int, list[EventRecord]]

_GLANCES = 0.05  # seconds between two looks at how far the threads are
_LANES = (1, 2, 4, 8, 16)
_CROSSING = "exocosm.crossing."  # names of events that stand for jumps of rates
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

    threads: how many at a time (None: one per core).  lanes: subjects per vector (None: what suits the processor).
    Neither changes a bit of the result, nor does the order of the subjects.  lanes=0: the same method in plain Python,
    slow, and equal to rounding.
    progress: called now and then with the number of subjects done.
    Errors: SolveError with everything that is wrong with what was asked, or where memory does not suffice; a subject
    that fails is a status.  Where no code can be generated, the reference engine does all the work.
    """
    plan = _planned(model, parameters, schedule, tolerances, observe, threads, lanes)
    if not _has_equations(plan) or (lanes != 0 and not is_available()):
        return reference.solve_planned(plan)
    shared = shared_arrays(plan)
    if lanes == 0:
        kernels, constants, plan_constants, work = plain_kernels(plan)
        unused = dict.fromkeys(_OF_TANGENTS + _OF_TANGENT_PLAN)
        sizes = Sizes(1, constants, plan_constants, work)

        def run() -> None:
            with np.errstate(all="ignore"):
                driver.run(workspace(shared, {**kernels, **unused}, sizes))
    else:
        run = partial(_run_native, plan, shared, lanes, threads, progress)
    return _solution(plan, shared, _run_all(plan, shared, run))


def sensitivities(
    model: Compiled | Model,
    parameters: Mapping[str, ArrayLike],
    schedule: Schedule,
    tolerances: Tolerances = Tolerances(),  # noqa: B008  (frozen)
    *,
    by: Sequence[str],
    observe: Sequence[str] | None = None,
    threads: int | None = None,
    lanes: int | None = None,
    progress: Progress | None = None,
) -> Sensitivities:
    """Observables of every subject over time, and their derivatives by parameters: forward sensitivities.

    dS/dt = f_y S + f_p beside dy/dt = f, in the same steps, under the same relative tolerance (absolute: that of the
    state over the size of the parameter).  Doses, infusions and events are followed; at an event the derivative jumps
    with the derivative of its time.  by: names of parameters; all else as in `solve`.
    Not followed: the condition of a dose; what several events do that rise together for different reasons, and an
    event that only touches its threshold (NaN from such a subject).
    Errors: SolveError as in `solve`; also for a parameter that sets the time at which a rate jumps, and where no code
    can be generated.
    """
    compiled = _with_crossings(model if isinstance(model, Compiled) else compile_model(model))
    plan = _planned(compiled, parameters, schedule, tolerances, observe, threads, lanes, by)
    if lanes == 0 or not (_has_equations(plan) and is_available()):
        raise SolveError("sensitivities need generated code: a model with states, llvmlite, and lanes other than 0")
    places = [plan.model.parameters.index(name) for name in by]
    shared = shared_arrays(plan, places)
    records = _run_all(plan, shared, partial(_run_native, plan, shared, lanes, threads, progress))
    solution = _solution(plan, shared, records)
    solution = replace(solution, events=tuple(one for one in solution.events if not one.name.startswith(_CROSSING)))
    derivatives = shared["derivatives"].reshape(*solution.values.shape, len(by))
    derivatives[shared["outcome"] != FINISHED] = np.nan
    return Sensitivities(solution, tuple(by), derivatives)


def _with_crossings(model: Compiled) -> Compiled:
    """The model with an event without consequences wherever a rate may jump with the states.

    Derivatives jump there too; the engine stops at events, and follows them.
    """
    events = []
    for number, difference in enumerate(state_comparisons(model)):
        events += [
            Event(f"{_CROSSING}{number}.up", f"{difference} > 0"),
            Event(f"{_CROSSING}{number}.down", f"{difference} < 0"),
        ]
    if not events:
        return model
    return compile_model(replace(model.model, events=(*model.model.events, *events)))


def _planned(
    model: Compiled | Model,
    parameters: Mapping[str, ArrayLike],
    schedule: Schedule,
    tolerances: Tolerances,
    observe: Sequence[str] | None,
    threads: int | None,
    lanes: int | None,
    by: Sequence[str] = (),
) -> Plan:
    """What was asked for, checked; raises SolveError."""
    compiled = model if isinstance(model, Compiled) else compile_model(model)
    plan = plan_run(compiled, parameters, schedule, tolerances, observe)
    if lanes is not None and lanes != 0 and lanes not in _LANES:
        raise SolveError(f"lanes is {lanes}; it is one of {', '.join(map(str, _LANES))}, or None")
    if threads is not None and threads < 1:
        raise SolveError(f"threads is {threads}; give 1 or more, or None for one per core")
    problems = [
        f"there is no parameter '{name}' in the model; {nearest(name, compiled.parameters)}"
        for name in by
        if name not in compiled.parameters
    ]
    problems += [
        f"parameter '{name}' sets the time at which a rate jumps; the derivative by it is not followed"
        for name in by
        if name in comparison_parameters(plan)
    ]
    if isinstance(by, str) or len(set(by)) < len(by):
        problems = ["`by` is a list of different names of parameters"]
    if problems:
        raise SolveError("; ".join(problems))
    subjects = len(plan.parameters)
    require_memory(result_bytes(plan, len(by)), f"{subjects:,} subjects of model '{compiled.model.name}'")
    return plan


def _has_equations(plan: Plan) -> bool:
    return bool(plan.model.states) and plan.model.equations is not None


def _run_all(plan: Plan, shared: dict[str, Any], run: Callable[[], None]) -> Records:
    """Run, and run again with more room those for whose events there was none; gives what happened, by subject."""
    records: Records = {}
    while True:
        run()
        _collect(plan, shared, records)
        crowded = np.flatnonzero(shared["outcome"] == NO_ROOM)
        if not len(crowded):
            return records
        shared["outcome"][crowded] = shared["attempts"][crowded] = shared["missing"][crowded] = shared["queue"][0] = 0
        capacity = 4 * int(shared["most_records"])
        require_memory(32 * capacity, f"the events of {len(crowded):,} subjects of model '{plan.model.model.name}'")
        shared.update(room_for_records(capacity))


def _run_native(
    plan: Plan,
    shared: Mapping[str, Any],
    lanes: int | None,
    threads: int | None,
    progress: Progress | None,
) -> None:
    lanes = lanes or processor().lanes
    threads = min(threads or available_cores(), max(1, len(plan.parameters)))
    with_tangents = bool(shared["directions"])
    model = model_library(plan.model, lanes, bool(shared["pours"]), with_tangents)
    asked = plan_library(plan, lanes, with_tangents)
    kernels = {name: model.address(name) for name in _OF_MODEL} | {name: asked.address(name) for name in _OF_PLAN}
    for library, names in ((model, _OF_TANGENTS), (asked, _OF_TANGENT_PLAN)):
        kernels.update({name: library.address(name) if with_tangents else 0 for name in names})
    sizes = Sizes(
        lanes,
        model.facts["constants"],
        asked.facts["constants"],
        model.facts["work"],
        model.facts["tangent_constants"],
        asked.facts["tangent_constants"],
        model.facts["tangent_work"],
    )
    spaces = [workspace(shared, kernels, sizes) for _ in range(threads)]
    records = [record_of(space) for space in spaces]
    run = driver_library().function("run")
    finished = [threading.Event() for _ in records]

    def work(record: Any, done: threading.Event) -> None:
        try:
            run(record)
        finally:
            done.set()

    crew = [threading.Thread(target=work, args=each, daemon=True) for each in zip(records, finished, strict=True)]
    started: list[threading.Event] = []
    try:
        for member, done in zip(crew, finished, strict=True):
            started.append(done)
            try:
                member.start()
            except RuntimeError:  # no thread to be had
                done.set()
                raise
        for done in finished:
            # not `join`: interrupted by a signal, it takes a running thread for an ended one (Python up to 3.12)
            while not done.wait(_GLANCES):
                if progress is not None:
                    progress(int(np.count_nonzero(shared["outcome"])))
    except BaseException:
        shared["stop"][0] = 1
        while not all(done.is_set() for done in started):
            with contextlib.suppress(KeyboardInterrupt):  # memory stays until nobody writes to it any more
                for done in started:
                    done.wait()
        raise
    if progress is not None:
        progress(int(np.count_nonzero(shared["outcome"])))


_OF_MODEL = ("prepare", "slope", "step", "between", "commit", "triggers", "resets")
_OF_PLAN = ("prepare_plan", "observe", "give")
_OF_TANGENTS = ("prepare_tangent", "tangent_step", "tangent_triggers", "tangent_resets")
_OF_TANGENT_PLAN = ("prepare_tangent_plan", "tangent_observe", "tangent_give")


def _solution(plan: Plan, shared: Mapping[str, Any], events: Records) -> Solution:
    """The results of the driver, with the subjects that it gave up solved by the reference engine."""
    outcome = shared["outcome"]
    values = shared["values"].reshape(len(outcome), len(plan.schedule.observe_times), len(plan.observables))
    statuses = [_FINISHED] * len(outcome)
    steps = (shared["attempts"] * STAGES).tolist()
    for subject in np.flatnonzero(outcome != FINISHED).tolist():
        one = reference.solve_subject(plan, subject)
        values[subject], statuses[subject] = one.values, one.status
        steps[subject] += one.evaluations
        events[subject] = list(one.events)
    for subject in np.flatnonzero((shared["missing"] == 1) & (outcome == FINISHED)).tolist():
        statuses[subject] = reference.missing_values(plan, values[subject])
    return Solution(
        times=np.array(plan.schedule.observe_times, dtype=np.float64),
        observables=plan.observables,
        values=values,
        statuses=tuple(statuses),
        events=tuple(record for subject in sorted(events) for record in events[subject]),
        steps=tuple(steps),
    )


def _collect(plan: Plan, shared: Mapping[str, Any], records: Records) -> None:
    """Add what happened to each subject that finished in this turn, in order."""
    count = min(int(shared["records"][0]), int(shared["most_records"]))
    names = [event.name for event in plan.model.events]
    doses = [planned.dose.name for planned in plan.planned_doses]
    columns = [shared[f"record_{name}"][:count].tolist() for name in ("subject", "what", "time", "happened")]
    for subject, what, moment, happened in zip(*columns, strict=True):
        if shared["outcome"][subject] == FINISHED:
            name = names[what] if what >= 0 else doses[-1 - what]
            records.setdefault(subject, []).append(EventRecord(subject, name, moment, bool(happened)))
