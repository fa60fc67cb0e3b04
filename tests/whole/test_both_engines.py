"""The shipped studies on both engines: each as exact as its tolerances ask, and so the same within these."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

import exocosm
from exocosm.engines.contract import Tolerances
from exocosm.study.resolved import ResolvedStudy
from exocosm.workflow.chunks import Bench, solve_job
from exocosm.workflow.plan import CENTRAL, COHORT, Job, outputs_of, plan_of

EXAMPLES = Path(__file__).parents[2] / "examples"
SMALL = ("from_papers/banks2003", "predictions/simpson_herren1974", "predictions/doxorubicin_heart")
MODELS = [
    path for path in EXAMPLES.rglob("*.yaml") if path.parent.name not in ("bench", "screening")
]  # no models in those folders
REST = sorted({path.relative_to(EXAMPLES).with_suffix("").as_posix() for path in MODELS} - {*SMALL})
# errors of single steps add up over a run: how many relative tolerances, of the highest value of a curve
COHORT_ERRORS, REFERENCE_ERRORS = 20, 400


def curves(study: ResolvedStudy, engine: str) -> dict[str, np.ndarray]:
    """(arm, output) -> (subject, time): the central run, and three animals of two draws."""
    plan = plan_of(replace(study, engine=engine))
    assert plan.engine == engine
    bench, found = Bench(plan), {}
    for arm in study.arms:
        names = outputs_of(arm, study.outputs)
        jobs = [Job(0, CENTRAL, arm.name, names, 1), Job(0, COHORT, arm.name, names, 6, draws=(0, 1), first=0, stop=3)]
        chunks = [solve_job(bench, job) for job in jobs]
        assert {status.status.name for chunk in chunks for status in chunk.statuses} <= {"FINISHED"}
        values = np.concatenate([chunk.values for chunk in chunks])
        found |= {f"{arm.name} {name}": values[:, :, place] for place, name in enumerate(names)}
    return found


def tighter(tolerances: Tolerances) -> Tolerances:
    absolute = MappingProxyType({unit: 1e-4 * number for unit, number in tolerances.absolute.items()})
    relative = max(1e-13, 1e-4 * tolerances.relative)
    return replace(tolerances, relative=relative, absolute=absolute, default_absolute=1e-14)


def errors(found: dict[str, np.ndarray], right: dict[str, np.ndarray], relative: float) -> dict[str, float]:
    """The largest error of each curve, in relative tolerances of its highest value."""
    assert set(found) == set(right)
    measured = {}
    for name, curve in right.items():
        assert (np.isnan(found[name]) == np.isnan(curve)).all(), name
        highest = np.nanmax(np.abs(curve), axis=1, keepdims=True)
        wrong = np.abs(found[name] - curve) / np.where(highest > 0, highest, 1.0)
        measured[name] = float(np.nanmax(wrong)) / relative
    return measured


@pytest.mark.parametrize("name", [*SMALL, *(pytest.param(each, marks=pytest.mark.slow) for each in REST)])
def test_both_engines_are_as_exact_as_a_study_asks(name: str) -> None:
    study = replace(exocosm.load(EXAMPLES / f"{name}.yaml", draws=2, animals=2).resolve(), comparisons=())
    right = curves(replace(study, tolerances=tighter(study.tolerances)), "reference")
    for engine, most in (("cohort", COHORT_ERRORS), ("reference", REFERENCE_ERRORS)):
        found = errors(curves(study, engine), right, study.tolerances.relative)
        assert max(found.values()) < most, {each: number for each, number in found.items() if not number < most}
        assert max(found.values()) > 0  # two solutions, not one twice
