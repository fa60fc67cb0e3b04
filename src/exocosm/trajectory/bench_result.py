"""What a run of a bench study leaves: tidy tables, with the recipe that made them.

A result is a folder: study.yaml, metrics.csv, contrasts.csv, fronts.csv, steps.csv, values.csv, recipe.json,
sources.bib; report.html is written by the report, not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exocosm.bench.protocol import ProtocolRun
from exocosm.study.bench_load import BenchStudy
from exocosm.trajectory.expectations import Verdict
from exocosm.trajectory.tables_folder import save_tables

if TYPE_CHECKING:
    import pandas as pd

CENTRAL = -1  # the number of the central run in tables
TYPICAL = 0  # the typical donor; 1, 2 ... are donors
TABLES = ("metrics", "contrasts", "fronts", "steps", "values")


@dataclass(frozen=True)
class BenchResult:
    """A finished bench study.

    metrics: arm, draw (-1: central values), donor (0: typical), metric, value, unit.  fronts: front, draw, arm, member.
    contrasts: contrast, draw, value.  steps: every step of every arm at the central values.  values: every number that
    was asked for, with its origin.  runs: the protocol run of every arm at the central values.
    """

    study: BenchStudy
    recipe: Mapping[str, Any]
    metrics: pd.DataFrame
    contrasts: pd.DataFrame
    fronts: pd.DataFrame
    steps: pd.DataFrame
    values: pd.DataFrame
    verdict: Verdict | None
    runs: Mapping[str, ProtocolRun]
    bibliography: str = ""
    folder: Path | None = None

    def save(self, folder: str | Path, overwrite: bool = False) -> BenchResult:
        """Write study, tables, recipe and sources into a new folder, whole or not at all."""
        target = save_tables(
            folder, self.study.text, {name: getattr(self, name) for name in TABLES}, self.recipe, self.bibliography,
            overwrite=overwrite, known_by="steps", what="bench",
        )  # fmt: skip
        return replace(self, folder=target)
