"""What a run needs, checked and put in order before the first subject: tolerances, parameters, doses, observables."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exocosm.engines.contract import Dose, Schedule, Tolerances
from exocosm.engines.thresholds import time_comparisons
from exocosm.errors import ExocosmError, SolveError, nearest
from exocosm.network.compile import Compiled, Vector
from exocosm.units import canonical_unit, factor

Array = NDArray[np.float64]
Expression = Callable[[float, Vector, Vector], float]
Function = Callable[[float, list[float]], list[float]]

_MOST_DOSES = 100_000


@dataclass(frozen=True)
class PlannedDose:
    """A dose with its expressions compiled and its target as a place in the state."""

    dose: Dose
    target: int
    amount: Expression
    condition: Expression | None


@dataclass(frozen=True)
class Plan:
    """A checked run: everything that is the same for all subjects.

    absolute: tolerance per state; parameters: (subject, parameter); flat: where the Jacobian's values stand;
    observer: parameters -> one function (t, y) -> values of all observables; thresholds: as it, for what breaks rates,
    which `comparisons` gives as text.
    """

    model: Compiled
    schedule: Schedule
    tolerances: Tolerances
    absolute: Array
    parameters: Array
    planned_doses: tuple[PlannedDose, ...]  # in the order of the schedule
    doses: Mapping[float, tuple[PlannedDose, ...]]  # by time, in the order of the schedule
    observables: tuple[str, ...]
    observer: Callable[[Vector], Function]
    thresholds: Callable[[Vector], Function] | None
    comparisons: tuple[str, ...]
    flat: NDArray[np.intp]
    amounts: int  # how many of the states are amounts (they stand first)


def plan_run(
    model: Compiled,
    parameters: Mapping[str, ArrayLike],
    schedule: Schedule,
    tolerances: Tolerances,
    observe: Sequence[str] | None,
) -> Plan:
    """Check what was asked for and prepare it; raises SolveError with everything that is wrong."""
    problems: list[str] = []
    problems += _schedule_problems(schedule)
    table = _parameter_table(model, parameters, problems)
    absolute = _absolute_tolerances(model, tolerances, problems)
    planned_doses = [_planned(model, dose, problems) for dose in schedule.doses]
    observables = tuple(dict.fromkeys(observe if observe is not None else (model.model.outputs or model.states)))
    observer = _observer(model, observables, problems)
    if problems:
        listed = "\n".join(f"  {number}. {problem}" for number, problem in enumerate(problems, 1))
        raise SolveError(f"model '{model.model.name}' cannot be run as asked:\n{listed}")
    assert observer is not None
    doses = tuple(filter(None, planned_doses))
    due: dict[float, list[PlannedDose]] = {}
    for planned in doses:
        for time in planned.dose.times:
            due.setdefault(time, []).append(planned)
    size = len(model.states)
    comparisons = time_comparisons(model)
    return Plan(
        model=model,
        schedule=schedule,
        tolerances=tolerances,
        absolute=absolute,
        parameters=table,
        planned_doses=doses,
        doses={time: tuple(planned) for time, planned in due.items()},
        observables=observables,
        observer=observer,
        thresholds=model.observer(comparisons) if comparisons else None,
        comparisons=comparisons,
        flat=np.array([row * size + column for row, column in model.jacobian_pattern], dtype=np.intp),
        amounts=len(model.model.species),
    )


def _schedule_problems(schedule: Schedule) -> list[str]:
    start, end, times = schedule.start, schedule.end, schedule.observe_times
    if not (math.isfinite(start) and math.isfinite(end) and start <= end):
        return [f"the schedule goes from {start} h to {end} h; it must go forward between finite times"]
    problems = []
    outside = [time for time in times if not start <= time <= end]
    if outside:
        problems.append(f"observation time {outside[0]} h is not within the schedule ({start} h to {end} h)")
    if any(not later > earlier for earlier, later in pairwise(times)):
        problems.append("observation times must increase, each one once")
    if sum(len(dose.times) for dose in schedule.doses) > _MOST_DOSES:
        problems.append(
            f"there are more than {_MOST_DOSES:,} doses; give a long repetition as an infusion or a process"
        )
    for dose in schedule.doses:
        outside = [time for time in dose.times if not start <= time <= end]
        if outside:
            problems.append(f"dose '{dose.name}' at {outside[0]} h is not within the schedule ({start} h to {end} h)")
        if not (math.isfinite(dose.duration) and dose.duration >= 0.0):
            problems.append(f"dose '{dose.name}' has a duration of {dose.duration} h; 0 is a bolus, more an infusion")
    return problems


def _parameter_table(model: Compiled, parameters: Mapping[str, ArrayLike], problems: list[str]) -> Array:
    given: dict[str, Array] = {name: np.asarray(value) for name, value in model.constants.items()}
    for name, value in parameters.items():
        if name not in model.parameters:
            problems.append(f"there is no parameter '{name}' in the model; {nearest(name, model.parameters)}")
            continue
        array = np.asarray(value)
        if array.dtype.kind not in "iuf" or array.ndim > 1:
            problems.append(f"parameter '{name}' must be a number or one number per subject, not {value!r:.60}")
        else:
            given[name] = array.astype(np.float64)
    for name in model.parameters:
        if name not in given and name not in parameters:
            unit = next(part.unit for part in model.model.parameters if part.name == name)
            similar = [other for other in parameters if other not in model.parameters]
            hint = f" ({nearest(name, similar)})" if similar else ""
            problems.append(f"parameter '{name}' ({unit or 'no unit'}) has no value; give it in canonical units{hint}")
    sizes = {name: len(array) for name, array in given.items() if array.ndim == 1}
    if len(set(sizes.values())) > 1:
        shown = ", ".join(f"'{name}' has {size}" for name, size in list(sizes.items())[:6])
        problems.append(f"all parameters that differ between subjects need one value per subject: {shown}")
    if problems:
        return np.empty((0, 0))
    subjects = next(iter(sizes.values()), 1)
    table = np.empty((subjects, len(model.parameters)))
    for place, name in enumerate(model.parameters):
        table[:, place] = given[name]
    return table


def _absolute_tolerances(model: Compiled, tolerances: Tolerances, problems: list[str]) -> Array:
    by_unit: dict[str, float] = {}
    for unit, tolerance in tolerances.absolute.items():
        try:
            by_unit[canonical_unit(unit)] = tolerance * factor(unit)
        except ExocosmError as problem:
            problems.append(f"absolute tolerance of '{unit}': {problem}")
    chosen = [
        own if own is not None else by_unit.get(unit, tolerances.default_absolute)
        for own, unit in zip(model.absolute_tolerances, model.state_units, strict=True)
    ]
    wrong = [
        f"{value} for '{name}'" for name, value in zip(model.states, chosen, strict=True) if not 0 < value < math.inf
    ]
    if wrong:
        problems.append(f"absolute tolerances must be positive and finite, not {', '.join(wrong[:5])}")
    if not 1e-14 <= tolerances.relative <= 1e-2:
        problems.append(f"the relative tolerance must lie between 1e-14 and 1e-2, not {tolerances.relative}")
    if tolerances.max_steps < 1:
        problems.append(f"the solver needs at least one step, not {tolerances.max_steps}")
    return np.array(chosen, dtype=np.float64)


def _planned(model: Compiled, dose: Dose, problems: list[str]) -> PlannedDose | None:
    species = [part.name for part in model.model.species]
    count = len(problems)
    if dose.target not in species:
        if dose.target in model.states:
            problems.append(
                f"dose '{dose.name}' goes to '{dose.target}', which is a variable; only amounts can be dosed"
            )
        else:
            hint = nearest(dose.target, species)
            problems.append(f"dose '{dose.name}' goes to '{dose.target}', which is no species of the model; {hint}")
    amount = _expression(model, dose.amount, f"amount of dose '{dose.name}'", problems)
    condition = (
        _expression(model, dose.condition, f"condition of dose '{dose.name}'", problems) if dose.condition else None
    )
    if len(problems) > count or amount is None:
        return None
    return PlannedDose(dose, species.index(dose.target), amount, condition)


def _expression(model: Compiled, text: str, where: str, problems: list[str]) -> Expression | None:
    try:
        return model.expression(text)
    except ExocosmError as problem:
        problems.append(f"{where}: {problem}")
        return None


def _observer(model: Compiled, texts: Sequence[str], problems: list[str]) -> Callable[[Vector], Function] | None:
    count = len(problems)
    for text in texts:
        _expression(model, text, f"observable '{text}'", problems)
    return None if len(problems) > count else model.observer(texts)
