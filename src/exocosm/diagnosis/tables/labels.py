"""The class of every sample: from a column of a sheet, or from the names themselves when asked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from exocosm.diagnosis.dataset import Note
from exocosm.diagnosis.tables.cells import is_unanswered, meaning
from exocosm.diagnosis.tables.matching import Match
from exocosm.diagnosis.tables.roles import named_label
from exocosm.diagnosis.tables.sheet import Sheet
from exocosm.errors import CheckError, InputError, Problem, nearest

BY_NAME = "by-name"
_MOST_CLASSES = 30
_SHOWN = 12


def label_column_of(sheet: Sheet, key: str, asked: str, notes: list[Note]) -> str:
    """The column with the classes: the one asked for, the only other one, or the one whose name says so.

    Errors: InputError if there is none, or if several could be it.
    """
    others = [name for name in sheet.columns if name != key]
    if asked:
        if asked in sheet.columns:
            return asked
        folded = [name for name in sheet.columns if name.casefold() == asked.casefold()]
        if len(folded) == 1:
            return folded[0]
        raise InputError(f"'{sheet.name}' has no column '{asked}'; {nearest(asked, sheet.columns)}")
    if not others:
        raise InputError(f"'{sheet.name}' has one column only ('{key}'); two are needed: sample and class")
    usable = [name for name in others if _usable(sheet.column(name))]
    if len(others) == 1:
        return others[0]
    named = sorted((name for name in usable if named_label(name) >= 0), key=named_label)
    if named:
        chosen = named[0]
        if len(named) > 1:
            notes.append(
                Note(
                    "labels",
                    f"the classes are those of the column '{chosen}'; {_quoted(named[1:])} could be meant "
                    "as well (say which by label_column)",
                    tuple(named[1:]),
                )
            )
        return chosen
    if len(usable) == 1:
        notes.append(Note("labels", f"the classes are those of the column '{usable[0]}', the only one with few values"))
        return usable[0]
    shown = "; ".join(f"{name}: {_counted(sheet.column(name))}" for name in (usable or others)[:6])
    raise InputError(f"'{sheet.name}': which column has the classes?  say so by label_column ({shown})")


def labels_from(sheet: Sheet, key: str, column: str, match: Match, notes: list[Note]) -> dict[str, str]:
    """Sample of the table -> class.  Errors: CheckError for a sample with two classes."""
    place, where = sheet.columns.index(column), sheet.columns.index(key)
    seen: dict[str, tuple[str, int]] = {}
    problems = []
    repeated = 0
    for cells, line in zip(sheet.rows, sheet.lines, strict=True):
        name, label = cells[where], cells[place]
        if name in seen:
            repeated += 1
            if seen[name][0] != label:
                problems.append(
                    Problem(
                        "labels",
                        f"lines {seen[name][1]} and {line}",
                        f"'{name}' is '{seen[name][0]}' and '{label}'; keep one of the lines",
                    )
                )
        seen.setdefault(name, (label, line))
    if problems:
        raise CheckError(sheet.name, problems[:_SHOWN])
    if repeated:
        notes.append(
            Note("labels", f"{repeated} lines of '{Path(sheet.name).name}' repeat a sample with the same class")
        )
    found = {one: " ".join(seen[other][0].split()) for one, other in match.pairs.items()}
    return {name: label for name, label in found.items() if not is_unanswered(label)}


def labels_by_name(samples: Sequence[str]) -> dict[str, str]:
    """Sample -> its name without the number at the end: control1, HIV_2 -> control, HIV.

    Errors: InputError if that gives one class, or no class with two samples.
    """
    stems = {name: re.sub(r"[\W_]*\d+\Z", "", name.strip()) for name in samples}
    bare = [name for name, stem in stems.items() if not stem]
    counted = Counter(stems.values())
    if bare:
        raise InputError(
            f"the classes cannot be read from the names: {_quoted(bare[:5])} are only numbers; give a file of labels"
        )
    if len(counted) < 2 or max(counted.values()) < 2 or len(counted) > max(2, len(samples) // 2):
        raise InputError(
            f"the classes cannot be read from the names: without the numbers at their end, {len(samples)} samples have "
            f"{len(counted)} names ({_quoted(list(counted)[:5])}); give a file of labels"
        )
    return stems


def class_notes(labels: Sequence[str], where: str) -> list[Note]:
    """What is unusual about the classes.  Errors: InputError if they are too many to be classes."""
    counted = Counter(labels)
    if len(counted) > max(2, min(_MOST_CLASSES, len(labels) // 2)):
        raise InputError(
            f"{where} has {len(counted)} different values for {len(labels)} samples, so it holds no classes; name the "
            "column with the classes by label_column"
        )
    notes = [
        Note(
            "labels",
            f"{len(labels)} samples in {len(counted)} classes, by {where}: "
            + ", ".join(f"{name} {count}" for name, count in counted.items()),
        )
    ]
    if len(counted) == 1:
        notes.append(Note("labels", f"every sample is '{labels[0]}': there is nothing to compare", serious=True))
    alike: dict[str, list[str]] = {}
    for name in counted:
        alike.setdefault(re.sub(r"[\W_]+", "", name).casefold(), []).append(name)
    for names in alike.values():
        if len(names) > 1:
            notes.append(
                Note(
                    "labels",
                    f"the classes {_quoted(names)} differ only in capitals or signs and are kept apart; if "
                    "they are one, write them alike",
                    tuple(names),
                    serious=True,
                )
            )
    single = [name for name, count in counted.items() if count == 1]
    if single:
        notes.append(Note("labels", f"one sample only in {_quoted(single)}", tuple(single)))
    return notes


def _usable(cells: Sequence[str]) -> bool:
    told = [cell for cell in cells if not is_unanswered(cell)]
    distinct = set(told)
    if not 2 <= len(distinct) <= max(2, min(_MOST_CLASSES, len(told) // 2)):
        return False
    return len(distinct) <= 5 or not all(meaning(cell)[0] == "number" for cell in distinct)


def _counted(cells: Sequence[str]) -> str:
    counted = Counter(cell for cell in cells if not is_unanswered(cell))
    if len(counted) > 6:
        return f"{len(counted)} values"
    return ", ".join(f"{name} {count}" for name, count in counted.items())


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
