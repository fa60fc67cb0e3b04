"""Cases with an exact or published answer, sat by every engine."""

from __future__ import annotations

import math

import numpy as np
import pytest
from exam_models import TIGHT, decay, model
from examined import Solve

from exocosm.engines.contract import Schedule, Tolerances
from exocosm.network.parts import Model


def at(*times: float) -> Schedule:
    return Schedule(times[-1], times)


def test_decay(solve: Solve) -> None:
    times = np.linspace(0, 5, 21)
    solution = solve(decay(), {"k": [0.1, 1.0, 10.0]}, at(*times), TIGHT)
    expected = np.exp(-np.outer([0.1, 1.0, 10.0], times))
    assert np.allclose(solution["x"], expected, rtol=1e-7, atol=1e-10)


def test_a5_michaelis_menten(solve: Solve) -> None:
    system = model({"s": 10}, {"reaction": ("mm(s, v, k)", {"s": 1}, {})}, parameters="v k")
    found = solve(system, {"v": 1.0, "k": 5.0}, at(1, 5, 10, 20), TIGHT)["s"][0]
    assert found == pytest.approx([9.340908, 6.874113, 4.263028, 1.088576], abs=6e-7)


def test_a6_two_compartments(solve: Solve) -> None:
    exchange = {
        "out": ("k10 * central", {"central": 1}, {}),
        "there": ("k12 * central", {"central": 1}, {"outer": 1}),
        "back": ("k21 * outer", {"outer": 1}, {"central": 1}),
    }
    system = model({"central": 1, "outer": 0}, exchange, parameters="k10 k12 k21")
    found = solve(system, {"k10": 0.3, "k12": 0.5, "k21": 0.2}, at(0.5, 1, 5, 20), TIGHT)["central"][0]
    assert found == pytest.approx([0.679623, 0.477293, 0.120964, 0.0432441], abs=6e-7)


def test_linear_chain_is_a_gamma_distribution(solve: Solve) -> None:
    """x_n(t) = (k t)^n exp(-k t) / n! for a chain of equal rates."""
    count = 20
    steps = {f"step{i}": (f"k * x{i}", {f"x{i}": 1}, {f"x{i + 1}": 1}) for i in range(count)}
    system = model({f"x{i}": float(i == 0) for i in range(count + 1)}, steps, parameters="k")
    solution = solve(system, {"k": 2.0}, at(1, 4, 8), TIGHT)
    for place, time in enumerate((1.0, 4.0, 8.0)):
        expected = [(2 * time) ** n * math.exp(-2 * time) / math.factorial(n) for n in range(count)]
        assert np.allclose(solution.values[0, place, :count], expected, rtol=1e-6, atol=1e-10)


def test_mass_is_kept(solve: Solve) -> None:
    ring = {f"p{i}": (f"mm(x{i}, {i + 1}, 3)", {f"x{i}": 1}, {f"x{(i + 1) % 10}": 1}) for i in range(10)}
    system = model({f"x{i}": 1e6 if i == 0 else 0 for i in range(10)}, ring)
    solution = solve(system, {}, at(*np.linspace(1, 1e4, 30)), Tolerances(1e-6))
    assert np.allclose(solution.values[0].sum(axis=1), 1e6, rtol=1e-9, atol=0)


def banks2003() -> Model:
    exchange = {
        "in": ("k1 * medium", {"medium": 1}, {"cytosol": 1}),
        "out": ("k2 * cytosol", {"cytosol": 1}, {"medium": 1}),
        "to_nucleus": ("k3 * cytosol", {"cytosol": 1}, {"nucleus": 1}),
        "from_nucleus": ("k4 * nucleus", {"nucleus": 1}, {"cytosol": 1}),
    }
    return model({"medium": 2.41e11, "cytosol": 0, "nucleus": 0}, exchange, parameters="k1 k2 k3 k4", unit="molecule")


BANKS_HELA = {"k1": 7.45e-4, "k2": 1.24, "k3": 0.668, "k4": 0.45}


