"""Immunoassay: the amount of a protein by a calibration curve in wells, whoever carries it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from exocosm import units
from exocosm.bench.numbers import Numbers
from exocosm.bench.settings import Name
from exocosm.documents.fields import Section
from exocosm.errors import InputError, nearest
from exocosm.screening.assays.reading import Reading, columns_of, log2_or_bound
from exocosm.screening.content import Analyte, Content
from exocosm.screening.isolation import VESICLE_CARRIERS
from exocosm.screening.people import People, StagedNumbers, varied

Array = NDArray[np.float64]

NAME = "protein_immunoassay"
TITLE = "Immunoassay of single proteins (ELISA, digital ELISA)"
ANALYTES = ("protein",)
EXTRACTS = False
AVOGADRO = 6.02214076e23  # 1/mol, exact by definition of the mole
PICOGRAM_PER_KILOGRAM = 1e15
LIMIT_IN_BLANKS = 3.0  # standard deviations of the blank that make the limit of detection, by its definition
UPPER_SHARE = 0.95  # of the curve's rise, above which a concentration is not read off it


class Settings(Section):
    """How the proteins are assayed.

    kit: a word of immunoassay_detection_limit.  dilution: of the sample.  lysed: vesicles are opened first, else only
    what antibodies reach on them counts.  samples_per_plate: that share a calibration.
    """

    kit: Name = "ELISA"
    dilution: Annotated[float, Field(ge=1, le=1e9)] = 1.0
    wells: Annotated[int, Field(ge=1, le=96)] = 2
    lysed: bool = True
    samples_per_plate: Annotated[int, Field(ge=1, le=384)] = 38


def curve(concentration: Array, half: Array, slope: float, blank: float) -> Array:
    """Signal as a share of the highest: blank + (1 - blank) / (1 + (half/c)^slope), the four-parameter logistic."""
    with np.errstate(divide="ignore"):
        return np.asarray(blank + (1.0 - blank) / (1.0 + (half / concentration) ** slope))


def concentration_of(signal: Array, half: Array, slope: float, blank: float) -> Array:
    """The concentration that the curve gives a signal: its inverse; 0 at or below the blank, infinite at the top."""
    rise = np.clip((signal - blank) / (1.0 - blank), 0.0, 1.0)
    with np.errstate(divide="ignore"):
        return np.asarray(half * (rise / (1.0 - rise)) ** (1.0 / slope))


def read(content: Content, numbers: StagedNumbers, people: People, settings: Settings) -> Reading:
    """log2 of the concentration of every protein, in pg/mL (or in units of activity per mL).

    c' = c / dilution + background of the matrix; signal = curve(c') + noise of blank and wells; the concentration read
    off the curve is moved by the plate.  Censored: below the limit of detection; saturated: at the top of the curve.
    """
    given = numbers["assay"]
    known = given.words("immunoassay_detection_limit", "device")
    if settings.kit not in known:
        raise InputError(f"there is no kit '{settings.kit}'; {nearest(settings.kit, known)} A new one is rows of "
                         "immunoassay_detection_limit and immunoassay_half_maximum")  # fmt: skip
    columns = columns_of(content, ANALYTES, NAME)
    analytes = [content.analytes[place] for place in columns.places]
    limit, half = (np.array([_of_kit(given, what, one, settings.kit) for one in analytes]) for what in LIMITS)
    true = _reached(content, columns.places, settings.lysed, given) * np.array([_scale(one, given) for one in analytes])
    share = varied(numbers, people, "assay", "immunoassay_matrix_share", "dimensionless", each_visit=True)
    seen = true / settings.dilution + share[:, None] * limit
    slope, blank = given("immunoassay_slope", "dimensionless"), given("immunoassay_blank", "dimensionless")
    signal = curve(seen, half, slope, blank)
    of_blank = (curve(limit, half, slope, blank) - blank) / LIMIT_IN_BLANKS
    of_wells = given("immunoassay_signal_cv", "dimensionless") * (signal - blank)
    noise = np.hypot(of_blank, of_wells) / np.sqrt(settings.wells)
    moves = np.column_stack([people.normals("assay", f"wells of {name}", each_visit=True) for name in columns.names])
    plate = np.column_stack([_plate(people, name, settings, given) for name in columns.names])
    found = concentration_of(signal + noise * moves, half, slope, blank) * plate
    most = concentration_of(np.full(len(half), blank + UPPER_SHARE * (1.0 - blank)), half, slope, blank)
    censored, saturated = found < limit, found >= most
    bounded = np.minimum(found, most) * settings.dilution
    return Reading(
        assay=NAME, analytes=columns.names, signal=log2_or_bound(bounded, limit * settings.dilution, censored),
        censored=censored, saturated=saturated, limit=np.log2(limit * settings.dilution),
        unit="log2 pg/mL" if not any(_is_activity(one) for one in analytes) else "log2 pg/mL or activity units/mL",
        failed=np.zeros(people.number, dtype=bool), notes=content.notes,
    )  # fmt: skip


def price(numbers: StagedNumbers, markers: int) -> float:
    """Money for one sample with so many markers; euro."""
    given = numbers["assay"]
    return (given("price", "euro", device="protein_immunoassay_sample")
            + markers * given("price", "euro", device="protein_immunoassay_marker"))  # fmt: skip


LIMITS = ("detection_limit", "half_maximum")


def _is_activity(analyte: Analyte) -> bool:
    return units.same_dimension(analyte.unit, "activity_unit")


def _of_kit(given: Numbers, what: str, analyte: Analyte, kit: str) -> float:
    """A point of the calibration curve, in pg/mL or activity units/mL."""
    if _is_activity(analyte):
        return given(f"immunoassay_activity_{what}", "activity_unit/mL", cargo=analyte.name)
    return given(f"immunoassay_{what}", "pg/mL", device=kit)


def _scale(analyte: Analyte, given: Numbers) -> float:
    """What an amount per mL in the analyte's unit is multiplied by: to pg, or to activity units."""
    if _is_activity(analyte):
        return units.convert(1.0, analyte.unit, "activity_unit")
    if units.same_dimension(analyte.unit, "molecule"):
        # kDa is kg/mol of a mole of molecules
        mass = given("marker_molar_mass", "kDa", cargo=analyte.name) * PICOGRAM_PER_KILOGRAM / AVOGADRO
        return mass * units.convert(1.0, analyte.unit, "molecule")
    return units.convert(1.0, analyte.unit, "pg")


def _reached(content: Content, places: tuple[int, ...], lysed: bool, given: Numbers) -> Array:
    """Amount per mL that antibodies reach.  Shape: (people, proteins)."""
    if lysed:
        return np.asarray(content.total[:, places])
    names = [content.analytes[place].name for place in places]
    open_share = np.array([given("accessible_fraction", "dimensionless", cargo=name) for name in names])
    parts = (
        amount[:, places] * (open_share if carrier in VESICLE_CARRIERS else 1.0)
        for carrier, amount in content.amounts.items()
    )
    return np.asarray(sum(parts))


def _plate(people: People, name: str, settings: Settings, given: Numbers) -> Array:
    """Factor of the plate that each sample sits on: people in a row share one.  Shape: (people,)."""
    sigma = np.sqrt(np.log1p(given("immunoassay_plate_cv", "dimensionless", device=settings.kit) ** 2))
    plate = np.arange(people.first, people.first + people.number) // settings.samples_per_plate
    plates = replace(people, first=int(plate[0]), number=int(plate[-1] - plate[0]) + 1) if people.number else people
    score = plates.normals("assay", f"plate of {name}", each_visit=True)
    return np.asarray(np.exp(sigma * score[plate - plate[0]])) if people.number else np.zeros(0)
