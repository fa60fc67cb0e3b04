"""Are the columns comparable as given, and did somebody adjust them to one another before?"""

from __future__ import annotations

import re
from pathlib import PurePath

import numpy as np

from exocosm.diagnosis.audit.association import auc, auc_interval, rank_sum_p
from exocosm.diagnosis.audit.finding import Finding
from exocosm.diagnosis.audit.thresholds import (
    LEAST_FEATURES_ALIKE,
    LINEAR_HIGHEST,
    LOGARITHM_HIGHEST,
    NEGATIVE_SHARE,
    STANDARDISED,
    SUMS_ALIKE,
    SUMS_APART,
)  # fmt: skip
from exocosm.diagnosis.audit.wording import chance, percent
from exocosm.diagnosis.dataset import Contrast, Dataset
from exocosm.diagnosis.scale import fit_scale

NAME = "comparability"
TITLE = "Whether columns can be compared as given, and what was done to them before"
PLACE = 25
NORMALISED = re.compile(
    r"(?<![a-z])(?<!un[\W_])(?<!no[nt][\W_])norm(?:ali[sz]ed|ali[sz]ation)?(?![a-z])", re.IGNORECASE
)
LEAK = "Every sample was adjusted to all others, those of a test fold too: a held-out figure can be too good."


def check(dataset: Dataset, contrast: Contrast) -> list[Finding]:
    """Sums of columns, scale, and the traces that normalisation over all samples leaves."""
    numbers = dataset.values.to_numpy(float)
    findings = [*_sums(dataset, contrast), *_scale(dataset, numbers), *_adjusted(dataset, numbers)]
    within = dataset.of(contrast)
    used = fit_scale(within.values, within.kind, within.censored)
    findings.append(
        Finding(NAME, "note", f"Before anything is compared, samples are brought onto one scale: {used.sentence}.")
    )
    return findings


def _sums(dataset: Dataset, contrast: Contrast) -> list[Finding]:
    if dataset.kind not in ("counts", "expression", "protein_intensities"):
        return []
    within = dataset.of(contrast)
    sums = within.values.sum(axis=1)
    least, most = float(sums.min()), float(sums.max())
    if least <= 0:
        empty = [str(name) for name in sums.index[sums <= 0]]
        return [Finding(NAME, "caveat", f"Nothing was found in {', '.join(empty[:6])}.", concerns=tuple(empty),
                        advice="Leave them out.")]  # fmt: skip
    ratio = most / least
    cases = contrast.is_case(within.labels).to_numpy(bool)
    area = auc(sums, cases)
    low, high = auc_interval(area, int(cases.sum()), int((~cases).sum()))
    numbers = {"sum_least": least, "sum_most": most, "ratio": ratio, "auc": area, "auc_low": low, "auc_high": high}
    told = f"sums of the samples go from {least:.3g} to {most:.3g} ({ratio:.3g}-fold"
    told += f"; by class AUC {area:.2f}, {chance(rank_sum_p(sums, cases))})"
    if dataset.kind == "counts" and ratio > SUMS_APART and _says_normalised(dataset):
        sentence = f"The file calls its values normalised, but they are not comparable as given: {told}."
        advice = ("They are brought onto one scale here (see below); figures published from them as given compare "
                  "depths. Ask how they were normalised.")  # fmt: skip
        return [Finding(NAME, "caveat", sentence, numbers, advice=advice)]
    if dataset.kind == "counts":
        return [Finding(NAME, "fine", f"As counts should, {told}; they are not compared as given.", numbers)]
    if ratio <= SUMS_ALIKE:
        return [Finding(NAME, "fine", f"All samples have the same sum ({least:.4g}).", numbers)]
    if dataset.kind == "expression" and ratio > SUMS_APART:
        sentence = f"The values are not comparable as given, although they are no counts: {told}."
        advice = "Ask how they were normalised; figures published from them as given compare depths."
        return [Finding(NAME, "caveat", sentence, numbers, advice=advice)]
    return [Finding(NAME, "note", f"{told[0].upper()}{told[1:]}.", numbers)]


