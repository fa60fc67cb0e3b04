"""What every isolation method promises, over all that are registered, in every shipped protocol."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from exocosm.bench.fluids import blank, fluid_names, specimen_of
from exocosm.bench.isolation.registry import Outcome, find_method, isolation_methods, spoken
from exocosm.bench.numbers import bench_numbers
from exocosm.bench.protocol import protocol_names, read_protocol, run_protocol
from exocosm.bench.specimen import Specimen, count_by_kind
from exocosm.errors import InputError
from exocosm.vesicles.population import Population, scale, total_count

NUMBERS = bench_numbers(draws=3, seed=5)
PROTOCOLS = protocol_names()
VOLUMES = {"tff_sec_conditioned_medium": 1000.0, "ultrafiltration_urine": 20.0}


def start_of(name: str) -> Specimen:
    fluid = "urine" if "urine" in name else "conditioned_medium" if "conditioned" in name else "plasma"
    return specimen_of(fluid, VOLUMES.get(name, 0.5 if "plasma" in name else 2.0), NUMBERS)


def by_parcel(*populations: Population | None) -> Counter[tuple[object, ...]]:
    """Number of particles of every kind of parcel; what a step may change of a particle (copies, cargo) is left out."""
    found: Counter[tuple[object, ...]] = Counter()
    for one in populations:
        if one is None:
            continue
        rows = zip(one.kind.tolist(), one.origin.tolist(), one.diameter_nm.tolist(), one.count.tolist(), strict=True)
        for *parcel, count in rows:
            found[tuple(parcel)] += count  # type: ignore[assignment]
    return found


def test_every_method_is_in_a_shipped_protocol() -> None:
    used = {step.method for name in PROTOCOLS for step in read_protocol(name).steps}
    assert used == set(isolation_methods())
    for method in isolation_methods().values():
        assert method.about and method.settings.__doc__


@pytest.mark.parametrize("name", PROTOCOLS)
def test_nothing_is_lost_and_nothing_comes_from_nowhere(name: str) -> None:
    for numbers in (NUMBERS, NUMBERS.drawn(1)):
        run = run_protocol(start_of(name), read_protocol(name), numbers)
        current = run.start
        for outcome in run.outcomes:
            before = by_parcel(current.population, outcome.added)
            after = by_parcel(outcome.product.population, outcome.destroyed, *(one.population for one in outcome.waste))
            assert set(after) == {parcel for parcel in before if parcel in after} and set(before) <= set(after)
            for parcel, count in before.items():
                assert after[parcel] == pytest.approx(count, rel=1e-12, abs=0), parcel
            if outcome.added is None and outcome.destroyed is None and len(outcome.waste) == 1:
                wasted = outcome.waste[0].population
                assert np.array_equal(outcome.product.population.count + wasted.count, current.population.count)
            current = outcome.product
        assert all(0.0 <= share <= 1.0 + 1e-12 for share in run.recovery.values())


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_step_says_time_cost_and_what_to_do(name: str) -> None:
    run = run_protocol(start_of(name), read_protocol(name), NUMBERS)
    for outcome in run.outcomes:
        assert outcome.minutes > 0 and 0 <= outcome.hands_on_minutes <= outcome.minutes
        assert len(outcome.instruction) > 20 and outcome.instruction.endswith(".")
        assert "None" not in outcome.instruction and outcome.product.volume_ml > 0
        assert all(used.number > 0 and run.prices[used.item] > 0 for used in outcome.consumables)
    assert run.cost >= 0 and math.isfinite(run.cost)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_an_empty_tube_stays_empty_of_vesicles(name: str) -> None:
    """A procedural blank: what comes out of buffer is what the method itself brings in, and no vesicle."""
    start = start_of(name)
    try:
        run = run_protocol(blank("pbs", start.volume_ml), read_protocol(name), NUMBERS)
    except InputError as refused:
        pytest.fail(f"a blank must go through any protocol: {refused}")
    counted = count_by_kind(run.product.population)
    assert not [kind for kind in ("small_ev", "microvesicle", "ldl", "albumin") if counted.get(kind, 0.0) > 0]


@pytest.mark.parametrize("name", PROTOCOLS)
def test_the_same_again_gives_the_same(name: str) -> None:
    chain = read_protocol(name)
    first = run_protocol(start_of(name), chain, NUMBERS.drawn(2)).product.population
    again = run_protocol(start_of(name), chain, NUMBERS.drawn(2)).product.population
    assert np.array_equal(first.count, again.count)
    centre = run_protocol(start_of(name), chain, NUMBERS).product.population
    assert not np.array_equal(first.count, centre.count) or not centre.count.any()


SATURATING = {"immunocapture", "precipitation", "digestion"}  # beads, solubility, and an enzyme that is protein itself


@pytest.mark.parametrize("name", PROTOCOLS)
def test_methods_without_capacity_are_blind_to_number(name: str) -> None:
    """Recoveries do not depend on how many particles there are, but where something saturates."""
    if SATURATING & {step.method for step in read_protocol(name).steps}:
        return
    start = start_of(name)
    thin, thinner = (start.with_(population=scale(start.population, share)) for share in (1e-6, 5e-7))
    chain = read_protocol(name)
    one, other = (run_protocol(each, chain, NUMBERS).recovery for each in (thin, thinner))
    for kind, share in one.items():
        assert share == pytest.approx(other[kind], rel=0.02, abs=1e-9), kind


@pytest.mark.parametrize("fluid", fluid_names(NUMBERS))
def test_every_fluid_goes_through_a_spin(fluid: str) -> None:
    settings = find_method("centrifugation").settings.model_validate(
        {"rotor": "Type 70 Ti", "force": "100000 g average", "time": "60 min", "diluent": "10 mL pbs"}
    )
    outcome: Outcome = find_method("centrifugation").run(specimen_of(fluid, 1.0, NUMBERS), settings, NUMBERS)
    assert total_count(outcome.product.population) > 0


def test_instructions_are_words_for_people() -> None:
    assert spoken("Pass 2 mL through spin_filter_0_45_um") == "Pass 2 mL through spin filter 0.45 um"
    assert spoken("pool to 1e+03 mL on amicon_ultra_15_100_kda") == "pool to 1,000 mL on amicon ultra 15 100 kda"
    assert spoken("Spin at 36,893 rpm.") == "Spin at 36,893 rpm."
    for name in PROTOCOLS:
        run = run_protocol(start_of(name), read_protocol(name), NUMBERS)
        assert not [one for one in run.outcomes if "_" in one.instruction or "e+" in one.instruction], name
