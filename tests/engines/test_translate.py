"""The same lines as Python and as machine code: equal results, to the last bit."""

from __future__ import annotations

import ctypes
import linecache
import math
import re
import struct
import textwrap
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import llvmlite.binding as llvm
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from exocosm.engines.cohort.translate import (
    Floats,
    Integers,
    Kernel,
    TranslationError,
    isfinite,
    peek,
    sqrt,
    take,
    translate,
    view,
)

C_TYPES = {"int": ctypes.c_int64, "float": ctypes.c_double, "bool": ctypes.c_bool, "None": None}
NEVER_FAST = re.compile(r"\b(fast|reassoc|contract|nnan|ninf|nsz|arcp|afn)\b")
LIMIT = 10**11  # more looks than a test can wait for
COUNTER = count()
GLOBALS: dict[str, Any] = {"K": 0.7, "ENDLESS": math.inf, "THREE": 3, "IS_ON": True, "isfinite": isfinite}
GLOBALS |= {"sqrt": sqrt, "view": view, "take": take, "peek": peek}


class Native:
    """Functions as machine code of this computer."""

    def __init__(self, functions: list[Callable[..., Any]], *, optimised: bool = True) -> None:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        module = llvm.parse_assembly(translate(functions))
        module.verify()
        machine = llvm.Target.from_default_triple().create_target_machine(
            opt=2, cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten()
        )
        if optimised:
            builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=2))
            builder.getModulePassManager().run(module, builder)
        self.engine = llvm.create_mcjit_compiler(module, machine)
        self.engine.finalize_object()

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What the machine code of a function returns; a function among the arguments is a kernel."""
        given = [self.argument(one) for one in arguments]
        kind = C_TYPES[str(function.__annotations__["return"])]
        prototype = ctypes.CFUNCTYPE(kind, *(type(one) for one in given))
        return prototype(self.engine.get_function_address(function.__name__))(*given)

    def argument(self, one: Any) -> Any:
        if callable(one):
            return ctypes.c_void_p(self.engine.get_function_address(one.__name__))
        if isinstance(one, np.ndarray):
            return ctypes.c_void_p(one.ctypes.data)
        return (ctypes.c_double if isinstance(one, float) else ctypes.c_int64)(one)


def bits(value: Any) -> Any:
    """A value in a form that is equal only if every bit is (and nothing is said of what is not a number)."""
    if isinstance(value, np.ndarray):
        return [bits(one) for one in value.tolist()]
    if isinstance(value, float):
        return "nan" if math.isnan(value) else struct.pack("<d", value)
    return value if value is None or isinstance(value, bool | np.bool_) else int(value)


def both(native: Native, function: Callable[..., Any], *arguments: Any) -> Any:
    """The result of a function, which is the same in Python and in machine code, in its arrays too."""
    ours, theirs = ([one.copy() if isinstance(one, np.ndarray) else one for one in arguments] for _ in range(2))
    with np.errstate(all="ignore"):
        expected = function(*ours)
    found = native.call(function, *theirs)
    if function.__annotations__["return"] == "float":
        expected = float(expected)  # where Python gives an int (the less of 1 and 2.0, say)
    assert bits(found) == bits(expected), f"{function.__name__}: {found} for {expected}"
    for one, other in zip(ours, theirs, strict=True):
        assert isinstance(one, int | float) or callable(one) or bits(one) == bits(other), function.__name__
    return found, *(one for one in theirs if isinstance(one, np.ndarray))


def functions_of(text: str) -> dict[str, Any]:
    """The functions of a text, whose lines are known to `inspect` as those of a file are."""
    file = f"<text {next(COUNTER)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    names = dict(GLOBALS)
    exec(compile(text, file, "exec", flags=annotations.compiler_flag), names)
    return names


# ---- arithmetic, in functions that put the value of each expression into an array

FLOATS = (
    "x + y | x - y | x * y | x / (y if y != 0.0 else 1.0) | -x | abs(x) | min(x, y) | max(x, y) | min(x, 1) | "
    "max(2, y) | sqrt(abs(y)) | sqrt(y) | x * y + x - y * y / 3.0 | 0.1 | 1e-300 * 1e-300 | x - 3 | 7 / 2 | ENDLESS | "
    "K * x - y * K | out[0] / out[1] | x - (y - 1.0) | 2 * x | 1 - x / 3 | float(3) | THREE / 7 | 0.12345678901234567"
)
INTEGERS = (
    "i + j | i - j | i * j | abs(i) // (abs(j) + 1) | abs(i) % (abs(j) + 1) | -i | min(i, j) | max(i, j) | int(i) | "
    "int(float(i) / 3.0) | i - j - THREE | 7 - (3 - 1) | 9223372036854775807 | int(-2.9) | out[0] - out[1] * 2"
)
TESTS = (
    "x < y | x <= y | x > y | x >= y | x == y | x != y | isfinite(x) | isfinite(x * 0.0) | not x < y | i < x | "
    "i <= 2 | i > 2 | i >= 2 | i == 2 | i != 2 | 0.0 < x < y < 10.0 | x < i <= y != 2.0 | (x < y) == (i > 0) | "
    "(x < y) != IS_ON | i < 3 and not (i == 1 or i == -2) | i != 2 or x > 0.0 and y > 0.0 | -3 <= i < 3"
)
POWERS = "x**y | x**2.0 | x**0.5 | x**-0.2 | x**3 | 2.0**y | 3**y | x**-1.0 | -(x**2.0) | 2.0**0.5**abs(y)"


def listing(head: str, expressions: str, form: str = "{}") -> Callable[..., Any]:
    """A function that puts the value of each expression into its array `out`."""
    lines = [f"out[{place}] = {form.format(one)}" for place, one in enumerate(expressions.split(" | "))]
    return functions_of(f"def {head} -> None:\n{indented(lines)}\n")[head.split("(")[0]]


def indented(parts: list[str]) -> str:
    return textwrap.indent("\n".join(parts), "    ")


numbers = listing("numbers(x: float, y: float, out: Floats)", FLOATS)
whole_numbers = listing("whole_numbers(i: int, j: int, out: Integers)", INTEGERS)
comparisons = listing("comparisons(x: float, y: float, i: int, out: Integers)", TESTS, "1 if {} else 0")
powers = listing("powers(x: float, y: float, out: Floats)", POWERS)


# ---- control flow


def place_of(value: float, sorted_values: Floats, size: int) -> int:
    """An index that is protected by what stands before it."""
    place = 0
    while place < size and sorted_values[place] < value:
        place += 1
    if place == size or sorted_values[place] != value:
        return -1
    return place


def several_exits(n: int, most: int, passed: Integers) -> int:
    """A parameter is a variable; a loop is left in three ways."""
    steps = 0
    while True:
        if n == 1:
            return steps
        if steps >= most:
            break
        steps += 1
        passed[0] += 1
        if n % 2 == 0:
            n = n // 2
            continue
        elif n > 50000:
            return -2
        else:
            n = 3 * n + 1
        passed[1] = max(passed[1], n)
    passed[2] = n
    return -1


def loop_variables(a: int, b: int, out: Integers) -> None:
    i = 77
    for i in range(a, b):
        out[0] += i
        b = b - 1  # the bounds are those of the beginning
    out[1] = i
    out[2] = b
    for i in range(a):
        for j in range(i):
            if j == 3:
                break
            elif (i + j) % 3 == 0:
                continue
            out[3] += 10 * i + j
        if i == 5:
            break
    out[4] = i
    i = 5
    i *= 3
    i -= 1
    while i > 4:
        i -= 3
        if i == 8:
            continue
        out[5] += i
    out[6] = i
    for _ in range(3):
        pass
    for k in range(2):
        for m in range(k, 2 * k + 2):
            out[7] += m


def choice(x: float, values: Floats, i: int) -> float:
    """Only the chosen branch is evaluated: the other index lies far outside."""
    y = values[i] if 0 <= i < 3 else x
    z: float = 0
    w = 1 if i > 1 else 0.5
    if x > 1.0:
        z = 2
    elif x > 0.0:
        z += values[0] if i == 0 else (1 if i == 1 else 2.5)
    return y + z * w


def early(x: float, out: Floats) -> None:
    """Text that is no part of the program."""
    if x > 0.0:
        out[0] = x
        return
    out[1] = x


def nothing(out: Floats) -> None:
    pass


# ---- arrays, calls, kernels


def windows(y: Floats, order: Integers, n: int) -> float:
    """Views of views, assigned anew, with elements of elements; shared with the array they look at."""
    total = 0.0
    row = view(y, 0)
    for i in range(n):
        row = view(y, i * n)
        row[order[i]] += 1.0
        view(row, 1)[0] *= 2.0
        total += row[order[i]] - y[0]
    places = view(order, n - 1)
    places[0] -= 1
    chosen = row if total > 1.0 else view(y, 1)
    chosen[0] = total
    return total


def bump(out: Floats) -> float:
    out[0] += 1.0
    return out[0]


def order_of_evaluation(out: Floats, at: Integers) -> float:
    """What is read before a call and what after it, as in Python."""
    out[0] += bump(out)
    out[1] = out[0] + bump(out) * out[0]
    out[int(out[0])] = bump(out)
    x = 1.0
    x -= bump(out) - out[0]
    at[take(at)] = int(bump(out))
    at[1 + take(at)] += take(at)
    bump(out)
    return x if bump(out) < out[0] + 1.0 < bump(out) + 100.0 else -x


def is_even(n: int) -> bool:
    return True if n == 0 else is_odd(n - 1)


def is_odd(n: int) -> bool:
    if n == 0:
        return False
    return is_even(n - 1)


def chosen(first: bool, x: float, y: float) -> float:
    if first:
        return x
    else:
        return y


def calls(n: int, x: float, out: Floats) -> int:
    out[0] = chosen(is_odd(n), x, n)
    out[1] = chosen(not is_odd(n) and x > 0.0, bump(out), 2)
    nothing(out)
    return 1 if is_even(n) else 0


def double_first(y: Floats, out: Floats) -> None:
    out[0] = 2.0 * y[0]


def add_up(y: Floats, out: Floats, counts: Integers) -> None:
    for i in range(counts[1]):
        out[1] += y[i]


def repeat(kernel: Kernel, y: Floats, out: Floats, times: int) -> None:
    for i in range(times):
        kernel(view(y, i), view(out, i))


def with_kernels(first: Kernel, second: Kernel, y: Floats, out: Floats, counts: Integers) -> None:
    repeat(first, y, out, 3)
    second(y, out, counts)
    again = second
    again(y, out, counts)


# ---- threads


def taken(counter: Integers, times: Integers, limit: int) -> int:
    """How many indices below the limit one thread was given."""
    mine = 0
    while True:
        index = take(counter)
        if index >= limit:
            return mine
        times[index] += 1
        mine += 1


def wait(flag: Integers, most: int) -> int:
    """How often the flag was looked at until it was raised."""
    looks = 0
    while peek(flag) == 0 and looks < most:
        looks += 1
    return looks


HERE = [one for one in globals().values() if getattr(one, "__module__", "") == __name__ and callable(one)]
FUNCTIONS = [numbers, whole_numbers, comparisons, powers, *HERE[HERE.index(place_of) :]]


@pytest.fixture(scope="module", params=[True, False], ids=["optimised", "plain"])
def native(request: pytest.FixtureRequest) -> Native:
    return Native(FUNCTIONS, optimised=request.param)


any_float = st.floats() | st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.0, math.nan, math.inf, -math.inf, 5e-324])
positive = st.floats(1e-6, 1e6)
small = st.integers(-40, 40)
wide = st.integers(-(2**31), 2**31)


@given(any_float, any_float)
@example(0.0, -0.0)
@example(-0.0, 0.0)
@example(math.nan, 1.0)
@example(1.0, math.nan)
def test_numbers(native: Native, x: float, y: float) -> None:
    both(native, numbers, x, y, np.zeros(30))


@given(wide, wide)
def test_whole_numbers(native: Native, i: int, j: int) -> None:
    both(native, whole_numbers, i, j, np.zeros(20, np.int64))


@given(any_float, any_float, small)
@example(1.0, 1.0, 0)
@example(math.nan, math.nan, 1)
@example(1.0, 3.0, 2)
def test_comparisons(native: Native, x: float, y: float, i: int) -> None:
    both(native, comparisons, x, y, i, np.zeros(30, np.int64))


@given(positive, st.floats(-20.0, 20.0))
def test_powers(native: Native, x: float, y: float) -> None:
    both(native, powers, x, y, np.zeros(10))


def test_powers_are_those_of_python_to_the_last_bit_many_times(native: Native) -> None:
    """LLVM would multiply for x**2.0 and take the root for x**0.5: another last bit, once in a thousand."""
    for x in np.random.default_rng(3).uniform(0.0, 10.0, 20000).tolist():
        out = np.zeros(10)
        native.call(powers, x, 1.5, out)
        assert out[1] == x**2.0 and out[2] == x**0.5 and out[7] == x**-1.0


def test_a_condition_protects_an_index(native: Native) -> None:
    values = np.array([1.0, 2.0, 4.0, 8.0])
    for size, value, place in ((4, 4.0, 2), (4, 3.0, -1), (4, 9.0, -1), (0, 1.0, -1), (4, 1.0, 0)):
        assert both(native, place_of, value, values, size)[0] == place


@given(st.integers(1, 2000), st.integers(0, 200))
def test_while_with_several_exits(native: Native, start: int, most: int) -> None:
    both(native, several_exits, start, most, np.zeros(3, np.int64))


def test_each_exit_is_taken(native: Native) -> None:
    exits = {both(native, several_exits, start, 200, np.zeros(3, np.int64))[0] for start in range(1, 1000)}
    assert min(exits) == -2 and both(native, several_exits, 27, 5, np.zeros(3, np.int64))[0] == -1
    assert both(native, several_exits, 27, 200, np.zeros(3, np.int64))[0] == 111


@given(st.integers(-3, 12), st.integers(-3, 12))
def test_loop_variables(native: Native, a: int, b: int) -> None:
    both(native, loop_variables, a, b, np.zeros(8, np.int64))


@pytest.mark.parametrize("i", [-(10**12), -1, 0, 1, 2, 3, 10**12])
@pytest.mark.parametrize("x", [-1.0, 0.5, 3.0])
def test_only_the_chosen_branch_is_evaluated(native: Native, x: float, i: int) -> None:
    both(native, choice, x, np.array([1.5, 2.5, 3.5]), i)


def test_a_function_may_return_early_and_nothing(native: Native) -> None:
    assert both(native, nothing, np.zeros(1))[0] is None
    assert both(native, early, 2.0, np.zeros(2))[1].tolist() == [2.0, 0.0]
    assert both(native, early, -2.0, np.zeros(2))[1].tolist() == [0.0, -2.0]


@pytest.mark.parametrize("scale", [-1.0, 1.0])
def test_views_share_their_elements(native: Native, scale: float) -> None:
    _, y, order = both(native, windows, scale * np.arange(1.0, 13.0), np.array([2, 0, 1]), 3)
    assert y[2] != scale * 3.0 and order.tolist() == [2, 0, 0]


def test_what_is_evaluated_first(native: Native) -> None:
    both(native, order_of_evaluation, np.arange(40.0), np.zeros(9, np.int64))


@pytest.mark.parametrize("n", [0, 1, 6, 7])
@pytest.mark.parametrize("x", [-2.5, 2.5])
def test_functions_call_each_other(native: Native, n: int, x: float) -> None:
    assert both(native, calls, n, x, np.zeros(2))[0] == (n % 2 == 0)
    assert both(native, is_even, n)[0] is (n % 2 == 0)  # a bool, as C knows it


def test_kernels_are_called_where_they_are(native: Native) -> None:
    arrays = np.arange(1.0, 6.0), np.zeros(5), np.array([5, 3])
    _, _, out, _ = both(native, with_kernels, double_first, add_up, *arrays)
    assert out.tolist() == [2.0, 4.0 + 2 * 6.0, 6.0, 0.0, 0.0]


def in_threads(*work: Callable[[], Any]) -> list[Any]:
    """The results of calls that run at the same time (machine code runs without Python's lock)."""
    with ThreadPoolExecutor(len(work)) as pool:
        return [one.result() for one in [pool.submit(one) for one in work]]


def test_each_index_is_taken_once(native: Native) -> None:
    limit = 2_000_000
    counter, times = np.zeros(1, np.int64), np.zeros(limit, np.int64)
    shares = in_threads(*[lambda: native.call(taken, counter, times, limit)] * 2)
    assert sum(shares) == limit and counter[0] == limit + 2
    assert times.min() == times.max() == 1


def test_a_flag_is_seen_in_the_midst_of_a_loop(native: Native) -> None:
    flag = np.zeros(1, np.int64)

    def lift() -> None:
        time.sleep(0.05)  # the loop runs by then, most likely
        flag[0] = 1

    looks, _ = in_threads(lambda: native.call(wait, flag, LIMIT), lift)
    assert looks < LIMIT
    assert both(native, wait, np.ones(1, np.int64), 5)[0] == 0
    assert both(native, wait, np.zeros(1, np.int64), 5)[0] == 5


# ---- programs by chance

# simple forms || forms with parts, which are left out where the text is deep enough
# no int alone where a float is expected: it stays an int in Python, whose zero has no sign
FORMS = {
    "F": "x | y | a[i] | a[abs(j) % 3] | 0.3 | -1.5 | 2 * x | i - y | j / 3 | K | row[0] || (<F> + <F>) | "
    "(<F> - <F>) | (<F> * <F>) | <F> / (1.0 + abs(<F>)) | (-<F>) | (<F> if <B> else <F>) | min(<F>, <F>) | "
    "max(<F>, <F>) | mixed(<F>, <F>) | sqrt(abs(<F>)) | abs(<F>)",
    "I": "i | j | abs(j) % 3 | 2 | -1 | n[0] | n[i] || (<I> + <I>) | (<I> - <I>) | abs(<I> * i) % 97 | "
    "(abs(<I>) // (1 + abs(<I>))) | (abs(<I>) % (1 + abs(<I>))) | (<I> if <B> else <I>) | min(<I>, <I>)",
    "B": "flag | x < y | i <= j < 5 | 0.5 >= x || <F> < <F> | <F> >= <F> | <F> != <F> | <I> == <I> | <I> > <I> | "
    "<F> < <F> <= <F> | isfinite(<F>) | (<B> and <B> or <B>) | (<B> or <B> and <B>) | not (<B>)",
    "S": "x = <F> | x += <F> | y = <F> | a[i] = <F> | a[1] *= <F> | a[abs(j) % 3] += <F> | j = abs(<I>) % 1000 | "
    "n[abs(j) % 3] = abs(<I>) % 7 | flag = <B> | row = view(a, abs(j) % 3) | if <B>:\n    return <F> || "
    "if <B>:\n<BLOCK>\nelse:\n<BLOCK> | if <B>:\n<BLOCK>\nelif <B>:\n<BLOCK> | "
    "for <TURN> in range(abs(j) % 3, 4):\n<BLOCK> | <TURN> = 0\nwhile <TURN> < 4 and <B>:\n    <TURN> += 1\n<BLOCK>",
}
WAYS_OUT = ["if <B>:\n    break", "if <B>:\n    continue"]


@st.composite
def texts(draw: st.DrawFn, symbol: str, depth: int, in_loop: bool = False) -> str:
    """A text of the kind that the symbol stands for."""
    simple, with_parts = (forms.split(" | ") for forms in FORMS[symbol].split(" || "))
    form = draw(st.sampled_from(simple + with_parts * (depth > 0) + WAYS_OUT * in_loop))
    has_loop = in_loop or form.startswith(("for", "<TURN>"))

    def part(found: re.Match[str]) -> str:
        if found[1] == "TURN":
            return f"turn{depth}"
        if found[1] == "BLOCK":
            return indented(draw(st.lists(texts("S", depth - 1, has_loop), min_size=1, max_size=3)))
        return draw(texts(found[1], 2 if symbol == "S" else depth - 1))

    return re.sub(r"<(\w+)>", part, form)


HEAD = """
def mixed(u: float, v: float) -> float:
    if u < v or not u < K:
        return u - 0.25 * v
    return v

def program(x: float, y: float, j: int, a: Floats, n: Integers) -> float:
    i = 1
    flag = x < y
    row = view(a, 2)
"""


@pytest.mark.slow
@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(st.lists(texts("S", 2), min_size=2, max_size=4), texts("F", 2), st.tuples(positive, st.floats(-5, 5), small))
def test_programs_by_chance(body: list[str], result: str, inputs: tuple[float, float, int]) -> None:
    names = functions_of(f"{HEAD}{indented(body)}\n    return {result}\n")
    native = Native([names["program"], names["mixed"]])
    for flips in (1, -1):
        x, y, j = inputs
        both(native, names["program"], x, y * flips, j * flips, np.arange(6.0) - 1.5, np.array([1, 2, 0]))


# ---- what is refused


def refused(text: str) -> str:
    """The message about the first function of a text; its first line is line 1."""
    found = functions_of(text)
    functions = [one for one in found.values() if getattr(one, "__globals__", None) is found]
    with pytest.raises(TranslationError) as error:
        translate(functions)
    return str(error.value)


# message -> bodies, ` ; ` between lines; the fault is in the last line, or in the one that is marked
REFUSED = {
    "float where int is expected": (
        "i = 1 ; i = 0.5 | i = 1 ; i += x | i = 1 ; n[0] = x | k = k / 2 | z: int = x | "
        "z = 1 ; z: float = 1.0 | for i in range(x): pass"
    ),
    "int where bool is expected": "flag = x > 0.0 ; flag = 1 | if k: pass | x = 1.0 if k else 2.0",
    "bool where float is expected": (
        "x = x > 0.0 | x = x + (x > 0.0) | x = -(x > 1.0) | x = 1.0 if x > 0.0 else x > 1.0 | "
        "if (x > 0.0) < (k > 0): pass | x = float(x > 0.0) | k = int(x > 0.0)"
    ),
    "Integers where Floats is expected": "row = view(a, 1) ; row = n",
    "Floats where float is expected": "x = x + a | if x is a: pass | x = a | x = other(a) | return a",
    "float where bool is expected": "if x and x > 0.0: pass | while x: pass",
    "no such operation of two floats": "x = x // 2 | x = x % 2.0",
    "no such operation of two ints": "k = k ** 2 | k = k << 2",
    "not in the subset": (
        "x /= 2.0 | k = ~k | x = +x | if x is x: pass | x = a[1:2] | x = 'text' | x = 1.0 ; 'text' | "
        "x = [1.0] | x = y = 1.0 | x, k = 1.0, 2 | x: float | k = 9223372036854775808 | x = missing | "
        "x = sqrt | for i in range(0, 3, 2): pass | for i in a: pass | "
        "for i in range(3): pass  # here ; else: pass | while x > 1.0: pass  # here ; else: pass | "
        "range = 1 ; for i in range(3): pass | with x: pass | try: pass  # here ; finally: pass | "
        "assert x > 0.0 | raise x | import math | global x0 | del x | x + 1.0 | x = (z := 1.0) | "
        "x = a.size | x = a.sum() | x = min(x, key=k) | x = abs(*a) | return | return x ; x = [1.0]"
    ),
    "Integers where float is expected": "if k in n: pass",
    "an element is array[int], not Floats[float]": "x = a[x]",
    "not float[int]": "x = x[1]",
    "this is complex": "z: complex = 1.0",
    "read before the line of its first": "x = z  # here ; z = 1.0 | z += 1.0 | z(a)  # here ; z = 1 | K = 1.0 + K",
    "i is the variable of a loop around this": (
        "for i in range(3): ;     i = 1 | for i in range(3): ;     for j in range(2): ;         i += j | "
        "for i in range(3): ;     for i in range(2):  # here ;         pass"
    ),
    "x is float already": "for x in range(3): pass",
    "sum is neither translated with this nor built in": "x = sum(a)",
    "missing is neither translated with this nor built in": "x = missing(a)",
    "min does not take (float)": "x = min(x)",
    "min does not take (float, float, float)": "x = min(x, 1.0, 2.0)",
    "take does not take (Floats)": "k = take(a)",
    "peek does not take (float)": "k = peek(x)",
    "view does not take (Floats, float)": "a = view(a, x)",
    "other takes 1 arguments": "x = other(1.0, a)",
    "nothing is returned here": "x = silent() | x = f(a)",
    "None where float is expected": "x = 1.0 + silent()",
    "nothing is returned here that could be chosen": "x = silent() if x > 0.0 else silent()",
    "a kernel alone can be called, and with arrays alone": "a(n) | f(a, x)",
    "beyond ASCII": "größe = 1.0",
}
FIRST = "def wrong(x: float, k: int, a: Floats, n: Integers, f: Kernel) -> float:\n"
OTHERS = """
def other(x: float) -> float:
    return x

def silent() -> None:
    pass
"""


@pytest.mark.parametrize(
    ("body", "message"), [(one, said) for said, many in REFUSED.items() for one in many.split(" | ")]
)
def test_what_is_not_in_the_subset_is_named_with_its_line(body: str, message: str) -> None:
    lines = body.split(" ; ")
    line = next((place for place, text in enumerate(lines, 2) if "# here" in text), len(lines) + 1)
    said = refused(FIRST + indented(lines) + "\n    return 1.0\n" + OTHERS)
    assert said.startswith(f"wrong, line {line}: ") and message in said


def test_an_end_without_a_result() -> None:
    for body in ("k = 1", "while x > 0.0: return x", "for i in range(3): return x", "if x > 0.0: return x"):
        said = refused(FIRST + "    " + body)
        assert said.startswith("wrong, line 1: its end can be reached without a float to return")
    said = refused(FIRST + "    while True:\n        if x > 0.0: break\n        return x")
    assert said.startswith("wrong, line 1: its end can be reached without a float to return")


@pytest.mark.parametrize(
    ("head", "message"),
    {
        "def wrong(x) -> None:": "this is missing",
        "def wrong(x: float):": "this is missing",
        "def wrong(x: list[float]) -> None:": "this is list[float]",
        "def wrong(x: None) -> None:": "a parameter is not None",
        "def wrong(x: Floats) -> Kernel:": "returned is one of int, float, bool, Floats, Integers, None",
        "def wrong(x: float = 1.0) -> None:": "parameters have names and types and nothing else",
        "def wrong(*x: float) -> None:": "parameters have names and types and nothing else",
        "def wrong(*, x: float) -> None:": "parameters have names and types and nothing else",
        "def wrong(größe: float) -> None:": "a parameter is not None",
        "async def wrong(x: float) -> None:": "only plain functions",
        "@plain\ndef wrong(x: float) -> None:": "only plain functions",
    }.items(),
)
def test_how_a_function_must_begin(head: str, message: str) -> None:
    text = f"def plain(f):\n    return f\n\n{head}\n    pass\n"
    function = functions_of(text)["wrong"]
    with pytest.raises(TranslationError, match=re.escape(message)) as error:
        translate([function])
    assert str(error.value).startswith("wrong, line ")


def test_other_things_are_refused() -> None:
    bound = 1.0

    def inner(x: float) -> float:
        return x + bound

    assert inner(1.0) == 2.0
    assert refused("\n" * 41 + "def wrong() -> None:\n    x = []\n") == "wrong, line 43: this is not in the subset: []"
    for thing, message in (
        (inner, "only plain functions"),
        (lambda x: x, "<lambda>"),
        (min, "min: its source cannot be read"),
        (Native, "only plain functions"),
    ):
        with pytest.raises(TranslationError, match=message):
            translate([thing])
    with pytest.raises(TranslationError, match="two functions have one name"):
        translate([functions_of("def same() -> None:\n    pass\n")["same"] for _ in range(2)])


# ---- the text


def test_the_text_is_plain() -> None:
    text = translate(FUNCTIONS)
    assert text == translate(FUNCTIONS)
    assert re.findall(r"^define .*@(\w+)\(", text, re.MULTILINE) == [one.__name__ for one in FUNCTIONS]
    assert not NEVER_FAST.search(text) and "target" not in text and "noalias" not in text and "declare" not in text
    assert "define zeroext i1 @is_even(i64 %n.given)" in text
    assert all("nounwind" in line for line in text.splitlines() if line.startswith("define"))


def test_memory_is_reserved_once_in_the_first_block() -> None:
    """Otherwise every turn of a loop would take more of the stack."""
    for definition in translate(FUNCTIONS).split("define ")[1:]:
        lines = definition.splitlines()[2:]
        reserving = ["alloca" in line for line in lines]
        assert not any(reserving[sum(reserving) :]), definition


def test_texts_can_be_joined() -> None:
    module = llvm.parse_assembly(translate([numbers, powers]) + translate([windows, chosen, choice]))
    module.verify()
    assert sum(not one.is_declaration for one in module.functions) == 5


def test_functions_of_the_subset_are_functions_of_python() -> None:
    array, counter = np.arange(3.0), np.array([4, 0])
    view(array, 1)[0] = 7.0
    assert array.tolist() == [0.0, 7.0, 2.0]
    assert (take(counter), take(counter), peek(counter)) == (4, 5, 6)
    assert sqrt(4.0) == 2.0 and math.isnan(sqrt(-1.0)) and isfinite(1.0) and not isfinite(math.inf)
