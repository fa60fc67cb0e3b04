"""A protocol: isolation steps in a row, and what becomes of a specimen that goes through them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from exocosm.bench.isolation.registry import Consumable, Outcome, find_method
from exocosm.bench.numbers import Numbers
from exocosm.bench.settings import Settings
from exocosm.bench.specimen import Specimen, count_by_kind, particles_per_microgram, protein_by_kind
from exocosm.documents.checked import Opened, check_header, checked, open_document
from exocosm.documents.fields import Section, ShortText, Slug, Word
from exocosm.documents.safe_yaml import show_path
from exocosm.errors import CheckError, InputError, Problem, nearest

MAXIMUM_STEPS = 50
FOLDER = Path(__file__).resolve().parent.parent / "knowledge" / "protocols"


@dataclass(frozen=True)
class Step:
    """One step: the word of an isolation method and its settings."""

    method: str
    settings: Settings


@dataclass(frozen=True)
class Protocol:
    """Isolation steps in a row.  source, locator: where it was published (empty for one's own)."""

    name: str
    steps: tuple[Step, ...]
    title: str = ""
    about: str = ""
    source: str = ""
    locator: str = ""


@dataclass(frozen=True, eq=False)
class ProtocolRun:
    """A specimen before and after a protocol, and every step between.  money in euro, by the price list."""

    protocol: Protocol
    start: Specimen
    outcomes: tuple[Outcome, ...]
    prices: Mapping[str, float]

    @property
    def product(self) -> Specimen:
        """What is in the tube at the end."""
        return self.outcomes[-1].product if self.outcomes else self.start

    @property
    def minutes(self) -> float:
        """Time from the first step to the last."""
        return sum(outcome.minutes for outcome in self.outcomes)

    @property
    def hands_on_minutes(self) -> float:
        """Time of a person."""
        return sum(outcome.hands_on_minutes for outcome in self.outcomes)

    @property
    def cost(self) -> float:
        """Money for what is used up, in euro; work is not in it."""
        return sum(self.prices[used.item] * used.number for used in self.consumables)

    @property
    def consumables(self) -> tuple[Consumable, ...]:
        """All that is used up, in the order of use."""
        return tuple(used for outcome in self.outcomes for used in outcome.consumables)

    @cached_property
    def recovery(self) -> dict[str, float]:
        """Share of the particles of every kind in the start that the product holds."""
        before, after = count_by_kind(self.start.population), count_by_kind(self.product.population)
        return {kind: after.get(kind, 0.0) / count for kind, count in before.items() if count > 0}

    @cached_property
    def particles_per_microgram(self) -> float:
        """Small EVs per microgram of protein in the product."""
        return particles_per_microgram(self.product.population)

    def share(self, *kinds: str) -> float:
        """Particles of these kinds among all particles of the product that are not dissolved protein or dye."""
        counted = count_by_kind(self.product.population)
        particles = {kind: count for kind, count in counted.items() if kind not in DISSOLVED_KINDS}
        total = sum(particles.values())
        return sum(particles.get(kind, 0.0) for kind in kinds) / total if total > 0 else 0.0

    def steps(self) -> list[dict[str, Any]]:
        """One row per step: recovery and protein by kind after it, time, cost, what to do, warnings."""
        before = count_by_kind(self.start.population)
        rows = []
        for number, (step, outcome) in enumerate(zip(self.protocol.steps, self.outcomes, strict=True), 1):
            after = count_by_kind(outcome.product.population)
            rows.append(
                {
                    "step": number,
                    "method": step.method,
                    "recovery": {kind: after.get(kind, 0.0) / count for kind, count in before.items() if count > 0},
                    "protein_microgram": sum(protein_by_kind(outcome.product.population).values()),
                    "particles_per_microgram": particles_per_microgram(outcome.product.population),
                    "volume_ml": outcome.product.volume_ml,
                    "minutes": outcome.minutes,
                    "hands_on_minutes": outcome.hands_on_minutes,
                    "cost_euro": sum(self.prices[used.item] * used.number for used in outcome.consumables),
                    "instruction": outcome.instruction,
                    "warnings": outcome.warnings,
                }
            )
        return rows


# molecules rather than particles: they are weighed as protein, and no instrument counts them one by one
DISSOLVED_KINDS = ("albumin", "other_protein", "ago2_complex", "free_dye", "free_drug", "free_rna")


def run_protocol(specimen: Specimen, protocol: Protocol, numbers: Numbers) -> ProtocolRun:
    """A specimen through all steps of a protocol.

    Raises InputError if a step cannot be done with what it gets (which step, and why).
    """
    outcomes: list[Outcome] = []
    current = specimen
    for place, step in enumerate(protocol.steps, 1):
        try:
            outcome = find_method(step.method).run(current, step.settings, numbers)
        except InputError as problem:
            raise InputError(f"protocol '{protocol.name}', step {place} ({step.method}): {problem}") from None
        outcomes.append(outcome)
        current = outcome.product
    items = {used.item for outcome in outcomes for used in outcome.consumables}
    prices = {item: numbers("price", "euro", device=item) for item in sorted(items)}
    return ProtocolRun(protocol, specimen, tuple(outcomes), prices)


def one_key(given: Any) -> Any:
    """A step as people write it, `{centrifugation: {...}}` or `centrifugation` -> {method, settings}."""
    if isinstance(given, str):
        return {"method": given, "settings": {}}
    if isinstance(given, dict) and len(given) == 1:
        name, settings = next(iter(given.items()))
        return {"method": name, "settings": {} if settings is None else settings}
    raise ValueError("a step is one method with its settings, such as `- centrifugation: {time: 10 min, ...}`")


class StepText(Section):
    """One step as the file has it."""

    method: Word
    settings: dict[Word, Any] = Field(default={})


class ProtocolFile(Section):
    """A protocol file, version 1."""

    exocosm: Literal[1]
    kind: Literal["protocol"]
    name: Slug
    title: ShortText = ""
    about: str = ""
    source: ShortText = ""
    locator: ShortText = ""
    steps: list[Annotated[StepText, BeforeValidator(one_key)]] = Field(min_length=1, max_length=MAXIMUM_STEPS)


def protocol_names() -> tuple[str, ...]:
    """The protocols that are shipped."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def read_protocol(source: str | Path) -> Protocol:
    """A protocol by its shipped name, from a file, or from a text of several lines.

    Raises CheckError with every fault, its line and path; InputError if there is none of that name.
    """
    if isinstance(source, str) and "\n" not in source and not source.endswith((".yaml", ".yml")):
        if source not in protocol_names():
            raise InputError(f"there is no protocol '{source}'; {nearest(source, protocol_names())}")
        source = FOLDER / f"{source}.yaml"
    opened = open_document(source, "protocol")
    check_header(opened, {"protocol": ""}, default="protocol")
    file = checked(opened.document, ProtocolFile, opened.subject)
    steps = _steps(opened, ("steps",))
    return Protocol(file.name, steps, file.title, file.about, file.source, file.locator)


def protocol_of(opened: Opened, name: str, path: tuple[str | int, ...], title: str = "") -> Protocol:
    """The protocol whose steps stand at a path of a larger document; raises CheckError with every fault."""
    return Protocol(name, _steps(opened, path), title)


def _steps(opened: Opened, path: tuple[str | int, ...]) -> tuple[Step, ...]:
    """The steps in the list at a path, which the schema has found to be a list of steps."""
    read: list[Step] = []
    problems: list[Problem] = []
    listed: Any = opened.document.data
    for part in path:
        listed = listed[part]
    for index, written in enumerate(listed):
        text = one_key(written)
        where = f"line {opened.document.line((*path, index))}, {show_path((*path, index))}"
        try:
            method = find_method(text["method"])
            if not isinstance(written, dict) or not text["settings"]:  # nothing in the file to point to
                settings = step_settings(method.name, {})
            else:
                settings = checked(opened.document, method.settings, opened.subject, (*path, index, method.name))
            read.append(Step(method.name, settings))
        except CheckError as failure:
            problems += failure.problems
        except InputError as failure:
            problems.append(Problem("step", where, str(failure)))
    if problems:
        raise CheckError(opened.subject, problems)
    return tuple(read)


def step_settings(method: str, settings: Mapping[str, Any]) -> Settings:
    """The settings of a method from plain words, such as {'time': '70 min'}; raises InputError."""
    from pydantic import ValidationError

    try:
        return find_method(method).settings.model_validate(dict(settings))
    except ValidationError as failure:
        first = failure.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or method
        raise InputError(f"{method}: {where}: {first['msg'].removeprefix('Value error, ')}") from None


def protocol(name: str, *steps: tuple[str, Mapping[str, Any]], title: str = "") -> Protocol:
    """A protocol from words: protocol('mine', ('centrifugation', {...}), ('size_exclusion', {...}))."""
    return Protocol(name, tuple(Step(method, step_settings(method, words)) for method, words in steps), title)
