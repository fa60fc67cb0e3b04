"""How much of the spread of the values goes with a grouping of the samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from exocosm.diagnosis.audit.thresholds import FOUND_MOSTLY
from exocosm.diagnosis.dataset import Dataset
from exocosm.diagnosis.scale import comparable, found_in

if TYPE_CHECKING:
    import pandas as pd


def common_values(dataset: Dataset) -> pd.DataFrame:
    """The values on the common scale of the features that most samples have, without gaps (filled by the median)."""
    found = found_in(dataset.values, dataset.kind, dataset.censored).mean(axis=0)
    scaled = comparable(dataset.values, dataset.kind, dataset.censored)
    kept = scaled.loc[:, (found >= FOUND_MOSTLY).to_numpy()]
    kept = kept.fillna(kept.median())
    return kept.loc[:, (kept.nunique() > 1).to_numpy()]


def explained_share(values: pd.DataFrame, groups: pd.Series) -> float:
    """The mean over features of the share of variance between groups, adjusted so that chance gives 0.

    1 - (within / (n - k)) / (total / (n - 1)); NaN without features or with a group per sample.
    """
    names = np.asarray(groups.astype(str))
    numbers, kinds = values.to_numpy(float), np.unique(names)
    n, k = len(names), kinds.size
    if not numbers.shape[1] or k >= n or k < 2:
        return float("nan")
    total = ((numbers - numbers.mean(axis=0)) ** 2).sum(axis=0)
    within = np.zeros_like(total)
    for kind in kinds:
        part = numbers[names == kind]
        within += ((part - part.mean(axis=0)) ** 2).sum(axis=0)
    return float((1 - (within / (n - k)) / (total / (n - 1))).mean())
