"""Bringing samples onto one scale by each sample's own values, so that nothing leaks from one sample to another.

The result is always a logarithm (base 2) where more means more of the thing.  Where a reference is needed (features
found in nearly every sample) it is learnt by `fit_scale` from training samples and applied to others by `apply_scale`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from exocosm.diagnosis.dataset import Kind
from exocosm.errors import InputError, nearest

if TYPE_CHECKING:
    import pandas as pd

Method = Literal["per_million", "reference_median", "delta_ct", "log2", "as_given"]
METHODS: Mapping[str, str] = {
    "per_million": "per million of the sample's own total, then log2",
    "reference_median": "log2, then minus the sample's own median over the features found in nearly all samples",
    "delta_ct": "the sample's own mean Ct over the features found in nearly all samples, minus Ct",
    "log2": "log2 only",
    "as_given": "left as given",
}
USUAL: Mapping[Kind, Method] = {
    "counts": "per_million", "expression": "per_million", "log_expression": "reference_median", "ct": "delta_ct",
    "protein_intensities": "reference_median",
}  # fmt: skip
ALLOWED: Mapping[Kind, tuple[Method, ...]] = {
    "counts": ("per_million", "log2"), "expression": ("per_million", "reference_median", "log2"),
    "log_expression": ("reference_median", "as_given"), "ct": ("delta_ct",),
    "protein_intensities": ("reference_median", "log2", "per_million"),
}  # fmt: skip
HALF_READ = 0.5  # added to every count and one to the total, so that nothing found has a logarithm (Law 2014, voom)
FOUND_NEARLY_ALWAYS = 0.9  # of the training samples
FEWEST_REFERENCES = 5
FEWEST_TO_CENTRE = 20  # features; the median of fewer is itself a marker


@dataclass(frozen=True)
class Scale:
    """How samples are brought onto one scale.

    references: the features that stand for the sample's amount (only of the methods that need them).
    """

    kind: Kind
    method: Method
    references: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What is done, in a line."""
        learnt = f" ({len(self.references)} features)" if self.references else ""
        return METHODS[self.method] + learnt


def fit_scale(
    values: pd.DataFrame, kind: Kind, censored: pd.DataFrame | None = None, method: Method | None = None
) -> Scale:
    """Chooses the method of a kind and learns its reference features from these samples only.

    values: samples by features.  Raises InputError for a method that does not fit the kind.
    """
    chosen = method or USUAL[kind]
    if chosen not in ALLOWED[kind]:
        raise InputError(f"'{chosen}' cannot be done with {kind}; {nearest(chosen, ALLOWED[kind])}")
    if chosen not in ("reference_median", "delta_ct"):
        return Scale(kind, chosen)
    found = found_in(values, kind, censored).mean(axis=0)
    references = tuple(str(name) for name in found.index[found >= FOUND_NEARLY_ALWAYS])
    if len(references) < FEWEST_REFERENCES:
        references = tuple(str(name) for name in found.sort_values(ascending=False, kind="stable").index)
        references = tuple(name for name in references if found[name] > 0)[: max(FEWEST_REFERENCES, len(references))]
    if chosen == "reference_median" and len(references) < FEWEST_TO_CENTRE:
        return Scale(kind, "as_given" if kind == "log_expression" else "log2")
    return Scale(kind, chosen, references)


def apply_scale(scale: Scale, values: pd.DataFrame, censored: pd.DataFrame | None = None) -> pd.DataFrame:
    """Values on the common scale: log2, more means more.  Same shape; NaN where nothing can be said.

    Every sample is treated by its own values and the learnt reference names alone.  Intensities of zero become NaN; Ct
    at the limit stay at the limit.
    """
    if scale.method == "per_million":
        return _per_million(values, scale.kind)
    if scale.method == "as_given":
        return values.astype(float)
    if scale.method == "delta_ct":
        references = [name for name in scale.references if name in values.columns]
        found = values.where(found_in(values, scale.kind, censored))
        own = found[references].mean(axis=1).fillna(found.mean(axis=1))
        return -values.astype(float).sub(own, axis=0)
    if scale.kind == "counts":
        logged = _log2(values.astype(float) + HALF_READ)
    else:
        logged = values.astype(float) if scale.kind == "log_expression" else _log2(values)
    if scale.method == "log2":
        return logged
    references = [name for name in scale.references if name in values.columns]
    own = logged[references].median(axis=1).fillna(logged.median(axis=1))
    return logged.sub(own, axis=0)


def comparable(values: pd.DataFrame, kind: Kind, censored: pd.DataFrame | None = None) -> pd.DataFrame:
    """All samples on one scale by the usual method of their kind (fitted and applied to the same samples)."""
    return apply_scale(fit_scale(values, kind, censored), values, censored)


def found_in(values: pd.DataFrame, kind: Kind, censored: pd.DataFrame | None) -> pd.DataFrame:
    """True where a feature was found: measured, not censored, and above zero on a linear scale."""
    found = values.notna()
    if censored is not None:
        found &= ~censored.astype(bool)
    if kind in ("counts", "expression", "protein_intensities"):
        found &= values > 0
    return found


def _per_million(values: pd.DataFrame, kind: Kind) -> pd.DataFrame:
    """log2((x + 0.5) / (total + 1) * 1e6) of counts; log2(x / total * 1e6 + 1) of what is no count."""
    numbers = values.astype(float)
    total = numbers.sum(axis=1)
    if kind == "counts":
        return _log2((numbers + HALF_READ).div(total + 1, axis=0) * 1e6)
    return _log2(numbers.clip(lower=0).div(total.where(total > 0), axis=0) * 1e6 + 1.0)


def _log2(values: pd.DataFrame) -> pd.DataFrame:
    numbers = values.astype(float)
    logged: pd.DataFrame = np.log2(numbers.where(numbers > 0))  # type: ignore[assignment]
    return logged
