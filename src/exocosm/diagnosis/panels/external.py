"""A saved model on another data set: what of it is there, how alike the sets are, and how well it does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from exocosm.accuracy.estimate import Array, Estimate, Truths
from exocosm.accuracy.ranking import auc
from exocosm.diagnosis.panels.calibration import Calibration, calibration
from exocosm.diagnosis.panels.final import PanelModel, apply_model, data_hash, profiles_of
from exocosm.diagnosis.panels.forest import LEAF
from exocosm.diagnosis.panels.operating import OperatingPoint, operating_point
from exocosm.diagnosis.panels.steps import is_same_scale, per_sample
from exocosm.errors import InputError
from exocosm.markers.mirna_name import is_mirna
from exocosm.markers.relations import resolve

if TYPE_CHECKING:
    import pandas as pd

    from exocosm.diagnosis.dataset import Dataset

Fill = Literal["refuse", "neutral"]
SHOWN = 5  # near names told of one that is missing
FAR = 1.0  # training standard deviations by which a feature has moved
MANY = 0.2  # share of numbers outside the training range that is worth a sentence
SPREAD = 2.0  # ratio of spreads that speaks for another logarithm or another normalisation


@dataclass(frozen=True)
class Missing:
    """A feature of the panel that the table lacks: its share of the weight, and names that are near (never used)."""

    name: str
    weight: float
    near: tuple[str, ...]
    sentence: str


@dataclass(frozen=True)
class Shift:
    """A feature of the panel in both sets, on the panel's scale.

    moved: difference of the means of detected values, in standard deviations of the training set.  spread: ratio of
    the standard deviations.  outside: share of detected values beyond the training range.  NaN where it was never
    detected here.
    """

    name: str
    detected_then: float
    detected_now: float
    moved: float
    spread: float
    outside: float


@dataclass(frozen=True, eq=False)
class ExternalResult:
    """A model on another data set.

    refusal: why no score was made ('' if they were).  missing: features of the panel that are not there; lost_weight:
    the share of the weights (of the trees' questions) that went with them.  shifts: of the features that are there.
    caveats: what to bear in mind, with its numbers.  scores, auc, calibration and operating (at the thresholds as
    saved) are None or empty if refused.
    """

    model: PanelModel
    samples: tuple[str, ...]
    is_case: Truths
    refusal: str
    missing: tuple[Missing, ...]
    lost_weight: float
    shifts: tuple[Shift, ...]
    caveats: tuple[str, ...]
    scores: Array | None = None
    auc: Estimate | None = None
    calibration: Calibration | None = None
    operating: tuple[OperatingPoint, ...] = ()

    @property
    def sentence(self) -> str:
        """The result in a line."""
        if self.auc is None:
            return f"No validation: {self.refusal}"
        counts = f"{int(self.is_case.sum())} cases and {int((~self.is_case).sum())} controls"
        judged = self.model.judged.get("auc")
        then = f"; {judged:.2f} in nested cross-validation of the training set" if judged is not None else ""
        return f"AUC {self.auc.value:.2f} ({self.auc.low:.2f} to {self.auc.high:.2f}) in {counts}{then}."

    def as_plain(self) -> dict[str, Any]:
        """Plain data for a file; what is no number is None."""
        found: dict[str, Any] = {
            "sentence": self.sentence,
            "refusal": self.refusal,
            "missing": [vars(one) | {"near": list(one.near)} for one in self.missing],
            "lost_weight": self.lost_weight,
            "shifts": [vars(one) for one in self.shifts],
            "caveats": list(self.caveats),
        }
        if self.auc is not None and self.calibration is not None and self.scores is not None:
            found["auc"] = vars(self.auc)
            found["calibration"] = {
                "slope": vars(self.calibration.slope),
                "intercept": vars(self.calibration.intercept),
                "brier": self.calibration.brier,
                "brier_useless": self.calibration.brier_useless,
            }
            found["operating"] = [
                {"wanted_specificity": one.wanted, "threshold": one.threshold,
                 "sensitivity": vars(one.sensitivity), "specificity": vars(one.specificity)}
                for one in self.operating
            ]  # fmt: skip
            found["scores"] = dict(zip(self.samples, map(float, self.scores), strict=True))
        plain: dict[str, Any] = _plain(found)
        return plain


def validate(
    model: PanelModel, dataset: Dataset, is_case: pd.Series | Truths, *, fill: Fill = "refuse"
) -> ExternalResult:
    """Apply a saved model to a data set as it is: nothing of the model is fitted again.

    Features are found by their exact names; near names are told and never equated.  fill: what to do where features of
    the panel are missing: refuse, or take them as average and tell the weight that is lost.
    Raises InputError for labels that do not fit the samples, and for a table with names that stand twice.
    """
    if fill not in ("refuse", "neutral"):
        raise InputError(f"fill: '{fill}' is neither 'refuse' nor 'neutral'")
    truth = np.asarray(is_case, dtype=bool)
    if truth.shape != (dataset.values.shape[0],):
        raise InputError(f"{truth.size} labels are given for {dataset.values.shape[0]} samples")
    names = [str(name) for name in dataset.values.columns]
    there = set(names)
    weights = _weight_shares(model)
    missing = tuple(
        _missing(name, float(weight), names)
        for name, weight in zip(model.panel, weights, strict=True)
        if name not in there
    )
    lost = float(sum(one.weight for one in missing))
    blank = ExternalResult(model, tuple(dataset.samples), truth, "", missing, lost, (), ())
    refusal = _refusal(model, dataset, truth, missing, fill, there)
    if refusal:
        return replace(blank, refusal=refusal)
    shifts = _shifts(model, dataset)
    scores = apply_model(
        model, dataset.values, dataset.censored, dataset.kind, neutral=[one.name for one in missing]
    )  # fmt: skip
    groups = np.unique(dataset.subjects.astype(str).to_numpy(), return_inverse=True)[1]
    operating = tuple(
        operating_point((scores > at).astype(float), truth, wanted, at, groups)
        for wanted, at in model.thresholds.items()
    )
    return replace(
        blank, shifts=shifts, caveats=_caveats(model, dataset, truth, missing, lost, shifts), scores=scores,
        auc=auc(scores, truth, groups), calibration=calibration(scores, truth, groups), operating=operating,
    )  # fmt: skip


def _weight_shares(model: PanelModel) -> Array:
    """Share of the sum of absolute weights, or of a forest's questions, that each feature of the panel has."""
    fitted = model.fitted
    if fitted.forest is not None:
        asked = fitted.forest.feature[fitted.forest.feature != LEAF]
        sizes = np.bincount(asked, minlength=len(model.panel)).astype(np.float64)
    else:
        sizes = np.abs(fitted.weights) if fitted.weights is not None else np.zeros(0)
    return np.asarray(sizes / sizes.sum() if sizes.sum() > 0.0 else sizes)


def _missing(name: str, weight: float, among: Sequence[str]) -> Missing:
    if is_mirna(name):
        try:
            found = resolve(name, among)
        except InputError as problem:
            return Missing(name, weight, (), str(problem))
        return Missing(name, weight, tuple(one.found for one in found.candidates[:SHOWN]), found.sentence)
    folded = tuple(one for one in among if one.casefold().strip() == name.casefold().strip())[:SHOWN]
    return Missing(name, weight, folded, "differs in capitals or blanks" if folded else "no name is near")


def _refusal(
    model: PanelModel, dataset: Dataset, truth: Truths, missing: Sequence[Missing], fill: Fill, there: set[str]
) -> str:
    if not model.panel:
        return "the model uses no feature: nothing in its training set told the classes apart."
    if not is_same_scale(dataset.kind, model.recipe.kind):
        return f"the model is for {model.recipe.kind}, the table holds {dataset.kind}; its scores would mean nothing."
    if not truth.any() or truth.all():
        return f"{int(truth.sum())} cases and {int((~truth).sum())} controls are there; both are needed."
    if len(missing) == len(model.panel):
        return f"none of the {len(model.panel)} features of the panel is in the table."
    if missing and fill == "refuse":
        near = next((f" (near: {', '.join(one.near)})" for one in missing if one.near), "")
        return (
            f"{len(missing)} of the {len(model.panel)} features of the panel are not in the table, with "
            f"{100.0 * sum(one.weight for one in missing):.0f} % of its weight: '{missing[0].name}'"
            f"{', ...' if len(missing) > 1 else ''}{near}. Rename columns that you know to be the same, or ask for a "
            "neutral fill."
        )
    if model.references and not there.intersection(model.references):
        return "none of the features that stand for a sample's amount in the model is in the table."
    return ""


def _shifts(model: PanelModel, dataset: Dataset) -> tuple[Shift, ...]:
    names = [str(name) for name in dataset.values.columns]
    places = {name: place for place, name in enumerate(names)}
    table = per_sample(
        dataset.values.to_numpy(dtype=np.float64), dataset.censored.to_numpy(dtype=bool), dataset.kind
    )  # fmt: skip
    references = np.array([places[name] for name in model.references if name in places], dtype=np.int64)
    then = {one.name: one for one in model.training.profiles}
    wanted = [places[name] for name in model.panel if name in places]
    now = {one.name: one for one in profiles_of(table, references, names, wanted)}
    level = table.levels(references)
    found = []
    for place in wanted:
        name = names[place]
        old, new = then.get(name), now.get(name)
        if old is None:
            continue  # a file may leave profiles out
        if new is None or old.deviation <= 0.0:
            detected = 0.0 if new is None else new.detected
            found.append(Shift(name, old.detected, detected, math.nan, math.nan, math.nan))
            continue
        rows = table.detected[:, place]
        numbers = table.values[rows, place] - level[rows]
        slack = 1e-6 * max(abs(old.quantiles[0]), abs(old.quantiles[-1]), 1.0)  # profiles are rounded
        outside = float(((numbers < old.quantiles[0] - slack) | (numbers > old.quantiles[-1] + slack)).mean())
        moved = (new.mean - old.mean) / old.deviation
        found.append(Shift(name, old.detected, new.detected, moved, new.deviation / old.deviation, outside))
    return tuple(found)


def _caveats(
    model: PanelModel, dataset: Dataset, truth: Truths, missing: Sequence[Missing], lost: float, shifts: Sequence[Shift]
) -> tuple[str, ...]:
    found = []
    hidden = dataset.censored.to_numpy(dtype=bool)
    if data_hash(dataset.values, hidden, truth) == model.training.data:
        found.append("This is the training set itself: what follows is no validation.")
    if dataset.kind != model.recipe.kind:
        found.append(
            f"The model was trained on {model.recipe.kind}, the table holds {dataset.kind}: both are put per million "
            "of their sample, which is the same only if both tables hold all that was read."
        )
    if missing:
        found.append(
            f"{len(missing)} of {len(model.panel)} features of the panel are missing and count as average; "
            f"{100.0 * lost:.0f} % of the weight is lost with them."
        )
    lacking = [name for name in model.references if name not in {str(one) for one in dataset.values.columns}]
    if lacking:
        found.append(f"{len(lacking)} of the {len(model.references)} features that a sample's amount is read from are "
                     "missing; the scale may have moved.")  # fmt: skip
    moved = np.array([one.moved for one in shifts if not math.isnan(one.moved)])
    if moved.size:
        far = int((np.abs(moved) > FAR).sum())
        if far:
            found.append(
                f"{far} of {moved.size} features lie more than {FAR:g} training standard deviation from where they "
                f"were (median of all {np.median(moved):+.1f})."
            )
        spread = float(np.median([one.spread for one in shifts if not math.isnan(one.spread)]))
        if not 1.0 / SPREAD <= spread <= SPREAD:
            found.append(
                f"The spread of features is {spread:.2g} times that of the training set (median); the tables may be on "
                "different scales."
            )
        outside = float(np.mean([one.outside for one in shifts if not math.isnan(one.outside)]))
        if outside > MANY:
            found.append(f"{100.0 * outside:.0f} % of the panel's numbers lie outside the range of the training set.")
    rarer = [one.name for one in shifts if one.detected_now < one.detected_then / SPREAD]
    if rarer:
        found.append(f"{len(rarer)} features are detected less than half as often as in the training set ({rarer[0]}).")
    return tuple(found)


def _plain(found: Any) -> Any:
    if isinstance(found, float):
        return found if math.isfinite(found) else None
    if isinstance(found, dict):
        return {key: _plain(one) for key, one in found.items()}
    return [_plain(one) for one in found] if isinstance(found, list | tuple) else found
