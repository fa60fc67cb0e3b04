"""In which published panel of a cancer a marker stands: only there does an assumed shift hold for it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from exocosm.errors import InputError
from exocosm.markers.panels import panels
from exocosm.markers.relations import relation_of

# names that may be of one product; another arm, another member of a family or another species is another marker
MAY_BE_THE_SAME = (
    "same", "same sequence", "renamed", "isoform", "one of several", "arm not given", "letter not given",
    "cluster member",
)  # fmt: skip


@dataclass(frozen=True)
class Standing:
    """A marker in a panel.  name: as the panel writes it.  relation: of that name to the one that was asked for."""

    name: str
    panel: str
    relation: str

    def __str__(self) -> str:
        told = "" if self.relation == "same" else f" ({self.relation})"
        return f"{self.name}{told} of the panel {self.panel}"


@lru_cache(maxsize=65536)
def standing_of(marker: str, cancer: str) -> Standing | None:
    """The marker of the published panels of a cancer that a name stands for, or may; None if there is none.

    Of several the one that is nearest: the same name, the same sequence, a name that was changed, and so on.
    """
    wanted = cancer.strip().casefold()
    found: list[Standing] = []
    for panel in panels():
        if panel.cancer.casefold() != wanted:
            continue
        for one in panel.markers:
            relation = _relation(marker, one.name)
            if relation in MAY_BE_THE_SAME:
                found.append(Standing(one.name, panel.id, relation))
    return min(found, key=lambda one: MAY_BE_THE_SAME.index(one.relation), default=None)


def _relation(asked: str, found: str) -> str:
    try:
        match = relation_of(asked, found)
    except InputError:  # one of them is no miRNA
        return "same" if asked.casefold() == found.casefold() else "different"
    return match.relation
