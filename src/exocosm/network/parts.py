"""Species, Process, Place, Model: what a living system is made of.

The state is *amounts* (never concentrations), beside *variables* (numbers that are not amounts and follow a rate rule:
a permeability, a phosphorylated fraction, an EMT score) and *assignments* (names for expressions).  All parts are
frozen data; a model is joined from pieces with `+`, and `network.check` examines it before anything runs.

Expressions are text in the grammar of `network.grammar`.  A name in an expression is a species, variable,
assignment or parameter, `volume(place)`, `concentration(species)` (amount over the volume of its place), `time`
(hours), `pi` or `avogadro`.
"""

from __future__ import annotations

import copyreg
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from exocosm.errors import InputError

Stoichiometry = Mapping[str, float | str]
EXTENTS = ("well_mixed", "grid")  # of a place
KINDS = ("local", "transport")  # of a process
EMPTY: Mapping[str, Any] = MappingProxyType({})


def _read_only(content: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(content)


def _reduced(view: MappingProxyType[Any, Any]) -> tuple[Callable[..., MappingProxyType[Any, Any]], tuple[Any, ...]]:
    return _read_only, (dict(view),)


# parts hold read-only mappings, which Python by itself can neither pickle nor copy deeply
copyreg.pickle(MappingProxyType, _reduced)


@dataclass(frozen=True)
class Place:
    """Where species are: a compartment or an organ sub-compartment, well mixed."""

    name: str
    volume: str  # expression, a volume; may depend on the state (a growing tumour)
    extent: str = "well_mixed"  # of EXTENTS; a grid is refused until there is an engine for it
    open: bool = False  # an open place may gain or lose blood or lymph flow (exempt from the flow balance)
    note: str = ""


@dataclass(frozen=True)
class Species:
    """Something countable in one place.  `substance` names what is conserved (vesicle, doxorubicin, ...)."""

    name: str
    place: str
    unit: str  # of the amount: vesicle, nmol, cell, molecule, ng
    substance: str = ""  # default: the unit's own name space, i.e. the species name up to the first '@'
    initial: str = "0"  # expression in parameters, in canonical units
    absolute_tolerance: float | None = None  # in `unit`; None: the tolerance of the unit
    note: str = ""


@dataclass(frozen=True)
class Variable:
    """A number that is no amount and changes by a rate rule d(variable)/dt = rate."""

    name: str
    unit: str
    rate: str = "0"
    initial: str = "0"
    absolute_tolerance: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Assignment:
    """A name for an expression of other names (an output, a shared factor)."""

    name: str
    unit: str
    expression: str
    extensive: bool = False  # whether it doubles when the system doubles (a flow, a total amount)
    note: str = ""


@dataclass(frozen=True)
class Parameter:
    """A symbol whose number comes from the evidence: `quantity` and `context` say what to look up.

    `extensive` parameters (volumes, flows, clearances, capacities, cell counts) double when the system doubles.
    `value` is set only for mathematical constants and in hand-made models; biological values stand in data files.
    """

    name: str
    unit: str
    value: float | None = None  # in `unit`
    extensive: bool = False
    quantity: str = ""  # catalogue quantity; default: the name
    context: Mapping[str, str] = field(default_factory=lambda: EMPTY)  # organism, organ, cell, carrier, ...
    per_subject: bool = True  # whether the between-subject spread of the value applies
    note: str = ""


@dataclass(frozen=True)
class Process:
    """Consumes and gives species at one rate (an expression; amount of what is taken per hour)."""

    name: str
    rate: str
    takes: Stoichiometry = field(default_factory=lambda: EMPTY)
    gives: Stoichiometry = field(default_factory=lambda: EMPTY)
    kind: str = "local"  # of KINDS: "transport" is an edge, which moves a substance from one place to another
    source: str = ""  # why something appears from nowhere (declared), e.g. "cell division"
    sink: str = ""  # why something disappears (declared), e.g. "digestion"
    mechanism: str = ""
    cites: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Flow:
    """A stream of fluid between two places (blood, lymph), in volume per time; the flows of a place must close."""

    name: str
    source: str  # place
    target: str  # place
    rate: str  # expression, volume per time
    fluid: str = "plasma"


@dataclass(frozen=True)
class Event:
    """When `when` turns from false to true, the assignments of `do` happen at once (and again at each later turn)."""

    name: str
    when: str  # a comparison, e.g. "tumour_volume > limit"
    do: Mapping[str, str] = field(default_factory=lambda: EMPTY)  # species or variable -> new value (expression)
    once: bool = False
    note: str = ""


@dataclass(frozen=True)
class Model:
    """Parts together.  Join with `+`; equal parts given twice merge, differing parts of one name are an error."""

    name: str = "model"
    places: tuple[Place, ...] = ()
    species: tuple[Species, ...] = ()
    variables: tuple[Variable, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    processes: tuple[Process, ...] = ()
    flows: tuple[Flow, ...] = ()
    events: tuple[Event, ...] = ()
    outputs: tuple[str, ...] = ()  # names worth recording by default
    notes: Mapping[str, str] = field(default_factory=lambda: EMPTY)

    def __add__(self, other: Model) -> Model:
        joined: dict[str, Any] = {kind: _merge(kind, getattr(self, kind), getattr(other, kind)) for kind in PART_KINDS}
        outputs = tuple(dict.fromkeys(self.outputs + other.outputs))
        return replace(self, **joined, outputs=outputs, notes=MappingProxyType({**self.notes, **other.notes}))

    @property
    def states(self) -> tuple[Species | Variable, ...]:
        """What has a value that changes by itself: the species, then the variables."""
        return (*self.species, *self.variables)

    def named(self, name: str) -> Model:
        """The same model under another name."""
        return replace(self, name=name)


PART_KINDS = ("places", "species", "variables", "assignments", "parameters", "processes", "flows", "events")


def _merge(kind: str, ours: tuple[Any, ...], theirs: tuple[Any, ...]) -> tuple[Any, ...]:
    merged = {part.name: part for part in ours}
    for part in theirs:
        present = merged.setdefault(part.name, part)
        if present != part:
            raise InputError(f"two different {kind} are called '{part.name}': {present} and {part}; rename one of them")
    return tuple(merged.values())


def substance_of(species: Species) -> str:
    """What a species counts, for the mass balance: its declared substance, or its name up to the '@'."""
    return species.substance or species.name.split("@", 1)[0]
