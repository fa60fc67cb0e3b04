"""Events: when they happen, in what order, and what they may not do."""

from __future__ import annotations

import math

import numpy as np
import pytest
from exam_models import TIGHT, decay, model
from examined import Solve

from exocosm.engines.contract import Dose, Schedule, Status
from exocosm.network.parts import Event


def growth(*events: Event, start: float = 1.0, rate: str = "x") -> object:
    return model(variables={"x": (rate, start), "count": ("0", 0)}, events=events)


def test_an_exponential_crosses_its_threshold_at_the_right_time(solve: Solve) -> None:
    event = Event("full", "x > limit", {"x": "1"})
    system = model(variables={"x": ("r * x", 1)}, parameters="r limit", events=(event,))
    limits = np.array([2.0, 10.0, 1e6])
    solution = solve(system, {"r": 0.5, "limit": limits}, Schedule(100, (100.0,)), TIGHT)
    for subject, limit in enumerate(limits):
        times = [one.time for one in solution.events if one.subject == subject]
        period = math.log(limit) / 0.5
        assert times == pytest.approx(period * np.arange(1, int(100 / period) + 1), rel=1e-8)
        assert solution["x"][subject, 0] == pytest.approx(math.exp(0.5 * (100 % period)), rel=1e-6)


def test_a_bouncing_ball(solve: Solve) -> None:
    """Height 1, gravity 1, bounces keep 80 % of the speed: bounce n at sqrt(2) (1 + 2 (0.8 + ... + 0.8^(n-1)))."""
    bounce = Event("bounce", "h < 0", {"h": "0", "v": "-0.8 * v"})
    system = model(variables={"h": ("v", 1), "v": ("-1", 0)}, events=(bounce,))
    solution = solve(system, {}, Schedule(8, (8.0,)), TIGHT)
    expected = [math.sqrt(2) * (1 + 2 * sum(0.8**k for k in range(1, n))) for n in range(1, 7)]
    expected = [time for time in expected if time < 8]
    assert [one.time for one in solution.events] == pytest.approx(expected, rel=1e-7)


def test_observations_at_an_event_are_after_it_and_all_are_there(solve: Solve) -> None:
    system = model(variables={"x": ("1", 0)}, events=(Event("reset", "x >= 2", {"x": "0"}),))
    solution = solve(system, {}, Schedule(5, (1.0, 2.0, 3.0, 5.0)), TIGHT)
    found = solution["x"][0]
    assert found[[0, 2, 3]] == pytest.approx([1, 1, 1], abs=1e-8)
    assert min(abs(found[1]), abs(found[1] - 2)) < 1e-8


def test_an_event_true_at_the_start_waits_until_it_has_been_false(solve: Solve) -> None:
    """x = cos t starts above one half, leaves, and comes back at 5 pi / 3."""
    back = Event("back", "x > 0.5", {"count": "count + 1"})
    system = model(variables={"x": ("-y", 1), "y": ("x", 0), "count": ("0", 0)}, events=(back,))
    solution = solve(system, {}, Schedule(12, (5.0, 6.0, 12.0)), TIGHT)
    assert [one.time for one in solution.events] == pytest.approx([5 * math.pi / 3, 11 * math.pi / 3], rel=1e-8)
    assert list(solution["count"][0]) == [0, 1, 2]


def test_an_event_happens_once_if_told_so(solve: Solve) -> None:
    once = Event("first", "x > 0.5", {"count": "count + 1"}, once=True)
    system = model(variables={"x": ("y", 0), "y": ("-x", 1), "count": ("0", 0)}, events=(once,))
    solution = solve(system, {}, Schedule(20, (20.0,)), TIGHT)
    assert [one.time for one in solution.events] == pytest.approx([math.pi / 6], rel=1e-8)


def test_simultaneous_events_all_read_the_state_before_them(solve: Solve) -> None:
    events = (Event("a", "x > 2", {"x": "10 + y", "y": "x"}), Event("b", "x > 2", {"y": "100 + x"}))
    system = model(variables={"x": ("1", 0), "y": ("0", 5)}, events=events)
    solution = solve(system, {}, Schedule(2.5, (2.5,)), TIGHT)
    assert [one.name for one in solution.events] == ["a", "b"]
    assert solution["x"][0, 0] == pytest.approx(15.5, rel=1e-7)
    assert solution["y"][0, 0] == pytest.approx(102, rel=1e-7)


def test_one_event_sets_off_the_next_at_the_same_moment(solve: Solve) -> None:
    events = (
        Event("first", "x > 1", {"a": "1"}),
        Event("second", "a > 0.5", {"b": "1"}),
        Event("third", "b > 0.5", {"a": "0", "b": "0", "x": "0"}),
    )
    system = model(variables={"x": ("1", 0), "a": ("0", 0), "b": ("0", 0)}, events=events)
    solution = solve(system, {}, Schedule(2.5, (2.5,)), TIGHT)
    assert [one.name for one in solution.events] == ["first", "second", "third"] * 2
    assert [one.time for one in solution.events] == pytest.approx([1, 1, 1, 2, 2, 2], rel=1e-8)
    assert solution["x"][0, 0] == pytest.approx(0.5, rel=1e-7)


