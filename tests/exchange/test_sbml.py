"""What is written as SBML runs in libRoadRunner and agrees with the reference engine."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exocosm.bodies import assemble, list_presets, preset
from exocosm.engines.contract import Dose, Schedule, Status, Tolerances
from exocosm.engines.reference import solve
from exocosm.errors import CheckError, InputError
from exocosm.exchange import to_sbml
from exocosm.exchange.identifiers import identifier
from exocosm.network.parts import Assignment, Event, Model, Parameter, Place, Process, Species, Variable
from exocosm.study.load import load
from exocosm.study.resolve import resolve
from exocosm.study.resolved import ResolvedStudy
from exocosm.workflow.sampling import central, sampling_of

libsbml = pytest.importorskip("libsbml")
roadrunner = pytest.importorskip("roadrunner")
roadrunner.Logger.setLevel(roadrunner.Logger.LOG_FATAL)

EXAMPLES = Path(__file__).parents[2] / "examples"
MODELS = [
    path for path in EXAMPLES.rglob("*.yaml") if path.parent.name not in ("bench", "screening")
]  # no models in those folders
QUICK = ("from_papers", "own_models")  # folders of small models
ALWAYS = ("vehicle", "free", "exosomal")  # arms of the demo study: its vesicles are in every run of the tests
PRECISE = Tolerances(relative=1e-10, default_absolute=1e-12)


def errors_of(text: str) -> list[str]:
    """What libsbml objects to (units apart: SBML knows no vesicles)."""
    document = libsbml.readSBMLFromString(text)
    for category in (libsbml.LIBSBML_CAT_UNITS_CONSISTENCY, libsbml.LIBSBML_CAT_MODELING_PRACTICE):
        document.setConsistencyChecks(category, False)
    document.checkConsistency()
    return [document.getError(place).getMessage() for place in range(document.getNumErrors())]


def every_arm() -> list[Any]:
    """(path, arm) of every shipped example; all but a few bodies with vesicles are slow."""
    arms = []
    for path in sorted(MODELS):
        name = path.relative_to(EXAMPLES).with_suffix("").as_posix()
        for arm in load(path).file.arms:
            quick = path.parent.name in QUICK or (name == "doxorubicin_carriers" and arm in ALWAYS)
            arms.append(pytest.param(path, arm, id=f"{name}-{arm}", marks=() if quick else pytest.mark.slow))
    return arms


@lru_cache(maxsize=1)
def resolved(path: Path) -> ResolvedStudy:
    return resolve(load(path))


def largest_difference(model: Model, values: Mapping[str, float], schedule: Schedule) -> float:
    """Over all states and times, relative to the largest value of each state; states of less than the tolerance count
    as nothing.
    """
    text = to_sbml(model, values, schedule)
    assert errors_of(text) == []
    names = [part.name for part in model.states]
    expected = solve(model, values, schedule, PRECISE, observe=names)
    assert expected.statuses[0].status is Status.FINISHED, expected.statuses[0]
    runner = roadrunner.RoadRunner(text)
    runner.integrator.setValue("relative_tolerance", 1e-10)
    runner.integrator.setValue("absolute_tolerance", 1e-12)
    runner.timeCourseSelections = ["time", *(identifier(name) for name in names)]
    found = np.array(runner.simulate(times=list(schedule.observe_times)))[:, 1:]
    difference, largest = (np.max(np.abs(one), axis=0) for one in (found - expected.values[0], expected.values[0]))
    counted = largest > PRECISE.default_absolute
    assert counted.any() and np.all(np.isfinite(found))
    assert np.all(difference[~counted] <= 1e3 * PRECISE.default_absolute)
    return float(np.max(difference[counted] / largest[counted]))


def everything() -> Model:
    """A model with every kind of part, awkward names, and events of every kind."""
    return Model(
        name="every part",
        places=(Place("box", "2"), Place("growing.tissue", "1 + size * 0.1")),
        species=(
            Species("x@box", "box", "nmol", initial="k * 3"),
            Species("Pi", "growing.tissue", "vesicle"),
            Species("z_1.a", "growing.tissue", "ng", initial="2 * x@box"),
        ),
        variables=(Variable("size", "1", "0.3 * size * (1 - size / 10)", "1"),),
        assignments=(Assignment("f", "1", "hill(concentration(x@box), 1, 2.5) + 0 * volume(growing.tissue)"),),
        parameters=(Parameter("k", "1/h"), Parameter("n", "1", value=2)),
        processes=(
            Process("turn", "k * x@box * f", {"x@box": 1}, {"Pi": "n + 0.5"}),
            Process("loss", "mm(Pi, 1, k)", {"Pi": 1}, sink="lost"),
            Process("late", "min(z_1.a, 2) * if(time > 3 and not size > 100, 1, 0)", {"z_1.a": 1}, sink="lost"),
            Process("root", "0.01 * sqrt(z_1.a) * max(x@box, 0) ^ 0.7 * exp(-size)", {"z_1.a": 1}, sink="lost"),
            Process("fast", "abs(z_1.a) * log(2) * Pi * avogadro * 1e-20 * pi", {"z_1.a": 1}, sink="lost"),
        ),
        events=(
            Event("large", "size > 4", {"size": "1", "x@box": "x@box + 1"}),
            Event("only_once", "size > 3", {"Pi": "Pi * 0.5"}, once=True),
            Event("true_at_first", "size > 0.5", {"Pi": "100"}),
            Event("also.large", "size > 4", {"size": "1.5"}),
        ),
    )


def test_every_kind_of_part_dose_and_event() -> None:
    doses = (
        Dose("x@box", "5 * k", (0.0, 6.0, 12.0)),
        Dose("x@box", "1", (0.0, 6.0), condition="size > 2"),
        Dose("Pi", "x@box", (0.0, 6.0)),
        Dose("z_1.a", "4", (0.0, 2.0, 5.0), duration=3.0),
        Dose("z_1.a", "4", (8.0, 10.0), duration=3.0, condition="x@box > 1"),
    )
    schedule = Schedule(24.0, tuple(np.arange(0, 24.01, 0.5)), doses)
    assert largest_difference(everything(), {"k": 0.7}, schedule) < 1e-7


def test_a_dose_at_the_start_leaves_initial_values_alone() -> None:
    """Another initial value that stands on the dosed species is taken before the dose."""
    model = everything()
    schedule = Schedule(0.5, (0.0, 0.5), (Dose("x@box", "7", (0.0,)),))
    runner = roadrunner.RoadRunner(to_sbml(model, {"k": 1.0}, schedule))
    runner.timeCourseSelections = ["x_abox", "z__1_da"]
    assert list(np.array(runner.simulate(times=[0.0, 0.5]))[0]) == [10.0, 6.0]


@pytest.mark.parametrize(("path", "arm"), every_arm())
def test_examples(path: Path, arm: str) -> None:
    study = resolved(path)
    (chosen,) = (one for one in study.arms if one.name == arm)
    values = {name: float(value[0]) for name, value in central(sampling_of(study), arm).items()}
    assert largest_difference(chosen.model, values, chosen.schedule) < 1e-6


def test_every_example_stands_here_and_some_vesicles_always_run() -> None:
    arms = every_arm()
    assert {one.values[0] for one in arms} == set(MODELS)
    assert "doxorubicin_carriers-exosomal" in {one.id for one in arms if not one.marks}


@pytest.mark.parametrize("name", sorted(list_presets()))
def test_bodies(name: str) -> None:
    cargo = "doxorubicin" if "drug" in name else "label"
    body = assemble("mouse", preset(name), carrier="small_ev", cargo=cargo, options={"size_classes": 1})
    values = {part.name: 0.5 + 0.1 * (place % 5) for place, part in enumerate(body.model.parameters)}
    small = ("fraction", "share", "reflection", "sieving", "filtration")
    values |= {key: 0.05 + value / 20 for key, value in values.items() if any(word in key for word in small)}
    chosen = {"body_weight": 20.0, "cardiac_output": 30.0, "haematocrit": 0.45, "vesicle_diameter_gsd": 1.3}
    values |= {key: value for key, value in (chosen | {"tumour_perfusion": 10.0}).items() if key in values}
    doses = tuple(
        Dose(species, f"10 * ({share})", (0.0, 6.0))
        for shares in body.entries.values()
        for species, share in shares.items()
    )
    schedule = Schedule(12.0, tuple(np.linspace(0.0, 12.0, 13)), doses)
    assert largest_difference(body.model, values, schedule) < 1e-6


def test_names_units_and_sources_are_kept() -> None:
    text = to_sbml(everything(), {"k": 0.7}, sources={"k": "Banks2003 <Table 1> & more\x00"})
    assert text == to_sbml(everything(), {"k": 0.7}, sources={"k": "Banks2003 <Table 1> & more\x00"})
    model = libsbml.readSBMLFromString(text).getModel()
    assert [model.getSpecies(place).getName() for place in range(3)] == ["x@box", "Pi", "z_1.a"]
    assert "Banks2003 &lt;Table 1&gt; &amp; more" in model.getParameter("k").getNotesString()
    units = model.getUnitDefinition(model.getTimeUnits())
    assert (units.getName(), units.getUnit(0).getMultiplier()) == ("hour", 3600.0)
    assert model.getUnitDefinition(model.getParameter("k").getUnits()).getName() == "1 / hour"
    assert all(model.getSpecies(place).getHasOnlySubstanceUnits() for place in range(3))


def test_missing_numbers_are_named() -> None:
    with pytest.raises(InputError, match="1 parameters have no value: k"):
        to_sbml(everything(), {})


def test_what_cannot_be_compiled_is_refused_with_every_problem() -> None:
    broken = everything() + Model(assignments=(Assignment("bad", "1", "nowhere + 1"),))
    schedule = Schedule(1.0, (), (Dose("nothing", "1 +", (0.0,)),))
    with pytest.raises(CheckError) as caught:
        to_sbml(broken, {"k": 1.0}, schedule)
    assert len(caught.value.problems) == 3


def test_without_libsbml_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "libsbml", None)
    with pytest.raises(InputError, match=r"pip install 'exocosm\[sbml\]'"):
        to_sbml(everything(), {"k": 1.0})
