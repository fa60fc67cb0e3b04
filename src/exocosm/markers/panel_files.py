"""Panels of markers that users write: a table, a YAML list, or one name per line."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from exocosm.documents.safe_yaml import read_yaml
from exocosm.errors import CheckError, InputError, Problem, nearest
from exocosm.files import read_text
from exocosm.markers.marker import Marker, Panel
from exocosm.markers.mirna_name import is_mirna, parse_mirna
from exocosm.markers.proteins import is_gene_symbol
from exocosm.markers.tables import NOT_GIVEN

KINDS = ("mirna", "protein")
DIRECTIONS = ("up", "down", NOT_GIVEN)
LARGEST_FILE = 1_000_000  # bytes
MOST_MARKERS = 2000


def panel_of_file(path: Path) -> Panel:
    """The panel that a file names; raises InputError if it cannot be read, CheckError with all that is wrong in it."""
    text = read_text(path, LARGEST_FILE).removeprefix("\ufeff")
    suffix = path.suffix.casefold()
    if suffix == ".csv":
        records = _of_csv(text, path.name)
    elif suffix in (".yaml", ".yml"):
        records = _of_yaml(text, path.name)
    else:
        lines = [(number, line.partition("#")[0].strip()) for number, line in enumerate(text.splitlines(), 1)]
        records = [(f"line {number}", {"name": line}) for number, line in lines if line]
    if len(records) > MOST_MARKERS:
        raise InputError(f"{path.name}: {len(records)} markers are too many for a panel; at most {MOST_MARKERS}")
    markers = _checked(records, path.name)
    return Panel(path.name, f"markers of {path.name}", "", (), tuple(markers), ())


Record = tuple[str, dict[Any, Any]]
_COLUMNS = ("name", "kind", "direction", "weight")


def _of_csv(text: str, name: str) -> list[Record]:
    reader = csv.DictReader(io.StringIO(text), strict=True)
    try:
        found = [(one or "").strip().casefold() for one in reader.fieldnames or ()]
        _known_columns(found, name)
        reader.fieldnames = found
        return [(f"line {reader.line_num}", row) for row in reader]
    except csv.Error as problem:
        raise InputError(f"{name}: the file cannot be read as a table ({problem})") from None


def _known_columns(found: Sequence[str], name: str) -> None:
    problems = [
        Problem("column", "line 1", f"there is no column '{one}'; {nearest(one, _COLUMNS)}")
        for one in found
        if one not in _COLUMNS
    ]
    if "name" not in found:
        problems.append(Problem("column", "line 1", "the column 'name' is missing"))
    if len(set(found)) != len(found):
        problems.append(Problem("column", "line 1", "a column stands twice"))
    if problems:
        raise CheckError(name, problems)


def _of_yaml(text: str, name: str) -> list[Record]:
    document = read_yaml(text, name)
    data = document.data.get("markers") if isinstance(document.data, dict) else document.data
    if not isinstance(data, list):
        raise InputError(f"{name}: expected a list of names, or 'markers:' with such a list")
    records: list[Record] = []
    for number, item in enumerate(data):
        where = f"line {document.line((number,))}" if data is document.data else f"marker {number + 1}"
        records.append((where, item if isinstance(item, dict) else {"name": item}))
    return records


def _checked(records: Sequence[Record], subject: str) -> list[Marker]:
    """The markers of a file; raises CheckError with all that is wrong."""
    problems: list[Problem] = []
    markers: list[Marker] = []
    seen: dict[str, str] = {}
    for where, record in records:
        marker = _of_record(record, where, problems)
        if marker is None:
            continue
        key = parse_mirna(marker.name).identity if marker.kind == "mirna" else marker.name.upper()
        if key in seen:
            problems.append(Problem("marker", where, f"'{marker.name}' stands twice (also at {seen[key]})"))
        seen.setdefault(key, where)
        markers.append(marker)
    if not records:
        problems.append(Problem("marker", "file", "no marker is named"))
    if problems:
        raise CheckError(subject, problems)
    return markers


def _of_record(record: dict[Any, Any], where: str, problems: list[Problem]) -> Marker | None:
    if None in record:
        problems.append(Problem("marker", where, "there are more cells than columns"))
        return None
    unknown = [str(key) for key in record if key not in _COLUMNS]
    if unknown or not isinstance(record.get("name"), str):
        wrong = f"there is no field '{unknown[0]}'; {nearest(unknown[0], _COLUMNS)}" if unknown else "a name is missing"
        problems.append(Problem("marker", where, wrong))
        return None
    name = record["name"].strip()
    kind = str(record.get("kind") or ("mirna" if is_mirna(name) else "protein")).strip().casefold()
    direction = str(record.get("direction") or NOT_GIVEN).strip().casefold()
    faults = []
    if kind not in KINDS:
        faults.append(f"kind '{kind}' is none of {', '.join(KINDS)}")
    elif kind == "mirna" and not is_mirna(name):
        faults.append(f"'{name}' is no name of a miRNA")
    elif kind == "protein" and not is_gene_symbol(name):
        faults.append(f"'{name[:60]}' is neither a name of a miRNA nor a gene symbol; write 'miR-21-5p', 'CD9' ...")
    if direction not in DIRECTIONS:
        faults.append(f"direction '{direction}' is none of {', '.join(DIRECTIONS)}")
    weight = _weight(record.get("weight"), faults)
    problems += [Problem("marker", where, fault) for fault in faults]
    if faults:
        return None
    return Marker(name=name, kind=kind, direction=direction, weight=weight)


def _weight(given: Any, faults: list[str]) -> float | None:
    if given is None or str(given).strip() == "":
        return None
    try:
        weight = float(str(given)[:40])
    except ValueError:
        faults.append(f"weight '{str(given)[:40]}' is no number")
        return None
    if not math.isfinite(weight):
        faults.append("a weight is a finite number")
        return None
    return weight
