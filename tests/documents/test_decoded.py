"""Text of files in every encoding; what is not text is refused with the line and what to do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.documents.decoded import decoded, joined, lines_of
from exocosm.errors import InputError

CELLS = "sample,Größe,µm\nA,1,2\n"


def refuse(line: int | None, found: str, advice: str) -> InputError:
    return InputError(f"{line}: {found}; {advice}")


@pytest.mark.parametrize(
    ("encoding", "told"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16-le"), ("utf-16-le", "utf-16-le"),
     ("utf-16-be", "utf-16-be"), ("utf-32", "utf-32-le"), ("cp1252", "windows-1252")],
)  # fmt: skip
def test_every_encoding_gives_the_same_text(encoding: str, told: str) -> None:
    assert decoded(CELLS.encode(encoding), refuse) == (CELLS, told)


def test_bytes_that_windows_1252_does_not_know_are_kept() -> None:
    assert decoded(b"caf\xe9\x81,1\n", refuse) == ("caf\xe9\x81,1\n", "latin-1")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x00 \x1a\n", "None: the file is empty"),
        (b"PK\x03\x04 rest", "an Excel workbook"),
        (b"RDX3\nX", "an R data file"),
        (b"FCS3.1   ", "flow cytometry"),
        (b"\x1f\x8b\x08", "compressed"),
        (b"a,b\r\n1,\x002\n", "2: this is not a text file"),
        (b"  <!DOCTYPE html><p>", "web page"),
        (CELLS.encode("utf-16")[:-1], "breaks off"),
        (CELLS.encode()[: CELLS.encode().index(b"\xb5")], "middle of a character"),
        ("Gr\xf6".encode()[:-1], "middle of a character"),
    ],
)
def test_what_is_no_text_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        decoded(content, refuse)


@pytest.mark.parametrize("content", [b"FCS3,b\n1,2\n", b"RDX,b\n1,2\n", b"name,caf\xe9", b"name,caf\xe9\n"])
def test_tables_that_only_look_like_something_else_are_read(content: bytes) -> None:
    assert decoded(content, refuse)[0] == content.decode("cp1252")


@given(st.lists(st.text("ab,;", max_size=5)), st.sampled_from(["\n", "\r\n", "\r", "\r\r\n"]))
def test_lines_are_the_same_whatever_ends_them(lines: list[str], end: str) -> None:
    assert lines_of(end.join(lines)) == (lines or [""])


def test_a_quoted_cell_holds_lines_together_and_a_lone_quote_does_not() -> None:
    assert joined(["a", 'b "c', 'd" e', "f"], 9) == (["a", 'b "c\nd" e', "f"], [1, 2, 4])
    assert joined(["a", 'b "c', "d", 'e"'], 2) == (["a", 'b "c', "d", 'e"'], [1, 2, 3, 4])
    assert joined(["a", '"b"'], 9) == (["a", '"b"'], None)
