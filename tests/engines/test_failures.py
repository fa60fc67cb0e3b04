"""Requests that cannot be met are refused at once; subjects that fail say where and why, and leave others alone."""

from __future__ import annotations

import math

import numpy as np
import pytest
from exam_models import decay, model
from examined import Solve

from exocosm.engines import reference
from exocosm.engines.contract import Dose, Schedule, Status, Tolerances
from exocosm.engines.integrators import cvode_is_installed
from exocosm.errors import SolveError

DAY = Schedule(2, (0.0, 0.5, 2.0))


def test_missing_unknown_and_uneven_parameters_are_named_all_at_once(solve: Solve) -> None:
    system = decay("clearance * x + other * x + third * x", parameters="clearance other third")
    with pytest.raises(SolveError) as caught:
        solve(system, {"clearence": 1.0, "other": [1.0, 2.0], "third": [1.0, 2.0, 3.0]}, DAY)
    message = str(caught.value)
    assert "no parameter 'clearence'" in message and "did you mean 'clearance'" in message
    assert "parameter 'clearance' (1) has no value" in message
    assert "'other' has 2, 'third' has 3" in message


@pytest.mark.parametrize("value", ["1", None, [[1.0]], True, [1.0, "a"]])
def test_parameters_are_numbers(solve: Solve, value: object) -> None:
    with pytest.raises(SolveError, match="'k' must be a number"):
        solve(decay(), {"k": value}, DAY)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Schedule(-1, ()), "must go forward"),
        (Schedule(math.nan, ()), "must go forward"),
        (Schedule(2, (3.0,)), "observation time 3.0 h is not within"),
        (Schedule(2, (1.0, 1.0)), "must increase"),
        (Schedule(2, (1.0, math.nan)), "not within"),
        (Schedule(2, (), (Dose("x", "1", (5.0,), name="late"),)), "dose 'late' at 5.0 h is not within"),
        (Schedule(2, (), (Dose("x", "1", (0.0,), duration=-1.0),)), "duration of -1.0 h"),
        (Schedule(2, (), (Dose("X", "1", (0.0,)),)), "'X', which is no species of the model; known: x"),
        (Schedule(2, (), (Dose("v", "1", (0.0,)),)), "'v', which is a variable"),
        (Schedule(2, (), (Dose("x", "1 +", (0.0,)),)), "amount of dose 'dose'"),
        (Schedule(2, (), (Dose("x", "1", (0.0,), condition="y > 1"),)), "condition of dose 'dose'"),
    ],
)
def test_impossible_schedules_are_refused(solve: Solve, schedule: Schedule, expected: str) -> None:
    with pytest.raises(SolveError, match=expected):
        solve(model({"x": 1}, variables={"v": ("0", 0)}), {}, schedule)


def test_unknown_observables_and_bad_tolerances_are_refused(solve: Solve) -> None:
    with pytest.raises(SolveError, match="observable 'y'"):
        solve(decay(), {"k": 1.0}, DAY, observe=["x", "y"])
    for tolerances in (Tolerances(0.0), Tolerances(1.0), Tolerances(1e-6, default_absolute=0.0)):
        with pytest.raises(SolveError, match="tolerance"):
            solve(decay(), {"k": 1.0}, DAY, tolerances)
    with pytest.raises(SolveError, match="absolute tolerance of 'bananas'"):
        solve(decay(), {"k": 1.0}, DAY, Tolerances(absolute={"bananas": 1.0}))


def test_a_blow_up_names_time_state_and_process(solve: Solve) -> None:
    """y' = y^2 reaches infinity at t = 1; an innocent bystander is not blamed."""
    system = model({"y": 1, "z": 1e9}, {"runaway": ("y^2", {}, {"y": 1}), "calm": ("z", {"z": 1}, {})})
    solution = solve(system, {}, Schedule(2, (0.0, 0.5, 1.5, 2.0)))
    status = solution.statuses[0]
    assert status.status is Status.FAILED
    assert status.time == pytest.approx(1.0, abs=1e-3)
    assert (status.state, status.process) == ("y", "runaway")
    assert "'y'" in status.message and "'runaway'" in status.message
    assert solution["y"][0, :2] == pytest.approx([1, 2], rel=1e-4)
    assert np.isnan(solution.values[0, 2:]).all()


def test_a_blow_up_of_a_variable_names_its_rule(solve: Solve) -> None:
    status = solve(model(variables={"y": ("y^2", 1)}), {}, DAY).statuses[0]
    assert status.state == "y" and status.process == "" and "its rate rule" in status.message


