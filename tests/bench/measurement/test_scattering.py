"""Mie scattering against published values, exact limits and its own sum rules."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.bench.measurement.scattering import (
    Optics,
    amplitudes,
    collected_cross_section,
    differential_cross_section,
    known_index,
    lens,
    mie_coefficients,
    scattering_cross_section,
    scattering_efficiency,
    visible_share,
)
from exocosm.bench.numbers import bench_numbers
from exocosm.errors import InputError
from exocosm.vesicles.population import Population

sizes = st.floats(min_value=0.01, max_value=60.0)
indices = st.floats(min_value=0.7, max_value=2.0).filter(lambda m: abs(m - 1.0) > 1e-3)

# (relative index, size parameter, scattering efficiency, tolerance): Wiscombe's MIEV0 test cases and the example of
# Bohren and Huffman, as the tests of the public package miepython print them
PUBLISHED = (
    (0.75, 10.0, 2.232265, 1e-6),
    (1.5, 10.0, 2.8820, 1e-4),
    (1.5, 100.0, 2.0944, 1e-4),
    (1.55, 2 * math.pi * 0.525 / 0.6328, 3.10543, 1e-5),
)


@pytest.mark.parametrize(("index", "size", "efficiency", "tolerance"), PUBLISHED)
def test_published_efficiencies(index: float, size: float, efficiency: float, tolerance: float) -> None:
    assert scattering_efficiency(size, index)[0] == pytest.approx(efficiency, abs=tolerance)


@pytest.mark.parametrize(("index", "size"), [(1.33, 100.0), (1.2, 300.0), (1.1, 450.0)])
def test_large_spheres_are_exact_too(index: float, size: float) -> None:
    """Against the coefficients from spherical Bessel functions and their derivatives, without a recurrence."""
    from scipy.special import spherical_jn, spherical_yn

    n = np.arange(1, int(size + 4.05 * size ** (1 / 3) + 2) + 1)
    inside, slope = spherical_jn(n, index * size), spherical_jn(n, index * size, derivative=True)
    outside = spherical_jn(n, size) + 1j * spherical_yn(n, size)
    edge = spherical_jn(n, size, derivative=True) + 1j * spherical_yn(n, size, derivative=True)

    def coefficient(factor: float) -> np.ndarray:  # [x h(x)]' and the like, by the product rule
        own = inside + index * size * slope
        above = factor * inside * (outside.real + size * edge.real) - outside.real * own
        return above / (factor * inside * (outside + size * edge) - outside * own)

    a, b = coefficient(index**2), coefficient(1.0)
    whole = 2 / size**2 * ((2 * n + 1) * (np.abs(a) ** 2 + np.abs(b) ** 2)).sum()
    assert scattering_efficiency(size, index)[0] == pytest.approx(whole, rel=1e-9)


def test_published_backward_amplitudes() -> None:
    for index, size, backward in ((1.5, 10.0, 4.322 + 4.868j), (0.75, 10.0, -1.07857 - 0.0360881j)):
        across, along = amplitudes(size, index, -1.0)
        assert abs(across[0, 0]) == pytest.approx(abs(backward), rel=1e-3)
        assert abs(along[0, 0]) == pytest.approx(abs(backward), rel=1e-3)


@given(sizes, indices)
def test_the_forward_amplitude_tells_all_that_is_scattered(size: float, index: float) -> None:
    """Optical theorem: what is taken from the beam, 4/x^2 Re S(0), is what a transparent sphere scatters."""
    across, along = amplitudes(size, index, 1.0)
    assert across[0, 0] == pytest.approx(along[0, 0], rel=1e-9)
    assert 4.0 / size**2 * across[0, 0].real == pytest.approx(scattering_efficiency(size, index)[0], rel=1e-6)


@given(sizes, indices)
def test_all_directions_together_are_the_whole(size: float, index: float) -> None:
    wavelength = 500.0
    diameter = size * wavelength / math.pi
    whole = collected_cross_section(diameter, index, Optics(wavelength, 1.0, 40.0, 180.0))
    assert whole[0] == pytest.approx(scattering_cross_section(diameter, index, wavelength, 1.0)[0], rel=1e-6)


def test_small_spheres_scatter_by_the_sixth_power_and_the_fourth_of_the_wavelength() -> None:
    one, two = scattering_cross_section([1.0, 2.0], 1.4, 600.0, 1.333)
    assert two / one == pytest.approx(64.0, rel=2e-4)
    assert scattering_cross_section(1.0, 1.4, 300.0, 1.333)[0] / one == pytest.approx(16.0, rel=5e-4)
    x, m = 1e-3, 1.4 / 1.333
    rayleigh = 8.0 / 3.0 * x**4 * ((m**2 - 1) / (m**2 + 2)) ** 2
    assert scattering_efficiency(x, m)[0] == pytest.approx(rayleigh, rel=1e-5)


def test_a_weak_contrast_is_that_of_rayleigh_gans() -> None:
    """|S1|^2 = (2/3 x^3 (m-1))^2 (3 j1(u)/u)^2, u = 2 x sin(theta/2), for |m - 1| much below 1."""
    size, index = 3.0, 1.0005
    for angle in (20.0, 60.0, 100.0, 150.0):
        across, _ = amplitudes(size, index, math.cos(math.radians(angle)))
        u = 2.0 * size * math.sin(math.radians(angle) / 2.0)
        form = 3.0 * (math.sin(u) - u * math.cos(u)) / u**3
        forward = 2.0 / 3.0 * size**3 * (index - 1.0)
        assert abs(across[0, 0]) == pytest.approx(abs(forward * form), abs=1e-3 * forward)


def test_large_spheres_take_twice_their_shadow_from_the_beam() -> None:
    assert scattering_efficiency(500.0, 1.5)[0] == pytest.approx(2.0, rel=0.03)
    nothing = scattering_efficiency([0.1, 10.0], 1.0)
    assert np.all(nothing < 1e-20)


@given(st.floats(0.0, 180.0), st.floats(1.0, 180.0))
def test_a_lens_holds_its_solid_angle(axis: float, half: float) -> None:
    cosine, weight = lens(axis, half)
    assert weight.sum() == pytest.approx(2 * math.pi * (1 - math.cos(math.radians(half))), rel=1e-6)
    reach = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
    assert np.all(np.abs(reach - axis)[weight > 1e-12] <= half + 1e-6)


@given(st.floats(5.0, 85.0))
def test_a_wider_lens_collects_more_and_opposite_ones_the_same_of_a_tiny_sphere(half: float) -> None:
    diameters = np.array([5.0, 80.0, 400.0])
    narrow = collected_cross_section(diameters, 1.4, Optics(488.0, 1.333, 90.0, half))
    wide = collected_cross_section(diameters, 1.4, Optics(488.0, 1.333, 90.0, half + 4.0))
    assert np.all(wide > narrow)
    ahead, back = (collected_cross_section(2.0, 1.4, Optics(488.0, 1.333, axis, half))[0] for axis in (40.0, 140.0))
    assert ahead == pytest.approx(back, rel=1e-3)


def test_light_rises_with_size_and_contrast_below_the_wavelength() -> None:
    optics = Optics(405.0, 1.333, 90.0, 17.5)
    assert np.all(np.diff(collected_cross_section(np.linspace(5, 150, 60), 1.4, optics)) > 0)
    assert np.all(np.diff(collected_cross_section(80.0, np.linspace(1.35, 1.6, 40), optics)) > 0)


def test_groups_of_sizes_are_computed_as_each_alone() -> None:
    optics = Optics(488.0, 1.333, 90.0, 30.0)
    diameters = np.array([3.0, 3000.0, 90.0, 700.0, 250.0])
    together = collected_cross_section(diameters, 1.4, optics)
    alone = [collected_cross_section(one, 1.4, optics)[0] for one in diameters]
    assert together == pytest.approx(alone, rel=1e-6)
    assert not together.flags.writeable


def test_a_small_sphere_scatters_evenly_across_the_polarisation() -> None:
    sideways = differential_cross_section([2.0], 1.4, 633.0, 1.333, 90.0)
    assert differential_cross_section([2.0], 1.4, 633.0, 1.333, 173.0) == pytest.approx(sideways, rel=1e-3)
    assert sideways * 8 * math.pi / 3 == pytest.approx(scattering_cross_section(2.0, 1.4, 633.0, 1.333), rel=1e-3)


def test_what_cannot_be_is_refused() -> None:
    for size, index in ((0.0, 1.5), (-1.0, 1.5), (1.0, math.nan), (1.0, 0.0)):
        with pytest.raises(InputError, match="above zero"):
            mie_coefficients(size, index)
    with pytest.raises(InputError, match="size parameter"):
        mie_coefficients(1e5, 1.5)
    with pytest.raises(InputError, match="lens"):
        lens(90.0, 0.0)


def test_the_share_seen_is_half_at_the_threshold() -> None:
    share = visible_share(np.array([0.0, 1.0, 2.0, 8.0]), 2.0, 0.5)
    assert share[0] == 0.0 and share[2] == 0.5 and share[1] + visible_share(np.array([4.0]), 2.0, 0.5)[0] == 1.0
    assert visible_share(np.array([1.0, 2.0, 3.0]), 2.0, 0.0).tolist() == [0.0, 1.0, 1.0]


def test_an_index_comes_from_the_particle_or_its_kind() -> None:
    numbers = bench_numbers()
    known = Population([50.0, 50.0], 1.0, [1.0, 1.0], ["vldl", "vldl"], "", refractive_index=[0.0, 1.5])
    assert known_index(known, numbers).tolist() == [
        numbers("refractive_index", "dimensionless", carrier="vldl"),
        1.5,
    ]
    with pytest.raises(InputError, match="'unheard_of'"):
        known_index(Population([50.0], 1.0, [1.0], "unheard_of", ""), numbers)
