"""Vector arithmetic of generated code against the arithmetic of the network, value by value."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exocosm.engines.cohort.instructions import Formulas, Function
from exocosm.engines.cohort.native import Library, compile_text, is_available, processor
from exocosm.network import arithmetic
from exocosm.network.expression import COMPARISONS, EVALUATE, Expression, constant, constant_leaf, in_order
from exocosm.network.grammar import parse
from exocosm.network.program import Lowering

pytestmark = pytest.mark.skipif(not is_available(), reason="no code can be generated here")

EPSILON = 2.0**-53
NAMES = ("a", "b", "c", "d")
SPECIAL = [0.0, 1.0, -1.0, 0.5, 2.0, 3.0, -2.5, 16.0, 1e300, -1e300, 1e-300, 5e-324, -5e-324, 2.2250738585072014e-308]
SPECIAL += [1e16, 709.0, 710.0, -708.0, -709.0, -746.0, math.inf, -math.inf, math.nan]

Run = Callable[..., np.ndarray]


def compiled(write: Callable[[Function], str], lanes: int) -> Run:
    """A function of arrays (one per argument), `lanes` elements at a time."""
    function = Function("f", ["x", "out"], lanes)
    function.store(write(function), "%out", 0)
    library = Library(compile_text(function.text(), processor(), optimise=False), {})
    call = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(library.address("f"))

    def run(*arguments: np.ndarray) -> np.ndarray:
        count = len(arguments[0])
        filled = np.ones((len(arguments), -(-count // lanes) * lanes))
        filled[:, :count] = arguments
        raw = np.zeros((len(arguments) + 1) * lanes * 8 + 64, dtype=np.uint8)
        start = -raw.ctypes.data % 64
        place = raw[start : start + (len(arguments) + 1) * lanes * 8].view(np.float64).reshape(-1, lanes)
        found = np.empty(filled.shape[1])
        for first in range(0, filled.shape[1], lanes):
            place[:-1] = filled[:, first : first + lanes]
            call(place.ctypes.data, place[-1].ctypes.data)
            found[first : first + lanes] = place[-1]
        return found[:count]

    run.__dict__["library"] = library  # the code lives as long as what calls it
    return run


def of_expression(expression: Expression, lanes: int) -> Run:
    def write(function: Function) -> str:
        def leaf(part: Expression) -> str | None:
            return function.load("%x", NAMES.index(part.symbol)) if part.symbol in NAMES else None

        return Formulas(function, leaf).numbers([expression])[0]

    return compiled(write, lanes)


def ulps(found: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Distance in units in the last place; 0 for equal special values, infinite for unequal ones."""
    with np.errstate(all="ignore"):
        distance = np.abs(found - expected) / np.spacing(np.abs(expected))
    same = (found == expected) | (np.isnan(found) & np.isnan(expected))
    return np.where(same, 0.0, np.where(np.isnan(distance), np.inf, distance))


# ---- functions of one argument, over their whole range


def by_library(function: Callable[..., float], *arguments: np.ndarray) -> np.ndarray:
    return np.array([function(*row) for row in zip(*(one.tolist() for one in arguments), strict=True)])


@pytest.mark.parametrize("lanes", [1, 4])
def test_exp_is_within_two_units_over_its_whole_range(lanes: int) -> None:
    chance = np.random.default_rng(1)
    thresholds = (np.arange(-1020, 1022) + 0.5) * math.log(2)  # where the rounded exponent changes
    x = np.concatenate([
        chance.uniform(-708, 709.4, 40_000), chance.uniform(-1, 1, 20_000), 10 ** chance.uniform(-320, 0, 2_000),
        thresholds, np.nextafter(thresholds, 0), np.nextafter(thresholds, 1000), [-708.0, 709.4, 0.0, -0.0, 5e-324],
    ])  # fmt: skip
    exp = compiled(lambda function: function.exp(function.load("%x", 0)), lanes)
    assert ulps(exp(x), by_library(arithmetic.exp, x)).max() <= 2


def test_exp_beyond_its_range_is_zero_or_infinite() -> None:
    exp = compiled(lambda function: function.exp(function.load("%x", 0)), 2)
    x = np.array([-708.0000001, -745.0, -1e300, -np.inf, 709.4000001, 710.0, 1e300, np.inf, np.nan])
    assert np.array_equal(exp(x), [0, 0, 0, 0, np.inf, np.inf, np.inf, np.inf, np.nan], equal_nan=True)


