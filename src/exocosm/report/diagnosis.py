"""The report of `exocosm diagnose`: a page per contrast, and one over all of them where there are several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from exocosm.diagnosis.dataset import KINDS
from exocosm.diagnosis.judgement import ONLY_BETWEEN, REFUSED, TOLD_APART, VERDICTS
from exocosm.report.diagnosis_contrast import audit_sections, contrast_sections
from exocosm.report.diagnosis_external import external_sections
from exocosm.report.diagnosis_figures import two_digits
from exocosm.report.diagnosis_items import items_section
from exocosm.report.numbers import counted, listed, percent
from exocosm.report.page import Link, Page, Section, Table, write_page

if TYPE_CHECKING:
    from exocosm.diagnosis.dataset import Contrast
    from exocosm.diagnosis.diagnosed import Diagnosis, Validated
    from exocosm.diagnosis.judgement import Judgement

EYEBROW = "Judged by exocosm from a table of measurements; no sample was seen"
FOOTER = ("Made by exocosm from the files named above. A judgement of one table is a reason for the next study, not "
          "for a test of patients.")  # fmt: skip
AUC_TOLD = ("AUC is the chance that a case scores higher than a control: 0.5 is a coin toss, 1 is never wrong. What "
            "stands in brackets are 95 % intervals.")  # fmt: skip
MOST_NAMES = 12  # of a note
_TONES: Mapping[str, str] = MappingProxyType({TOLD_APART: "better", REFUSED: "worse", ONLY_BETWEEN: "worse"})
_AUDITED: Mapping[str, str] = MappingProxyType(
    {"caveat": "can be judged, with caveats (audit only)", "clear": "nothing forbids an answer (audit only)"}
)


def write_diagnosis(found: Diagnosis, path: str | Path) -> Path:
    """Write the report of a diagnosis to a file; returns the path.

    With several contrasts it is an overview, and a page for each stands beside it (`page_names`).
    """
    target = Path(path)
    contrasts = [one.contrast for one in found.judgements] or [one.contrast for one in found.external]
    if len(contrasts) == 1:
        if found.external:
            return write_page(external_page(found, found.external[0]), target)
        return write_page(contrast_page(found, found.judgements[0]), target)
    names = page_names(contrasts)
    for name, one in zip(names, found.judgements, strict=False):
        write_page(contrast_page(found, one), target.parent / name)
    for name, validated in zip(names, found.external, strict=False):
        write_page(external_page(found, validated), target.parent / name)
    return write_page(overview_page(found), target)


def page_names(contrasts: Sequence[Contrast]) -> list[str]:
    """A file's name for every contrast, each once."""
    names: list[str] = []
    for one in contrasts:
        stem, name, number = one.slug[:120], f"{one.slug[:120]}.html", 2
        while name in names:
            name, number = f"{stem}_{number}.html", number + 1
        names.append(name)
    return names


def overview_page(found: Diagnosis) -> Page:
    """All contrasts in one table, how the table was read, and how to repeat it."""
    external = bool(found.external)
    section = _validations(found) if external else _contrasts(found)
    verdicts = Counter("refused" if one.is_refused else "validated" for one in found.external) if external else \
        Counter(_AUDITED.get(one.verdict, one.verdict) for one in found.judgements)  # fmt: skip
    total = len(found.external) if external else len(found.judgements)
    parts = [f"{number} {verdict}" for verdict, number in sorted(verdicts.items(), key=lambda item: -item[1])]
    numbers = [f"Classes: {listed([f'{name} {number}' for name, number in found.dataset.classes.items()])}."]
    judged = sum(bool(one.panels) for one in found.judgements)
    if judged > 1:
        numbers.append(f"With {judged} contrasts tested at 5 % each, {0.05 * judged:.2g} would be told apart by chance "
                       "alone; contrasts that share a class are not independent.")  # fmt: skip
    if judged or any(not one.is_refused for one in found.external):
        numbers.append(AUC_TOLD)
    return Page(
        title=found.dataset.title or "A table of measurements", eyebrow=EYEBROW,
        headline=f"{counted(total, 'contrast')}: {listed(parts)}", question=_question(found), numbers=numbers,
        sections=[section, *reading_sections(found)], recipe=_recipe(found, None), footer=FOOTER,
    )  # fmt: skip


