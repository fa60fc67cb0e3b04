"""What a run consists of: a printable list of jobs, each small, each independent of every other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from exocosm.engines import choice
from exocosm.errors import InputError, nearest
from exocosm.network.grammar import parse
from exocosm.network.reading import unknown_symbols
from exocosm.study.resolved import Contrast, Output, ResolvedArm, ResolvedStudy, WhatIf
from exocosm.study.stored import resolved_to_dict
from exocosm.trajectory.evaluation import outputs_behind
from exocosm.workflow.sampling import Sampling, Symbol, sampling_of, uncertain_symbols

CENTRAL, COHORT, INFLUENCE, WHAT_IF = "central", "cohort", "influence", "what_if"
# subjects per job, by engine: few enough to lose little when a run is killed, and enough that beginning costs little
SUBJECTS = {choice.REFERENCE: 50, choice.COHORT: 512}
MOST_NUMBERS = 2_000_000  # recorded by a job, unless a single subject has more


@dataclass(frozen=True)
class Job:
    """One chunk of work.  study: 0 is the study itself, k its k-th comparison; subjects: how many runs of the model.

    central: one run.  cohort: for each draw in turn, animals first..stop.  influence: two runs per symbol, (name, row).
    what_if: for each draw in turn, one run per value of the what-if.
    """

    study: int
    kind: str
    arm: str
    outputs: tuple[str, ...]
    subjects: int
    draws: tuple[int, ...] = ()
    first: int = 0
    stop: int = 0
    symbols: tuple[tuple[str, str], ...] = ()
    what_if: str = ""

    def __str__(self) -> str:
        parts = {
            COHORT: f"{_span('draw', self.draws)}, {_span('animal', range(self.first, self.stop))}",
            INFLUENCE: f"{len(self.symbols)} values moved",
            WHAT_IF: f"{self.what_if}, {_span('draw', self.draws)}",
        }
        detail = parts.get(self.kind, "")
        return f"{self.kind} of arm '{self.arm}'" + (f" ({detail})" if detail else "")


def _span(word: str, numbers: Sequence[int]) -> str:
    if len(numbers) < 2:
        return f"{word} {', '.join(map(str, numbers))}"
    return f"{word}s {numbers[0]} to {numbers[-1]}"


@dataclass(frozen=True)
class Plan:
    """The jobs of a study and its comparisons, the key under which each one's numbers are kept, and the engine."""

    studies: tuple[ResolvedStudy, ...]
    samplings: tuple[Sampling, ...]
    jobs: tuple[Job, ...]
    keys: tuple[str, ...]
    engine: str

    @property
    def solves(self) -> int:
        """How many times a model is solved."""
        return sum(job.subjects for job in self.jobs)


def plan_of(study: ResolvedStudy) -> Plan:
    """The jobs of a study.  Raises InputError where what-ifs, contrasts or measurements name what is not there."""
    studies, engine = (study, *study.comparisons), choice.engine_of(study.engine)
    samplings = tuple(sampling_of(each) for each in studies)
    jobs = list(_main_jobs(study, samplings[0], SUBJECTS[engine]))
    for place, child in enumerate(study.comparisons, 1):
        jobs += _comparison_jobs(place, child, samplings[place], SUBJECTS[engine])
    foundations = [foundation(each, engine) for each in studies]
    keys = tuple(_key(foundations[job.study], samplings[job.study], job, studies[job.study]) for job in jobs)
    return Plan(studies, samplings, tuple(jobs), keys, engine)


def count_solves(study: ResolvedStudy) -> dict[str, int]:
    """How many times a model will be solved, by kind of job, with `comparisons` apart and the `total`."""
    return solves_in(plan_of(study))


def solves_in(plan: Plan) -> dict[str, int]:
    """The same for a plan."""
    counts = dict.fromkeys((CENTRAL, COHORT, INFLUENCE, WHAT_IF, "comparisons"), 0)
    for job in plan.jobs:
        counts["comparisons" if job.study else job.kind] += job.subjects
    return {**counts, "total": plan.solves}


