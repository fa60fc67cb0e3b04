"""Samples that are one and the same, or nearly: what must stay together when a model is tested."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from exocosm.diagnosis.audit.thresholds import (
    LEAST_FEATURES_ALIKE,
    NEAR_DUPLICATE_GAP,
    NEAR_DUPLICATE_LEAST,
    NEAR_DUPLICATE_SPREADS,
)  # fmt: skip
from exocosm.diagnosis.dataset import Dataset

if TYPE_CHECKING:
    import pandas as pd

REPEAT = re.compile(
    r"[ _.-](?:rep|replicate|tech|technical|run|lane|dup|duplicate|rerun)[ _.-]?\d{0,2}$", re.IGNORECASE
)
ROBUST = 1.4826  # median absolute deviation -> standard deviation of a normal distribution
SAMPLES_PER_PATTERN = 20
MOST_ALIKE = 6  # more samples alike than this are a batch, not repeats
STRONGEST = 3.0  # standard deviations at which a feature of one sample is cut, so that no feature decides


@dataclass(frozen=True)
class Alike:
    """Pairs of samples that are the same.

    exact: with all values equal.  near: correlation of the pair and of the nearest other sample.  threshold: of the
    correlation, from the distribution of all pairs (NaN if there was too little to compare).
    """

    exact: tuple[tuple[str, str], ...]
    near: tuple[tuple[str, str, float, float], ...]
    threshold: float

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """All pairs of names."""
        return (*self.exact, *((one, other) for one, other, _, _ in self.near))


def alike(dataset: Dataset) -> Alike:
    """Finds samples that were measured, copied or written twice."""
    exact = _exact(dataset.values)
    near, threshold = _near(dataset, {frozenset(pair) for pair in exact})
    return Alike(exact, near, threshold)


def groups_of(dataset: Dataset, found: Alike | None = None) -> pd.Series:
    """The group of every sample (index: samples) that must stay in one fold: its subject, merged with the subjects of
    samples that are the same.  A merged group has the name of its first subject."""
    found = alike(dataset) if found is None else found
    subjects = dataset.subjects.astype(str)
    head = {name: name for name in dict.fromkeys(subjects)}
    order = {name: place for place, name in enumerate(head)}

    def root(name: str) -> str:
        while head[name] != name:
            name = head[name]
        return name

    for one, other in found.pairs:
        first, second = sorted((root(subjects[one]), root(subjects[other])), key=order.__getitem__)
        head[second] = first
    return subjects.map(root).rename("group")


def repeated_names(names: list[str]) -> dict[str, list[str]]:
    """Samples whose names differ only by a word for a repeat (`_rep2`), by what they have in common."""
    stems: dict[str, list[str]] = {}
    for name in names:
        stems.setdefault(REPEAT.sub("", name), []).append(name)
    return {stem: members for stem, members in stems.items() if len(members) > 1}


def _exact(values: pd.DataFrame) -> tuple[tuple[str, str], ...]:
    numbers = values.to_numpy(float)
    varied = np.array([np.unique(row[np.isfinite(row) & (row != 0)]).size for row in numbers])
    first: dict[bytes, str] = {}
    pairs = []
    for name, row, different in zip(map(str, values.index), numbers, varied, strict=True):
        if different < LEAST_FEATURES_ALIKE:
            continue
        key = np.where(np.isfinite(row), row, -np.inf).tobytes()
        if key in first:
            pairs.append((first[key], name))
        first.setdefault(key, name)
    return tuple(pairs)


def _near(
    dataset: Dataset, exact: set[frozenset[str]]
) -> tuple[tuple[tuple[str, str, float, float], ...], float]:  # fmt: skip
    names = dataset.samples
    table = _own_pattern(dataset)
    if table is None or len(names) < 4:
        return (), float("nan")
    likeness: NDArray[np.float64] = np.asarray(np.corrcoef(table), float)
    pairs = np.triu_indices(len(names), 1)
    scores = np.arctanh(np.clip(likeness[pairs], -0.999999, 0.999999))
    middle = float(np.median(scores))
    spread = ROBUST * float(np.median(np.abs(scores - middle)))
    threshold = max(NEAR_DUPLICATE_LEAST, float(np.tanh(middle + NEAR_DUPLICATE_SPREADS * spread)))
    near = []
    joined: NDArray[np.bool_] = np.asarray(likeness >= threshold, bool)
    np.fill_diagonal(joined, False)
    empty = ~(dataset.values.fillna(0.0) != 0).any(axis=1).to_numpy(bool)
    joined[empty, :] = joined[:, empty] = False  # samples in which nothing was found are alike in nothing
    for members in _clusters(joined):
        if not 2 <= len(members) <= MOST_ALIKE:
            continue
        outside = np.setdiff1d(np.arange(len(names)), members)
        for place, one in enumerate(members):
            for other in members[place + 1 :]:
                r = float(likeness[one, other])
                nearest = float(likeness[np.ix_([one, other], outside)].max()) if outside.size else -1.0
                apart = (1 - nearest) >= NEAR_DUPLICATE_GAP * max(1 - r, 1e-12)
                if joined[one, other] and apart and frozenset((names[one], names[other])) not in exact:
                    near.append((names[one], names[other], r, nearest))
    return tuple(near), threshold


def _own_pattern(dataset: Dataset) -> NDArray[np.float64] | None:
    """What is special of every sample [sample, feature]: the stronger half of the features on the common scale, minus
    the median of the sample's class, in units of the feature's spread, without the few patterns that many samples share
    (batches, blood cells: one principal component per twenty samples); None if there are too few features."""
    from exocosm.diagnosis.scale import comparable

    scaled = comparable(dataset.values, dataset.kind, dataset.censored)
    found = dataset.values.notna() & ~dataset.censored.astype(bool)
    if dataset.kind in ("counts", "expression", "protein_intensities"):
        found &= dataset.values > 0
    common = scaled.columns[(found.mean(axis=0) >= 0.5).to_numpy()]
    strength = scaled[common].median(axis=0)
    kept = strength.index[strength >= strength.median()] if len(common) >= 4 * LEAST_FEATURES_ALIKE else common
    own = scaled[kept]
    own = own - own.groupby(dataset.labels.to_numpy()).transform("median")
    spread = own.std(axis=0)
    own = own.loc[:, (spread > 0).to_numpy()]
    if own.shape[1] < LEAST_FEATURES_ALIKE:
        return None
    table = (own / own.std(axis=0)).clip(-STRONGEST, STRONGEST).fillna(0.0).to_numpy(float)
    shared = len(table) // SAMPLES_PER_PATTERN
    left, size, right = np.linalg.svd(table, full_matrices=False)
    table = table - (left[:, :shared] * size[:shared]) @ right[:shared]
    return table + 1e-9 * np.arange(table.shape[1])  # a sample at every median has no pattern, and no division by 0


def _clusters(joined: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    count, label = connected_components(csr_array(joined), directed=False)
    return [np.flatnonzero(label == one) for one in range(count)]
