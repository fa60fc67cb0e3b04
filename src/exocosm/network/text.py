"""Expressions as text: the package's own infix, which `grammar.parse` reads back, and the infix of SBML Level 3."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from exocosm.errors import InputError
from exocosm.network.arithmetic import AVOGADRO
from exocosm.network.expression import BUILT_IN, COMPARISONS, Expression, constant, in_order

# how tightly an operation binds; what binds less tightly than its surroundings stands in parentheses
OR, AND, NOT, COMPARE, SUM, PRODUCT, POWER, ATOM = range(8)
Piece = tuple[str, int]


def to_text(expression: Expression, style: str = "exocosm", names: Mapping[str, str] | None = None) -> str:
    """The expression as infix text.

    style "exocosm": `parse(to_text(e)) is e`.  style "sbml": the formula language of libsbml's Level 3 parser, with
    hill and mm written out, `time` in hours, `avogadro` as its number, and named leaves replaced by `names` (keys:
    `x`, `volume(place)`, `concentration(species)`; a missing key is an InputError).
    """
    if style not in {"exocosm", "sbml"}:
        raise InputError(f"there is no style '{style}'; known: exocosm, sbml")
    write = _sbml(names or {}) if style == "sbml" else _own
    pieces: dict[Expression, Piece] = {}
    for part in in_order([expression]):
        pieces[part] = write(part, [pieces[argument] for argument in part.arguments])
    return pieces[expression][0]


def short_text(expression: Expression) -> str:
    """The expression as text for a message, cut after 120 characters."""
    text = to_text(expression)
    return text if len(text) <= 120 else text[:117] + "..."


def number_text(value: float) -> str:
    """The shortest text that reads back as the same float; whole numbers without the `.0`."""
    text = repr(value)
    return text[:-2] if text.endswith(".0") else text


def within(piece: Piece, tightness: int) -> str:
    """The text of a piece, in parentheses if it binds less tightly than asked."""
    return piece[0] if piece[1] >= tightness else f"({piece[0]})"


def write_sum(terms: list[Piece]) -> Piece:
    """Terms joined by + and -."""
    text = within(terms[0], PRODUCT)
    for term in terms[1:]:
        shown = within(term, PRODUCT)
        text += f" - {shown[1:]}" if shown.startswith("-") else f" + {shown}"
    return text, SUM


def write_product(part: Expression, factors: list[Piece]) -> Piece:
    """Factors joined by * and /; a leading -1 becomes a minus sign."""
    minus = "-" if constant(part.arguments[0]) == -1.0 else ""
    text = ""
    for factor, piece in list(zip(part.arguments, factors, strict=True))[1 if minus else 0 :]:
        if factor.operator == "inverse":
            text = f"{text or '1'} / {piece[0].removeprefix('1 / ')}"
        else:
            text = f"{text} * {within(piece, POWER)}" if text else _first(factor, piece)
    return minus + text, PRODUCT


def _first(factor: Expression, piece: Piece) -> str:
    return piece[0] if factor.operator == "number" else within(piece, POWER)


def _own(part: Expression, arguments: list[Piece]) -> Piece:
    operator = part.operator
    if operator == "number":
        text = number_text(float(part.value))
        return text, PRODUCT if text.startswith("-") else ATOM
    if operator == "truth":
        return ("true" if part.value else "false"), ATOM
    if part.symbol:
        return part.symbol, ATOM
    if operator == "sum":
        return write_sum(arguments)
    if operator == "product":
        return write_product(part, arguments)
    if operator == "inverse":
        return f"1 / {within(arguments[0], POWER)}", PRODUCT
    if operator == "^":
        return f"{within(arguments[0], ATOM)} ^ {within(arguments[1], ATOM)}", POWER
    if operator in COMPARISONS:
        return f"{within(arguments[0], SUM)} {operator} {within(arguments[1], SUM)}", COMPARE
    if operator == "not":
        return f"not {within(arguments[0], COMPARE)}", NOT
    if operator in {"and", "or"}:
        tightness = AND if operator == "and" else OR
        return f" {operator} ".join(within(argument, tightness + 1) for argument in arguments), tightness
    return f"{operator}({', '.join(argument[0] for argument in arguments)})", ATOM


def _sbml(names: Mapping[str, str]) -> Callable[[Expression, list[Piece]], Piece]:
    def write(part: Expression, arguments: list[Piece]) -> Piece:
        operator = part.operator
        if part.symbol and part.symbol not in BUILT_IN:
            if part.symbol not in names:
                raise InputError(f"no SBML name was given for '{part.symbol}'")
            given = names[part.symbol]
            return given, ATOM if given.isidentifier() else OR
        if part.symbol == "avogadro":
            return number_text(AVOGADRO), ATOM
        if operator == "not":
            return f"!({arguments[0][0]})", ATOM
        if operator in {"and", "or"}:
            sign = " && " if operator == "and" else " || "
            return f"({sign.join(f'({argument[0]})' for argument in arguments)})", ATOM
        if operator == "log":  # `log` may mean the decimal logarithm there
            return f"ln({arguments[0][0]})", ATOM
        if operator == "^":  # parentheses throughout: the readers disagree about -x^2
            return f"({within(arguments[0], ATOM)} ^ {within(arguments[1], ATOM)})", ATOM
        if operator == "sqrt":
            return f"sqrt({arguments[0][0]})", ATOM
        if operator == "mm":
            x, maximum, half = (within(argument, ATOM) for argument in arguments)
            return f"({maximum} * {x} / ({half} + {x}))", ATOM
        if operator == "hill":
            x, half, steepness = (within(argument, ATOM) for argument in arguments)
            ratio = f"((piecewise({x}, {x} > 0, 0) / {half}) ^ {steepness})"
            return f"({ratio} / (1 + {ratio}))", ATOM
        return _own(part, arguments)

    return write
