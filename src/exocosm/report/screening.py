"""The report of a screening: at what size a tumour is seen, how sure that is, and how much of it shedding explains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from exocosm.evidence.bibliography import Source, parse_bibliography
from exocosm.report import screening_figures as figures
from exocosm.report.expected import (
    compared,
    contrast_table,
    expectations,
    recipe_rows,
)
from exocosm.report.ground import source_name
from exocosm.report.numbers import UNBROKEN, counted, listed, quantity, shown
from exocosm.report.page import Page, Section, Table, value_rows, write_page
from exocosm.report.screening_answer import answer_of, of_a_cohort
from exocosm.report.screening_words import (
    AT_CUT_OFF,
    AT_ONCE,
    MOST_ARMS_TOLD,
    NEAR_ONE,
    arm_title,
    asked,
    metric_title,
    over_arms,
    some_of,
    span,
)
from exocosm.trajectory.screening_result import ScreeningResult

if TYPE_CHECKING:
    import pandas as pd

RECIPE = ("study", "study_hash", "values_hash", "knowledge_hash", "seed", "draws", "people", "date")
MOST_PANELS_SHOWN = 24  # rows of panels that stand open on the page
MOST_MARKERS_SHOWN = 40


SIGNALS = {
    "shed": "only what the tumour sheds counts as signal",
    "reported": "the reported or assumed shift is the signal, wherever it comes from",
    "both": "what shedding leaves of the reported or assumed shift is added to what is shed",
}


def write_screening_report(result: ScreeningResult, path: str | Path) -> Path:
    """Write the report of a screening to a file, whole or not at all; returns the path."""
    return write_page(screening_page(result), path)


def screening_page(result: ScreeningResult) -> Page:
    """The report of a screening as a page."""
    file = result.study.file
    headline, numbers, tone = answer_of(result)
    sections = [
        None if result.verdict is None else expectations(result.verdict),
        _detection(result),
        _telling(result),
        _stages(result),
        _shedding(result),
        _spread(result),
        _panels(result),
        _contrasts(result),
        _numbers(result),
        _notes(result),
        Section("The study file as it was read", "file", text=result.study.text, closed=True),
    ]
    return Page(
        title=file.title or file.name,
        eyebrow="Predicted by simulation with exocosm; nobody was tested",
        question=file.question,
        headline=headline,
        tone=tone,
        numbers=numbers,
        sections=[section for section in sections if section is not None],
        values=value_rows(result.values),
        bibliography=result.bibliography,
        recipe=recipe_rows(result.recipe, [name for name in RECIPE if name != "people" or of_a_cohort(result)]),
    )


def _detection(result: ScreeningResult) -> Section | None:
    picture = figures.detection_picture(result)
    if picture is None:
        return None
    points = []
    if any(test.tumour_signal != "shed" for test in result.study.tests.values()) and not figures.shifts(result).empty:
        points.append(
            "How a shift that was reported in patients carries over to smaller tumours is assumed (the exponent of the "
            "size stands in the values). A draw in which it hardly depends on the size sees tumours of a few mm; that "
            "is the assumption at work and no finding."
        )
    return Section("From what size a tumour is seen", "detection", pictures=[picture], points=points)


def _telling(result: ScreeningResult) -> Section | None:
    picture = figures.roc_picture(result)
    return None if picture is None else Section("How well patients are told from healthy people", "telling",
                                                pictures=[picture])  # fmt: skip


def _stages(result: ScreeningResult) -> Section | None:
    picture = figures.stage_picture(result)
    if picture is None:
        return None
    rows = [
        (arm_title(result, str(row["arm"])), str(row["stage"]), str(row["people"]), _share(row["sensitivity"]),
         f"{_share(row['low'])} to {_share(row['high'])}")
        for row in result.stages.to_dict("records")
    ]  # fmt: skip
    table = Table(("Arm", "Stage", "Patients held out", "Found", "95 %, exact"), rows, numbers=(2, 3, 4))
    if len(rows) > MOST_PANELS_SHOWN:
        return Section("Sensitivity by stage", "by-stage", pictures=[picture])
    return Section("Sensitivity by stage", "by-stage", pictures=[picture], tables=[table])


def _shedding(result: ScreeningResult) -> Section | None:
    """What the tumour's own vesicles make of each marker beside what is reported."""
    table = figures.shifts(result)
    if result.signals.empty:
        return None
    picture = figures.fold_picture(result)
    several = table["of"].nunique() > 1 if len(table) else False
    sources, _ = parse_bibliography(result.bibliography)
    rows = []
    for row in table.to_dict("records"):
        where = f", {arm_title(result, str(row['arm']))}" if several else ""
        reported = _fold(float(row["fold_reported"]))
        rows.append(
            (f"{row['marker']}{where}", _rise(float(row["fold_shed"])), _rise(float(row["fold_in_all"])), reported,
             "assumed" if row["is_assumed"] else _named(str(row["source"]), sources), _explained(row))
        )  # fmt: skip
    heads = ("Marker", "Shedding alone, on vesicles", "Shedding alone, in all", "Reported or assumed", "Where from",
             "Shedding explains")  # fmt: skip
    tables = [Table(heads, rows, numbers=(1, 2, 3, 5))] if 0 < len(rows) <= MOST_MARKERS_SHOWN else []
    alone = _alone(result)
    return Section(
        "What the tumour itself sheds, beside what studies report", "shedding",
        paragraphs=_shed_in_words(result, table), pictures=[] if picture is None else [picture],
        tables=[*tables, *alone],
    )  # fmt: skip


