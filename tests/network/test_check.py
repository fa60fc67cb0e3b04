from __future__ import annotations

from dataclasses import replace

import pytest

from exocosm.errors import CheckError, Problem
from exocosm.network.check import check_model, require_sound
from exocosm.network.compile import compile_model
from exocosm.network.parts import Assignment, Event, Flow, Model, Parameter, Place, Process, Species, Variable

SOUND = Model(
    "sound",
    places=(
        Place("blood", "V"),
        Place("liver", "VL"),
        Place("tumour", "V0 + size * cells"),
        Place("out", "V", open=True),
    ),
    species=(
        Species("drug@blood", "blood", "nmol", initial="dose"),
        Species("drug@liver", "liver", "nmol"),
        Species("drug@tumour", "tumour", "nmol"),
        Species("cells", "tumour", "cell", initial="n0"),
        Species("vesicle@blood", "blood", "vesicle"),
        Species("label", "blood", "injected_dose", initial="share"),
    ),
    variables=(Variable("score", "dimensionless", "(hill(concentration(drug@tumour), K, n) - score) / tau"),),
    assignments=(
        Assignment("level", "nmol/mL", "concentration(drug@tumour)"),
        Assignment("load", "nmol", "drug@liver + drug@tumour", extensive=True),
        Assignment("outflow", "mL/h", "Q + Q2", extensive=True),
    ),
    parameters=(
        Parameter("V", "mL", 2.0, extensive=True),
        Parameter("VL", "mL", 1.0, extensive=True),
        Parameter("V0", "mL", extensive=True),
        Parameter("size", "mL/cell"),
        Parameter("dose", "nmol", extensive=True),
        Parameter("share", "injected_dose", 1.0, extensive=True),
        Parameter("n0", "cell", extensive=True),
        Parameter("K", "nmol/mL"),
        Parameter("n", "dimensionless", 2.0),
        Parameter("tau", "h"),
        Parameter("Q", "mL/h", extensive=True),
        Parameter("Q2", "mL/h", extensive=True),
        Parameter("k", "1/h"),
        Parameter("each", "vesicle/cell/h"),
        Parameter("limit", "mL", extensive=True),
    ),
    processes=(
        Process("to.liver", "Q * concentration(drug@blood)", {"drug@blood": 1.0}, {"drug@liver": 1.0}, "transport"),
        Process("from.liver", "Q * concentration(drug@liver)", {"drug@liver": 1.0}, {"drug@blood": 1.0}, "transport"),
        Process("to.tumour", "Q2 * concentration(drug@blood)", {"drug@blood": 1.0}, {"drug@tumour": 1.0}, "transport"),
        Process("death", "k * cells * hill(level, K, n) * (1 - score)", {"cells": 1.0}, sink="death"),
        Process("release", "each * cells", gives={"vesicle@blood": 1.0}, source="release"),
        Process("clearance", "k * vesicle@blood", {"vesicle@blood": 1.0}, sink="clearance"),
    ),
    flows=(
        Flow("in", "blood", "liver", "Q"),
        Flow("back", "liver", "blood", "Q"),
        Flow("more", "blood", "tumour", "Q2"),
        Flow("drain", "tumour", "blood", "Q2"),
        Flow("open", "out", "out", "2 * Q"),
    ),
    events=(Event("regrow", "volume(tumour) < limit and time > 2 * tau", {"cells": "2 * cells", "score": "0"}),),
)

CM3 = Model(parameters=(Parameter("cm3", "mL", 1.0),))


def found(model: Model, kind: str, **more: object) -> list[Problem]:
    problems = check_model(model, **more)  # type: ignore[arg-type]
    assert {problem.kind for problem in problems} <= {kind}, [str(problem) for problem in problems]
    return problems


def changed(kind: str, part: str, /, **new: object) -> Model:
    parts = tuple(replace(one, **new) if one.name == part else one for one in getattr(SOUND, kind))
    assert parts != getattr(SOUND, kind)
    return replace(SOUND, **{kind: parts})


def test_a_correct_model_passes() -> None:
    assert check_model(SOUND) == []
    assert check_model(SOUND, {"Q": 3.0, "K": 1e-3, "size": 1e-6}, dosed=["drug@blood"]) == []
    require_sound(SOUND)


