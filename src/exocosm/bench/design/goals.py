"""What a protocol is wanted for: goals, limits, what the lab owns, and what is traded against what."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field

from exocosm import units
from exocosm.bench.design import owned
from exocosm.bench.isolation import registry
from exocosm.bench.numbers import Numbers
from exocosm.bench.particles import LIPOPROTEINS, VESICLES
from exocosm.bench.settings import Millilitres, Name
from exocosm.documents.checked import check_header, checked, open_document
from exocosm.documents.fields import Section, ShortText, Slug, Word
from exocosm.documents.quantity import quantity
from exocosm.errors import CheckError, Problem, UnitError, nearest

TODAY = "today"
MOST_OWNED = 500


@dataclass(frozen=True)
class Measure:
    """Something a protocol is judged by.

    better: 'more' or 'less'.  title: in words, `{kind}` for what is wanted, `{one}` for one of it.
    """

    name: str
    unit: str
    better: Literal["more", "less"]
    title: str

    @property
    def sign(self) -> float:
        """What a value is multiplied by so that smaller is better."""
        return -1.0 if self.better == "more" else 1.0


MEASURES: Mapping[str, Measure] = {
    one.name: one
    for one in (
        Measure("yield", "particle", "more", "{kind} in the product"),
        Measure("recovery", "dimensionless", "more", "share of the sample's {kind} in the product"),
        Measure("lipoprotein_per_particle", "dimensionless", "less", "lipoprotein particles per {one}"),
        Measure("particles_per_microgram", "particle/microgram", "more", "{kind} per microgram of protein"),
        Measure("protein", "microgram", "less", "protein in the product"),
        Measure("product_volume", "mL", "less", "volume of the product"),
        Measure("time", "min", "less", "time in all"),
        Measure("hands_on", "min", "less", "time of a person"),
        Measure("cost", "euro", "less", "consumables"),
    )
}
COLUMN: Mapping[str, int] = {name: place for place, name in enumerate(MEASURES)}
OBJECTIVES = ("yield", "purity", "time", "cost")  # what is traded if the goals do not say
GOALS_OF_PURITY = ("lipoprotein_per_particle", "particles_per_microgram", "protein", "recovery")
LIMITS = ("time", "hands_on", "cost", "product_volume")
_LETTERS = re.compile(r"[^a-z0-9]")
_WORD_OF = {"more": "at_least", "less": "at_most"}


@dataclass(frozen=True)
class Bound:
    """A limit of one measure, in its unit: at least for what should be more, at most for what should be less."""

    measure: Measure
    limit: float

    def met(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether values of the measure keep the bound."""
        return self.measure.sign * values <= self.measure.sign * self.limit

    def shortfall(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """By what factor a value misses the bound (1: it does not; infinite: nothing of what is wanted is there)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = self.limit / values if self.measure.better == "more" else values / self.limit
        return np.maximum(np.nan_to_num(ratio, nan=1.0, posinf=np.inf), 1.0)


@dataclass(frozen=True)
class Goals:
    """Goals of a protocol.

    kind: the particles that are wanted.  bounds: what a protocol must keep.  objectives: measures that are traded.
    rotors, methods, devices: what the lab owns (None: anything).  volume_ml: of the sample at hand (None: not said).
    """

    name: str
    kind: str
    bounds: tuple[Bound, ...]
    objectives: tuple[str, ...]
    rotors: tuple[str, ...] | None = None
    methods: tuple[str, ...] | None = None
    devices: tuple[str, ...] | None = None
    volume_ml: float | None = None
    title: str = ""

    def costs(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """[..., measure] -> [..., objective] with smaller better."""
        columns = [COLUMN[name] for name in self.objectives]
        return values[..., columns] * np.array([MEASURES[name].sign for name in self.objectives])

    def met(self, values: NDArray[np.float64], without: int | None = None) -> NDArray[np.bool_]:
        """[..., measure] -> whether all bounds are kept (but the one of that number)."""
        kept = np.isfinite(values[..., COLUMN["time"]])
        for number, bound in enumerate(self.bounds):
            if number != without:
                kept &= bound.met(values[..., COLUMN[bound.measure.name]])
        return kept


def _reader(name: str) -> Any:
    """A reader of a bound of one measure: `50 euro`, {at_most: 50 euro}."""
    measure = MEASURES[name]

    def read(given: Any) -> float | str:
        if isinstance(given, dict):
            allowed = _WORD_OF[measure.better]
            if len(given) != 1 or allowed not in given:
                message = f"of {name}, {measure.better} is better: write {{{allowed}: ...}}, found {given!r}"
                raise ValueError(message[:300])
            given = given[allowed]
        if name == "time" and given == TODAY:
            return TODAY
        try:
            value, unit = quantity(given)
            if unit == "dimensionless" and measure.unit != "dimensionless":
                raise UnitError(f"{given!r} needs a unit, for example '{value:g} {measure.unit}'")
            found = units.convert(value, unit, measure.unit)
        except UnitError as problem:
            raise ValueError(str(problem)) from None
        if not found > 0:
            raise ValueError(f"a bound of {name} lies above zero, found {given!r}")
        return found

    return BeforeValidator(read)


class WantedText(Section):
    """What is wanted, and how much of it."""

    kind: Word = "small_ev"
    at_least: Annotated[float, _reader("yield")] | None = None


class PurityText(Section):
    """How clean it must be."""

    lipoprotein_per_particle: Annotated[float, _reader("lipoprotein_per_particle")] | None = None
    particles_per_microgram: Annotated[float, _reader("particles_per_microgram")] | None = None
    protein: Annotated[float, _reader("protein")] | None = None
    recovery: Annotated[float, _reader("recovery")] | None = None


class LimitsText(Section):
    """What there is: time, work, money, and how small the product must be."""

    time: Annotated[float | str, _reader("time")] | None = None
    hands_on: Annotated[float, _reader("hands_on")] | None = None
    cost: Annotated[float, _reader("cost")] | None = None
    product_volume: Annotated[float, _reader("product_volume")] | None = None
    volume: Millilitres | None = None


class OwnedText(Section):
    """What stands in the lab; a list that is not written means: anything."""

    rotors: list[Name] | None = Field(default=None, max_length=MOST_OWNED)
    methods: list[Word] | None = Field(default=None, min_length=1, max_length=MOST_OWNED)
    devices: list[Name] | None = Field(default=None, max_length=MOST_OWNED)


class GoalsFile(Section):
    """A goals file, version 1."""

    exocosm: Literal[1]
    kind: Literal["goals"]
    name: Slug
    title: ShortText = ""
    want: WantedText
    purity: PurityText = PurityText()
    limits: LimitsText = LimitsText()
    own: OwnedText = OwnedText()
    trade: list[Word] = Field(default=list(OBJECTIVES), min_length=1, max_length=len(MEASURES))
    note: ShortText = ""


def read_goals(source: str | Path, numbers: Numbers) -> Goals:
    """Goals from a file, or from a text of several lines.

    Raises CheckError with every fault, its line and path: also for rotors, methods and devices that are not known.
    """
    opened = open_document(source, "goals")
    check_header(opened, {"goals": ""}, default="goals")
    file = checked(opened.document, GoalsFile, opened.subject)
    problems = []
    mine: dict[str, tuple[str, ...] | None] = {}
    there_are: dict[str, Collection[str]] = {
        "rotors": owned.rotor_classes(),
        "methods": registry.isolation_methods(),
        "devices": owned.known_devices(numbers),
    }
    for field, known in there_are.items():
        written = getattr(file.own, field)
        mine[field] = None if written is None else tuple(_as_known(name, known) for name in written)
        for place, name in enumerate(mine[field] or ()):
            if name not in known:
                where = f"line {opened.document.line(('own', field, place))}, own.{field}[{place}]"
                titled = [owned.rotor_titles().get(one, one) for one in known]
                problems.append(Problem("name", where, f"'{name}' is not known here; {nearest(name, titled)}"))
    kinds = {*VESICLES, *numbers.words("particle_concentration", "carrier")}
    if file.want.kind not in kinds:
        where = f"line {opened.document.line(('want', 'kind'))}, want.kind"
        problems.append(Problem("name", where, f"'{file.want.kind}' is no particle; {nearest(file.want.kind, kinds)}"))
    objectives = [_objective(word, file) for word in file.trade]
    for place, (word, name) in enumerate(zip(file.trade, objectives, strict=True)):
        if name not in MEASURES:
            where = f"line {opened.document.line(('trade', place))}, trade[{place}]"
            hint = nearest(word, [*MEASURES, "purity"])
            problems.append(Problem("name", where, f"'{word}' is nothing that can be traded; {hint}"))
    if problems:
        raise CheckError(opened.subject, problems)
    return Goals(
        name=file.name,
        kind=file.want.kind,
        bounds=_bounds(file, numbers),
        objectives=tuple(dict.fromkeys(objectives)),
        volume_ml=file.limits.volume,
        title=file.title,
        rotors=mine["rotors"],
        methods=mine["methods"],
        devices=mine["devices"],
    )


def _as_known(name: str, known: Collection[str]) -> str:
    """A name as the tables have it: `Type 70 Ti` -> `type_70_ti`; the name itself if none is like it."""
    plain = _LETTERS.sub("", name.casefold())
    return next((one for one in known if _LETTERS.sub("", one.casefold()) == plain), name)


def _objective(word: str, file: GoalsFile) -> str:
    """`purity` is what the goals ask of it first; lipoprotein per particle if they ask nothing."""
    if word != "purity":
        return word
    asked = [name for name in GOALS_OF_PURITY[:3] if getattr(file.purity, name) is not None]
    return asked[0] if asked else GOALS_OF_PURITY[0]


def _bounds(file: GoalsFile, numbers: Numbers) -> tuple[Bound, ...]:
    given: dict[str, float | str | None] = {"yield": file.want.at_least}
    given |= {name: getattr(file.purity, name) for name in GOALS_OF_PURITY}
    given |= {name: getattr(file.limits, name) for name in LIMITS}
    found = []
    for name, limit in given.items():
        if limit is not None:
            number = numbers("working_day", "min") if limit == TODAY else float(limit)
            found.append(Bound(MEASURES[name], number))
    return tuple(found)


def measured(
    start: Mapping[str, float], product: Mapping[str, float], protein: float, kind: str,
    volume_ml: float, minutes: float, hands_on: float, cost: float,
) -> tuple[float, ...]:  # fmt: skip
    """The measures of a protocol in the order of MEASURES.

    start, product: number of particles by kind.  protein: microgram in the product.  minutes, mL, euro.
    """
    wanted = product.get(kind, 0.0)
    lipoproteins = sum(product.get(one, 0.0) for one in LIPOPROTEINS if one != kind)
    had = start.get(kind, 0.0)
    return (
        wanted,
        wanted / had if had > 0 else 0.0,
        lipoproteins / wanted if wanted > 0 else math.inf,
        wanted / protein if protein > 0 else (math.inf if wanted > 0 else 0.0),
        protein,
        volume_ml,
        minutes,
        hands_on,
        cost,
    )