@pytest.mark.parametrize("lanes", [1, 4])
def test_log_is_within_two_units_over_its_whole_range(lanes: int) -> None:
    chance = np.random.default_rng(2)
    near = 10 ** chance.uniform(-16, -0.5, 10_000)
    x = np.concatenate([
        10 ** chance.uniform(-307, 308, 40_000), chance.uniform(0.5, 2, 20_000), 1 + near, 1 - near,
        5e-324 * np.floor(10 ** chance.uniform(0, 15.6, 2_000)),  # denormal
        [math.sqrt(0.5), np.nextafter(math.sqrt(0.5), 0), np.nextafter(1, 0), np.nextafter(1, 2)],
        [5e-324, 2.2250738585072014e-308, 2.225073858507201e-308, 1.7976931348623157e308],
    ])  # fmt: skip
    log = compiled(lambda function: function.log(function.load("%x", 0)), lanes)
    assert ulps(log(x), by_library(arithmetic.log, x)).max() <= 2


def test_log_of_what_has_none() -> None:
    log = compiled(lambda function: function.log(function.load("%x", 0)), 4)
    x = np.array([0.0, -0.0, 1.0, -5e-324, -1.0, -np.inf, np.inf, np.nan])
    expected = [-np.inf, -np.inf, 0.0, np.nan, np.nan, np.nan, np.inf, np.nan]
    assert np.array_equal(log(x), expected, equal_nan=True)


@pytest.mark.parametrize("lanes", [1, 4])
def test_powers_are_within_units_that_grow_with_the_exponent_of_the_result(lanes: int) -> None:
    chance = np.random.default_rng(3)
    base = np.concatenate([10 ** chance.uniform(-300, 300, 40_000), chance.uniform(0.5, 2, 20_000)])
    base *= chance.choice([1.0, -1.0], len(base), p=[0.8, 0.2])
    exponent = np.concatenate([chance.uniform(-6, 6, 40_000), chance.uniform(-500, 500, 20_000)])
    exponent = np.where(chance.random(len(base)) < 0.3, np.round(exponent), exponent)
    power = compiled(lambda function: function.power(function.load("%x", 0), function.load("%x", 1)), lanes)
    found, expected = power(base, exponent), by_library(arithmetic.power, base, exponent)
    sound = (np.abs(expected) > 3.4e-308) & (np.abs(expected) < 1e308)
    size = np.abs(exponent * np.log(np.abs(base)))
    assert sound.sum() > 20_000
    assert (ulps(found, expected)[sound] <= 2 * (1 + size[sound])).all()
    assert (np.abs(found[np.abs(expected) <= 2e-308]) <= 2.3e-308).all()
    assert np.array_equal(np.abs(found[np.isinf(expected)]), np.abs(expected[np.isinf(expected)]))


def test_powers_of_special_bases() -> None:
    """Exponents that are not finite are left out: nothing that a model means has one."""
    finite = [one for one in SPECIAL if math.isfinite(one)]
    base, exponent = (grid.ravel() for grid in np.meshgrid(SPECIAL, finite))
    power = compiled(lambda function: function.power(function.load("%x", 0), function.load("%x", 1)), 4)
    found, expected = power(base, exponent), by_library(arithmetic.power, base, exponent)
    tiny = (np.abs(expected) < 3.4e-308) & (np.abs(found) < 3.4e-308)
    edge = np.abs(expected) > 1e308
    close = np.isclose(found, expected, rtol=1e-12, atol=0, equal_nan=True)
    wrong = ~(tiny | close | (edge & np.isinf(found) & (np.sign(found) == np.sign(expected))))
    assert not wrong.any(), list(zip(base[wrong], exponent[wrong], found[wrong], expected[wrong], strict=True))


@pytest.mark.parametrize("exponent", [-16, -3, -2, 2, 3, 5, 15, 16, 17, -17, 40, 0.5, 0.75, -0.5, 1 / 3])
def test_constant_exponents(exponent: float) -> None:
    chance = np.random.default_rng(4)
    base = np.concatenate([10 ** chance.uniform(-7, 7, 2_000), -(10 ** chance.uniform(-7, 7, 500)), [0.0, np.inf]])
    found = of_expression(parse(f"a^({exponent!r})"), 4)(base)
    expected = by_library(lambda one: arithmetic.power(one, float(exponent)), base)
    assert ulps(found, expected).max() <= 2 * (1 + 17 * abs(exponent))  # |log(base)| < 17


