"""Columns about samples: numbers, dates or words, and what each is about."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, get_args

from exocosm.diagnosis.dataset import Note, Role
from exocosm.diagnosis.tables.cells import comma_of, is_missing, meaning
from exocosm.diagnosis.tables.matching import Match
from exocosm.diagnosis.tables.roles import (
    is_batch_code,
    is_collection,
    is_contrast,
    means_label,
    named_label,
    named_role,
    words_of,
)  # fmt: skip
from exocosm.diagnosis.tables.sheet import Sheet
from exocosm.errors import CheckError, InputError, Problem, nearest

if TYPE_CHECKING:
    import pandas as pd

_MEASURED = frozenset([
    "age", "bmi", "weight", "height", "volume", "time", "hours", "minutes", "concentration", "reads", "depth",
    "rin", "psa", "cea", "afp", "order", "injection", "score", "days", "months", "years", "dose", "ratio",
])  # fmt: skip
# whole numbers under such names are numbers, not codes
_SIDES = 3  # values of a column that sets classes against one another: two, and one for the others
_REPEATED = 3  # samples per code, on average, at least
_DATE = re.compile(
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2}[-. ][A-Za-z]{3,9}\.?[-. ]\d{2,4})"
    r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?\Z"
)
_OF_LIFE = frozenset(
    ["birth", "birthday", "dob", "death", "died", "diagnosed", "surgery", "relapse", "followup", "follow"]
)
_SHOWN = 12


def joined(sheet: Sheet, column: str, match: Match) -> tuple[dict[str, list[str]], list[Problem]]:
    """The cells of a sheet by sample, and a problem for every sample that has lines which differ."""
    place = sheet.columns.index(column)
    by_name: dict[str, tuple[list[str], int]] = {}
    problems = []
    for cells, line in zip(sheet.rows, sheet.lines, strict=True):
        name = cells[place]
        if name in by_name and by_name[name][0] != cells:
            differing = [title for title, one, other in zip(sheet.columns, by_name[name][0], cells, strict=True)
                         if one != other]  # fmt: skip
            problems.append(
                Problem(
                    "sheet",
                    f"lines {by_name[name][1]} and {line}",
                    f"'{name}' stands twice and differs in {', '.join(differing[:4])}; keep one of the lines",
                )
            )
        by_name.setdefault(name, (cells, line))
    return {one: by_name[other][0] for one, other in match.pairs.items()}, problems


def covariates_of(
    sheets: Sequence[tuple[Sheet, str, Match]], samples: Sequence[str]
) -> tuple[pd.DataFrame, dict[str, str]]:
    """All columns of all sheets but those with the sample's name as the table writes it; words as written.

    Returns the frame (index = samples) and column -> file.  Errors: CheckError for samples with lines that differ.
    """
    import pandas as pd

    columns: dict[str, list[str]] = {}
    files: dict[str, str] = {}
    for sheet, key, match in sheets:
        rows, problems = joined(sheet, key, match)
        if problems:
            raise CheckError(sheet.name, problems[:_SHOWN])
        for place, column in enumerate(sheet.columns):
            if column == key:
                continue
            cells = [rows[name][place] if name in rows else "" for name in samples]
            if not any(cells):
                continue
            name, number = column, 2
            while name in columns and columns[name] != cells:
                name, number = f"{column} ({number})", number + 1
            columns[name], files[name] = cells, sheet.name
    return pd.DataFrame(columns, index=pd.Index(list(samples)), dtype=object), files


def typed(frame: pd.DataFrame, roles: Mapping[str, Role], notes: list[Note]) -> pd.DataFrame:
    """Columns as numbers (float), dates (datetime) or words (None where missing), by what they hold.

    Whole numbers that are few and repeated (2, 22, 7) are codes and stay words; so do identities.
    """
    import pandas as pd

    result: dict[str, pd.Series] = {}
    codes = []
    for name in frame.columns:
        cells = [str(cell) for cell in frame[name]]
        told = [cell for cell in cells if not is_missing(cell)]
        comma, _ = comma_of(told, ";")
        numeric = bool(told) and all(meaning(cell, comma)[0] == "number" for cell in told)
        if numeric and roles.get(name) != "identity" and not _are_codes(name, told):
            numbers = [meaning(cell, comma)[1] if not is_missing(cell) else float("nan") for cell in cells]
            result[name] = pd.Series(numbers, index=frame.index, dtype=float)
        elif told and not numeric and all(_DATE.match(cell) for cell in told):
            result[name] = _dates(frame.index, cells)
        else:
            if numeric and roles.get(name) != "identity":
                codes.append(name)
            words = [None if is_missing(cell) else cell for cell in cells]
            result[name] = pd.Series(words, index=frame.index, dtype=object)
    if codes:
        notes.append(Note("codes", f"{', '.join(codes)}: whole numbers, few and repeated, taken as codes (not as "
                          "amounts)", tuple(codes)))  # fmt: skip
    return pd.DataFrame(result, index=frame.index)


def _are_codes(name: str, told: Sequence[str]) -> bool:
    if not all(re.fullmatch(r"[+-]?\d+(?:\.0+)?", cell) for cell in told):
        return False
    if set(words_of(name)) & _MEASURED:
        return False
    return len(told) >= _REPEATED * len(set(told))


def _dates(index: pd.Index, cells: Sequence[str]) -> pd.Series:
    import pandas as pd

    told = [None if is_missing(cell) else cell for cell in cells]
    firsts = [int(parts[1]) for cell in told if cell and (parts := re.match(r"(\d{1,2})\D\d", cell))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas warns where it must guess; a guess that fails leaves the words
        try:
            dates = pd.to_datetime(
                pd.Series(told, index=index), format="mixed", dayfirst=any(day > 12 for day in firsts)
            )
            return dates.dt.tz_localize(None)
        except (ValueError, TypeError, OverflowError, AttributeError):
            return pd.Series(told, index=index, dtype=object)


def roles_of(
    frame: pd.DataFrame, labels: pd.Series, chosen: Mapping[str, str], notes: list[Note], label_column: str = ""
) -> dict[str, Role]:
    """What every column is about: as chosen, else by its name, else by its content.

    label: it says the same as the label, or a part of it.  identity: it names each sample by another word.
    Errors: InputError for a chosen column that does not exist, or a role that does not.
    """
    for name, role in chosen.items():
        if name not in frame.columns:
            raise InputError(f"no column about samples is called '{name}'; {nearest(name, map(str, frame.columns))}")
        if role not in get_args(Role):
            raise InputError(f"'{role}' is no role of a column; {nearest(role, get_args(Role))}")
    roles: dict[str, Role] = {}
    constant = []
    for name in map(str, frame.columns):
        cells = {sample: str(cell) for sample, cell in frame[name].items() if not is_missing(str(cell))}
        if len(set(cells.values())) == 1 and len(cells) == len(frame) > 1:
            constant.append(name)
        roles[name] = chosen[name] if name in chosen else _role(name, cells, labels, label_column)  # type: ignore[assignment]
    if constant:
        notes.append(Note("constant", f"the same for every sample: {', '.join(constant)}", tuple(constant)))
    return roles


def _role(name: str, cells: Mapping[object, str], labels: pd.Series, label_column: str) -> Role:
    named = named_role(name)
    values = list(cells.values())
    distinct = len(set(values))
    if name == label_column or (is_contrast(name) and distinct <= _SIDES):
        return "label"
    if len(values) > 2 and distinct == len(values) and named in ("unknown", "identity", "technical"):
        worded = sum(1 for value in values if meaning(value)[0] == "word" and not _DATE.match(value))
        if worded == len(values):  # an accession of a run names the sample as well as its own name does
            return "identity"
    if is_collection(name) and distinct > len(values) // 2:  # the number of a person within a study
        return "identity"
    dated = bool(values) and all(map(_DATE.match, values))
    if dated and set(words_of(name)) & _OF_LIFE:
        return "biological"
    if named in ("technical", "biological"):
        return named
    # a column that follows the label without speaking of it (a country) may be what confounds it
    speaks = means_label(name) or _share_words(values, labels)
    if speaks and 2 <= distinct <= max(2, len(values) // 2) and _follows(cells, labels):
        return "label"
    if named == "unknown" and dated:
        return "technical"  # a day on which something was done with the sample
    if named == "unknown" and len(values) >= _REPEATED * distinct and is_batch_code(sorted(set(values))):
        return "technical"
    return "unknown" if named_label(name) >= 0 else named


def _share_words(values: Sequence[str], labels: pd.Series) -> bool:
    """Whether every value has a word in common with a class (`plasma of a healthy control`)."""
    known = {word for label in set(map(str, labels)) for word in words_of(label)}
    return all(set(words_of(value)) & known for value in set(values))


def _follows(cells: Mapping[object, str], labels: pd.Series) -> bool:
    """Whether the label alone decides the column, among samples that have both."""
    classes = {sample: str(label) for sample, label in labels.items()}
    seen: dict[str, str] = {}
    return all(seen.setdefault(classes[one], value) == value for one, value in cells.items() if one in classes)
