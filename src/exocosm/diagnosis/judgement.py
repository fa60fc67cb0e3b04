"""What a contrast came to: its verdict, the panels that were judged, and their numbers as tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from exocosm.diagnosis.audit.run import Audit
from exocosm.diagnosis.dataset import Contrast
from exocosm.diagnosis.panels.calibration import Calibration
from exocosm.diagnosis.panels.decision import DecisionCurve
from exocosm.diagnosis.panels.nested import NestedResult
from exocosm.diagnosis.panels.null import NullResult
from exocosm.diagnosis.published import Published

if TYPE_CHECKING:
    import pandas as pd

    from exocosm.diagnosis.panels.final import PanelModel

REFUSED, TOO_FEW, NOTHING_SEEN = "refused", "too few for a panel", "nothing seen"
ONLY_BETWEEN, TOLD_APART = "only between batches", "told apart"
VERDICTS: Mapping[str, str] = {
    REFUSED: "the audit forbids an answer",
    TOO_FEW: "single markers only; no panel can be judged with so few people",
    NOTHING_SEEN: "no panel does better than chance",
    ONLY_BETWEEN: "what tells the classes apart disappears among samples that were handled alike",
    TOLD_APART: "a panel tells the classes apart better than chance in people it has not seen",
}
LEVEL = 0.05


@dataclass(frozen=True, eq=False)
class PanelJudgement:
    """A kind of panel: what nested cross-validation found, beside the null of permuted labels (None: not asked)."""

    name: str
    title: str
    result: NestedResult
    null: NullResult | None
    calibration: Calibration
    decision: DecisionCurve
    features: tuple[str, ...]

    @property
    def is_better_than_chance(self) -> bool:
        """The interval lies above 0.5, and permuted labels rarely do as well."""
        return self.result.auc.low > 0.5 and (self.null is None or self.null.p <= self._level(self.null))

    @property
    def is_better_within_strata(self) -> bool | None:
        """The same among samples of one stratum; None where there are no strata to compare within."""
        within = self.result.within_strata
        if within is None:
            return None
        chance = self.null is None or np.isnan(self.null.within_p) or self.null.within_p <= self._level(self.null)
        return within.low > 0.5 and chance

    @property
    def disappears_within_strata(self) -> bool:
        """Among samples of one stratum nothing is seen, and what is there is nearer to 0.5 than to the whole: few pairs
        alone make an interval wide, and say nothing of the handling."""
        within = self.result.within_strata
        if within is None or self.is_better_within_strata:
            return False
        return bool(within.value < (0.5 + self.result.auc.value) / 2)

    @staticmethod
    def _level(null: NullResult) -> float:
        """Of few permutations the smallest p that they can show counts as rare: they could not say more."""
        return max(LEVEL, null.smallest_p + 1e-12)

    @property
    def selected(self) -> list[tuple[str, float]]:
        """Features by the share of the folds that chose them, the steadiest first."""
        share = np.zeros(len(self.features))
        for fold in self.result.folds:
            share[fold.selected] += 1.0 / len(self.result.folds)
        order = np.argsort(-share, kind="stable")
        return [(self.features[place], round(float(share[place]), 9)) for place in order if share[place] > 0]


@dataclass(frozen=True, eq=False)
class Judgement:
    """A contrast as it was judged.  verdict: one of VERDICTS.  headline: the first line.  single: None if refused."""

    contrast: Contrast
    audit: Audit
    verdict: str
    headline: str
    sentences: tuple[str, ...]
    single: pd.DataFrame | None = None
    published: Mapping[str, tuple[Published, ...]] = field(default_factory=dict)
    panels: tuple[PanelJudgement, ...] = ()
    model: PanelModel | None = None

    def panel(self, name: str) -> PanelJudgement | None:
        """A panel by its name, if it was judged."""
        return next((one for one in self.panels if one.name == name), None)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Everything as tidy tables: audit, markers, published, panels, scores."""
        import pandas as pd

        found = {
            "audit": pd.DataFrame(
                [(one.check, one.severity, one.sentence, one.advice) for one in self.audit.findings],
                columns=["check", "severity", "sentence", "advice"],
            )
        }
        if self.single is not None:
            found["markers"] = self.single
        rows = [
            (panel, one.marker.name, one.marker.direction, one.feature, one.relation, one.verdict, one.auc,
             one.auc_low, one.auc_high, one.p, one.auc_within)
            for panel, each in self.published.items() for one in each
        ]  # fmt: skip
        if rows:
            columns = ["panel", "marker", "published_direction", "feature", "relation", "verdict", "auc", "auc_low",
                       "auc_high", "p", "auc_within"]  # fmt: skip
            found["published"] = pd.DataFrame(rows, columns=columns)
        if self.panels:
            found["panels"] = pd.DataFrame([_row(one) for one in self.panels])
            chosen = [(one.name, feature, share) for one in self.panels for feature, share in one.selected]
            found["selected"] = pd.DataFrame(chosen, columns=["panel", "feature", "share_of_folds"])
        return found

    def as_plain(self) -> dict[str, Any]:
        """The verdict and its numbers as plain data."""
        return {
            "contrast": self.contrast.name,
            "verdict": self.verdict,
            "headline": self.headline,
            "sentences": list(self.sentences),
            "findings": [
                {"check": one.check, "severity": one.severity, "sentence": one.sentence,
                 "numbers": {name: _finite(number) for name, number in one.numbers.items()}}
                for one in self.audit.findings
            ],
            "panels": [{name: _finite(value) for name, value in _row(one).items()} for one in self.panels],
            "published": [
                {"panel": panel, "marker": one.marker.name, "feature": one.feature, "relation": one.relation,
                 "verdict": one.verdict, "auc": _finite(one.auc)}
                for panel, each in self.published.items() for one in each
            ],
        }  # fmt: skip


def _row(one: PanelJudgement) -> dict[str, Any]:
    auc, within, null = one.result.auc, one.result.within_strata, one.null
    row: dict[str, Any] = {
        "panel": one.name, "auc": auc.value, "auc_low": auc.low, "auc_high": auc.high,
        "auc_within": np.nan if within is None else within.value,
        "auc_within_low": np.nan if within is None else within.low,
        "auc_within_high": np.nan if within is None else within.high,
        "permutations": 0 if null is None else int(null.permuted.size),
        "auc_permuted": np.nan if null is None else float(np.mean(null.permuted)),
        "p": np.nan if null is None else null.p, "p_within": np.nan if null is None else null.within_p,
        "naive_auc": one.result.naive.selected_outside, "training_auc": one.result.naive.training,
        "stability": one.result.stability.nogueira, "calibration_slope": one.calibration.slope.value,
        "brier": one.calibration.brier,
    }  # fmt: skip
    for point in one.result.operating:
        row[f"sensitivity_at_{100 * point.wanted:.0f}"] = point.sensitivity.value
    return row


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not np.isfinite(value) else value
