"""Expressions evaluated at many points at once: one pass over the tree, a list of floats for every node.

The arithmetic is that of `expression.evaluate`, number by number, so the results are the same to the last bit; what is
saved is walking the tree at every point and computing again what several expressions share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from exocosm.network.expression import BUILT_IN, EVALUATE, Expression, constant_leaf, in_order, symbols

Column = Sequence[float]  # one float per point


class Columns:
    """The values of symbols at `count` points (symbol -> column), and of every expression in these symbols."""

    def __init__(self, values: Mapping[str, Column], count: int) -> None:
        self.count = count
        self._values = dict(values)
        self._found: dict[Expression, Column] = {}

    def __getitem__(self, symbol: str) -> Column:
        return self._values[symbol]

    def knows(self, expression: Expression) -> bool:
        """Whether every symbol of an expression has values here."""
        return self._values.keys() >= symbols(expression) - BUILT_IN

    def __contains__(self, symbol: str) -> bool:
        return symbol in self._values

    def of(self, expression: Expression) -> Column:
        """The values of an expression, one per point; KeyError for a symbol that has none."""
        for part in in_order([expression], self._found):
            if part.arguments:
                inner = (self._found[argument] for argument in part.arguments)
                self._found[part] = list(map(EVALUATE[part.operator], *inner))
            else:
                value = constant_leaf(part)
                self._found[part] = self._values[part.symbol] if value is None else [value] * self.count
        return self._found[expression]

    def defined(self, definitions: Mapping[str, Expression]) -> Columns:
        """The same points with symbols given (or given anew) by expressions, each after what it uses."""
        columns = Columns(self._values, self.count)
        for symbol, expression in definitions.items():
            columns._values[symbol] = columns.of(expression)
        return columns

    def changed(self, values: Mapping[str, Column]) -> Columns:
        """The same points with other values of some symbols; no other symbol follows them (see `defined`)."""
        return Columns({**self._values, **values}, self.count)
