"""Forward sensitivities against exact answers, the reference engine on an augmented model, and differences."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from exam_models import decay, model
from hypothesis import given, settings
from sensitivity_oracle import EVENTFUL, SMOOTH, TIMES, Parameters, at, by_differences, by_reference, furthest, networks

from exocosm.engines import cohort
from exocosm.engines.cohort import native, sensitivities
from exocosm.engines.contract import Dose, Status, Tolerances
from exocosm.errors import SolveError
from exocosm.network.parts import Assignment, Event, Model

pytestmark = pytest.mark.skipif(not native.is_available(), reason="no code can be generated here")

TIGHT = Tolerances(1e-10, default_absolute=1e-13)
BODY = Path(__file__).resolve().parents[2] / "examples" / "doxorubicin_carriers.yaml"


def found(
    system: Model,
    values: Mapping[str, float],
    observe: Sequence[str] | None = None,
    doses: tuple[Dose, ...] = (),
    by: Sequence[str] | None = None,
) -> np.ndarray:
    """(observable, parameter, time) of one subject; the values themselves stand before the derivatives."""
    names = list(values) if by is None else by
    result = sensitivities(system, values, at(*TIMES, doses=doses), TIGHT, by=names, observe=observe)
    assert [one.message for one in result.solution.statuses] == [""]
    both = np.concatenate([result.solution.values[0, :, :, None], result.values[0]], axis=2)
    return np.moveaxis(both, 0, 2)


def close(rows: np.ndarray, *expected: np.ndarray | float) -> bool:
    """Whether the rows over time are what is expected, to seven digits of the largest."""
    assert len(rows) == len(expected)
    wanted = np.array([np.broadcast_to(one, rows.shape[-1]) for one in expected])
    size = np.maximum(np.abs(wanted).max(axis=1, keepdims=True), 1e-3)
    return bool((np.abs(rows - wanted) <= 1e-7 * size).all())


# ---- exact answers

T = np.array(TIMES)


def test_decay() -> None:
    rates = np.array([0.1, 1.0, 10.0])
    result = sensitivities(decay(), {"k": rates}, at(*TIMES), TIGHT, by=["k"])
    assert result.parameters == ("k",) and result.values.shape == (3, len(TIMES), 1, 1)
    assert np.allclose(result.values[:, :, 0, 0], -T * np.exp(-np.outer(rates, T)), rtol=1e-7, atol=1e-9)


def test_a_chain_of_equal_rates() -> None:
    """x_i = (k t)^i exp(-k t) / i!, so that dx_i/dk = t (x_(i-1) - x_i)."""
    steps = {f"step{i}": (f"k * x{i}", {f"x{i}": 1}, {f"x{i + 1}": 1}) for i in range(12)}
    system = model({f"x{i}": float(i == 0) for i in range(13)}, steps, parameters="k")
    rows = found(system, {"k": 2.0})
    x = [(2 * T) ** i * np.exp(-2 * T) / math.factorial(i) for i in range(12)]
    for i in range(1, 12):
        assert close(rows[i], x[i], T * (x[i - 1] - x[i]))


def test_logistic_growth() -> None:
    rate = "r * x * (1 - x / K)"
    system = model({"x": "x0"}, {"grow": (rate, {}, {"x": 1})}, parameters="r K x0")
    r, top, x0 = 0.9, 3.0, 0.2
    e = np.exp(-r * T)
    below = x0 + (top - x0) * e  # x = K x0 / below
    x = top * x0 / below
    by_r, by_x0 = x * (top - x0) * T * e / below, x / x0 - x * (1 - e) / below
    rows = found(system, {"r": r, "K": top, "x0": x0})[0]
    assert close(rows, x, by_r, x / top - x * e / below, by_x0)


def test_a_bolus_whose_amount_depends_on_parameters_and_one_that_depends_on_the_state() -> None:
    doses = (Dose("x", "dose * weight", (0.0, 1.3)), Dose("x", "share * x", (2.0,)))
    system = decay(start=0, parameters="k dose weight share")
    rows = found(system, {"k": 0.4, "dose": 3.0, "weight": 0.5, "share": 0.25}, doses=doses)[0]
    one, other = np.exp(-0.4 * T), np.where(T >= 1.3, np.exp(-0.4 * (T - 1.3)), 0.0)
    grown = np.where(T >= 2.0, 1.25, 1.0)
    x = 1.5 * (one + other) * grown
    by_k = -1.5 * (T * one + (T - 1.3) * other) * grown
    assert close(rows, x, by_k, x / 3.0, x / 0.5, np.where(T >= 2.0, x / 1.25, 0.0))


def test_an_infusion() -> None:
    """Amount D over 1.5 h from 0.5 h on: x = D / (1.5 k) (1 - exp(-k s)) after s hours of it, then it decays."""
    system = decay(start=0, parameters="k dose weight")
    doses = (Dose("x", "dose * weight", (0.5,), duration=1.5),)
    k = 0.8
    s, after = np.clip(T - 0.5, 0.0, 1.5), np.maximum(T - 2.0, 0.0)
    unit = (1 - np.exp(-k * s)) / (1.5 * k) * np.exp(-k * after)
    by_k = (s * np.exp(-k * s) / (1.5 * k) - (1 - np.exp(-k * s)) / (1.5 * k**2)) * np.exp(-k * after) - after * unit
    rows = found(system, {"k": k, "dose": 3.0, "weight": 2.0}, doses=doses)[0]
    assert close(rows, 6 * unit, 6 * by_k, 2 * unit, 3 * unit)


def test_initial_values_and_observables_hold_parameters_and_each_other() -> None:
    system = model({"x": "x0^2", "y": "3 * x"}, {"loss": ("k * x", {"x": 1}, {})}, parameters="x0 k idle")
    rows = found(system, {"x0": 2.0, "k": 0.5, "idle": 0.0}, ["y", "x * k + x0 * time", "idle^2 + 3 * idle"])
    e = np.exp(-0.5 * T)
    assert close(rows[0], 12.0, 12.0, 0.0, 0.0)
    assert close(rows[1], 2 * e + 2 * T, 2 * e + T, 4 * e - 2 * T * e, 0.0)
    assert close(rows[2], 0.0, 0.0, 0.0, 3.0)


def test_rates_that_depend_on_time() -> None:
    system = decay("k * (1 + s * exp(-time)) * x", parameters="k s")
    share = 1 - np.exp(-T)
    x = np.exp(-0.5 * (T + 2 * share))
    assert close(found(system, {"k": 0.5, "s": 2.0})[0], x, -(T + 2 * share) * x, -0.5 * share * x)


@pytest.mark.parametrize("case", ["nonlinear", "rates of time"])
def test_derivatives_keep_the_order_of_the_method(case: str) -> None:
    """A step that is ten times as accurate is 10^(1/5) times as short: not if J or df/dt is not followed."""
    system, values, schedule, _ = SMOOTH[case]
    goals = (Tolerances(1e-7, default_absolute=1e-7), Tolerances(1e-11, default_absolute=1e-11))
    results = [sensitivities(system, values, schedule, goal, by=list(values)) for goal in goals]
    assert results[1].solution.steps[0] < 10**0.9 * results[0].solution.steps[0]


def test_a_rate_that_jumps_at_a_fixed_time() -> None:
    system = decay("if(time > 1.5, k * x, 3 * k * x)")
    hours = 3 * np.minimum(T, 1.5) + np.maximum(T - 1.5, 0.0)
    assert close(found(system, {"k": 0.5})[0], np.exp(-0.5 * hours), -hours * np.exp(-0.5 * hours))


# ---- events


def test_a_refill_at_a_threshold() -> None:
    """x falls to the level and is refilled: after n refills x = (refill / level)^n x0 exp(-k t)."""
    event = Event("refill", "x < level", {"x": "refill"})
    system = replace(decay(start="x0", parameters="k x0 level refill"), events=(event,))
    values = {"k": 0.9, "x0": 2.0, "level": 0.7, "refill": 1.5}
    first, period = math.log(2.0 / 0.7) / 0.9, math.log(1.5 / 0.7) / 0.9
    n = np.maximum(np.floor((T - first) / period) + 1, 0)
    assert set(n) >= {0, 1, 2, 3, 5}
    x = (1.5 / 0.7) ** n * 2.0 * np.exp(-0.9 * T)
    assert close(found(system, values)[0], x, -T * x, x / 2.0, -n * x / 0.7, n * x / 1.5)


def test_an_event_of_time_itself() -> None:
    event = Event("begin", "time > onset", {"x": "start"})
    system = replace(decay(parameters="k onset start"), events=(event,))
    rows = found(system, {"k": 0.7, "onset": 1.0, "start": 2.0})[0]
    past = T > 1
    x = np.where(past, 2 * np.exp(-0.7 * (T - 1)), np.exp(-0.7 * T))
    assert close(rows, x, -np.where(past, T - 1, T) * x, np.where(past, 0.7 * x, 0.0), np.where(past, x / 2, 0.0))


def test_one_event_sets_off_the_next_at_the_same_moment() -> None:
    """At t = ln(x0 / level) / k: a = level + t, then b = 2 a + t; the resets read state and time as they are then."""
    events = (
        Event("first", "x < level", {"a": "x + time"}),
        Event("second", "a > 0.5", {"b": "2 * a + time"}),
        Event("third", "b > 1", {"a": "a + b"}),
    )
    variables = {"a": ("0", 0), "b": ("0", 0)}
    system = model({"x": "x0"}, {"loss": ("k * x", {"x": 1}, {})}, variables, "k x0 level", events)
    rows = found(system, {"k": 0.8, "x0": 2.0, "level": 0.5}, ["a", "b"])
    t = math.log(4) / 0.8
    past = np.where(t < T, 1.0, 0.0)
    by_k, by_x0, by_level = -t / 0.8, 1 / (0.8 * 2.0), -1 / (0.8 * 0.5)  # of t
    assert close(rows[0], past * (1.5 + 4 * t), *(past * one for one in (4 * by_k, 4 * by_x0, 3 + 4 * by_level)))
    assert close(rows[1], past * (1 + 3 * t), *(past * one for one in (3 * by_k, 3 * by_x0, 2 + 3 * by_level)))


def test_an_event_in_the_middle_of_an_infusion_and_one_that_needs_two_conditions() -> None:
    """x rises by D / 5 per hour, so that it passes the level at 5 level / D."""
    events = (Event("full", "x > level", {"a": "time"}), Event("late", "x > level and time > onset", {"b": "x"}))
    system = model({"x": 0}, {}, {"a": ("0", 0), "b": ("0", 0)}, "dose level onset", events)
    doses = (Dose("x", "dose", (0.0,), duration=5.0),)
    values = {"dose": 4.0, "level": 1.0, "onset": 2.0}
    late, soon = found(system, values, ["a", "b"], doses), found(system, {**values, "onset": 1.0}, ["b"], doses)
    past = np.where(T > 1.25, 1.0, 0.0)
    assert close(late[0], 1.25 * past, -0.3125 * past, 1.25 * past, 0.0)
    past = np.where(T > 2, 1.0, 0.0)
    assert close(late[1], 1.6 * past, 0.4 * past, 0.0, 0.8 * past)
    past = np.where(T > 1.25, 1.0, 0.0)
    assert close(soon[0], past, 0.0, past, 0.0)


def test_an_event_that_a_dose_sets_off_happens_at_the_time_of_the_dose() -> None:
    event = Event("high", "x > level", {"x": "x / 2", "seen": "x"})
    parts = ({"loss": ("k * x", {"x": 1}, {})}, {"seen": ("0", 0)}, "k dose level", (event,))
    doses = (Dose("x", "dose", (1.0,)),)
    rows = found(model({"x": 1}, *parts), {"k": 0.5, "dose": 3.0, "level": 2.0}, doses=doses)
    e, past = np.exp(-0.5 * T), np.where(T >= 1, 1.0, 0.0)
    later = past * np.exp(-0.5 * (T - 1))
    x, by_k = (1 - past / 2) * e + 1.5 * later, -(1 - past / 2) * T * e - 1.5 * (T - 1) * later
    assert close(rows[0], x, by_k, later / 2, 0.0)
    assert close(rows[1], past * (3 + math.exp(-0.5)), -past * math.exp(-0.5), past, 0.0)


def test_an_event_that_never_happens_changes_nothing() -> None:
    event = Event("never", "x > level", {"x": "0"})
    with_event = replace(decay(parameters="k level"), events=(event,))
    rows = found(with_event, {"k": 0.7, "level": 2.0})[0]
    assert close(rows, np.exp(-0.7 * T), -T * np.exp(-0.7 * T), 0.0)
    assert np.array_equal(rows[:2], found(decay(parameters="k level"), {"k": 0.7, "level": 2.0})[0, :2])


def test_two_events_that_only_happen_to_coincide() -> None:
    events = (Event("a", "x > 1", {"x": "0"}), Event("b", "y > 1", {"y": "0"}))
    system = model(variables={"x": ("r", 0), "y": ("q", 0)}, parameters="r q", events=events)
    changes = sensitivities(system, {"r": 1.0, "q": 1.0}, at(1.5), TIGHT, by=["r", "q"]).values[0, 0]
    assert np.isnan(changes).all() or np.allclose(changes, [[1.5, 0], [0, 1.5]])


def test_an_event_that_only_touches_its_threshold_gives_no_number() -> None:
    """x = 1 - (1 - t)^2 reaches the level 1 at t = 1 and turns back; a dose makes the step end just there."""
    event = Event("top", "x > level", {"seen": "time"})
    system = model({"z": 0}, {}, {"x": ("2 * (1 - time)", 0), "seen": ("0", 0)}, "level", (event,))
    result = sensitivities(system, {"level": 1.0}, at(2.0, doses=(Dose("z", "1", (1.0,)),)), TIGHT, by=["level"])
    assert not result.solution.events or np.isnan(result.values).all()


def test_a_trigger_that_jumps_gives_no_number() -> None:
    event = Event("late", "if(time > onset, 1, 0) > 0.5", {"x": "2"})
    system = replace(decay(parameters="k onset"), events=(event,))
    result = sensitivities(system, {"k": 1.0, "onset": 1.0}, at(0.5, 2.0), TIGHT, by=["k", "onset"])
    assert result.solution.statuses[0].status is Status.FINISHED
    assert result.solution.values[0, 1, 0] == pytest.approx(2 * math.exp(-1), rel=1e-6)
    assert np.isnan(result.values).all()


@pytest.mark.parametrize("events", [(), (Event("tire", "x < level", {"x": "x"}),)], ids=["", "with an event there"])
def test_a_rate_that_jumps_at_a_level_of_a_state(events: tuple[Event, ...]) -> None:
    system = replace(decay("if(x > level, k * x, q * x)", 2, "k q level"), events=events)
    values = {"k": 1.0, "q": 0.2, "level": 1.0}
    try:
        changes = sensitivities(system, values, at(2.0), TIGHT, by=["k", "q", "level"]).values[0, 0, 0]
    except SolveError:
        return
    after = 2 - math.log(2)
    x = math.exp(-0.2 * after)
    assert np.isnan(changes).all() or changes == pytest.approx([-0.2 * math.log(2) * x, -after * x, 0.8 * x], rel=1e-6)


# ---- the reference engine on the augmented model


@pytest.mark.parametrize("case", SMOOTH)
def test_against_the_reference_engine(case: str) -> None:
    system, values, schedule, within = SMOOTH[case]
    by, states = list(values), [part.name for part in system.states]
    result = sensitivities(system, values, schedule, Tolerances(1e-9, default_absolute=1e-13), by=by, observe=states)
    assert furthest(result.values, by_reference(system, values, schedule, by)) < within


# ---- differences of solutions


@pytest.mark.parametrize("case", EVENTFUL)
def test_events_against_differences(case: str) -> None:
    system, values, schedule = EVENTFUL[case]
    by = list(values)
    result = sensitivities(system, values, schedule, TIGHT, by=by)
    assert result.solution.events
    expected = by_differences(system, values, schedule, by, step=3e-4)
    assert furthest(result.values, expected, 1e-2 * np.abs(expected).max(keepdims=True)) < 1e-6


@settings(max_examples=15)
@given(networks())
def test_random_networks(network: tuple[Model, dict[str, float]]) -> None:
    system, values = network
    by, schedule, least = list(values), at(0.3, 1.0, 3.0), np.array(1e-2)
    changes = sensitivities(system, values, schedule, TIGHT, by=by).values
    assert furthest(changes, by_differences(system, values, schedule, by, step=1e-2), least) < 2e-6
    assert furthest(changes, by_reference(system, values, schedule, by), least) < 1e-7


def test_the_shipped_body_model() -> None:
    """In shares (d log y / d log p), of which differences have lost nine digits where the body hardly feels one."""
    from exocosm.network.compile import compile_model
    from exocosm.study.load import load
    from exocosm.study.resolve import resolve
    from exocosm.workflow import sampling as drawing

    study = resolve(load(BODY))
    sampling = drawing.sampling_of(study)
    arm = next(arm for arm in study.arms if arm.name == "exosomal")
    compiled = compile_model(arm.model)
    schedule = replace(arm.schedule, observe_times=tuple(np.linspace(24.0, arm.schedule.end, 12)))
    by = ["tumour_cell_uptake", "kill_maximum", "hepatic_clearance", "dose_1", "vesicle_diameter"]
    values = {name: np.repeat(value, 3) for name, value in drawing.central(sampling, arm.name).items()}
    values |= {name: values[name] * np.linspace(0.7, 1.3, 3) for name in by}
    result = sensitivities(
        compiled, values, schedule, Tolerances(1e-8, default_absolute=1e-11), by=by, observe=compiled.states
    )
    tight = Tolerances(1e-11, default_absolute=1e-14)
    expected = by_differences(compiled, values, schedule, by, compiled.states, tight, step=4e-3)
    sizes = np.stack([values[name] for name in by], axis=-1)[:, None, None, :]
    peaks = np.abs(result.solution.values).max(axis=1, keepdims=True)[..., None]
    assert np.abs(expected * sizes / peaks).max(axis=(0, 1, 2)).min() > 1e-3  # each parameter moves something
    assert furthest(result.values, expected, least=1e-2 * peaks / sizes) < 1e-6


# ---- accuracy, independence, refusals


def test_errors_fall_with_the_tolerance_as_those_of_the_solution() -> None:
    system, values, schedule, _ = SMOOTH["doses"]
    by = list(values)
    exact = by_reference(system, values, schedule, by)
    true = cohort.solve(system, values, schedule, Tolerances(1e-12, default_absolute=1e-15)).values
    errors = []
    for relative in 10.0 ** -np.arange(4, 10):
        tolerances = Tolerances(relative, default_absolute=relative * 1e-3)
        result = sensitivities(system, values, schedule, tolerances, by=by)
        alone = cohort.solve(system, values, schedule, tolerances).values
        errors.append((furthest(result.values, exact), float(np.abs(result.solution.values / true - 1).max())))
        assert errors[-1][0] < 30 * relative and errors[-1][1] < 10 * relative
        assert np.allclose(result.solution.values, alone, rtol=20 * relative, atol=0)
    assert errors[-1][0] < 1e-3 * errors[0][0] and errors[-1][1] < 1e-3 * errors[0][1], errors


@pytest.mark.parametrize("lanes", [1, 2, 4, 8])
@pytest.mark.parametrize("threads", [1, 2])
def test_bits_do_not_depend_on_lanes_threads_order_or_a_failing_neighbour(lanes: int, threads: int) -> None:
    system, values, schedule = EVENTFUL["refills"]
    values = {**values, "g": np.where(np.arange(11) == 4, 5.0, 0.01)}  # one goes to infinity at 0.2 h
    by = list(values)
    alone = [
        sensitivities(system, {name: column[[one]] for name, column in values.items()}, schedule, by=by, lanes=1)
        for one in range(11)
    ]
    order = np.random.default_rng(lanes).permutation(11)
    shuffled = {name: column[order] for name, column in values.items()}
    result = sensitivities(system, shuffled, schedule, by=by, lanes=lanes, threads=threads)
    for place, subject in enumerate(order):
        assert np.array_equal(result.values[place], alone[subject].values[0], equal_nan=True)
        assert np.array_equal(result.solution.values[place], alone[subject].solution.values[0], equal_nan=True)
        assert np.isnan(result.values[place]).all() == (subject == 4) == np.isnan(result.values[place]).any()
    assert {order[one.subject] for one in result.solution.events} >= {0, 1, 3}
    assert result.solution.statuses[int(np.flatnonzero(order == 4)[0])].status is Status.FAILED


def test_a_parameter_that_is_no_number_fails_its_own_subject_only() -> None:
    result = sensitivities(decay(), {"k": [1.0, math.nan, 2.0]}, at(1.0), TIGHT, by=["k"])
    assert result.values[:, 0, 0, 0] == pytest.approx([-math.exp(-1), math.nan, -math.exp(-2)], rel=1e-7, nan_ok=True)


def test_no_parameters_and_no_subjects() -> None:
    assert sensitivities(decay(), {"k": [1.0, 2.0]}, at(0.5, 1.0), by=[]).values.shape == (2, 2, 1, 0)
    assert sensitivities(decay(), {"k": []}, at(0.5, 1.0), by=["k"]).values.shape == (0, 2, 1, 1)


LATE = replace(decay("if(time > 2 * lag, k * x, 0)", 1, "k onset"), assignments=(Assignment("lag", "1", "onset / 2"),))


@pytest.mark.parametrize(
    ("system", "values", "options", "message"),
    [
        (decay("clearance * x", 1, "clearance"), {"clearance": 1.0}, {"by": ["clearence"]}, "did you mean 'clearance'"),
        (decay(), {"k": 1.0}, {"by": ["x"]}, "there is no parameter 'x'"),
        (decay(), {"k": 1.0}, {"by": ["k", "k"]}, "twice|different names"),
        (LATE, {"k": 1.0, "onset": 1.0}, {"by": ["k", "onset"]}, "'onset' sets the time at which a rate jumps"),
        (decay(), {"k": 1.0}, {"by": ["k"], "lanes": 0}, "lanes other than 0"),
        (decay(), {"k": 1.0}, {"by": ["k"], "lanes": 3}, "lanes is 3"),
        (decay(), {"k": 1.0}, {"by": ["k"], "observe": ["y"]}, "observable 'y'"),
        (model(parameters="k"), {"k": 1.0}, {"by": ["k"]}, "a model with states"),
    ],
)
def test_refusals(system: Model, values: Parameters, options: dict[str, object], message: str) -> None:
    call: Callable[..., object] = sensitivities
    with pytest.raises(SolveError, match=message):
        call(system, values, at(1.0), **options)


def test_what_jumps_at_a_parameter_may_be_asked_for_others() -> None:
    hours = np.maximum(T - 1, 0)
    assert close(
        found(LATE, {"k": 0.5, "onset": 1.0}, by=["k"])[0], np.exp(-0.5 * hours), -hours * np.exp(-0.5 * hours)
    )


def test_without_generated_code_there_are_no_derivatives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["exocosm.engines.cohort.solve"], "is_available", lambda: False)
    with pytest.raises(SolveError, match="llvmlite"):
        sensitivities(decay(), {"k": 1.0}, at(1.0), by=["k"])
