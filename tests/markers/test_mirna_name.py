"""Names of miRNAs as they are really written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.errors import InputError
from exocosm.markers import tables
from exocosm.markers.mirna_name import LONGEST, MirnaName, is_mirna, parse_mirna

# as written, then how it is written here, and its kind
SPELLINGS = [
    ("hsa-miR-21-5p", "hsa-miR-21-5p", "mature"),
    ("miR-21", "miR-21", "mature"),
    ("mir-21", "MIR-21", "unspecified"),
    ("hsa-mir-21", "hsa-mir-21", "precursor"),
    ("MIR21", "pre-miR-21", "precursor"),
    ("MIR92A1", "mir-92a-1", "precursor"),
    ("MIR16-1", "mir-16-1", "precursor"),
    ("MIRLET7A1", "let-7a-1", "precursor"),
    ("hsa-let-7f", "hsa-let-7f", "unspecified"),
    ("let7a", "let-7a", "unspecified"),
    ("let-7a-5p", "let-7a-5p", "mature"),
    ("hsa-let-7a-2-3p", "hsa-let-7a-2-3p", "mature"),
    ("hsa-miR-92a-1-5p", "hsa-miR-92a-1-5p", "mature"),
    ("miR-17-92a cluster", "miR-17~92a cluster", "cluster"),
    ("miR-17-92", "miR-17~92 cluster", "cluster"),
    ("miR-17~92a", "miR-17~92a cluster", "cluster"),
    ("miR-106b-25", "miR-106b~25 cluster", "cluster"),
    ("miR-143/145 cluster", "miR-143~145 cluster", "cluster"),
    ("miR-200 family", "miR-200 family", "family"),
    ("let-7 family", "let-7 family", "family"),
    ("miR-320", "miR-320", "mature"),
    ("miR-151a-5p", "miR-151a-5p", "mature"),
    ("miRNA-21", "miR-21", "mature"),
    ("microRNA 21", "miR-21", "mature"),
    ("MicroRNA-21-5p", "miR-21-5p", "mature"),
    ("hsa_miR_21_5p", "hsa-miR-21-5p", "mature"),
    ("hsa.miR.21.5p", "hsa-miR-21-5p", "mature"),
    ("hsa.let.7a.5p", "hsa-let-7a-5p", "mature"),
    ("hsa-miR-486-5p_1", "hsa-miR-486-5p", "mature"),
    ("hsa-mir-1302-2", "hsa-mir-1302-2", "precursor"),
    ("hsa-miR-124-3p.1", "hsa-miR-124-3p.1", "mature"),
    ("hsa-miR-3648", "hsa-miR-3648", "mature"),
    ("hsa-miR-548aa", "hsa-miR-548aa", "mature"),
    ("hsa-mir-548p", "hsa-mir-548p", "precursor"),
    ("hsa-miR-21_st", "hsa-miR-21", "mature"),
    ("hsa-miR-21-star_st", "hsa-miR-21*", "mature"),
    ("hsa-miR-21-star_v2_st", "hsa-miR-21*", "mature"),
    ("hp_hsa-mir-21_x_st", "hsa-mir-21", "precursor"),
    ("hsa-miR-21*", "hsa-miR-21*", "mature"),
    ("hsa-miR-21#", "hsa-miR-21*", "mature"),
    ("hsa-miR-21-000397", "hsa-miR-21", "mature"),
    ("hsa-miR-21-5p|0", "hsa-miR-21-5p", "mature"),
    ("MIMAT0000076", "hsa-miR-21-5p", "mature"),
    ("MI0000077", "hsa-mir-21", "precursor"),
    ("hsa-miR-21-5p (MIMAT0000076)", "hsa-miR-21-5p", "mature"),
    ("hsa-miR-199a-3p/hsa-miR-199b-3p", "hsa-miR-199a-3p/hsa-miR-199b-3p", "combined"),
    ("miR-199a/b-3p", "miR-199a-3p/miR-199b-3p", "combined"),
    ("miR-15a/16", "miR-15a/miR-16", "combined"),
    ("ebv-miR-BART10-3p", "ebv-miR-BART10-3p", "mature"),
    ("kshv-miR-K12-10a-5p", "kshv-miR-K12-10a-5p", "mature"),
    ("cel-miR-39-3p", "cel-miR-39-3p", "mature"),
    ("has-miR-21-5p", "hsa-miR-21-5p", "mature"),
    ("pre-miR-21", "pre-miR-21", "precursor"),
    ("miR‑21–5p", "miR-21-5p", "mature"),
    ("Hsa-miR-21-5P", "hsa-miR-21-5p", "mature"),
]
NO_NAMES = [
    "", "  ", "21-5p", "miR", "miR-", "let-", "hsa", "hsa-", "miR-5p", "GAPDH", "RNU6B", "U6 snRNA", "SNORD44",
    "MIR17HG", "MIR155HG", "anti-miR-21", "Hsa-Mir-17-P1a_5p", "hsa-piR-1234", "miR-21-4p", "miR-123456", "21",
    "hsa-miR-21-5p (MIMAT0000069)", "hsa-miR-21-5p (MIMAT0004494)", "mir-mir-21", "x" * (LONGEST + 1), "miR-21\x00",
    "../miR-21", "=miR-21", "pre-miR-21-5p", "pre-miR-21*", "miR-17-92/21-3p", "let-7-92a-5p", "miR-1/" * 20,
]  # fmt: skip


@pytest.mark.parametrize(("text", "written", "kind"), SPELLINGS)
def test_real_spellings(text: str, written: str, kind: str) -> None:
    found = parse_mirna(text)
    assert (found.written, found.kind) == (written, kind)
    assert found.text == text


@pytest.mark.parametrize("text", NO_NAMES)
def test_what_is_no_mirna_is_refused(text: str) -> None:
    assert not is_mirna(text)
    with pytest.raises(InputError, match=r"no name of a miRNA|characters"):
        parse_mirna(text)


def test_parts() -> None:
    found = parse_mirna("hsa-let-7a-2-3p")
    parts = (found.species, found.prefix, found.number, found.letter, found.copy, found.arm, found.star)
    assert parts == ("hsa", "let", "7", "a", "2", "3p", False)
    assert found.stem == "let-7a"
    assert parse_mirna("miR-21*").star
    assert parse_mirna("hsa-miR-124-3p.1").variant == "1"


def test_what_was_read_into_a_spelling_is_said() -> None:
    assert "'has' is read as 'hsa'" in parse_mirna("has-miR-21").note
    assert "hairpin or a mature" in parse_mirna("mir-21").note
    assert "row" in parse_mirna("hsa-miR-486-5p_1").note
    assert "star" in parse_mirna("hsa.miR.21.").note


def test_the_advice_names_what_it_may_be() -> None:
    with pytest.raises(InputError, match="host gene"):
        parse_mirna("MIR17HG")
    with pytest.raises(InputError, match="did you mean 'miR-21-5p'"):
        parse_mirna("21-5p")
    with pytest.raises(InputError, match="two different miRNAs"):
        parse_mirna("hsa-miR-21-5p MIMAT0000069")


def test_an_accession_that_the_table_lacks_stays_an_accession() -> None:
    found = parse_mirna("MIMAT9999999")
    assert (found.number, found.accession, found.written) == ("", "MIMAT9999999", "MIMAT9999999")


def test_an_accession_beside_an_old_name_counts() -> None:
    assert parse_mirna("hsa-miR-378 (MIMAT0000732)").written == "hsa-miR-378a-3p"
    assert parse_mirna("hsa-miR-21|MIMAT0004494").written == "hsa-miR-21-3p"


def _parts(name: MirnaName) -> tuple[object, ...]:
    members = tuple(_parts(member) for member in name.members)
    return (name.species, name.kind, name.prefix, name.number, name.letter, name.copy, name.arm, name.star,
            name.variant, members)  # fmt: skip


NAMES = st.builds(
    lambda species, prefix, number, letter, copy, arm, end: f"{species}{prefix}{number}{letter}{copy}{arm}{end}",
    st.sampled_from(["", "hsa-", "mmu-", "has-", "hsa_", "pre-", "exo-"]),
    st.sampled_from(["miR-", "mir-", "MIR", "MIR-", "let-", "let", "miR", "microRNA ", "lin-", "MIRLET"]),
    st.integers(1, 9999).map(str),
    st.sampled_from(["", "a", "b", "aa", "A", "p"]),
    st.sampled_from(["", "-1", "-2", "1"]),
    st.sampled_from(["", "-5p", "-3p", "_5p", "-3P"]),
    st.sampled_from(["", "*", "_st", "_1", ".1", "-star", " cluster", " family", "/b", "/21-3p"]),
)


@given(NAMES)
def test_parsing_is_idempotent(text: str) -> None:
    if is_mirna(text):
        found = parse_mirna(text)
        again = parse_mirna(found.written)
        assert _parts(again) == _parts(found)
        assert again.written == found.written


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = parse_mirna(text)
    except InputError:
        return
    assert found.written


@given(st.sampled_from(sorted(tables.hairpins())))
def test_every_name_of_the_table_is_read_as_itself(hairpin: str) -> None:
    if hairpin.startswith("mir-"):
        assert parse_mirna(f"hsa-{hairpin}").written == f"hsa-{hairpin}"
    for mature in tables.hairpins()[hairpin]:
        assert parse_mirna(f"hsa-{mature.name}").written == f"hsa-{mature.name}"
        assert parse_mirna(mature.accession).written == f"hsa-{mature.name}"
