"""Running a study: plan, solve what is missing, gather, compare, save."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from exocosm.errors import ExocosmError, InputError, SolveError
from exocosm.files import held, remove_unfinished, require_writable
from exocosm.study.resolved import ResolvedStudy
from exocosm.trajectory import evaluation
from exocosm.trajectory.result import FILES, RECIPE, Result, load_result, out_of_memory, read_recipe
from exocosm.workflow import gathering
from exocosm.workflow.chunks import Chunk, read_chunk
from exocosm.workflow.comparing import comparison_rows, comparison_table
from exocosm.workflow.needs import require_room
from exocosm.workflow.plan import (
    CENTRAL,
    COHORT,
    Plan,
    find_contrast,
    observe_times,
    plan_of,
    solves_in,
    study_hash,
    versions,
)
from exocosm.workflow.pool import execute, missing_jobs
from exocosm.workflow.progress import progress_of

if TYPE_CHECKING:
    import pandas as pd

CHUNKS = ".chunks"


def run(
    resolved: ResolvedStudy,
    folder: str | Path | None = None,
    *,
    workers: int | None = None,
    progress: bool = True,
    resume: bool = True,
    overwrite: bool = False,
) -> Result:
    """Run a resolved study and return its result; with a folder, the result is saved there.

    workers: processes (1: this one; None: this one, and one per core where that pays); the numbers do not depend on it.
    resume: go on from what an interrupted run left in the folder, and take a finished result of the same study,
    values and program as it is; False starts anew.  overwrite: replace the result of another study.
    Errors: InputError for a folder that holds another study or cannot be written; SolveError where nothing can be
    solved, or every run of an arm fails.  Subjects that fail are NaN, listed in `statuses`, and the first warning in
    the recipe.
    """
    if workers is not None and workers < 1:
        raise InputError(f"workers is {workers}; give 1 or more, or leave it out for one per core")
    plan = plan_of(resolved)
    for study in plan.studies:
        _rehearse(study)
    recipe = recipe_of(plan)
    try:
        if folder is None:
            with tempfile.TemporaryDirectory(prefix="exocosm-") as temporary:
                return _solved(plan, recipe, Path(temporary), None, workers, progress)
        if finished := _finished(Path(folder), recipe, resume, overwrite):
            with contextlib.suppress(InputError), held(folder):  # a folder may be there to read only
                _tidy(Path(folder))
            return finished
        with held(require_writable(folder)):
            if finished := _finished(Path(folder), recipe, resume, overwrite):  # another run may just have ended
                return finished
            remove_unfinished(folder)
            saved = _solved(plan, recipe, _chunk_folder(Path(folder), resume), Path(folder), workers, progress)
            _tidy(Path(folder))
            return saved
    except MemoryError:
        raise out_of_memory(f"for the result of study '{resolved.name}'") from None
    except BrokenPipeError:  # whoever read the progress has gone
        raise
    except OSError as problem:
        where = f"'{problem.filename}'" if problem.filename else "a file of the run"
        raise InputError(
            f"{where} could not be read or written: {(problem.strerror or str(problem)).lower()}; what was finished is "
            "kept: make way and run again"
        ) from None


def _solved(
    plan: Plan, recipe: dict[str, Any], chunks: Path, folder: Path | None, workers: int | None, progress: bool
) -> Result:
    """The result of what is in the folder of chunks and of what is solved now, saved if there is a folder for it."""
    pending = missing_jobs(plan, chunks)
    require_room(plan, pending, folder)
    done = plan.solves - sum(plan.jobs[number].subjects for number in pending)
    with progress_of(plan.studies[0].name, plan.solves, done, progress) as advance:
        execute(plan, chunks, pending, workers, lambda number: advance(plan.jobs[number].subjects))
    result = gather(plan, _reader(plan, chunks), recipe)
    return result if folder is None else result.save(folder)


def recipe_of(plan: Plan) -> dict[str, Any]:
    """What made a result: hashes, versions, engine, tolerances, seed, numbers, date."""
    study = plan.studies[0]
    hash_of_study, found = study_hash(study), versions(plan.engine)
    tolerances = dataclasses.asdict(dataclasses.replace(study.tolerances, absolute=dict(study.tolerances.absolute)))
    return {
        "study": study.name,
        "study_hash": hash_of_study,
        "run_hash": hashlib.sha256(json.dumps([hash_of_study, found], sort_keys=True).encode()).hexdigest(),
        "knowledge_hash": study.knowledge_hash,
        "versions": found,
        "engine": plan.engine,
        "tolerances": tolerances,
        "seed": study.seed,
        "draws": study.draws,
        "animals": study.animals,
        "variability": study.variability,
        "solves": solves_in(plan),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "warnings": list(study.warnings),
    }


def gather(plan: Plan, read: Callable[[int], Chunk], recipe: dict[str, Any]) -> Result:
    """The result from finished chunks.  Raises SolveError if every run of an arm failed."""
    study = plan.studies[0]
    statuses = gathering.status_rows(plan, read)
    _require_numbers(plan, statuses)
    main = gathering.curves_of(plan, 0, read)
    main_arrays = gathering.metric_arrays(study, main, [metric.name for metric in study.metrics])
    comparisons = comparison_rows(study, main, main_arrays)
    for place in range(1, len(plan.studies)):
        comparisons += _compared(plan, place, read)
    metrics = gathering.metric_rows(study, main_arrays)
    warnings = [*_failure_warnings(plan, statuses), *recipe["warnings"], *_metric_warnings(plan, statuses, metrics)]
    return Result(
        study=study,
        recipe={**recipe, "warnings": warnings},
        trajectories=gathering.dataset(study, main),
        metrics=metrics,
        contrasts=gathering.contrast_rows(study, main_arrays),
        what_if=gathering.what_if_rows(plan, main_arrays, read),
        influence=gathering.influence_rows(plan, main_arrays, read),
        comparisons=comparison_table(comparisons),
        values=gathering.value_rows(study),
        statuses=statuses,
        bibliography=gathering.bibliography(plan.studies),
    )


def _compared(plan: Plan, place: int, read: Callable[[int], Chunk]) -> list[dict[str, Any]]:
    study, curves = plan.studies[place], gathering.curves_of(plan, place, read)
    return comparison_rows(study, curves, gathering.metric_arrays(study, curves, _measured(study)))


def _measured(study: ResolvedStudy) -> list[str]:
    held = {each.metric for each in study.measurements if each.metric}
    held |= {find_contrast(study, each.contrast).metric for each in study.measurements if each.contrast}
    return sorted(held)


def _rehearse(study: ResolvedStudy) -> None:
    """Take every metric from flat curves: a window outside the recorded times shows now, not after hours."""
    for arm in study.arms:
        times = np.array([time for time in observe_times(study) if time <= arm.schedule.end])
        if not times.size:
            raise InputError(f"study '{study.name}', arm '{arm.name}': no time is recorded before its end")
        curves = {output.name: np.ones(len(times)) for output in study.outputs}
        try:
            evaluation.evaluate([metric.name for metric in study.metrics], study.metrics, study.outputs, times, curves)
        except ExocosmError as problem:
            raise InputError(f"study '{study.name}', arm '{arm.name}': {problem}") from None


def _finished(folder: Path, recipe: dict[str, Any], resume: bool, overwrite: bool) -> Result | None:
    """The result in the folder if it is this very one; raises InputError if it holds something else to be lost."""
    if not folder.is_dir():
        return None
    if (folder / RECIPE).is_file():
        try:
            found = read_recipe(folder)
        except InputError:
            found = {}
        if found.get("study_hash") != recipe["study_hash"] and not overwrite:
            raise InputError(
                f"'{folder}' holds the result of another study: '{found.get('study', 'unknown')}' of "
                f"{found.get('date', 'unknown date')} (this one is '{recipe['study']}'; any change makes another "
                "study); name another folder, or ask for it to be overwritten (--overwrite)"
            )
        return _whole(folder) if resume and found.get("run_hash") == recipe["run_hash"] else None
    present = [name for name in FILES if (folder / name).exists()]
    if present and not overwrite and not (folder / CHUNKS).is_dir():
        raise InputError(
            f"'{folder}' holds no result, but files that a result would replace ({', '.join(present)}); "
            "name another folder"
        )
    return None


def _whole(folder: Path) -> Result | None:
    try:
        return load_result(folder)
    except ExocosmError:
        return None


def _chunk_folder(folder: Path, resume: bool) -> Path:
    chunks = folder / CHUNKS
    if not resume and chunks.is_dir():
        shutil.rmtree(chunks)
    require_writable(chunks)
    remove_unfinished(chunks)
    return chunks


def _tidy(folder: Path) -> None:
    """Remove what only an unfinished run needs from the folder of a finished one."""
    remove_unfinished(folder)
    shutil.rmtree(folder / CHUNKS, ignore_errors=True)


def _reader(plan: Plan, folder: Path) -> Callable[[int], Chunk]:
    times = [len(observe_times(study)) for study in plan.studies]

    def read(number: int) -> Chunk:
        job = plan.jobs[number]
        chunk = read_chunk(folder, plan.keys[number], job, times[job.study])
        if chunk is None:
            raise SolveError(f"the numbers of {job} vanished from '{folder}' while the run went on; run again")
        return chunk

    return read


def _require_numbers(plan: Plan, statuses: pd.DataFrame) -> None:
    """Raise SolveError if an arm of the study (not of its comparisons) has no run that finished."""
    study = plan.studies[0]
    found = []
    for arm in study.arms:
        failed = _failed(statuses, study.name, arm.name, (CENTRAL, COHORT))
        whole = _runs(plan, 0, arm.name, (CENTRAL, COHORT))
        if whole and len(failed) == whole:
            first = failed.iloc[0]
            found.append(
                f"study '{study.name}', arm '{arm.name}': all {whole} runs failed{_blamed(failed)} "
                f"(at {first['time']:g} h: {first['message']})"
            )
    if found:
        raise SolveError("; ".join(found) + "; there is no result: look at the doses and values behind what is named")


def _failure_warnings(plan: Plan, statuses: pd.DataFrame) -> list[str]:
    """Groups of which some failed."""
    found = []
    for place, study in enumerate(plan.studies):
        for arm in study.arms:
            failed = _failed(statuses, study.name, arm.name, (COHORT,))
            whole = _runs(plan, place, arm.name, (COHORT,))
            if len(failed):
                found.append(
                    f"study '{study.name}', arm '{arm.name}': {len(failed)} of {whole} runs failed{_blamed(failed)}; "
                    "what is summed up rests on the others and may be biased (see statuses.csv)"
                )
            elif len(_failed(statuses, study.name, arm.name, (CENTRAL,))):
                found.append(
                    f"study '{study.name}', arm '{arm.name}': the central run failed; its curve and what was to be "
                    "compared with it are missing (see statuses.csv)"
                )
    return found


def _failed(statuses: pd.DataFrame, study: str, arm: str, kinds: Sequence[str]) -> pd.DataFrame:
    return statuses[(statuses["study"] == study) & (statuses["arm"] == arm) & statuses["job"].isin(kinds)]


def _runs(plan: Plan, place: int, arm: str, kinds: Sequence[str]) -> int:
    return sum(job.subjects for job in plan.jobs if (job.study, job.arm) == (place, arm) and job.kind in kinds)


def _blamed(failed: pd.DataFrame) -> str:
    """Where most of some failed runs got stuck, as half a sentence."""
    state, process = failed.groupby(["state", "process"]).size().sort_values(ascending=False).index[0]
    blamed = " and ".join(f"{kind} '{name}'" for kind, name in (("state", state), ("process", process)) if name)
    return f", most often at {blamed}" if blamed else ""


def _metric_warnings(plan: Plan, statuses: pd.DataFrame, metrics: pd.DataFrame) -> list[str]:
    """Metrics that are no numbers though their runs finished."""
    study = plan.studies[0]
    cohorts = statuses[(statuses["job"] == COHORT) & (statuses["study"] == study.name)]
    failed = set(zip(cohorts["arm"], cohorts["draw"], cohorts["animal"], strict=True))
    counts: dict[tuple[str, str], int] = {}
    for row in metrics[metrics["value"].isna()].itertuples():
        if (row.arm, row.draw, row.animal) not in failed:
            counts[str(row.arm), str(row.metric)] = counts.get((str(row.arm), str(row.metric)), 0) + 1
    return [
        f"study '{study.name}', arm '{arm}': metric '{name}' is no number in {count} finished runs "
        "(a division by zero, or no terminal phase)"
        for (arm, name), count in counts.items()
    ]
