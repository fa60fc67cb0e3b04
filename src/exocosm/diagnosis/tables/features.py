"""The features of a table: what kind each is, and which names stand twice, mean several things or were mangled."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from exocosm.diagnosis.dataset import Note
from exocosm.errors import InputError
from exocosm.markers.mirna_name import parse_mirna

if TYPE_CHECKING:
    import pandas as pd

_UNIPROT = re.compile(r"(?:[OPQ]\d[A-Z0-9]{3}\d|[A-NR-Z]\d(?:[A-Z][A-Z0-9]{2}\d){1,2})(?:-\d{1,3})?\Z")
_TAGGED = re.compile(r"(?:sp|tr)\|([A-Z0-9-]+)\|(\w+)\Z")
_ACCESSION = re.compile(r"(?:ENS[A-Z]*[GTP]\d{9,}(?:\.\d+)?|[NX][MRP]_\d+(?:\.\d+)?)\Z")
_SYMBOL = re.compile(r"[A-Z][A-Z0-9]{1,9}(?:-[A-Z0-9]{1,6})?\Z|[A-Z][a-z0-9]{1,9}\Z|C\d+orf\d+\Z")
_MONTHS = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "mars", "avr",
    "mai", "okt", "dez",
]  # fmt: skip
_DATE = re.compile(rf"(?:\d{{1,2}}[-./ ](?:{'|'.join(_MONTHS)})|(?:{'|'.join(_MONTHS)})[-./ ]\d{{1,2}}|"
                   r"\d{4}-\d{2}-\d{2}(?: 00:00:00)?|\d{1,2}/\d{1,2}/\d{2,4})\Z", re.IGNORECASE)  # fmt: skip
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?E[+-]?\d+\Z", re.IGNORECASE)
_SEVERAL = re.compile(r"\s*(?:///|;|,)\s*|(?<=[a-z0-9])/(?=[A-Za-z0-9])")
_SPIKE = re.compile(
    r"(?:UniSp ?\d+(?:[ _-]?CP)?|ERCC-\d{5}|.*spike[-_ ]?in.*|(?:cel|ath|osa)-(?:mir|lin|let)-?\w.*)\Z", re.IGNORECASE
)
_FOREIGN = re.compile(r"(?:cel|ath|osa)-", re.IGNORECASE)
_SPECIES = re.compile(r"\A[a-z]{3}-(?=mir|let|lin)", re.IGNORECASE)
_LONGEST = 300
_SHOWN = 6


@lru_cache(maxsize=131072)
def kind_of(name: str) -> str:
    """mirna (mature or not said), precursor, protein, gene or other, by the shape of the name alone.

    `gene` is said of accessions surely, and of symbols as far as capitals and digits can tell.
    """
    if is_strong(name):
        mirna = _mirna_kind(name)
        if mirna:
            return mirna
        return "gene" if _ACCESSION.match(name) else "protein"
    return "gene" if _SYMBOL.match(name) else "other"


@lru_cache(maxsize=131072)
def is_strong(name: str) -> bool:
    """Whether the shape of a name alone shows a feature: a miRNA, a protein of UniProt, an accession of a gene."""
    return bool(_mirna_kind(name) or _UNIPROT.match(name) or _TAGGED.match(name) or _ACCESSION.match(name))


def is_symbol(name: str) -> bool:
    """Whether a name could be the symbol of a gene (but so could `HIV2` or `N21`)."""
    return bool(_SYMBOL.match(name))


def spike_ins(names: Sequence[str]) -> list[int]:
    """The places of features that were added to every sample (UniSp6, cel-miR-39, ERCC-00002), not made by a person.

    Names of a worm or a plant are spike-ins only where most miRNAs are of another species or of none that is told.
    """
    found = [place for place, name in enumerate(names) if _SPIKE.match(name)]
    foreign = [place for place in found if _FOREIGN.match(names[place])]
    mirnas = sum(bool(_mirna_kind(name)) for name in names)
    return [place for place in found if place not in set(foreign) or 4 * len(foreign) < mirnas]


def _mirna_kind(name: str) -> str:
    if not re.search(r"mir|let|lin-|MIMAT|MI0|microrna", name, re.IGNORECASE):
        return ""
    try:
        return "precursor" if parse_mirna(name).kind == "precursor" else "mirna"
    except InputError:
        return ""


def named_features(
    names: Sequence[str], values: np.ndarray, beside: Mapping[str, Sequence[str]], notes: list[Note]
) -> pd.DataFrame:
    """A row per feature under a name of its own: columns name (as written), kind, species, ambiguous, and those beside.

    values: (samples, features), to tell features that are the same throughout.  A name that stands again gets ` (2)`.
    """
    import pandas as pd

    own, repeated = _own_names(names)
    ambiguous = [len([part for part in _SEVERAL.split(name) if part]) > 1 for name in names]
    kinds = [
        kind_of(name) if not several else _kind_of_several(name) for name, several in zip(names, ambiguous, strict=True)
    ]
    frame = pd.DataFrame(
        {"name": list(names), "kind": kinds, "species": [_species(name) for name in names], "ambiguous": ambiguous},
        index=pd.Index(own, name="feature"),
    )
    for title, cells in beside.items():
        if title and title not in frame:
            frame[title] = list(cells)
    counted = Counter(kinds)
    notes.append(
        Note(
            "features", f"{len(own)} features: " + ", ".join(f"{count} {kind}" for kind, count in counted.most_common())
        )
    )
    if repeated:
        notes.append(
            Note(
                "duplicates",
                f"{len(repeated)} names stand more than once ({_some(repeated)}); each is kept apart, the "
                f"second as '{repeated[0]} (2)'",
                tuple(repeated),
            )
        )
    _tell_names(names, ambiguous, notes)
    _tell_alike(own, notes)
    _tell_identical(own, values, notes)
    return frame


def _own_names(names: Sequence[str]) -> tuple[list[str], list[str]]:
    taken = set(names)
    seen: Counter[str] = Counter()
    own = []
    for place, name in enumerate(names, 1):
        seen[name] += 1
        text = (name or f"unnamed feature {place}")[:_LONGEST]
        number = seen[name] if name else 1
        while number > 1 and f"{text} ({number})" in taken:
            number += 1
        free = text if number == 1 else f"{text} ({number})"
        while free in taken and free != name:
            free += " (again)"
        taken.add(free)
        own.append(free)
    # names that were cut may meet
    if len(set(own)) < len(own):
        own = [name if own.index(name) == place else f"{name} [{place + 1}]" for place, name in enumerate(own)]
    return own, [name for name, count in seen.items() if count > 1 and name]


def _kind_of_several(name: str) -> str:
    first = next(part for part in _SEVERAL.split(name) if part)
    return _mirna_kind(name) or kind_of(first)


def _species(name: str) -> str:
    found = _SPECIES.match(name)
    return found[0][:-1].lower() if found else ""


def _tell_names(names: Sequence[str], ambiguous: Sequence[bool], notes: list[Note]) -> None:
    several = [name for name, is_so in zip(names, ambiguous, strict=True) if is_so]
    if several:
        notes.append(Note("ambiguous", f"{len(several)} features carry several names each ({_some(several)}); what was "
                          "measured may be any of them", tuple(several)))  # fmt: skip
    dates = [name for name in names if _DATE.match(name)]
    if dates:
        notes.append(
            Note(
                "dates",
                f"{len(dates)} names are dates ({_some(dates)}): a spreadsheet has turned gene symbols (SEPT1, "
                "MARCH1, DEC1 ...) into them; which gene is meant cannot be told, mend the names at the source",
                tuple(dates),
                serious=True,
            )
        )
    powers = [name for name in names if _SCIENTIFIC.match(name)]
    if powers:
        notes.append(
            Note(
                "dates",
                f"{len(powers)} names are numbers such as {powers[0]}: a spreadsheet has turned identifiers "
                "(2310009E13) into them; mend the names at the source",
                tuple(powers),
                serious=True,
            )
        )
    empty = sum(1 for name in names if not name)
    if empty:
        notes.append(Note("duplicates", f"{empty} features have no name", serious=True))


def _tell_alike(names: Sequence[str], notes: list[Note]) -> None:
    alike: dict[str, list[str]] = {}
    for name in names:
        alike.setdefault(_SPECIES.sub("", name).casefold(), []).append(name)
    groups = [group for group in alike.values() if len(group) > 1]
    if groups:
        shown = "; ".join(" and ".join(group[:3]) for group in groups[:3])
        notes.append(
            Note(
                "alike",
                f"{len(groups)} groups of names differ only in capitals or species ({shown}); they are kept "
                "apart (of miRNAs, mir is the hairpin and miR the mature product)",
                tuple(name for group in groups for name in group),
            )
        )


def _tell_identical(names: Sequence[str], values: np.ndarray, notes: list[Note]) -> None:
    seen: dict[bytes, list[int]] = {}
    across = np.ascontiguousarray(values.T)
    for place, row in enumerate(across):
        seen.setdefault(row.tobytes(), []).append(place)
    # features with one or two values (never detected, once detected) are alike by chance
    groups = [
        [names[place] for place in places]
        for places in seen.values()
        if len(places) > 1 and np.unique(across[places[0]][~np.isnan(across[places[0]])]).size > 2
    ]
    if groups:
        shown = "; ".join(" = ".join(group[:3]) for group in groups[:3])
        notes.append(
            Note(
                "identical",
                f"{sum(map(len, groups))} features have exactly the numbers of another one throughout, in "
                f"{len(groups)} groups ({shown})",
                tuple(name for group in groups for name in group),
            )
        )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
