"""The numbers of a matrix and the words beside them, as they stand in the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np

from exocosm.diagnosis.tables.cells import comma_of, is_missing, meaning
from exocosm.diagnosis.tables.features import is_strong
from exocosm.diagnosis.tables.layout import DELIMITERS, Layout, layout_of
from exocosm.diagnosis.tables.text import Text
from exocosm.errors import CheckError, InputError, Problem

MAXIMUM_CELLS = 80_000_000
_MAXIMUM_WORDS = 500_000  # cells without a number among numbers
_SAMPLED_CELLS = 60_000
_SHOWN = 12  # problems
_IDENTIFIERS = frozenset([
    "id", "ids", "name", "names", "gene", "genes", "geneid", "gene_id", "symbol", "mirna", "mirnas", "mirna_id",
    "probe", "probeid", "probe_id", "id_ref", "target", "target_name", "detector", "sample", "samples", "sample_id",
    "sampleid", "sample_name", "feature", "features", "entrez", "entrezid", "entrez_id", "entrezgeneid", "protein",
    "proteins", "accession", "index", "row", "rownames", "unnamed:_0", "patient", "subject", "assay",
])  # fmt: skip


@dataclass
class Grid:
    """A table as it stands.

    header: names over the columns.  text: column -> its cells as written, for columns of words (the first among them).
    columns: the columns of numbers.  numbers: (rows, columns of numbers), NaN where there is none.  undetected: same
    shape.  words: (row, position) -> what stands there instead of a number.  lines: line of each row in the file.
    """

    source: Text
    layout: Layout
    header: list[str]
    text: dict[int, list[str]]
    columns: list[int]
    numbers: np.ndarray
    undetected: np.ndarray
    words: dict[tuple[int, int], str]
    lines: list[int]
    comma: str = ""
    said: list[str] = field(default_factory=list)

    def row(self, index: int) -> list[str]:
        """All cells of a row as written."""
        cells = self.layout.split(self.source.lines[self.layout.body[index]])
        return cells + [""] * (self.layout.width - len(cells))


def grid_of(source: Text, words: Collection[str] = ()) -> Grid:
    """The grid of a text; `words` are names of columns that are read as words whatever they hold.

    Errors: InputError if there is no table; CheckError with the lines whose cells are too few or too many.
    """
    layout = layout_of(source)
    header = list(layout.header)
    if not layout.body:
        raise InputError(f"'{source.name}' has one line only; a header and rows of numbers are expected")
    if len(layout.body) * layout.width > MAXIMUM_CELLS:
        raise InputError(
            f"'{source.name}' has {len(layout.body):,} rows x {layout.width:,} columns; "
            f"at most {MAXIMUM_CELLS:,} cells are read"
        )
    rows = _sampled(source, layout)
    comma, sure = comma_of((cell for row in rows for cell in row), layout.delimiter)
    text = _text_columns(rows, header, layout, comma, {name.casefold() for name in words})
    _require_names(source, layout, text)
    grid = _filled(source, layout, header, text, comma)
    _turn_to_text(grid)
    if not grid.columns:
        raise InputError(
            f"'{source.name}' ({DELIMITERS[layout.delimiter]}-separated, {layout.width} columns) has no column of "
            "numbers; give the matrix of measurements as the table, and words about samples as labels or covariates"
        )
    _tell(grid, sure)
    return grid


def _sampled(source: Text, layout: Layout) -> list[list[str]]:
    count = min(100, max(8, _SAMPLED_CELLS // layout.width))
    step = max(1, len(layout.body) // count)
    chosen = sorted({*layout.body[: count // 2], *layout.body[::step]})
    return [layout.split(source.lines[index]) for index in chosen]


def _text_columns(rows: list[list[str]], header: list[str], layout: Layout, comma: str, forced: set[str]) -> list[int]:
    found = []
    for column in range(layout.width):
        # digits alone are the most of a large table
        told = [cell for row in rows if column < len(row) and not (cell := row[column]).isdigit()]
        states = Counter(meaning(cell, comma)[0] for cell in told)
        digits = sum(1 for row in rows if column < len(row)) - len(told)
        worded = states["word"] > digits + states["number"] + states["undetected"]
        if worded or header[column].casefold() in forced or (column == 0 and _names(rows, header[0], layout)):
            found.append(column)
    return found


def _names(rows: list[list[str]], title: str, layout: Layout) -> bool:
    """Whether a first column of numbers holds names."""
    word = title.strip().casefold().replace(" ", "_")
    if is_strong(title.strip()):
        return False
    if layout.shifted or not word or word in _IDENTIFIERS or word.endswith(("id", "_name")):
        return True
    cells = [row[0].strip() for row in rows if row]
    return all(cell.isdigit() for cell in cells) and len(set(cells)) == len(cells)


def _require_names(source: Text, layout: Layout, text: list[int]) -> None:
    header = [name for column, name in enumerate(layout.header) if column not in text and name]
    numbers = [name for name in header if meaning(name)[0] == "number"]
    broken = [name for name in numbers if not name.lstrip("-").isdigit()]
    if len(numbers) > 2 and (len(broken) > len(header) / 2 or len(set(numbers)) < len(numbers) / 2):
        raise InputError(
            f"'{source.name}', line {source.line(layout.header_line)}: numbers ({', '.join(numbers[:4])}, ...) stand "
            "where the names of the columns should be; add a header line"
        )


def _filled(source: Text, layout: Layout, header: list[str], text: list[int], comma: str) -> Grid:
    kept = [column for column in range(layout.width) if column not in set(text)]
    # the common case, names first and numbers behind them, needs no picking
    lead = len(text) if text == list(range(len(text))) else -1
    numbers = np.full((len(layout.body), len(kept)), np.nan)
    undetected = np.zeros(numbers.shape, dtype=bool)
    columns: dict[int, list[str]] = {column: [] for column in text}
    words: dict[tuple[int, int], str] = {}
    problems: list[Problem] = []
    count = 0
    missing: dict[str, float | str] = dict.fromkeys(("", "NA", "NaN", "nan", "null", "#N/A", "-", "NULL"), np.nan)
    for row, index in enumerate(layout.body):
        line = source.lines[index]
        cells = layout.split(line)
        if len(cells) != layout.width:
            count += _mended(cells, layout, source, index, problems)
        for column, store in columns.items():
            store.append(cells[column].strip())
        parts = cells[lead:] if lead >= 0 else [cells[column] for column in kept]
        if comma != "points" and _fast(parts, line, missing, numbers[row]):
            continue
        for position, cell in enumerate(parts):
            state, value = meaning(cell, comma)
            numbers[row, position] = value
            if state == "undetected":
                undetected[row, position] = True
            elif state == "word":
                words[row, position] = cell.strip()
            elif state == "missing" and len(missing) < 100:
                missing[cell] = np.nan
        if len(words) > _MAXIMUM_WORDS:
            raise InputError(
                f"'{source.name}' holds words in more than {_MAXIMUM_WORDS:,} cells among the numbers; "
                "give a matrix of numbers with names in the first row and column"
            )
    if problems:
        if count > len(problems):
            problems.append(Problem("table", "further lines", f"{count - len(problems)} more of the same"))
        raise CheckError(source.name, problems)
    lines = [source.line(index) for index in layout.body]
    return Grid(source, layout, header, columns, kept, numbers, undetected, words, lines, comma)


def _fast(parts: list[str], line: str, missing: dict[str, float | str], target: np.ndarray) -> bool:
    """Fill a row all of whose cells are plain numbers or empty; False if one is not."""
    try:
        try:
            values = list(map(float, parts))
        except ValueError:
            values = list(map(float, [missing.get(cell, cell) for cell in parts]))
    except ValueError:
        return False
    # Python also reads 1_000 and digits of other scripts, which are no numbers in a table
    if ("_" in line and any("_" in cell for cell in parts)) or not (line.isascii() or "".join(parts).isascii()):
        return False
    target[:] = values
    return not np.isinf(target).any()


def _mended(cells: list[str], layout: Layout, source: Text, index: int, problems: list[Problem]) -> int:
    """Bring a line to the width; 1 if that would be guessing.  Empty cells at the end may be left out by programs."""
    found, width = len(cells), layout.width
    del cells[width:]
    cells.extend([""] * (width - len(cells)))
    if found == width or (found == width - 1 and source.lines[index].endswith(layout.delimiter)):
        return 0
    if len(problems) < _SHOWN:
        last = found < width and index == layout.body[-1]
        advice = "the file was cut off here; export it again" if last else "mend this line"
        problems.append(
            Problem("table", f"line {source.line(index)}", f"{found} cells where {width} are expected; {advice}")
        )
    return 1


def _turn_to_text(grid: Grid) -> None:
    """Columns that turned out to hold words become columns of words."""
    if not grid.words:
        return
    worded = Counter(position for _, position in grid.words)
    filled = (~np.isnan(grid.numbers) | grid.undetected).sum(axis=0)
    moved = [position for position, count in worded.items() if count > filled[position]]
    if not moved:
        return
    for position in moved:
        grid.text[grid.columns[position]] = []
    for row in range(len(grid.lines)):
        cells = grid.row(row)
        for position in moved:
            grid.text[grid.columns[position]].append(cells[grid.columns[position]].strip())
    kept = [position for position in range(len(grid.columns)) if position not in set(moved)]
    place = {old: new for new, old in enumerate(kept)}
    grid.columns = [grid.columns[position] for position in kept]
    grid.numbers, grid.undetected = grid.numbers[:, kept], grid.undetected[:, kept]
    grid.words = {(row, place[old]): word for (row, old), word in grid.words.items() if old in place}
    grid.text = dict(sorted(grid.text.items()))


def _tell(grid: Grid, sure: bool) -> None:
    layout, said = grid.layout, grid.said
    said.extend(grid.source.said)
    if layout.shifted:
        said.append("its header is one cell shorter than its rows, as R writes it: the first column has the names")
    if layout.skipped:
        said.append(f"{len(layout.skipped)} lines beside the table (comments, titles) were skipped")
    if grid.comma:
        meant = {"decimal": "1,5 is one and a half", "thousands": "1,234 is one thousand and more"}
        said.append(
            f"marks stand inside numbers: {meant.get(grid.comma, '1.234 is one thousand and more')}"
            + ("" if sure else " (assumed: look at a few values)")
        )
    empty = [column for position, column in enumerate(grid.columns)
             if not grid.header[column] and np.isnan(grid.numbers[:, position]).all()]  # fmt: skip
    if empty:
        kept = [position for position, column in enumerate(grid.columns) if column not in set(empty)]
        if all(is_missing(grid.words.get((row, position), "")) for row, position in grid.words):
            grid.numbers, grid.undetected = grid.numbers[:, kept], grid.undetected[:, kept]
            grid.columns = [grid.columns[position] for position in kept]
            said.append(f"{len(empty)} columns without a name or a number were left out")