def test_h18_banks_2003_plasmid_in_cytosol_and_nucleus(solve: Solve) -> None:
    solution = solve(banks2003(), BANKS_HELA, at(0.1, 2, 4, 8, 10), Tolerances(1e-8))
    cytosol = [1.63531e7, 1.03938e8, 1.21434e8, 1.36636e8, 1.39924e8]
    nucleus = [5.5493e5, 7.09032e7, 1.30122e8, 1.85597e8, 1.97611e8]
    assert solution["cytosol"][0] == pytest.approx(cytosol, rel=4e-6)
    assert solution["nucleus"][0] == pytest.approx(nucleus, rel=2e-5)


def test_h18_banks_2003_agrees_with_the_measured_points(solve: Solve) -> None:
    solution = solve(banks2003(), BANKS_HELA, at(1.956, 1.98, 2.03, 3.964, 4.01, 7.892, 7.97), Tolerances(1e-8))
    cytosol, nucleus, medium = (solution[name][0] for name in ("cytosol", "nucleus", "medium"))
    assert cytosol[[2, 4, 6]] == pytest.approx([1.04289e8, 1.20817e8, 1.36528e8], rel=0.01)
    assert nucleus[[0, 3, 5]] == pytest.approx([6.8528e7, 1.29442e8, 1.85279e8], rel=0.011)  # read off a figure
    assert medium[[1, 6]] == pytest.approx([2.40827e11, 2.40680e11], rel=0.01)


def varga2005() -> Model:
    per_minute = {
        "uptake": ("0.006 * outside", "outside", "vesicle"),
        "escape": ("0.016 * vesicle", "vesicle", "complex"),
        "digestion": ("0.02 * vesicle", "vesicle", "lost"),
        "binding_complex": ("0.1 * complex", "complex", "complex_bound"),
        "unpacking": ("0.01 * complex", "complex", "plasmid"),
        "binding_plasmid": ("0.002 * plasmid", "plasmid", "plasmid_bound"),
        "degradation": ("0.005 * plasmid", "plasmid", "lost"),
        "docking_complex": ("1000 * complex_bound", "complex_bound", "complex_pore"),
        "docking_plasmid": ("1000 * plasmid_bound", "plasmid_bound", "plasmid_pore"),
        "entry_complex": ("0.003 * complex_pore", "complex_pore", "complex_entered"),
        "entry_plasmid": ("0.003 * plasmid_pore", "plasmid_pore", "plasmid_entered"),
        "release_complex": ("0.001 * complex_entered", "complex_entered", "complex_nuclear"),
        "release_plasmid": ("0.001 * plasmid_entered", "plasmid_entered", "plasmid_nuclear"),
        "unpacking_inside": ("0.01 * complex_nuclear", "complex_nuclear", "plasmid_nuclear"),
    }
    names = dict.fromkeys(name for _, *both in per_minute.values() for name in both)
    processes = {
        name: (f"60 * {rate}", {source: 1.0}, {target: 1.0}) for name, (rate, source, target) in per_minute.items()
    }
    processes["expression"] = ("60 * 0.01 * plasmid_nuclear", {}, {"protein": 1.0})
    starts = {name: 1e4 if name == "outside" else 0 for name in [*names, "protein"]}
    return model(starts, processes, unit="molecule")


NUCLEAR = "complex_pore + plasmid_pore + complex_entered + plasmid_entered + complex_nuclear + plasmid_nuclear"
INSIDE = f"vesicle + complex + complex_bound + plasmid + plasmid_bound + {NUCLEAR}"


def test_h20_varga_2005_vector_uptake(solve: Solve) -> None:
    minutes = at(*(t / 60 for t in (60, 240, 1440)))
    solution = solve(varga2005(), {}, minutes, Tolerances(1e-9), observe=[NUCLEAR, INSIDE, "lost", "protein"])
    assert solution[NUCLEAR][0] == pytest.approx([603.20, 2869.17, 4154.79], abs=0.006)
    assert solution[INSIDE][0] == pytest.approx([1985.06, 3545.55, 4155.61], abs=0.006)
    assert solution["lost"][0, 1] == pytest.approx(4085.17, abs=0.006)
    assert solution["protein"][0, 1] == pytest.approx(12.719, abs=6e-4)