@pytest.mark.parametrize(
    ("model", "kind", "says"),
    [
        (changed("places", "liver", volume="VL * VL"), "units", "a volume needs centimeter^3"),
        (changed("variables", "score", rate="score * n"), "units", "rate of this variable"),
        (changed("assignments", "level", expression="level2 + 0 * n"), "unknown name", "did you mean 'level'"),
        (changed("assignments", "level", unit="nmol"), "units", "the unit that it states"),
        (changed("species", "drug@blood", initial="3"), "units", "the initial value"),
        (changed("parameters", "k", unit="1/hourz"), "units", "is not known"),
        (changed("events", "regrow", do={"cells": "dose"}), "units", "'cells'"),
        (changed("processes", "death", rate="k * cells * exp(level)"), "units", "must be a pure number"),
        (changed("processes", "death", rate="k * cells * (1 + level)"), "units", "are added"),
        (changed("processes", "death", rate="k * cells * level ^ n"), "units", "varying exponent"),
        (changed("processes", "death", rate="k * cells * hill(level, tau, 2)"), "units", "stand as x and K"),
        (changed("processes", "death", rate="k * cells * max(score, tau)"), "units", "stand in one max"),
        (changed("processes", "release", rate="k * cells"), "units", "needs vesicle / hour"),
    ],
)
def test_units(model: Model, kind: str, says: str) -> None:
    problems = [problem for problem in check_model(model) if problem.kind == kind]
    assert any(says in problem.message for problem in problems), [str(problem) for problem in problems]


def test_a_concentration_is_not_compared_with_percent_of_dose() -> None:
    model = changed("events", "regrow", when="concentration(drug@tumour) > label")
    (problem,) = found(model, "comparison")
    assert "nanomole / centimeter^3" in problem.message and "injected_dose" in problem.message


def test_mass_balance() -> None:
    (lost,) = found(changed("processes", "to.liver", gives={"drug@liver": 0.5}), "mass balance")
    assert "loses 0.5 of 'drug'" in lost.message and "to.liver" in lost.where
    (gained,) = found(changed("processes", "release", source=""), "mass balance")
    assert "gains 1 of 'vesicle'" in gained.message
    (useless,) = found(changed("processes", "to.liver", sink="liver"), "mass balance")
    assert "nothing is lost" in useless.message
    (useless,) = found(changed("processes", "clearance", source="air"), "mass balance")
    assert "nothing is gained" in useless.message
    (mixed,) = found(changed("species", "vesicle@blood", substance="cells"), "mass balance")
    assert "name another substance" in mixed.message
    split = SOUND + Model(
        parameters=(Parameter("f", "dimensionless"),),
        processes=(
            Process(
                "split", "k * drug@liver", {"drug@liver": 1.0}, {"drug@blood": "f", "drug@tumour": "1 - f"}, "transport"
            ),
        ),
    )
    assert found(split, "nothing") == []


def test_an_extent_is_a_known_word_and_a_grid_is_refused() -> None:
    (problem,) = found(changed("places", "liver", extent="gird"), "unknown name")
    assert "place 'liver', extent" in str(problem) and "did you mean 'grid'?" in problem.message
    grid = changed("places", "liver", extent="grid")
    (problem,) = found(grid, "extent")
    assert problem.where == "place 'liver', extent" and "comes with the tissue engine" in problem.message
    with pytest.raises(CheckError, match=r"place 'liver', extent: 'grid' comes with the tissue engine"):
        compile_model(grid)


def test_a_process_is_local_or_transport_and_says_which() -> None:
    (problem,) = found(changed("processes", "to.liver", kind="transprot"), "unknown name")
    assert problem.where == "process 'to.liver', kind" and "did you mean 'transport'?" in problem.message
    with pytest.raises(CheckError, match="no kind of process 'transprot'"):
        compile_model(changed("processes", "to.liver", kind="transprot"))
    (problem,) = found(changed("processes", "to.liver", kind="local"), "kind")
    assert problem.where == "process 'to.liver'"
    assert "moves 'drug' from 'blood' to 'liver', but is called local; write kind 'transport'" in problem.message
    (problem,) = found(changed("processes", "clearance", kind="transport"), "kind")
    assert problem.where == "process 'clearance'" and "write kind 'local'" in problem.message


