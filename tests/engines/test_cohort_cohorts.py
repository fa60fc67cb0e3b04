"""Many subjects at a time: each is solved as if it were alone, whatever stands beside it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from exam_models import decay, model

from exocosm.engines import cohort, reference
from exocosm.engines.cohort.native import is_available
from exocosm.engines.contract import Dose, Schedule, Solution, Status, Tolerances
from exocosm.network.compile import compile_model
from exocosm.network.parts import Event, Model

pytestmark = pytest.mark.skipif(not is_available(), reason="no code can be generated here")

# absorption, elimination that saturates, growth that may run to infinity, events that meet at other times in each
MIXED = compile_model(
    model(
        {"gut": 0, "blood": "b0", "tumour": "t0"},
        {
            "absorb": ("ka * gut", {"gut": 1}, {"blood": 1}),
            "clear": ("mm(blood, vmax, 2) + if(time > onset, 0.3, 0) * blood", {"blood": 1}, {}),
            "grow": ("g * tumour^n / (1 + blood)", {}, {"tumour": 1}),
        },
        {"count": ("0", 0), "clock": ("1", 0)},
        parameters="ka vmax onset g n b0 t0 limit amount",
        events=(
            Event("full", "tumour > limit", {"tumour": "0.5 * tumour", "count": "count + 1"}),
            Event("empty", "blood < 0.2", {"count": "count + 100"}),
            Event("late", "clock > 20 + onset", {"blood": "blood + 1"}, once=True),
        ),
    )
)
SCHEDULE = Schedule(
    30,
    tuple(np.linspace(0, 30, 16)),
    (
        Dose("gut", "amount", (1.0, 8.0, 15.0), name="pill"),
        Dose("blood", "amount / 2", (3.0, 4.0), duration=2.5, name="drip"),
        Dose("gut", "1", (10.0, 20.0), condition="blood < 1", name="if low"),
    ),
)


def drawn(subjects: int, seed: int = 0) -> dict[str, np.ndarray]:
    chance = np.random.default_rng(seed)
    spread = {
        "ka": 1.0, "vmax": 1.5, "onset": 9.0, "g": 0.3, "n": 0.8, "b0": 0.5, "t0": 1.0, "limit": 4.0, "amount": 5.0,
    }  # fmt: skip
    return {name: typical * np.exp(chance.normal(0, 0.3, subjects)) for name, typical in spread.items()}


def failing(subjects: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Of every seven subjects four are sound; one runs to infinity, one has no number, one a negative dose."""
    parameters = drawn(subjects, seed)
    parameters["n"][1::7] = 3.0
    parameters["limit"][1::7] = 1e30
    parameters["vmax"][3::7] = math.nan
    parameters["amount"][4::7] = -1.0
    return parameters


def chosen(parameters: Mapping[str, np.ndarray], places: object) -> dict[str, np.ndarray]:
    return {name: values[places] for name, values in parameters.items()}  # type: ignore[index]


def assert_same(one: Solution, other: Solution, places: np.ndarray | None = None) -> None:
    """Bit for bit; `places`: which subject of `one` stands at each place of `other`."""
    order = np.arange(len(one.statuses)) if places is None else places
    assert np.array_equal(one.values[order], other.values, equal_nan=True)
    # NaN is a time of a status too, and is not equal to itself
    assert repr([one.statuses[subject] for subject in order]) == repr(list(other.statuses))
    assert [one.steps[subject] for subject in order] == list(other.steps)
    expected = [
        replace(event, subject=place)
        for place, subject in enumerate(order.tolist())
        for event in one.events
        if event.subject == subject
    ]
    assert expected == list(other.events)


@pytest.fixture(scope="module")
def together() -> Solution:
    return cohort.solve(MIXED, failing(37), SCHEDULE, threads=1, lanes=4)


def test_the_subjects_do_what_they_are_here_for(together: Solution) -> None:
    assert [one.status is Status.FAILED for one in together.statuses[:7]] == [
        False,
        True,
        False,
        True,
        True,
        False,
        False,
    ]
    assert {one.name for one in together.events} == {"full", "empty", "late", "if low"}
    assert len({one.time for one in together.events if one.name == "full"}) > 30
    assert {one.happened for one in together.events if one.name == "if low"} == {True, False}


@pytest.mark.parametrize("lanes", [1, 4])
def test_a_subject_of_a_cohort_equals_itself_alone(together: Solution, lanes: int) -> None:
    parameters = failing(37)
    for subject in range(0, 37, 3):
        place = np.array([subject])
        assert_same(together, cohort.solve(MIXED, chosen(parameters, place), SCHEDULE, threads=1, lanes=lanes), place)


