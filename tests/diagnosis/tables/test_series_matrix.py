"""GEO series matrix: table, characteristics, accessions and titles."""

from __future__ import annotations

import numpy as np
import pytest

from exocosm.errors import InputError


def series(made, *, empty: bool = False) -> str:
    accessions = [f"GSM{100 + place}" for place in range(12)]
    quoted = lambda cells: "\t".join(f'"{cell}"' for cell in cells)  # noqa: E731
    lines = [
        '!Series_title\t"Vesicles of plasma"', '!Series_geo_accession\t"GSE1"', "",
        f"!Sample_title\t{quoted(made.samples)}", f"!Sample_geo_accession\t{quoted(accessions)}",
        "!Sample_characteristics_ch1\t" + quoted(f"disease state: {name[:2]}" for name in made.samples),
        "!Sample_characteristics_ch1\t" + quoted(f"age: {50 + place}" if place else "sex: f" for place in range(12)),
        "!series_matrix_table_begin", f'"ID_REF"\t{quoted(accessions)}',
    ]  # fmt: skip
    if not empty:
        values = np.round(np.log2(made.counts + 1.0), 3)
        lines += ["\t".join([f'"{name}"', *map(str, row)]) for name, row in zip(made.features, values, strict=True)]
    return "\n".join([*lines, "!series_matrix_table_end", ""])


def test_table_with_its_own_labels(made) -> None:
    data = made.read(series(made), "", label_column="disease state")
    assert data.kind == "log_expression" and data.samples[0] == "GSM100" and data.title == "Vesicles of plasma"
    assert data.classes == {"CR": 6, "HC": 6}
    assert data.covariates["title"].iloc[0] == "CRC_1" and data.roles["title"] == "identity"
    assert np.isnan(data.covariates["age"].iloc[0]) and data.covariates["age"].iloc[1] == 51
    assert data.covariates["sex"].iloc[0] == "f"


def test_labels_by_title_or_accession(made, said) -> None:
    data = made.read(series(made))
    assert data.classes == {"CRC": 6, "HC": 6} and data.samples[3] == "GSM103"
    assert "by 'title' of" in said(data, "matching")


def test_as_labels_of_another_table(made) -> None:
    data = made.read(made.table(), series(made), label_column="disease state")
    assert data.kind == "counts" and data.classes == {"CR": 6, "HC": 6}


def test_an_empty_table_says_where_the_counts_are(made) -> None:
    with pytest.raises(InputError, match="supplementary file"):
        made.read(series(made, empty=True))
    with pytest.raises(InputError, match="11 samples where 12"):
        made.read(series(made).replace('\t"GSM111"', "", 1))
