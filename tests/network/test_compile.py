from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Sequence

import numpy as np
import pytest

from exocosm.errors import CheckError, InputError
from exocosm.network.check import check_model
from exocosm.network.compile import Compiled, compile_model
from exocosm.network.parts import Assignment, Event, Model, Parameter, Place, Process, Species, Variable
from exocosm.network.template import expand


def first_order(name: str, rate: float, unit: str, source: str, target: str) -> Model:
    """source -> target at rate * source; to `lost` as a sink."""
    sink = {"gives": {}, "sink": "lost"} if target == "lost" else {"gives": {target: 1.0}}
    process = Process(name, f"k.{name} * {source}", takes={source: 1.0}, **sink)  # type: ignore[arg-type]
    return Model(parameters=(Parameter(f"k.{name}", unit, rate),), processes=(process,))


def numbers(compiled: Compiled) -> list[float]:
    return [compiled.constants[name] for name in compiled.parameters]


def solve(compiled: Compiled, times: Sequence[float], absolute: float = 1e-6) -> np.ndarray:
    from scipy.integrate import solve_ivp

    p = numbers(compiled)
    bound = compiled.bind(p)
    size = len(compiled.states)

    def jacobian(t: float, y: np.ndarray) -> np.ndarray:
        dense = np.zeros((size, size))
        for place, value in zip(compiled.jacobian_pattern, bound.jacobian(t, y.tolist()), strict=True):
            dense[place] = value
        return dense

    solution = solve_ivp(
        lambda t, y: bound.rhs(t, y.tolist()),
        (0.0, times[-1]),
        compiled.initial(p),
        method="LSODA",
        jac=jacobian,
        t_eval=times,
        rtol=1e-9,
        atol=absolute,
    )
    assert solution.success
    return solution.y


def banks() -> Model:
    """Plasmid from medium to cytosol to nucleus, HeLa (Banks et al. 2003)."""
    frame = Model(
        "banks",
        places=(Place("dish", "V"),),
        species=(
            Species("medium", "dish", "molecule", substance="plasmid", initial="dose"),
            Species("cytosol", "dish", "molecule", substance="plasmid"),
            Species("nucleus", "dish", "molecule", substance="plasmid"),
        ),
        parameters=(Parameter("V", "mL", 1.0, extensive=True), Parameter("dose", "molecule", 2.41e11, extensive=True)),
    )
    for name, rate, source, target in (
        ("enter", 7.45e-4, "medium", "cytosol"),
        ("leave", 1.24, "cytosol", "medium"),
        ("import", 0.668, "cytosol", "nucleus"),
        ("export", 0.45, "nucleus", "cytosol"),
    ):
        frame = frame + first_order(name, rate, "1/h", source, target)
    return frame


