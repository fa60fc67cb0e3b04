"""The made-up models are what the benchmark says they are."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from benchmarks.cases import made_up_case
from benchmarks.cohort import truth_of
from benchmarks.errors import relative_errors
from benchmarks.models import SIZES, cohort, family, made_up_model, weekly_doses
from benchmarks.pieces import SPREAD
from exocosm.network.check import check_model
from exocosm.network.compile import compile_model


@pytest.mark.parametrize("states", [20, 75, 200])
def test_the_models_are_sound(states: int) -> None:
    assert check_model(family(states), dosed=["loaded@plasma"]) == []


@pytest.mark.parametrize("states", SIZES)
def test_the_family_has_the_sizes_that_it_names(states: int) -> None:
    assert len(family(states).states) == states


def test_the_model_of_75_states_is_as_large_and_as_sparse_as_said() -> None:
    compiled = compile_model(made_up_model())
    assert len(compiled.states) == 75
    assert 300 <= len(compiled.jacobian_pattern) <= 350
    assert 170 <= len(compiled.processes) <= 210
    assert 100 <= len(compiled.parameters) <= 120


def test_there_are_twelve_weekly_doses_and_200_times() -> None:
    schedule = weekly_doses()
    (dose,) = schedule.doses
    assert np.diff(dose.times) == pytest.approx(168.0) and len(dose.times) == 12 and dose.times[0] == 0.0
    assert schedule.end == 2016.0 == schedule.observe_times[-1] and len(schedule.observe_times) == 200
    assert np.diff(schedule.observe_times) == pytest.approx(10.08)


def test_every_parameter_differs_between_subjects_by_5_to_50_percent() -> None:
    model = made_up_model()
    drawn = cohort(model, 20_000)
    for one in model.parameters:
        spread = float(one.context[SPREAD])
        assert 0.05 <= spread <= 0.5
        values = drawn[one.name]
        assert np.std(values) / np.mean(values) == pytest.approx(spread, rel=0.1)
        assert np.median(values) == pytest.approx(one.value, rel=0.05)


def test_the_first_subjects_are_the_same_in_every_cohort() -> None:
    few, many = cohort(made_up_model(), 3), cohort(made_up_model(), 50)
    assert all(np.array_equal(few[name], many[name][:3]) for name in few)


def test_subjects_go_round_and_round() -> None:
    case = made_up_case(20, 5)
    assert np.array_equal(case.cut(4, 7)["dose"], case.parameters["dose"][[4, 0, 1]])


@pytest.mark.slow
def test_the_truth_agrees_with_another_solver() -> None:
    case = made_up_case(75, 1, observations=12)
    truth = truth_of(case, 1)
    model, p = case.compiled, [float(case.parameters[name][0]) for name in case.compiled.parameters]
    bound, state, start = model.bind(p), np.array(model.initial(p)), 0.0
    size = len(state)
    rows, columns = np.array(model.jacobian_pattern).T

    def jacobian(t: float, y: np.ndarray) -> np.ndarray:
        full = np.zeros((size, size))
        full[rows, columns] = bound.jacobian(t, y.tolist())
        return full

    values = []
    assert case.peaks is not None
    for end in case.schedule.observe_times:  # one look a week, just before the next dose
        state[model.states.index("loaded@plasma")] += float(case.parameters["dose"][0])
        solved = solve_ivp(
            lambda t, y: bound.rhs(t, y.tolist()), (start, end), state, "Radau", jac=jacobian, rtol=1e-9,
            atol=1e-11 * case.peaks,
        )  # fmt: skip
        state, start = solved.y[:, -1].copy(), end
        values.append(state.copy())
        if end < case.schedule.end:  # what is recorded at the moment of a dose has the dose in it
            values[-1][model.states.index("loaded@plasma")] += float(case.parameters["dose"][0])
    assert np.max(relative_errors(np.array([values]), truth)) < 1e-5
