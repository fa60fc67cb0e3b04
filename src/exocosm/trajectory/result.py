"""What a run leaves: labelled arrays and tidy tables, with the recipe that made them.  (Contract.)

A result is a folder:

    study.yaml            the study as it was read
    resolved.json         every arm, dose, model and pinned value: runs again without the catalogue
    recipe.json           hashes, versions, engine, tolerances, seed, draws, animals, date, warnings; and of what is
                          here: `files` (SHA-256 of every other file) and `content_hash`
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

import hashlib
import json
import math
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exocosm.engines.contract import Array
from exocosm.errors import InputError
from exocosm.files import checksum, read_text, require_writable, staged, write_atomic
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
STUDY, SOURCES, REPORT = "study.yaml", "sources.bib", "report.html"
FILES = (STUDY, RESOLVED, TRAJECTORIES, *(f"{name}.csv" for name in TABLES), SOURCES, RECIPE)
MAXIMUM_BYTES = 4_000_000_000  # of one file; netCDF 3 holds no larger variable
WHAT_TO_REDUCE = "fewer draws, animals, recorded times, outputs or arms"
FILE_HASHES, CONTENT_HASH, DATE = "files", "content_hash", "date"  # in the recipe; not of what made the numbers


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

    @cached_property
    def metric_cubes(self) -> Mapping[tuple[str, str], Array]:
        """(arm, metric) -> its values (draw, 1 + animals)."""
        found = {}
        for (arm, metric), rows in self.metrics.groupby(["arm", "metric"], sort=False):
            cube = rows.pivot(index="draw", columns="animal", values="value").sort_index().sort_index(axis=1)
            found[str(arm), str(metric)] = cube.to_numpy(float)
        return found

    @cached_property
    def central_metrics(self) -> Mapping[tuple[str, str], float]:
        """(arm, metric) -> its value in the central run."""
        from exocosm.trajectory.summary import central_metrics

        return central_metrics(self)

    def save(self, folder: str | Path) -> Result:
        """Write the result into a folder and return it with that folder; see the module for the files.

        Every file is first written in full in a folder within, then all are moved into place, the recipe last: a
        folder with a recipe is a whole result.  The report of the result that is replaced goes before its recipe.
        Raises InputError if the folder cannot be written or memory is short.
        """
        target = require_writable(folder)
        try:
            with staged(target) as stage:
                self._write(stage)
                if (target / RECIPE).exists():
                    (target / REPORT).unlink(missing_ok=True)
                    (target / RECIPE).unlink()
                for name in FILES:
                    (stage / name).replace(target / name)
        except OSError as problem:
            raise InputError(f"the result could not be put into '{target}': {problem.strerror or problem}") from None
        except MemoryError:
            raise out_of_memory(f"to save the result in '{target}'") from None
        return replace(self, folder=target)

    def _write(self, folder: Path) -> None:
        """Write all files; the recipe holds the hashes of the others."""
        for name, content in self._texts():
            write_atomic(folder / name, content)
        _to_netcdf(self.trajectories, folder / TRAJECTORIES)
        hashes = {name: checksum(folder / name) for name in FILES if name != RECIPE}
        recipe = {**self.recipe, CONTENT_HASH: _content_hash(self.recipe, hashes), FILE_HASHES: hashes}
        write_atomic(folder / RECIPE, json.dumps(recipe, indent=1, ensure_ascii=False))

    def _texts(self) -> Iterator[tuple[str, str]]:
        """Name and content of every file of text but the recipe, made one at a time, for the largest are large."""
        from exocosm.study.stored import resolved_from_dict, resolved_to_dict

        # as it will be written once it was read: 1 and 1.0 are one number, and equal studies are to be equal files
        read_again = resolved_from_dict(json.loads(json.dumps(resolved_to_dict(self.study))))
        yield STUDY, self.study.text
        yield RESOLVED, json.dumps(resolved_to_dict(read_again), indent=1, ensure_ascii=False)
        for name in TABLES:
            yield f"{name}.csv", getattr(self, name).to_csv(index=False, lineterminator="\n")
        yield SOURCES, self.bibliography


def load_result(folder: str | Path) -> Result:
    """The result in a folder.

    Raises InputError that names what is missing, damaged, or not the file that was saved with the others.
    """
    from exocosm.study.stored import resolved_from_dict

    source = Path(folder)
    recipe = _verified_recipe(source)
    try:
        return Result(
            study=resolved_from_dict(_read_json(source / RESOLVED)),
            recipe={name: item for name, item in recipe.items() if name not in (FILE_HASHES, CONTENT_HASH)},
            trajectories=_from_netcdf(source / TRAJECTORIES),
            **{name: _read_table(source / f"{name}.csv") for name in TABLES},
            folder=source,
            bibliography=read_text(source / SOURCES, MAXIMUM_BYTES),
        )
    except MemoryError:
        raise out_of_memory(f"to open the result in '{source}'") from None


def content_hash(result: Result | str | Path) -> str:
    """A SHA-256 over all numbers and texts of a result, or of the result in a folder, but its date.

    Two runs of one study on one machine with the same versions have the same, for any number of processes, and
    whether or not they were interrupted.
    Raises InputError as `load_result` does, and for a folder whose result was saved before there was such a hash.
    """
    if isinstance(result, Result):
        with tempfile.TemporaryDirectory(prefix="exocosm-") as temporary:
            return content_hash(result.save(temporary).folder or temporary)
    found = _verified_recipe(Path(result)).get(CONTENT_HASH)
    if not isinstance(found, str):
        raise InputError(f"'{Path(result) / RECIPE}' holds no {CONTENT_HASH}; run the study again")
    return found


def out_of_memory(what: str) -> InputError:
    """The error for memory that ran out; what: what it was needed for."""
    return InputError(f"the memory of this machine does not suffice {what}; ask for {WHAT_TO_REDUCE}")


def _content_hash(recipe: Mapping[str, Any], hashes: Mapping[str, str]) -> str:
    made_by = {name: item for name, item in recipe.items() if name not in (DATE, FILE_HASHES, CONTENT_HASH)}
    return hashlib.sha256(json.dumps([made_by, dict(hashes)], sort_keys=True).encode()).hexdigest()


def _verified_recipe(folder: Path) -> dict[str, Any]:
    """The recipe of a folder that holds every file of the result, each as it was saved."""
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise InputError(f"'{folder}' holds no finished result: {', '.join(missing)} missing; run the study again")
    recipe = read_recipe(folder)
    hashes = recipe.get(FILE_HASHES)
    if hashes is None:  # saved before there were any
        return recipe
    names = [name for name in FILES if name != RECIPE]
    if not isinstance(hashes, dict) or sorted(hashes) != sorted(names):
        raise InputError(f"'{folder / RECIPE}' is damaged: no list of the other files in it; run the study again")
    changed = [name for name in names if checksum(folder / name) != hashes[name]]
    if changed:
        raise InputError(
            f"'{folder}' holds no whole result: {', '.join(changed)} not as saved with recipe.json (damaged, edited, "
            "or of another run); run the study again, and make changes in copies"
        )
    if recipe.get(CONTENT_HASH) != _content_hash(recipe, hashes):
        raise InputError(f"'{folder / RECIPE}' is not as it was saved (damaged or edited); run the study again")
    return recipe


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


def _to_netcdf(data: xr.Dataset, path: Path) -> None:
    """The dataset as netCDF 3 (64-bit offset): any version of any netCDF library reads it."""
    import xarray as xr

    # always in the same order, so that equal numbers are equal files
    coordinates = {str(name): data[name].variable for name in sorted(data.coords, key=str)}
    variables = {str(name): data[name].variable for name in sorted(data.data_vars, key=str)}
    xr.Dataset(variables, coordinates, data.attrs).to_netcdf(path, engine="scipy", format="NETCDF3_64BIT")


def _from_netcdf(path: Path) -> xr.Dataset:
    import xarray as xr

    try:
        with xr.open_dataset(path, engine="scipy") as data:
            data.load()
    except (OSError, ValueError, TypeError) as problem:
        raise InputError(f"'{path}' is damaged ({problem}); run the study again") from None
    for name in ("arm", "output"):
        data[name] = data[name].astype(str)
    return data
