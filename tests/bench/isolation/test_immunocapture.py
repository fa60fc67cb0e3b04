"""Immunocapture: exact solutions of filling beads, what is caught without a marker, conservation and monotony."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exocosm.bench.fluids import specimen_of
from exocosm.bench.isolation.immunocapture import (
    Bead,
    binding_rate,
    bound_share,
    encounter_rate,
    free_surface_time,
    leaving_rate,
    surface_load,
)
from exocosm.bench.isolation.registry import Outcome
from exocosm.bench.numbers import Numbers, bench_numbers
from exocosm.bench.protocol import protocol, read_protocol, run_protocol
from exocosm.bench.specimen import Specimen, count_by_kind
from exocosm.errors import InputError
from exocosm.evidence.value import Value
from exocosm.vesicles.population import Population

NUMBERS = bench_numbers(draws=4)
positive = st.floats(1e-3, 1e3)


def vesicles(copies: float, count: float = 1e9, diameter: float = 100.0, kind: str = "small_ev") -> Specimen:
    population = Population(
        np.array([diameter]), np.array([1.1]), np.array([count]), np.array([kind]), np.array([""]),
        markers={"CD63": np.array([copies])},
    )  # fmt: skip
    return Specimen(population, 1.0, "pbs")


def capture(specimen: Specimen, numbers: Numbers = NUMBERS, **words: object) -> Outcome:
    given = {"markers": "CD63", "beads": "0.1 mL", **words}
    return run_protocol(specimen, protocol("test", ("immunocapture", given)), numbers).outcomes[0]


def recovery(specimen: Specimen, numbers: Numbers = NUMBERS, **words: object) -> float:
    outcome = capture(specimen, numbers, **words)
    return float(outcome.product.population.count.sum() / specimen.population.count.sum())


def own(quantity: str, value: float, unit: str, **context: str) -> Value:
    return Value(id=f"own-{quantity}", quantity=quantity, value=value, unit=unit, method="model_constant", **context)


def one_kind_bound(particles: float, capacity: float, rate: float, time: float) -> float:
    """Solution of dN/dt = rate (capacity - N) (particles - N), N(0) = 0."""
    if particles == capacity:
        return capacity**2 * rate * time / (1 + capacity * rate * time)
    grown = math.exp(-abs(particles - capacity) * rate * time)
    small, large = sorted((particles, capacity))
    return small * large * (1 - grown) / (large - small * grown)


@given(load=st.one_of(st.just(1.0), positive), time=positive)
def test_one_kind_fills_the_beads_as_the_analytic_solution(load: float, time: float) -> None:
    free_time, free = free_surface_time([1.0], [load], time)
    bound = load * float(bound_share(1.0, 0.0, free_time, time))
    assert bound == pytest.approx(one_kind_bound(load, 1.0, 1.0, time), rel=1e-3)
    assert free == pytest.approx(1 - bound, abs=1e-9)


def test_many_kinds_fill_the_beads_as_a_solver_says() -> None:
    from scipy.integrate import solve_ivp

    random = np.random.default_rng(2)
    for size, error in ((20, 1e-3), (400, 1e-2)):
        rates, loads = np.exp(random.normal(0, 3, size)), np.exp(random.normal(0, 2, size)) * 4 / size
        for time in (0.05, 1.0, 30.0):
            solved = solve_ivp(
                lambda t, u, r=rates, c=loads: [1 - (c * (1 - np.exp(-r * u[0]))).sum()],
                (0, time), [0.0], rtol=1e-10, atol=1e-14, method="LSODA",
            )  # fmt: skip
            assert free_surface_time(rates, loads, time)[0] == pytest.approx(solved.y[0, -1], rel=error)


def test_empty_beads_are_free_all_the_time() -> None:
    assert free_surface_time([], [], 60.0) == (60.0, 1.0)
    assert free_surface_time([1.0], [0.0], 60.0) == (60.0, 1.0)


@given(rate=positive, leaving=positive, time=positive)
def test_bound_share_is_the_reversible_solution_on_free_beads(rate: float, leaving: float, time: float) -> None:
    expected = rate / (rate + leaving) * -math.expm1(-(rate + leaving) * time)
    assert float(bound_share(rate, leaving, time, time)) == pytest.approx(expected, rel=1e-12)
    assert bound_share(0.0, 0.0, time, time) == 0.0


def test_encounters_are_those_of_smoluchowski() -> None:
    # equal spheres meet at 8 k T / (3 viscosity), whatever their size
    rate = encounter_rate(np.array([100.0]), 100.0, temperature_k=298.15, viscosity_mpa_s=0.89)
    assert rate[0] == pytest.approx(8 * 1.380649e-23 * 298.15 / (3 * 0.89e-3) * 1e6, rel=1e-9)


@given(encounter=positive, reaction=positive)
def test_binding_is_slower_than_encounter_and_than_reaction(encounter: float, reaction: float) -> None:
    both = float(binding_rate(encounter, reaction))
    assert 0 < both < min(encounter, reaction)
    assert float(binding_rate(encounter, 1e12)) == pytest.approx(encounter, rel=1e-6)


def test_a_full_bead_is_covered_as_far_as_spheres_jam() -> None:
    bead = Bead(diameter_nm=2800.0, antibodies=1e9, coverage=0.547)
    number = 0.547 * 4 * (2800 / 100) ** 2  # coverage of pi D^2 over pi d^2 / 4
    load = surface_load(np.array([100.0]), np.array([number]), 1.0, bead, np.array([False]))
    assert load[0] == pytest.approx(1.0)
    few = Bead(diameter_nm=2800.0, antibodies=10.0, coverage=0.547)
    assert surface_load(np.array([5.0]), np.array([10.0]), 1.0, few, np.array([True]))[0] == pytest.approx(1.0)


def test_more_bonds_hold_longer() -> None:
    rates = leaving_rate(np.array([1.0, 10.0, 100.0]), 100.0, 15.0, 1e-4, 1e-2)
    assert rates[0] == pytest.approx(1e-4)
    assert rates[0] > rates[1] > rates[2] > 0


def test_without_copies_only_sticking_is_left() -> None:
    clean = bench_numbers(own=[own("sticking_probability", 0.0, "dimensionless", carrier="small_ev")])
    bare = vesicles(0.0)
    # what stays is the liquid that the washes dilute: 10 of 1100 microliter, then 10 of 1010, three times
    assert recovery(bare, clean, elute=False) == pytest.approx(0.01 / 1.1 * (0.01 / 1.01) ** 3, rel=1e-6)
    assert recovery(bare) > recovery(bare, clean)
    assert recovery(vesicles(20.0), time="960 min") > 20 * recovery(bare, time="960 min")


@settings(max_examples=40, deadline=None)
@given(
    copies=st.floats(0, 1e4), count=st.floats(0, 1e13), diameter=st.floats(30, 3000), minutes=st.floats(1, 2000),
    washes=st.integers(0, 10), keep=st.sampled_from(["captured", "unbound"]), draw=st.integers(0, 3),
)  # fmt: skip
def test_product_and_waste_are_the_input(
    copies: float, count: float, diameter: float, minutes: float, washes: int, keep: str, draw: int
) -> None:
    specimen = vesicles(copies, count, diameter)
    outcome = capture(specimen, NUMBERS.drawn(draw), time=f"{minutes} min", washes=washes, keep=keep)
    product, (waste,) = outcome.product.population, outcome.waste
    assert np.array_equal(product.count + waste.population.count, specimen.population.count)
    assert np.all(product.count >= 0)


@settings(max_examples=30, deadline=None)
@given(copies=st.floats(0.1, 1e3), more=st.floats(1.1, 10))
def test_more_copies_time_and_beads_catch_more(copies: float, more: float) -> None:
    base = recovery(vesicles(copies), washes=0)
    assert recovery(vesicles(copies * more), washes=0) >= base * (1 - 1e-9)
    assert recovery(vesicles(copies), washes=0, beads=f"{0.1 * more} mL", volume="0.2 mL") >= base * (1 - 1e-3)
    assert recovery(vesicles(copies), washes=1) < base


def test_beads_saturate_and_say_so() -> None:
    few = recovery(vesicles(50.0, 1e9), time="960 min")
    crowded = capture(vesicles(50.0, 1e14), time="960 min")
    assert float(crowded.product.population.count[0]) / 1e14 < 0.1 * few
    assert any("full" in warning for warning in crowded.warnings)
    assert not capture(vesicles(50.0, 1e9)).warnings


def test_dissolved_marker_competes_for_antibodies() -> None:
    def with_soluble(number: float) -> float:
        population = Population(
            np.array([100.0, 5.0]), np.array([1.1, 1.2]), np.array([1e9, number]),
            np.array(["small_ev", "other_protein"]), np.array([""]), markers={"CD63": np.array([8.0, 1.0])},
        )  # fmt: skip
        return float(capture(Specimen(population, 1.0, "pbs")).product.population.count[0])

    assert with_soluble(1e15) < 0.5 * with_soluble(1e9)


def test_whatever_carries_the_marker_is_caught_in_plasma() -> None:
    specimen = specimen_of("plasma", 1.0, NUMBERS)
    run = run_protocol(specimen, protocol("test", ("immunocapture", {"markers": ["CD9"], "beads": "0.1 mL"})), NUMBERS)
    assert run.recovery["small_ev"] > 0.05
    assert run.recovery["platelet"] > 0.05 and run.recovery["microvesicle"] > 0.05
    assert run.recovery["albumin"] < 1e-3 and run.recovery["ldl"] < 1e-3
    assert run.cost > 0 and run.minutes > 60 and run.hands_on_minutes > 0
    assert all(0 <= share <= 1 for share in run.recovery.values())


def test_removing_platelets_keeps_what_lacks_their_marker() -> None:
    specimen = specimen_of("plasma", 1.0, NUMBERS)
    words = {"markers": "CD41a", "beads": "0.5 mL", "time": "120 min", "keep": "unbound"}
    run = run_protocol(specimen, protocol("test", ("immunocapture", words)), NUMBERS)
    assert run.recovery["platelet"] < 0.6 * run.recovery["small_ev"]


def test_two_markers_miss_what_both_miss() -> None:
    population = Population(
        np.array([100.0]), np.array([1.1]), np.array([1e6]), np.array(["small_ev"]), np.array([""]),
        markers={"CD63": np.array([2.0]), "CD9": np.array([2.0])},
    )  # fmt: skip
    words = {"elute": False, "time": "960 min", "washes": 0}
    magnet = NUMBERS("bead_recovery", "dimensionless", device="magnetic_bead_2800nm")
    carried = 0.01 / 1.1  # the same mixture of 1.1 mL twice, with as many beads for each marker
    shares = []
    for volume, markers, beads in ((1.0, ["CD63"], "0.1 mL"), (0.9, ["CD63", "CD9"], "0.2 mL")):
        told = recovery(Specimen(population, volume, "pbs"), markers=markers, beads=beads, **words)
        shares.append((told - carried) / (magnet - carried))  # told = held magnet + (1 - held) carried
    assert 0.1 < shares[0] < 0.9
    assert 1 - shares[1] == pytest.approx((1 - shares[0]) ** 2, rel=1e-3)


def test_nothing_in_nothing_out() -> None:
    empty = Population(np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0, dtype=str), np.zeros(0, dtype=str))
    outcome = capture(Specimen(empty, 1.0, "pbs"))
    assert len(outcome.product.population) == 0
    assert count_by_kind(outcome.product.population) == {}


def test_instruction_and_warnings_say_what_a_person_needs() -> None:
    outcome = capture(vesicles(10.0), elute=False, bead="magnetic_bead_4500nm")
    for word in ("0.1 mL", "magnetic bead 4500nm", "CD63", "60 min", "4 degC", "3 times", "take the beads up"):
        assert word in outcome.instruction
    assert any("on the beads" in warning for warning in outcome.warnings)
    again = capture(outcome.product)
    assert any("before" in warning for warning in again.warnings)
    assert any("inside" in warning for warning in capture(vesicles(10.0), markers="TSG101").warnings)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"bead": "magnetic_bead_2700nm"}, "magnetic_bead_2800nm"),
        ({"markers": "CD36"}, "CD63"),
        ({"beads": "0.1"}, "needs a unit, for example '0.1 mL'"),
        ({"markers": []}, "markers"),
    ],
)
def test_wrong_words_are_told_with_the_nearest(words: dict[str, object], told: str) -> None:
    with pytest.raises(InputError, match=told):
        capture(vesicles(10.0), **words)


def test_a_particle_is_held_once_even_where_everything_sticks() -> None:
    sticky = bench_numbers(own=[own("sticking_probability", 1.0, "dimensionless", carrier="small_ev")])
    magnet = NUMBERS("bead_recovery", "dimensionless", device="magnetic_bead_2800nm")
    told = recovery(vesicles(100.0), sticky, time="960 min", washes=0, elute=False)
    assert told == pytest.approx(magnet, rel=1e-4)


@pytest.mark.parametrize(
    "name",
    [
        "immunocapture_plasma", "sec_immunocapture_plasma", "sec_plasma_detergent_control",
        "sec_plasma_protease_control", "sec_conditioned_medium_stained",
    ],
)  # fmt: skip
def test_shipped_protocols_run(name: str) -> None:
    shipped = read_protocol(name)
    fluid = "conditioned_medium" if "conditioned" in name else "plasma"
    run = run_protocol(specimen_of(fluid, 0.5, NUMBERS), shipped, NUMBERS)
    assert run.cost > 0
    assert 0 <= run.recovery["small_ev"] < 1
    assert ("lysis" not in [step.method for step in shipped.steps]) or run.recovery["small_ev"] < 0.01
