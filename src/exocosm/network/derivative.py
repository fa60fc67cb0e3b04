"""Symbolic derivatives of expressions, branch by branch where an expression has branches."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from exocosm.network.expression import (
    MINUS_ONE,
    ONE,
    ZERO,
    Expression,
    add,
    both,
    call,
    compare,
    constant,
    divide,
    either,
    in_order,
    multiply,
    number,
    piecewise,
    power,
    subtract,
)

NOTHING: Mapping[str, Expression] = {}


def derivative(expression: Expression, symbol: str, inner: Mapping[str, Expression] = NOTHING) -> Expression:
    """d(expression)/d(symbol), simplified.

    inner: d(name)/d(symbol) for other names that depend on the symbol themselves (the chain rule); a name that is
    neither counts as constant.  Steps contribute nothing (comparisons differentiate to zero, at the step too).
    """
    slopes: dict[Expression, Expression] = {}
    for part in in_order([expression]):
        if not part.arguments:
            slopes[part] = ONE if part.symbol == symbol else inner.get(part.symbol, ZERO)
        elif part.is_condition or all(slopes[argument] is ZERO for argument in part.arguments):
            slopes[part] = ZERO
        else:
            slopes[part] = _slope(part, [slopes[argument] for argument in part.arguments])
    return slopes[expression]


def _slope(part: Expression, slopes: list[Expression]) -> Expression:
    arguments = part.arguments
    match part.operator:
        case "sum":
            return add(*slopes)
        case "product":
            return add(
                *(
                    multiply(*arguments[:place], slope, *arguments[place + 1 :])
                    for place, slope in enumerate(slopes)
                    if slope is not ZERO
                )
            )
        case "inverse":
            return multiply(MINUS_ONE, slopes[0], divide(ONE, power(arguments[0], number(2.0))))
        case "piecewise":
            kept = [slopes[place] if place % 2 == 0 else arguments[place] for place in range(len(arguments))]
            return piecewise(*kept)
        case "min" | "max":
            return _extreme("<=" if part.operator == "min" else ">=", arguments, slopes)
        case "abs":
            return piecewise(slopes[0], compare(">=", arguments[0], ZERO), multiply(MINUS_ONE, slopes[0]))
    partial = _PARTIAL[part.operator](part, *arguments)
    return add(*(multiply(one, slope) for one, slope in zip(partial, slopes, strict=True) if slope is not ZERO))


def _extreme(operator: str, arguments: tuple[Expression, ...], slopes: list[Expression]) -> Expression:
    branches: list[Expression] = []
    for place, argument in enumerate(arguments[:-1]):
        holds = both(*(compare(operator, argument, other) for other in arguments[:place] + arguments[place + 1 :]))
        branches += [slopes[place], holds]
    return piecewise(*branches, slopes[-1])


def _where_positive(value: Expression, x: Expression) -> Expression:
    return piecewise(value, compare(">", x, ZERO), ZERO)


def _power(part: Expression, base: Expression, exponent: Expression) -> list[Expression]:
    slope = multiply(exponent, power(base, subtract(exponent, ONE)))
    value = constant(exponent)
    if value is None:
        slope = piecewise(slope, either(compare(">", base, ZERO), compare(">=", exponent, ONE)), ZERO)
    elif value < 1.0 and not value.is_integer():
        slope = _where_positive(slope, base)
    return [slope, _where_positive(multiply(part, call("log", base)), base)]


def _hill(part: Expression, x: Expression, half: Expression, steepness: Expression) -> list[Expression]:
    # with r = x/K: dh/dx = (n/K) r^(n-1) (1 - h)^2, which needs no division by x
    rest = subtract(ONE, part)
    ratio = divide(call("max", x, ZERO), half)
    along = multiply(divide(steepness, half), power(ratio, subtract(steepness, ONE)), rest, rest)
    value = constant(steepness)
    if value is None or value < 1.0:
        along = piecewise(along, either(compare(">", x, ZERO), compare(">=", steepness, ONE)), ZERO)
    by_half = multiply(MINUS_ONE, divide(steepness, half), part, rest)
    by_steepness = _where_positive(multiply(part, rest, call("log", divide(x, half))), x)
    return [along, by_half, by_steepness]


def _mm(part: Expression, x: Expression, maximum: Expression, half: Expression) -> list[Expression]:
    below = add(half, x)
    squared = power(below, number(2.0))
    return [
        divide(multiply(maximum, half), squared),
        divide(x, below),
        divide(multiply(MINUS_ONE, maximum, x), squared),
    ]


_PARTIAL: Mapping[str, Callable[..., list[Expression]]] = {
    "^": _power,
    "hill": _hill,
    "mm": _mm,
    "exp": lambda part, x: [part],
    "log": lambda part, x: [divide(ONE, x)],
    "sqrt": lambda part, x: [_where_positive(divide(ONE, multiply(number(2.0), part)), x)],
}
