"""Kernels of forward sensitivities: how the step of Rodas5P changes when a parameter changes.

With S = dy/dp, the pair (y, S) solves dy/dt = f, dS/dt = f_y S + f_p.  Rodas5P is applied to the pair as a whole, with
its exact Jacobian; that is block-triangular with the same block twice, so that the factors of the step of y serve all
parameters, and S keeps the order of the method:

    (I / (h gamma) - J) V_i = f_y(Y_i) S_i + f_p(Y_i) + dJ U_i + sum_j C_ij V_j / h + gamma_i h df_t
    dJ, df_t: how J and df/dt at the start of the step change along (S, dp)

One parameter is one direction dp; the same kernels serve all.  Arrays of a direction stand beside those of the state:
dy beside y, and dc, the changes of the constants c, which are computed once per subject.

Of the model:
  prepare_tangent(p, dp, dc, dy)                                    one subject: changes of constants and initial state
  tangent_step(t, h, low, high, y, c, dy, dc, inflow, tolerance, scale, work, tangent_work, new, error)
                                                                    after `step`, which leaves factors and U in work
  tangent_resets(t, y, p, dt, dy, dp, values)                       one subject: changes of the new values of events
  tangent_triggers(t, y, p, dt, dy, dp, values)                     one subject: changes of the triggers
Of the plan:
  prepare_tangent_plan(p, dp, dq)
  tangent_observe(theta, t, y, new, work, q, dy, tangent_new, tangent_work, dq, values)
  tangent_give(t, y, p, dy, dp, values)                             one subject: changes of the amounts of doses
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from exocosm.engines.cohort import tableau
from exocosm.engines.cohort.elimination import Elimination, write_solution
from exocosm.engines.cohort.equations import System, Terms
from exocosm.engines.cohort.instructions import Formulas, Function
from exocosm.engines.cohort.within import Within
from exocosm.network import expression as tree
from exocosm.network.derivative import derivative
from exocosm.network.expression import Expression, in_order
from exocosm.network.program import Lowering

FIXED, DIRECTION, MOVING = 0, 1, 2  # decided by the parameters; by parameters and direction; by state and time too
_CHANGE = "change of "  # the name of a change; with spaces, so that no user can write it


class Tangents:
    """Directional derivatives of lowered expressions, and what of them is computed once per subject and direction."""

    def __init__(self, lowering: Lowering, constants: dict[Expression, int]) -> None:
        self.lowering = lowering
        self.constants = constants  # of the model (or plan): the fixed parts are kept there
        self.slots: dict[Expression, int] = {}  # what depends on the direction too
        self._inner = {name: tree.name(_CHANGE + name) for name, where in lowering.leaves.items() if where[0] in "yp"}
        self._inner_with_time = {**self._inner, "time": tree.name(_CHANGE + "time")}
        self._levels: dict[Expression, int] = {}
        self._grouped: dict[Expression, Expression] = {}

    def of(self, expression: Expression, with_time: bool = False) -> Expression:
        """The change of an expression along a change of states and parameters (and of time)."""
        change = derivative(expression, _CHANGE, self._inner_with_time if with_time else self._inner)
        for part in in_order([change], self._grouped):
            self._grouped[part] = self._group(part)
        return self._grouped[change]

    def level(self, expression: Expression) -> int:
        """What decides the value: FIXED, DIRECTION or MOVING."""
        for part in in_order([expression], self._levels):
            if part.arguments:
                self._levels[part] = max(self._levels[argument] for argument in part.arguments)
            else:
                self._levels[part] = self._leaf_level(part.symbol)
        return self._levels[expression]

    def _leaf_level(self, symbol: str) -> int:
        changed = symbol.startswith(_CHANGE)
        where = self.lowering.leaves.get(symbol.removeprefix(_CHANGE), "p") if symbol else "p"
        if where[0] != "p":
            return MOVING
        return DIRECTION if changed else FIXED

    def _group(self, part: Expression) -> Expression:
        """Sums and products with what is fixed set apart, and what only the direction decides."""
        if not part.arguments:
            return part
        arguments = tuple(self._grouped[argument] for argument in part.arguments)
        if part.operator == "mm":
            x, maximum, half = arguments
            return tree.node("product", "", (maximum, x, tree.node("inverse", "", (tree.node("sum", "", (half, x)),))))
        if part.operator in {"sum", "product"}:
            for level in (FIXED, DIRECTION):
                apart = tuple(one for one in arguments if self.level(one) <= level)
                if 1 < len(apart) < len(arguments):
                    rest = tuple(one for one in arguments if self.level(one) > level)
                    arguments = (tree.node(part.operator, "", apart), *rest)
        return tree.node(part.operator, part.value, arguments)

    def leaf(self, function: Function) -> Callable[[Expression], str | None]:
        """Leaves from y, dy, c, dc and t."""

        def operand(part: Expression) -> str | None:
            if part.operator in {"number", "truth"} or part.symbol in {"pi", "avogadro"} or part.is_condition:
                return None
            level = self.level(part)
            if level == FIXED:
                return function.load("%c", self.constants.setdefault(part, len(self.constants)))
            if level == DIRECTION:
                return function.load("%dc", self.slots.setdefault(part, len(self.slots)))
            where = self.lowering.leaves.get(part.symbol.removeprefix(_CHANGE), "") if part.symbol else ""
            if not where:
                return None
            if where == "t":
                return function.load("%t", 0)
            return function.load("%dy" if part.symbol.startswith(_CHANGE) else "%y", int(where[1:]))

        return operand

    def one_subject(self, function: Function, lanes: int) -> Callable[[Expression], str | None]:
        """Leaves for functions of one subject: y and dy of a lane, p, dp, t and dt."""

        def operand(part: Expression) -> str | None:
            where = self.lowering.leaves.get(part.symbol.removeprefix(_CHANGE), "") if part.symbol else ""
            if not where:
                return None
            pointer = ("%d" if part.symbol.startswith(_CHANGE) else "%") + where[0]
            if where == "t":
                return function.load(pointer, 0, 1)
            return function.load(pointer, int(where[1:]), lanes if where[0] == "y" else 1)

        return operand

    def prepare(self, name: str, lanes: int, initial: Sequence[Expression] | None = None) -> Function:
        """The function that fills the slots of a direction (and the initial sensitivities)."""
        function = Function(name, ["p", "dp", "dc", "dy"] if initial is not None else ["p", "dp", "dc"], 1)
        formulas = Formulas(function, self.one_subject(function, lanes))
        for slot, value in enumerate(formulas.numbers(list(self.slots))):
            function.store(value, "%dc", slot, lanes)
        for row, value in enumerate(formulas.numbers([self.of(one) for one in initial or []])):
            function.store(value, "%dy", row, lanes)
        return function


class TangentLayout:
    """Where things stand in `tangent_work`, in vectors: V of all stages, and what one stage needs."""

    def __init__(self, size: int, entries: int) -> None:
        self.unknowns = 0
        self.stage = tableau.STAGES * size
        self.by_time = self.stage + size
        self.slopes = self.by_time + size  # dJ, in the order of the Jacobian
        self.size = self.slopes + entries


def tangent_kernels(
    system: System, tangents: Tangents, pattern: Elimination, offsets: Mapping[str, int], lanes: int
) -> tuple[list[Function], int]:
    """The functions of the model, and the vectors per direction of `tangent_work`."""
    layout = TangentLayout(system.size, len(system.jacobian))
    functions = [
        _tangent_slopes(system, tangents, lanes),
        _tangent_stage(system, tangents, pattern, lanes),
        *(_state(system, number, lanes) for number in range(1, tableau.STAGES)),
        _tangent_judge(system, lanes),
        _tangent_step(system, layout, offsets, lanes),
        *_tangent_events(system, tangents, lanes),
    ]
    functions.append(tangents.prepare("prepare_tangent", lanes, system.equations.initial))
    return functions, layout.size


def _tangent_slopes(system: System, tangents: Tangents, lanes: int) -> Function:
    """dJ, entry by entry, and the change of df/dt."""
    function = Function("tangent_slopes", ["t", "y", "c", "dy", "dc", "slopes", "by_time"], lanes)
    formulas = Formulas(function, tangents.leaf(function))
    changes = [tangents.of(entry) for entry in system.jacobian.values()]
    for place, value in enumerate(formulas.numbers(changes)):
        function.store(value, "%slopes", place)
    for row in range(system.size if system.uses_time else 0):
        change = tangents.of(system.by_time[row]) if row in system.by_time else tree.ZERO
        function.store(formulas.numbers([change])[0], "%by_time", row)
    return function


def _terms(row: Terms, tangents: Tangents) -> Terms:
    """The change of a row of the right-hand side, term by term."""
    found: list[tuple[Expression, Expression | None]] = []
    for coefficient, value in row:
        if value is None:
            found.append((tangents.of(coefficient), None))
            continue
        found.append((coefficient, tangents.of(value)))
        found.append((tangents.of(coefficient), value))
    return tuple((scale, value) for scale, value in found if scale is not tree.ZERO and value is not tree.ZERO)


def _tangent_stage(system: System, tangents: Tangents, pattern: Elimination, lanes: int) -> Function:
    """The right side of one stage, solved with the factors of the step."""
    pointers = ["t", "y", "c", "dy", "dc", "factors", "slopes", "state_unknown", "unknown"]
    function = Function("tangent_stage", pointers, lanes)
    formulas = Formulas(function, tangents.leaf(function))
    entries: dict[int, list[tuple[int, int]]] = {}
    for place, (row, column) in enumerate(system.jacobian):
        entries.setdefault(row, []).append((place, column))

    def right(pivot: int) -> str:
        terms = _terms(system.rhs[pivot], tangents)
        formulas.write([scale if value is None else value for scale, value in terms])
        value = formulas.sum(terms, function.load("%unknown", pivot))
        for place, column in entries.get(pivot, []):
            change, unknown = function.load("%slopes", place), function.load("%state_unknown", column)
            value = function.multiply_add(change, unknown, value)
        return value

    write_solution(function, pattern, right, "%unknown")
    return function


def _state(system: System, number: int, lanes: int) -> Function:
    """The state of a stage: y + sum_j A_ij U_j."""
    function = Function(f"state{number}", ["y", "unknowns", "stage"], lanes)
    with function.loop(system.size) as (row, _):
        value = function.load("%y", row)
        for place, weight in enumerate(tableau.STAGE_WEIGHTS[number]):
            unknown = function.load("%unknowns", function.shifted(row, place * system.size))
            value = function.multiply_add(function.number(weight), unknown, value)
        function.store(value, "%stage", row)
    return function


def _tangent_judge(system: System, lanes: int) -> Function:
    """new = stage + V_8; error = the larger of what it was and the mean of (V_8 / (atol scale + rtol max(|S|)))^2."""
    function = Function("tangent_judge", ["dy", "stage", "unknown", "tolerance", "scale", "new", "error"], lanes)
    relative, scale = function.load_same("%tolerance", system.size), function.load("%scale", 0)
    with function.loop(system.size, 0, [function.number(0.0)]) as (row, sums):
        unknown = function.load("%unknown", row)
        new = function.add(function.load("%stage", row), unknown)
        function.store(new, "%new", row)
        size = function.larger(function.absolute(function.load("%dy", row)), function.absolute(new))
        least = function.multiply(function.load_same("%tolerance", row), scale)
        share = function.divide(unknown, function.multiply_add(relative, size, least))
        (total,) = function.carry(function.multiply_add(share, share, sums[0]))
    mean = function.multiply(total, function.number(1.0 / system.size))
    before = function.load("%error", 0)
    worse = function.opposite(function.compare("<=", mean, before))  # true also where it is no number
    function.store(function.select(worse, mean, before), "%error", 0)
    return function


def write_moment(function: Function, system: System, stage: int, place: int) -> None:
    """Leave in `work` the time of a stage, between low and high; nothing where no rate contains time."""
    if not system.uses_time:
        return
    t, h = function.load("%t", 0), function.load("%h", 0)
    later = function.multiply_add(function.number(tableau.ALPHA[stage]), h, t)
    later = function.smaller(function.larger(later, function.load("%low", 0)), function.load("%high", 0))
    function.store(later, "%work", place)


def _tangent_step(system: System, layout: TangentLayout, offsets: Mapping[str, int], lanes: int) -> Function:
    pointers = [
        "t", "h", "low", "high", "y", "c", "dy", "dc", "inflow", "tolerance", "scale", "work",
        "tangent_work", "new", "error",
    ]  # fmt: skip
    function = Function("tangent_step", pointers, lanes)
    of_state = {name: function.address("%work", offset) for name, offset in offsets.items()}
    own = {
        name: function.address("%tangent_work", getattr(layout, name))
        for name in ("unknowns", "stage", "by_time", "slopes")
    }

    write_moment(function, system, 0, offsets["moment"])
    function.call("tangent_slopes", of_state["moment"], "%y", "%c", "%dy", "%dc", own["slopes"], own["by_time"])
    for number in range(tableau.STAGES):
        write_moment(function, system, number, offsets["moment"])
        state_unknown = function.address("%work", number * system.size)
        unknown = function.address("%tangent_work", number * system.size)
        if number:  # the state of this stage once more: cheaper than to have kept it
            function.call(f"state{number}", "%y", "%work", of_state["stage"])
        function.call(
            f"combine{number}", "%dy", own["unknowns"], "%h", "%inflow", own["by_time"], own["stage"], unknown
        )
        function.call(
            "tangent_stage", of_state["moment"], of_state["stage"] if number else "%y", "%c",
            own["stage"] if number else "%dy", "%dc", of_state["factors"], own["slopes"], state_unknown, unknown,
        )  # fmt: skip
    last = function.address("%tangent_work", (tableau.STAGES - 1) * system.size)
    function.call("tangent_judge", "%dy", own["stage"], last, "%tolerance", "%scale", "%new", "%error")
    return function


def _tangent_events(system: System, tangents: Tangents, lanes: int) -> list[Function]:
    resets = [value for one in system.equations.resets for _, value in one]
    found = []
    for name, values in (("tangent_resets", resets), ("tangent_triggers", system.equations.triggers)):
        function = Function(name, ["t", "y", "p", "dt", "dy", "dp", "values"], 1)
        formulas = Formulas(function, tangents.one_subject(function, lanes))
        changes = [tangents.of(value, with_time=True) for value in values]
        for place, change in enumerate(formulas.numbers(changes)):
            function.store(change, "%values", place, 1)
        found.append(function)
    return found


def tangent_plan_kernels(
    tangents: Tangents, observables: Sequence[Expression], amounts: Sequence[Expression], size: int, lanes: int
) -> list[Function]:
    """The functions of a plan: changes of the observables within the step, and of the amounts of doses."""
    pointers = ["theta", "t", "y", "new", "work", "c", "dy", "tangent_new", "tangent_work", "dc", "values"]
    observe = Function("tangent_observe", pointers, lanes)
    within = Within(observe, size)
    changed = Within(observe, size, "%dy", "%tangent_new", "%tangent_work", within)
    rest, states = tangents.leaf(observe), dict[Expression, str]()

    def leaf(part: Expression) -> str | None:
        where = tangents.lowering.leaves.get(part.symbol.removeprefix(_CHANGE), "") if part.symbol else ""
        if not where.startswith("y"):
            return rest(part)
        if part not in states:
            states[part] = (changed if part.symbol.startswith(_CHANGE) else within).state(int(where[1:]))
        return states[part]

    changes = [tangents.of(one) for one in observables]
    for place, value in enumerate(Formulas(observe, leaf).numbers(changes)):
        observe.store(value, "%values", place)
    give = Function("tangent_give", ["t", "y", "p", "dy", "dp", "values"], 1)
    formulas = Formulas(give, tangents.one_subject(give, lanes))
    for place, value in enumerate(formulas.numbers([tangents.of(amount) for amount in amounts])):
        give.store(value, "%values", place, 1)
    return [observe, give, tangents.prepare("prepare_tangent_plan", lanes)]
