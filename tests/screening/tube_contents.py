"""Contents that the tests of handling, isolation and assays share."""

from __future__ import annotations

from functools import cache

import numpy as np

from exocosm.bench.numbers import Numbers, bench_numbers
from exocosm.screening.content import Analyte, Content
from exocosm.screening.people import STAGES, People, StagedNumbers

MIRNAS = (Analyte("miR-451a"), Analyte("miR-1246"), Analyte("miR-21-5p"))
PROTEINS = (Analyte("CD9", "protein"), Analyte("CA125", "protein", "activity_unit"))
VESICLES = (Analyte("EpCAM", "vesicle", "vesicle"),)
OF_KIND = {"mirna": MIRNAS, "protein": PROTEINS, "vesicle": VESICLES}
STILL = frozenset(STAGES)


@cache
def bench(draws: int = 0) -> Numbers:
    return bench_numbers(draws=draws)


def numbers(draws: int = 0) -> StagedNumbers:
    return StagedNumbers.alike(bench(draws))


def content_of(
    analytes: tuple[Analyte, ...],
    per_ml: float | np.ndarray,
    people: int,
    *,
    fluid: str = "plasma",
    volume: float = 4.0,
) -> Content:
    """The same amount per mL outside vesicles as in healthy ones, and a tenth of it in those of a tumour."""
    amount = np.broadcast_to(np.asarray(per_ml, dtype=float), (people, len(analytes)))
    shares = {"tumour_ev": 0.1, "healthy_ev": 1.0, "free": 1.0}
    return Content(
        analytes=analytes,
        amounts={carrier: amount * share for carrier, share in shares.items()},
        vesicles={"tumour_ev": np.full(people, 1e7), "healthy_ev": np.full(people, 1e10)},
        volume=volume,
        fluid=fluid,
    )


def still(number: int = 1) -> People:
    return People(number, still=STILL)
