"""The study file whose arms are protocols of a bench, section by section."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from exocosm.bench.protocol import MAXIMUM_STEPS, StepText, one_key
from exocosm.bench.samples import BenchValue, SampleText
from exocosm.bench.settings import Nanometres
from exocosm.documents.fields import Section, ShortText, Slug, Word, WordList
from exocosm.study.header import Header
from exocosm.study.schema import MAXIMUM_ARMS, MAXIMUM_NAMED, ContrastText

MAXIMUM_OWN = 500
MEASURES = ("recovery", "count", "share", "protein", "particles_per_microgram", "volume", "minutes", "hands_on_minutes",
            "cost", "finding", "reading", "panel")  # fmt: skip
DIRECTIONS = ("higher", "lower")


class BenchProtocolText(Section):
    """A protocol of the study: a shipped one or a file by name, or its own steps."""

    name: ShortText = ""
    title: ShortText = ""
    steps: list[Annotated[StepText, BeforeValidator(one_key)]] = Field(default=[], max_length=MAXIMUM_STEPS)

    @model_validator(mode="before")
    @classmethod
    def _word(cls, given: Any) -> Any:
        return {"name": given} if isinstance(given, str) else given


class BenchText(Section):
    """What stands on the bench: samples and protocols by name."""

    samples: dict[Slug, SampleText] = Field(min_length=1, max_length=MAXIMUM_ARMS)
    protocols: dict[Slug, BenchProtocolText] = Field(default={}, max_length=MAXIMUM_ARMS)


class BenchArm(Section):
    """A sample and the protocol it goes through (none: it is looked at as it is)."""

    sample: Slug
    protocol: Slug | None = None
    title: ShortText = ""


class BenchMetricText(Section):
    """A number of every arm.

    of: recovery (share of the start, by kind), count, share (of all particles that are no molecules), protein,
    particles_per_microgram, volume, minutes, hands_on_minutes, cost; finding (what a step shows); reading (what an
    instrument would say); panel (how well markers tell kinds apart).
    """

    of: Literal[MEASURES]  # type: ignore[valid-type]
    kind: WordList = Field(default=[])
    diameter: Annotated[list[Nanometres], Field(min_length=2, max_length=2)] | None = None
    step: int | None = Field(default=None, ge=1, le=MAXIMUM_STEPS)
    finding: ShortText = ""
    instrument: Word | None = None
    settings: dict[Word, Any] = Field(default={})
    quantity: Word | None = None
    markers: list[ShortText] = Field(default=[], max_length=50)
    target: Word | None = None
    title: ShortText = ""

    @model_validator(mode="after")
    def _fits(self) -> BenchMetricText:
        needs = {"finding": self.finding, "reading": self.instrument and self.quantity, "panel": self.quantity}
        if self.of in needs and not needs[self.of]:
            wanted = {"finding": "`finding`", "reading": "`instrument` and `quantity`", "panel": "`quantity`"}[self.of]
            raise ValueError(f"`of: {self.of}` needs {wanted}")
        return self


class FrontText(Section):
    """Which arms no other arm beats on every one of some metrics (the Pareto front)."""

    metrics: dict[Word, Literal[DIRECTIONS]] = Field(min_length=1, max_length=20)  # type: ignore[valid-type]
    arms: list[Slug] = Field(default=[], max_length=MAXIMUM_ARMS)
    title: ShortText = ""


class BenchStudyFile(Header):
    """A study file whose arms are protocols of a bench, version 1."""

    bench: BenchText
    values: list[BenchValue] = Field(default=[], max_length=MAXIMUM_OWN)
    use: dict[Word, ShortText] = Field(default={}, max_length=MAXIMUM_NAMED)
    arms: dict[Slug, BenchArm] = Field(min_length=1, max_length=MAXIMUM_ARMS)
    metrics: dict[Word, BenchMetricText] = Field(min_length=1, max_length=MAXIMUM_NAMED)
    fronts: dict[Word, FrontText] = Field(default={}, max_length=50)
    contrasts: dict[Word, ContrastText] = Field(default={}, max_length=MAXIMUM_NAMED)


def bench_study_schema() -> dict[str, Any]:
    """The JSON schema of a bench study file (for editors that complete and check YAML)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "exocosm bench study file",
        **{key: value for key, value in BenchStudyFile.model_json_schema(by_alias=True).items() if key != "title"},
    }
