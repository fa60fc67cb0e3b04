"""A subset of Python, translated to LLVM text.

What drives the engine is written in this subset: it runs as it is, in Python (its own oracle), and `translate` makes
the text of machine code from the same lines, with the same results to the last bit.

Types: `int` (64 bits), `float`, `bool`, `Floats` and `Integers` (contiguous arrays of one dimension), `Kernel` (a
function of arrays that returns nothing), and records: dataclasses whose fields are of these types but `bool`, passed by
address, 8 bytes for each field, and only read.  A local variable keeps the type of its first assignment in the order of
the lines; an int becomes a float where a float is expected, nothing else is converted.
Statements: assignments to names and elements, plain, annotated or with += -= *=; if, while, for over range(stop) or
range(start, stop), break, continue, return, pass, calls.
Expressions: constants, numbers of the function's module by name, variables, elements, + - * / // % ** and minus,
comparisons and their chains, and, or, not, `x if c else y`; calls, by position, of other functions of the list, of
kernels, and of min and max of two, abs, float, int, sqrt, isfinite, view, take, peek.

Where Python and machine code part, a program must not go: // and % of negative numbers or by zero, an index outside of
its array (also a negative one), a whole number of more than 64 bits, int() of a float beyond that, reading a variable
that was not assigned on the way.  An int where a float is expected stays an int in Python: its zero has no sign, so
write 0.0.  Python alone stops at what is not finite: its own floats (not those of NumPy) divided by zero, powers that
overflow, a negative number to a fraction.
"""

from __future__ import annotations

import ast
import builtins
import dataclasses
import inspect
import math
import struct
import textwrap
import threading
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any, Final, NamedTuple, NoReturn, final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Kernel = Callable[..., None]

_LLVM: Final = {
    "int": "i64",
    "float": "double",
    "bool": "i1",
    "None": "void",
    "Floats": "ptr",
    "Integers": "ptr",
    "Kernel": "ptr",
}
_ELEMENT: Final = {"Floats": "float", "Integers": "int"}
_FIELDS: Final = ("int", "float", "Floats", "Integers", "Kernel")
_RETURNED: Final = ("int", "float", "bool", "Floats", "Integers", "None")

# instruction for ints, instruction for floats; empty: there is none
_ARITHMETIC: Final[Mapping[type[ast.operator], tuple[str, str]]] = {
    ast.Add: ("add", "fadd"),
    ast.Sub: ("sub", "fsub"),
    ast.Mult: ("mul", "fmul"),
    ast.Div: ("", "fdiv"),
    ast.FloorDiv: ("sdiv", ""),
    ast.Mod: ("srem", ""),
    ast.Pow: ("", "pow"),
}
_COMPARISON: Final[Mapping[type[ast.cmpop], tuple[str, str]]] = {
    ast.Eq: ("icmp eq", "fcmp oeq"),
    ast.NotEq: ("icmp ne", "fcmp une"),
    ast.Lt: ("icmp slt", "fcmp olt"),
    ast.LtE: ("icmp sle", "fcmp ole"),
    ast.Gt: ("icmp sgt", "fcmp ogt"),
    ast.GtE: ("icmp sge", "fcmp oge"),
}
_TAKING = threading.Lock()


def _llvm(kind: str) -> str:
    return _LLVM.get(kind, "ptr")  # a record is known by its address


class TranslationError(Exception):
    """A function is not in the subset: a mistake of who wrote it, never of a user."""


def sqrt(x: float) -> float:
    """Square root; not a number where x is negative."""
    return math.nan if x < 0.0 else math.sqrt(x)


def view(array: Any, offset: int) -> Any:
    """The array from element `offset` on (Floats or Integers); its elements are shared, not copied."""
    return array[offset:]


def take(counter: Integers) -> int:
    """The value of counter[0], which is one more afterwards; no two threads are given the same."""
    with _TAKING:
        value = int(counter[0])
        counter[0] = value + 1
    return value


def peek(flag: Integers) -> int:
    """The value of flag[0], read anew at every call: another thread may have written it."""
    return int(flag[0])


