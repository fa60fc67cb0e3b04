"""Proteins of vesicles by the categories of MISEV2018, and what comes into a proteome from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from exocosm.errors import InputError
from exocosm.markers import tables

CATEGORIES: Mapping[int, str] = MappingProxyType(
    {
        1: "transmembrane or GPI-anchored protein of plasma membrane or endosome",
        2: "cytosolic protein recovered in vesicles",
        3: "protein that is isolated along with vesicles, not in them",
        4: "protein of other compartments of the cell",
        5: "secreted protein",
    }
)
_ROWS = ("gene", "category", "group", "contaminant", "source", "locator", "status", "note")
_SYMBOL = re.compile(r"[A-Za-z][A-Za-z0-9]{0,14}(?:[-@.][A-Za-z0-9]{1,6}){0,2}")
_NOT_PROTEIN = re.compile(r"^(?:hsa|mmu|rno|mir|let-|rnu|snor|u6|linc|hp_)", re.IGNORECASE)


@dataclass(frozen=True)
class MisevProtein:
    """A protein by its gene symbol.

    category: 1 to 5 as in `CATEGORIES`, 0 for contaminants of the laboratory, which MISEV does not speak of.
    contaminant: whether much of it says that something else was isolated along.
    """

    gene: str
    category: int
    group: str
    contaminant: bool
    source: str
    locator: str
    status: str
    note: str

    @property
    def about(self) -> str:
        """The category in words."""
        return CATEGORIES.get(self.category, "contaminant of the laboratory")


@lru_cache(maxsize=1)
def misev_proteins() -> Mapping[str, MisevProtein]:
    """Every protein of the table by gene symbol.

    A symbol may stand for many: `#` is a number, `?` a letter or nothing, `*` any rest (`RAB#?`, `COL#A#`, `ITGA*`).
    """
    found = {}
    for row in tables.rows("misev_proteins.csv", _ROWS):
        kept = {name: row[name] for name in ("gene", "group", "source", "locator", "status", "note")}
        found[row["gene"]] = MisevProtein(
            **kept, category=int(row["category"]), contaminant=row["contaminant"] == "yes"
        )
    return MappingProxyType(found)


def misev_category(gene: str) -> MisevProtein | None:
    """What MISEV2018 says of a protein, by human gene symbol (`CD63`); None if its tables do not name it.

    Symbols of other species (`Cd63`) are read as those of their human namesakes.  Of several symbols of a protein
    group (`HBA1;HBA2`) all must agree.  Raises InputError for what is no symbol.
    """
    symbols = [part.strip() for part in re.split(r"[;,/|]", gene) if part.strip()]
    if not symbols or not all(is_gene_symbol(symbol) for symbol in symbols):
        raise InputError(f"'{gene[:60]}' is no gene symbol; expected one such as 'CD63', of a group 'HBA1;HBA2'")
    found = {_of_symbol(symbol.upper()) for symbol in symbols}
    categories = {protein.category if protein else None for protein in found}
    if len(categories) != 1:
        return None
    return _of_symbol(symbols[0].upper())


def _of_symbol(symbol: str) -> MisevProtein | None:
    known = misev_proteins()
    if symbol in known:
        return known[symbol]
    return next((known[many] for many, pattern in _patterns() if pattern.fullmatch(symbol)), None)


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    signs = {"#": r"\d+", "?": "[A-Z]?", "*": ".*"}
    return tuple(
        (many, re.compile("".join(signs.get(letter, re.escape(letter)) for letter in many)))
        for many in misev_proteins()
        if set(many) & set(signs)
    )


def contaminants() -> tuple[MisevProtein, ...]:
    """Proteins that say that something else was isolated or handled along: of serum, skin, trypsin."""
    return tuple(protein for protein in misev_proteins().values() if protein.contaminant)


def is_gene_symbol(text: str) -> bool:
    """Whether a text looks like the symbol of a gene that codes for a protein."""
    return bool(_SYMBOL.fullmatch(text)) and not _NOT_PROTEIN.match(text)
