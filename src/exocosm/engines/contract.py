"""The contract of every engine: `solve(model, parameters, schedule, tolerances) -> Solution`.

An engine takes a compiled model (`network.compile.Compiled`), parameter values per subject, a schedule of what the
experimenter does, and tolerances.  It returns the observables asked for and a status per subject.  All numbers are in
canonical units (`exocosm.units`); time is in hours.  `engines.reference` is the plain and exact implementation that
stays as the oracle of every faster one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Dose:
    """What the experimenter adds: `amount` of species `target` at each of `times`.

    amount: expression in parameters (canonical units); it may differ between subjects.
    duration: 0 for a bolus, else hours of constant infusion of the amount.
    condition: expression of the state at the moment of dosing; the dose is given only if it is true (empty: always).
    """

    target: str
    amount: str
    times: tuple[float, ...]
    duration: float = 0.0
    condition: str = ""
    name: str = "dose"


@dataclass(frozen=True)
class Schedule:
    """When what is done and looked at.  `observe_times` (hours, increasing) are when observables are recorded.

    Observables at the moment of a bolus are recorded just *after* it.
    """

    end: float
    observe_times: tuple[float, ...]
    doses: tuple[Dose, ...] = ()
    start: float = 0.0


@dataclass(frozen=True)
class Tolerances:
    """Relative tolerance, and absolute tolerances by canonical unit (a state's own tolerance wins over its unit's)."""

    relative: float = 1e-6
    absolute: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))  # unit text -> tolerance in it
    default_absolute: float = 1e-9
    max_steps: int = 200_000


class Status(Enum):
    """How a subject's run ended, in a sentence."""

    FINISHED = "finished"
    STOPPED = "stopped early: a stopping condition was met"
    FAILED = "failed: the solver could not go on"


@dataclass(frozen=True)
class SubjectStatus:
    """The status of one subject; for a failure, when it happened and the state and process to blame."""

    status: Status
    message: str = ""
    time: float = float("nan")
    state: str = ""
    process: str = ""


@dataclass(frozen=True)
class EventRecord:
    """One located event (or conditional dose decision) of one subject."""

    subject: int
    name: str
    time: float
    happened: bool = True


@dataclass(frozen=True)
class Solution:
    """Observables of every subject over time.  A failed subject's values are NaN from the failure on, never zeros.

    values: (subject, time, observable); steps: the work per subject, counted in evaluations of the rates.
    """

    times: Array
    observables: tuple[str, ...]
    values: Array
    statuses: tuple[SubjectStatus, ...]
    events: tuple[EventRecord, ...] = ()
    steps: tuple[int, ...] = ()

    def __getitem__(self, observable: str) -> Array:
        """(subject, time) of one observable."""
        return self.values[:, :, self.observables.index(observable)]


@dataclass(frozen=True)
class Sensitivities:
    """Derivatives of observables by parameters, beside the solution itself.

    values: (subject, time, observable, parameter), in canonical units: d(observable)/d(parameter).  NaN for a subject
    whose derivatives could not be had: one that failed, or met an event that only just happens.
    """

    solution: Solution
    parameters: tuple[str, ...]
    values: Array
