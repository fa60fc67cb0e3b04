"""LLVM instructions as text: straight lines of arithmetic on vectors with one subject per lane.

One lane is a plain double, more are a vector; the same text is written for both.  No operation is ever marked as free
to be reordered, so that a subject's numbers do not depend on the number of lanes: products and sums are fused exactly
where `multiply_add` says so (and where the processor can).  An operation asked for twice is written once.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from exocosm.network import expression as tree
from exocosm.network.expression import COMPARISONS, Expression

BYTES = 8  # of a double
_ORDERED = {"<": "olt", "<=": "ole", ">": "ogt", ">=": "oge", "==": "oeq", "!=": "une"}
_FLOPS = {"fadd": 1, "fsub": 1, "fmul": 1, "fdiv": 1, "fma": 2, "sqrt": 1}
_LARGEST_POWER = 16  # whole exponents up to this are products
_LONG_SUM = 8  # terms
_MAGIC = 6755399441055744.0  # 1.5 * 2^52: what is added to it is rounded to a whole number in the last bits
_SMALLEST_NORMAL = 2.2250738585072014e-308
_LOWEST_EXPONENT, _HIGHEST_EXPONENT = -708.0, 709.4  # of exp: beyond, the result is 0 or infinity


class Function:
    """One LLVM function under construction.  `pointers` are its parameters, all of type ptr; operands are text."""

    def __init__(self, name: str, pointers: Sequence[str], lanes: int) -> None:
        self.name, self.pointers, self.lanes = name, tuple(pointers), lanes
        plural = lanes > 1
        self.type = f"<{lanes} x double>" if plural else "double"
        self._bits = f"<{lanes} x i64>" if plural else "i64"
        self._truth = f"<{lanes} x i1>" if plural else "i1"
        self._suffix = f"v{lanes}f64" if plural else "f64"
        self._lines: list[str] = []
        self._known: dict[tuple[str, ...], str] = {}
        self._count = 0
        self._carried: tuple[str, ...] = ()
        self.flops = 0  # of one lane: additions, multiplications, divisions and roots

    def text(self) -> str:
        """The definition of the function."""
        parameters = ", ".join(f"ptr noalias %{name}" for name in self.pointers)
        return "\n".join([f"define void @{self.name}({parameters}) nounwind {{", *self._lines, "  ret void", "}", ""])

    def call(self, name: str, *arguments: str) -> None:
        """Call another function of pointers."""
        self.line(f"call void @{name}({', '.join(f'ptr {argument}' for argument in arguments)})")

    def line(self, text: str) -> None:
        """Write a line as it is."""
        self._lines.append(f"  {text}")

    def new(self, text: str) -> str:
        """Write an instruction and return the operand that holds its result."""
        self._count += 1
        operand = f"%v{self._count}"
        self._lines.append(f"  {operand} = {text}")
        return operand

    def _once(self, *key: str, text: str) -> str:
        if key not in self._known:
            self._known[key] = self.new(text)
            self.flops += _FLOPS.get(key[0], 0)
        return self._known[key]

    # ---- constants and memory

    def number(self, value: float) -> str:
        """A constant, the same in all lanes; written bit by bit."""
        bits = f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"
        return bits if self.lanes == 1 else "<" + ", ".join([f"double {bits}"] * self.lanes) + ">"

    def _whole(self, value: int) -> str:
        return str(value) if self.lanes == 1 else "<" + ", ".join([f"i64 {value}"] * self.lanes) + ">"

    def address(self, pointer: str, offset: int | str, stride: int | None = None) -> str:
        """pointer + offset elements (vectors, or `stride` doubles each); the offset may be an operand."""
        size = BYTES * (self.lanes if stride is None else stride)
        if isinstance(offset, int):
            return self._once("address", pointer, str(offset * size), text=_step(pointer, str(offset * size)))
        moved = self.new(f"mul i64 {offset}, {size}")
        return self.new(_step(pointer, moved))

    def load(self, pointer: str, offset: int | str, stride: int | None = None) -> str:
        """A vector (with a stride: one double, for functions of one lane that read among several)."""
        where = self.address(pointer, offset, stride)
        align = BYTES * self.lanes if stride is None else BYTES
        if isinstance(offset, int):
            return self._once("load", where, text=f"load {self.type}, ptr {where}, align {align}")
        return self.new(f"load {self.type}, ptr {where}, align {align}")

    def load_same(self, pointer: str, offset: int | str) -> str:
        """One double, put in all lanes."""
        value = self.new(f"load double, ptr {self.address(pointer, offset, 1)}, align {BYTES}")
        if self.lanes == 1:
            return value
        first = self.new(f"insertelement {self.type} poison, double {value}, i64 0")
        return self.new(f"shufflevector {self.type} {first}, {self.type} poison, <{self.lanes} x i32> zeroinitializer")

    def store(self, value: str, pointer: str, offset: int | str, stride: int | None = None) -> None:
        """Write to memory; what was loaded before keeps its old value."""
        align = BYTES * self.lanes if stride is None else BYTES
        self.line(f"store {self.type} {value}, ptr {self.address(pointer, offset, stride)}, align {align}")

    @contextmanager
    def loop(self, stop: int, start: int = 0, carried: Sequence[str] = ()) -> Iterator[tuple[str, list[str]]]:
        """Instructions for each index from start to stop (at least one); gives the index and the carried values.

        The body ends with `carry(...)` where values are carried; what it computes is not known after it.
        """
        known, name = dict(self._known), f"loop{len(self._lines)}"
        index, follow = f"%{name}_index", f"%{name}_next"
        inside = [f"%{name}_carried{place}" for place in range(len(carried))]
        before = f"{name}_before"
        self.line(f"br label %{before}")
        self._lines.append(f"{before}:")
        self.line(f"br label %{name}")
        self._lines.append(f"{name}:")
        self.line(f"{index} = phi i64 [ {start}, %{before} ], [ {follow}, %{name} ]")
        places = [len(self._lines) + place for place in range(len(carried))]
        self._lines += [""] * len(carried)
        self._carried = tuple[str, ...]()
        yield index, inside
        for place, first, here, last in zip(places, carried, inside, self._carried, strict=True):
            self._lines[place] = f"  {here} = phi {self.type} [ {first}, %{before} ], [ {last}, %{name} ]"
        self.line(f"{follow} = add i64 {index}, 1")
        self.line(f"%{name}_more = icmp slt i64 {follow}, {stop}")
        self.line(f"br i1 %{name}_more, label %{name}, label %{name}_after")
        self._lines.append(f"{name}_after:")
        self._known = known

    def carry(self, *values: str) -> tuple[str, ...]:
        """The values that the next turn of the loop starts from; also what they are after it."""
        self._carried = values
        return values

    def shifted(self, index: int | str, by: int) -> int | str:
        """index + by."""
        if isinstance(index, int):
            return index + by
        return self._once("index", index, str(by), text=f"add i64 {index}, {by}")

    # ---- arithmetic

    def add(self, one: str, other: str) -> str:
        """one + other."""
        return self._binary("fadd", *sorted((one, other)))

    def subtract(self, one: str, other: str) -> str:
        """one - other."""
        return self._binary("fsub", one, other)

    def multiply(self, one: str, other: str) -> str:
        """one * other."""
        if self.number(1.0) in (one, other):
            return other if one == self.number(1.0) else one
        return self._binary("fmul", *sorted((one, other)))

    def divide(self, one: str, other: str) -> str:
        """one / other."""
        return self._binary("fdiv", one, other)

    def negate(self, one: str) -> str:
        """-one."""
        return self._once("fneg", one, text=f"fneg {self.type} {one}")

    def multiply_add(self, one: str, other: str, term: str) -> str:
        """one * other + term, rounded once where the processor fuses."""
        one, other = sorted((one, other))
        call = f"{self.type} {one}, {self.type} {other}, {self.type} {term}"
        return self._once("fma", one, other, term, text=f"call {self.type} @llvm.fmuladd.{self._suffix}({call})")

    def minus_products(self, start: str, pairs: Sequence[tuple[str, str]]) -> str:
        """start - sum of one * other; a long sum in several parts, which the processor adds up side by side."""
        parts = 1 + len(pairs) // _LONG_SUM
        sums = [start] + [""] * (parts - 1)
        for place, (one, other) in enumerate(pairs):
            part, minus = place % parts, self.negate(one)
            sums[part] = self.multiply_add(minus, other, sums[part]) if sums[part] else self.multiply(minus, other)
        total = sums[0]
        for more in sums[1:]:
            total = self.add(total, more)
        return total

    def root(self, one: str) -> str:
        """Square root."""
        return self._unary("sqrt", one)

    def absolute(self, one: str) -> str:
        """|one|."""
        return self._unary("fabs", one)

    def floor(self, one: str) -> str:
        """The largest whole number not above."""
        return self._unary("floor", one)

    def compare(self, operator: str, one: str, other: str) -> str:
        """A truth value; false where one is not a number (true for !=)."""
        return self._once(operator, one, other, text=f"fcmp {_ORDERED[operator]} {self.type} {one}, {other}")

    def select(self, truth: str, one: str, other: str) -> str:
        """one where the truth holds, else other."""
        text = f"select {self._truth} {truth}, {self.type} {one}, {self.type} {other}"
        return self._once("select", truth, one, other, text=text)

    def smaller(self, one: str, other: str) -> str:
        """As Python's min: the other one only if it is smaller, so that `one` stays where it is not a number."""
        return self.select(self.compare("<", other, one), other, one)

    def larger(self, one: str, other: str) -> str:
        """As Python's max."""
        return self.select(self.compare(">", other, one), other, one)

    def both(self, one: str, other: str) -> str:
        """Whether both hold."""
        return self._once("and", one, other, text=f"and {self._truth} {one}, {other}")

    def either(self, one: str, other: str) -> str:
        """Whether one of them holds."""
        return self._once("or", one, other, text=f"or {self._truth} {one}, {other}")

    def opposite(self, truth: str) -> str:
        """Whether it does not hold."""
        return self._once("not", truth, text=f"xor {self._truth} {truth}, {self.always(True)}")

    def always(self, truth: bool) -> str:
        """A truth value known beforehand."""
        text = "true" if truth else "false"
        return text if self.lanes == 1 else "<" + ", ".join([f"i1 {text}"] * self.lanes) + ">"

    def _binary(self, operation: str, one: str, other: str) -> str:
        return self._once(operation, one, other, text=f"{operation} {self.type} {one}, {other}")

    def _unary(self, function: str, one: str) -> str:
        text = f"call {self.type} @llvm.{function}.{self._suffix}({self.type} {one})"
        return self._once(function, one, text=text)

    # ---- functions that a library would compute one lane at a time

    def exp(self, x: str) -> str:
        """e^x to about one unit in the last place; 0 below e^-708, infinity above e^709.4.

        x = n ln 2 + r with |r| <= ln 2 / 2 (ln 2 in two parts, after Cody and Waite), Taylor polynomial of degree 13.
        """
        number = self.number
        bounded = self.smaller(self.larger(x, number(_LOWEST_EXPONENT)), number(_HIGHEST_EXPONENT))
        shifted = self.multiply_add(bounded, number(1.4426950408889634), number(_MAGIC))
        whole = self.subtract(shifted, number(_MAGIC))
        rest = self.multiply_add(whole, number(-6.93147180369123816490e-01), bounded)
        rest = self.multiply_add(whole, number(-1.90821492927058770002e-10), rest)
        value = number(1.0 / math.factorial(13))
        for power in range(12, -1, -1):
            value = self.multiply_add(value, rest, number(1.0 / math.factorial(power)))
        exponent = self.new(f"shl {self._bits} {self._to_bits(shifted)}, {self._whole(52)}")
        scaled = self._from_bits(self.new(f"add {self._bits} {self._to_bits(value)}, {exponent}"))
        scaled = self.select(self.compare("<", x, number(_LOWEST_EXPONENT)), number(0.0), scaled)
        scaled = self.select(self.compare(">", x, number(_HIGHEST_EXPONENT)), number(math.inf), scaled)
        return self.select(self.compare("!=", x, x), x, scaled)

    def log(self, x: str) -> str:
        """Natural logarithm to about one unit in the last place; -infinity at 0, not a number below.

        x = 2^e m with m around 1; log m = 2 artanh(s) with s = (m - 1) / (m + 1), as a series in s^2, of which the
        first term is written as 2 s = (m - 1) (1 - s), where m - 1 is exact.
        """
        number = self.number
        tiny = self.compare("<", x, number(_SMALLEST_NORMAL))
        normal = self.select(tiny, self.multiply(x, number(2.0**54)), x)
        bits, middle, bias = self._to_bits(normal), 0x3FE6A09E667F3BCD, 1024 << 52
        biased = self.new(f"add {self._bits} {bits}, {self._whole(bias - middle)}")
        exponent = self.new(f"lshr {self._bits} {biased}, {self._whole(52)}")  # e + 1024
        removed = self.new(f"shl {self._bits} {exponent}, {self._whole(52)}")
        reduced = self.new(f"sub {self._bits} {bits}, {removed}")
        mantissa = self._from_bits(self.new(f"add {self._bits} {reduced}, {self._whole(bias)}"))
        magic = struct.unpack("<q", struct.pack("<d", _MAGIC))[0]
        written = self._from_bits(self.new(f"add {self._bits} {exponent}, {self._whole(magic)}"))
        whole = self.subtract(written, self.select(tiny, number(_MAGIC + 1078.0), number(_MAGIC + 1024.0)))
        above = self.subtract(mantissa, number(1.0))
        ratio = self.divide(above, self.add(mantissa, number(1.0)))
        square = self.multiply(ratio, ratio)
        series = number(2.0 / 23.0)
        for odd in range(21, 1, -2):
            series = self.multiply_add(series, square, number(2.0 / odd))
        rest = self.subtract(above, self.multiply(square, series))
        low = self.multiply_add(self.negate(ratio), rest, above)
        low = self.multiply_add(whole, number(1.90821492927058770002e-10), low)
        value = self.multiply_add(whole, number(6.93147180369123816490e-01), low)
        value = self.select(self.compare("==", x, number(0.0)), number(-math.inf), value)
        value = self.select(self.compare("<", x, number(0.0)), number(math.nan), value)
        return self.select(self.either(self.compare("!=", x, x), self.compare("==", x, number(math.inf))), x, value)

    def _to_bits(self, x: str) -> str:
        return self._once("bits", x, text=f"bitcast {self.type} {x} to {self._bits}")

    def _from_bits(self, x: str) -> str:
        return self.new(f"bitcast {self._bits} {x} to {self.type}")

    def whole_power(self, base: str, exponent: int) -> str:
        """base^exponent by repeated squaring."""
        if exponent < 0:
            return self.divide(self.number(1.0), self.whole_power(base, -exponent))
        result, square = "", base
        while exponent:
            if exponent & 1:
                result = self.multiply(result, square) if result else square
            exponent >>= 1
            if exponent:
                square = self.multiply(square, square)
        return result or self.number(1.0)

    def positive_power(self, base: str, exponent: str) -> str:
        """base^exponent for a base that is not negative, to 2 (1 + |exponent log(base)|) units in the last place."""
        value = self.exp(self.multiply(exponent, self.log(base)))
        return self.select(self.compare("==", exponent, self.number(0.0)), self.number(1.0), value)

    def power(self, base: str, exponent: str) -> str:
        """base^exponent; a negative base under a fractional exponent counts as 0 (a state just below zero)."""
        zero = self.number(0.0)
        size = self.positive_power(self.absolute(base), exponent)
        odd = self.compare("!=", self.multiply(self.floor(self.multiply(exponent, self.number(0.5))),
                                               self.number(2.0)), exponent)  # fmt: skip
        signed = self.select(odd, self.negate(size), size)
        at_zero = self.select(self.compare("<", exponent, zero), self.number(math.inf), self.multiply(exponent, zero))
        whole = self.compare("==", self.floor(exponent), exponent)
        return self.select(self.compare("<", base, zero), self.select(whole, signed, at_zero), size)


