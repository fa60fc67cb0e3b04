"""Whether a model is sound, before anything runs: all that is wrong with it, at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from exocosm.errors import CheckError, Problem
from exocosm.network.balances import kind_problems, mass_problems, reach_problems
from exocosm.network.dimensions import unit_problems
from exocosm.network.parts import Model
from exocosm.network.reading import read
from exocosm.network.scaling import extensivity_problems, flow_problems, random_points, rate_problems


def check_model(model: Model, values: Mapping[str, float] | None = None, dosed: Iterable[str] = ()) -> list[Problem]:
    """All problems of a model; an empty list means that it is sound as far as the checks see.

    values: numbers of parameters in canonical units (others are drawn at random); dosed: species that a schedule adds.
    Kinds of problem: expression, unknown name, extent, cyclic (what rests on these is left out of the checks that need
    numbers, nothing else is), duplicate (stops all checks that need numbers), units, comparison, mass balance, kind,
    extensivity, vanishing rate, negative rate, unreachable, flow balance.
    """
    reading = read(model)
    problems = [*reading.problems, *unit_problems(reading)]
    if not any(problem.kind == "duplicate" for problem in reading.problems):
        points = random_points(reading, values)
        problems += mass_problems(reading, points)
        problems += kind_problems(reading, points)
        problems += extensivity_problems(reading, points)
        problems += rate_problems(reading, points)
        problems += flow_problems(reading, points)
    problems += reach_problems(reading, dosed)
    return problems


def require_sound(model: Model, values: Mapping[str, float] | None = None, dosed: Iterable[str] = ()) -> None:
    """Raise a CheckError that lists every problem of the model, if there is any."""
    problems = check_model(model, values, dosed)
    if problems:
        raise CheckError(f"model '{model.name}'", problems)
