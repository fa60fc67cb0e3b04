"""Detergent: membranes are taken apart, lipoproteins and aggregates in part; a control for what is a vesicle."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BeforeValidator, Field

from exocosm.bench.devices import device_number
from exocosm.bench.dissolved_protein import dissolved_protein
from exocosm.bench.isolation.registry import Consumable, Outcome, isolation
from exocosm.bench.kinds import of_each_kind
from exocosm.bench.numbers import Numbers
from exocosm.bench.settings import Celsius, Minutes, Name, Settings, in_unit
from exocosm.bench.specimen import Specimen
from exocosm.vesicles.population import mix, split

Column = NDArray[np.float64]


def _percent(given: Any) -> float:
    """`0.5 %` in percent, gram per 100 mL."""
    text = given.strip().replace("%", " percent") if isinstance(given, str) else given
    return in_unit("percent")(text)


Percent = Annotated[float, BeforeValidator(_percent), Field(gt=0, le=100)]


class Lysis(Settings):
    """Settings of `lysis`.

    detergent: a word of the catalogue.  concentration: in the mixture, such as `0.5 %` (g per 100 mL); the volume that
    it adds is not counted.  time, temperature: of the incubation; the sample then comes back to its own.
    """

    detergent: Name = "triton_x100"
    concentration: Percent
    time: Minutes = 30.0
    temperature: Celsius = 20.0


def lysed_share(percent: float, half_at: ArrayLike, steepness: float, rate: float, minutes: float) -> Column:
    """Share of particles taken apart: c^h / (c^h + c_half^h) (1 - exp(-rate t)).

    percent (g per 100 mL), 1/min, min.  Shape: that of half_at.
    Valid for: detergent in excess over lipid, so that its concentration does not fall.
    """
    ratio = (np.asarray(half_at, dtype=float) / percent) ** steepness
    return np.asarray(-np.expm1(-rate * minutes) / (1.0 + ratio))


@isolation("lysis", Lysis)
def lysis(specimen: Specimen, settings: Lysis, numbers: Numbers) -> Outcome:
    """Detergent takes vesicles apart; what resists stays, and the protein of what does not is dissolved.

    Their protein mass is kept as molecules of `other_protein`; their cargo and lipids are gone with them, and micelles
    of the detergent are not counted as particles.
    """
    word = settings.detergent
    device_number("lysis_concentration", "percent", word, numbers, "detergent")
    half_at = of_each_kind(
        specimen.population,
        lambda kind: numbers("lysis_concentration", "percent", device=word, carrier=kind),
    )
    share = lysed_share(
        settings.concentration,
        half_at,
        numbers("lysis_steepness", "dimensionless", device=word),
        numbers("lysis_rate", "1/min", device=word),
        settings.time,
    )
    destroyed, left = split(specimen.population, share, f"lysis with {word}")
    mass = float((destroyed.count * destroyed.protein_ag).sum())
    released = dissolved_protein(mass, numbers("released_protein_molar_mass", "kDa"), f"lysis with {word}", numbers)
    hands_on = numbers("hands_on_time", "min", device="lysis")
    return Outcome(
        product=specimen.with_(population=mix(left, released)),
        waste=(),
        minutes=settings.time + hands_on,
        hands_on_minutes=hands_on,
        instruction=(
            f"Add {word} to {settings.concentration:.3g} % in {specimen.volume_ml:.3g} mL; mix gently; leave "
            f"{settings.time:g} min at {settings.temperature:g} degC; run the same detergent in buffer as a control."
        ),
        consumables=(Consumable(word, settings.concentration / 100.0 * specimen.volume_ml),),
        added=released,
        destroyed=destroyed,
    )
