"""A model as SBML Level 3 Version 2, the format that other simulators read.

Species are amounts (`hasOnlySubstanceUnits`), places are compartments whose size follows a rule, variables are
parameters with rate rules, assignments are parameters with assignment rules, doses and events are events.  Time is in
hours and every number is in canonical units (`exocosm.units`).  Counted things without a unit in SBML (vesicles,
cells, molecules) are items; injected doses, euros and activity units are pure numbers there.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from exocosm import units
from exocosm.engines.contract import Schedule
from exocosm.errors import CheckError, ExocosmError, InputError, Problem
from exocosm.exchange.dosing import Added, Switched, dosing
from exocosm.exchange.identifiers import identifier
from exocosm.network import expression as tree
from exocosm.network.expression import Expression
from exocosm.network.grammar import parse
from exocosm.network.parts import Event, Model, Process, Stoichiometry
from exocosm.network.reading import Reading, read, unknown_symbols
from exocosm.network.text import to_text

# dimension -> (kind of unit in libsbml, scale, multiplier) of its canonical unit
_BASE = {
    "[time]": ("SECOND", 0, 3600.0),
    "[length]": ("METRE", -2, 1.0),
    "[mass]": ("GRAM", -9, 1.0),
    "[substance]": ("MOLE", -9, 1.0),
    "[temperature]": ("KELVIN", 0, 1.0),
    "[current]": ("AMPERE", 0, 1.0),
    "[vesicle]": ("ITEM", 0, 1.0),
    "[cell]": ("ITEM", 0, 1.0),
    "[molecule]": ("ITEM", 0, 1.0),
}
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_sbml(
    model: Model,
    values: Mapping[str, float],
    schedule: Schedule | None = None,
    sources: Mapping[str, str] | None = None,
) -> str:
    """The SBML text of a model with its numbers and what is done to it.

    values: parameter -> canonical number (those set in the model may be left out); sources: parameter -> where its
    number comes from, written as its note.
    Errors: CheckError for a model that cannot be compiled; InputError if a number is missing or python-libsbml is.
    """
    libsbml = _libsbml()
    reading = read(model)
    problems = [*reading.problems, *_schedule_problems(model, schedule)]
    if problems:
        raise CheckError(f"model '{model.name}'", problems)
    document = libsbml.SBMLDocument(3, 2)
    writer = _Writer(libsbml, document, reading, _numbers(model, values))
    writer.write(schedule, sources or {})
    return str(libsbml.writeSBMLToString(document))


def _libsbml() -> Any:
    try:
        import libsbml
    except ImportError:
        raise InputError(
            "SBML needs the package python-libsbml; install it with: pip install 'exocosm[sbml]'"
        ) from None
    return libsbml


def _numbers(model: Model, values: Mapping[str, float]) -> dict[str, float]:
    set_here = {one.name: units.to_canonical(one.value, one.unit) for one in model.parameters if one.value is not None}
    numbers = {**set_here, **{name: float(value) for name, value in values.items()}}
    missing = [one.name for one in model.parameters if one.name not in numbers]
    if missing:
        shown = ", ".join(missing[:10]) + (", ..." if len(missing) > 10 else "")
        raise InputError(f"{len(missing)} parameters have no value: {shown}; give each in canonical units")
    return numbers


def _schedule_problems(model: Model, schedule: Schedule | None) -> list[Problem]:
    species = {one.name for one in model.species}
    problems: list[Problem] = []
    for dose in schedule.doses if schedule is not None else ():
        if dose.target not in species:
            problems.append(Problem("unknown name", f"dose '{dose.name}'", f"there is no species '{dose.target}'"))
        for text in filter(None, (dose.amount, dose.condition)):
            try:
                problems += unknown_symbols(parse(text), model)
            except ExocosmError as problem:
                problems.append(Problem("expression", f"dose '{dose.name}'", str(problem)))
    return problems


class _Writer:
    """Fills one SBML document, part by part."""

    def __init__(self, libsbml: Any, document: Any, reading: Reading, numbers: Mapping[str, float]) -> None:
        self.libsbml, self.reading, self.numbers = libsbml, reading, numbers
        self.model = reading.model
        self.sbml = document.createModel()
        self.units: dict[str, str] = {}
        # a name of a model has no `_o` in its identifier, so these cannot meet one
        self.places = {place.name: f"volume_of_{identifier(place.name)}" for place in self.model.places}
        self.names = {part.name: identifier(part.name) for part in (*self.model.states, *self.model.assignments)}
        self.names |= {part.name: identifier(part.name) for part in self.model.parameters}
        self.symbols = dict(self.names) | {f"volume({name})": given for name, given in self.places.items()}
        for part in self.model.species:
            written = f"{self.names[part.name]} / {self.places[part.place]}"
            self.symbols[f"concentration({part.name})"] = written
        self.states = frozenset(self.names[part.name] for part in self.model.species)

    def write(self, schedule: Schedule | None, sources: Mapping[str, str]) -> None:
        model, sbml = self.model, self.sbml
        sbml.setId("model_of_" + re.sub(r"[^A-Za-z0-9]+", "_", model.name))
        sbml.setName(_text(model.name))
        sbml.setTimeUnits(self.unit("hour"))
        sbml.setVolumeUnits(self.unit("mL"))
        notes = [f"{key}: {text}" for key, text in model.notes.items()]
        self.note(sbml, "\n".join(["Written by exocosm. Time in hours, amounts as they are counted.", *notes]))
        for place in model.places:
            made = sbml.createCompartment()
            self.name(made, self.places[place.name], place.name, place.note)
            made.setSpatialDimensions(3.0)
            made.setUnits(self.unit("mL"))
            self.defined(made, made.setSize, ("place", place.name, "volume"))
        for part in model.parameters:
            self.parameter(self.names[part.name], part.name, part.unit, sources.get(part.name, part.note)).setValue(
                self.numbers[part.name]
            )
        for species in model.species:
            self.species(species.name)
        for variable in model.variables:
            made = self.parameter(self.names[variable.name], variable.name, variable.unit, variable.note, moves=True)
            self.start(made, made.setValue, ("variable", variable.name, "initial"))
            self.rule(sbml.createRateRule(), made.getId(), ("variable", variable.name, "rate"))
        for known in model.assignments:
            made = self.parameter(self.names[known.name], known.name, known.unit, known.note, moves=True)
            self.rule(sbml.createAssignmentRule(), made.getId(), ("assignment", known.name, "expression"))
        for process in model.processes:
            self.process(process)
        self.schedule(schedule)
        for number, event in enumerate(model.events):
            self.event(event, len(model.events) - number)  # later events win, so they are carried out last

    # small things

    def formula(self, expression: Expression) -> str:
        return to_text(_guarded(expression), "sbml", self.symbols)

    def text(self, written: str) -> str:
        """The formula of an expression as a user writes it."""
        return self.formula(parse(written))

    def math(self, formula: str) -> Any:
        settings = self.libsbml.L3ParserSettings()
        settings.setModel(self.sbml)
        made = self.libsbml.parseL3FormulaWithSettings(formula, settings)
        assert made is not None, self.libsbml.getLastParseL3Error()
        return made

    def name(self, made: Any, given: str, name: str, note: str = "") -> None:
        done = made.setId(given)
        assert done == self.libsbml.LIBSBML_OPERATION_SUCCESS, given
        made.setName(_text(name))
        self.note(made, note)

    def note(self, made: Any, note: str) -> None:
        if note:
            lines = "".join(f"<p>{html.escape(_text(line))}</p>" for line in note.splitlines())
            made.setNotes(f'<body xmlns="http://www.w3.org/1999/xhtml">{lines}</body>')

    def unit(self, unit: str) -> str:
        """The identifier of the canonical unit of a unit; defined at first use."""
        canonical = units.canonical_unit(unit)
        if canonical in self.units:
            return self.units[canonical]
        made = self.sbml.createUnitDefinition()
        self.units[canonical] = f"unit_{len(self.units) + 1}"
        made.setId(self.units[canonical])
        made.setName(canonical)
        kinds = [(_BASE.get(name, ("DIMENSIONLESS", 0, 1.0)), power) for name, power in units.dimension(unit)]
        for (kind, scale, multiplier), power in kinds or [(("DIMENSIONLESS", 0, 1.0), 1.0)]:
            base = made.createUnit()
            base.setKind(getattr(self.libsbml, f"UNIT_KIND_{kind}"))
            base.setScale(scale)
            base.setMultiplier(multiplier)
            base.setExponent(float(power))
        return self.units[canonical]

    def parameter(self, given: str, name: str, unit: str, note: str, moves: bool = False) -> Any:
        made = self.sbml.createParameter()
        self.name(made, given, name, note)
        made.setUnits(self.unit(unit))
        made.setConstant(not moves)
        return made

    def defined(self, made: Any, put: Any, key: tuple[str, ...]) -> None:
        """A size that is a number, or follows a rule."""
        value = tree.constant(self.reading.expressions[key])
        made.setConstant(value is not None)
        if value is not None:
            put(value)
        else:
            self.rule(self.sbml.createAssignmentRule(), made.getId(), key)

    def start(self, made: Any, put: Any, key: tuple[str, ...]) -> None:
        """An initial value that is a number, or an expression."""
        value = tree.constant(self.reading.expressions[key])
        if value is not None:
            put(value)
            return
        initial = self.sbml.createInitialAssignment()
        initial.setSymbol(made.getId())
        initial.setMath(self.math(self.formula(self.reading.expressions[key])))

    def rule(self, made: Any, given: str, key: tuple[str, ...]) -> None:
        made.setVariable(given)
        made.setMath(self.math(self.formula(self.reading.expressions[key])))

    # parts

    def species(self, name: str) -> None:
        part = next(one for one in self.model.species if one.name == name)
        made = self.sbml.createSpecies()
        self.name(made, self.names[name], name, part.note)
        made.setCompartment(self.places[part.place])
        made.setHasOnlySubstanceUnits(True)
        made.setSubstanceUnits(self.unit(part.unit))
        made.setBoundaryCondition(False)
        made.setConstant(False)
        self.start(made, made.setInitialAmount, ("species", name, "initial"))

    def process(self, process: Process) -> None:
        lines = [
            process.note,
            f"source: {process.source}" if process.source else "",
            f"sink: {process.sink}" if process.sink else "",
            f"mechanism: {process.mechanism}" if process.mechanism else "",
            f"cites: {', '.join(process.cites)}" if process.cites else "",
        ]
        made = self.reaction(
            f"process_of_{identifier(process.name)}", process.name, "\n".join(line for line in lines if line)
        )
        for field, amounts, create in (
            ("takes", process.takes, made.createReactant),
            ("gives", process.gives, made.createProduct),
        ):
            self.sides(process.name, field, amounts, create)
        self.kinetics(made, self.formula(self.reading.expressions["process", process.name, "rate"]))

    def sides(self, process: str, field: str, amounts: Stoichiometry, create: Any) -> None:
        for species in amounts:
            coefficient = self.reading.resolve(self.reading.expressions["process", process, field, species])
            side = create()
            side.setSpecies(self.names[species])
            side.setConstant(True)
            side.setStoichiometry(self.number(coefficient))

    def number(self, expression: Expression) -> float:
        """The number of an expression of parameters: readers do not agree about stoichiometries that are formulas."""
        value = tree.constant(expression)
        if value is not None:
            return value
        known = dict(self.numbers)
        for symbol, definition in self.reading.definitions.items():
            if tree.symbols(definition) <= known.keys() | tree.BUILT_IN - {"time"}:
                known[symbol] = tree.evaluate(definition, known)
        return tree.evaluate(expression, known)

    def reaction(self, given: str, name: str, note: str) -> Any:
        made = self.sbml.createReaction()
        self.name(made, given, name, note)
        made.setReversible(False)
        return made

    def kinetics(self, reaction: Any, formula: str) -> None:
        law = self.math(formula)
        reaction.createKineticLaw().setMath(law)
        sides = [reaction.getReactant(place).getSpecies() for place in range(reaction.getNumReactants())]
        sides += [reaction.getProduct(place).getSpecies() for place in range(reaction.getNumProducts())]
        used = {word for word in re.findall(r"[A-Za-z_][A-Za-z0-9_]*", formula) if word in self.states}
        for species in sorted(used - set(sides)):
            reaction.createModifier().setSpecies(species)

    def schedule(self, schedule: Schedule | None) -> None:
        done = dosing(schedule)
        targets = {one.name: one for one in self.model.species}
        for line, target in enumerate(done.lines):
            unit = f"({units.canonical_unit(targets[target].unit)}) / hour"
            rate = self.parameter(f"infusion_{line}", f"rate of infusion {line + 1}", unit, "", moves=True)
            rate.setValue(0.0)
            reaction = self.reaction(f"process_infusion_{line}", f"infusion {line + 1} into {target}", "")
            product = reaction.createProduct()
            product.setSpecies(self.names[target])
            product.setStoichiometry(1.0)
            product.setConstant(True)
            self.kinetics(reaction, rate.getId())
        for place, moment in enumerate(done.moments):
            # doses come before all model events of the same moment, and are given at the very start too
            event = self.timed(f"dose_{place}", f"doses at {moment.time:g} h", len(self.model.events) + 1, False)
            event.getTrigger().setMath(self.math(f"time >= {moment.time!r}"))
            for target in dict.fromkeys(one.target for one in moment.added):
                amounts = [self.amount(one) for one in moment.added if one.target == target]
                self.assign(event, self.names[target], " + ".join([self.names[target], *amounts]))
            for switch in moment.switched:
                formula = f"{self.amount(switch)} / {switch.duration!r}" if switch.amount else "0"
                self.assign(event, f"infusion_{switch.line}", formula)

    def amount(self, one: Added | Switched) -> str:
        amount = self.text(one.amount)
        return f"piecewise({amount}, {self.text(one.condition)}, 0)" if one.condition else f"({amount})"

    def event(self, event: Event, priority: int) -> None:
        made = self.timed(f"event_of_{identifier(event.name)}", event.name, priority, True)
        self.note(made, event.note)
        formula = self.formula(self.reading.expressions["event", event.name, "when"])
        if event.once:
            happened = self.parameter(
                f"happened_of_{identifier(event.name)}", f"whether '{event.name}' has happened", "1", "", moves=True
            )
            happened.setValue(0.0)
            formula = f"({formula}) && ({happened.getId()} < 0.5)"
            self.assign(made, happened.getId(), "1")
        made.getTrigger().setMath(self.math(formula))
        for target in event.do:
            self.assign(
                made, self.names[target], self.formula(self.reading.expressions["event", event.name, "do", target])
            )

    def timed(self, given: str, name: str, priority: int, initially: bool) -> Any:
        """An event whose new values are all read when it is triggered.  initially: what its condition was before."""
        event = self.sbml.createEvent()
        self.name(event, given, name)
        event.setUseValuesFromTriggerTime(True)
        trigger = event.createTrigger()
        trigger.setInitialValue(initially)
        trigger.setPersistent(True)
        event.createPriority().setMath(self.math(str(priority)))
        return event

    def assign(self, event: Any, given: str, formula: str) -> None:
        made = event.createEventAssignment()
        made.setVariable(given)
        made.setMath(self.math(formula))


def _guarded(expression: Expression) -> Expression:
    """The expression with bases of roots and fractional powers kept from falling below zero, as `arithmetic` does."""
    made: dict[Expression, Expression] = {}
    for part in tree.in_order([expression]):
        arguments = tuple(made[argument] for argument in part.arguments)
        exponent = tree.constant(part.arguments[1]) if part.operator == "^" else None
        rooted = part.operator == "sqrt" or (exponent is not None and not exponent.is_integer())
        if rooted and tree.constant(arguments[0]) is None:
            arguments = (tree.call("max", arguments[0], tree.ZERO), *arguments[1:])
        made[part] = tree.node(part.operator, part.value, arguments)
    return made[expression]


def _text(text: str) -> str:
    return _NOT_IN_XML.sub(" ", text)
