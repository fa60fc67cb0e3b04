"""Do cases and controls differ as people (sex, age, ...) and not only by the disease?"""

from __future__ import annotations

from exocosm.diagnosis.audit.columns import Compared, compare_columns, table_of
from exocosm.diagnosis.audit.finding import Finding, Severity
from exocosm.diagnosis.audit.grouping import NOT_GIVEN, columns_of
from exocosm.diagnosis.audit.thresholds import LEVEL
from exocosm.diagnosis.audit.wording import percent
from exocosm.diagnosis.dataset import Contrast, Dataset
from exocosm.diagnosis.tables.roles import words_of

NAME = "biological"
TITLE = "The class against sex, age and other columns about the people"
PLACE = 20
OF_DISEASE = frozenset([
    "stage", "grade", "gleason", "tnm", "ajcc", "figo", "bclc", "dukes", "tumour", "tumor", "t", "n", "m", "nodes",
    "metastasis", "metastases", "histology", "subtype", "mutation", "mut", "survival", "recurrence", "relapse",
    "treatment", "therapy", "drug", "medication", "location", "side", "psa", "cea", "afp", "ca125", "ca199",
])  # fmt: skip
"""Words of columns that follow from the disease: they may differ as much as they like, and forbid nothing."""
ACCEPTABLE = True  # a disease of one sex alone is a fact, not a fault of the study


def check(dataset: Dataset, contrast: Contrast) -> list[Finding]:
    """Every biological column against the class: groups by Cramer's V, numbers by the AUC of the number alone."""
    names = columns_of(dataset.of(contrast), "biological")
    if not names:
        return []
    compared = compare_columns(dataset, contrast, names)
    findings = [found for one in compared if (found := _alone(one)) is not None]
    told = [one for one in compared if one.given_to is None]
    if not told:
        return findings
    shown = ", ".join(f"'{one.name}' ({one.strength})" for one in told[:6])
    severity: Severity = "note" if findings else "fine"
    about = Finding(
        NAME, severity, f"Compared with the class: {shown}.", table=table_of(compared), concerns=tuple(names)
    )
    return [*findings, about]


def _alone(one: Compared) -> Finding | None:
    shared = one.partners
    of_disease = bool(set(words_of(one.name)) & OF_DISEASE)
    if one.given_to is not None:
        if one.is_presence:
            return None
        sentence = f"'{one.name}' is given for {one.given_to} only"
        if of_disease:
            return Finding(NAME, "note", f"{sentence}: it describes the disease and is not compared.",
                           concerns=(one.name,))  # fmt: skip
        sentence += ": whether the other class differs in it cannot be said."
        return Finding(NAME, "caveat", sentence, advice=f"Give '{one.name}' for both classes.", concerns=(one.name,))
    if of_disease and one.is_perfect and _is_one_valued(one):
        sentence = f"'{one.name}' describes the disease ({one.by_class}) and is not compared."
        return Finding(NAME, "note", sentence, concerns=(one.name,))
    if one.allows_no_comparison and not of_disease:
        sentence = (f"Cases and controls have no '{one.name}' in common ({one.by_class}): only "
                    f"{percent(shared.cases)} of the cases and {percent(shared.controls)} of the controls have a "
                    f"partner, so that a marker of '{one.name}' would look like one of the disease.")  # fmt: skip
        advice = f"Take cases and controls of the same '{one.name}'."
        return Finding(NAME, "fatal", sentence, one.numbers, advice=advice, concerns=(one.name,))
    if one.adjusted >= LEVEL:
        return None
    if one.numeric:
        sentence = f"'{one.name}' alone tells the class with {one.strength}; {one.by_class} of cases and controls."
        advice = f"A panel must do better than '{one.name}' alone, or be judged among people of like '{one.name}'."
        return Finding(NAME, "caveat", sentence, one.numbers, advice=advice, concerns=(one.name,))
    sentence = f"'{one.name}' goes with the class ({one.strength}); cases and controls: {one.by_class}."
    advice = f"Markers of '{one.name}' will look like markers of the disease: compare within it."
    lone = _only_level(one)
    if lone is not None:
        level, side, others = lone
        sentence += f" All {side[0]} are '{level}': only the {others} {side[1]} that are so can be compared fairly."
        advice = f"Restrict the contrast to '{one.name}' = '{level}'."
    return Finding(NAME, "caveat", sentence, one.numbers, advice=advice, concerns=(one.name,))


def _is_one_valued(one: Compared) -> bool:
    """True if a class has one value only, as the stage of people without the disease."""
    return any(sum(pair[side] > 0 for pair in one.counts.values()) == 1 for side in (0, 1))


def _only_level(one: Compared) -> tuple[str, tuple[str, str], int] | None:
    """The one level that a class has, which class and the other, and how many of the other have it."""
    for place, side in enumerate((("cases", "controls"), ("controls", "cases"))):
        held = [level for level, counts in one.counts.items() if counts[place]]
        if len(held) == 1 and held[0] != NOT_GIVEN:
            return held[0], side, one.counts[held[0]][1 - place]
    return None
