"""Wide tables: one column of sizes, one column of amounts per sample or video (as tidyNano writes them)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np

from exocosm.bench.recordings.bins import edges
from exocosm.bench.recordings.cells import (
    AGAIN,
    MAXIMUM_COLUMNS,
    decimal_mark,
    number,
    number_block,
    split,
    without_empty_end,
)
from exocosm.bench.recordings.contract import UNKNOWN, Histogram, Numbers, Recording, Replicate, refusal
from exocosm.bench.recordings.file_text import FileText, file_text

FORMAT = "wide table"
_SIZE = re.compile(
    r"(?:(?P<tidy>particle[_.]size$)|(?:particle[_ .]?)?(?:size|diameter)|bin[_ .]?(?:centre|center))"
    r"[\s_/.(\[]*(?P<unit>nm|um|µm|μm)?[)\]]*",
    re.IGNORECASE,
)
_AVERAGES = re.compile(
    r"(?:concentration )?(?:average|mean|median|standard (?:error|deviation)|std\.? ?(?:err(?:or)?|dev)?|sem?|sd)",
    re.IGNORECASE,
)
_NOT_AMOUNTS = re.compile(r"cumul|undersize|percent|%|dilution", re.IGNORECASE)
# columns that describe rows, and amounts that are no numbers of particles; as parts of words they may name a sample
_LABELS = re.compile(
    r"samples?|rep(?:licate)?|run|injection|tech[_ ]rep|(?:nano[_ ])?day|id|index|file(?:name)?", re.IGNORECASE
)
_OTHER_AMOUNTS = re.compile(
    r"(?<![a-z])(?:intensity|brightness|volume|area|surface|mass|weight|fluorescence|scatter(?:ing)?|zeta|potential|"
    r"diffusion|mobility|blockade|duration|nm\^?[23²³])(?![a-z])",
    re.IGNORECASE,
)
_PER_NM = re.compile(r"(?:/|per)\s*nm\b|nm\^?-1", re.IGNORECASE)
_POWER = re.compile(
    r"(?<![a-z0-9.])(?:[x×*]?\s*10\s*\^?\s*\+?(\d+)|1?\.?0*e\+?(\d+))(?![0-9])\s*(?=particle|/|p\b|#)", re.IGNORECASE
)
_SCALED = re.compile(r"(?<![a-z0-9.])(?:e\+?\d|10\^|10e|million|billion|×|x\s*10)", re.IGNORECASE)
_GENERIC = re.compile(
    r"(?:particles?\s+)?(?:conc(?:entration|\.)?|counts?|number|particles?|events?)[\s/]*(?:[(\[].*[)\]])?(?:\s*/.*)?",
    re.IGNORECASE,
)
_PER_ML = re.compile(r"particles?\s*/\s*ml\b|/\s*ml\b|per\s*ml\b|\bml\^?-1", re.IGNORECASE)
_VIDEO = re.compile(r"(.+?)_(\d\d)")
LAST_BIN = 0.05  # of the fullest bin; more than that at the end is worth a note
_MAPPING = "describe its columns by a mapping (docs/instrument_files.md)"


def can_read(head: str, name: str) -> bool:
    """Whether the first row has a column of sizes with a unit (or tidyNano's name) and a row of numbers follows."""
    lines = [line for line in head.splitlines() if line.strip()][:2]
    return len(lines) == 2 and _header(lines[0], lines[1]) is not None


def read(content: bytes, name: str) -> tuple[Recording, ...]:
    """One recording per sample; columns whose names differ in a last `_00`, `_01` ... are videos of one sample."""
    text = file_text(content, name)
    at = next(k for k, line in enumerate(text.lines) if line.strip())
    following = next((line for line in text.lines[at + 1 :] if line.strip()), "")
    header = _header(text.lines[at], following)
    if header is None:
        expected = "expected a column of sizes with its unit, such as 'size_nm', and columns of numbers"
        raise refusal(name, text.line(at), expected, _MAPPING)
    delimiter, column, unit = header
    cells = without_empty_end(split(text.lines[at], delimiter))
    factor = 1.0 if unit in ("", "nm") else 1000.0
    notes = []
    if not unit:
        notes.append(f"the column '{cells[column]}' names no unit; sizes are taken as nm, as tidyNano writes them")
    amounts = [cell for cell in cells[column + 1 :] if not _AVERAGES.fullmatch(cell)]
    is_tidy = (found := _SIZE.fullmatch(cells[column])) is not None and found["tidy"] is not None
    scale = _scale(text, at, amounts, is_tidy=is_tidy)
    if scale != 1:
        notes.append(f"amounts are multiplied by {scale:g}, as the names of the columns say")
    labelled = [_PER_ML.search(cell) is not None for cell in amounts]
    amount_unit = "particle/mL" if all(labelled) or is_tidy else "unknown"
    if is_tidy and not all(labelled):
        notes.append(
            "the table names no unit of amounts; they are taken as particles/mL in each bin, as tidyNano writes them"
        )
    elif not all(labelled):
        notes.append("the table does not say what its amounts are; " + _MAPPING)
    return wide_recordings(
        text, at, delimiter, column, range(column + 1, len(cells)),
        size_factor=factor, amount_factor=scale, unit=amount_unit, notes=notes,
        checksum=hashlib.sha256(content).hexdigest(),
    )  # fmt: skip


def _scale(text: FileText, at: int, amounts: Sequence[str], *, is_tidy: bool) -> float:
    """The power of ten that the names of all columns of amounts state.

    Errors: RecordingError for columns that hold something else than numbers of particles in each bin.
    """
    powers = set()
    for name in amounts:
        other = "" if is_tidy else "is no number of particles" if _OTHER_AMOUNTS.search(name) else ""
        if _LABELS.fullmatch(name):
            other = "describes rows, as in a long table"
        elif _PER_NM.search(name):
            other = "is an amount per nm, not per bin"
        is_concentration = _PER_ML.search(name) is not None
        found = _POWER.search(name) if is_concentration else None
        if found is None and is_concentration and _SCALED.search(name):
            other = "states a factor that is not understood"
        if other:
            raise refusal(text.name, text.line(at), f"column '{name[:60]}' {other}", _MAPPING)
        powers.add(10.0 ** min(int(found[1] or found[2]), 30) if found else 1.0)
    if len(powers) > 1:
        raise refusal(text.name, text.line(at), "columns of amounts state different powers of ten", _MAPPING)
    return powers.pop() if powers else 1.0


def wide_recordings(
    text: FileText,
    header: int,
    delimiter: str,
    size_column: int,
    columns: Sequence[int],
    *,
    size_factor: float,
    amount_factor: float,
    unit: str,
    notes: Sequence[str],
    checksum: str,
    decimal: str = "",
    instrument: str = "table",
    form: str = FORMAT,
    dilution: float | None = None,
    concentrations: str = UNKNOWN,
) -> tuple[Recording, ...]:
    """Recordings of a table whose header stands at an index.  size_factor: to nm.  amount_factor: to `unit`.

    Errors: RecordingError for cells that are no numbers, rows that are too short, sizes that do not rise.
    """
    names = without_empty_end(split(text.lines[header], delimiter))
    if len(names) > MAXIMUM_COLUMNS:
        raise refusal(text.name, text.line(header), f"{len(names)} columns; at most {MAXIMUM_COLUMNS} are read", AGAIN)
    notes = [*notes, *text.ending]
    wanted = []
    for column in columns:
        if _AVERAGES.fullmatch(names[column]):
            notes.append(f"column '{names[column]}' is left out: averages and errors are no samples")
        elif _NOT_AMOUNTS.search(names[column]) or not names[column]:
            found = f"column {column + 1}, '{names[column][:60]}', is no amount of particles of a sample"
            raise refusal(text.name, text.line(header), found, _MAPPING)
        else:
            wanted.append(column)
    if not wanted:
        raise refusal(text.name, text.line(header), "no column of amounts is left", _MAPPING)
    first, last = header + 1, text.end
    if last - first < 2:
        raise refusal(
            text.name, text.line(header), "fewer than two rows of numbers follow: the file was cut off", AGAIN
        )
    mark = decimal or decimal_mark(text, text.lines[first:last], first, delimiter)
    values = number_block(text, first, last, delimiter, mark, len(names), most=len(names))
    centre, amount = values[:, size_column] * size_factor, values[:, wanted] * amount_factor
    _check(text, first, centre, amount)
    low, high, spacing = edges(centre)
    if spacing == "irregular":
        notes.append("the sizes are not evenly spaced; edges of bins are taken half way between them")
    unequal = text.lines[last - 1].count(delimiter) < text.lines[last - 2].count(delimiter)
    if unequal:
        raise refusal(
            text.name, text.line(last - 1), "the last row has fewer cells than the one above: it was cut off", AGAIN
        )
    if (amount[-1] > LAST_BIN * amount.max(axis=0)).any():
        notes.append(f"amounts have not fallen off at the largest size, {centre[-1]:g} nm: the table may be cut off")
    samples: dict[str, list[Replicate]] = {}
    stem = re.sub(r"\.\w{1,4}$", "", text.name)
    for position, column in enumerate(wanted):
        sample, video = _sample(names, column, wanted, stem)
        histogram = Histogram(centre, low, high, amount[:, position], unit)
        replicates = samples.setdefault(sample, [])
        label = video if video not in [r.name for r in replicates] else f"{video} ({len(replicates) + 1})"
        replicates.append(Replicate(name=label, histogram=histogram))
    return tuple(
        Recording(
            instrument=instrument, format=form, file=text.name, checksum=checksum, sample=sample,
            replicates=tuple(replicates), dilution=dilution, concentrations=concentrations, notes=tuple(notes),
        )
        for sample, replicates in samples.items()
    )  # fmt: skip


def _header(first: str, second: str) -> tuple[str, int, str] | None:
    """Delimiter, index of the column of sizes and its unit, if a first row is the header of a wide table."""
    for delimiter in ("\t", ";", ","):
        cells = without_empty_end(split(first, delimiter))
        # R and pandas put the number of the row first, under an empty name
        for column in (0, 1) if cells and cells[0].casefold() in ("", "unnamed: 0", "index") else (0,):
            if len(cells) < column + 2:
                continue
            found = _SIZE.fullmatch(cells[column])
            below = split(second, delimiter)
            if found is None or len(below) <= column:
                continue
            if number(below[column].replace(",", ".") if delimiter != "," else below[column]) is None:
                continue
            unit = (found["unit"] or "").casefold()
            if unit or found["tidy"] or cells[column].casefold().startswith("bin"):
                return delimiter, column, unit
    return None


def _check(text: FileText, first: int, centre: Numbers, amount: Numbers) -> None:
    falls = np.flatnonzero(np.diff(centre) <= 0)
    if centre[0] < 0 or falls.size:
        row = int(falls[0]) + 1 if falls.size else 0
        found = f"size {centre[row]:g} nm does not follow the one above it: sizes must rise, each once"
        raise refusal(text.name, text.line(first + row), found, "give one table per file; long tables need a mapping")
    steps = np.diff(centre)
    if (
        len(steps) > 20
        and steps.max() > 1.5 * steps.min()
        and np.sum(np.abs(steps - np.median(steps)) > 1e-6 * steps.max()) <= 2
    ):
        row = int(np.argmax(steps)) + 1
        found = f"size {centre[row]:g} nm follows {centre[row - 1]:g} nm, the other steps are {np.median(steps):g} nm"
        raise refusal(text.name, text.line(first + row), found + ": a row is missing", AGAIN)
    rows, columns = np.nonzero(amount < 0)
    if rows.size:
        found = f"a negative amount, {amount[rows[0], columns[0]]:g}"
        raise refusal(text.name, text.line(first + int(rows[0])), found, "give amounts without a background taken off")


def _sample(names: list[str], column: int, columns: Sequence[int], stem: str) -> tuple[str, str]:
    """Name of the sample and of the video that a column holds; the file's where the column only names a quantity."""
    name = names[column]
    found = _VIDEO.fullmatch(name)
    if found is not None and any(names[other] == f"{found[1]}_00" for other in columns):
        return found[1], name
    if len(columns) == 1 and _GENERIC.fullmatch(name):
        return stem, name
    return name, name
