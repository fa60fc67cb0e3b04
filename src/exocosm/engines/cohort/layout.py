"""What the driver works on, laid out: the plan of a run as arrays, the same for all threads, and lanes for each."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

import numpy as np

from exocosm.engines.cohort.shelf import borrow
from exocosm.engines.cohort.tableau import STAGES
from exocosm.engines.cohort.workspace import Workspace
from exocosm.engines.contract import Array
from exocosm.engines.plan import Function, Plan
from exocosm.engines.thresholds import moments
from exocosm.network import expression as tree

_ALIGNED = 128  # bytes: the widest vector, of 16 lanes
_RECORDS = 64  # places for events and decisions per subject, on average
_LEAST_RECORDS = 1024


@dataclass(frozen=True)
class Sizes:
    """Doubles per lane that kernels need, and how many lanes there are; of tangents, per direction."""

    lanes: int
    constants: int
    plan_constants: int
    work: int
    tangent_constants: int = 0
    tangent_plan_constants: int = 0
    tangent_work: int = 0


def shared_arrays(plan: Plan, by: Sequence[int] = ()) -> dict[str, Any]:
    """The fields of a workspace that all threads share, and the arrays that they write their results to.

    by: the places of the parameters by which derivatives are wanted.
    """
    subjects, parameters = plan.parameters.shape
    model, schedule = plan.model, plan.schedule
    times, observables = len(schedule.observe_times), len(plan.observables)
    events, resets = model.events, _resets(plan)
    outcome = _integers(subjects)
    outcome[~np.isfinite(plan.parameters).all(axis=1)] = -1  # the reference engine says what is wrong
    return {
        "subjects": subjects, "states": len(model.states), "amounts": plan.amounts, "parameters": parameters,
        "observables": observables, "times": times, "events": len(events), "doses": len(plan.planned_doses),
        "most_steps": plan.tolerances.max_steps, "relative": plan.tolerances.relative,
        "start": schedule.start, "end": schedule.end,
        "table": np.ascontiguousarray(plan.parameters).reshape(-1),
        "observe_times": np.array(schedule.observe_times, dtype=np.float64),
        "tolerance": np.append(plan.absolute, plan.tolerances.relative),
        "dose_target": _whole([dose.target for dose in plan.planned_doses]),
        "dose_duration": np.array([dose.dose.duration for dose in plan.planned_doses], dtype=np.float64),
        "dose_conditional": _whole([dose.condition is not None for dose in plan.planned_doses]),
        "once": _whole([event.once for event in events]),
        "reset_first": _whole(np.cumsum([0, *(len(one) for one in resets)])),
        "reset_state": _whole([row for one in resets for row, _ in one]),
        "reset_count": sum(map(len, resets)), "directions": len(by), "direction": _directions(by, parameters),
        "direction_parameter": _whole(list(by)), "no_direction": np.zeros(parameters), "one": np.ones(1),
        "derivatives": np.full(subjects * times * observables * len(by), np.nan),
        "queue": _integers(1), "stop": _integers(1), "outcome": outcome, "attempts": _integers(subjects),
        "missing": _integers(subjects), "values": borrow(subjects * times * observables),
        **room_for_records(_records(plan)),
        **_edges(plan),
    }  # fmt: skip


def _records(plan: Plan) -> int:
    """How many events and decisions there is room for at first."""
    has_any = plan.model.events or any(dose.condition for dose in plan.planned_doses)
    return max(_LEAST_RECORDS, _RECORDS * len(plan.parameters)) if has_any else 1


def room_for_records(capacity: int) -> dict[str, Any]:
    """The fields that hold what happened."""
    return {
        "records": _integers(1), "most_records": capacity, "record_time": np.zeros(capacity),
        **{f"record_{name}": _integers(capacity) for name in ("subject", "what", "happened")},
    }  # fmt: skip


def _directions(by: Sequence[int], parameters: int) -> Array:
    rows = np.zeros((len(by), parameters))
    rows[np.arange(len(by)), list(by)] = 1.0
    return rows.reshape(-1)


def _resets(plan: Plan) -> list[list[tuple[int, tree.Expression]]]:
    equations = plan.model.equations
    assert equations is not None
    return equations.resets


def _edges(plan: Plan) -> dict[str, Any]:
    """The times at which the integration starts anew: doses, ends of infusions, known jumps of rates, both ends.

    Where a jump depends on parameters, subjects that jump at the same times share one list.
    """
    schedule = plan.schedule
    common = {schedule.start, schedule.end, *plan.doses}
    for each in schedule.doses:
        common.update(time + each.duration for time in each.times)
    plan_of, jumps = _jumps(plan)
    numbers = {id(dose): number for number, dose in enumerate(plan.planned_doses)}
    pours: dict[tuple[float, int], int] = {}
    for time, planned in sorted(plan.doses.items()):
        for place, dose in enumerate(planned):
            if dose.dose.duration > 0.0:
                pours[time, place] = len(pours)
    edge_first, given_first = [0], [0]
    edge_time: list[float] = []
    given: list[int] = []
    given_pour: list[int] = []
    for extra in jumps:
        edges = sorted(edge for edge in common | set(extra) if schedule.start <= edge <= schedule.end)
        for edge in edges:
            for place, dose in enumerate(plan.doses.get(edge, ())):
                given.append(numbers[id(dose)])
                given_pour.append(pours.get((edge, place), -1))
            given_first.append(len(given))
        edge_time += edges
        edge_first.append(len(edge_time))
    margin = 1e-14 * max(abs(schedule.start), abs(schedule.end)) if plan.comparisons else -np.inf
    return {
        "pours": len(pours), "plan_of": plan_of, "edge_first": _whole(edge_first),
        "edge_time": np.array(edge_time, dtype=np.float64),
        "edge_margin": np.full(len(jumps), margin), "given_first": _whole(given_first), "given": _whole(given),
        "given_pour": _whole(given_pour),
    }  # fmt: skip


def _jumps(plan: Plan) -> tuple[np.ndarray, list[tuple[float, ...]]]:
    """By subject, the number of its list of jumps; and the lists."""
    subjects = len(plan.parameters)
    if plan.thresholds is None:
        return _integers(subjects), [()]
    used = comparison_parameters(plan)
    columns = [place for place, name in enumerate(plan.model.parameters) if name in used]
    unique, number = np.unique(plan.parameters[:, columns], axis=0, return_inverse=True)
    nothing = [0.0] * len(plan.model.states)
    lists: list[tuple[float, ...]] = []
    first = {int(group): subject for subject, group in reversed(list(enumerate(number.reshape(-1))))}
    for group in range(len(unique)):
        row = plan.parameters[first[group]]
        if np.isfinite(row).all():
            differences = plan.thresholds(row.tolist())
            lists.append(moments(partial(_at, differences, nothing), plan.schedule.start, plan.schedule.end))
        else:
            lists.append(())
    return np.ascontiguousarray(number.reshape(-1), dtype=np.int64), lists


def comparison_parameters(plan: Plan) -> set[str]:
    """The parameters that decide when a rate jumps in time."""
    equations = plan.model.equations
    if not plan.comparisons or equations is None:
        return set()
    used = {name for text in plan.comparisons for name in tree.symbols(equations.observable(text))}
    return used & set(plan.model.parameters)


def _at(differences: Function, state: list[float], time: float) -> list[float]:
    return differences(time, state)


def workspace(shared: Mapping[str, Any], kernels: Mapping[str, Any], sizes: Sizes) -> Workspace:
    """A workspace of one thread: the shared fields, and lanes of its own."""
    lanes, states, events = sizes.lanes, shared["states"], shared["events"]
    resets, directions, pours = shared["reset_count"], shared["directions"], shared["pours"]
    one = ("subject", "edge", "seen", "fresh", "last", "refusals", "due", "risen", "happened", "at_moment")
    real = (
        "time", "h", "length", "low", "high", "moment", "theta", "share", "mask", "error", "error_before",
        "length_before", "worst", "at", "zero",
    )  # fmt: skip
    vectors = ("y", "new", "peaks", "inflow", "slopes", "slopes_later", "slopes_before", "state")
    own: dict[str, Any] = {
        **{name: _integers(lanes) for name in one},
        **{name: _integers(events * lanes) for name in ("armed", "done")},
        "rising": _integers(events),
        **{name: _aligned(lanes) for name in real},
        **{name: _aligned(states * lanes) for name in vectors},
        "constants": _aligned(sizes.constants * lanes),
        "plan_constants": _aligned(sizes.plan_constants * lanes),
        "work": _aligned(sizes.work * lanes),
        "still": _aligned(STAGES * states * lanes),
        "trigger_values": _aligned(events * lanes),
        "before": _aligned(events),
        "reset_values": _aligned(resets),
        "observed": _aligned(shared["observables"] * lanes),
        "dosing": _aligned(2 * shared["doses"]),
        "pour_rate": _aligned(pours * lanes),
        "pour_end": _aligned(pours * lanes),
        **{
            f"tangent_{name}_size": getattr(sizes, f"tangent_{name}") * lanes
            for name in ("constants", "plan_constants", "work")
        },
        **{
            name: _aligned(directions * states * lanes)
            for name in ("tangent", "tangent_new", "tangent_state", "tangent_inflow")
        },
        "tangent_peaks": _aligned(states * lanes),
        "tangent_work": _aligned(directions * sizes.tangent_work * lanes),
        "tangent_constants": _aligned(directions * sizes.tangent_constants * lanes),
        "tangent_plan_constants": _aligned(directions * sizes.tangent_plan_constants * lanes),
        "tangent_scale": _aligned(directions * lanes),
        "tangent_pour_rate": _aligned(directions * pours * lanes),
        "tangent_observed": _aligned(shared["observables"] * lanes),
        "tangent_dosing": _aligned(directions * shared["doses"]),
        "tangent_reset_values": _aligned(directions * resets),
        "tangent_trigger_values": _aligned(events),
        "shift": _aligned(directions),
    }
    return Workspace(lanes=lanes, **kernels, **shared, **own)


def record_of(space: Workspace) -> ctypes.Array[ctypes.c_int64]:
    """The workspace as machine code reads it: 8 bytes for each field, in order: a number or an address."""
    words: list[int] = []
    for field in fields(space):
        value = getattr(space, field.name)
        if field.type == "float":
            words.append(int(np.float64(value).view(np.int64)))
        elif isinstance(value, np.ndarray):
            words.append(value.ctypes.data)
        else:
            words.append(int(value))
    return (ctypes.c_int64 * len(words))(*words)


def result_bytes(plan: Plan, directions: int = 0) -> int:
    """Memory of the recorded values and of what else grows with the number of subjects."""
    subjects, parameters = plan.parameters.shape
    recorded = len(plan.schedule.observe_times) * len(plan.observables)
    return 8 * (subjects * (recorded * (1 + directions) + parameters + 4) + 4 * _records(plan))


def _aligned(size: int) -> Array:
    raw = np.zeros(max(1, size) * 8 + _ALIGNED, dtype=np.uint8)
    offset = -raw.ctypes.data % _ALIGNED
    return raw[offset : offset + max(1, size) * 8].view(np.float64)[:size] if size else np.zeros(0)


def _integers(size: int) -> np.ndarray:
    return np.zeros(size, dtype=np.int64)


def _whole(values: Any) -> np.ndarray:
    return np.array(values, dtype=np.int64)