def _named(keys: str, sources: Mapping[str, Source]) -> str:
    """Sources by the names under which they stand at the end of the page."""
    return listed([source_name(key.strip(), sources) for key in keys.split(",")])


def _shed_in_words(result: ScreeningResult, table: pd.DataFrame) -> list[str]:
    missing = sorted(
        set(result.signals.loc[~np.isfinite(result.signals["fold_shed"].astype(float)), "marker"].astype(str))
        | set(table.loc[~table["has_shift"].astype(bool), "marker"].astype(str))
    )
    told = []
    if len(table):
        told += _shifts_in_words(result, table)
    for signal, words in SIGNALS.items():
        arms = [arm_title(result, arm) for arm, test in result.study.tests.items() if test.tumour_signal == signal]
        if arms:
            told.append(f"{'In all arms' if len(arms) == len(result.study.tests) else some_of(arms, 6)}: {words}.")
    if missing:
        told.append(f"For {some_of(missing, 8)} no shift is known or assumed; what is shed is the whole signal.")
    return told


def _shifts_in_words(result: ScreeningResult, table: pd.DataFrame) -> list[str]:
    """What shedding makes beside what is reported, in numbers, and how many of the reported shifts are assumed."""
    shed, reported = (table[name].to_numpy(float) for name in ("fold_shed", "fold_reported"))
    explained = table["explained"].to_numpy(float)
    part, whole = explained < 1, explained >= 1
    told = [
        "At the median size of the patients' tumours, what the tumour sheds raises its markers by "
        f"{span(shed[~whole] - 1)} among the vesicles of the fluid."
        if (~whole).any()
        else ""
    ]
    if part.any():
        told[0] += (
            f" Studies report, or we assume where none was found, {_ends(reported[part], ' times')} the level of "
            f"healthy people. Shed vesicles explain {span(explained[part])} of that shift"
        )
        if part.sum() > 1:
            told[0] += f" (of the middle marker {shown(100 * float(np.median(explained[part])), 2)}{UNBROKEN}%)"
        told[0] += "; the rest has another cause (a reaction of the body, other cells, handling), or is not there."
    if whole.any():
        where = listed(list(dict.fromkeys(arm_title(result, str(arm)) for arm in table["arm"][whole])))
        told.append(
            f"In {where} shedding by itself makes at least the whole reported or assumed shift: "
            f"{_ends(shed[whole], ' times')} the level of healthy people against {_ends(reported[whole], ' times')}. "
            "There the numbers of shedding into the fluid carry the answer."
        )
    table = table[table["has_shift"].astype(bool)]
    assumed = table["is_assumed"].astype(bool)
    names = some_of(list(table.loc[assumed, "marker"].astype(str).unique()), 8)
    if len(table) and assumed.all():
        told.append(
            f"No study with a figure was found for these markers in this fluid, so their shift is assumed: {names}."
        )
    elif assumed.any():
        told.append(
            f"Of {counted(len(table), 'shift')} {int((~assumed).sum())} rest on a study and {int(assumed.sum())} are "
            f"assumed ({names})."
        )
    return [one for one in told if one]


