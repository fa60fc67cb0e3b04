"""How much do batches and days shift the values, beside the class?"""

from __future__ import annotations

from exocosm.diagnosis.audit.explained import common_values, explained_share
from exocosm.diagnosis.audit.finding import Finding
from exocosm.diagnosis.audit.grouping import groupings
from exocosm.diagnosis.audit.thresholds import LEAST_FEATURES_ALIKE
from exocosm.diagnosis.audit.wording import percent
from exocosm.diagnosis.dataset import Contrast, Dataset

NAME = "shifts"
TITLE = "How much of the spread of the values goes with handling, and how much with the class"
PLACE = 12


def check(dataset: Dataset, contrast: Contrast) -> list[Finding]:
    """Adjusted share of variance between the groups of every technical column, and between the classes."""
    import pandas as pd

    within = dataset.of(contrast)
    known = groupings(within)
    values = common_values(within)
    if not known or values.shape[1] < LEAST_FEATURES_ALIKE:
        return []
    cases = contrast.is_case(within.labels).map({True: "case", False: "control"})
    shares = {name: explained_share(values, groups) for name, groups in known.items()}
    shares = {name: share for name, share in shares.items() if share == share}  # a group per sample gives no number
    if not shares:
        return []
    own = explained_share(values, cases)
    shown = ", ".join(f"'{name}' {percent(max(0.0, share))}" for name, share in _most_first(shares))
    sentence = (f"Of the spread of the values (mean of {values.shape[1]} features that most samples have) go with "
                f"{shown}; with the class {percent(max(0.0, own))}.")  # fmt: skip
    table = pd.DataFrame([*_most_first(shares), ("class", own)], columns=["column", "share of variance"])
    numbers = {"class": own, **shares}
    advice = ""
    if max(shares.values()) > max(own, 0.0):
        advice = (
            "Handling moves the values more than the class does: compare within strata or take batches into account."
        )
    return [Finding(NAME, "note", sentence, numbers, table, advice, tuple(shares))]


def _most_first(shares: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(shares.items(), key=lambda item: -item[1])
