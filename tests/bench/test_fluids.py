"""Fluids: every one can be made, in every draw; sizes keep their moments; parts add up."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exocosm.bench.fluids import (
    BACKGROUND,
    PARCELS,
    TOGETHER,
    blank,
    fluid_names,
    kinds_of,
    medium_names,
    specimen_of,
)
from exocosm.bench.numbers import Numbers, bench_numbers
from exocosm.bench.particles import LIPOPROTEINS, VESICLES
from exocosm.bench.specimen import count_by_kind, protein_by_kind
from exocosm.errors import InputError
from exocosm.evidence.value import Value
from exocosm.vesicles.population import mix, split, total_mass, total_volume

WANTED = (
    "plasma", "serum", "urine", "saliva", "csf", "ascites", "pleural_effusion", "milk", "amniotic_fluid", "semen",
    "bile", "cervicovaginal_lavage", "conditioned_medium", "conditioned_medium_ev_depleted",
    "conditioned_medium_serum_free",
)  # fmt: skip
NUMBERS = bench_numbers(draws=25, donors=4)


@pytest.fixture(scope="module")
def numbers() -> Numbers:
    return NUMBERS


def own(quantity: str, value: float, unit: str, carrier: str, fluid: str) -> Value:
    return Value(
        id=f"own-{quantity}-{carrier}-{fluid}".replace("_", "-"),
        quantity=quantity,
        value=value,
        unit=unit,
        method="model_constant",
        carrier=carrier,
        fluid=fluid,
        note="for a test",
    )


def test_the_fluids_that_were_asked_for_are_there(numbers: Numbers) -> None:
    assert set(WANTED) <= set(fluid_names(numbers))
    assert set(fluid_names(numbers)) | {"pbs", "water", "culture_medium"} <= set(medium_names(numbers))


@pytest.mark.parametrize("fluid", WANTED)
def test_every_fluid_can_be_made_in_every_draw(fluid: str, numbers: Numbers) -> None:
    runs = [numbers, *(numbers.drawn(draw, draw % 4) for draw in range(25))]
    for each in runs:
        made = specimen_of(fluid, 2.0, each)
        assert (made.medium, made.volume_ml) == (fluid, 2.0)
        population = made.population
        assert 20 <= len(population) <= 120
        assert np.all(population.count > 0)
        assert np.all(population.refractive_index > 1.33)
        assert set(population.kind.tolist()) == set(kinds_of(fluid, each))
        for name in ("density", "diameter_nm", "count", "protein_ag", "charge_mv"):
            assert np.all(np.isfinite(getattr(population, name)))
    assert "small_ev" in kinds_of(fluid, numbers)


def test_counts_are_what_the_catalogue_says(numbers: Numbers) -> None:
    counted = count_by_kind(specimen_of("plasma", 3.0, numbers).population)
    for kind in ("small_ev", "vldl", "hdl", "platelet"):
        said = numbers("particle_concentration", "particle/mL", carrier=kind, fluid="plasma")
        assert counted[kind] == pytest.approx(3.0 * said, rel=1e-12)


def test_protein_of_plasma_is_within_the_reference_intervals(numbers: Numbers) -> None:
    protein = protein_by_kind(specimen_of("plasma", 1.0, numbers).population)  # microgram in 1 mL = mg/L
    assert 35e3 <= protein["albumin"] <= 50e3
    # what a laboratory calls total protein holds the proteins of HDL and LDL, which are counted here a second time
    assert 62e3 <= sum(protein.values()) <= 80e3
    weighed = numbers("mass_concentration", "g/L", carrier="albumin", fluid="plasma")
    assert protein["albumin"] == pytest.approx(1000 * weighed, rel=1e-9)


def test_protein_of_milk_is_what_its_parts_hold(numbers: Numbers) -> None:
    protein = protein_by_kind(specimen_of("milk", 1.0, numbers).population)
    assert protein["casein_micelle"] == pytest.approx(2900, rel=0.02)  # 0.29 % of skim milk
    in_skim_milk = sum(protein.values()) - protein["fat_globule"] - protein["small_ev"] - protein["microvesicle"]
    assert in_skim_milk == pytest.approx(6200, rel=0.02)  # 0.62 %


def test_fat_of_milk(numbers: Numbers) -> None:
    only = tuple(kind for kind in kinds_of("milk", numbers) if kind != "fat_globule")
    globules = specimen_of("milk", 1.0, numbers, without=only).population
    assert total_mass(globules) * 1e-6 == pytest.approx(38.0, rel=0.05)  # ng in 1 mL -> g/L


def test_donors_differ_and_the_typical_one_is_the_centre() -> None:
    numbers = bench_numbers(draws=1, donors=300)
    counts = [
        count_by_kind(specimen_of("plasma", 1.0, Numbers(numbers.ledger, None, donor)).population)["vldl"]
        for donor in range(300)
    ]
    # interquartile range of the source: 25.5 to 53.3 nmol/L around 36.5
    low, middle, high = np.percentile(counts, [25, 50, 75]) / 6.02214076e11
    assert low == pytest.approx(25.5, rel=0.15)
    assert middle == pytest.approx(36.5, rel=0.15)
    assert high == pytest.approx(53.3, rel=0.15)


@pytest.mark.parametrize("kind", ["small_ev", "microvesicle", "chylomicron", "hdl"])
def test_parcels_keep_count_and_volume_of_the_whole_distribution(kind: str, numbers: Numbers) -> None:
    others = tuple(one for one in kinds_of("plasma", numbers) if one != kind)
    population = specimen_of("plasma", 1.0, numbers, without=others).population
    median = numbers("particle_diameter", "nm", carrier=kind, fluid="plasma")
    width = math.log(numbers("particle_diameter_gsd", "dimensionless", carrier=kind, fluid="plasma"))
    assert len(population) == PARCELS[kind]
    whole = population.count.sum() * math.pi / 6 * median**3 * math.exp(4.5 * width**2) * 1e-21
    assert total_volume(population) == pytest.approx(whole, rel=1e-10)
    assert np.ptp(population.count) <= 1e-9 * population.count[0]
    mean = np.average(population.diameter_nm, weights=population.count)
    assert mean == pytest.approx(median * math.exp(width**2 / 2), rel=0.03)  # only converges


def test_a_width_of_one_makes_all_alike() -> None:
    numbers = bench_numbers(own=[own("particle_diameter_gsd", 1.0, "dimensionless", "small_ev", "plasma")])
    population = specimen_of("plasma", 1.0, numbers).population
    sizes = population.diameter_nm[population.kind == "small_ev"]
    median = numbers("particle_diameter", "nm", carrier="small_ev", fluid="plasma")
    assert sizes == pytest.approx(np.full(16, median), rel=1e-9)


def test_a_fluid_of_ones_own() -> None:
    rows = [
        own("particle_concentration", 3e9, "particle/mL", "small_ev", "tears"),
        own("mass_concentration", 7.0, "g/L", "albumin", "tears"),
    ]
    made = specimen_of("tears", 0.5, bench_numbers(own=rows))
    assert count_by_kind(made.population)["small_ev"] == pytest.approx(1.5e9, rel=1e-12)
    assert protein_by_kind(made.population)["albumin"] == pytest.approx(3500, rel=1e-9)


def test_what_is_left_out(numbers: Numbers) -> None:
    for word, kinds in TOGETHER.items():
        left = count_by_kind(specimen_of("plasma", 1.0, numbers, without=(word,)).population)
        assert not set(kinds) & set(left)
        assert set(left) == set(kinds_of("plasma", numbers)) - set(kinds)
    assert "mvb_remnant" not in kinds_of("plasma", numbers)
    named = specimen_of("plasma", 1.0, numbers, without=VESICLES).population  # also one that plasma never held
    assert not set(VESICLES) & set(named.kind.tolist())
    nothing = specimen_of("plasma", 1.0, numbers, without=kinds_of("plasma", numbers))
    assert len(nothing.population) == 0
    with pytest.raises(InputError, match="vesicles"):
        specimen_of("plasma", 1.0, numbers, without=("vesicle",))


def test_serum_vesicles_of_a_culture_are_told_from_those_of_the_cells(numbers: Numbers) -> None:
    def by_origin(fluid: str, without: tuple[str, ...] = ()) -> dict[str, float]:
        population = specimen_of(fluid, 1.0, numbers, without).population
        of_kind = population.kind == "small_ev"
        return {
            str(origin): float(population.count[of_kind & (population.origin == origin)].sum())
            for origin in np.unique(population.origin[of_kind])
        }

    usual, depleted = by_origin("conditioned_medium"), by_origin("conditioned_medium_ev_depleted")
    assert usual["conditioned_medium"] == depleted["conditioned_medium_ev_depleted"]
    assert depleted[BACKGROUND] == pytest.approx(0.25 * usual[BACKGROUND], rel=0.01)  # 75 % depletion, Lehrich 2018
    assert set(by_origin("conditioned_medium_serum_free")) == {"conditioned_medium_serum_free"}
    assert set(by_origin("conditioned_medium", (BACKGROUND,))) == {"conditioned_medium"}


def test_blanks_have_no_particles(numbers: Numbers) -> None:
    for made in (blank("pbs", 2.0), specimen_of("pbs", 2.0, numbers), specimen_of("water", 2.0, numbers)):
        assert len(made.population) == 0
        assert count_by_kind(made.population) == {}
        went, stayed = split(made.population, 0.5)
        assert len(went) == len(stayed) == 0
    with pytest.raises(InputError, match="above 0 mL"):
        blank("pbs", 0.0)


def test_a_fluid_that_is_not_there_and_the_nearest_name(numbers: Numbers) -> None:
    with pytest.raises(InputError, match="plasma"):
        specimen_of("plasmas", 1.0, numbers)
    with pytest.raises(InputError, match="plasma"):
        kinds_of("plasmas", numbers)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(WANTED), st.floats(0.0, 1.0), st.floats(1e-3, 1e3))
def test_split_and_mix_keep_every_particle(fluid: str, chance: float, volume: float) -> None:
    whole = specimen_of(fluid, volume, NUMBERS).population
    went, stayed = split(whole, np.linspace(0.0, chance, len(whole)))
    assert np.all(went.count + stayed.count == whole.count)
    again = count_by_kind(mix(went, stayed))
    for kind, count in count_by_kind(whole).items():
        assert again[kind] == pytest.approx(count, rel=1e-12)


def test_twice_the_volume_is_twice_the_particles(numbers: Numbers) -> None:
    one, two = specimen_of("urine", 1.0, numbers), specimen_of("urine", 2.0, numbers)
    assert two.population.count == pytest.approx(2.0 * one.population.count, rel=1e-14)
    assert two.population.diameter_nm.tolist() == one.population.diameter_nm.tolist()


def test_two_claims_about_lipoproteins(numbers: Numbers) -> None:
    """Particle numbers of the clinic and 1e10 EV/mL side with a million; 20 to 100 would need 1e14 EV/mL or more."""
    counted = count_by_kind(specimen_of("plasma", 1.0, numbers).population)
    excess = sum(counted[kind] for kind in LIPOPROTEINS) / counted["small_ev"]
    rows = {row.id: row for row in numbers.ledger.catalogue.index["published_lipoprotein_excess"]}
    decades, vendor = rows["published-lipoprotein-excess-decades"], rows["published-lipoprotein-excess-vendor"]
    assert decades.low is not None and decades.high is not None and vendor.high is not None
    assert decades.low < excess < decades.high
    assert excess > 1e4 * vendor.high
    # raw tracking sees VLDL and vesicles, not what is smaller: nearly all it sees is VLDL
    tracked = counted["vldl"] / (counted["vldl"] + counted["small_ev"])
    assert tracked > numbers.ledger.catalogue.row("published-vldl-share-of-tracked").value


@pytest.mark.parametrize(("draw", "donor"), [(None, None), (3, None), (3, 1), (None, 2)])
def test_markers_are_the_numbers_of_the_same_run(draw: int | None, donor: int | None) -> None:
    fresh = Numbers(bench_numbers(draws=25, donors=4).ledger, draw, donor)
    run = Numbers(NUMBERS.ledger, draw, donor)
    population = specimen_of("plasma", 1.0, run).population
    assert population.markers
    for name, copies in population.markers.items():
        for kind in ("ldl", "platelet", "small_ev"):
            of_kind = population.kind == kind
            if not fresh.has("copies_per_particle", carrier=kind, cargo=name):
                assert copies[of_kind].sum() == 0
                continue
            said = fresh("copies_per_particle", "molecule/particle", carrier=kind, cargo=name, fluid="plasma")
            mean = np.average(copies[of_kind], weights=population.count[of_kind])
            assert mean == pytest.approx(said, rel=0.05 if kind == "small_ev" else 1e-12)