def _alone(result: ScreeningResult) -> list[Table]:
    """How each marker does by itself: a column for each arm, or of many arms a row."""
    table, arms = result.signals, list(result.study.tests)
    note = "Area under the curve against healthy people, held out, central values."
    if float(table[["censored_cases", "censored_controls"]].to_numpy(float).max()) > 0:
        note += " In brackets: in how many patients and in how many healthy people it is not detected."
    if len(arms) <= MOST_ARMS_TOLD:
        cells = {(row["arm"], row["marker"]): _area_alone(row) for row in table.to_dict("records")}
        markers = list(dict.fromkeys(table["marker"]))
        by_marker = [(str(marker), *(cells.get((arm, marker), "") for arm in arms)) for marker in markers]
        heads = ("Marker", *(arm_title(result, arm) for arm in arms))
        return [Table(heads, by_marker, "Each marker by itself", range(1, len(heads)), note)]
    if len(table) > MOST_MARKERS_SHOWN:
        return []
    rows = [
        (arm_title(result, str(row["arm"])), str(row["marker"]), _area_alone(row)) for row in table.to_dict("records")
    ]
    return [Table(("Arm", "Marker", "Area"), rows, "Each marker by itself", (2,), note)]


def _area_alone(row: Mapping[Any, Any]) -> str:
    area = f"{row['auc']:.2f}" if np.isfinite(row["auc"]) else "no number"
    if not row["censored_cases"] and not row["censored_controls"]:
        return area
    return f"{area} ({_share(row['censored_cases'])}, {_share(row['censored_controls'])})"


def _spread(result: ScreeningResult) -> Section | None:
    picture = figures.split_picture(result)
    if picture is None:
        return None
    both = (result.shares["kind"] == "uncertainty").any()
    told = [
        f"Differences between people{' (left)' if both else ''} are of scores of people with a tumour of the same "
        "size: who they are, how their tube was handled, how it was isolated and read. More people do not make them "
        "smaller; a better step does."
    ]
    if both:
        told.append(
            "What is not known (right) is how far the answer moves when the numbers of a stage are drawn. Measuring "
            "these numbers makes it smaller. The two are not the same and are not added."
        )
    negative = result.shares[result.shares["share"] < 0]
    if len(negative):
        named = sorted({figures.STAGE_WORDS.get(str(stage), str(stage)) for stage in negative["stage"]})
        told.append(f"A share below zero ({listed(named)}) means that this stage damps what another one does.")
    return Section("Where the spread comes from", "spread-by-stage", pictures=[picture], points=told)


def _panels(result: ScreeningResult) -> Section | None:
    if result.panels.empty:
        return None
    rows = [
        (arm_title(result, str(row["arm"])), str(str(row["markers"]).count("; ") + 1), str(row["markers"]),
         quantity(float(row["price"]), "euro"), f"{row['auc']:.2f}")
        for row in result.panels.to_dict("records")
    ]  # fmt: skip
    heads = ("Arm", "Markers", "Which", "One person's test", "Area where it was chosen")
    note = (
        "The best panel of each size, compared on a part of the training half to which it was not fitted. Choosing the "
        "best of many flatters: what counts is the area held out, of a panel that was chosen without those people."
    )
    told = []
    for name, text in result.study.file.metrics.items():
        if text.of in ("panel_auc", "panel_markers"):
            told.append(
                f"Of the panel chosen within the budget, {metric_title(result, name)}: {over_arms(result, name)}."
            )
    if not any(text.of == "panel_auc" for text in result.study.file.metrics.values()):
        told.append("How the chosen panel does on people held out was not asked (a metric of panel_auc).")
    table = Table(heads, rows, numbers=(1, 3, 4), note=note)
    return Section("The best panel of each size, and its price", "panels", points=told, tables=[table],
                   closed=len(rows) > MOST_PANELS_SHOWN)  # fmt: skip


