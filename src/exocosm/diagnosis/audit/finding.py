"""What a check of the audit found, and what it means for the question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

Severity = Literal["fatal", "caveat", "note", "fine"]
SEVERITIES = ("fatal", "caveat", "note", "fine")


@dataclass(frozen=True, eq=False)
class Finding:
    """One finding of one check.

    check: the check's name.  severity: fatal (the contrast cannot be answered), caveat (it can, with this in mind),
    note (worth knowing), fine (looked for, not found).  sentence: for the first line, with its numbers, in plain words.
    numbers: the figures behind it by name.  table: rows for the report.  advice: what to do about it.
    concerns: covariates, samples or features.
    """

    check: str
    severity: Severity
    sentence: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    table: pd.DataFrame | None = None
    advice: str = ""
    concerns: tuple[str, ...] = ()
