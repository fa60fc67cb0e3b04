"""Can the class be told from how the samples were handled?"""

from __future__ import annotations

from exocosm.diagnosis.audit.association import auc_interval, told_from
from exocosm.diagnosis.audit.columns import Compared, compare_columns, table_of
from exocosm.diagnosis.audit.finding import Finding, Severity
from exocosm.diagnosis.audit.grouping import columns_of, design_of
from exocosm.diagnosis.audit.thresholds import (
    AUC_FATAL,
    FATAL_LEVEL,
    LEAST_TO_PREDICT,
    LEVEL,
    PARTNERS_CAVEAT,
)  # fmt: skip
from exocosm.diagnosis.audit.wording import chance, interval, percent
from exocosm.diagnosis.dataset import Contrast, Dataset

NAME = "technical"
TITLE = "The class against batches, days and other columns of handling"
PLACE = 10


def check(dataset: Dataset, contrast: Contrast) -> list[Finding]:
    """Every technical column alone (test, effect, partners), and all together (cross-validated AUC, permutation)."""
    names = columns_of(dataset.of(contrast), "technical")
    if not names:
        return []
    compared = compare_columns(dataset, contrast, names)
    findings = [found for one in compared if (found := _alone(one, contrast)) is not None]
    together = _together(dataset, contrast, names)
    if together is not None:
        findings.append(together)
    worst = {found.severity for found in findings}
    shown = ", ".join(f"'{one.name}' ({one.strength})" for one in compared[:6])
    severity: Severity = "note" if worst - {"fine"} else "fine"
    sentence = f"Compared with the class: {shown}."
    return [*findings, Finding(NAME, severity, sentence, table=table_of(compared), concerns=tuple(names))]


def _alone(one: Compared, contrast: Contrast) -> Finding | None:
    shared = one.partners
    case, control = shared.with_partner
    cases, controls = shared.of
    overlap = (f"{case} of {cases} cases ({percent(shared.cases)}) and {control} of {controls} controls "
               f"({percent(shared.controls)})")  # fmt: skip
    if one.allows_no_comparison:
        where = f"fall in one range of '{one.name}' with" if one.numeric else f"share a '{one.name}' with"
        sentence = (f"'{one.name}' and the class cannot be told apart: {overlap} {where} anybody of the other class "
                    f"({one.by_class}; {one.strength}).")  # fmt: skip
        advice = f"Measure cases and controls together in each '{one.name}'; no statistics can replace that."
        return Finding(NAME, "fatal", sentence, one.numbers, advice=advice, concerns=(one.name,))
    if shared.is_coarse and shared.smallest_p > LEVEL and one.p < FATAL_LEVEL:
        sentence = (f"Within '{one.name}' there is too little to compare: {shared.pairs} pairs of a case and a control "
                    f"({overlap}), so that even a perfect marker could not reach p = {LEVEL} there.")  # fmt: skip
        return Finding(NAME, "fatal", sentence, one.numbers, concerns=(one.name,))
    if one.adjusted < LEVEL:
        sentence = (
            f"'{one.name}' goes with the class ({one.strength}): {overlap} have a partner of the other class in it"
        )
        sentence += "." if shared.least >= PARTNERS_CAVEAT else ", and only these can be compared fairly."
        advice = f"Compare within '{one.name}' and trust the figure within it more than the plain one."
        return Finding(NAME, "caveat", sentence, one.numbers, advice=advice, concerns=(one.name,))
    return None


def _together(dataset: Dataset, contrast: Contrast, names: list[str]) -> Finding | None:
    within = dataset.of(contrast)
    cases = contrast.is_case(within.labels)
    people = within.subjects.groupby(cases).nunique()
    if people.size < 2 or people.min() < LEAST_TO_PREDICT:
        return None
    design = design_of(within.covariates, within.roles, names)
    area, p, (low, high) = told_from(design, cases.to_numpy(bool), list(within.subjects.astype(str)))
    inside = auc_interval(area, int(people[True]), int(people[False]))
    numbers = {"auc": area, "auc_low": inside[0], "auc_high": inside[1], "p": p, "by_chance_low": low,
               "by_chance_high": high}  # fmt: skip
    told = (f"From the technical columns alone the class of samples not looked at is told with AUC "
            f"{interval(area, *inside)}; by chance it would be {low:.2f} to {high:.2f} ({chance(p)}).")  # fmt: skip
    advice = "A panel must do better than this to have shown anything of the disease."
    if area >= AUC_FATAL and p < FATAL_LEVEL:
        return Finding(NAME, "fatal", told, numbers, advice=advice, concerns=tuple(names))
    if p < LEVEL:
        return Finding(NAME, "caveat", told, numbers, advice=advice, concerns=tuple(names))
    return Finding(NAME, "fine", told, numbers, concerns=tuple(names))
