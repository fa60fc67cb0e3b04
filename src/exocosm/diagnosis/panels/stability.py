"""Whether the same features are selected again and again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from exocosm.accuracy.estimate import Array, Integers


@dataclass(frozen=True, eq=False)
class Stability:
    """How alike the selections of several training sets are.

    frequency: share of the selections in which each feature of the table stands.  nogueira: 1 where all are the same,
    0 on average for selections at random, NaN where it is not defined (one selection, all features, or none).
    jaccard: mean over pairs of what is shared of what either holds.  sizes: features of each selection.
    """

    frequency: Array
    nogueira: float
    jaccard: float
    sizes: tuple[int, ...]


def stability(selections: Sequence[Integers], features: int) -> Stability:
    """Stability of selections among a number of features.

    nogueira = 1 - mean_f(M/(M-1) p_f (1 - p_f)) / (k/d (1 - k/d)): M selections of k on average among d features, p_f
    the frequency of a feature.  Training sets of the same data overlap, so that it says more than new data would.
    Source: Nogueira, Sechidis and Brown 2018, Journal of Machine Learning Research 18(174), definition 4.
    """
    chosen = np.zeros((len(selections), features), dtype=bool)
    for row, selection in zip(chosen, selections, strict=True):
        row[selection] = True
    count, frequency = len(selections), chosen.mean(axis=0)
    share = float(frequency.mean())
    nogueira = math.nan
    if count > 1 and 0.0 < share < 1.0:
        varied = count / (count - 1) * float((frequency * (1.0 - frequency)).mean())
        nogueira = 1.0 - varied / (share * (1.0 - share))
    alike = [_jaccard(set(map(int, a)), set(map(int, b))) for a, b in combinations(selections, 2)]
    return Stability(
        frequency, nogueira, float(np.mean(alike)) if alike else math.nan, tuple(int(row.sum()) for row in chosen)
    )


def _jaccard(one: set[int], other: set[int]) -> float:
    either = len(one | other)
    return len(one & other) / either if either else 1.0
