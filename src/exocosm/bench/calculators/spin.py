"""Spins: what reaches the wall, how long it takes, K-factors and their limits, a spin moved to another rotor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exocosm.bench import media
from exocosm.bench.design.examine import interval
from exocosm.bench.numbers import Ledger, Numbers, bench_numbers
from exocosm.bench.particles import composition_of, vesicle_density
from exocosm.bench.rotors import Rotor, find_rotor, force, speed_rpm
from exocosm.bench.sedimentation import (
    clearing_minutes,
    cutoff_diameter,
    cutoff_sedimentation,
    pelleted_fraction,
    sedimentation_coefficient,
)
from exocosm.bench.sedimentation import k_factor as k_factor_at
from exocosm.errors import InputError
from exocosm.evidence.pin import Pin

DRAWS = 200
MOST_MINUTES = 1e6
MOST_DIAMETERS = 1000
KEPT = ("same cut-off", "same fraction")

Array = NDArray[np.float64]


@dataclass(frozen=True)
class KFactor:
    """K-factor of a rotor at a speed, in hour svedberg, and what is wrong with it for this rotor."""

    rotor: str
    rpm: float
    force_g_average: float
    force_g_maximum: float
    k_hour_svedberg: float
    limits: str


@dataclass(frozen=True)
class Pelleted:
    """Share of each size that has reached the wall, with its central 95 % over what is not known.

    shares: 1, [diameter].  low, high: of the shares.  cutoff_nm: (value, low, high) from which on all are down.
    """

    rotor: str
    rpm: float
    minutes: float
    diameters_nm: tuple[float, ...]
    shares: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    cutoff_nm: tuple[float, float, float]
    pins: tuple[Pin, ...]


@dataclass(frozen=True)
class Clearing:
    """Time in which all particles of a size have reached the wall, in min with its central 95 %."""

    rotor: str
    rpm: float
    diameter_nm: float
    minutes: float
    low_minutes: float
    high_minutes: float
    pins: tuple[Pin, ...]


@dataclass(frozen=True)
class MovedSpin:
    """A spin in another rotor that does the same.

    minutes: time at full speed there, with its central 95 %.  share_before, share_after: of the diameter asked for.
    cutoff_before_nm, cutoff_after_nm: sizes from which on all are down.  minutes_by_k_factor: what the K-factors say,
    and cutoff_by_k_factor_nm: what would come of it.  limits: when that is wrong.
    """

    from_rotor: str
    to_rotor: str
    keep: str
    diameter_nm: float
    rpm: float
    force_g_average: float
    force_g_maximum: float
    minutes: float
    low_minutes: float
    high_minutes: float
    share_before: float
    share_after: float
    cutoff_before_nm: float
    cutoff_after_nm: float
    minutes_by_k_factor: float
    cutoff_by_k_factor_nm: float
    limits: str
    pins: tuple[Pin, ...]


def k_factor(rotor: str, speed: str) -> KFactor:
    """K-factor of a rotor at `100000 g average`, `10000 g maximum` or `40000 rpm`.

    K = ln(r_max / r_min) 1e13 / (3600 w^2) in hour svedberg; hours to clear a full swinging bucket = K / s.
    """
    found, rpm = _spin(rotor, speed)
    if found.kind == "swinging_bucket":
        limits = "exact for full tubes, particles of one sedimentation coefficient, and a medium of one density"
    else:
        true_k = cutoff_sedimentation(rpm, 60.0, found)  # svedberg that are down in an hour: an hour svedberg
        ratio = k_factor_at(rpm, found) / true_k
        limits = (
            f"in the fixed-angle rotor {found.title} particles cross {found.path_mm:.1f} mm to the wall, not the "
            f"{found.r_max_mm - found.r_min_mm:.1f} mm that K counts: it clears {ratio:.2f} times faster than K says"
        )
    return KFactor(found.name, rpm, found.force_g(rpm), found.force_g(rpm, "maximum"), k_factor_at(rpm, found), limits)


def k_factor_limits(from_rotor: str, to_rotor: str) -> str:
    """When a time converted by K-factors is wrong for two rotors, and by how much."""
    first, second = find_rotor(from_rotor), find_rotor(to_rotor)
    # the time that K says over the time that clears the same size, at any speeds
    wrong = _k_error(first, second)
    size = wrong**-0.5
    if first.kind == second.kind == "swinging_bucket":
        return "both rotors are swinging buckets: times converted by K-factors keep the cut-off size of full tubes"
    return (
        f"K-factors count the way from r_min to r_max, which particles in fixed-angle tubes do not go (Livshits 2015): "
        f"from {first.title} to {second.title} the converted time is {wrong:.2f} times what keeps the cut-off, and the "
        f"cut-off diameter becomes {size:.2f} times the old one"
    )


def pelleted(
    rotor: str,
    speed: str,
    minutes: float,
    diameters_nm: Sequence[float],
    *,
    kind: str = "small_ev",
    medium: str = "pbs",
    temperature_c: float = 4.0,
    numbers: Numbers | None = None,
) -> Pelleted:
    """Share of vesicles of each size that reaches the wall: no losses, no washing, tubes full.

    minutes: at full speed, ramps not counted.  Their density is computed from what they are made of.
    """
    found, rpm = _spin(rotor, speed)
    sizes = np.asarray(diameters_nm, dtype=float).reshape(-1)
    if not (1 <= sizes.size <= MOST_DIAMETERS and np.all(np.isfinite(sizes)) and np.all(sizes > 0)):
        raise InputError(f"1 to {MOST_DIAMETERS} diameters above 0 nm are asked for, not {list(diameters_nm)[:5]}")
    _checked_minutes(minutes)

    def share(each: Numbers) -> Array:
        speeds = _coefficients(sizes, kind, medium, temperature_c, each)
        cut = _cutoff_nm(found, rpm, minutes, kind, medium, temperature_c, each)
        return np.append(pelleted_fraction(speeds, rpm, minutes, found), cut)

    centre, low, high, pins = _over_draws(share, numbers)
    return Pelleted(
        found.name,
        rpm,
        minutes,
        tuple(sizes.tolist()),
        tuple(centre[:-1].tolist()),
        tuple(low[:-1].tolist()),
        tuple(high[:-1].tolist()),
        (float(centre[-1]), float(low[-1]), float(high[-1])),
        pins,
    )


def clearing(
    rotor: str,
    speed: str,
    diameter_nm: float,
    *,
    kind: str = "small_ev",
    medium: str = "pbs",
    temperature_c: float = 4.0,
    numbers: Numbers | None = None,
) -> Clearing:
    """Time at full speed in which all vesicles of a size have reached the wall."""
    found, rpm = _spin(rotor, speed)
    _checked_diameter(diameter_nm)

    def time(each: Numbers) -> Array:
        slowest = float(_coefficients(np.array([diameter_nm]), kind, medium, temperature_c, each)[0])
        return np.array([clearing_minutes(slowest, rpm, found) if slowest > 0 else np.inf])

    centre, low, high, pins = _over_draws(time, numbers)
    if not np.isfinite(centre[0]):
        raise InputError(f"{kind} of {diameter_nm:g} nm does not sink in {medium}: no time clears it")
    return Clearing(found.name, rpm, diameter_nm, float(centre[0]), float(low[0]), float(high[0]), pins)


def move_spin(
    from_rotor: str,
    speed: str,
    minutes: float,
    to_rotor: str,
    to_speed: str | None = None,
    *,
    keep: str = "same cut-off",
    diameter_nm: float = 100.0,
    kind: str = "small_ev",
    medium: str = "pbs",
    temperature_c: float = 4.0,
    numbers: Numbers | None = None,
) -> MovedSpin:
    """A published spin in your rotor: the time that gives the same cut-off, or the same share of one size.

    to_speed: default the same average force, or the highest speed of the other rotor where it cannot do that.
    """
    if keep not in KEPT:
        raise InputError(f"what is kept is '{KEPT[0]}' or '{KEPT[1]}', not '{keep}'")
    first, rpm = _spin(from_rotor, speed)
    _checked_minutes(minutes)
    _checked_diameter(diameter_nm)
    second = find_rotor(to_rotor)
    if to_speed is None:
        to_rpm = min(second.rpm_at(first.force_g(rpm)), second.maximum_rpm)
    else:
        to_rpm = _spin(to_rotor, to_speed)[1]
    same_cutoff = minutes * cutoff_sedimentation(to_rpm, 1.0, second) / cutoff_sedimentation(rpm, 1.0, first)
    by_k = minutes * k_factor_at(to_rpm, second) / k_factor_at(rpm, first)

    def moved(each: Numbers) -> Array:
        speeds = _coefficients(np.array([diameter_nm]), kind, medium, temperature_c, each)
        before = float(pelleted_fraction(speeds, rpm, minutes, first)[0])
        time = same_cutoff if keep == KEPT[0] else _time_for(before, float(speeds[0]), to_rpm, second)
        after = float(pelleted_fraction(speeds, to_rpm, time, second)[0])
        cuts = [
            _cutoff_nm(rotor, turns, span, kind, medium, temperature_c, each)
            for rotor, turns, span in ((first, rpm, minutes), (second, to_rpm, time), (second, to_rpm, by_k))
        ]
        return np.array([time, before, after, *cuts])

    centre, low, high, pins = _over_draws(moved, numbers)
    return MovedSpin(
        first.name,
        second.name,
        keep,
        diameter_nm,
        to_rpm,
        second.force_g(to_rpm),
        second.force_g(to_rpm, "maximum"),
        float(centre[0]),
        float(low[0]),
        float(high[0]),
        float(centre[1]),
        float(centre[2]),
        float(centre[3]),
        float(centre[4]),
        by_k,
        float(centre[5]),
        k_factor_limits(from_rotor, to_rotor),
        pins,
    )


def _spin(rotor: str, speed: str) -> tuple[Rotor, float]:
    found = find_rotor(rotor)
    try:
        return found, speed_rpm(found, force(speed))
    except ValueError as problem:
        raise InputError(str(problem)) from None


def _k_error(first: Rotor, second: Rotor) -> float:
    def stretch(rotor: Rotor) -> float:
        return k_factor_at(1000.0, rotor) / cutoff_sedimentation(1000.0, 60.0, rotor)

    return stretch(second) / stretch(first)


def _density(diameter_nm: Array, kind: str, numbers: Numbers) -> Array:
    return vesicle_density(diameter_nm, composition_of(kind, numbers))


def _coefficients(diameter_nm: Array, kind: str, medium: str, temperature_c: float, numbers: Numbers) -> Array:
    return sedimentation_coefficient(
        diameter_nm,
        _density(diameter_nm, kind, numbers),
        media.density_g_ml(medium, temperature_c, numbers),
        media.viscosity_mpa_s(medium, temperature_c, numbers),
    )


def _cutoff_nm(
    rotor: Rotor, rpm: float, minutes: float, kind: str, medium: str, temperature_c: float, numbers: Numbers
) -> float:
    """Diameter from which on all are down; the density of a vesicle is that of its diameter, so by insertion."""
    fluid = media.density_g_ml(medium, temperature_c, numbers)
    viscosity = media.viscosity_mpa_s(medium, temperature_c, numbers)
    diameter = 100.0
    for _ in range(100):
        density = float(_density(np.array([diameter]), kind, numbers)[0])
        if density <= fluid:
            return float("inf")
        nearer = cutoff_diameter(rpm, minutes, rotor, density, fluid, viscosity)
        # half-way, since small vesicles are denser and the step overshoots
        if abs(nearer - diameter) < 1e-6 * diameter:
            return nearer
        diameter = 0.5 * (diameter + nearer)
    return diameter


def _time_for(share: float, svedberg: float, rpm: float, rotor: Rotor) -> float:
    """The shortest time in which a share has reached the wall, by halving."""
    if svedberg <= 0 or share <= 0:
        return float("inf")
    low, high = 0.0, clearing_minutes(svedberg, rpm, rotor)
    for _ in range(60):
        middle = 0.5 * (low + high)
        if float(pelleted_fraction(svedberg, rpm, middle, rotor)) < share:
            low = middle
        else:
            high = middle
    return high


def _over_draws(
    formula: Callable[[Numbers], Array], numbers: Numbers | None
) -> tuple[Array, Array, Array, tuple[Pin, ...]]:
    """A formula at the centre, the central 95 % over draws, and the rows that it asked for."""
    given = numbers.ledger if numbers is not None else bench_numbers().ledger
    ledger = Ledger(given.catalogue, given.own, given.choose, max(given.draws, DRAWS), 0, given.seed)
    centre = Numbers(ledger)
    value = formula(centre)
    drawn = np.array([formula(centre.drawn(index)) for index in range(DRAWS)])
    limits = np.array([interval(column) for column in drawn.T])
    pins = tuple({pin.value.id: pin for pin in ledger.pins.values()}.values())
    return value, limits[:, 0], limits[:, 1], pins


def _checked_minutes(minutes: float) -> None:
    if not 0 < minutes <= MOST_MINUTES:
        raise InputError(f"a spin takes above 0 and up to {MOST_MINUTES:g} min, not {minutes:g}")


def _checked_diameter(diameter_nm: float) -> None:
    if not 0 < diameter_nm <= 1e6:
        raise InputError(f"a diameter lies above 0 nm and below 1 mm, not {diameter_nm:g} nm")
