"""The final model: fitted on all samples, and applied to tables by the names of their features."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from exocosm.accuracy.estimate import Array, Integers, Truths
from exocosm.diagnosis.dataset import Kind
from exocosm.diagnosis.panels.fitting import Fitted, fit, scores_of, tune
from exocosm.diagnosis.panels.folds import subjects_per_class
from exocosm.diagnosis.panels.nested import design_of
from exocosm.diagnosis.panels.operating import SPECIFICITIES, threshold_at
from exocosm.diagnosis.panels.steps import Prepared, Recipe, Table, apply, is_same_scale, per_sample
from exocosm.errors import InputError, nearest

if TYPE_CHECKING:
    import pandas as pd

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
_DIGITS = 8  # of profiles, which are compared with and never computed on


@dataclass(frozen=True)
class Profile:
    """A feature in the training set, on the panel's scale; mean, deviation and quantiles are of detected values."""

    name: str
    detected: float
    mean: float
    deviation: float
    quantiles: tuple[float, ...]


@dataclass(frozen=True)
class Training:
    """The set that a model was fitted to; `data` is a hash of its names, numbers and classes."""

    title: str
    cases: int
    controls: int
    case_subjects: int
    control_subjects: int
    case_class: str
    control_class: str
    profiles: tuple[Profile, ...]
    data: str


@dataclass(frozen=True, eq=False)
class PanelModel:
    """A model and its recipe.

    features: all names of the training table; columns in `fitted` are places in it.  batches: names of those in
    `fitted.prepared.batches`.  thresholds: specificity -> score above which a sample is called positive, set among
    scores of controls that were held out.  judged: figures of nested cross-validation, by name.
    """

    recipe: Recipe
    fitted: Fitted
    features: tuple[str, ...]
    batches: tuple[str, ...]
    thresholds: Mapping[float, float]
    training: Training
    seed: int
    version: str
    judged: Mapping[str, float] = field(default_factory=dict)

    @property
    def panel(self) -> tuple[str, ...]:
        """The names of the features that the model uses, exactly as read."""
        return tuple(self.features[place] for place in self.fitted.selected)

    @property
    def weights(self) -> dict[str, float]:
        """Weights on standardised numbers by feature; empty for a forest."""
        weights = self.fitted.weights
        return {} if weights is None else dict(zip(self.panel, map(float, weights), strict=True))

    @property
    def references(self) -> tuple[str, ...]:
        """The features whose level is taken off each sample."""
        return tuple(self.features[place] for place in self.fitted.prepared.references)


def final_model(
    values: pd.DataFrame, censored: pd.DataFrame | None, is_case: Truths, groups: Sequence[object], recipe: Recipe, *,
    strata: Sequence[object] | None = None, batches: Sequence[object] | None = None,
    columns: Sequence[int] | None = None, inner: int = 5, seed: int = 1,
    specificities: Sequence[float] = SPECIFICITIES, title: str = "", case_class: str = "case",
    control_class: str = "control", judged: Mapping[str, float] | None = None,
) -> PanelModel:  # fmt: skip
    """Fit a recipe on all samples, with the setting that cross-validation over all of them chooses.

    values: samples by features with the names as read.  How good the model is, `nested` tells, not this.
    Raises InputError as `nested`, and for names that stand twice.
    """
    import exocosm

    names = _names(values)
    numbers = values.to_numpy(dtype=np.float64)
    hidden = None if censored is None else censored.to_numpy(dtype=bool)
    design = design_of(numbers, hidden, is_case, groups, recipe, strata=strata, batches=batches, columns=columns,
                       outer=2, inner=inner, seed=seed, specificities=specificities)  # fmt: skip
    question, rows, key = design.question, np.arange(len(is_case)), (seed, "nested", "final")
    tuned = tune(question, design.is_case, rows, recipe, inner, key)
    fitted = fit(question, design.is_case, rows, recipe, tuned.setting, key)
    controls = tuned.scores[~design.is_case]
    case_subjects, control_subjects = subjects_per_class(design.is_case, question.groups)
    batch_names = [str(one) for one in dict.fromkeys(batches)] if batches is not None else []
    return PanelModel(
        recipe=recipe,
        fitted=replace(fitted, prepared=_numbered(fitted.prepared)),
        features=names,
        batches=tuple(batch_names[code] for code in fitted.prepared.batches),
        thresholds={float(one): threshold_at(controls, one) for one in specificities},
        training=Training(
            title,
            int(design.is_case.sum()),
            int((~design.is_case).sum()),
            case_subjects,
            control_subjects,
            case_class,
            control_class,
            profiles_of(question.table, fitted.prepared.references, names),
            data_hash(values, hidden, design.is_case),
        ),
        seed=seed,
        version=str(exocosm.__version__),
        judged=dict(judged or {}),
    )


