"""Do columns of which nobody said what they are decide the class?"""

from __future__ import annotations

from exocosm.diagnosis.audit.columns import Compared, compare_columns, table_of
from exocosm.diagnosis.audit.finding import Finding, Severity
from exocosm.diagnosis.audit.grouping import columns_of
from exocosm.diagnosis.audit.thresholds import LEVEL
from exocosm.diagnosis.audit.wording import some
from exocosm.diagnosis.dataset import Contrast, Dataset

NAME = "other_columns"
TITLE = "The class against columns that are neither known as technical nor as biological"
PLACE = 15


def check(dataset: Dataset, contrast: Contrast) -> list[Finding]:
    """Columns of unknown role against the class; columns that are the label themselves are only named."""
    findings: list[Finding] = []
    within = dataset.of(contrast)
    labels = columns_of(within, "label")
    if labels:
        sentence = f"Not compared, since they say the class in other words: {some(labels)}."
        findings.append(Finding(NAME, "note", sentence, concerns=tuple(labels)))
    names = columns_of(within, "unknown")
    if not names:
        return findings
    compared = compare_columns(dataset, contrast, names)
    caveats = [found for one in compared if (found := _alone(one)) is not None]
    told = [one for one in compared if one.given_to is None]
    if not told:
        return [*caveats, *findings]
    shown = ", ".join(f"'{one.name}' ({one.strength})" for one in told[:6])
    severity: Severity = "note" if caveats else "fine"
    about = f"Compared with the class: {shown}."
    return [*caveats, *findings, Finding(NAME, severity, about, table=table_of(compared), concerns=tuple(names))]


def _alone(one: Compared) -> Finding | None:
    if one.adjusted >= LEVEL:
        return None
    if one.given_to is not None:
        if one.is_presence:
            return None
        sentence = f"'{one.name}' is given for {one.given_to} only, and nobody said what it is: it is not compared."
        advice = f"If '{one.name}' is a batch, give it for the other class too."
        return Finding(NAME, "note", sentence, advice=advice, concerns=(one.name,))
    if one.is_perfect:
        sentence = (f"'{one.name}' and the class are the same division of the samples ({one.by_class}): the column "
                    "either says the class in other words, or it is a batch and there is no answer.")  # fmt: skip
        advice = f"Say which: give '{one.name}' the role label or technical."
    else:
        sentence = f"'{one.name}' goes with the class ({one.strength}), and nobody said what it is: {one.by_class}."
        advice = f"Give '{one.name}' a role (technical, biological, label, identity)."
    return Finding(NAME, "caveat", sentence, one.numbers, advice=advice, concerns=(one.name,))
