from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.errors import EvidenceError
from exocosm.evidence.derived import MAXIMUM_DEPTH, ids_in, is_in_words, parse_formula, recompute
from exocosm.evidence.value import Value

ROWS = {
    "flow-a": Value("flow-a", "flow", 2.0, "mL/min", method="model_constant"),
    "mass-a": Value("mass-a", "mass", 500.0, "mg", method="model_constant"),
}


def result(formula: str, unit: str = "dimensionless") -> float:
    return recompute(Value("x", "y", 1.0, unit, method="derived", formula=formula), ROWS)


@pytest.mark.parametrize(
    ("formula", "unit", "expected"),
    [
        ("{flow-a} / {mass-a}", "mL/min/g", 4.0),
        ("{flow-a} / `mass-a`", "mL/h/g", 240.0),
        ("2 * {flow-a} - {flow-a} / 2", "mL/h", 180.0),
        ("-({flow-a} + [60 mL/h])", "mL/min", -3.0),
        ("[160 um/min] * [40 mm^2/mm^3]", "1/min", 6.4),
        ("1 - 0.71", "mL/min", 0.29),
        ("2 ^ 3 * 4 - 1", "dimensionless", 31.0),
        ("-2 ** 2", "dimensionless", -4.0),
        ("2 ^ -1", "dimensionless", 0.5),
        ("8 / 4 / 2", "dimensionless", 1.0),
        ("8 - 4 - 2", "dimensionless", 2.0),
        ("ln(exp(2)) + log10(100) + sqrt(9)", "dimensionless", 7.0),
        ("sqrt({mass-a} ^ 2)", "g", 0.5),
        ("62400 * (0.02 / 70) ** 0.75", "mL/h", 62400 * (0.02 / 70) ** 0.75),
        ("1.5e2 + .5", "dimensionless", 150.5),
    ],
)
def test_formulas(formula: str, unit: str, expected: float) -> None:
    assert result(formula, unit) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("flow-a / 2", "'flow-a' is no function; an id stands in braces"),
        ("{flow-a} {mass-a}", "an operator was expected"),
        ("{flow-a} /", "it ends where"),
        ("({flow-a}", "')' was expected"),
        ("{flow-b}", "did you mean 'flow-a'"),
        ("{flow-a} + {mass-a}", "fails"),
        ("{flow-a} * 2", "fails"),
        ("exp({flow-a})", "fails"),
        ("2 ^ {flow-a}", "fails"),
        ("2 ^ 2 ^ 2", "needs parentheses"),
        ("10 ^ 300", "fails"),
        ("(0-1) ^ 0.5", "fails"),
        ("1 / 0", "fails"),
        ("[3 elephants] * 2", "fails"),
        ("__import__(2)", "no function"),
        ("2; 3", "nothing the grammar knows"),
        ("1 +" * 300 + "1", "more than"),
        ("(" * (MAXIMUM_DEPTH + 1) + "1" + ")" * (MAXIMUM_DEPTH + 1), "deeper"),
        ("1" * 1001, "longer"),
        ("", "it ends where"),
        ("words: geometric mean of three studies", "in words"),
    ],
)
def test_what_is_no_formula_is_refused(formula: str, words: str) -> None:
    with pytest.raises(EvidenceError) as caught:
        result(formula, "g")
    assert words in str(caught.value)


def test_ids_and_words() -> None:
    assert ids_in(parse_formula("{b} * {a-1} / ({b} + 2)")) == ("b", "a-1")
    assert is_in_words(" Words: so") and not is_in_words("{words}")


numbers = st.floats(0.01, 100).map(lambda x: round(x, 6))
trees = st.recursive(
    numbers.map(str),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"{t[0]} {t[1]} {t[2]}"),
        inner.map(lambda t: f"-({t})"),
    ),
    max_leaves=12,
)


@given(trees)
def test_arithmetic_is_that_of_python(formula: str) -> None:
    try:
        expected = eval(formula)  # a text made by the strategy above
    except ZeroDivisionError:
        return
    if math.isfinite(expected):
        assert result(formula) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_a_change_of_a_row_changes_the_derived_value() -> None:
    row = Value("x", "y", 4.0, "mL/min/g", method="derived", formula="{flow-a} / {mass-a}")
    changed = {**ROWS, "flow-a": replace(ROWS["flow-a"], value=4.0)}
    assert recompute(row, changed) == pytest.approx(2 * recompute(row, ROWS))
