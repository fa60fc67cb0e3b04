"""Fluids as carriers of particles: density and viscosity by temperature."""

from __future__ import annotations

from exocosm.bench.numbers import Numbers


def viscosity_mpa_s(medium: str, temperature_c: float, numbers: Numbers) -> float:
    """Dynamic viscosity of a medium in mPa s: that of water at the temperature, times the medium's ratio to water."""
    raise NotImplementedError


def density_g_ml(medium: str, temperature_c: float, numbers: Numbers) -> float:
    """Density of a medium in g/mL: that of water at the temperature, times the medium's ratio to water."""
    raise NotImplementedError