def contrast_page(found: Diagnosis, judgement: Judgement) -> Page:
    """Everything about one contrast."""
    numbers = [f"Verdict: {_verdict(judgement)}.", *judgement.sentences]
    if judgement.verdict == REFUSED:
        advice = [one.advice for one in judgement.audit.findings if one.severity == "fatal" and one.advice]
        numbers += [f"What would help: {advice[0]}"] if advice else []
    elif judgement.single is not None:
        numbers.append(AUC_TOLD)
    return Page(
        title=_title(judgement.contrast), eyebrow=EYEBROW, headline=judgement.headline,
        question=_question(found, judgement.contrast), tone=_tone(judgement), numbers=numbers,
        sections=[*contrast_sections(found.dataset, judgement), *reading_sections(found),
                  items_section(found, judgement)],
        recipe=_recipe(found, judgement), footer=FOOTER,
    )  # fmt: skip


def external_page(found: Diagnosis, one: Validated) -> Page:
    """A saved model on one contrast of this table."""
    from exocosm.diagnosis.judgement import Judgement

    refused = one.audit.verdict == "refused"
    stand_in = Judgement(one.contrast, one.audit, REFUSED if refused else one.audit.verdict, one.sentence, ())
    numbers = [] if refused else [one.audit.headline, *one.result.caveats]
    if not one.is_refused:
        numbers.append(AUC_TOLD)
    return Page(
        title=f"{_title(one.contrast)}: a saved model validated", eyebrow=EYEBROW, headline=one.sentence,
        question=_question(found, one.contrast), tone="worse" if one.is_refused else "", numbers=numbers,
        sections=[*external_sections(found.dataset, one), *audit_sections(found.dataset, stand_in),
                  *reading_sections(found), items_section(found, None)],
        recipe=_recipe(found, None), footer=FOOTER,
    )  # fmt: skip


def _title(contrast: Contrast) -> str:
    return f"{' + '.join(contrast.cases)} against {' + '.join(contrast.controls)}"


def _verdict(one: Judgement) -> str:
    told = VERDICTS.get(one.verdict)
    return f"{one.verdict} – {told}" if told else _AUDITED.get(one.verdict, one.verdict)


def _question(found: Diagnosis, contrast: Contrast | None = None) -> str:
    table = found.dataset if contrast is None else found.dataset.of(contrast)
    parts = [counted(len(table.samples), "sample"), f"{counted(table.subjects.nunique(), 'subject')}",
             f"{table.values.shape[1]:,} features", KINDS[table.kind]]  # fmt: skip
    if contrast is not None:
        cases = int(contrast.is_case(table.labels).sum())
        parts.insert(1, f"{counted(cases, 'case')} and {counted(len(table.samples) - cases, 'control')}")
    return ", ".join(parts) if contrast is None else f"{found.dataset.title}: {', '.join(parts)}".removeprefix(": ")


def _contrasts(found: Diagnosis) -> Section:
    rows: list[Sequence[str | Link]] = []
    for name, one in zip(page_names([one.contrast for one in found.judgements]), found.judgements, strict=True):
        got = one.audit.informative
        auc = within = p = "–"
        if one.panels:
            first = one.panels[0]
            auc = two_digits(first.result.auc)
            within = "–" if first.result.within_strata is None else two_digits(first.result.within_strata)
            p = "–" if first.null is None else f"{first.null.p:.2g}"
        rows.append((Link(_title(one.contrast), name), _AUDITED.get(one.verdict, one.verdict),
                     f"{got['cases']:.0f} / {got['controls']:.0f}", auc, within, p, one.headline))  # fmt: skip
    heads: Sequence[str] = ("Contrast", "Verdict", "Cases / controls", "AUC, held out", "Within batches", "p", "Why")
    numbers: Sequence[int] = (2, 3, 4, 5)
    if all(not one.panels for one in found.judgements):  # nothing to show in them
        rows = [(*row[:3], row[6]) for row in rows]
        heads, numbers = (*heads[:3], heads[6]), (2,)
    there = {one.verdict for one in found.judgements}
    note = " ".join(f"{verdict[:1].upper()}{verdict[1:]}: {told}." for verdict, told in VERDICTS.items()
                    if verdict in there)  # fmt: skip
    return Section("Every contrast", "contrasts", tables=[Table(heads, rows, numbers=numbers, note=note)])


