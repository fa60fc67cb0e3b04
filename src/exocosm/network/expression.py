"""The expression tree: small, immutable, and shared (two equal expressions are the same object).

`a - b` is a sum with a factor -1, `a / b` a product with an `inverse`, so long chains stay flat and shallow.  The
functions below build trees and simplify lightly: constants fold, x*0, x*1, x+0 and x^1 vanish.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from weakref import WeakValueDictionary

from exocosm.errors import InputError
from exocosm.network import arithmetic

COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
CONDITIONS = frozenset({*COMPARISONS, "and", "or", "not", "truth"})
BUILT_IN = frozenset({"time", "pi", "avogadro"})
_CONSTANTS: Mapping[str, float] = {"pi": math.pi, "avogadro": arithmetic.AVOGADRO}
# name -> (fewest, most) arguments
FUNCTIONS: Mapping[str, tuple[int, int]] = {
    "exp": (1, 1),
    "log": (1, 1),
    "sqrt": (1, 1),
    "abs": (1, 1),
    "min": (1, 100),
    "max": (1, 100),
    "hill": (3, 3),
    "mm": (3, 3),
}


class NotFiniteError(InputError):
    """A constant of an expression is infinite or not a number."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Expression:
    """One node; equal trees are identical objects, so `is` and `==` compare whole expressions.

    operator: a leaf (number, truth, name, volume, concentration), sum, product, inverse, ^, a comparison, and, or,
    not, piecewise, or a function name.  value: the float of a number or truth, the text of a name or place.
    """

    operator: str
    value: float | str
    arguments: tuple[Expression, ...]

    def __reduce__(self) -> tuple[Callable[..., Expression], tuple[str, float | str, tuple[Expression, ...]]]:
        return node, (self.operator, self.value, self.arguments)

    def __repr__(self) -> str:
        from exocosm.network.text import to_text

        return f"Expression({to_text(self)!r})"

    @property
    def is_condition(self) -> bool:
        """Whether the expression is true or false rather than a number."""
        return self.operator in CONDITIONS

    @property
    def symbol(self) -> str:
        """The key of a leaf that has a name: `x`, `volume(liver)`, `concentration(x)`; empty for all others."""
        if self.operator == "name":
            return str(self.value)
        return f"{self.operator}({self.value})" if self.operator in {"volume", "concentration"} else ""


_NODES: WeakValueDictionary[tuple[str, float | str, tuple[Expression, ...]], Expression] = WeakValueDictionary()


def node(operator: str, value: float | str = "", arguments: tuple[Expression, ...] = ()) -> Expression:
    """The one node with this content, taken as it is (no simplification)."""
    key = (operator, value, arguments)
    present = _NODES.get(key)
    if present is None:
        present = Expression(operator, value, arguments)
        _NODES[key] = present
    return present


def number(value: float) -> Expression:
    """A constant; must be finite."""
    value = float(value) + 0.0  # -0.0 becomes 0.0
    if not math.isfinite(value):
        raise NotFiniteError(f"a constant comes out as {value}; write it in a unit that keeps it finite")
    return node("number", value)


ZERO = number(0.0)
ONE = number(1.0)
MINUS_ONE = number(-1.0)
TRUE = node("truth", 1.0)
FALSE = node("truth", 0.0)


def name(text: str) -> Expression:
    """A symbol."""
    return node("name", text)


def volume(place: str) -> Expression:
    """The volume of a place."""
    return node("volume", place)


def concentration(species: str) -> Expression:
    """The amount of a species over the volume of its place."""
    return node("concentration", species)


def constant(expression: Expression) -> float | None:
    """The float of a number, else None."""
    return float(expression.value) if expression.operator == "number" else None


def add(*terms: Expression) -> Expression:
    """The sum of terms."""
    total, place, kept = 0.0, None, []
    for term in _flat("sum", terms):
        value = constant(term)
        if value is None:
            kept.append(term)
        else:
            total += value
            place = len(kept) if place is None else place
    if total != 0.0:
        kept.insert(place or 0, number(total))
    if not kept:
        return ZERO
    return kept[0] if len(kept) == 1 else node("sum", "", tuple(kept))


def subtract(left: Expression, right: Expression) -> Expression:
    """left - right."""
    return add(left, multiply(MINUS_ONE, right))


