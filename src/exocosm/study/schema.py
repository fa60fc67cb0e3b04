"""The study file, section by section; every key that may stand in it stands here."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from exocosm.documents.fields import (
    Expression,
    Mechanism,
    OwnValue,
    PartName,
    QuantityText,
    Section,
    ShortText,
    Slug,
    TimeList,
    TimeText,
    UnitText,
    Word,
    WordList,
)
from exocosm.study.header import Header
from exocosm.study.parts_schema import ModelText

MAXIMUM_ARMS = 50
MAXIMUM_RUNS = 1_000_000  # draws * animals * arms
MAXIMUM_TIMES = 20_000
MAXIMUM_WHAT_IF_POINTS = 200
MAXIMUM_NAMED = 500  # outputs, metrics, contrasts, measurements, ...
TAKES = ("auc", "maximum", "minimum", "last", "mean", "at", "time_of_maximum", "half_life", "time_above")


ValueOrText = Annotated[
    Annotated[OwnValue, Tag("value")] | Annotated[ShortText, Tag("text")],
    Discriminator(lambda given: "value" if isinstance(given, dict | OwnValue) else "text"),
]


class Preparation(Section):
    """The card of a preparation: what was measured on it, as far as it was."""

    carrier: Word
    cargo: Word | None = None
    particles_per_microgram: OwnValue | None = None
    drug_per_microgram: OwnValue | None = None
    drug_per_particle: OwnValue | None = None
    molar_mass: OwnValue | None = None
    purity: ValueOrText | None = None
    storage: ShortText = ""
    note: ShortText = ""


class DoseText(Section):
    """One line of a dosing plan: `give ... of ...` to a body, or `add ... to ...` to a species of an own model."""

    give: QuantityText | None = None
    of: Word | None = None
    route: Word | None = None
    add: QuantityText | None = None
    to: PartName | None = None
    at: TimeList = Field(default=["0"], min_length=1)
    every: TimeText | None = None
    times: int | None = Field(default=None, ge=1, le=1000)
    over: TimeText | None = None
    when: Expression | None = None
    note: ShortText = ""

    @model_validator(mode="after")
    def _one_form(self) -> DoseText:
        if (self.give is None) == (self.add is None):
            raise ValueError(
                "a dose is either `give: 3 mg/kg, of: doxorubicin` (a body) or `add: 100 vesicle, to: ev` (own parts)"
            )
        if self.give is not None and (self.to is not None or self.of is None):
            raise ValueError("`give` needs `of` (a drug, `particles` or `protein`); `to` belongs to `add`")
        if self.add is not None and (self.to is None or self.of or self.route):
            raise ValueError("`add` needs `to` (a species); `of` and `route` belong to `give`")
        if (self.every is None) != (self.times is None):
            raise ValueError("`every` and `times` go together: every: 7 d, times: 3")
        if self.every is not None and len(self.at) > 1:
            raise ValueError("give either a list of times in `at`, or one start with `every` and `times`")
        return self


class Arm(Section):
    """One treatment."""

    title: ShortText = ""
    preparation: Slug | None = None
    doses: list[DoseText] = Field(default=[], max_length=1000)
    set_: dict[PartName, OwnValue] = Field(default={}, alias="set")
    without: list[Word] = Field(default=[])
    mechanisms: list[Mechanism] = Field(default=[])
    context: dict[Word, ShortText] = Field(default={})


class Simulate(Section):
    """How long, and when things are recorded."""

    until: TimeText
    every: TimeText | None = None
    record_at: TimeList = Field(default=[])


class TolerancesText(Section):
    """Tolerances of the solver; absolute ones by unit."""

    relative: float = Field(default=1e-6, ge=1e-12, le=1e-2)
    absolute: dict[UnitText, Annotated[float, Field(gt=0)]] = Field(default={})


class OutputText(Section):
    """A time course."""

    is_: Expression = Field(alias="is")
    unit: UnitText
    title: ShortText = ""
    log: bool = False
    show: bool = True


class MetricText(Section):
    """A number from a time course, or the ratio of two such numbers."""

    of: Word | None = None
    take: Literal[TAKES] | None = None  # type: ignore[valid-type]
    at: TimeText | None = None
    start: TimeText | None = None
    until: TimeText | None = None
    level: QuantityText | None = None
    ratio: Annotated[list[Word], Field(min_length=2, max_length=2)] | None = None
    title: ShortText = ""

    @model_validator(mode="after")
    def _one_form(self) -> MetricText:
        if self.ratio is not None:
            if self.of or self.take or self.at or self.start or self.until or self.level:
                raise ValueError("a `ratio` of two metrics takes no `of`, `take`, `at`, `start`, `until` or `level`")
            return self
        if self.of is None or self.take is None:
            raise ValueError(
                f"a metric needs `of` (an output) and `take` ({', '.join(TAKES)}), or `ratio: [metric, metric]`"
            )
        if (self.take == "at") != (self.at is not None):
            raise ValueError("`take: at` needs `at` (a time), and only it")
        if (self.take == "time_above") != (self.level is not None):
            raise ValueError("`take: time_above` needs `level` (a quantity), and only it")
        return self


class ContrastText(Section):
    """A metric in one arm against the same metric in another."""

    metric: Word
    arm: Slug
    against: Slug
    as_: Literal["ratio", "difference", "percent_change"] = Field(default="ratio", alias="as")
    better: Literal["higher", "lower"] = "higher"
    matters: float | None = None
    title: ShortText = ""
    says: str = ""


class WhatIfText(Section):
    """A parameter moved while a contrast is watched."""

    arm: Slug
    vary: PartName
    over: Annotated[list[float], Field(min_length=2, max_length=MAXIMUM_WHAT_IF_POINTS)]
    contrast: Word
    threshold: float = 1.0
    title: ShortText = ""
    asks: str = ""


class MeasurementText(Section):
    """Measured numbers, from a stored observation, from a file, or written here."""

    observation: Slug | None = None
    file: ShortText | None = None
    columns: dict[Literal["time", "value", "sd", "low", "high"], ShortText] = Field(default={})
    points: list[Annotated[list[float], Field(min_length=2, max_length=4)]] = Field(default=[], max_length=10_000)
    value: float | None = None
    low: float | None = None
    high: float | None = None
    spread: float | None = Field(default=None, ge=0)
    time_unit: UnitText | None = None
    unit: UnitText | None = None
    output: Word | None = None
    metric: Word | None = None
    contrast: Word | None = None
    arm: Slug | None = None
    role: Literal["calibration", "prediction", "overlay"] = "overlay"
    title: ShortText = ""
    source: ShortText = ""
    locator: ShortText = ""
    note: str = ""

    @model_validator(mode="after")
    def _one_form(self) -> MeasurementText:
        given = [name for name in ("observation", "file", "points", "value") if getattr(self, name) not in (None, [])]
        if len(given) != 1:
            raise ValueError(
                f"give one of `observation`, `file`, `points`, `value`; found {' and '.join(given) or 'none'}"
            )
        if sum(one is not None for one in (self.output, self.metric, self.contrast)) != 1:
            raise ValueError(
                "a measurement is held against an `output` (time course), a `metric` (number) or a `contrast` (arm "
                "against arm): give one of them"
            )
        if self.contrast is None and self.arm is None:
            raise ValueError("`arm` is missing: in which arm was this measured?")
        if self.contrast is not None and self.arm is not None:
            raise ValueError("a `contrast` names its arms itself: remove `arm`")
        if self.value is not None and self.output is not None:
            raise ValueError(
                "a single `value` is held against a `metric` or a `contrast`; for a time course give `points` or a "
                "`file`"
            )
        if (self.file or self.points) and (self.output is None or self.time_unit is None):
            raise ValueError("points over time need `output` and `time_unit`")
        if self.file and not {"time", "value"} <= set(self.columns):
            raise ValueError("a `file` needs `columns: {time: name in the file, value: name in the file}`")
        if self.observation is None and self.unit is None:
            raise ValueError("`unit` is missing")
        if (self.low is None) != (self.high is None):
            raise ValueError("give both low and high, or neither")
        if self.low is not None and self.spread is not None:
            raise ValueError("give either low and high, or spread")
        return self


def _one_to_list(given: Any) -> Any:
    return given if isinstance(given, list) else [given]


class StudyFile(Header):
    """A study file whose arms are treatments of a model, version 1."""

    model: ModelText
    use: dict[PartName, ShortText] = Field(default={}, max_length=MAXIMUM_NAMED)
    values: dict[PartName, OwnValue] = Field(default={}, max_length=MAXIMUM_NAMED)
    preparations: dict[Slug, Preparation] = Field(default={}, max_length=MAXIMUM_ARMS)
    arms: dict[Slug, Arm] = Field(min_length=1, max_length=MAXIMUM_ARMS)
    simulate: Simulate
    tolerances: TolerancesText = TolerancesText()
    engine: Literal["automatic", "cohort", "reference"] = "automatic"
    outputs: dict[Word, OutputText] = Field(min_length=1, max_length=MAXIMUM_NAMED)
    metrics: dict[Word, MetricText] = Field(default={}, max_length=MAXIMUM_NAMED)
    contrasts: dict[Word, ContrastText] = Field(default={}, max_length=MAXIMUM_NAMED)
    what_if: dict[Word, WhatIfText] = Field(default={}, max_length=50)
    measurements: dict[Slug, MeasurementText] = Field(default={}, max_length=MAXIMUM_NAMED)
    comparisons: Annotated[list[ShortText], BeforeValidator(_one_to_list), Field(max_length=20)] = Field(default=[])
    answer: Annotated[WordList, Field(max_length=10)] = Field(default=[])


def study_schema() -> dict[str, Any]:
    """The JSON schema of a study file (for editors that complete and check YAML)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "exocosm study file",
        **{key: value for key, value in StudyFile.model_json_schema(by_alias=True).items() if key != "title"},
    }