def varga() -> Model:
    """Vector uptake, escape, unpacking and nuclear entry (Varga et al. 2005)."""
    inside = ("vesicle", "complex", "bound_complex", "plasmid", "bound_plasmid")
    pores = ("pore_complex", "pore_plasmid")  # counted as nuclear in the published run
    nuclear = (*pores, "held_complex", "held_plasmid", "nuclear_complex", "nuclear_plasmid")
    frame = Model(
        "varga",
        places=(Place("cell", "V"),),
        species=(
            Species("outside", "cell", "molecule", substance="vector", initial="dose"),
            *(Species(name, "cell", "molecule", substance="vector") for name in (*inside, *nuclear, "lost")),
            Species("protein", "cell", "molecule"),
        ),
        parameters=(
            Parameter("V", "mL", 1.0, extensive=True),
            Parameter("dose", "molecule", 1e4, extensive=True),
            Parameter("k.protein", "1/min", 0.01),
        ),
        assignments=(
            Assignment("nuclear", "molecule", " + ".join(nuclear), extensive=True),
            Assignment("total", "molecule", " + ".join(inside) + " + nuclear", extensive=True),
        ),
        processes=(Process("protein", "k.protein * nuclear_plasmid", gives={"protein": 1.0}, source="translation"),),
    )
    for name, rate, source, target in (
        ("uptake", 0.006, "outside", "vesicle"),
        ("escape", 0.016, "vesicle", "complex"),
        ("digest", 0.02, "vesicle", "lost"),
        ("bind_complex", 0.1, "complex", "bound_complex"),
        ("unpack", 0.01, "complex", "plasmid"),
        ("bind_plasmid", 0.002, "plasmid", "bound_plasmid"),
        ("cut", 0.005, "plasmid", "lost"),
        ("dock_complex", 1000.0, "bound_complex", "pore_complex"),
        ("dock_plasmid", 1000.0, "bound_plasmid", "pore_plasmid"),
        ("pass_complex", 0.003, "pore_complex", "held_complex"),
        ("pass_plasmid", 0.003, "pore_plasmid", "held_plasmid"),
        ("free_complex", 0.001, "held_complex", "nuclear_complex"),
        ("free_plasmid", 0.001, "held_plasmid", "nuclear_plasmid"),
        ("unpack_inside", 0.01, "nuclear_complex", "nuclear_plasmid"),
    ):
        made = first_order(name, rate, "1/min", source, target)
        if target == "lost":  # counted here, so that it can be compared
            made = Model(parameters=made.parameters, processes=(
                Process(name, f"k.{name} * {source}", takes={source: 1.0}, gives={"lost": 1.0}),
            ))  # fmt: skip
        frame = frame + made
    return frame


def test_published_models_are_sound() -> None:
    assert check_model(banks()) == []
    assert check_model(varga()) == []
    assert check_model(perfusion()) == []


def test_banks_2003_reproduces_the_published_run() -> None:
    compiled = compile_model(banks())
    found = solve(compiled, [0.1, 2.0, 4.0, 8.0, 10.0])
    assert found[1] == pytest.approx([1.63531e7, 1.03938e8, 1.21434e8, 1.36636e8, 1.39924e8], rel=1e-5)
    assert found[2] == pytest.approx([5.5493e5, 7.09032e7, 1.30122e8, 1.85597e8, 1.97611e8], rel=2e-5)
    assert found.sum(axis=0) == pytest.approx(2.41e11, rel=1e-9)


def test_varga_2005_reproduces_the_exact_solution() -> None:
    compiled = compile_model(varga())
    found = solve(compiled, [1.0, 4.0, 24.0])
    p = numbers(compiled)
    observe = compiled.observer(["nuclear", "total", "lost", "protein"])(p)
    one, four, day = (observe(0.0, column.tolist()) for column in found.T)
    assert one[:2] == pytest.approx([603.20, 1985.06], abs=0.006)
    assert four[:3] == pytest.approx([2869.17, 3545.55, 4085.17], abs=0.006)
    assert four[3] == pytest.approx(12.719, abs=0.0006)
    assert day[:2] == pytest.approx([4154.79, 4155.61], abs=0.006)


def tumour() -> Model:
    """Everything at once: growing volume, synonyms, parametric coefficients, steps, events, a variable."""
    return Model(
        "tumour",
        places=(Place("blood", "V"), Place("tumour", "V0 + size * cells")),
        species=(
            Species("drug@blood", "blood", "nmol", initial="dose"),
            Species("drug@tumour", "tumour", "nmol", initial="concentration(drug@blood) * volume(tumour)"),
            Species("cells", "tumour", "cell", initial="n0"),
        ),
        variables=(
            Variable("score", "dimensionless", "hill(level, K, h) / tau - score / tau", absolute_tolerance=1e-4),
        ),
        assignments=(
            Assignment("level", "nmol/mL", "concentration(drug@tumour)"),
            Assignment("stock", "nmol", "drug@tumour"),
            Assignment("kill", "1/h", "kmax * level ^ 1.5 / (K ^ 1.5 + level ^ 1.5) + score * kmax"),
        ),
        parameters=(
            Parameter("V", "mL", 2.0, extensive=True),
            Parameter("V0", "mL", 0.1, extensive=True),
            Parameter("size", "mL/cell", 1e-3),
            Parameter("dose", "nmol", 5.0, extensive=True),
            Parameter("n0", "cell", 100.0, extensive=True),
            Parameter("K", "nmol/mL", 1.5),
            Parameter("h", "dimensionless", 2.5),
            Parameter("tau", "h", 3.0),
            Parameter("kmax", "1/h", 0.2),
            Parameter("k", "mL/h", 0.3, extensive=True),
            Parameter("held", "nmol/cell", 1e-4),
        ),
        processes=(
            Process("in", "k * level * min(score, 1)", {"drug@tumour": 1.0}, {"drug@blood": "h / h"}),
            Process("out", "mm(drug@blood, kmax, K) * V", {"drug@blood": 1.0}, {"drug@tumour": 1.0}),
            Process("death", "kill * cells", {"cells": 1.0}, {"drug@tumour": "held"}, source="held", sink="death"),
            Process("late", "if(time > tau, stock * kmax, 0)", {"drug@tumour": 1.0}, sink="late"),
        ),
        events=(
            Event("small", "volume(tumour) < V0 * 1.5 and time > tau", {"drug@tumour": "stock + dose", "score": "0"}),
            Event("either", "not (score > 0.5) or cells >= n0 * 2", once=True),
        ),
    )


