"""Nested cross-validation of a recipe: every sample is scored by models that never saw its subject.

Outer folds hold subjects out.  Within the rest, inner folds choose how many features and how strong a penalty; limits,
batch means, filters, ranking, scales and weights are learned anew in every training set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exocosm.accuracy.estimate import Array, Estimate, Integers, Truths
from exocosm.accuracy.ranking import auc, auc_value
from exocosm.diagnosis.panels.crew import Progress, each
from exocosm.diagnosis.panels.fitting import Question, fit, tune
from exocosm.diagnosis.panels.folds import Key, deal, subjects_per_class
from exocosm.diagnosis.panels.operating import SPECIFICITIES, OperatingPoint, operating_point, threshold_at
from exocosm.diagnosis.panels.stability import Stability, stability
from exocosm.diagnosis.panels.steps import Recipe, Setting, per_sample, prepare, ranked
from exocosm.errors import InputError

MOST_FOLDS = 20
MOST_REPEATS = 100


@dataclass(frozen=True, eq=False)
class Fold:
    """One outer fold of one repeat: who was held out, what the training set chose, and the scores that came of it.

    selected and weights: the features of the model (columns of the table), weights on standardised numbers (empty for
    a forest).  thresholds: of each wanted specificity, set among inner held-out scores of training controls.
    """

    repeat: int
    number: int
    held_out: Integers
    setting: Setting
    selected: Integers
    weights: Array
    scores: Array
    thresholds: tuple[float, ...]


@dataclass(frozen=True)
class Naive:
    """What the same data give when it is done wrongly: the figure that nested cross-validation is to be set beside.

    selected_outside: AUC of ordinary cross-validation, of the best setting, among features selected on all samples.
    training: AUC of the final model on the samples that it was fitted to.
    """

    selected_outside: float
    training: float


@dataclass(frozen=True, eq=False)
class NestedResult:
    """What nested cross-validation found.

    scores: of every sample in every repeat, by a model that did not see its subject; a score is the log-odds of being
    a case that the features add (0: nothing).  auc: the mean of `auc_by_repeat`, with DeLong's interval by subject; it
    tells what other people would give, not what another training set would have chosen.  within_strata: the same of
    pairs in the same stratum only.  operating: at wanted specificities with the threshold of the training folds.
    Shapes: scores (samples, repeats).
    """

    recipe: Recipe
    is_case: Truths
    groups: Integers
    strata: Integers | None
    scores: Array
    folds: tuple[Fold, ...]
    auc: Estimate
    auc_by_repeat: tuple[float, ...]
    within_strata: Estimate | None
    operating: tuple[OperatingPoint, ...]
    stability: Stability
    naive: Naive
    seed: int

    @property
    def optimism(self) -> float:
        """By how much selection outside the folds flatters."""
        return self.naive.selected_outside - self.auc.value


@dataclass(frozen=True, eq=False)
class Design:
    """All that a repeat of the procedure needs besides the labels' order: shared by the jobs of a crew."""

    question: Question
    is_case: Truths
    recipe: Recipe
    outer: int
    inner: int
    seed: int
    specificities: tuple[float, ...] = SPECIFICITIES


def nested(
    values: Array, censored: Truths | None, is_case: Truths, groups: Sequence[object] | Integers, recipe: Recipe, *,
    strata: Sequence[object] | Integers | None = None, batches: Sequence[object] | Integers | None = None,
    columns: Sequence[int] | None = None, outer: int = 5, repeats: int = 5, inner: int = 5, seed: int = 1,
    workers: int = 1, specificities: Sequence[float] = SPECIFICITIES, progress: Progress | None = None,
) -> NestedResult:  # fmt: skip
    """Judge a recipe by nested cross-validation, by subject and stratified by class (and stratum).

    values: samples by features in the scale of `recipe.kind`; NaN where not measured.  groups: the subject of every
    sample.  batches: for batch centring.  columns: the only features that may be selected (a published panel); totals
    and levels of samples are still those of the whole table.  workers: processes; the answer does not depend on them.
    progress: called with (done, all).  Shapes: (samples, features), (samples,).
    Raises InputError for tables that do not fit together or classes with too few subjects.
    """
    design = design_of(values, censored, is_case, groups, recipe, strata=strata, batches=batches,
                       columns=columns, outer=outer, inner=inner, seed=seed, specificities=specificities)  # fmt: skip
    if not 1 <= repeats <= MOST_REPEATS:
        raise InputError(f"repeats: {repeats} is not between 1 and {MOST_REPEATS}")
    jobs = [(repeat, number) for repeat in range(repeats) for number in range(outer)]
    folds = each(_fold_or_naive, design, [*jobs, None], workers, progress)
    naive = folds.pop()
    assert isinstance(naive, Naive)
    return _gathered(design, tuple(fold for fold in folds if isinstance(fold, Fold)), repeats, naive)


