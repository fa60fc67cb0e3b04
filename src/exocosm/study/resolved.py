"""A resolved study: every name bound, every value pinned; what the workflow runs and the report explains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from exocosm.engines.choice import AUTOMATIC
from exocosm.engines.contract import Schedule, Tolerances
from exocosm.evidence.pin import Pin
from exocosm.network.parts import Model

EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Output:
    """A time course: an expression of the model, shown in `unit`.  Arms whose model lacks a name in it skip it."""

    name: str
    expression: str
    unit: str
    title: str = ""
    log: bool = False
    show: bool = True  # whether the report draws it; an output may exist for a metric only


@dataclass(frozen=True)
class Metric:
    """A number from a time course, or the ratio of two such numbers."""

    name: str
    title: str
    unit: str
    of: str = ""
    take: str = ""  # auc | maximum | minimum | last | mean | at | time_of_maximum | half_life | time_above
    at: float | None = None  # hours
    start: float | None = None  # hours
    until: float | None = None  # hours
    level: float | None = None  # canonical, for time_above
    ratio: tuple[str, str] | None = None


@dataclass(frozen=True)
class Contrast:
    """A metric in one arm against another arm: per draw, in the typical animal and over the animals."""

    name: str
    title: str
    metric: str
    arm: str
    against: str
    how: str = "ratio"  # ratio | difference | percent_change
    better: str = "higher"
    says: str = ""
    matters: float | None = None  # the smallest ratio, difference or change that would matter to the asker


@dataclass(frozen=True)
class WhatIf:
    """A parameter moved through `over` in one arm while a contrast is watched; the break-even is where it crosses."""

    name: str
    title: str
    arm: str
    vary: str
    over: tuple[float, ...]  # in the parameter's own unit
    unit: str
    contrast: str
    threshold: float
    asks: str = ""


@dataclass(frozen=True)
class Measurement:
    """Measured numbers to lay over a time course or to hold against a metric or a contrast (which names its arms).

    times in hours, values in `unit`.
    """

    name: str
    title: str
    arm: str  # empty for a contrast
    role: str  # calibration | prediction | overlay
    unit: str
    output: str = ""
    metric: str = ""
    times: tuple[float, ...] = ()
    values: tuple[float, ...] = ()
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    source: str = ""
    locator: str = ""
    note: str = ""
    contrast: str = ""


@dataclass(frozen=True)
class ResolvedArm:
    """One arm: its model, schedule, and the pinned value of every model parameter.

    pins: parameter -> pin; besides, row id -> pin of the correlations between rows that are pinned here.
    """

    name: str
    title: str
    model: Model
    schedule: Schedule
    pins: Mapping[str, Pin]
    doses_in_words: tuple[str, ...] = ()
    mechanisms: tuple[str, ...] = ()


@dataclass(frozen=True)
class ResolvedStudy:
    """The whole question, ready to run."""

    name: str
    title: str
    question: str
    seed: int
    organism: str
    population: str
    animals: int
    variability: bool
    draws: int
    arms: tuple[ResolvedArm, ...]
    outputs: tuple[Output, ...]
    metrics: tuple[Metric, ...]
    contrasts: tuple[Contrast, ...]
    what_ifs: tuple[WhatIf, ...]
    measurements: tuple[Measurement, ...]
    answer: tuple[str, ...]
    tolerances: Tolerances
    comparisons: tuple[ResolvedStudy, ...] = ()
    text: str = ""  # the study file as it was read
    knowledge_hash: str = ""
    warnings: tuple[str, ...] = ()
    preparations: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    engine: str = AUTOMATIC  # as asked for (engines.choice); that of a comparison does not count