def study_hash(study: ResolvedStudy) -> str:
    """A hash of everything in a resolved study: equal for equal studies."""
    return _digest(resolved_to_dict(study))


def foundation(study: ResolvedStudy, engine: str) -> str:
    """A hash of all that numbers rest on: arms, values, outputs, seed, tolerances, engine and versions.

    Titles, questions, measurements and contrasts are not in it: changing them solves nothing again.  The engine is the
    one that solves, whatever word asked for it.
    """
    bare = replace(
        study, title="", question="", text="", metrics=(), contrasts=(), what_ifs=(), measurements=(), answer=(),
        comparisons=(), knowledge_hash="", warnings=(), preparations={}, draws=0, animals=0, engine=engine,
        arms=tuple(replace(arm, title="", doses_in_words=()) for arm in study.arms),
    )  # fmt: skip
    return _digest({"study": resolved_to_dict(bare), "versions": versions(engine)})


def versions(engine: str) -> dict[str, str]:
    """The versions of all that can change a number: exocosm, python, the numerical libraries, those of an engine."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for name in ("exocosm", "numpy", "scipy", "scikit-sundae", "xarray", "pandas"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return {**found, **choice.engine_versions(engine), "exocosm_code": code_hash()}


@lru_cache(maxsize=1)
def code_hash() -> str:
    """A short hash of the package's program text: a changed program never takes over the numbers of another."""
    import exocosm

    root = Path(exocosm.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(f"{path.relative_to(root).as_posix()}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _digest(plain: Any) -> str:
    return hashlib.sha256(json.dumps(_evened(plain), sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _evened(plain: Any) -> Any:
    """1 and 1.0 are one number, and a study that was stored and read again is the same study."""
    if isinstance(plain, dict):
        return {key: _evened(item) for key, item in plain.items()}
    if isinstance(plain, list | tuple):
        return [_evened(item) for item in plain]
    return float(plain) if isinstance(plain, int) and not isinstance(plain, bool) else plain


def _key(base: str, sampling: Sampling, job: Job, study: ResolvedStudy) -> str:
    content: dict[str, Any] = {**asdict(job), "study": base, "uncertain": sampling.draws > 0}
    content["times"] = observe_times(study)
    if job.kind == COHORT:
        content["variable"] = sampling.animals > 0
    if job.kind == WHAT_IF:
        what_if = _what_if(study, job.what_if)
        content["what_if"] = [what_if.vary, what_if.over, what_if.unit]
    return _digest(content)


def observe_times(study: ResolvedStudy) -> tuple[float, ...]:
    """The recorded times of all arms together, in hours."""
    return tuple(sorted({time for arm in study.arms for time in arm.schedule.observe_times}))


def outputs_of(arm: ResolvedArm, outputs: Sequence[Output]) -> tuple[str, ...]:
    """The outputs whose every name the arm's model knows; an arm without tumour has no tumour volume."""
    return tuple(each.name for each in outputs if not unknown_symbols(parse(each.expression), arm.model))


def _main_jobs(study: ResolvedStudy, sampling: Sampling, most: int) -> Iterator[Job]:
    times = len(observe_times(study))
    shown = {arm.name: outputs_of(arm, study.outputs) for arm in study.arms}
    for arm in study.arms:
        yield from _arm_jobs(0, study, arm, sampling, shown[arm.name], most)
    needed = _outputs_by_arm(study, study.contrasts)
    if study.draws:
        for arm in study.arms:
            outputs = tuple(name for name in shown[arm.name] if name in needed.get(arm.name, ()))
            symbols = [(each.name, each.row) for each in uncertain_symbols(sampling, arm.name)] if outputs else []
            for some in _blocks(symbols, max(1, _size(most, times, outputs) // 2)):
                yield Job(0, INFLUENCE, arm.name, outputs, 2 * len(some), symbols=tuple(some))
    for what_if in study.what_ifs:
        contrast = find_contrast(study, what_if.contrast)
        arm = _arm(study, what_if.arm, f"what-if '{what_if.name}'")
        if what_if.arm not in {contrast.arm, contrast.against}:
            raise InputError(
                f"what-if '{what_if.name}' moves a value in arm '{what_if.arm}', but its contrast '{contrast.name}' "
                f"compares '{contrast.arm}' with '{contrast.against}'; name one of these arms"
            )
        wanted = outputs_behind([contrast.metric], study.metrics)
        outputs = tuple(name for name in shown[arm.name] if name in wanted)
        together = max(1, _size(most, times, outputs) // max(1, len(what_if.over)))
        for some in _blocks(list(sampling.cohort_draws), together):
            runs = len(some) * len(what_if.over)
            yield Job(0, WHAT_IF, what_if.arm, outputs, runs, draws=tuple(some), what_if=what_if.name)


def _comparison_jobs(place: int, child: ResolvedStudy, sampling: Sampling, most: int) -> Iterator[Job]:
    """Only what the measurements of a comparison need."""
    held = [find_contrast(child, each.contrast) for each in child.measurements if each.contrast]
    wanted = _outputs_by_arm(child, held)
    for measurement in child.measurements:
        if measurement.contrast:
            continue
        names = outputs_behind([measurement.metric], child.metrics) if measurement.metric else (measurement.output,)
        wanted.setdefault(measurement.arm, set()).update(names)
    for arm in child.arms:
        outputs = tuple(name for name in outputs_of(arm, child.outputs) if name in wanted.get(arm.name, ()))
        if outputs:
            yield from _arm_jobs(place, child, arm, sampling, outputs, most)


def _arm_jobs(
    place: int, study: ResolvedStudy, arm: ResolvedArm, sampling: Sampling, outputs: tuple[str, ...], most: int
) -> Iterator[Job]:
    yield Job(place, CENTRAL, arm.name, outputs, 1)
    subjects, size = range(1 + sampling.animals), _size(most, len(observe_times(study)), outputs)
    for numbers in _blocks(sampling.cohort_draws, max(1, size // len(subjects))):
        for some in _blocks(subjects, size):
            count, ends = len(numbers) * len(some), (some[0], some[-1] + 1)
            yield Job(place, COHORT, arm.name, outputs, count, tuple(numbers), *ends)


def _size(most: int, times: int, outputs: Sequence[str]) -> int:
    """How many subjects a job may have so that its numbers stay few."""
    return max(1, min(most, MOST_NUMBERS // max(1, times * len(outputs))))


def _outputs_by_arm(study: ResolvedStudy, contrasts: Sequence[Contrast]) -> dict[str, set[str]]:
    needed: dict[str, set[str]] = {}
    for contrast in contrasts:
        for name in (contrast.arm, contrast.against):
            _arm(study, name, f"contrast '{contrast.name}'")
            needed.setdefault(name, set()).update(outputs_behind([contrast.metric], study.metrics))
    return needed


def _blocks(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _arm(study: ResolvedStudy, name: str, where: str) -> ResolvedArm:
    known = {arm.name: arm for arm in study.arms}
    if name not in known:
        raise InputError(f"{where} names an arm '{name}' that study '{study.name}' lacks; {nearest(name, known)}")
    return known[name]


def find_contrast(study: ResolvedStudy, name: str) -> Contrast:
    """The contrast of that name; raises InputError if there is none."""
    known = {contrast.name: contrast for contrast in study.contrasts}
    if name not in known:
        raise InputError(f"study '{study.name}' has no contrast '{name}'; {nearest(name, known)}")
    return known[name]


def _what_if(study: ResolvedStudy, name: str) -> WhatIf:
    return next(each for each in study.what_ifs if each.name == name)


def symbols_of(job: Job) -> tuple[Symbol, ...]:
    """The symbols of an influence job."""
    return tuple(Symbol(*each) for each in job.symbols)
