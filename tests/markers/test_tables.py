"""The tables of the markers hold together: names exist, sources are cited, nothing contradicts."""

from __future__ import annotations

import pytest

from exocosm.errors import CheckError, InputError
from exocosm.evidence.catalogue import load_catalogue
from exocosm.evidence.value import STATUSES
from exocosm.markers import tables
from exocosm.markers.mirna_name import parse_mirna
from exocosm.markers.relations import relation_of

SOURCED = (
    "blood_cell_mirnas.csv", "haemolysis_mirnas.csv", "haemolysis_pair.csv", "mirna_clusters.csv",
    "mirna_families.csv", "misev_proteins.csv", "panel_reports.csv", "panels.csv", "renamed_mirnas.csv",
    "withdrawn_mirnas.csv",
)  # fmt: skip


def _rows(table: str) -> list[dict[str, str]]:
    import csv

    with (tables.FOLDER / table).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_every_table_is_examined() -> None:
    assert {path.name for path in tables.FOLDER.glob("*.csv")} == {*SOURCED, "human_mirnas.csv"}


@pytest.mark.parametrize("table", SOURCED)
def test_every_row_has_its_source_or_says_that_it_has_none(table: str) -> None:
    known = load_catalogue().sources
    for number, row in enumerate(_rows(table), 2):
        where = f"{table} line {number}"
        if row["source"]:
            assert row["source"] in known, where
            assert row["locator"], where
            assert row["status"] in ("opened", "carried"), where
        else:
            assert row["status"] in ("assumed", ""), where
        if row["status"] == "assumed":
            assert row["note"], where
        if row.get("reference"):
            assert row["reference"] in known, where
        assert row["status"] in (*STATUSES, "assumed"), where


def test_the_human_mirnas() -> None:
    hairpins = tables.hairpins()
    assert len(hairpins) == 1917  # of miRBase 22
    assert len(tables.mature_of_accession()) == 2656
    for mature in tables.matures().values():
        assert set(mature.sequence) <= set("ACGU")
        assert 15 <= len(mature.sequence) <= 28
        assert mature.name.endswith(mature.arm) or not mature.named_arm


def test_a_product_has_one_name_one_sequence_and_one_arm() -> None:
    found: dict[str, set[tuple[str, str]]] = {}
    for products in tables.hairpins().values():
        assert 1 <= len(products) <= 2
        for one in products:
            found.setdefault(one.accession, set()).add((one.name, one.sequence))
    assert all(len(meant) == 1 for meant in found.values())


def test_members_of_clusters_are_hairpins_and_of_families_products() -> None:
    for group in tables.clusters().values():
        assert set(group.members) <= set(tables.hairpins()), group.name
    for group in tables.families().values():
        assert {member.casefold() for member in group.members} <= set(tables.matures()), group.name


def test_the_cluster_and_the_families_that_the_panels_need() -> None:
    cluster = tables.clusters()["miR-17~92a"]
    assert cluster.members == ("mir-17", "mir-18a", "mir-19a", "mir-20a", "mir-19b-1", "mir-92a-1")
    assert set(tables.families()["miR-200"].members) == {
        "miR-200a-3p", "miR-200b-3p", "miR-200c-3p", "miR-141-3p", "miR-429",
    }  # fmt: skip


def test_families_by_sequence_share_their_seed() -> None:
    for name in ("let-7", "miR-17", "miR-146"):
        seeds = {tables.matures()[member.casefold()].seed for member in tables.families()[name].members}
        assert len(seeds) == 1, name
    seeds = {tables.matures()[member.casefold()].seed for member in tables.families()["miR-200"].members}
    assert seeds == {"AACACUG", "AAUACUG"}


def test_renamed_products_are_those_of_the_new_name() -> None:
    for row in tables.renamed():
        assert tables.mature_of_accession()[row.accession].name == row.new
        assert relation_of(row.old, row.new).relation == "renamed", row.old
        assert row.old.casefold() not in tables.matures(), row.old
        if row.certain:
            assert parse_mirna(row.old).arm, row.old


def test_withdrawn_names_are_not_there() -> None:
    assert not set(tables.withdrawn()) & set(tables.matures())


def test_a_table_with_other_columns_is_refused() -> None:
    with pytest.raises(CheckError, match="expected name, size"):
        tables.rows("haemolysis_pair.csv", ("name", "size"))


def test_a_cell_is_a_number_or_not_given() -> None:
    assert tables.number("0.5", "line 2") == 0.5
    assert tables.number("not given", "line 2") is None
    with pytest.raises(InputError, match=r"line 2: expected a number or 'not given', found 'n\.a\.'"):
        tables.number("n.a.", "line 2")
