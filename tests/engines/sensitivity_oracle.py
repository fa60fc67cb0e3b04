"""Other ways to the derivatives of a solution (equations written out, differences), and models to try them on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from exam_models import model
from hypothesis import strategies as st

from exocosm.engines import cohort, reference
from exocosm.engines.contract import Schedule, Tolerances
from exocosm.network import expression as tree
from exocosm.network.compile import compile_model
from exocosm.network.derivative import derivative
from exocosm.network.expression import Expression
from exocosm.network.grammar import parse
from exocosm.network.parts import Assignment, Event, Model, Parameter, Place, Process, Species, Variable
from exocosm.network.reading import Reading, read
from exocosm.network.text import to_text

Parameters = Mapping[str, float | Sequence[float]]


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
EVENTFUL = model(
    {"x": "x0"},
    {"loss": ("k * x^1.2", {"x": 1}, {})},
    {"blast": ("g * blast^2", 1), "count": ("0", 0)},
    "k x0 level g",
    (Event("refill", "x < level", {"x": "x + 1.5 * x0", "count": "count + time"}),),
)

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
