"""Digital PCR: copies counted by the share of partitions that stay dark."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from exocosm.documents.fields import Section, ShortText, Word
from exocosm.errors import InputError, nearest
from exocosm.screening.assays.normalisation import Method, normalised
from exocosm.screening.assays.of_analytes import SPIKE_IN
from exocosm.screening.assays.reading import Reading, columns_of, log2_or_bound, reading_of, taken
from exocosm.screening.assays.rt_qpcr import transcribed
from exocosm.screening.content import Content
from exocosm.screening.people import People, StagedNumbers

Array = NDArray[np.float64]

NAME = "digital_pcr"
TITLE = "Digital PCR of single miRNAs"
ANALYTES = ("mirna",)
EXTRACTS = True
BLANK_QUANTILE = 0.95  # of the counts of blanks, above which a count is no blank: the usual limit of blank
MANY = 1e3  # variance of a count from which the normal stands for the binomial distribution


class Settings(Section):
    """How the reactions are set up.

    device: `droplet`, `chamber`, or a word of partition_count.  microlitres: of RNA into the reverse transcription.
    wells: read together, per analyte and sample.
    """

    device: Word = "droplet"
    microlitres: Annotated[float, Field(gt=0, le=1000)] = 3.0
    wells: Annotated[int, Field(ge=1, le=24)] = 1
    normalisation: Method = "none"
    references: list[ShortText] = Field(default=[], max_length=20)
    extraction: Word = "silica_column"


def bright_chance(copies_per_partition: ArrayLike, false_positive: float) -> Array:
    """The chance that a partition shines: 1 - (1 - false_positive) exp(-copies per partition)."""
    return np.asarray(1.0 - (1.0 - false_positive) * np.exp(-np.asarray(copies_per_partition, dtype=float)))


def copies_per_partition(bright: ArrayLike, partitions: float, false_positive: float = 0.0) -> Array:
    """The estimate of copies per partition: -ln((1 - k/n) / (1 - false_positive)); 0 if fewer shine than in a blank."""
    with np.errstate(divide="ignore"):
        found = -np.log((1.0 - np.asarray(bright, dtype=float) / partitions) / (1.0 - false_positive))
    return np.asarray(np.maximum(found, 0.0))


def read(content: Content, numbers: StagedNumbers, people: People, settings: Settings) -> Reading:
    """log2 of the copies of cDNA in the partitions of all wells, as counted.

    k ~ Binomial(n, 1 - (1 - f) exp(-c / n)) with c the copies that reach a partition: amount * volume * transcribed *
    share of a well * (1 - dead volume).  Estimate: -n ln((1 - k/n) / (1 - f)).  Censored: k within the limit of blank;
    saturated: all partitions but one or none shine.
    """
    given = numbers["assay"]
    known = given.words("partition_count", "device")
    if settings.device not in known:
        raise InputError(f"there are no partitions of '{settings.device}'; {nearest(settings.device, known)} A new kind"
                         " is a row each of partition_count, partition_volume and digital_reaction_volume")  # fmt: skip
    columns = columns_of(content, ANALYTES, NAME, (SPIKE_IN.name,))
    each = np.floor(given("partition_count", "dimensionless", device=settings.device))
    partitions = each * settings.wells
    held = each * given("partition_volume", "mL", device=settings.device)
    read_share = min(held / given("digital_reaction_volume", "mL", device=settings.device), 1.0)
    expected = columns.amount * taken(content, settings.microlitres) * transcribed(content, numbers, people)[:, None]
    copies = expected * given("cdna_share", "dimensionless") * settings.wells * read_share
    false_positive = given("false_positive_partition_share", "dimensionless")
    chance = bright_chance(copies / partitions, false_positive)
    bright = np.column_stack(
        [_binomial(people, f"partitions of {name}", partitions, chance[:, at]) for at, name in enumerate(columns.names)]
    )
    from scipy.stats import binom

    blank = float(binom.ppf(BLANK_QUANTILE, partitions, false_positive))
    censored, saturated = bright < blank + 1.0, bright >= partitions - 1.0
    least = partitions * float(copies_per_partition(blank + 1.0, partitions, false_positive))
    found = partitions * copies_per_partition(np.minimum(bright, partitions - 1.0), partitions, false_positive)
    reading = reading_of(
        columns, NAME, log2_or_bound(found, least, censored), censored, saturated,
        np.full(len(columns.names), np.log2(least)), "log2 copies of cDNA counted", content.notes,
    )  # fmt: skip
    return normalised(reading, settings.normalisation, settings.references)


def price(numbers: StagedNumbers, markers: int) -> float:
    """Money for one sample with so many markers; euro."""
    given = numbers["assay"]
    return (given("price", "euro", device="digital_pcr_sample")
            + markers * given("price", "euro", device="digital_pcr_marker"))  # fmt: skip


def _binomial(people: People, name: str, partitions: float, chance: Array) -> Array:
    """Binomial counts, new at each visit; their means if the assay is still.  Shape: (people,)."""
    if "assay" in people.still:
        return partitions * chance
    from scipy.special import ndtri
    from scipy.stats import binom

    uniform = people.uniforms("assay", name, each_visit=True)
    variance = partitions * chance * (1.0 - chance)
    many = variance > MANY
    counted = np.empty(people.number)
    middle = partitions * chance[many] + np.sqrt(variance[many]) * ndtri(uniform[many])
    counted[many] = np.clip(np.rint(middle), 0.0, partitions)
    counted[~many] = binom.ppf(uniform[~many], partitions, chance[~many])
    return counted
