"""Protease and RNase: what lies open is cut, what a membrane encloses stays."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from exocosm.bench.devices import device_number
from exocosm.bench.dissolved_protein import dissolved_protein
from exocosm.bench.isolation.registry import Consumable, Outcome, isolation
from exocosm.bench.kinds import of_each_kind
from exocosm.bench.numbers import Numbers
from exocosm.bench.settings import Celsius, MicrogramsPerMillilitre, Minutes, Name, Settings
from exocosm.bench.specimen import ATTOGRAM_PER_MICROGRAM, Specimen
from exocosm.vesicles.population import Population, mix, split

Column = NDArray[np.float64]

GAS_CONSTANT = 8.31446261815324e-3  # kJ/mol/K, exact by definition
KELVIN = 273.15
BODY_TEMPERATURE = 37.0  # degree Celsius, at which the rates of the catalogue are meant


class Digestion(Settings):
    """Settings of `digestion`.

    enzyme: a word of the catalogue (proteinase_k, trypsin, rnase_a ...).  concentration: in the mixture; the volume
    that it adds is not counted.  time, temperature: of the incubation; the sample then comes back to its own.
    """

    enzyme: Name
    concentration: Annotated[MicrogramsPerMillilitre, Field(gt=0)]
    time: Minutes = 30.0
    temperature: Celsius = 37.0


def digested_share(rate: ArrayLike, microgram_ml: float, minutes: float, warmth: float = 1.0) -> Column:
    """Share of a substrate that is cut: 1 - exp(-rate E t warmth).  mL/microgram/min, microgram/mL, min.

    Valid for: substrate far below the enzyme's half-saturation, no inhibitor (plasma holds some), stable enzyme.
    """
    return np.asarray(-np.expm1(-np.asarray(rate, dtype=float) * microgram_ml * minutes * warmth))


def warmth_factor(temperature_c: float, activation_kj_mol: float) -> float:
    """Rate over that at 37 degC by Arrhenius: exp(-E / R (1/T - 1/310.15 K)).  Valid for: up to about 40 degC."""
    inverse = 1.0 / (temperature_c + KELVIN) - 1.0 / (BODY_TEMPERATURE + KELVIN)
    return math.exp(-activation_kj_mol / GAS_CONSTANT * inverse)


@isolation("digestion", Digestion)
def digestion(specimen: Specimen, settings: Digestion, numbers: Numbers) -> Outcome:
    """A protease removes dissolved protein and marker proteins on surfaces; RNase removes free RNA.

    Particles with a membrane or a lipid core stay and lose the reachable part of their markers; the enzyme itself
    stays as protein.  The protein mass of the particles that stay is not changed.
    """
    word = settings.enzyme
    device_number("digestion_rate", "mL/microgram/min", word, numbers, "enzyme")
    warmth = warmth_factor(settings.temperature, numbers("digestion_activation_energy", "kJ/mol", device=word))
    rates = of_each_kind(
        specimen.population,
        lambda kind: numbers("digestion_rate", "mL/microgram/min", device=word, carrier=kind),
    )
    share = digested_share(rates, settings.concentration, settings.time, warmth)
    destroyed, left = split(specimen.population, share, f"digestion with {word}")
    enzyme = dissolved_protein(
        settings.concentration * specimen.volume_ml * ATTOGRAM_PER_MICROGRAM,
        numbers("enzyme_molar_mass", "kDa", device=word),
        f"enzyme {word}",
        numbers,
    )
    warnings = []
    if settings.temperature > 40.0:
        warnings.append(f"rates of {word} are known up to 40 degC; at {settings.temperature:g} degC it may lose itself")
    hands_on = numbers("hands_on_time", "min", device="digestion")
    return Outcome(
        product=specimen.with_(population=mix(_shaved(left, settings, warmth, numbers), enzyme)),
        waste=(),
        minutes=settings.time + hands_on,
        hands_on_minutes=hands_on,
        instruction=(
            f"Add {word} to {settings.concentration:.3g} microgram/mL in {specimen.volume_ml:.3g} mL; leave "
            f"{settings.time:g} min at {settings.temperature:g} degC; stop the enzyme (inhibitor, or a step that "
            "removes it) before anything else."
        ),
        consumables=(Consumable(word, settings.concentration * specimen.volume_ml),),
        warnings=tuple(warnings),
        added=enzyme,
        destroyed=destroyed,
    )


def _shaved(population: Population, settings: Digestion, warmth: float, numbers: Numbers) -> Population:
    """The population with the markers that a protease leaves on the surface."""
    left = {}
    for marker, copies in population.markers.items():
        rate = numbers("surface_digestion_rate", "mL/microgram/min", device=settings.enzyme, cargo=marker)
        cut = float(digested_share(rate, settings.concentration, settings.time, warmth))
        left[marker] = copies * (1.0 - cut * numbers("accessible_fraction", "dimensionless", cargo=marker))
    return replace(population, markers=left)
