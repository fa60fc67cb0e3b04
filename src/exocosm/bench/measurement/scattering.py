"""Light scattered by spheres: Mie theory for homogeneous, transparent spheres, and the part that a lens collects.

A vesicle is taken as a sphere of one refractive index, that of the whole particle (`Population.refractive_index`).  A
shell around a core scatters a little differently; below 200 nm, where only the mean contrast counts, the two agree.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exocosm.bench.numbers import Numbers
from exocosm.errors import InputError, nearest
from exocosm.vesicles.population import Population

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]
LARGEST_SIZE_PARAMETER = 500.0
MEMORY = 64  # sets of particles whose scattering is remembered
NODES_OF_SMALL, SMALL = 32, 4.0  # nodes of the quadrature over the lens, up to this size parameter
NODES_PER_SIZE = 3.0  # further ones for each unit of the size parameter: the light turns from bright to dark as often
INDEX_NEEDED = (
    "give `refractive_index` of the population, or a row of quantity refractive_index for this kind of particle"
)


@dataclass(frozen=True)
class Optics:
    """A laser in a medium and a round lens: where its axis stands against the beam, and half its opening, in degree."""

    wavelength_nm: float
    medium_index: float
    axis_degree: float
    half_angle_degree: float


def mie_coefficients(size_parameter: ArrayLike, relative_index: ArrayLike) -> tuple[Complex, Complex]:
    """Mie coefficients a_n and b_n of transparent spheres, n = 1, 2, ...

    a_n = ((D_n(mx)/m + n/x) psi_n(x) - psi_n-1(x)) / (the same with xi for psi); b_n with m D_n for D_n/m.
    size_parameter: x = pi diameter medium_index / wavelength; relative_index: m = index / medium index; 1.
    Shapes: [particle] -> [n, particle].  Valid for: real m, x up to 500.  Raises InputError outside.
    """
    x, m = np.broadcast_arrays(np.atleast_1d(np.asarray(size_parameter, float)), np.asarray(relative_index, float))
    if x.size and not (np.all(np.isfinite(x * m)) and np.all(x > 0) and np.all(m > 0)):
        raise InputError("scattering needs a diameter, a wavelength and refractive indices above zero")
    largest = float(x.max(initial=0.0))
    if largest > LARGEST_SIZE_PARAMETER:
        raise InputError(f"a sphere of size parameter {largest:.4g} is beyond {LARGEST_SIZE_PARAMETER:g}: no bench "
                         "instrument here sees it as a particle that scatters; give diameters in nm")  # fmt: skip
    from scipy.special import spherical_jn, spherical_yn

    terms = int(largest + 4.05 * largest ** (1 / 3) + 2)  # where the series may end, after Wiscombe
    order = np.arange(terms + 1)[:, None]
    psi = x * spherical_jn(order, x)
    with np.errstate(over="ignore", invalid="ignore"):
        chi = -x * spherical_yn(order, x)
    derivative = _logarithmic_derivative(m * x, terms)
    n = order[1:]
    a = _ratio(derivative / m + n / x, psi, chi)
    b = _ratio(derivative * m + n / x, psi, chi)
    return a, b


def _logarithmic_derivative(z: Array, terms: int) -> Array:
    """D_n(z) = psi_n'(z) / psi_n(z) for n = 1 .. terms, by downward recurrence, which is stable."""
    widest = float(z.max(initial=0.0))
    # what is wrong at the start fades only where n is above z, over some z^(1/3) orders
    start = max(terms, math.ceil(widest + 8.0 * widest ** (1 / 3))) + 16
    found = np.zeros((terms, z.size))
    current = np.zeros(z.size)
    for n in range(start, 1, -1):
        current = n / z - 1.0 / (current + n / z)
        if n - 2 < terms:
            found[n - 2] = current
    return found


def _ratio(factor: Array, psi: Array, chi: Array) -> Complex:
    """(factor psi_n - psi_n-1) / (factor xi_n - xi_n-1) with xi = psi - i chi, as 1 / (1 - i r)."""
    above = factor * psi[1:] - psi[:-1]
    with np.errstate(over="ignore", invalid="ignore"):
        below = factor * chi[1:] - chi[:-1]
    # orders far beyond the size of a small sphere overflow in chi; their share of the light is none
    lost = ~np.isfinite(below) | (above == 0.0)
    safe = np.where(lost, 1.0, below)
    return np.where(lost, 0.0, above / (above - 1j * safe))


