"""The people of a virtual cohort, as random numbers by name, and numbers that differ between them.

Every source of difference has a name that begins with its stage: `biology: background miR-21`.  So a stage can be
switched off (`still`), which is how the spread of an answer is split among stages; that shifts no other number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from exocosm.bench.numbers import Numbers
from exocosm.errors import InputError
from exocosm.evidence.spread import draw
from exocosm.randomness import standard_normals, uniforms

Array = NDArray[np.float64]

STAGES = ("biology", "preanalytics", "isolation", "assay")
FEW, KEPT = 1024, 2048  # rows of numbers of so few people are kept, so many of them: 16 MB


@dataclass(frozen=True)
class People:
    """`number` people of one arm of a cohort, the first of whom is person `first`.

    still: stages whose differences between people (and between their samples) are switched off.  visit: which blood
    draw this is; what is a person's own ignores it, what differs from draw to draw does not.
    """

    number: int
    seed: int = 1
    group: str = "people"
    first: int = 0
    visit: int = 0
    still: frozenset[str] = frozenset()

    def normals(self, stage: str, name: str, *, each_visit: bool = False) -> Array:
        """Standard normal numbers, one per person; zeros if the stage is still.  Shape: (people,)."""
        if self._is_still(stage):
            return np.zeros(self.number)
        return _normals(self.seed, self.group, self.first, self.number, self._name(stage, name, each_visit))

    def uniforms(self, stage: str, name: str, *, each_visit: bool = False) -> Array:
        """Numbers uniform in (0, 1), one per person; 0.5 if the stage is still.  Shape: (people,)."""
        if self._is_still(stage):
            return np.full(self.number, 0.5)
        return _uniforms(self.seed, self.group, self.first, self.number, self._name(stage, name, each_visit))

    def counted(self, stage: str, name: str, expected: Array) -> Array:
        """Poisson counts with these means, a new one at each visit; the means themselves if the stage is still.

        Shapes: any whose first axis is the people.
        """
        if self._is_still(stage):
            return np.asarray(expected, dtype=float)
        flat = np.asarray(expected, dtype=float).reshape(self.number, -1)
        names = [self._name(stage, f"{name} {column}", True) for column in range(flat.shape[1])]
        chance = [_uniforms(self.seed, self.group, self.first, self.number, one) for one in names]
        counts = _poisson_quantile(np.column_stack(chance) if chance else np.zeros(flat.shape), flat)
        return counts.reshape(np.shape(expected))

    def switched_off(self, *stages: str) -> People:
        """The same people with these stages still."""
        return replace(self, still=self.still | set(stages))

    def at_visit(self, visit: int) -> People:
        """The same people at another draw of their blood."""
        return replace(self, visit=visit)

    def _is_still(self, stage: str) -> bool:
        if stage not in STAGES:
            raise InputError(f"there is no stage '{stage}'; stages are {', '.join(STAGES)}")
        return stage in self.still

    def _name(self, stage: str, name: str, each_visit: bool) -> str:
        return f"{stage}: {name}" + (f" visit {self.visit}" if each_visit else "")


def _uniforms(seed: int, group: str, first: int, number: int, name: str) -> Array:
    """Numbers of some people, read-only where they are kept: the same people are asked at many sizes and visits."""
    if number > FEW:
        return uniforms(seed, group, np.arange(first, first + number), [name])[:, 0]
    return _kept_uniforms(seed, group, first, number, name)


def _normals(seed: int, group: str, first: int, number: int, name: str) -> Array:
    if number > FEW:
        return standard_normals(seed, group, np.arange(first, first + number), [name])[:, 0]
    return _kept_normals(seed, group, first, number, name)


@lru_cache(maxsize=KEPT)
def _kept_uniforms(seed: int, group: str, first: int, number: int, name: str) -> Array:
    return _read_only(uniforms(seed, group, np.arange(first, first + number), [name])[:, 0])


@lru_cache(maxsize=KEPT)
def _kept_normals(seed: int, group: str, first: int, number: int, name: str) -> Array:
    return _read_only(standard_normals(seed, group, np.arange(first, first + number), [name])[:, 0])


def _read_only(numbers: Array) -> Array:
    numbers = np.ascontiguousarray(numbers)
    numbers.flags.writeable = False
    return numbers


MANY = 1e3  # from here the normal stands for the Poisson distribution; its quantiles differ by less than 0.1 %


def _poisson_quantile(chance: Array, mean: Array) -> Array:
    """The smallest count k with P(X <= k) >= chance, X Poisson with this mean; NaN where the mean is no number >= 0.

    A guess (Cornish and Fisher's expansion to the skewness) is moved by one until it is right: several times faster
    than scipy's general search, and the same counts.
    """
    from scipy.special import ndtri, pdtr

    sound = mean >= 0
    score = ndtri(chance)
    with np.errstate(invalid="ignore"):
        about = mean + np.sqrt(mean) * score
        counts = np.where(sound, np.maximum(np.rint(about), 0.0), np.nan)
        few = sound & (mean <= MANY)
        u, m = chance[few], mean[few]
        k = np.maximum(np.floor(about[few] + (score[few] ** 2 - 1.0) / 6.0), 0.0)
    below = pdtr(k, m) < u
    for rows, step in ((np.flatnonzero(below), 1.0), (np.flatnonzero(~below & (k > 0)), -1.0)):
        while rows.size:
            if step > 0:
                k[rows] += 1.0
                rows = rows[pdtr(k[rows], m[rows]) < u[rows]]
            else:
                rows = rows[pdtr(k[rows] - 1.0, m[rows]) >= u[rows]]
                k[rows] -= 1.0
                rows = rows[k[rows] > 0]
    counts[few] = k
    return np.asarray(counts)


@dataclass(frozen=True)
class StagedNumbers:
    """The numbers of a run by stage: a stage may stand at its centre while another is drawn."""

    by_stage: Mapping[str, Numbers]

    def __getitem__(self, stage: str) -> Numbers:
        if stage not in STAGES:
            raise InputError(f"there is no stage '{stage}'; stages are {', '.join(STAGES)}")
        return self.by_stage[stage]

    @classmethod
    def alike(cls, numbers: Numbers) -> StagedNumbers:
        """The same numbers for all stages."""
        return cls(dict.fromkeys(STAGES, numbers))


def varied(
    numbers: StagedNumbers, people: People, stage: str, quantity: str, unit: str, *,
    each_visit: bool = False, **context: str,
) -> Array:  # fmt: skip
    """A number of every person: the row's value in this draw, moved by the difference between subjects that it states.

    A row without `between_subject_cv` gives the same number to all.  In `unit`.  Shape: (people,).
    """
    from exocosm import units

    given = numbers[stage]
    row = given.ledger.pinned(quantity, context).value
    spread = given.ledger.spread(row)
    if spread.variability == 0:
        return np.full(people.number, given(quantity, unit, **context))
    scores = people.normals(stage, row.id, each_visit=each_visit)
    uncertain = 0.0 if given.draw is None else float(given.ledger.scores(row.id)[0][given.draw])
    found = np.asarray(draw(spread, uncertain, scores), dtype=float)
    return found if row.unit == unit else found * float(units.convert(1.0, row.unit, unit))
