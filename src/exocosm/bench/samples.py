"""What stands on the bench before the first step: a fluid by name, or particles written one by one, from a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from exocosm.bench.fluids import specimen_of
from exocosm.bench.numbers import Numbers
from exocosm.bench.settings import Celsius, Millilitres, Name, Nanometres
from exocosm.bench.specimen import Specimen
from exocosm.documents.checked import check_header, checked, open_document
from exocosm.documents.fields import OwnValue, Section, ShortText, Slug, Word
from exocosm.errors import InputError
from exocosm.evidence.value import Value
from exocosm.vesicles.population import Population, lognormal_population, mix

MAXIMUM_GROUPS = 100
MAXIMUM_OWN = 500
DEFAULT_RANGE = "assumed_range"


class BenchValue(OwnValue):
    """A user's own value for the bench: a quantity, and of what (particle, fluid, device, marker)."""

    quantity: Word
    carrier: ShortText = ""
    fluid: ShortText = ""
    device: ShortText = ""
    cargo: ShortText = ""
    organism: ShortText = ""
    population: ShortText = ""


def own_values(given: Sequence[BenchValue]) -> tuple[Value, ...]:
    """The user's values as rows that go before the catalogue's."""
    rows = []
    for number, text in enumerate(given, 1):
        fields: dict[str, Any] = text.model_dump(exclude={"instrument"}, exclude_none=True)
        low = fields.get("low")
        if low is not None and "spread_kind" not in fields:
            fields["spread_kind"] = DEFAULT_RANGE
        if fields.get("spread_kind", "none") != "none" and "distribution" not in fields:
            positive = (low is None or low > 0) and text.value > 0
            fields["distribution"] = "lognormal" if positive else "normal"
        status = "opened" if fields.get("source") else ""
        rows.append(Value(id=f"own-{number}-{text.quantity.replace('_', '-')}", status=status, **fields))
    return tuple(rows)


def _quantities(given: Any) -> Any:
    return given if isinstance(given, list) else [given]


class ParticlesText(Section):
    """Particles of one kind: a lognormal of sizes, or sizes one by one; what is not said comes from the catalogue."""

    kind: Word
    count: float = Field(gt=0, le=1e25, strict=False)
    diameter: Annotated[list[Nanometres], BeforeValidator(_quantities), Field(max_length=1000)] = Field(default=[])
    gsd: float | None = Field(default=None, ge=1, le=10)
    density: float | None = Field(default=None, gt=0, le=25)
    origin: ShortText = ""

    @model_validator(mode="after")
    def _one_form(self) -> ParticlesText:
        if self.gsd is not None and len(self.diameter) != 1:
            raise ValueError("`gsd` (the width of a lognormal) needs one `diameter`, its median")
        return self


class SampleText(Section):
    """A sample: a fluid and how much of it, or particles in a buffer."""

    fluid: Name
    volume: Millilitres
    without: list[Word] = Field(default=[], max_length=50)
    particles: list[ParticlesText] = Field(default=[], max_length=MAXIMUM_GROUPS)
    temperature: Celsius | None = None
    note: ShortText = ""


class SampleFile(SampleText):
    """A sample file, version 1."""

    exocosm: Literal[1]
    kind: Literal["sample"]
    name: Slug
    title: ShortText = ""
    values: list[BenchValue] = Field(default=[], max_length=MAXIMUM_OWN)


def read_sample(source: str | Path) -> SampleFile:
    """A sample file; raises CheckError with every fault, its line and path."""
    opened = open_document(source, "sample")
    check_header(opened, {"sample": ""}, default="sample")
    return checked(opened.document, SampleFile, opened.subject)


def specimen_from(sample: SampleText, numbers: Numbers) -> Specimen:
    """The specimen that a sample describes, with the numbers of one run.

    With `particles` the fluid gives its medium only; without, all its own particles but those of `without`.
    """
    if sample.particles:
        if sample.without:
            raise InputError("a sample of written `particles` holds nothing else: `without` has nothing to leave out")
        groups = [_particles(one, sample.fluid, numbers) for one in sample.particles]
        made = Specimen(mix(*groups), sample.volume, sample.fluid)
    else:
        made = specimen_of(sample.fluid, sample.volume, numbers, tuple(sample.without))
    return made if sample.temperature is None else made.with_(temperature_c=sample.temperature)


def _particles(text: ParticlesText, fluid: str, numbers: Numbers) -> Population:
    from exocosm.bench.particles import properties_of

    if len(text.diameter) > 1:
        sizes = np.array(text.diameter)
        counts = np.full(sizes.size, text.count / sizes.size)
    else:
        context = {"carrier": text.kind, "fluid": fluid}
        median = text.diameter[0] if text.diameter else numbers("particle_diameter", "nm", **context)
        spread = text.gsd
        if spread is None:
            spread = 1.0 if text.diameter else numbers("particle_diameter_gsd", "dimensionless", **context)
        shape = lognormal_population(median, spread, text.count, density=1.0, parcels=16 if spread > 1 else 1)
        sizes, counts = shape.diameter_nm, shape.count
    found = properties_of(text.kind, sizes, fluid, numbers)
    columns = dict(found) if text.density is None else {**found, "density": np.full(sizes.size, text.density)}
    return Population(
        diameter_nm=sizes, count=counts, kind=np.array([text.kind]), origin=np.array([text.origin]), **columns
    )
