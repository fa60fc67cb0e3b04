"""Expressions -> one generated Python program: `bind(p)` gives plain functions of (t, y).

What depends on parameters only is computed once in `bind`; common sub-expressions become local variables; nothing is
called per process.  The program exists in two forms: the fast one uses bare operators, and hands over to the careful
one (written at first need) where these raise, so that a division by zero gives an IEEE value at no cost elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from exocosm.network import arithmetic
from exocosm.network.expression import COMPARISONS, CONDITIONS, Expression, constant, in_order, node
from exocosm.network.text import AND, ATOM, COMPARE, NOT, OR, POWER, PRODUCT, SUM, Piece, within, write_sum

Function = Callable[[float, Sequence[float]], list[float]]
Binder = Callable[[Sequence[float]], tuple[Function, ...]]

CONDITIONAL = OR - 1  # `a if c else b` binds less tightly than anything
_LONGEST_LINE = 1500  # characters of one generated expression before it gets a name
_DEEPEST = 20  # nesting of one generated expression before it gets a name
_COMMON: dict[str, Any] = {"__builtins__": {}, "abs": abs, "min": min, "max": max, "inf": math.inf, "nan": math.nan}
_FAST = {**_COMMON, "exp": math.exp, "log": math.log, "sqrt": math.sqrt, "power": math.pow}
_CAREFUL = {name: getattr(arithmetic, name) for name in ("exp", "log", "sqrt", "power", "divide", "hill")}
_FAILURES = {"ArithmeticError": ArithmeticError, "ValueError": ValueError}


class Lowering:
    """Joins expressions and the definitions they name into one shared graph, ready to be written as a program."""

    def __init__(self, states: Sequence[str], parameters: Sequence[str]) -> None:
        self.leaves = {"time": "t"}
        self.leaves.update({name: f"p{place}" for place, name in enumerate(parameters)})
        self.leaves.update({name: f"y{place}" for place, name in enumerate(states)})
        self.counts = (len(states), len(parameters))
        self._moving = {"time", *states}
        self._defined: dict[str, Expression] = {}
        self._lowered: dict[Expression, Expression] = {}
        self._level: dict[Expression, bool] = {}

    def define(self, symbol: str, expression: Expression) -> None:
        """Give a symbol its meaning; what it uses must be defined before."""
        self._defined[symbol] = self.lower(expression)

    def lower(self, expression: Expression) -> Expression:
        """The expression with defined symbols replaced by their graphs, and what only parameters decide set apart."""
        for part in in_order([expression], self._lowered):
            self._lowered[part] = self._lower(part)
        return self._lowered[expression]

    def moves(self, lowered: Expression) -> bool:
        """Whether a lowered expression changes with time or state (else it is fixed by the parameters)."""
        for part in in_order([lowered], self._level):
            self._level[part] = part.symbol in self._moving or any(self._level[one] for one in part.arguments)
        return self._level[lowered]

    def _lower(self, part: Expression) -> Expression:
        if part.symbol in self._defined:
            return self._defined[part.symbol]
        if not part.arguments:
            return part
        arguments = tuple(self._lowered[argument] for argument in part.arguments)
        if part.operator == "mm":
            x, maximum, half = arguments
            below = node("inverse", "", (self._grouped("sum", (half, x)),))
            return self._grouped("product", (maximum, x, below))
        return self._grouped(part.operator, arguments)

    def _grouped(self, operator: str, arguments: tuple[Expression, ...]) -> Expression:
        if operator in {"sum", "product"}:
            fixed = tuple(argument for argument in arguments if not self.moves(argument))
            if 1 < len(fixed) < len(arguments):
                moving = tuple(argument for argument in arguments if self.moves(argument))
                arguments = (node(operator, "", fixed), *moving)
        return node(operator, "", arguments)


def program(lowering: Lowering, functions: Mapping[str, Sequence[Expression]]) -> tuple[str, Binder]:
    """The source of a program, and `bind(p)` -> one function (t, y) -> list of floats for each entry of `functions`.

    functions: name -> lowered expressions that the function returns in order (conditions give 1.0 or 0.0).
    """
    source = _source(lowering, functions, careful=False)
    fast = _load(source, {**_FAST, **_FAILURES, **{f"careful_{name}": f for name, f in _CAREFUL.items()}})
    parameters = lowering.counts[1]

    @cache
    def careful_program() -> Callable[..., tuple[Function, ...]]:
        names = {**_COMMON, **_CAREFUL, **{f"careful_{name}": f for name, f in _CAREFUL.items()}}
        return _load(_source(lowering, functions, careful=True), names)

    def bind(p: Sequence[float]) -> tuple[Function, ...]:
        values = [float(value) for value in p]
        if len(values) != parameters:
            raise ValueError(f"{parameters} parameters are expected, {len(values)} were given")
        bound: list[tuple[Function, ...]] = []

        def careful(place: int, t: float, y: Sequence[float]) -> list[float]:
            if not bound:
                bound.append(careful_program()(values, None))
            return bound[0][place](t, y)

        return fast(values, careful)

    return source, bind


def _load(source: str, namespace: Mapping[str, Any]) -> Callable[..., tuple[Function, ...]]:
    # The source is written by this module from a checked tree: it holds indices, floats and the functions of the
    # namespace, and no text of a user (names of states and parameters appear as y0, p0, ...); builtins are shut off.
    scope = dict(namespace)
    exec(compile(source, "<exocosm model>", "exec"), scope)
    bind: Callable[..., tuple[Function, ...]] = scope["bind"]
    return bind


def _source(lowering: Lowering, functions: Mapping[str, Sequence[Expression]], careful: bool) -> str:
    states, parameters = lowering.counts
    everything = [expression for outputs in functions.values() for expression in outputs]
    fixed_uses, hoisted = _fixed_parts(lowering, everything)
    prelude = _Writer(lowering, "careful_", careful=True, known={})
    for part in hoisted:
        prelude.write_part(part, fixed_uses, keep=not _atomic(part))
    lines = ["def bind(p, careful):"]
    if parameters:
        lines.append(f"    {_unpacking('p', parameters)} = p")
    lines += [f"    {line}" for line in prelude.lines]
    for place, (name, outputs) in enumerate(functions.items()):
        lines += ["", f"    def {name}(t, y):"]
        if states:
            lines.append(f"        {_unpacking('y', states)} = y")
        writer = _Writer(lowering, "", careful=careful, known=prelude.pieces)
        moving = [part for part in in_order(outputs) if lowering.moves(part)]
        uses = _uses(moving, outputs)
        for part in moving:
            writer.write_part(part, uses)
        shown = [writer.output(output) for output in outputs]
        body = [*writer.lines, f"return [{', '.join(shown)}]"]
        if careful:
            lines += [f"        {line}" for line in body]
        else:
            lines += ["        try:", *(f"            {line}" for line in body)]
            lines += ["        except (ArithmeticError, ValueError):", f"            return careful({place}, t, y)"]
    lines += ["", f"    return ({''.join(f'{name}, ' for name in functions)})", ""]
    return "\n".join(lines)


def _unpacking(letter: str, count: int) -> str:
    return f"({''.join(f'{letter}{place}, ' for place in range(count))})"


def _atomic(part: Expression) -> bool:
    return not part.arguments


def _fixed_parts(lowering: Lowering, outputs: Sequence[Expression]) -> tuple[dict[Expression, int], list[Expression]]:
    """What only parameters decide: how often each part is used, and all parts in order.

    Only the parts that something moving (or an output) uses directly, or that are used twice, need a variable.
    """
    order = in_order(outputs)
    fixed = [part for part in order if not lowering.moves(part)]
    uses = dict.fromkeys(fixed, 0)
    for part in order:
        for argument in part.arguments:
            if argument in uses:
                uses[argument] += 2 if lowering.moves(part) else 1
    for output in outputs:
        if output in uses:
            uses[output] += 2
    return uses, fixed


def _uses(parts: Sequence[Expression], outputs: Sequence[Expression]) -> dict[Expression, int]:
    uses = dict.fromkeys(parts, 0)
    for part in parts:
        for argument in part.arguments:
            if argument in uses:
                # written twice below: squares, and the two sides of a two-armed min or max
                twice = _small_power(part) and argument is part.arguments[0]
                twice = twice or (part.operator in {"min", "max"} and len(part.arguments) == 2)
                uses[argument] += 2 if twice else 1
    for output in outputs:
        if output in uses:
            uses[output] += 1
    return uses


def _small_power(part: Expression) -> bool:
    return part.operator == "^" and constant(part.arguments[1]) in (2.0, 3.0)


class _Writer:
    """Writes one function body: every expression as text, and as a variable where it is used more than once."""

    def __init__(self, lowering: Lowering, prefix: str, careful: bool, known: Mapping[Expression, Piece]) -> None:
        self.leaves, self.prefix, self.careful, self.known = lowering.leaves, prefix, careful, known
        self.letter = "h" if prefix else "v"
        self.lines: list[str] = []
        self.pieces: dict[Expression, Piece] = {}
        self.depths: dict[Expression, int] = {}

    def write_part(self, part: Expression, uses: Mapping[Expression, int], keep: bool = True) -> None:
        piece = self._piece(part)
        depth = 1 + max((self.depths.get(argument, 0) for argument in part.arguments), default=0)
        wanted = uses[part] > 1 or depth > _DEEPEST or len(piece[0]) > _LONGEST_LINE
        if wanted and keep and not _atomic(part):
            piece, depth = (self._variable(piece[0]), ATOM), 0
        self.pieces[part], self.depths[part] = piece, depth

    def output(self, expression: Expression) -> str:
        text = self._get(expression)[0]
        return f"1.0 if {text} else 0.0" if expression.operator in CONDITIONS else text

    def _variable(self, text: str) -> str:
        variable = f"{self.letter}{len(self.lines)}"
        self.lines.append(f"{variable} = {text}")
        return variable

    def _get(self, part: Expression) -> Piece:
        piece = self.pieces.get(part)
        return self.known[part] if piece is None else piece

    def _piece(self, part: Expression) -> Piece:
        operator = part.operator
        if operator == "number":
            value = float(part.value)
            return repr(value), PRODUCT if value < 0 else ATOM
        if operator == "truth":
            return str(bool(part.value)), ATOM
        if part.symbol:
            return self._leaf(part.symbol), ATOM
        arguments = [self._get(argument) for argument in part.arguments]
        if operator == "sum":
            return write_sum(arguments)
        if operator in {"product", "inverse"}:
            return self._product(part)
        if operator == "^":
            return self._power(part, arguments)
        if operator == "hill":
            return self._hill(arguments)
        if operator == "piecewise":
            pairs = zip(arguments[:-1:2], arguments[1::2], strict=True)
            branches = "".join(f"{within(value, OR)} if {within(holds, OR)} else " for value, holds in pairs)
            return branches + within(arguments[-1], OR), CONDITIONAL
        if operator in COMPARISONS:
            return f"{within(arguments[0], SUM)} {operator} {within(arguments[1], SUM)}", COMPARE
        if operator == "not":
            return f"not {within(arguments[0], COMPARE)}", NOT
        if operator in {"and", "or"}:
            tightness = AND if operator == "and" else OR
            return f" {operator} ".join(within(argument, tightness + 1) for argument in arguments), tightness
        if operator in {"min", "max"} and len(arguments) == 2 and all(piece[1] == ATOM for piece in arguments):
            one, other = arguments[0][0], arguments[1][0]
            return f"{one} if {one} {'<' if operator == 'min' else '>'} {other} else {other}", CONDITIONAL
        prefix = "" if operator in _COMMON else self.prefix
        return f"{prefix}{operator}({', '.join(within(argument, OR) for argument in arguments)})", ATOM

    def _leaf(self, symbol: str) -> str:
        if symbol in {"pi", "avogadro"}:
            return repr(math.pi if symbol == "pi" else arithmetic.AVOGADRO)
        return self.leaves[symbol]

    def _product(self, part: Expression) -> Piece:
        factors = part.arguments if part.operator == "product" else (part,)
        minus = "-" if constant(factors[0]) == -1.0 else ""
        above = [within(self._get(factor), POWER) for factor in factors if factor.operator != "inverse"][len(minus) :]
        under = [
            self._get(one.arguments[0]) for one in factors if one.operator == "inverse" and self._inline(one, part)
        ]
        above += [self._get(one)[0] for one in factors if one.operator == "inverse" and not self._inline(one, part)]
        text = " * ".join(above) or "1.0"
        if under and self.careful:
            return f"{minus}{self.prefix}divide({text}, {' * '.join(within(piece, POWER) for piece in under)})", PRODUCT
        if under:
            below = " * ".join(within(piece, POWER) for piece in under)
            text = f"{text} / ({below})" if len(under) > 1 else f"{text} / {below}"
        return minus + text, PRODUCT

    def _inline(self, factor: Expression, part: Expression) -> bool:
        """Whether a divisor is divided by here, rather than its reciprocal being a variable already."""
        return factor is part or self._get(factor)[1] != ATOM

    def _power(self, part: Expression, arguments: list[Piece]) -> Piece:
        base, exponent = arguments
        value = constant(part.arguments[1])
        if _small_power(part) and base[1] == ATOM:
            return " * ".join([base[0]] * int(value or 0)), PRODUCT
        if value == 0.5:
            return f"{self.prefix}sqrt({within(base, OR)})", ATOM
        return f"{self.prefix}power({within(base, OR)}, {within(exponent, OR)})", ATOM

    def _hill(self, arguments: list[Piece]) -> Piece:
        x, half, steepness = arguments
        if self.careful:
            return f"{self.prefix}hill({', '.join(within(piece, OR) for piece in arguments)})", ATOM
        if x[1] != ATOM:
            x = (self._variable(x[0]), ATOM)
        ratio = f"({x[0]} if {x[0]} > 0.0 else 0.0) / {within(half, POWER)}"
        if steepness[0] == "1.0":
            above = self._variable(ratio)
        elif steepness[0] in {"2.0", "3.0", "4.0"}:
            ratio = self._variable(ratio)
            above = self._variable(" * ".join([ratio] * int(float(steepness[0]))))
        else:
            above = self._variable(f"power({ratio}, {within(steepness, OR)})")
        # an infinite ratio (a product overflows in silence) is saturation, not infinity / infinity
        return f"1.0 if {above} == inf else {above} / (1.0 + {above})", CONDITIONAL
