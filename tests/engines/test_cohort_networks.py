"""Networks by chance, with doses and events: generated code against the reference engine; masses that stay."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from exam_models import model
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from exocosm.engines import cohort, reference
from exocosm.engines.cohort.native import is_available
from exocosm.engines.contract import Dose, Schedule, Solution, Status, Tolerances
from exocosm.network.parts import Assignment, Event, Model, Parameter, Place, Process, Species, Variable

pytestmark = pytest.mark.skipif(not is_available(), reason="no code can be generated here")

SPECIES = ("a", "b", "c")
VARIABLES = ("v", "w", "flag")
PARAMETERS = {"k": 0.7, "m": 2.3, "n": 3.0, "onset": 1.7, "half": 0.8}
END = 6.0

# of a process: it vanishes with x, which it takes; z is another amount
RATES = (
    "k * x", "k * x * z", "mm(x, k, half)", "k * hill(x, half, 2)", "k * hill(x, half, n)", "k * x * hill(z, 1.2, 2.5)",
    "concentration(x) * volume(box)", "concentration(x) * volume(pool)^0.7", "k * x^1.5", "k * x^m", "0.3 * x^0.9",
    "k * x * exp(-v^2)", "k * x * if(time > onset, 2, 0.5)", "k * x * max(0.1, min(v, 2, z))", "x * sqrt(abs(v) + 0.1)",
    "k * x * piecewise(1, z > 1 and v < 2, 2, not (x < 0.5) or time > 4, 0.3)", "k * x / (1 + z^n)", "x * log(1 + z)",
    "x * pi / 4", "x * avogadro / 1e15", "x * factor", "x * (1 + z)^(-2)", "0.2 * x * (1 + v^2)^(-0.5)", "2 * x^2",
    "k * x * (if(x != z, 1, 1) + if(z == 0, 0, 0))", "x * max(0, 1 - time / 3)", "x * abs(time - 2.5)", "20 * x",
    "300 * x * z / (300 + z)",
)  # fmt: skip
RULES = (
    "2 * hill(x, 1, 2) - v", "exp(-time) + 0.3 * w - v", "1 - v * abs(v)", "w - 0.1 * v", "0.5 * x / (1 + x) - v / 2",
    "if(x > 0.7, 1, -1) * 0.2 - 0.1 * v", "m * exp(-m * time) - k * v", "-50 * (v - sqrt(abs(x)))",
)  # fmt: skip
WHEN = (
    "x > 1.6", "x < 0.3", "v > 0.6", "time > 3.3", "time >= 2", "x + z > 2.2 and time > 1", "x > z or v < -0.5",
    "not (x > 0.4)", "concentration(x) > 0.9 + 0.1 * n", "flag > 0.5", "flag > 1.5",
)  # fmt: skip
DOING = (
    {"x": "0.5 * x"}, {"z": "z + 0.4", "v": "0"}, {"flag": "flag + 1"}, {"x": "z", "z": "x"}, {"v": "v + k"},
    {"flag": "0", "z": "z + 0.2"}, {"flag": "1"},
)  # fmt: skip
OBSERVED = (
    "a", "b", "c", "v", "w", "flag", "concentration(a)", "volume(pool)", "a^m + hill(b, half, n)", "log(1 + c)",
    "factor", "if(a > b, a, b)", "exp(-a) * sqrt(b)", "min(a, b, c) + max(v, w)", "(a + 0.1)^(-1.5)", "time * pi",
)  # fmt: skip


def put(draw: st.DrawFn, text: str, target: str = "") -> str:
    """x and z become two species."""
    one = target or draw(st.sampled_from(SPECIES))
    other = draw(st.sampled_from([name for name in SPECIES if name != one]))
    letters = {"x": one, "z": other}
    words = text.replace("(", " ( ").replace(")", " ) ").replace(",", " , ").split()
    split = [part for word in words for part in word.replace("^", " ^ ").split()]
    return " ".join(letters.get(word, word) for word in split)


@st.composite
def models(draw: st.DrawFn) -> Model:
    processes = []
    for number in range(draw(st.integers(2, 6))):
        taken = draw(st.sampled_from(SPECIES))
        given_to = draw(st.sampled_from([{}, *({name: 1.0} for name in SPECIES), {"b": 2.0}, {"c": "n"}]))
        processes.append(Process(f"p{number}", put(draw, draw(st.sampled_from(RATES)), taken), {taken: 1.0}, given_to))
    processes.append(Process("make", draw(st.sampled_from(["0", "0.3", "hill(c, half, 2)"])), {}, {"a": 1.0}))
    rules = {name: put(draw, draw(st.sampled_from(RULES))).replace("v", name) for name in VARIABLES[:2]}
    starts = {name: draw(st.sampled_from(["0", "1", "0.4", "k", "m * half"])) for name in (*SPECIES, *VARIABLES[:2])}
    events = []
    for number in range(draw(st.integers(0, 3))):
        when = put(draw, draw(st.sampled_from(WHEN)))
        first, second = draw(st.permutations(SPECIES))[:2]
        names = {"x": first, "z": second}
        doing = draw(st.sampled_from(DOING))
        do = {
            names.get(target, target): " ".join(names.get(word, word) for word in value.split())
            for target, value in doing.items()
        }
        events.append(Event(f"e{number}", when, do, once=draw(st.booleans())))
    return Model(
        name="chance",
        places=(Place("box", "half + 0.2"), Place("pool", "1 + 0.3 * a")),
        species=tuple(
            Species(name, "pool" if name == "a" else "box", "nmol", initial=starts[name]) for name in SPECIES
        ),
        variables=(
            *(Variable(name, "1", rules[name], starts[name]) for name in VARIABLES[:2]),
            Variable("flag", "1", "0", "0"),
        ),
        assignments=(Assignment("factor", "1", "k / (1 + a / half) + 0.1 * volume(pool)"),),
        parameters=tuple(Parameter(name, "1") for name in PARAMETERS),
        processes=tuple(processes),
        events=tuple(events),
    )


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    times = st.sampled_from([0.0, 0.5, 1.0, 1.7, 2.0, 3.0, 4.5, END])
    doses = []
    for number in range(draw(st.integers(0, 4))):
        doses.append(
            Dose(
                draw(st.sampled_from(SPECIES)), draw(st.sampled_from(["1", "k", "0.2 * m", "0.1 + b", "0"])),
                tuple(sorted(draw(st.sets(times, min_size=1, max_size=3)))),
                draw(st.sampled_from([0.0, 0.0, 0.4, 2.5])),
                draw(st.sampled_from(["", "", "a < 1", "time > 1 and b > 0.2"])), f"d{number}",
            )
        )  # fmt: skip
    return Schedule(END, tuple(np.linspace(0, END, 13)), tuple(doses))


def story(solution: Solution) -> list[tuple[str, bool]]:
    return [(one.name, one.happened) for one in solution.events]


def compare(system: Model, schedule: Schedule, lanes: int) -> None:
    """Where the reference engine itself is sure of what happens, generated code agrees.

    The distance allowed follows from what a hundredth of the tolerance changes in the reference engine.
    """

    def asked(solve: object, relative: float, **options: int) -> Solution:
        tolerances = Tolerances(relative, default_absolute=relative * 1e-2, max_steps=20_000)
        return solve(system, PARAMETERS, schedule, tolerances, observe=OBSERVED, **options)  # type: ignore[operator]

    coarse, fine = asked(reference.solve, 1e-7), asked(reference.solve, 1e-9)
    finest = asked(reference.solve, 1e-11)
    statuses = {one.statuses[0].status for one in (coarse, fine, finest)}
    assume(len(statuses) == 1)
    with patch.object(reference, "solve_subject", wraps=reference.solve_subject) as help_given:
        ours = asked(cohort.solve, 1e-9, threads=1, lanes=lanes)
    event(f"{'failed' if statuses == {Status.FAILED} else 'sound'}, {'with' if help_given.called else 'no'} help")
    if statuses == {Status.FAILED}:
        assert ours.statuses[0].status is Status.FAILED
        return
    assert ours.statuses[0].status is Status.FINISHED
    sure = story(coarse) == story(fine) == story(finest)
    event("sure of its events" if sure else "not sure of its events")
    assume(sure)
    assert story(ours) == story(finest)
    times = np.array([[one.time for one in each.events] for each in (ours, fine, coarse, finest)])
    away = 3e-7 + 100 * np.abs(times[1:3] - times[3]).max(initial=0.0)
    assert np.abs(times[0] - times[3]).max(initial=0.0) <= away
    size = np.abs(finest.values[0]).max(axis=0) + 1.0
    known = np.maximum(np.abs(coarse.values - finest.values), np.abs(fine.values - finest.values))[0] / size
    # not at the very moment of an event, which may be recorded before or after it
    apart = np.abs(finest.times[:, None] - times[3]).min(axis=1, initial=np.inf) > 1e-6
    close = (known.max(axis=1) < 1e-3) & apart
    allowed = 1e-6 + 100 * np.maximum.accumulate(known[close].max(axis=1, initial=0.0))
    distance = (np.abs(ours.values - finest.values)[0] / size)[close].max(axis=1, initial=0.0)
    assert (distance <= allowed).all(), (distance, allowed)


QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


@settings(max_examples=4, suppress_health_check=QUIET)
@given(models(), schedules(), st.sampled_from([1, 2]))
def test_networks_agree_with_the_reference_engine(system: Model, schedule: Schedule, lanes: int) -> None:
    compare(system, schedule, lanes)


@pytest.mark.slow
@settings(max_examples=150, suppress_health_check=QUIET)
@given(models(), schedules(), st.sampled_from([1, 2, 4]))
def test_many_networks_agree_with_the_reference_engine(system: Model, schedule: Schedule, lanes: int) -> None:
    compare(system, schedule, lanes)


# ---- what goes from one place to another is not lost


def closed(seed: int) -> Model:
    """A closed network of eight species, stiff, of first and second order, saturated and cooperative."""
    chance = np.random.default_rng(seed)
    names = [f"s{place}" for place in range(8)]
    processes = {}
    for number in range(20):
        one, other, third = chance.choice(names, 3, replace=False)
        rate = 10 ** chance.uniform(-3, 4)
        law = chance.choice(["{r} * {x}", "{r} * {x} * {y}", "mm({x}, {r}, 0.3)", "{r} * hill({x}, 0.5, 3) * {y}"])
        processes[f"p{number}"] = (law.format(r=f"{rate:.6g}", x=one, y=third), {one: 1.0}, {other: 1.0})
    return model({name: float(chance.uniform(0, 3)) for name in names}, processes)


@pytest.mark.parametrize("seed", range(4))
def test_the_mass_of_a_closed_network_stays(seed: int) -> None:
    system = closed(seed)
    times = (0.0, *np.logspace(-4, 4, 30))
    for relative in (1e-4, 1e-8):
        solution = cohort.solve(
            system, {}, Schedule(1e4, times), Tolerances(relative, default_absolute=1e-9), threads=1
        )
        assert solution.statuses[0].message == ""
        mass = solution.values[0].sum(axis=1)
        assert np.abs(mass / mass[0] - 1).max() <= 1e-9
        assert solution.values.min() >= -(1e-9 + relative * 3)
