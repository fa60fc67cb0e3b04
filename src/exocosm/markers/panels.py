"""Panels of markers of the literature and of files: who proposed them, in which fluid, with what effect."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from exocosm.errors import InputError, nearest
from exocosm.markers import tables
from exocosm.markers.blood_cells import haemolysis_response
from exocosm.markers.marker import Marker, Panel, Reported
from exocosm.markers.mirna_name import is_mirna, parse_mirna
from exocosm.markers.panel_files import panel_of_file
from exocosm.markers.relations import relation_of
from exocosm.markers.tables import NOT_GIVEN

TABLE1 = "table1"
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
    return panel_of_file(path)


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
    shown: dict[str, str] = {}
    found: dict[str, dict[str, None]] = {}
    for panel in chosen:
        for marker in panel.markers:
            parsed = parse_mirna(marker.name) if marker.kind == "mirna" else None
            key = parsed.identity if parsed else marker.name.upper()
            shown.setdefault(key, parsed.written if parsed else marker.name)
            found.setdefault(key, {})[panel.cancer or panel.id] = None
    return {shown[key]: tuple(cancers) for key, cancers in found.items()}


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
