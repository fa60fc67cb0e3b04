"""Model -> numbers: the compiled form that every engine runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from exocosm.errors import CheckError
from exocosm.network import expression as tree
from exocosm.network.equations import Equations
from exocosm.network.expression import Expression
from exocosm.network.parts import Model
from exocosm.network.program import Binder, Function, program
from exocosm.network.reading import read
from exocosm.units import canonical_unit, factor, to_canonical

Vector = Sequence[float]
_FUNCTIONS = ("rhs", "jacobian", "rates", "triggers")


@dataclass(frozen=True)
class CompiledEvent:
    """An event as a root function: it happens when `trigger(t, y, p)` rises through zero; `reset` gives new values."""

    name: str
    trigger: Callable[[float, Vector, Vector], float]
    reset: Callable[[float, Vector, Vector], Mapping[int, float]]  # state index -> new value
    once: bool = False


@dataclass(frozen=True)
class Bound:
    """A compiled model with the parameters of one subject put in: the fast form, for the inside of a solver.

    All functions take t (hours) and y, a *list* of floats (`array.tolist()`), and return lists; none raises on
    arithmetic.  rhs: d(state)/dt; jacobian: nonzeros at `Compiled.jacobian_pattern`; rates: one per process;
    triggers: one per event, an event happens as its trigger rises through zero; coefficients: the numbers of
    `Compiled.stoichiometry` for this subject.
    """

    rhs: Function
    jacobian: Function
    rates: Function
    triggers: Function
    coefficients: tuple[float, ...]


@dataclass(frozen=True)
class Compiled:
    """A model as plain functions of (t, y, p); t in hours, y the states, p the parameters, all canonical floats.

    States are the species (amounts) first, then the variables, in the model's order.
    `rates(t, y, p)` -> one number per process; `rhs(t, y, p)` -> d(state)/dt as a list;
    `jacobian(t, y, p)` -> nonzero values, at (row, column) of `jacobian_pattern`;
    `expression(text)(t, y, p)` -> the float of any expression of names, `concentration(...)`, `volume(...)`.

    Inside a solver use the fast forms: `bind(p)` gives a `Bound` with the functions of (t, list y), and
    `observer(texts)(p)` one function (t, list y) -> list of the values of all those expressions.
    """

    model: Model
    states: tuple[str, ...]
    parameters: tuple[str, ...]
    processes: tuple[str, ...]
    state_units: tuple[str, ...]  # canonical
    absolute_tolerances: tuple[float | None, ...]  # canonical
    initial: Callable[[Vector], list[float]]
    rates: Callable[[float, Vector, Vector], list[float]]
    rhs: Callable[[float, Vector, Vector], list[float]]
    jacobian: Callable[[float, Vector, Vector], list[float]]
    jacobian_pattern: tuple[tuple[int, int], ...]
    # (state, process, constant coefficient; NaN where it is an expression, then see Bound.coefficients)
    stoichiometry: tuple[tuple[int, int, float], ...]
    bind: Callable[[Vector], Bound]
    observer: Callable[[Sequence[str]], Callable[[Vector], Function]]
    events: tuple[CompiledEvent, ...] = ()
    equations: Equations | None = None  # what other back-ends generate code from
    source: str = ""  # the generated program, for `exocosm explain --source`
    constants: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))  # parameters set in the model
    _expression: Callable[[str], Callable[[float, Vector, Vector], float]] | None = None

    def expression(self, text: str) -> Callable[[float, Vector, Vector], float]:
        """Compile one expression (an observable, a dose amount, a condition) against this model: f(t, y, p) -> float.

        A condition gives 1.0 or 0.0.  Raises InputError or CheckError for what cannot be read or is not known.
        """
        assert self._expression is not None
        return self._expression(text)


def compile_model(model: Model) -> Compiled:
    """Turn a model into functions; raises CheckError with all unreadable, unknown and cyclic parts.

    Only what stops compilation is examined here; `network.check` examines the rest (units, balances, extensivity).
    """
    reading = read(model)
    if reading.problems:
        raise CheckError(f"model '{model.name}'", reading.problems)
    system = Equations(reading)
    outputs = {
        "rhs": system.rhs,
        "jacobian": list(system.jacobian.values()),
        "rates": list(system.rates.values()),
        "triggers": system.triggers,
        "coefficients": list(system.stoichiometry.values()),
    }
    source, binder = program(system.lowering, outputs)
    _, initial = program(system.starting, {"initial": system.initial})

    @lru_cache(maxsize=64)
    def bound(p: tuple[float, ...]) -> Bound:
        rhs, jacobian, rates, triggers, coefficients = binder(p)
        return Bound(rhs, jacobian, rates, triggers, tuple(coefficients(0.0, system.placeholder)))

    def bind(p: Vector) -> Bound:
        return bound(tuple(p))

    def unbound(name: str) -> Callable[[float, Vector, Vector], list[float]]:
        def function(t: float, y: Vector, p: Vector) -> list[float]:
            result: list[float] = getattr(bind(p), name)(t, _floats(y))
            return result

        return function

    @lru_cache(maxsize=256)
    def observer_of(texts: tuple[str, ...]) -> Binder:
        return program(system.lowering, {"observed": [system.observable(text) for text in texts]})[1]

    def observer(texts: Sequence[str]) -> Callable[[Vector], Function]:
        observed = observer_of(tuple(texts))
        return lambda p: observed(p)[0]

    parts = model.states
    functions = {name: unbound(name) for name in _FUNCTIONS}
    return Compiled(
        model=model,
        states=system.states,
        parameters=system.parameters,
        processes=tuple(process.name for process in model.processes),
        state_units=tuple(canonical_unit(part.unit) for part in parts),
        absolute_tolerances=tuple(
            None if part.absolute_tolerance is None else part.absolute_tolerance * factor(part.unit) for part in parts
        ),
        initial=lambda p: initial(p)[0](0.0, []),
        rates=functions["rates"],
        rhs=functions["rhs"],
        jacobian=functions["jacobian"],
        jacobian_pattern=tuple(system.jacobian),
        stoichiometry=tuple((row, column, _constant(one)) for (row, column), one in system.stoichiometry.items()),
        bind=bind,
        observer=observer,
        events=tuple(_event(place, model, functions["triggers"], system) for place in range(len(model.events))),
        equations=system,
        source=source,
        constants=MappingProxyType(
            {part.name: to_canonical(part.value, part.unit) for part in model.parameters if part.value is not None}
        ),
        _expression=_expressions(observer_of),
    )


def _constant(expression: Expression) -> float:
    value = tree.constant(expression)
    return math.nan if value is None else value


def _floats(y: Any) -> list[float]:
    result: list[float] = y.tolist() if hasattr(y, "tolist") else y
    return result


def _event(
    place: int, model: Model, triggers: Callable[[float, Vector, Vector], list[float]], system: Equations
) -> CompiledEvent:
    event = model.events[place]
    rows = [row for row, _ in system.resets[place]]
    _, binder = program(system.lowering, {"reset": [value for _, value in system.resets[place]]})

    def reset(t: float, y: Vector, p: Vector) -> dict[int, float]:
        return dict(zip(rows, binder(p)[0](t, _floats(y)), strict=True))

    return CompiledEvent(event.name, lambda t, y, p: triggers(t, y, p)[place], reset, event.once)


def _expressions(observer_of: Callable[[tuple[str, ...]], Binder]) -> Callable[[str], Callable[..., float]]:
    @lru_cache(maxsize=1024)
    def expression(text: str) -> Callable[[float, Vector, Vector], float]:
        binder = observer_of((text,))
        bound = lru_cache(maxsize=64)(lambda p: binder(p)[0])
        return lambda t, y, p: bound(tuple(p))(t, _floats(y))[0]

    return expression
