"""Resistive pulses, dynamic light scattering, microscopy, immunoassay and flow: exact limits and properties."""

from __future__ import annotations

import dataclasses
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exocosm.bench.measurement.cryo_electron_microscopy import poisson_limits
from exocosm.bench.measurement.dynamic_light_scattering import cumulants, scattering_vector
from exocosm.bench.measurement.flow_cytometry import counted_rate, fluorescent_share, swarm_rate
from exocosm.bench.measurement.immunoassay import logistic_concentration, logistic_signal, marker_mass
from exocosm.bench.measurement.registry import ABOVE, BELOW, read_with
from exocosm.bench.measurement.resistive_pulse import accepted_share, pulse_height, size_spread
from exocosm.bench.numbers import bench_numbers
from exocosm.bench.specimen import Specimen
from exocosm.errors import InputError
from exocosm.randomness import generator
from exocosm.vesicles.population import Population, lognormal_population, mix

NUMBERS = bench_numbers()
POSITIVE = st.floats(0.01, 100.0)


def vesicles(median: float, per_ml: float, gsd: float = 1.3, **markers: float) -> Specimen:
    population = lognormal_population(median, gsd, per_ml, 1.1)
    size = len(population)
    filled = {name: np.full(size, copies) for name, copies in markers.items()}
    return Specimen(dataclasses.replace(population, refractive_index=np.full(size, 1.39), markers=filled), 1.0, "pbs")


# ---- resistive pulse


@given(st.floats(20.0, 300.0), st.floats(2.0, 10.0))
def test_pulses_grow_with_volume_and_half_of_the_smallest_are_accepted(diameter: float, threshold: float) -> None:
    one, two = pulse_height(np.array([diameter, 2 * diameter]), 80.0, threshold)
    assert two == pytest.approx(8 * one)
    assert accepted_share(pulse_height(np.array([80.0]), 80.0, threshold), threshold)[0] == 0.5


@given(st.floats(60.0, 900.0))
def test_reported_sizes_are_shared_out_whole(diameter: float) -> None:
    edges = np.geomspace(20.0, 5000.0, 201)
    column = size_spread(edges, pulse_height(np.array([diameter]), 85.0, 5.0), 85.0, 5.0)[:, 0]
    assert column.sum() == pytest.approx(1.0, abs=1e-9) and column.min() >= -1e-12
    assert column[edges[1:] <= 85.0].sum() == 0.0  # nothing below the threshold is ever reported


def test_a_standard_is_sized_and_counted_by_pulses() -> None:
    beads = Specimen(Population([200.0], 1.05, [1e9], "polystyrene", ""), 1.0, "pbs")
    reading = read_with("resistive_pulse", beads, NUMBERS, pore="NP150", dilution=10)
    for name in ("mean", "mode", "d50"):
        assert reading[name].value == pytest.approx(200.0, rel=0.02)
    assert reading["concentration"].value == pytest.approx(1e9, rel=0.001)
    noisy = [
        read_with("resistive_pulse", beads, NUMBERS, generator("pulse", i), pore="NP150", dilution=10)[
            "concentration"
        ].value
        for i in range(200)
    ]
    assert np.exp(np.mean(np.log(noisy))) == pytest.approx(1e9, rel=0.06)
    inside = [reading["concentration"].low < one < reading["concentration"].high for one in noisy]
    assert 0.9 <= np.mean(inside) <= 0.99


def test_pulses_know_their_limits() -> None:
    small = Specimen(Population([30.0], 1.1, [1e10], "small_ev", "", refractive_index=[1.4]), 1.0, "pbs")
    blind = read_with("resistive_pulse", small, NUMBERS)
    assert blind["concentration"].censored == BELOW and any("smaller" in one for one in blind.warnings)
    crowded = read_with("resistive_pulse", vesicles(120.0, 1e14), NUMBERS)
    assert crowded["concentration"].censored == ABOVE and crowded["concentration"].value < 1e14
    blocked = Specimen(Population([2000.0], 1.1, [1e7], "apoptotic_body", "", refractive_index=[1.38]), 1.0, "pbs")
    assert any("block" in one for one in read_with("resistive_pulse", blocked, NUMBERS).warnings)


# ---- dynamic light scattering


