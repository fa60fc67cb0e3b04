"""The catalogue: every row of evidence with its bibliography, loaded from plain CSV, refused if any row is not sound.

A catalogue folder holds `values/*.csv` (columns = the fields of `Value`) and `sources.bib`.  Loading checks every row
and reports all problems at once; what needs units or several rows is in `evidence.check`, because pint is slow.
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType

from exocosm.errors import CheckError, EvidenceError, InputError, Problem, nearest
from exocosm.evidence.bibliography import Source, read_bibliography
from exocosm.evidence.rules import row_faults, source_keys, word_faults
from exocosm.evidence.value import Value

COLUMNS = tuple(field.name for field in fields(Value))
REQUIRED = ("id", "quantity", "value", "unit", "method")
NUMBERS = ("value", "spread", "low", "high", "between_subject_cv")
MAXIMUM_BYTES = 20_000_000
MAXIMUM_ROWS = 100_000
MAXIMUM_CELL = 4_000

_POSITION = {name: place for place, name in enumerate(COLUMNS)}
_DEFAULTS: tuple[object, ...] = tuple(None if name in (*NUMBERS, "n") else "" for name in COLUMNS)
_KEBAB = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")  # names of organs keep their underscores
_SNAKE = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")


@dataclass(frozen=True)
class Catalogue:
    """All rows of evidence, their sources, and the rows of each quantity.

    `index`: quantity -> its rows.  `places`: id -> file and line.  `hash`: of the content (rows in order of their ids
    and the bibliography), independent of how rows are spread over files.
    """

    values: tuple[Value, ...]
    sources: Mapping[str, Source]
    index: Mapping[str, tuple[Value, ...]]
    places: Mapping[str, str]

    @cached_property
    def by_id(self) -> Mapping[str, Value]:
        """Row of every id."""
        return MappingProxyType({value.id: value for value in self.values})

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the content as hexadecimal text."""
        digest = hashlib.sha256()
        for value in sorted(self.values, key=lambda row: row.id):
            digest.update(repr(tuple(getattr(value, name) for name in COLUMNS)).encode())
        for key in sorted(self.sources):
            source = self.sources[key]
            digest.update(repr((key, source.kind, sorted(source.fields.items()))).encode())
        return digest.hexdigest()

    def row(self, id: str) -> Value:
        """The row of an id; raises EvidenceError with the nearest id."""
        if id not in self.by_id:
            raise EvidenceError(f"the catalogue has no row '{id}' ({nearest(id, self.by_id)})")
        return self.by_id[id]


def catalogue_of(values: Sequence[Value], sources: Mapping[str, Source] | None = None) -> Catalogue:
    """A catalogue of given rows and sources; raises CheckError with all problems of all rows."""
    return _assembled([(value, value.id) for value in values], sources or {}, [], "catalogue")


def load_catalogue(folder: Path | str | None = None) -> Catalogue:
    """The catalogue in a folder (default: the one packaged with exocosm), checked; kept until a file changes.

    Raises InputError if the folder holds no catalogue, CheckError with every problem of every row.
    """
    root = Path(folder) if folder is not None else Path(__file__).resolve().parent.parent / "knowledge"
    files = sorted((root / "values").glob("*.csv"))
    bibliography = root / "sources.bib"
    if not files or not bibliography.is_file():
        raise InputError(f"{root} holds no catalogue: expected 'values/*.csv' and 'sources.bib' in it")
    state = tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in [*files, bibliography])
    return _load(root, state)


@lru_cache(maxsize=8)
def _load(root: Path, state: tuple[tuple[str, int, int], ...]) -> Catalogue:
    problems: list[Problem] = []
    rows: list[tuple[Value, str]] = []
    sources, bibliography_problems = read_bibliography(Path(state[-1][0]))
    for name, _, size in state[:-1]:
        if size > MAXIMUM_BYTES:
            raise InputError(f"{name}: {size} bytes, more than the {MAXIMUM_BYTES} that are read")
        rows += _read_values(Path(name), problems)
        if len(rows) > MAXIMUM_ROWS:
            raise InputError(f"{root}: more than the {MAXIMUM_ROWS} rows that are read")
    return _assembled(rows, sources, problems + bibliography_problems, f"catalogue in {root}")


