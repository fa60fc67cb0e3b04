from __future__ import annotations

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from exocosm.network.columns import Columns
from exocosm.network.expression import evaluate, in_order
from exocosm.network.grammar import parse

FLOATS = st.one_of(st.sampled_from([0.0, -1.0, 1.0, 2.0, 1e300]), st.floats(-1e6, 1e6))
TEXTS = (
    "x + y - 2 * x * y / (x - y)",
    "x ^ y + (x - 1) ^ 0.5 + y ^ (0 - 2) + avogadro * pi",
    "hill(x, y, 2) + mm(y, x, 3) + exp(x) + log(y) + sqrt(x) + abs(y)",
    "max(min(x, y), 1) + if(not (x < y) and (x == 1 or y != 2), x / y, piecewise(1, x >= y, 2, y <= 0 or x > 3, y))",
    "x > y",
    "time",
    "3",
)


@settings(deadline=None, max_examples=100)
@example([(0.0, 0.0, 0.0), (1e300, 2.0, 1.0)])
@given(st.lists(st.tuples(FLOATS, FLOATS, FLOATS), min_size=1, max_size=5))
def test_columns_are_the_plain_values_to_the_last_bit(points: list[tuple[float, ...]]) -> None:
    columns = Columns(dict(zip(("x", "y", "time"), map(list, zip(*points, strict=True)), strict=True)), len(points))
    for text in TEXTS:
        expression = parse(text)
        plain = [evaluate(expression, dict(zip(("x", "y", "time"), point, strict=True))) for point in points]
        assert list(map(repr, columns.of(expression))) == list(map(repr, plain)), text


def test_definitions_follow_in_order_and_changes_only_where_asked() -> None:
    definitions = {"a": parse("x + 1"), "b": parse("a * y")}
    points = Columns({"x": [1.0, 2.0], "y": [3.0, 4.0]}, 2).defined(definitions)
    assert points["b"] == points.of(parse("b")) == [6.0, 12.0]
    assert points.of(parse("pi * b"))[0] == math.pi * 6.0
    changed = points.changed({"x": [0.0, 0.0]})
    assert changed.of(parse("x + b")) == [6.0, 12.0]
    assert changed.defined(definitions).of(parse("x + b")) == [3.0, 4.0]
    assert points["x"] == [1.0, 2.0] and points["b"] == [6.0, 12.0]
    with pytest.raises(KeyError):
        points.of(parse("x + c"))


def test_known_nodes_are_left_out_with_what_stands_below_them() -> None:
    whole = parse("exp(x * y) + exp(x * y) * z")
    shared = parse("exp(x * y)")
    assert in_order([whole, shared]) == in_order([whole])
    assert {part.symbol for part in in_order([whole], {shared})} == {"", "z"}
    assert in_order([whole], {whole}) == []
