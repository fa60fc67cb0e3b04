"""TRIPOD and STARD: what a diagnosis answers by itself, and what only the authors can say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from exocosm.bench.readings.checklist import FILLED, FOLDER, MISSING, PARTLY, Answer, Checklist, Item
from exocosm.diagnosis.dataset import KINDS
from exocosm.documents.checked import check_header, open_document
from exocosm.report.numbers import counted, listed
from exocosm.report.page import Section, Table

if TYPE_CHECKING:
    from exocosm.diagnosis.diagnosed import Diagnosis
    from exocosm.diagnosis.judgement import Judgement

Found = tuple[str, str]
STATES: Mapping[str, str] = MappingProxyType({FILLED: "in this report", PARTLY: "in part", MISSING: "not here"})
_NO_PANEL: Found = (MISSING, "no panel was judged")


@lru_cache(maxsize=1)
def diagnosis_checklists() -> tuple[Checklist, ...]:
    """The checklists of diagnostic studies.  Errors: CheckError for a faulty file."""
    return tuple(_loaded(path) for path in sorted((FOLDER / "diagnosis").glob("*.yaml"), reverse=True))


def _loaded(path: Path) -> Checklist:
    opened = open_document(path, "checklist")
    check_header(opened, {"checklist": ""}, default="checklist")
    data = opened.document.data
    items = tuple(Item(**{key: str(value) for key, value in item.items()}) for item in data["items"])
    return Checklist(data["name"], data["title"], data["about"].strip(), tuple(data["sources"]), items)


def answers(found: Diagnosis, judgement: Judgement | None) -> tuple[Answer, ...]:
    """Every item with what the report says of it.  judgement: None where saved models were validated."""
    made = []
    for each in diagnosis_checklists():
        for item in each.items:
            state, text = RULES[item.answered_by](found, judgement) if item.answered_by else (MISSING, "")
            made.append(Answer(each.name, item, state, text))
    return tuple(made)


def items_section(found: Diagnosis, judgement: Judgement | None) -> Section:
    """The section of both checklists."""
    every = answers(found, judgement)
    tables, told = [], []
    for each in diagnosis_checklists():
        ours = [one for one in every if one.checklist == each.name]
        rows = [(f"{one.item.id}. {one.item.text}", STATES[one.state], one.text) for one in ours]
        note = f"{each.about} Source: {'; '.join(each.sources)}."
        tables.append(Table(("What it asks", "Answered", "What this report says"), rows, each.title,
                            note=note))  # fmt: skip
        counts = {state: sum(one.state == state for one in ours) for state in STATES}
        told.append(
            f"{each.name}: {counts[FILLED]} of {counted(len(ours), 'item')} are in this report, "
            f"{counts[PARTLY]} in part; {counts[MISSING]} are not here, and most of them only you can say."
        )
    return Section("For the paper: TRIPOD and STARD", "items", told, tables=tables, closed=True)


def _question(found: Diagnosis, judgement: Judgement | None) -> Found:
    return PARTLY, "" if judgement is None else f"{judgement.contrast.name}; for whom it is meant only you can say"


def _classes(found: Diagnosis, _: Judgement | None) -> Found:
    classes = listed([f"{name} ({number})" for name, number in found.dataset.classes.items()])
    return PARTLY, f"classes as the labels say: {classes}; how they were established is not in the files"


def _predictors(found: Diagnosis, _: Judgement | None) -> Found:
    table = found.dataset
    count = table.values.shape[1]
    return PARTLY, f"{count:,} features: {KINDS[table.kind]}; how they were measured is not in the files"


def _size(_: Diagnosis, judgement: Judgement | None) -> Found:
    said = [] if judgement is None else [one.sentence for one in judgement.audit.of("size") if one.severity == "note"]
    return (PARTLY, f"what this number can show: {said[0]}") if said else (MISSING, "")


def _missing(found: Diagnosis, _: Judgement | None) -> Found:
    share = float(found.dataset.censored.to_numpy(bool).mean())
    text = f"{100 * share:.0f} % of the numbers are not detected and rank below all detected ones" if share else \
        "no number is marked as not detected"  # fmt: skip
    return FILLED, f"{text}; inside folds they take the limit that the training samples give"


def _scale(_: Diagnosis, judgement: Judgement | None) -> Found:
    said = [] if judgement is None else [
        one.sentence for one in judgement.audit.of("comparability") if one.sentence.startswith("Before anything")
    ]  # fmt: skip
    return (FILLED, said[0]) if said else (MISSING, "")


def _model(_: Diagnosis, judgement: Judgement | None) -> Found:
    if judgement is None or not judgement.panels:
        return _NO_PANEL
    result = judgement.panels[0].result
    repeats = result.scores.shape[1]
    outer = len(result.folds) // repeats
    return FILLED, (f"penalised logistic regression and a random forest; features, limits, scales and penalty are "
                    f"chosen anew in the training part of {outer}-fold nested cross-validation, "
                    f"{counted(repeats, 'repeat')}, by subject")  # fmt: skip


def _measures(_: Diagnosis, judgement: Judgement | None) -> Found:
    if judgement is None or not judgement.panels:
        return _NO_PANEL
    return FILLED, ("AUC (DeLong, by subject), permuted labels, sensitivity at fixed specificity (exact intervals), "
                    "calibration, net benefit")  # fmt: skip


def _thresholds(_: Diagnosis, judgement: Judgement | None) -> Found:
    if judgement is None or not judgement.panels:
        return _NO_PANEL
    wanted = listed([f"{100 * one.wanted:g} %" for one in judgement.panels[0].result.operating])
    return FILLED, f"set in training folds for specificities of {wanted}; exploratory, none was fixed beforehand"


def _external(found: Diagnosis, _: Judgement | None) -> Found:
    return (FILLED, "see the validation") if found.external else (MISSING, "nothing was validated outside this table")


def _flow(found: Diagnosis, _: Judgement | None) -> Found:
    table = found.dataset
    samples, subjects = counted(len(table.samples), "sample"), counted(table.subjects.nunique(), "subject")
    return PARTLY, (f"{samples} of {subjects} have a label, {len(table.unlabelled)} were left out without one; who was "
                    "asked and did not take part is not in the files")  # fmt: skip


def _people(found: Diagnosis, judgement: Judgement | None) -> Found:
    names = [name for name, role in found.dataset.roles.items() if role == "biological"]
    if not names or judgement is None:
        return MISSING, "no column about the people is in the files" if not names else ""
    return PARTLY, f"{listed(names)} by class: see the audit"


def _numbers(_: Diagnosis, judgement: Judgement | None) -> Found:
    if judgement is None:
        return MISSING, ""
    got = judgement.audit.informative
    return FILLED, f"{got['cases']:.0f} cases and {got['controls']:.0f} controls (subjects) in every analysis"


def _single(_: Diagnosis, judgement: Judgement | None) -> Found:
    if judgement is None or judgement.single is None:
        return MISSING, "no single marker was judged"
    return FILLED, f"{len(judgement.single):,} features, all in the table of markers beside this page"


def _model_file(_: Diagnosis, judgement: Judgement | None) -> Found:
    if judgement is None or judgement.model is None:
        return MISSING, "no model was made"
    return FILLED, f"{judgement.contrast.slug}_model.json holds every number of the model, and how to apply it"


def _performance(found: Diagnosis, judgement: Judgement | None) -> Found:
    if found.external:
        return FILLED, "; ".join(one.result.sentence for one in found.external)
    if judgement is None or not judgement.panels:
        return _NO_PANEL
    return FILLED, judgement.headline


def _limitations(_: Diagnosis, judgement: Judgement | None) -> Found:
    if judgement is None:
        return MISSING, ""
    caveats = sum(one.severity in ("fatal", "caveat") for one in judgement.audit.findings)
    return PARTLY, f"{counted(caveats, 'grave finding')} of the audit; whom these people stand for only you can say"


def _resources(_: Diagnosis, __: Judgement | None) -> Found:
    return PARTLY, "files by their hashes, versions, seed and command line: see how it was made"


def _indeterminate(_: Diagnosis, judgement: Judgement | None) -> Found:
    if judgement is None or not judgement.panels:
        return _NO_PANEL
    return FILLED, "every sample gets a score; there is no third result"


def _variability(_: Diagnosis, judgement: Judgement | None) -> Found:
    if judgement is None or not judgement.panels:
        return _NO_PANEL
    if judgement.panels[0].result.within_strata is None:
        return MISSING, "no technical groups are known within which to compare"
    return PARTLY, "within groups that were handled alike; not by stage, age or sex"


RULES: Mapping[str, Callable[[Diagnosis, Judgement | None], Found]] = MappingProxyType({
    "question": _question, "classes": _classes, "predictors": _predictors, "size": _size, "missing": _missing,
    "scale": _scale, "model": _model, "measures": _measures, "thresholds": _thresholds, "external": _external,
    "flow": _flow, "people": _people, "numbers": _numbers, "single": _single, "model_file": _model_file,
    "performance": _performance, "limitations": _limitations, "resources": _resources,
    "indeterminate": _indeterminate, "variability": _variability,
})  # fmt: skip
