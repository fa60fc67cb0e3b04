"""Names of miRNAs as people and machines write them, taken apart.

`hsa-miR-21-5p` = species, miR/let/lin, number, letter, copy, arm.  In miRBase's convention `miR` is a mature product
and `mir` a hairpin; people do not keep to it, so a `mir` without species or copy number is left unspecified.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from exocosm.errors import InputError

Kind = Literal["mature", "precursor", "unspecified", "cluster", "family", "combined"]
LONGEST = 200  # characters of a name
MOST_PARTS = 12  # of a combined name

_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−﹣－", "-"))
_VIRUSES = re.compile(
    r"ebv|kshv|hcmv|hsv[12]|hiv1|h[bc]v|[bjm]cv|bkv|rlcv|mcmv|mghv|mdv[12]|hvt|iltv|rrv|prv|blv|hvsa|bhv[15]"
)
_MATURE_ACCESSION = re.compile(r"MIMAT\d{7}", re.IGNORECASE)
_HAIRPIN_ACCESSION = re.compile(r"MI\d{7}", re.IGNORECASE)
_TRAILING_ACCESSION = re.compile(r"[\s|:;,_.(\[]+(MIMAT\d{7}|MI\d{7})[)\]]?$", re.IGNORECASE)
_PROBE = re.compile(r"(?:_[xs])?(?:_v\d+(?:\.\d+)?)?_(?:st|at)$|_v\d+(?:\.\d+)?$", re.IGNORECASE)
_ASSAY = re.compile(r"[-_](?:\d{6}|4\d{6})$")
_ROW = re.compile(r"_\d{1,3}$")
_WORDS = re.compile(r"(?<![a-z])(?:micro-?rna|mirna)(?=[-_. ]*(?:\d|let|lin))[-_. ]*", re.IGNORECASE)
_MANGLED = re.compile(r"^(?:[A-Za-z]{3,4}\d?\.)?(?:mir|let|lin)\.?\d", re.IGNORECASE)
_MIRGENEDB = re.compile(r"^[A-Z][a-z]{2}-(?:Mir|Let)-")
_GENE = re.compile(r"^(?:(?P<species>[a-z]{3,4})-)?MIR(?P<let>LET)?(?P<number>\d{1,5})(?:(?P<letter>[A-Za-z]{1,2})"
                   r"(?:-?(?P<copy>\d{1,2}))?|-(?P<only>\d{1,2}))?$")  # fmt: skip
_HOST = re.compile(r"^MIR[A-Z0-9-]*HG\d?$")
_NAME = re.compile(
    r"^(?:(?P<species>[A-Za-z]{3,4}\d?)-)?(?P<prefix>mir|let|lin)-?(?P<number>\d{1,5})(?P<letter>[A-Za-z]{0,2}?)"
    r"(?:-(?P<copy>\d{1,2}))?(?:-?(?P<arm>[35][pP]))?(?P<star>\*|\#|-star)?(?:[.-](?P<variant>\d))?$",
    re.IGNORECASE,
)
_VIRAL = re.compile(
    r"^(?P<species>[A-Za-z0-9]{3,4})-(?P<prefix>miR|mir)-?(?P<number>[A-Z]{1,5}\d{0,3}(?:-(?![35]p)\d{1,2}[a-z]?)?)"
    r"(?:-(?P<arm>[35]p))?(?P<star>\*)?$"
)
_GROUP_WORD = re.compile(r"[-\s]*(?:gene[-\s]*)?(cluster|polycistron|family)s?$", re.IGNORECASE)
_GROUP_PART = re.compile(r"^(?:(?:mir|let|lin)-?)?\d{1,5}[a-z]{0,2}(?:-[12])?$", re.IGNORECASE)
_LEAD = re.compile(r"^(?:(?P<species>[A-Za-z]{3,4})-)?(?P<prefix>mir|let|lin)s?-?(?=\d)", re.IGNORECASE)
_SPLIT = re.compile(r"\s*(?:///|[/|,;&+])\s*")


@dataclass(frozen=True)
class MirnaName:
    """The parts of a name.  Parts that the name does not give are empty.

    number: digits, of viruses a word (`BART10`), of clusters the ends (`17~92a`).  copy: which of several hairpins that
    give the same product.  star: the old mark of the less abundant arm.  variant: number of an isoform
    (`miR-124-3p.1`).  accession: of miRBase, if the name is or carries one.  members: the names of a combined name.
    note: what was read into the spelling.
    """

    text: str
    species: str = ""
    kind: Kind = "unspecified"
    prefix: str = "mir"
    number: str = ""
    letter: str = ""
    copy: str = ""
    arm: str = ""
    star: bool = False
    variant: str = ""
    accession: str = ""
    members: tuple[MirnaName, ...] = ()
    note: str = ""

    @property
    def stem(self) -> str:
        """The name without species, copy and arm: `mir-146a`, `let-7f`."""
        return f"{self.prefix}-{self.number}{self.letter}" if self.number else ""

    @property
    def identity(self) -> str:
        """`written`, with `hsa-` where no species is given: equal for names that are spelled apart and are the same."""
        if self.members:
            return "/".join(member.identity for member in self.members)
        return replace(self, species="hsa").written if not self.species else self.written

    @property
    def written(self) -> str:
        """The name in one spelling, which parses to the same parts."""
        if self.members:
            return "/".join(member.written for member in self.members)
        if not self.number:
            return self.accession
        species = f"{self.species}-" if self.species else ""
        body = f"{self.number}{self.letter}"
        short = {"mir": "miR", "let": "let", "lin": "lin"}[self.prefix]
        if self.kind in ("cluster", "family"):
            return f"{species}{short}-{body} {self.kind}"
        copy = f"-{self.copy}" if self.copy else ""
        if self.kind == "mature":
            end = f"{'-' + self.arm if self.arm else ''}{'*' if self.star else ''}"
            return f"{species}{short}-{body}{copy}{end}{'.' + self.variant if self.variant else ''}"
        if self.kind == "precursor" and ((self.prefix == "mir" and species) or copy):
            return f"{species}{short.lower()}-{body}{copy}"
        if self.kind == "precursor":
            return f"pre-{species}{short}-{body}"
        return f"{species}{'MIR' if self.prefix == 'mir' else short}-{body}"


@lru_cache(maxsize=65536)
def parse_mirna(text: str) -> MirnaName:
    """The parts of a name in any usual spelling; raises InputError for what names no miRNA.

    Read: `hsa-miR-21-5p`, `miR-21`, `MIR21`, `MIRLET7A1`, `let7a`, `microRNA 21`, `hsa_miR_21_5p`, `hsa.miR.21.5p`,
    `miR-21*`, `hsa-miR-21-star_st`, `hsa-miR-486-5p_1`, `hsa-miR-124-3p.1`, `miR-17-92a cluster`, `miR-200 family`,
    `miR-199a/b-3p`, `MIMAT0000076`.
    """
    plain = unicodedata.normalize("NFKC", text).translate(_DASHES).strip().strip("'\"").strip()
    if not plain or len(plain) > LONGEST or not plain.isprintable():
        shown = text if len(text) <= 40 else text[:40] + "..."
        raise InputError(f"{shown!r} is no name of a miRNA: expected 1 to {LONGEST} printable characters")
    found = _accession(plain) or _of_text(plain)
    if found is None:
        raise InputError(f"'{plain}' is no name of a miRNA; {_advice(plain)}")
    return replace(found, text=text)


def is_mirna(text: str) -> bool:
    """Whether a text names a miRNA."""
    try:
        parse_mirna(text)
    except InputError:
        return False
    return True


def _advice(plain: str) -> str:
    if _HOST.match(plain.upper()):
        return "it is the host gene of a cluster, whose RNA is not the miRNA"
    if _MIRGENEDB.match(plain):
        return "it looks like MirGeneDB, which numbers genes in its own way; give the name of miRBase"
    if re.match(r"^(?:anti|antago)-?mir", plain, re.IGNORECASE):
        return "it is an inhibitor of one"
    if _TRAILING_ACCESSION.search(plain):
        return "the name and the accession beside it are of two different miRNAs"
    if re.match(r"^\d{1,5}[a-z]{0,2}(?:-[35]p)?$", plain, re.IGNORECASE):
        return f"did you mean 'miR-{plain}'?"
    return "expected a name such as 'hsa-miR-21-5p', 'miR-21', 'let-7a', 'MIR21' or 'MIMAT0000076'"


def _accession(plain: str) -> MirnaName | None:
    """A bare accession: its parts if the table of human miRNAs has it, otherwise the accession alone."""
    from exocosm.markers import tables

    bare = _ROW.sub("", plain).upper()
    if _MATURE_ACCESSION.fullmatch(bare):
        mature = tables.mature_of_accession().get(bare)
        if mature:
            found = _of_text(f"hsa-{mature.name}")
            assert found is not None
            return replace(found, kind="mature", accession=bare, note=f"{bare} is hsa-{mature.name} in miRBase 22")
        return MirnaName(plain, kind="mature", accession=bare, note="no human miRNA of miRBase 22 has this accession")
    if _HAIRPIN_ACCESSION.fullmatch(bare):
        hairpin = tables.hairpin_of_accession().get(bare)
        if hairpin:
            found = _of_text(f"hsa-{hairpin}")
            assert found is not None
            return replace(found, kind="precursor", accession=bare, note=f"{bare} is hsa-{hairpin} in miRBase 22")
        return MirnaName(plain, kind="precursor", accession=bare, note="no human hairpin of miRBase 22 has it")
    return None


def _of_text(plain: str) -> MirnaName | None:
    if _HOST.match(plain.upper()) or _MIRGENEDB.match(plain) or re.match(r"^anti|^antago", plain, re.IGNORECASE):
        return None
    given = _TRAILING_ACCESSION.search(plain)
    if given:
        return _with_accession(_of_text(plain[: given.start()].strip()), given[1])
    group = _group(plain)
    if group:
        return group
    plain = plain.removesuffix("|0")
    if _SPLIT.search(plain):
        return _combined(_SPLIT.split(plain))
    return _single(plain)


def _with_accession(named: MirnaName | None, accession: str) -> MirnaName | None:
    """A name with its accession, which counts where both are known; None if they are of two different miRNAs."""
    if named is None:
        return None
    known = _accession(accession)
    if known is None or not known.number:
        return replace(named, accession=accession.upper())
    if (named.species or "hsa", named.prefix, named.number) != ("hsa", known.prefix, known.number):
        return None
    both = ((named.arm, known.arm), (named.letter, known.letter))
    return None if any(said and meant and said != meant for said, meant in both) else known


def _single(plain: str) -> MirnaName | None:
    """One name, after what makers of arrays, assays and tables hang on to it is taken off."""
    notes: list[str] = []
    precursor = False
    if plain.lower().startswith("hp_"):
        plain, precursor = plain[3:], True
    for pattern, note in ((_PROBE, "suffix of a probe left out"), (_ASSAY, "number of an assay left out")):
        shorter = pattern.sub("", plain)
        if shorter != plain:
            plain, notes = shorter, [*notes, note]
    plain = _WORDS.sub("miR-", plain)
    if "-" not in plain and _MANGLED.match(plain):
        if plain.endswith("."):
            plain, notes = plain[:-1] + "*", [*notes, "a last dot is read as the star that a table could not hold"]
        plain = plain.replace(".", "-")
    if "-" in plain and _ROW.search(plain):
        plain, notes = _ROW.sub("", plain), [*notes, "number of a row left out"]
    plain = re.sub(r"-{2,}", "-", re.sub(r"[_\s]+", "-", plain))
    lead = re.match(r"^(pre|pri|hp|exo|ex|free|serum|plasma)-(?=.*(?:mir|let|lin))", plain, re.IGNORECASE)
    if lead:
        precursor = precursor or lead[1].lower() in ("pre", "pri", "hp")
        plain = plain[lead.end() :]
        notes.append(f"'{lead[1]}-' left out" if not precursor else f"'{lead[1]}-' names the precursor")
    found = _gene(plain) or _viral(plain) or _plain_name(plain)
    if found is None:
        return None
    if found.species == "has":
        found, notes = replace(found, species="hsa"), [*notes, "'has' is read as 'hsa'"]
    if precursor and (found.arm or found.star):
        return None  # a hairpin has no arm
    if precursor:
        found = replace(found, kind="precursor")
    if found.kind == "precursor" and _is_cluster(found):
        found = replace(found, kind="cluster", number=f"{found.number}{found.letter}~{found.copy}", letter="", copy="")
    return replace(found, note="; ".join(filter(None, [found.note, *notes])))


def _gene(plain: str) -> MirnaName | None:
    match = _GENE.match(plain)
    if match is None:
        return None
    return MirnaName(
        plain, species=match["species"] or "", kind="precursor", prefix="let" if match["let"] else "mir",
        number=_number(match["number"]), letter=(match["letter"] or "").lower(),
        copy=match["copy"] or match["only"] or "", note="symbol of the gene, which stands for the hairpin",
    )  # fmt: skip


def _viral(plain: str) -> MirnaName | None:
    match = _VIRAL.match(plain)
    if match is None or not _VIRUSES.fullmatch(match["species"].lower()):
        return None
    kind: Kind = "precursor" if match["prefix"] == "mir" and not match["arm"] and not match["star"] else "mature"
    return MirnaName(
        plain, species=match["species"].lower(), kind=kind, number=match["number"], arm=match["arm"] or "",
        star=bool(match["star"]),
    )  # fmt: skip


def _plain_name(plain: str) -> MirnaName | None:
    match = _NAME.match(plain)
    if match is None or (match["number"] in ("3", "5") and match["letter"].lower() == "p"):
        return None  # `miR-5p` is an arm without a number
    species, written, prefix = (match["species"] or "").lower(), match["prefix"], match["prefix"].lower()
    if species in ("mir", "let", "lin"):
        return None
    arm, star, copy = (match["arm"] or "").lower(), bool(match["star"]), match["copy"] or ""
    if match["variant"] and not arm:
        return None
    kind: Kind = "unspecified"
    note = ""
    if arm or star:
        kind = "mature"
    elif copy:
        kind = "precursor"
    elif prefix == "mir" and written == "miR":
        kind = "mature"
    elif prefix == "mir" and written == "mir" and species:
        kind = "precursor"
    elif prefix == "mir":
        note = "the spelling does not say whether the hairpin or a mature product is meant"
    return MirnaName(
        plain, species=species, kind=kind, prefix=prefix, number=_number(match["number"]),
        letter=match["letter"].lower(), copy=copy, arm=arm, star=star, variant=match["variant"] or "", note=note,
    )  # fmt: skip


def _number(digits: str) -> str:
    return str(int(digits))


def _is_cluster(found: MirnaName) -> bool:
    """Whether `miR-17-92` (read as copy 92 of miR-17) is the short name of a cluster."""
    return (
        found.prefix == "mir"
        and len(found.copy) > 1
        and f"{found.number}{found.letter}~{found.copy}" in _cluster_ends()
    )


@lru_cache(maxsize=1)
def _cluster_ends() -> frozenset[str]:
    from exocosm.markers import tables

    return frozenset(ends for group in tables.clusters().values() for ends in group.spellings)


def _group(plain: str) -> MirnaName | None:
    """`miR-17-92a cluster`, `miR-17~92`, `miR-143/145 cluster`, `miR-200 family`."""
    word = _GROUP_WORD.search(plain)
    bare = plain[: word.start()] if word else plain
    lead = _LEAD.match(re.sub(r"[_\s]+", "-", _WORDS.sub("miR-", bare)))
    if lead is None:
        return None
    rest = re.sub(r"[_\s]+", "-", _WORDS.sub("miR-", bare))[lead.end() :]
    family = word is not None and word[1].lower() == "family"
    parts = [part for part in re.split(r"[~/]|-(?=(?:mir|let|lin)?-?\d{2})", rest) if part]
    several = "~" in rest or re.match(r"^\d{1,5}[a-z]{0,2}-\d{2,5}[a-z]$", rest, re.IGNORECASE)
    if not (word or several) or not parts or len(parts) > MOST_PARTS:
        return None
    if not all(_GROUP_PART.match(part) for part in parts):
        return None
    ends = "~".join(re.sub(r"^mir-?", "", part.lower()) for part in parts)
    kind: Kind = "family" if family else "cluster"
    species = (lead["species"] or "").lower()
    return MirnaName(plain, species=species, kind=kind, prefix=lead["prefix"].lower(), number=ends)


def _combined(parts: list[str]) -> MirnaName | None:
    """`miR-199a-3p/miR-199b-3p`, `miR-199a/b-3p`, `miR-15a/16`, `miR-21-5p/3p`."""
    parts = [part for part in parts if part]
    if not 1 < len(parts) <= MOST_PARTS:
        return None
    first = _single(parts[0])
    if first is None or first.kind == "cluster":
        return None
    members, short, species = [first], False, first.species
    for part in parts[1:]:
        bare = part.lstrip("-")
        head = f"{species}-" if species else ""
        prefix = "miR" if first.prefix == "mir" else first.prefix
        if re.fullmatch(r"[35]p", bare, re.IGNORECASE):
            bare = f"{head}{prefix}-{first.number}{first.letter}-{bare}"
        elif re.fullmatch(r"[a-z](?:-.*)?", bare, re.IGNORECASE):
            bare, short = f"{head}{prefix}-{first.number}{bare}", True
        elif re.match(r"\d", bare):
            bare, short = f"{head}{prefix}-{bare}", True
        found = _single(bare)
        if found is None or found.kind == "cluster":
            return None
        members.append(found if found.species else replace(found, species=species))
    last = members[-1]
    if short and last.arm:
        members = [one if one.arm else replace(one, kind="mature", arm=last.arm) for one in members]
    return MirnaName("/".join(parts), species=species, kind="combined", prefix=first.prefix, members=tuple(members))
