"""The study file of a screening, section by section: tests of a body fluid, in a virtual cohort."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from exocosm.bench.samples import BenchValue
from exocosm.bench.settings import Millilitres, Name, in_unit
from exocosm.documents.fields import QuantityText, Section, ShortText, Slug, Word, WordList
from exocosm.study.header import Header
from exocosm.study.schema import MAXIMUM_ARMS, MAXIMUM_NAMED, ContrastText

MAXIMUM_MARKERS = 100
MAXIMUM_OWN = 500
OF_A_COHORT = (
    "auc", "sensitivity", "specificity", "positive_predictive_value", "negative_predictive_value", "detection",
    "smallest_diameter", "lead_time", "found_before_diagnosis", "false_positives_per_thousand", "screening_interval",
    "patients_needed", "panel_auc", "panel_markers", "cost",
)  # fmt: skip
OF_A_TUMOUR = (
    "concentration", "fold", "time_to_cut_off", "cells_at_cut_off", "diameter_at_cut_off", "edge_at_cut_off",
    "expected_count", "chance_of_error", "smallest_count",
)  # fmt: skip

Share = Annotated[float, BeforeValidator(in_unit("dimensionless")), Field(gt=0, lt=1)]
Millimetres = Annotated[float, BeforeValidator(in_unit("mm")), Field(gt=0, le=1e4)]
Days = Annotated[float, BeforeValidator(in_unit("day")), Field(gt=0, le=1e6)]
NanogramsPerMillilitre = Annotated[float, BeforeValidator(in_unit("ng/mL")), Field(gt=0, le=1e6)]
Euros = Annotated[float, BeforeValidator(in_unit("euro")), Field(gt=0, le=1e9)]


def word_with_settings(given: Any) -> Any:
    """`rt_qpcr`, or `{rt_qpcr: {cycles: 40}}` -> {name, settings}."""
    if isinstance(given, str):
        return {"name": given}
    if isinstance(given, dict) and len(given) == 1 and "name" not in given:
        name, settings = next(iter(given.items()))
        return {"name": name, "settings": {} if settings is None else settings}
    return given


class ScreeningValue(BenchValue):
    """A user's own value for a screening: as for the bench, and of which organ or cell."""

    organ: ShortText = ""
    cell: ShortText = ""


class AssayText(Section):
    """An assay by its word, with its settings."""

    name: Word
    settings: dict[Word, Any] = Field(default={})


class MarkerText(Section):
    """A marker of one's own panel.  unit: of its amount per mL (`molecule`; of a protein also `activity_unit`)."""

    name: ShortText
    kind: Literal["mirna", "protein", "vesicle", "fragment"] = "mirna"
    unit: Word = "molecule"
    direction: Literal["up", "down", "not given"] = "not given"


class TestText(Section):
    """How the test is used.

    specificity: at which the threshold is set, from training controls.  detected: the probability from which a tumour
    counts as seen.  prevalence: of the cancer among those tested.  every: time between rounds.  budget: for one
    person's test.  half_width: of the interval that a validation study is to reach.
    Of one expected tumour: cut_off, an amount per mL of a marker, or cut_off_fold, the same as times what healthy
    people have.
    """

    specificity: Share = 0.95
    cut_off: QuantityText | None = None
    cut_off_fold: Annotated[float, Field(gt=1, le=1e12)] | None = None
    detected: Share = 0.5
    prevalence: Share | None = None
    every: Days | None = None
    budget: Euros | None = None
    half_width: Share = 0.05
    score: Literal["trained", "directions"] = "trained"