def test_compiled_functions_say_what_the_parts_say() -> None:
    compiled = compile_model(tumour())
    p = numbers(compiled)
    assert compiled.states == ("drug@blood", "drug@tumour", "cells", "score")
    assert compiled.state_units == ("nanomole", "nanomole", "cell", "dimensionless")
    assert compiled.absolute_tolerances == (None, None, None, 1e-4)
    assert compiled.initial(p) == pytest.approx([5.0, 2.5 * 0.2, 100.0, 0.0])
    t, y = 4.0, [4.0, 0.3, 80.0, 0.4]
    level = 0.3 / 0.18
    kill = 0.2 * level**1.5 / (1.5**1.5 + level**1.5) + 0.4 * 0.2
    rates = [0.3 * level * 0.4, 0.2 * 4.0 / (1.5 + 4.0) * 2.0, kill * 80.0, 0.3 * 0.2]
    # mm(x, Vmax, K) = Vmax x / (K + x)
    assert compiled.rates(t, y, p) == pytest.approx(rates)
    score = (level**2.5 / (1.5**2.5 + level**2.5) - 0.4) / 3.0
    wanted = [rates[0] - rates[1], -rates[0] + rates[1] + 1e-4 * rates[2] - rates[3], -rates[2], score]
    assert compiled.rhs(t, y, p) == pytest.approx(wanted)
    assert compiled.rhs(t, np.array(y), np.array(p)) == pytest.approx(wanted)
    coefficients = compiled.bind(p).coefficients
    assert [value for _, _, value in compiled.stoichiometry if not math.isnan(value)] == [-1.0, -1.0, 1.0, -1.0, -1.0]
    assert sorted(coefficients) == pytest.approx([-1.0] * 4 + [1e-4, 1.0, 1.0])


def test_jacobian_agrees_with_difference_quotients_and_its_pattern_is_complete() -> None:
    compiled = compile_model(tumour())
    bound = compiled.bind(numbers(compiled))
    for t, y in ((1.0, [4.0, 0.3, 80.0, 0.4]), (5.0, [1.0, 2.0, 40.0, 1.4])):
        dense = np.zeros((4, 4))
        for place, value in zip(compiled.jacobian_pattern, bound.jacobian(t, y), strict=True):
            dense[place] = value
        quotient = np.empty((4, 4))
        for column in range(4):
            step = 1e-6 * y[column]
            above, below = list(y), list(y)
            above[column] += step
            below[column] -= step
            quotient[:, column] = (np.array(bound.rhs(t, above)) - np.array(bound.rhs(t, below))) / (2 * step)
        np.testing.assert_allclose(dense, quotient, rtol=1e-6, atol=1e-8)
    assert (3, 0) not in compiled.jacobian_pattern  # the score does not see the blood directly


