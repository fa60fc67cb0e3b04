"""Proteins by the categories of MISEV2018."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.errors import InputError
from exocosm.markers.proteins import CATEGORIES, contaminants, is_gene_symbol, misev_category, misev_proteins


@pytest.mark.parametrize(
    ("gene", "category"),
    [
        ("CD63", 1), ("CD9", 1), ("Cd81", 1), ("ITGB1", 1), ("ITGAV", 1), ("GNAI2", 1), ("TSG101", 2), ("SDCBP", 2),
        ("ANXA11", 2), ("RAB5A", 2), ("RAB27B", 2), ("APOB", 3), ("APOA1", 3), ("ALB", 3), ("UMOD", 3),
        ("HBA1;HBA2", 3), ("CANX", 4), ("H2AC4", 4), ("AGO2", 4), ("COL1A1", 5), ("KRT10", 0),
    ],
)  # fmt: skip
def test_categories(gene: str, category: int) -> None:
    found = misev_category(gene)
    assert found is not None
    assert found.category == category
    assert found.about


@pytest.mark.parametrize(
    "gene", ["MYC", "RABGAP1L", "RAB3GAP1", "COLEC11", "ITGB1BP1", "ANXA", "CD63;CANX", "CD63;MYC"]
)
def test_what_the_table_does_not_name(gene: str) -> None:
    assert misev_category(gene) is None


@pytest.mark.parametrize("gene", ["", ";", "hsa-miR-21", "miR-21", "=CD9", "CD 9", "P12345|x|y z", "1" * 40])
def test_what_is_no_symbol_is_refused(gene: str) -> None:
    with pytest.raises(InputError, match="no gene symbol"):
        misev_category(gene)


def test_contaminants_are_marked() -> None:
    found = {protein.gene for protein in contaminants()}
    assert {"KRT1", "KRT10", "ALB", "APOB", "CANX"} <= found
    assert not found & {"CD9", "CD63", "TSG101"}
    assert all(protein.category in (0, 3, 4) for protein in contaminants())


def test_every_category_is_there() -> None:
    assert {protein.category for protein in misev_proteins().values()} == {0, *CATEGORIES}


@given(st.text(max_size=40))
def test_any_text_is_answered_or_refused(text: str) -> None:
    try:
        found = misev_category(text)
    except InputError:
        return
    assert found is None or found.category in (0, *CATEGORIES)
    assert any(
        is_gene_symbol(part.strip()) for part in text.replace(";", ",").replace("/", ",").replace("|", ",").split(",")
    )
