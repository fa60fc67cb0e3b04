"""Names of features: twice, several in one, mangled; and what kind each is."""

from __future__ import annotations

import numpy as np
import pytest

from exocosm.diagnosis.tables.features import kind_of


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("hsa-miR-21-5p", "mirna"), ("hsa-let-7a-5p", "mirna"), ("hsa-mir-21", "precursor"), ("P08962", "protein"),
        ("sp|P08962|CD63_HUMAN", "protein"), ("P08962-2", "protein"), ("ENSG00000135404", "gene"), ("CD63", "gene"),
        ("NM_001780", "gene"), ("Human U6 snRNA", "other"), ("", "other"),
    ],
)  # fmt: skip
def test_kinds_by_the_shape_of_a_name(name, kind) -> None:
    assert kind_of(name) == kind


def test_names_that_stand_twice_are_kept_apart(made, said) -> None:
    rows = list(made.features)
    rows[3] = rows[7] = rows[0]
    data = made.read(made.table(rows=rows))
    assert list(data.values.columns)[::1][0:8:1][3] == f"{rows[0]} (2)" and data.values.columns[7] == f"{rows[0]} (3)"
    assert data.features.loc[f"{rows[0]} (2)", "name"] == rows[0]
    assert rows[0] in said(data, "duplicates")
    assert np.array_equal(data.values.to_numpy(), made.counts.T)


def test_identical_rows_are_told(made, said) -> None:
    values = made.counts
    values[5] = values[9]
    assert "hsa-miR-15-5p = hsa-miR-19-5p" in said(made.read(made.table(values)), "identical")
    values[5] = values[9] = 0
    assert said(made.read(made.table(values)), "identical") == ""


def test_mangled_and_ambiguous_names_are_told(made, said) -> None:
    rows = list(made.features)
    rows[:6] = ["1-Sep", "2.31E+13", "GENE1 /// GENE2", "mmu-miR-21-5p", "hsa-miR-21-5p ", "MIR21"]
    data = made.read(made.table(rows=rows))
    dates = [note for note in data.notes if note.what == "dates"]
    assert [note.names for note in dates] == [("1-Sep",), ("2.31E+13",)] and all(note.serious for note in dates)
    assert "GENE1 /// GENE2" in said(data, "ambiguous") and data.features.loc["GENE1 /// GENE2", "ambiguous"]
    assert "mmu-miR-21-5p and hsa-miR-21-5p" in said(data, "alike")
    assert data.features.loc["mmu-miR-21-5p", "species"] == "mmu"
