"""Value: one measured, derived, fitted or assumed number with everything that lets a reader judge it."""

from __future__ import annotations

from dataclasses import dataclass

METHODS = (
    "measured_in_vivo",
    "measured_in_vitro",
    "measured_ex_vivo",
    "fitted",
    "derived",
    "model_constant",
    "assumed",
)
SPREAD_KINDS = (
    "none",
    "between_subject_sd",
    "standard_error",
    "between_study_range",
    "assumed_range",
    "unstated_sd",
)
DISTRIBUTIONS = ("fixed", "normal", "lognormal", "uniform", "loguniform", "logitnormal")
STATUSES = ("opened", "carried", "")
CONTEXT = ("organism", "population", "organ", "cell", "carrier", "cargo", "label", "fluid", "device")


@dataclass(frozen=True)
class Value:
    """One row of the catalogue.

    spread_kind says what the spread is: a standard deviation between subjects, a standard error, the range between
    studies, an assumed 95 % range, or a printed +- whose kind nobody states.  `spread` is in `unit`; `low`, `high` are
    the limits of a range.  `between_subject_cv` is a second, independent statement: how much subjects differ
    (a fraction), where `spread` describes something else.  `status`: `opened` when its source was opened, `carried`
    when taken over from a list of facts, empty without a source.  An assumed row may name a source whose statement it
    rests on, most often a limit; its note then says what the source states.  `fluid`: plasma, urine, a buffer ...;
    `device`: what is bought or owned (rotor, column, membrane, bead, instrument).
    """

    id: str
    quantity: str
    value: float
    unit: str
    spread_kind: str = "none"
    spread: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    distribution: str = "fixed"
    between_subject_cv: float | None = None
    method: str = "assumed"
    organism: str = ""
    population: str = ""
    organ: str = ""
    cell: str = ""
    carrier: str = ""
    cargo: str = ""
    label: str = ""
    fluid: str = ""
    device: str = ""
    source: str = ""
    locator: str = ""
    basis: str = ""
    status: str = ""
    formula: str = ""
    joint: str = ""
    note: str = ""