def scattering_efficiency(size_parameter: ArrayLike, relative_index: ArrayLike) -> Array:
    """Scattered light over the light that falls on the sphere's shadow.

    Q = 2/x^2 sum (2n+1) (|a_n|^2 + |b_n|^2);  1 -> 1, [particle].
    """
    a, b = mie_coefficients(size_parameter, relative_index)
    n = np.arange(1, a.shape[0] + 1)[:, None]
    total = ((2 * n + 1) * (np.abs(a) ** 2 + np.abs(b) ** 2)).sum(axis=0)
    return np.asarray(2.0 / np.atleast_1d(np.asarray(size_parameter, float)) ** 2 * total)


def amplitudes(size_parameter: ArrayLike, relative_index: ArrayLike, cosine: ArrayLike) -> tuple[Complex, Complex]:
    """Amplitudes S1 (light polarised across the plane of scattering) and S2 (in it) at angles from the beam.

    S1 = sum (2n+1)/(n(n+1)) (a_n pi_n + b_n tau_n); S2 with a and b exchanged.  Shapes: -> [particle, angle].
    """
    a, b = mie_coefficients(size_parameter, relative_index)
    mu = np.atleast_1d(np.asarray(cosine, float))
    terms = a.shape[0]
    pi, tau = np.zeros((terms, mu.size)), np.zeros((terms, mu.size))
    before, now = np.zeros(mu.size), np.ones(mu.size)
    for n in range(1, terms + 1):
        pi[n - 1] = now
        tau[n - 1] = n * mu * now - (n + 1) * before
        before, now = now, ((2 * n + 1) * mu * now - (n + 1) * before) / n
    n_all = np.arange(1, terms + 1)
    weight = ((2 * n_all + 1) / (n_all * (n_all + 1.0)))[:, None]
    a, b = weight * a, weight * b
    return a.T @ pi + b.T @ tau, a.T @ tau + b.T @ pi


def differential_cross_section(
    diameter_nm: ArrayLike, index: ArrayLike, wavelength_nm: float, medium_index: float, angle_degree: float
) -> Array:
    """Light scattered into a direction across the polarisation, per solid angle: |S1|^2 / k^2, nm2/sr, [particle]."""
    wave_number = 2.0 * math.pi * medium_index / wavelength_nm
    x = 0.5 * wave_number * np.atleast_1d(np.asarray(diameter_nm, float))
    across, _ = amplitudes(x, np.asarray(index, float) / medium_index, math.cos(math.radians(angle_degree)))
    return np.asarray(np.abs(across[:, 0]) ** 2 / wave_number**2)


def scattering_cross_section(
    diameter_nm: ArrayLike, index: ArrayLike, wavelength_nm: float, medium_index: float
) -> Array:
    """All light that a sphere scatters, as an area: Q pi d^2/4, nm2, [particle]."""
    diameter = np.atleast_1d(np.asarray(diameter_nm, float))
    x = math.pi * medium_index * diameter / wavelength_nm
    efficiency = scattering_efficiency(x, np.asarray(index, float) / medium_index)
    return np.asarray(efficiency * math.pi * diameter**2 / 4.0)


def collected_cross_section(diameter_nm: ArrayLike, index: ArrayLike, optics: Optics) -> Array:
    """The light of unpolarised illumination that a lens collects from a sphere, as an area: nm2, [particle].

    integral over the lens of (|S1|^2 + |S2|^2) / (2 k^2).  The answer for a set of particles is remembered.
    """
    diameter, own = np.broadcast_arrays(np.atleast_1d(np.asarray(diameter_nm, float)), np.asarray(index, float))
    return _collected(diameter.tobytes(), own.tobytes(), optics)