@pytest.mark.parametrize(
    ("takes", "gives", "kind"),
    [
        ({"drug@blood": 2.0}, {"drug@blood": 1.0, "drug@liver": 1.0}, "transport"),
        ({"drug@blood": 1.0, "drug@liver": 1.0}, {"drug@liver": 2.0}, "transport"),
        ({"drug@blood": 1.0, "drug@liver": 1.0}, {"drug@blood": 1.0, "drug@liver": 1.0}, "local"),
        ({"drug@blood": 1.0, "drug@liver": 1.0}, {"drug@liver": 1.0}, "local"),  # what is in the liver only helps
        ({"drug@blood": 1.0}, {"vesicle@blood": 1.0}, "local"),
        ({"drug@blood": 1.0}, {"cells": 1.0}, "transport"),  # turned into something else on the way: may be called so
    ],
)
def test_what_counts_as_transport(takes: dict[str, float], gives: dict[str, float], kind: str) -> None:
    process = Process("new", "k * drug@blood * hill(concentration(drug@liver), K, 1)", takes, gives, kind)
    problems = check_model(SOUND + Model(processes=(process,)))
    assert not [one for one in problems if one.kind == "kind"]
    other = replace(process, kind="local" if kind == "transport" else "transport")
    problems = check_model(SOUND + Model(processes=(other,)))
    moves_a_substance = kind == "local" and len(takes) == 2
    assert len([one for one in problems if one.kind == "kind"]) == (0 if moves_a_substance or "cells" in gives else 1)


def test_an_unknown_name_hides_nothing_else() -> None:
    """A misspelt name leaves out what needs its number, in the same process and elsewhere, and no more."""
    model = changed("processes", "to.liver", rate="Qq * concentration(drug@blood)", gives={"drug@liver": 0.5})
    model = replace(model, processes=(*model.processes, Process("lost", "k * cells * nothing", {"cells": 1.0})))
    problems = {(one.kind, one.where) for one in check_model(model)}
    assert problems == {
        ("unknown name", "process 'to.liver', rate"),
        ("mass balance", "process 'to.liver'"),
        ("unknown name", "process 'lost', rate"),
        ("mass balance", "process 'lost'"),
    }
    (unread,) = [
        one for one in check_model(changed("processes", "clearance", rate="k *", sink="")) if "mass" in one.kind
    ]
    assert unread.where == "process 'clearance'"


def test_what_rests_on_an_unknown_name_is_not_blamed() -> None:
    model = changed("places", "tumour", volume="V0 + siez * cells")  # the volume of many concentrations
    model = replace(
        model, flows=tuple(replace(one, rate="2 * Q") if one.name == "back" else one for one in model.flows)
    )
    problems = {(one.kind, one.where) for one in check_model(model)}
    assert problems == {
        ("unknown name", "place 'tumour', volume"),
        ("flow balance", "place 'blood'"),
        ("flow balance", "place 'liver'"),
    }
    extra = Process("use", "k * drug@tumour * hill(load, dose, 1)", {"drug@tumour": 1.0}, sink="use")
    misspelt = changed("assignments", "load", expression="drug@livr + drug@tumour") + Model(processes=(extra,))
    assert {one.kind for one in check_model(misspelt)} == {"unknown name"}
    gone = changed("processes", "clearance", takes={"vesicle@blod": 1.0})
    assert {one.kind for one in check_model(gone)} == {"unknown name"}


def test_extensivity() -> None:
    (rate,) = found(changed("parameters", "each", extensive=True), "extensivity")
    assert rate.where == "process 'release'" and "becomes 4 times as large" in rate.message
    assert "mark a parameter as extensive" in rate.message
    (volume,) = found(changed("parameters", "VL", extensive=False), "extensivity")
    assert volume.where == "place 'liver'"
    (load,) = found(changed("assignments", "load", extensive=False), "extensivity")
    assert "mark the assignment as extensive" in load.message
    problems = found(changed("variables", "score", rate="(hill(load, K * cm3, n) - score) / tau") + CM3, "extensivity")
    assert problems[0].where == "variable 'score'" and "concentrations rather than" in problems[0].message
    flow = changed("parameters", "Q", extensive=False)
    assert {one.where for one in found(flow, "extensivity")} >= {"flow 'in'", "process 'to.liver'"}
    never = changed("assignments", "level", expression="log(0 - 1 - score) * concentration(drug@tumour)")
    assert any("could not be evaluated" in one.message for one in check_model(never))


