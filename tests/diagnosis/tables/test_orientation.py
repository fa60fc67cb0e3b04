"""Samples in rows or in columns: the names of labelled samples decide, the names of features confirm."""

from __future__ import annotations

import numpy as np
import pytest

from exocosm.errors import InputError


def test_both_ways_give_the_same(made, said) -> None:
    down, across = made.read(made.table()), made.read(made.in_rows())
    assert down.values.equals(across.values)
    assert "columns (recognised): 12 of 12 columns and 0 of 30 rows" in said(down, "orientation")
    assert "rows (recognised): 0 of 30 columns and 12 of 12 rows" in said(across, "orientation")


def test_without_labels_the_names_of_features_tell(made) -> None:
    assert made.read(made.table(), "by-name").values.equals(made.read(made.in_rows(), "by-name").values)


def test_a_contradiction_names_both_counts(made) -> None:
    with pytest.raises(InputError, match="12 of 12 columns and 0 of 30 rows"):
        made.read(made.table(), samples_in="rows")
    names = "id,group\n" + "".join(f"{name},{'ab'[place % 2]}\n" for place, name in enumerate(made.features))
    with pytest.raises(InputError, match=r"30 of 30 rows .*0% of the columns and 100% of the rows"):
        made.read(made.table(), names)


def test_asked_orientation_is_followed_where_names_do_not_speak_against_it(made) -> None:
    rows = tuple(f"x{number}" for number in range(30))
    data = made.read(made.table(rows=rows, corner=""), "by-name", samples_in="columns")
    assert data.values.shape == (12, 30)
    with pytest.raises(InputError, match="say which by samples_in"):
        made.read(made.table(rows=rows, corner="x"), "by-name")


def test_the_corner_of_the_table_is_the_last_hint(made) -> None:
    rows = tuple(f"x{number}" for number in range(30))
    assert made.read(made.table(rows=rows, corner="probe"), "by-name").values.shape == (12, 30)


def test_words_in_a_table_of_rows_are_about_samples(made) -> None:
    ages = list(range(50, 62))
    groups = ["a", "b"] * 6
    data = made.read(made.in_rows(("class", groups), ("Age", ages)), "", label_column="class")
    assert list(data.labels) == groups
    assert list(data.covariates["Age"]) == ages
    assert list(data.values.columns) == list(made.features)


def test_a_row_of_words_is_about_samples(made) -> None:
    groups = ["a", "b"] * 6
    text = made.table([groups, *made.counts.tolist()], rows=("Class", *made.features))
    data = made.read(text, "")
    assert list(data.labels) == groups and data.values.shape == (12, 30)


def test_columns_about_features_are_kept_apart(made, said) -> None:
    columns = ("Chr", "Length", *(f"/data/run 1/{name}.sorted.bam" for name in made.samples))
    values = [["chr1", 22, *row] for row in made.counts.tolist()]
    data = made.read("# Program:featureCounts\n" + made.table(values, columns=columns, corner="Geneid", delimiter="\t"))
    assert np.array_equal(data.values.to_numpy(), made.counts.T)
    assert "Length" in said(data, "columns") and list(data.features["Chr"]) == ["chr1"] * 30
    assert "file endings" in said(data, "matching")


def test_an_index_before_the_names_is_no_name(made) -> None:
    lines = made.table().splitlines()
    numbered = ["," + lines[0], *(f"{place},{line}" for place, line in enumerate(lines[1:]))]
    data = made.read("\n".join(numbered))
    assert list(data.values.columns) == list(made.features)


def test_the_column_with_names_can_be_chosen(made) -> None:
    values = [[f"MIMAT{place:07d}", *row] for place, row in enumerate(made.counts.tolist())]
    text = made.table(values, columns=("accession", *made.samples))
    assert list(made.read(text).values.columns) == list(made.features)
    assert made.read(text, feature_column="Accession").values.columns[0] == "MIMAT0000000"
    with pytest.raises(InputError, match="did you mean 'accession'"):
        made.read(text, feature_column="acession")


def test_samples_that_stand_twice_are_refused(made) -> None:
    columns = (*made.samples[:-1], made.samples[0])
    with pytest.raises(InputError, match=r"several columns\s+\(CRC_1\)"):
        made.read(made.table(columns=columns))


def test_one_measurement_per_line_is_told_to_be_pivoted(made) -> None:
    lines = ["Sample,Target,Ct"]
    lines += [
        f"{one},{other},{20 + number / 7:.2f}" for one in made.samples for number, other in enumerate(made.features)
    ]
    with pytest.raises(InputError, match="pivot"):
        made.read("\n".join(lines))


def test_rows_without_names_are_numbered(made) -> None:
    header, *lines = [line.split(",", 1)[1] for line in made.in_rows(("target", [0, 1] * 6)).splitlines()]
    data = made.read("\n".join([header, *lines]), "", label_column="target")
    assert data.classes == {"0": 6, "1": 6} and data.values.shape == (12, 30) and data.samples[0] == "1"