@pytest.mark.parametrize("growth", [0.5, 0.01])
@pytest.mark.parametrize("bystander", [1e10, 1.0])
def test_a_state_that_decays_is_not_blamed_for_the_blow_up_of_another(
    solve: Solve, growth: float, bystander: float
) -> None:
    """b' = g b^2 reaches infinity at 1 / g, when it was slower than the bystander all the way to the last moments."""
    processes = {"loss": ("a", {"a": 1}, {}), "grow": (f"{growth} * b^2", {}, {"b": 1})}
    status = solve(
        model({"a": bystander, "b": 1}, processes, unit="vesicle"), {}, Schedule(200, (0.0, 200.0))
    ).statuses[0]
    assert status.status is Status.FAILED and status.time == pytest.approx(1 / growth, rel=1e-3)
    assert (status.state, status.process) == ("b", "grow")
    assert "'b' and process 'grow'" in status.message


def test_a_variable_that_counts_time_is_not_blamed_for_a_blow_up(solve: Solve) -> None:
    system = model({"b": 1}, {"grow": ("0.01 * b^2", {}, {"b": 1})}, {"clock": ("1", 0)})
    status = solve(system, {}, Schedule(200, (0.0, 200.0))).statuses[0]
    assert (status.state, status.process) == ("b", "grow")


def test_what_an_unbounded_state_feeds_is_not_blamed(solve: Solve) -> None:
    """c is fed by b and is nearly empty, so that its rate is the larger one beside its amount; b is the cause."""
    processes = {"loss": ("a", {"a": 1}, {}), "make": ("b", {}, {"c": 1}), "grow": ("b^2", {}, {"b": 1})}
    status = solve(model({"a": 1e10, "c": 0, "b": 1}, processes), {}, DAY).statuses[0]
    assert (status.state, status.process) == ("b", "grow")


def test_a_division_that_runs_into_zero_is_blamed_beside_a_large_calm_state(solve: Solve) -> None:
    processes = {"calm": ("z", {"z": 1}, {}), "shrink": ("1 / x", {"x": 1}, {})}
    status = solve(model({"z": 1e10, "x": 1}, processes), {}, DAY).statuses[0]
    assert status.time == pytest.approx(0.5, rel=1e-2)
    assert (status.state, status.process) == ("x", "shrink")


def test_a_rate_that_loses_its_value_is_blamed(solve: Solve) -> None:
    system = model({"x": 1, "z": 1}, {"use": ("log(1 - time) * x", {"x": 1}, {}), "calm": ("z", {"z": 1}, {})})
    solution = solve(system, {}, DAY)
    status = solution.statuses[0]
    assert status.status is Status.FAILED and (status.state, status.process) == ("x", "use")
    assert status.time == pytest.approx(1.0, abs=1e-3)
    assert np.isnan(solution.values[0, 2]).all() and np.isfinite(solution.values[0, :2]).all()


def test_a_rate_without_value_at_the_very_start_fails_there(solve: Solve) -> None:
    solution = solve(model({"x": 0}, {"bad": ("1 / x", {}, {"x": 1})}), {}, DAY)
    assert (solution.statuses[0].state, solution.statuses[0].process) == ("x", "bad")
    assert np.isnan(solution["x"][0, 1:]).all() and solution["x"][0, 0] == 0


def test_a_rate_that_does_not_stop_at_zero_is_named_as_such(solve: Solve) -> None:
    processes = {"zero_order": ("1", {"x": 1}, {}), "slow": ("0.01 * x", {"x": 1}, {})}
    solution = solve(model({"x": 1}, processes), {}, Schedule(3, (0.5, 1.5, 3.0)))
    status = solution.statuses[0]
    assert status.status is Status.FAILED and (status.state, status.process) == ("x", "zero_order")
    assert "became negative" in status.message and status.time == 1.5
    assert np.isnan(solution["x"][0, 1:]).all() and solution["x"][0, 0] > 0


def test_the_process_named_for_a_negative_amount_is_one_that_takes(solve: Solve) -> None:
    processes = {"in": ("1", {}, {"x": 1}), "take": ("0.7", {"x": 1}, {}), "take_too": ("0.6", {"x": 1}, {})}
    status = solve(model({"x": 1}, processes), {}, Schedule(10, (10.0,))).statuses[0]
    assert (status.state, status.process) == ("x", "take")


def test_rounding_below_zero_is_no_failure(solve: Solve) -> None:
    steps = {"a": ("1e4 * x", {"x": 1}, {"y": 1}), "b": ("1e3 * y", {"y": 1}, {})}
    solution = solve(model({"x": 1e6, "y": 0}, steps), {}, Schedule(100, tuple(np.linspace(0, 100, 50))))
    assert solution.statuses[0].status is Status.FINISHED
    assert np.abs(solution.values[0, 1:]).max() < 1e-3