_BUILT_IN: Final[Mapping[Any, str]] = {
    **{one: one.__name__ for one in (min, max, abs, float, int, sqrt, isfinite, view, take, peek)},
    math.sqrt: "sqrt",
}


def translate(functions: Sequence[Callable[..., object]]) -> str:
    """LLVM text of plain Python functions of the subset: one definition `@name` for each, in order.

    int -> i64, float -> double, bool -> i1, arrays -> ptr, a kernel -> ptr to `void(ptr, ...)`.  The functions may call
    each other, whatever their order.  The text names no machine and declares nothing (LLVM knows its intrinsics), so
    that it can be joined to other text.  Raises TranslationError with function, line and what was found there.
    """
    listed = {function: _Function(function) for function in functions}
    if len({one.name for one in listed.values()}) < len(functions):
        raise TranslationError(f"two functions have one name: {', '.join(one.name for one in listed.values())}")
    return "\n".join(one.text(listed) for one in listed.values())


class _Value(NamedTuple):
    """What an expression gives: its type in Python, and its name or constant in LLVM."""

    kind: str
    text: str

    @property
    def typed(self) -> str:
        return f"{_llvm(self.kind)} {self.text}"


_TRUE: Final = _Value("bool", "true")
_FALSE: Final = _Value("bool", "false")