@given(st.lists(st.tuples(POSITIVE, POSITIVE), min_size=1, max_size=20))
def test_cumulants_are_moments_of_the_decay_rates(pairs: list[tuple[float, float]]) -> None:
    rate, light = np.array(pairs).T
    mean, spread = cumulants(rate, light)
    weight = light / light.sum()
    assert mean == pytest.approx(float(weight @ rate))
    assert spread == pytest.approx(float(weight @ rate**2) / mean**2 - 1.0, abs=1e-9)
    # they are the first two derivatives of the log of the correlation at time zero
    step = 1e-4 / rate.max()
    log_field = [math.log(float(weight @ np.exp(-rate * time))) for time in (0.0, step, 2 * step)]
    assert -(log_field[1] - log_field[0]) / step == pytest.approx(mean, rel=1e-3)


@given(st.floats(20.0, 800.0))
def test_one_size_has_its_own_z_average_and_no_spread(diameter: float) -> None:
    one = Specimen(Population([diameter], 1.1, [1e11], "small_ev", "", refractive_index=[1.4]), 1.0, "plasma", 25.0)
    reading = read_with("dynamic_light_scattering", one, NUMBERS)
    if not reading["rayleigh_ratio"].censored:
        assert reading["z_average"].value == pytest.approx(diameter)
        assert reading["polydispersity"].value == pytest.approx(0.0, abs=1e-12)


def test_the_z_average_of_small_particles_is_that_of_the_sixth_power() -> None:
    sizes, counts = np.array([4.0, 6.0, 9.0]), np.array([9e15, 3e15, 1e15])
    tiny = Specimen(Population(sizes, 1.3, counts, "other_protein", "", refractive_index=[1.45]), 1.0, "water")
    reading = read_with("dynamic_light_scattering", tiny, NUMBERS)
    expected = (counts * sizes**6).sum() / (counts * sizes**5).sum()
    assert reading["z_average"].value == pytest.approx(expected, rel=1e-3)


def test_few_large_particles_outshine_many_small_ones_and_water_hides_the_rest() -> None:
    small, large = vesicles(60.0, 1e11), vesicles(300.0, 1e9)
    both = Specimen(mix(small.population, large.population), 1.0, "pbs")
    alone, mixed = (read_with("dynamic_light_scattering", one, NUMBERS)["z_average"].value for one in (small, both))
    assert mixed > 1.3 * alone
    dim = read_with("dynamic_light_scattering", vesicles(60.0, 1e6), NUMBERS)
    assert dim["rayleigh_ratio"].censored == BELOW and "z_average" not in dim.quantities
    assert scattering_vector(633.0, 1.333, 180.0) == pytest.approx(4 * math.pi * 1.333 / 0.633)


# ---- cryo-electron microscopy


def test_poisson_limits_are_exact() -> None:
    assert poisson_limits(0.0) == (0.0, pytest.approx(-math.log(0.025)))
    from scipy.stats import poisson

    for count in (1, 4, 30):
        low, high = poisson_limits(float(count))
        assert poisson.sf(count - 1, low) == pytest.approx(0.025)
        assert poisson.cdf(count, high) == pytest.approx(0.025)


def test_images_tell_vesicles_from_lipoproteins() -> None:
    ev = vesicles(90.0, 1e12).population
    fat = dataclasses.replace(lognormal_population(45.0, 1.2, 9e12, 0.98), kind=np.full(64, "vldl"))
    reading = read_with("cryo_electron_microscopy", Specimen(mix(ev, fat), 1.0, "pbs"), NUMBERS, images=1000)
    vesicle = NUMBERS("recognised_as_vesicle", "dimensionless", carrier="small_ev")
    mistaken = NUMBERS("recognised_as_vesicle", "dimensionless", carrier="vldl")
    assert reading["vesicle_share"].value == pytest.approx(0.1 * vesicle + 0.9 * mistaken, rel=0.01)
    assert "concentration" not in reading.quantities
    more = read_with("cryo_electron_microscopy", Specimen(mix(ev, fat), 1.0, "pbs"), NUMBERS, images=2000)
    assert more["vesicles"].value == pytest.approx(2 * reading["vesicles"].value)


# ---- immunoassay


