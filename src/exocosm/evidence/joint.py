"""Values that vary together: groups of rows with their correlations, and correlated normal scores.

A row names its group in `joint`.  A correlation is a row of its own: quantity `correlation`, the number in `value`,
`formula` the two ids `id_a, id_b`, `joint` the group of both, and in `label` the level it joins: `between_subject`
(subjects high in one are high in the other) or `uncertainty` (both estimates err together).  It holds between the
normal scores in the transformed space of `evidence.spread`.  Pairs without such a row are independent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exocosm.errors import EvidenceError, InputError, nearest
from exocosm.evidence.rules import LEVELS, correlated_ids
from exocosm.evidence.value import Value


@dataclass(frozen=True)
class JointGroup:
    """Rows that vary together: their ids in order, and the correlation of each stated pair at each level.

    `pairs`: (level, id_a, id_b, correlation).
    """

    name: str
    ids: tuple[str, ...]
    pairs: tuple[tuple[str, str, str, float], ...]


def joint_groups(values: Iterable[Value]) -> dict[str, JointGroup]:
    """The joint groups of rows by name; correlations between rows that are not among `values` are left out.

    Raises EvidenceError if a correlation joins rows of different groups, or a pair is stated twice at one level.
    """
    rows = list(values)
    members: dict[str, list[str]] = {}
    for row in rows:
        if row.joint and row.quantity != "correlation":
            members.setdefault(row.joint, []).append(row.id)
    pairs: dict[str, list[tuple[str, str, str, float]]] = {name: [] for name in members}
    group_of = {row.id: row.joint for row in rows if row.quantity != "correlation"}
    seen: set[tuple[str, frozenset[str]]] = set()
    for row in rows:
        if row.quantity != "correlation":
            continue
        first, second = correlated_ids(row)
        for id in (first, second):
            if id in group_of and group_of[id] != row.joint:
                raise EvidenceError(
                    f"correlation '{row.id}' is of group '{row.joint}', its row '{id}' of '{group_of[id]}'"
                )
        if first not in group_of or second not in group_of:
            continue
        if (row.label, frozenset((first, second))) in seen:
            raise EvidenceError(f"correlation '{row.id}': {first} and {second} are correlated by another row already")
        seen.add((row.label, frozenset((first, second))))
        pairs[row.joint].append((row.label, first, second, row.value))
    return {name: JointGroup(name, tuple(ids), tuple(pairs[name])) for name, ids in members.items()}


def correlation_matrix(group: JointGroup, level: str) -> NDArray[np.float64]:
    """Correlations of a group's rows at a level (`between_subject`, `uncertainty`) in the order of its ids; [k, k]."""
    if level not in LEVELS:
        raise InputError(f"'{level}' is no level of spread ({nearest(level, LEVELS)})")
    place = {id: number for number, id in enumerate(group.ids)}
    matrix = np.eye(len(group.ids))
    for stated, first, second, correlation in group.pairs:
        if stated == level:
            matrix[place[first], place[second]] = matrix[place[second], place[first]] = correlation
    return matrix


def correlate(group: JointGroup, z: ArrayLike, level: str) -> NDArray[np.float64]:
    """Correlated standard normal scores from independent ones: z L^T with L L^T the correlation matrix (Cholesky).

    Shapes: z [..., k] in the order of `group.ids` -> [..., k].  Zeros stay zeros, every score stays standard normal.
    Raises EvidenceError if the stated correlations contradict one another (matrix not positive definite).
    """
    scores = np.asarray(z, dtype=float)
    if scores.shape[-1:] != (len(group.ids),):
        raise InputError(f"joint group '{group.name}' has {len(group.ids)} rows; scores have the shape {scores.shape}")
    try:
        lower = np.linalg.cholesky(correlation_matrix(group, level))
    except np.linalg.LinAlgError:
        stated = ", ".join(f"{a} ~ {b}: {rho:g}" for word, a, b, rho in group.pairs if word == level)
        raise EvidenceError(
            f"joint group '{group.name}': the correlations of level {level} contradict one another (their matrix is "
            f"not positive definite): {stated}. Take them from one source, or weaken those that are assumed"
        ) from None
    return np.asarray(scores @ lower.T)
