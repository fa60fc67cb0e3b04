"""The dimensions of expressions, found symbolically: does every rate measure what it claims to?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from exocosm.errors import Problem, UnitError
from exocosm.network.expression import COMPARISONS, Expression, constant, in_order
from exocosm.network.parts import Model
from exocosm.network.reading import Key, Reading, where
from exocosm.network.text import short_text, to_text
from exocosm.units import CANONICAL, dimension

Dimension = tuple[tuple[str, float], ...]  # as exocosm.units.dimension gives it
NUMBER: Dimension = ()
TIME: Dimension = (("[time]", 1.0),)
VOLUME: Dimension = (("[length]", 3.0),)
ANYTHING: Dimension = (("[anything]", 1.0),)  # of a literal 0
Report = Callable[[str, str], None]  # kind, message


def combine(*powers: tuple[Dimension | None, float]) -> Dimension | None:
    """The product of dimensions raised to powers; None (already reported as wrong) spreads."""
    total: dict[str, float] = {}
    for one, exponent in powers:
        if one is None:
            return None
        if one == ANYTHING:
            return ANYTHING
        for base, power in one:
            total[base] = round(total.get(base, 0.0) + power * exponent, 9)
    return tuple(sorted((base, power) for base, power in total.items() if power))


def show(one: Dimension) -> str:
    """A dimension in words, e.g. `vesicle / hour`."""
    if not one:
        return "a pure number"

    def factor(base: str, power: float) -> str:
        return CANONICAL.get(base, base) + (f"^{power:g}" if power != 1.0 else "")

    above = " * ".join(factor(base, power) for base, power in one if power > 0) or "1"
    below = " / ".join(factor(base, -power) for base, power in one if power < 0)
    return f"{above} / {below}" if below else above


def fits(one: Dimension | None, other: Dimension | None) -> bool:
    """Whether two dimensions agree; what is unknown or a literal zero agrees with everything."""
    return one is None or other is None or one == other or ANYTHING in (one, other)


def infer(expression: Expression, known: Mapping[str, Dimension | None], report: Report) -> Dimension | None:
    """The dimension of an expression; `report` is told of every disagreement inside, and None is returned then.

    known: dimensions of named leaves (None or absent: not known, agrees with everything).
    """
    found: dict[Expression, Dimension | None] = {}
    for part in in_order([expression]):
        found[part] = _of(part, [found[argument] for argument in part.arguments], known, report)
    return found[expression]


def _of(
    part: Expression, inner: list[Dimension | None], known: Mapping[str, Dimension | None], report: Report
) -> Dimension | None:
    operator = part.operator
    if operator == "number":
        return ANYTHING if part.value == 0.0 else NUMBER
    if part.symbol:
        return known.get(part.symbol)
    if operator in {"truth", "and", "or", "not"}:
        return NUMBER
    if operator in COMPARISONS:
        _agree(part, part.arguments, inner, "comparison", "are compared", report)
        return NUMBER
    if operator == "sum":
        return _agree(part, part.arguments, inner, "units", "are added", report)
    if operator in {"min", "max"}:
        return _agree(part, part.arguments, inner, "units", f"stand in one {operator}", report)
    if operator == "piecewise":
        places = [*range(0, len(inner) - 1, 2), len(inner) - 1]
        values = [part.arguments[place] for place in places]
        return _agree(part, values, [inner[place] for place in places], "units", "are values of one piecewise", report)
    if operator == "product":
        return combine(*((one, 1.0) for one in inner))
    if operator == "inverse":
        return combine((inner[0], -1.0))
    if operator == "^":
        return _power(part, inner, report)
    if operator == "sqrt":
        return combine((inner[0], 0.5))
    if operator == "abs":
        return inner[0]
    if operator == "hill":
        _agree(part, part.arguments[:2], inner[:2], "units", "stand as x and K", report)
        return _pure(part, part.arguments[2], inner[2], report)
    if operator == "mm":
        _agree(part, part.arguments[::2], inner[::2], "units", "stand as x and K", report)
        return inner[1]
    return _pure(part, part.arguments[0], inner[0], report)  # exp, log


def _power(part: Expression, inner: list[Dimension | None], report: Report) -> Dimension | None:
    _pure(part, part.arguments[1], inner[1], report)
    exponent = constant(part.arguments[1])
    if exponent is not None:
        return combine((inner[0], exponent))
    if inner[0] not in (NUMBER, ANYTHING, None):
        shown = f"'{to_text(part.arguments[0])}' is {show(inner[0] or NUMBER)}"
        report("units", f"in '{to_text(part)}', {shown}: under a varying exponent it must be a pure number")
        return None
    return inner[0]


def _pure(part: Expression, argument: Expression, one: Dimension | None, report: Report) -> Dimension | None:
    if not fits(one, NUMBER):
        message = f"'{to_text(argument)}' must be a pure number, but is {show(one or NUMBER)}; divide by a reference"
        report("units", f"in '{to_text(part)}', {message}")
        return None
    return NUMBER


def _agree(
    part: Expression, arguments: tuple[Expression, ...] | list[Expression], inner: list[Dimension | None],
    kind: str, doing: str, report: Report,
) -> Dimension | None:  # fmt: skip
    first: int | None = None
    for place, one in enumerate(inner):
        if one is None or one == ANYTHING:
            continue
        if first is None:
            first = place
        elif one != inner[first]:
            left = f"'{to_text(arguments[first])}' ({show(inner[first] or NUMBER)})"
            right = f"'{to_text(arguments[place])}' ({show(one)})"
            report(kind, f"{left} and {right} {doing} in '{short_text(part)}', but are different kinds of thing")
            return None
    if first is not None:
        return inner[first]
    return None if None in inner else ANYTHING


def unit_problems(reading: Reading) -> list[Problem]:
    """All disagreements of units in a model, and units that are not known."""
    problems: list[Problem] = []
    model = reading.model
    units = _declared(model, problems)
    known = _known(model, units)
    found: dict[Key, Dimension | None] = {}
    for key, expression in reading.expressions.items():
        position = where(key)

        def report(kind: str, message: str, position: str = position) -> None:
            problems.append(Problem(kind, position, message))

        found[key] = infer(expression, known, report)
        for needed, reason in _needed(key, units):
            if not fits(found[key], needed):
                shown = f"'{short_text(expression)}' is {show(found[key] or NUMBER)}"
                problems.append(Problem("units", position, f"{shown}, but {reason} needs {show(needed or NUMBER)}"))
    for key in [key for key in found if key[0] == "process" and len(key) == 4]:
        rate = combine((found[key], 1.0), (found.get((*key[:2], "rate")), 1.0))
        needed = combine((units.get(key[3]), 1.0), (TIME, -1.0))
        if not fits(rate, needed):
            coefficient = to_text(reading.expressions[key])
            factor = "" if coefficient == "1" else f"'{coefficient}' times "
            message = (
                f"{factor}the rate '{short_text(reading.expressions[(*key[:2], 'rate')])}' is {show(rate or NUMBER)}"
            )
            problems.append(Problem("units", where(key), f"{message}, but the species needs {show(needed or NUMBER)}"))
    return problems


def _declared(model: Model, problems: list[Problem]) -> dict[str, Dimension | None]:
    units: dict[str, Dimension | None] = {}
    kinds = {"species": "species", "variable": "variables", "assignment": "assignments", "parameter": "parameters"}
    for kind, parts in kinds.items():
        for part in getattr(model, parts):
            try:
                units[part.name] = dimension(part.unit)
            except UnitError as problem:
                units[part.name] = None
                problems.append(Problem("units", f"{kind} '{part.name}', unit", str(problem)))
    return units


def _known(model: Model, units: Mapping[str, Dimension | None]) -> dict[str, Dimension | None]:
    known = dict(units)
    known.update({f"volume({place.name})": VOLUME for place in model.places})
    known.update({f"concentration({s.name})": combine((units[s.name], 1.0), (VOLUME, -1.0)) for s in model.species})
    known.update({"time": TIME, "pi": NUMBER, "avogadro": combine((dimension("molecule/nmol"), 1.0))})
    return known


def _needed(key: Key, units: Mapping[str, Dimension | None]) -> Iterator[tuple[Dimension | None, str]]:
    own = units.get(key[1])
    match key:
        case ("place", _, "volume"):
            yield VOLUME, "a volume"
        case ("flow", _, "rate"):
            yield combine((VOLUME, 1.0), (TIME, -1.0)), "a flow"
        case ("variable", _, "rate"):
            yield combine((own, 1.0), (TIME, -1.0)), "the rate of this variable"
        case ("assignment", _, "expression"):
            yield own, "the unit that it states"
        case (_, _, "initial"):
            yield own, "the initial value"
        case ("event", _, "do", target):
            yield units.get(target), f"'{target}'"
