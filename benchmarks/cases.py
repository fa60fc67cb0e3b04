"""The cases: a shipped study's body, and the made-up model with its relatives."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.models import cohort, family, weekly_doses
from benchmarks.peers import Case
from exocosm.network.compile import compile_model
from exocosm.study.load import load
from exocosm.study.resolve import resolve
from exocosm.workflow import sampling as drawing

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
STUDY, ARM = "doxorubicin_carriers.yaml", "exosomal"
DRAWS, ANIMALS = 64, 16
OBSERVATIONS = 200


def body_case(draws: int = DRAWS, animals: int = ANIMALS) -> Case:
    """The exosomal arm of the shipped study: draws x animals subjects, its own doses, all states at 200 times."""
    study = resolve(load(EXAMPLES / STUDY))
    arm = next(arm for arm in study.arms if arm.name == ARM)
    sampling = replace(drawing.sampling_of(study), draws=draws, animals=animals - 1)  # and the typical one
    drawn = drawing.cohort(sampling, ARM, sampling.cohort_draws, range(animals))
    # the first animal of every draw, then the second of every draw, ...
    parameters = {name: values.reshape(draws, animals).T.reshape(-1) for name, values in drawn.items()}
    times = np.linspace(arm.schedule.end / OBSERVATIONS, arm.schedule.end, OBSERVATIONS)
    compiled = compile_model(arm.model)
    states = len(compiled.states)
    name = f"shipped body model ({study.name}, {ARM}), {states} states"
    return Case(name, compiled, parameters, replace(arm.schedule, observe_times=tuple(times)), compiled.states)


def made_up_case(states: int = 75, subjects: int = 2048, observations: int = OBSERVATIONS) -> Case:
    """A member of the made-up family with twelve weekly doses, all states observed."""
    model = family(states)
    compiled = compile_model(model)
    schedule = weekly_doses(observations)
    return Case(f"made-up model, {states} states", compiled, cohort(model, subjects), schedule, compiled.states)


def case_of(name: str) -> Case:
    """A case of one subject by a short name: `body`, or the number of states of a made-up model."""
    return body_case(1, 1) if name == "body" else made_up_case(int(name), 1)