def test_h20_varga_2005_ratios_to_the_measured_points(solve: Solve) -> None:
    nuclear = {
        53.3: (472.9, 1.044),
        82.2: (952.7, 1.026),
        122.9: (1617.6, 0.998),
        167.1: (2214.9, 0.987),
        221.1: (2752.8, 0.987),
    }
    inside = {
        22.4: (1005.3, 1.030),
        49.1: (1721.2, 1.027),
        83.9: (2302.0, 1.026),
        120.9: (2756.2, 1.010),
        169.4: (3193.1, 0.994),
        221.7: (3503.4, 0.989),
    }
    for text, points in ((NUCLEAR, nuclear), (INSIDE, inside)):
        found = solve(varga2005(), {}, at(*(t / 60 for t in points)), observe=[text])[text][0]
        for value, (measured, ratio) in zip(found, points.values(), strict=True):
            assert value / measured == pytest.approx(ratio, abs=2e-3)


def test_a_variable_that_is_no_amount(solve: Solve) -> None:
    """A logistic score drives an amount: s = 1 / (1 + 9 e^-t), x = the integral of s."""
    system = model({"x": 0}, {"make": ("s", {}, {"x": 1})}, {"s": ("s * (1 - s)", 0.1)})
    solution = solve(system, {}, at(1, 5, 20), TIGHT)
    times = np.array([1.0, 5.0, 20.0])
    assert np.allclose(solution["s"][0], 1 / (1 + 9 * np.exp(-times)), rtol=1e-8)
    assert np.allclose(solution["x"][0], np.log((np.exp(times) + 9) / 10), rtol=1e-8)


def test_observables_may_be_any_expression(solve: Solve) -> None:
    system = decay()
    solution = solve(
        system, {"k": 1.0}, at(0, 1), TIGHT, observe=["concentration(x)", "x^2 + k", "time", "volume(box)"]
    )
    assert solution.observables == ("concentration(x)", "x^2 + k", "time", "volume(box)")
    assert solution.values[0, 1] == pytest.approx([math.exp(-1), math.exp(-2) + 1, 1.0, 1.0], abs=1e-8)


def test_tolerances_from_a_single_vesicle_to_1e14(solve: Solve) -> None:
    """One vesicle that hatches from 1e14 at 1e-14 per hour, beside them: each is right to its own size."""
    processes = {
        "hatch": ("1e-14 * crowd", {"crowd": 1}, {"single": 1}),
        "loss": ("single", {"single": 1}, {}),
        "crowd_loss": ("0.01 * crowd", {"crowd": 1}, {}),
    }
    system = model({"crowd": 1e14, "single": 0}, processes, unit="vesicle")
    solution = solve(system, {}, at(0.1, 1, 10, 100), Tolerances(1e-8, absolute={"vesicle": 1e-6}))
    times = solution.times
    assert np.allclose(solution["crowd"][0], 1e14 * np.exp(-0.01 * times), rtol=1e-6)
    assert np.allclose(solution["single"][0], (np.exp(-0.01 * times) - np.exp(-times)) / 0.99, rtol=1e-4)


def test_results_do_not_depend_on_order_nor_on_other_subjects(solve: Solve) -> None:
    rates = np.array([0.3, 5.0, 1e3, 0.01])
    schedule = at(0.5, 1, 2)
    together = solve(decay(), {"k": rates}, schedule).values
    reverse = solve(decay(), {"k": rates[::-1]}, schedule).values
    assert np.array_equal(reverse, together[::-1])
    for place, rate in enumerate(rates):
        assert np.array_equal(solve(decay(), {"k": rate}, schedule).values[0], together[place])
