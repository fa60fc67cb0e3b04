"""Whether the models of a study are sound: each is examined once, arms that differ in values only share the finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from exocosm import units
from exocosm.engines.contract import Schedule
from exocosm.errors import ExocosmError, Problem
from exocosm.evidence.pin import Pin
from exocosm.network.check import check_model
from exocosm.network.dimensions import unit_problems
from exocosm.network.grammar import parse
from exocosm.network.parts import Event, Model
from exocosm.network.reading import Reading, read, unknown_symbols
from exocosm.network.scaling import flow_problems, random_points

FLOW = "flow balance"
UNREADABLE = "duplicate"  # what stops the checks that need numbers


@dataclass
class Examined:
    """The models examined so far, in a study and those that run along with it."""

    found: list[tuple[Model, frozenset[str], Reading, tuple[Problem, ...]]] = field(default_factory=list)

    def problems(self, model: Model, values: Mapping[str, float], dosed: frozenset[str]) -> list[Problem]:
        """What `check_model` finds.  A model seen before is examined again only in what hangs on numbers: its flows.

        Whether rates vanish and units fit follows from the expressions, whatever the values.
        """
        for known, filled, reading, problems in self.found:
            if filled == dosed and known == model:
                kept = [one for one in problems if one.kind != FLOW]
                readable = not any(one.kind == UNREADABLE for one in reading.problems)
                return kept + _flows(reading, values) if readable else kept
        fresh = tuple(check_model(model, values, dosed))
        self.found.append((model, dosed, read(model), fresh))
        return list(fresh)


def _flows(reading: Reading, values: Mapping[str, float]) -> list[Problem]:
    return list(flow_problems(reading, random_points(reading, values)))


def model_problems(examined: Examined, model: Model, pins: Mapping[str, Pin], dosed: frozenset[str]) -> list[Problem]:
    """What the network's own check finds in a model with its values.

    dosed: species that are given, or that a body can be given: an arm without doses (vehicle) has them empty on
    purpose.
    """
    names = {parameter.name for parameter in model.parameters}
    values = {name: units.to_canonical(pin.value.value, pin.value.unit) for name, pin in pins.items() if name in names}
    return examined.problems(model, values, dosed)


def condition_problems(model: Model, schedule: Schedule) -> list[Problem]:
    """Conditions of doses that cannot be read, name what the model lacks, or compare different kinds of thing."""
    problems: list[Problem] = []
    sound: dict[str, Event] = {}
    for number, condition in enumerate(sorted({dose.condition for dose in schedule.doses if dose.condition})):
        place = f"dose condition '{condition}'"
        try:
            expression = parse(condition)
        except ExocosmError as failure:
            problems.append(Problem("expression", place, str(failure)))
            continue
        if not expression.is_condition:
            problems.append(Problem("expression", place, "must be a condition such as 'a > b'"))
        unknown = unknown_symbols(expression, model)
        problems += [Problem(one.kind, place, one.message) for one in unknown]
        if expression.is_condition and not unknown:
            sound[place] = Event(f"the.condition.{number}", condition)
    return problems + _unit_problems_of(model, sound)


def _unit_problems_of(model: Model, events: Mapping[str, Event]) -> list[Problem]:
    """Disagreements of units in the conditions of events that the model does not have, by place."""
    if not events:
        return []
    found = unit_problems(read(replace(model, events=(*model.events, *events.values()))))
    places = {f"event '{event.name}', when": place for place, event in events.items()}
    return [Problem(one.kind, places[one.where], one.message) for one in found if one.where in places]
