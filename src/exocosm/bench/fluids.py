"""Biological fluids as specimens: every kind of particle that a fluid holds, from the catalogue."""

from __future__ import annotations

from exocosm.bench.numbers import Numbers
from exocosm.bench.specimen import Specimen


def fluid_names(numbers: Numbers) -> tuple[str, ...]:
    """The fluids that the catalogue knows."""
    return numbers.words("particle_concentration", "fluid")


def specimen_of(fluid: str, volume_ml: float, numbers: Numbers, without: tuple[str, ...] = ()) -> Specimen:
    """A volume of a fluid with all its particles; `without`: kinds that are left out (EV-depleted: all vesicles)."""
    raise NotImplementedError
