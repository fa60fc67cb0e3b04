"""The recipe of a panel: what is done to the numbers within each training set, frozen, and applied to the samples
held out.

What needs one sample only (`per_sample`) is done once; everything that learns from several samples - reference
features, limits of detection, batch means, which features are kept, centres and scales - is learned by `prepare` on
training rows alone.  The logarithms and references are those of `diagnosis.scale`, on arrays.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Literal

import numpy as np

from exocosm.accuracy.estimate import Array, Integers, Truths
from exocosm.diagnosis.dataset import KINDS, Kind
from exocosm.diagnosis.scale import FEWEST_REFERENCES, FEWEST_TO_CENTRE, FOUND_NEARLY_ALWAYS
from exocosm.errors import InputError, nearest

ModelName = Literal["ridge", "elastic_net", "random_forest"]
MODELS = ("ridge", "elastic_net", "random_forest")
LEAST_IN_BATCH = 3  # training samples of a batch whose mean is trusted enough to be taken off
_PER_MILLION = 1e6
_FLAT = 1e-10  # a standard deviation below this is that of a constant
_MOST_KNOWN = 50
_MOST = 20  # settings of one sort that may be tried


@dataclass(frozen=True)
class Recipe:
    """How a panel is made.  Tuples are tried and chosen among by inner cross-validation.

    centre_samples: of Ct, proteins and log_expression, take off each sample's own mean (Ct) or median over the features
    found in nearly all training samples; counts and expression are per million of their sample anyway.
    least_detected: share of training samples in which a feature must be detected.  variable_share: of the features
    left, the share with the largest variance that is kept.  sizes: how many features the univariate ranking keeps (0:
    all).  strengths: of the penalty, as in `logistic`.  Empty sizes or strengths: a range that fits the model.  mixing:
    share of the absolute penalty (elastic net).  leaves: smallest leaf (random forest).  criterion: what the inner
    folds are judged by.
    """

    kind: Kind
    model: ModelName = "ridge"
    centre_samples: bool = True
    batch_centring: bool = False
    least_detected: float = 0.2
    variable_share: float = 1.0
    sizes: tuple[int, ...] = ()
    strengths: tuple[float, ...] = ()
    mixing: float = 0.5
    leaves: tuple[int, ...] = (3,)
    trees: int = 200
    criterion: Literal["log_loss", "auc"] = "log_loss"

    def __post_init__(self) -> None:
        for name, known in (("kind", KINDS), ("model", MODELS), ("criterion", ("log_loss", "auc"))):
            value = getattr(self, name)
            if value not in known:
                raise InputError(f"recipe, {name}: '{value}' is not known; {nearest(str(value), known)}")
        for name in ("sizes", "leaves"):
            least = 0 if name == "sizes" else 1
            if len(getattr(self, name)) > _MOST or any(number < least for number in getattr(self, name)):
                raise InputError(f"recipe, {name}: at most {_MOST} whole numbers from {least} on are expected")
        if not self.leaves:
            raise InputError("recipe, leaves: one at least is expected")
        if len(self.strengths) > _MOST or any(not 0.0 < strength < np.inf for strength in self.strengths):
            raise InputError(f"recipe, strengths: at most {_MOST} positive numbers are expected")
        for name, low in (("least_detected", 0.0), ("variable_share", 1e-3), ("mixing", 1e-3)):
            if not low <= getattr(self, name) <= 1.0:
                raise InputError(f"recipe, {name}: {getattr(self, name)} is not between {low:g} and 1")
        if not 1 <= self.trees <= 2000:
            raise InputError(f"recipe, trees: {self.trees} is not between 1 and 2000")

    @property
    def is_linear(self) -> bool:
        """True if the model is a sum of weights."""
        return self.model != "random_forest"

    def settings(self) -> tuple[Setting, ...]:
        """All that inner cross-validation chooses among, the simplest first, so that ties fall to the simplest."""
        sizes = self.counts()
        if not self.is_linear:
            return tuple(Setting(size, leaf=leaf) for size in sizes for leaf in sorted(set(self.leaves), reverse=True))
        return tuple(Setting(size, strength) for size in sizes for strength in self.penalties())

    def counts(self) -> tuple[int, ...]:
        """The numbers of features that are tried, the smallest first and all (0) last."""
        usual = _RIDGE_SIZES if self.model == "ridge" else _OTHER_SIZES
        return tuple(sorted(set(self.sizes or usual), key=lambda size: size or np.inf))

    def penalties(self) -> tuple[float, ...]:
        """The strengths that are tried, the strongest first."""
        usual = _RIDGE_STRENGTHS if self.model == "ridge" else _ELASTIC_STRENGTHS
        return tuple(sorted(set(self.strengths or usual), reverse=True))

    def as_dict(self) -> dict[str, object]:
        """Plain values for a file."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