def _says_normalised(dataset: Dataset) -> bool:
    """Whether the title or a file's name says that the values were normalised."""
    names = [dataset.title, *(PurePath(name).name for name in dataset.sources)]
    return any(NORMALISED.search(name) for name in names)


def _scale(dataset: Dataset, numbers: np.ndarray) -> list[Finding]:
    given = numbers[np.isfinite(numbers)]
    if not given.size:
        return [Finding(NAME, "fatal", "The table holds no number.")]
    highest, whole = float(given.max()), bool((given == np.round(given)).all())
    findings = []
    if dataset.kind == "log_expression" and highest > LOGARITHM_HIGHEST:
        findings.append(f"The values are called logarithms but reach {highest:.4g}: they look linear.")
    if dataset.kind in ("expression", "protein_intensities") and 0 < highest < LINEAR_HIGHEST and not whole:
        findings.append(f"The values are called linear but none is above {highest:.3g}: they look like logarithms.")
    if dataset.kind == "counts" and not whole:
        findings.append("The values are called counts but are not whole numbers: they were estimated or adjusted.")
    if dataset.kind == "expression" and whole and highest > LINEAR_HIGHEST:
        findings.append("The values are called expression but are whole numbers: they look like counts.")
    return [Finding(NAME, "caveat", sentence, {"highest": highest}, advice="Say what kind of numbers they are.")
            for sentence in findings]  # fmt: skip


def _adjusted(dataset: Dataset, numbers: np.ndarray) -> list[Finding]:
    """Quantile normalisation, standardised features and residuals over all samples of the table."""
    complete = np.isfinite(numbers).all(axis=1)
    findings = []
    if complete.sum() >= 3 and numbers.shape[1] >= LEAST_FEATURES_ALIKE:
        ordered = np.sort(numbers[complete], axis=1)
        spread = float(np.ptp(ordered)) or 1.0
        same = float(np.abs(ordered - ordered[0]).max()) / spread
        ties = np.unique(ordered[0]).size < numbers.shape[1] / 2
        between = float(np.mean(np.abs(ordered - ordered[0]) <= 1e-6 * spread))
        if same <= 1e-6 or (between > 0.9 and not ties):
            sentence = (f"All samples have the same distribution (quantile normalisation): {percent(between)} of the "
                        f"ranks have one value in all. {LEAK}")  # fmt: skip
            advice = "Start from the values before normalisation."
            findings.append(Finding(NAME, "caveat", sentence, {"share_same": between}, advice=advice))
    if numbers.shape[0] < 4:
        return findings
    with np.errstate(invalid="ignore"):
        middles, spreads = _mean(numbers), _spread(numbers)
    varied = spreads > 0
    if varied.sum() < 3:
        return findings
    centred = np.abs(middles[varied]) < STANDARDISED * spreads[varied]
    unit = np.abs(spreads[varied] - 1) < STANDARDISED
    negative = float((numbers[np.isfinite(numbers)] < 0).mean())
    if centred.mean() > 0.9 and negative > NEGATIVE_SHARE:
        what = (
            "Every feature has mean 0 and spread 1 over all samples (z-scores)."
            if unit.mean() > 0.9
            else "Every feature has mean 0 over all samples: differences from a mean, or residuals of a correction."
        )
        findings.append(Finding(NAME, "caveat", f"{what} {LEAK}", {"share_centred": float(centred.mean())},
                                advice="Start from the values before that step."))  # fmt: skip
    elif negative > 0 and dataset.kind in ("counts", "expression", "protein_intensities", "ct"):
        what = f"{percent(negative)} of the values are below zero, which {dataset.kind} cannot be."
        advice = "Ask which background or batch correction was done, and with which labels."
        findings.append(Finding(NAME, "caveat", what, {"share_negative": negative}, advice=advice))
    return findings


def _mean(numbers: np.ndarray) -> np.ndarray:
    given = np.isfinite(numbers)
    return np.where(given, numbers, 0.0).sum(axis=0) / np.maximum(given.sum(axis=0), 1)


def _spread(numbers: np.ndarray) -> np.ndarray:
    given = np.isfinite(numbers)
    off = np.where(given, numbers - _mean(numbers), 0.0)
    return np.sqrt((off**2).sum(axis=0) / np.maximum(given.sum(axis=0) - 1, 1))
