"""How what circulates, and what a tumour sheds on the spot, gets into each body fluid.

For everything that a fluid holds, with A its amount there:

    dA/dt = barrier * plasma concentration * production + direct entry - (production / volume + loss) * A

Fluid is made and flows off at one rate (production), with the share `barrier` of the concentration in plasma; a tumour
that lies on the fluid also sheds straight into it.  At steady state the concentration is
(barrier * plasma * production + direct entry) / (production + loss * volume).  mL, hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exocosm.errors import EvidenceError, InputError, nearest
from exocosm.screening.asking import ANY_CANCER, Asker
from exocosm.screening.people import People, StagedNumbers

Array = NDArray[np.float64]

BLOOD = ("plasma", "serum")
WRITTEN_ALSO = {
    "cerebrospinal_fluid": "csf",
    "liquor": "csf",
    "pleural_fluid": "pleural_effusion",
    "seminal_fluid": "semen",
}
BARRIERS = ("small_ev", "free")  # what passes into a fluid differently: vesicles, and what floats outside them


@dataclass(frozen=True, eq=False)
class Fluid:
    """A body fluid of every person.  Shapes: (people,).

    production: mL/h.  volume: mL.  barrier: by carrier (`small_ev`, `free`), share of the concentration in plasma.
    loss: by carrier, 1/h, inside the fluid.  direct: share of what the tumour sheds that enters it directly.
    dilution: concentration as collected over that in the body (a lavage).  Plasma and serum are the blood itself.
    """

    name: str
    production: Array
    volume: Array
    barrier: Mapping[str, Array]
    loss: Mapping[str, Array]
    direct: Array
    dilution: Array

    @property
    def is_blood(self) -> bool:
        """Whether its concentrations are those of plasma."""
        return self.name in BLOOD


def fluid_named(name: str) -> str:
    """The word of the catalogue for a fluid: `Cerebrospinal fluid` -> `csf`."""
    word = "_".join(name.casefold().replace("-", " ").replace("_", " ").split())
    return WRITTEN_ALSO.get(word, word)


def fluid_names(numbers: StagedNumbers) -> tuple[str, ...]:
    """The fluids into which the catalogue has a way."""
    return (*BLOOD, *numbers["biology"].words("fluid_production", "fluid"))


def known_fluid(name: str, numbers: StagedNumbers) -> str:
    """The word of the catalogue for a fluid; raises EvidenceError for one without rows, with what to write."""
    word, known = fluid_named(name), fluid_names(numbers)
    if word in known:
        return word
    raise EvidenceError(
        f"there is no way from blood into '{name}'; {nearest(word, known)} Fluids: {', '.join(known)}. A fluid of your "
        "own: give rows of fluid_production, fluid_volume and barrier_share (carrier small_ev and free) with its name, "
        "and of particle_concentration (carrier small_ev) for the vesicles that healthy people have in it"
    )


def fluid_of(name: str, numbers: StagedNumbers, people: People, cancer: str = "") -> Fluid:
    """A fluid of every person, and what a tumour of this cancer sheds into it directly (none: no such row).

    Raises EvidenceError for a fluid without rows, with what to write.
    """
    word = known_fluid(name, numbers)
    none, one = np.zeros(people.number), np.ones(people.number)
    if word in BLOOD:
        return Fluid(word, none, one, dict.fromkeys(BARRIERS, one), dict.fromkeys(BARRIERS, none), none, one)
    asker = Asker(numbers, people)
    volume = asker.varied("fluid_volume", "mL", fluid=word)
    dilution = one
    if word in numbers["biology"].words("lavage_volume", "fluid"):
        dilution = volume / (volume + asker.number("lavage_volume", "mL", fluid=word))
    return Fluid(
        name=word,
        production=asker.varied("fluid_production", "mL/h", fluid=word),
        volume=volume,
        barrier={
            carrier: asker.varied("barrier_share", "dimensionless", fluid=word, carrier=carrier) for carrier in BARRIERS
        },
        loss={
            carrier: np.full(people.number, asker.number("loss_rate_in_fluid", "1/h", fluid=word, carrier=carrier))
            for carrier in BARRIERS
        },
        direct=_direct(asker, word, cancer),
        dilution=dilution,
    )


def cancers_on(fluid: str, numbers: StagedNumbers) -> tuple[str, ...]:
    """The cancers that shed into a fluid directly."""
    rows = numbers["biology"].words("direct_entry_share", "population", fluid=fluid_named(fluid))
    return tuple(cancer for cancer in rows if cancer != ANY_CANCER)


def concentration(
    fluid: Fluid, in_plasma: ArrayLike, direct_entry: ArrayLike = 0.0, carrier: str = "small_ev"
) -> Array:
    """Concentration at steady state in the fluid as it is collected, from that in plasma.

    (barrier * plasma * production + direct entry) / (production + loss * volume), times the dilution.
    in_plasma: per mL.  direct_entry: per hour.  carrier: `small_ev` or `free`.  Shapes: (people,) or (people, x).
    """
    plasma = np.asarray(in_plasma, dtype=float)
    if fluid.is_blood:
        return plasma
    production, volume, barrier, loss, dilution = _of_carrier(fluid, carrier, plasma)
    entering = barrier * plasma * production + _beside(direct_entry, plasma)
    return np.asarray(dilution * entering / (production + loss * volume))


def approach(
    fluid: Fluid, hours: ArrayLike, in_plasma: ArrayLike, direct_entry: ArrayLike = 0.0, start: ArrayLike = 0.0,
    carrier: str = "small_ev",
) -> Array:  # fmt: skip
    """Concentration in the collected fluid some hours after plasma changed to `in_plasma`, from `start` on.

    final + (start - final) exp(-(production / volume + loss) hours).  Shapes: as `concentration`; hours one number.
    """
    final = concentration(fluid, in_plasma, direct_entry, carrier)
    if fluid.is_blood:
        return final
    production, volume, _, loss, _ = _of_carrier(fluid, carrier, final)
    left = np.exp(-(production / volume + loss) * np.asarray(hours, dtype=float))
    return np.asarray(final + (np.asarray(start, dtype=float) - final) * left)


def _direct(asker: Asker, fluid: str, cancer: str) -> Array:
    if not cancer or cancer.casefold() not in {known.casefold() for known in cancers_on(fluid, asker.numbers)}:
        return np.zeros(asker.people.number)
    return asker.varied("direct_entry_share", "dimensionless", cancer=cancer, fluid=fluid)


def _of_carrier(fluid: Fluid, carrier: str, like: Array) -> tuple[Array, ...]:
    """Production, volume, barrier, loss and dilution, shaped to stand beside concentrations."""
    if carrier not in fluid.barrier:
        raise InputError(f"nothing is known of how '{carrier}' passes into {fluid.name}; {nearest(carrier, BARRIERS)}")
    numbers = (fluid.production, fluid.volume, fluid.barrier[carrier], fluid.loss[carrier], fluid.dilution)
    return tuple(_beside(number, like) for number in numbers)


def _beside(number: ArrayLike, like: Array) -> Array:
    given = np.asarray(number, dtype=float)
    return given[:, np.newaxis] if given.ndim == 1 and like.ndim == 2 else given