_RIDGE_SIZES = (5, 10, 20, 50, 100)
_OTHER_SIZES = (10, 30, 100)  # fits that take longer, of models that weigh or pass over features by themselves
_RIDGE_STRENGTHS = (10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003)
_ELASTIC_STRENGTHS = (0.3, 0.17, 0.1, 0.055, 0.03, 0.017, 0.01)


@dataclass(frozen=True)
class Setting:
    """One choice of what a recipe leaves open: features kept (0: all), strength of the penalty, smallest leaf."""

    size: int
    strength: float = 0.0
    leaf: int = 0


@dataclass(frozen=True, eq=False)
class Table:
    """Numbers that are comparable within a sample: log scale, more is more.

    values: NaN where censored or not measured.  censored: looked for and not found.  detected: found.
    Shapes: (samples, features).
    """

    kind: Kind
    values: Array
    censored: Truths
    detected: Truths
    known: dict[bytes, Array] = field(default_factory=dict, repr=False)  # levels of samples, by reference features

    @property
    def is_whole(self) -> bool:
        """True if there is a number everywhere."""
        return not bool(np.isnan(self.values).any())

    def levels(self, references: Integers) -> Array:
        """Each sample's own mean (Ct) or median over reference features that it has detected, or else over all that it
        has detected; 0 without references.  Shapes: (samples,)."""
        key = references.tobytes()
        if key not in self.known:
            found = np.where(self.detected, self.values, np.nan)
            without = ~self.detected[:, references].any(axis=1)
            level = np.zeros(found.shape[0])
            middle = np.nanmean if self.kind == "ct" else np.nanmedian
            if references.size:
                level[~without] = middle(found[np.ix_(~without, references)], axis=1)
                level[without] = middle(found[without], axis=1)
            if len(self.known) >= _MOST_KNOWN:
                self.known.clear()
            self.known[key] = level
        return self.known[key]


def is_same_scale(one: Kind, other: Kind) -> bool:
    """Whether two kinds come to the same scale: counts and linear expression do, both per million of their sample."""
    return one == other or {one, other} == {"counts", "expression"}


def per_sample(values: Array, censored: Truths | None, kind: Kind) -> Table:
    """Put each sample on a log scale by itself, without looking at any other.

    counts and expression: log2(x per million of the sample's total + 1).  log_expression: as given.  ct: minus the
    cycle.  protein_intensities: log2, with 0 as not found.
    Shapes: (samples, features).  Raises InputError for numbers that the kind cannot have.
    """
    numbers = np.array(values, dtype=np.float64)
    if numbers.ndim != 2 or not numbers.size:
        raise InputError("a table of samples by features is expected, with at least one of each")
    if np.isinf(numbers).any():
        raise InputError("the table holds infinite numbers; mark what was not measured as missing")
    hidden = np.zeros(numbers.shape, dtype=bool) if censored is None else np.array(censored, dtype=bool)
    if hidden.shape != numbers.shape:
        raise InputError(f"'censored' has the shape {hidden.shape}, the values {numbers.shape}; they must be the same")
    if kind in ("counts", "expression", "protein_intensities") and np.nanmin(numbers, initial=0.0) < 0.0:
        raise InputError(f"{kind} cannot be negative; if these are logarithms, the kind is log_expression")
    if kind == "protein_intensities":
        hidden |= numbers == 0.0
    numbers[hidden] = np.nan
    detected = ~np.isnan(numbers)
    if kind in ("counts", "expression"):
        detected &= numbers > 0.0
    nothing = np.flatnonzero(~detected.any(axis=1))
    if nothing.size:
        raise InputError(f"nothing was detected in {nothing.size} samples (the first is number {nothing[0] + 1})")
    if kind in ("counts", "expression"):
        numbers = np.log2(numbers / np.nansum(numbers, axis=1, keepdims=True) * _PER_MILLION + 1.0)
    elif kind == "protein_intensities":
        numbers = np.log2(numbers)
    elif kind == "ct":
        numbers = -numbers
    return Table(kind, numbers, hidden, detected)


@dataclass(frozen=True, eq=False)
class Prepared:
    """What a training set taught about its features.

    references: columns whose level is taken off each sample (none: nothing is).
    kept: columns of the table that passed the filters; of each: `limit` (lowest detected value, for the censored),
    `typical` (for the missing), `centre` and `scale`.  batches and shift: what is taken off samples of a batch.
    Shapes: (kept,); shift (batches, kept).
    """

    references: Integers
    kept: Integers
    limit: Array
    typical: Array
    centre: Array
    scale: Array
    batches: Integers
    shift: Array

    def only(self, places: Integers) -> Prepared:
        """The same for some of the kept features."""
        return Prepared(
            self.references, self.kept[places], self.limit[places], self.typical[places], self.centre[places],
            self.scale[places], self.batches, self.shift[:, places],
        )  # fmt: skip


