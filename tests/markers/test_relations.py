"""How names relate, and that two are never taken for one unless they are the same product."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.errors import InputError
from exocosm.markers import tables
from exocosm.markers.mirna_name import is_mirna, parse_mirna
from exocosm.markers.relating import RELATIONS
from exocosm.markers.relations import relation_of, resolve

PAIRS = [
    ("miR-21-5p", "hsa-miR-21-5p", "same", True),
    ("MIMAT0000076", "hsa-miR-21-5p", "same", True),
    ("miR-451a-5p", "hsa-miR-451a", "same", True),
    ("hsa-miR-21", "miR-21", "same", True),
    ("hsa-mir-21", "MIR21", "same", True),
    ("miR-17-92", "miR-17~92a cluster", "same", True),
    ("hsa-miR-199a-3p", "hsa-miR-199b-3p", "same sequence", True),
    ("hsa-miR-199a-3p/hsa-miR-199b-3p", "hsa-miR-199a-3p", "same sequence", True),
    ("hsa-miR-199a-3p/hsa-miR-199b-3p", "miR-199a/b-3p", "same", True),
    ("miR-3591-5p", "hsa-miR-122b-5p", "renamed", True),
    ("miR-320a", "hsa-miR-320a-3p", "renamed", False),
    ("miR-451", "hsa-miR-451a", "renamed", False),
    ("miR-151-5p", "hsa-miR-151a-5p", "renamed", False),
    ("miR-124-3p", "hsa-miR-124-3p.1", "isoform", False),
    ("miR-15a-5p/16-5p", "hsa-miR-16-5p", "one of several", False),
    ("miR-21", "hsa-miR-21-5p", "arm not given", False),
    ("miR-16", "hsa-miR-16-1-3p", "arm not given", False),
    ("miR-92a-1-5p", "miR-92a-2-5p", "copy", False),
    ("mmu-miR-92a-1-5p", "mmu-miR-92a-2-5p", "copy", False),
    ("hsa-mir-1302-1", "hsa-mir-1302-2", "copy", False),
    ("hsa-mir-1302", "hsa-mir-1302-2", "copy", False),
    ("miR-21-5p", "hsa-mir-21", "precursor", False),
    ("miR-451a", "hsa-mir-451a", "precursor", False),
    ("miR-146", "hsa-miR-146a-5p", "letter not given", False),
    ("miR-320", "hsa-miR-320a-3p", "letter not given", False),
    ("miR-451", "hsa-mir-451a", "letter not given", False),
    ("miR-21-5p", "hsa-miR-21-3p", "other arm", False),
    ("miR-21", "miR-21*", "other arm", False),
    ("miR-17-92a cluster", "hsa-miR-20a-5p", "cluster member", False),
    ("miR-92a-3p", "miR-17-92", "cluster member", False),
    ("miR-200 family", "hsa-miR-429", "family member", False),
    ("miR-200a", "miR-200c", "family member", False),
    ("miR-17-5p", "hsa-miR-106a-5p", "family member", False),
    ("hsa-miR-21-5p", "mmu-miR-21a-5p", "other species", False),
    ("miR-16-5p", "mmu-miR-16-5p", "other species", False),
    ("miR-21", "miR-22", "different", False),
    ("miR-146a-5p", "miR-146b-3p", "different", False),
    ("miR-17-92 cluster", "hsa-miR-21-5p", "different", False),
    ("miR-17-92 cluster", "miR-106b-25 cluster", "different", False),
    ("miR-17 family", "miR-17-92 cluster", "different", False),
    ("MIMAT9999999", "hsa-miR-21-5p", "different", False),
]


@pytest.mark.parametrize(("asked", "found", "relation", "same"), PAIRS)
def test_relations_of_real_names(asked: str, found: str, relation: str, same: bool) -> None:
    match = relation_of(asked, found)
    assert (match.relation, match.same) == (relation, same)
    assert match.sentence


@pytest.mark.parametrize(("asked", "found", "relation", "same"), PAIRS)
def test_relations_are_symmetric(asked: str, found: str, relation: str, same: bool) -> None:
    match = relation_of(found, asked)
    assert (match.relation, match.same) == (relation, same)


def test_every_relation_is_met() -> None:
    assert {relation for _, _, relation, _ in PAIRS} == set(RELATIONS)


MATURES = {mature.name: mature for mature in tables.matures().values()}
MATURE = st.sampled_from(sorted(MATURES))


def _written(name: str, style: str) -> str:
    return {"plain": name, "human": f"hsa-{name}", "dots": f"hsa-{name}".replace("-", "."),
            "low": f"hsa_{name}".replace("-", "_"), "accession": MATURES[name].accession}[style]  # fmt: skip


STYLE = st.sampled_from(["plain", "human", "dots", "low", "accession"])


@given(MATURE, MATURE, STYLE, STYLE)
def test_same_means_the_same_sequence(one: str, other: str, style: str, other_style: str) -> None:
    match = relation_of(_written(one, style), _written(other, other_style))
    assert match.same == (MATURES[one].sequence == MATURES[other].sequence)
    back = relation_of(_written(other, other_style), _written(one, style))
    assert (back.relation, back.same) == (match.relation, match.same)


SLOPPY = st.builds(
    lambda species, prefix, number, letter, copy, end: f"{species}{prefix}{number}{letter}{copy}{end}",
    st.sampled_from(["", "hsa-", "mmu-"]),
    st.sampled_from(["miR-", "mir-", "MIR", "let-"]),
    st.sampled_from(["7", "16", "17", "21", "92", "146", "199", "200", "375", "451"]),
    st.sampled_from(["", "a", "b"]),
    st.sampled_from(["", "-1", "-2"]),
    st.sampled_from(["", "-5p", "-3p", "*", "-3p.1", " family", " cluster", "/b-3p"]),
).filter(is_mirna)


@given(SLOPPY, SLOPPY)
def test_sloppy_names_relate_the_same_both_ways(one: str, other: str) -> None:
    there, back = relation_of(one, other), relation_of(other, one)
    assert (there.relation, there.same) == (back.relation, back.same)
    assert relation_of(one, one).same


def test_products_of_copies_are_the_same_only_if_their_sequence_is() -> None:
    for hairpins in tables.hairpins_of_stem().values():
        names = {one.name for hairpin in hairpins for one in tables.hairpins()[hairpin]}
        for one in names:
            for other in names:
                assert relation_of(one, other).same == (MATURES[one].sequence == MATURES[other].sequence), (one, other)


@given(MATURE, st.lists(MATURE, max_size=12), STYLE)
def test_never_another_product_is_chosen(asked: str, among: list[str], style: str) -> None:
    found = resolve(_written(asked, style), [f"hsa-{name}" for name in among])
    if found.chosen is not None:
        assert found.verdict == "found"
        assert MATURES[found.chosen.removeprefix("hsa-")].sequence == MATURES[asked].sequence
    if among.count(asked) == 1:
        assert found.chosen == f"hsa-{asked}"
    if among.count(asked) > 1:
        assert found.verdict == "ambiguous"


@given(MATURE, st.lists(MATURE, max_size=12))
def test_a_name_cut_short_is_never_chosen(asked: str, among: list[str]) -> None:
    short = asked.removesuffix("-5p").removesuffix("-3p").rstrip("abcdefghijklmnopqrstuvwxyz")
    if short == asked or parse_mirna(short).copy or short.casefold() in tables.matures():
        return
    names = [f"hsa-{name}" for name in among if name.casefold() != short.casefold()]
    assert resolve(short, names).chosen is None
    assert resolve(f"hsa-{short}", names).chosen is None


@given(st.lists(MATURE, max_size=8), MATURE)
def test_hairpins_are_never_taken_for_their_products(among: list[str], asked: str) -> None:
    hairpins = [f"hsa-{hairpin}" for name in among for hairpin in MATURES[name].hairpins]
    if parse_mirna(asked).prefix != "let":  # the names of let-7 do not tell hairpin and product apart
        assert resolve(asked, [name for name in hairpins if "-let-" not in name]).chosen is None


def test_a_name_without_arm_says_what_it_may_be() -> None:
    found = resolve("miR-21", ["hsa-miR-21-5p", "hsa-miR-21-3p", "hsa-miR-22-3p", "GAPDH"])
    assert (found.chosen, found.verdict) == (None, "ambiguous")
    assert [match.found for match in found.candidates] == ["hsa-miR-21-5p", "hsa-miR-21-3p"]
    assert "does not say which arm" in found.sentence


def test_an_old_name_says_what_it_was() -> None:
    found = resolve("miR-375", ["hsa-miR-375-5p", "hsa-miR-375-3p"])
    assert found.chosen is None
    assert found.candidates[0].found == "hsa-miR-375-3p"
    assert "up to release 21" in found.sentence


def test_a_single_candidate_is_still_not_chosen() -> None:
    assert resolve("miR-21", ["hsa-miR-21-5p"]).chosen is None
    assert resolve("miR-146", ["hsa-miR-146a-5p"]).chosen is None
    assert resolve("miR-17-92 cluster", ["hsa-miR-17-5p"]).chosen is None


def test_the_same_column_twice_is_ambiguous() -> None:
    found = resolve("miR-21-5p", ["hsa-miR-21-5p", "MIMAT0000076"])
    assert (found.chosen, found.verdict) == (None, "ambiguous")
    assert "stands 2 times" in found.sentence


def test_of_two_names_of_one_sequence_the_own_is_chosen() -> None:
    assert resolve("hsa-miR-199a-3p", ["hsa-miR-199b-3p", "hsa-miR-199a-3p"]).chosen == "hsa-miR-199a-3p"
    assert resolve("hsa-miR-199a-3p", ["hsa-miR-199b-3p"]).chosen == "hsa-miR-199b-3p"


def test_what_is_missing_is_missing() -> None:
    found = resolve("miR-21-5p", ["hsa-miR-22-3p", "ACTB"])
    assert (found.chosen, found.verdict, found.candidates) == (None, "missing", ())


def test_a_caller_may_accept_less_and_is_told() -> None:
    names = ["hsa-mir-451a", "hsa-mir-21"]
    assert resolve("miR-451a", names).chosen is None
    found = resolve("miR-451a", names, accept=("renamed", "precursor"))
    assert found.chosen == "hsa-mir-451a"
    assert found.sentence.startswith("taken although it is not the same (precursor)")
    assert found.with_relation("precursor")[0].found == "hsa-mir-451a"


def test_two_that_are_accepted_are_ambiguous() -> None:
    found = resolve("miR-16-5p", ["hsa-mir-16-1", "hsa-mir-16-2"], accept=("precursor",))
    assert (found.chosen, found.verdict) == (None, "ambiguous")


def test_a_relation_that_does_not_exist_cannot_be_accepted() -> None:
    with pytest.raises(InputError, match="did you mean 'precursor'"):
        resolve("miR-21", [], accept=("precurser",))
    with pytest.raises(InputError, match="no relation 'different'"):
        resolve("miR-21", [], accept=("different",))


def test_withdrawn_names_are_told() -> None:
    assert "tRNA" in resolve("hsa-miR-1274b", ["hsa-miR-21-5p"]).sentence
    assert "no more in miRBase 22" in relation_of("miR-1273a", "miR-1273a").sentence


def test_the_members_of_a_cluster_are_named() -> None:
    found = resolve("miR-17-92a cluster", ["hsa-miR-17-5p", "hsa-miR-21-5p", "hsa-miR-19a-3p"])
    assert found.verdict == "ambiguous"
    assert [match.found for match in found.candidates] == ["hsa-miR-17-5p", "hsa-miR-19a-3p"]
    assert "6 miRNAs" in found.sentence