@final
class _Function:
    """One function as its callers see it, and its text, written block after block.

    Variables live in memory (`alloca` in the first block; LLVM makes registers of them).  A name of Python has no dot,
    and a name made here has one: they never meet.  Code that cannot be reached is checked but not written.
    """

    def __init__(self, function: Callable[..., object]) -> None:
        self.name: str = getattr(function, "__name__", repr(function))
        try:
            lines, first = inspect.getsourcelines(function)
            tree = ast.parse(textwrap.dedent("".join(lines))).body[0]
        except (OSError, TypeError, SyntaxError) as error:
            raise TranslationError(f"{self.name}: its source cannot be read: {error}") from error
        ast.increment_lineno(tree, first - 1)
        if not isinstance(tree, ast.FunctionDef) or tree.decorator_list or function.__code__.co_freevars:
            self.fault(tree, "only plain functions of a module are translated")
        given = tree.args
        if given.vararg or given.kwarg or given.kwonlyargs or given.posonlyargs or given.defaults:
            self.fault(tree, "parameters have names and types and nothing else")
        self.tree, self.globals = tree, function.__globals__
        self.parameters = {one.arg: self.annotated(one, one.annotation) for one in given.args}
        self.returns = self.annotated(tree, tree.returns)
        if "None" in self.parameters.values() or self.returns not in _RETURNED or not ast.unparse(tree.args).isascii():
            self.fault(tree, f"a parameter is not None, and returned is one of {', '.join(_RETURNED)}")
        self.body = tree.body[ast.get_docstring(tree) is not None :]
        nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
        self.assigned = {node.id for node in nodes if isinstance(node.ctx, ast.Store)}
        self.kinds: dict[str, str] = {}  # of the variables so far
        self.slots: list[str] = []
        self.lines: list[str] = []
        self.reached: set[str] = set()  # labels that something leads to
        self.is_alive = True
        self.loops: list[tuple[str, str, str]] = []  # label of the next turn, label of the end, variable
        self.count = 0
        self.listed: Mapping[Callable[..., object], _Function] = {}

    def text(self, listed: Mapping[Callable[..., object], _Function]) -> str:
        """The whole definition; `listed`: the functions that may be called."""
        self.listed = listed
        for name, kind in self.parameters.items():
            self.slot(name, kind)
            self.emit(f"store {_llvm(kind)} %{name}.given, ptr %{name}")
        self.block(self.body)
        if self.is_alive and self.returns != "None":
            self.fault(self.tree, f"its end can be reached without a {self.returns} to return")
        self.end("ret void")
        parameters = ", ".join(f"{_llvm(kind)} %{name}.given" for name, kind in self.parameters.items())
        extended = "zeroext " if self.returns == "bool" else ""  # to a caller from outside it is a bool of C
        head = f"define {extended}{_llvm(self.returns)} @{self.name}({parameters}) nounwind {{"
        return "\n".join([head, "start.0:", *self.slots, *self.lines, "}", ""])

    def fault(self, node: ast.AST, message: str = "this is not in the subset") -> NoReturn:
        found, line = ast.unparse(node).splitlines()[0], getattr(node, "lineno", "?")
        raise TranslationError(f"{self.name}, line {line}: {message}: {found}")

    def annotated(self, node: ast.AST, annotation: ast.expr | None) -> str:
        kind = ast.unparse(annotation) if annotation else "missing"
        if kind not in _LLVM and not dataclasses.is_dataclass(self.outside(kind)):
            self.fault(node, f"a type is one of {', '.join(_LLVM)} or a dataclass, and this is {kind}")
        return kind

    # lines and blocks

    def emit(self, line: str) -> None:
        if self.is_alive:
            self.lines.append(f"  {line}")

    def result(self, kind: str, instruction: str) -> _Value:
        name = self.new("%")
        self.emit(f"{name} = {instruction}")
        return _Value(kind, name)

    def new(self, *words: str) -> Any:
        """A name that is not used yet, or one for each word."""
        self.count += 1
        names = [f"{word}.{self.count}" for word in words]
        return names if len(names) > 1 else names[0]

    def end(self, line: str, *labels: str) -> None:
        """End the block with a line that leads to the labels, or out of the function."""
        if self.is_alive:
            self.emit(line + ", ".join(f" label %{label}" for label in labels))
            self.reached.update(labels)
        self.is_alive = False

    def begin(self, label: str) -> None:
        """Begin a block; all that leads forwards to it has been written."""
        self.is_alive = label in self.reached
        if self.is_alive:
            self.lines.append(f"{label}:")

    def slot(self, name: str, kind: str) -> None:
        self.kinds[name] = kind
        self.slots.append(f"  %{name} = alloca {_llvm(kind)}")

    def put(self, node: ast.AST, value: _Value, kind: str, address: str) -> None:
        self.emit(f"store {self.converted(node, value, kind).typed}, ptr {address}")

    # statements

    def block(self, statements: Sequence[ast.stmt]) -> None:
        for statement in statements:
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=given):
                self.assign(node, name, self.value(given))
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=ast.expr() as given):
                kind = self.annotated(node, annotation)
                self.assign(node, name, self.converted(node, self.value(given), kind))
            case ast.AugAssign(target=ast.Name(id=name) as target, op=ast.Add() | ast.Sub() | ast.Mult() as op):
                self.assign(node, name, self.arithmetic(node, op, self.variable(target), self.value(node.value)))
            case ast.Assign(targets=[ast.Subscript() as target], value=given):
                value = self.value(given)  # before its place, as in Python
                self.put(node, value, *self.place(target))
            case ast.AugAssign(target=ast.Subscript() as target, op=ast.Add() | ast.Sub() | ast.Mult() as op):
                kind, address = self.place(target)
                old = self.result(kind, f"load {_llvm(kind)}, ptr {address}")
                self.put(node, self.arithmetic(node, op, old, self.value(node.value)), kind, address)
            case ast.Expr(value=ast.Call() as call):
                self.call(call)
            case ast.If(test=test):
                yes, no, out = self.new("yes", "no", "out")
                self.end(f"br {self.condition(test).typed},", yes, no)
                for label, statements in ((yes, node.body), (no, node.orelse)):
                    self.begin(label)
                    self.block(statements)
                    self.end("br", out)
                self.begin(out)
            case ast.While(test=test, orelse=[]):
                again, body, out = self.new("again", "body", "out")
                self.end("br", again)
                self.begin(again)
                if isinstance(test, ast.Constant) and test.value is True:
                    self.end("br", body)  # so that what follows is reached by `break` alone
                else:
                    self.end(f"br {self.condition(test).typed},", body, out)
                self.begin(body)
                self.turn(node.body, again, out)
                self.end("br", again)
                self.begin(out)
            case ast.For(target=ast.Name(id=name), iter=ast.Call(func=ast.Name(id="range")) as over, orelse=[]):
                self.counted(node, over, name)
            case ast.Break():
                self.end("br", self.loops[-1][1])
            case ast.Continue():
                self.end("br", self.loops[-1][0])
            case ast.Return(value=None) if self.returns == "None":
                self.end("ret void")
            case ast.Return(value=ast.expr() as given) if self.returns != "None":
                self.end(f"ret {self.converted(node, self.value(given), self.returns).typed}")
            case ast.Pass():
                pass
            case _:
                self.fault(node)

    def counted(self, node: ast.For, over: ast.Call, name: str) -> None:
        ends = [self.converted(over, self.value(bound), "int") for bound in over.args]
        if len(ends) not in (1, 2) or over.keywords or "range" in self.kinds or self.outside("range") is not range:
            self.fault(node)
        first, last = ends if len(ends) == 2 else (_Value("int", "0"), ends[0])
        head, body, again, out, counter = self.new("head", "body", "again", "out", "counter")
        self.slots.append(f"  %{counter} = alloca i64")  # not the variable: that keeps its last value after the loop
        self.emit(f"store {first.typed}, ptr %{counter}")
        self.end("br", head)
        self.begin(head)
        now = self.result("int", f"load i64, ptr %{counter}")
        self.end(f"br {self.result('bool', f'icmp slt {now.typed}, {last.text}').typed},", body, out)
        self.begin(body)
        self.assign(node, name, now)
        if self.kinds[name] != "int":
            self.fault(node, f"{name} is {self.kinds[name]} already, and a loop counts in int")
        self.turn(node.body, again, out, name)
        self.end("br", again)
        self.begin(again)
        self.emit(f"store {self.result('int', f'add {now.typed}, 1').typed}, ptr %{counter}")
        self.end("br", head)
        self.begin(out)

    def turn(self, statements: Sequence[ast.stmt], again: str, out: str, variable: str = "") -> None:
        self.loops.append((again, out, variable))
        self.block(statements)
        self.loops.pop()

    def assign(self, node: ast.AST, name: str, value: _Value) -> None:
        if any(name == variable for _, _, variable in self.loops):
            self.fault(node, f"{name} is the variable of a loop around this")
        if value.kind == "None" or not name.isascii():
            self.fault(node, "nothing is returned here, or the name is beyond ASCII")
        if name not in self.kinds:
            self.slot(name, value.kind)
        self.put(node, value, self.kinds[name], f"%{name}")

    # expressions

    def value(self, node: ast.expr) -> _Value:
        match node:
            case ast.Constant():
                return self.constant(node, node.value)
            case ast.Name():
                return self.variable(node)
            case ast.Attribute(value=ast.Name(id=name) as record, attr=field) if self.is_record(name):
                return self.field(node, self.variable(record), field)
            case ast.Subscript():
                kind, address = self.place(node)
                return self.result(kind, f"load {_llvm(kind)}, ptr {address}")
            case ast.BinOp(left=left, op=op, right=right):
                return self.arithmetic(node, op, self.value(left), self.value(right))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                x, _ = self.alike(node, self.value(operand), _Value("int", "0"))
                return self.result(x.kind, f"fneg {x.typed}" if x.kind == "float" else f"sub i64 0, {x.text}")
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self.result("bool", f"xor {self.condition(operand).typed}, true")
            case ast.BoolOp(op=op, values=values):
                return self.joined(node, isinstance(op, ast.And), values)
            case ast.Compare(left=left, ops=ops, comparators=others):
                return self.chain(node, self.value(left), ops, others)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.either(node, self.condition(test), lambda: self.value(body), lambda: self.value(orelse))
            case ast.Call():
                return self.call(node)
        self.fault(node)

    def constant(self, node: ast.AST, value: object) -> _Value:
        match value:
            case bool():
                return _TRUE if value else _FALSE
            case int() if value.bit_length() < 64:
                return _Value("int", str(int(value)))
            case float():
                return _Value("float", f"0x{struct.pack('>d', value).hex().upper()}")  # exactly
        self.fault(node)

    def variable(self, node: ast.Name) -> _Value:
        kind = self.kinds.get(node.id)
        if kind:
            return self.result(kind, f"load {_llvm(kind)}, ptr %{node.id}")
        if node.id in self.assigned:
            self.fault(node, "it is read before the line of its first assignment")
        return self.constant(node, self.outside(node.id))

    def is_record(self, name: str) -> bool:
        return self.kinds.get(name, "int") not in _LLVM

    def outside(self, name: str) -> Any:
        return self.globals.get(name, getattr(builtins, name, None))

    def place(self, node: ast.Subscript) -> tuple[str, str]:
        """Type and address of an element."""
        array, index = self.value(node.value), self.value(node.slice)
        if array.kind not in _ELEMENT or index.kind != "int":
            self.fault(node, f"an element is array[int], not {array.kind}[{index.kind}]")
        kind = _ELEMENT[array.kind]
        return kind, self.result("Floats", f"getelementptr inbounds {_llvm(kind)}, {array.typed}, {index.typed}").text

    def field(self, node: ast.AST, record: _Value, name: str) -> _Value:
        """What stands in a field of a record: 8 bytes each, in the order of the dataclass."""
        for place, one in enumerate(dataclasses.fields(self.outside(record.kind))):
            if one.name == name and one.type in _FIELDS:
                address = self.result("Floats", f"getelementptr inbounds i64, {record.typed}, i64 {place}").text
                return self.result(str(one.type), f"load {_llvm(str(one.type))}, ptr {address}")
        self.fault(node, f"{record.kind} has no such field")

    def converted(self, node: ast.AST, value: _Value, kind: str) -> _Value:
        if value.kind == kind:
            return value
        if (value.kind, kind) != ("int", "float"):
            self.fault(node, f"{value.kind} where {kind} is expected")
        return self.result("float", f"sitofp {value.typed} to double")

    def condition(self, node: ast.expr) -> _Value:
        return self.converted(node, self.value(node), "bool")

    def alike(self, node: ast.AST, left: _Value, right: _Value, *, float_only: bool = False) -> tuple[_Value, _Value]:
        """Two numbers of one type: float, unless both are int."""
        kind = "int" if left.kind == right.kind == "int" and not float_only else "float"
        return self.converted(node, left, kind), self.converted(node, right, kind)

    def arithmetic(self, node: ast.AST, op: ast.operator, left: _Value, right: _Value) -> _Value:
        left, right = self.alike(node, left, right, float_only=isinstance(op, ast.Div))
        instruction = _ARITHMETIC.get(type(op), ("", ""))[left.kind == "float"]
        if not instruction:
            self.fault(node, f"there is no such operation of two {left.kind}s")
        if instruction == "pow":
            # nobuiltin: LLVM would make x*x of x**2.0 and a root of x**0.5, whose last bits are not those of Python
            return self.result("float", f"call double @llvm.pow.f64({left.typed}, {right.typed}) nobuiltin")
        return self.result(left.kind, f"{instruction} {left.typed}, {right.text}")

    def compared(self, node: ast.AST, op: ast.cmpop, left: _Value, right: _Value) -> _Value:
        if not (left.kind == right.kind == "bool" and isinstance(op, ast.Eq | ast.NotEq)):
            left, right = self.alike(node, left, right)
        if type(op) not in _COMPARISON:
            self.fault(node)
        return self.result("bool", f"{_COMPARISON[type(op)][left.kind == 'float']} {left.typed}, {right.text}")

    def chain(self, node: ast.AST, left: _Value, ops: Sequence[ast.cmpop], others: Sequence[ast.expr]) -> _Value:
        """a < b < c: each is evaluated once, and c only if a < b."""
        right = self.value(others[0])
        first = self.compared(node, ops[0], left, right)
        if len(ops) == 1:
            return first
        return self.either(node, first, lambda: self.chain(node, right, ops[1:], others[1:]), lambda: _FALSE)

    def joined(self, node: ast.AST, is_and: bool, parts: Sequence[ast.expr]) -> _Value:
        """`and` or `or`: the later parts are evaluated only if the first does not decide."""
        first = self.condition(parts[0])
        if len(parts) == 1:
            return first
        branches = (lambda: self.joined(node, is_and, parts[1:]), lambda: _FALSE if is_and else _TRUE)
        return self.either(node, first, *(branches if is_and else branches[::-1]))

    def either(self, node: ast.AST, test: _Value, then: Callable[[], _Value], other: Callable[[], _Value]) -> _Value:
        """One of two values; only the chosen one is evaluated."""
        yes, no, after_yes, after_no, out = self.new("yes", "no", "after.yes", "after.no", "out")
        self.end(f"br {test.typed},", yes, no)
        values: list[_Value] = []
        for label, after, branch in ((yes, after_yes, then), (no, after_no, other)):
            self.begin(label)
            values.append(branch())
            self.end("br", after)
        kind = "float" if {value.kind for value in values} == {"int", "float"} else values[0].kind
        if kind == "None":
            self.fault(node, "nothing is returned here that could be chosen")
        sources: list[str] = []
        for after, value in zip((after_yes, after_no), values, strict=True):  # where an int becomes a float
            self.begin(after)
            sources.append(f"[ {self.converted(node, value, kind).text}, %{after} ]")
            self.end("br", out)
        self.begin(out)
        return self.result(kind, f"phi {_llvm(kind)} {', '.join(sources)}")

    # calls

    def call(self, node: ast.Call) -> _Value:
        if not isinstance(node.func, ast.Name | ast.Attribute) or node.keywords:
            self.fault(node)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        target = self.outside(name)
        values = [self.value(argument) for argument in node.args]
        if not name or name in self.kinds or name in self.assigned:
            kernel = self.value(node.func)
            if kernel.kind != "Kernel" or any(value.kind not in _ELEMENT for value in values):
                self.fault(node, "of the variables a kernel alone can be called, and with arrays alone")
            returns, address = "None", kernel.text
        elif callable(target) and target in self.listed:
            other = self.listed[target]
            if len(values) != len(other.parameters):
                self.fault(node, f"{other.name} takes {len(other.parameters)} arguments")
            kinds = other.parameters.values()
            values = [self.converted(node, value, kind) for value, kind in zip(values, kinds, strict=True)]
            returns, address = other.returns, f"@{other.name}"
        elif callable(target) and target in _BUILT_IN:
            return self.built_in(node, _BUILT_IN[target], values)
        else:
            self.fault(node, f"{name} is neither translated with this nor built in")
        call = f"call {_llvm(returns)} {address}({', '.join(value.typed for value in values)})"
        if returns != "None":
            return self.result(returns, call)
        self.emit(call)
        return _Value("None", "")

    def built_in(self, node: ast.Call, name: str, values: list[_Value]) -> _Value:
        match name, values:
            case "min" | "max", [left, right]:  # the right one only where it is less (more), as in Python
                left, right = self.alike(node, left, right)
                test = self.compared(node, ast.Lt() if name == "min" else ast.Gt(), right, left)
                return self.result(left.kind, f"select {test.typed}, {right.typed}, {left.typed}")
            case "abs", [_Value(kind="int") as x]:
                return self.result("int", f"call i64 @llvm.abs.i64({x.typed}, i1 false)")
            case "int", [_Value(kind="int") as x]:
                return x
            case "view", [_Value(kind="Floats" | "Integers") as array, _Value(kind="int") as offset]:
                return self.result(
                    array.kind, f"getelementptr {_llvm(_ELEMENT[array.kind])}, {array.typed}, {offset.typed}"
                )
            case "take", [_Value(kind="Integers") as counter]:
                return self.result("int", f"atomicrmw add {counter.typed}, i64 1 seq_cst, align 8")
            case "peek", [_Value(kind="Integers") as flag]:
                return self.result("int", f"load atomic i64, {flag.typed} monotonic, align 8")
            case "abs" | "float" | "int" | "sqrt" | "isfinite", [x]:
                x = self.converted(node, x, "float")
                if name == "float":
                    return x
                if name == "int":
                    return self.result("int", f"fptosi {x.typed} to i64")
                size = self.result("float", f"call double @llvm.{'sqrt' if name == 'sqrt' else 'fabs'}.f64({x.typed})")
                if name == "isfinite":
                    return self.compared(node, ast.Lt(), size, self.constant(node, math.inf))
                return size
        self.fault(node, f"{name} does not take ({', '.join(value.kind for value in values)})")
