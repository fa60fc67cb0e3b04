"""The engines that run side by side: the cohort engine, the reference engine, libRoadRunner.

A solver takes parameter values (one per subject) and a relative tolerance r, and gives the observed values.  The
absolute tolerance of a state is SHARE times r times the largest value that it ever has, for every engine alike.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from exocosm.engines import cohort, reference
from exocosm.engines.contract import Schedule, Solution, Status, Tolerances
from exocosm.exchange import to_sbml
from exocosm.exchange.identifiers import identifier
from exocosm.network.compile import Compiled

Array = NDArray[np.float64]
Parameters = Mapping[str, Array]
Solver = Callable[[Parameters, float], Array]  # -> (subject, time, observable)

SHARE = 1e-3
MOST_STEPS = 1_000_000


@dataclass
class Case:
    """What is solved: a model, a cohort, a schedule.  peaks: the largest value of each state, where it is known."""

    name: str
    compiled: Compiled
    parameters: Parameters
    schedule: Schedule
    observe: tuple[str, ...]
    peaks: Array | None = None
    _tolerant: dict[float, Compiled] = field(default_factory=dict, init=False)

    @property
    def subjects(self) -> int:
        """How many subjects there are."""
        return len(next(iter(self.parameters.values())))

    def cut(self, first: int, stop: int) -> Parameters:
        """The parameters of some subjects, counted round and round."""
        places = np.arange(first, stop) % self.subjects
        return {name: values[places] for name, values in self.parameters.items()}

    def at(self, relative: float) -> Compiled:
        """The compiled model with the absolute tolerances that go with a relative one."""
        if self.peaks is None:
            return self.compiled
        if relative not in self._tolerant:
            absolute = tuple(SHARE * relative * float(peak) for peak in self.peaks)
            self._tolerant[relative] = replace(self.compiled, absolute_tolerances=absolute)
        return self._tolerant[relative]


def peaks_of(values: Array) -> Array:
    """The largest value of each state over subjects and times; 1 where there never is anything."""
    largest = np.max(np.abs(values), axis=(0, 1))
    return np.where(largest > 0.0, largest, 1.0)


def by_cohort_engine(
    case: Case, parameters: Parameters, relative: float, threads: int | None = 1, lanes: int | None = None
) -> Solution:
    """A solution of the cohort engine, with all its subjects finished."""
    tolerances = Tolerances(relative, max_steps=MOST_STEPS)
    options = {"observe": case.observe, "threads": threads, "lanes": lanes}
    return _finished(cohort.solve(case.at(relative), parameters, case.schedule, tolerances, **options))


def by_reference_engine(case: Case, parameters: Parameters, relative: float) -> Solution:
    """A solution of the reference engine, with all its subjects finished."""
    tolerances = Tolerances(relative, max_steps=MOST_STEPS)
    return _finished(reference.solve(case.at(relative), parameters, case.schedule, tolerances, observe=case.observe))


def _finished(solution: Solution) -> Solution:
    bad = [status for status in solution.statuses if status.status is not Status.FINISHED]
    assert not bad, bad[0]
    return solution


def roadrunner_version() -> str:
    """Name and version of the peer."""
    return f"libroadrunner {roadrunner().__version__}"


def roadrunner_solver(case: Case) -> Solver:
    """LibRoadRunner (CVODE with dense linear algebra) on the exported model, one loaded model for all subjects.

    For each subject the parameters are set in one call and `reset` starts the state anew from them.  Doses are events.
    """
    assert not any(dose.duration for dose in case.schedule.doses), "reset does not end an infusion"
    runner = load_roadrunner(sbml_of(case), case)
    state_order = {identifier(name): place for place, name in enumerate(case.compiled.states)}
    species = set(runner.model.getFloatingSpeciesIds())
    names = {identifier(name): name for name in case.compiled.parameters}
    places, order = zip(
        *((place, names[one]) for place, one in enumerate(runner.model.getGlobalParameterIds()) if one in names),
        strict=True,
    )
    times = [case.schedule.start, *case.schedule.observe_times]

    def solve(parameters: Parameters, relative: float) -> Array:
        peaks = np.ones(len(state_order)) if case.peaks is None else case.peaks
        runner.integrator.setValue("relative_tolerance", relative)
        for name, place in state_order.items():
            if name in species:
                runner.integrator.setIndividualTolerance(name, SHARE * relative * float(peaks[place]))
        table = np.array([parameters[name] for name in order]).T.copy()
        values = []
        for row in table:
            runner.model.setGlobalParameterValues(places, row)
            runner.reset()
            values.append(np.array(runner.simulate(times=times))[1:, 1:])
        return np.array(values)

    return solve


def sbml_of(case: Case) -> str:
    """The exported model with the numbers of the first subject."""
    first = {name: float(values[0]) for name, values in case.parameters.items()}
    return to_sbml(case.compiled.model, first, case.schedule)


def load_roadrunner(sbml: str, case: Case):  # type: ignore[no-untyped-def]
    """A loaded model that reports all states; with the faster to load of the peer's two compilers."""
    runner = roadrunner().RoadRunner(sbml)
    assert case.observe == case.compiled.states and case.schedule.observe_times[0] > case.schedule.start
    runner.timeCourseSelections = ["time", *(identifier(name) for name in case.compiled.states)]
    runner.integrator.setValue("maximum_num_steps", MOST_STEPS)
    return runner


@cache
def roadrunner():  # type: ignore[no-untyped-def]
    """The peer's package, without a warning of CVODE on the terminal at every dose."""
    os.environ.setdefault("SUNLOGGER_WARNING_FILENAME", os.devnull)
    import roadrunner as package

    package.Logger.setLevel(package.Logger.LOG_FATAL)
    package.Config.setValue(package.Config.LLVM_BACKEND, package.Config.LLJIT)
    return package
