"""Panels of markers of the literature and of files: who proposed them, in which fluid, with what effect."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from exocosm.errors import CheckError, InputError, Problem, nearest
from exocosm.markers import tables
from exocosm.markers.blood_cells import haemolysis_response
from exocosm.markers.mirna_name import is_mirna, parse_mirna
from exocosm.markers.relations import relation_of
from exocosm.markers.tables import NOT_GIVEN

TABLE1 = "table1"
KINDS = ("mirna", "protein")
DIRECTIONS = ("up", "down", NOT_GIVEN)
LARGEST_FILE = 1_000_000  # bytes
MOST_MARKERS = 2000
_NUMBERS = ("fold_change", "auc", "sensitivity", "specificity")
_COUNTS = ("cases", "controls")
_MARKERS = (
    "panel", "cancer", "fluids", "name", "kind", "reference_number", "reference", "direction", *_NUMBERS, *_COUNTS,
    "source", "locator", "status", "note",
)  # fmt: skip
_REPORTS = (
    "panel", "cancer", "markers", "contrast", "auc", "sensitivity", "specificity", *_COUNTS, "source", "locator",
    "status", "note",
)  # fmt: skip


@dataclass(frozen=True)
class Marker:
    """One marker of a panel as its source gives it; None and `not given` where the source was not seen to say.

    reference: key of the study in the bibliography, if it is known which it is; reference_number: its number in the
    review.  fold_change: cases over controls.  cases, controls: people.  haemolysis: `raised`, `not raised` or
    `not given`.  source, locator, status: of the numbers.  weight: of panels from files.
    """

    name: str
    kind: str = "mirna"
    cancer: str = ""
    fluids: tuple[str, ...] = ()
    panel: str = ""
    reference: str = ""
    reference_number: str = ""
    direction: str = NOT_GIVEN
    fold_change: float | None = None
    auc: float | None = None
    sensitivity: float | None = None
    specificity: float | None = None
    cases: int | None = None
    controls: int | None = None
    haemolysis: str = NOT_GIVEN
    source: str = ""
    locator: str = ""
    status: str = ""
    note: str = ""
    weight: float | None = None


@dataclass(frozen=True)
class Reported:
    """What a study reports of several markers read together, or of its design.

    markers: names as in the panel, empty where it concerns the study.  contrast: cases against controls, in words.
    """

    markers: tuple[str, ...]
    contrast: str
    auc: float | None
    sensitivity: float | None
    specificity: float | None
    cases: int | None
    controls: int | None
    source: str
    locator: str
    status: str
    note: str


@dataclass(frozen=True)
class Panel:
    """Markers that belong together.  id: `table1:colorectal cancer`, or the name of a file."""

    id: str
    title: str
    cancer: str
    fluids: tuple[str, ...]
    markers: tuple[Marker, ...]
    references: tuple[str, ...]
    reported: tuple[Reported, ...] = field(default=())

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the markers, each once."""
        return tuple(dict.fromkeys(marker.name for marker in self.markers))


@dataclass(frozen=True)
class Related:
    """A marker of the panels under another name: how it relates, and in which cancers it stands."""

    name: str
    relation: str
    cancers: tuple[str, ...]


@dataclass(frozen=True)
class Specificity:
    """In which of the cancers of table 1 a marker stands, under this very name and under related ones."""

    marker: str
    cancers: tuple[str, ...]
    among: int
    related: tuple[Related, ...]
    sentence: str


def panels(cancer: str = "", fluid: str = "") -> tuple[Panel, ...]:
    """The panels of the literature, of one cancer or with markers in one fluid (then only those markers).

    Raises InputError for a cancer or a fluid that no panel has.
    """
    known = _panels()
    if cancer:
        wanted = _one_of(cancer, {panel.cancer for panel in known}, "cancer")
        known = tuple(panel for panel in known if panel.cancer == wanted)
    if fluid:
        every = {name for panel in _panels() for name in panel.fluids}
        wanted = _one_of(fluid, every, "fluid")
        known = tuple(_in_fluid(panel, wanted) for panel in known if wanted in panel.fluids)
    return known


