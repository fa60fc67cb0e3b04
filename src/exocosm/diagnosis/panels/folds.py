"""Dealing subjects to folds: a subject's samples stay together, and every fold gets its share of every class."""

from __future__ import annotations

import numpy as np

from exocosm.accuracy.estimate import Integers, Truths
from exocosm.errors import InputError
from exocosm.randomness import generator

Key = tuple[int | str, ...]


def subjects_per_class(is_case: Truths, groups: Integers) -> tuple[int, int]:
    """How many subjects gave cases and how many gave controls; a subject that gave both counts in both."""
    return np.unique(groups[is_case]).size, np.unique(groups[~is_case]).size


def deal(is_case: Truths, groups: Integers, count: int, key: Key, strata: Integers | None = None) -> Integers:
    """The fold (0 ... count-1) of every sample; samples of a group share one.

    Groups in random order, large ones first, go each to the fold that has least of their kind (class, and class within
    stratum if strata are given).  The same key gives the same folds.
    Raises InputError if a class has fewer subjects than there are folds.
    """
    fewest = min(subjects_per_class(is_case, groups))
    if count < 2 or fewest < count:
        raise InputError(
            f"{count} folds need at least {max(count, 2)} subjects in each class, and at least 2 folds; "
            f"the smaller class has {fewest}"
        )
    cells = is_case.astype(np.int64)
    if strata is not None:
        cells = cells + 2 * np.unique(strata, return_inverse=True)[1]
    cell, group = np.unique(cells, return_inverse=True)[1], np.unique(groups, return_inverse=True)[1]
    members = np.zeros((group.max() + 1, cell.max() + 1))
    np.add.at(members, (group, cell), 1.0)
    classes = np.stack([np.bincount(group, weights=~is_case), np.bincount(group, weights=is_case)], axis=1)
    # the balance of classes weighs more than that of strata
    members = np.concatenate([members, 2.0 * classes], axis=1)
    members /= np.sqrt(members.sum(axis=0))
    order = generator(*key, "groups").permutation(members.shape[0])
    order = order[np.argsort(-classes[order].sum(axis=1), kind="stable")]
    preferred = generator(*key, "folds").permutation(count)  # among folds that are equally far
    held = np.zeros((count, members.shape[1]))
    fold_of = np.zeros(members.shape[0], dtype=np.int64)
    for one in order:
        cost = np.round(held @ members[one], 9)
        size = np.round(held.sum(axis=1), 9)
        fold = preferred[np.lexsort((size[preferred], cost[preferred]))[0]]
        held[fold] += members[one]
        fold_of[one] = fold
    return np.asarray(fold_of[group])