def multiply(*factors: Expression) -> Expression:
    """The product of factors; one constant stands first, a lone constant divisor last."""
    above, below, kept, by_zero = 1.0, 1.0, [], False
    for factor in _flat("product", factors):
        value = constant(factor)
        divisor = constant(factor.arguments[0]) if factor.operator == "inverse" else None
        if value is not None:
            above *= value
        elif divisor is None or divisor == 0.0:
            by_zero = by_zero or divisor == 0.0
            kept.append(factor)
        else:
            below *= divisor
    if not math.isfinite(below) or below == 0.0:
        number(math.inf)  # says what is wrong
    if below < 0.0:
        above, below = -above, -below
    if below != 1.0 and (abs(above) != 1.0 or not kept):
        above, below = arithmetic.divide(above, below), 1.0
    if above == 0.0 and not by_zero:
        return ZERO
    result = [] if above == 1.0 and kept else [number(above)]
    result += kept
    if below != 1.0:
        result.append(node("inverse", "", (number(below),)))
    return result[0] if len(result) == 1 else node("product", "", tuple(result))


def inverted(below: Expression) -> tuple[Expression, ...]:
    """The factors of 1 / below, as `multiply` takes them."""
    parts = below.arguments if below.operator == "product" else (below,)
    return tuple(part.arguments[0] if part.operator == "inverse" else node("inverse", "", (part,)) for part in parts)


def divide(above: Expression, below: Expression) -> Expression:
    """above / below."""
    return multiply(above, *inverted(below))


def power(base: Expression, exponent: Expression) -> Expression:
    """base ^ exponent."""
    above, below = constant(exponent), constant(base)
    if above == 0.0 or below == 1.0:
        return ONE
    if above == 1.0:
        return base
    if above == -1.0:
        return divide(ONE, base)
    if above is not None and below is not None:
        value = arithmetic.power(below, above)
        if math.isfinite(value):
            return number(value)
    return node("^", "", (base, exponent))


def compare(operator: str, left: Expression, right: Expression) -> Expression:
    """A comparison, one of COMPARISONS."""
    one, other = constant(left), constant(right)
    if one is not None and other is not None:
        return TRUE if EVALUATE[operator](one, other) else FALSE
    return node(operator, "", (left, right))


def both(*conditions: Expression) -> Expression:
    """True where all conditions hold."""
    return _join("and", conditions, TRUE, FALSE)


def either(*conditions: Expression) -> Expression:
    """True where any condition holds."""
    return _join("or", conditions, FALSE, TRUE)


def negation(condition: Expression) -> Expression:
    """True where the condition does not hold."""
    if condition.operator == "truth":
        return FALSE if condition is TRUE else TRUE
    return condition.arguments[0] if condition.operator == "not" else node("not", "", (condition,))


def piecewise(*arguments: Expression) -> Expression:
    """value1, condition1, value2, condition2, ..., otherwise: the value of the first condition that holds."""
    kept: list[Expression] = []
    otherwise = arguments[-1]
    for value, condition in zip(arguments[:-1:2], arguments[1::2], strict=True):
        if condition is TRUE:
            otherwise = value
            break
        if condition is not FALSE:
            kept += [value, condition]
    if all(value is otherwise for value in kept[::2]):
        return otherwise
    return node("piecewise", "", (*kept, otherwise))


def call(function: str, *arguments: Expression) -> Expression:
    """A function of FUNCTIONS."""
    if function in {"min", "max"} and len(arguments) == 1:
        return arguments[0]
    values = [constant(argument) for argument in arguments]
    known = [value for value in values if value is not None]
    if len(known) == len(values):
        value = EVALUATE[function](*known)
        if math.isfinite(value):
            return number(value)
    return node(function, "", arguments)


def _mm(x: float, maximum: float, half: float) -> float:
    return arithmetic.divide(maximum * x, half + x)


def _piecewise(*arguments: float) -> float:
    for value, condition in zip(arguments[:-1:2], arguments[1::2], strict=True):
        if condition:
            return value
    return arguments[-1]


