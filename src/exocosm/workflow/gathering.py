"""From finished chunks to labelled arrays and tidy tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from exocosm.engines.contract import Array, Status
from exocosm.errors import ExocosmError
from exocosm.evidence.pin import cited_keys
from exocosm.evidence.spread import central_95, draw
from exocosm.study.resolved import Contrast, ResolvedStudy
from exocosm.trajectory import evaluation
from exocosm.workflow.chunks import Chunk
from exocosm.workflow.plan import CENTRAL, COHORT, INFLUENCE, WHAT_IF, Job, Plan, find_contrast, observe_times
from exocosm.workflow.sampling import Symbol

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


LEAST_TRUST_FIRST = ("assumed", "borrowed", "model", "derived", "fitted", "measured", "user", "constant")

Reader = Callable[[int], Chunk]


@dataclass(frozen=True)
class Curves:
    """The numbers of one study: values[arm, draw, animal, time, output] and central[arm, time, output]."""

    times: Array
    values: Array
    central: Array


def curves_of(plan: Plan, place: int, read: Reader) -> Curves:
    """The arrays of the study at a place of the plan, from its central and cohort chunks."""
    study, sampling = plan.studies[place], plan.samplings[place]
    times = np.asarray(observe_times(study), float)
    arms = {arm.name: number for number, arm in enumerate(study.arms)}
    outputs = {output.name: number for number, output in enumerate(study.outputs)}
    central = np.full((len(arms), len(times), len(outputs)), np.nan)
    shape = (len(arms), len(sampling.cohort_draws), 1 + sampling.animals, len(times), len(outputs))
    values = np.full(shape, np.nan)
    for number, job in enumerate(plan.jobs):
        if job.study != place or job.kind not in {CENTRAL, COHORT}:
            continue
        chunk, columns = read(number), [outputs[name] for name in job.outputs]
        if job.kind == CENTRAL:
            central[arms[job.arm]][:, columns] = chunk.values[0]
        else:
            block = chunk.values.reshape(len(job.draws), job.stop - job.first, *chunk.values.shape[1:])
            values[arms[job.arm], job.draws[0] : job.draws[-1] + 1, job.first : job.stop][..., columns] = block
    return Curves(times, values, central)


def dataset(study: ResolvedStudy, curves: Curves) -> xr.Dataset:
    """The arrays with their labels; time in hours, each output in its own unit (`unit`)."""
    import xarray as xr

    data = xr.Dataset(
        {
            "value": (("arm", "draw", "animal", "time", "output"), curves.values),
            "central": (("arm", "time", "output"), curves.central),
        },
        coords={
            "arm": [arm.name for arm in study.arms],
            "draw": np.arange(curves.values.shape[1], dtype=np.int32),
            "animal": np.arange(curves.values.shape[2], dtype=np.int32),
            "time": curves.times,
            "output": [output.name for output in study.outputs],
            "unit": ("output", [output.unit or evaluation.PURE for output in study.outputs]),
        },
        attrs={"title": study.title, "study": study.name},
    )
    data["time"].attrs["units"] = "h"
    return data


def metric_arrays(study: ResolvedStudy, curves: Curves, names: Sequence[str]) -> dict[tuple[str, str], Array]:
    """(arm, metric) -> (1 + draws, 1 + animals); row 0 is the central run (its animals are NaN)."""
    needed = evaluation.outputs_behind(names, study.metrics)
    found: dict[tuple[str, str], Array] = {}
    for number, arm in enumerate(study.arms):
        inside = curves.times <= arm.schedule.end
        recorded = {}
        for place, output in enumerate(study.outputs):
            if output.name not in needed:
                continue
            values = curves.values[number, ..., place]
            stack = np.full((1 + values.shape[0], values.shape[1], np.count_nonzero(inside)), np.nan)
            stack[0, 0], stack[1:] = curves.central[number, inside, place], values[..., inside]
            if not np.isnan(stack).all():
                recorded[output.name] = stack
        times = curves.times[inside]
        for name, values in evaluation.evaluate(names, study.metrics, study.outputs, times, recorded).items():
            found[arm.name, name] = values
    return found


def metric_rows(study: ResolvedStudy, arrays: dict[tuple[str, str], Array]) -> pd.DataFrame:
    """Tidy: arm, draw, animal, metric, value, unit."""
    import pandas as pd

    rows = []
    columns = ["arm", "draw", "animal", "metric", "value", "unit"]
    by_name = {metric.name: metric for metric in study.metrics}
    for (arm, name), values in arrays.items():
        draws, animals = np.indices(values[1:].shape)
        unit = evaluation.metric_unit(by_name[name], study.metrics, study.outputs)
        content = {"arm": arm, "draw": draws.ravel(), "animal": animals.ravel(), "metric": name}
        rows.append(pd.DataFrame({**content, "value": values[1:].ravel(), "unit": unit}))
    return pd.concat(rows, ignore_index=True)[columns] if rows else pd.DataFrame(columns=columns)


def contrast_rows(study: ResolvedStudy, arrays: dict[tuple[str, str], Array]) -> pd.DataFrame:
    """One row a draw: the contrast of the typical animals, and of the means over the animals of each group.

    The means are over the twins that have a number in both arms; without animals they are the typical one's.
    """
    import pandas as pd

    rows = []
    for contrast in study.contrasts:
        drawn = contrast_draws(contrast, arrays)
        if drawn is None:
            continue
        unit = evaluation.contrast_unit(contrast, study.metrics, study.outputs)
        for number, pair in enumerate(zip(*drawn, strict=True)):
            rows.append((contrast.name, number, float(pair[0]), float(pair[1]), unit))
    return pd.DataFrame(rows, columns=["contrast", "draw", "typical", "population", "unit"])


def contrast_draws(contrast: Contrast, arrays: dict[tuple[str, str], Array]) -> tuple[Array, Array] | None:
    """(draws,) of a contrast of the typical animals, and of the groups' means; None if an arm lacks its metric."""
    sides = [arrays.get((arm, contrast.metric)) for arm in (contrast.arm, contrast.against)]
    if sides[0] is None or sides[1] is None:
        return None
    typical = evaluation.contrast_of(contrast, sides[0][1:, 0], sides[1][1:, 0])
    return typical, evaluation.contrast_of(contrast, *_means_of_twins(sides[0][1:], sides[1][1:]))


