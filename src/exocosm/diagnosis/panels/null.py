"""What the whole procedure finds where there is nothing to find: labels are permuted among subjects, and everything,
dealing of folds and choice of settings included, is done again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exocosm.accuracy.estimate import Array, Integers, Truths
from exocosm.accuracy.ranking import auc_value
from exocosm.diagnosis.panels.crew import Progress, each
from exocosm.diagnosis.panels.folds import Key
from exocosm.diagnosis.panels.nested import Design, design_of, run_repeat
from exocosm.diagnosis.panels.steps import Recipe
from exocosm.errors import InputError
from exocosm.randomness import generator

PERMUTATIONS = {"ridge": 200, "elastic_net": 200, "random_forest": 20}
MOST_PERMUTATIONS = 100_000


@dataclass(frozen=True, eq=False)
class NullResult:
    """AUCs of nested cross-validation with permuted labels beside that of the true ones.

    observed: of the true labels, with folds of its own, as every permutation has; the mean over the repeats.  p: (1 +
    permutations at least as good) / (1 + permutations).  within_*: of pairs of the same stratum (NaN without strata).
    possible: how many different arrangements of the labels there are, as a power of ten; few of them bound p.
    """

    observed: float
    permuted: Array
    p: float
    within_observed: float
    within_permuted: Array
    within_p: float
    possible: float
    repeats: int

    @property
    def smallest_p(self) -> float:
        """The smallest p that this many permutations, and this many possible ones, can give."""
        return max(1.0 / (1.0 + self.permuted.size), 10.0**-self.possible)


def permutation_null(
    values: Array, censored: Truths | None, is_case: Truths, groups: Sequence[object] | Integers, recipe: Recipe, *,
    strata: Sequence[object] | Integers | None = None, batches: Sequence[object] | Integers | None = None,
    columns: Sequence[int] | None = None, count: int | None = None, repeats: int = 1, outer: int = 5, inner: int = 5,
    seed: int = 1, workers: int = 1, progress: Progress | None = None,
) -> NullResult:  # fmt: skip
    """Permute the labels among subjects (within strata, if given) and run the whole nested procedure on each.

    Subjects that gave both cases and controls have theirs exchanged within themselves.  count: permutations (default:
    200 of a penalised model, 20 of a forest).  Other arguments as `nested`.
    Raises InputError where the labels allow no other arrangement.
    """
    wanted = PERMUTATIONS[recipe.model] if count is None else count
    if not 1 <= wanted <= MOST_PERMUTATIONS:
        raise InputError(f"count: {wanted} is not between 1 and {MOST_PERMUTATIONS:,} permutations")
    if not 1 <= repeats <= wanted + 100:
        raise InputError(f"repeats: {repeats} is not a number of repeats")
    design = design_of(
        values, censored, is_case, groups, recipe, strata=strata, batches=batches, columns=columns, outer=outer,
        inner=inner, seed=seed,
    )  # fmt: skip
    possible = arrangements(design.is_case, design.question.groups, design.question.strata)
    if possible <= 0.0:
        raise InputError("the labels cannot be permuted: every stratum holds subjects of one class only")
    jobs = [(number, repeats) for number in range(wanted + 1)]
    found = np.array(each(_one, design, jobs, workers, progress))
    plain, within = found[:, 0], found[:, 1]
    has_strata = design.question.strata is not None
    return NullResult(
        float(plain[0]), plain[1:], _p(plain), float(within[0]), within[1:] if has_strata else np.zeros(0),
        _p(within) if has_strata else math.nan, possible, repeats,
    )  # fmt: skip


def permuted_labels(is_case: Truths, groups: Integers, strata: Integers | None, key: Key) -> Truths:
    """Labels in another order: whole subjects exchange theirs within strata, mixed subjects within themselves."""
    random = generator(*key, "labels")
    labels = is_case.copy()
    pure, mixed = _sets(is_case, groups, strata)
    for members in pure:
        classes = random.permutation(np.array([is_case[rows[0]] for rows in members]))
        for rows, label in zip(members, classes, strict=True):
            labels[rows] = label
    for rows in mixed:
        labels[rows] = random.permutation(is_case[rows])
    return labels


def arrangements(is_case: Truths, groups: Integers, strata: Integers | None) -> float:
    """How many arrangements of the labels such permutations can give, as a power of ten."""
    pure, mixed = _sets(is_case, groups, strata)
    sets = [(len(members), sum(bool(is_case[rows[0]]) for rows in members)) for members in pure]
    sets += [(rows.size, int(is_case[rows].sum())) for rows in mixed]
    return sum(math.log10(math.comb(size, cases)) for size, cases in sets)


def _sets(is_case: Truths, groups: Integers, strata: Integers | None) -> tuple[list[list[Integers]], list[Integers]]:
    """Subjects of one class, by the strata that their samples are in; and subjects of both classes."""
    pure: dict[tuple[int, ...], list[Integers]] = {}
    mixed = []
    for name in np.unique(groups):
        rows = np.flatnonzero(groups == name)
        if is_case[rows].any() and not is_case[rows].all():
            mixed.append(rows)
            continue
        where = () if strata is None else tuple(sorted({int(one) for one in strata[rows]}))
        pure.setdefault(where, []).append(rows)
    return list(pure.values()), mixed


def _one(design: Design, job: tuple[int, int]) -> tuple[float, float]:
    number, repeats = job
    key: Key = (design.seed, "null", number)
    groups, strata = design.question.groups, design.question.strata
    labels = design.is_case if number == 0 else permuted_labels(design.is_case, groups, strata, key)
    plain, within = [], []
    for repeat in range(repeats):
        scores = run_repeat(design, labels, repeat, key)
        plain.append(auc_value(scores, labels))
        within.append(auc_value(scores, labels, strata) if strata is not None else math.nan)
    return float(np.mean(plain)), float(np.mean(within))


def _p(found: Array) -> float:
    """The first number is that of the true labels; what is not a number counts against them."""
    return float((1 + np.sum(~(found[1:] < found[0] - 1e-12))) / found.size)
