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
from exocosm.network.derivative import derivative
from exocosm.network.expression import Expression
from exocosm.network.grammar import parse
from exocosm.network.parts import Model
from exocosm.network.program import Binder, Function, Lowering, program
from exocosm.network.reading import Reading, read, sorted_definitions, unknown_symbols
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
    system = _System(reading)
    outputs = {
        "rhs": system.rhs,
        "jacobian": list(system.jacobian.values()),
        "rates": list(system.rates.values()),
        "triggers": [system.lowering.lower(_root(name, reading)) for name in (event.name for event in model.events)],
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
        source=source,
        constants=MappingProxyType(
            {part.name: to_canonical(part.value, part.unit) for part in model.parameters if part.value is not None}
        ),
        _expression=_expressions(observer_of),
    )


class _System:
    """The equations of a model as one graph of expressions: rates, right-hand side, Jacobian, initial values."""

    def __init__(self, reading: Reading) -> None:
        model = reading.model
        self.reading = reading
        self.states = tuple(part.name for part in model.states)
        self.parameters = tuple(part.name for part in model.parameters)
        self.placeholder = [0.0] * len(self.states)
        self.lowering = Lowering(self.states, self.parameters)
        self.slopes: dict[str, dict[str, Expression]] = {}  # definition -> state -> derivative
        for symbol, definition in reading.definitions.items():
            self.lowering.define(symbol, definition)
            self.slopes[symbol] = self._named_slopes(symbol, definition)
        rates = {process.name: self._resolved("process", process.name, "rate") for process in model.processes}
        self.rates = {process: self.lowering.lower(rate) for process, rate in rates.items()}
        self.stoichiometry = self._stoichiometry()
        rules = [self._resolved("variable", variable.name, "rate") for variable in model.variables]
        self.rhs = self._rhs(rules)
        self.jacobian = self._jacobian(list(rates.values()), rules)
        self.starting, self.initial = self._initial()

    def _resolved(self, *key: str) -> Expression:
        return self.reading.resolve(self.reading.expressions[key])

    def observable(self, text: str) -> Expression:
        """The graph of an expression of a user."""
        expression = parse(text)
        problems = unknown_symbols(expression, self.reading.model)
        if problems:
            raise CheckError(f"expression '{text}'", problems)
        return self.lowering.lower(self.reading.resolve(expression))

    def _stoichiometry(self) -> dict[tuple[int, int], Expression]:
        rows = {name: row for row, name in enumerate(self.states)}
        net: dict[tuple[int, int], Expression] = {}
        for column, process in enumerate(self.reading.model.processes):
            for field_name, amounts, sign in (("takes", process.takes, -1.0), ("gives", process.gives, 1.0)):
                for species in amounts:
                    place = (rows[species], column)
                    coefficient = self._resolved("process", process.name, field_name, species)
                    signed = tree.multiply(tree.number(sign), coefficient)
                    net[place] = tree.add(net.get(place, tree.ZERO), signed)
        return {place: self.lowering.lower(net[place]) for place in sorted(net) if net[place] is not tree.ZERO}

    def _rhs(self, rules: Sequence[Expression]) -> list[Expression]:
        terms: list[list[Expression]] = [[] for _ in self.states]
        rates = list(self.rates.values())
        for (row, column), coefficient in self.stoichiometry.items():
            terms[row].append(_times(coefficient, rates[column]))
        for row, rule in enumerate(rules, len(self.reading.model.species)):
            terms[row].append(rule)
        return [self.lowering.lower(_sum(one)) for one in terms]

    def _jacobian(self, rates: Sequence[Expression], rules: Sequence[Expression]) -> dict[tuple[int, int], Expression]:
        columns = {name: column for column, name in enumerate(self.states)}
        rate_slopes = [self._slopes(rate) for rate in rates]
        terms: dict[tuple[int, int], list[Expression]] = {}
        for (row, process), coefficient in self.stoichiometry.items():
            for state, slope in rate_slopes[process].items():
                terms.setdefault((row, columns[state]), []).append(_times(coefficient, self.lowering.lower(slope)))
        for row, rule in enumerate(rules, len(self.reading.model.species)):
            for state, slope in self._slopes(rule).items():
                terms.setdefault((row, columns[state]), []).append(slope)
        return {place: self.lowering.lower(_sum(terms[place])) for place in sorted(terms)}

    def _slopes(self, expression: Expression) -> dict[str, Expression]:
        """The nonzero derivatives of a resolved expression by state, through all definitions."""
        found = tree.symbols(expression)
        chained = {symbol: self.slopes[symbol] for symbol in found if symbol in self.slopes}
        touched = found.union(*chained.values()) if chained else found
        slopes: dict[str, Expression] = {}
        for state in (state for state in self.states if state in touched):
            inner = {symbol: by_state[state] for symbol, by_state in chained.items() if state in by_state}
            slope = derivative(expression, state, inner)
            if slope is not tree.ZERO:
                slopes[state] = slope
        return slopes

    def _named_slopes(self, symbol: str, definition: Expression) -> dict[str, Expression]:
        """Derivatives of a definition, each under a name of its own so that what uses it shares one computation."""
        named: dict[str, Expression] = {}
        for state, slope in self._slopes(definition).items():
            if slope.arguments:
                key = f"slope of {symbol} by {state}"  # spaces: no user can write such a name
                self.lowering.define(key, slope)
                slope = tree.name(key)
            named[state] = slope
        return named

    def _initial(self) -> tuple[Lowering, list[Expression]]:
        """Initial values in parameters alone: a state in an initial value stands for its own initial value."""
        model = self.reading.model
        kinds = {part.name: "species" for part in model.species} | {part.name: "variable" for part in model.variables}
        written = dict(self.reading.definitions)
        written.update({state: self._resolved(kinds[state], state, "initial") for state in self.states})
        written = {symbol: one for symbol, one in written.items() if "time" not in self.reading.moving(one)}
        order, _ = sorted_definitions({symbol: tree.symbols(one) & written.keys() for symbol, one in written.items()})
        lowering = Lowering((), self.parameters)
        for symbol in order:
            lowering.define(symbol, written[symbol])
        return lowering, [lowering.lower(tree.name(state)) for state in self.states]


