"""One model of a recipe at one setting, fitted on training rows; and the setting chosen by inner cross-validation."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from exocosm.accuracy.estimate import Array, Integers, Truths
from exocosm.accuracy.ranking import auc_value
from exocosm.diagnosis.panels import forest as trees
from exocosm.diagnosis.panels.folds import Key, deal, subjects_per_class
from exocosm.diagnosis.panels.logistic import elastic_path, ridge_path
from exocosm.diagnosis.panels.steps import Prepared, Recipe, Setting, Table, apply, prepare, ranked
from exocosm.errors import InputError
from exocosm.randomness import key_digest

_EDGE = 0.5  # a forest of T trees tells a chance of 0 from one of less than 1/T no better than this


@dataclass(frozen=True, eq=False)
class Question:
    """The table and all that is known of its samples besides the class.  columns: the only features that may be used
    (all, if not given).  Shapes: (samples,)."""

    table: Table
    groups: Integers
    strata: Integers | None = None
    batches: Integers | None = None
    columns: Integers | None = None


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted model: the steps of its features only, and weights or trees.

    base: log-odds of a case in the training set.  A score is the log-odds that the model gives minus `base`: what the
    sample's numbers add, whatever the share of cases.
    """

    setting: Setting
    prepared: Prepared
    base: float
    weights: Array | None
    intercept: float
    forest: trees.Forest | None = None

    @property
    def selected(self) -> Integers:
        """Columns of the table that the model uses."""
        return self.prepared.kept

    def scores(self, question: Question, rows: Integers) -> Array:
        """Scores of rows of a table.  Shapes: (rows,)."""
        features = apply(question.table, rows, self.prepared, question.batches)
        return scores_of(features, self.weights, self.intercept, self.forest, self.base)


def scores_of(
    features: Array, weights: Array | None, intercept: float, forest: trees.Forest | None, base: float
) -> Array:
    """Scores from standardised features.  Shapes: (samples, features) -> (samples,)."""
    if forest is None:
        assert weights is not None
        return np.asarray(features @ weights + (intercept - base))
    count = forest.starts.size
    chance = (trees.chances(forest, features) * count + _EDGE) / (count + 2.0 * _EDGE)
    return np.asarray(np.log(chance / (1.0 - chance)) - base)


def log_odds(is_case: Truths) -> float:
    """Log-odds of a case among samples."""
    share = float(is_case.mean())
    return float(np.log(share / (1.0 - share)))


def fit(question: Question, is_case: Truths, rows: Integers, recipe: Recipe, setting: Setting, key: Key) -> Fitted:
    """Fit a recipe at one setting on training rows.  is_case: of all samples; only `rows` are looked at."""
    truth = is_case[rows]
    prepared, features = prepare(question.table, rows, recipe, question.batches, question.columns)
    order = ranked(features, truth, setting.size)
    if not order.size:
        return Fitted(setting, prepared.only(order), log_odds(truth), np.zeros(0), log_odds(truth))
    features = features[:, order]
    if not recipe.is_linear:
        seed = key_digest(*key, "forest", setting.size, setting.leaf) % 2**32
        grown = trees.grow_forest(features, truth, recipe.trees, setting.leaf, seed)
        return Fitted(setting, prepared.only(order), log_odds(truth), None, 0.0, grown)
    weights, intercepts = _path(features, truth, recipe, (setting.strength,))
    used = np.flatnonzero(weights[0]) if recipe.model == "elastic_net" else np.arange(order.size)
    return Fitted(setting, prepared.only(order[used]), log_odds(truth), weights[0][used], float(intercepts[0]))


@dataclass(frozen=True, eq=False)
class Tuned:
    """What inner cross-validation found: the chosen setting, the scores of the training rows when they were held out
    at that setting, and the criterion of every setting."""

    setting: Setting
    scores: Array
    criteria: Array


def tune(
    question: Question, is_case: Truths, rows: Integers, recipe: Recipe, inner: int, key: Key,
    columns: Integers | None = None,
) -> Tuned:  # fmt: skip
    """Choose a setting by cross-validation within the training rows, with every step learned anew in each inner fold.

    The criterion is the mean log-loss or the AUC of all inner held-out scores together; equal settings fall to the
    simplest.  columns: only these features of the table (for the naive figure, which selects before).
    """
    truth, groups = is_case[rows], question.groups[rows]
    count = min(inner, *subjects_per_class(truth, groups))
    if count < 2:
        raise InputError("a training set has fewer than 2 subjects of a class; there are too few to choose settings")
    settings = recipe.settings()
    strata = None if question.strata is None else question.strata[rows]
    fold_of = deal(truth, groups, count, (*key, "inner"), strata)
    held = np.empty((len(settings), rows.size))
    if columns is not None:
        question = replace(question, columns=columns)
    for fold in range(count):
        training, test = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
        held[:, test] = _all_settings(question, is_case, rows[training], rows[test], recipe, (*key, fold))
    criteria = np.array([_criterion(row, truth, recipe) for row in held])
    best = int(np.argmax(criteria >= criteria.max() - 1e-9))
    return Tuned(settings[best], held[best], criteria)


def _all_settings(
    question: Question, is_case: Truths, training: Integers, test: Integers, recipe: Recipe, key: Key
) -> Array:
    """Scores of held-out rows at every setting, with the steps and the ranking learned once.  (settings, test)."""
    truth = is_case[training]
    prepared, features = prepare(question.table, training, recipe, question.batches, question.columns)
    settings = recipe.settings()
    sizes = list(dict.fromkeys(setting.size for setting in settings))
    order = ranked(features, truth, 0 if 0 in sizes else max(sizes))
    base, found = log_odds(truth), np.zeros((len(settings), test.size))
    if not order.size:
        return found
    features, tested = features[:, order], apply(question.table, test, prepared.only(order), question.batches)
    row = 0
    known: dict[int, Array] = {}  # sizes beyond the features that there are give the same again
    for size in sizes:
        count = min(size or order.size, order.size)
        each = [setting for setting in settings if setting.size == size]
        if count not in known:
            known[count] = _scores_at(features[:, :count], tested[:, :count], truth, recipe, each, base, key)
        found[row : row + len(each)] = known[count]
        row += len(each)
    return found


def _scores_at(
    features: Array, tested: Array, truth: Truths, recipe: Recipe, settings: list[Setting], base: float, key: Key
) -> Array:
    if recipe.is_linear:
        weights, intercepts = _path(features, truth, recipe, tuple(setting.strength for setting in settings))
        return np.asarray(weights @ tested.T + (intercepts - base)[:, None])
    rows = []
    for setting in settings:
        seed = key_digest(*key, "forest", setting.size, setting.leaf) % 2**32
        grown = trees.grow_forest(features, truth, recipe.trees, setting.leaf, seed)
        rows.append(scores_of(tested, None, 0.0, grown, base))
    return np.array(rows)


def _path(features: Array, truth: Truths, recipe: Recipe, strengths: tuple[float, ...]) -> tuple[Array, Array]:
    if recipe.model == "elastic_net":
        return elastic_path(features, truth, strengths, recipe.mixing)
    return ridge_path(features, truth, strengths)


def _criterion(scores: Array, truth: Truths, recipe: Recipe) -> float:
    """Larger is better."""
    if recipe.criterion == "auc":
        return auc_value(scores, truth)
    linear = scores + log_odds(truth)
    return -float((np.logaddexp(0.0, linear) - truth * linear).mean())
