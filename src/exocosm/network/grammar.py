"""Text -> expression tree: the package's own parser for what users write in models and study files.

No text of a user is ever given to Python; length and depth are bounded; an error shows the text with a caret.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from exocosm.errors import InputError, nearest
from exocosm.network import expression as tree
from exocosm.network.expression import COMPARISONS, FUNCTIONS, Expression

LONGEST = 4000  # characters
DEEPEST = 60  # nested parentheses, functions, powers and signs
RESERVED = frozenset(
    {*tree.BUILT_IN, *FUNCTIONS, "piecewise", "if", "volume", "concentration", "and", "or", "not", "true", "false"}
)
NAME = re.compile(r"[A-Za-z_](?:[A-Za-z0-9_.@]*[A-Za-z0-9_@])?")
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    rf"|(?P<name>{NAME.pattern})"
    r"|(?P<sign>\*\*|<=|>=|==|!=|[-+*/^<>(),]))"
)
_CALLS = (*FUNCTIONS, "piecewise", "if", "volume", "concentration")


def is_name(text: str) -> bool:
    """Whether the text can stand as a name in an expression (letters, digits, `_`, `.`, `@`; no trailing dot)."""
    return len(text) <= 200 and NAME.fullmatch(text) is not None and text not in RESERVED


@lru_cache(maxsize=16384)
def parse(text: str) -> Expression:
    """The tree of an expression; raises InputError that shows where it stops making sense.

    Numbers `1e-3`; names such as `vesicle.s100@liver.vascular`; + - * / ^ (or **); comparisons; and, or, not;
    hill(x, K, n), mm(x, Vmax, K), exp, log (natural), sqrt, abs, min, max, piecewise(value, condition, ...,
    otherwise), if(condition, a, b); time (hours), pi, avogadro (molecule per nmol); volume(place),
    concentration(species).
    """
    if len(text) > LONGEST:
        raise InputError(
            f"the expression '{text[:40]}...' has {len(text)} characters; the limit is {LONGEST}: name parts"
        )
    parser = _Parser(text)
    try:
        result = parser.condition()
    except tree.NotFiniteError as problem:
        raise parser.error(str(problem)) from None
    if parser.token.kind != "end":
        expected = "an operator such as + or *" if parser.token.kind in {"number", "name"} else "the end"
        raise parser.error(f"expected {expected} here")
    return result


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # number, name, sign, end
    text: str
    start: int


class _Parser:
    """Recursive descent over the tokens of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.depth = 0
        self.tokens = self._tokens()
        self.position = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.position]

    def error(self, message: str, at: int | None = None) -> InputError:
        """The error with the text (a window of it) and a caret under the place."""
        place = self.token.start if at is None else at
        first = max(0, place - 60)
        shown = re.sub(r"\s", " ", self.text[first : place + 40])
        return InputError(f"cannot read the expression: {message}\n    {shown}\n    {' ' * (place - first)}^")

    def _tokens(self) -> list[_Token]:
        found: list[_Token] = []
        place = 0
        end = len(self.text.rstrip())
        while place < end:
            match = _TOKEN.match(self.text, place)
            if match is None:
                bad = place + len(self.text[place:]) - len(self.text[place:].lstrip())
                hint = "write == for 'is equal'" if self.text[bad] == "=" else "it has no meaning here"
                self.tokens, self.position = [_Token("end", "", bad)], 0
                raise self.error(f"unexpected {self.text[bad]!r} ({hint})")
            kind = str(match.lastgroup)
            found.append(_Token(kind, match[kind], match.start(kind)))
            place = match.end()
        found.append(_Token("end", "", end))
        return found

    def take(self, *texts: str) -> str:
        """The text of the present token if it is one of these (and step on), else empty."""
        if self.token.kind in {"sign", "name"} and self.token.text in texts:
            self.position += 1
            return self.tokens[self.position - 1].text
        return ""

    def need(self, text: str) -> None:
        if not self.take(text):
            raise self.error(f"expected '{text}' here")

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error(f"nested deeper than {DEEPEST} levels; give parts of it a name")

    # each method reads one level of binding, from the loosest to the tightest

    def condition(self) -> Expression:
        start = self.token.start
        parts = [self.conjunction()]
        while self.take("or"):
            parts.append(self.conjunction())
        return tree.either(*self.truths(parts, start)) if len(parts) > 1 else parts[0]

    def conjunction(self) -> Expression:
        start = self.token.start
        parts = [self.inversion()]
        while self.take("and"):
            parts.append(self.inversion())
        return tree.both(*self.truths(parts, start)) if len(parts) > 1 else parts[0]

    def inversion(self) -> Expression:
        start = self.token.start
        if not self.take("not"):
            return self.comparison()
        self.deeper()
        (inner,) = self.truths([self.inversion()], start)
        self.depth -= 1
        return tree.negation(inner)

    def comparison(self) -> Expression:
        start = self.token.start
        left = self.sum()
        operator = self.take(*COMPARISONS)
        if not operator:
            return left
        left, right = self.numbers([left, self.sum()], start)
        if self.token.text in COMPARISONS:
            raise self.error("comparisons cannot be chained; join two with 'and'")
        return tree.compare(operator, left, right)

    def sum(self) -> Expression:
        start = self.token.start
        terms = [self.product()]
        while sign := self.take("+", "-"):
            terms.append(self.product())
            if sign == "-":
                terms[-1] = tree.multiply(tree.MINUS_ONE, *self.numbers(terms[-1:], start))
        return tree.add(*self.numbers(terms, start)) if len(terms) > 1 else terms[0]

    def product(self) -> Expression:
        start = self.token.start
        factors = [self.signed()]
        while sign := self.take("*", "/"):
            factor = self.signed()
            self.numbers([factors[0], factor], start)
            factors.extend([factor] if sign == "*" else tree.inverted(factor))
        return tree.multiply(*factors) if len(factors) > 1 else factors[0]

    def signed(self) -> Expression:
        start = self.token.start
        sign = self.take("-", "+")
        if not sign:
            return self.power()
        self.deeper()
        (inner,) = self.numbers([self.signed()], start)
        self.depth -= 1
        return tree.multiply(tree.MINUS_ONE, inner) if sign == "-" else inner

    def power(self) -> Expression:
        start = self.token.start
        base = self.atom()
        if not self.take("^", "**"):
            return base
        self.deeper()
        result = tree.power(*self.numbers([base, self.signed()], start))  # the right side first: a^b^c is a^(b^c)
        self.depth -= 1
        return result

    def atom(self) -> Expression:
        token = self.token
        if token.kind == "end":
            raise self.error("it ends where a value was expected")
        self.position += 1
        if token.kind == "number":
            return tree.number(float(token.text))
        if token.text == "(":
            self.deeper()
            inner = self.condition()
            self.need(")")
            self.depth -= 1
            return inner
        if token.kind != "name" or token.text in {"and", "or", "not"}:
            raise self.error("expected a number, a name or '(' here", token.start)
        if token.text in {"true", "false"}:
            return tree.TRUE if token.text == "true" else tree.FALSE
        if self.token.text == "(" and self.token.kind == "sign":
            return self.call(token)
        if token.text in RESERVED - tree.BUILT_IN:
            raise self.error(f"'{token.text}' is a function and needs '(' after it", self.token.start)
        return tree.name(token.text)

    def call(self, function: _Token) -> Expression:
        if function.text not in _CALLS:
            raise self.error(
                f"there is no function '{function.text}'; {nearest(function.text, _CALLS)}", function.start
            )
        self.need("(")
        if function.text in {"volume", "concentration"}:
            place = self.token
            if place.kind != "name":
                raise self.error(f"{function.text}(...) takes one name")
            self.position += 1
            self.need(")")
            return tree.node(function.text, place.text)
        self.deeper()
        arguments = [self.condition()]
        while self.take(","):
            arguments.append(self.condition())
        self.need(")")
        self.depth -= 1
        return self.applied(function, arguments)

    def applied(self, function: _Token, arguments: list[Expression]) -> Expression:
        count, start = len(arguments), function.start
        if function.text in {"if", "piecewise"}:
            if function.text == "if":
                if count != 3:
                    raise self.error(f"if(condition, a, b) takes 3 arguments, not {count}", start)
                arguments = [arguments[1], arguments[0], arguments[2]]
            elif count % 2 == 0:
                raise self.error("piecewise(value, condition, ..., otherwise) takes an odd number of arguments", start)
            self.numbers(arguments[::2], start)
            self.truths(arguments[1::2], start)
            return tree.piecewise(*arguments)
        fewest, most = FUNCTIONS[function.text]
        if not fewest <= count <= most:
            wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
            raise self.error(f"{function.text}(...) takes {wanted} arguments, not {count}", start)
        return tree.call(function.text, *self.numbers(arguments, start))

    def numbers(self, parts: list[Expression], start: int) -> list[Expression]:
        if any(part.is_condition for part in parts):
            raise self.error("a condition stands where a number is needed; write if(condition, 1, 0)", start)
        return parts

    def truths(self, parts: list[Expression], start: int) -> list[Expression]:
        if not all(part.is_condition for part in parts):
            raise self.error("a number stands where a condition such as 'a > b' is needed", start)
        return parts
