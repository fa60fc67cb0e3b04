"""How particles move in a spinning tube: sedimentation, what reaches the wall, cut-offs, K-factors, ramps.

Spheres that do not meet each other, in a fluid that does not flow.  Particles lighter than the fluid rise; their
sedimentation coefficient is negative.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exocosm.bench.rotors import Rotor
from exocosm.errors import InputError

Array = NDArray[np.float64]

SVEDBERG = 1e-13  # s, by definition
SECONDS_PER_MINUTE = 60.0
# nm2 * g/mL / (mPa s) -> svedberg: 1e-18 m2 * 1e3 kg/m3 / 1e-3 Pa s = 1e-12 s
_SVEDBERG_PER_UNIT = 1e-12 / SVEDBERG


def sedimentation_coefficient(
    diameter_nm: ArrayLike, density: ArrayLike, medium_density: ArrayLike, viscosity_mpa_s: ArrayLike
) -> Array:
    """Sedimentation coefficient of spheres in svedberg, negative for those that float.

    s = d^2 (density - medium density) / (18 viscosity);  nm, g/mL, g/mL, mPa s -> S (1e-13 s).  Shapes broadcast.
    Valid for: dilute smooth spheres, slow flow around them (always so for particles below 10 um here).
    """
    heavier = np.asarray(density, dtype=float) - np.asarray(medium_density, dtype=float)
    size = np.square(np.asarray(diameter_nm, dtype=float))
    return np.asarray(size * heavier * (_SVEDBERG_PER_UNIT / 18.0) / np.asarray(viscosity_mpa_s, dtype=float))


def omega_squared(rpm: float) -> float:
    """Square of the angular speed, (2 pi rpm / 60)^2, in 1/s2."""
    return (rpm * math.pi / 30.0) ** 2


def effective_minutes(minutes: float, accelerating: float = 0.0, braking: float = 0.0) -> float:
    """Time at full speed that does what a run with ramps does: integral of w^2 over the run / w^2 at full speed.

    = time at speed + (acceleration + braking time) / 3 for ramps linear in rpm.  min -> min.
    """
    return minutes + (accelerating + braking) / 3.0


def pelleted_fraction(sedimentation_s: ArrayLike, rpm: float, minutes: float, rotor: Rotor, fill: float = 1.0) -> Array:
    """Share of evenly spread particles that reaches the outer wall.

    x = s w^2 t.  Swinging bucket (exact): P = r_max (1 - exp(-x)) / (r_max - r_top), at most 1.  Fixed angle (Livshits
    2015, even speed across the tube): y = x r_average / L, L = diameter / cos(angle); P = (2/pi)(asin y + y
    sqrt(1 - y^2)), 1 from y = 1 on.  `fill`: how full the tubes are; it lowers r_top in swinging buckets only.
    svedberg, rpm, min -> 1.  None of those that float.  Valid for: a tube as wide at every radius, no convection.
    """
    advance = _advance(sedimentation_s, rpm, minutes)
    outward = np.maximum(advance, 0.0)
    if rotor.kind == "swinging_bucket":
        top = _top_mm(rotor, fill)
        return np.minimum(-rotor.r_max_mm * np.expm1(-outward) / (rotor.r_max_mm - top), 1.0)
    return _swept_ellipse(outward * rotor.r_average_mm / rotor.path_mm)


def floated_fraction(sedimentation_s: ArrayLike, rpm: float, minutes: float, rotor: Rotor, fill: float = 1.0) -> Array:
    """Share of evenly spread particles that reaches the surface (swinging bucket) or the inner wall (fixed angle).

    As `pelleted_fraction`, the other way round: F = r_top (exp(-x) - 1) / (r_max - r_top), x below zero.
    """
    inward = np.maximum(-_advance(sedimentation_s, rpm, minutes), 0.0)
    if rotor.kind == "swinging_bucket":
        top = _top_mm(rotor, fill)
        gathered = np.expm1(np.minimum(inward, math.log(rotor.r_max_mm / top)))
        return np.minimum(top * gathered / (rotor.r_max_mm - top), 1.0)
    return _swept_ellipse(inward * rotor.r_average_mm / rotor.path_mm)


def cutoff_sedimentation(rpm: float, minutes: float, rotor: Rotor, fill: float = 1.0) -> float:
    """Smallest sedimentation coefficient of which all has reached the wall, in svedberg.

    Swinging bucket: ln(r_max / r_top) / (w^2 t); fixed angle: L / (r_average w^2 t).
    """
    _checked_run(rpm, minutes)
    advance = math.log(rotor.r_max_mm / _top_mm(rotor, fill))
    if rotor.kind == "fixed_angle":
        advance = rotor.path_mm / rotor.r_average_mm
    return advance / (omega_squared(rpm) * minutes * SECONDS_PER_MINUTE) / SVEDBERG


def cutoff_diameter(
    rpm: float,
    minutes: float,
    rotor: Rotor,
    density: float,
    medium_density: float,
    viscosity_mpa_s: float,
    fill: float = 1.0,
) -> float:
    """Diameter from which on all particles of a density have reached the wall, in nm.

    d = sqrt(18 viscosity s / (density - medium density)), s of `cutoff_sedimentation`.  rpm, min, g/mL, mPa s -> nm.
    Raises InputError for particles that are not denser than the medium.
    """
    if not density > medium_density:
        raise InputError(f"particles of {density:g} g/mL do not sink in a medium of {medium_density:g} g/mL: there is "
                         "no cut-off diameter")  # fmt: skip
    slowest = cutoff_sedimentation(rpm, minutes, rotor, fill)
    return math.sqrt(18.0 * viscosity_mpa_s * slowest / (_SVEDBERG_PER_UNIT * (density - medium_density)))


def k_factor(rpm: float, rotor: Rotor) -> float:
    """K-factor of a rotor at a speed, ln(r_max / r_min) 1e13 / (3600 w^2), in hour svedberg.

    Hours to clear = K / s, for swinging buckets.  In fixed-angle rotors it counts a way that particles do not go.
    """
    _checked_run(rpm, 1.0)
    return math.log(rotor.r_max_mm / rotor.r_min_mm) / SVEDBERG / (3600.0 * omega_squared(rpm))


def clearing_minutes(sedimentation_s: float, rpm: float, rotor: Rotor, fill: float = 1.0) -> float:
    """Time in which all particles of a sedimentation coefficient have reached the wall, in min."""
    if not sedimentation_s > 0:
        raise InputError(f"particles with {sedimentation_s:g} S never reach the outer wall")
    return cutoff_sedimentation(rpm, 1.0, rotor, fill) / sedimentation_s


def _advance(sedimentation_s: ArrayLike, rpm: float, minutes: float) -> Array:
    """s w^2 t: the logarithm of the radius grows by it."""
    return np.asarray(sedimentation_s, dtype=float) * (SVEDBERG * omega_squared(rpm) * minutes * SECONDS_PER_MINUTE)


def _swept_ellipse(way: Array) -> Array:
    """Share of an ellipse that its copy, shifted by `way` lengths of its axis, leaves bare; all of it from 1 on."""
    y = np.minimum(way, 1.0)
    return np.asarray((np.arcsin(y) + y * np.sqrt(1.0 - y * y)) * (2.0 / math.pi))


def _top_mm(rotor: Rotor, fill: float) -> float:
    if not 0 < fill <= 1:
        raise InputError(f"tubes are filled to a share above 0 and up to 1, not {fill:g}")
    return rotor.r_max_mm - fill * (rotor.r_max_mm - rotor.r_min_mm)


def _checked_run(rpm: float, minutes: float) -> None:
    if not (rpm > 0 and minutes > 0):
        raise InputError(f"a run needs a speed and a time above zero, not {rpm:g} rpm and {minutes:g} min")