def _contrasts(result: ScreeningResult) -> Section | None:
    file = result.study.file
    if not file.contrasts:
        return None
    rows = []
    for name, one in file.contrasts.items():
        arms = " against ".join(arm_title(result, arm) for arm in (one.arm, one.against))
        title = one.title or f"{metric_title(result, one.metric)}, {arms}"
        unit = asked(result, one.metric, one.arm).unit
        rows.append((f"{title}. {one.says}".removesuffix(". "), arms, compared(result.contrasts, name, one.as_, unit)))
    note = "In every draw both arms meet the same people and the same numbers, so that what moves both alike falls out."
    return Section("How the arms compare", "contrasts", tables=[contrast_table(rows, note)])


def _numbers(result: ScreeningResult) -> Section:
    file = result.study.file
    rows: list[tuple[str, ...]] = []
    for metric in file.metrics:
        for arm in file.arms:
            one = asked(result, metric, arm)
            rows.append((metric_title(result, metric), arm_title(result, arm), one.words, one.ends))
    draws = int(result.recipe["draws"])
    note = "The ranges are of draws of what is not known."
    if of_a_cohort(result):
        note = (
            "The ranges are of draws of what is not known, with the same people in each; the chance of who is in the "
        )
        note += "cohort is not in them."
    if not draws:
        note = "No draws were made, so what is not known is not shown."
    texts = {text.of for text in file.metrics.values()}
    values = result.metrics["value"].to_numpy(float)
    if texts & set(AT_CUT_OFF) and np.isinf(values).any():
        note += " Never: the cut-off is not reached however large the tumour."
    if any(AT_ONCE in cell for row in rows for cell in row):
        note += " At once: healthy people lie above the cut-off, and the tumour is its first cell."
    heads: tuple[str, ...] = ("Number", "Arm", "Central", "95 %: what is not known")
    if not draws:
        heads, rows = heads[:3], [row[:3] for row in rows]
    picture = figures.arms_picture(result, list(file.metrics))
    return Section(
        "Numbers of every arm", "numbers", pictures=[] if picture is None else [picture],
        tables=[Table(heads, rows, numbers=(2, 3), note=note)],
    )  # fmt: skip


def _notes(result: ScreeningResult) -> Section | None:
    """What the arms say about themselves, each note once."""
    arms_of: dict[str, list[str]] = {}
    for arm, notes in result.recipe["notes"].items():
        for note in notes:
            arms_of.setdefault(str(note), []).append(arm_title(result, arm))
    if not arms_of:
        return None
    every = len(result.study.tests)
    points = [f"{'All arms' if len(arms) == every else some_of(arms, 6)}: {note}." for note, arms in arms_of.items()]
    return Section("What the arms say about themselves", "notes", points=points)


def _share(share: Any) -> str:
    return "no number" if not np.isfinite(share) else f"{shown(100 * float(share), 2)}{UNBROKEN}%"


def _rise(fold: float) -> str:
    """A fold near one as a rise: `+ 0.36 %`."""
    rise = 100 * (fold - 1)
    return f"{'+' if rise >= 0 else '−'}{UNBROKEN}{shown(abs(rise), 2)}{UNBROKEN}%"


def _fold(fold: float) -> str:
    return f"{shown(fold, 3 if abs(fold - 1) < NEAR_ONE else 2)} times"


def _explained(row: Mapping[Any, Any]) -> str:
    if not row["has_shift"]:
        return "no shift is assumed"
    if np.isnan(row["explained"]):
        return "a fall, which shedding cannot make" if row["fold_reported"] <= 1 else "hardly a rise is reported"
    return f"{shown(100 * float(row['explained']), 2)}{UNBROKEN}%"


def _ends(numbers: Sequence[float] | Any, after: str) -> str:
    """`0.36 to 0.42 %`, or one number where they are written alike."""
    low, high = shown(float(np.min(numbers)), 2), shown(float(np.max(numbers)), 2)
    return f"{low}{after}" if low == high else f"{low} to {high}{after}"
