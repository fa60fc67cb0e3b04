"""What a body fluid of healthy people holds of every analyte, on vesicles and outside them, person by person.

On vesicles: vesicles per mL times copies per vesicle.  Outside them: by the share of the analyte that is not in
vesicles, or by a concentration of its own.  Both differ between people (a person's own, the same at every visit) and
from draw to draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exocosm.errors import InputError
from exocosm.screening.asking import Asker
from exocosm.screening.content import CARRIERS, Analyte, Content
from exocosm.screening.fluids import BLOOD, concentration, fluid_of, known_fluid
from exocosm.screening.people import People, StagedNumbers
from exocosm.units import same_dimension

Array = NDArray[np.float64]

SMALL_EV = "small_ev"
PLATELET_EV = "platelet_ev"  # vesicles of platelets; whole platelets are the carrier `platelet`
ACTIVITY = "activity_unit"  # units of an assay (`U`), of a molecule that nobody counts


@dataclass(frozen=True)
class Copies:
    """What stands behind a vesicle of healthy people: copies of an analyte per vesicle, and whether its own row.

    For an analyte of kind `vesicle` the share of vesicles that carries the marker.
    """

    per_vesicle: float
    own_row: bool


def healthy_content(
    analytes: Sequence[Analyte], fluid: str, numbers: StagedNumbers, people: People, *, volume: float = 1.0
) -> Content:
    """The content of a fluid of healthy people, as it leaves the body.

    Serum is plasma of the same people with what platelets release on clotting.  volume: mL, of what this is.
    Raises EvidenceError for a fluid or an analyte without rows, InputError for a unit that is not counted.
    Shapes: amounts (people, analytes), vesicles (people,).
    """
    word, asker = known_fluid(fluid, numbers), Asker(numbers, people)
    blood = "plasma" if word in BLOOD else word
    vesicles = vesicles_of(asker, blood)
    none = np.zeros((people.number, len(analytes)))
    amounts = {carrier: none.copy() for carrier in CARRIERS}
    for place, analyte in enumerate(analytes):
        on_vesicles, free = _healthy(asker, analyte, blood, vesicles)
        daily = day_to_day(asker, analyte)
        amounts["healthy_ev"][:, place] = on_vesicles * daily
        amounts["free"][:, place] = free * day_to_day(asker, analyte, "outside vesicles")
    counts = {carrier: np.zeros(people.number) for carrier in CARRIERS}
    counts["healthy_ev"] = vesicles
    if word == "serum":
        _clot(asker, analytes, amounts, counts)
    return Content(tuple(analytes), amounts, counts, volume, word, _notes(asker, analytes, blood))


def vesicles_of(asker: Asker, fluid: str) -> Array:
    """Small EVs per mL of every person at this visit.  Shape: (people,)."""
    own = asker.varied("particle_concentration", "vesicle/mL", carrier=SMALL_EV, fluid=fluid)
    return own * _daily(asker, Analyte("vesicle", "vesicle"), "vesicles")


def healthy_copies(asker: Asker, analyte: Analyte, fluid: str) -> Copies:
    """Copies per vesicle of a person in the middle (share of vesicles that carry it, for a marker of vesicles)."""
    quantity, unit = _on_vesicle(asker, analyte, fluid)
    value = asker.typical(quantity, unit, analyte, carrier=SMALL_EV, fluid=fluid)
    return Copies(value, asker.knows(quantity, analyte, carrier=SMALL_EV, fluid=fluid))


def day_to_day(asker: Asker, analyte: Analyte, of: str = "in vesicles") -> Array:
    """Factor by which this draw differs from the person's own level, median 1.  Shape: (people,)."""
    if analyte.kind == "fragment":
        return np.ones(asker.people.number)
    return _daily(asker, analyte, f"{analyte.name} {of}")


def is_counted(analyte: Analyte) -> bool:
    """Whether an analyte is counted in molecules or vesicles (or else in units of an assay).

    Raises InputError for any other unit.
    """
    if same_dimension(analyte.unit, ACTIVITY):
        return False
    expected = "vesicle" if analyte.kind == "vesicle" else "molecule"
    if not same_dimension(analyte.unit, expected):
        raise InputError(
            f"{analyte.name}: its unit is '{analyte.unit}'; a {analyte.kind} is counted in '{expected}', or a protein "
            f"in units of its assay, '{ACTIVITY}'"
        )
    return True


