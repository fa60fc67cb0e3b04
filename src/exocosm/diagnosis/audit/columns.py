"""One covariate against the class: its test, its table by class, and what it says in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from exocosm.diagnosis.audit.association import (
    auc,
    auc_interval,
    cramers_v,
    holm,
    rank_sum_p,
    table_p,
    tabulate,
)  # fmt: skip
from exocosm.diagnosis.audit.grouping import NOT_GIVEN, Partners, first_of_subject, is_number, levels, partners
from exocosm.diagnosis.audit.thresholds import AUC_FATAL, FATAL_LEVEL
from exocosm.diagnosis.audit.wording import chance, interval
from exocosm.diagnosis.dataset import Contrast, Dataset

if TYPE_CHECKING:
    import pandas as pd


PRESENCE = " (given or not)"


@dataclass(frozen=True, eq=False)
class Compared:
    """A covariate against the class.

    effect: Cramer's V of groups, AUC of numbers (0.5: says nothing; 1: all cases have more), with its 95 % interval.
    p: by chance, alone; adjusted: among all columns of the question.  by_class: `62 and 48 (medians)`.
    """

    name: str
    numeric: bool
    effect: float
    low: float
    high: float
    p: float
    adjusted: float
    partners: Partners
    by_class: str
    counts: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    given: tuple[int, int] = (0, 0)

    @property
    def is_perfect(self) -> bool:
        """The column decides the class."""
        if self.numeric:
            return self.effect in (0.0, 1.0)
        return self.partners.is_coarse and self.partners.pairs == 0 and len(self.counts) > 1

    @property
    def is_presence(self) -> bool:
        """Not the column itself but whether it is given."""
        return self.name.endswith(PRESENCE)

    @property
    def given_to(self) -> str | None:
        """`cases` or `controls` if the column says nothing of the other class."""
        given = self.counts.get("given", self.given) if self.is_presence else self.given
        return "cases" if given[0] and not given[1] else "controls" if given[1] and not given[0] else None

    @property
    def allows_no_comparison(self) -> bool:
        """Practically no case is like any control in this column."""
        apart = self.numeric and max(self.effect, 1 - self.effect) >= AUC_FATAL and self.p < FATAL_LEVEL
        return apart or self.partners.none_possible

    @property
    def strength(self) -> str:
        """The effect in words with its interval and probability."""
        name = "AUC" if self.numeric else "Cramer's V"
        return f"{name} {interval(self.effect, self.low, self.high)}, {chance(self.p)}"

    @property
    def numbers(self) -> dict[str, float]:
        """The figures for a finding."""
        kind = "auc" if self.numeric else "cramers_v"
        return {
            kind: self.effect, f"{kind}_low": self.low, f"{kind}_high": self.high, "p": self.p,
            "p_adjusted": self.adjusted, "cases_with_partner": self.partners.cases,
            "controls_with_partner": self.partners.controls, "pairs_within": float(self.partners.pairs),
        }  # fmt: skip


def compare_columns(dataset: Dataset, contrast: Contrast, names: list[str]) -> list[Compared]:
    """Every named covariate against the class of a contrast, one row per subject, p-values adjusted together."""
    within = dataset.of(contrast)
    found = [one for name in names for one in _compare(within, contrast, name)]
    from dataclasses import replace

    adjusted = holm([one.p for one in found])
    return [replace(one, adjusted=raised) for one, raised in zip(found, adjusted, strict=True)]


def table_of(compared: list[Compared]) -> pd.DataFrame:
    """One row per column that was compared."""
    import pandas as pd

    rows = [
        {"column": one.name, "measure": "AUC" if one.numeric else "Cramer's V", "effect": one.effect, "low": one.low,
         "high": one.high, "p": one.p, "p adjusted": one.adjusted, "cases with partner": one.partners.cases,
         "controls with partner": one.partners.controls, "cases and controls": one.by_class}
        for one in compared
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _compare(within: Dataset, contrast: Contrast, name: str) -> list[Compared]:
    """The column itself, and if it is a number that is missing for some, whether it is given as a second one."""
    import pandas as pd

    column, role = within.covariates[name], within.roles.get(name, "unknown")
    is_case = contrast.is_case(within.labels)
    groups = levels(column, role)
    if pd.api.types.is_datetime64_any_dtype(column) and column.notna().any():
        return [compared_groups(name, groups, is_case, within.subjects), _time(name, column, groups, is_case, within)]
    if not is_number(column, role):
        return [compared_groups(name, groups, is_case, within.subjects)]
    results = [_number(name, column, groups, is_case, within.subjects)]
    if column.isna().any():
        told = column.notna().map({True: "given", False: NOT_GIVEN})
        results.append(compared_groups(f"{name}{PRESENCE}", told, is_case, within.subjects))
    return results


def compared_groups(name: str, groups: pd.Series, is_case: pd.Series, subjects: pd.Series) -> Compared:
    """Groups of samples against the class, one row per subject; not adjusted for others."""
    rows = first_of_subject(groups, is_case, subjects)
    names, counts = tabulate(list(rows["level"]), rows["case"].to_numpy(bool))
    effect, low, high = cramers_v(counts)
    by_level = {level: (int(pair[0]), int(pair[1])) for level, pair in zip(names, counts, strict=True)}
    shown = sorted(by_level.items(), key=lambda item: (-sum(item[1]), item[0]))
    text = "; ".join(f"{level}: {pair[0]} and {pair[1]}" for level, pair in shown[:12])
    text += f"; {len(shown) - 12} groups more" if len(shown) > 12 else ""
    given = rows["level"] != NOT_GIVEN
    return Compared(
        name, False, effect, low, high, table_p(counts), 1.0, partners(groups, is_case, subjects), text, by_level,
        (int((given & rows["case"]).sum()), int((given & ~rows["case"]).sum())),
    )  # fmt: skip


def _time(name: str, column: pd.Series, groups: pd.Series, is_case: pd.Series, within: Dataset) -> Compared:
    """A day as a number, so that cases of spring and controls of summer are seen though hardly two share a day."""
    from dataclasses import replace

    days = (column - column.min()).dt.total_seconds() / 86400
    spans = [column[side].dropna() for side in (is_case.to_numpy(bool), ~is_case.to_numpy(bool))]
    told = " and ".join(f"{one.min():%Y-%m-%d} to {one.max():%Y-%m-%d}" if len(one) else "none" for one in spans)
    return replace(_number(f"{name} (early or late)", days, groups, is_case, within.subjects), by_class=told)


def _number(name: str, column: pd.Series, groups: pd.Series, is_case: pd.Series, subjects: pd.Series) -> Compared:
    import pandas as pd

    rows = pd.DataFrame({"value": column.to_numpy(float), "case": is_case.to_numpy(bool), "subject": list(subjects)})
    rows = rows.groupby(["subject", "case"], sort=False)["value"].mean().reset_index().dropna()
    values, cases = rows["value"].to_numpy(float), rows["case"].to_numpy(bool)
    n, m = int(cases.sum()), int((~cases).sum())
    area = auc(values, cases)
    low, high = auc_interval(area, n, m)
    text = (
        f"medians {np.median(values[cases]):.4g} and {np.median(values[~cases]):.4g}" if n and m else "one class only"
    )
    effect = area if np.isfinite(area) else 0.5
    p = rank_sum_p(values, cases)
    return Compared(name, True, effect, low, high, p, 1.0, partners(groups, is_case, subjects), text, {}, (n, m))