def prepare(
    table: Table, rows: Integers, recipe: Recipe, batches: Integers | None = None, columns: Integers | None = None
) -> tuple[Prepared, Array]:
    """Learn the steps from training rows; returns them and the standardised training set (rows, kept).

    In order: the samples' levels over the references are taken off; features detected in too few are left out; censored
    values are put at the lowest detected one of the feature; batch means are taken off (batches of fewer than 3
    training samples stay); missing values get the mean; the least variable are left out; each feature is centred and
    scaled.  columns: the only features that may be kept.
    """
    kept = np.flatnonzero(table.detected[rows].mean(axis=0) >= max(recipe.least_detected, 0.5 / rows.size))
    if columns is not None:
        kept = np.intersect1d(kept, columns)
    references = _references(table, rows) if recipe.centre_samples else np.zeros(0, dtype=np.int64)
    numbers = table.values[np.ix_(rows, kept)]
    if references.size:
        numbers = numbers - table.levels(references)[rows, None]
    limit = np.zeros(kept.size)
    whole = table.is_whole
    if kept.size:
        limit = numbers.min(axis=0) if whole else np.nanmin(numbers, axis=0)
    if not whole:
        numbers = np.where(table.censored[np.ix_(rows, kept)], limit, numbers)
    names, shift = np.zeros(0, dtype=np.int64), np.zeros((0, kept.size))
    if recipe.batch_centring and batches is not None:
        names, shift = _batch_shift(numbers, batches[rows])
        numbers = numbers - _shift_of(batches[rows], names, shift)
    typical = numbers.mean(axis=0) if whole else np.nanmean(numbers, axis=0) if kept.size else limit
    if not whole:
        numbers = np.where(np.isnan(numbers), typical, numbers)
    centred = numbers - numbers.mean(axis=0)
    scale = np.sqrt(np.einsum("ij,ij->j", centred, centred) / rows.size)
    places = np.flatnonzero(scale > _FLAT)
    if recipe.variable_share < 1.0 and places.size:
        count = max(1, round(recipe.variable_share * places.size))
        places = np.sort(places[np.argsort(-scale[places], kind="stable")[:count]])
    prepared = Prepared(references, kept, limit, typical, numbers.mean(axis=0), scale, names, shift)
    if places.size == kept.size:
        return prepared, centred / scale
    return prepared.only(places), centred[:, places] / scale[places]


def apply(table: Table, rows: Integers, prepared: Prepared, batches: Integers | None = None) -> Array:
    """Rows of a table through the steps as learned; a batch that the training did not have is left as it is.

    Shapes: (rows, kept).
    """
    where = np.ix_(rows, prepared.kept)
    numbers = table.values[where]
    if prepared.references.size:
        numbers = numbers - table.levels(prepared.references)[rows, None]
    numbers = np.where(table.censored[where], prepared.limit, numbers)
    if batches is not None and prepared.batches.size:
        numbers = numbers - _shift_of(batches[rows], prepared.batches, prepared.shift)
    numbers = np.where(np.isnan(numbers), prepared.typical, numbers)
    return np.asarray((numbers - prepared.centre) / prepared.scale)


def ranked(standardised: Array, is_case: Truths, most: int) -> Integers:
    """The columns that differ most between classes by the t statistic (ANOVA F), best first; equal ones in file order.

    For standardised columns the order of |t| is that of the correlation with the class, one product of matrices.
    most: how many (0: all).
    """
    strength = np.abs((is_case - is_case.mean()) @ standardised)
    # rounding makes the order free of the last digits, which may differ between machines
    order = np.argsort(-np.round(strength, 9), kind="stable")
    return np.asarray(order[: most or None])


def _references(table: Table, rows: Integers) -> Integers:
    """The features that stand for a sample's amount, by the rules of `diagnosis.scale`; none if nothing does."""
    if table.kind in ("counts", "expression"):
        return np.zeros(0, dtype=np.int64)
    found = table.detected[rows].mean(axis=0)
    references = np.flatnonzero(found >= FOUND_NEARLY_ALWAYS)
    if references.size < FEWEST_REFERENCES:
        references = np.flatnonzero(found > 0.0)
    # the median of few features is itself a marker
    return references if table.kind == "ct" or references.size >= FEWEST_TO_CENTRE else references[:0]


def _batch_shift(numbers: Array, batches: Integers) -> tuple[Integers, Array]:
    names, counts = np.unique(batches, return_counts=True)
    names = names[counts >= LEAST_IN_BATCH]
    overall = _mean(numbers)
    shift = np.array([_mean(numbers[batches == name]) - overall for name in names]).reshape(names.size, -1)
    return names, np.nan_to_num(shift, nan=0.0)  # a feature that a batch never measured


def _mean(numbers: Array) -> Array:
    counted = (~np.isnan(numbers)).sum(axis=0)
    return np.asarray(np.where(counted > 0, np.nansum(numbers, axis=0) / np.maximum(counted, 1), np.nan))


def _shift_of(batches: Integers, names: Integers, shift: Array) -> Array:
    taken = np.zeros((batches.size, shift.shape[1]))
    for name, row in zip(names, shift, strict=True):
        taken[batches == name] = row
    return taken
