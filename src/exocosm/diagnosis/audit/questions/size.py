"""What can so many subjects answer at all?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exocosm.accuracy.ranking import auc_variance
from exocosm.diagnosis.audit.finding import Finding
from exocosm.diagnosis.audit.likeness import groups_of
from exocosm.diagnosis.audit.thresholds import LEVEL, PANEL_LEAST, POWER
from exocosm.diagnosis.audit.wording import counted
from exocosm.diagnosis.dataset import Contrast, Dataset

if TYPE_CHECKING:
    import pandas as pd

NAME = "size"
TITLE = "What so many subjects can answer"
PLACE = 50


@dataclass(frozen=True)
class Reach:
    """What n cases and m controls can show.

    smallest_p: of a rank test with a perfect marker.  together: how many markers must be perfect at once for a false
    discovery rate of 5 % among all features.  auc_one, auc_any: the AUC told from 0.5 with 80 % power, for one marker
    named before and for any one of all features.
    """

    cases: int
    controls: int
    features: int
    smallest_p: float
    together: int
    auc_one: float
    auc_any: float

    @property
    def single(self) -> tuple[bool, str]:
        """Whether single markers can be judged, and why."""
        if self.smallest_p > LEVEL:
            return False, (f"with {self.cases} cases and {self.controls} controls even a perfect marker has p = "
                           f"{self.smallest_p:.2g}")  # fmt: skip
        return True, f"a perfect marker would have p = {self.smallest_p:.2g}"

    @property
    def panel(self) -> tuple[bool, str]:
        """Whether a panel can be fitted and judged by nested folds, and why."""
        least = min(self.cases, self.controls)
        if least < PANEL_LEAST:
            return False, (f"nested cross-validation needs {PANEL_LEAST} independent subjects of each class, and the "
                           f"smaller class has {least}")  # fmt: skip
        return True, f"both classes have at least {PANEL_LEAST} independent subjects"


def check(dataset: Dataset, contrast: Contrast) -> list[Finding]:
    """Refused if no marker could reach p = 0.05 even if perfect; otherwise what can be told, in numbers."""
    reach = reach_of(dataset, contrast)
    within = dataset.of(contrast)
    numbers = {
        "cases": float(reach.cases), "controls": float(reach.controls), "features": float(reach.features),
        "smallest_p": reach.smallest_p, "perfect_markers_needed": float(reach.together), "auc_one": reach.auc_one,
        "auc_any": reach.auc_any,
    }  # fmt: skip
    who = f"{counted(reach.cases, 'independent case')} and {counted(reach.controls, 'independent control')}"
    if len(within.samples) > reach.cases + reach.controls:
        who += f" (of {len(within.samples)} samples: repeats of one subject count once)"
    if not reach.features:
        sentence = "No feature differs between any two samples, so that there is nothing to compare."
        return [
            Finding(NAME, "fatal", sentence, numbers, advice="Look at the table, and at what kind of numbers it is.")
        ]
    able, why = reach.single
    if not able:
        sentence = f"There are only {who}: {why}, so that nothing here can be told from chance."
        return [Finding(NAME, "fatal", sentence, numbers, advice="At least four independent subjects per class.")]
    findings = []
    if reach.together > 1:
        sentence = (f"With {who} a single perfect marker has p = {reach.smallest_p:.2g}: among {reach.features} "
                    f"features it would not stand out, unless {reach.together} were perfect at once.")  # fmt: skip
        advice = "Test few markers that were named before; take the rest as a list to be tried elsewhere."
        findings.append(Finding(NAME, "caveat", sentence, numbers, advice=advice))
    able, why = reach.panel
    if not able:
        findings.append(Finding(NAME, "caveat", f"No panel can be judged: {why}.", numbers))
    one, anyone = _area(reach.auc_one), _area(reach.auc_any)
    sentence = (f"{who[0].upper()}{who[1:]}: with 80 % power a marker named before is told at AUC {one}, any one of "
                f"{reach.features} features at {anyone}.")  # fmt: skip
    return [*findings, Finding(NAME, "note", sentence, numbers)]


def reach_of(dataset: Dataset, contrast: Contrast) -> Reach:
    """What this contrast can show, from its independent subjects (duplicates merged)."""
    within = dataset.of(contrast)
    groups = groups_of(within)
    cases = contrast.is_case(within.labels)
    n, m = independent(groups, cases)
    values = within.values
    features = int((values.nunique() > 1).sum())
    smallest = min(1.0, 2 / math.comb(n + m, n)) if n and m else 1.0
    together = max(1, math.ceil(smallest * features / LEVEL - 1e-9))
    return Reach(n, m, features, smallest, together, least_auc(n, m, LEVEL), least_auc(n, m, LEVEL / max(1, features)))


def independent(groups: pd.Series, is_case: pd.Series) -> tuple[int, int]:
    """Independent subjects of cases and of controls."""
    return int(groups[is_case].nunique()), int(groups[~is_case].nunique())


def least_auc(cases: int, controls: int, level: float) -> float:
    """The smallest AUC above 0.5 that a two-sided test at this level tells from 0.5 with 80 % power; NaN if none.

    z(1 - level/2) sqrt(V(0.5)) + z(power) sqrt(V(A)) = A - 0.5 with the variance of auc_variance.
    """
    from scipy.optimize import brentq
    from scipy.stats import norm

    if cases < 2 or controls < 2:
        return float("nan")
    bar = float(norm.isf(level / 2)) * math.sqrt(auc_variance(0.5, cases, controls))
    reserve = float(norm.ppf(POWER))

    def short(area: float) -> float:
        return area - 0.5 - bar - reserve * math.sqrt(auc_variance(area, cases, controls))

    top = 1 - 1e-9
    return float(brentq(short, 0.5, top)) if short(top) > 0 else float("nan")


def _area(area: float) -> str:
    return f"{area:.2f} or more" if math.isfinite(area) else "none, not even 1"