def _healthy(asker: Asker, analyte: Analyte, fluid: str, vesicles: Array) -> tuple[Array, Array]:
    """Amount per mL on vesicles and outside them, of a person's usual day."""
    none = np.zeros(asker.people.number)
    if analyte.kind == "fragment":
        return none, none  # fragments of the tumour's sequence; what errors imitate is the assay's
    if not is_counted(analyte):
        return none, _dissolved(asker, "healthy_free_activity", analyte, fluid)
    quantity, unit = _on_vesicle(asker, analyte, fluid)
    own = asker.varied(quantity, unit, analyte=analyte, carrier=SMALL_EV, fluid=fluid)
    if analyte.kind == "vesicle":
        return vesicles * own, none
    if analyte.kind == "protein":
        return vesicles * own, _dissolved(asker, "healthy_free_concentration", analyte, fluid)
    share = asker.typical("share_outside_vesicles", "dimensionless", analyte, fluid=fluid)
    usual = asker.number("particle_concentration", "vesicle/mL", carrier=SMALL_EV, fluid=fluid)
    outside = asker.varied(quantity, unit, analyte=analyte, of="outside vesicles", carrier=SMALL_EV, fluid=fluid)
    middle = asker.typical(quantity, unit, analyte, carrier=SMALL_EV, fluid=fluid)
    level = outside / asker.typical(quantity, unit, analyte, of="outside vesicles", carrier=SMALL_EV, fluid=fluid)
    return vesicles * own, usual * middle * share / (1.0 - share) * level


def _dissolved(asker: Asker, quantity: str, analyte: Analyte, fluid: str) -> Array:
    """Concentration outside vesicles, of a row for this fluid or, by its barrier, from that for plasma."""
    unit = f"{analyte.unit}/mL"
    if asker.knows(quantity, analyte, fluid=fluid, carrier="free"):
        return asker.varied(quantity, unit, analyte=analyte, fluid=fluid, carrier="free")
    in_plasma = asker.varied(quantity, unit, analyte=analyte, fluid="plasma", carrier="free")
    return concentration(fluid_of(fluid, asker.numbers, asker.people), in_plasma, carrier="free")


def _on_vesicle(asker: Asker, analyte: Analyte, fluid: str) -> tuple[str, str]:
    """Quantity and unit of what one vesicle of healthy people carries."""
    if analyte.kind == "vesicle":
        return "positive_share_of_healthy_vesicles", "dimensionless"
    named = asker.knows("copies_per_particle", analyte, carrier=SMALL_EV, fluid=fluid)
    if analyte.kind == "protein" and named:
        return "copies_per_particle", "molecule/vesicle"
    return "copies_per_healthy_vesicle", "molecule/vesicle"


def _daily(asker: Asker, analyte: Analyte, name: str) -> Array:
    cv = asker.number("day_to_day_cv", "dimensionless", analyte=analyte)
    scores = asker.people.normals(asker.stage, f"day to day {name}", each_visit=True)
    return np.asarray(np.exp(np.sqrt(np.log1p(cv**2)) * scores))


def _clot(asker: Asker, analytes: Sequence[Analyte], amounts: dict[str, Array], counts: dict[str, Array]) -> None:
    """What clotting adds to plasma: vesicles of platelets, and molecules outside vesicles."""
    counts[PLATELET_EV] = asker.varied("clotting_platelet_vesicles", "vesicle/mL", fluid="serum", carrier=SMALL_EV)
    amounts[PLATELET_EV] = np.zeros_like(amounts["free"])
    for place, analyte in enumerate(analytes):
        if analyte.kind == "fragment" or not is_counted(analyte):
            continue
        usual = healthy_copies(asker, analyte, "plasma").per_vesicle
        richer = asker.typical("platelet_vesicle_enrichment", "dimensionless", analyte, carrier=SMALL_EV)
        carried = min(usual * richer, 1.0) if analyte.kind == "vesicle" else usual * richer
        amounts[PLATELET_EV][:, place] = counts[PLATELET_EV] * carried
        if analyte.kind == "mirna":
            amounts["free"][:, place] *= asker.typical("clotting_free_factor", "dimensionless", analyte, fluid="serum")


def _notes(asker: Asker, analytes: Sequence[Analyte], fluid: str) -> tuple[str, ...]:
    """Which analytes have no row of their own."""
    general = [
        analyte.name
        for analyte in analytes
        if analyte.kind != "fragment" and is_counted(analyte) and not healthy_copies(asker, analyte, fluid).own_row
    ]
    if not general:
        return ()
    return (
        f"no measured number of copies per vesicle of {', '.join(general)}: the general, assumed row of the kind "
        "stands in for each",
    )
