"""Data sets in which something is planted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from exocosm.diagnosis.dataset import Contrast, Dataset, Kind, Role

CANCER = Contrast(("cancer",), ("healthy",))


def planted(
    cases: int = 30,
    controls: int = 30,
    features: int = 120,
    seed: int = 1,
    kind: Kind = "counts",
    covariates: Mapping[str, Sequence[object]] | None = None,
    roles: Mapping[str, Role] | None = None,
    names: Sequence[str] | None = None,
    values: np.ndarray | None = None,
    subjects: Sequence[str] | None = None,
    feature_names: Sequence[str] | None = None,
) -> Dataset:
    """Cases, then controls, of noise (counts with biological spread) unless values are given."""
    total = cases + controls
    if values is None:
        values = noise(total, features, seed)
    index = pd.Index(list(names) if names is not None else [f"s{i:03d}x" for i in _mixed(total, seed)])
    columns = list(feature_names) if feature_names is not None else [f"hsa-miR-{9000 + i}-5p" for i in range(features)]
    table = pd.DataFrame(np.asarray(values, float), index=index, columns=columns)
    labels = pd.Series(["cancer"] * cases + ["healthy"] * controls, index=index)
    given = pd.DataFrame(dict(covariates or {}), index=index)
    return Dataset(
        table,
        pd.DataFrame(False, index=index, columns=columns),
        kind,
        labels,
        given,
        dict(roles or {}),
        pd.Series(list(subjects) if subjects is not None else list(index), index=index),
        pd.DataFrame({"name": columns, "kind": "mirna"}, index=columns),
    )


def noise(samples: int, features: int, seed: int = 1) -> np.ndarray:
    """Counts: log-normal features, people's own level of each, and depth [sample, feature]."""
    random = np.random.default_rng(seed)
    level = random.normal(6, 1.5, features)
    own = random.normal(0, 0.5, (samples, features)) + random.normal(0, 0.2, (samples, 1))
    return random.poisson(np.exp(level + own)).astype(float)


def _mixed(total: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed + 7).permutation(total)
