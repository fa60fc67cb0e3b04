"""The reference engine: one subject after the other, with CVODE, plainly and exactly.

It stays as the oracle of every faster engine.  The run of a subject is cut into smooth stretches at doses, infusion
edges and known jumps of rates in time; within a stretch the integrator stops where an event's condition turns true.
Without scikit-sundae, and as second opinion where CVODE gives up, SciPy's Radau takes the stretch.

Two turns of a condition within one internal step of the integrator (true and false again) can go unnoticed, as in all
root finders.  Events that turn true at one moment all read the state before any of them; later ones in the model win.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exocosm.engines.blame import blame, process_to_blame
from exocosm.engines.contract import EventRecord, Schedule, Solution, Status, SubjectStatus, Tolerances
from exocosm.engines.integrators import (
    Integrator,
    Stretch,
    System,
    cvode_is_installed,
    same_time,
    with_cvode,
    with_radau,
)
from exocosm.engines.limits import CASCADE, MOMENT, MOST_EVENTS, NEGATIVE
from exocosm.engines.plan import Plan, PlannedDose, plan_run
from exocosm.engines.thresholds import moments
from exocosm.network.compile import Compiled, compile_model
from exocosm.network.parts import Model

Array = NDArray[np.float64]

_EVALUATIONS_PER_STEP = 4  # more than a converging step ever needs
_FINISHED = SubjectStatus(Status.FINISHED)


def solve(
    model: Compiled | Model,
    parameters: Mapping[str, ArrayLike],
    schedule: Schedule,
    tolerances: Tolerances = Tolerances(),  # noqa: B008  (frozen)
    *,
    observe: Sequence[str] | None = None,
) -> Solution:
    """Observables of every subject over time.

    dy/dt = rates, with doses, infusions and events of the schedule and the model.
    parameters: a canonical float, or one per subject, for every parameter (those set in the model may be left out).
    observe: expressions of the model (default: its outputs, else all states).
    Shapes: see Solution; `steps` counts evaluations of the rates.
    Errors: SolveError with everything that is wrong with what was asked; a subject that fails is a status.
    """
    compiled = model if isinstance(model, Compiled) else compile_model(model)
    plan = plan_run(compiled, parameters, schedule, tolerances, observe)
    return solve_planned(plan)


def solve_planned(plan: Plan) -> Solution:
    """The same for a run that has been checked and prepared."""
    runs = [solve_subject(plan, subject) for subject in range(len(plan.parameters))]
    shape = (len(runs), len(plan.schedule.observe_times), len(plan.observables))
    return Solution(
        times=np.array(plan.schedule.observe_times, dtype=np.float64),
        observables=plan.observables,
        values=np.array([run.values for run in runs], dtype=np.float64).reshape(shape),
        statuses=tuple(run.status for run in runs),
        events=tuple(record for run in runs for record in run.events),
        steps=tuple(run.evaluations for run in runs),
    )


def solve_subject(plan: Plan, subject: int) -> Run:
    """One subject, run to its end: values (time, observable), status, events and evaluations of the rates."""
    run = Run(plan, subject)
    run.go()
    return run


def missing_values(plan: Plan, values: Array) -> SubjectStatus:
    """An observable such as 0/0 has no value though the run is sound: say so beside the NaN."""
    missing = np.argwhere(~np.isfinite(values))
    if not len(missing):
        return _FINISHED
    time, name = plan.schedule.observe_times[missing[0][0]], plan.observables[missing[0][1]]
    return SubjectStatus(Status.FINISHED, f"observable '{name}' has no finite value at {time:.6g} h")


class _FailedError(Exception):
    """The run of a subject cannot go on; carries its status."""

    def __init__(self, message: str, time: float, state: str = "", process: str = "") -> None:
        super().__init__(message)
        self.status = SubjectStatus(Status.FAILED, message, time, state, process)


class Run:
    """One subject on its way through the schedule."""

    def __init__(self, plan: Plan, subject: int) -> None:
        self.plan, self.subject = plan, subject
        self.p: list[float] = plan.parameters[subject].tolist()
        self.times = np.array(plan.schedule.observe_times, dtype=np.float64)
        self.values: Array = np.full((len(self.times), len(plan.observables)), np.nan)
        self.seen = 0  # observation times done
        self.events: list[EventRecord] = []
        self.evaluations = 0
        self.status = _FINISHED
        self.time = plan.schedule.start
        self.state: list[float] = []
        self.peaks = np.zeros(len(plan.model.states))
        self.infusions: list[tuple[float, int, float]] = []  # end, state, amount per hour
        self.moment, self.at_moment = -math.inf, 0

    def go(self) -> None:
        """Run to the end of the schedule or to a failure; fills values, status, events and evaluations."""
        try:
            self._start()
            edges = self._edges()
            for edge, following in zip(edges, [*edges[1:], None], strict=True):
                self.time = edge
                self._dose(edge)
                self._settle(self._newly_true())
                self._observe_now()
                if following is not None:
                    self._travel(edge, following)
        except _FailedError as failure:
            self.status = failure.status
        else:
            self.status = missing_values(self.plan, self.values)

    def _start(self) -> None:
        plan, model = self.plan, self.plan.model
        for name, value in zip(model.parameters, self.p, strict=True):
            if not math.isfinite(value):
                raise _FailedError(f"parameter '{name}' is {value}; it must be a finite number", self.time)
        self.bound = model.bind(self.p)
        self.observed = plan.observer(self.p)
        self.state = model.initial(self.p)
        for name, value in zip(model.states, self.state, strict=True):
            if not math.isfinite(value):
                message = f"the initial value of '{name}' is {value}; it must be a finite number"
                raise _FailedError(message, self.time, name)
        self._remember(np.array(self.state))
        self._refuse_negative(self.time, self.state)
        # an event that is true already at the start waits until it has been false
        self.armed = [not value > 0.0 for value in self._triggers()]
        self.done = [False] * len(model.events)

    def _edges(self) -> list[float]:
        """Times at which the integration starts anew: doses, ends of infusions, known jumps of rates, both ends."""
        schedule = self.plan.schedule
        edges = {schedule.start, schedule.end, *self.plan.doses}
        for dose in schedule.doses:
            edges.update(time + dose.duration for time in dose.times)
        if self.plan.thresholds is not None:
            differences = self.plan.thresholds(self.p)
            nothing = [0.0] * len(self.state)
            edges.update(moments(lambda t: differences(t, nothing), schedule.start, schedule.end))
        return sorted(edge for edge in edges if schedule.start <= edge <= schedule.end)

    def _dose(self, time: float) -> None:
        """Give what is due; all conditions and amounts are read from the state before any dose of this moment."""
        self.infusions = [one for one in self.infusions if one[0] > time]
        before = list(self.state)
        for planned in self.plan.doses.get(time, ()):
            dose = planned.dose
            if planned.condition is not None:
                happens = bool(planned.condition(time, before, self.p))
                self.events.append(EventRecord(self.subject, dose.name, time, happens))
                if not happens:
                    continue
            amount = self._amount(planned, time, before)
            if dose.duration > 0.0:
                self.infusions.append((time + dose.duration, planned.target, amount / dose.duration))
            else:
                self.state[planned.target] += amount
        self._remember(np.array(self.state))

    def _amount(self, planned: PlannedDose, time: float, state: list[float]) -> float:
        dose = planned.dose
        amount = planned.amount(time, state, self.p)
        if not (math.isfinite(amount) and amount >= 0.0):
            message = f"the amount of dose '{dose.name}' is {amount}; it must be finite and not negative"
            raise _FailedError(message, time, dose.target)
        return amount

    def _travel(self, start: float, end: float) -> None:
        """Integrate from one edge to the next, with the events on the way."""
        margin = -math.inf
        if self.plan.thresholds is not None:  # wide enough for the rounding of where a rate jumps
            schedule = self.plan.schedule
            margin = min(1e-14 * max(abs(schedule.start), abs(schedule.end)), 0.01 * (end - start))
        while not same_time(self.time, end):
            inside = [time for time in self.times[self.seen :] if time < end and not same_time(time, end)]
            stretch = self._integrate(np.array(inside), end, start + margin, end - margin)
            for place, state in enumerate(stretch.states):
                self._refuse_negative(inside[place], state.tolist())
                self._remember(state)
                self._observe(inside[place], state.tolist())
            self.time, self.state = stretch.time, stretch.state.tolist()
            self._refuse_negative(self.time, self.state)
            if stretch.problem:
                self._give_up(stretch)
            self._remember(stretch.state)
            if self.plan.model.events:
                self._rearm(stretch.risen)
            if stretch.risen:
                self._settle(list(stretch.risen))
                self._observe_now()
        self.time = end

    def _integrate(self, outputs: Array, end: float, lowest: float, highest: float) -> Stretch:
        plan = self.plan
        if not self.state:
            return Stretch(np.empty((len(outputs), 0)), end, np.empty(0))
        watched = tuple(place for place, done in enumerate(self.done) if not done)
        allowed = _EVALUATIONS_PER_STEP * plan.tolerances.max_steps
        best: Stretch | None = None
        for integrate in _integrators():
            system = System(
                rhs=self.bound.rhs,
                jacobian=self.bound.jacobian,
                flat=plan.flat,
                relative=plan.tolerances.relative,
                absolute=plan.absolute,
                max_steps=plan.tolerances.max_steps,
                budget=allowed - self.evaluations if best is None else allowed,
                added=tuple((state, rate) for _, state, rate in self.infusions),
                triggers=self.bound.triggers if watched else None,
                watched=watched,
                armed=tuple(self.armed[place] for place in watched),
                lowest=lowest,
                highest=highest,
            )
            stretch = integrate(system, self.time, self.state, outputs, end)
            self.evaluations += stretch.evaluations
            if not stretch.problem:
                return stretch
            if best is None or stretch.time > best.time:
                best = stretch
        assert best is not None
        return best

    def _triggers(self) -> list[float]:
        return self.bound.triggers(self.time, self.state) if self.plan.model.events else []

    def _newly_true(self) -> list[int]:
        """Events whose condition a dose has just turned true."""
        values = self._triggers()
        risen = [place for place, value in enumerate(values) if self.armed[place] and value > 0.0]
        self.armed = [armed or value < 0.0 for armed, value in zip(self.armed, values, strict=True)]
        return [place for place in risen if not self.done[place]]

    def _rearm(self, risen: Sequence[int]) -> None:
        """Events that became false on the way wait for their next turn."""
        for place, value in enumerate(self._triggers()):
            if value < 0.0 and place not in risen:
                self.armed[place] = True

    def _settle(self, risen: list[int]) -> None:
        """Let events happen, and those that they turn true in their wake, until nothing more turns true."""
        model = self.plan.model
        while risen:
            self._count(risen)
            before = self._triggers()
            changes: dict[int, float] = {}
            for place in risen:
                event = model.events[place]
                self.events.append(EventRecord(self.subject, event.name, self.time))
                self.done[place] = event.once
                changes.update(event.reset(self.time, self.state, self.p))
            for place, value in changes.items():
                least = -NEGATIVE * self.plan.absolute[place] if place < self.plan.amounts else -math.inf
                if not (math.isfinite(value) and value >= least):
                    names = ", ".join(f"'{model.events[one].name}'" for one in risen)
                    kind = "an amount is finite and not negative" if place < self.plan.amounts else "it must be finite"
                    message = f"event {names} sets '{model.states[place]}' to {value}; {kind}"
                    raise _FailedError(message, self.time, model.states[place])
                self.state[place] = value
            after = self._triggers()
            following = []
            for place, value in enumerate(after):
                if place in risen:
                    # at a located root the value is zero but for rounding: only a changed one tells that it is false
                    self.armed[place] = value != before[place] and not value > 0.0
                elif value > 0.0 and self.armed[place] and not self.done[place]:
                    following.append(place)
                    self.armed[place] = False
                elif value < 0.0:
                    self.armed[place] = True
            risen = following
        self._remember(np.array(self.state))

    def _count(self, risen: Sequence[int]) -> None:
        schedule = self.plan.schedule
        if self.time - self.moment > MOMENT * (schedule.end - schedule.start):
            self.moment, self.at_moment = self.time, 0
        self.at_moment += len(risen)
        names = ", ".join(f"'{self.plan.model.events[place].name}'" for place in risen)
        if self.at_moment > CASCADE:
            message = (
                f"more than {CASCADE} events happen at one moment ({self.time:.6g} h), the last {names}: they set "
                "each other off without end, or one leaves its condition just about to turn true again"
            )
            raise _FailedError(message, self.time)
        if len(self.events) > MOST_EVENTS:
            raise _FailedError(f"more than {MOST_EVENTS:,} events happened, the last {names}", self.time)

    def _observe_now(self) -> None:
        """Record what is due at this very time, after all that happens at it."""
        while self.seen < len(self.times) and (
            self.times[self.seen] <= self.time or same_time(self.times[self.seen], self.time)
        ):
            self._observe(self.times[self.seen], self.state)

    def _observe(self, time: float, state: list[float]) -> None:
        self.values[self.seen] = self.observed(time, state)
        self.seen += 1

    def _remember(self, state: Array) -> None:
        np.maximum(self.peaks, state, out=self.peaks)

    def _refuse_negative(self, time: float, state: Sequence[float]) -> None:
        """An amount clearly below zero means a rate that does not stop when nothing is left to take."""
        plan, amounts = self.plan, self.plan.amounts
        least = min(state[:amounts], default=0.0)
        if least >= 0.0:
            return
        allowed = NEGATIVE * (plan.absolute + plan.tolerances.relative * self.peaks)
        for place in range(amounts):
            if state[place] < -allowed[place]:
                name = plan.model.states[place]
                process = process_to_blame(plan.model, self.bound, time, state, place, downwards=True)
                message = (
                    f"the amount '{name}' became negative ({state[place]:.4g}) by {time:.6g} h: "
                    + (f"process '{process}' goes on" if process else "something goes on")
                    + " when nothing is left to take; its rate must vanish with the amount"
                )
                raise _FailedError(message, time, name, process)

    def _give_up(self, stretch: Stretch) -> None:
        points: list[tuple[float, Sequence[float]]] = [(stretch.time, self.state)]
        time = stretch.time
        if stretch.trial is not None:
            points.append(stretch.trial)
            # the step may have shrunk to nothing in front of a moment from which a rate has no value
            points.append((stretch.trial[0] + 1e-12 * abs(stretch.trial[0]), stretch.trial[1]))
            time = max(time, min(stretch.trial[0], self.plan.schedule.end))
        state, process = blame(self.plan.model, self.bound, points, self.plan.tolerances.relative, self.plan.absolute)
        culprit = f"process '{process}'" if process else "its rate rule"
        message = (
            f"the solver stopped at {time:.6g} h: {stretch.problem}. Look at '{state}' and {culprit}: a rate that "
            "grows without bound, divides by zero, or jumps back and forth"
        )
        raise _FailedError(message, time, state, process)


def _integrators() -> tuple[Integrator, ...]:
    return (with_cvode, with_radau) if cvode_is_installed() else (with_radau,)
