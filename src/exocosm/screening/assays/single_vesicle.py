"""Single vesicles: how many of those looked at shine with the antibody against a marker."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from exocosm.documents.fields import Section
from exocosm.errors import InputError
from exocosm.screening.assays.reading import Reading, columns_of, log2_or_bound, taken
from exocosm.screening.content import Content
from exocosm.screening.handling import PLATELET
from exocosm.screening.people import People, StagedNumbers, varied

Array = NDArray[np.float64]

NAME = "single_vesicle"
TITLE = "Single vesicles with a marker, counted by fluorescence"
ANALYTES = ("vesicle",)
EXTRACTS = False
BLANK_QUANTILE = 0.95  # of the counts of blanks, above which a count is no blank: the usual limit of blank


class Settings(Section):
    """How the vesicles are counted.

    vesicles: looked at per marker and sample, or all there are.  microlitres: of the isolate that is stained.
    """

    vesicles: Annotated[float, Field(ge=1, le=1e9)] = 1e5
    microlitres: Annotated[float, Field(gt=0, le=1e6)] = 50.0


def bright_share(carrying: Array, sensitivity: Array, false_positive: Array) -> Array:
    """Share of vesicles that shine: s c + f (1 - s c), c the share that carries the marker.

    s: share of the carrying that shine above the limit; f: share of the others that shine all the same.
    """
    seen = sensitivity * carrying
    return np.asarray(seen + false_positive * (1.0 - seen))


def least_count(blank: Array, numbers: StagedNumbers) -> Array:
    """The least count that is no blank: one above the 95 % quantile of blanks of this median.

    Blanks vary by counting and from one staining to another: negative binomial with that coefficient of variation.
    """
    from scipy.stats import nbinom

    given = numbers["assay"]
    row = given.ledger.pinned("single_vesicle_background_fold", {}).value
    sigma = given.ledger.spread(row).variability
    between, mean = np.expm1(sigma**2), blank * row.value * np.exp(sigma**2 / 2.0)
    return np.asarray(nbinom.ppf(BLANK_QUANTILE, 1.0 / between, 1.0 / (1.0 + between * mean)) + 1.0)


def read(content: Content, numbers: StagedNumbers, people: People, settings: Settings) -> Reading:
    """log2 of the share of vesicles that shine, for every marker.

    k ~ Poisson(N (s c + f (1 - s c))), where f differs between stainings.  Censored: k within the limit of blank.
    """
    if not content.vesicles:
        raise InputError(f"{NAME} counts vesicles, and the sample holds none; isolate without an extraction of RNA")
    given = numbers["assay"]
    columns = columns_of(content, ANALYTES, NAME)
    whole = np.asarray(sum(count for name, count in content.vesicles.items() if name != PLATELET))
    carrying = np.clip(columns.amount / np.where(whole > 0, whole, 1.0)[:, None], 0.0, 1.0)
    looked_at = np.minimum(settings.vesicles, whole * taken(content, settings.microlitres))[:, None]
    sensitivity = varied(
        numbers, people, "assay", "single_vesicle_sensitivity", "dimensionless", each_visit=True
    )[:, None]  # fmt: skip
    usual = np.array([given("antibody_clump_share", "dimensionless", cargo=name) for name in columns.names])
    fold = varied(numbers, people, "assay", "single_vesicle_background_fold", "dimensionless", each_visit=True)
    false_positive = np.minimum(usual * fold[:, None], 1.0)
    expected = looked_at * bright_share(carrying, sensitivity, false_positive)
    counted = np.column_stack(
        [people.counted("assay", f"vesicles with {name}", expected[:, at]) for at, name in enumerate(columns.names)]
    )
    counted = np.minimum(counted, looked_at)
    least = least_count(looked_at * usual, numbers)
    some = np.maximum(looked_at, 1.0)
    usual_least = least_count(settings.vesicles * usual, numbers)
    censored = counted < least
    return Reading(
        assay=NAME, analytes=columns.names, signal=log2_or_bound(counted / some, least / some, censored),
        censored=censored, saturated=(counted >= looked_at) & ~censored,
        limit=np.log2(usual_least / settings.vesicles), unit="log2 share of vesicles",
        failed=np.zeros(people.number, dtype=bool), notes=content.notes,
    )  # fmt: skip


def price(numbers: StagedNumbers, markers: int) -> float:
    """Money for one sample with so many markers; euro."""
    given = numbers["assay"]
    return (given("price", "euro", device="single_vesicle_sample")
            + markers * given("price", "euro", device="single_vesicle_marker"))  # fmt: skip
