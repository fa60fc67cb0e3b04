"""Fluids as carriers of particles: density and viscosity of buffers, body fluids, their mixtures and solutions.

A medium is written as a name (`plasma`), as a solution (`sucrose 35 %`, percent by mass; `iodixanol 30 %`, gram per
100 mL), or as a mixture by volume (`0.1 plasma + 0.9 pbs`).
"""

from __future__ import annotations

import math
import re
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exocosm.bench.numbers import Ledger, Numbers
from exocosm.errors import InputError, nearest

Array = NDArray[np.float64]

SOLUTES = ("sucrose", "iodixanol")
COLDEST, HOTTEST = 0.0, 40.0  # degree Celsius, where the formula for the density of water holds
HIGHEST_SUCROSE = 0.70  # by mass; solutions of gradients are below saturation
HIGHEST_IODIXANOL = 0.60  # g/mL, the stock solution: nothing above it is known here
KELVIN = 273.15
EINSTEIN_REFERENCE = 20.0  # degree Celsius at which diffusion coefficients of solutes are given
MAXIMUM_PARTS = 8
SMALLEST_PART = 1e-6

_SOLUTION = re.compile(r"^(sucrose|iodixanol) (\d{1,3}(?:\.\d{1,12})?(?:e-\d{1,3})?) %$")
_PART = re.compile(r"^(\d(?:\.\d{1,12})?(?:e-\d{1,3})?) (\S.*)$")


def viscosity_mpa_s(medium: str, temperature_c: float, numbers: Numbers) -> float:
    """Dynamic viscosity of a medium in mPa s: that of water at the temperature, times the medium's ratio to water.

    Of a mixture: log viscosity = mean of the logs by volume (Arrhenius).  Raises InputError for a medium that is not
    known or a temperature outside 0 to 40 degree Celsius.
    """
    name, amount = _parsed(medium)
    if name == "mixture":
        logs = sum(share * math.log(viscosity_mpa_s(part, temperature_c, numbers)) for part, share in amount)
        return math.exp(logs)
    if name in SOLUTES:
        return float(solution_viscosity_mpa_s(name, amount[0][1], temperature_c, numbers))
    ratio = _ratio("viscosity_relative_to_water", name, numbers)
    return water_viscosity_mpa_s(temperature_c, numbers) * ratio


def density_g_ml(medium: str, temperature_c: float, numbers: Numbers) -> float:
    """Density of a medium in g/mL: that of water at the temperature, times the medium's ratio to water.

    Of a mixture: the mean by volume.  Raises InputError as `viscosity_mpa_s`.
    """
    name, amount = _parsed(medium)
    if name == "mixture":
        return sum(share * density_g_ml(part, temperature_c, numbers) for part, share in amount)
    if name in SOLUTES:
        return float(solution_density_g_ml(name, amount[0][1], temperature_c, numbers))
    return water_density_g_ml(temperature_c, numbers) * _ratio("density_relative_to_water", name, numbers)


def water_viscosity_mpa_s(temperature_c: float, numbers: Numbers) -> float:
    """Viscosity of water at 0.1 MPa: sum of a_i (T / 300 K)^b_i, i = 1..4 (Patek 2009); degree Celsius -> mPa s."""
    return _water_viscosity(numbers.ledger, temperature_c)


def water_density_g_ml(temperature_c: float, numbers: Numbers) -> float:
    """Density of water, a5 (1 - (t + a1)^2 (t + a2) / (a3 (t + a4))) (Tanaka 2001); degree Celsius -> g/mL.

    Valid for: 0 to 40 degree Celsius, one atmosphere; the pressure in a spinning tube adds less than 1 % at 100 MPa.
    """
    return _water_density(numbers.ledger, temperature_c)


def solution_density_g_ml(solute: str, amount: ArrayLike, temperature_c: float, numbers: Numbers) -> Array:
    """Density of a sucrose solution (by mass fraction) or an iodixanol solution (by g/mL) in g/mL.

    Sucrose: water plus the polynomial of Bubnik in mass fraction and (T - 20)/100.  Iodixanol: volumes add, from the
    density of the stock solution.  Shapes: that of `amount`.
    """
    share = _amount(solute, amount)
    water = water_density_g_ml(temperature_c, numbers)
    if solute == "iodixanol":
        stock = numbers("iodixanol_stock_concentration", "g/mL")
        room = water_density_g_ml(EINSTEIN_REFERENCE, numbers)
        return np.asarray(water + (numbers("iodixanol_stock_density", "g/mL") - room) / stock * share)
    warmth = (temperature_c - EINSTEIN_REFERENCE) / 100.0
    # one polynomial in the mass fraction, its coefficients being polynomials in the temperature
    above = np.zeros(share.shape)
    for coefficient in _sucrose_density(numbers.ledger, warmth):
        above = (above + coefficient) * share
    return np.asarray(water + above)