def _means_of_twins(left: Array, right: Array) -> tuple[Array, Array]:
    if left.shape[1] > 1:
        left, right = left[:, 1:], right[:, 1:]
    both = ~(np.isnan(left) | np.isnan(right))
    count = both.sum(axis=1)
    sums = (np.where(both, side, 0.0).sum(axis=1) for side in (left, right))
    first, second = (np.where(count > 0, total / np.maximum(count, 1), np.nan) for total in sums)
    return first, second


def what_if_rows(plan: Plan, arrays: dict[tuple[str, str], Array], read: Reader) -> pd.DataFrame:
    """The contrast of the typical animals with the value moved in one arm: what_if, value, draw, contrast_value."""
    import pandas as pd

    study = plan.studies[0]
    rows = []
    for number, job in enumerate(plan.jobs):
        if job.kind != WHAT_IF:
            continue
        what_if = next(each for each in study.what_ifs if each.name == job.what_if)
        contrast = find_contrast(study, what_if.contrast)
        moved = _metric_of_chunk(plan, job, read(number), contrast.metric)
        moved = moved.reshape(len(job.draws), len(what_if.over))
        sides = []
        for arm in (contrast.arm, contrast.against):
            if arm == what_if.arm:
                sides.append(moved)
            else:
                still = arrays.get((arm, contrast.metric))
                sides.append(np.full(moved.shape, np.nan) if still is None else still[1:][list(job.draws), :1])
        values = evaluation.contrast_of(contrast, sides[0], sides[1])
        for place, drawn in enumerate(job.draws):
            for value, outcome in zip(what_if.over, values[place], strict=True):
                rows.append((what_if.name, float(value), drawn, float(outcome)))
    return pd.DataFrame(rows, columns=["what_if", "value", "draw", "contrast_value"])


def influence_rows(plan: Plan, arrays: dict[tuple[str, str], Array], read: Reader) -> pd.DataFrame:
    """Every contrast with one uncertain value at its 2.5 % (`low`) and 97.5 % end (`high`); swing = |high - low|."""
    import pandas as pd

    study = plan.studies[0]
    metrics = {contrast.metric for contrast in study.contrasts}
    moved: dict[tuple[str, str, Symbol], Array] = {}
    for number, job in enumerate(plan.jobs):
        if job.kind == INFLUENCE:
            chunk = read(number)
            for metric in metrics:
                values = _metric_of_chunk(plan, job, chunk, metric).reshape(-1, 2)
                moved.update({(job.arm, metric, Symbol(*each)): values[at] for at, each in enumerate(job.symbols)})
    trusts = _least_trusts(study)
    rows = []
    for contrast in study.contrasts:
        sides = (contrast.arm, contrast.against)
        if any((arm, contrast.metric) not in arrays for arm in sides):
            continue
        symbols = sorted({key[2] for key in moved if key[0] in sides and key[1] == contrast.metric})
        for symbol in symbols:
            ends = [moved.get((arm, contrast.metric, symbol), arrays[arm, contrast.metric][0, :1]) for arm in sides]
            low, high = np.broadcast_to(evaluation.contrast_of(contrast, *ends), (2,))
            ends_of_swing = (float(low), float(high), float(abs(high - low)))
            rows.append((contrast.name, symbol.name, symbol.row, trusts.get(symbol.row, ""), *ends_of_swing))
    return pd.DataFrame(rows, columns=["contrast", "value_name", "row", "trust", "low", "high", "swing"])


def _least_trusts(study: ResolvedStudy) -> dict[str, str]:
    """Row id -> the least trust with which any parameter in any arm stands on it."""
    found: dict[str, list[str]] = {}
    for arm in study.arms:
        for pin in arm.pins.values():
            found.setdefault(pin.value.id, []).append(pin.trust)
    return {row: min(words, key=LEAST_TRUST_FIRST.index) for row, words in found.items()}