@pytest.mark.parametrize("lanes", [1, 2, 8, 16])
@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_neither_lanes_nor_threads_change_a_bit(together: Solution, lanes: int, threads: int) -> None:
    assert_same(together, cohort.solve(MIXED, failing(37), SCHEDULE, threads=threads, lanes=lanes))


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_subjects_does_not_change_a_bit(together: Solution, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(37)
    found = cohort.solve(MIXED, chosen(failing(37), order), SCHEDULE, threads=1 + seed % 2, lanes=4)
    assert_same(together, found, order)


@pytest.mark.parametrize("subjects", [1, 2, 3, 5])
def test_more_lanes_than_subjects(together: Solution, subjects: int) -> None:
    places = np.arange(subjects)
    found = cohort.solve(MIXED, chosen(failing(37), places), SCHEDULE, threads=8, lanes=16)
    assert_same(together, found, places)


def test_sound_subjects_agree_with_the_reference_engine() -> None:
    tight = Tolerances(1e-9, default_absolute=1e-11)
    ours = cohort.solve(MIXED, drawn(12), SCHEDULE, tight)
    theirs = reference.solve(MIXED, drawn(12), SCHEDULE, tight)
    assert np.allclose(ours.values, theirs.values, rtol=1e-6, atol=1e-8)
    assert [(one.subject, one.name, one.happened) for one in ours.events] == [
        (one.subject, one.name, one.happened) for one in theirs.events
    ]
    assert np.allclose([one.time for one in ours.events], [one.time for one in theirs.events], rtol=1e-7, atol=1e-8)


def test_failing_subjects_fail_as_the_reference_engine_says(together: Solution) -> None:
    theirs = reference.solve(MIXED, failing(37), SCHEDULE)
    for subject in range(37):
        if subject % 7 in {1, 3, 4}:
            assert repr(together.statuses[subject]) == repr(theirs.statuses[subject])
            assert np.array_equal(together.values[subject], theirs.values[subject], equal_nan=True)
            mine = [one for one in together.events if one.subject == subject]
            assert mine == [one for one in theirs.events if one.subject == subject]


@pytest.mark.parametrize(
    ("system", "parameters"),
    [
        (model({"x": 1}, {"grow": ("x^n", {}, {"x": 1})}, parameters="n"), {"n": [0.5, 3.0, 0.7, 3.0, 0.9]}),
        (decay(), {"k": [1.0, math.nan, 2.0, math.inf, 3.0]}),
        (model({"x": 5}, {"use": ("k", {"x": 1}, {})}, parameters="k"), {"k": [1.0, 4.0, 1.2, 9.0, 0.1]}),
        (decay(start="k - 1.5"), {"k": [2.0, 1.0, 3.0, 1.4, 4.0]}),
        (decay("log(k - time) * x"), {"k": [5.0, 1.0, 6.0, 0.5, 7.0]}),
        (
            model(
                variables={"x": ("1", 0)}, parameters="k",
                events=(Event("clip", "x > k", {"x": "if(k > 1.5, k - 0.6, k)"}),),
            ),
            {"k": [2.0, 1.0, 1.8, 1.2, 3.0]},
        ),
        (model(variables={"x": ("if(x > k, -1, 1) * 1e9", 0)}, parameters="k"), {"k": [1e12, 1.0, 1e11, 2.0, 1e13]}),
    ],
    ids=["infinite", "no number", "negative", "negative start", "log", "endless events", "chatter"],
)  # fmt: skip
@pytest.mark.parametrize("lanes", [1, 2, 4])
def test_neighbours_and_followers_of_a_failure_are_untouched(
    system: Model, parameters: dict[str, list[float]], lanes: int
) -> None:
    schedule, tolerances = Schedule(2, (0.5, 1.0, 2.0)), Tolerances(max_steps=2000)
    found = cohort.solve(system, parameters, schedule, tolerances, threads=1, lanes=lanes)
    theirs = reference.solve(system, parameters, schedule, tolerances)
    for subject in range(5):
        one = {name: values[subject] for name, values in parameters.items()}
        alone = cohort.solve(system, one, schedule, tolerances, threads=1, lanes=lanes)
        assert_same(found, alone, np.array([subject]))
        assert found.statuses[subject].status is theirs.statuses[subject].status
        assert (found.statuses[subject].status is Status.FAILED) == (subject % 2 == 1)
        if subject % 2:
            assert repr(found.statuses[subject]) == repr(theirs.statuses[subject])


@pytest.mark.parametrize("lanes", [0, 1, 4, 16])
def test_no_subjects(lanes: int) -> None:
    solution = cohort.solve(MIXED, {name: [] for name in MIXED.parameters}, SCHEDULE, lanes=lanes)
    assert solution.values.shape == (0, 16, 5)
    assert solution.statuses == () and solution.events == () and solution.steps == ()


@pytest.mark.slow
def test_a_thousand_subjects() -> None:
    everyone = cohort.solve(MIXED, failing(1000, seed=5), SCHEDULE, threads=2)
    places = np.arange(900, 1000, 9)
    assert_same(everyone, cohort.solve(MIXED, chosen(failing(1000, seed=5), places), SCHEDULE, threads=1), places)


TICK = model(
    variables={"x": ("k", 0), "n": ("0", 0)}, parameters="k", events=(Event("tick", "x > 1", {"x": "0", "n": "n + 1"}),)
)


def test_many_events_of_many_subjects_are_all_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some 900 events each: nobody is left to the slow engine because others had events before."""

    def refuse(*_: object) -> None:
        raise AssertionError("a sound subject was given up")

    monkeypatch.setattr(reference, "solve_subject", refuse)
    rates = np.linspace(90, 100, 40)
    solution = cohort.solve(TICK, {"k": rates}, Schedule(10, (10.0,)), threads=1)
    counts = np.bincount([one.subject for one in solution.events], minlength=40)
    assert np.array_equal(counts, solution["n"][:, 0])
    assert np.abs(counts - 10 * rates).max() <= 2


def test_the_order_of_subjects_with_many_events_does_not_change_a_bit() -> None:
    rates = np.linspace(20, 30, 10)
    forwards = cohort.solve(TICK, {"k": rates}, Schedule(10, (10.0,)), threads=1)
    backwards = cohort.solve(TICK, {"k": rates[::-1]}, Schedule(10, (10.0,)), threads=1)
    assert_same(forwards, backwards, np.arange(10)[::-1])
