"""What a run leaves: labelled arrays and tidy tables, with the recipe that made them.  (Contract.)

A result is a folder:

    study.yaml            the study as it was read
    resolved.json         every arm, dose, model and pinned value: runs again without the catalogue
    recipe.json           hashes, versions, engine, tolerances, seed, numbers of draws and animals, date
    trajectories.nc       xarray: `value[arm, draw, animal, time, output]` in the output's unit; animal 0 is the typical one;
                          `central[arm, time, output]`: everything at its central value; NaN where an arm lacks an output
    metrics.csv           arm, draw, animal, metric, value, unit
    contrasts.csv         contrast, draw, typical, population, unit           (one row a draw)
    what_if.csv           what_if, value, draw, contrast_value                (typical animal)
    influence.csv         contrast, value_name, row, trust, low, high, swing  (one value at a time at the ends of its 95 %)
    comparisons.csv       study, measurement, role, arm, what, unit, measured, measured_low, measured_high,
                          predicted, predicted_low, predicted_high, verdict (in | out | calibrated | overlay), source, note
    values.csv            every pinned value: arm(s), name, value, unit, 95 % of uncertainty, between-subject CV, method, trust, path, source ...
    statuses.csv          arm, draw, animal, status, message, time, state, process (failures only)
    sources.bib           exactly the sources used
    report.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exocosm.study.resolved import ResolvedStudy

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


@dataclass(frozen=True)
class Result:
    """A finished run.  `study` is the resolved study; the rest are the tables described above."""

    study: ResolvedStudy
    recipe: Mapping[str, Any]
    trajectories: xr.Dataset
    metrics: pd.DataFrame
    contrasts: pd.DataFrame
    what_if: pd.DataFrame
    influence: pd.DataFrame
    comparisons: pd.DataFrame
    values: pd.DataFrame
    statuses: pd.DataFrame
    folder: Path | None = None
