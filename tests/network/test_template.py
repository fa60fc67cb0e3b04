from __future__ import annotations

import numpy as np
import pytest

from exocosm.errors import InputError
from exocosm.network.check import check_model
from exocosm.network.compile import compile_model
from exocosm.network.describe import describe, describe_text, equation
from exocosm.network.parts import Flow, Model, Parameter, Place, Process, Species
from exocosm.network.template import carried, expand, for_each, transit_chain


def test_expand_fills_every_text_and_keeps_the_rest_once() -> None:
    template = Model(
        places=(Place("blood", "V"), Place("{organ}", "V.{organ}")),
        species=(Species("s{size}@{organ}", "{organ}", "vesicle"),),
        parameters=(Parameter("k", "1/h"), Parameter("V.{organ}", "mL", context={"organ": "{organ}"})),
        processes=(Process("loss.{organ}.{size}", "k * s{size}@{organ}", {"s{size}@{organ}": 1.0}, sink="to {organ}"),),
        outputs=("s{size}@{organ}", "blood"),
    )
    made = expand(template, organ=["liver", "lung"], size=["50", "100"])
    assert [place.name for place in made.places] == ["blood", "liver", "lung"]
    assert [one.name for one in made.species] == ["s50@liver", "s100@liver", "s50@lung", "s100@lung"]
    assert [one.name for one in made.parameters] == ["k", "V.liver", "V.lung"]
    assert dict(made.parameters[2].context) == {"organ": "lung"}
    assert made.processes[1].sink == "to liver" and dict(made.processes[3].takes) == {"s100@lung": 1.0}
    assert made.outputs[-1] == "blood" and len(made.outputs) == 5


def test_expand_refuses_what_it_cannot_name() -> None:
    with pytest.raises(InputError, match="did you mean 'organ'"):
        expand(Model(places=(Place("{orgn}", "V"),)), organ=["liver"])
    with pytest.raises(InputError, match="put the index in its name"):
        expand(Model(places=(Place("all", "V.{organ}"),)), organ=["liver", "lung"])
    reach = Model(places=(Place("{organ.__class__}", "V"),))
    assert expand(reach, organ=["liver"]).places[0].name == "{organ.__class__}"


def test_for_each_joins_models() -> None:
    made = for_each(lambda organ, part: Model("m", places=(Place(f"{organ}.{part}", "V"),)), organ="ab", part="xy")
    assert [place.name for place in made.places] == ["a.x", "a.y", "b.x", "b.y"] and made.name == "m"


def test_carried_species_follow_the_flows_and_end_at_equal_concentrations() -> None:
    flows = (Flow("to", "blood", "liver", "Q"), Flow("from", "liver", "blood", "Q"))
    frame = Model(
        "loop",
        places=(Place("blood", "V1"), Place("liver", "V2")),
        species=(
            Species("drug@blood", "blood", "nmol", initial="dose"),
            Species("drug@liver", "liver", "nmol"),
        ),
        parameters=(
            Parameter("V1", "mL", 2.0, extensive=True),
            Parameter("V2", "mL", 6.0, extensive=True),
            Parameter("Q", "mL/h", 5.0, extensive=True),
            Parameter("dose", "nmol", 4.0, extensive=True),
        ),
        flows=flows,
    )
    model = frame + carried(flows, "drug@{place}", mechanism="perfusion")
    assert check_model(model) == []
    assert {process.kind for process in model.processes} == {"transport"}
    compiled = compile_model(model)
    p = [compiled.constants[name] for name in compiled.parameters]
    assert compiled.rhs(0.0, [1.0, 3.0], p) == pytest.approx([0.0, 0.0])
    assert compiled.rhs(0.0, [2.0, 0.0], p) == pytest.approx([-5.0, 5.0])
    slower = carried(flows, "drug@{place}", factor="1 - sigma")
    assert slower.processes[0].rate == "(Q) * concentration(drug@blood) * (1 - sigma)"
    with pytest.raises(InputError, match="must hold"):
        carried(flows, "drug")


def test_transit_chain_has_the_mean_and_spread_of_its_delay() -> None:
    from scipy.integrate import solve_ivp

    frame = Model(
        "delay",
        places=(Place("body", "V"),),
        species=(Species("a", "body", "nmol", "x", "dose"), Species("b", "body", "nmol", "x")),
        parameters=(
            Parameter("V", "mL", 1.0, extensive=True),
            Parameter("dose", "nmol", 1.0, extensive=True),
            Parameter("tau", "h", 2.0),
            Parameter("fast", "1/h", 1e4),
        ),
    )
    model = frame + transit_chain("stage", 4, "nmol", "body", "fast * a", "tau", "a", "b", substance="x")
    assert check_model(model) == []
    compiled = compile_model(model)
    p = [compiled.constants[name] for name in compiled.parameters]
    bound = compiled.bind(p)
    times = np.linspace(0.0, 40.0, 4001)
    run = solve_ivp(lambda t, y: bound.rhs(t, y.tolist()), (0, 40), compiled.initial(p), "LSODA", times, rtol=1e-8)
    arrived = run.y[compiled.states.index("b")]
    waiting = 1.0 - arrived
    mean = np.trapezoid(waiting, times)
    variance = 2 * np.trapezoid(times * waiting, times) - mean**2
    assert mean == pytest.approx(2.0, rel=1e-3) and variance == pytest.approx(4.0 / 4, rel=1e-2)
    away = transit_chain("s", 2, "nmol", "gut", "a", "tau", "a", "b", entry_kind="transport", exit_kind="transport")
    assert [one.kind for one in away.processes] == ["transport", "local", "transport"]
    with pytest.raises(InputError, match="1 to 1000"):
        transit_chain("s", 0, "nmol", "body", "a", "tau", "a", "b")


def test_description_shows_every_part() -> None:
    process = Process("bind", "k * a", {"a": 1.0, "b": 2.0}, {"c": "n"}, source="x", sink="y")
    assert equation(process) == "a + 2 b + [x] -> (n) c + [y]"
    model = Model("m", places=(Place("blood", "V"),), parameters=(Parameter("V", "mL", 2.0),), processes=(process,))
    assert describe(model)["parameters"][0]["value"] == "2"
    text = describe_text(model)
    assert all(word in text for word in ("blood", "places (1)", "a + 2 b", "k * a"))
    assert "events" not in text
