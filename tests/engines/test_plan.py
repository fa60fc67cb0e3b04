"""What is prepared before the first subject."""

from __future__ import annotations

import numpy as np
import pytest
from exam_models import decay
from examined import Solve

from exocosm.engines.contract import Schedule, Tolerances
from exocosm.engines.plan import plan_run
from exocosm.network.compile import compile_model
from exocosm.network.parts import Model, Parameter, Place, Species, Variable


def test_a_state_s_own_tolerance_wins_over_its_unit_s_and_that_over_the_default() -> None:
    system = Model(
        places=(Place("box", "1"),),
        species=(
            Species("own", "box", "umol", absolute_tolerance=2e-3),
            Species("by_unit", "box", "pmol"),
            Species("counted", "box", "vesicle"),
        ),
        variables=(Variable("score", "1"),),
    )
    tolerances = Tolerances(absolute={"umol": 5e-6}, default_absolute=1e-7)
    plan = plan_run(compile_model(system), {}, Schedule(1, (1.0,)), tolerances, None)
    assert plan.absolute == pytest.approx([2.0, 5e-3, 1e-7, 1e-7], rel=1e-12)


def test_a_parameter_set_in_the_model_may_be_left_out_or_given(solve: Solve) -> None:
    system = decay(parameters="") + Model(parameters=(Parameter("k", "1/minute", 0.01),))
    schedule = Schedule(1, (1.0,))
    assert solve(system.named("exam"), {}, schedule)["x"][0, 0] == pytest.approx(np.exp(-0.6), rel=1e-4)
    assert solve(system.named("exam"), {"k": [2.0, 1.0]}, schedule)["x"][:, 0] == pytest.approx(
        np.exp([-2.0, -1.0]), rel=1e-4
    )


def test_without_a_wish_the_outputs_of_the_model_are_observed(solve: Solve) -> None:
    system = decay() + Model(outputs=("concentration(x)",))
    assert solve(system, {"k": 1.0}, Schedule(1, (1.0,))).observables == ("concentration(x)",)
    assert solve(decay(), {"k": 1.0}, Schedule(1, (1.0,))).observables == ("x",)
