"""Small-RNA sequencing: a library of all small RNA in the isolate, and the reads that each miRNA gets of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from exocosm.documents.fields import Section, ShortText, Word
from exocosm.screening.assays.normalisation import TOTAL, Method, normalised
from exocosm.screening.assays.of_analytes import OTHER_RNA, SPIKE_IN, of_each
from exocosm.screening.assays.reading import Reading, columns_of, log2_or_bound, reading_of, taken
from exocosm.screening.content import Content
from exocosm.screening.people import People, StagedNumbers, varied

Array = NDArray[np.float64]

NAME = "small_rna_sequencing"
TITLE = "Small-RNA sequencing"
ANALYTES = ("mirna",)
EXTRACTS = True
ALONE = "the library holds the analytes only: no other small RNA was put into the sample (`with_other_rna`)"


class Settings(Section):
    """How the library is made.

    microlitres: of RNA into the library.  reads: of one sample (by default those of library_depth).
    """

    microlitres: Annotated[float, Field(gt=0, le=1000)] = 6.0
    reads: Annotated[float, Field(gt=0, le=1e11)] | None = None
    normalisation: Method = "total"
    references: list[ShortText] = Field(default=[], max_length=20)
    extraction: Word = "silica_column"


def read(content: Content, numbers: StagedNumbers, people: People, settings: Settings) -> Reading:
    """log2 of the reads of every miRNA.

    molecules ~ Poisson(amount * volume * capture * bias); reads ~ Poisson(depth * share of miRNA * weight / sum of
    weights), weight = molecules * gamma of mean 1 and variance `dispersion` (so reads are negative binomial).  The bias
    belongs to the miRNA and is the same for all people.  Censored: fewer than the least reads.
    """
    given = numbers["assay"]
    columns = columns_of(content, ANALYTES, NAME, (SPIKE_IN.name, OTHER_RNA.name))
    bias = of_each(given, "ligation_bias", "dimensionless", columns.names)
    bias[[name == OTHER_RNA.name for name in columns.names]] = 1.0  # a mean over hundreds of miRNAs
    capture = varied(numbers, people, "assay", "library_capture", "dimensionless", each_visit=True)
    expected = columns.amount * taken(content, settings.microlitres) * capture[:, None] * bias
    weight = np.column_stack(
        [
            people.counted("assay", f"library of {name}", expected[:, place])
            * _dispersed(people, f"library weight of {name}", given("sequencing_dispersion", "dimensionless"))
            for place, name in enumerate(columns.names)
        ]
    )
    depth = varied(numbers, people, "assay", "library_depth", "dimensionless", each_visit=True)
    if settings.reads is not None:
        depth = depth * (settings.reads / given("library_depth", "dimensionless"))
    usable = varied(numbers, people, "assay", "mirna_read_share", "dimensionless", each_visit=True)
    whole = weight.sum(axis=1, keepdims=True)
    mean = (depth * usable)[:, None] * weight / np.where(whole > 0, whole, 1.0)
    reads = np.column_stack(
        [people.counted("assay", f"reads of {name}", mean[:, place]) for place, name in enumerate(columns.names)]
    )
    least = given("sequencing_minimum_reads", "dimensionless")
    censored = reads < least
    notes = content.notes if OTHER_RNA.name in columns.names else (*content.notes, ALONE)
    reading = reading_of(
        columns, NAME, log2_or_bound(reads, least, censored), censored, np.zeros_like(censored),
        np.full(len(columns.names), np.log2(least)), "log2 reads", notes,
    )  # fmt: skip
    total = reads.sum(axis=1)
    unread = total < least
    reading = replace(
        reading,
        apart={**reading.apart, TOTAL: log2_or_bound(total, least, unread)},
        apart_censored={**reading.apart_censored, TOTAL: unread},
    )
    return normalised(reading, settings.normalisation, settings.references)


def price(numbers: StagedNumbers, markers: int) -> float:
    """Money for one sample, however many markers; euro."""
    return numbers["assay"]("price", "euro", device="small_rna_sequencing_sample")


def _dispersed(people: People, name: str, dispersion: float) -> Array:
    """Gamma numbers of mean 1 and this variance, new at each visit; ones if the assay is still.  Shape: (people,)."""
    if "assay" in people.still or dispersion == 0:
        return np.ones(people.number)
    from scipy.special import gammaincinv

    shape = 1.0 / dispersion
    return np.asarray(gammaincinv(shape, people.uniforms("assay", name, each_visit=True)) / shape)