# ---- whole expressions


class UndecidedError(Exception):
    """Rounding decides what the value is (a comparison of nearly equal things, an overflow in between)."""


def bounded(expression: Expression, values: Mapping[str, float]) -> tuple[float, float]:
    """The value by the arithmetic of the network, and how far another order of rounding may lie from it."""
    known: dict[Expression, tuple[float, float]] = {}
    for part in in_order([expression]):
        if not part.arguments:
            own = constant_leaf(part)
            known[part] = (values[part.symbol] if own is None else own), 0.0
            continue
        inner = [known[argument] for argument in part.arguments]
        try:
            value = EVALUATE[part.operator](*(one for one, _ in inner))
        except ZeroDivisionError:
            raise UndecidedError from None
        if math.isfinite(value) and value != 0.0 and not 1e-280 < abs(value) < 1e280:
            raise UndecidedError
        known[part] = value, error_of(part, value, inner)
    return known[expression]


def error_of(part: Expression, value: float, inner: list[tuple[float, float]]) -> float:
    operator, first = part.operator, inner[0]
    if operator in COMPARISONS or operator in {"min", "max", "abs", "hill", "sqrt", "^"}:
        for one, error in inner:
            other = [here for here, _ in inner if here is not one] if operator in COMPARISONS else [0.0]
            if error and any(abs(one - another) <= 4 * sum(each for _, each in inner) for another in other):
                raise UndecidedError
    if part.is_condition:
        return 0.0
    if operator == "inverse" and first[0] == 0.0 and part.arguments[0].arguments:
        raise UndecidedError  # the sign of a computed zero
    if operator in {"^", "hill"} and not math.isfinite(inner[-1][0]):
        raise UndecidedError  # an exponent without meaning
    if not math.isfinite(value):
        if all(math.isfinite(one) for one, _ in inner) and any(error for _, error in inner):
            raise UndecidedError  # 1 / 0 that is 1 / 1e-20 another way
        return 0.0
    if not all(math.isfinite(one) for one, _ in inner):
        return max((error for _, error in inner if math.isfinite(error)), default=0.0)
    relative = sum(error / abs(one) if one else 0.0 for one, error in inner)
    if any(error and not one for one, error in inner) and operator not in {"sum", "piecewise", "min", "max"}:
        raise UndecidedError
    match operator:
        case "sum":
            return sum(error for _, error in inner) + 2 * len(inner) * EPSILON * sum(abs(one) for one, _ in inner)
        case "product":
            return abs(value) * (1.01 * relative + 2 * len(inner) * EPSILON)
        case "inverse" | "abs" | "sqrt":
            return abs(value) * (1.01 * relative + 2 * EPSILON)
        case "exp":
            if first[0] > 709.0:
                raise UndecidedError
            return abs(value) * (math.expm1(min(first[1], 1.0)) + 4 * EPSILON) + 4e-308
        case "log":
            return 1.01 * relative + abs(value) * 4 * EPSILON
        case "^":
            (base, off), (exponent, other) = inner
            size = abs(math.log(abs(base))) if base else 0.0
            if other and constant(part.arguments[1]) is None and float(exponent).is_integer():
                raise UndecidedError  # whole or not
            grown = abs(exponent) * (off / abs(base) if base else 0.0) + other * size
            return abs(value) * (1.1 * grown + (8 + 4 * abs(exponent * size)) * EPSILON) + 4e-308
        case "hill":
            ratio, steep = inner[0][0] / inner[1][0] if inner[1][0] else 0.0, inner[2][0]
            if ratio < 0.0 < inner[0][0]:
                raise UndecidedError  # 1 + (-r)^n may vanish
            size = abs(steep * math.log(ratio)) if ratio > 0.0 else 0.0
            grown = abs(steep) * relative + inner[2][1] * (abs(math.log(ratio)) if ratio > 0.0 else 0.0)
            return abs(value) * (2 * grown + (16 + 4 * size) * EPSILON) + 4e-308
    return max(error for _, error in inner) + abs(value) * EPSILON  # piecewise, min, max


