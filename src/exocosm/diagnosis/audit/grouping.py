"""Groups of samples handled alike: which cases have a control among them, and the strata for a fair comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from exocosm.diagnosis.audit.association import table_p, tabulate
from exocosm.diagnosis.audit.thresholds import (
    FEW_NUMBERS,
    GROUP_SIZE,
    LEVEL,
    PARTNERS_EXPECTED,
    PARTNERS_FATAL,
)  # fmt: skip
from exocosm.diagnosis.dataset import Contrast, Dataset, Role

if TYPE_CHECKING:
    import pandas as pd

NOT_GIVEN = "not given"
QUINTILES = 5


@dataclass(frozen=True)
class Partners:
    """Who shares a group with somebody of the other class.

    cases, controls: shares of the subjects of a class with a partner.  expected_cases, expected_controls: these shares
    if the classes were dealt out at random.  pairs: of a case and a control within a group, of all_pairs.
    smallest_p: that a perfect marker could reach by permutation within the groups.
    """

    cases: float
    controls: float
    expected_cases: float
    expected_controls: float
    pairs: int
    all_pairs: int
    smallest_p: float
    with_partner: tuple[int, int]
    of: tuple[int, int]

    @property
    def none_possible(self) -> bool:
        """Practically no comparison within groups, although groups of these sizes would allow it."""
        sides = ((self.cases, self.expected_cases), (self.controls, self.expected_controls))
        return any(share < PARTNERS_FATAL and expected >= PARTNERS_EXPECTED for share, expected in sides)

    @property
    def is_coarse(self) -> bool:
        """Of at least one class most would find a partner if the classes were dealt out at random."""
        return max(self.expected_cases, self.expected_controls) >= PARTNERS_EXPECTED

    @property
    def least(self) -> float:
        """The smaller of the two shares."""
        return min(self.cases, self.controls)


def is_number(column: pd.Series, role: Role) -> bool:
    """True if a column is read as a number, False if its values are names of groups.

    Whole numbers that several samples share are names of batches in technical columns; numbers about people are groups
    only if there are few of them.
    """
    import pandas as pd

    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        return False
    given = column.dropna()
    distinct = given.nunique()
    if distinct <= 2:
        return False
    if role == "biological":
        return bool(distinct > FEW_NUMBERS)
    whole = bool((given == given.round()).all())
    return not (whole and len(given) / distinct >= GROUP_SIZE)


def levels(column: pd.Series, role: Role) -> pd.Series:
    """The group of every sample as text; numbers fall into fifths, times into days, what is missing is `not given`."""
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column):
        named = column.dt.strftime("%Y-%m-%d")
    elif is_number(column, role):
        fifths = pd.qcut(column, QUINTILES, duplicates="drop")
        named = fifths.astype(str).where(column.notna())
    elif pd.api.types.is_float_dtype(column):
        named = column.map(lambda one: f"{one:g}", na_action="ignore")
    else:
        named = column.map(str, na_action="ignore")
    return named.astype(object).where(column.notna(), NOT_GIVEN).astype(str)


def per_subject(groups: pd.Series, is_case: pd.Series, subjects: pd.Series) -> pd.DataFrame:
    """One row per subject, class and group, so that technical replicates do not count twice: level, case, subject."""
    import pandas as pd

    rows = pd.DataFrame({"level": groups.to_numpy(), "case": is_case.to_numpy(bool), "subject": subjects.to_numpy()})
    return rows.drop_duplicates().reset_index(drop=True)


def partners(groups: pd.Series, is_case: pd.Series, subjects: pd.Series) -> Partners:
    """Counts who has a partner of the other class in the same group; expectation from the hypergeometric distribution.

    For a case in a group of s among N with m controls: P(no control there) = C(N - s, m) / C(N - 1, m).
    """
    from scipy.special import gammaln
    from scipy.stats import hypergeom

    rows = per_subject(groups, is_case, subjects)
    mixed = rows.groupby("level")["case"].agg(["sum", "size"])
    both = mixed.index[(mixed["sum"] > 0) & (mixed["sum"] < mixed["size"])]
    rows["partner"] = rows["level"].isin(both)
    people = rows.groupby(["subject", "case"])["partner"].any().reset_index()
    cases, controls = people.loc[people["case"], "partner"], people.loc[~people["case"], "partner"]
    total, n = len(rows), int(rows["case"].sum())
    sizes = mixed["size"].to_numpy(int)
    expected = [
        float((sizes / total * (1 - hypergeom.pmf(0, total - 1, others, sizes - 1))).sum()) for others in (total - n, n)
    ]
    k, s = mixed["sum"].to_numpy(float), sizes.astype(float)
    arrangements = float((gammaln(s + 1) - gammaln(k + 1) - gammaln(s - k + 1)).sum())
    return Partners(
        float(cases.mean()) if len(cases) else 0.0,
        float(controls.mean()) if len(controls) else 0.0,
        expected[0],
        expected[1],
        int((k * (s - k)).sum()),
        n * (total - n),
        float(min(1.0, 2 * np.exp(-arrangements))),
        (int(cases.sum()), int(controls.sum())),
        (len(cases), len(controls)),
    )


def columns_of(dataset: Dataset, *roles: Role) -> list[str]:
    """The covariates of these roles that vary between the samples."""
    asked = [str(name) for name in dataset.covariates.columns if dataset.roles.get(str(name), "unknown") in roles]
    return [name for name in asked if dataset.covariates[name].nunique(dropna=False) > 1]


def groupings(dataset: Dataset) -> Mapping[str, pd.Series]:
    """The groups of every technical covariate that varies, by its name."""
    return {
        name: levels(dataset.covariates[name], dataset.roles.get(name, "unknown"))
        for name in columns_of(dataset, "technical")
    }


def strata_of(dataset: Dataset, contrast: Contrast) -> pd.Series | None:
    """The technical grouping within which cases and controls of a contrast can be compared; None if nothing is known.

    Joined from the technical columns that go with the class (p < 0.05), strongest first, as long as both classes keep
    partners.  If none goes with the class, the column that moves the values most, so that its noise drops out.  The
    series is named after the columns joined; index: the samples of the contrast.
    """
    within = dataset.of(contrast)
    is_case = contrast.is_case(within.labels)
    shared = {name: (groups, partners(groups, is_case, within.subjects)) for name, groups in groupings(within).items()}
    usable = {name: groups for name, (groups, found) in shared.items() if found.is_coarse}
    if not usable:
        return None
    chances = {name: _chance(groups, is_case, within.subjects) for name, groups in usable.items()}
    tied = sorted((name for name in usable if chances[name] < LEVEL), key=lambda name: (chances[name], name))
    if not tied:
        name = _that_moves_most(within, usable)
        return usable[name].rename(name)
    joined, names = usable[tied[0]], [tied[0]]
    for name in tied[1:]:
        finer = joined + " | " + usable[name]
        now = partners(finer, is_case, within.subjects)
        if now.least >= PARTNERS_FATAL and now.smallest_p <= LEVEL:
            joined, names = finer, [*names, name]
    return joined.rename(" and ".join(names))


def _that_moves_most(within: Dataset, usable: Mapping[str, pd.Series]) -> str:
    from exocosm.diagnosis.audit.explained import common_values, explained_share

    values = common_values(within)
    shares = {name: explained_share(values, groups) for name, groups in usable.items()}
    return max(shares, key=lambda name: (-1.0 if shares[name] != shares[name] else shares[name], name))


def _chance(groups: pd.Series, is_case: pd.Series, subjects: pd.Series) -> float:
    rows = first_of_subject(groups, is_case, subjects)
    return table_p(tabulate(list(rows["level"]), rows["case"].to_numpy(bool))[1])


def first_of_subject(groups: pd.Series, is_case: pd.Series, subjects: pd.Series) -> pd.DataFrame:
    """One row per subject and class (its first sample): level, case, subject; what a test may count."""
    return per_subject(groups, is_case, subjects).drop_duplicates(["subject", "case"]).reset_index(drop=True)


def design_of(columns: pd.DataFrame, roles: Mapping[str, Role], names: Sequence[str]) -> np.ndarray:
    """Columns as numbers for a model [sample, column]: groups as 0 and 1, numbers by their rank scaled to unit spread
    with what is missing in the middle and told by a column of its own."""
    from scipy.stats import rankdata

    parts: list[np.ndarray] = []
    for name in names:
        column, role = columns[name], roles.get(name, "unknown")
        if is_number(column, role):
            missing = column.isna().to_numpy()
            ranks = rankdata(column.fillna(column.median()).to_numpy(float))
            spread = float(ranks.std()) or 1.0
            parts.append(((ranks - ranks.mean()) / spread)[:, None])
            if missing.any():
                parts.append(missing.astype(float)[:, None])
        else:
            groups = levels(column, role).to_numpy()
            parts.append((groups[:, None] == np.unique(groups)[None, :]).astype(float))
    return np.concatenate(parts, axis=1) if parts else np.zeros((len(columns), 0))
