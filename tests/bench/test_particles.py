"""Density, index and protein of particles: limits with exact answers, and statements that must hold."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.bench.fluids import specimen_of
from exocosm.bench.numbers import Numbers, bench_numbers
from exocosm.bench.particles import (
    VESICLES,
    Composition,
    composition_of,
    density_in,
    filled_with_medium,
    marker_copies,
    mixed_index,
    molecule_density,
    osmolality_in,
    properties_of,
    shell_fraction,
    solute_osmolality,
    swollen,
    vesicle_density,
    vesicle_diameter,
    vesicle_index,
    vesicle_protein,
    water_left,
)
from exocosm.errors import InputError
from exocosm.evidence.value import Value
from exocosm.vesicles.population import Population, sphere_volume

VESICLE = Composition(
    shell_thickness=5.0,
    lipid_density=1.0,
    protein_density=1.4,
    fluid_density=1.01,
    shell_protein=0.25,
    lumen_protein=0.2,
)
compositions = st.builds(
    Composition,
    shell_thickness=st.floats(3.0, 8.0),
    lipid_density=st.floats(0.98, 1.05),
    protein_density=st.floats(1.25, 1.45),
    fluid_density=st.floats(0.99, 1.02),
    shell_protein=st.floats(0.0, 0.9),
    lumen_protein=st.floats(0.0, 0.5),
)
diameters = st.floats(20.0, 5000.0)


@pytest.fixture(scope="module")
def numbers() -> Numbers:
    return bench_numbers(draws=40)


def population(kind: str, diameter: list[float], numbers: Numbers) -> Population:
    found: dict[str, Any] = properties_of(kind, diameter, "pbs", numbers)
    return Population(
        diameter_nm=np.array(diameter),
        count=np.ones(len(diameter)),
        kind=np.array([kind]),
        origin=np.array([""]),
        **found,
    )


def test_a_thin_shell_is_surface_times_thickness_and_a_small_vesicle_is_all_shell() -> None:
    assert shell_fraction(1e6, 5.0) == pytest.approx(6 * 5.0 / 1e6, rel=1e-4)  # area / volume = 6 / d
    assert shell_fraction(10.0, 5.0) == 1.0
    assert shell_fraction(7.0, 5.0) == 1.0


def test_a_huge_vesicle_has_the_density_of_its_lumen_and_a_tiny_one_that_of_its_shell() -> None:
    lumen = 0.2 + (1 - 0.2 / 1.4) * 1.01
    assert vesicle_density(1e9, VESICLE) == pytest.approx(lumen, rel=1e-7)
    assert vesicle_density(10.0, VESICLE) == pytest.approx(0.25 * 1.4 + 0.75 * 1.0, rel=1e-14)


def test_by_hand() -> None:
    # d = 20 nm, t = 5 nm: the lumen is an eighth of the volume; all its fluid is gone
    dry = (7 / 8 * 1.1 + 1 / 8 * 0.2) / (7 / 8 + 1 / 8 * 0.2 / 1.4)
    assert vesicle_density(20.0, VESICLE, 0.0) == pytest.approx(dry, rel=1e-14)
    assert vesicle_diameter(20.0, VESICLE, 0.0) == pytest.approx(20 * (7 / 8 + 1 / 8 / 7) ** (1 / 3), rel=1e-14)


@given(diameters)
def test_without_protein_in_shell_and_lumen_it_is_a_liposome(diameter: float) -> None:
    liposome = Composition(4.0, 1.02, 1.35, 1.005, 0.0, 0.0)
    share = shell_fraction(diameter, 4.0)
    assert vesicle_density(diameter, liposome) == pytest.approx(share * 1.02 + (1 - share) * 1.005, rel=1e-12)
    assert sum(vesicle_protein(diameter, liposome)) == 0.0
    assert vesicle_density(diameter, liposome, 0.0) == pytest.approx(1.02, rel=1e-12)  # dry: lipid alone


@given(compositions, diameters, st.floats(0.0, 1.0))
def test_density_lies_between_those_of_the_parts(made_of: Composition, diameter: float, left: float) -> None:
    parts = (made_of.lipid_density, made_of.protein_density, made_of.fluid_density)
    assert min(parts) - 1e-12 <= vesicle_density(diameter, made_of, left) <= max(parts) + 1e-12


@given(compositions, diameters, st.floats(0.0, 1.0))
def test_what_leaves_is_fluid_and_nothing_else(made_of: Composition, diameter: float, left: float) -> None:
    before, after = vesicle_density(diameter, made_of), vesicle_density(diameter, made_of, left)
    volumes = sphere_volume([diameter, vesicle_diameter(diameter, made_of, left)])
    lost_volume = volumes[0] - volumes[1]
    lost_mass = volumes[0] * before - volumes[1] * after
    assert lost_mass == pytest.approx(lost_volume * made_of.fluid_density, rel=1e-9, abs=1e-9 * volumes[0])


@given(diameters, st.floats(0.1, 1.0), st.floats(0.1, 1.0))
def test_the_less_water_the_denser(diameter: float, one: float, other: float) -> None:
    less, more = sorted((one, other))
    lighter = vesicle_density(diameter, VESICLE, more)
    assert vesicle_density(diameter, VESICLE, less) >= lighter * (1.0 - 1e-14)  # rounding


def test_boyle_and_vant_hoff() -> None:
    assert water_left(290.0, 290.0) == 1.0
    assert water_left(580.0, 290.0) == 0.5
    assert water_left(1.0, 290.0) == 1.0  # swelling is not modelled
    assert water_left([290.0, 2900.0], 290.0).tolist() == [1.0, 0.1]


def test_osmolality_of_an_ideal_solution_is_its_molality_while_thin() -> None:
    thin = 1e-6 * 342.3 / (1 + 1e-6 * 342.3)  # 1 mmol/kg
    assert solute_osmolality(thin, 342.3, 0.0) == pytest.approx(1.0, rel=1e-4)
    assert solute_osmolality(0.0, 342.3, 6.0) == 0.0


def test_osmolality_of_sucrose_rises_faster_than_its_molality(numbers: Numbers) -> None:
    share = np.array([0.1, 0.3, 0.5, 0.65])
    molality = 1000 * share / (1 - share) / 342.3 * 1000
    above = osmolality_in("sucrose", share, numbers) - osmolality_in("sucrose", 0.0, numbers)
    assert np.all(above > molality)
    assert np.all(np.diff(above / molality) > 0)
    # one molal solution, 1.00 mol/kg: Raoult with 6 water molecules bound gives 55.508 ln(50.508 / 49.508)
    assert solute_osmolality(342.3 / 1342.3, 342.3, 6.0) == pytest.approx(55508 * math.log(50.508 / 49.508), rel=1e-12)


def test_syrup_is_refused(numbers: Numbers) -> None:
    for share in (-0.1, 0.9, math.nan):
        with pytest.raises(InputError, match="mass fraction"):
            osmolality_in("sucrose", share, numbers)
    with pytest.raises(InputError, match="no free water"):
        solute_osmolality(0.84, 342.3, 6.0)


def test_iodixanol_draws_hardly_any_water_and_sucrose_much(numbers: Numbers) -> None:
    vesicles = population("small_ev", [50.0, 100.0, 200.0], numbers)
    moved = density_in(vesicles, "iodixanol", 0.4, numbers) - vesicles.density
    assert np.all((moved >= 0) & (moved < 0.01))
    assert np.all(density_in(vesicles, "sucrose", 0.4, numbers) - vesicles.density > 0.03)
    assert np.all(density_in(vesicles, "pbs", 0.0, numbers) == vesicles.density)


def test_shapes_of_density_in(numbers: Numbers) -> None:
    vesicles = population("small_ev", [50.0, 100.0], numbers)
    assert density_in(vesicles, "sucrose", 0.3, numbers).shape == (2,)
    grid = np.array([0.1, 0.3, 0.5])
    density, diameter = swollen(vesicles, "sucrose", grid, numbers)
    assert density.shape == diameter.shape == (3, 2)
    assert density[1].tolist() == density_in(vesicles, "sucrose", 0.3, numbers).tolist()
    assert np.all(np.diff(density, axis=0) > 0)
    assert np.all(np.diff(diameter, axis=0) < 0)


def test_only_vesicles_change(numbers: Numbers) -> None:
    for kind in ("ldl", "hdl", "protein_aggregate", "albumin", "platelet"):
        others = population(kind, [20.0, 30.0], numbers)
        density, diameter = swollen(others, "sucrose", 0.5, numbers)
        assert density.tolist() == others.density.tolist()
        assert diameter.tolist() == others.diameter_nm.tolist()


def test_a_density_that_somebody_gave_moves_as_far_as_the_computed_one(numbers: Numbers) -> None:
    computed = population("small_ev", [80.0], numbers)
    columns = {**properties_of("small_ev", [80.0], "pbs", numbers), "density": np.array([1.12])}
    given_density = Population(
        diameter_nm=np.array([80.0]), count=np.ones(1), kind=np.array(["small_ev"]), origin=np.array([""]), **columns
    )
    gain = density_in(computed, "sucrose", 0.4, numbers) - computed.density
    assert density_in(given_density, "sucrose", 0.4, numbers) == pytest.approx(1.12 + gain, rel=1e-12)


def test_dissolved_molecules_weigh_in_water_what_they_weigh(numbers: Numbers) -> None:
    density, share = molecule_density(7.0, 0.11, 1.35, 1.0)
    volume = float(sphere_volume(7.0)) * 1e18
    assert (density - 1.0) * volume == pytest.approx(0.11 * (1 - 1 / 1.35), rel=1e-12)
    assert share * volume * 1.35 == pytest.approx(0.11, rel=1e-12)
    assert molecule_density(3.0, 0.11, 1.35, 1.0)[0] == 1.35  # larger than its sphere: taken as dry


def test_dissolved_molecules_float_at_the_density_of_dry_protein(numbers: Numbers) -> None:
    albumin = population("albumin", [7.24], numbers)
    dry = numbers("protein_density", "g/mL", carrier="albumin")
    assert albumin.density[0] < 1.2
    assert density_in(albumin, "sucrose", 0.3, numbers, medium_density=dry)[0] == pytest.approx(dry, rel=1e-12)
    between = density_in(albumin, "sucrose", np.array([0.1, 0.3]), numbers, medium_density=np.array([1.04, 1.13]))
    assert albumin.density[0] < between[0, 0] < between[1, 0] < dry


def test_albumin_sediments_as_it_does(numbers: Numbers) -> None:
    # s = d^2 (density - water) / (18 viscosity); serum albumin is said to have some 4 to 5 svedberg
    found = population("albumin", [7.24], numbers)
    water = numbers("lumen_fluid_density", "g/mL")
    sedimentation = (7.24e-7) ** 2 * (found.density[0] - water) / (18 * 0.01) / 1e-13
    assert 4.0 < sedimentation < 5.5


@given(st.floats(1.3, 1.6), st.floats(1.3, 1.6), st.floats(0.0, 1.0))
def test_a_mixture_has_an_index_between_its_parts(one: float, other: float, share: float) -> None:
    mixed = float(mixed_index(one, other, share))
    assert min(one, other) - 1e-12 <= mixed <= max(one, other) + 1e-12
    assert mixed_index(one, other, 1.0) == pytest.approx(one, rel=1e-14)
    assert mixed_index(one, other, 0.0) == pytest.approx(other, rel=1e-14)


def test_index_of_vesicles_runs_from_shell_to_lumen() -> None:
    index = vesicle_index([9.0, 30.0, 100.0, 1e9], VESICLE, 1.48, 1.333, 0.19)
    assert index[0] == pytest.approx(1.48, rel=1e-14)
    assert index[-1] == pytest.approx(1.333 + 0.19 * 0.2, rel=1e-7)
    assert np.all(np.diff(index) < 0)


def test_protein_of_a_vesicle_by_hand() -> None:
    in_shell, in_lumen = vesicle_protein(20.0, VESICLE)
    volume = math.pi / 6 * 20**3 * 1e-21 * 1e18  # nm^3 -> mL -> ag at 1 g/mL
    assert in_shell == pytest.approx(volume * 7 / 8 * 0.25 * 1.4, rel=1e-12)
    assert in_lumen == pytest.approx(volume / 8 * 0.2, rel=1e-12)


@pytest.mark.parametrize("kind", [*VESICLES, "ldl", "albumin", "other_protein", "ago2_complex", "fat_globule"])
def test_properties_fill_a_population_in_every_draw(kind: str, numbers: Numbers) -> None:
    for drawn in (numbers, *(numbers.drawn(draw) for draw in range(40))):
        found = population(kind, [10.0, 50.0, 900.0], drawn)
        assert np.all((found.density > 0.8) & (found.density < 1.5))
        assert np.all((found.refractive_index > 1.33) & (found.refractive_index < 1.62))
        assert np.all(found.protein_ag >= 0)
        weight = found.density * sphere_volume(found.diameter_nm) * 1e18
        assert np.all(found.protein_ag[1:] <= weight[1:])


def test_unknown_kinds_and_the_nearest_name(numbers: Numbers) -> None:
    with pytest.raises(InputError, match="small_ev"):
        properties_of("smal_ev", [80.0], "plasma", numbers)


def test_markers_of_vesicles_grow_with_the_surface() -> None:
    own = [
        Value(
            id=f"own-copies-{kind.replace('_', '-')}",
            quantity="copies_per_particle",
            value=12.0,
            unit="molecule/particle",
            method="model_constant",
            carrier=kind,
            cargo="Made-up",
            note="for a test",
        )
        for kind in ("small_ev", "ldl")
    ]
    numbers = bench_numbers(own=own)
    found = marker_copies("small_ev", [50.0, 100.0], "plasma", numbers)["Made-up"]
    assert found[1] / found[0] == pytest.approx(4.0, rel=1e-12)
    assert marker_copies("ldl", [18.0, 22.0], "plasma", numbers)["Made-up"].tolist() == [12.0, 12.0]
    # the mean over the kind's own sizes is what the catalogue says
    scores = np.random.default_rng(5).standard_normal(400_000)
    median = numbers("particle_diameter", "nm", carrier="small_ev", fluid="plasma")
    width = numbers("particle_diameter_gsd", "dimensionless", carrier="small_ev", fluid="plasma")
    many = marker_copies("small_ev", median * width**scores, "plasma", numbers)["Made-up"]
    assert many.mean() == pytest.approx(12.0, rel=0.01)


def test_the_catalogue_knows_what_vesicles_are_made_of(numbers: Numbers) -> None:
    assert {composition_of(kind, numbers).shell_density for kind in VESICLES} == {
        composition_of("small_ev", numbers).shell_density
    }


def test_a_molecule_sinks_as_its_mass_less_what_it_displaces(numbers: Numbers) -> None:
    """The sphere filled with medium weighs m (1 - v rho) in it, whatever size the sphere is."""
    plasma = specimen_of("plasma", 1.0, numbers).population
    medium = np.array([1.02, 1.12, 1.28])
    filled = filled_with_medium(plasma, np.tile(plasma.density, (3, 1)), medium, numbers)
    for kind in ("albumin", "ago2_complex"):
        place = int(np.flatnonzero(plasma.kind == kind)[0])
        mass, dry = numbers("molecular_mass", "g", carrier=kind), numbers("protein_density", "g/mL", carrier=kind)
        weight = float(sphere_volume(plasma.diameter_nm[place])) * (filled[:, place] - medium)
        assert weight == pytest.approx(mass * (1.0 - medium / dry), rel=1e-9)
    ldl = plasma.kind == "ldl"
    assert np.array_equal(filled[:, ldl], np.tile(plasma.density[ldl], (3, 1)))
