"""What the experimenter adds, and rates that change with time, against exact answers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from exam_models import TIGHT, decay, model
from examined import Solve
from hypothesis import given, settings
from hypothesis import strategies as st

from exocosm.engines import reference
from exocosm.engines.contract import Dose, EventRecord, Schedule
from exocosm.engines.thresholds import moments


def test_a_bolus_is_seen_just_after_it(solve: Solve) -> None:
    schedule = Schedule(2, (0.0, 0.5, 1.0, 2.0), (Dose("x", "5", (0.0, 1.0, 2.0)),))
    found = solve(decay(start=0), {"k": 1.0}, schedule, TIGHT)["x"][0]
    after = 5 * math.exp(-1) + 5
    assert found == pytest.approx([5, 5 * math.exp(-0.5), after, after * math.exp(-1) + 5], rel=1e-8)


def test_the_amount_may_differ_between_subjects(solve: Solve) -> None:
    schedule = Schedule(1, (0.0, 1.0), (Dose("x", "2 * d", (0.0,)),))
    system = decay(start=0, parameters="k d")
    found = solve(system, {"k": 1.0, "d": [1.0, 10.0]}, schedule, TIGHT)["x"]
    assert found == pytest.approx(np.array([[2, 2 / math.e], [20, 20 / math.e]]), rel=1e-8)


def test_doses_at_one_moment_add_up_and_are_read_before_any_of_them(solve: Solve) -> None:
    doses = (
        Dose("x", "1", (1.0, 1.0)),
        Dose("x", "10", (1.0,), condition="x < 0.5", name="first"),
        Dose("x", "x", (1.0,)),
    )
    solution = solve(decay(), {"k": 1.0}, Schedule(1, (1.0,), doses), TIGHT)
    assert solution["x"][0, 0] == pytest.approx(12 + 2 * math.exp(-1), rel=1e-8)
    assert solution.events == (EventRecord(0, "first", 1.0, True),)


def infused(time: float, start: float, end: float, rate: float) -> float:
    """dx/dt = rate - x between start and end, x = 0 before."""
    if time <= start:
        return 0.0
    during = rate * (1 - math.exp(-(min(time, end) - start)))
    return during * math.exp(-max(0.0, time - end))


def test_infusion(solve: Solve) -> None:
    times = (0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0)
    solution = solve(decay(start=0), {"k": 1.0}, Schedule(6, times, (Dose("x", "12", (1.0,), duration=3.0),)), TIGHT)
    assert solution["x"][0] == pytest.approx([infused(t, 1, 4, 4.0) for t in times], rel=1e-8, abs=1e-11)


def test_overlapping_and_unfinished_infusions(solve: Solve) -> None:
    times = (0.5, 1.5, 2.5, 3.5)
    dose = Dose("x", "2", (0.0, 1.0, 3.0), duration=2.0)
    found = solve(decay(start=0), {"k": 1.0}, Schedule(3.5, times, (dose,)), TIGHT)["x"][0]
    expected = [sum(infused(t, s, s + 2, 1.0) for s in (0.0, 1.0, 3.0)) for t in times]
    assert found == pytest.approx(expected, rel=1e-8)


def test_what_is_infused_is_all_there(solve: Solve) -> None:
    solution = solve(model({"x": 0}), {}, Schedule(10, (10.0,), (Dose("x", "7", (0.1, 0.2, 0.3), duration=0.7),)))
    assert solution["x"][0, 0] == pytest.approx(21, rel=1e-12)


def test_a_conditional_dose_is_decided_at_its_time(solve: Solve) -> None:
    dose = Dose("x", "10", (1.0, 2.0, 3.0), condition="x < 0.2", name="top-up")
    solution = solve(decay(), {"k": 1.0}, Schedule(4, (1.0, 2.0, 3.0), (dose,)), TIGHT)
    second = math.exp(-2) + 10
    assert solution["x"][0] == pytest.approx([math.exp(-1), second, second / math.e], rel=1e-8)
    assert [(one.time, one.happened) for one in solution.events] == [(1.0, False), (2.0, True), (3.0, False)]


def test_a_conditional_infusion_that_is_refused_adds_nothing(solve: Solve) -> None:
    dose = Dose("x", "10", (1.0,), duration=1.0, condition="x > 100")
    assert solve(decay(), {"k": 1.0}, Schedule(3, (3.0,), (dose,)), TIGHT)["x"][0, 0] == pytest.approx(math.exp(-3))


def test_a_smooth_rate_in_time(solve: Solve) -> None:
    """dx/dt = e^(-t/2) - x gives x = 2 (e^(-t/2) - e^-t)."""
    system = model({"x": 0}, {"make": ("exp(-time / 2)", {}, {"x": 1}), "loss": ("x", {"x": 1}, {})})
    found = solve(system, {}, Schedule(8, (1.0, 3.0, 8.0)), TIGHT)["x"][0]
    assert found == pytest.approx([2 * (math.exp(-t / 2) - math.exp(-t)) for t in (1, 3, 8)], rel=1e-8)


@pytest.mark.parametrize("condition", ["time > on and time <= on + width", "time >= on and not (time - on > width)"])
def test_a_short_pulse_in_a_long_run_is_not_stepped_over(solve: Solve, condition: str) -> None:
    pulse = (f"if({condition}, 1 / width, 0)", {}, {"x": 1.0})
    system = model({"x": 0}, {"pulse": pulse}, parameters="on width")
    width = [1e-3, 0.1, 10.0]
    solution = solve(system, {"on": [17.3, 5.0, 80.0], "width": width}, Schedule(100, (1.0, 100.0)), TIGHT)
    assert solution["x"] == pytest.approx(np.array([[0, 1], [0, 1], [0, 1]]), rel=1e-9, abs=1e-11)


@pytest.mark.parametrize("rate", ["max(0, 1 - abs(time - 50))", "if((time - 50)^2 < 1, 0.5, 0)"])
def test_curved_comparisons_of_time_are_found_too(solve: Solve, rate: str) -> None:
    system = model({"x": 0}, {"pulse": (rate, {}, {"x": 1})})
    assert solve(system, {}, Schedule(100, (100.0,)), TIGHT)["x"][0, 0] == pytest.approx(1, rel=1e-8)


def test_thresholds_work_through_assignments_and_stop_and_go(solve: Solve) -> None:
    """Growth at +1 per hour until `stop`, then -1."""
    system = model(variables={"x": ("if(time < stop, 1, -1)", 0)}, parameters="stop")
    solution = solve(system, {"stop": [2.0, 7.5]}, Schedule(10, (2.0, 7.5, 10.0)), TIGHT)
    assert solution["x"] == pytest.approx(np.array([[2, -3.5, -6], [2, 7.5, 5]]), rel=1e-9)


@settings(max_examples=50)
@given(st.floats(-5, 15), st.floats(0.1, 10))
def test_moments_of_linear_differences_are_exact(onset: float, slope: float) -> None:
    found = moments(lambda t: [slope * (t - onset)], 0.0, 10.0)
    if 1e-9 < onset < 10 - 1e-9:
        assert found == (pytest.approx(onset, rel=1e-12, abs=1e-14),)
    elif not 0 <= onset <= 10:
        assert found == ()


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 40), st.floats(0.1, 50), st.sampled_from([0.0, 0.0, 0.3, 2.0])), max_size=6),
    st.floats(0.05, 5),
)
def test_a_linear_model_adds_up_over_any_schedule(given_doses: list[tuple[int, float, float]], k: float) -> None:
    """Superposition: what all doses give together is the sum of what each gives alone."""
    times = tuple(np.linspace(0, 4, 9))
    schedule = tuple(Dose("x", repr(amount), (when / 10,), duration) for when, amount, duration in given_doses)
    together = reference.solve(decay(start=0), {"k": k}, Schedule(4, times, schedule), TIGHT)["x"][0]

    def alone(when: float, amount: float, duration: float, t: float) -> float:
        if t < when:
            return 0.0
        if duration == 0.0:
            return amount * math.exp(-k * (t - when))
        during = amount / duration / k * (1 - math.exp(-k * (min(t, when + duration) - when)))
        return during * math.exp(-k * max(0.0, t - when - duration))

    expected = [sum(alone(w / 10, a, d, t) for w, a, d in given_doses) for t in times]
    assert together == pytest.approx(expected, rel=1e-7, abs=1e-9)
