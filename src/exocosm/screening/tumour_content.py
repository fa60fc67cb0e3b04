"""A fluid of people with a tumour: what the tumour sheds, by its physics, and what case-control studies report.

The two are kept apart, because shed vesicles alone mostly cannot make the shifts that studies report: a tumour of
a gram adds a few vesicles in a million to those of plasma, and a study reports a marker at four times its usual
level.  The rest of a reported shift (a reaction of the body, other cells of the patient, or an artefact) is put on the
vesicles of healthy tissue, and every content says how much of it shedding explains.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exocosm.errors import InputError
from exocosm.evidence.rules import source_keys
from exocosm.evidence.value import Value
from exocosm.screening.asking import ANY_CANCER, Asker
from exocosm.screening.background import PLATELET_EV, SMALL_EV, healthy_copies, is_counted
from exocosm.screening.content import Analyte, Content
from exocosm.screening.counting import shedding_rate
from exocosm.screening.fluids import Fluid, concentration, fluid_of
from exocosm.screening.people import People, StagedNumbers
from exocosm.screening.published import Standing, standing_of
from exocosm.screening.shedding import Classes, quasi_steady
from exocosm.screening.tumour import cell_density, cells_of

Array = NDArray[np.float64]

NOT_THE_TUMOURS = ("healthy_ev", PLATELET_EV)  # vesicles
REPORTED_ON = NOT_THE_TUMOURS  # studies isolate all vesicles of a fluid; those of platelets are half of serum's


@dataclass(frozen=True, eq=False)
class Burden:
    """The tumours of people.  cells: 0 for who has none.  growth_rate: (dN/dt)/N, 1/h.  Shapes: (people,).

    cancer: as the catalogue writes it (`colorectal cancer`).
    """

    cells: Array
    growth_rate: Array
    cancer: str

    def __post_init__(self) -> None:
        if np.any(~(np.asarray(self.cells) >= 0.0)):
            raise InputError("the number of cells of a tumour is 0 or more")


@dataclass(frozen=True)
class FoldComparison:
    """How far an analyte is raised by what the tumour sheds, beside what studies report at such tumours.

    Medians over people with a tumour.  on_vesicles: among vesicles.  in_all: in the whole fluid.  reported: among
    vesicles, at their size.  row: where it comes from.  is_assumed: whether no study was found for it.
    """

    analyte: str
    fluid: str
    on_vesicles: float
    in_all: float
    reported: float
    row: str
    source: str
    is_assumed: bool
    standing: str = ""

    @property
    def explained(self) -> float:
        """Share of the reported shift that shed vesicles explain; NaN where a fall is reported, which they cannot."""
        return (self.on_vesicles - 1.0) / (self.reported - 1.0) if self.reported > 1.0 else math.nan

    def __str__(self) -> str:
        shed = (
            f"{self.analyte} in {self.fluid}: what the tumour sheds makes 1 + {self.on_vesicles - 1.0:.2g} on vesicles "
            f"and 1 + {self.in_all - 1.0:.2g} in all"
        )
        told = f"{self.source} reports {self.reported:.3g}-fold"
        if self.is_assumed:
            if not self.standing and self.reported == 1.0:
                return f"{shed}; no study found, and in no published panel of this cancer: no other shift is assumed"
            told = f"no study found, {self.reported:.3g}-fold assumed"
            told += f" ({self.standing})" if self.standing else ""
        part = f"of which shedding explains {100 * self.explained:.2g} %"
        if math.isnan(self.explained):
            part = "a fall, which shedding cannot make"
        return f"{shed}; {told} at this size, {part}"


def with_tumour(
    healthy: Content, burden: Burden, numbers: StagedNumbers, people: People, *,
    reported: bool = False, reported_on: Sequence[str] = REPORTED_ON,
) -> Content:  # fmt: skip
    """The content of a fluid of the same people with their tumours.

    What a tumour sheds is added as `tumour_ev` and to `free`.  reported: whether the shifts that studies report are
    added as well, up to the reported fold, on the carriers `reported_on` (by default all vesicles but the tumour's, in
    proportion; add `free` for a study of whole plasma).  Notes say, for each analyte with a reported or assumed fold,
    how much of it shedding explains.  Valid for: exponential growth, or growth that slows little within the memory of
    the blood.
    """
    asker = Asker(numbers, people)
    fluid = fluid_of(healthy.fluid, numbers, people, burden.cancer)
    vesicles = _vesicles(asker, burden, fluid)
    amounts = {carrier: amount.copy() for carrier, amount in healthy.amounts.items()}
    for place, analyte in enumerate(healthy.analytes):
        carried = _per_vesicle(asker, analyte, burden.cancer)
        amounts["tumour_ev"][:, place] += vesicles * carried
        amounts["free"][:, place] += _free(asker, analyte, burden, fluid, carried)
    counts = {**healthy.vesicles, "tumour_ev": healthy.vesicles["tumour_ev"] + vesicles}
    shed = healthy.with_amounts(amounts, vesicles=counts)
    folds = compare_folds(healthy, shed, burden, numbers, people)
    notes = (*healthy.notes, *(str(fold) for fold in folds))
    if not reported:
        return shed.with_amounts(amounts, notes=notes)
    for place, analyte in enumerate(healthy.analytes):
        fold = reported_fold(asker, analyte, burden, healthy.fluid)
        usual = _on_vesicles(healthy, place)
        share = amounts["tumour_ev"][:, place] / np.where(usual > 0.0, usual, 1.0)
        rest = np.where(fold > 1.0, np.maximum(fold - share, 1.0), fold)
        for carrier in reported_on:
            before = healthy.amounts[carrier][:, place]
            if carrier in NOT_THE_TUMOURS:
                amounts[carrier][:, place] = rest * before
            else:
                beside = amounts[carrier][:, place] - before
                more = np.where(fold > 1.0, np.maximum(fold * before - beside, before), fold * before)
                amounts[carrier][:, place] = more + beside
    return shed.with_amounts(amounts, notes=notes)


def compare_folds(
    healthy: Content, shed: Content, burden: Burden, numbers: StagedNumbers, people: People
) -> tuple[FoldComparison, ...]:
    """For every analyte with a reported (or openly assumed) fold: what shedding makes, beside it."""
    asker, ill = Asker(numbers, people), np.asarray(burden.cells) > 0
    if not ill.any():
        return ()
    found = []
    for place, analyte in enumerate(healthy.analytes):
        if not _has_fold(asker, analyte):
            continue
        usual, all_usual = _on_vesicles(healthy, place)[ill], healthy.total[ill, place]
        row, standing = _fold_row(asker, analyte, burden.cancer, healthy.fluid)
        found.append(
            FoldComparison(
                analyte=analyte.name,
                fluid=healthy.fluid,
                on_vesicles=float(np.median(1.0 + shed.amounts["tumour_ev"][ill, place] / usual)),
                in_all=float(np.median(shed.total[ill, place] / all_usual)),
                reported=float(np.median(reported_fold(asker, analyte, burden, healthy.fluid)[ill])),
                row=row.id,
                source=", ".join(source_keys(row)),
                is_assumed=row.method == "assumed",
                standing="" if standing is None else str(standing),
            )
        )
    return tuple(found)


def reported_fold(asker: Asker, analyte: Analyte, burden: Burden, fluid: str) -> Array:
    """The fold change that a study reports for a marker, carried over to each person's size of tumour.

    1 + (fold - 1) (N / N of the study)^exponent; the same for the reciprocal where the study reports a fall.  Exponent
    0: whatever the size; 1: in proportion to the cells.  1 for an analyte without a row, and without a tumour.
    The assumed row for any marker in any cancer holds only where the marker stands in a published panel of that cancer,
    or a name that may be of the same product does; otherwise the fold is 1.  Shape: (people,).
    """
    cells = np.asarray(burden.cells, dtype=float)
    if not _has_fold(asker, analyte):
        return np.ones(cells.shape)
    row, standing = _fold_row(asker, analyte, burden.cancer, fluid)
    if _is_for_any(row, analyte) and standing is None:
        return np.ones(cells.shape)
    # what is assumed of one marker in one cancer says nothing of it in another one
    of = burden.cancer if _is_for_any(row, analyte) else ""
    fold = asker.varied("reported_fold", "dimensionless", analyte=analyte, cancer=burden.cancer, fluid=fluid, of=of)
    diameter = asker.number("reported_fold_diameter", "mm", cancer=burden.cancer)
    exponent = asker.number("reported_fold_size_exponent", "dimensionless", cancer=burden.cancer)
    size = np.where(cells > 0.0, cells / cells_of(diameter, cell_density(asker.given)), 0.0)
    return scaled_fold(fold, size, exponent)


def scaled_fold(fold: ArrayLike, relative_size: ArrayLike, exponent: float) -> Array:
    """A fold change at a size other than the one it was reported at; 1 without a tumour."""
    size = np.asarray(relative_size, dtype=float)
    grown = np.where(size > 0.0, np.power(np.maximum(size, np.finfo(float).tiny), exponent), 0.0)
    risen = np.asarray(fold, dtype=float)
    up = 1.0 + (np.maximum(risen, 1.0) - 1.0) * grown
    down = 1.0 / (1.0 + (1.0 / np.minimum(risen, 1.0) - 1.0) * grown)
    return np.asarray(np.where(risen >= 1.0, up, down))


def _on_vesicles(healthy: Content, place: int) -> Array:
    """Amount per mL of an analyte on all vesicles of a fluid without a tumour.  Shape: (people,)."""
    return np.asarray(sum(healthy.amounts[carrier][:, place] for carrier in NOT_THE_TUMOURS))


def _vesicles(asker: Asker, burden: Burden, fluid: Fluid) -> Array:
    """Small EVs of the tumour per mL of fluid."""
    release = _release(asker, burden)
    share = _share(asker, burden.cancer, SMALL_EV)
    half_life = asker.varied("circulation_half_life", "h", carrier=SMALL_EV)
    in_plasma = _in_plasma(asker, burden, release, share, half_life)
    entering = burden.cells * release * np.minimum(fluid.direct, 1.0 - share)
    return concentration(fluid, in_plasma, entering, SMALL_EV)


def _release(asker: Asker, burden: Burden) -> Array:
    usual = asker.number("vesicle_release_rate", "vesicle/cell/h", carrier=SMALL_EV)
    return usual * asker.varied("tumour_release_factor", "dimensionless", cancer=burden.cancer, carrier=SMALL_EV)


def _share(asker: Asker, cancer: str, carrier: str) -> Array:
    return asker.varied("shed_fraction_entering_blood", "dimensionless", cancer=cancer, organ="tumour", carrier=carrier)


def _in_plasma(asker: Asker, burden: Burden, release: Array, share: Array, half_life: Array) -> Array:
    volume = asker.varied("plasma_volume", "mL")
    release, share, clearance = (column[:, np.newaxis] for column in (release, share, math.log(2.0) / half_life))
    classes = Classes(release, share, clearance, healthy_influx=0.0, volume=volume)
    return quasi_steady(classes, burden.cells, burden.growth_rate)[:, 0]


def _per_vesicle(asker: Asker, analyte: Analyte, cancer: str) -> Array:
    """Copies of an analyte on a vesicle of the tumour (for a marker of vesicles: the share that carries it)."""
    if analyte.kind == "fragment" or not is_counted(analyte):
        return np.zeros(asker.people.number)
    if analyte.kind == "vesicle":
        return asker.varied(
            "positive_share_of_tumour_vesicles", "dimensionless", analyte=analyte, cancer=cancer, carrier=SMALL_EV
        )
    usual = healthy_copies(asker, analyte, "plasma").per_vesicle
    richer = asker.varied(
        "tumour_vesicle_enrichment", "dimensionless", analyte=analyte, cancer=cancer, carrier=SMALL_EV
    )
    return usual * richer


def _free(asker: Asker, analyte: Analyte, burden: Burden, fluid: Fluid, carried: Array) -> Array:
    """What the tumour sheds outside vesicles, per mL of fluid."""
    if analyte.kind == "vesicle":
        return np.zeros(asker.people.number)
    share = _share(asker, burden.cancer, "free")
    if analyte.kind == "mirna":
        ratio = asker.number("tumour_free_release_ratio", "dimensionless", analyte=analyte, cancer=burden.cancer)
        release = _release(asker, burden) * carried * ratio
    elif analyte.kind == "fragment":
        share = np.ones(asker.people.number)  # what a death sheds is counted in the blood
        release = _fragments(asker, analyte, burden)
    else:
        quantity = "free_release_rate" if is_counted(analyte) else "free_release_activity"
        release = asker.varied(
            quantity, f"{analyte.unit}/cell/h", analyte=analyte, cancer=burden.cancer, carrier="free"
        )
    half_life = asker.varied("circulation_half_life", "h", analyte=analyte, carrier="free")
    in_plasma = _in_plasma(asker, burden, release, share, half_life)
    left = np.ones_like(share) if analyte.kind == "fragment" else 1.0 - share
    return concentration(fluid, in_plasma, burden.cells * release * np.minimum(fluid.direct, left), "free")


def _fragments(asker: Asker, analyte: Analyte, burden: Burden) -> Array:
    """Fragments of the tumour's own sequence per cell and hour: deaths per hour times fragments per death."""
    birth = asker.number("tumour_cell_birth_rate", "1/h", cancer=burden.cancer, organ="tumour")
    death = np.maximum(birth - np.asarray(burden.growth_rate, dtype=float), 0.0)
    per_death = asker.varied("fragments_shed_per_death", "molecule/cell", analyte=analyte, cancer=burden.cancer)
    return shedding_rate(death, per_death)


def _has_fold(asker: Asker, analyte: Analyte) -> bool:
    return analyte.kind == "mirna" or asker.knows("reported_fold", analyte)


def _fold_row(asker: Asker, analyte: Analyte, cancer: str, fluid: str) -> tuple[Value, Standing | None]:
    """The row of the reported fold; and, if it is that for any marker, the published marker that it rests on."""
    row = asker.row("reported_fold", analyte=analyte, cancer=cancer, fluid=fluid)
    return row, standing_of(analyte.name, cancer) if _is_for_any(row, analyte) else None


def _is_for_any(row: Value, analyte: Analyte) -> bool:
    """Whether a row names neither the analyte nor a cancer."""
    return row.cargo.casefold() == analyte.kind and row.population.casefold() in ("", ANY_CANCER)
