from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tiny_study import MODEL, TINY, arm, fixed

from exocosm.errors import InputError
from exocosm.study.resolved import Measurement
from exocosm.study.stored import resolved_from_dict, resolved_to_dict
from exocosm.workflow.plan import CENTRAL, COHORT, INFLUENCE, WHAT_IF, count_solves, plan_of


def test_the_number_of_solves_by_hand():
    # 2 arms; 6 draws x 5 subjects; 2 uncertain values x 2 ends; 6 draws x 4 values
    assert count_solves(TINY) == {
        CENTRAL: 2,
        COHORT: 2 * 6 * 5,
        INFLUENCE: 2 * 4,
        WHAT_IF: 24,
        "comparisons": 0,
        "total": 94,
    }
    assert count_solves(replace(TINY, draws=0)) == {
        CENTRAL: 2,
        COHORT: 2 * 5,
        INFLUENCE: 0,
        WHAT_IF: 4,
        "comparisons": 0,
        "total": 16,
    }


def test_keys_survive_storing_and_change_with_what_they_rest_on():
    plan = plan_of(TINY)
    assert len(set(plan.keys)) == len(plan.keys)
    stored = resolved_from_dict(json.loads(json.dumps(resolved_to_dict(TINY))))
    assert plan_of(stored).keys == plan.keys
    assert plan_of(replace(TINY, title="Another", contrasts=TINY.contrasts)).keys == plan.keys
    for changed in (replace(TINY, seed=8), replace(TINY, tolerances=replace(TINY.tolerances, relative=1e-4))):
        assert not set(plan_of(changed).keys) & set(plan.keys)
    more = replace(TINY, draws=8)
    cohorts = {key for job, key in zip(plan.jobs, plan.keys, strict=True) if job.kind == COHORT}
    assert cohorts <= set(plan_of(more).keys)  # more draws keep those that are there


def test_a_comparison_runs_only_what_its_measurements_need():
    child = replace(
        TINY,
        name="child",
        measurements=(Measurement("m", "", "plain", "prediction", "nmol", metric="tissue_exposure", values=(1.0,)),),
    )
    jobs = [job for job in plan_of(replace(TINY, comparisons=(child,))).jobs if job.study == 1]
    assert {job.arm for job in jobs} == {"plain"}
    assert {job.outputs for job in jobs} == {("tissue",)}
    assert {job.kind for job in jobs} == {CENTRAL, COHORT}


def test_an_arm_skips_outputs_that_its_model_lacks():
    small = replace(
        MODEL,
        species=MODEL.species[:1],
        places=MODEL.places[:1],
        processes=MODEL.processes[:1],
    )
    study = replace(TINY, arms=(*TINY.arms, arm("small", model=small)))
    outputs = {job.arm: job.outputs for job in plan_of(study).jobs if job.kind == COHORT}
    assert outputs == {"plain": ("plasma", "tissue"), "targeted": ("plasma", "tissue"), "small": ("plasma",)}


def test_large_cohorts_are_cut():
    jobs = [
        job for job in plan_of(replace(TINY, animals=120, draws=1)).jobs if job.kind == COHORT and job.arm == "plain"
    ]
    assert [(job.first, job.stop) for job in jobs] == [(0, 50), (50, 100), (100, 121)]


def test_names_that_do_not_fit_are_said():
    with pytest.raises(InputError, match="gain_in_tissue"):
        plan_of(replace(TINY, what_ifs=(replace(TINY.what_ifs[0], contrast="gain_in_tisue"),)))
    with pytest.raises(InputError, match="compares"):
        other = arm("third", gain=fixed("g", 1.0, "dimensionless"))
        plan_of(replace(TINY, arms=(*TINY.arms, other), what_ifs=(replace(TINY.what_ifs[0], arm="third"),)))
    with pytest.raises(InputError, match="targeted"):
        plan_of(replace(TINY, contrasts=(replace(TINY.contrasts[0], arm="targetted"),), what_ifs=()))
