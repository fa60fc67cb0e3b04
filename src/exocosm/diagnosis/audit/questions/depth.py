"""Do cases and controls differ in how much was measured of them?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from exocosm.diagnosis.audit.association import auc, auc_interval, holm, rank_sum_p
from exocosm.diagnosis.audit.finding import Finding, Severity
from exocosm.diagnosis.audit.thresholds import FATAL_LEVEL, LEVEL
from exocosm.diagnosis.audit.wording import chance, interval
from exocosm.diagnosis.dataset import Contrast, Dataset

if TYPE_CHECKING:
    import pandas as pd

NAME = "depth"
TITLE = "The class against totals, detected features and missing values"
PLACE = 40
ACCEPTABLE = True  # one class may carry more material by nature, which an outside measurement can show
LINEAR = ("counts", "expression", "protein_intensities")


def measured_amounts(dataset: Dataset) -> pd.DataFrame:
    """What was measured of every sample: its total (or mean), features detected, shares missing and below the limit."""
    import pandas as pd

    values, censored = dataset.values, dataset.censored.to_numpy(bool)
    seen = values.notna().to_numpy() & ~censored
    if dataset.kind in LINEAR:
        seen &= values.to_numpy(float) > 0
    shown = values.where(pd.DataFrame(seen, index=values.index, columns=values.columns))
    rows = {
        "total": values.sum(axis=1) if dataset.kind in LINEAR else None,
        "mean of what was detected": None if dataset.kind in LINEAR else shown.mean(axis=1),
        "features detected": pd.Series(seen.sum(axis=1), index=values.index, dtype=float),
        "share below the limit": pd.Series(censored.mean(axis=1), index=values.index),
        "share missing": pd.Series((values.isna().to_numpy() & ~censored).mean(axis=1), index=values.index),
    }
    return pd.DataFrame({name: row for name, row in rows.items() if row is not None and row.nunique() > 1})


def check(dataset: Dataset, contrast: Contrast) -> list[Finding]:
    """AUC with interval and rank test of every amount, one value per subject; fatal only if completely separated."""
    import pandas as pd

    within = dataset.of(contrast)
    cases = contrast.is_case(within.labels)
    amounts = _without_twins(measured_amounts(within))
    if amounts.empty:
        return [Finding(NAME, "fine", "The same amount was measured of every sample.")]
    people = amounts.groupby([within.subjects.to_numpy(), cases.to_numpy(bool)]).mean()
    is_case = people.index.get_level_values(1).to_numpy(bool)
    n, m = int(is_case.sum()), int((~is_case).sum())
    rows: list[tuple[str, float, float, float, float, float, float]] = []
    for name in people.columns:
        area = auc(people[name], is_case)
        middles = people[name].groupby(is_case).median()
        low, high = auc_interval(area, n, m)
        rows.append((str(name), area, low, high, rank_sum_p(people[name], is_case),
                     float(middles.get(True, float("nan"))), float(middles.get(False, float("nan")))))  # fmt: skip
    if not rows:
        return [Finding(NAME, "fine", "The same amount was measured of every sample.")]
    adjusted = holm([row[4] for row in rows])
    table = pd.DataFrame(rows, columns=["amount", "auc", "low", "high", "p", "median of cases", "median of controls"])
    table["p adjusted"] = adjusted
    findings = []
    for (name, area, low, high, p, case, control), raised in zip(rows, adjusted, strict=True):
        numbers = {"auc": area, "auc_low": low, "auc_high": high, "p": p, "p_adjusted": raised, "median_cases": case,
                   "median_controls": control}  # fmt: skip
        told = f"medians {case:.4g} of cases and {control:.4g} of controls"
        if area in (0.0, 1.0) and raised < FATAL_LEVEL:
            sentence = (f"'{name}' separates the classes completely ({told}): what was measured of a sample says its "
                        "class before any marker is looked at.")  # fmt: skip
            advice = "Equal amounts (or the same depth) of cases and controls must be measured."
            findings.append(Finding(NAME, "fatal", sentence, numbers, advice=advice, concerns=(name,)))
        elif raised < LEVEL or (area in (0.0, 1.0) and p < LEVEL):
            sentence = f"'{name}' differs by class: AUC {interval(area, low, high)}, {chance(p)}; {told}."
            advice = "Weak features are then detected more often in one class: look at each marker's detection too."
            findings.append(Finding(NAME, "caveat", sentence, numbers, advice=advice, concerns=(name,)))
    shown = "; ".join(f"{row[0]} AUC {row[1]:.2f} ({chance(row[4])})" for row in rows)
    severity: Severity = "note" if findings else "fine"
    return [*findings, Finding(NAME, severity, f"Amounts compared with the class: {shown}.", table=table)]


def _without_twins(amounts: pd.DataFrame) -> pd.DataFrame:
    """Without amounts that put the samples in the same order as an earlier one (detected and not detected)."""
    ranks = amounts.rank()
    kept: list[str] = []
    for name in amounts.columns:
        if all(abs(float(ranks[name].corr(ranks[other]))) < 1 - 1e-9 for other in kept):
            kept.append(name)
    return amounts[kept]
