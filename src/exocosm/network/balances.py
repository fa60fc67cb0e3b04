"""What can be counted in a model without solving it: mass and places in every process, and what can ever be reached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from exocosm.errors import Problem, UnitError, nearest
from exocosm.network.columns import Columns
from exocosm.network.expression import ZERO
from exocosm.network.parts import Model, Process, substance_of
from exocosm.network.reading import Reading
from exocosm.units import dimension, show_dimension

TOLERANCE = 1e-9  # relative; what adds up does so to rounding


def mass_problems(reading: Reading, points: Columns) -> Iterator[Problem]:
    """Substances that appear or disappear undeclared, and declared sources and sinks that are none.

    points: values of parameters and fixed definitions at which coefficients are evaluated.
    """
    model = reading.model
    substances = {species.name: (substance_of(species),) for species in model.species}
    yield from _unit_problems(model)
    for process in model.processes:
        if not _countable(reading, process, points):
            continue
        gained: dict[str, float] = {}
        lost: dict[str, float] = {}
        for changes in _changes(reading, process, substances, points):
            for (substance,), change in changes.items():
                if change > 0.0:
                    gained[substance] = change
                elif change < 0.0:
                    lost[substance] = change
        for substance, change in gained.items():
            if not process.source:
                yield _undeclared(process, f"gains {change:g} of '{substance}' from nowhere", "source")
        for substance, change in lost.items():
            if not process.sink:
                yield _undeclared(process, f"loses {-change:g} of '{substance}' to nowhere", "sink")
        if process.source and not gained:
            message = f"the source '{process.source}' is declared, but nothing is gained; remove it or give something"
            yield Problem("mass balance", f"process '{process.name}'", message)
        if process.sink and not lost:
            message = f"the sink '{process.sink}' is declared, but nothing is lost; remove it or take something"
            yield Problem("mass balance", f"process '{process.name}'", message)


def _undeclared(process: Process, happens: str, word: str) -> Problem:
    taken = ", ".join(f"{amount} {name}" for name, amount in process.takes.items()) or "nothing"
    given = ", ".join(f"{amount} {name}" for name, amount in process.gives.items()) or "nothing"
    message = f"{happens} (takes {taken}; gives {given}); correct it, or declare the {word} and say why"
    return Problem("mass balance", f"process '{process.name}'", message)


def kind_problems(reading: Reading, points: Columns) -> Iterator[Problem]:
    """Processes called local that move a substance from one place to another, and transport that stays in its place."""
    model = reading.model
    counted = {species.name: (substance_of(species), species.place) for species in model.species}
    for process in model.processes:
        if not _countable(reading, process, points):
            continue
        position = f"process '{process.name}'"
        if process.kind == "local":
            edge = _edge(_changes(reading, process, counted, points))
            if edge is not None:
                message = f"it moves '{edge[0]}' from '{edge[1]}' to '{edge[2]}', but is called local"
                yield Problem("kind", position, f"{message}; write kind 'transport'")
        elif process.kind == "transport":
            left, entered = ({counted[name][1] for name in given} for given in (process.takes, process.gives))
            if not any(source != target for source in left for target in entered):
                message = "it is called transport, but gives nothing in another place than it takes from"
                yield Problem("kind", position, f"{message}; write kind 'local', or correct what it takes and gives")


def _edge(changes: Iterable[Mapping[tuple[str, ...], float]]) -> tuple[str, str, str] | None:
    """(substance, place that loses it, place that gains it), if there is any."""
    for change in changes:
        for (substance, source), lost in change.items():
            for (other, target), gained in change.items():
                if other == substance and lost < 0.0 < gained:
                    return substance, source, target
    return None


def _countable(reading: Reading, process: Process, points: Columns) -> bool:
    """Whether all that a process takes and gives is in the model, in amounts that have values."""
    species = {one.name for one in reading.model.species}
    for field, given in (("takes", process.takes), ("gives", process.gives)):
        for name in given:
            amount = reading.expressions.get(("process", process.name, field, name))
            if name not in species or amount is None or not points.knows(amount):
                return False
    return True


def _changes(
    reading: Reading, process: Process, counted: Mapping[str, tuple[str, ...]], points: Columns
) -> Iterator[dict[tuple[str, ...], float]]:
    """What a process adds of everything counted, point by point, without what adds up to nothing.

    counted: species -> what it is counted as (its substance, or its substance and place).
    """
    amounts = [
        (counted[species], sign, points.of(reading.expressions["process", process.name, field, species]))
        for field, given, sign in (("takes", process.takes, -1.0), ("gives", process.gives, 1.0))
        for species in given
    ]
    for point in range(points.count):
        net: dict[tuple[str, ...], float] = {}
        size: dict[tuple[str, ...], float] = {}
        for what, sign, column in amounts:
            amount = sign * column[point]
            net[what] = net.get(what, 0.0) + amount
            size[what] = size.get(what, 0.0) + abs(amount)
        yield {what: change for what, change in net.items() if abs(change) > TOLERANCE * size[what]}


def _unit_problems(model: Model) -> Iterator[Problem]:
    first: dict[str, tuple[str, str]] = {}
    for species in model.species:
        substance = substance_of(species)
        name, unit = first.setdefault(substance, (species.name, species.unit))
        try:
            differs = dimension(unit) != dimension(species.unit)
        except UnitError:
            continue  # reported with the units
        if differs:
            message = f"'{substance}' is {show_dimension(species.unit)} here but {show_dimension(unit)} in '{name}'"
            yield Problem("mass balance", f"species '{species.name}'", f"{message}; name another substance")


def reach_problems(reading: Reading, dosed: Iterable[str]) -> Iterator[Problem]:
    """Species that stay empty for ever: not there at first, not dosed, and given by no process that can ever run."""
    model = reading.model
    known = {species.name for species in model.species}
    dosed = set(dosed)
    for name in sorted(dosed - known):
        yield Problem("unknown name", "dosed", f"the species '{name}' is not in the model; {nearest(name, known)}")
    present = dosed | {
        key[1] if key[2] == "initial" else key[3]
        for key, expression in reading.expressions.items()
        if (key[2] == "initial" or key[2] == "do") and reading.resolve(expression) is not ZERO
    }
    waiting = list(model.processes)
    while able := [process for process in waiting if present.issuperset(process.takes)]:
        for process in able:
            present.update(process.gives)
            waiting.remove(process)
    for species in model.species:
        if species.name not in present:
            givers = [process.name for process in model.processes if species.name in process.gives]
            because = f"only {', '.join(givers)} give it, and cannot run" if givers else "no process gives it"
            message = f"it is empty at first, not dosed, and {because}; dose it, fill it, or remove it"
            yield Problem("unreachable", f"species '{species.name}'", message)
