"""Published markers beside the data: does each one do here what was said of it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from exocosm.markers.panels import Marker
from exocosm.markers.relations import SAME, resolve

if TYPE_CHECKING:
    import pandas as pd

REPLICATES, OPPOSITE, DIFFERS = "replicates", "opposite", "differs"
NO_DIFFERENCE, CANNOT_TELL, NOT_MEASURED = "no difference", "cannot tell", "not measured"
CLOSE = (
    SAME, "same sequence", "renamed", "isoform", "one of several", "arm not given", "copy", "precursor",
    "letter not given",
)  # fmt: skip
WORTH_SEEING = 0.6  # an area under the curve nearer to 0.5 than this is no use to anybody


@dataclass(frozen=True)
class Published:
    """One published marker in this data set.

    feature: the column that was taken for it ('' if none).  relation: `same`, or how the column relates to the name as
    it was published (the hairpin, another arm, ...): told, and never silently equated.  verdict: replicates, opposite
    (in the other direction than published), differs (no direction was published), no difference (the whole interval
    lies within 0.4 to 0.6), cannot tell (the interval holds both 0.5 and more than that), not measured.
    """

    marker: Marker
    feature: str
    relation: str
    verdict: str
    sentence: str
    auc: float
    auc_low: float
    auc_high: float
    p: float
    auc_within: float


def published_beside(markers: Sequence[Marker], single: pd.DataFrame) -> tuple[Published, ...]:
    """Every published marker with what the single-marker table of a contrast says of it.

    A marker whose name fits several columns gets one row for each of them.
    """
    rows: dict[str, dict[str, Any]] = {str(row["feature"]): dict(row) for _, row in single.iterrows()}
    found: list[Published] = []
    for marker in markers:
        if marker.kind == "mirna":
            close = resolve(marker.name, list(rows)).with_relation(*CLOSE)
            matches = [(one.found, one.relation, one.sentence) for one in close]
        else:
            same = [name for name in rows if name.casefold() == marker.name.casefold()]
            matches = [(name, SAME, "") for name in same]
        if not matches:
            sentence = f"{marker.name} is not among the features under this name or a close one"
            nothing = (np.nan,) * 5
            found.append(Published(marker, "", "", NOT_MEASURED, sentence, *nothing))
        for name, relation, told in matches:
            found.append(_beside(marker, name, relation, told, rows[name]))
    return tuple(found)


def _beside(marker: Marker, name: str, relation: str, told: str, row: Mapping[str, Any]) -> Published:
    auc, low, high = float(row["auc"]), float(row["auc_low"]), float(row["auc_high"])
    verdict = _verdict(marker.direction, auc, low, high)
    said = {"up": "more in cancer", "down": "less in cancer"}.get(marker.direction, "no direction given")
    parts = [f"published: {said}"]
    if np.isnan(auc):
        parts.append("here: not measured in enough samples")
    else:
        here = "higher in cases" if auc > 0.5 else "lower in cases" if auc < 0.5 else "the same in both"
        parts.append(f"here: {here}, AUC {auc:.2f} ({low:.2f} to {high:.2f})")
    within = float(row["auc_within"])
    if np.isfinite(within) and abs(within - auc) >= 0.05:
        parts.append(f"{within:.2f} among samples of the same batch")
    if relation != SAME and told:
        parts.append(told)
    return Published(marker, name, relation, verdict, "; ".join(parts), auc, low, high, float(row["p"]), within)


def _verdict(direction: str, auc: float, low: float, high: float) -> str:
    if np.isnan(auc):
        return NOT_MEASURED
    if low > 0.5 or high < 0.5:
        if direction not in ("up", "down"):
            return DIFFERS
        return REPLICATES if (low > 0.5) == (direction == "up") else OPPOSITE
    return NO_DIFFERENCE if low > 1.0 - WORTH_SEEING and high < WORTH_SEEING else CANNOT_TELL