def test_events_that_set_each_other_off_without_end_are_named(solve: Solve) -> None:
    events = (Event("ping", "a > 0.5", {"a": "0", "b": "1"}), Event("pong", "b > 0.5", {"b": "0", "a": "1"}))
    system = model(variables={"x": ("1", 0), "a": ("if(x > 1, 1, 0)", 0), "b": ("0", 0)}, events=events)
    status = solve(system, {}, Schedule(3, (3.0,)), TIGHT).statuses[0]
    assert status.status is Status.FAILED
    assert "more than 100 events happen at one moment" in status.message and "ping" in status.message
    assert status.time == pytest.approx(1.5, rel=1e-6)


def test_a_reset_to_its_own_threshold_fails_with_a_sentence(solve: Solve) -> None:
    solution = solve(growth(Event("clip", "x > 10", {"x": "10"})), {}, Schedule(5, (1.0, 5.0)))
    assert solution.statuses[0].status is Status.FAILED
    assert "just about to turn true again" in solution.statuses[0].message
    assert solution["x"][0, 0] == pytest.approx(math.e, rel=1e-4) and np.isnan(solution["x"][0, 1])


def test_an_event_without_effect_on_its_condition_happens_once_per_turn(solve: Solve) -> None:
    solution = solve(growth(Event("seen", "x > 10", {"count": "count + 1"})), {}, Schedule(10, (10.0,)), TIGHT)
    assert solution["count"][0, 0] == 1
    assert solution["x"][0, 0] == pytest.approx(math.exp(10), rel=1e-6)


def test_a_dose_can_turn_a_condition_true(solve: Solve) -> None:
    system = model(
        {"x": 1},
        {"loss": ("x", {"x": 1}, {})},
        {"seen": ("0", 0)},
        events=(Event("high", "x > 3", {"seen": "seen + 1"}),),
    )
    solution = solve(system, {}, Schedule(4, (1.0, 2.0, 4.0), (Dose("x", "5", (1.0, 1.5, 3.5)),)), TIGHT)
    # the second dose comes while x is still above three, the third after it fell below
    assert [one.time for one in solution.events] == [1.0, 3.5]
    assert list(solution["seen"][0]) == [1, 1, 2]


def test_a_dose_while_the_condition_holds_sets_nothing_off(solve: Solve) -> None:
    event = Event("high", "x > 3", {"seen": "seen + 1"})
    system = model({"x": 0}, {"loss": ("0.01 * x", {"x": 1}, {})}, {"seen": ("0", 0)}, events=(event,))
    solution = solve(system, {}, Schedule(4, (4.0,), (Dose("x", "5", (1.0, 2.0, 3.0)),)), TIGHT)
    assert [one.time for one in solution.events] == [1.0]


def test_time_itself_can_be_the_condition(solve: Solve) -> None:
    event = Event("switch", "time >= 1.5", {"x": "0"})
    solution = solve(growth(event, rate="1", start=0), {}, Schedule(3, (3.0,)), TIGHT)
    assert [one.time for one in solution.events] == pytest.approx([1.5], rel=1e-12)
    assert solution["x"][0, 0] == pytest.approx(1.5, rel=1e-9)


def test_an_event_at_the_time_of_a_dose_and_an_observation(solve: Solve) -> None:
    """x falls to 1/e at t = 1, where a dose and an observation are due too."""
    system = model(
        {"x": 1},
        {"loss": ("x", {"x": 1}, {})},
        {"low": ("0", 0)},
        events=(Event("low", f"x < {math.exp(-1)!r}", {"low": "1"}),),
    )
    schedule = Schedule(3, (1.0, 3.0), (Dose("x", "1", (1.0,)),))
    solution = solve(system, {}, schedule, TIGHT)
    assert solution["x"][0] == pytest.approx([1 + math.exp(-1), (1 + math.exp(-1)) * math.exp(-2)], rel=1e-8)
    assert solution["low"][0, 1] == 1


@pytest.mark.parametrize(("value", "expected"), [("-5", "finite and not negative"), ("1 / (x - x)", "finite")])
def test_an_event_that_sets_an_impossible_amount_is_a_failure(solve: Solve, value: str, expected: str) -> None:
    system = model({"x": 1}, {"grow": ("x", {}, {"x": 1})}, events=(Event("bad", "x > 2", {"x": value}),))
    status = solve(system, {}, Schedule(3, (3.0,)), TIGHT).statuses[0]
    assert status.status is Status.FAILED and "event 'bad' sets 'x' to" in status.message and expected in status.message
    assert status.time == pytest.approx(math.log(2), rel=1e-7) and status.state == "x"


def test_events_of_one_subject_do_not_touch_another(solve: Solve) -> None:
    system = model(
        {"x": 1}, {"grow": ("r * x", {}, {"x": 1})}, parameters="r", events=(Event("cull", "x > 2", {"x": "1"}),)
    )
    together = solve(system, {"r": [1.0, 0.1, 2.0]}, Schedule(3, (1.0, 3.0)))
    for subject, rate in enumerate((1.0, 0.1, 2.0)):
        alone = solve(system, {"r": rate}, Schedule(3, (1.0, 3.0)))
        assert np.array_equal(alone.values[0], together.values[subject])
    assert {one.subject for one in together.events} == {0, 2}


def test_models_without_events_report_none(solve: Solve) -> None:
    assert solve(decay(), {"k": 1.0}, Schedule(1, (1.0,))).events == ()
