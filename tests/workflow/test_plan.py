from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tiny_study import MODEL, TINY, arm, fixed

from exocosm.engines import choice
from exocosm.engines.cohort import native
from exocosm.errors import InputError
from exocosm.study.resolved import Measurement
from exocosm.study.stored import resolved_from_dict, resolved_to_dict
from exocosm.workflow import plan as planning
from exocosm.workflow.plan import CENTRAL, COHORT, INFLUENCE, SUBJECTS, WHAT_IF, count_solves, plan_of

DRAWS = SUBJECTS[plan_of(TINY).engine] // (1 + TINY.animals)  # of one job


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
    several = replace(TINY, draws=3 * DRAWS)
    plan = plan_of(several)
    cohorts = {key for job, key in zip(plan.jobs, plan.keys, strict=True) if job.kind == COHORT}
    assert len(cohorts) == 2 * 3
    assert cohorts <= set(plan_of(replace(several, draws=4 * DRAWS - 1)).keys)  # more draws keep those that are there


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


def cohorts_of(study):
    jobs = [job for job in plan_of(study).jobs if job.kind == COHORT and job.arm == "plain"]
    assert all(job.subjects == len(job.draws) * (job.stop - job.first) for job in jobs)
    return [(job.draws, job.first, job.stop) for job in jobs]


def test_small_cohorts_of_several_draws_are_one_job_and_large_ones_are_cut():
    reference = replace(TINY, engine="reference")
    assert cohorts_of(replace(reference, animals=120, draws=1)) == [((0,), 0, 50), ((0,), 50, 100), ((0,), 100, 121)]
    assert cohorts_of(replace(reference, animals=19, draws=3)) == [((0, 1), 0, 20), ((2,), 0, 20)]
    assert cohorts_of(TINY) == [(tuple(range(6)), 0, 5)]
    assert cohorts_of(replace(TINY, draws=0)) == [((0,), 0, 5)]
    whole = SUBJECTS[plan_of(TINY).engine]
    assert [(first, stop) for _, first, stop in cohorts_of(replace(TINY, animals=whole, draws=2))] == [
        (0, whole), (whole, whole + 1)
    ] * 2  # fmt: skip


def test_a_job_records_few_numbers(monkeypatch):
    monkeypatch.setattr(planning, "MOST_NUMBERS", 6 * 2 * 7)  # times x outputs x subjects
    assert [len(draws) * (stop - first) for draws, first, stop in cohorts_of(TINY)] == [5] * 6
    monkeypatch.setattr(planning, "MOST_NUMBERS", 1)
    assert max(job.subjects for job in plan_of(TINY).jobs if job.kind in {CENTRAL, COHORT}) == 1


def test_jobs_and_their_engine_can_be_printed():
    words = [str(job) for job in plan_of(TINY).jobs]
    assert "cohort of arm 'plain' (draws 0 to 5, animals 0 to 4)" in words
    assert "what_if of arm 'targeted' (targeting, draws 0 to 5)" in words


def test_keys_are_those_of_the_engine_that_solves(monkeypatch):
    """Whatever word asked for it; so a run that is taken up with another engine takes over nothing."""
    by_word = {word: plan_of(replace(TINY, engine=word)) for word in choice.ENGINES}
    assert by_word["automatic"].engine == by_word["cohort"].engine == "cohort"
    assert by_word["automatic"].keys == by_word["cohort"].keys
    assert not set(by_word["reference"].keys) & set(by_word["cohort"].keys)
    processor = native.processor()
    monkeypatch.setattr(native, "processor", lambda: replace(processor, features=processor.features + ",+wings"))
    assert not set(plan_of(TINY).keys) & set(by_word["cohort"].keys)  # another machine
    assert plan_of(replace(TINY, engine="reference")).keys == by_word["reference"].keys
    monkeypatch.setattr(native, "is_available", lambda: False)
    assert plan_of(TINY).keys == by_word["reference"].keys
    with pytest.raises(InputError, match="cohort engine cannot run here: llvmlite"):
        plan_of(replace(TINY, engine="cohort"))
    with pytest.raises(InputError, match="no engine 'cohrot'; did you mean 'cohort'"):
        plan_of(replace(TINY, engine="cohrot"))


def test_names_that_do_not_fit_are_said():
    with pytest.raises(InputError, match="gain_in_tissue"):
        plan_of(replace(TINY, what_ifs=(replace(TINY.what_ifs[0], contrast="gain_in_tisue"),)))
    with pytest.raises(InputError, match="compares"):
        other = arm("third", gain=fixed("g", 1.0, "dimensionless"))
        plan_of(replace(TINY, arms=(*TINY.arms, other), what_ifs=(replace(TINY.what_ifs[0], arm="third"),)))
    with pytest.raises(InputError, match="targeted"):
        plan_of(replace(TINY, contrasts=(replace(TINY.contrasts[0], arm="targetted"),), what_ifs=()))
