from __future__ import annotations

import contextlib
import math
import pickle

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from exocosm.errors import InputError
from exocosm.network import expression as tree
from exocosm.network.derivative import derivative
from exocosm.network.expression import evaluate, names, substitute, symbols
from exocosm.network.grammar import is_name, parse
from exocosm.network.program import Lowering, program
from exocosm.network.text import to_text

NAMES = ("x", "y", "K.s100@liver.vascular")
POINT = {"x": 1.7, "y": 0.4, "K.s100@liver.vascular": 2.3, "time": 5.0}


def numbers() -> st.SearchStrategy[str]:
    leaf = st.sampled_from([*NAMES, "time", "2", "0.5", "3", "1e-3", "0", "1", "7"])

    def grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        comparison = st.tuples(inner, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), inner).map(
            lambda part: f"({part[0]}) {part[1]} ({part[2]})"
        )
        condition = st.one_of(
            comparison,
            comparison.map(lambda one: f"not {one}"),
            st.tuples(comparison, st.sampled_from(["and", "or"]), comparison).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        )
        return st.one_of(
            st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda part: f"({part[0]}) {part[1]} ({part[2]})"),
            st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda part: " ".join(part)),
            inner.map(lambda one: f"-{one}"),
            st.tuples(inner, st.sampled_from(["2", "3", "0.5", "-1", "1.5", "-2"])).map(lambda p: f"({p[0]}) ^ {p[1]}"),
            st.tuples(st.sampled_from(["exp", "log", "sqrt", "abs"]), inner).map(lambda part: f"{part[0]}({part[1]})"),
            st.tuples(st.sampled_from(["min", "max"]), inner, inner, inner).map(
                lambda p: f"{p[0]}({', '.join(p[1:])})"
            ),
            st.tuples(st.sampled_from(["hill", "mm"]), inner, inner).map(lambda p: f"{p[0]}({p[1]}, {p[2]}, 2)"),
            st.tuples(condition, inner, inner).map(lambda part: f"if({', '.join(part)})"),
        )

    return st.recursive(leaf, grow, max_leaves=12)


def readable(text: str) -> tree.Expression:
    try:
        return parse(text)
    except InputError as problem:
        assert "a constant comes out as" in str(problem)
        assume(False)
        raise


@settings(deadline=None, max_examples=200)
@given(numbers())
@example("x / (2 * y) / -3")
@example("-(x - y) ^ 2 - (3 - x)")
@example("2 ^ -x ^ 2")
def test_text_reads_back_as_the_same_tree(text: str) -> None:
    expression = readable(text)
    assert parse(to_text(expression)) is expression


@settings(deadline=None, max_examples=150)
@given(numbers())
@example("hill(0 ^ -1, x, 2)")
@example("hill(0 ^ -1, x, 1) + hill(0 ^ -1, x, 1.5)")
@example("1 - hill((10 ^ 200) * x, y, 3)  * 2")
def test_generated_program_agrees_with_direct_evaluation(text: str) -> None:
    expression = readable(text)
    lowering = Lowering(("x", "y"), (NAMES[2],))
    _, bind = program(lowering, {"f": [lowering.lower(expression)]})
    found = bind([POINT[NAMES[2]]])[0](POINT["time"], [POINT["x"], POINT["y"]])[0]
    wanted = evaluate(expression, POINT)
    assume(abs(wanted) > 1e-9)  # cancellation to zero may leave different rounding
    assert found == pytest.approx(wanted, rel=1e-6, nan_ok=True)


@pytest.mark.parametrize(
    "text",
    [
        "x*y/(x+y)",
        "hill(x, y, 2)",
        "hill(x, 3, x)",
        "mm(x, y, x*x)",
        "exp(-x/y)*log(x)",
        "sqrt(x*y)+x^y+x^1.5+x^-2",
        "min(x*y, x^2, 3)+max(x, y)",
        "abs(y-x)*piecewise(x^2, x > 2, x^3, x > 1, 1)",
        "if(x > y and not (x > 5), x*y, 2)",
        "1/(x*y)^2",
    ],
)
@pytest.mark.parametrize("symbol", ["x", "y"])
def test_derivative_agrees_with_a_difference_quotient(text: str, symbol: str) -> None:
    expression = parse(text)
    step = 1e-6
    above = evaluate(expression, {**POINT, symbol: POINT[symbol] + step})
    below = evaluate(expression, {**POINT, symbol: POINT[symbol] - step})
    slope = evaluate(derivative(expression, symbol), POINT)
    assert slope == pytest.approx((above - below) / (2 * step), rel=1e-6, abs=1e-9)


def test_derivative_follows_the_chain_through_inner_names() -> None:
    slope = derivative(parse("a^2 + x"), "x", {"a": parse("3*b")})
    assert evaluate(slope, {"a": 2.0, "b": 5.0}) == 2 * 2 * 15 + 1