def test_a_negative_initial_amount_is_a_failure(solve: Solve) -> None:
    assert solve(model({"x": -1}), {}, DAY).statuses[0].status is Status.FAILED


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_subject_without_a_number_does_not_disturb_others(solve: Solve, bad: float) -> None:
    solution = solve(decay(), {"k": [1.0, bad, 2.0]}, DAY)
    clean = solve(decay(), {"k": [1.0, 2.0]}, DAY)
    assert np.array_equal(solution.values[[0, 2]], clean.values)
    assert np.isnan(solution.values[1]).all()
    assert [one.status for one in solution.statuses] == [Status.FINISHED, Status.FAILED, Status.FINISHED]
    assert "parameter 'k'" in solution.statuses[1].message


def test_a_failing_subject_leaves_no_trace_in_the_next(solve: Solve) -> None:
    system = model({"x": 1}, {"grow": ("x^n", {}, {"x": 1})}, parameters="n")
    mixed = solve(system, {"n": [0.5, 3.0, 0.5]}, DAY)
    assert [one.status is Status.FAILED for one in mixed.statuses] == [False, True, False]
    assert np.array_equal(mixed.values[0], mixed.values[2])


@pytest.mark.parametrize("amount", ["-1", "1 / (k - k)"])
def test_an_impossible_amount_fails_its_subject_only(solve: Solve, amount: str) -> None:
    solution = solve(decay(), {"k": 1.0}, Schedule(2, (0.5, 2.0), (Dose("x", amount, (1.0,), name="shot"),)))
    assert "amount of dose 'shot'" in solution.statuses[0].message
    assert solution["x"][0, 0] > 0 and np.isnan(solution["x"][0, 1])


def test_an_initial_value_that_is_no_number_fails(solve: Solve) -> None:
    solution = solve(decay(start="1 / k"), {"k": [0.0, 1.0]}, DAY)
    assert "initial value of 'x'" in solution.statuses[0].message
    assert solution.statuses[1].status is Status.FINISHED


def test_too_many_steps_end_in_a_failure_not_in_waiting(solve: Solve) -> None:
    spin = model(variables={"x": ("1e4 * y", 1), "y": ("-1e4 * x", 0)})
    status = solve(spin, {}, Schedule(1000, (1000.0,)), Tolerances(max_steps=50)).statuses[0]
    assert status.status is Status.FAILED and 0 < status.time < 1000


def test_an_observable_without_value_is_mentioned_but_no_failure(solve: Solve) -> None:
    solution = solve(decay(start=0), {"k": 1.0}, DAY, observe=["x / x", "x"])
    assert solution.statuses[0].status is Status.FINISHED
    assert "'x / x' has no finite value at 0 h" in solution.statuses[0].message
    assert np.isnan(solution["x / x"]).all() and (solution["x"] == 0).all()


def test_nothing_to_do_is_done(solve: Solve) -> None:
    assert solve(decay(), {"k": 1.0}, Schedule(0, (0.0,)))["x"].tolist() == [[1.0]]
    assert solve(decay(), {"k": 1.0}, Schedule(1, ())).values.shape == (1, 0, 1)
    assert solve(decay(), {"k": []}, DAY).values.shape == (0, 3, 1)
    assert solve(model(), {}, DAY, observe=["time * 2"]).values.ravel().tolist() == [0.0, 1.0, 4.0]


def test_the_solver_prints_nothing(solve: Solve, capfd: pytest.CaptureFixture[str]) -> None:
    solve(model({"x": 1}, {"grow": ("x^2", {}, {"x": 1})}), {}, DAY)
    solve(model({"x": 1}, {"bad": ("log(1 - time)", {"x": 1}, {})}), {}, DAY)
    captured = capfd.readouterr()
    assert captured.out == "" and captured.err == ""


def test_radau_steps_in_where_cvode_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    from exocosm.engines.integrators import Stretch

    def refuse(system: object, start: float, state: list[float], *_: object) -> Stretch:
        return Stretch(np.empty((0, len(state))), start, np.array(state), problem="made to fail")

    monkeypatch.setattr(reference, "with_cvode", refuse)
    solution = reference.solve(decay(), {"k": 1.0}, DAY, Tolerances(1e-9))
    assert solution.statuses[0].status is Status.FINISHED
    assert solution["x"][0] == pytest.approx(np.exp([-0.0, -0.5, -2.0]), rel=1e-7)


def test_scikit_sundae_is_there() -> None:
    """Otherwise the two engines of this suite would be one."""
    assert cvode_is_installed()
