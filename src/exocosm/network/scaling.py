"""What must hold of rates at any point: they double with the system, vanish with what they take, and are not negative.

The checks evaluate the model at random positive points from a fixed seed (parameters at their given values where these
are known), so they find what is wrong at a general point and prove nothing about special ones.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from typing import Any

from exocosm.errors import Problem, UnitError
from exocosm.network.columns import Columns
from exocosm.network.expression import BUILT_IN, Expression, symbols
from exocosm.network.parts import Model
from exocosm.network.reading import Reading
from exocosm.network.text import short_text
from exocosm.units import dimension, to_canonical

POINTS = 8
SEED = 20030627
AGREEMENT = 1e-7  # relative; leaves room for cancellation, none for a missing volume


def random_points(reading: Reading, values: Mapping[str, float] | None = None, count: int = POINTS) -> Columns:
    """Values of every name of a model at random positive points, definitions included (canonical units).

    What rests on a name that the model lacks gets no values, and the checks leave it out.

    Parameters take `values` or the value in the model.  Pure numbers lie in 0.05-0.95, all else in 0.01-100
    (log-uniform).
    """
    generator = random.Random(SEED)
    points = [_base(reading.model, values or {}, generator) for _ in range(count)]
    base = Columns({name: [point[name] for point in points] for name in points[0]}, count)
    known = {*points[0], *BUILT_IN}
    definitions: dict[str, Expression] = {}
    for symbol, expression in (*reading.definitions.items(), *reading.replacements.items()):
        if known >= symbols(expression):
            definitions[symbol] = expression
            known.add(symbol)
    return base.defined(definitions)


def _base(model: Model, values: Mapping[str, float], generator: random.Random) -> dict[str, float]:
    base = {"time": _any_positive(generator)}
    parts: tuple[Any, ...] = (*model.states, *model.parameters)
    for part in parts:
        base[part.name] = generator.uniform(0.05, 0.95) if _is_pure(part.unit) else _any_positive(generator)
    for parameter in model.parameters:
        if parameter.name in values:
            base[parameter.name] = float(values[parameter.name])
        elif parameter.value is not None and not _is_broken(parameter.unit):
            base[parameter.name] = to_canonical(parameter.value, parameter.unit)
    return base


def _any_positive(generator: random.Random) -> float:
    return 10.0 ** generator.uniform(-2.0, 2.0)


def _is_broken(unit: str) -> bool:
    try:
        dimension(unit)
    except UnitError:
        return True
    return False


def _is_pure(unit: str) -> bool:
    return not _is_broken(unit) and not dimension(unit)


def extensivity_problems(reading: Reading, points: Columns) -> Iterator[Problem]:
    """Rates that do not double when the system doubles, and intensive numbers that change with its size."""
    doubled = _doubled(reading, points)
    for position, expression, extensive, advice in _claims(reading):
        if not points.knows(expression):
            continue
        factor = 2.0 if extensive else 1.0
        judged = False
        for before, after in zip(points.of(expression), doubled.of(expression), strict=True):
            if not (math.isfinite(before) and math.isfinite(after)):
                continue
            judged = True
            if abs(after - factor * before) > AGREEMENT * max(abs(after), abs(before)):
                ratio = f"becomes {after / before:.4g} times as large" if before else f"goes from 0 to {after:.4g}"
                wanted = "it must double" if extensive else "it must stay as it is"
                message = f"'{short_text(expression)}' {ratio} when the system doubles, but {wanted}; {advice}"
                yield Problem("extensivity", position, message)
                break
        if not judged:
            yield Problem(
                "extensivity",
                position,
                f"'{short_text(expression)}' could not be evaluated at any of {points.count} points",
            )


def _claims(reading: Reading) -> Iterator[tuple[str, Expression, bool, str]]:
    rate_advice = "mark a parameter as extensive (a volume, flow, clearance, capacity), or divide by a volume"
    extensive = {part.name: part.extensive for part in reading.model.assignments}
    for key, expression in reading.expressions.items():
        position = f"{key[0]} '{key[1]}'"
        match key:
            case ("process", _, "rate"):
                yield position, expression, True, rate_advice
            case ("flow", _, "rate"):
                yield position, expression, True, rate_advice
            case ("place", _, "volume"):
                yield position, expression, True, "mark its parameters as extensive"
            case ("variable", _, "rate"):
                yield position, expression, False, "let it depend on concentrations rather than on amounts"
            case ("assignment", name, _):
                advice = (
                    "mark the assignment as not extensive" if extensive[name] else "mark the assignment as extensive"
                )
                yield position, expression, extensive[name], f"{advice}, or divide by a volume"


def _doubled(reading: Reading, points: Columns) -> Columns:
    # assignments and volumes take the value they *claim*, so that a wrong one is blamed itself and not all that use it
    model = reading.model
    extensive = [part.name for part in model.species]
    extensive += [part.name for part in model.parameters if part.extensive]
    extensive += [part.name for part in model.assignments if part.extensive]
    extensive += [f"volume({place.name})" for place in model.places]
    return points.changed({name: [2.0 * value for value in points[name]] for name in extensive if name in points})


def rate_problems(reading: Reading, points: Columns) -> Iterator[Problem]:
    """Rates that go on when something they take is gone, and rates that turn negative."""
    without: dict[str, Columns] = {}
    for process in reading.model.processes:
        expression = reading.expressions.get(("process", process.name, "rate"))
        if expression is None or not points.knows(expression):
            continue
        position = f"process '{process.name}'"
        lowest = min(points.of(expression), key=_or_zero)
        if lowest < 0.0:
            message = (
                f"'{short_text(expression)}' turns negative ({lowest:.3g} at a random point); split in two processes"
            )
            yield Problem("negative rate", position, f"{message} (one each way), or bound it with max(0, ...)")
        resolved = reading.resolve(expression)
        used = reading.moving(resolved)
        for taken in process.takes:
            if taken not in points:
                continue
            if taken not in used:
                message = f"the rate does not depend on '{taken}', which it takes"
                yield Problem("vanishing rate", position, f"{message}: it would go on below zero; multiply by it")
                continue
            if taken not in without:
                without[taken] = _without(reading, points, taken)
            for rate in without[taken].of(resolved):
                if rate != 0.0:
                    found = "has no value" if math.isnan(rate) else f"is {rate:.3g}"
                    message = f"'{short_text(expression)}' {found} when '{taken}', which it takes, is zero"
                    yield Problem("vanishing rate", position, f"{message}; it must vanish with it")
                    break


def _without(reading: Reading, points: Columns, taken: str) -> Columns:
    """The points with nothing of one species, for resolved expressions: only what depends on it is computed again."""
    follow = {
        symbol: one
        for symbol, one in reading.definitions.items()
        if symbol in points and taken in reading.moves[symbol]
    }
    return points.changed({taken: [0.0] * points.count}).defined(follow)


def _or_zero(value: float) -> float:
    return 0.0 if math.isnan(value) else value


def flow_problems(reading: Reading, points: Columns) -> Iterator[Problem]:
    """Places where more fluid flows in than out, or the reverse (all fluids together)."""
    model = reading.model
    written = {flow.name: reading.expressions.get(("flow", flow.name, "rate")) for flow in model.flows}
    rates = {name: points.of(rate) for name, rate in written.items() if rate is not None and points.knows(rate)}
    for place in model.places:
        entering = [flow.name for flow in model.flows if flow.target == place.name]
        leaving = [flow.name for flow in model.flows if flow.source == place.name]
        if place.open or not (entering or leaving) or not rates.keys() >= {*entering, *leaving}:
            continue
        for point in range(points.count):
            into = math.fsum(rates[name][point] for name in entering)
            out = math.fsum(rates[name][point] for name in leaving)
            if not abs(into - out) <= 1e-9 * max(abs(into), abs(out)):
                sums = f"{into:.6g} mL/h flows in ({', '.join(entering) or 'nothing'})"
                sums += f" but {out:.6g} mL/h flows out ({', '.join(leaving) or 'nothing'})"
                message = f"{sums}; make one flow the sum of the others, or declare the place open"
                yield Problem("flow balance", f"place '{place.name}'", message)
                break