def solution_viscosity_mpa_s(solute: str, amount: ArrayLike, temperature_c: float, numbers: Numbers) -> Array:
    """Viscosity of a sucrose solution (by mass fraction) or an iodixanol solution (by g/mL) in mPa s.

    Sucrose (Mathlouthi and Genotelle): log10 = 22.46 x - 0.114 + (30 - T)/(91 + T) (1.1 + 43.1 x^1.25),
    x = B/(1900 - 18 B), B percent by mass; below 15 % drawn to the viscosity of water, which it misses by 4 %.
    Iodixanol (Mooney): ln ratio = k f / (1 - b f), f volume fraction; b from the viscosity of the stock solution.
    Shapes: that of `amount`.
    """
    share = _amount(solute, amount)
    water = water_viscosity_mpa_s(temperature_c, numbers)
    error = math.log(numbers("viscosity_correlation_factor", "dimensionless", fluid=solute))
    if solute == "sucrose":
        slope, intercept, warm, concentrated, power, at, offset, molar_water, molar_sucrose, blend = _sucrose_viscosity(
            numbers.ledger
        )
        ratio = 100.0 * share / (molar_water - molar_sucrose * 100.0 * share)
        cold = (at - temperature_c) / (offset + temperature_c)
        log_viscosity = slope * ratio + intercept + cold * (warm + concentrated * ratio**power)
        missed = math.log10(water) - intercept - cold * warm  # by the correlation, in pure water
        log_viscosity += missed * np.maximum(1.0 - share / blend, 0.0)
        return np.asarray(10.0**log_viscosity * np.exp(error * np.minimum(share / blend, 1.0)))
    stock = numbers("iodixanol_stock_concentration", "g/mL")
    room = water_density_g_ml(EINSTEIN_REFERENCE, numbers)
    solute_volume = (1.0 - (numbers("iodixanol_stock_density", "g/mL") - room) / stock) / room  # mL per g of solute
    intrinsic = numbers("solute_intrinsic_viscosity", "dimensionless", fluid="iodixanol")
    highest = math.log(numbers("iodixanol_stock_viscosity_relative_to_water", "dimensionless"))
    crowding = (1.0 - intrinsic * stock * solute_volume / highest) / (stock * solute_volume)
    volume = share * solute_volume
    return np.asarray(water * np.exp(intrinsic * volume / (1.0 - crowding * volume) + error * share / stock))


def solute_diffusion_cm2_s(solute: str, temperature_c: float, numbers: Numbers) -> float:
    """Diffusion coefficient of a solute in dilute solution, scaled from 20 degree Celsius by T / viscosity; cm2/s."""
    at_room = numbers("solute_diffusion_coefficient", "cm**2/s", fluid=solute)
    thinner = water_viscosity_mpa_s(EINSTEIN_REFERENCE, numbers) / water_viscosity_mpa_s(temperature_c, numbers)
    return at_room * thinner * (temperature_c + KELVIN) / (EINSTEIN_REFERENCE + KELVIN)


def sucrose_mass_fraction(molar: ArrayLike, temperature_c: float, numbers: Numbers) -> Array:
    """Mass fraction of a sucrose solution by its molarity: w = c M / density(w), mol/L -> 1; by repeated insertion."""
    grams = np.asarray(molar, dtype=float) * numbers("solute_molar_mass", "g/mol", fluid="sucrose") / 1000.0
    share = np.asarray(grams, dtype=float)
    for _ in range(60):
        # the density grows less than a third as fast as the mass fraction, so that every round is nearer
        nearer = grams / solution_density_g_ml("sucrose", np.minimum(share, HIGHEST_SUCROSE), temperature_c, numbers)
        if np.all(np.abs(nearer - share) < 1e-12):
            break
        share = nearer
    return _amount("sucrose", share)


def solute_mass_fraction(solute: str, medium: str, temperature_c: float, numbers: Numbers) -> float:
    """Mass of sucrose or iodixanol in a medium by the mass of all, 0 for media without it; volumes of mixtures add."""
    name, amount = _parsed(medium)
    if name == "mixture":
        mass = [share * density_g_ml(part, temperature_c, numbers) for part, share in amount]
        each = [solute_mass_fraction(solute, part, temperature_c, numbers) for part, _ in amount]
        return sum(one * of for one, of in zip(each, mass, strict=True)) / sum(mass)
    if name != solute:
        return 0.0
    by_volume = solute == "iodixanol"
    return amount[0][1] / (density_g_ml(medium, temperature_c, numbers) if by_volume else 1.0)


def mix_media(*parts: tuple[str, float]) -> str:
    """The medium of volumes poured together: (`plasma`, 1 mL), (`pbs`, 9 mL) -> `0.1 plasma + 0.9 pbs`.

    Mixtures within are opened, equal parts added; a part below a millionth is left out.
    """
    volumes: dict[str, float] = {}
    for medium, volume in parts:
        name, amount = _parsed(medium)
        for part, share in amount if name == "mixture" else ((medium, 1.0),):
            volumes[part] = volumes.get(part, 0.0) + share * volume
    whole = sum(volumes.values())
    if not whole > 0:
        raise InputError("a mixture of media needs a volume above 0 mL")
    kept = {part: volume / whole for part, volume in volumes.items() if volume / whole > SMALLEST_PART}
    if len(kept) == 1:
        return next(iter(kept))
    largest = sorted(kept.items(), key=lambda part: -part[1])[:MAXIMUM_PARTS]
    return " + ".join(f"{share:.6g} {part}" for part, share in largest)


