"""Rows of cells: what divides them, which decimal mark their numbers have, and blocks of numbers as arrays."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence

import numpy as np

from exocosm.bench.recordings.contract import Numbers, refusal
from exocosm.bench.recordings.file_text import FileText

AGAIN = "export the file again from the instrument's program"
MAXIMUM_COLUMNS = 5000
LARGEST = 1e60  # no amount that an instrument writes is near this; sums of larger ones overflow
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_COMMA = re.compile(r"\d,\d")
_NOT_THOUSANDS = re.compile(r"\d,\d{1,2}(?!\d)|\d,\d{4}|(?<!\d)0\d*,\d|\d,\d+[eE][+-]?\d")


def split(line: str, delimiter: str, most: int = -1) -> list[str]:
    """Cells of a line without the blanks around them; quotes are respected.  most: how many cuts at most."""
    if '"' not in line:
        return [cell.strip() for cell in line.split(delimiter, most)]
    try:
        row = next(csv.reader([line.replace("\n", " ").replace("\r", " ")], delimiter=delimiter), [])
    except csv.Error:
        row = line.replace('"', "").split(delimiter)
    return [cell.strip() for cell in row]


def without_empty_end(cells: Sequence[str]) -> list[str]:
    """Cells up to the last one that holds something."""
    last = len(cells)
    while last and not cells[last - 1]:
        last -= 1
    return list(cells[:last])


def number(cell: str, decimal: str = ".") -> float | None:
    """The number that a cell holds, or None: 'Not recorded', 'NaN', '1_000' and '1,470' are no numbers."""
    text = cell.strip()
    if decimal == ",":
        if "." in text:
            return None
        text = text.replace(",", ".")
    if _NUMBER.fullmatch(text) is None:
        return None
    value = float(text)
    return value if abs(value) < LARGEST else None


def decimal_mark(text: FileText, lines: Sequence[str], first: int, delimiter: str) -> str:
    """'.' or ',', as the numbers of some lines show it.  first: index of the first of the lines, for the message."""
    if delimiter == ",":
        return "."
    sample = "\n".join(lines)
    comma = _COMMA.search(sample)
    if comma is None:
        return "."
    row = sample.count("\n", 0, comma.start())
    shown = re.split(r"[^\d.,]", sample[max(0, comma.start() - 15) : comma.start() + 1])[-1]
    shown += re.split(r"[^\d.,]", sample[comma.start() + 1 : comma.start() + 16])[0]
    if re.search(r"\d\.\d", sample):
        both = f"numbers have both points and commas (as in '{shown}')"
        raise refusal(text.name, text.line(first + row), both, "export it with one decimal mark and no thousands marks")
    if _NOT_THOUSANDS.search(sample) is None:
        either = f"'{shown}' may be a decimal number or thousands"
        raise refusal(text.name, text.line(first + row), either, "export it without thousands marks")
    return ","


def number_block(
    text: FileText,
    first: int,
    last: int,
    delimiter: str,
    decimal: str,
    columns: int,
    *,
    most: int,
    may_be_empty: bool = False,
) -> Numbers:
    """Numbers of the first `columns` cells of the lines [first, last), shape (lines, columns).

    most: how many columns have a name; a row with more cells than that has been divided in other places.
    may_be_empty: whether a cell without a number ('', 'NaN') is NaN rather than an error.
    Errors: RecordingError with the line of the first cell that is no number, and of a row too short or too long.
    """
    flat: list[str] = []
    for index in range(first, last):
        line = text.lines[index]
        if line.count(delimiter) >= most and line.rstrip(f" {delimiter}").count(delimiter) >= most:
            require_no_more_cells(text, index, delimiter, most)
        row = line.split(delimiter, columns) if '"' not in line else split(line, delimiter)
        if len(row) < columns:
            raise _short(text, index, len(row), columns)
        flat += row[:columns]
    joined = "\n".join(flat)
    simple = "_" not in joined and (decimal == "." or "." not in joined)
    if simple:
        if decimal == ",":
            flat = joined.replace(",", ".").split("\n")
        try:
            values = np.array(list(map(float, flat)), dtype=float).reshape(-1, columns)
        except ValueError:
            simple = False
        else:
            if (np.abs(values) < LARGEST).all():
                return values
    return _slow_block(text, first, last, delimiter, decimal, columns, may_be_empty)


def require_no_more_cells(text: FileText, index: int, delimiter: str, most: int) -> None:
    """Errors: RecordingError if a row holds more cells than there are names of columns."""
    cells = len(without_empty_end(split(text.lines[index], delimiter)))
    if cells > most:
        found = f"the row has {cells} cells for {most} columns"
        advice = "every column needs a name, the names of rows too"
        if delimiter == ",":
            found += ": decimal commas in a file divided by commas would look like this"
            advice = "export the file with decimal points, or divided by semicolons"
        raise refusal(text.name, text.line(index), found, advice)


def _slow_block(
    text: FileText, first: int, last: int, delimiter: str, decimal: str, columns: int, may_be_empty: bool
) -> Numbers:
    rows = np.full((last - first, columns), np.nan)
    for index in range(first, last):
        for column, cell in enumerate(split(text.lines[index], delimiter)[:columns]):
            value = number(cell, decimal)
            if value is not None:
                rows[index - first, column] = value
            elif not (may_be_empty and column and cell.casefold() in ("", "nan", "na", "n/a")):
                found = f"'{cell[:40]}' stands where a number was expected (column {column + 1})"
                if index == text.end - 1:
                    found += " and the file ends with this line: it may have been cut off"
                raise refusal(text.name, text.line(index), found, AGAIN)
    return rows


def _short(text: FileText, index: int, cells: int, columns: int) -> Exception:
    if index >= text.end - 1:
        found = f"the file ends in the middle of a row ({cells} of {columns} cells): it was cut off"
    else:
        found = f"the row has {cells} of {columns} cells"
    return refusal(text.name, text.line(index), found, AGAIN)