class ScreeningText(Section):
    """Who is tested for what, in which fluid, and how the sample goes to a number.  Arms replace single keys of it.

    tumour_signal: `shed` (what the tumour's vesicles bring into the fluid), `reported` (the difference that studies
    report, wherever it comes from), or `both`.  volume: of the fluid that is taken.  isolation: a protocol of the
    bench, its file, or `none`.
    """

    cancer: ShortText = ""
    fluid: Name | None = None
    volume: Millilitres | None = None
    panel: ShortText | None = None
    markers: list[MarkerText] | None = Field(default=None, max_length=MAXIMUM_MARKERS)
    growth: Literal["exponential", "gompertz", "birth_death"] | None = None
    tumour_signal: Literal["shed", "reported", "both"] | None = None
    size_classes: WordList | None = Field(default=None, min_length=1, max_length=20)
    handling: dict[Word, Any] | None = None
    isolation: ShortText | None = None
    assay: Annotated[AssayText, BeforeValidator(word_with_settings)] | None = None
    test: TestText | None = None


class ScreeningArm(ScreeningText):
    """A test: what it does otherwise than the section `screening` says."""

    title: ShortText = ""


class ScreeningMetricText(Section):
    """A number of every arm.

    Of the cohort: auc, sensitivity, specificity, positive_predictive_value, negative_predictive_value, detection (at a
    `diameter`), smallest_diameter, lead_time, found_before_diagnosis, false_positives_per_thousand (a year),
    screening_interval (the longest that finds half of the cancers before `diameter`), patients_needed, panel_auc and
    panel_markers (best panel within the budget), cost (of one person's test).
    Of one expected tumour, without noise: concentration and fold (at a `diameter`, `after` a time, at so many `cells`),
    time_to_cut_off, cells_at_cut_off, diameter_at_cut_off, edge_at_cut_off (of a cube), expected_count (in the volume
    taken), chance_of_error (that errors of reading alone make `count` fragments, at this much `dna` of plasma),
    smallest_count (the fewest that errors make no oftener than the specificity of the test allows).
    controls: whom cases are compared with; `other cancers` are patients with the cancers of Table 1 besides that of the
    arm.  shuffled: labels dealt anew before training, a control that must come out at chance.
    """

    of: Literal[OF_A_COHORT + OF_A_TUMOUR]  # type: ignore[valid-type]
    diameter: Millimetres | None = None
    after: Days | None = None
    cells: float | None = Field(default=None, gt=0, le=1e15, strict=False)
    stage: ShortText = ""
    marker: ShortText = ""
    controls: Literal["healthy", "other cancers"] = "healthy"
    shuffled: bool = False
    count: Annotated[float, Field(ge=0, le=1e15, strict=False)] = 1.0
    dna: NanogramsPerMillilitre | None = None
    title: ShortText = ""

    @model_validator(mode="after")
    def _fits(self) -> ScreeningMetricText:
        if self.of == "detection" and self.diameter is None:
            raise ValueError("`of: detection` needs the `diameter` of the tumour")
        if self.of in ("chance_of_error", "smallest_count") and self.dna is None:
            raise ValueError(f"`of: {self.of}` needs `dna`, the DNA of plasma, such as `5.2 ng/mL`")
        if sum(one is not None for one in (self.diameter, self.after, self.cells)) > 1:
            raise ValueError("give one of `diameter`, `after` (time since the first cell) and `cells`")
        return self


class ScreeningStudyFile(Header):
    """A study file of a screening, version 1."""

    screening: ScreeningText
    values: list[ScreeningValue] = Field(default=[], max_length=MAXIMUM_OWN)
    use: dict[Word, ShortText] = Field(default={}, max_length=MAXIMUM_NAMED)
    arms: dict[Slug, ScreeningArm] = Field(min_length=1, max_length=MAXIMUM_ARMS)
    metrics: dict[Word, ScreeningMetricText] = Field(min_length=1, max_length=MAXIMUM_NAMED)
    contrasts: dict[Word, ContrastText] = Field(default={}, max_length=MAXIMUM_NAMED)


def screening_study_schema() -> dict[str, Any]:
    """The JSON schema of a screening study file (for editors that complete and check YAML)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "exocosm screening study file",
        **{key: value for key, value in ScreeningStudyFile.model_json_schema(by_alias=True).items() if key != "title"},
    }
