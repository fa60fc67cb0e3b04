"""Dye: what goes into membranes, what stays dissolved, and what clusters into particles like stained vesicles."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field

from exocosm.bench.devices import device_number
from exocosm.bench.isolation.registry import Consumable, Outcome, isolation
from exocosm.bench.numbers import Numbers
from exocosm.bench.particles import LIPOPROTEINS, VESICLES
from exocosm.bench.settings import Celsius, Minutes, Name, Settings, in_unit
from exocosm.bench.specimen import Specimen
from exocosm.vesicles.population import Population, mix, sphere_volume

Column = NDArray[np.float64]

AVOGADRO = 6.02214076e23  # 1/mol, exact by definition
MOLECULES_PER_NMOL = AVOGADRO * 1e-9
CM2_PER_NM2 = 1e-14
LIPID_KINDS = (*VESICLES, "platelet", *LIPOPROTEINS)
MANY_AGGREGATES = 0.1  # of the stained vesicles, from where on the user is warned

Micromolar = Annotated[float, BeforeValidator(in_unit("micromolar")), Field(gt=0, le=1e6)]


class Staining(Settings):
    """Settings of `staining`.

    dye: a word of the catalogue (PKH26, PKH67, DiI, CFSE ...).  concentration: in the mixture; the volume that it adds
    is not counted.  time, temperature: of the incubation, long enough for equilibrium; the sample then comes back
    to its own.
    """

    dye: Name
    concentration: Micromolar
    time: Minutes = 15.0
    temperature: Celsius = 20.0


def dissolved_dye(
    molecules: float, volume_ml: float, surface_cm2: float, partition_cm: float, capacity_cm2: float
) -> float:
    """Dissolved dye at equilibrium with membranes, molecules/mL, if nothing clusters.

    molecules = V f + A b(f),  b = K f c / (c + K f) (Langmuir; K: partition length, c: capacity per area): the positive
    root of V K f^2 + (V c + A c K - T K) f - T c = 0.
    """
    square = volume_ml * partition_cm
    linear = capacity_cm2 * (volume_ml + surface_cm2 * partition_cm) - molecules * partition_cm
    constant = molecules * capacity_cm2
    root = math.sqrt(linear**2 + 4.0 * square * constant)
    # the form without the difference of near numbers
    return 2.0 * constant / (linear + root) if linear > 0 else (root - linear) / (2.0 * square)


def dye_on_membrane(dissolved: float, partition_cm: float, capacity_cm2: float) -> float:
    """Dye per area of membrane beside so much dissolved dye: K f c / (c + K f), molecules/cm^2."""
    bound = partition_cm * dissolved
    return bound * capacity_cm2 / (capacity_cm2 + bound)


@isolation("staining", Staining)
def staining(specimen: Specimen, settings: Staining, numbers: Numbers) -> Outcome:
    """A dye goes into all membranes and lipid surfaces; the rest stays dissolved or clusters into particles of dye.

    Stained particles carry the dye as cargo of its name.  The excess stands in the product as `free_dye` and
    `dye_micelle`: a step that removes dissolved dye does not remove these.  Dye on albumin is not counted apart.
    """
    word, population, volume = settings.dye, specimen.population, specimen.volume_ml
    partition = device_number("partition_length", "cm", word, numbers, "dye")
    capacity = numbers("dye_capacity", "molecule/nm**2", device=word) / CM2_PER_NM2
    lost = numbers("dye_lost_to_walls", "dimensionless", device=word)
    molecules = settings.concentration * volume * MOLECULES_PER_NMOL * (1.0 - lost)
    surface = np.where(np.isin(population.kind, LIPID_KINDS), math.pi * population.diameter_nm**2 * CM2_PER_NM2, 0.0)
    total = float((population.count * surface).sum())
    limit = numbers("critical_aggregation_concentration", "micromolar", device=word) * MOLECULES_PER_NMOL
    free = min(dissolved_dye(molecules, volume, total, partition, capacity), limit)
    per_area = dye_on_membrane(free, partition, capacity)
    clustered = max(molecules - volume * free - total * per_area, 0.0)
    if clustered < 1e-9 * molecules:  # what is left of rounding
        clustered = 0.0
    added = _dye(word, volume * free, clustered, numbers)
    stained = _with_dye(population, word, surface * per_area)
    vesicles = float(population.count[np.isin(population.kind, VESICLES)].sum())
    aggregates = float(added.count[1])
    warnings = []
    if aggregates > MANY_AGGREGATES * vesicles:
        warnings.append(
            f"about {aggregates:.2g} particles of {word} itself form beside {vesicles:.2g} vesicles: a gradient, not a "
            "spin or a filter, parts them; run dye in buffer as a control"
        )
    hands_on = numbers("hands_on_time", "min", device="staining")
    return Outcome(
        product=specimen.with_(population=mix(stained, added)),
        waste=(),
        minutes=settings.time + hands_on,
        hands_on_minutes=hands_on,
        instruction=(
            f"Add {word} to {settings.concentration:.3g} micromolar in {volume:.3g} mL under mixing; leave "
            f"{settings.time:g} min at {settings.temperature:g} degC in the dark; remove the excess next."
        ),
        consumables=(Consumable(word, settings.concentration * volume),),
        warnings=tuple(warnings),
        added=added,
    )


def _dye(word: str, free: float, clustered: float, numbers: Numbers) -> Population:
    """Dissolved dye and its aggregates, as one parcel each; what they hold is cargo of the dye's name."""
    diameter = numbers("dye_aggregate_diameter", "nm", device=word)
    density = numbers("dye_aggregate_density", "g/mL", device=word)
    packed = numbers("dye_aggregate_packing", "dimensionless", device=word)
    mass = numbers("dye_molar_mass", "g/mol", device=word) / AVOGADRO
    each = max(float(sphere_volume(diameter)) * density * packed / mass, 1.0)
    return Population(
        diameter_nm=np.array([numbers("dye_molecule_diameter", "nm", device=word), diameter]),
        density=np.array([density]),
        count=np.array([free, clustered / each]),
        kind=np.array(["free_dye", "dye_micelle"]),
        origin=np.array([word]),
        cargo={word: np.array([1.0, each])},
        refractive_index=np.array([numbers("dye_refractive_index", "dimensionless", device=word)]),
        history=(f"{word}: dissolved and clustered",),
    )


def _with_dye(population: Population, word: str, per_particle: Column) -> Population:
    before = population.cargo.get(word, np.zeros(len(population)))
    return replace(
        population,
        cargo={**population.cargo, word: before + per_particle},
        history=(*population.history, f"stained with {word}"),
    )
