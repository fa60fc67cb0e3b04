"""miRNAs that come from the cells of the blood: what a broken red cell or a left-over platelet adds to plasma."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from exocosm.errors import InputError, nearest
from exocosm.markers import tables
from exocosm.markers.relating import RENAMED, SAME, SAME_SEQUENCE
from exocosm.markers.relations import relation_of

CELLS = ("red_cell", "platelet", "leukocyte")
_ROWS = ("name", "cell", "source", "locator", "basis", "status", "note")
_HAEMOLYSIS = ("name", "response", "source", "locator", "basis", "status", "note")
# what a row of the table says of a name is said of these relations of it too; the note names the row
SAID_OF = (SAME, SAME_SEQUENCE, RENAMED, "arm not given", "cluster member")


@dataclass(frozen=True)
class BloodCellMarker:
    """A miRNA that a source finds to be of a kind of blood cell.  cell: one of `CELLS`."""

    name: str
    cell: str
    source: str
    locator: str
    basis: str
    status: str
    note: str


@dataclass(frozen=True)
class HaemolysisPair:
    """Two miRNAs whose ratio tells haemolysis: Ct of the stable one less Ct of the one that red cells hold.

    Below `none_below` a sample counts as free of haemolysis, above `severe_above` as severely haemolysed (cycles).
    `rises` and `stable` are names of mature products.
    """

    rises: str
    stable: str
    none_below: float
    severe_above: float
    source: str
    locator: str
    status: str
    note: str


@dataclass(frozen=True)
class HaemolysisResponse:
    """What haemolysis does to a miRNA in plasma or serum.  response: `raised` or `not raised`."""

    name: str
    response: str
    source: str
    locator: str
    basis: str
    status: str
    note: str


@lru_cache(maxsize=8)
def blood_cell_markers(cell: str = "") -> tuple[BloodCellMarker, ...]:
    """The miRNAs of the blood cells, or of one kind (`red_cell`, `platelet`, `leukocyte`).

    Raises InputError for another kind.
    """
    if cell and cell not in CELLS:
        raise InputError(f"there are no markers of '{cell}'; {nearest(cell, CELLS)}")
    known = tuple(BloodCellMarker(**row) for row in tables.rows("blood_cell_mirnas.csv", _ROWS))
    return tuple(marker for marker in known if cell in ("", marker.cell))


@lru_cache(maxsize=1)
def haemolysis_pair() -> HaemolysisPair:
    """The pair of miRNAs and its cut-offs in cycles of qPCR."""
    columns = ("rises", "stable", "none_below", "severe_above", "source", "locator", "status", "note")
    (row,) = tables.rows("haemolysis_pair.csv", columns)
    limits = {name: float(row[name]) for name in ("none_below", "severe_above")}
    return HaemolysisPair(**{**row, **limits})  # type: ignore[arg-type]


@lru_cache(maxsize=1)
def haemolysis_responses() -> tuple[HaemolysisResponse, ...]:
    """What sources say that haemolysis does to single miRNAs."""
    return tuple(HaemolysisResponse(**row) for row in tables.rows("haemolysis_mirnas.csv", _HAEMOLYSIS))


def haemolysis_sensitive() -> tuple[str, ...]:
    """The names, as their sources write them, of the miRNAs that haemolysis raises."""
    return tuple(dict.fromkeys(row.name for row in haemolysis_responses() if row.response == "raised"))


@lru_cache(maxsize=4096)
def haemolysis_response(name: str) -> tuple[str, str]:
    """What haemolysis does to a miRNA, and on which rows that rests: (`raised`, sentence).

    `not given` where no row is about this name.  Rows on a name without arm count, and the sentence says so; of a
    cluster, one member that is raised is enough.
    """
    found = []
    for row in haemolysis_responses():
        match = relation_of(name, row.name)
        if match.relation in SAID_OF:
            how = "" if match.same else f" ({match.relation})"
            found.append((row.response, f"{row.name}{how}: {row.response}, {row.source}"))
    for response in ("raised", "not raised"):
        said = [sentence for one, sentence in found if one == response]
        if said:
            return response, "; ".join(said)
    return tables.NOT_GIVEN, "no source that was opened says what haemolysis does to it"
