"""The kernels of a model as LLVM text: one attempted step of Rodas5P for all lanes, and what surrounds it.

Arrays of lanes are stored [index, lane].  Pointers are to doubles, aligned to 128 bytes, and do not overlap.

Of the model:
  prepare(p, c, y)      one subject: constants and initial state from parameters; c and y point at its lane
  slope(t, y, c, inflow, f)                                             f = dy/dt, inflow included
  step(t, h, low, high, y, c, inflow, tolerance, work, new, error, worst)   see `_step`
  between(theta, y, new, work, state)                                   the state within the step
  commit(mask, y, new, peaks)                                           where mask > 0: y = new; peaks = max(peaks, y)
  triggers(t, y, c, values)                                             of events
  resets(t, y, p, values)                                               one subject: new values, event by event
Of a plan (what is asked of the model):
  prepare_plan(p, q)                                                    one subject: constants of the observables
  observe(theta, t, y, new, work, q, values)                            the observables within the step
  give(t, y, p, values)                                                 one subject: amounts, then conditions (1 or 0)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from exocosm.engines.cohort import tableau
from exocosm.engines.cohort.elimination import Elimination, eliminate, write_factors, write_solution
from exocosm.engines.cohort.equations import System, Terms
from exocosm.engines.cohort.instructions import Formulas, Function
from exocosm.engines.cohort.tangents import Tangents, tangent_kernels, tangent_plan_kernels, write_moment
from exocosm.engines.cohort.within import Within
from exocosm.engines.limits import NEGATIVE
from exocosm.network.expression import Expression
from exocosm.network.program import Lowering


@dataclass(frozen=True)
class Kernels:
    """LLVM text, with what a caller must know: number of constants per subject and doubles per lane of `work`."""

    text: str
    constants: int
    work: int = 0
    flops: int = 0  # per attempted step of one lane: additions, multiplications and divisions
    nonzeros: int = 0  # of the factors
    tangent_constants: int = 0  # per direction
    tangent_work: int = 0  # per direction


class Constants:
    """What is computed once per subject from its parameters, in the order in which it was first asked for."""

    def __init__(self, lowering: Lowering) -> None:
        self.lowering = lowering
        self.slots: dict[Expression, int] = {}

    def leaf(self, function: Function, pointers: dict[str, str]) -> Callable[[Expression], str | None]:
        """Leaves for `Formulas`: constants from `c`, states from `y`, time from `t`."""
        leaves = self.lowering.leaves

        def operand(part: Expression) -> str | None:
            if part.operator in {"number", "truth"} or part.symbol in {"pi", "avogadro"}:
                return None  # written in place
            if not self.lowering.moves(part):
                if part.is_condition:
                    return None
                return function.load(pointers["c"], self.slots.setdefault(part, len(self.slots)))
            where = leaves.get(part.symbol, "")
            if where == "t":
                return function.load(pointers["t"], 0)
            return function.load(pointers["y"], int(where[1:])) if where else None

        return operand

    def prepare(self, name: str, lanes: int, initial: Sequence[Expression] | None = None) -> Function:
        """The function that fills the slots (and the initial state)."""
        function = Function(name, ["p", "c", "y"] if initial is not None else ["p", "c"], 1)
        formulas = Formulas(function, parameter_leaf(function, self.lowering))
        for slot, value in enumerate(formulas.numbers(list(self.slots))):
            function.store(value, "%c", slot, lanes)
        for row, value in enumerate(formulas.numbers(initial or [])):
            function.store(value, "%y", row, lanes)
        return function


def parameter_leaf(function: Function, lowering: Lowering, stride: int = 1) -> Callable[[Expression], str | None]:
    """Leaves for functions of one subject: parameters from `p`, states of a lane from `y`, time from `t`."""

    def operand(part: Expression) -> str | None:
        where = lowering.leaves.get(part.symbol, "") if part.symbol else ""
        if not where:
            return None
        if where == "t":
            return function.load("%t", 0, 1)
        return function.load(f"%{where[0]}", int(where[1:]), stride if where[0] == "y" else 1)

    return operand


def model_kernels(
    system: System, amounts: int, lanes: int, with_inflow: bool = True, with_tangents: bool = False
) -> Kernels:
    """All kernels of a model for a number of lanes.

    with_inflow: there are infusions; with_tangents: also the kernels of forward sensitivities.
    """
    constants = Constants(system.lowering)
    pattern = eliminate(system.size, system.jacobian)
    layout = _Layout(system.size, len(pattern.slot))
    stage = _stage(system, constants, pattern, lanes)  # first, so that constants lie in the order of their use there
    factorise = _factorise(system, constants, pattern, lanes)
    functions = [
        factorise,
        stage,
        *(_combine(system, number, lanes, with_inflow) for number in range(tableau.STAGES)),
        _judge(system, amounts, lanes),
        _slope(system, constants, lanes),
        _between(system, lanes),
        _commit(system, lanes),
        _triggers(system, constants, lanes),
        _resets(system, lanes),
    ]
    tangents, tangent_work = Tangents(system.lowering, constants.slots), 0
    if with_tangents:
        more, tangent_work = tangent_kernels(system, tangents, pattern, vars(layout), lanes)
        functions += more
    functions += [constants.prepare("prepare", lanes, system.equations.initial), _step(system, layout, lanes)]
    return Kernels(
        text="\n".join(function.text() for function in functions),
        constants=len(constants.slots),
        work=layout.size,
        flops=factorise.flops + tableau.STAGES * stage.flops + _loop_flops(system.size),
        nonzeros=len(pattern.slot),
        tangent_constants=len(tangents.slots),
        tangent_work=tangent_work,
    )


def plan_kernels(
    lowering: Lowering,
    observables: Sequence[Expression],
    amounts: Sequence[Expression],
    conditions: Sequence[Expression],
    lanes: int,
    with_tangents: bool = False,
) -> Kernels:
    """The kernels of what is asked: observables, amounts of doses and their conditions."""
    constants = Constants(lowering)
    observe = Function("observe", ["theta", "t", "y", "new", "work", "c", "values"], lanes)
    states: dict[Expression, str] = {}
    inner = constants.leaf(observe, {"c": "%c", "y": "%y", "t": "%t"})
    within = Within(observe, len(_states(lowering)))

    def leaf(part: Expression) -> str | None:
        where = lowering.leaves.get(part.symbol, "") if part.symbol else ""
        if not where.startswith("y"):
            return inner(part)
        if part not in states:
            states[part] = within.state(int(where[1:]))
        return states[part]

    for place, value in enumerate(Formulas(observe, leaf).numbers(observables)):
        observe.store(value, "%values", place)
    give = Function("give", ["t", "y", "p", "values"], 1)
    formulas = Formulas(give, parameter_leaf(give, lowering, lanes))
    for place, value in enumerate(formulas.numbers([*amounts, *conditions])):
        give.store(value, "%values", place, 1)
    functions = [observe, give]
    tangents = Tangents(lowering, constants.slots)
    if with_tangents:
        functions += tangent_plan_kernels(tangents, observables, amounts, len(_states(lowering)), lanes)
    functions.append(constants.prepare("prepare_plan", lanes))
    text = "\n".join(function.text() for function in functions)
    return Kernels(text, len(constants.slots), tangent_constants=len(tangents.slots))


def _states(lowering: Lowering) -> list[str]:
    return [name for name, where in lowering.leaves.items() if where.startswith("y")]


class _Layout:
    """Where things stand in `work`, in vectors: U of all stages, the factors, and what a stage needs.

    All this is read again and again within a step: the less it is, the more of it stays near the processor.
    """

    def __init__(self, size: int, nonzeros: int) -> None:
        self.unknowns = 0
        self.factors = tableau.STAGES * size
        self.stage = self.factors + nonzeros
        self.by_time = self.stage + size
        self.moment = self.by_time + size
        self.size = self.moment + 1


def _factorise(system: System, constants: Constants, pattern: Elimination, lanes: int) -> Function:
    """LU factors of I / (h gamma) - J, and df/dt."""
    function = Function("factorise", ["t", "h", "y", "c", "factors", "by_time"], lanes)
    formulas = Formulas(function, constants.leaf(function, {"c": "%c", "y": "%y", "t": "%t"}))
    values = formulas.write([*system.jacobian.values(), *system.by_time.values()])
    entries = {place: function.negate(value) for place, value in zip(system.jacobian, values, strict=False)}
    for row in range(system.size if system.uses_time else 0):
        places = dict(zip(system.by_time, values[len(system.jacobian) :], strict=True))
        function.store(places.get(row, function.number(0.0)), "%by_time", row)
    scale = function.divide(function.number(1.0 / tableau.GAMMA), function.load("%h", 0))
    for row in range(system.size):
        entries[row, row] = function.add(entries[row, row], scale) if (row, row) in entries else scale
    write_factors(function, pattern, entries)
    return function


def _rate(terms: Terms, formulas: Formulas, start: str) -> str:
    formulas.write([scale if value is None else value for scale, value in terms])
    return formulas.sum(terms, start)


def _stage(system: System, constants: Constants, pattern: Elimination, lanes: int) -> Function:
    """One stage: its unknown from what the combination left in its place, plus the rates at (t, y)."""
    function = Function("stage", ["t", "y", "c", "factors", "unknown"], lanes)
    formulas = Formulas(function, constants.leaf(function, {"c": "%c", "y": "%y", "t": "%t"}))

    def right(row: int) -> str:
        return _rate(system.rhs[row], formulas, function.load("%unknown", row))

    write_solution(function, pattern, right, "%unknown")
    return function


def _slope(system: System, constants: Constants, lanes: int) -> Function:
    function = Function("slope", ["t", "y", "c", "inflow", "f"], lanes)
    formulas = Formulas(function, constants.leaf(function, {"c": "%c", "y": "%y", "t": "%t"}))
    for row, terms in enumerate(system.rhs):
        function.store(_rate(terms, formulas, function.load("%inflow", row)), "%f", row)
    return function


def _combine(system: System, number: int, lanes: int, with_inflow: bool) -> Function:
    """Before stage `number`: its state from the unknowns so far, and in the place of its unknown what its rates lack.

    stage = y + sum_j A_ij U_j;  U_i = inflow + sum_j C_ij U_j / h + gamma_i h df/dt
    The first stage is at y itself.
    """
    function = Function(f"combine{number}", ["y", "unknowns", "h", "inflow", "by_time", "stage", "unknown"], lanes)
    h = function.load("%h", 0)
    reciprocal = function.divide(function.number(1.0), h)
    felt = function.multiply(function.number(tableau.GAMMA_SUMS[number]), h)
    weights, previous = tableau.STAGE_WEIGHTS[number], tableau.STAGE_WEIGHTS[number - 1]
    follows = number > 1 and weights == (*previous, 1.0)  # the stage before plus its own unknown
    with function.loop(system.size) as (row, _):
        unknowns = [function.load("%unknowns", function.shifted(row, place * system.size)) for place in range(number)]
        if follows:
            function.store(function.add(function.load("%stage", row), unknowns[-1]), "%stage", row)
        elif number:
            value = function.load("%y", row)
            for weight, unknown in zip(weights, unknowns, strict=True):
                value = function.multiply_add(function.number(weight), unknown, value)
            function.store(value, "%stage", row)
        total = ""
        for weight, unknown in zip(tableau.RATE_WEIGHTS[number], unknowns, strict=True):
            constant = function.number(weight)
            total = function.multiply_add(constant, unknown, total) if total else function.multiply(constant, unknown)
        added = function.load("%inflow", row) if with_inflow else function.number(0.0)
        if total:
            added = function.multiply_add(total, reciprocal, added)
        if system.uses_time and tableau.GAMMA_SUMS[number]:
            added = function.multiply_add(felt, function.load("%by_time", row), added)
        function.store(added, "%unknown", row)
    return function


def _judge(system: System, amounts: int, lanes: int) -> Function:
    """new = stage + U_8; error = mean of (U_8 / (atol + rtol max(|y|, |new|)))^2; worst < 0: a negative amount."""
    function = Function("judge", ["y", "stage", "unknown", "tolerance", "new", "error", "worst"], lanes)
    relative = function.load_same("%tolerance", system.size)
    total, worst = function.number(0.0), function.number(0.0)
    for first, stop in ((0, amounts), (amounts, system.size)):
        if first == stop:
            continue
        with function.loop(stop, first, [total, worst]) as (row, sums):
            unknown = function.load("%unknown", row)
            new = function.add(function.load("%stage", row), unknown)
            function.store(new, "%new", row)
            size = function.larger(function.absolute(function.load("%y", row)), function.absolute(new))
            allowed = function.multiply_add(relative, size, function.load_same("%tolerance", row))
            share = function.divide(unknown, allowed)
            low = function.multiply_add(allowed, function.number(NEGATIVE), new)
            lowest = function.smaller(low, sums[1]) if stop <= amounts else sums[1]
            total, worst = function.carry(function.multiply_add(share, share, sums[0]), lowest)
    function.store(function.multiply(total, function.number(1.0 / system.size)), "%error", 0)
    function.store(worst, "%worst", 0)
    return function


def _between(system: System, lanes: int) -> Function:
    function = Function("between", ["theta", "y", "new", "work", "state"], lanes)
    within = Within(function, system.size)
    with function.loop(system.size) as (row, _):
        function.store(within.state(row), "%state", row)
    return function


def _commit(system: System, lanes: int) -> Function:
    function = Function("commit", ["mask", "y", "new", "peaks"], lanes)
    accepted = function.compare(">", function.load("%mask", 0), function.number(0.0))
    with function.loop(system.size) as (row, _):
        value = function.select(accepted, function.load("%new", row), function.load("%y", row))
        function.store(value, "%y", row)
        function.store(function.larger(function.load("%peaks", row), value), "%peaks", row)
    return function


def _triggers(system: System, constants: Constants, lanes: int) -> Function:
    function = Function("triggers", ["t", "y", "c", "values"], lanes)
    formulas = Formulas(function, constants.leaf(function, {"c": "%c", "y": "%y", "t": "%t"}))
    for place, value in enumerate(formulas.numbers(system.equations.triggers)):
        function.store(value, "%values", place)
    return function


def _resets(system: System, lanes: int) -> Function:
    function = Function("resets", ["t", "y", "p", "values"], 1)
    formulas = Formulas(function, parameter_leaf(function, system.lowering, lanes))
    values: list[Expression] = [value for resets in system.equations.resets for _, value in resets]
    for place, value in enumerate(formulas.numbers(values)):
        function.store(value, "%values", place, 1)
    return function


def _step(system: System, layout: _Layout, lanes: int) -> Function:
    """One attempted step of length h from (t, y): new, its error and worst; the unknowns stay in `work`.

    low, high: rates are shown a time between these only, so that one that jumps at an edge is seen from this side.
    """
    pointers = ["t", "h", "low", "high", "y", "c", "inflow", "tolerance", "work", "new", "error", "worst"]
    function = Function("step", pointers, lanes)
    at = {name: function.address("%work", getattr(layout, name)) for name in ("factors", "stage", "by_time")}
    moment = function.address("%work", layout.moment)

    write_moment(function, system, 0, layout.moment)
    function.call("factorise", moment, "%h", "%y", "%c", at["factors"], at["by_time"])
    for number in range(tableau.STAGES):
        unknown = function.address("%work", number * system.size)
        write_moment(function, system, number, layout.moment)
        function.call(f"combine{number}", "%y", "%work", "%h", "%inflow", at["by_time"], at["stage"], unknown)
        function.call("stage", moment, at["stage"] if number else "%y", "%c", at["factors"], unknown)
    last = function.address("%work", (tableau.STAGES - 1) * system.size)
    function.call("judge", "%y", at["stage"], last, "%tolerance", "%new", "%error", "%worst")
    return function


def _loop_flops(size: int) -> int:
    """Of the combinations and the judgement, per attempted step."""
    weights = sum(2 * len(row) for row in (*tableau.STAGE_WEIGHTS[:6], *tableau.RATE_WEIGHTS)) + 2 + 2 * tableau.STAGES
    return size * (weights + 8)
