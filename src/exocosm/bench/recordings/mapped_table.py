"""Tables of any other instrument (TRPS, resistive pulse, nano flow ...), by a mapping of their columns."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from exocosm.bench.recordings.bins import edges
from exocosm.bench.recordings.cells import (
    AGAIN,
    MAXIMUM_COLUMNS,
    decimal_mark,
    number,
    require_no_more_cells,
    split,
    without_empty_end,
)
from exocosm.bench.recordings.contract import Histogram, Numbers, Recording, Replicate, refusal
from exocosm.bench.recordings.file_text import FileText, file_text
from exocosm.bench.recordings.mapping import EVERY, TableMapping
from exocosm.bench.recordings.wide_table import LAST_BIN, wide_recordings
from exocosm.errors import nearest

FORMAT = "mapped table"
_DELIMITERS = ("\t", ";", ",", "|")
_FARTHEST = 3000  # lines among which the header is looked for


def read(content: bytes, name: str, mapping: TableMapping) -> tuple[Recording, ...]:
    """Recordings of a table as the mapping describes it: one per sample and dilution, one replicate per run.

    Errors: RecordingError for missing columns, cells that are no numbers, rows cut off, sizes that do not rise.
    """
    text = file_text(content, name)
    header, delimiter, cells = _header(text, mapping)
    checksum = hashlib.sha256(content).hexdigest()
    if mapping.value == EVERY:
        return _wide(text, header, delimiter, cells, mapping, checksum)
    place = {column: _index(cells, column) for column in mapping.columns}
    first = header + 1
    if mapping.data_line is not None:
        first = next((k for k in range(first, text.end) if text.line(k) >= mapping.data_line), text.end)
    rows, numbers, notes = _rows(text, first, delimiter, place, cells, mapping.size or mapping.low)
    words = (mapping.sample, mapping.replicate, mapping.included)
    numeric = [column for column in mapping.columns if column not in words]
    lines = [" ".join(row[place[column]] for column in numeric) for row in rows]
    decimal = mapping.decimal or decimal_mark(text, lines, first, delimiter)
    values = {column: _numbers(text, rows, numbers, place[column], column, decimal) for column in numeric}
    return _recordings(text, mapping, rows, numbers, place, values, notes, checksum)


def _wide(
    text: FileText, header: int, delimiter: str, cells: list[str], mapping: TableMapping, checksum: str
) -> tuple[Recording, ...]:
    size = _index(cells, mapping.size)
    factor = mapping.value_factor
    return wide_recordings(
        text, header, delimiter, size, [k for k, cell in enumerate(cells) if k != size and cell],
        size_factor=mapping.size_factor, amount_factor=factor or 1.0,
        unit="particle" if factor is None else "particle/mL", notes=(), checksum=checksum, decimal=mapping.decimal,
        instrument=mapping.instrument, form=FORMAT, dilution=mapping.dilution_number,
        concentrations=mapping.concentrations,
    )  # fmt: skip


def _header(text: FileText, mapping: TableMapping) -> tuple[int, str, list[str]]:
    """Index of the header, the delimiter, and the names of the columns."""
    wanted = [column for column in mapping.columns if column != EVERY]
    if mapping.header_line is not None:
        candidates: Sequence[int] = [k for k in range(text.end) if text.line(k) == mapping.header_line]
    else:
        candidates = range(min(text.end, _FARTHEST))
    best: tuple[int, int, list[str]] = (-1, 0, [])
    for index in candidates:
        for delimiter in [mapping.delimiter] if mapping.delimiter else _DELIMITERS:
            cells = without_empty_end(split(text.lines[index], delimiter))
            known = {cell.casefold() for cell in cells}
            found = sum(column.casefold() in known for column in wanted)
            if found == len(wanted):
                if len(cells) > MAXIMUM_COLUMNS:
                    advice = AGAIN + ", with fewer columns"
                    raise refusal(
                        text.name, text.line(index), f"{len(cells)} columns; at most {MAXIMUM_COLUMNS}", advice
                    )
                for column in wanted:
                    if sum(cell.casefold() == column.casefold() for cell in cells) > 1:
                        found_twice = f"two columns are called '{column}'"
                        raise refusal(text.name, text.line(index), found_twice, "give each column a name of its own")
                return index, delimiter, cells
            if found > best[0] or (found == best[0] and len(cells) > len(best[2]) and found == 0 and len(cells) < 100):
                best = (found, index, cells)
    missing = [column for column in wanted if column.casefold() not in {cell.casefold() for cell in best[2]}]
    there = [cell[:80] for cell in best[2][:200] if cell]
    hints = "; ".join(f"'{column}': {nearest(column, there)}" for column in missing[:5])
    line = text.line(best[1]) if best[2] else None
    raise refusal(text.name, line, f"no row has all columns of the mapping; missing here: {hints}", "mend the mapping")


def _index(cells: list[str], column: str) -> int:
    return next(k for k, cell in enumerate(cells) if cell.casefold() == column.casefold())


def _rows(
    text: FileText, first: int, delimiter: str, place: dict[str, int], header: list[str], size: str
) -> tuple[list[list[str]], list[int], list[str]]:
    """Rows of cells, their line numbers, and notes; the table ends at an empty row."""
    width = max(place.values()) + 1
    rows: list[list[str]] = []
    numbers: list[int] = []
    notes: list[str] = list(text.ending)
    index = first
    while index < text.end and text.lines[index].strip(' "' + delimiter + "\t"):
        row = split(text.lines[index], delimiter)
        if len(row) < width or (
            index == text.end - 1 and len(row) < min(len(header), len(rows[-1]) if rows else width)
        ):
            cut = index == text.end - 1
            found = f"the {'last ' if cut else ''}row has {len(row)} of {len(header)} cells" + (
                ": it was cut off" if cut else ""
            )
            raise refusal(text.name, text.line(index), found, AGAIN)
        if len(row) > len(header):
            require_no_more_cells(text, index, delimiter, len(header))
        rows.append(row)
        numbers.append(text.line(index))
        index += 1
    if not rows:
        raise refusal(text.name, text.line(max(first - 1, 0)), "no rows follow the names of the columns", AGAIN)
    if index < text.end:
        after = next(k for k in range(index, text.end) if text.lines[k].strip(' "' + delimiter + "\t"))
        cells = split(text.lines[after], delimiter)
        if len(cells) >= width and cells[place[size]][:1].isdigit():
            raise refusal(text.name, text.line(index), "an empty row stands within the table", "take it out")
        notes.append(f"line {text.line(after)} and what follows it stand behind the table and are not read")
    return rows, numbers, notes


def _numbers(text: FileText, rows: list[list[str]], lines: list[int], place: int, column: str, decimal: str) -> Numbers:
    result = np.empty(len(rows))
    for index, row in enumerate(rows):
        value = number(row[place], decimal)
        if value is None:
            found = f"'{row[place][:40]}' stands where a number was expected (column '{column}')"
            raise refusal(text.name, lines[index], found, AGAIN + ", or take out rows that are no measurements")
        if value < 0:
            raise refusal(text.name, lines[index], f"a negative number, {value:g} (column '{column}')", AGAIN)
        result[index] = value
    return result


def _recordings(
    text: FileText,
    mapping: TableMapping,
    rows: list[list[str]],
    lines: list[int],
    place: dict[str, int],
    values: dict[str, Numbers],
    notes: list[str],
    checksum: str,
) -> tuple[Recording, ...]:
    groups: dict[tuple[str, float | None], dict[str, list[int]]] = {}
    for index, row in enumerate(rows):
        sample = row[place[mapping.sample]] if mapping.sample else mapping.sample_text or text.name.rsplit(".", 1)[0]
        dilution = float(values[mapping.dilution][index]) if mapping.dilution else mapping.dilution_number
        if dilution == 0:
            raise refusal(
                text.name, lines[index], "a dilution factor of 0", "give how many times the sample was diluted"
            )
        run = row[place[mapping.replicate]] if mapping.replicate else ""
        groups.setdefault((sample, dilution), {}).setdefault(run, []).append(index)
    included = _included(text, mapping, rows, lines, place)
    meaning = mapping.concentrations
    result = []
    for (sample, dilution), runs in groups.items():
        own = list(notes)
        replicates = []
        for run, indices in runs.items():
            chosen = np.array(indices)
            concentration = _concentration(text, mapping, values, lines, chosen)
            label = run or sample
            if mapping.rows == "particles":
                diameters = values[mapping.size][chosen] * mapping.size_factor
                counted = included[chosen] if included is not None else None
                _positive(text, lines, chosen, diameters)
                replicates.append(
                    Replicate(name=label, diameters_nm=diameters, included=counted, concentration=concentration)
                )
            else:
                histogram = _histogram(text, mapping, values, lines, chosen, own)
                replicates.append(Replicate(name=label, histogram=histogram, concentration=concentration))
        result.append(
            Recording(
                instrument=mapping.instrument, format=FORMAT, file=text.name, checksum=checksum, sample=sample,
                replicates=tuple(replicates), dilution=dilution, concentrations=meaning,
                kind="particles" if mapping.rows == "particles" else "size", notes=tuple(dict.fromkeys(own)),
            )
        )  # fmt: skip
    return tuple(result)


def _histogram(
    text: FileText,
    mapping: TableMapping,
    values: dict[str, Numbers],
    lines: list[int],
    chosen: np.ndarray,
    notes: list[str],
) -> Histogram:
    if len(chosen) < 2:
        raise refusal(
            text.name, lines[chosen[0]], "a distribution of a single bin", "look at the columns of sample and replicate"
        )
    low = high = None
    if mapping.low:
        low, high = (values[column][chosen] * mapping.size_factor for column in (mapping.low, mapping.high))
    centre = values[mapping.size][chosen] * mapping.size_factor if mapping.size else (low + high) / 2  # type: ignore[operator]
    amount = values[mapping.value][chosen] * (mapping.value_factor or 1.0)
    if (np.diff(centre) < 0).all():
        centre, amount, chosen = centre[::-1], amount[::-1], chosen[::-1]
        low, high = (None, None) if low is None or high is None else (low[::-1], high[::-1])
    falls = np.flatnonzero(np.diff(centre) <= 0)
    if falls.size:
        row = chosen[int(falls[0]) + 1]
        found = "the size does not follow the one above it: sizes must rise within a replicate, each once"
        raise refusal(text.name, lines[row], found, "name the columns of sample and replicate in the mapping")
    if low is None or high is None:
        low, high, spacing = edges(centre)
        if spacing == "irregular":
            notes.append("the sizes are not evenly spaced; edges of bins are taken half way between them")
    if amount[-1] > LAST_BIN * amount.max():
        notes.append(f"amounts have not fallen off at the largest size, {centre[-1]:g} nm: the table may be cut off")
    wrong = np.flatnonzero((high <= low) | (centre < low) | (centre > high))
    if wrong.size:
        found = "the bin's edges do not enclose its centre"
        raise refusal(text.name, lines[chosen[int(wrong[0])]], found, "look at 'low' and 'high' in the mapping")
    if mapping.per_nm:
        amount = amount * (high - low)
    return Histogram(centre, low, high, amount, "particle" if mapping.value_factor is None else "particle/mL")


def _positive(text: FileText, lines: list[int], chosen: np.ndarray, diameters: Numbers) -> None:
    wrong = np.flatnonzero(diameters <= 0)
    if wrong.size:
        raise refusal(text.name, lines[chosen[int(wrong[0])]], "a particle without size", AGAIN)


def _concentration(
    text: FileText, mapping: TableMapping, values: dict[str, Numbers], lines: list[int], chosen: np.ndarray
) -> float | None:
    if mapping.concentration:
        stated = values[mapping.concentration][chosen]
        if (stated != stated[0]).any():
            row = int(np.flatnonzero(stated != stated[0])[0])
            found = f"column '{mapping.concentration}' changes within a replicate"
            raise refusal(text.name, lines[chosen[row]], found, "it must be the concentration of the whole replicate")
        return float(stated[0]) * mapping.concentration_factor
    if mapping.concentration_number is not None:
        return mapping.concentration_number * mapping.concentration_factor
    return None


def _included(
    text: FileText, mapping: TableMapping, rows: list[list[str]], lines: list[int], place: dict[str, int]
) -> np.ndarray | None:
    if not mapping.included:
        return None
    column = place[mapping.included]
    words: dict[str, int] = {}
    for index, row in enumerate(rows):
        words.setdefault(row[column].casefold(), index)
    others = [word for word in words if word != mapping.included_word.casefold()]
    if len(others) > 1:
        found = f"column '{mapping.included}' has more than two words, as '{others[1][:40]}'"
        raise refusal(text.name, lines[words[others[1]]], found, "name the word for counted particles by 'yes'")
    return np.array([row[column].casefold() == mapping.included_word.casefold() for row in rows])
