"""Solving one job, and keeping its numbers in a file that is either whole or absent."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from exocosm import units
from exocosm.engines.choice import COHORT as COHORT_ENGINE
from exocosm.engines.choice import solver_of
from exocosm.engines.contract import Array, Schedule, Solution, Status, SubjectStatus
from exocosm.errors import ExocosmError, SolveError
from exocosm.files import write_atomic
from exocosm.network.compile import Compiled, compile_model
from exocosm.study.resolved import ResolvedArm, ResolvedStudy
from exocosm.trajectory.result import out_of_memory
from exocosm.workflow import sampling as drawing
from exocosm.workflow.plan import CENTRAL, COHORT, INFLUENCE, Job, Plan, observe_times, symbols_of

_SEAL_BYTES = hashlib.sha256().digest_size
_FINISHED = SubjectStatus(Status.FINISHED)


@dataclass(frozen=True)
class Chunk:
    """The numbers of one job: values (subject, time, output), each in its output's unit; one status per subject."""

    values: Array
    statuses: tuple[SubjectStatus, ...]


@dataclass
class Bench:
    """A plan with the models compiled so far: each process compiles every model once."""

    plan: Plan
    threads: int = 1  # of the cohort engine
    compiled: dict[tuple[int, str], Compiled] = field(default_factory=dict)

    def model(self, place: int, arm: ResolvedArm) -> Compiled:
        """The compiled model of an arm."""
        if (place, arm.name) not in self.compiled:
            # arms often share one model: compile it once
            for (other, name), compiled in self.compiled.items():
                if other == place and compiled.model == arm.model:
                    return self.compiled.setdefault((place, arm.name), self.compiled[other, name])
            self.compiled[place, arm.name] = compile_model(arm.model)
        return self.compiled[place, arm.name]


def solve_job(bench: Bench, job: Job) -> Chunk:
    """Run the model for every subject of a job.  Raises SolveError that names the job where nothing could be run."""
    study = bench.plan.studies[job.study]
    arm = next(each for each in study.arms if each.name == job.arm)
    parameters = _parameters(bench.plan, study, job)
    outputs = {output.name: output for output in study.outputs}
    expressions = tuple(dict.fromkeys(outputs[name].expression for name in job.outputs))
    times = observe_times(study)
    if not expressions:
        return Chunk(np.empty((job.subjects, len(times), 0)), (_FINISHED,) * job.subjects)
    schedule = with_times(arm.schedule, times)
    try:
        solution = _solve(bench, bench.model(job.study, arm), parameters, schedule, study, expressions)
    except ExocosmError as problem:
        raise SolveError(f"study '{study.name}', {job}: {problem}") from problem
    except MemoryError:
        raise out_of_memory(f"to solve {job} of study '{study.name}'") from None
    values = np.full((job.subjects, len(times), len(job.outputs)), np.nan)
    recorded = len(schedule.observe_times)
    for place, name in enumerate(job.outputs):
        values[:, :recorded, place] = solution[outputs[name].expression] / units.factor(outputs[name].unit)
    return Chunk(values, tuple(solution.statuses))


def with_times(schedule: Schedule, times: tuple[float, ...]) -> Schedule:
    """All arms are recorded at the same times, as far as each one runs."""
    return replace(schedule, observe_times=tuple(time for time in times if time <= schedule.end))


def _parameters(plan: Plan, study: ResolvedStudy, job: Job) -> dict[str, Array]:
    sampling = plan.samplings[job.study]
    if job.kind == CENTRAL:
        return drawing.central(sampling, job.arm)
    if job.kind == COHORT:
        return drawing.cohort(sampling, job.arm, job.draws, range(job.first, job.stop))
    if job.kind == INFLUENCE:
        return drawing.one_at_a_time(sampling, job.arm, symbols_of(job))
    what_if = next(each for each in study.what_ifs if each.name == job.what_if)
    typical = drawing.typical(sampling, job.arm, job.draws)
    repeated = {name: np.repeat(values, len(what_if.over)) for name, values in typical.items()}
    moved = np.tile(np.asarray(what_if.over, float) * units.factor(what_if.unit), len(job.draws))
    return drawing.replaced(repeated, what_if.vary, moved)


def _solve(
    bench: Bench,
    compiled: Compiled,
    parameters: Mapping[str, Array],
    schedule: Schedule,
    study: ResolvedStudy,
    expressions: tuple[str, ...],
) -> Solution:
    solve = solver_of(bench.plan.engine)
    threads = {"threads": bench.threads} if bench.plan.engine == COHORT_ENGINE else {}
    return solve(compiled, parameters, schedule, study.tolerances, observe=expressions, **threads)


def write_chunk(folder: Path, key: str, chunk: Chunk) -> None:
    """Keep a chunk under its key, whole or not at all.  Raises InputError if the folder cannot be written."""
    others = {
        place: {**vars(status), "status": status.status.name, "time": repr(float(status.time))}
        for place, status in enumerate(chunk.statuses)
        if status is not _FINISHED and repr(status) != repr(_FINISHED)  # its time is NaN, which equals nothing
    }
    stream = io.BytesIO()
    # not compressed: that takes longer than to solve
    np.savez(stream, values=chunk.values, others=np.array(json.dumps(others)), subjects=len(chunk.statuses))
    content = stream.getvalue()
    write_atomic(chunk_path(folder, key), _seal(key, content) + content)


def read_chunk(folder: Path, key: str, job: Job, times: int) -> Chunk | None:
    """The chunk kept under a key; None if there is none or it is not what was written (it is then solved again)."""
    try:
        sealed = chunk_path(folder, key).read_bytes()
    except OSError:
        return None
    content = memoryview(sealed)[_SEAL_BYTES:]
    if sealed[:_SEAL_BYTES] != _seal(key, content):
        return None
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        values, others, subjects = stored["values"], json.loads(str(stored["others"])), int(stored["subjects"])
    statuses = [_FINISHED] * subjects
    for place, each in others.items():
        statuses[int(place)] = SubjectStatus(**{**each, "status": Status[each["status"]], "time": float(each["time"])})
    if values.shape != (job.subjects, times, len(job.outputs)) or len(statuses) != job.subjects:
        return None
    return Chunk(values, tuple(statuses))


def _seal(key: str, content: bytes | memoryview) -> bytes:
    """What a chunk begins with: a checksum of its key and its content, so that neither damage nor a mix-up passes."""
    return hashlib.sha256(b"".join((key.encode(), b"\n", content))).digest()


def chunk_path(folder: Path, key: str) -> Path:
    """Where the chunk of a key is kept."""
    return folder / f"{key}.chunk"