def design_of(
    values: Array, censored: Truths | None, is_case: Truths, groups: Sequence[object] | Integers, recipe: Recipe, *,
    strata: Sequence[object] | Integers | None = None, batches: Sequence[object] | Integers | None = None,
    columns: Sequence[int] | None = None, outer: int = 5, inner: int = 5, seed: int = 1,
    specificities: Sequence[float] = SPECIFICITIES,
) -> Design:  # fmt: skip
    """Check what `nested` is given, and put each sample on its scale."""
    table = per_sample(np.asarray(values), censored, recipe.kind)
    truth = np.asarray(is_case)
    if truth.dtype != np.bool_ or truth.shape != (table.values.shape[0],):
        raise InputError(f"is_case must be True or False for each of the {table.values.shape[0]} samples")
    for name, count in (("outer", outer), ("inner", inner)):
        if not 2 <= count <= MOST_FOLDS:
            raise InputError(f"{name}: {count} is not between 2 and {MOST_FOLDS} folds")
    if not specificities or any(not 0.0 < one < 1.0 for one in specificities):
        raise InputError("specificities must lie between 0 and 1, and one is needed")
    size = truth.size
    allowed = None if columns is None else np.unique(np.asarray(columns, dtype=np.int64))
    if allowed is not None and not (allowed.size and 0 <= allowed[0] <= allowed[-1] < table.values.shape[1]):
        raise InputError(f"columns: places from 0 to {table.values.shape[1] - 1} are expected, and one at least")
    question = Question(table, _codes("groups", groups, size), _codes_or_none("strata", strata, size),
                        _codes_or_none("batches", batches, size), allowed)  # fmt: skip
    fewest = min(subjects_per_class(truth, question.groups))
    if fewest < max(outer, 3):
        raise InputError(
            f"the smaller class has {fewest} subjects; {outer} outer folds need {max(outer, 3)} in each class. "
            "Ask for fewer folds, or do not make a panel of so few"
        )
    return Design(question, truth, recipe, outer, inner, seed, tuple(specificities))


def run_fold(design: Design, is_case: Truths, training: Integers, held_out: Integers, key: Key) -> Fold:
    """Tune and fit on the training rows and score those held out, whose labels are never looked at."""
    question, recipe = design.question, design.recipe
    tuned = tune(question, is_case, training, recipe, design.inner, key)
    fitted = fit(question, is_case, training, recipe, tuned.setting, key)
    controls = tuned.scores[~is_case[training]]
    return Fold(
        0, 0, held_out, tuned.setting, fitted.selected, np.zeros(0) if fitted.weights is None else fitted.weights,
        fitted.scores(question, held_out), tuple(threshold_at(controls, one) for one in design.specificities),
    )  # fmt: skip


def run_repeat(design: Design, is_case: Truths, repeat: int, key: Key) -> Array:
    """Held-out scores of all samples in one repeat, for labels that may have been permuted.  Shapes: (samples,)."""
    scores = np.empty(is_case.size)
    for number in range(design.outer):
        fold = _fold(design, is_case, repeat, number, key)
        scores[fold.held_out] = fold.scores
    return scores


def _fold(design: Design, is_case: Truths, repeat: int, number: int, key: Key) -> Fold:
    question = design.question
    fold_of = deal(is_case, question.groups, design.outer, (*key, "outer", repeat), question.strata)
    training, held_out = np.flatnonzero(fold_of != number), np.flatnonzero(fold_of == number)
    fold = run_fold(design, is_case, training, held_out, (*key, repeat, number))
    return Fold(
        repeat, number, held_out, fold.setting, fold.selected, fold.weights, fold.scores, fold.thresholds
    )  # fmt: skip


def _fold_or_naive(design: Design, job: tuple[int, int] | None) -> Fold | Naive:
    key: Key = (design.seed, "nested")
    if job is not None:
        return _fold(design, design.is_case, *job, key)
    question, is_case, recipe = design.question, design.is_case, design.recipe
    rows = np.arange(is_case.size)
    prepared, features = prepare(question.table, rows, recipe, question.batches, question.columns)
    most = 0 if 0 in recipe.counts() else max(recipe.counts())
    columns = prepared.kept[ranked(features, is_case, most)]
    outside = tune(question, is_case, rows, recipe, design.outer, (*key, "naive"), columns)
    setting = tune(question, is_case, rows, recipe, design.outer, (*key, "final")).setting
    final = fit(question, is_case, rows, recipe, setting, (*key, "final"))
    return Naive(auc_value(outside.scores, is_case), auc_value(final.scores(question, rows), is_case))


def _gathered(design: Design, folds: tuple[Fold, ...], repeats: int, naive: Naive) -> NestedResult:
    question, is_case = design.question, design.is_case
    scores = np.empty((is_case.size, repeats))
    called = np.zeros((len(design.specificities), is_case.size))
    for fold in folds:
        scores[fold.held_out, fold.repeat] = fold.scores
        for row, threshold in zip(called, fold.thresholds, strict=True):
            row[fold.held_out] += (fold.scores > threshold) / repeats
    strata = question.strata
    shared = strata is not None and not np.isnan(auc_value(scores[:, 0], is_case, strata))
    return NestedResult(
        recipe=design.recipe,
        is_case=is_case,
        groups=question.groups,
        strata=strata,
        scores=scores,
        folds=folds,
        auc=auc(scores, is_case, question.groups),
        auc_by_repeat=tuple(auc_value(column, is_case) for column in scores.T),
        within_strata=auc(scores, is_case, question.groups, strata) if shared else None,
        operating=tuple(
            operating_point(np.minimum(row, 1.0), is_case, wanted, np.nan, question.groups)
            for wanted, row in zip(design.specificities, called, strict=True)
        ),
        stability=stability([fold.selected for fold in folds], question.table.values.shape[1]),
        naive=naive,
        seed=design.seed,
    )


def _codes(name: str, given: Sequence[object] | Integers, count: int) -> Integers:
    """Whole numbers that stand for names, in the order in which names first appear."""
    listed = list(given)
    if len(listed) != count:
        raise InputError(f"{name}: {len(listed)} are given for {count} samples")
    known: dict[object, int] = {}
    return np.array([known.setdefault(one, len(known)) for one in listed], dtype=np.int64)


def _codes_or_none(name: str, given: Sequence[object] | Integers | None, count: int) -> Integers | None:
    return None if given is None else _codes(name, given, count)