def test_events_rise_through_zero_and_reset() -> None:
    compiled = compile_model(tumour())
    p = numbers(compiled)
    small, either = compiled.events
    y = [4.0, 0.3, 80.0, 0.4]
    assert small.trigger(4.0, y, p) == pytest.approx(min(0.15 - 0.18, 1.0))
    assert small.trigger(4.0, [4.0, 0.3, 40.0, 0.4], p) == pytest.approx(0.01)
    assert small.reset(4.0, y, p) == {1: pytest.approx(5.3), 3: 0.0}
    assert either.trigger(0.0, y, p) == pytest.approx(max(0.1, -120.0))
    assert either.once and either.reset(0.0, y, p) == {}
    assert compiled.bind(p).triggers(4.0, y) == pytest.approx([-0.03, 0.1])


def test_expressions_of_observables() -> None:
    compiled = compile_model(tumour())
    p, y = numbers(compiled), [4.0, 0.3, 80.0, 0.4]
    assert compiled.expression("concentration(drug@blood) + volume(tumour)")(0.0, y, p) == pytest.approx(2.18)
    assert compiled.expression("level > K")(0.0, y, p) == 1.0
    assert compiled.expression("level") is compiled.expression("level")
    with pytest.raises(CheckError, match=r"did you mean 'level'\?"):
        compiled.expression("levl")
    with pytest.raises(InputError, match="cannot read"):
        compiled.expression("level +")


def test_nothing_raises_where_a_rate_has_no_value() -> None:
    model = tumour() + Model(
        parameters=(Parameter("zero", "dimensionless", 0.0),),
        assignments=(
            Assignment("a", "dimensionless", "1 / score"),
            Assignment("b", "dimensionless", "log(score) + exp(1000 * score)"),
            Assignment("c", "dimensionless", "(score - 1) ^ 0.5 + hill(score - 1, K / K, 2)"),
            Assignment("d", "dimensionless", "K / zero / K"),
        ),
    )
    compiled = compile_model(model)
    p = numbers(compiled)
    observe = compiled.observer(["a", "b", "c", "d"])(p)
    assert observe(0.0, [0.0, 0.0, 0.0, 0.0]) == [math.inf, -math.inf, 0.0, math.inf]
    assert observe(0.0, [1.0, 1.0, 1.0, 2.0]) == [0.5, math.inf, pytest.approx(1.5), math.inf]
    y = [0.0, 0.0, 0.0, 0.0]
    assert all(map(math.isfinite, compiled.rhs(0.0, y, p) + compiled.jacobian(0.0, y, p)))


def test_permuting_the_parts_changes_nothing() -> None:
    model = varga()
    turned = Model(
        model.name, model.places, model.species[::-1], (), model.assignments[::-1], model.parameters[::-1],
        model.processes[::-1],
    )  # fmt: skip
    one, other = compile_model(model), compile_model(turned)
    y = [float(number + 1) for number in range(len(one.states))]
    assert one.rhs(0.0, y, numbers(one)) == pytest.approx(other.rhs(0.0, y[::-1], numbers(other))[::-1])


@pytest.mark.parametrize(
    ("addition", "says"),
    [
        (Model(assignments=(Assignment("a", "1", "b"), Assignment("b", "1", "2*a"))), "a -> b -> a"),
        (Model(places=(Place("p", "volume(q)"), Place("q", "2*volume(p)"))), "volume(p) -> volume(q) -> volume(p)"),
        (Model(assignments=(Assignment("a", "1", "volme"),)), "is not in the model"),
        (Model(assignments=(Assignment("a", "1", "volume(bloood)"),)), "did you mean 'blood'"),
        (Model(processes=(Process("x", "1", {"drug@blod": 1.0}),)), "did you mean 'drug@blood'"),
        (Model(processes=(Process("x", "1", {"cells": "score"}),)), "parameters only"),
        (Model(species=(Species("z", "blood", "nmol", initial="time"),)), "cannot depend on time"),
        (Model(species=(Species("z", "blood", "nmol", initial="z"),)), "z -> z"),
        (Model(events=(Event("x", "score == 1"),)), "no moment of turning true"),
        (Model(events=(Event("x", "score"),)), "must be a condition"),
        (Model(variables=(Variable("w", "1", "score > 1"),)), "must be a number"),
        (Model(variables=(Variable("time", "1"),)), "is a word of the expressions"),
        (Model(variables=(Variable("V", "1"),)), "shares its name with"),
        (Model(variables=(Variable("a b", "1"),)), "a name is made of"),
    ],
)
def test_what_cannot_be_compiled_is_named(addition: Model, says: str) -> None:
    with pytest.raises(CheckError) as caught:
        compile_model(tumour() + addition)
    assert says in str(caught.value)


