"""Sensitivities of studies, against differences of their own runs, the influence analysis, and exact answers."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
from tiny_study import MODEL, ROWS, TINY, arm, fixed, spread

from exocosm.engines.cohort import native
from exocosm.engines.contract import Tolerances
from exocosm.errors import InputError, SolveError
from exocosm.network.parts import Process
from exocosm.study.resolved import Metric
from exocosm.workflow.run import run
from exocosm.workflow.sensitivities import COLUMNS, sensitivities, strongest

pytestmark = pytest.mark.skipif(not native.is_available(), reason="no code can be generated here")

EXACT = replace(TINY, tolerances=Tolerances(1e-11, default_absolute=1e-12), animals=0, draws=0)
NAMES = [one.name for one in TINY.arms]


def quietly(study):
    return run(study, workers=1, progress=False)


def arms(model=MODEL, **changes):
    targeted = {"gain": fixed("study:gain", 2.0, "dimensionless"), **changes}
    return tuple(replace(arm(name, **rows), model=model) for name, rows in zip(NAMES, (changes, targeted), strict=True))


def curves(study):
    """Arm, output -> central time course, in the unit of the output."""
    found = quietly(study).trajectories["central"]
    return {
        (name, output.name): found.sel(arm=name, output=output.name).values
        for name in NAMES
        for output in study.outputs
    }


def column(table, name, arm, output, value):
    chosen = table[(table["arm"] == arm) & (table["output"] == output) & (table["value_name"] == value)]
    return chosen[name].to_numpy()


@pytest.mark.parametrize("together", [False, True], ids=["a row each", "two parameters on a row"])
@pytest.mark.parametrize("name", ["elimination", "entry", "plasma_volume", "given"])
def test_differences_of_runs(name, together):
    rows = {"exit": ROWS["entry"]} if together else {}
    table = sensitivities(replace(EXACT, arms=arms(**rows)), by=[name])
    row, step = ROWS[name], 1e-3 * ROWS[name].value
    sides = []
    for moved in (row.value - step, row.value + step):
        changed = replace(row, value=moved)
        shared = {"exit": changed} if together and name == "entry" else rows
        sides.append(curves(replace(EXACT, arms=arms(**{**shared, name: changed}))))
    for (place, output), before in sides[0].items():
        expected = (sides[1][place, output] - before) / (2 * step)
        found = column(table, "derivative", place, output, name)
        assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max(), (place, output)
    assert set(table["value_unit"]) == {row.unit} and set(table["row"]) == {row.id}


def test_influence_analysis():
    """With values that hardly move, the swing of a ratio of last amounts is the difference of two elasticities."""
    narrow = {id: spread(id, 1.001) for id in ("elimination", "entry")} | {"exit": spread("entry", 1.001)}
    last = Metric("tissue_exposure", "Last", "pmol", of="tissue", take="last")
    study = replace(EXACT, draws=1, arms=arms(**narrow), metrics=(last,), contrasts=TINY.contrasts[:1])
    study = replace(study, what_ifs=(), measurements=())
    influence = quietly(study).influence.set_index("value_name")
    table = sensitivities(study)
    assert set(influence.index) == set(table["value_name"])
    for name, row in influence.iterrows():
        slope = np.log(row["high"] / row["low"]) / (2 * np.log(1.001))
        plain, targeted = (column(table, "elasticity", place, "tissue", name)[-1] for place in NAMES)
        assert slope == pytest.approx(targeted - plain, rel=1e-4)
        assert abs(slope) > 0.01


def test_elasticities_are_those_of_the_solution():
    table = sensitivities(EXACT, by=["given", "tissue_volume", "plasma_volume"], outputs=["plasma"])
    for name, expected in (("given", 1.0), ("tissue_volume", 0.0), ("plasma_volume", -1.0)):
        assert np.allclose(column(table, "elasticity", "plain", "plasma", name), expected, atol=1e-8)
    central = curves(EXACT)["targeted", "plasma"]
    assert np.allclose(column(table, "output_value", "targeted", "plasma", "given"), central, rtol=1e-7)


def test_what_is_shown_without_being_asked():
    table = sensitivities(TINY)
    assert tuple(table.columns) == COLUMNS
    assert list(dict.fromkeys(table["arm"])) == NAMES
    assert list(dict.fromkeys(table["value_name"])) == ["elimination", "entry"]  # what is not known exactly
    assert len(table) == 2 * 2 * 2 * 6
    constant = sensitivities(TINY, "plain", "tissue_volume", "tissue").iloc[0]
    assert (constant["value"], constant["value_unit"], constant["row"]) == (3.0, "mL", "")


def test_no_elasticity_of_nothing():
    nothing = replace(TINY, arms=(arm("plain", entry=fixed("none", 0.0, "1/h")), arm("targeted")))
    table = sensitivities(nothing, "plain", ["entry", "given"])
    assert np.isnan(column(table, "elasticity", "plain", "plasma", "entry")).all()  # the value is 0
    assert np.isnan(column(table, "elasticity", "plain", "tissue", "given")).all()  # the output is
    assert (column(table, "derivative", "plain", "tissue", "entry")[1:] > 0).all()
    assert np.isfinite(column(table, "elasticity", "plain", "plasma", "given")).all()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"arm": "plane"}, "study 'tiny' has no arm 'plane'; did you mean 'plain'"),
        ({"arm": ""}, "study 'tiny' has no arm ''"),
        ({"by": ["entry", "entri"]}, "there is no value 'entri'; did you mean 'entry'"),
        ({"outputs": "plasm"}, "there is no output 'plasm'; did you mean 'plasma'"),
        ({"by": []}, "no arm has both the values and the outputs"),
    ],
)
def test_unknown_names(asked, message):
    with pytest.raises(InputError, match=message):
        sensitivities(TINY, **asked)


def test_a_study_in_which_everything_is_known():
    known = {id: fixed(id, ROWS[id].value, ROWS[id].unit) for id in ("elimination", "entry")}
    with pytest.raises(InputError, match=r"no value is uncertain .* name values with `by`"):
        sensitivities(replace(TINY, arms=arms(**known)))


def test_an_arm_that_lacks_a_name_is_left_out():
    study = replace(TINY, outputs=(*TINY.outputs, replace(TINY.outputs[1], name="twice", expression="2 * depot")))
    depot = replace(MODEL, species=(*MODEL.species, replace(MODEL.species[1], name="depot")))
    study = replace(study, arms=(study.arms[0], replace(study.arms[1], model=depot)))
    assert set(sensitivities(study, outputs=["twice", "tissue"], by=["given"])["output"]) == {"twice", "tissue"}
    assert set(sensitivities(study, outputs=["twice"], by=["given"])["arm"]) == {"targeted"}
    with pytest.raises(InputError, match="there is no output 'twice'"):
        sensitivities(study, "plain", outputs=["twice"])


def late(rate):
    processes = [replace(one, rate=rate) if one.name == "elimination" else one for one in MODEL.processes]
    return replace(TINY, arms=arms(replace(MODEL, processes=tuple(processes)), exit=spread("elimination", 2.0)))


def test_a_value_that_sets_the_time_of_a_jump_has_no_derivative():
    study = late("if(time > 1 / elimination, 2, 1) * 0.1 * drug@plasma")
    table = sensitivities(study)
    assert np.isnan(column(table, "derivative", "plain", "plasma", "elimination")).all()
    assert np.isfinite(column(table, "derivative", "plain", "plasma", "entry")).all()
    with pytest.raises(SolveError, match="arm 'plain': parameter 'elimination' sets the time at which a rate jumps"):
        sensitivities(study, by=["elimination"])


def test_a_run_that_fails_is_an_error():
    grows = Process("grows", "entry * drug@plasma ^ 2", gives={"drug@plasma": 1}, source="nothing")
    study = replace(TINY, arms=arms(replace(MODEL, processes=(*MODEL.processes, grows))))
    with pytest.raises(SolveError, match="study 'tiny', central run of arm 'plain': it fails at"):
        sensitivities(study)


def test_without_a_compiler(monkeypatch):
    # by its name in `sys.modules`: the package has a function of the module's name
    monkeypatch.setattr(sys.modules["exocosm.engines.cohort.solve"], "is_available", lambda: False)
    with pytest.raises(SolveError, match="arm 'plain': sensitivities need generated code"):
        sensitivities(TINY)


def test_the_strongest_are_taken_where_there_is_still_something_to_see():
    fast = arms(elimination=replace(ROWS["elimination"], value=0.1, low=0.05, high=0.2))
    table = sensitivities(replace(EXACT, arms=fast), by=["elimination", "entry", "given"])
    top = strongest(table, 7)
    assert len(top) == 7
    assert (np.diff(top["elasticity"].abs()) <= 0).all()
    everything = strongest(table, 1000)
    assert len(everything) == 2 * 2 * 3
    for (place, output), times in everything.groupby(["arm", "output"])["time"]:
        curve = column(table, "output_value", place, output, "given")
        (time,) = set(times)
        assert time == np.array([0.0, 0.5, 1.0, 2.0, 4.0, 8.0])[curve >= 1e-3 * curve.max()][-1]