class Formulas:
    """Writes expressions of the network into a function.

    leaf: the operand of a leaf, or of any node that is known already (a hoisted constant), else None.
    """

    def __init__(self, function: Function, leaf: Callable[[Expression], str | None]) -> None:
        self.function, self.leaf = function, leaf
        self._values: dict[Expression, str] = {}
        self._uses: dict[Expression, int] = {}

    def write(self, roots: Sequence[Expression]) -> list[str]:
        """The operands of the expressions; conditions give truth values."""
        parts = self._needed(roots)
        for part in parts:
            for argument in part.arguments:
                self._uses[argument] = self._uses.get(argument, 0) + 1
        for root in roots:
            self._uses[root] = self._uses.get(root, 0) + 2  # never taken apart
        for part in parts:
            if not self._fused_later(part):
                self._values[part] = self._operation(part)
        return [self._get(root) for root in roots]

    def numbers(self, roots: Sequence[Expression]) -> list[str]:
        """As `write`, with conditions as 1 and 0."""
        one, zero = self.function.number(1.0), self.function.number(0.0)
        operands = zip(roots, self.write(roots), strict=True)
        return [self.function.select(value, one, zero) if root.is_condition else value for root, value in operands]

    def sum(self, terms: Sequence[tuple[Expression, Expression | None]], start: str = "") -> str:
        """start + the sum of coefficient * value, one fused operation per term (None: a coefficient of 1)."""
        total = start
        for coefficient, value in terms:
            if value is None:
                total = self._plus(total, coefficient)
            elif total:
                total = self.function.multiply_add(self._get(coefficient), self._get(value), total)
            else:
                total = self.function.multiply(self._get(coefficient), self._get(value))
        return total or self.function.number(0.0)

    def _needed(self, roots: Sequence[Expression]) -> list[Expression]:
        """What is to be computed, arguments first; nothing below what is given."""
        done: dict[Expression, None] = {}
        stack = list(reversed(roots))
        while stack:
            part = stack[-1]
            if part in done or part in self._values or self._given(part):
                stack.pop()
                continue
            waiting = [one for one in part.arguments if one not in done and one not in self._values]
            waiting = [one for one in waiting if not self._given(one)]
            if waiting:
                stack.extend(reversed(waiting))
            else:
                done[stack.pop()] = None
        return list(done)

    def _given(self, part: Expression) -> bool:
        operand = self.leaf(part)
        if operand is not None:
            self._values[part] = operand
        return operand is not None

    def _get(self, part: Expression) -> str:
        if part not in self._values and not self._given(part):
            self._values[part] = self._operation(part)
        return self._values[part]

    def _fused_later(self, part: Expression) -> bool:
        """A product used once is written where it is added."""
        return part.operator == "product" and self._uses.get(part, 0) <= 1

    def _plus(self, total: str, term: Expression) -> str:
        function = self.function
        if not total:
            return self._get(term)
        if term.operator == "product" and term not in self._values and self._fused_later(term):
            first, last = term.arguments[:-1], term.arguments[-1]
            if tree.constant(first[0]) == -1.0:
                rest = self._product(first[1:]) if first[1:] else ""
                if not rest:
                    return function.subtract(total, self._get(last))
                return function.multiply_add(function.negate(rest), self._get(last), total)
            return function.multiply_add(self._product(first), self._get(last), total)
        return function.add(total, self._get(term))

    def _product(self, factors: Sequence[Expression]) -> str:
        negative = tree.constant(factors[0]) == -1.0 and len(factors) > 1
        value = ""
        for factor in factors[negative:]:
            value = self.function.multiply(value, self._get(factor)) if value else self._get(factor)
        return self.function.negate(value) if negative else value

    def _operation(self, part: Expression) -> str:
        function, operator = self.function, part.operator
        if not part.arguments:
            constant = tree.constant_leaf(part)
            assert constant is not None, part.symbol
            return function.always(bool(constant)) if operator == "truth" else function.number(constant)
        if operator == "sum":
            total = ""
            for term in part.arguments:
                total = self._plus(total, term)
            return total
        if operator == "product":
            return self._product(part.arguments)
        if operator == "^":
            return self._power(*part.arguments)
        arguments = [self._get(argument) for argument in part.arguments]
        if operator in COMPARISONS:
            return function.compare(operator, *arguments)
        if operator == "piecewise":
            value = arguments[-1]
            for place in range(len(arguments) - 3, -1, -2):
                value = function.select(arguments[place + 1], arguments[place], value)
            return value
        if operator in {"and", "or", "min", "max"}:
            join = {"and": function.both, "or": function.either, "min": function.smaller, "max": function.larger}
            value = arguments[0]
            for argument in arguments[1:]:
                value = join[operator](value, argument)
            return value
        return self._call(operator, arguments, part)

    def _call(self, operator: str, arguments: list[str], part: Expression) -> str:
        function = self.function
        zero, one = function.number(0.0), function.number(1.0)
        match operator:
            case "inverse":
                return function.divide(one, arguments[0])
            case "not":
                return function.opposite(arguments[0])
            case "exp":
                return function.exp(arguments[0])
            case "log":
                return function.log(arguments[0])
            case "abs":
                return function.absolute(arguments[0])
            case "sqrt":
                return function.root(function.select(function.compare("<", arguments[0], zero), zero, arguments[0]))
            case "hill":
                ratio = function.divide(function.larger(arguments[0], zero), arguments[1])
                steepness = tree.constant(part.arguments[2])
                if steepness is not None and steepness.is_integer() and 0 < steepness <= _LARGEST_POWER:
                    raised = function.whole_power(ratio, int(steepness))
                else:
                    raised = function.power(ratio, arguments[2])
                share = function.divide(raised, function.add(one, raised))
                return function.select(function.compare("==", raised, function.number(math.inf)), one, share)
        raise NotImplementedError(f"no instructions for '{operator}'")

    def _power(self, base: Expression, exponent: Expression) -> str:
        function, value, below = self.function, tree.constant(exponent), self._get(base)
        if value is None:
            return function.power(below, self._get(exponent))
        if value.is_integer() and abs(value) <= _LARGEST_POWER:
            return function.whole_power(below, int(value))
        if value.is_integer():
            return function.power(below, function.number(value))
        positive = function.select(function.compare("<", below, function.number(0.0)), function.number(0.0), below)
        return function.root(positive) if value == 0.5 else function.positive_power(positive, function.number(value))


def _step(pointer: str, offset: str) -> str:
    return f"getelementptr i8, ptr {pointer}, i64 {offset}"
