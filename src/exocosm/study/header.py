"""What every study file begins with, whether its arms are treatments of a body or protocols of a bench."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from exocosm.documents.fields import Expression, Section, ShortText, Slug, Word

MAXIMUM_DRAWS = 100_000
MAXIMUM_ANIMALS = 100_000
MAXIMUM_EXPECTATIONS = 50
GRADES = {
    "E": "emergent: it follows from physics, competition, saturation or feedback and is not typed in",
    "F": "fitted: what was calibrated counts for nothing, only what was held out",
    "W": "wired in: put in by hand, so a consistency check of controls and doses and no evidence",
}


class Subjects(Section):
    """Who is studied: the context of every look-up, and how many animals (or donors of a fluid)."""

    organism: ShortText = ""
    population: ShortText = ""
    number: int = Field(default=0, ge=0, le=MAXIMUM_ANIMALS)
    variability: bool = True


class Uncertainty(Section):
    """How many outer draws of the uncertain values; 0: everything at its central value."""

    draws: int = Field(default=0, ge=0, le=MAXIMUM_DRAWS)


class ExpectationText(Section):
    """A condition on metrics (`metric@arm`), such as `recovered@fast > 0.5`, and what it means in words."""

    is_: Expression = Field(alias="is")
    says: ShortText = ""
    control: bool = False


class ExperimentText(Section):
    """What is expected of a study, written before it was first run."""

    id: Annotated[str, StringConstraints(pattern=r"^VE[0-9]{2}[a-z]?$")] | Slug
    stage: Word
    grade: Literal["E", "F", "W"]
    claims: list[ShortText] = Field(default=[], max_length=100)
    rule: ShortText
    share: float = Field(default=0.95, gt=0.5, le=1)
    expected: dict[Word, ExpectationText] = Field(min_length=1, max_length=MAXIMUM_EXPECTATIONS)
    note: str = ""


class Header(Section):
    """The keys that all study files share."""

    exocosm: Literal[1]
    kind: Literal["study", "screening", "experiment"] = "study"
    name: Slug
    title: ShortText = ""
    question: str = ""
    seed: int = Field(default=1, ge=0, lt=2**63)
    subjects: Subjects = Subjects()
    uncertainty: Uncertainty = Uncertainty()
    experiment: ExperimentText | None = None

    @model_validator(mode="after")
    def _expectations_belong_to_experiments(self) -> Header:
        if (self.kind == "experiment") != (self.experiment is not None):
            raise ValueError(
                "`kind: experiment` is a study with an `experiment` section (id, grade, rule, expected); a plain study "
                "has none"
            )
        return self
