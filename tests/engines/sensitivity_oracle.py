"""Other ways to the derivatives of a solution (equations written out, differences), and models to try them on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from exam_models import decay, model
from hypothesis import strategies as st

from exocosm.engines import cohort, reference
from exocosm.engines.contract import Dose, Schedule, Tolerances
from exocosm.network import expression as tree
from exocosm.network.compile import compile_model
from exocosm.network.derivative import derivative
from exocosm.network.expression import Expression
from exocosm.network.grammar import parse
from exocosm.network.parts import Assignment, Event, Model, Parameter, Place, Process, Species, Variable
from exocosm.network.reading import Reading, read
from exocosm.network.text import to_text

Parameters = Mapping[str, float | np.ndarray]


def change_of(state: str, parameter: str) -> str:
    """The name of d(state)/d(parameter) in an augmented model."""
    return f"change.{state}.{parameter}"


def augmented(system: Model, schedule: Schedule, by: Sequence[str]) -> tuple[Model, Schedule]:
    """The model with a variable for every d(state)/d(parameter), and the schedule with what doses add to them.

    dS/dt = f_y S + f_p, written out as text.  A bolus adds to S by an event of time, just after the bolus itself;
    an infusion by a rate.  Amounts of doses may depend on parameters only, and the model may have no events.
    """
    reading = read(system)
    written = _written_out(reading)
    slopes = {name: written(_slope(reading, name)) for name in (part.name for part in system.states)}
    starts = {part.name: written(parse(part.initial)) for part in system.states}
    variables = []
    jumps: dict[float, dict[str, str]] = {}
    for parameter in by:
        poured: dict[str, list[Expression]] = {}
        for dose in schedule.doses:
            amount = derivative(written(parse(dose.amount)), parameter)
            name = change_of(dose.target, parameter)
            for time in dose.times if amount is not tree.ZERO else ():
                if dose.duration > 0.0:
                    text = f"if(time > {time!r} and time < {time + dose.duration!r}, {1 / dose.duration!r}, 0)"
                    poured.setdefault(dose.target, []).append(tree.multiply(parse(text), amount))
                else:
                    do = jumps.setdefault(time, {})
                    do[name] = f"{do.get(name, name)} + {to_text(amount)}"
        for state, slope in slopes.items():
            along = [
                tree.multiply(derivative(slope, other), tree.name(change_of(other, parameter))) for other in slopes
            ]
            rate = tree.add(*along, derivative(slope, parameter), *poured.get(state, []))
            start = derivative(starts[state], parameter)
            variables.append(Variable(change_of(state, parameter), "1", to_text(rate), to_text(start)))
    events = tuple(Event(f"at{time}", f"time > {time!r}", do) for time, do in jumps.items())
    return replace(system, variables=(*system.variables, *variables), events=events), schedule


def _written_out(reading: Reading) -> Callable[[Expression], Expression]:
    """The expression in states, parameters and time alone."""

    def written(expression: Expression) -> Expression:
        found = reading.resolve(expression)
        while tree.symbols(found) & reading.definitions.keys():
            found = tree.substitute(found, reading.definitions)
        return found

    return written


def _slope(reading: Reading, state: str) -> Expression:
    """d(state)/dt as one expression."""
    terms = [parse(one.rate) for one in reading.model.variables if one.name == state]
    for process in reading.model.processes:
        for amounts, sign in ((process.takes, -1.0), (process.gives, 1.0)):
            if state in amounts:
                terms.append(tree.multiply(tree.number(sign), parse(str(amounts[state])), parse(process.rate)))
    return tree.add(*terms)


def by_reference(system: Model, values: Parameters, schedule: Schedule, by: Sequence[str]) -> np.ndarray:
    """(subject, time, state, parameter) from the reference engine, which solves the augmented model."""
    larger, schedule = augmented(system, schedule, by)
    states = [part.name for part in system.states]
    names = [change_of(state, parameter) for state in states for parameter in by]
    solution = reference.solve(larger, values, schedule, Tolerances(1e-10, default_absolute=1e-13), observe=names)
    assert not any(status.message for status in solution.statuses), solution.statuses
    return solution.values.reshape(*solution.values.shape[:2], len(states), len(by))


def by_differences(
    system: Model,
    values: Parameters,
    schedule: Schedule,
    by: Sequence[str],
    observe: Sequence[str] | None = None,
    tolerances: Tolerances = Tolerances(1e-12, default_absolute=1e-15),  # noqa: B008  (frozen)
    step: float = 2e-3,
) -> np.ndarray:
    """(subject, time, observable, parameter): central differences with steps h and h / 2, extrapolated to h = 0."""
    compiled = compile_model(system) if isinstance(system, Model) else system
    subjects = np.broadcast_shapes(*(np.shape(value) for value in values.values()), (1,))[0]
    table = {name: np.broadcast_to(np.asarray(value, dtype=float), subjects) for name, value in values.items()}
    shares = (step, -step, step / 2, -step / 2)
    found = []
    for name in by:
        moved = {one: np.tile(value, len(shares)) for one, value in table.items()}
        size = np.where(table[name] == 0.0, 1.0, np.abs(table[name]))
        moved[name] = np.concatenate([table[name] + share * size for share in shares])
        up, down, half_up, half_down = np.split(
            cohort.solve(compiled, moved, schedule, tolerances, observe=observe).values, len(shares)
        )
        width = step * size[:, None, None]
        wide, narrow = (up - down) / (2 * width), (half_up - half_down) / width
        found.append((4 * narrow - wide) / 3)
    return np.stack(found, axis=-1)


def furthest(found: np.ndarray, expected: np.ndarray, least: np.ndarray | None = None) -> float:
    """The largest difference, in units of the largest value over time of each derivative.

    least: no smaller unit than this; without it, a millionth of the same derivative of the largest state.
    """
    size = np.max(np.abs(expected), axis=1, keepdims=True)
    floor = 1e-6 * np.max(size, axis=2, keepdims=True) if least is None else least
    distance = np.abs(found - expected) / np.maximum(np.maximum(size, floor), 1e-300)
    assert not np.isnan(distance).any()
    return float(distance.max())


NONLINEAR = model(
    {"a": "a0", "b": 0, "c": "b0 / 2"},
    {
        "f": ("mm(a, vm, km)", {"a": 1}, {"b": "y"}),  # type: ignore[dict-item]
        "g": ("k * b^n", {"b": 1}, {"c": 1}),
        "h": ("q * c * hill(b, half, m)", {"c": 1}, {"a": 0.5}),
    },
    parameters="a0 b0 vm km k n q half m y dose",
)
TUMOUR = Model(
    "tumour",
    (Place("tumour", "v0 * (1 + cells / 10)"),),
    (Species("cells", "tumour", "cell", initial="n0"), Species("drug", "tumour", "nmol", initial="d0")),
    assignments=(Assignment("c", "1", "concentration(drug)"), Assignment("effect", "1", "kill * c / (half + c)")),
    parameters=tuple(Parameter(name, "1") for name in ("v0", "n0", "d0", "g", "kill", "half", "cl", "dose")),
    processes=(
        Process("grow", "g * cells * log(20 / max(cells, 1e-3))", gives={"cells": 1}),
        Process("die", "effect * cells", takes={"cells": 1}),
        Process("clear", "cl * c", takes={"drug": 1}),
    ),
)
KINKS = model(
    {"a": "a0"},
    {
        "f": ("k * piecewise(a, a < level, 2 * a - level)", {"a": 1}, {}),
        "g": ("abs(q * (a - 1)) + k * max(a, 0.5) * min(a, s)", {}, {"a": 1}),
    },
    parameters="a0 k level q s",
)
ROBERTSON = model(
    {"a": 1, "b": 0, "c": 0},
    {
        "s": ("k1 * a", {"a": 1}, {"b": 1}),
        "f": ("k2 * b^2", {"b": 1}, {"c": 1}),
        "b": ("k3 * b * c", {"b": 1}, {"a": 1}),
    },
    parameters="k1 k2 k3",
)
VAN_DER_POL = model(variables={"x": ("v", 2), "v": ("mu * (1 - x^2) * v - x", 0)}, parameters="mu")
OREGONATOR = model(
    variables={
        "x": ("s * (y + x * (1 - q * x - y))", 1),
        "y": ("(z - (1 + x) * y) / s", 2),
        "z": ("w * (x - z)", 3),
    },
    parameters="s q w",
)


def at(*times: float, doses: tuple[Dose, ...] = ()) -> Schedule:
    """A schedule that ends with the last time."""
    return Schedule(times[-1], times, doses)


def _decay(parameters: str, when: str, do: Mapping[str, str], rate: str = "k * x", once: bool = False) -> Model:
    """x disappears, and something happens; `seen` is there to be set."""
    event = Event("event", when, do, once)
    return model({"x": "x0"}, {"loss": (rate, {"x": 1}, {})}, {"seen": ("0", 0)}, f"k x0 {parameters}", (event,))


TIMES = (0.0, 0.25, 0.6, 1.3, 2.2, 3.7, 5.0)
LATER = TIMES[1:]
DOSES = (
    Dose("a", "dose * k", (0.0, 1.0, 2.0)),
    Dose("c", "dose^2", (1.0,)),
    Dose("b", "dose * km", (0.5, 1.5, 3.0), duration=1.25),
)
_NONLINEAR = {"a0": 2.0, "b0": 1.0, "vm": 1.5, "km": 0.7, "k": 0.3, "n": 1.5}
_NONLINEAR |= {"q": 0.7, "half": 0.4, "m": 2.6, "y": 1.2, "dose": 1.3}
_TUMOUR = {"v0": 2.0, "n0": 1.0, "d0": 3.0, "g": 0.5, "kill": 1.5, "half": 0.6, "cl": 0.8, "dose": 1.0}
_OF_TIME = decay("k * (1 + s * exp(-q * time)) * x^1.5", 1, "k s q")

# name -> model, values, schedule, and to what share derivatives at a relative tolerance of 1e-9 agree
SMOOTH: Mapping[str, tuple[Model, Parameters, Schedule, float]] = {
    "nonlinear": (NONLINEAR, _NONLINEAR, at(*LATER), 1e-8),
    "doses": (NONLINEAR, _NONLINEAR, at(*LATER, doses=DOSES), 1e-8),
    "powers below one": (NONLINEAR, {**_NONLINEAR, "n": 0.5, "m": 0.7}, at(*LATER, doses=DOSES), 1e-8),
    "growing volume": (TUMOUR, _TUMOUR, at(*LATER, doses=(Dose("drug", "dose * v0", (1.0, 2.0)),)), 1e-8),
    "rates of time": (_OF_TIME, {"k": 0.5, "s": 2.0, "q": 3.0}, at(*LATER), 1e-8),
    "kinks": (KINKS, {"a0": 3.0, "k": 1.0, "level": 1.5, "q": 0.2, "s": 0.4}, at(*LATER), 1e-7),
    "robertson": (ROBERTSON, {"k1": 0.04, "k2": 3e7, "k3": 1e4}, at(0.4, 40.0, 4e3, 4e5), 1e-7),
    "van der pol": (VAN_DER_POL, {"mu": 100.0}, at(10.0, 50.0, 70.0), 1e-7),
    "oregonator": (OREGONATOR, {"s": 77.27, "q": 8.375e-6, "w": 0.161}, at(10.0, 100.0, 250.0), 1e-6),
}

_REFILLS = model(
    {"x": "x0 + extra"},
    {"loss": ("k * x^1.2", {"x": 1}, {})},
    {"blast": ("g * blast^2", 1), "count": ("0", 0)},
    "k x0 level g extra",
    (Event("refill", "x < level", {"x": "x + 1.5 * x0", "count": "count + time"}),),
)
_COHORT = {
    "k": np.array([0.3, 5.0, 0.9, 8.0, 0.6, 1.1, 2.0, 0.5, 3.0, 0.7, 1.3]),
    "x0": np.linspace(1.0, 3.0, 11),
    "level": np.linspace(0.9, 0.2, 11),
    "g": np.full(11, 0.01),
    "extra": np.zeros(11),
}
_BOTH = Dose("x", "x0 * k", (1.0, 3.0)), Dose("x", "x0", (0.5,), duration=2.0)
_BOUNCE = Event("bounce", "h < 0", {"h": "0", "v": "-r * v"})
_FULL = Event("full", "x > level", {"x": "x / 4", "seen": "seen + x * time"})
_LOW = Event("low", "x < 1 / level", {"seen": "seen + time"})
_KEPT = {"k": 0.5, "x0": 2.0, "level": 0.8, "add": 1.0}

# name -> model, values, schedule
EVENTFUL: Mapping[str, tuple[Model, Parameters, Schedule]] = {
    "refills": (_REFILLS, _COHORT, at(*TIMES, doses=_BOTH)),
    "bouncing ball": (
        model(variables={"h": ("v", "h0"), "v": ("-g", 0)}, parameters="h0 g r", events=(_BOUNCE,)),
        {"h0": 1.0, "g": 1.0, "r": 0.8},
        at(1.0, 2.0, 3.0, 4.0, 5.0, 6.0),
    ),
    "or": (_decay("level add", "x < level or time > add", {"x": "x + 1"}), _KEPT, at(*TIMES)),
    "not": (_decay("level add", "not x > level", {"x": "x + 1 + add"}), _KEPT, at(*TIMES)),
    "once": (_decay("level add", "x < level", {"x": "x + add"}, once=True), _KEPT, at(*TIMES)),
    "of time and state": (
        _decay("level add", "x^2 * exp(-time) < level^2", {"x": "x + add * time", "seen": "x"}),
        _KEPT,
        at(*TIMES),
    ),
    "true from the start on": (
        _decay("add", "x < x0", {"x": "x + add"}),
        {"k": 0.5, "x0": 2.0, "add": 1.0},
        at(*TIMES),
    ),
    "a switch": (
        _decay("level add", "x < level", {"seen": "1"}, "if(seen > 0.5, add, k) * x"),
        _KEPT,
        at(*TIMES),
    ),
    "two by one trigger": (
        model(
            variables={"x": ("k", "x0"), "y": ("q", 0)},
            parameters="k x0 q level",
            events=(Event("a", "x > level", {"x": "0"}), Event("b", "x > level", {"y": "y + x"})),
        ),
        {"k": 0.9, "x0": 0.1, "q": 0.2, "level": 0.7},
        at(*TIMES),
    ),
    "by infusions, by state, and by doses": (
        model({"x": 0}, {"f": ("k * x", {"x": 1}, {})}, {"seen": ("0", 0)}, "k dose level", (_FULL, _LOW)),
        {"k": 0.7, "dose": 4.0, "level": 1.5},
        at(*TIMES, doses=(Dose("x", "dose", (0.0,), duration=2.0), Dose("x", "dose", (1.0, 4.0)))),
    ),
}

RATES = (
    "{k} * {a}",
    "{k} * {a}^1.5",
    "mm({a}, {k}, 0.7)",
    "{k} * {a} * hill({b}, 0.8, 2.3)",
    "{k} * {a} * {b} / (1 + {b})",
    "{k} * {a} * exp(-0.3 * {b})",
    "{k} * {a} * (1 + exp(-time))",
    "{k} * {a} * sqrt(0.1 + {b})",
)


@st.composite
def networks(draw: st.DrawFn) -> tuple[Model, dict[str, float]]:
    """A closed network of random processes between a few species, and values of its parameters."""
    count = draw(st.integers(2, 4))
    species = [f"x{place}" for place in range(count)]
    values = {f"start{place}": draw(st.floats(0.5, 3.0)) for place in range(count)}
    processes = {}
    for place in range(draw(st.integers(1, 5))):
        source, other = draw(st.sampled_from(species)), draw(st.sampled_from(species))
        target = draw(st.sampled_from([one for one in species if one != source]))
        values[f"k{place}"] = draw(st.floats(0.1, 2.0))
        rate = draw(st.sampled_from(RATES)).format(k=f"k{place}", a=source, b=other)
        processes[f"p{place}"] = (rate, {source: 1.0}, {target: 1.0})
    starts = {name: f"start{place}" for place, name in enumerate(species)}
    return model(starts, processes, parameters=" ".join(values)), values
