"""What a run of a screening leaves: tidy tables, with the recipe that made them.

A result is a folder: study.yaml, metrics.csv, contrasts.csv, detection.csv, operating.csv, stages.csv, shares.csv,
panels.csv, values.csv, recipe.json, sources.bib; report.html is written by the report, not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exocosm.study.screening_load import ScreeningStudy
from exocosm.trajectory.expectations import Verdict
from exocosm.trajectory.tables_folder import save_tables

if TYPE_CHECKING:
    import pandas as pd

TABLES = ("metrics", "contrasts", "detection", "operating", "stages", "shares", "panels", "signals", "values")


@dataclass(frozen=True)
class ScreeningResult:
    """A finished screening.

    metrics: arm, draw (-1: central values), metric, value, unit.  contrasts: contrast, draw, value.
    detection: arm, draw, diameter_mm, probability.  operating: arm, specificity, sensitivity (the curve of the held-out
    half, central values).  stages: arm, stage, people, sensitivity, low, high.  shares: arm, of (score, or a metric),
    kind (variability, uncertainty), stage, share.  panels: arm, markers, price, auc (of the best of each size, on the
    people among whom it was chosen).  signals: arm, marker, fold_shed (on vesicles), fold_in_all, fold_reported, its
    source, and whether it is assumed, all of the typical patient; censored share in cases and controls; AUC alone.
    values: every number that was asked for.
    """

    study: ScreeningStudy
    recipe: Mapping[str, Any]
    metrics: pd.DataFrame
    contrasts: pd.DataFrame
    detection: pd.DataFrame
    operating: pd.DataFrame
    stages: pd.DataFrame
    shares: pd.DataFrame
    panels: pd.DataFrame
    signals: pd.DataFrame
    values: pd.DataFrame
    verdict: Verdict | None
    bibliography: str = ""
    folder: Path | None = None

    def save(self, folder: str | Path, overwrite: bool = False) -> ScreeningResult:
        """Write study, tables, recipe and sources into a new folder, whole or not at all."""
        target = save_tables(
            folder, self.study.text, {name: getattr(self, name) for name in TABLES}, self.recipe, self.bibliography,
            overwrite=overwrite, known_by="detection", what="screening",
        )  # fmt: skip
        return replace(self, folder=target)
