"""The non-linear model: a random forest of scikit-learn, kept as plain arrays so that it can be written as JSON."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exocosm.accuracy.estimate import Array, Integers, Truths

LEAF = -1


@dataclass(frozen=True, eq=False)
class Forest:
    """Trees one after the other.  Of each node: `feature` (LEAF: none), `threshold`, `left`, `right` (later nodes),
    `chance` of a case.  starts: first node of each tree.

    A sample goes left if its number, in single precision as scikit-learn has it, is at most the threshold.
    """

    feature: Integers
    threshold: Array
    left: Integers
    right: Integers
    chance: Array
    starts: Integers


def grow_forest(features: Array, is_case: Truths, trees: int, leaf: int, seed: int) -> Forest:
    """Grow a forest on standardised features; the same seed gives the same forest.  Shapes: (samples, features)."""
    from sklearn.ensemble import RandomForestClassifier

    model = RandomForestClassifier(n_estimators=trees, min_samples_leaf=leaf, random_state=seed, n_jobs=1)
    model.fit(features, is_case)
    parts = [one.tree_ for one in model.estimators_]
    sizes = np.array([part.node_count for part in parts])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
    feature = np.concatenate([part.feature for part in parts]).astype(np.int64)
    inner = feature >= 0
    offset = np.repeat(starts, sizes)
    return Forest(
        np.where(inner, feature, LEAF), np.concatenate([part.threshold for part in parts]).astype(np.float64),
        np.where(inner, np.concatenate([part.children_left for part in parts]) + offset, LEAF),
        np.where(inner, np.concatenate([part.children_right for part in parts]) + offset, LEAF),
        np.concatenate([_chances(part.value[:, 0, :]) for part in parts]), starts,
    )  # fmt: skip


def chances(forest: Forest, features: Array) -> Array:
    """Mean over the trees of the share of cases in the leaf that each sample falls in.  Shapes: (samples,)."""
    numbers = features.astype(np.float32)
    at: NDArray[np.int64] = np.tile(forest.starts, (features.shape[0], 1))
    rows = np.arange(features.shape[0])[:, None]
    while (inner := forest.feature[at] != LEAF).any():
        column = np.where(inner, forest.feature[at], 0)
        goes_left = numbers[rows, column] <= forest.threshold[at]
        at = np.where(inner, np.where(goes_left, forest.left[at], forest.right[at]), at)
    return np.asarray(forest.chance[at].mean(axis=1))


def _chances(value: Array) -> Array:
    return np.asarray(value[:, 1] / value.sum(axis=1))
