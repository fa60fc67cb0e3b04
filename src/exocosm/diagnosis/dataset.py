"""A data set as it is judged: a table of samples by features, with labels, covariates and what was done in reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from exocosm.errors import InputError, nearest

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["counts", "expression", "log_expression", "ct", "protein_intensities"]
KINDS: Mapping[str, str] = {
    "counts": "whole numbers of reads per feature",
    "expression": "numbers per feature on a linear scale (CPM, RPM, TPM, intensities)",
    "log_expression": "numbers per feature on a logarithmic scale",
    "ct": "cycles of qPCR: more cycles, less of it",
    "protein_intensities": "intensities of protein groups (LFQ, iBAQ, raw), zero or empty when not found",
}
Role = Literal["technical", "biological", "label", "identity", "unknown"]


@dataclass(frozen=True)
class Note:
    """Something that reading did or found: what in one word, a sentence, and what it concerns."""

    what: str
    sentence: str
    names: tuple[str, ...] = ()
    serious: bool = False


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples by features.

    values: index = samples in the order of the file, columns = features as read; numbers in the scale of `kind`; NaN
    where nothing was measured.  censored: same shape, True where the feature was looked for and not detected; the value
    there is the limit (of Ct: the last cycle) or NaN if no limit is known.  labels: sample -> class.  covariates:
    sample -> columns.  roles: column -> what it is about.  subjects: sample -> the person (animal, culture) that it is
    from; technical replicates share it.  features: index = feature, columns at least `name`, `kind`.  unlabelled:
    samples that were left out because no label names them.
    """

    values: pd.DataFrame
    censored: pd.DataFrame
    kind: Kind
    labels: pd.Series
    covariates: pd.DataFrame
    roles: Mapping[str, Role]
    subjects: pd.Series
    features: pd.DataFrame
    notes: tuple[Note, ...] = ()
    title: str = ""
    unlabelled: tuple[str, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)

    @property
    def samples(self) -> list[str]:
        """The samples in the order of the file."""
        return [str(name) for name in self.values.index]

    @property
    def classes(self) -> dict[str, int]:
        """How many samples every class has, in the order in which classes first appear."""
        counted = self.labels.value_counts()
        return {str(name): int(counted[name]) for name in dict.fromkeys(self.labels)}

    def of(self, contrast: Contrast) -> Dataset:
        """Only the samples of a contrast."""
        from dataclasses import replace

        kept = self.labels.isin([*contrast.cases, *contrast.controls])
        index = self.values.index[kept.to_numpy()]
        return replace(
            self, values=self.values.loc[index], censored=self.censored.loc[index], labels=self.labels.loc[index],
            covariates=self.covariates.loc[index], subjects=self.subjects.loc[index],
        )  # fmt: skip


@dataclass(frozen=True)
class Contrast:
    """Cases against controls, each one class or several put together."""

    cases: tuple[str, ...]
    controls: tuple[str, ...]

    @property
    def name(self) -> str:
        """`colorectal cancer : healthy`."""
        return f"{' + '.join(self.cases)} : {' + '.join(self.controls)}"

    @property
    def slug(self) -> str:
        """A name for files."""
        import re

        return re.sub(r"[^a-z0-9]+", "_", self.name.casefold().replace(" : ", "_against_")).strip("_")

    def is_case(self, labels: pd.Series) -> pd.Series:
        """True for cases.  Raises InputError for a class that the labels do not have."""
        known = {str(name) for name in labels}
        for name in (*self.cases, *self.controls):
            if name not in known:
                raise InputError(f"no sample has the label '{name}'; {nearest(name, known)}")
        return labels.isin(self.cases)
