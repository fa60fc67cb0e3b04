"""Files as they come: encodings, line ends, delimiters, headers, compression; what is no table is refused in words."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from exocosm.diagnosis.tables.text import text_of
from exocosm.errors import CheckError, ExocosmError, InputError


@pytest.fixture
def plain(made):
    return made.table()


def same(data, made) -> None:
    assert data.samples == list(made.samples)
    assert list(data.values.columns) == list(made.features)
    assert np.array_equal(data.values.to_numpy(), made.counts.T)
    assert data.kind == "counts"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", " "])
def test_delimiters_and_line_ends(made, end, delimiter) -> None:
    same(made.read(made.table(delimiter=delimiter, end=end)), made)


def test_mixed_line_ends_are_told(made, plain, said) -> None:
    data = made.read(plain.replace("\n", "\r\n", 5))
    same(data, made)
    assert "mixed (CR LF, LF)" in said(data, "file")


def test_line_ends_of_old_macs_in_every_file(made, said) -> None:
    data = made.read(made.table(end="\r"), made.labels.replace("\n", "\r"))
    same(data, made)
    assert said(data, "file").count("old Macs") == 2


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"])
def test_encodings(made, plain, encoding) -> None:
    text = plain.replace("miRNA", "miRNA (µ)") if encoding == "latin-1" else plain
    same(made.read(text.encode(encoding)), made)


def test_quotes_comments_and_empty_columns(made, plain) -> None:
    same(made.read("# made on a day\n#by somebody\n" + plain), made)
    same(made.read(plain.replace("\n", ",,,\n")), made)
    quoted = "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in plain.splitlines())
    same(made.read(quoted), made)
    same(made.read("sep=;\n" + plain.replace(",", ";")), made)


def test_header_of_r_is_one_cell_shorter(made, said) -> None:
    text = made.table(delimiter=" ").removeprefix("miRNA ")
    data = made.read(text)
    same(data, made)
    assert "one cell shorter" in said(data, "file")


def test_table_of_gene_pattern_with_titles_and_descriptions(made) -> None:
    lines = made.table(corner="Name", delimiter="\t").splitlines()
    described = [
        line.replace("\t", "\tDescription\t" if place == 0 else "\tnone\t", 1) for place, line in enumerate(lines)
    ]
    same(made.read("#1.2\n30\t12\n" + "\n".join(described)), made)


def test_gzip_is_expanded_and_bounded(made, plain, tmp_path) -> None:
    same(made.read(gzip.compress(plain.encode())), made)
    bomb = made.write("bomb.gz", gzip.compress(b"0" * 5_000_000))
    with pytest.raises(InputError, match="expands to more than"):
        text_of(bomb, 1_000_000)
    with pytest.raises(InputError, match="cut off"):
        made.read(gzip.compress(plain.encode())[:-200])


def test_decimal_commas(made, said) -> None:
    values = made.counts * 1.5 + 0.25
    text = made.table(values, delimiter=";").replace(".", ",")
    data = made.read(text)
    assert np.array_equal(data.values.to_numpy(), values.T)
    assert "one and a half" in said(data, "file")


def test_commas_between_thousands(made, said) -> None:
    values = made.counts * 10_001 + 1000
    grouped = np.array([[f"{number:,}" for number in row] for row in values])
    data = made.read(made.table(grouped, delimiter="\t"))
    assert np.array_equal(data.values.to_numpy(), values.T)
    assert "one thousand" in said(data, "file")


@pytest.mark.parametrize("word", ["", "NA", "NaN", "null", "#N/A", "-", "n/a", "#DIV/0!", "inf"])
def test_words_for_nothing_are_missing(made, word, said) -> None:
    values = made.counts.astype(object)
    values[3, 4] = word
    data = made.read(made.table(values))
    assert np.isnan(data.values.iloc[4, 3]) and data.values.isna().to_numpy().sum() == 1
    assert not data.censored.to_numpy().any()
    assert said(data, "missing").startswith("1 of 360 cells")


def test_words_that_are_no_numbers_are_named_with_their_line(made) -> None:
    values = made.counts.astype(object)
    values[3, 4], values[5, 6] = "12 ng", "1_000"
    with pytest.raises(CheckError) as caught:
        made.read(made.table(values))
    assert "line 5" in str(caught.value) and "'12 ng' stands for hsa-miR-13-5p in CRC_5" in str(caught.value)
    assert "'1_000'" in str(caught.value)


def test_lines_of_the_wrong_length_are_named(made, plain) -> None:
    lines = plain.splitlines()
    lines[4] = lines[4].rsplit(",", 2)[0]
    lines[-1] = lines[-1].rsplit(",", 5)[0]
    with pytest.raises(CheckError) as caught:
        made.read("\n".join(lines))
    assert "line 5: 11 cells where 13" in str(caught.value) and "cut off" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04 rest", "Save as"),
        (b"\xd0\xcf\x11\xe0 rest", "Excel"),
        (b"", "empty"),
        (b"\n\n ,,, \n", "empty"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b"a,b\x00\x01\x02,c\n1,2,3\n", "control character"),
        (b"word\nword\n", "no table"),
        (b"a,b\nc,d\n", "no column of numbers"),
        (b"\xff\xfea", "breaks off"),
    ],
)
def test_what_is_no_table_is_refused_in_words(made, content, words) -> None:
    with pytest.raises(ExocosmError, match=words):
        made.read(content)


def test_points_between_thousands(made, said) -> None:
    values = made.counts * 37
    grouped = np.array([[f"{number:,}".replace(",", ".") for number in row] for row in values])
    data = made.read(made.table(grouped, delimiter=";"))
    assert np.array_equal(data.values.to_numpy(), values.T)
    assert "1.234 is one thousand" in said(data, "file")
    broken = made.table(np.round(values / 1000, 3), delimiter=";")
    assert np.allclose(made.read(broken).values.to_numpy(), values.T / 1000)
