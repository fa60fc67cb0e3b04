"""Single markers: how far each feature tells cases from controls, alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from exocosm.accuracy.ranking import newcombe
from exocosm.diagnosis.audit.association import holm as adjusted_by_holm
from exocosm.errors import InputError
from exocosm.evidence.spread import NORMAL_95

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

MOST_PAIRS = 2_000_000  # differences between a case and a control that are held at a time
COLUMNS = (
    "feature", "detected_cases", "detected_controls", "difference", "difference_low", "difference_high", "auc",
    "auc_low", "auc_high", "p", "q", "holm", "auc_within", "p_within",
)  # fmt: skip


def by_subject(values: pd.DataFrame, subjects: pd.Series) -> pd.DataFrame:
    """The mean of the samples of each subject, feature by feature; the first sample lends its name.

    Technical replicates are not independent, so that counting them would make intervals too narrow.
    """
    if subjects.is_unique:
        return values
    first = subjects.drop_duplicates()
    means = values.groupby(subjects.to_numpy(), sort=False).mean()
    means.index = first.index
    return means


def single_markers(
    values: pd.DataFrame,
    censored: pd.DataFrame,
    is_case: pd.Series,
    *,
    subjects: pd.Series | None = None,
    strata: pd.Series | None = None,
) -> pd.DataFrame:
    """Every feature alone: effect, area under the curve (AUC), p, q (Benjamini-Hochberg) and Holm's p.

    values: samples by features on a logarithmic scale that is comparable between samples, higher = more; NaN: not
    measured.  censored: looked for and not detected: such a value ranks below every detected one, and all are tied.
    difference: Hodges-Lehmann shift of cases over controls (log2) with its 95 % interval; where a limit enters it, it
    is a lower bound of the size.  auc: P(case > control) + P(tie)/2, with Newcombe's 95 % interval (his method 5);
    above 0.5 means higher in cases.  auc_within, p_within: among pairs of the same stratum only (van Elteren's test),
    NaN without strata.  One row per feature, most telling first.
    """
    import pandas as pd

    measured = values.where(~censored)
    floor = measured.min().fillna(values.min()).to_numpy(float)
    ranked = values.where(~censored, other=pd.DataFrame(-np.inf, values.index, values.columns))
    shown = values.where(~censored, other=pd.DataFrame(np.tile(floor, (len(values), 1)), values.index, values.columns))
    if subjects is not None and not subjects.is_unique:
        kept = subjects.drop_duplicates().index
        bottom = pd.DataFrame(np.tile(floor - 1.0, (len(values), 1)), values.index, values.columns)
        ranked = by_subject(ranked.where(np.isfinite(ranked), bottom).where(values.notna() | censored), subjects)
        shown, censored = by_subject(shown, subjects), by_subject(censored.astype(float), subjects).eq(1.0)
        is_case = is_case.loc[kept]
        strata = None if strata is None else strata.loc[kept]
    case = is_case.to_numpy(bool)
    if case.all() or not case.any():
        raise InputError("single markers need cases and controls; there is only one class")
    matrix = ranked.to_numpy(float)
    undetected: Flags = censored.to_numpy(bool)
    detected = ~undetected & np.isfinite(shown.to_numpy(float))
    auc, p, cases, controls = _rank_test(matrix, case)
    low, high = newcombe(auc, cases, controls)
    shift, shift_low, shift_high = _hodges_lehmann(shown.to_numpy(float), case)
    within, p_within = np.full(auc.shape, np.nan), np.full(auc.shape, np.nan)
    if strata is not None:
        within, p_within = _van_elteren(matrix, case, np.asarray(strata.astype(str)))
    q, holm = _adjusted(p)
    found = pd.DataFrame(
        {
            "feature": values.columns.astype(str),
            "detected_cases": detected[case].mean(axis=0),
            "detected_controls": detected[~case].mean(axis=0),
            "difference": shift, "difference_low": shift_low, "difference_high": shift_high,
            "auc": auc, "auc_low": low, "auc_high": high, "p": p, "q": q, "holm": holm,
            "auc_within": within, "p_within": p_within,
        },
        columns=list(COLUMNS),
    )  # fmt: skip
    return found.sort_values(["p", "feature"], kind="stable", na_position="last").reset_index(drop=True)


def _rank_test(matrix: Array, case: Flags) -> tuple[Array, Array, Array, Array]:
    """AUC, two-sided Mann-Whitney p, and the numbers of cases and controls that were measured, of every column."""
    from scipy.stats import mannwhitneyu

    present = ~np.isnan(matrix)
    cases, controls = present[case].sum(axis=0).astype(float), present[~case].sum(axis=0).astype(float)
    auc, p = np.full(matrix.shape[1], np.nan), np.full(matrix.shape[1], np.nan)
    usable = (cases > 0) & (controls > 0)
    if usable.any():
        finite = _tied_at_the_bottom(matrix)[:, usable]
        with np.errstate(invalid="ignore", divide="ignore"):
            found = mannwhitneyu(finite[case], finite[~case], axis=0, nan_policy="omit", method="auto")
        auc[usable] = found.statistic / (cases * controls)[usable]
        p[usable] = np.where(np.isnan(found.pvalue), 1.0, found.pvalue)  # all tied: nothing to tell
    return auc, p, cases, controls


def _tied_at_the_bottom(matrix: Array) -> Array:
    """What is not detected (minus infinity) as one number below all others of its column."""
    finite = np.where(np.isfinite(matrix), matrix, np.inf).min(axis=0)
    below = np.where(np.isfinite(finite), finite - 1.0, 0.0)
    return np.asarray(np.where(np.isneginf(matrix), below, matrix), dtype=float)


def _hodges_lehmann(matrix: Array, case: Flags) -> tuple[Array, Array, Array]:
    """Median of all differences between a case and a control, and its 95 % interval from the rank statistic."""
    size = matrix.shape[1]
    middle, low, high = (np.full(size, np.nan) for _ in range(3))
    per_chunk = max(MOST_PAIRS // max(int(case.sum()) * int((~case).sum()), 1), 1)
    whole = np.asarray(~np.isnan(matrix).any(axis=0), dtype=bool)
    for start in range(0, size, per_chunk):
        place = slice(start, min(start + per_chunk, size))
        if whole[place].all():
            block = (matrix[case, place][:, None, :] - matrix[None, ~case, place]).reshape(-1, place.stop - start)
            block.sort(axis=0)
            middle[place], low[place], high[place] = _ends(block, int(case.sum()), int((~case).sum()))
            continue
        for column in range(place.start, place.stop):
            ones, others = matrix[case, column], matrix[~case, column]
            ones, others = ones[~np.isnan(ones)], others[~np.isnan(others)]
            if ones.size and others.size:
                differences = np.sort((ones[:, None] - others[None, :]).ravel())[:, None]
                found = _ends(differences, ones.size, others.size)
                middle[column], low[column], high[column] = (float(one[0]) for one in found)
    return middle, low, high


def _ends(ordered: Array, cases: int, controls: int) -> tuple[Array, Array, Array]:
    pairs = cases * controls
    off = NORMAL_95 * math.sqrt(pairs * (cases + controls + 1) / 12.0)
    place = min(max(math.floor(pairs / 2.0 - off), 0), pairs - 1)
    return np.median(ordered, axis=0), ordered[place], ordered[pairs - 1 - place]


def _van_elteren(matrix: Array, case: Flags, strata: NDArray[np.generic]) -> tuple[Array, Array]:
    """AUC among pairs of the same stratum, and the stratified rank test's p (weights 1/(n + 1)), of every column."""
    from scipy.stats import norm, rankdata

    size = matrix.shape[1]
    pairs, concordant, statistic, variance = (np.zeros(size) for _ in range(4))
    finite = _tied_at_the_bottom(matrix)
    for stratum in np.unique(strata):
        inside = np.asarray(strata == stratum)
        block, here = finite[inside], case[inside]
        if here.all() or not here.any():
            continue
        present = ~np.isnan(block)
        ranks = rankdata(block, axis=0, nan_policy="omit")
        n, k = present.sum(axis=0).astype(float), present[here].sum(axis=0).astype(float)
        usable = (k > 0) & (n - k > 0)
        total = np.nansum(np.where(here[:, None], ranks, 0.0), axis=0)
        mean_rank = (n + 1.0) / 2.0
        with np.errstate(invalid="ignore", divide="ignore"):
            spread = np.nansum(np.where(present, (ranks - mean_rank) ** 2, 0.0), axis=0) / (n - 1.0)
            each = np.where(usable, k * (n - k) / n * spread, 0.0) / (n + 1.0) ** 2
        pairs += np.where(usable, k * (n - k), 0.0)
        concordant += np.where(usable, total - k * (k + 1.0) / 2.0, 0.0)
        statistic += np.where(usable, (total - k * mean_rank) / (n + 1.0), 0.0)
        variance += each
    with np.errstate(invalid="ignore", divide="ignore"):
        auc = np.where(pairs > 0, concordant / pairs, np.nan)
        p = np.where(variance > 0, 2.0 * norm.sf(np.abs(statistic) / np.sqrt(variance)), 1.0)
    return auc, np.where(pairs > 0, p, np.nan)


def _adjusted(p: Array) -> tuple[Array, Array]:
    """Benjamini-Hochberg's q and Holm's p of the columns that were tested."""
    from statsmodels.stats.multitest import multipletests

    q, holm = np.full(p.shape, np.nan), np.full(p.shape, np.nan)
    tested = np.isfinite(p)
    if tested.any():
        q[tested] = multipletests(p[tested], method="fdr_bh")[1]
        holm[tested] = adjusted_by_holm(p[tested])
    return q, holm
