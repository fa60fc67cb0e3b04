"""What a run of a bench study leaves: tidy tables, with the recipe that made them.

A result is a folder: study.yaml, metrics.csv, contrasts.csv, fronts.csv, steps.csv, values.csv, recipe.json,
sources.bib; report.html is written by the report, not here.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exocosm.bench.protocol import ProtocolRun
from exocosm.errors import InputError
from exocosm.files import atomic_folder, write_atomic
from exocosm.study.bench_load import BenchStudy
from exocosm.trajectory.expectations import Verdict

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
        target = Path(folder)
        if target.exists():
            if not (overwrite and (target / "recipe.json").is_file() and (target / "steps.csv").is_file()):
                raise InputError(
                    f"'{target}' exists already; name another folder, or say --overwrite to replace a bench result"
                )
            shutil.rmtree(target)
        with atomic_folder(target) as place:
            write_atomic(place / "study.yaml", self.study.text)
            for name in TABLES:
                table: pd.DataFrame = getattr(self, name)
                write_atomic(place / f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))
            write_atomic(place / "recipe.json", json.dumps(dict(self.recipe), indent=1, sort_keys=True) + "\n")
            write_atomic(place / "sources.bib", self.bibliography)
        return replace(self, folder=target)