def _metric_of_chunk(plan: Plan, job: Job, chunk: Chunk, metric: str) -> Array:
    """(subjects,) of a metric from the curves of one chunk; NaN if the arm lacks its outputs."""
    study = plan.studies[job.study]
    times = np.asarray(observe_times(study), float)
    inside = times <= next(arm.schedule.end for arm in study.arms if arm.name == job.arm)
    curves = {name: chunk.values[:, inside, place] for place, name in enumerate(job.outputs)}
    found = evaluation.evaluate([metric], study.metrics, study.outputs, times[inside], curves)
    return found.get(metric, np.full(job.subjects, np.nan))


def status_rows(plan: Plan, read: Reader) -> pd.DataFrame:
    """Every run that did not finish: which one, what happened when, and the state and process to blame."""
    import pandas as pd

    columns = ["study", "arm", "job", "draw", "animal", "status", "message", "time", "state", "process"]
    rows: list[tuple[Any, ...]] = []
    for number, job in enumerate(plan.jobs):
        for subject, status in enumerate(read(number).statuses):
            if status.status is Status.FINISHED:
                continue
            job_name, drawn, animal = _who(plan, job, subject)
            what = (status.status.name.lower(), status.message, status.time, status.state, status.process)
            rows.append((plan.studies[job.study].name, job.arm, job_name, drawn, animal, *what))
    return pd.DataFrame(rows, columns=columns)


def _who(plan: Plan, job: Job, subject: int) -> tuple[str, float, float]:
    """(what was run, draw, animal) of a subject of a job; NaN where there is no draw."""
    if job.kind == COHORT:
        place, animal = divmod(subject, job.stop - job.first)
        return job.kind, job.draws[place], job.first + animal
    if job.kind == INFLUENCE:
        name, end = job.symbols[subject // 2][0], ("low", "high")[subject % 2]
        return f"{job.kind}: {name} {end}", float("nan"), 0
    if job.kind == WHAT_IF:
        what_if = next(each for each in plan.studies[0].what_ifs if each.name == job.what_if)
        place, value = divmod(subject, len(what_if.over))
        return f"{job.kind}: {what_if.vary} = {what_if.over[value]:g}", job.draws[place], 0
    return job.kind, float("nan"), 0


def value_rows(study: ResolvedStudy) -> pd.DataFrame:
    """Every pinned value, one row per value and row of evidence, with all arms that stand on it."""
    import pandas as pd

    from exocosm.evidence.spread import spread_of

    arms_of: dict[tuple[Any, ...], list[str]] = {}
    for arm in study.arms:
        for pin in arm.pins.values():
            arms_of.setdefault((pin.name, pin), []).append(arm.name)
    rows = []
    for (name, pin), arms in arms_of.items():
        row, number, low, high, cv = pin.value, pin.value.value, pin.value.value, pin.value.value, 0.0
        if row.quantity != "correlation":
            spread = spread_of(row)
            low, high = central_95(spread)
            middle = draw(spread, 0.0, [-1.0, 1.0])
            cv = float((middle[1] - middle[0]) / 2 / abs(number)) if number else 0.0
        rows.append(
            {
                "arms": ", ".join(arms) if len(arms) < len(study.arms) else "all",
                "name": name,
                "value": number,
                "unit": row.unit,
                "low": low,
                "high": high,
                "between_subject_cv": cv,
                "method": row.method,
                "trust": pin.trust,
                "row": row.id,
                "quantity": row.quantity,
                "organism": row.organism,
                "organ": row.organ,
                "carrier": row.carrier,
                "cargo": row.cargo,
                "path": " ".join(pin.path),
                "source": row.source,
                "locator": row.locator,
                "basis": row.basis,
                "status": row.status,
                "note": row.note,
            }
        )
    return pd.DataFrame(rows)


def cited(studies: Sequence[ResolvedStudy]) -> tuple[str, ...]:
    """The bibliography keys of all pinned rows and measurements."""
    keys = set(cited_keys(tuple(pin for study in studies for arm in study.arms for pin in arm.pins.values())))
    keys |= {each.source for study in studies for each in study.measurements if each.source}
    return tuple(sorted(keys))


def bibliography(studies: Sequence[ResolvedStudy]) -> str:
    """BibTeX of exactly the sources used; those that the bibliography lacks are named in comments."""
    from exocosm.evidence.bibliography import cite
    from exocosm.evidence.catalogue import load_catalogue

    keys = cited(studies)
    if not keys:
        return ""
    try:
        sources = load_catalogue().sources
    except ExocosmError as problem:
        first_line = str(problem).splitlines()[0]
        return "".join(f"% {line}\n" for line in (f"the bibliography could not be read: {first_line}", *keys))
    unknown = [key for key in keys if key not in sources]
    comments = "".join(f"% {key}: named by the study itself; not in the bibliography\n" for key in unknown)
    return comments + cite([key for key in keys if key in sources], sources)
