"""How strongly one column goes with the class: effect, interval and probability by chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exocosm.accuracy.ranking import auc_value, newcombe
from exocosm.diagnosis.audit.thresholds import FOLDS, REPEATS, SHUFFLES

SEED = 20150910  # of every permutation of the audit: the same data set gets the same audit
FINE = 20_000  # tables drawn for an exact test that cannot be enumerated


def auc(values: ArrayLike, is_case: ArrayLike) -> float:
    """The chance that a case has more than a control, ties counted half.

    Missing values left out; NaN if a class is empty.
    """
    numbers, cases = np.asarray(values, float), np.asarray(is_case, bool)
    kept = np.isfinite(numbers)
    return auc_value(numbers[kept], cases[kept])


def auc_interval(area: float, cases: int, controls: int) -> tuple[float, float]:
    """The 95 % interval of an AUC (Newcombe 2006, method 5), also where the classes are apart; NaN if one is empty."""
    low, high = newcombe(area, cases, controls)
    return float(low), float(high)


def rank_sum_p(values: ArrayLike, is_case: ArrayLike) -> float:
    """Two-sided p of the Mann-Whitney test: exact without ties in small groups, by permutation with ties in small
    groups, else by its normal approximation.  1 if nothing varies or a class is empty."""
    from scipy import stats

    numbers, cases = np.asarray(values, float), np.asarray(is_case, bool)
    kept = np.isfinite(numbers)
    numbers, cases = numbers[kept], cases[kept]
    one, other = numbers[cases], numbers[~cases]
    if not one.size or not other.size or np.ptp(numbers) == 0:
        return 1.0
    few = 2 <= min(one.size, other.size) <= 8  # permutation tests of scipy want two of each
    method: Any = "auto"
    if few and np.unique(numbers).size < numbers.size:
        method = stats.PermutationMethod(n_resamples=SHUFFLES, rng=np.random.default_rng(SEED))
    return float(min(1.0, stats.mannwhitneyu(one, other, method=method).pvalue))


def tabulate(levels: Sequence[str], is_case: ArrayLike) -> tuple[list[str], NDArray[np.int64]]:
    """The levels in the order of appearance, and how many cases and controls each has [level, 2]."""
    cases = np.asarray(is_case, bool)
    names = list(dict.fromkeys(levels))
    place = np.array([names.index(one) for one in levels], int)
    counts = np.stack([np.bincount(place[cases], minlength=len(names)),
                       np.bincount(place[~cases], minlength=len(names))], axis=1)  # fmt: skip
    return names, counts.astype(np.int64)


def table_p(counts: NDArray[np.int64]) -> float:
    """P by chance of a table [level, 2] at its own margins: Fisher's test for two levels, else chi-square against
    tables drawn at the same margins.  1 with fewer than two levels."""
    from scipy.stats import fisher_exact

    counts = counts[counts.sum(axis=1) > 0]
    if counts.shape[0] < 2 or (counts.sum(axis=0) == 0).any():
        return 1.0
    if counts.shape[0] == 2:
        return float(min(1.0, fisher_exact(counts).pvalue))
    totals, cases = counts.sum(axis=1), int(counts[:, 0].sum())
    drawn = np.random.default_rng(SEED).multivariate_hypergeometric(totals, cases, size=FINE, method="marginals")
    expected = totals * cases / totals.sum()
    distance = ((drawn - expected) ** 2 / totals).sum(axis=1)
    seen = float(((counts[:, 0] - expected) ** 2 / totals).sum())
    return float((1 + (distance >= seen - 1e-9).sum()) / (1 + FINE))


def cramers_v(counts: NDArray[np.int64]) -> tuple[float, float, float]:
    """Cramer's V of a table [level, 2] and its 95 % interval from the noncentral chi-square.

    V = sqrt(chi2 / n); 0: levels say nothing of the class, 1: they decide it.
    """
    from scipy.optimize import brentq
    from scipy.stats import ncx2

    counts = counts[counts.sum(axis=1) > 0]
    if counts.shape[0] < 2 or (counts.sum(axis=0) == 0).any():
        return 0.0, 0.0, 0.0
    total, freedom = int(counts.sum()), counts.shape[0] - 1
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0, keepdims=True) / total
    seen = float(((counts - expected) ** 2 / expected).sum())

    def centre(probability: float) -> float:
        def off(noncentral: float) -> float:
            return float(ncx2.cdf(seen, freedom, noncentral)) - probability

        if off(1e-9) <= 0:
            return 0.0
        top = 4 * seen + 50.0
        return float(brentq(off, 1e-9, top)) if off(top) < 0 else top

    v = min(1.0, float(np.sqrt(seen / total)))
    low, high = (min(1.0, float(np.sqrt(centre(p) / total))) for p in (0.975, 0.025))
    return v, min(low, v), max(high, v)


def holm(probabilities: ArrayLike) -> list[float]:
    """Holm's adjustment: the probability that any of the family is a false alarm."""
    given = np.asarray(probabilities, float)
    order = np.argsort(given)
    raised = np.maximum.accumulate(given[order] * np.arange(given.size, 0, -1)) if given.size else given
    adjusted = np.empty_like(given)
    adjusted[order] = np.minimum(raised, 1.0)
    return [float(one) for one in adjusted]


