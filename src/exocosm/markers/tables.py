"""The tables of `knowledge/markers`: human miRNAs, clusters, families and names that have changed."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from exocosm.errors import CheckError, InputError, Problem

FOLDER = Path(__file__).resolve().parent.parent / "knowledge" / "markers"
NOT_GIVEN = "not given"
SEED = slice(1, 8)  # nucleotides 2 to 8 of a mature miRNA


@dataclass(frozen=True)
class Mature:
    """One mature product of a human hairpin.

    name: as miRBase 22 writes it, without `hsa-`.  arm: `5p` or `3p`; of the names without arm it is the half of the
    hairpin in which the sequence lies.  named_arm: whether the name says the arm.  hairpins: all that give it.
    """

    name: str
    accession: str
    sequence: str
    arm: str
    hairpins: tuple[str, ...]

    @property
    def named_arm(self) -> bool:
        """Whether the name itself ends in its arm."""
        return self.name.endswith(("-5p", "-3p"))

    @property
    def seed(self) -> str:
        """Nucleotides 2 to 8."""
        return self.sequence[SEED]


@dataclass(frozen=True)
class Group:
    """miRNAs that stand under one name: a cluster of hairpins in the genome, or a family of related miRNAs."""

    name: str
    spellings: tuple[str, ...]
    members: tuple[str, ...]
    source: str
    locator: str
    status: str
    note: str


@dataclass(frozen=True)
class Renamed:
    """A name of an older release of miRBase and what it is called now.

    release: the last that is known to have had the old name, empty if that is not.  certain: the old name can mean
    nothing else today.  accession: of the product, in both releases.
    """

    old: str
    new: str
    accession: str
    release: str
    certain: bool
    source: str
    locator: str
    status: str
    note: str


@dataclass(frozen=True)
class Withdrawn:
    """A name that miRBase 22 has no more, with the last release that is known to have had it."""

    name: str
    accession: str
    last_release: str
    reason: str
    source: str
    locator: str
    status: str


def rows(name: str, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """The rows of a table of the folder; raises CheckError unless it has just these columns, all filled in a row."""
    path = FOLDER / name
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        found = tuple(reader.fieldnames or ())
        if found != columns:
            raise CheckError(name, [Problem("columns", "line 1", f"expected {', '.join(columns)}, found {found}")])
        read = list(reader)
    problems = [
        Problem("row", f"line {number}", "more or fewer cells than columns")
        for number, row in enumerate(read, 2)
        if None in row or None in row.values()
    ]
    if problems:
        raise CheckError(name, problems)
    return read


def several(text: str) -> tuple[str, ...]:
    """The parts of a cell that are parted by semicolons."""
    return tuple(part.strip() for part in text.split(";") if part.strip())


@lru_cache(maxsize=1)
def hairpins() -> Mapping[str, tuple[Mature, ...]]:
    """Hairpin (`mir-21`, `let-7a-1`) -> its annotated mature products, the 5' one first."""
    found: dict[str, list[tuple[str, str, str, str]]] = {}
    parents: dict[str, list[str]] = {}
    arms = (("five_prime", "5p"), ("three_prime", "3p"))
    for row in _mirna_rows():
        products = [
            (row[column], row[f"{column}_accession"], row[f"{column}_sequence"], arm)
            for column, arm in arms
            if row[column]
        ]
        found[row["hairpin"]] = products
        for product in products:
            parents.setdefault(product[1], []).append(row["hairpin"])
    return MappingProxyType(
        {
            hairpin: tuple(Mature(*product, tuple(parents[product[1]])) for product in products)
            for hairpin, products in found.items()
        }
    )


@lru_cache(maxsize=1)
def _mirna_rows() -> list[dict[str, str]]:
    columns = ["hairpin", "hairpin_accession"]
    for arm in ("five_prime", "three_prime"):
        columns += [arm, f"{arm}_accession", f"{arm}_sequence"]
    return rows("human_mirnas.csv", tuple(columns))


@lru_cache(maxsize=1)
def hairpin_of_accession() -> Mapping[str, str]:
    """Accession of a hairpin (`MI0000077`) -> its name (`mir-21`)."""
    return MappingProxyType({row["hairpin_accession"]: row["hairpin"] for row in _mirna_rows()})


@lru_cache(maxsize=1)
def matures() -> Mapping[str, Mature]:
    """Name of a mature product without `hsa-`, in lower case -> the product."""
    return MappingProxyType({one.name.casefold(): one for found in hairpins().values() for one in found})


@lru_cache(maxsize=1)
def mature_of_accession() -> Mapping[str, Mature]:
    """Accession of a mature product (`MIMAT0000076`) -> the product."""
    return MappingProxyType({one.accession: one for one in matures().values()})


@lru_cache(maxsize=1)
def hairpins_of_stem() -> Mapping[str, tuple[str, ...]]:
    """Hairpin name without copy number (`let-7a`, `mir-92a`) -> the hairpins called so."""
    from exocosm.markers.mirna_name import parse_mirna

    found: dict[str, list[str]] = {}
    for hairpin in hairpins():
        found.setdefault(parse_mirna(f"hsa-{hairpin}").stem, []).append(hairpin)
    return MappingProxyType({stem: tuple(names) for stem, names in found.items()})


@lru_cache(maxsize=1)
def clusters() -> Mapping[str, Group]:
    """Clusters of hairpins by name (`miR-17~92a`)."""
    return _groups("mirna_clusters.csv")


@lru_cache(maxsize=1)
def families() -> Mapping[str, Group]:
    """Families of mature miRNAs by name (`miR-200`)."""
    return _groups("mirna_families.csv")


def _groups(table: str) -> Mapping[str, Group]:
    columns = ("name", "spellings", "members", "source", "locator", "status", "note")
    return MappingProxyType(
        {
            row["name"]: Group(
                row["name"], several(row["spellings"]), several(row["members"]), row["source"], row["locator"],
                row["status"], row["note"],
            )
            for row in rows(table, columns)
        }
    )  # fmt: skip


@lru_cache(maxsize=1)
def renamed() -> tuple[Renamed, ...]:
    """Names that have changed between releases of miRBase."""
    columns = ("old", "new", "accession", "release", "certain", "source", "locator", "status", "note")
    return tuple(
        Renamed(
            old=row["old"], new=row["new"], accession=row["accession"], release=row["release"],
            certain=row["certain"] == "yes", source=row["source"], locator=row["locator"], status=row["status"],
            note=row["note"],
        )
        for row in rows("renamed_mirnas.csv", columns)
    )  # fmt: skip


@lru_cache(maxsize=1)
def withdrawn() -> Mapping[str, Withdrawn]:
    """Names of human miRNAs that were withdrawn, in lower case -> what became of them."""
    columns = ("name", "accession", "last_release", "reason", "source", "locator", "status")
    return MappingProxyType({row["name"].casefold(): Withdrawn(**row) for row in rows("withdrawn_mirnas.csv", columns)})


def number(text: str, where: str) -> float | None:
    """A number of a cell, None where the cell says `not given`; raises InputError for anything else."""
    if text == NOT_GIVEN:
        return None
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{where}: expected a number or '{NOT_GIVEN}', found '{text}'") from None
