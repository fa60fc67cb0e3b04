"""Tracking: standards without bias, limits said, crowding, and what a real histogram holds."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exocosm.bench.fluids import specimen_of
from exocosm.bench.measurement.nanoparticle_tracking import (
    TrackingSettings,
    densest_frame,
    explain_reading,
    tracked_share,
    view,
    what_particles_are,
)
from exocosm.bench.measurement.registry import ABOVE, BELOW, Reading, read_with
from exocosm.bench.numbers import bench_numbers
from exocosm.bench.specimen import Specimen
from exocosm.errors import InputError
from exocosm.randomness import generator
from exocosm.vesicles.population import Population, lognormal_population, mix

NUMBERS = bench_numbers()


def beads(diameter: float, per_ml: float, medium: str = "water") -> Specimen:
    return Specimen(Population([diameter], 1.05, [per_ml], "polystyrene", ""), 1.0, medium, 22.0)


def tracked(specimen: Specimen, **words: object) -> Reading:
    return read_with("nanoparticle_tracking", specimen, NUMBERS, **words)


@pytest.mark.parametrize("diameter", [60.0, 100.0, 200.0, 400.0])
def test_a_standard_is_sized_and_counted_within_three_percent(diameter: float) -> None:
    reading = tracked(beads(diameter, 2e8))
    for name in ("mean", "mode", "d50"):
        assert reading[name].value == pytest.approx(diameter, rel=0.03), name
    assert reading["concentration"].value == pytest.approx(2e8, rel=0.06)  # a few images overlap
    assert reading.by_kind == {"polystyrene": 1.0}
    assert reading.histogram is not None
    assert reading.histogram.count.sum() == pytest.approx(reading["concentration"].value)


def test_single_tracks_are_wide_and_sharpening_narrows_them() -> None:
    raw, sharp = (tracked(beads(100.0, 2e8), sharpened=choice) for choice in (False, True))
    assert raw["sd"].value > 2 * sharp["sd"].value
    assert raw["mean"].value > 102.0  # the mean of d / gamma is above d


def test_noise_scatters_about_the_expected_reading() -> None:
    specimen = beads(100.0, 2e8)
    expected = tracked(specimen, videos=5)
    noisy = [
        read_with("nanoparticle_tracking", specimen, NUMBERS, generator("noise", seed), videos=5) for seed in range(40)
    ]
    counts = np.array([reading["concentration"].value for reading in noisy])
    assert counts.mean() == pytest.approx(expected["concentration"].value, rel=0.03)
    inside = (counts > expected["concentration"].low) & (counts < expected["concentration"].high)
    assert inside.mean() >= 0.8
    covered = [
        reading["concentration"].low < expected["concentration"].value < reading["concentration"].high
        for reading in noisy
    ]
    assert np.mean(covered) >= 0.8
    assert np.mean([reading["d50"].value for reading in noisy]) == pytest.approx(expected["d50"].value, rel=0.01)
    assert len(noisy[0].replicates["concentration"]) == 5


@settings(max_examples=20)
@given(st.floats(1e7, 3e8), st.floats(1.0, 5.0))
def test_dilution_is_counted_back_but_for_overlap(per_ml: float, dilution: float) -> None:
    neat, diluted = tracked(beads(100.0, per_ml)), tracked(beads(100.0, per_ml), dilution=dilution)
    if not neat["concentration"].censored and not diluted["concentration"].censored:
        gain = diluted["concentration"].value / neat["concentration"].value
        assert 1.0 - 1e-9 <= gain < 1.1


def test_too_few_and_too_many_are_censored_not_zero() -> None:
    few, many = tracked(beads(100.0, 1e5)), tracked(beads(100.0, 1e12))
    assert few["concentration"].censored == BELOW
    assert few["concentration"].value == NUMBERS("smallest_tracked_concentration", "particle/mL")
    assert many["concentration"].censored == ABOVE and 0 < many["concentration"].value < 1e12
    assert str(many["concentration"]).startswith("> ")
    assert any("dilute about" in warning for warning in many.warnings)
    assert any("fewer than" in warning for warning in few.warnings)
    assert "mean" not in few.quantities and "mean" not in many.quantities


def test_most_images_stand_alone_at_the_densest_frame() -> None:
    densest = densest_frame(8000.0, 2.0)
    alone = [images * np.exp(-images / densest) for images in (0.9 * densest, densest, 1.1 * densest)]
    assert alone[1] == max(alone)


@settings(max_examples=25)
@given(st.floats(20.0, 400.0), st.floats(1.36, 1.6), st.floats(0.1, 5.0))
def test_more_light_is_never_seen_less(diameter: float, index: float, gain: float) -> None:
    def share(size: float, own: float, camera: float) -> float:
        return float(tracked_share(np.array([size]), np.array([own]), "NanoSight 405 nm", camera, NUMBERS)[0])

    base = share(diameter, index, gain)
    assert 0 <= base <= 1
    assert share(diameter, index, gain * 1.5) >= base
    if diameter < 150:
        assert share(diameter * 1.05, index, gain) >= base and share(diameter, index + 0.01, gain) >= base


def test_the_calibrating_vesicle_is_seen_half_of_the_times_by_every_laser() -> None:
    smallest = NUMBERS("smallest_tracked_vesicle", "nm")
    reference = NUMBERS("reference_vesicle_refractive_index", "dimensionless")
    for device in NUMBERS.words("tracking_wavelength", "device"):
        share = tracked_share(np.array([smallest]), np.array([reference]), device, 1.0, NUMBERS)
        assert share[0] == pytest.approx(0.5)


def test_small_vesicles_are_not_seen_and_this_is_said() -> None:
    small = dataclasses.replace(lognormal_population(45.0, 1.2, 1e9, 1.1), refractive_index=np.full(64, 1.38))
    reading = tracked(Specimen(small, 1.0, "water"))
    assert reading["concentration"].value < 0.1e9
    assert any("scatter too little light" in warning for warning in reading.warnings)


def test_undiluted_plasma_makes_particles_look_larger() -> None:
    thick, thin = tracked(beads(100.0, 2e8, "plasma")), tracked(beads(100.0, 2e8))
    assert thick["d50"].value > 1.2 * thin["d50"].value
    assert any("viscous" in warning for warning in thick.warnings)
    diluted = tracked(beads(100.0, 2e10, "plasma"), dilution=100, diluent="water")
    assert diluted["d50"].value == pytest.approx(thin["d50"].value, rel=0.02)


def test_the_explanation_shares_the_histogram_among_the_kinds() -> None:
    specimen = specimen_of("plasma", 1.0, NUMBERS)
    words = TrackingSettings(dilution=1e4)
    reading = tracked(specimen, dilution=1e4)
    explanation = what_particles_are(specimen, words, NUMBERS)
    assert explanation.concentration.sum() == pytest.approx(reading["concentration"].value)
    assert sum(explanation.by_kind.values()) == pytest.approx(1.0)
    for kind, share in reading.by_kind.items():
        assert explanation.by_kind[kind] == pytest.approx(share, abs=0.03), kind
    # the reading itself, explained, gives the same shares, in its own bins or in those of another instrument
    assert reading.histogram is not None
    own = explain_reading(reading.histogram.edges_nm, reading.histogram.count, explanation)
    assert own.unexplained < 0.01 and own.measured_over_expected == pytest.approx(1.0)
    linear = np.arange(0.0, 1001.0)
    summed = np.concatenate([[0.0], np.cumsum(reading.histogram.count)])
    rebinned = np.diff(np.interp(linear, reading.histogram.edges_nm, summed))
    other = explain_reading(linear, rebinned, explanation)
    for kind, share in own.by_kind.items():
        assert other.by_kind[kind] == pytest.approx(share, abs=0.02)
        assert explanation.by_kind[kind] == pytest.approx(share, abs=0.02)


def test_sizes_that_nothing_explains_are_left_unexplained() -> None:
    explanation = what_particles_are(beads(100.0, 2e8), TrackingSettings(), NUMBERS)
    edges = np.array([50.0, 150.0, 600.0, 900.0])
    found = explain_reading(edges, np.array([3e8, 0.0, 1e8]), explanation)
    assert found.unexplained == pytest.approx(0.25)
    assert found.by_kind == {"polystyrene": pytest.approx(0.75)}
    assert found.measured_over_expected == pytest.approx(2.0, rel=0.06)
    for bad_edges, bad_count in (
        (edges[::-1], np.ones(3)),
        (edges, np.ones(4)),
        (edges, np.zeros(3)),
        (edges, np.array([1.0, -1.0, 1.0])),
    ):
        with pytest.raises(InputError, match="histogram"):
            explain_reading(bad_edges, bad_count, explanation)


def test_a_mixture_is_the_sum_of_its_parts() -> None:
    small, large = beads(80.0, 1e8).population, beads(250.0, 5e7).population
    both = tracked(Specimen(mix(small, large), 1.0, "water", 22.0))
    seen = view(Specimen(mix(small, large), 1.0, "water", 22.0), TrackingSettings(), NUMBERS)
    parts = [
        view(Specimen(one, 1.0, "water", 22.0), TrackingSettings(), NUMBERS).per_frame.sum() for one in (small, large)
    ]
    assert seen.per_frame.sum() == pytest.approx(sum(parts))
    assert both.histogram is not None
    middles = np.sqrt(both.histogram.edges_nm[1:] * both.histogram.edges_nm[:-1])
    share = both.histogram.count[middles > 150].sum() / both.histogram.count.sum()
    # small particles start more tracks, as they leave the light sooner, but fewer of these are long enough
    assert share == pytest.approx(1 / 3, abs=0.04)
