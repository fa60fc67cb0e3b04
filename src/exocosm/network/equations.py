"""The equations of a model as one shared graph of expressions: what every back-end is generated from."""

from __future__ import annotations

from collections.abc import Sequence

from exocosm.errors import CheckError
from exocosm.network import expression as tree
from exocosm.network.derivative import derivative
from exocosm.network.expression import Expression
from exocosm.network.grammar import parse
from exocosm.network.parts import Event
from exocosm.network.program import Lowering
from exocosm.network.reading import Reading, sorted_definitions, unknown_symbols


class Equations:
    """Rates, right-hand side, Jacobian, triggers and resets of events, and initial values, all lowered into one graph.

    states, parameters: names in order, the leaves of the graph beside `time`.  rates: by process; rules: of the
    variables; stoichiometry: (state, process) -> net coefficient; jacobian: (row, column) -> entry, no zeros;
    triggers: one per event; resets: per event, (state, new value) pairs; initial: in parameters alone, in the graph
    of `starting`.
    """

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
        self.rules = [self.lowering.lower(rule) for rule in rules]
        self.rhs = self._rhs(rules)
        self.jacobian = self._jacobian(list(rates.values()), rules)
        self.triggers = [
            self.lowering.lower(root(self._resolved("event", event.name, "when"))) for event in model.events
        ]
        self.resets = [self._resets(event) for event in model.events]
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

    def _resets(self, event: Event) -> list[tuple[int, Expression]]:
        values = [self.lowering.lower(self._resolved("event", event.name, "do", target)) for target in event.do]
        return [(self.states.index(target), value) for target, value in zip(event.do, values, strict=True)]

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
