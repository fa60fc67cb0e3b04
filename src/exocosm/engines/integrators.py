"""Two integrators for one smooth stretch of one subject: CVODE, and SciPy's Radau as second opinion.

Both take a `System` from one time to another without anything happening in between, except that they stop where a
trigger rises through zero.  What happens at the ends of a stretch (doses, events) is the engine's business.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exocosm.engines.limits import RESOLUTION

Array = NDArray[np.float64]
Function = Callable[[float, list[float]], list[float]]

_PATIENCE = 2000  # rate evaluations within which time must move on
_PROGRESS = 1e-12  # by this much of itself
_TINY = 1e-300


@dataclass(frozen=True)
class System:
    """The equations of one subject, valid until the next thing happens.

    rhs, jacobian, triggers: functions of (time, list of states); the Jacobian's values stand at `flat` in the
    (size, size) matrix, row by row.  added: (state, amount per hour) from running infusions.
    armed: which triggers count as 'not true yet', in the order of the triggers that are watched (`watched`).
    lowest, highest: the time that the rates are shown is kept within these, so that a rate which jumps at the end of
    the stretch is seen from this side only.
    """

    rhs: Function
    jacobian: Function
    flat: NDArray[np.intp]
    relative: float
    absolute: Array
    max_steps: int
    budget: int  # rate evaluations that may still be spent
    added: tuple[tuple[int, float], ...] = ()
    triggers: Function | None = None
    watched: tuple[int, ...] = ()
    armed: tuple[bool, ...] = ()
    lowest: float = -np.inf
    highest: float = np.inf


@dataclass(frozen=True)
class Stretch:
    """What came of a stretch: the states at the output times that were reached, and where and why it ended.

    states: (output time reached, state); risen: the watched triggers that rose through zero at `time`;
    problem: empty, or why the integrator gave up at `time`; trial: the last point at which it asked for rates.
    """

    states: Array
    time: float
    state: Array
    risen: tuple[int, ...] = ()
    evaluations: int = 0
    problem: str = ""
    trial: tuple[float, list[float]] | None = None


Integrator = Callable[[System, float, Sequence[float], Array, float], Stretch]


class _GaveUpError(Exception):
    """The rates were asked for too often; carries the sentence that says so."""


class _Rates:
    """The right-hand side and Jacobian as the integrators call them, with a count of the work."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.evaluations = 0
        self.at = np.nan
        self.state: list[float] = []
        self.mark, self.patience = np.nan, 0

    def slope(self, t: float, y: Array) -> list[float]:
        system = self.system
        self.evaluations += 1
        if self.evaluations > self.patience:
            self._check_progress(t)
        self.at = t
        self.state = y.tolist()
        if t > system.highest:
            t = system.highest
        elif t < system.lowest:
            t = system.lowest
        slope = system.rhs(t, self.state)
        for place, rate in system.added:
            slope[place] += rate
        return slope

    def _check_progress(self, t: float) -> None:
        """Refuse to go on when the work is spent, or when time stands still (CVODE itself would go on for hours)."""
        if self.evaluations > self.system.budget:
            raise _GaveUpError(f"it would need more than {self.system.max_steps:,} steps (Tolerances.max_steps)")
        if abs(t - self.mark) <= _PROGRESS * abs(t):
            raise _GaveUpError("the step became smaller than the resolution of time")
        self.mark = t
        self.patience = min(self.evaluations + _PATIENCE, self.system.budget)

    def fill(self, t: float, y: Array, matrix: Array) -> None:
        system = self.system
        matrix.reshape(-1)[system.flat] = system.jacobian(min(max(t, system.lowest), system.highest), y.tolist())

    def watch(self, t: float, y: Array) -> list[float]:
        """The watched triggers, with exact zeros counted as what they were: an armed one has not risen yet."""
        system = self.system
        assert system.triggers is not None
        every = system.triggers(t, y.tolist())
        return [
            every[place] or (-_TINY if armed else _TINY)
            for place, armed in zip(system.watched, system.armed, strict=True)
        ]

    def trial(self) -> tuple[float, list[float]] | None:
        return (float(self.at), self.state) if self.state else None


def cvode_is_installed() -> bool:
    """Whether CVODE (scikit-sundae) can be imported; where it cannot, the engine uses Radau."""
    try:
        import sksundae.cvode  # noqa: F401
    except ImportError:
        return False
    return True