def apply_model(
    model: PanelModel, values: pd.DataFrame, censored: pd.DataFrame | None, kind: Kind,
    batches: Sequence[object] | None = None, neutral: Sequence[str] = (),
) -> Array:  # fmt: skip
    """Scores of samples: the log-odds of a case that their numbers add.

    values: samples by features, all features that were measured, since totals and levels are of the whole sample.
    batches: only for samples of the training set's own batches.  neutral: names of features of the panel that the table
    lacks and that are to count as average; any other that is missing is an error.  Shapes: (samples,).
    Raises InputError for another kind, missing features, or names that stand twice.
    """
    if not is_same_scale(kind, model.recipe.kind):
        raise InputError(f"the model is for {model.recipe.kind}, the table holds {kind}; scores would mean nothing")
    places = {name: place for place, name in enumerate(_names(values))}
    lacking = [name for name in model.panel if name not in places]
    undeclared = [name for name in lacking if name not in neutral]
    if undeclared:
        raise InputError(
            f"{len(undeclared)} of {len(model.panel)} features of the panel are not in the table: "
            f"'{undeclared[0]}'{', ...' if len(undeclared) > 1 else ''}; {nearest(undeclared[0], places)} "
            "Names are never equated; rename a column if you know that it is the same"
        )
    references = np.array([places[name] for name in model.references if name in places], dtype=np.int64)
    if model.references and not references.size:
        raise InputError(
            f"none of the {len(model.references)} features that stand for a sample's amount is in the table"
        )
    hidden = None if censored is None else censored.to_numpy(dtype=bool)
    table = per_sample(values.to_numpy(dtype=np.float64), hidden, kind)
    present = np.array([place for place, name in enumerate(model.panel) if name in places], dtype=np.int64)
    kept = np.array([places[model.panel[place]] for place in present], dtype=np.int64)
    prepared = replace(model.fitted.prepared.only(present), kept=kept, references=references)
    rows = np.arange(table.values.shape[0])
    codes = None
    if batches is not None:
        known = {name: code for code, name in enumerate(model.batches)}
        codes = np.array([known.get(str(one), -1) for one in batches], dtype=np.int64)
    standardised = np.zeros((rows.size, len(model.panel)))  # what is missing stands at the training mean
    standardised[:, present] = apply(table, rows, prepared, codes)
    fitted = model.fitted
    return scores_of(standardised, fitted.weights, fitted.intercept, fitted.forest, fitted.base)


def profiles_of(
    table: Table, references: Integers, names: Sequence[str], places: Sequence[int] | None = None
) -> tuple[Profile, ...]:
    """Profiles of the features (those at some places, or all) that were detected at all."""
    numbers = np.where(table.detected, table.values, np.nan)
    if references.size:
        numbers = numbers - table.levels(references)[:, None]
    seen = [place for place in (range(len(names)) if places is None else places) if table.detected[:, place].any()]
    detected = table.detected.mean(axis=0)
    found = []
    for place in seen:
        column = numbers[table.detected[:, place], place]
        quantiles = np.quantile(column, QUANTILES)
        found.append(
            Profile(
                names[place],
                float(detected[place]),
                _short(column.mean()),
                _short(column.std()),
                tuple(_short(one) for one in quantiles),
            )
        )
    return tuple(found)


def data_hash(values: pd.DataFrame, hidden: Truths | None, is_case: Truths) -> str:
    """SHA-256 of names of features, numbers, what is censored, and classes, in the order of the table."""
    digest = hashlib.sha256(json.dumps([str(name) for name in values.columns]).encode())
    digest.update(np.ascontiguousarray(values.to_numpy(dtype=np.float64), dtype="<f8").tobytes())
    digest.update(np.packbits(np.zeros(values.shape, dtype=bool) if hidden is None else hidden).tobytes())
    digest.update(np.packbits(is_case).tobytes())
    return digest.hexdigest()


def _numbered(prepared: Prepared) -> Prepared:
    """Batches numbered in the order of their names in the model."""
    return replace(prepared, batches=np.arange(prepared.batches.size))


def _names(values: pd.DataFrame) -> tuple[str, ...]:
    names = tuple(str(name) for name in values.columns)
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"the feature '{twice}' stands twice in the table; features are found by their names")
    return names


def _short(number: float) -> float:
    return float(f"{number:.{_DIGITS}g}")
