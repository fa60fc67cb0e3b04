"""What a run leaves: labelled arrays and tidy tables, with the recipe that made them.  (Contract.)

A result is a folder:

    study.yaml            the study as it was read
    resolved.json         every arm, dose, model and pinned value: runs again without the catalogue
    recipe.json           hashes, versions, engine, tolerances, seed, draws, animals, date, warnings
    trajectories.nc       xarray: `value[arm, draw, animal, time, output]` in the output's unit, animal 0 typical;
                          `central[arm, time, output]`: everything at its central value; NaN where an arm lacks it
    metrics.csv           arm, draw, animal, metric, value, unit
    contrasts.csv         contrast, draw, typical, population, unit           (one row a draw; population: of the means)
    what_if.csv           what_if, value, draw, contrast_value                (typical animal)
    influence.csv         contrast, value_name, row, trust, low, high, swing  (one value alone at the ends of its 95 %)
    comparisons.csv       study, measurement, role, arm, what, unit, measured, measured_low, measured_high,
                          predicted, predicted_low, predicted_high, verdict (in | out | calibrated | overlay | missing),
                          source, note, factor_off
    values.csv            every pinned value: arms, name, value, unit, low and high (95 % of uncertainty),
                          between_subject_cv, method, trust, row, path, source, locator, basis, status, note ...
    statuses.csv          study, arm, job, draw, animal, status, message, time, state, process (what did not finish)
    sources.bib           exactly the sources used
    report.html           written by the report, not here
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exocosm.errors import InputError
from exocosm.files import read_bytes, read_text, require_writable, write_atomic
from exocosm.study.resolved import ResolvedStudy

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure

    from exocosm.trajectory.noncompartmental import NonCompartmental

TABLES = ("metrics", "contrasts", "what_if", "influence", "comparisons", "values", "statuses")
NUMBER_COLUMNS = frozenset(
    {"draw", "animal", "time", "value", "typical", "population", "contrast_value", "low", "high", "swing"}
    | {"between_subject_cv", "factor_off"}
    | {"measured", "measured_low", "measured_high", "predicted", "predicted_low", "predicted_high"}
)
WHOLE_COLUMNS = frozenset({"draw", "animal"})
RECIPE, RESOLVED, TRAJECTORIES = "recipe.json", "resolved.json", "trajectories.nc"
STUDY, SOURCES = "study.yaml", "sources.bib"
FILES = (STUDY, RESOLVED, TRAJECTORIES, *(f"{name}.csv" for name in TABLES), SOURCES, RECIPE)
MAXIMUM_BYTES = 4_000_000_000


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
    bibliography: str = ""  # BibTeX of exactly the sources used

    def table(self) -> pd.DataFrame:
        """All time courses as a tidy table: arm, draw, animal, time (hours), output, value, unit."""
        units = {output.name: output.unit for output in self.study.outputs}
        table = self.trajectories["value"].to_dataframe().reset_index().dropna(subset=["value"])
        table["unit"] = table["output"].map(units)
        return table[["arm", "draw", "animal", "time", "output", "value", "unit"]].reset_index(drop=True)

    def noncompartmental(self, arm: str, output: str, dose: float, *, infusion: float = 0.0) -> NonCompartmental:
        """Non-compartmental numbers of the central curve of an output; dose in units that fit the output's.

        Valid for: an arm with one dose at the first recorded time.
        """
        from exocosm.trajectory.noncompartmental import noncompartmental
        from exocosm.trajectory.summary import time_course

        course = time_course(self, arm, output)
        return noncompartmental(course.times, course.summary.central, dose, infusion=infusion)

    def plot(self, output: str = "", arms: tuple[str, ...] = ()) -> Figure:
        """The time course of an output (default: the first that the study shows) with both bands, one panel per arm."""
        from exocosm.trajectory.plots import plot_time_course

        if not output:
            outputs = self.study.outputs
            output = next((each.name for each in outputs if each.show), outputs[0].name)
        return plot_time_course(self, output, arms)

    def save(self, folder: str | Path) -> Result:
        """Write the result into a folder and return it with that folder; see the module for the files.

        Every file is first written in full beside its place, then all are moved into place, the recipe last: a folder
        with a recipe is a whole result.  Raises InputError if the folder cannot be written.
        """
        target = require_writable(folder)
        written = {name: target / f".new-{name}" for name in FILES}
        try:
            for name, content in self._contents().items():
                write_atomic(written[name], content)
            (target / RECIPE).unlink(missing_ok=True)
            for name in FILES:
                written[name].replace(target / name)
        except OSError as problem:
            raise InputError(f"the result could not be put into '{target}': {problem.strerror or problem}") from None
        finally:
            for path in written.values():
                path.unlink(missing_ok=True)
        return replace(self, folder=target)

    def _contents(self) -> dict[str, bytes | str]:
        from exocosm.study.stored import resolved_to_dict

        tables: dict[str, bytes | str] = {
            f"{name}.csv": getattr(self, name).to_csv(index=False, lineterminator="\n") for name in TABLES
        }
        return {
            STUDY: self.study.text,
            RESOLVED: json.dumps(resolved_to_dict(self.study), indent=1, ensure_ascii=False),
            TRAJECTORIES: _to_netcdf(self.trajectories),
            **tables,
            SOURCES: self.bibliography,
            RECIPE: json.dumps(dict(self.recipe), indent=1, ensure_ascii=False),
        }


def load_result(folder: str | Path) -> Result:
    """The result in a folder.  Raises InputError that names what is missing or damaged."""
    from exocosm.study.stored import resolved_from_dict

    source = Path(folder)
    missing = [name for name in FILES if not (source / name).is_file()]
    if missing:
        raise InputError(f"'{source}' holds no finished result: {', '.join(missing)} missing; run the study again")
    study = resolved_from_dict(_read_json(source / RESOLVED))
    recipe = read_recipe(source)
    return Result(
        study=study,
        recipe=recipe,
        trajectories=_from_netcdf(source / TRAJECTORIES),
        **{name: _read_table(source / f"{name}.csv") for name in TABLES},
        folder=source,
        bibliography=read_text(source / SOURCES, MAXIMUM_BYTES),
    )


def read_recipe(folder: Path) -> dict[str, Any]:
    """The recipe of the result in a folder.  Raises InputError if it is damaged."""
    recipe = _read_json(folder / RECIPE)
    if not isinstance(recipe, dict):
        raise InputError(f"'{folder / RECIPE}' is damaged: no names and values in it; run the study again")
    return recipe


def _read_json(path: Path) -> Any:
    try:
        return json.loads(read_text(path, MAXIMUM_BYTES))
    except (ValueError, RecursionError) as problem:
        raise InputError(f"'{path}' is damaged ({problem}); run the study again") from None


def _read_table(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        # all as text first: pandas would round numbers, and take a source called NA for a missing one
        table = pd.read_csv(path, dtype=object, keep_default_na=False)
        for name in table.columns:
            if name not in NUMBER_COLUMNS:
                table[name] = table[name].astype("str")
                continue
            numbers = [float(text) if text else math.nan for text in table[name]]
            whole = name in WHOLE_COLUMNS and numbers and all(number.is_integer() for number in numbers)
            table[name] = pd.Series(numbers, dtype="int64" if whole else "float64")
    except (OSError, ValueError) as problem:
        raise InputError(f"'{path}' is damaged ({problem}); run the study again") from None
    return table


def _to_netcdf(data: xr.Dataset) -> bytes:
    """The dataset as netCDF 3 (64-bit offset): any version of any netCDF library reads it."""
    return bytes(data.to_netcdf(engine="scipy", format="NETCDF3_64BIT"))


def _from_netcdf(path: Path) -> xr.Dataset:
    import io

    import xarray as xr

    try:
        with xr.open_dataset(io.BytesIO(read_bytes(path, MAXIMUM_BYTES)), engine="scipy") as data:
            data.load()
    except (OSError, ValueError, TypeError) as problem:
        raise InputError(f"'{path}' is damaged ({problem}); run the study again") from None
    for name in ("arm", "output"):
        data[name] = data[name].astype(str)
    return data