def _times(coefficient: Expression, expression: Expression) -> Expression:
    # taken as it is: simplifying would dissolve a shared rate into its factors and compute it in every equation
    if coefficient is tree.ONE:
        return expression
    if expression.operator == "number":
        return tree.multiply(coefficient, expression)
    return tree.node("product", "", (coefficient, expression))


def _sum(terms: Sequence[Expression]) -> Expression:
    if not terms:
        return tree.ZERO
    return terms[0] if len(terms) == 1 else tree.node("sum", "", tuple(terms))


def _constant(expression: Expression) -> float:
    value = tree.constant(expression)
    return math.nan if value is None else value


def _floats(y: Any) -> list[float]:
    result: list[float] = y.tolist() if hasattr(y, "tolist") else y
    return result


def _root(event: str, reading: Reading) -> Expression:
    """The trigger of an event as a number that rises through zero when the condition becomes true."""
    return root(reading.resolve(reading.expressions["event", event, "when"]))


def root(condition: Expression) -> Expression:
    """A number that is positive where the condition holds: a > b is a - b, `and` a minimum, `or` a maximum."""
    inner = condition.arguments
    match condition.operator:
        case ">" | ">=":
            return tree.subtract(inner[0], inner[1])
        case "<" | "<=":
            return tree.subtract(inner[1], inner[0])
        case "not":
            return tree.multiply(tree.MINUS_ONE, root(inner[0]))
        case "and" | "or":
            return tree.call("min" if condition.operator == "and" else "max", *(root(one) for one in inner))
    return tree.ONE if condition is tree.TRUE else tree.MINUS_ONE  # == and != do not pass `read`


def _event(
    place: int, model: Model, triggers: Callable[[float, Vector, Vector], list[float]], system: _System
) -> CompiledEvent:
    event = model.events[place]
    rows = [system.states.index(target) for target in event.do]
    resolve, lower = system.reading.resolve, system.lowering.lower
    values = [lower(resolve(system.reading.expressions["event", event.name, "do", target])) for target in event.do]
    _, binder = program(system.lowering, {"reset": values})

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
