"""The checks of rates find what a plain reading of their rules finds, point by point and expression by expression."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from exocosm.bodies import assemble, list_presets, preset
from exocosm.network.expression import evaluate
from exocosm.network.parts import Assignment, Flow, Model, Parameter, Place, Process, Species
from exocosm.network.reading import Reading, read
from exocosm.network.scaling import AGREEMENT, extensivity_problems, flow_problems, random_points, rate_problems

Point = Mapping[str, float]
Finding = tuple[str, str, str]  # kind, where, what the message must say


def plain_points(reading: Reading, count: int) -> list[dict[str, float]]:
    columns = random_points(reading, None, count)
    model = reading.model
    given = ["time", *(part.name for part in (*model.states, *model.parameters))]
    return [completed(reading, {name: columns[name][place] for name in given}) for place in range(count)]


def completed(reading: Reading, base: Point) -> dict[str, float]:
    point = dict(base)
    for symbol, expression in (*reading.definitions.items(), *reading.replacements.items()):
        point[symbol] = evaluate(expression, point)
    return point


def plain_extensivity(reading: Reading, points: list[dict[str, float]]) -> Iterator[Finding]:
    model = reading.model
    size = [*model.species, *(part for part in (*model.parameters, *model.assignments) if part.extensive)]
    doubling = {part.name for part in size} | {f"volume({place.name})" for place in model.places}
    claims = {("process", "rate"): True, ("flow", "rate"): True, ("place", "volume"): True, ("variable", "rate"): False}
    for key, expression in reading.expressions.items():
        extensive = claims.get((key[0], key[2])) if len(key) == 3 else None
        if key[0] == "assignment":
            extensive = key[1] in doubling
        if extensive is None:
            continue
        for point in points:
            larger = {name: 2.0 * value if name in doubling else value for name, value in point.items()}
            before, after = evaluate(expression, point), evaluate(expression, larger)
            wanted = 2.0 * before if extensive else before
            if math.isfinite(before + after) and abs(after - wanted) > AGREEMENT * max(abs(before), abs(after)):
                yield "extensivity", f"{key[0]} '{key[1]}'", f"{after / before:.4g} times" if before else "from 0"
                break


def plain_rates(reading: Reading, points: list[dict[str, float]]) -> Iterator[Finding]:
    model = reading.model
    given = ["time", *(part.name for part in (*model.states, *model.parameters))]
    for process in model.processes:
        rate = reading.expressions["process", process.name, "rate"]
        lowest = min(value for point in points if not math.isnan(value := evaluate(rate, point)))
        if lowest < 0.0:
            yield "negative rate", f"process '{process.name}'", f"({lowest:.3g} at"
        for taken in process.takes:
            if taken not in reading.moving(reading.resolve(rate)):
                yield "vanishing rate", f"process '{process.name}'", f"does not depend on '{taken}'"
                continue
            for point in points:
                without = completed(reading, {**{name: point[name] for name in given}, taken: 0.0})
                value = evaluate(rate, without)
                if value != 0.0:
                    says = "has no value" if math.isnan(value) else f"is {value:.3g}"
                    yield "vanishing rate", f"process '{process.name}'", f"{says} when '{taken}'"
                    break


def plain_flows(reading: Reading, points: list[dict[str, float]]) -> Iterator[Finding]:
    rates = {flow.name: reading.expressions["flow", flow.name, "rate"] for flow in reading.model.flows}
    for place in (one for one in reading.model.places if not one.open):
        for point in points:
            into = math.fsum(evaluate(rates[f.name], point) for f in reading.model.flows if f.target == place.name)
            out = math.fsum(evaluate(rates[f.name], point) for f in reading.model.flows if f.source == place.name)
            if abs(into - out) > 1e-9 * max(abs(into), abs(out)):
                yield "flow balance", f"place '{place.name}'", f"{into:.6g} mL/h flows in"
                break


def compared(model: Model, count: int) -> set[str]:
    """Check that the fast and the plain findings are the same; the kinds that were found."""
    reading = read(model)
    assert reading.problems == ()
    columns = random_points(reading, None, count)
    points = plain_points(reading, count)
    assert points == [{name: columns[name][place] for name in points[place]} for place in range(count)]
    kinds = set()
    checks = (
        (extensivity_problems, plain_extensivity),
        (rate_problems, plain_rates),
        (flow_problems, plain_flows),
    )
    for fast, plain in checks:
        found, wanted = list(fast(reading, columns)), list(plain(reading, points))
        assert [(one.kind, one.where) for one in found] == [one[:2] for one in wanted]
        for problem, (_, _, says) in zip(found, wanted, strict=True):
            assert says in problem.message
        kinds |= {one.kind for one in found}
    return kinds


@pytest.mark.parametrize("cargo", ["", "doxorubicin"])
@pytest.mark.parametrize("name", list_presets())
def test_bodies_of_all_presets(name: str, cargo: str) -> None:
    compared(assemble("mouse", preset(name), carrier="small_ev", cargo=cargo).model, count=1)


def planted(model: Model) -> Model:
    """The model with errors of every kind in its own rates, flows and marks."""
    processes = list(model.processes)
    wrong = ("{rate} + {other}", "-({rate})", "({rate}) * ({rate})", "({rate}) / {taken}", "{other}")
    for place, text in enumerate(wrong * 3):
        rate, other = model.processes[7 * place].rate, model.processes[7 * place + 1].rate
        taken = next(iter(model.processes[7 * place].takes), "time")
        text = text.format(rate=rate, other=other, taken=taken)
        processes[7 * place] = replace(model.processes[7 * place], rate=text)
    flows = [
        replace(flow, rate=f"0.9 * ({flow.rate})") if not place % 5 else flow for place, flow in enumerate(model.flows)
    ]
    marks = [
        replace(part, extensive=not part.extensive) if not place % 9 else part
        for place, part in enumerate(model.parameters)
    ]
    return replace(model, processes=tuple(processes), flows=tuple(flows), parameters=tuple(marks))


def test_errors_planted_in_a_body() -> None:
    model = planted(assemble("mouse", preset("carrier_drug"), carrier="small_ev", cargo="doxorubicin").model)
    assert compared(model, count=2) == {"extensivity", "vanishing rate", "negative rate", "flow balance"}


def test_definitions_that_depend_on_what_is_taken_follow_it_to_zero() -> None:
    # the growing volume, the level and its synonym all hang on `cells`; the rates vanish only through them
    model = Model(
        places=(Place("tumour", "v0 * cells + V"), Place("blood", "V")),
        species=(Species("cells", "tumour", "cell"), Species("drug", "tumour", "nmol")),
        assignments=(
            Assignment("share", "dimensionless", "cells * v0 / volume(tumour)"),
            Assignment("same", "dimensionless", "share"),
            Assignment("rest", "dimensionless", "1 - same"),
        ),
        parameters=(
            Parameter("v0", "mL/cell", 0.5),
            Parameter("V", "mL", 2.0, extensive=True),
            Parameter("k", "1/h", 3.0),
            Parameter("N", "cell", 4.0, extensive=True),
        ),
        processes=(
            Process("vanishes", "k * N * same", {"cells": 1.0}, sink="death"),
            Process("stays", "k * N * rest", {"cells": 1.0}, sink="death"),
            Process("has.no.value", "k * N * log(share) / log(share)", {"cells": 1.0}, sink="death"),
            Process("other", "k * drug * rest", {"drug": 1.0}, sink="decay"),
        ),
        flows=(Flow("round", "blood", "blood", "k * V"),),
    )
    assert compared(model, count=4) == {"vanishing rate"}
    reading = read(model)
    found = list(rate_problems(reading, random_points(reading)))
    assert [one.where for one in found] == ["process 'stays'", "process 'has.no.value'"]
    assert "is 12 when 'cells'" in found[0].message and "has no value when 'cells'" in found[1].message
    assert reading.moves["rest"] == {"cells"}
    assert reading.moving(reading.expressions["process", "other", "rate"]) == {"cells", "drug"}