def test_vanishing_rate() -> None:
    (missing,) = found(changed("processes", "clearance", rate="each * cells"), "vanishing rate")
    assert "does not depend on 'vesicle@blood'" in missing.message
    (rest,) = found(changed("processes", "to.liver", rate="Q * (concentration(drug@blood) + K)"), "vanishing rate")
    assert "when 'drug@blood', which it takes, is zero" in rest.message
    (through,) = found(changed("processes", "to.tumour", rate="Q2 * K * exp(-drug@blood / dose)"), "vanishing rate")
    assert through.where == "process 'to.tumour'"
    assert found(changed("processes", "clearance", rate="min(each * cells, k * vesicle@blood)"), "nothing") == []


def test_negative_rate() -> None:
    both_ways = "Q * (concentration(drug@blood) - concentration(drug@liver))"
    problems = check_model(changed("processes", "to.liver", rate=both_ways))
    assert "split in two processes" in next(one for one in problems if one.kind == "negative rate").message
    (negative,) = found(changed("processes", "to.tumour", rate="-Q2 * concentration(drug@blood)"), "negative rate")
    assert negative.where == "process 'to.tumour'"


def test_flow_balance() -> None:
    blood, liver = found(changed("flows", "back", rate="0.9 * Q"), "flow balance")
    assert blood.where == "place 'blood'" and liver.where == "place 'liver'"
    given = changed("flows", "back", rate="Q2")
    assert check_model(given, {"Q": 4.0, "Q2": 4.0}) == []
    (_, other) = found(given, "flow balance", values={"Q": 4.0, "Q2": 3.0})
    assert "4 mL/h flows in (in) but 3 mL/h flows out (back)" in other.message
    opened = replace(given, places=tuple(replace(place, open=True) for place in given.places))
    assert check_model(opened, {"Q": 4.0, "Q2": 3.0}) == []


def test_names_and_cycles() -> None:
    twice = replace(SOUND, parameters=(*SOUND.parameters, Parameter("level", "nmol/mL")))
    assert "shares its name with the assignment" in found(twice, "duplicate")[0].message
    same = replace(SOUND, processes=(*SOUND.processes, SOUND.processes[0]))
    assert "two processes of this name" in found(same, "duplicate")[0].message
    (word,) = found(SOUND + Model(parameters=(Parameter("time", "h"),)), "duplicate")
    assert "choose another name" in word.message
    (dot,) = found(SOUND + Model(parameters=(Parameter("a.", "h"),)), "duplicate")
    assert "ends in no dot" in dot.message
    ring = (Assignment("a", "h", "b"), Assignment("b", "h", "tau + c"), Assignment("c", "h", "a"))
    (cycle,) = found(SOUND + Model(assignments=ring), "cyclic")
    assert "a -> b -> c -> a" in cycle.message
    for wrong in (
        changed("flows", "back", source="livr"),
        changed("species", "label", place="livr"),
        changed("events", "regrow", do={"drug@livr": "dose"}),
        changed("processes", "clearance", takes={"vesicle@blod": 1.0}),
        changed("processes", "clearance", rate="hil(k, k, 2) * k * vesicle@blood"),
        replace(SOUND, outputs=("levl",)),
    ):
        problems = [problem for problem in check_model(wrong) if problem.kind == "unknown name"]
        assert len(problems) == 1 and "did you mean" in problems[0].message


def test_all_problems_are_raised_at_once() -> None:
    model = changed("processes", "release", source="", rate="k * cells")
    with pytest.raises(CheckError) as caught:
        require_sound(model)
    assert {problem.kind for problem in caught.value.problems} == {"units", "mass balance"}
    assert "model 'sound': 2 problems found" in str(caught.value)


def test_unreachable() -> None:
    (problem,) = found(changed("species", "drug@blood", initial="0"), "unreachable")[:1]
    assert problem.where == "species 'drug@blood'"
    everything = check_model(changed("species", "drug@blood", initial="0"))
    assert {one.where for one in everything} == {f"species 'drug@{place}'" for place in ("blood", "liver", "tumour")}
    assert check_model(changed("species", "drug@blood", initial="0"), dosed=["drug@blood"]) == []
    (problem,) = found(SOUND, "unknown name", dosed=["drug@blod"])
    assert "did you mean 'drug@blood'" in problem.message
