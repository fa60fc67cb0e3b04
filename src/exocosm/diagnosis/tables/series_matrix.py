"""GEO series matrix: a table of measurements with lines about its samples above it."""

from __future__ import annotations

import re
from dataclasses import replace

from exocosm.diagnosis.tables.layout import divided
from exocosm.diagnosis.tables.sheet import Sheet
from exocosm.diagnosis.tables.text import Text
from exocosm.errors import InputError

_BEGIN, _END = "!series_matrix_table_begin", "!series_matrix_table_end"
_KEPT = {"title": "title", "geo_accession": "geo_accession", "source_name_ch1": "source_name",
         "source_name": "source_name",
         "organism_ch1": "organism", "description": "description", "platform_id": "platform_id",
         "submission_date": "submission_date", "molecule_ch1": "molecule"}  # fmt: skip
_PAIR = re.compile(r"\s*([^:]{1,80}?)\s*:\s*(.*)\Z", re.DOTALL)


def is_series_matrix(text: Text) -> bool:
    """True if lines that begin with `!Series_` or `!Sample_` stand at the top."""
    head = [line.lstrip('"').casefold() for line in text.lines[:400]]
    return any(line.startswith(("!sample_geo_accession", "!series_geo_accession", _BEGIN)) for line in head)


def table_part(text: Text) -> Text:
    """Only the table of measurements.  Errors: InputError if there is none in the file."""
    begin = _place(text, _BEGIN)
    end = _place(text, _END)
    numbers = text.numbers or list(range(1, len(text.lines) + 1))
    low = begin + 1 if begin >= 0 else len(text.lines)
    high = end if end > begin else len(text.lines)
    if high - low < 2:
        raise InputError(
            f"'{text.name}' is a GEO series matrix whose table is empty (sequencing series keep their counts in a "
            "supplementary file): give that file as the table and this one as labels and covariates"
        )
    return replace(text, lines=text.lines[low:high], numbers=numbers[low:high])


def series_title(text: Text) -> str:
    """The title of the series, or ''."""
    for line in text.lines[:400]:
        cells = divided(line, "\t")
        if cells and cells[0].casefold() == "!series_title" and len(cells) > 1:
            return cells[1][:300]
    return ""


def sample_sheet(text: Text) -> Sheet:
    """What the lines above the table say: one row per sample; `key: value` characteristics become columns.

    Errors: InputError if the lines differ in their number of samples or name no sample.
    """
    end = _place(text, _BEGIN)
    columns: dict[str, list[str]] = {}
    for index, line in enumerate(text.lines[: end if end >= 0 else len(text.lines)]):
        if not line.lstrip('"').casefold().startswith("!sample_"):
            continue
        cells = [cell.strip() for cell in divided(line, "\t")]
        key, values = cells[0].casefold().removeprefix("!sample_"), cells[1:]
        width = len(next(iter(columns.values()), values))
        if len(values) != width:
            raise InputError(
                f"'{text.name}', line {text.line(index)}: {len(values)} samples where {width} are expected; "
                "download the series matrix again"
            )
        if key.startswith("characteristics"):
            _characteristics(values, columns)
        elif key in _KEPT:
            columns.setdefault(_free(_KEPT[key], columns), values)
    if "geo_accession" not in columns and "title" not in columns:
        raise InputError(f"'{text.name}' names no samples (no line '!Sample_geo_accession'); download it again")
    first = [name for name in ("geo_accession", "title") if name in columns]
    names = [*first, *(name for name in columns if name not in first)]
    rows = [list(row) for row in zip(*(columns[name] for name in names), strict=True)]
    return Sheet(text.name, names, rows, [1] * len(rows), text.checksum, True)


def _characteristics(values: list[str], columns: dict[str, list[str]]) -> None:
    """`sex: male` under the key; GEO lets the same line hold different keys for different samples."""
    for place, value in enumerate(values):
        pair = _PAIR.match(value)
        key, content = (pair[1], pair[2]) if pair is not None else ("characteristics", value)
        if content:
            cells = columns.setdefault(key, [""] * len(values))
            cells[place] = f"{cells[place]}; {content}" if cells[place] else content


def _free(name: str, columns: dict[str, list[str]]) -> str:
    number = 2
    free = name
    while free in columns:
        free, number = f"{name} {number}", number + 1
    return free


def _place(text: Text, mark: str) -> int:
    return next((index for index, line in enumerate(text.lines) if line[:40].strip('" \t').casefold() == mark), -1)
