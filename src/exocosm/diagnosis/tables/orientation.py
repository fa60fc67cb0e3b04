"""Whether samples stand in the rows or in the columns of a table, and which words beside the numbers go with which."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from exocosm.diagnosis.dataset import Note
from exocosm.diagnosis.tables.features import is_strong, is_symbol
from exocosm.diagnosis.tables.grid import Grid
from exocosm.diagnosis.tables.matching import best_column
from exocosm.diagnosis.tables.sheet import Sheet
from exocosm.errors import InputError, nearest

_ANNOTATIONS = frozenset([
    "length", "start", "end", "strand", "chr", "chrom", "chromosome", "width", "geneid", "gene_id", "entrez",
    "entrezid", "entrez_id", "gene_length", "exons", "score", "q-value", "pvalue", "p.value", "padj", "fdr",
    "logfc", "log2fc", "basemean", "total", "sum", "mean", "gc", "index", "row",
])  # fmt: skip
_ABOUT_SAMPLES = frozenset([
    "age", "sex", "gender", "bmi", "batch", "stage", "plate", "group", "label", "labels", "class", "status",
    "diagnosis", "disease", "condition", "site", "center", "centre", "lane",
])  # fmt: skip
_FEATURE_WORDS = ("gene", "mirna", "mir", "symbol", "probe", "idref", "protein", "feature", "target", "ensembl",
                  "uniprot", "accession", "entrez", "transcript", "analyte", "assay", "detector")  # fmt: skip
_SAMPLE_WORDS = ("sample", "patient", "subject", "donor", "individual", "participant", "case")
_TEXT_COLUMNS = 12  # beside numbers that are looked through for names
_PAIRED = 0.4  # of the lines, and of all pairs of sample and feature, in a table with one measurement per line
_LOOKED = 3000  # names whose shape is looked at
_SHARE = 0.5  # of names that must look like features to count as evidence


@dataclass
class Oriented:
    """values, undetected: (samples, features).  words: (sample, feature) -> what stands there instead of a number.

    about_features: title -> words for each feature.  about_samples: what the table itself says about its samples.
    lines: where a sample or feature stands in the file, for messages.
    """

    samples: list[str]
    features: list[str]
    values: np.ndarray
    undetected: np.ndarray
    words: dict[tuple[int, int], str]
    about_features: dict[str, list[str]]
    about_samples: Sheet | None
    in_rows: bool
    lines: list[int]


def oriented(
    grid: Grid,
    sheets: Sequence[Sheet],
    samples_in: str,
    feature_column: str,
    notes: list[Note],
    columns: str = "",
    about: Collection[str] = (),
) -> Oriented:
    """The table with its samples in rows.

    columns: as what the columns of samples were chosen before.  about: columns of numbers that are about samples.
    Errors: InputError if the names of samples and the orientation contradict each other, or nothing tells.
    """
    if samples_in not in ("", "rows", "columns"):
        raise InputError(f"samples_in is '{samples_in}'; expected 'rows', 'columns' or nothing")
    across = [grid.header[column] for column in grid.columns]
    told = list(grid.text)[:_TEXT_COLUMNS]
    by_column, by_row = 0, 0
    row_names = next((column for column in told if _unique(grid.text[column])), -1)
    _refuse_long(grid, told)
    for sheet in sheets:
        by_column, by_row, row_names = _named(sheet, grid, across, told)
        if by_row or by_column:
            break
    rows = len(grid.lines)
    counts = (
        f"{by_column} of {len(across)} columns and {by_row} of {rows} rows have the name of a labelled sample"
        if sheets else "no file names the samples"
    )  # fmt: skip
    shape_across, shape_down = _shape(across), max((_shape(grid.text[column]) for column in told), default=0.0)
    shapes = (
        f"{shape_across:.0%} of the columns and {shape_down:.0%} of the rows have the name of a miRNA, protein or gene"
    )
    in_rows = _decided(
        grid, samples_in, by_column, by_row, shape_across, shape_down, bool(sheets), counts, shapes, columns
    )
    where = "rows" if in_rows else "columns"
    how = "as asked" if samples_in else "recognised"
    notes.append(Note("orientation", f"samples stand in the {where} ({how}): {counts}; {shapes}"))
    if in_rows:
        return _from_rows(grid, row_names, feature_column, about)
    return _from_columns(grid, feature_column, notes)


def _named(sheet: Sheet, grid: Grid, across: list[str], told: list[int]) -> tuple[int, int, int]:
    """How many columns and rows a sheet names, and in which column of words the rows have those names.

    Names that are equal decide; a rule is looked for only where there are none, or on the side that has them.
    """
    cells = {cell for row in sheet.rows for cell in row if cell}
    by_column = len(cells & set(across))
    equal = {column: len(cells & set(grid.text[column])) for column in told if _unique(grid.text[column])}
    row_names = max(equal, key=lambda column: equal[column], default=told[0] if told else -1)
    by_row = equal.get(row_names, 0)
    if by_column >= by_row:
        by_column = len(best_column(sheet, across)[1].pairs)
    if by_row or not by_column:
        for column in equal:
            found = len(best_column(sheet, grid.text[column])[1].pairs)
            if found > by_row:
                by_row, row_names = found, column
    return by_column, by_row, row_names


def _decided(
    grid: Grid, asked: str, by_column: int, by_row: int, across: float, down: float, sheets: bool, counts: str,
    shapes: str, columns: str,
) -> bool:  # fmt: skip
    name = grid.source.name
    if asked:
        given, other = (by_row, by_column) if asked == "rows" else (by_column, by_row)
        if other > given:
            raise InputError(f"'{name}': samples_in is '{asked}', but {counts}; leave samples_in out or mend the names")
        return asked == "rows"
    if columns:
        return False
    if by_column and by_row:
        low, high = sorted((by_column, by_row))
        if low > 0.1 * high:
            raise InputError(f"'{name}': {counts}; say which by samples_in")
    if by_column or by_row:
        rows = by_row > by_column
        contrary = (down if rows else across) >= _SHARE and (across if rows else down) < _SHARE
        if contrary:
            raise InputError(f"'{name}': {counts}, but {shapes}; if the names of the samples are right, say samples_in")
        return rows
    if sheets:
        shown = ", ".join([grid.header[column] for column in grid.columns][:3])
        first = ", ".join(next(iter(grid.text.values()), [])[:3])
        raise InputError(
            f"'{name}': {counts}.  The columns are called {shown}, ...; the rows {first}, ...; write the samples in "
            "the file of labels as they are called in the table"
        )
    if max(across, down) >= _SHARE and abs(across - down) > 0.25:
        return across > down
    weak_across = _symbols([grid.header[column] for column in grid.columns])
    weak_down = max((_symbols(cells) for cells in list(grid.text.values())[:_TEXT_COLUMNS]), default=0.0)
    if max(weak_across, weak_down) >= _SHARE and abs(weak_across - weak_down) > 0.25:
        return weak_across > weak_down
    corner = re.sub(r"[\W_]+", "", grid.header[0]).casefold() if 0 in grid.text else ""
    if corner.startswith(_FEATURE_WORDS) != corner.startswith(_SAMPLE_WORDS):
        return corner.startswith(_SAMPLE_WORDS)
    raise InputError(f"'{name}': samples in rows or in columns?  {counts}; {shapes}; say which by samples_in")


def _refuse_long(grid: Grid, told: list[int]) -> None:
    """Errors: InputError for a table with one measurement per line."""
    repeated = [column for column in told if 1 < len(set(grid.text[column])) <= len(grid.lines) / 2]
    if len(repeated) < 2 or len(grid.columns) > 3:
        return
    for one, other in itertools.combinations(repeated, 2):
        left, right = grid.text[one], grid.text[other]
        pairs = len(set(zip(left, right, strict=True)))
        if pairs > _PAIRED * len(grid.lines) and pairs > _PAIRED * len(set(left)) * len(set(right)):
            names = f"'{grid.header[one]}', '{grid.header[other]}'"
            raise InputError(
                f"'{grid.source.name}' has one measurement in each line ({names}); "
                "a table with a row per feature and a column per sample is needed: make a pivot table of it in the "
                "spreadsheet, or use pandas' pivot_table"
            )


def _shape(names: Sequence[str]) -> float:
    looked = [name for name in names[:_LOOKED] if name]
    return sum(map(_is_feature, looked)) / len(looked) if looked else 0.0


def _is_feature(name: str) -> bool:
    return is_strong(re.split(r"[;,/|]", name)[0].strip()) or is_strong(name)


def _symbols(names: Sequence[str]) -> float:
    """How far names look like symbols of genes: their shape, and beginnings that differ (unlike control1, control2)."""
    looked = [name for name in names[:_LOOKED] if name]
    if not looked:
        return 0.0
    stems = {re.sub(r"[\W_]*\d+\w?\Z", "", name) for name in looked}
    return sum(map(is_symbol, looked)) / len(looked) * len(stems) / len(looked)


def _unique(names: Sequence[str]) -> bool:
    return len(set(names)) > len(names) / 2


def _from_rows(grid: Grid, row_names: int, feature_column: str, asked: Collection[str]) -> Oriented:
    """Samples in rows: columns of words are about the samples, and columns of numbers with such a name as well."""
    if feature_column:
        raise InputError("feature_column is for tables with samples in columns; these samples stand in rows")
    rows = len(grid.lines)
    names = grid.text[row_names] if row_names >= 0 else [str(place) for place in range(1, rows + 1)]
    about: dict[str, list[str]] = {
        grid.header[column] or f"column {column + 1}": cells
        for column, cells in grid.text.items()
        if column != row_names
    }
    moved = [
        place
        for place, column in enumerate(grid.columns)
        if grid.header[column] in asked or _about_samples(grid.header[column])
    ]
    for place in moved:
        about[grid.header[grid.columns[place]]] = [_written(value) for value in grid.numbers[:, place]]
    kept = [place for place in range(len(grid.columns)) if place not in set(moved)]
    new = {old: place for place, old in enumerate(kept)}
    values = grid.numbers[:, kept] if moved else grid.numbers
    undetected = grid.undetected[:, kept] if moved else grid.undetected
    return Oriented(
        list(names), [grid.header[grid.columns[place]] for place in kept], values,
        undetected, {(row, new[old]): word for (row, old), word in grid.words.items() if old in new}, {},
        _sheet(grid, names, about), True, grid.lines,
    )  # fmt: skip


def _from_columns(grid: Grid, feature_column: str, notes: list[Note]) -> Oriented:
    """Samples in columns: rows of words (Class, Sex ...) are about the samples; columns of words about the features."""
    column = _feature_column(grid, feature_column)
    annotations = [place for place, one in enumerate(grid.columns) if grid.header[one].casefold() in _ANNOTATIONS]
    names = grid.text[column] if column >= 0 else [f"row {line}" for line in grid.lines]
    places = [place for place in range(len(grid.columns)) if place not in set(annotations)]
    if annotations:
        left = [grid.header[grid.columns[place]] for place in annotations]
        notes.append(Note("columns", f"{', '.join(left)}: columns about features, not samples", tuple(left)))
    worded = Counter(row for row, _ in grid.words)
    about_rows = {
        row for row in range(len(grid.lines))
        if _about_samples(names[row]) or (row in worded and worded[row] > _filled(grid, row))
    }  # fmt: skip
    samples = [grid.header[grid.columns[place]] for place in places]
    about: dict[str, list[str]] = {}
    for row in sorted(about_rows):
        cells = grid.row(row)
        about[names[row].lstrip("#!{").rstrip("}") or f"line {grid.lines[row]}"] = [
            cells[grid.columns[place]].strip() for place in places
        ]
    kept = [row for row in range(len(grid.lines)) if row not in about_rows]
    new_row = {old: place for place, old in enumerate(kept)}
    new_column = {old: place for place, old in enumerate(places)}
    beside = {grid.header[one] or f"column {one + 1}": [cells[row] for row in kept]
              for one, cells in grid.text.items() if one != column}  # fmt: skip
    whole = not about_rows and not annotations
    numbers = grid.numbers if whole else grid.numbers[np.ix_(kept, places)]
    undetected = grid.undetected if whole else grid.undetected[np.ix_(kept, places)]
    return Oriented(
        samples, [names[row] for row in kept], np.ascontiguousarray(numbers.T), np.ascontiguousarray(undetected.T),
        {(new_column[place], new_row[row]): word for (row, place), word in grid.words.items()
         if row in new_row and place in new_column},
        beside, _sheet(grid, samples, about), False, [grid.lines[row] for row in kept],
    )  # fmt: skip


def _feature_column(grid: Grid, asked: str) -> int:
    if asked:
        found = [column for column in grid.text if grid.header[column].casefold() == asked.casefold()]
        if not found:
            known = [grid.header[column] for column in grid.text if grid.header[column]]
            raise InputError(f"'{grid.source.name}' has no column of words '{asked}'; {nearest(asked, known)}")
        return found[0]
    told = list(grid.text)[:_TEXT_COLUMNS]
    if not told:
        return -1
    # the first whose names look like features, else the first with a name for every row
    shaped = [column for column in told if _shape(grid.text[column]) >= _SHARE]
    distinct = [column for column in told if len(set(grid.text[column])) > 0.9 * len(grid.lines)]
    return next(iter([one for one in shaped if one in distinct] or distinct or shaped), told[0])


def _filled(grid: Grid, row: int) -> int:
    return int((~np.isnan(grid.numbers[row]) | grid.undetected[row]).sum())


def _about_samples(name: str) -> bool:
    return name.strip().casefold() in _ABOUT_SAMPLES and name != name.upper()


def _written(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.15g}"


def _sheet(grid: Grid, names: Sequence[str], about: dict[str, list[str]]) -> Sheet | None:
    if not about:
        return None
    rows = [list(row) for row in zip(names, *about.values(), strict=True)]
    return Sheet(grid.source.name, ["sample", *about], rows, list(range(1, len(rows) + 1)), grid.source.checksum, True)