@given(st.floats(0.01, 1e6), st.floats(1.0, 1e5), st.floats(0.5, 2.0), st.floats(0.0, 0.2))
def test_the_curve_and_its_inverse(concentration: float, half: float, slope: float, blank: float) -> None:
    signal = logistic_signal(concentration, half, slope, blank)
    assert blank <= signal <= 1.0
    assert logistic_signal(concentration * 1.1, half, slope, blank) >= signal
    assert logistic_signal(concentration, half, slope, blank, hook=concentration) <= signal
    assert logistic_signal(half, half, slope, blank) == pytest.approx(0.5 * (1 + blank))
    if signal < 1 - 1e-9 and signal > blank + 1e-9:
        assert logistic_concentration(signal, half, slope, blank) == pytest.approx(concentration, rel=1e-4)
    assert logistic_concentration(blank, half, slope, blank) == 0.0
    assert logistic_concentration(1.0 + 1e-9, half, slope, blank) == math.inf


def test_marker_mass_is_molecules_times_their_mass() -> None:
    mass = NUMBERS("marker_molar_mass", "kDa", cargo="CD63")
    specimen = vesicles(90.0, 1e9, CD63=6.02214076)
    assert marker_mass(specimen, "CD63", NUMBERS).sum() == pytest.approx(1e9 * 6.02214076 * mass * 1e15 / 6.02214076e23)


def test_elisa_is_right_in_its_range_and_censored_outside() -> None:
    true = marker_mass(vesicles(90.0, 1e9, CD63=10.0), "CD63", NUMBERS).sum()
    inside = read_with("elisa", vesicles(90.0, 3e10, CD63=10.0), NUMBERS, lysed=True, dilution=20)
    assert inside["marker"].value == pytest.approx(30 * true) and inside["marker"].censored == ""
    intact = read_with("elisa", vesicles(90.0, 3e10, CD63=10.0), NUMBERS, dilution=20)
    reach = NUMBERS("accessible_fraction", "dimensionless", cargo="CD63")
    assert intact["marker"].value == pytest.approx(30 * true * reach)
    assert read_with("elisa", vesicles(90.0, 1e6, CD63=10.0), NUMBERS)["marker"].censored == BELOW
    assert read_with("elisa", vesicles(90.0, 1e14, CD63=10.0), NUMBERS)["marker"].censored == ABOVE
    hooked = read_with("elisa", vesicles(90.0, 1e14, CD63=10.0), NUMBERS, hook=True)
    assert hooked["marker"].value < 1e5 * true and any("hook" in one for one in hooked.warnings)
    values = [
        read_with("elisa", vesicles(90.0, 3e10, CD63=10.0), NUMBERS, generator("elisa", i), lysed=True, dilution=20)[
            "marker"
        ].value
        for i in range(300)
    ]
    assert np.mean([inside["marker"].low < one < inside["marker"].high for one in values]) == pytest.approx(
        0.95, abs=0.04
    )


def test_the_limit_of_detection_is_three_deviations_of_the_blank() -> None:
    mass = marker_mass(vesicles(90.0, 1e9, CD63=10.0), "CD63", NUMBERS).sum()
    limit = NUMBERS("immunoassay_detection_limit", "pg/mL", device="ELISA")
    at_limit = vesicles(90.0, 1e9 * limit / mass, CD63=10.0)
    signal = read_with("elisa", at_limit, NUMBERS, lysed=True, wells=1)["signal"]
    rise = signal.value - NUMBERS("immunoassay_blank", "dimensionless")
    expected = math.hypot(rise / 3.0, NUMBERS("immunoassay_signal_cv", "dimensionless") * rise)
    assert 0.5 * (signal.high - signal.value) == pytest.approx(expected)


def test_a_blot_shows_a_band_above_its_limit() -> None:
    limit = NUMBERS("bulk_detection_limit", "molecule")
    for factor, censored in ((0.5, BELOW), (2.0, "")):
        specimen = vesicles(90.0, factor * limit / 10.0 / 0.02, CD63=10.0)  # 20 microlitre of 1 mL
        assert read_with("western_blot", specimen, NUMBERS)["band"].censored == censored
    contaminated = mix(
        vesicles(90.0, 1e12, CD63=10.0).population, Population([10.0], 1.1, [1e15], "hdl", "", markers={})
    )
    assert read_with("western_blot", Specimen(contaminated, 1.0, "pbs"), NUMBERS).by_kind["small_ev"] > 0.99


# ---- flow cytometry


@given(st.floats(1.0, 1e6), st.floats(1e-6, 1e-2))
def test_the_counted_rate_peaks_at_one_event_in_a_dead_time(rate: float, dead: float) -> None:
    assert counted_rate(rate, dead) <= rate
    assert counted_rate(rate, dead) <= counted_rate(1.0 / dead, dead) * (1 + 1e-12)


