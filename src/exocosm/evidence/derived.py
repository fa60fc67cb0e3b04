"""Derived values: their formulas in the ids of other rows, recomputed with units.

Grammar: numbers, `{id}` or `` `id` `` for another row, `[160 um/min]` for a number with a unit, `+ - * /`, `^` (or
`**`) with a pure number as exponent, parentheses, and `ln`, `log10`, `exp`, `sqrt`.  A formula without any id or
bracket is arithmetic on numbers as printed and gives the number in the row's own unit.  What cannot be written so is
stated as `words: ...`; such a row is not recomputed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from exocosm.errors import EvidenceError, UnitError, nearest
from exocosm.evidence.value import Value

IN_WORDS = "words:"
TOLERANCE = 0.01  # relative, between the stored and the recomputed number
MAXIMUM_LENGTH = 1000
MAXIMUM_TOKENS = 200
MAXIMUM_DEPTH = 40
MAXIMUM_EXPONENT = 12.0
FUNCTIONS = ("exp", "ln", "log10", "sqrt")

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|\{(?P<braced>[^{}]*)\}|`(?P<ticked>[^`]*)`"
    r"|\[\s*(?P<amount>-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s+(?P<unit>[^\[\]]+)\]"
    r"|(?P<word>[A-Za-z_][A-Za-z0-9_-]*)|(?P<mark>\*\*|[-+*/^()]))"
)


@dataclass(frozen=True)
class Node:
    """A piece of a formula: `number`, `id`, `amount` (number with unit), an operator, `negative`, or a function."""

    kind: str
    parts: tuple[Node, ...] = ()
    number: float = 0.0
    text: str = ""


def is_in_words(formula: str) -> bool:
    """Whether a formula is stated in words only and so cannot be recomputed."""
    return formula.strip().lower().startswith(IN_WORDS)


def parse_formula(text: str) -> Node:
    """The tree of a formula; raises EvidenceError that shows where it stops being one."""
    return _Reader(text).tree()


def ids_in(node: Node) -> tuple[str, ...]:
    """The ids a formula refers to, each once, in order of appearance."""
    return tuple(dict.fromkeys(piece.text for piece in _walk(node) if piece.kind == "id"))


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for part in node.parts:
        yield from _walk(part)


class _Reader:
    """Recursive descent: sum > product > signed > power > atom."""

    def __init__(self, text: str) -> None:
        if len(text) > MAXIMUM_LENGTH:
            raise EvidenceError(f"formula '{text[:40]}...' is longer than {MAXIMUM_LENGTH} characters")
        self.text, self.place, self.depth = text, 0, 0
        self.tokens = list(self._tokens())
        if len(self.tokens) > MAXIMUM_TOKENS:
            raise EvidenceError(f"formula '{text[:40]}...' has more than {MAXIMUM_TOKENS} pieces")

    def _tokens(self) -> Iterator[re.Match[str]]:
        position, end = 0, len(self.text.rstrip())
        while position < end:
            match = _TOKEN.match(self.text, position)
            if match is None:
                self._fail(position, "here stands nothing the grammar knows")
            yield match
            position = match.end()

    def _fail(self, position: int, message: str) -> NoReturn:
        shown = f"{self.text[:position]} >>> {self.text[position:]}" if position < len(self.text) else self.text
        raise EvidenceError(
            f"formula '{shown}': {message}; write for example '{{liver-flow}} * 0.5 / {{liver-mass}}', "
            f"or '{IN_WORDS} ...' where no formula is possible"
        )

    def tree(self) -> Node:
        node = self._sum()
        if self.place < len(self.tokens):
            self._fail(self.tokens[self.place].start(), "an operator was expected")
        return node

    def _mark(self, *marks: str) -> str:
        if self.place < len(self.tokens) and self.tokens[self.place]["mark"] in marks:
            self.place += 1
            return str(self.tokens[self.place - 1]["mark"])
        return ""

    def _sum(self) -> Node:
        self.depth += 1
        if self.depth > MAXIMUM_DEPTH:
            raise EvidenceError(f"formula '{self.text[:40]}...' nests deeper than {MAXIMUM_DEPTH}")
        node = self._product()
        while mark := self._mark("+", "-"):
            node = Node(mark, (node, self._product()))
        self.depth -= 1
        return node

    def _product(self) -> Node:
        node = self._signed()
        while mark := self._mark("*", "/"):
            node = Node(mark, (node, self._signed()))
        return node

    def _signed(self) -> Node:
        negative = False
        while mark := self._mark("-", "+"):
            negative ^= mark == "-"
        node = self._power()
        return Node("negative", (node,)) if negative else node

    def _power(self) -> Node:
        base = self._atom()
        if not self._mark("^", "**"):
            return base
        negative = self._mark("-") == "-"
        exponent = self._atom()
        node = Node("^", (base, Node("negative", (exponent,)) if negative else exponent))
        if self._mark("^", "**"):
            self._fail(self.tokens[self.place - 1].start(), "a power of a power needs parentheses")
        return node

    def _atom(self) -> Node:
        if self.place >= len(self.tokens):
            self._fail(len(self.text), "it ends where a number, an {id} or '(' was expected")
        token = self.tokens[self.place]
        self.place += 1
        if token["number"]:
            return Node("number", number=float(token["number"]))
        if token["amount"]:
            return Node("amount", number=float(token["amount"]), text=token["unit"].strip())
        id = token["braced"] if token["braced"] is not None else token["ticked"]
        if id is not None:
            return Node("id", text=id.strip())
        if token["word"] in FUNCTIONS and self._mark("("):
            return Node(token["word"], (self._closed(),))
        if token["word"]:
            self._fail(token.start(), f"'{token['word']}' is no function; an id stands in braces")
        if token["mark"] == "(":
            return self._closed()
        self._fail(token.start(), "a number, an {id} or '(' was expected")

    def _closed(self) -> Node:
        node = self._sum()
        if not self._mark(")"):
            position = self.tokens[self.place].start() if self.place < len(self.tokens) else len(self.text)
            self._fail(position, "')' was expected")
        return node


def recompute(value: Value, by_id: Mapping[str, Value]) -> float:
    """The number a derived row should have, in its own unit, from the rows its formula names.

    Raises EvidenceError for a formula in words, an unknown id, or units that do not fit.
    """
    if is_in_words(value.formula):
        raise EvidenceError(f"row '{value.id}': its formula is stated in words and cannot be recomputed")
    node = parse_formula(value.formula)
    for id in ids_in(node):
        if id not in by_id:
            raise EvidenceError(f"row '{value.id}': its formula names the row '{id}', unknown ({nearest(id, by_id)})")
    from exocosm.units import parse, registry

    quantity = registry().Quantity

    def amount(number: float, unit: str) -> Any:
        return quantity(number, parse(unit))

    try:
        result = _evaluate(node, lambda id: amount(by_id[id].value, by_id[id].unit), amount)
        if not any(piece.kind in {"id", "amount"} for piece in _walk(node)):
            number = float(result.to("dimensionless").magnitude)
        else:
            number = float(result.to(parse(value.unit)).magnitude)
    except (ArithmeticError, ValueError, TypeError, UnitError) as problem:  # pint's dimension errors are TypeErrors
        raise EvidenceError(f"row '{value.id}': formula '{value.formula}' fails: {problem}") from None
    if not math.isfinite(number):
        raise EvidenceError(f"row '{value.id}': formula '{value.formula}' gives {number}")
    return number


def _evaluate(node: Node, row: Callable[[str], Any], amount: Callable[[float, str], Any]) -> Any:
    if node.kind in {"number", "amount"}:
        return amount(node.number, node.text or "dimensionless")
    if node.kind == "id":
        return row(node.text)
    parts = [_evaluate(part, row, amount) for part in node.parts]
    if node.kind == "+":
        return parts[0] + parts[1]
    if node.kind == "-":
        return parts[0] - parts[1]
    if node.kind == "*":
        return parts[0] * parts[1]
    if node.kind == "/":
        return parts[0] / parts[1]
    if node.kind == "negative":
        return -parts[0]
    if node.kind == "sqrt":
        return parts[0] ** 0.5
    if node.kind == "^":
        exponent = float(parts[1].to("dimensionless").magnitude)
        if abs(exponent) > MAXIMUM_EXPONENT:
            raise ValueError(f"exponent {exponent:g} is larger than {MAXIMUM_EXPONENT:g}")
        return parts[0] ** exponent
    function = {"exp": math.exp, "ln": math.log, "log10": math.log10}[node.kind]
    return amount(function(float(parts[0].to("dimensionless").magnitude)), "dimensionless")
