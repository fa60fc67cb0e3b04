"""A study becomes models, schedules and pinned values: everything that a run needs, or all that stands in its way."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from exocosm.engines.choice import engine_of
from exocosm.engines.contract import Tolerances
from exocosm.errors import CheckError, ExocosmError, InputError, Problem, nearest
from exocosm.evidence.catalogue import Catalogue, load_catalogue
from exocosm.study.arms import Shared, resolve_arm
from exocosm.study.asked import (
    contrast_unit,
    resolve_contrasts,
    resolve_metrics,
    resolve_outputs,
    resolve_what_ifs,
    words,
)
from exocosm.study.faults import Fault, problems_of
from exocosm.study.load import Study, file_beside, load
from exocosm.study.measurements import IncomparableError, measurement
from exocosm.study.own_model import own_model
from exocosm.study.plan import observe_times
from exocosm.study.resolved import Measurement, Metric, ResolvedArm, ResolvedStudy
from exocosm.study.soundness import Examined
from exocosm.study.values import OwnValues


def resolve(study: Study, catalogue: Catalogue | None = None) -> ResolvedStudy:
    """The study with every name bound and every value pinned.

    catalogue: default the packaged one, read only if a value must be looked up.
    Raises CheckError with every problem found in all arms, outputs, measurements and comparisons.
    """
    return _resolve(study, catalogue, Examined(), is_comparison=False)


def _resolve(study: Study, catalogue: Catalogue | None, examined: Examined, is_comparison: bool) -> ResolvedStudy:
    file = study.file
    problems: list[Problem] = []
    warnings: list[str] = []
    metrics, found = resolve_metrics(study)
    problems += found
    measured, found = _measurements(study, {metric.name: metric for metric in metrics})
    problems += found
    hashes: list[str] = []

    @lru_cache(maxsize=1)
    def evidence() -> Catalogue:
        loaded = load_catalogue() if catalogue is None else catalogue
        hashes.append(loaded.hash)
        return loaded

    arms = _arms(study, evidence, _times(study, metrics, measured), examined, problems)
    outputs, found, lacking = resolve_outputs(study, arms)
    problems += found
    warnings += lacking
    what_ifs, found = resolve_what_ifs(study, {arm.name: arm for arm in arms})
    problems += found
    comparisons, found = _comparisons(study, catalogue, examined, is_comparison, warnings)
    problems += found
    if not is_comparison:
        problems += _engine_problems(study)
    if problems:
        unique = {(problem.kind, problem.where, problem.message): problem for problem in problems}
        raise CheckError(f"study '{file.name}'", list(unique.values()))
    warnings += _remarks(study, arms)
    return ResolvedStudy(
        name=file.name,
        title=file.title or words(file.name),
        question=file.question.strip(),
        seed=file.seed,
        organism=file.subjects.organism or file.model.body or "",
        population=file.subjects.population,
        animals=file.subjects.number,
        variability=file.subjects.variability,
        draws=file.uncertainty.draws,
        arms=tuple(arms),
        outputs=outputs,
        metrics=metrics,
        contrasts=resolve_contrasts(study),
        what_ifs=what_ifs,
        measurements=measured,
        answer=tuple(file.answer),
        tolerances=Tolerances(file.tolerances.relative, MappingProxyType(dict(file.tolerances.absolute))),
        comparisons=comparisons,
        text=study.text,
        knowledge_hash=hashes[0] if hashes else "",
        warnings=tuple(warnings),
        preparations=MappingProxyType(_cards(study)),
        engine=file.engine,
    )


def _arms(
    study: Study, evidence: Any, times: tuple[float, ...], examined: Examined, problems: list[Problem]
) -> list[ResolvedArm]:
    """Every arm that could be resolved; problems and names that no arm used are added to `problems`."""
    file = study.file
    try:
        own, written = own_model(file.model)
    except CheckError as failure:
        problems += failure.problems
        return []
    except ExocosmError as failure:
        problems.append(Problem("model", study.where("model"), str(failure)))
        return []
    shared = Shared(study, own, written, OwnValues(file.values, ("values",)), evidence, times, set(), examined)
    arms: list[ResolvedArm] = []
    faults: list[Fault] = []
    failed = False
    for name in file.arms:
        arm, found = resolve_arm(shared, name)
        faults += found
        if arm is None:
            failed = True
        else:
            arms.append(arm)
    problems += problems_of(study, faults)
    if not failed or shared.values.known:
        problems += [Problem("unknown name", study.where("values", key), text) for key, text in shared.values.unused()]
        for key in file.use:
            if key not in shared.chosen and not failed:
                message = f"nothing that is looked up is called '{key}'; {nearest(key, shared.values.known)}"
                problems.append(Problem("unknown name", study.where("use", key), message))
    return arms


def _engine_problems(study: Study) -> list[Problem]:
    try:
        engine_of(study.file.engine)
    except InputError as failure:
        return [Problem("engine", study.where("engine"), str(failure))]
    return []


def _times(study: Study, metrics: tuple[Metric, ...], measured: tuple[Measurement, ...]) -> tuple[float, ...]:
    """The times of recording, with those at which metrics and measurements look."""
    from exocosm.study.schema import MAXIMUM_TIMES

    times = set(observe_times(study.file.simulate))
    end = max(times)
    wanted = {time for metric in metrics for time in (metric.at, metric.start, metric.until) if time is not None}
    wanted |= {time for one in measured for time in one.times}
    times |= {time for time in wanted if 0 <= time <= end}
    ordered = sorted(times)
    if len(ordered) > MAXIMUM_TIMES:
        message = f"{len(ordered)} times of recording, measured ones included; at most {MAXIMUM_TIMES} are allowed"
        raise CheckError("study", [Problem("size", study.where("simulate"), message)])
    return tuple(ordered)


def _measurements(study: Study, metrics: dict[str, Metric]) -> tuple[tuple[Measurement, ...], list[Problem]]:
    file = study.file
    found: list[Measurement] = []
    problems: list[Problem] = []
    for name, text in file.measurements.items():
        if text.output is not None:
            shown_in = file.outputs[text.output].unit
        elif text.metric in metrics:
            shown_in = metrics[text.metric].unit
        elif text.contrast is not None and (contrast := file.contrasts[text.contrast]).metric in metrics:
            shown_in = contrast_unit(contrast.as_, metrics[contrast.metric].unit)
        else:
            continue
        where = study.where("measurements", name)
        try:
            found.append(measurement(study, name, text, shown_in))
        except IncomparableError as failure:
            problems.append(Problem("comparison", where, str(failure)))
        except ExocosmError as failure:
            problems.append(Problem("measurement", where, str(failure)))
    return tuple(found), problems


def _comparisons(
    study: Study, catalogue: Catalogue | None, examined: Examined, is_comparison: bool, warnings: list[str]
) -> tuple[tuple[ResolvedStudy, ...], list[Problem]]:
    """The studies that run along, one level deep."""
    found: list[ResolvedStudy] = []
    problems: list[Problem] = []
    if is_comparison:
        if study.file.comparisons:
            warnings.append(f"the comparisons of '{study.name}' are left out: comparisons go one level deep")
        return (), []
    for index, name in enumerate(study.file.comparisons):
        where = study.where("comparisons", index)
        try:
            other = load(file_beside(study, name))
            if not other.file.measurements:
                message = f"'{name}' has no measurements, so there is nothing to compare it with"
                problems.append(Problem("comparison", where, message))
                continue
            found.append(_resolve(other, catalogue, examined, is_comparison=True))
        except CheckError as failure:
            problems += [Problem(one.kind, f"{where} ({name}), {one.where}", one.message) for one in failure.problems]
        except ExocosmError as failure:
            problems.append(Problem("file", where, str(failure)))
    names = [one.name for one in found] + [study.name]
    problems += [
        Problem("name", study.where("comparisons"), f"two studies are called '{name}'; rename one")
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    return tuple(replace(one, comparisons=()) for one in found), problems


def _remarks(study: Study, arms: list[ResolvedArm]) -> list[str]:
    """What a careful reader should know before running."""
    file = study.file
    remarks = remarks_on_draws(file.uncertainty.draws, bool(file.contrasts))
    used = {arm.preparation for arm in file.arms.values()}
    remarks += [f"preparation '{name}' is not used in any arm" for name in file.preparations if name not in used]
    if file.contrasts and not file.answer:
        remarks.append("no `answer` is named: the report begins with the first contrast")
    for arm in arms:
        end = arm.schedule.end
        remarks += [
            f"measurement '{name}' has points after the end of the simulation ({end:g} h)"
            for name, text in file.measurements.items()
            if text.arm == arm.name and text.points and text.time_unit and _late(text.points, text.time_unit, end)
        ]
    return remarks


def remarks_on_draws(draws: int, has_contrasts: bool) -> list[str]:
    """What so few draws cannot show."""
    if draws == 0:
        return ["no draws: everything stands at its central value, and no uncertainty is shown"]
    if draws < 20 and has_contrasts:
        return [f"{draws} draws are few: 95 % limits from fewer than 20 are rough"]
    return []


def _late(points: list[list[float]], unit: str, end: float) -> bool:
    from exocosm import units

    return max(point[0] for point in points) * units.convert(1.0, unit, "h") > end


def _cards(study: Study) -> dict[str, Any]:
    """The preparation cards as plain data, as the report shows them."""
    return {
        name: {key: value for key, value in card.model_dump(mode="json").items() if value not in (None, "")}
        for name, card in study.file.preparations.items()
    }