def _validations(found: Diagnosis) -> Section:
    names = page_names([one.contrast for one in found.external])
    rows = [(Link(_title(one.contrast), name), f"{int(one.result.is_case.sum())} / {int((~one.result.is_case).sum())}",
             one.sentence) for name, one in zip(names, found.external, strict=True)]  # fmt: skip
    heads = ("Contrast", "Cases / controls", "The saved model on it")
    return Section("Every contrast", "contrasts", tables=[Table(heads, rows, numbers=(1,))])


def reading_sections(found: Diagnosis) -> list[Section]:
    """How the files were read: orientation, names, what is not detected, roles of columns."""
    table = found.dataset
    serious = [_note(one) for one in table.notes if one.serious]
    share = float(table.censored.to_numpy(bool).mean())
    said = [
        f"What was not detected ranks below all that was: {percent(share)} of the numbers are marked as not detected."
    ]
    rows = []
    for name, role in table.roles.items():
        column = table.covariates[name] if name in table.covariates.columns else None
        held = "–" if column is None else counted(int(column.nunique()), "value")
        missing = 0 if column is None else int(column.isna().sum())
        rows.append((name, role, held + (f", {missing} missing" if missing else "")))
    note = ("technical: how samples were handled; biological: of the people; label: says the class in other words, so "
            "it is not compared; unknown: nobody said, and no name told. Roles are told by the columns' names unless "
            "you say them (--technical, --biological, --ignore).")  # fmt: skip
    tables = [Table(("Column", "Role", "Holds"), rows, "Columns about samples", note=note)] if rows else []
    return [Section("How it was read", "reading", said, points=[_note(one) for one in table.notes if not one.serious],
                    warnings=serious, tables=tables)]  # fmt: skip


def _note(one: Any) -> str:
    sentence = f"{one.sentence[:1].upper()}{one.sentence[1:]}".rstrip(".")
    hidden = [name for name in one.names[:MOST_NAMES] if name not in one.sentence]
    return f"{sentence} ({', '.join(hidden)})." if hidden else f"{sentence}."


def _recipe(found: Diagnosis, judgement: Judgement | None) -> list[tuple[str, str]]:
    given = dict(found.recipe or {})
    rows = [("the same again", str(given["command"]))] if given.get("command") else []
    if judgement is not None and judgement.model is not None:
        file = f"{judgement.contrast.slug}_model.json"
        rows.append(("model file", f"{file}: the penalised panel fitted on all samples of this contrast"))
        rows.append(("to validate it elsewhere", f"exocosm diagnose OTHER --labels FILE --model {file}"))
    rows += [(f"file {name}", f"sha256 {digest}") for name, digest in given.get("files", {}).items()]
    rows += [(name, str(given[name])) for name in ("permutations", "repeats", "seed") if name in given]
    rows += [(f"accepted: {check}", str(reason)) for check, reason in given.get("accepted", {}).items()]
    versions = given.get("versions", {})
    if versions:
        rows.append(("versions", ", ".join(f"{name} {number}" for name, number in versions.items())))
    return rows


def _tone(judgement: Judgement) -> str:
    """The colour beside the answer: good news only where the audit has nothing to say against it."""
    tone = _TONES.get(judgement.verdict, "")
    return "" if tone == "better" and judgement.audit.verdict != "clear" else tone
