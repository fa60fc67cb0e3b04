"""What is known of a cancer when it is diagnosed without a test: stages, diameters, growth, how many have it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exocosm.bench.numbers import Numbers
from exocosm.errors import InputError
from exocosm.evidence.value import Value
from exocosm.screening.asking import ORGANISM, settled

Array = NDArray[np.float64]

STAGE_NAMES = ("I", "II", "III", "IV")
DIAMETER, SHARE = "tumour_diameter_at_diagnosis", "stage_share"


@dataclass(frozen=True)
class Stage:
    """One stage.  name: empty for a cancer without stages.  diameter: mm, median; spread: sd of its logarithm."""

    name: str
    share: float
    diameter: float
    spread: float


@dataclass(frozen=True)
class CancerAtDiagnosis:
    """A cancer as it is diagnosed where nobody is screened.

    least, most: mm, no diameter lies outside.  doubling_time: day, median over patients; doubling_spread: sd of its
    logarithm.  prevalence: share of the people offered a test who have it.  confirmable: mm, the smallest tumour that
    the examination after a positive test finds.
    """

    cancer: str
    stages: tuple[Stage, ...]
    least: float
    most: float
    doubling_time: float
    doubling_spread: float
    prevalence: float
    confirmable: float

    def __post_init__(self) -> None:
        positive = (self.least, self.most, self.doubling_time, self.confirmable, *(one.diameter for one in self.stages))
        if not self.stages or min(positive) <= 0 or not self.least < self.most:
            raise InputError(f"{self.cancer}: diameters and times are above zero, and the least is below the most")
        if min(one.share for one in self.stages) < 0 or sum(one.share for one in self.stages) <= 0:
            raise InputError(f"{self.cancer}: the shares of the stages are not below zero, and not all zero")

    def tumours(self, stage_chance: Array, diameter_chance: Array) -> tuple[NDArray[np.int64], Array]:
        """Index of the stage and diameter (mm) for chances uniform in (0, 1).  Shapes: (people,).

        Diameter: log-normal by stage, cut at `least` and `most`.
        """
        from scipy.special import ndtr, ndtri

        shares = np.array([one.share for one in self.stages])
        cumulated = np.cumsum(shares) / shares.sum()
        index = np.minimum(np.searchsorted(cumulated, stage_chance, side="right"), len(self.stages) - 1)
        centre = np.log([one.diameter for one in self.stages])[index]
        spread = np.array([one.spread for one in self.stages])[index]
        width = np.where(spread > 0, spread, 1.0)
        below, above = ndtr((math.log(self.least) - centre) / width), ndtr((math.log(self.most) - centre) / width)
        score = ndtri(below + diameter_chance * (above - below))
        diameter = np.exp(centre + np.where(spread > 0, spread * score, 0.0))
        return index, np.clip(diameter, self.least, self.most)

    def doubling_times(self, chance: Array) -> Array:
        """Doubling times of the volume (day), log-normal, for chances uniform in (0, 1).  Shape: (people,)."""
        from scipy.special import ndtri

        return np.asarray(self.doubling_time * np.exp(self.doubling_spread * ndtri(chance)))


def cancers_known(numbers: Numbers) -> tuple[str, ...]:
    """Cancers whose diameters at diagnosis there are rows of."""
    named = (population.split(" stage ")[0] for population in numbers.words(DIAMETER, "population"))
    return tuple(dict.fromkeys(named))


def cancer_at_diagnosis(numbers: Numbers, cancer: str) -> CancerAtDiagnosis:
    """A cancer from rows of `stage_share`, `tumour_diameter_at_diagnosis`, `tumour_doubling_time` and so on.

    A row of another cancer never stands in.  Errors: InputError for a cancer without rows, EvidenceError for rows that
    are missing or in conflict.
    """
    known = {name.casefold(): name for name in cancers_known(numbers)}
    if cancer.strip().casefold() not in known:
        raise InputError(
            f"nothing is known of '{cancer}' at diagnosis; known: {', '.join(sorted(known.values()))}.  Of another "
            f"cancer give own values of {DIAMETER}, {SHARE} (population '{cancer} stage I' and so on) and "
            "tumour_doubling_time"
        )
    cancer = known[cancer.strip().casefold()]
    staged = [name for name in STAGE_NAMES if f"{cancer} stage {name}" in numbers.words(SHARE, "population")]
    stages = []
    for name in staged or [""]:
        population = f"{cancer} stage {name}" if name else cancer
        share = of_this(numbers, SHARE, "dimensionless", population) if name else 1.0
        diameter = of_this(numbers, DIAMETER, "mm", population)
        stages.append(Stage(name, share, diameter, _spread(numbers, DIAMETER, population)))
    return CancerAtDiagnosis(
        cancer=cancer,
        stages=tuple(stages),
        least=of_this(numbers, "least_tumour_diameter_at_diagnosis", "mm", cancer),
        most=of_this(numbers, "most_tumour_diameter_at_diagnosis", "mm", cancer),
        doubling_time=of_this(numbers, "tumour_doubling_time", "day", cancer),
        doubling_spread=_spread(numbers, "tumour_doubling_time", cancer),
        prevalence=of_this(numbers, "undiagnosed_cancer_prevalence", "dimensionless", cancer),
        confirmable=of_this(numbers, "confirmable_tumour_diameter", "mm", cancer),
    )


def of_this(numbers: Numbers, quantity: str, unit: str, population: str) -> float:
    """The number of human patients of this population, in `unit`, from a row of it or from one of no population."""
    row = _row(numbers, quantity, population)
    context = {"organism": ORGANISM} | ({"population": population} if row.population else {})
    return numbers(quantity, unit, **context)


def _row(numbers: Numbers, quantity: str, population: str) -> Value:
    return settled(numbers, quantity, {"population": (population, "")}, {"organism": ORGANISM})


def _spread(numbers: Numbers, quantity: str, population: str) -> float:
    """Standard deviation, between patients, of the logarithm of a quantity."""
    row = _row(numbers, quantity, population)
    spread = numbers.ledger.spread(row)
    if spread.transform == "log":
        return spread.variability
    return math.sqrt(math.log1p((spread.variability / row.value) ** 2))
