"""The audit of a contrast: every question is put, the findings are sorted, and the first line says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, Protocol, cast

from exocosm.diagnosis.audit.finding import SEVERITIES, Finding
from exocosm.diagnosis.audit.grouping import partners, strata_of
from exocosm.diagnosis.audit.likeness import groups_of
from exocosm.diagnosis.audit.questions.size import reach_of
from exocosm.diagnosis.audit.wording import counted
from exocosm.diagnosis.dataset import Contrast, Dataset
from exocosm.errors import InputError, nearest
from exocosm.plugins import modules_in, offered

if TYPE_CHECKING:
    import pandas as pd

Verdict = Literal["refused", "caveat", "clear"]
LEAST_REASON = 10  # letters of a reason for accepting a finding


class Question(Protocol):
    """What a file of the folder `questions` offers.  ACCEPTABLE (optional): a user may accept what is fatal with a
    reason."""

    NAME: str
    TITLE: str
    PLACE: int

    def check(self, dataset: Dataset, contrast: Contrast) -> list[Finding]: ...


@dataclass(frozen=True, eq=False)
class Audit:
    """What the audit says of a contrast.

    findings: the gravest first.  verdict: refused (a finding is fatal), caveat, or clear.  headline: one sentence with
    the reason.  strata: sample -> technical group within which cases and controls can be compared (None if nothing is
    known).  informative: pairs within strata, of all pairs, and shares of cases and controls with a partner.  groups:
    sample -> what must stay in one fold.  can: `single` and `panel`; reasons: why (not).
    """

    contrast: Contrast
    findings: tuple[Finding, ...]
    verdict: Verdict
    headline: str
    strata: pd.Series | None
    informative: Mapping[str, float]
    groups: pd.Series
    can: Mapping[str, bool]
    reasons: Mapping[str, str]

    def of(self, check: str) -> tuple[Finding, ...]:
        """The findings of one question."""
        return tuple(one for one in self.findings if one.check == check)

    def __str__(self) -> str:
        lines = [f"  {one.severity:<7}{one.sentence}" for one in self.findings if one.severity != "fine"]
        return "\n".join([f"{self.contrast.name}: {self.headline}", *lines])


@lru_cache(maxsize=1)
def questions() -> Mapping[str, Question]:
    """Every question by its name, in the order in which they are told; other packages offer theirs by the entry point
    `exocosm.audit`."""
    import exocosm.diagnosis.audit.questions as folder

    found = cast("list[Question]", [*modules_in(folder), *offered("exocosm.audit")])
    by_name: dict[str, Question] = {}
    for one in sorted(found, key=lambda module: (module.PLACE, module.NAME)):
        if one.NAME in by_name:
            raise InputError(f"two questions of the audit are called '{one.NAME}'")
        by_name[one.NAME] = one
    return by_name


def audit(dataset: Dataset, contrast: Contrast, *, accept: Mapping[str, str] | None = None) -> Audit:
    """Puts every question to a contrast, before any model.

    accept: question -> reason; what is fatal there becomes a caveat that quotes the reason (only where the reason can
    come from outside the data: ACCEPTABLE).  Raises InputError for a class without samples, and for something that
    cannot be accepted.
    """
    accepted = _accepted(accept or {})
    cases = contrast.is_case(dataset.of(contrast).labels)
    if cases.all() or not cases.any():
        raise InputError(f"{contrast.name}: both sides of a contrast need samples")
    overlapping = set(contrast.cases) & set(contrast.controls)
    if overlapping:
        raise InputError(f"{contrast.name}: '{sorted(overlapping)[0]}' stands on both sides")
    findings: list[Finding] = []
    for name, question in questions().items():
        found = question.check(dataset, contrast)
        findings += [_with_reason(one, accepted[name]) for one in found] if name in accepted else found
    findings.sort(key=lambda one: SEVERITIES.index(one.severity))  # stable: within a severity as asked
    reach = reach_of(dataset, contrast)
    verdict = _verdict(findings)
    strata = strata_of(dataset, contrast)
    refused = verdict == "refused"
    single, panel = reach.single, reach.panel
    able = {"single": single[0] and not refused, "panel": panel[0] and single[0] and not refused}
    why = "the contrast is refused: " + findings[0].sentence if refused else ""
    reasons = {"single": why or single[1], "panel": why or panel[1]}
    headline = _headline(verdict, findings, reach.cases, reach.controls)
    within = dataset.of(contrast)
    return Audit(
        contrast, tuple(findings), verdict, headline, strata, _informative(within, contrast, strata),
        groups_of(within), able, reasons,
    )  # fmt: skip


def _accepted(accept: Mapping[str, str]) -> dict[str, str]:
    known = questions()
    able = [name for name, question in known.items() if getattr(question, "ACCEPTABLE", False)]
    for name, reason in accept.items():
        if name not in known:
            raise InputError(f"accept: the audit has no question '{name}'; {nearest(name, known)}")
        if name not in able:
            raise InputError(f"accept: '{name}' cannot be accepted, since no reason changes the data; "
                             f"what can be: {', '.join(able)}")  # fmt: skip
        if len(reason.strip()) < LEAST_REASON:
            raise InputError(f"accept: '{name}' needs a reason in words, which the report quotes")
    return dict(accept)


def _with_reason(finding: Finding, reason: str) -> Finding:
    if finding.severity != "fatal":
        return finding
    quoted = f'{finding.sentence} Accepted by the user: "{" ".join(reason.split())}".'
    return replace(finding, severity="caveat", sentence=quoted)


def _verdict(findings: list[Finding]) -> Verdict:
    severities = {one.severity for one in findings}
    return "refused" if "fatal" in severities else "caveat" if "caveat" in severities else "clear"


def _headline(verdict: Verdict, findings: list[Finding], cases: int, controls: int) -> str:
    if verdict == "clear":
        return (f"Nothing was found that forbids the question: {counted(cases, 'case')} against "
                f"{counted(controls, 'control')}, handled alike as far as the table tells.")  # fmt: skip
    first = findings[0]
    if verdict == "refused":
        return f"No diagnosis from this contrast: {first.sentence}"
    others = sum(one.severity == "caveat" for one in findings) - 1
    more = f" ({counted(others, 'further caveat')})" if others else ""
    return f"Can be judged, with this in mind: {first.sentence}{more}"


def _informative(within: Dataset, contrast: Contrast, strata: pd.Series | None) -> dict[str, float]:
    import pandas as pd

    cases = contrast.is_case(within.labels)
    groups = strata if strata is not None else pd.Series("all", index=within.values.index)
    found = partners(groups, cases, within.subjects)
    return {
        "pairs_within_strata": float(found.pairs), "pairs": float(found.all_pairs),
        "share_of_pairs": found.pairs / found.all_pairs if found.all_pairs else 0.0,
        "cases_with_partner": float(found.with_partner[0]), "controls_with_partner": float(found.with_partner[1]),
        "cases": float(found.of[0]), "controls": float(found.of[1]),
        "share_of_cases": found.cases, "share_of_controls": found.controls,
    }  # fmt: skip