@lru_cache(maxsize=MEMORY)
def _collected(diameters: bytes, indices: bytes, optics: Optics) -> Array:
    diameter, index = np.frombuffer(diameters), np.frombuffer(indices)
    wave_number = 2.0 * math.pi * optics.medium_index / optics.wavelength_nm
    x = 0.5 * wave_number * diameter
    collected = np.zeros(x.size)
    # the series is as long as the largest sphere asks; small and large ones apart save most of the work
    for low, high in ((0.0, 1.0), (1.0, SMALL), (SMALL, 12.0), (12.0, math.inf)):
        chosen = (x >= low) & (x < high)
        if chosen.any():
            further = NODES_PER_SIZE * float(x[chosen].max()) if high > SMALL else 0.0
            nodes = NODES_OF_SMALL + 16 * math.ceil(further / 16)
            cosine, weight = lens(optics.axis_degree, optics.half_angle_degree, nodes)
            across, along = amplitudes(x[chosen], index[chosen] / optics.medium_index, cosine)
            collected[chosen] = 0.5 * (np.abs(across) ** 2 + np.abs(along) ** 2) @ weight
    collected /= wave_number**2
    collected.setflags(write=False)
    return collected


@lru_cache(maxsize=MEMORY)
def lens(axis_degree: float, half_angle_degree: float, nodes: int = NODES_OF_SMALL) -> tuple[Array, Array]:
    """Cosines of scattering angles that fall on a round lens, and the solid angle that each stands for (sr).

    At the angle theta from the beam the lens holds the arc 2 acos((cos h - cos theta cos b) / (sin theta sin b)) of
    the circle around the beam; b: axis, h: half angle.  Exact for smooth functions; the weights sum to
    2 pi (1 - cos h).
    """
    if not (0 <= axis_degree <= 180 and 0 < half_angle_degree <= 180):
        raise InputError(f"a lens has its axis at 0 to 180 degree and a half angle of 0 to 180 degree, not "
                         f"{axis_degree} and {half_angle_degree}")  # fmt: skip
    axis, half = math.radians(axis_degree), math.radians(half_angle_degree)
    full_to = half - axis, math.pi - (axis + half - math.pi)  # inside these angles the whole circle is seen
    corners = sorted({0.0, math.pi, *(angle for angle in (axis - half, axis + half, *full_to) if 0 < angle < math.pi)})
    node, share = np.polynomial.legendre.leggauss(nodes)
    cosines, weights = [], []
    for start, end in pairwise(corners):
        # theta = middle + half width sin(t): the arc ends like a square root, which this makes smooth
        t = 0.5 * math.pi * node
        theta = 0.5 * (start + end) + 0.5 * (end - start) * np.sin(t)
        arc = _arc(theta, axis, half)
        part = share * 0.5 * math.pi * np.cos(t) * 0.5 * (end - start) * np.sin(theta) * arc
        if part.any():
            cosines.append(np.cos(theta))
            weights.append(part)
    return np.concatenate(cosines), np.concatenate(weights)


def _arc(theta: Array, axis: float, half: float) -> Array:
    """Length in radian of the circle at theta around the beam that lies inside the lens."""
    across = np.sin(theta) * math.sin(axis)
    reach = math.cos(half) - np.cos(theta) * math.cos(axis)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        bound = np.where(np.abs(across) > 1e-15, reach / across, np.where(reach > 0, 1.0, -1.0))
    return np.asarray(2.0 * np.arccos(np.clip(bound, -1.0, 1.0)))


def known_index(population: Population, numbers: Numbers) -> Array:
    """The refractive index of every parcel: its own, or where that is not known the row of its kind; [parcel].

    Raises InputError that names the kinds of which nothing is known.
    """
    index = np.array(population.refractive_index)
    for kind in np.unique(population.kind[index == 0]):
        if not numbers.has("refractive_index", carrier=str(kind)):
            known = numbers.words("refractive_index", "carrier")
            raise InputError(
                f"the refractive index of '{kind}' is not known; {nearest(str(kind), known)} {INDEX_NEEDED}"
            )
        index[(index == 0) & (population.kind == kind)] = numbers(
            "refractive_index", "dimensionless", carrier=str(kind)
        )
    return index


def visible_share(light: Array, threshold: float, width: float) -> Array:
    """Share of particles seen whose light varies from place to place: Phi(ln(light / threshold) / width), [particle].

    `width`: standard deviation of ln(light) over the places of the beam; 0: a sharp threshold.
    """
    with np.errstate(divide="ignore"):
        distance = np.log(light / threshold)
    if width <= 0:
        return np.asarray(distance >= 0, dtype=float)
    from scipy.special import ndtr

    return np.asarray(ndtr(distance / width))
