"""How a table stands in its file: the delimiter, the line of the header, the width."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from exocosm.diagnosis.tables.cells import meaning
from exocosm.diagnosis.tables.text import Text
from exocosm.errors import InputError

DELIMITERS = {"\t": "tab", ";": "semicolon", ",": "comma", "|": "bar", " ": "space"}
_COMMENT = ("#", "!", "%", "^", "//")
_SAMPLED = 60  # lines from which the layout is told
_CELLS = 100_000  # that are looked at for it
_CONSISTENT = 0.8  # of the lines that must have the width
_PREAMBLE = 60  # lines that may stand before the table

Split = Callable[[str], list[str]]


@dataclass(frozen=True)
class Layout:
    """delimiter; width: cells of a full line; header: the names over the columns, as many as the width; body: indices
    of the lines with data; skipped: indices of comments; shifted: the header lacked its first cell."""

    delimiter: str
    width: int
    header: tuple[str, ...]
    header_line: int
    body: tuple[int, ...]
    skipped: tuple[int, ...]
    shifted: bool = False
    dropped: int = 0

    def split(self, line: str) -> list[str]:
        """The cells of a line; at most `width` where the rest is empty."""
        cells = divided(line, self.delimiter)
        while len(cells) > self.width and not cells[-1].strip():
            cells.pop()
        return cells


def divided(line: str, delimiter: str) -> list[str]:
    """The cells of one line, without quotes around them."""
    if delimiter == " ":
        if '"' not in line:
            return line.split()
        line = line.strip()
    elif '"' not in line:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:  # one cell longer than the reader takes
        return [cell.strip('"') for cell in line.split(delimiter)]


def layout_of(text: Text) -> Layout:
    """The layout of the table in a text.  Errors: InputError if no delimiter gives two columns or more."""
    lines = text.lines
    full = [index for index, line in enumerate(lines) if line.strip()]
    marked = [index for index in full if not lines[index].lstrip('"').startswith(_COMMENT)]
    told = _spread(marked or full)
    found = [one for one in (_tried(lines, told, delimiter) for delimiter in _candidates(text)) if one is not None]
    if not found:
        raise InputError(
            f"'{text.name}': no table of two columns or more is seen in it (tried tab, semicolon, comma, bar and "
            f"space); line {text.line(full[0])} reads {lines[full[0]][:60]!r}; save it as CSV or tab-separated text"
        )
    best = max(found, key=lambda one: one[0])
    return _laid(lines, full, best[1], best[2])


def _candidates(text: Text) -> Sequence[str]:
    return [text.delimiter] if text.delimiter in DELIMITERS else list(DELIMITERS)


def _spread(indices: list[int]) -> list[int]:
    """The first lines and some from all over the file."""
    if len(indices) <= _SAMPLED:
        return indices
    step = max(1, len(indices) // (_SAMPLED // 2))
    return sorted({*indices[: _SAMPLED // 2], *indices[::step]})


def _tried(lines: list[str], told: list[int], delimiter: str) -> tuple[tuple[float, ...], str, int] | None:
    """How well a delimiter divides the lines: (score, delimiter, width); None if it does not."""
    rows: list[list[str]] = []
    whole: set[int] = set()
    cells = 0
    for index in told:
        parts = divided(lines[index], delimiter)
        whole.add(len(parts))
        rows.append(_trimmed(parts))
        cells += len(rows[-1])
        if cells > _CELLS and len(rows) >= 6:
            break
    later = rows[len(rows) // 3 :] or rows
    counted = Counter(len(row) for row in later)
    most = max(counted.values())
    # empty cells at the end were trimmed, so among frequent widths the widest is the table's
    width = max(size for size, count in counted.items() if count >= max(1, 0.3 * most))
    if len(whole) == 1 and delimiter != " ":  # as many cells in every line, most of the last ones empty
        width = max(map(len, rows))
    if width < 2:
        return None
    # rows with empty last cells are shorter, and no reason to reject a delimiter
    near = sum(1 for row in later if len(row) == width or (delimiter != " " and 2 <= len(row) < width))
    exact = counted[width] / len(later) if len(whole) > 1 else 1.0
    share = near / len(later) if len(whole) > 1 else 1.0
    if share < _CONSISTENT or exact < 0.3:
        return None
    comma = "" if delimiter == "," else "decimal"
    readable = sum(meaning(cell, comma)[0] != "word" for row in later[:12] for cell in row[:200] if cell.strip())
    filled = sum(1 for row in later[:12] for cell in row[:200] if cell.strip())
    order = -list(DELIMITERS).index(delimiter)
    return (round(readable / max(1, filled) + exact, 1), min(width, 5), order), delimiter, width


def _trimmed(cells: list[str]) -> list[str]:
    while cells and not cells[-1].strip():
        cells.pop()
    return cells


def _laid(lines: list[str], full: list[int], delimiter: str, width: int) -> Layout:
    for position, index in enumerate(full[:_PREAMBLE]):
        cells = _trimmed(divided(lines[index], delimiter))
        comment = lines[index].lstrip('"').startswith(_COMMENT)
        least = max(2, width - 1)
        if least <= len(cells) <= width + 1 and not (comment and len(cells) < width):
            return _with_header(lines, full, position, delimiter, max(width, len(cells)), cells)
    # the header of a table whose last columns have no name
    position = next((place for place, index in enumerate(full) if not lines[index].startswith(_COMMENT)), 0)
    cells = _trimmed(divided(lines[full[position]], delimiter))
    return _with_header(lines, full, position, delimiter, max(width, len(cells)), cells)


def _with_header(
    lines: list[str], full: list[int], position: int, delimiter: str, width: int, cells: list[str]
) -> Layout:
    raw = divided(lines[full[position]], delimiter)
    body = [index for index in full[position + 1 :] if not lines[index].startswith(("#", "!"))]
    sampled = [_trimmed(divided(lines[index], delimiter)) for index in _spread(body)[:20]]
    widest = max((len(row) for row in sampled), default=len(cells))
    # one cell shorter than the rows, as R writes it; an empty first cell shows that nothing is missing
    shifted = len(cells) == len(raw) == widest - 1 and bool(raw[0].strip())
    header = ["", *cells] if shifted else list(cells)
    dropped = max(0, len(raw) - max(len(header), widest))
    width = max(len(header), widest)
    header += [""] * (width - len(header))
    header[0] = header[0].lstrip("#").strip() if header[0].startswith("#") else header[0]
    skipped = [index for index in full if index < full[position] or (lines[index].startswith(("#", "!")))]
    return Layout(
        delimiter, width, tuple(_clean(name) for name in header), full[position], tuple(body),
        tuple(index for index in skipped if index != full[position]), shifted, dropped,
    )  # fmt: skip


def _clean(name: str) -> str:
    name = " ".join(name.split())
    return name[1:-1] if len(name) > 1 and name[0] == name[-1] == "'" else name


def without_header(layout: Layout, split: Split, line: str) -> Layout:
    """The layout of the same table where its first line holds data, not names."""
    cells = split(line)
    return replace(
        layout, header=tuple("" for _ in cells), body=(layout.header_line, *layout.body), width=max(2, len(cells))
    )