@pytest.mark.parametrize(("steepness", "wanted"), [("1", 0.5), ("2", 0.0), ("n", 0.0)])
def test_derivative_of_hill_is_finite_at_zero(steepness: str, wanted: float) -> None:
    slope = derivative(parse(f"hill(x, K, {steepness})"), "x")
    assert evaluate(slope, {"x": 0.0, "K": 2.0, "n": 2.5}) == wanted
    below = evaluate(derivative(parse("hill(x, K, n)"), "x"), {"x": 0.0, "K": 2.0, "n": 0.5})
    assert below == 0.0


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2 + 3 * 4", 14.0),
        ("2 ^ 3 ^ 2", 512.0),
        ("-2 ^ 2", -4.0),
        ("2 ** -1", 0.5),
        ("10 - 4 - 3", 3.0),
        ("12 / 2 / 3 * 5", 10.0),
        (".5e1 + 1.", 6.0),
        ("log(exp(2))", 2.0),
        ("mm(2, 10, 3)", 4.0),
        ("hill(2, 2, 5)", 0.5),
        ("if(1 < 2 or false, 3, 4)", 3.0),
        ("piecewise(1, x > 9, 2, x > 1, 3)", 2.0),
        ("avogadro", 6.02214076e14),
        ("pi", math.pi),
        ("x*0 + x^1*1 + 0", 1.7),
        ("hill(0-x, 1, 2)", 0.0),
        ("(0-x)^0.5", 0.0),
        ("sqrt(0-x)", 0.0),
        ("log(x - x)", -math.inf),
        ("x/(x-x)", math.inf),
    ],
)
def test_meaning(text: str, wanted: float) -> None:
    assert evaluate(parse(text), POINT) == pytest.approx(wanted)


def test_simplification() -> None:
    x = parse("x")
    assert parse("x*1 + 0") is x
    assert parse("x^1") is x
    assert parse("0*x") is tree.ZERO
    assert parse("--x") is x
    assert parse("piecewise(x, y > 1, x)") is x


def test_long_chains_stay_flat() -> None:
    expression = parse("+".join(["x"] * 1900))
    assert evaluate(expression, {"x": 1.0}) == 1900.0


def test_symbols_and_substitution() -> None:
    expression = parse("k*concentration(a@b)/volume(b) + time*a@b")
    assert symbols(expression) == {"k", "concentration(a@b)", "volume(b)", "time", "a@b"}
    assert names(expression) == {"k", "a@b"}
    assert substitute(expression, {"k": parse("0"), "a@b": parse("z+1")}) is parse("time*(z+1)")


def test_pickling_keeps_identity() -> None:
    expression = parse("hill(x, K, 2) + y")
    assert pickle.loads(pickle.dumps(expression)) is expression


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a +", "it ends where a value was expected"),
        ("2x", "expected an operator"),
        ("hil(x, 2, 3)", "did you mean 'hill'?"),
        ("a = b", "write =="),
        ("(a > b) + 1", "write if(condition, 1, 0)"),
        ("a and b", "a number stands where a condition"),
        ("a < b < c", "cannot be chained"),
        ("1e999", "comes out as inf"),
        ("a;b", "unexpected ';'"),
        ("__import__('os')", "unexpected"),
        ("a.", "unexpected '.'"),
        ("hill(a)", "takes 3 arguments, not 1"),
        ("piecewise(a, b > 1)", "odd number"),
        ("exp + 1", "needs '('"),
        ("volume(2)", "takes one name"),
        ("a)", "expected the end"),
        ("", "it ends"),
        ("(" * 70 + "a" + ")" * 70, "nested deeper"),
        ("-" * 70 + "a", "nested deeper"),
        ("not " * 70 + "a > 1", "nested deeper"),
        ("a^" * 70 + "a", "nested deeper"),
        ("a+" * 2500 + "a", "4000"),
    ],
)
def test_unreadable_text_is_explained(text: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text)
    assert says in str(caught.value)


def test_caret_stands_under_the_mistake() -> None:
    with pytest.raises(InputError) as caught:
        parse("k * uptak(x)")
    _, shown, caret = str(caught.value).splitlines()
    assert shown[caret.index("^") :].startswith("uptak")


def test_the_deepest_allowed_nesting_compiles() -> None:
    text = "x"
    for _ in range(58):
        text = f"(1 + 2 / ({text}))" if text.count("(") < 56 else text
    lowering = Lowering(("x",), ())
    _, bind = program(lowering, {"f": [lowering.lower(parse(text))]})
    assert bind([])[0](0.0, [1.5]) == pytest.approx([evaluate(parse(text), {"x": 1.5})])


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InputError):
        parse(text)


def test_names() -> None:
    assert is_name("vesicle.s100@liver.vascular") and is_name("_a")
    assert not any(is_name(text) for text in ("a.", "2a", "a b", "time", "if", "", "x" * 201))


def test_sbml_text() -> None:
    text = to_text(
        parse(
            "hill(x, K, 2) + log(concentration(x)) - mm(x, 3, volume(p))*avogadro*time + if(x > 1 and x < 2, -x^2, 0)"
        ),
        style="sbml",
        names={"x": "s1", "K": "k1", "concentration(x)": "s1 / c1", "volume(p)": "c1"},
    )
    assert "hill" not in text and "mm(" not in text and "avogadro" not in text
    assert "602214076000000" in text and "ln(s1 / c1)" in text
    assert "&&" in text and "-(s1 ^ 2)" in text
    with pytest.raises(InputError, match="no SBML name"):
        to_text(parse("z"), style="sbml", names={})


def test_sbml_text_is_read_by_libsbml() -> None:
    libsbml = pytest.importorskip("libsbml")
    names_given = {"x": "x", "y": "y", "K": "K"}
    text = to_text(
        parse("-x^2*hill(x,K,2) + if(not (x>1) or y != 2, exp(log(y)), min(x,y,3)) / sqrt(x)^-y - abs(time)"),
        style="sbml",
        names=names_given,
    )
    assert libsbml.parseL3Formula(text) is not None, libsbml.getLastParseL3Error()
