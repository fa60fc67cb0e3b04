"""Data sets in which something is planted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import pytest

from exocosm.diagnosis.dataset import Contrast, Dataset, Kind, Role


@pytest.fixture
def cancer() -> Contrast:
    """Cancer against healthy."""
    return Contrast(("cancer",), ("healthy",))


@pytest.fixture
def planted() -> Callable[..., Dataset]:
    """`planted(cases=30, ...)`: see `plant`."""
    return plant


@pytest.fixture
def noise_of() -> Callable[..., np.ndarray]:
    """`noise_of(samples, features, seed)`: see `noise`."""
    return noise


def plant(
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
    index = pd.Index(list(names) if names is not None else [_word(i) for i in range(total)])
    columns = list(feature_names) if feature_names is not None else [f"f{i}" for i in range(np.shape(values)[1])]
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


def _word(number: int) -> str:
    """A name without digits, so that it gives no order."""
    return "s" + "".join(chr(ord("a") + int(digit)) for digit in str(number))
