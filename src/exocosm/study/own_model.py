"""The user's own places, species, processes and so on as a Model, templates written out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from exocosm.documents.quantity import looks_like_quantity, quantity
from exocosm.errors import InputError
from exocosm.evidence.pin import Pin
from exocosm.network.parts import (
    PART_KINDS,
    Assignment,
    Event,
    Flow,
    Model,
    Parameter,
    Place,
    Process,
    Species,
    Variable,
)
from exocosm.network.template import expand
from exocosm.study.values import constant_pin, own_pin

if TYPE_CHECKING:
    from exocosm.study.parts_schema import ModelText

MAXIMUM_PARTS = 5000  # of a kind, templates written out
_BRACED = re.compile(r"\{[^{}]*\}")


def own_model(text: ModelText) -> tuple[Model, dict[str, Pin]]:
    """(the model of the own parts, pins of the numbers written in it).

    A quantity where an expression may stand (`volume: 1 mL`) becomes a parameter (`dish_volume`) of that value.
    """
    writer = _Writer()
    places = tuple(
        Place(name, writer.expression(part.volume, f"{name}_volume", extensive=True), open=part.open, note=part.note)
        for name, part in text.places.items()
    )
    species = tuple(
        Species(
            name,
            part.place,
            part.unit,
            part.substance,
            writer.expression(part.initial, f"{name}_initial", extensive=True),
            part.absolute_tolerance,
            part.note,
        )
        for name, part in text.species.items()
    )
    variables = tuple(
        Variable(
            name,
            part.unit,
            writer.expression(part.rate, f"{name}_rate"),
            writer.expression(part.initial, f"{name}_initial"),
            part.absolute_tolerance,
            part.note,
        )
        for name, part in text.variables.items()
    )
    assignments = tuple(
        Assignment(
            name, part.unit, writer.expression(part.is_, f"{name}_value", part.extensive), part.extensive, part.note
        )
        for name, part in text.assignments.items()
    )
    processes = tuple(
        Process(
            name,
            part.rate,
            takes=dict(part.takes),
            gives=dict(part.gives),
            kind=part.kind,
            source=part.source,
            sink=part.sink,
            note=part.note,
        )
        for name, part in text.processes.items()
    )
    flows = tuple(
        Flow(name, part.source, part.target, writer.expression(part.rate, f"{name}_rate", extensive=True), part.fluid)
        for name, part in text.flows.items()
    )
    events = tuple(Event(name, part.when, dict(part.do), part.once, part.note) for name, part in text.events.items())
    for name, given in text.parameters.items():
        writer.parameters[name] = Parameter(
            name,
            given.unit,
            extensive=given.extensive,
            quantity=given.quantity or "",
            context=dict(given.context),
            per_subject=given.per_subject,
            note=given.note or "",
        )
        value = given.own_value()
        if value is not None:
            writer.pins[name] = own_pin(name, _BRACED.sub("", name), value, f"model.parameters.{name}")
    model = Model(
        "own model",
        places=places,
        species=species,
        variables=variables,
        assignments=assignments,
        parameters=tuple(writer.parameters.values()),
        processes=processes,
        flows=flows,
        events=events,
    )
    return _expanded(model, writer.pins, text.for_each)


def _expanded(model: Model, pins: dict[str, Pin], index: Mapping[str, Sequence[str]]) -> tuple[Model, dict[str, Pin]]:
    """Templates written out; a pin of `rate_{organ}` becomes one of every parameter made from it."""
    if "parts" in index:
        raise InputError("an index of `for_each` cannot be called 'parts'; choose another name")
    expanded = expand(model, **index)
    for kind in PART_KINDS:
        count = len(getattr(expanded, kind))
        if count > MAXIMUM_PARTS:
            raise InputError(f"`for_each` makes {count} {kind}; at most {MAXIMUM_PARTS} are allowed")
    made: dict[str, Pin] = {}
    for parameter in model.parameters:
        if parameter.name in pins:
            for copy in expand(Model(parameters=(parameter,)), **index).parameters:
                made[copy.name] = replace(pins[parameter.name], name=copy.name)
    return expanded, made


class _Writer:
    """Collects the parameters that quantities in expressions become."""

    def __init__(self) -> None:
        self.parameters: dict[str, Parameter] = {}
        self.pins: dict[str, Pin] = {}

    def expression(self, text: str, name: str, extensive: bool = False) -> str:
        if not looks_like_quantity(text):
            return text
        value, unit = quantity(text)
        self.parameters[name] = Parameter(name, unit, extensive=extensive)
        self.pins[name] = constant_pin(name, value, unit, "written in the study")
        return name
