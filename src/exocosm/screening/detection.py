"""At what size a tumour is seen: detection probability by diameter, and the smallest diameter that is found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exocosm.accuracy.estimate import LEVEL, Estimate
from exocosm.accuracy.shares import proportion
from exocosm.errors import InputError
from exocosm.screening.cohort import CASES, CHUNK, Chain, Cohort, read
from exocosm.screening.score import Panel

Array = NDArray[np.float64]

MAXIMUM_DIAMETERS = 200
MAXIMUM_PROBES = 50_000_000  # people times diameters


@dataclass(frozen=True, eq=False)
class DetectionCurve:
    """Share of the same people who test positive, by the diameter of their tumour.

    diameter: mm, rising.  probability, low, high: as counted, with exact limits, each of its own diameter (diameters,).
    false_positive: the share among them without a tumour.
    """

    diameter: Array
    probability: Array
    low: Array
    high: Array
    false_positive: Estimate
    people: int
    level: float = LEVEL

    def smooth(self) -> Array:
        """The nearest curve that never falls (isotonic regression).  Shape: (diameters,)."""
        return _rising(self.probability)


@dataclass(frozen=True)
class SmallestDiameter:
    """The smallest tumour that is found with a wanted probability.

    diameter: mm; None if no diameter of the grid is found so often.  low, high: mm, where the upper and the lower limit
    of the curve get there; None beyond the grid.  words: what was found, in a sentence.
    """

    probability: float
    diameter: float | None
    low: float | None
    high: float | None
    words: str


def detection_by_diameter(
    cohort: Cohort,
    chain: Chain,
    panel: Panel,
    markers: tuple[str, ...],
    diameters: Sequence[float],
    *,
    people: int,
    level: float = LEVEL,
    chunk: int = CHUNK,
) -> DetectionCurve:
    """How often a tumour of each size tests positive, in people on whom nothing was trained.

    diameters: mm.  The same people have a tumour of each size in turn, so that the curve is not roughened by who they
    are.  Errors: InputError for diameters that are not above zero, or too many.
    """
    grid = np.unique(np.asarray(diameters, dtype=float))
    if not 1 <= grid.size <= MAXIMUM_DIAMETERS or not np.all(np.isfinite(grid)) or grid[0] <= 0:
        raise InputError(f"give 1 to {MAXIMUM_DIAMETERS} diameters in mm, all above zero")
    if not 1 <= people <= MAXIMUM_PROBES // (grid.size + 1):
        raise InputError(f"1 to {MAXIMUM_PROBES // (grid.size + 1)} people can be asked at {grid.size} diameters")
    fresh = cohort.fresh("detection", cases=people)
    scoring, hits = panel.scoring(markers), np.zeros(grid.size + 1, dtype=int)
    for first in range(0, people, chunk):
        some = fresh.people(fresh.arm(CASES), first, min(chunk, people - first))
        for place, diameter in enumerate([0.0, *grid]):
            size, has_tumour = np.full(some.number, diameter), np.full(some.number, diameter > 0)
            hits[place] += int(panel.is_positive(scoring(*read(chain, some, size, has_tumour, len(markers)))).sum())
    shares = [proportion(int(count), people, level) for count in hits]
    return DetectionCurve(
        diameter=grid,
        probability=np.array([share.value for share in shares[1:]]),
        low=np.array([share.low for share in shares[1:]]),
        high=np.array([share.high for share in shares[1:]]),
        false_positive=shares[0],
        people=people,
        level=level,
    )


def smallest_detectable(curve: DetectionCurve, probability: float = 0.9) -> SmallestDiameter:
    """The diameter from which on tumours are found with this probability, or more.

    On the curve that never falls, between diameters of the grid by a straight line in the logarithm of the diameter.
    A curve that is there already at the least diameter gives that one, and says so.
    """
    if not 0.0 < probability < 1.0:
        raise InputError(f"a wanted probability lies between 0 and 1, not {probability:g}")
    diameter = _crossing(curve.diameter, curve.smooth(), probability)
    least, most = float(curve.diameter[0]), float(curve.diameter[-1])
    if diameter is None:
        best = float(curve.smooth()[-1])
        words = f"never within the grid: at {most:g} mm, the largest asked, {best:.3g} are found"
    elif diameter == least:
        words = f"{least:g} mm or less: the smallest asked is found so often already"
    else:
        words = f"{diameter:.3g} mm"
    if curve.false_positive.value >= probability:
        words += f"; but {curve.false_positive.value:.3g} test positive without any tumour"
    return SmallestDiameter(
        probability,
        diameter,
        _crossing(curve.diameter, _rising(curve.high), probability),
        _crossing(curve.diameter, _rising(curve.low), probability),
        words,
    )


def _rising(shares: Array) -> Array:
    from sklearn.isotonic import isotonic_regression

    return np.asarray(isotonic_regression(shares), dtype=float)


def _crossing(diameter: Array, shares: Array, wanted: float) -> float | None:
    """Where a rising curve reaches a share; None if it does not."""
    place = int(np.searchsorted(shares, wanted, side="left"))
    if place == shares.size:
        return None
    if place == 0:
        return float(diameter[0])
    below, above = shares[place - 1], shares[place]
    part = (wanted - below) / (above - below)
    return float(diameter[place - 1] * math.exp(part * math.log(diameter[place] / diameter[place - 1])))
