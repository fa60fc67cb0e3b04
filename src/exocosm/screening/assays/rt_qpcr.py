"""RT-qPCR: reverse transcription of few molecules, then the cycle at which a well shines."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from exocosm.documents.fields import Section, ShortText, Word
from exocosm.screening.assays.normalisation import Method, normalised
from exocosm.screening.assays.of_analytes import SPIKE_IN, of_each
from exocosm.screening.assays.reading import MICROLITRE, Reading, columns_of, reading_of, taken
from exocosm.screening.content import Content
from exocosm.screening.handling import is_inhibited
from exocosm.screening.people import People, StagedNumbers, varied

Array = NDArray[np.float64]

NAME = "rt_qpcr"
TITLE = "RT-qPCR of single miRNAs"
ANALYTES = ("mirna",)
EXTRACTS = True


class Settings(Section):
    """How the reactions are set up.

    microlitres: of RNA into the reverse transcription.  wells: per analyte and sample.  preamplification: cycles
    before the wells.  quantified: `standard_curve` gives log2 of the copies by each assay's own curve, `cycles` minus
    the cycle.  extraction: how the RNA is got.
    """

    microlitres: Annotated[float, Field(gt=0, le=1000)] = 3.0
    wells: Annotated[int, Field(ge=1, le=24)] = 2
    preamplification: Annotated[int, Field(ge=0, le=30)] = 0
    quantified: Literal["standard_curve", "cycles"] = "standard_curve"
    normalisation: Method = "none"
    references: list[ShortText] = Field(default=[], max_length=20)
    extraction: Word = "silica_column"


def cycle(copies: Array, efficiency: Array, threshold: float) -> Array:
    """The cycle at which copies in a well reach the threshold: log2(threshold / copies) / log2(1 + efficiency).

    Infinite for no copies.  Shapes: (people, analytes), (analytes,) -> (people, analytes).
    """
    with np.errstate(divide="ignore"):
        return np.asarray(np.log2(threshold / copies) / np.log2(1.0 + efficiency))


def transcribed(content: Content, numbers: StagedNumbers, people: People) -> Array:
    """Copies of cDNA per copy of miRNA in every sample's reaction; less in heparin.  Shape: (people,)."""
    each = varied(numbers, people, "assay", "reverse_transcription_efficiency", "dimensionless", each_visit=True)
    if is_inhibited(content):
        inhibited = varied(
            numbers, people, "assay", "reverse_transcription_inhibition", "dimensionless", each_visit=True,
            label="heparin",
        )  # fmt: skip
        each = each * np.minimum(inhibited, 1.0)
    return np.asarray(each)


def read(content: Content, numbers: StagedNumbers, people: People, settings: Settings) -> Reading:
    """Cycles of every analyte, as minus the cycle or as log2 copies of cDNA in a well.

    copies ~ Poisson(amount * volume * transcribed * share of a well * wells) / wells; with preamplification
    Poisson(amount * volume * transcribed) * share * (1 + E)^cycles.  Ct = log2(T / copies) / log2(1 + E) + noise.
    From the cut-off cycle on it is censored, at the upper end of the linear range saturated.
    """
    given = numbers["assay"]
    columns = columns_of(content, ANALYTES, NAME, (SPIKE_IN.name,))
    efficiency = of_each(given, "amplification_efficiency", "dimensionless", columns.names)
    growth = np.log2(1.0 + efficiency)
    threshold, cutoff = given("qpcr_threshold_copies", "molecule"), given("qpcr_cutoff_cycle", "dimensionless")
    share, wells = given("cdna_share", "dimensionless"), settings.wells
    fluid = taken(content, settings.microlitres)
    expected = columns.amount * fluid * transcribed(content, numbers, people)[:, None]
    if settings.preamplification:
        copies = _counted(people, columns.names, expected) * share * 2.0 ** (growth * settings.preamplification)
    else:
        copies = _counted(people, columns.names, expected * share * wells) / wells
    noise = given("qpcr_ct_sd", "dimensionless") / np.sqrt(wells)
    moves = [people.normals("assay", f"cycle of {name}", each_visit=True) for name in columns.names]
    cycles = cycle(copies, efficiency, threshold) + noise * np.column_stack(moves)
    typical = given("reverse_transcription_efficiency", "dimensionless") * share
    most = given("qpcr_largest_concentration", "molecule/uL") * fluid / MICROLITRE * typical
    earliest = cycle(np.full(len(columns.names), most), efficiency, threshold) - settings.preamplification
    censored, saturated = cycles > cutoff, cycles <= earliest
    cycles = np.clip(cycles, np.minimum(earliest, cutoff), cutoff)
    signal, limit, unit = -cycles, np.full(len(columns.names), -cutoff), "cycles (minus Ct)"
    if settings.quantified == "standard_curve":
        undone = np.log2(threshold) - growth * settings.preamplification
        signal, limit, unit = undone - cycles * growth, undone - cutoff * growth, "log2 copies of cDNA in a well"
    reading = reading_of(columns, NAME, signal, censored, saturated, limit, unit, content.notes)
    return normalised(reading, settings.normalisation, settings.references)


def price(numbers: StagedNumbers, markers: int) -> float:
    """Money for one sample with so many markers; euro."""
    given = numbers["assay"]
    return (given("price", "euro", device="rt_qpcr_sample")
            + markers * given("price", "euro", device="rt_qpcr_marker"))  # fmt: skip


def _counted(people: People, names: tuple[str, ...], expected: Array) -> Array:
    """Poisson counts, by name, so that one more marker shifts no number."""
    return np.column_stack(
        [people.counted("assay", f"copies of {name}", expected[:, place]) for place, name in enumerate(names)]
    )
