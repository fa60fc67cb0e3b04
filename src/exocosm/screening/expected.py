"""One expected tumour over time, without noise: what it brings into the blood, and when a cut-off is reached.

The typical person of the numbers: every difference between people at its middle.  With one class of a shed protein it
is the model of Hori and Gambhir (2011), with fragments of dying cells that of Avanzini et al. (2020).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from exocosm.errors import InputError
from exocosm.screening.asking import Asker
from exocosm.screening.background import SMALL_EV, healthy_copies, is_counted
from exocosm.screening.content import Analyte
from exocosm.screening.counting import chance_of, genomes_per_ml, shedding_rate, smallest_count
from exocosm.screening.fluids import BLOOD, fluid_named
from exocosm.screening.people import STAGES, People, StagedNumbers
from exocosm.screening.shedding import Classes, healthy, shed, time_to_reach
from exocosm.screening.tumour import Growth, cell_density, cells_of, diameter_of, edge_of, growth_of

Array = NDArray[np.float64]
Law = Literal["exponential", "gompertz", "birth_death"]

HOURS_PER_DAY = 24.0


@dataclass(frozen=True, eq=False)
class ExpectedTumour:
    """A tumour from its first cell on, and one analyte of the blood.

    growth: in hours.  classes: what carries the analyte (size classes of vesicles; outside vesicles), per hour.
    density: cells per mm^3.  Concentrations are in the unit of the analyte per mL of plasma, times in days.
    """

    growth: Growth
    classes: Classes
    density: float

    def background(self) -> float:
        """Concentration without a tumour."""
        return float(healthy(self.classes).sum())

    def concentration(self, days: float) -> float:
        """Concentration so long after the first cell."""
        return self.background() + float(shed(self.classes, self.growth, days * HOURS_PER_DAY).sum())

    def time_to(self, cut_off: float) -> float:
        """Days from the first cell until the cut-off is reached; 0 if healthy people reach it, infinite if never."""
        return float(time_to_reach(self.classes, self.growth, cut_off).item()) / HOURS_PER_DAY

    def cells(self, days: float) -> float:
        """Cells so long after the first."""
        return float(self.growth.cells(days * HOURS_PER_DAY).item())

    def time_of(self, cells: float) -> float:
        """Days from the first cell to so many."""
        return float(self.growth.time_to(cells).item()) / HOURS_PER_DAY

    def diameter(self, cells: float) -> float:
        """Diameter of a ball of so many cells, mm."""
        return float(diameter_of(cells, self.density).item())

    def edge(self, cells: float) -> float:
        """Edge of a cube of so many cells, mm."""
        return float(edge_of(cells, self.density).item())

    def cells_in(self, diameter: float) -> float:
        """Cells of a ball of this diameter (mm)."""
        return float(cells_of(diameter, self.density).item())


def expected_tumour(
    cancer: str,
    analyte: Analyte,
    fluid: str,
    numbers: StagedNumbers,
    *,
    law: Law = "exponential",
    size_classes: Sequence[str] = (SMALL_EV,),
) -> ExpectedTumour:
    """The typical tumour of a cancer, and what it brings of an analyte into plasma.

    size_classes: carriers of vesicles that the tumour sheds, each with its own release, share and half-life.
    Raises InputError for a fluid other than blood, in which vesicles arrive by another way; EvidenceError for numbers
    that nobody has given.
    """
    if fluid_named(fluid) not in BLOOD:
        raise InputError(
            f"the expected tumour is followed in plasma or serum, not in {fluid}; ask for the cohort there"
        )
    people = People(1, still=frozenset(STAGES))
    asker, growth = Asker(numbers, people), growth_of(law, cancer, numbers, people)
    return ExpectedTumour(growth, _classes(asker, cancer, analyte, growth, size_classes), cell_density(asker.given))


def chance_of_error(count: float, dna: float, volume: float, numbers: StagedNumbers) -> float:
    """Chance that errors of reading alone make so many molecules look like the tumour's, in this volume of plasma (mL).

    dna: of plasma, ng/mL.  Every genome holds the place twice.
    """
    molecules, error_rate = _molecules(dna, volume, numbers)
    return float(chance_of(count, molecules, error_rate).item())


def smallest_telling_count(dna: float, volume: float, false_positives: float, numbers: StagedNumbers) -> float:
    """The fewest molecules that errors alone make with at most this probability."""
    molecules, error_rate = _molecules(dna, volume, numbers)
    return float(smallest_count(molecules, error_rate, false_positives).item())


def _molecules(dna: float, volume: float, numbers: StagedNumbers) -> tuple[float, float]:
    asker = Asker(numbers, People(1, still=frozenset(STAGES)), "assay")
    genome = asker.number("diploid_genome_mass", "pg/cell")
    molecules = np.rint(2.0 * genomes_per_ml(dna, genome) * volume)
    return float(molecules), asker.number("fragment_error_rate", "dimensionless")


def _classes(
    asker: Asker, cancer: str, analyte: Analyte, growth: Growth, carriers: Sequence[str]
) -> Classes:  # fmt: skip
    """What carries the analyte in plasma: release, share, clearance and healthy influx of every class."""
    volume = asker.number("plasma_volume", "mL")
    parts: list[tuple[float, float, float, float]] = []
    if analyte.kind != "fragment" and is_counted(analyte):
        parts += [_on_vesicles(asker, cancer, analyte, carrier, volume) for carrier in carriers]
    if analyte.kind != "vesicle":
        parts.append(_outside(asker, cancer, analyte, growth, volume, parts))
    release, share, clearance, influx = (np.array(column) for column in zip(*parts, strict=True))
    return Classes(release, share, clearance, influx, volume)


def _on_vesicles(
    asker: Asker, cancer: str, analyte: Analyte, carrier: str, volume: float
) -> tuple[float, float, float, float]:  # fmt: skip
    """Vesicles of one size class times what each carries."""
    release = asker.number("vesicle_release_rate", "vesicle/cell/h", carrier=carrier)
    release *= asker.number("tumour_release_factor", "dimensionless", cancer=cancer, carrier=SMALL_EV)
    share = asker.number(
        "shed_fraction_entering_blood", "dimensionless", cancer=cancer, organ="tumour", carrier=carrier
    )
    clearance = math.log(2.0) / asker.number("circulation_half_life", "h", carrier=carrier)
    usual = healthy_copies(asker, analyte, "plasma").per_vesicle
    if analyte.kind == "vesicle":
        carried = asker.typical(
            "positive_share_of_tumour_vesicles", "dimensionless", analyte, cancer=cancer, carrier=SMALL_EV
        )
    else:
        carried = usual * asker.typical(
            "tumour_vesicle_enrichment", "dimensionless", analyte, cancer=cancer, carrier=SMALL_EV
        )
    counted = asker.number("particle_concentration", "vesicle/mL", carrier=carrier, fluid="plasma")
    return release * carried, share, clearance, counted * usual * clearance * volume


def _outside(
    asker: Asker, cancer: str, analyte: Analyte, growth: Growth, volume: float,
    on_vesicles: Sequence[tuple[float, float, float, float]],
) -> tuple[float, float, float, float]:  # fmt: skip
    """What floats outside vesicles: shed as such, with its own half-life."""
    clearance = math.log(2.0) / asker.typical("circulation_half_life", "h", analyte, carrier="free")
    if analyte.kind == "fragment":
        birth = asker.number("tumour_cell_birth_rate", "1/h", cancer=cancer, organ="tumour")
        death = max(birth - float(growth.rate_at(1.0).item()), 0.0)
        per_death = asker.typical("fragments_shed_per_death", "molecule/cell", analyte, cancer=cancer)
        return float(shedding_rate(death, per_death)), 1.0, clearance, 0.0
    share = asker.number("shed_fraction_entering_blood", "dimensionless", cancer=cancer, organ="tumour", carrier="free")
    if analyte.kind == "mirna":
        ratio = asker.typical("tumour_free_release_ratio", "dimensionless", analyte, cancer=cancer)
        outside = asker.typical("share_outside_vesicles", "dimensionless", analyte, fluid="plasma")
        usual = sum(influx / (rate * volume) for _, _, rate, influx in on_vesicles)
        healthy_free = usual * outside / (1.0 - outside)
        return on_vesicles[0][0] * ratio, share, clearance, healthy_free * clearance * volume
    counted = is_counted(analyte)
    release = asker.typical(
        "free_release_rate" if counted else "free_release_activity", f"{analyte.unit}/cell/h", analyte, cancer=cancer,
        carrier="free",
    )  # fmt: skip
    usual = asker.typical(
        "healthy_free_concentration" if counted else "healthy_free_activity", f"{analyte.unit}/mL", analyte,
        fluid="plasma", carrier="free",
    )  # fmt: skip
    return release, share, clearance, usual * clearance * volume
