"""Sound models are solved by generated code from beginning to end: the reference engine is not asked for help."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from exam_models import decay, model
from test_stiff import OREGONATOR, ROBERTSON, VAN_DER_POL

from exocosm.engines import cohort, reference
from exocosm.engines.cohort.native import is_available
from exocosm.engines.contract import Dose, Schedule, Tolerances
from exocosm.network.compile import compile_model
from exocosm.network.parts import Event, Model, Place, Process, Species, Variable

pytestmark = pytest.mark.skipif(not is_available(), reason="no code can be generated here")

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
LONG = {"doxorubicin_carriers.yaml"}


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reference engine is out."""

    def refuse(_: object, subject: int) -> None:
        raise AssertionError(f"subject {subject} of a sound model was given up")

    monkeypatch.setattr(reference, "solve_subject", refuse)


def at(*times: float) -> Schedule:
    return Schedule(times[-1], times)


CHAIN = {f"x{place}": float(place == 0) for place in range(60)}
STEPS = {f"p{n}": (f"10 * x{n}", {f"x{n}": 1.0}, {f"x{n + 1}": 1.0} if n < 59 else {}) for n in range(60)}
OUT = {"x": 1.0}
BRUSSELATOR = model(variables={"x": ("1 + x^2 * y - 4 * x", 1.5), "y": ("3 * x - x^2 * y", 3)})
LOTKA = model(
    {"x": 10, "y": 5},
    {"b": ("1.1 * x", {}, OUT), "e": ("0.4 * x * y", OUT, {"y": 0.25}), "d": ("0.4 * y", {"y": 1}, {})},
)
HIRES = model(
    variables={
        "a": ("-1.71 * a + 0.43 * b + 8.32 * c + 0.0007", 1),
        "b": ("1.71 * a - 8.75 * b", 0),
        "c": ("-10.03 * c + 0.43 * d + 0.035 * e", 0),
        "d": ("8.32 * b + 1.71 * c - 1.12 * d", 0),
        "e": ("-1.745 * e + 0.43 * f + 0.43 * g", 0),
        "f": ("-280 * f * h + 0.69 * d + 1.71 * e - 0.43 * f + 0.69 * g", 0),
        "g": ("280 * f * h - 1.81 * g", 0),
        "h": ("-280 * f * h + 1.81 * g", 0.0057),
    }
)
E5 = model(
    {"a": 1.76e-3, "b": 0, "c": 0, "d": 0},
    {
        "p1": ("7.89e-10 * a", {"a": 1}, {"b": 1, "c": 1}),
        "p2": ("1.1e7 * a * c", {"a": 1, "c": 1}, {"d": 1}),
        "p3": ("1.13e9 * b * c", {"b": 1, "c": 1}, {}),
        "p4": ("1.13e3 * d", {"d": 1}, {"c": 1}),
    },
)
THERMOSTAT = model(
    variables={"x": ("if(h > 0.5, 1, -1)", 0), "h": ("0", 1)},
    events=(Event("off", "x > 2", {"h": "0"}), Event("on", "x < 1", {"h": "1"})),
)
GROWING = Model(
    places=(Place("box", "1 + 0.1 * g"),),
    species=(Species("x", "box", "nmol", initial="1"),),
    variables=(Variable("g", "1", "0.5 * g * (1 - g / 20)", "1"),),
    processes=(Process("l", "concentration(x) * volume(box)^0.7", {"x": 1}),),
)
INFUSIONS = Schedule(
    24,
    (0, 1, 2, 5, 24),
    (
        Dose("x", "10", (0, 6, 12), 1.5),
        Dose("x", "5", (1,), 10),
        Dose("y", "3", (1, 1.5), 0.25),
        Dose("x", "1", (24,)),
        Dose("x", "0", (5,)),
        Dose("x", "1", (20,), 100.0),
        Dose("x", "1", (2,)),
        Dose("y", "x", (2,)),
        Dose("y", "1", (3.0, 4.0), condition="x > 2"),
    ),
)
LOSS = {"loss": ("x", OUT, {"y": 1.0}), "end": ("0.1 * y", {"y": 1.0}, {})}