def main_medium(medium: str) -> str:
    """The name of a medium's largest part: `pbs` of `0.1 plasma + 0.9 pbs`, `sucrose` of `sucrose 35 %`."""
    name, amount = _parsed(medium)
    if name == "mixture":
        return main_medium(max(amount, key=lambda part: part[1])[0])
    return name


@lru_cache(maxsize=1024)
def _parsed(medium: str) -> tuple[str, tuple[tuple[str, float], ...]]:
    """(name, ()), (solute, ((solute, amount),)) or ("mixture", ((medium, share) ...)) with shares of sum 1."""
    if " + " in medium:
        found = [_PART.match(part.strip()) for part in medium.split(" + ")]
        shares = [(match[2], float(match[1])) for match in found if match]
        whole = sum(share for _, share in shares)
        if len(shares) != len(found) or not 2 <= len(shares) <= MAXIMUM_PARTS or not whole > 0:
            raise InputError(f"a mixture of 2 to {MAXIMUM_PARTS} media is written such as '0.1 plasma + 0.9 pbs', "
                             f"not '{medium}'")  # fmt: skip
        return "mixture", tuple((part, share / whole) for part, share in shares)
    match = _SOLUTION.match(medium)
    if match:
        return match[1], ((match[1], float(match[2]) / 100.0),)
    return medium, ()


def _ratio(quantity: str, fluid: str, numbers: Numbers) -> float:
    if not numbers.has(quantity, fluid=fluid):
        known = numbers.words(quantity, "fluid")
        raise InputError(f"nothing is known of the medium '{fluid}' ({quantity}); {nearest(fluid, known)} "
                         "Solutions are written 'sucrose 35 %' or 'iodixanol 30 %'")  # fmt: skip
    return numbers(quantity, "dimensionless", fluid=fluid)


def _amount(solute: str, amount: ArrayLike) -> Array:
    """The amounts as an array; raises InputError outside of what is known of the solute."""
    share = np.asarray(amount, dtype=float)
    if solute not in SOLUTES:
        raise InputError(f"there are no solutions of '{solute}' here; {nearest(solute, SOLUTES)}")
    highest, unit = (HIGHEST_SUCROSE, "by mass") if solute == "sucrose" else (HIGHEST_IODIXANOL, "g/mL")
    if not (np.all(np.isfinite(share)) and np.all(share >= 0) and np.all(share <= highest * (1.0 + 1e-9))):
        raise InputError(f"solutions of {solute} are known from 0 to {highest:g} {unit}, not {np.max(share):g}")
    return np.asarray(share)


def _checked(temperature_c: float) -> float:
    if not COLDEST <= temperature_c <= HOTTEST:
        raise InputError(f"media are known from {COLDEST:g} to {HOTTEST:g} degree Celsius, not at {temperature_c:g}")
    return temperature_c


# Constants of a formula are not drawn: they are read once for a ledger, whatever the draw.
def _constant(ledger: Ledger, quantity: str) -> float:
    return ledger.pinned(quantity, {}).value.value


@lru_cache(maxsize=256)
def _water_viscosity(ledger: Ledger, temperature_c: float) -> float:
    relative = (_checked(temperature_c) + KELVIN) / 300.0
    micro = sum(
        _constant(ledger, f"water_viscosity_amplitude_{i}")
        * relative ** _constant(ledger, f"water_viscosity_exponent_{i}")
        for i in range(1, 5)
    )
    return micro / 1000.0


@lru_cache(maxsize=256)
def _water_density(ledger: Ledger, temperature_c: float) -> float:
    t = _checked(temperature_c)
    a1, a2, a3, a4, a5 = (_constant(ledger, f"water_density_a{i}") for i in range(1, 6))
    return a5 * (1.0 - (t + a1) ** 2 * (t + a2) / (a3 * (t + a4)))


@lru_cache(maxsize=64)
def _sucrose_viscosity(ledger: Ledger) -> tuple[float, ...]:
    names = (
        "slope",
        "intercept",
        "temperature_slope",
        "temperature_concentration",
        "concentration_exponent",
        "reference_temperature",
        "temperature_offset",
        "molar_water",
        "molar_sucrose",
        "blend",
    )
    return tuple(_constant(ledger, f"sucrose_viscosity_{name}") for name in names)


@lru_cache(maxsize=256)
def _sucrose_density(ledger: Ledger, warmth: float) -> tuple[float, ...]:
    """Coefficients of the mass fraction's powers, highest first, in g/mL."""
    coefficients = [0.0] * 6
    for degree, (letter, count) in enumerate((("a", 6), ("b", 5), ("c", 4), ("d", 3), ("e", 2))):
        for power in range(count):
            value = _constant(ledger, f"sucrose_density_{letter}{power + 1}")  # kg/m3
            coefficients[power] += value / 1000.0 * warmth**degree
    return tuple(reversed(coefficients))