def told_from(
    design: NDArray[np.float64], is_case: ArrayLike, subjects: Sequence[str]
) -> tuple[float, float, tuple[float, float]]:
    """How well columns tell the class of subjects that they were not fitted to.

    Returns the cross-validated AUC of a ridge regression of the class, its p by permuting the classes of the subjects,
    and the middle 95 % of the AUC by chance.  Folds are drawn without a look at the class and pairs are compared within
    folds, so that the permutation test is exact; for a given design the prediction is linear in the class, so that a
    permutation is one product of matrices.  design: [sample, column], standardised.
    """
    cases = np.asarray(is_case, float)
    codes, place = np.unique(np.asarray(subjects, dtype=str), return_inverse=True)
    generator = np.random.default_rng(SEED)
    penalty = 1.0
    shuffled = np.empty((SHUFFLES + 1, cases.size))
    shuffled[0] = cases
    by_subject = _by_subject(cases, place, codes.size)
    for row in range(1, SHUFFLES + 1):
        if by_subject is not None:
            shuffled[row] = generator.permutation(by_subject)[place]
        else:  # subjects in both classes: their samples are exchanged freely
            shuffled[row] = generator.permutation(cases)
    right, pairs = np.zeros(SHUFFLES + 1), np.zeros(SHUFFLES + 1)
    for _ in range(REPEATS):
        fold_of = (generator.permutation(codes.size) % FOLDS)[place]
        for fold in range(FOLDS):
            test, train = np.flatnonzero(fold_of == fold), np.flatnonzero(fold_of != fold)
            if test.size < 2 or train.size < 2:
                continue
            middle = design[train].mean(axis=0)
            known, asked = design[train] - middle, design[test] - middle
            gram = known @ known.T + penalty * np.eye(train.size)
            weights = np.linalg.solve(gram, known @ asked.T).T  # [test, train]
            labels = shuffled[:, train]
            scores = (labels - labels.mean(axis=1, keepdims=True)) @ weights.T
            above = shuffled[:, test] > 0.5
            gaps = scores[:, :, None] - scores[:, None, :]
            compared = above[:, :, None] & ~above[:, None, :]
            gained = np.where(np.abs(gaps) < 1e-9, 0.5, gaps > 0)
            right += (gained * compared).sum(axis=(1, 2))
            pairs += compared.sum(axis=(1, 2))
    areas = np.where(pairs > 0, right / np.maximum(pairs, 1), 0.5)
    chance = float((1 + (areas[1:] >= areas[0] - 1e-12).sum()) / (SHUFFLES + 1))
    low, high = np.quantile(areas[1:], [0.025, 0.975])
    return float(areas[0]), chance, (float(low), float(high))


def _by_subject(cases: NDArray[np.float64], place: NDArray[np.intp], count: int) -> NDArray[np.float64] | None:
    """The class of every subject, or None if any subject is in both."""
    sums, sizes = np.bincount(place, weights=cases, minlength=count), np.bincount(place, minlength=count)
    means = sums / sizes
    return means if bool(np.isin(means, (0.0, 1.0)).all()) else None
