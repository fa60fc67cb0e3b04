"""The text of a file whatever its encoding and line ends; what is not text is refused in words."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable

from exocosm.errors import ExocosmError

_SAVE_AS = (
    "open it in the spreadsheet, choose the sheet, then 'Save as' > 'CSV UTF-8' or 'Text (tab delimited)'; names that "
    "were turned into dates stay so, therefore look at them first"
)
_EXPORT = "give the CSV or text export of the same data"
_UNPACK = "unpack it, or compress it with gzip"
_BINARY = tuple(
    (re.compile(beginning), what, advice)
    for beginning, what, advice in (
        (rb"PK\x03\x04", "an Excel workbook (or another zip archive)", _SAVE_AS + "; unpack a zip archive"),
        (rb"\xd0\xcf\x11\xe0", "an old Excel workbook", _SAVE_AS),
        (rb"%PDF", "a PDF", _EXPORT),
        (rb"RIFF", "a video", _EXPORT),
        (rb"\x89PNG|\xff\xd8\xff", "a picture", _EXPORT),
        (rb"\x1f\x8b", "a compressed file", "unpack it first"),
        (rb"\x89HDF", "an HDF5 file (h5ad, loom)", "export the numbers as CSV"),
        (rb"RD[AX][23]\n", "an R data file", "write the table with write.csv in R"),
        (rb"BZh", "a bzip2 file", _UNPACK),
        (rb"\xfd7zXZ", "an xz file", _UNPACK),
        (rb"7z\xbc\xaf", "a 7-Zip archive", "unpack it"),
        (rb"Rar!", "a RAR archive", "unpack it"),
        (rb"PAR1", "a Parquet file", "export it as CSV"),
        (rb"SQLite format", "a database", "export the table as CSV"),
        (rb"FCS\d\.\d", "a flow cytometry file", "export the numbers as CSV"),
    )
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is the beginning of this one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LINE_END = re.compile(r"\r*\n|\r")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_CONTROL_BYTES = bytes(number for number in range(0x20) if _CONTROL.match(chr(number)))
_MARKUP = re.compile(r"\s*<(?:!doctype|html|\?xml)", re.IGNORECASE)

Refuse = Callable[[int | None, str, str], ExocosmError]


def decoded(content: bytes, refuse: Refuse) -> tuple[str, str]:
    """Text of a file and the name of its encoding: UTF-8, UTF-16 or UTF-32, else Windows-1252, else Latin-1.

    refuse: makes the error from a line (None: the whole file), what was found there, and what to do; it is raised for
    a file that is empty, binary, damaged, cut off within a character, or a web page.
    """
    if not content.strip(b" \t\r\n\x00\x1a\xef\xbb\xbf\xff\xfe"):
        raise refuse(None, "the file is empty", "export it again")
    for beginning, what, advice in _BINARY:
        if beginning.match(content):
            raise refuse(None, f"this is {what}, not text", advice)
    encoding, mark = next(((kind, mark) for mark, kind in _MARKS if content.startswith(mark)), ("", b""))
    body = content[len(mark) :]
    encoding = encoding or _guessed(body)
    if encoding == "utf-8":
        body = body.rstrip(b"\x1a")  # by which DOS ended a text
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            found = f"the {encoding.upper()} text breaks off or is damaged at byte {error.start}"
            raise refuse(None, found, "export it again") from None
        # one last byte alone, after plain ASCII, may be a letter of Windows-1252 as well; hardly one that begins most
        # characters of Europe in UTF-8
        rest = body[error.start :]
        cut_off = bool(mark) or not body[: error.start].isascii() or len(rest) > 1 or rest[0] in b"\xc2\xc3"
        if cut_off and error.reason == "unexpected end of data":
            found = "the file ends in the middle of a character: it was cut off"
            raise refuse(None, found, "export it again") from None
        encoding = "windows-1252"
        try:
            text = body.decode("cp1252")
        except UnicodeDecodeError:
            encoding, text = "latin-1", body.decode("latin-1")
    # looking at the bytes first is much the faster for a large file that has none
    strange = _CONTROL.search(text) if len(body.translate(None, _CONTROL_BYTES)) < len(body) else None
    if strange is not None:
        line = len(_LINE_END.findall(text, 0, strange.start())) + 1
        found = f"this is not a text file (a control character, number {ord(strange[0])}, stands in it)"
        raise refuse(line, found, _EXPORT)
    if _MARKUP.match(text):
        raise refuse(
            None, "this is a web page or XML, not a table (a download that failed?)", "download or export it again"
        )
    return text, encoding


def lines_of(text: str) -> list[str]:
    """The lines of a text without their ends (LF, CR LF, CR); the last is empty if the text ends with one."""
    return _LINE_END.split(text) if "\r" in text else text.split("\n")


def joined(lines: list[str], longest: int) -> tuple[list[str], list[int] | None]:
    """Lines with those joined that a quoted cell of up to `longest` lines holds together, and where each began.

    The numbers count from 1; None where no line was joined.  A quote that is never closed is a plain character.
    """
    if not any(line.count('"') % 2 for line in lines):
        return lines, None
    result: list[str] = []
    numbers: list[int] = []
    index = 0
    while index < len(lines):
        last = index
        if lines[index].count('"') % 2:
            for other in range(index + 1, min(index + longest, len(lines))):
                if lines[other].count('"') % 2:
                    last = other
                    break
        result.append("\n".join(lines[index : last + 1]))
        numbers.append(index + 1)
        index = last + 1
    return result, numbers


def _guessed(body: bytes) -> str:
    """UTF-16 without its mark shows as zeros in every other byte."""
    head = body[:400]
    if len(head) >= 4:
        if head[1::2].count(0) > 0.7 * len(head[1::2]) and 0 not in head[0::2]:
            return "utf-16-le"
        if head[0::2].count(0) > 0.7 * len(head[0::2]) and 0 not in head[1::2]:
            return "utf-16-be"
    return "utf-8"