def written() -> st.SearchStrategy[str]:
    numbers = st.sampled_from(["0", "1", "2", "0.5", "3", "1e-3", "7.25", "1e5", "pi", "-1.5"])
    leaf = st.one_of(st.sampled_from(NAMES), st.sampled_from(NAMES), numbers)

    def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        comparison = st.builds("{} {} {}".format, inner, st.sampled_from(COMPARISONS), inner)
        joined = st.builds("({}) {} ({})".format, comparison, st.sampled_from(["and", "or"]), comparison)
        condition = st.one_of(comparison, joined, st.builds("not ({})".format, comparison))
        exponents = st.sampled_from(["2", "3", "-1", "-2", "0.5", "0.75", "1.5", "-0.5", "17", "a", "b"])
        return st.one_of(
            st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner),
            st.builds("({} + {} * {} - {})".format, inner, inner, inner, inner),
            st.builds("({})^({})".format, inner, exponents),
            st.builds("{}({})".format, st.sampled_from(["exp", "log", "sqrt", "abs", "-", "min"]), inner),
            st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), inner, inner),
            st.builds("max({}, {}, {})".format, inner, inner, inner),
            st.builds("hill({}, {}, {})".format, inner, inner, st.sampled_from(["1", "2", "2.5", "4", "a", "b"])),
            st.builds("mm({}, {}, {})".format, inner, inner, inner),
            st.builds("if({}, {}, {})".format, condition, inner, inner),
            st.builds("piecewise({}, {}, {}, {}, {})".format, inner, condition, inner, condition, inner),
        )

    return st.recursive(leaf, grown, max_leaves=12)


ARGUMENTS = st.one_of(st.sampled_from(SPECIAL), st.floats(0.01, 100.0), st.floats(-10.0, 10.0), st.floats(width=64))


def examined(text: str, rows: list[tuple[float, ...]]) -> int:
    """Check one expression at several points; how many of them could be decided."""
    expression = Lowering(NAMES, ()).lower(parse(text))  # `mm` is written out
    columns = np.array(rows).T.copy()
    one, four = (of_expression(expression, lanes)(*columns) for lanes in (1, 4))
    assert np.array_equal(one.view(np.int64)[~np.isnan(one)], four.view(np.int64)[~np.isnan(one)])
    assert np.array_equal(np.isnan(one), np.isnan(four))
    decided = 0
    for row, found in zip(rows, one.tolist(), strict=True):
        try:
            expected, error = bounded(expression, dict(zip(NAMES, row, strict=True)))
        except (UndecidedError, OverflowError):
            continue
        decided += 1
        same = found == expected or (math.isnan(found) and math.isnan(expected))
        assert same or abs(found - expected) <= 4 * error + 4e-308, (text, row, found, expected, error)
    return decided


@settings(max_examples=80)
@given(written(), st.lists(st.tuples(*[ARGUMENTS] * 4), min_size=8, max_size=24))
def test_expressions_have_the_values_that_the_network_gives_them(text: str, rows: list[tuple[float, ...]]) -> None:
    try:
        parse(text)
    except Exception as problem:  # a constant that is not finite
        assert "constant" in str(problem)
        return
    examined(text, rows)


@pytest.mark.parametrize(
    "text",
    [
        "hill(a, b, 2.5)", "hill(a, b, c)", "hill(a, b, 2)", "hill(a / a, b, 2)", "hill(log(a), 1, 3)", "max(a, 0)",
        "min(log(a), 1)", "max(log(a), 0)", "max(0, log(a))", "sqrt(log(a))", "abs(log(a))", "if(a > b, a, b)",
        "if(not (a > b), a, log(b))", "if(a == b, 1, 2)", "if(a != b, 1, 2)", "a^b", "a^0.5", "a^-3", "(-abs(a))^b",
        "mm(a, b, c)", "a / b", "a * b - c", "exp(-a) - exp(-b)", "exp(a)", "log(a)",
    ],
)  # fmt: skip
def test_expressions_at_special_values(text: str) -> None:
    rows = [(a, b, c, 1.0) for a in SPECIAL for b in SPECIAL for c in (1.0, 0.0, -2.0, 2.5, math.inf, math.nan)]
    assert examined(text, rows) > 500


def test_the_bound_itself_can_fail() -> None:
    """A product that is rounded in single precision is seen."""
    value, error = bounded(parse("a * b + c"), {"a": 1.1, "b": 2.3, "c": 0.7})
    assert abs(float(np.float32(value)) - value) > 1e6 * error