def test_swarm_needs_many_dim_particles_in_the_beam() -> None:
    light = np.full(3, 0.01)
    assert swarm_rate(np.zeros(3), light, 1.0, 1e-5) == 0.0
    assert swarm_rate(np.full(3, 0.1), light, 1.0, 1e-5) == 0.0
    rates = [swarm_rate(np.full(3, many), light, 1.0, 1e-5) for many in (10.0, 30.0, 40.0, 100.0)]
    assert all(later >= sooner for sooner, later in pairwise(rates)) and rates[-1] > 0.9e5


@settings(max_examples=30)
@given(st.floats(0.0, 300.0))
def test_more_copies_never_shine_less(copies: float) -> None:
    population = Population([90.0, 90.0], 1.1, [1.0, 1.0], "small_ev", "", markers={"CD63": [copies, copies * 1.2]})
    for device in NUMBERS.words("flow_wavelength", "device"):
        dim, bright = fluorescent_share(population, "CD63", device, NUMBERS)
        assert 0 <= dim <= bright <= 1
    assert fluorescent_share(population, "", "nano flow", NUMBERS).tolist() == [0, 0]


def test_flow_counts_what_scatters_enough() -> None:
    beads = Specimen(Population([150.0], 1.05, [1e9], "polystyrene", ""), 1.0, "pbs")
    reading = read_with("flow_cytometry", beads, NUMBERS, dilution=10)
    assert reading["concentration"].value == pytest.approx(1e9, rel=0.1)
    assert reading["median_diameter"].value > 150.0  # as bright as a larger vesicle
    blind = read_with("flow_cytometry", vesicles(80.0, 1e9), NUMBERS, instrument="conventional")
    assert blind["concentration"].censored == BELOW
    seen = [
        read_with("flow_cytometry", vesicles(120.0, 1e10), NUMBERS, instrument=one, dilution=1000).by_kind.keys()
        for one in ("CytoFLEX", "nano flow")
    ]
    assert seen == [{"small_ev"}] * 2
    crowded = read_with("flow_cytometry", vesicles(120.0, 1e14), NUMBERS)
    assert crowded["concentration"].censored == ABOVE and any("dilute" in one for one in crowded.warnings)


def test_flow_with_a_stain_counts_the_stained() -> None:
    specimen = vesicles(120.0, 1e10, CD63=60.0)
    both = read_with("flow_cytometry", specimen, NUMBERS, dilution=100, marker="CD63")
    assert 0 < both["positive_share"].value < 1
    assert both["positive_concentration"].value < both["concentration"].value
    none = read_with("flow_cytometry", vesicles(120.0, 1e10, CD63=0.0), NUMBERS, dilution=100, marker="CD63")
    assert none["positive_share"].value < 0.01 < both["positive_share"].value
    with pytest.raises(InputError, match="marker"):
        read_with("flow_cytometry", specimen, NUMBERS, trigger="fluorescence")
    noisy = [
        read_with("flow_cytometry", specimen, NUMBERS, generator("flow", i), dilution=100, marker="CD63")
        for i in range(200)
    ]
    share = [one["positive_share"].value for one in noisy]
    assert np.mean(share) == pytest.approx(both["positive_share"].value, rel=0.02)
    counts = [both["concentration"].low < one["concentration"].value < both["concentration"].high for one in noisy]
    assert 0.9 <= np.mean(counts) <= 0.99


def test_beads_gather_until_they_are_full() -> None:
    def signal(per_ml: float, cd63: float = 20.0, cd9: float = 20.0) -> float:
        return read_with("bead_flow_cytometry", vesicles(100.0, per_ml, CD63=cd63, CD9=cd9), NUMBERS)[
            "vesicles_per_bead"
        ].value

    assert signal(2e6) == pytest.approx(2 * signal(1e6), rel=0.05)
    full = NUMBERS("bead_vesicles_per_bead", "particle")
    assert signal(1e13) == pytest.approx(full)
    without = read_with("bead_flow_cytometry", vesicles(100.0, 1e10, CD63=20.0, CD9=0.0), NUMBERS)
    assert without["median_fluorescence"].censored == BELOW
    positive = read_with("bead_flow_cytometry", vesicles(100.0, 1e10, CD63=20.0, CD9=20.0), NUMBERS)
    assert positive["median_fluorescence"].censored == "" and any("filled" in one for one in positive.warnings)