def with_cvode(system: System, start: float, state: Sequence[float], outputs: Array, end: float) -> Stretch:
    """Integrate with CVODE (variable-order BDF, dense analytic Jacobian).

    outputs: increasing times strictly between start and end.  A new solver is made for every stretch (0.1 ms), so
    that no subject can leave a trace in another.
    """
    from sksundae.cvode import CVODE

    rates = _Rates(system)

    def rhs(t: float, y: Array, slope: Array) -> None:
        slope[:] = rates.slope(t, y)

    def jacobian(t: float, y: Array, _: Array, matrix: Array) -> None:
        rates.fill(t, y, matrix)

    def triggers(t: float, y: Array, values: Array) -> None:
        values[:] = rates.watch(t, y)

    options: dict[str, Any] = {}
    if system.watched:
        vars(triggers).update(terminal=[True] * len(system.watched), direction=[1] * len(system.watched))
        options = {"eventsfn": triggers, "num_events": len(system.watched)}
    states: list[Array] = []
    time, last = start, np.asarray(state, dtype=np.float64)

    def stretch(problem: str = "", risen: tuple[int, ...] = ()) -> Stretch:
        reached = np.array(states).reshape(-1, len(last))
        return Stretch(reached, time, last, risen, rates.evaluations, problem, rates.trial() if problem else None)

    with _quiet() as said:
        solver = CVODE(
            rhs,
            jacfn=jacobian,
            rtol=system.relative,
            atol=system.absolute,
            max_num_steps=system.max_steps,
            **options,
        )
        solver.init_step(start, last)
        for place in range(len(outputs) + 1):
            try:
                result = solver.step(outputs[place] if place < len(outputs) else end, tstop=end)
            except _GaveUpError as problem:
                return stretch(str(problem))
            if not np.isfinite(result.y).all():
                return stretch("the state became infinite or not a number")
            time, last = float(result.t), result.y
            if result.status < 0:
                return stretch(_reason(said.getvalue()) or str(result.message).rstrip("."))
            if result.status == 2:
                signs = zip(system.watched, result.i_events[-1], strict=True)
                return stretch(risen=tuple(trigger for trigger, sign in signs if sign > 0))
            if place < len(outputs):
                states.append(last)
    time = end
    return stretch()


def with_radau(system: System, start: float, state: Sequence[float], outputs: Array, end: float) -> Stretch:
    """Integrate with SciPy's Radau IIA (implicit Runge-Kutta of order 5): slower, and of another kind than CVODE."""
    from scipy.integrate import solve_ivp

    rates = _Rates(system)
    size = len(state)

    def jacobian(t: float, y: Array) -> Array:
        matrix = np.zeros((size, size))
        rates.fill(t, y, matrix)
        return matrix

    def watcher(place: int) -> Callable[[float, Array], float]:
        def watch(t: float, y: Array) -> float:
            return rates.watch(t, y)[place]

        vars(watch).update(terminal=True, direction=1.0)
        return watch

    with np.errstate(all="ignore"):
        try:
            result = solve_ivp(
                rates.slope,
                (start, end),
                np.asarray(state, dtype=np.float64),
                method="Radau",
                t_eval=np.concatenate((outputs, [end])),
                events=[watcher(place) for place in range(len(system.watched))] or None,
                dense_output=bool(system.watched),
                jac=jacobian,
                rtol=max(system.relative, 3e-14),
                atol=system.absolute,
            )
        except _GaveUpError as problem:
            return _given_up(rates, start, state, str(problem))
        except (ValueError, np.linalg.LinAlgError):
            return _given_up(rates, start, state, "the rates became infinite or not a number")
    states = result.y.T if len(result.t) else np.empty((0, size))
    if result.status < 0:
        time, last = (result.t[-1], states[-1]) if len(result.t) else (start, np.asarray(state))
        return Stretch(
            states[: len(outputs)],
            float(time),
            last,
            (),
            rates.evaluations,
            str(result.message).rstrip("."),
            rates.trial(),
        )
    if result.status == 1:
        return _risen(system, rates, result, states[: len(outputs)])
    return Stretch(states[:-1], end, states[-1], (), rates.evaluations)


def _risen(system: System, rates: _Rates, result: Any, states: Array) -> Stretch:
    """Where triggers rose.

    SciPy's root may lie just before the rise, so step on until the trigger is above zero; and SciPy names one trigger
    only, so look which others rose with it.
    """
    time, first = min((float(times[0]), place) for place, times in enumerate(result.t_events) if len(times))
    state = result.sol(time)
    values = rates.watch(time, state)
    ahead = 4.0 * np.spacing(max(abs(time), 1e-12))
    while values[first] <= 0.0 and ahead < 1e-6 * max(abs(time), 1.0):
        time += ahead
        ahead *= 2.0
        state = result.sol(time)
        values = rates.watch(time, state)
    risen = [place for place, value in enumerate(values) if place == first or (value > 0.0 and system.armed[place])]
    return Stretch(states, time, state, tuple(system.watched[place] for place in risen), rates.evaluations)


def same_time(one: float, other: float) -> bool:
    """Whether two times are too close for an integrator to go from one to the other."""
    return abs(one - other) <= RESOLUTION * max(abs(one), abs(other))


def _given_up(rates: _Rates, start: float, state: Sequence[float], problem: str) -> Stretch:
    """A stretch of which nothing is kept, because the integrator was stopped in the middle of a step."""
    first = np.asarray(state, dtype=np.float64)
    return Stretch(np.empty((0, len(first))), start, first, (), rates.evaluations, problem, rates.trial())


def _reason(said: str) -> str:
    """CVODE's own sentence about a failure, without its prefix."""
    lines = [line.split("] ", 1)[-1].strip() for line in said.splitlines() if "Error" in line]
    return lines[-1].rstrip(".") if lines else ""


@contextlib.contextmanager
def _quiet() -> Iterator[io.StringIO]:
    """Catch what CVODE prints: errors come through Python's stdout, warnings go to a file named in the environment."""
    name = "SUNLOGGER_WARNING_FILENAME"
    before = os.environ.get(name)
    if before is None:
        os.environ[name] = os.devnull
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            yield said
    finally:
        if before is None:
            os.environ.pop(name, None)