def test_generated_source_holds_no_text_of_the_user() -> None:
    source = compile_model(tumour()).source
    assert not any(word in source for word in ("drug", "tumour", "score", "kmax"))


def perfusion() -> Model:
    """Ten organs of three places and two species, about sixty states, written as a template."""
    organs = [f"organ{number}" for number in range(10)]
    template = Model(
        "perfusion",
        places=(Place("blood", "V.blood"), *(Place(f"{{o}}.{part}", f"V.{{o}}.{part}") for part in ("v", "i", "c"))),
        species=tuple(
            Species(f"{{s}}@{place}", place, "nmol", substance="{s}", initial="dose" if place == "blood" else "0")
            for place in ("blood", "{o}.v", "{o}.i", "{o}.c")
        ),
        parameters=(
            Parameter("V.blood", "mL", 2.0, extensive=True),
            Parameter("dose", "nmol", 1.0, extensive=True),
            *(Parameter(f"V.{{o}}.{part}", "mL", 0.1, extensive=True) for part in ("v", "i", "c")),
            Parameter("Q.{o}", "mL/h", 30.0, extensive=True),
            Parameter("PS.{o}.{s}", "mL/h", 0.3, extensive=True),
            Parameter("Vmax.{o}.{s}", "nmol/h", 0.1, extensive=True),
            Parameter("K.{s}", "nmol/mL", 0.2),
            Parameter("k.{s}", "1/h", 0.1),
        ),
        processes=(
            Process("in.{o}.{s}", "Q.{o} * concentration({s}@blood)", {"{s}@blood": 1.0},
                    {"{s}@{o}.v": 1.0}, "transport"),
            Process("back.{o}.{s}", "Q.{o} * concentration({s}@{o}.v)", {"{s}@{o}.v": 1.0},
                    {"{s}@blood": 1.0}, "transport"),
            Process("out.{o}.{s}", "PS.{o}.{s} * concentration({s}@{o}.v)", {"{s}@{o}.v": 1.0},
                    {"{s}@{o}.i": 1.0}, "transport"),
            Process("return.{o}.{s}", "PS.{o}.{s} * concentration({s}@{o}.i)", {"{s}@{o}.i": 1.0},
                    {"{s}@{o}.v": 1.0}, "transport"),
            Process("uptake.{o}.{s}", "mm(concentration({s}@{o}.i), Vmax.{o}.{s}, K.{s})", {"{s}@{o}.i": 1.0},
                    {"{s}@{o}.c": 1.0}, "transport"),
            Process("digest.{o}.{s}", "k.{s} * {s}@{o}.c", {"{s}@{o}.c": 1.0}, sink="digestion"),
        ),
    )  # fmt: skip
    return expand(template, o=organs, s=["drug", "vesicle"])


def test_a_perfused_body_of_sixty_states() -> None:
    compiled = compile_model(perfusion())
    assert len(compiled.states) == 62 and len(compiled.processes) == 120
    found = solve(compiled, [1.0, 10.0, 50.0], absolute=1e-12)
    total = found.sum(axis=0)
    assert np.all(np.diff(total) < 0) and np.all(found > -1e-9)
    assert found[0] == pytest.approx(found[1])  # the two species are alike


def test_a_model_survives_pickling_and_compiles_to_the_same_program() -> None:
    model = banks() + Model(notes={"about": "a note"})  # joined models hold read-only mappings
    for again in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        assert again == model and again is not model
        assert type(again.notes) is type(model.notes)
        assert compile_model(again).source == compile_model(model).source
