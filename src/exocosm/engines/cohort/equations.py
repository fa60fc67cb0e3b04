"""The equations of a model in the form that generated code wants: what is fixed per subject set apart, linear merged.

The right-hand side is split into a sparse matrix times the state, with coefficients fixed by the parameters, and the
rest.  Both go from here into the rates and into the Jacobian, so that constants are computed and stored once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exocosm.network import expression as tree
from exocosm.network.compile import Compiled
from exocosm.network.derivative import derivative
from exocosm.network.equations import Equations
from exocosm.network.expression import Expression
from exocosm.network.program import Lowering

Terms = tuple[tuple[Expression, Expression | None], ...]  # (coefficient, value); None: the coefficient alone


@dataclass(frozen=True)
class System:
    """rhs: per state, terms to be added up; jacobian: entry by place; by_time: df/dt, of the states where it is not 0.

    All expressions are lowered: leaves are states, parameters and time.
    """

    size: int
    lowering: Lowering
    rhs: tuple[Terms, ...]
    jacobian: Mapping[tuple[int, int], Expression]
    by_time: Mapping[int, Expression]
    equations: Equations

    @property
    def uses_time(self) -> bool:
        """Whether a rate depends on time itself."""
        return any("time" in tree.symbols(part) for row in self.rhs for term in row for part in term if part)


def system_of(compiled: Compiled) -> System:
    """The split equations of a compiled model."""
    equations = compiled.equations
    assert equations is not None
    lowering = equations.lowering
    linear: dict[tuple[int, str], list[Expression]] = {}
    rest: list[dict[Expression, list[Expression]]] = [{} for _ in equations.states]  # per row: value -> coefficients
    parts = [_split(lowering, rate) for rate in equations.rates.values()]
    contributions = [(row, sign, parts[column]) for (row, column), sign in equations.stoichiometry.items()]
    amounts = len(equations.states) - len(equations.rules)
    contributions += [(amounts + place, tree.ONE, _split(lowering, rule)) for place, rule in enumerate(equations.rules)]
    for row, coefficient, (by_state, others) in contributions:
        for state, factor in by_state.items():
            linear.setdefault((row, state), []).append(tree.multiply(coefficient, factor))
        for other in others:
            rest[row].setdefault(other, []).append(coefficient)
    columns = {state: column for column, state in enumerate(equations.states)}
    merged: list[dict[str, Expression]] = [{} for _ in equations.states]
    for (row, state), factors in linear.items():
        total = lowering.lower(tree.add(*factors))
        if total is not tree.ZERO:
            merged[row][state] = total
    rhs = []
    for row, nonlinear in enumerate(rest):
        terms: list[tuple[Expression, Expression | None]]
        terms = [(factor, tree.name(state)) for state, factor in merged[row].items()]
        for value, coefficients in nonlinear.items():
            total = lowering.lower(tree.add(*coefficients))
            if total is not tree.ZERO:
                terms.append((value, None) if total is tree.ONE else (total, value))
        rhs.append(tuple(terms))
    return System(len(rhs), lowering, tuple(rhs), _jacobian(lowering, rhs, columns), _by_time(lowering, rhs), equations)


def _split(lowering: Lowering, expression: Expression) -> tuple[dict[str, Expression], list[Expression]]:
    """Fixed coefficients by state, and the terms that are not of that form."""
    linear: dict[str, Expression] = {}
    others: list[Expression] = []
    for term in expression.arguments if expression.operator == "sum" else (expression,):
        found = _linear(lowering, term)
        if found is None:
            others.append(term)
        else:
            for state, coefficient in found.items():
                linear[state] = tree.add(linear[state], coefficient) if state in linear else coefficient
    return linear, others


def _linear(lowering: Lowering, term: Expression) -> dict[str, Expression] | None:
    """Coefficients by state of a term that is linear in the states with fixed coefficients; None if it is not."""
    if term.symbol in lowering.leaves and lowering.leaves[term.symbol].startswith("y"):
        return {term.symbol: tree.ONE}
    if term.operator == "sum":
        found: dict[str, Expression] = {}
        for one in term.arguments:
            inner = _linear(lowering, one)
            if inner is None:
                return None
            for state, coefficient in inner.items():
                found[state] = tree.add(found[state], coefficient) if state in found else coefficient
        return found
    if term.operator == "product":
        moving = [factor for factor in term.arguments if lowering.moves(factor)]
        inner = _linear(lowering, moving[0]) if len(moving) == 1 else None
        if inner is None:
            return None
        fixed = [factor for factor in term.arguments if factor is not moving[0]]
        return {state: tree.multiply(*fixed, coefficient) for state, coefficient in inner.items()}
    return None


def _jacobian(
    lowering: Lowering, rhs: Sequence[Terms], columns: Mapping[str, int]
) -> dict[tuple[int, int], Expression]:
    slopes: dict[Expression, dict[str, Expression]] = {}
    entries: dict[tuple[int, int], list[Expression]] = {}
    for row, terms in enumerate(rhs):
        for coefficient, value in terms:
            scale, inner = (tree.ONE, coefficient) if value is None else (coefficient, value)
            if inner not in slopes:
                slopes[inner] = {
                    state: lowering.lower(slope)
                    for state in sorted(tree.symbols(inner) & columns.keys(), key=columns.__getitem__)
                    if (slope := derivative(inner, state)) is not tree.ZERO
                }
            for state, slope in slopes[inner].items():
                scaled = slope if scale is tree.ONE else lowering.lower(tree.node("product", "", (scale, slope)))
                entries.setdefault((row, columns[state]), []).append(scale if slope is tree.ONE else scaled)
    return {
        place: terms[0] if len(terms) == 1 else lowering.lower(tree.node("sum", "", tuple(terms)))
        for place, terms in sorted(entries.items())
    }


def _by_time(lowering: Lowering, rhs: Sequence[Terms]) -> dict[int, Expression]:
    found: dict[int, Expression] = {}
    for row, terms in enumerate(rhs):
        slopes = []
        for coefficient, value in terms:
            scale, inner = (tree.ONE, coefficient) if value is None else (coefficient, value)
            if "time" in tree.symbols(inner):
                slopes.append(tree.multiply(scale, derivative(inner, "time")))
        total = tree.add(*slopes)
        if total is not tree.ZERO:
            found[row] = lowering.lower(total)
    return found