# name -> model, schedule, relative and absolute tolerance, how many tolerances the two engines may differ
CASES: dict[str, tuple[Model, Schedule, float, float, float]] = {
    "robertson": (ROBERTSON, at(0.4, 1e11), 1e-6, 1e-10, 50),
    "robertson, tight": (ROBERTSON, at(0.4, 1e6), 1e-10, 1e-14, 500),
    "van der pol": (VAN_DER_POL, at(100, 1500), 1e-7, 1e-10, 1e4),
    "oregonator": (OREGONATOR, at(100, 320), 1e-7, 1e-10, 1e4),
    "hires": (HIRES, at(321.8122), 1e-7, 1e-10, 1e3),
    "e5": (E5, at(10, 1e5), 1e-6, 1e-24, 100),
    "brusselator": (BRUSSELATOR, at(20), 1e-8, 1e-10, 1e3),
    "brusselator, 1e-13": (BRUSSELATOR, at(5), 1e-13, 1e-14, 2e3),
    "predator and prey": (LOTKA, at(100), 1e-8, 1e-10, 1e3),
    "loose": (LOTKA, at(30), 1e-2, 1e-3, 200),
    "1e-14": (decay("x", parameters=""), at(5), 1e-14, 1e-16, 5e3),
    "square root to zero": (model({"x": 1}, {"l": ("sqrt(x)", OUT, {})}), at(1, 3, 10), 1e-6, 1e-10, 200),
    "power to zero": (model({"x": 1}, {"l": ("x^0.6", OUT, {})}), at(1, 3, 10), 1e-6, 1e-10, 200),
    "power from zero": (model({"x": 0}, {"g": ("1 + x^0.5", {}, OUT), "l": ("x", OUT, {})}), at(10), 1e-8, 1e-10, 50),
    "least of two": (model({"x": 1}, {"l": ("min(1, 1e4 * x)", OUT, {})}), at(0.5, 1, 10), 1e-6, 1e-10, 50),
    "saturation": (model({"x": 1}, {"l": ("mm(x, 1, 1e-3)", OUT, {})}), at(0.5, 1, 10), 1e-6, 1e-10, 50),
    "kinks": (model(variables={"x": ("if(x > 2, -1, 1) * 0.1 + if(x > 1, 0.5, 1)", 0)}), at(5), 1e-8, 1e-10, 50),
    "thermostat": (THERMOSTAT, at(50.5), 1e-8, 1e-10, 1e3),
    "gompertz": (model({"x": 1e-3}, {"g": ("0.3 * x * log(100 / x)", {}, OUT)}), at(100), 1e-9, 1e-12, 100),
    "hill": (
        model({"x": 1}, {"l": ("hill(x, 0.5, 16)", OUT, {}), "m": ("hill(x, 0.3, 8.5)", OUT, {})}),
        at(9),
        1e-9,
        1e-11,
        100,
    ),
    "pulse": (
        model({"x": 0}, {"g": ("if(time > 1, if(time < 1.001, 1e4, 0), 0)", {}, OUT), "l": ("x", OUT, {})}),
        at(0.5, 1.0005, 10),
        1e-8,
        1e-10,
        50,
    ),
    "breaks in time": (
        model({"x": 0}, {"g": ("max(0, 5 * (time - 3) * (7 - time))", {}, OUT), "m": ("abs(time - 5) * x", OUT, {})}),
        at(2, 5, 10),
        1e-8,
        1e-10,
        50,
    ),
    "forced": (
        model(
            {"x": 0}, {"g": ("2 + c", {}, OUT), "l": ("x * time", OUT, {})}, {"s": ("20 * c", 0), "c": ("-20 * s", 1)}
        ),
        at(10),
        1e-8,
        1e-10,
        5e3,
    ),
    "forced and stiff": (
        model(variables={"x": ("-1e6 * (x - exp(-time)) - exp(-time)", 0)}),
        at(1, 10),
        1e-8,
        1e-10,
        2e3,
    ),
    "prothero and robinson": (
        model(variables={"x": ("-1e9 * (x - time^2) + 2 * time", 3)}),
        at(1, 10),
        1e-8,
        1e-10,
        50,
    ),
    "chain": (model(CHAIN, STEPS), at(5, 20), 1e-8, 1e-10, 200),
    "large": (decay("1e-3 * x", 1e20, ""), at(1, 1e4), 1e-6, 1e-9, 500),
    "long": (decay("1e-3 * x", parameters=""), at(1, 1e9), 1e-6, 1e-9, 50),
    "short": (decay("1e9 * x", parameters=""), at(1e-12, 1e-8), 1e-6, 1e-9, 200),
    "far start": (
        decay("x", parameters=""),
        Schedule(1e6 + 3, (1e6, 1e6 + 1.5, 1e6 + 3), (Dose("x", "1", (1e6 + 1,)),), start=1e6),
        1e-8,
        1e-10,
        100,
    ),
    "start before zero": (
        decay("if(time < 0, 1, 2) * x", parameters=""),
        Schedule(3.0, (-2.0, -0.5, 3.0), (Dose("x", "1", (-1.0, 0.0)),), start=-2.0),
        1e-8,
        1e-10,
        100,
    ),
    "fast oscillation": (model(variables={"x": ("1000 * v", 1), "v": ("-1000 * x", 0)}), at(1), 1e-6, 1e-9, 5e3),
    "infusions": (model({"x": 0, "y": 0}, LOSS), INFUSIONS, 1e-9, 1e-11, 200),
    "growing volume": (GROWING, at(20), 1e-9, 1e-11, 100),
    "dimers": (
        model({"a": 1e6, "b": 0}, {"f": ("1e-3 * a * a", {"a": 2}, {"b": 1}), "r": ("1e3 * b", {"b": 1}, {"a": 2})}),
        at(1, 100),
        1e-8,
        1e-10,
        50,
    ),
    "depletion": (model({"a": 1, "b": 1}, {"f": ("1e6 * a * b", {"a": 1, "b": 1}, {})}), at(1, 1000), 1e-6, 1e-10, 50),
    "instability": (model(variables={"x": ("1e3 * x * (1 - x)", 1e-6)}), at(1), 1e-8, 1e-10, 50),
    "fast exchange": (
        model({"a": 1, "b": 0}, {"f": ("1e12 * a", {"a": 1}, {"b": 1}), "r": ("1e12 * b", {"b": 1}, {"a": 1})}),
        at(1, 100),
        1e-8,
        1e-10,
        50,
    ),
    "no diagonal": (
        model(variables={"a": ("b", 1), "b": ("c", 0), "c": ("-1e8 * a - 3e5 * b - 1e3 * c", 0)}),
        at(1, 100),
        1e-8,
        1e-10,
        50,
    ),
    "nothing there": (model({"x": 0}, {"l": ("x", OUT, {})}), at(10), 1e-8, 1e-10, 1),
    "nothing moves": (model(variables={"x": ("0", 1)}), at(10), 1e-8, 1e-10, 1),
    "a straight line": (model(variables={"x": ("1", 0)}), at(10, 1e6), 1e-12, 1e-12, 50),
}


