"""Sheets of words about samples, such as labels and covariates: rows of cells under names."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from exocosm.diagnosis.tables.layout import layout_of
from exocosm.diagnosis.tables.text import Text
from exocosm.errors import CheckError, InputError, Problem

MAXIMUM_BYTES = 64 * 2**20
MAXIMUM_COLUMNS = 5000
_AS_VALUE = 2  # lines under a title that hold it as a value


@dataclass(frozen=True)
class Sheet:
    """columns: their names (never empty, never twice).  rows: as many cells each.  lines: of the rows in the file."""

    name: str
    columns: list[str]
    rows: list[list[str]]
    lines: list[int]
    checksum: str
    titled: bool
    said: list[str] = field(default_factory=list)

    def column(self, name: str) -> list[str]:
        """The cells of a column."""
        place = self.columns.index(name)
        return [row[place] for row in self.rows]


def sheet_of(text: Text, samples: Collection[str] = ()) -> Sheet:
    """The sheet of a text.  Its first line is data, not names, if one of its cells is among the samples or stands
    twice below it in its own column.

    Errors: InputError if it is no table; CheckError for lines with more cells than names.
    """
    layout = layout_of(text)
    if layout.width > MAXIMUM_COLUMNS:
        raise InputError(
            f"'{text.name}' has {layout.width} columns; a sheet about samples has at most {MAXIMUM_COLUMNS} "
            "(is this the matrix of measurements?)"
        )
    titles = [cell.strip() for cell in layout.header]
    known = {_plain(name) for name in samples}
    titled = not any(_plain(cell) in known for cell in titles if cell)
    body = list(layout.body) if titled else [layout.header_line, *layout.body]
    width = layout.width
    rows: list[list[str]] = []
    problems: list[Problem] = []
    for index in body:
        cells = [cell.strip() for cell in layout.split(text.lines[index])]
        if len(cells) > width:
            problems.append(
                Problem(
                    "sheet",
                    f"line {text.line(index)}",
                    f"{len(cells)} cells under {width} names; put quotes around a cell that holds the delimiter",
                )
            )
        rows.append(cells + [""] * (width - len(cells)))
    if problems:
        raise CheckError(text.name, problems[:12])
    if titled and _stands_below(titles, rows):
        titled = False
        body.insert(0, layout.header_line)
        rows.insert(0, titles + [""] * (width - len(titles)))
    if not rows:
        raise InputError(f"'{text.name}' has a header and nothing under it")
    names = _names(titles if titled else [""] * width)
    kept = [place for place in range(width) if titles[place] or any(row[place] for row in rows)]
    said = [*text.said]
    if not titled:
        said.append("it has no header: its first line is of a sample")
    return Sheet(
        text.name, [names[place] for place in kept], [[row[place] for place in kept] for row in rows],
        [text.line(index) for index in body], text.checksum, titled, said,
    )  # fmt: skip


def _stands_below(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether a title is a value of its own column (`healthy` over healthy, cancer, healthy): then it is no title."""
    return any(title and sum(row[place] == title for row in rows) >= _AS_VALUE for place, title in enumerate(titles))


def _names(titles: Sequence[str]) -> list[str]:
    names: list[str] = []
    for place, title in enumerate(titles, 1):
        name = title or f"column {place}"
        number = 2
        while name in names:
            name, number = f"{title or 'column'} {number}", number + 1
        names.append(name)
    return names


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