def find_panel(word: str) -> Panel:
    """The panel whose id is `word` or begins with it; raises InputError if none or several do."""
    wanted = word.strip().casefold()
    known = _panels()
    found = [panel for panel in known if panel.id.casefold() == wanted] or [
        panel for panel in known if wanted and panel.id.casefold().startswith(wanted)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        listed = ", ".join(panel.id for panel in found)
        raise InputError(f"'{word}' may be any of {listed}; write more of the name")
    raise InputError(f"there is no panel '{word}'; {nearest(word, [panel.id for panel in known])}")


def read_panel(word_or_path: str | Path) -> Panel:
    """A panel of the literature by its name, or one of a file.

    Files: `.csv` with the column `name` and perhaps `kind`, `direction`, `weight`; `.yaml` with a list of names or of
    such records; any other with one name per line (`#` starts a comment).  Raises InputError if there is neither, and
    CheckError with everything that is wrong in a file.
    """
    word = str(word_or_path)
    path = Path(word_or_path)
    prefix = word.partition(":")[0].casefold()
    if ":" in word and any(panel.id.casefold().startswith(prefix + ":") for panel in _panels()):
        return find_panel(word)
    if not path.is_file():
        known = nearest(word, [panel.id for panel in _panels()])
        raise InputError(f"'{word}' is neither a file nor a panel that is known; {known}")
    return _of_file(path)


def overlaps(of: Iterable[Panel] | None = None) -> list[dict[str, Any]]:
    """Markers and the cancers whose panels hold them, the most shared first; without `of` over table 1.

    A row: marker, cancers (how many), in (their names), related (other names with their relation and cancers).  Names
    are put together only if they are the same name; `miR-146` and `miR-146a` keep a row each and name each other.
    """
    chosen = _table1() if of is None else tuple(of)
    where = _where(chosen)
    rows = []
    for name, cancers in where.items():
        related = [f"{one.name} ({one.relation}): {', '.join(one.cancers)}" for one in _related(name, where)]
        rows.append({"marker": name, "cancers": len(cancers), "in": ", ".join(cancers), "related": "; ".join(related)})
    return sorted(rows, key=lambda row: (-int(str(row["cancers"])), str(row["marker"]).casefold()))


def specificity_of(marker: str) -> Specificity:
    """In how many of the cancers of table 1 a marker stands, and what that lets it say."""
    where = _where(_table1())
    among = len({panel.cancer for panel in _table1()})
    asked = parse_mirna(marker).written
    cancers = next((found for name, found in where.items() if relation_of(asked, name).relation == "same"), ())
    related = tuple(one for one in _related(asked, where) if one.relation != "same")
    return Specificity(marker, cancers, among, related, _says(marker, cancers, among, related))


def _says(marker: str, cancers: Sequence[str], among: int, related: Sequence[Related]) -> str:
    if len(cancers) > 1:
        start = f"{marker} stands in the panels of {len(cancers)} of {among} cancers: it can say cancer, not which"
    elif cancers:
        start = f"{marker} stands in the panel of {cancers[0]} only, of {among} cancers"
    else:
        start = f"{marker} stands in none of the panels of {among} cancers under this name"
    listed = "; ".join(f"{one.name} ({one.relation}) in {len(one.cancers)}" for one in related)
    return f"{start}; related names: {listed}" if listed else start


def _where(chosen: Iterable[Panel]) -> dict[str, tuple[str, ...]]:
    """Name -> the cancers whose panels hold it."""
    found: dict[str, dict[str, None]] = {}
    for panel in chosen:
        for marker in panel.markers:
            name = parse_mirna(marker.name).written if marker.kind == "mirna" else marker.name
            found.setdefault(name, {})[panel.cancer] = None
    return {name: tuple(cancers) for name, cancers in found.items()}


def _related(name: str, where: dict[str, tuple[str, ...]]) -> list[Related]:
    if not is_mirna(name):
        return []
    matches = [(other, relation_of(name, other).relation) for other in where if other != name and is_mirna(other)]
    return [Related(other, relation, where[other]) for other, relation in matches if relation != "different"]


def _one_of(word: str, known: set[str], what: str) -> str:
    wanted = word.strip().casefold()
    found = [name for name in known if name.casefold() == wanted] or [
        name for name in known if wanted and name.casefold().startswith(wanted)
    ]
    if len(found) != 1:
        raise InputError(f"no panel is of the {what} '{word}'; {nearest(word, known)}")
    return found[0]


def _in_fluid(panel: Panel, fluid: str) -> Panel:
    from dataclasses import replace

    markers = tuple(marker for marker in panel.markers if fluid in marker.fluids)
    references = tuple(dict.fromkeys(marker.reference for marker in markers if marker.reference))
    return replace(panel, markers=markers, fluids=(fluid,), references=references)


@lru_cache(maxsize=1)
def _table1() -> tuple[Panel, ...]:
    return tuple(panel for panel in _panels() if panel.id.startswith(f"{TABLE1}:"))


@lru_cache(maxsize=1)
def _panels() -> tuple[Panel, ...]:
    grouped: dict[str, list[Marker]] = {}
    for number, row in enumerate(tables.rows("panels.csv", _MARKERS), 2):
        marker = _marker(row, f"panels.csv line {number}")
        grouped.setdefault(f"{marker.panel}:{marker.cancer}", []).append(marker)
    reported: dict[str, list[Reported]] = {}
    for number, row in enumerate(tables.rows("panel_reports.csv", _REPORTS), 2):
        reported.setdefault(f"{row['panel']}:{row['cancer']}", []).append(
            _report(row, f"panel_reports.csv line {number}")
        )
    return tuple(_panel(name, markers, reported.get(name, [])) for name, markers in grouped.items())


def _panel(name: str, markers: list[Marker], reported: list[Reported]) -> Panel:
    of, _, cancer = name.partition(":")
    title = f"{cancer}: markers of table 1 of the review" if of == TABLE1 else f"{cancer}: markers of {of}"
    fluids = dict.fromkeys(fluid for marker in markers for fluid in marker.fluids)
    references = dict.fromkeys(marker.reference for marker in markers if marker.reference)
    return Panel(name, title, cancer, tuple(fluids), tuple(markers), tuple(references), tuple(reported))


def _marker(row: dict[str, str], where: str) -> Marker:
    response, said = haemolysis_response(row["name"]) if row["kind"] == "mirna" else (NOT_GIVEN, "")
    note = "; ".join(filter(None, [row["note"], f"haemolysis: {said}" if response != NOT_GIVEN else ""]))
    return Marker(
        name=row["name"], kind=row["kind"], cancer=row["cancer"], fluids=tables.several(row["fluids"]),
        panel=row["panel"], reference=row["reference"], reference_number=row["reference_number"],
        direction=row["direction"], haemolysis=response, source=row["source"], locator=row["locator"],
        status=row["status"], note=note, **_measured(row, where),
    )  # fmt: skip


def _report(row: dict[str, str], where: str) -> Reported:
    return Reported(
        markers=tables.several(row["markers"]), contrast=row["contrast"], source=row["source"], locator=row["locator"],
        status=row["status"], note=row["note"], **_measured(row, where),
    )  # fmt: skip


def _measured(row: dict[str, str], where: str) -> dict[str, Any]:
    found: dict[str, Any] = {name: tables.number(row[name], where) for name in _NUMBERS if name in row}
    for name in _COUNTS:
        count = tables.number(row[name], where)
        found[name] = None if count is None else int(count)
    return found


def _of_file(path: Path) -> Panel:
    from exocosm.files import read_text

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


Record = tuple[str, dict[str, Any]]
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
    from exocosm.documents.safe_yaml import read_yaml

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
        key = parse_mirna(marker.name).written if marker.kind == "mirna" else marker.name.upper()
        if key in seen:
            problems.append(Problem("marker", where, f"'{marker.name}' stands twice (also at {seen[key]})"))
        seen.setdefault(key, where)
        markers.append(marker)
    if not records:
        problems.append(Problem("marker", "file", "no marker is named"))
    if problems:
        raise CheckError(subject, problems)
    return markers


def _of_record(record: dict[str, Any], where: str, problems: list[Problem]) -> Marker | None:
    from exocosm.markers.proteins import is_gene_symbol

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
    import math

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
