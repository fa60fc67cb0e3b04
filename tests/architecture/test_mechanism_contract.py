"""Every mechanism, in every preset and organism, gives a sound model: a new one is examined before its author tests it.

A body is assembled and checked as a study would; values that the catalogue lacks are drawn at random by the checks.
"""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest

from exocosm.bodies import Body, assemble, list_mechanisms, list_presets, organisms, preset
from exocosm.errors import EvidenceError, ExocosmError, Problem
from exocosm.evidence.catalogue import load_catalogue
from exocosm.evidence.lookup import find
from exocosm.network.check import check_model
from exocosm.network.compile import compile_model
from exocosm.network.parts import Model, substance_of
from exocosm.units import to_canonical

CARRIERS = ("", "small_ev")
CARGOES = ("", "doxorubicin", "label")
# what a model without one of its mechanisms may be told: a name is gone, or something is never reached or moved
MISSING_A_PART = {"unknown name", "unreachable", "flow balance", "mass balance"}


def build(name: str, organism: str, carrier: str, cargo: str, without: str = "", size_classes: int = 1) -> Body:
    chosen = [(mechanism, options) for mechanism, options in preset(name) if mechanism != without]
    return assemble(organism, chosen, carrier=carrier, cargo=cargo, options={"size_classes": size_classes})


def known_values(model: Model, **context: str) -> dict[str, float]:
    """The catalogue's values of a model's parameters in canonical units, where it has them."""
    values = {}
    for parameter in model.parameters:
        asked = {key: word for key, word in {**context, **parameter.context}.items() if word}
        try:
            row = find(load_catalogue(), parameter.quantity or parameter.name, asked).value
        except EvidenceError:
            continue
        values[parameter.name] = to_canonical(row.value, row.unit)
    return values


def problems_of(body: Body, **context: str) -> list[Problem]:
    dosed = [species for door in body.entries.values() for species in door]
    return check_model(body.model, known_values(body.model, **context), dosed)


def expected_kinds(name: str, carrier: str, cargo: str) -> set[str]:
    """Kinds of problem that a combination must have, because it asks for what the preset is not made for."""
    mechanisms = {mechanism for mechanism, _ in preset(name)}
    if "tumour_drug" in mechanisms and cargo == "label":
        return {"units"}  # an effect by the amount of a drug, of something counted in injected doses
    if "free_label" in mechanisms and cargo and not carrier:
        return {"unreachable"}  # a label reaches organs inside vesicles only
    return set()


def combinations() -> Iterable[object]:
    for name in list_presets():
        for organism in organisms():
            for carrier in CARRIERS:
                for cargo in CARGOES:
                    # the organ tables differ in numbers more than in kind: the mouse stands for all in the quick run
                    slow = [] if organism == "mouse" else [pytest.mark.slow]
                    yield pytest.param(name, organism, carrier, cargo, marks=slow)


@pytest.mark.parametrize(("name", "organism", "carrier", "cargo"), list(combinations()))
def test_every_combination_is_sound_or_says_what_does_not_fit(
    name: str, organism: str, carrier: str, cargo: str
) -> None:
    problems = problems_of(build(name, organism, carrier, cargo), organism=organism, carrier=carrier, cargo=cargo)
    assert {problem.kind for problem in problems} == expected_kinds(name, carrier, cargo), problems[:5]


@pytest.mark.slow
@pytest.mark.parametrize("size_classes", [2, 3])
@pytest.mark.parametrize("name", list_presets())
def test_more_size_classes_are_sound_too(name: str, size_classes: int) -> None:
    cargo = "label" if "free_label" in dict(preset(name)) else "doxorubicin"
    body = build(name, "mouse", "small_ev", cargo, size_classes=size_classes)
    assert not problems_of(body, organism="mouse", carrier="small_ev", cargo=cargo)


def removals() -> Iterable[object]:
    seen: set[str] = set()
    for name in list_presets():
        for mechanism, _ in preset(name):
            yield pytest.param(name, mechanism, marks=[pytest.mark.slow] if mechanism in seen else [])
            seen.add(mechanism)


@pytest.mark.parametrize(("name", "mechanism"), list(removals()))
def test_without_one_mechanism_the_model_is_sound_or_says_what_is_missing(name: str, mechanism: str) -> None:
    cargo = "label" if "free_label" in dict(preset(name)) else "doxorubicin"
    context = {"organism": "mouse", "carrier": "small_ev", "cargo": cargo}
    try:
        body = build(name, without=mechanism, **context)
    except ExocosmError as problem:
        assert str(problem)
        return
    problems = problems_of(body, **context)
    assert {problem.kind for problem in problems} <= MISSING_A_PART, problems[:5]
    assert all(problem.where and problem.message for problem in problems)


def test_every_mechanism_stands_in_a_preset() -> None:
    used = {mechanism for name in list_presets() for mechanism, _ in preset(name)}
    assert used == set(list_mechanisms()), "a mechanism that no preset holds is not examined here"


@pytest.mark.parametrize("name", list_presets())
@pytest.mark.parametrize("cargo", CARGOES)
def test_without_a_dose_nothing_of_it_ever_appears(name: str, cargo: str) -> None:
    model = build(name, "mouse", "small_ev", cargo).model
    compiled = compile_model(model)
    generator = random.Random(7)
    given = {species.name for species in model.species if substance_of(species) in {"vesicle", cargo}}
    assert given
    for _ in range(4):
        p = [generator.uniform(0.05, 0.95) for _ in compiled.parameters]
        # all else (cells, variables) may be anywhere
        y = [0.0 if state in given else generator.uniform(0.1, 10.0) for state in compiled.states]
        slopes = compiled.rhs(generator.uniform(0.0, 100.0), y, p)
        moving = [state for state, slope in zip(compiled.states, slopes, strict=True) if state in given and slope]
        assert not moving


@pytest.mark.parametrize("mechanism", list_mechanisms())
def test_processes_say_which_mechanism_they_are_of(mechanism: str) -> None:
    name = next(name for name in list_presets() if mechanism in dict(preset(name)))
    body = build(name, "mouse", "small_ev", "label" if "free_label" in dict(preset(name)) else "doxorubicin")
    names = dict(preset(name))
    assert all(process.mechanism in names for process in body.model.processes)
    assert len(list_mechanisms()[mechanism]) > len("A sentence."), "its docstring's first line is shown to users"