# operator -> its value from those of its arguments; conditions give 1.0 or 0.0, and nothing raises on arithmetic
EVALUATE: Mapping[str, Callable[..., float]] = {
    "sum": lambda *terms: sum(terms),
    "product": lambda *factors: math.prod(factors),
    "inverse": lambda below: arithmetic.divide(1.0, below),
    "^": arithmetic.power,
    "exp": arithmetic.exp,
    "log": arithmetic.log,
    "sqrt": arithmetic.sqrt,
    "abs": abs,
    "min": min,
    "max": max,
    "hill": arithmetic.hill,
    "mm": _mm,
    "<": lambda a, b: float(a < b),
    "<=": lambda a, b: float(a <= b),
    ">": lambda a, b: float(a > b),
    ">=": lambda a, b: float(a >= b),
    "==": lambda a, b: float(a == b),
    "!=": lambda a, b: float(a != b),
    "and": lambda *conditions: float(all(conditions)),
    "or": lambda *conditions: float(any(conditions)),
    "not": lambda condition: float(not condition),
    "piecewise": _piecewise,
}


def _flat(operator: str, arguments: Iterable[Expression]) -> list[Expression]:
    return [
        part
        for argument in arguments
        for part in (argument.arguments if argument.operator == operator else (argument,))
    ]


def _join(operator: str, conditions: Iterable[Expression], neutral: Expression, final: Expression) -> Expression:
    kept = [part for part in _flat(operator, conditions) if part is not neutral]
    if final in kept:
        return final
    if not kept:
        return neutral
    return kept[0] if len(kept) == 1 else node(operator, "", tuple(kept))


def rebuild(expression: Expression, arguments: tuple[Expression, ...]) -> Expression:
    """The same operation on other arguments, simplified."""
    operator = expression.operator
    if operator == "inverse":
        return divide(ONE, arguments[0])
    if operator in COMPARISONS:
        return compare(operator, *arguments)
    if operator in _BUILD:
        return _BUILD[operator](*arguments)
    return call(operator, *arguments)


_BUILD: Mapping[str, Callable[..., Expression]] = {
    "sum": add,
    "product": multiply,
    "^": power,
    "and": both,
    "or": either,
    "not": negation,
    "piecewise": piecewise,
}


def in_order(roots: Iterable[Expression], known: Container[Expression] = ()) -> list[Expression]:
    """Every node below the roots once, arguments before what uses them (no recursion: trees may be deep).

    known: nodes to leave out, with what stands below them.
    """
    done: dict[Expression, None] = {}
    stack = [root for root in reversed(list(roots)) if root not in known]
    while stack:
        expression = stack[-1]
        waiting = [one for one in expression.arguments if one not in done and one not in known]
        if waiting:
            stack.extend(reversed(waiting))
        else:
            done[stack.pop()] = None
    return list(done)


@lru_cache(maxsize=16384)
def symbols(expression: Expression) -> frozenset[str]:
    """All named leaves: names, `volume(place)`, `concentration(species)`, and `time`, `pi`, `avogadro`."""
    return frozenset(part.symbol for part in in_order([expression]) if part.symbol)


def names(expression: Expression) -> frozenset[str]:
    """The names written in the expression, without the built-in ones and without places and species in calls."""
    return frozenset(str(part.value) for part in in_order([expression]) if part.operator == "name") - BUILT_IN


def substitute(expression: Expression, replacements: Mapping[str, Expression]) -> Expression:
    """The expression with named leaves (by `symbol`) replaced, all at once, and simplified again."""
    if replacements.keys().isdisjoint(symbols(expression)):
        return expression
    result: dict[Expression, Expression] = {}
    for part in in_order([expression]):
        if not part.arguments:
            result[part] = replacements.get(part.symbol, part) if part.symbol else part
        else:
            arguments = tuple(result[argument] for argument in part.arguments)
            result[part] = part if arguments == part.arguments else rebuild(part, arguments)
    return result[expression]


def evaluate(expression: Expression, values: Mapping[str, float]) -> float:
    """The value of the expression, with named leaves taken from `values`; never raises on arithmetic.

    A condition gives 1.0 or 0.0.  Missing names raise KeyError.
    """
    result: dict[Expression, float] = {}
    for part in in_order([expression]):
        if part.arguments:
            result[part] = EVALUATE[part.operator](*(result[argument] for argument in part.arguments))
        else:
            value = constant_leaf(part)
            result[part] = float(values[part.symbol]) if value is None else value
    return result[expression]


def constant_leaf(part: Expression) -> float | None:
    """The number that a node without arguments stands for everywhere, None for a symbol that has a value somewhere."""
    if part.operator in {"number", "truth"}:
        return float(part.value)
    return _CONSTANTS.get(part.symbol)