def _assembled(
    rows: Sequence[tuple[Value, str]], sources: Mapping[str, Source], problems: Sequence[Problem], subject: str
) -> Catalogue:
    """The catalogue of rows with their places, if neither reading (`problems`) nor the rules found a fault."""
    places: dict[str, str] = {}
    index: dict[str, list[Value]] = {}
    found = list(problems)
    for value, where in rows:
        faults = list(row_faults(value))
        if value.id in places:
            faults.append(f"this id is used before, in {places[value.id]}")
        for key in source_keys(value):
            if key not in sources:
                faults.append(f"source '{key}' is not in the bibliography ({nearest(key, sources)})")
        found += [Problem("catalogue", where, f"row '{value.id}': {fault}") for fault in faults]
        places.setdefault(value.id, where)
        index.setdefault(value.quantity, []).append(value)
    if found:
        raise CheckError(subject, found)
    return Catalogue(
        values=tuple(value for value, _ in rows),
        sources=MappingProxyType(dict(sources)),
        index=MappingProxyType({quantity: tuple(values) for quantity, values in index.items()}),
        places=MappingProxyType(places),
    )


def _read_values(path: Path, problems: list[Problem]) -> list[tuple[Value, str]]:
    """Rows of one file with file and line; what cannot be read becomes a problem."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        problems.append(Problem("catalogue", path.name, f"cannot be read as UTF-8 text ({problem})"))
        return []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[Value, str]] = []
    try:
        header = next(reader, [])
        places = _columns(header, path.name, problems)
        if places is None:
            return []
        for cells in reader:
            if not any(cells):
                continue
            where = f"{path.name} line {reader.line_num}"
            if len(cells) != len(header):
                message = f"{len(cells)} cells where the header has {len(header)}; quote texts with commas"
                problems.append(Problem("catalogue", where, message))
                continue
            value = _value(cells, places, where, problems)
            if value is not None:
                rows.append((value, where))
    except csv.Error as problem:
        problems.append(Problem("catalogue", f"{path.name} line {reader.line_num}", f"is not plain CSV ({problem})"))
    return rows


def _columns(header: list[str], name: str, problems: list[Problem]) -> list[int] | None:
    """Which field of Value each column is, or None if the header is not sound."""
    names = [cell.strip() for cell in header]
    unknown = [column for column in names if column not in _POSITION]
    faults = [f"column '{column}' is not known ({nearest(column, COLUMNS)})" for column in unknown]
    faults += [f"column '{column}' stands there twice" for column in sorted(set(names)) if names.count(column) > 1]
    faults += [f"column '{column}' is missing" for column in REQUIRED if column not in names]
    problems += [Problem("catalogue", f"{name} line 1", fault) for fault in faults]
    return None if faults else [_POSITION[column] for column in names]


def _value(cells: list[str], places: list[int], where: str, problems: list[Problem]) -> Value | None:
    row: list[object] = list(_DEFAULTS)
    faults: list[str] = []
    for place, cell in zip(places, cells, strict=True):
        content = cell.strip()
        if not content:
            continue
        if len(content) > MAXIMUM_CELL:
            faults.append(f"{COLUMNS[place]} has {len(content)} characters, more than {MAXIMUM_CELL}")
        elif _DEFAULTS[place] is None:
            number = _number(content, whole=COLUMNS[place] == "n")
            if number is None:
                kind = "a whole number" if COLUMNS[place] == "n" else "a finite number"
                faults.append(f"{COLUMNS[place]} '{content[:40]}' is not {kind}")
            row[place] = number
        else:
            row[place] = content
    id, quantity = str(row[_POSITION["id"]]), str(row[_POSITION["quantity"]])
    if not id or not _KEBAB.issuperset(id):
        faults.append(f"id '{id}' is not kebab-case (lower-case letters, digits and '-')")
    if not quantity or not _SNAKE.issuperset(quantity):
        faults.append(f"quantity '{quantity}' is not snake_case (lower-case letters, digits and '_')")
    if row[_POSITION["value"]] is None and not any(fault.startswith("value ") for fault in faults):
        faults.append("value is empty")
    _complete(row)
    if faults:
        faults += word_faults(Value(*row))  # type: ignore[arg-type]
        problems += [Problem("catalogue", where, f"row '{id}': {fault}") for fault in faults]
        return None
    return Value(*row)  # type: ignore[arg-type]


def _complete(row: list[object]) -> None:
    """Fill what an empty cell means: no spread is 'none', and an unnamed distribution follows from the numbers."""
    row[_POSITION["spread_kind"]] = row[_POSITION["spread_kind"]] or "none"
    if row[_POSITION["distribution"]]:
        return
    has_spread = row[_POSITION["spread_kind"]] != "none" or row[_POSITION["between_subject_cv"]] is not None
    numbers = [row[_POSITION["value"]], row[_POSITION["low"]]]
    positive = all(number > 0 for number in numbers if isinstance(number, float))
    row[_POSITION["distribution"]] = "fixed" if not has_spread else "lognormal" if positive else "normal"


def _number(text: str, whole: bool) -> float | int | None:
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number) or "_" in text:
        return None
    if whole:
        return int(number) if number.is_integer() else None
    return number
