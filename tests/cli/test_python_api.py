"""The package as seen from Python."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import exocosm
from exocosm import api
from exocosm.engines import choice
from exocosm.errors import CheckError, EvidenceError, InputError, SolveError


def test_every_public_name_is_there_and_no_other() -> None:
    for name in exocosm.__all__:
        assert getattr(exocosm, name) is not None
    assert set(exocosm.__all__) <= set(dir(exocosm))
    assert exocosm.__version__[0].isdigit()
    with pytest.raises(AttributeError, match="no attribute 'sovle'"):
        _ = exocosm.sovle


def test_names_are_loaded_at_first_use() -> None:
    program = "import exocosm, sys; n = 'exocosm.network'; print(n in sys.modules, exocosm.Model and n in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False True"


def test_a_study_from_file_to_result(study: Path) -> None:
    loaded = exocosm.load(study)
    assert loaded.name == "one-dose-or-two"
    assert loaded.validate() == ()
    assert "k * ev" in loaded.explain()
    result = loaded.run(progress=False, workers=1)
    blood = result.trajectories["central"].sel(output="blood")
    assert float(blood.sel(arm="once", time=2.0)) == pytest.approx(5e8 * np.exp(-1.0), rel=1e-4)
    assert not [path for path in study.parent.iterdir() if path != study]  # without a folder nothing is written


def test_sensitivities_of_a_study_a_file_and_what_was_run(study: Path, tmp_path: Path) -> None:
    from_file = exocosm.sensitivities(study, "once")
    time, elasticity = from_file["time"].to_numpy(), from_file["elasticity"].to_numpy()
    seen = time < 12
    assert elasticity[seen] == pytest.approx(-0.5 * time[seen], rel=1e-4)  # blood is proportional to exp(-k t)
    exocosm.run(study, tmp_path / "out", progress=False, workers=1)
    for source in (exocosm.load(study), exocosm.load(study).resolve(), tmp_path / "out"):
        assert exocosm.sensitivities(source, arm="once", by="k").equals(from_file)
    assert exocosm.load(study).sensitivities("once", outputs="blood").equals(from_file)


def test_problems_are_returned(study: Path) -> None:
    text = study.read_text().replace("rate: k * ev", "rate: k * ev * ev@liver")
    problems = exocosm.load(text).validate()
    assert problems
    assert any("ev@liver" in problem.message for problem in problems)


def test_other_numbers_than_the_file_has(study: Path) -> None:
    resolved = exocosm.load(study, draws=40, animals=3, seed=9).resolve()
    assert (resolved.draws, resolved.animals, resolved.seed) == (40, 3, 9)
    assert not [warning for warning in resolved.warnings if "few" in warning]
    with pytest.raises(InputError, match="draws is -1; it must lie between 0 and"):
        exocosm.load(study, draws=-1)
    with pytest.raises(InputError, match="at most 1000000 are allowed"):
        exocosm.load(study, draws=100_000, animals=100_000)


def test_other_numbers_hold_for_studies_that_run_along(study: Path) -> None:
    measured = "\nmeasurements: {seen: {metric: exposure, arm: once, value: 1e9, unit: vesicle*h/mL, source: Me2020}}\n"
    text = study.read_text()
    (study.parent / "other.yaml").write_text(text.replace("one-dose-or-two", "other") + measured)
    study.write_text(text + "\ncomparisons: [other.yaml]\n")
    resolved = exocosm.load(study, draws=7).resolve()
    assert [other.draws for other in resolved.comparisons] == [7]
    assert [other.seed for other in resolved.comparisons] == [1]


def test_sources_are_cited_exactly(study: Path) -> None:
    key = next(iter(exocosm.catalogue().sources))
    assert exocosm.load(study).cite() == ""
    text = study.read_text()
    sourced = "k: {value: 0.5, unit: 1/h, method: fitted, source: %s}"
    study.write_text(text.replace("k: {value: 0.5, unit: 1/h, low: 0.2, high: 1.2, method: assumed}", sourced % key))
    assert f"{{{key}," in api.cite(study)
    study.write_text(study.read_text().replace(key, "Nobody1900"))
    assert api.cite(study) == "% Nobody1900: named by the study itself; not in the bibliography\n"


def test_a_results_folder_stands_for_its_study(study: Path, tmp_path: Path) -> None:
    exocosm.load(study).resolve()
    exocosm.run(study, tmp_path / "out", workers=1, progress=False)
    before = api.resolved_of(study)
    study.write_text("gone")
    assert api.resolved_of(tmp_path / "out").arms == before.arms
    assert api.cite(tmp_path / "out") == ""


def test_a_result_without_a_folder_has_no_report(study: Path) -> None:
    with pytest.raises(InputError, match="save it first"):
        api.report(exocosm.run(study, workers=1, progress=False))


def test_values_are_found_with_their_path() -> None:
    found = exocosm.find_value("body_weight", organism="mouse")
    assert found.value.organism == "mouse"
    assert found.path[0].startswith("body_weight: ")
    with pytest.raises(EvidenceError, match="no row of this quantity"):
        exocosm.find_value("weight_of_the_soul")


def decay(**changes: object) -> exocosm.Model:
    model = exocosm.Model(
        "decay",
        places=(exocosm.Place("dish", "dish_volume"),),
        species=(exocosm.Species("x", "dish", "nmol", initial="start"),),
        parameters=(
            exocosm.Parameter("k", "1/d", value=24.0),
            exocosm.Parameter("dish_volume", "mL", value=1.0, extensive=True),
            exocosm.Parameter("start", "nmol", value=3.0, extensive=True),
        ),
        processes=(exocosm.Process("loss", "k * x", takes={"x": 1}, sink="away"),),
    )
    return replace(model, **changes)


HOURS = exocosm.Schedule(2.0, (0.0, 1.0, 2.0))


def test_a_model_built_in_python() -> None:
    model = decay()
    assert exocosm.check_model(model) == []
    solution = exocosm.solve(model, {}, HOURS)
    assert solution["x"][0] == pytest.approx(3 * np.exp(-np.arange(3.0)), rel=1e-5)
    assert exocosm.compile_model(model).states == ("x",)


def test_the_engine_of_a_model_built_in_python(monkeypatch: pytest.MonkeyPatch) -> None:
    every = {engine: exocosm.solve(decay(), {"k": [1.0, 2.0]}, HOURS, engine=engine) for engine in choice.ENGINES}
    values = {engine: solution["x"] for engine, solution in every.items()}
    assert values["automatic"].tobytes() == values["cohort"].tobytes() != values["reference"].tobytes()
    assert values["cohort"] == pytest.approx(values["reference"], rel=1e-4)
    with pytest.raises(InputError, match="no engine 'quick'"):
        exocosm.solve(decay(), {}, HOURS, engine="quick")
    monkeypatch.setattr("exocosm.engines.cohort.native.is_available", lambda: False)
    assert (exocosm.solve(decay(), {"k": [1.0, 2.0]}, HOURS)["x"] == values["reference"]).all()


@pytest.mark.parametrize("compiled", [False, True])
def test_a_model_is_examined_before_it_is_solved(compiled: bool) -> None:
    process = exocosm.Process("loss", "k * x * x", takes={"x": 1}, sink="away")
    model = decay(processes=(process,))
    given = exocosm.compile_model(model) if compiled else model
    with pytest.raises(CheckError, match=r"model 'decay' .*check=False(?s:.*)\[units\] process 'loss'"):
        exocosm.solve(given, {"k": [1.0, 2.0]}, HOURS)
    assert exocosm.solve(given, {"k": [1.0, 2.0]}, HOURS, check=False)["x"].shape == (2, 3)
    with pytest.raises(CheckError, match="units"):
        exocosm.require_sound(model)


def test_conditions_of_doses_are_examined_before_solving() -> None:
    doses = (exocosm.Dose("x", "start", (1.0,), condition="concentration(x) > start"),)
    with pytest.raises(CheckError, match=r"dose condition 'concentration.x. > start'"):
        exocosm.solve(decay(), {}, exocosm.Schedule(2.0, (2.0,), doses))


def test_numbers_that_make_no_sense_are_refused_by_the_engine() -> None:
    with pytest.raises(SolveError, match="'k'"):
        exocosm.solve(decay(), {"k": "fast"}, HOURS)  # type: ignore[dict-item]
    with pytest.raises(SolveError, match="'kk'"):
        exocosm.solve(decay(), {"kk": 1.0}, HOURS)