@pytest.mark.parametrize("case", CASES)
def test_sound_models_need_no_help_and_agree_with_the_reference_engine(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    system, schedule, relative, absolute, allowed = CASES[case]
    tolerances = Tolerances(relative, default_absolute=absolute)
    theirs = reference.solve(system, {}, schedule, tolerances)
    with monkeypatch.context() as patch:
        patch.setattr(reference, "solve_subject", None)  # not to be called
        ours = cohort.solve(system, {}, schedule, tolerances, threads=1)
    assert ours.statuses == theirs.statuses
    distance = np.abs(ours.values - theirs.values) / (absolute + relative * np.abs(theirs.values).max(axis=1))
    assert distance.max() <= allowed
    assert [one.name for one in ours.events] == [one.name for one in theirs.events]


@pytest.mark.usefixtures("alone")
def test_saturation_at_very_small_amounts() -> None:
    system = model({"x": 1}, {"l": ("mm(x, 1, 1e-5)", OUT, {})})
    solution = cohort.solve(system, {}, at(0.5, 1, 3), Tolerances(1e-6, default_absolute=1e-9), threads=1)
    assert abs(solution["x"][0, -1]) < 1e-6


@pytest.mark.usefixtures("alone")
def test_whole_numbers_as_times() -> None:
    schedule = Schedule(3, (0, 1, 3), (Dose("x", "1", (1,)),), start=0)
    whole = cohort.solve(decay(), {"k": 1}, schedule, threads=1)
    real = cohort.solve(decay(), {"k": 1.0}, Schedule(3.0, (0.0, 1.0, 3.0), (Dose("x", "1", (1.0,)),)), threads=1)
    assert np.array_equal(whole.values, real.values)


@pytest.mark.usefixtures("alone")
def test_a_rate_that_jumps_is_seen_from_one_side_only() -> None:
    """Up to the jump the rate before it, from there on the one after it, whichever of them holds at the very moment."""
    rates = [f"if(time {sign} 1.3, 1e6, 1) + 0 * x" for sign in (">", ">=")]
    solutions = [
        cohort.solve(model({"x": 1}, {"g": (rate, {}, OUT)}), {}, at(1.0, 1.3, 2.0), threads=1) for rate in rates
    ]
    assert np.array_equal(solutions[0].values, solutions[1].values)
    assert solutions[0].steps == solutions[1].steps
    assert solutions[0]["x"][0] == pytest.approx([2.0, 2.3, 2.3 + 0.7e6], rel=1e-9)


@pytest.mark.parametrize(("height", "relative"), [(0.99, 1e-4), (0.999, 1e-6)])
def test_short_events_are_not_missed(height: float, relative: float) -> None:
    """x = cos t is above its threshold for a small part of each period; the reference engine finds all ten."""
    peak = Event("peak", f"x > {height}", {"n": "n + 1"})
    system = model(variables={"x": ("-y", 1), "y": ("x", 0), "n": ("0", 0)}, events=(peak,))
    tolerances = Tolerances(relative, default_absolute=1e-3 * relative)
    assert len(cohort.solve(system, {}, at(63.0), tolerances, threads=1).events) == 10


def _study_cases() -> list[object]:
    paths = sorted(
        path for path in EXAMPLES.rglob("*.yaml") if path.parent.name not in ("bench", "screening")
    )  # no models in those folders
    return [pytest.param(path, marks=[pytest.mark.slow] if path.name in LONG else [], id=path.stem) for path in paths]


@pytest.mark.parametrize("path", _study_cases())
@pytest.mark.usefixtures("alone")
def test_the_arms_of_the_shipped_examples_need_no_help(path: Path) -> None:
    from exocosm.study.load import load
    from exocosm.study.resolve import resolve
    from exocosm.workflow import sampling as drawing

    study = resolve(load(path))
    sampling = replace(drawing.sampling_of(study), draws=2)
    for arm in study.arms:
        compiled = compile_model(arm.model)
        animals = range(min(2, 1 + sampling.animals))
        parameters = drawing.cohort(sampling, arm.name, sampling.cohort_draws[-1:], animals)
        solution = cohort.solve(compiled, parameters, arm.schedule, threads=1)
        assert {one.message for one in solution.statuses} == {""}


def test_the_examples_are_there() -> None:
    assert len(list(EXAMPLES.rglob("*.yaml"))) >= 13
