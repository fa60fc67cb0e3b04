"""Which stage a spread comes from: biology, pre-analytics, isolation or assay.

Asked with every set of stages at work and the others still, a variance v(S) is divided by Shapley's value: what a stage
adds, averaged over all orders in which the stages can be switched on.  With four stages that is sixteen questions and
exact; the parts add up to v(all) - v(none).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from exocosm.errors import InputError
from exocosm.screening.people import STAGES

MOST_STAGES = 10  # 1024 sets
LEAST_ANSWERS = 2  # for a variance


@dataclass(frozen=True)
class PartOfSpread:
    """What one stage has to do with a variance.

    alone: the variance with only this stage at work, less that with none.  lost: what goes when it alone is switched
    off.  shapley: its share of the whole, in the unit of the variance; it can be below zero where a stage damps what
    another one does.  share: shapley over the sum of all.
    """

    stage: str
    alone: float
    lost: float
    shapley: float
    share: float


@dataclass(frozen=True)
class Split:
    """A variance split among stages.

    total: with all stages at work.  rest: with none, which no stage is behind.  parts: add up to total - rest.
    answers: how many each variance is of.  left_out: how many were left out because some set of stages gave no number.
    """

    total: float
    rest: float
    parts: tuple[PartOfSpread, ...]
    answers: int
    left_out: int

    @property
    def shares(self) -> dict[str, float]:
        """Stage -> share of what the stages are behind."""
        return {part.stage: part.share for part in self.parts}


def split_spread(answers: Callable[[frozenset[str]], ArrayLike], stages: Sequence[str] = STAGES) -> Split:
    """Split the variance of answers among stages.

    answers: the set of stages at work -> numbers, in the same order each time.  Variability of a score: one number per
    person, all with a tumour of one size, the other stages still (`People.switched_off`).  Uncertainty of an answer:
    one number per draw, the numbers of the other stages at their centre (`StagedNumbers`).  NaN: no answer.
    Errors: InputError if the sets give different lengths, or fewer than two answers are numbers under every set.
    """
    names = tuple(stages)
    if not 1 <= len(names) <= MOST_STAGES or len(set(names)) < len(names):
        raise InputError(f"1 to {MOST_STAGES} different stages, not {', '.join(names) or 'none'}")
    sets = [frozenset(some) for size in range(len(names) + 1) for some in combinations(names, size)]
    given = {at_work: np.asarray(answers(at_work), dtype=float).ravel() for at_work in sets}
    lengths = {found.size for found in given.values()}
    if len(lengths) > 1:
        raise InputError(f"every set of stages must give the same number of answers, not {sorted(lengths)}")
    sound = np.all(np.isfinite(list(given.values())), axis=0)
    if sound.sum() < LEAST_ANSWERS:
        raise InputError(f"{int(sound.sum())} answers are numbers whatever stages are at work; a variance needs two")
    variance = {at_work: float(found[sound].var(ddof=1)) for at_work, found in given.items()}
    return _divided(variance, names, int(sound.sum()), int((~sound).sum()))


def _divided(variance: Mapping[frozenset[str], float], names: tuple[str, ...], answers: int, left_out: int) -> Split:
    every, none = frozenset(names), frozenset[str]()
    spread = variance[every] - variance[none]
    parts = []
    for name in names:
        shapley = 0.0
        for before in variance:
            if name not in before:
                orders = math.factorial(len(before)) * math.factorial(len(names) - len(before) - 1)
                gain = variance[before | {name}] - variance[before]
                shapley += orders / math.factorial(len(names)) * gain
        parts.append(
            PartOfSpread(
                stage=name,
                alone=variance[frozenset({name})] - variance[none],
                lost=variance[every] - variance[every - {name}],
                shapley=shapley,
                share=shapley / spread if spread else math.nan,
            )
        )
    return Split(variance[every], variance[none], tuple(parts), answers, left_out)
