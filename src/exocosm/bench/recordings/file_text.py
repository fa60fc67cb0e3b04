"""The text of a file that an instrument wrote, whatever its encoding and line ends; what is not text is refused."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from exocosm.bench.recordings.contract import refusal

MAXIMUM_BYTES = 128 * 2**20
_LONGEST_QUOTED = 200  # lines that one quoted cell may span

_BINARY = (
    (b"PK\x03\x04", "an Excel workbook (or another zip archive)", "open it and save the sheet as CSV, or unpack it"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "open it and save the sheet as CSV"),
    (b"%PDF", "a PDF report", "give the CSV or text export of the same measurement"),
    (b"RIFF", "a video", "give the CSV or text export of the same measurement"),
    (b"\x89PNG", "a picture", "give the CSV or text export of the same measurement"),
    (b"\xff\xd8\xff", "a picture", "give the CSV or text export of the same measurement"),
    (b"\x1f\x8b", "a compressed file", "unpack it first"),
    (b"\x89HDF", "an HDF5 file", "export it as CSV"),
    (b"FCS", "a flow cytometry file", "export sizes as CSV and describe their columns by a mapping"),
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is the beginning of this one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LINE_END = re.compile(r"\r*\n|\r")
_HINT = re.compile(r"\A\"?sep=[,;\t|]\"?(?=\r|\n)", re.IGNORECASE)  # a first line by which Excel is told the delimiter
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_EXPORT = "give the CSV or text export of the instrument's program"


@dataclass(frozen=True)
class FileText:
    """The lines of a file without their ends.  numbers: the line (from 1) at which each begins.  ends_whole: whether
    the last line has an end.

    A quoted cell that holds line ends stays within one entry of `lines`.
    """

    name: str
    lines: list[str]
    numbers: list[int] | None = None
    encoding: str = "utf-8"
    ends_whole: bool = True

    @property
    def ending(self) -> tuple[str, ...]:
        """A note if the file may have been cut off within its last number, which nothing else would show."""
        note = "the last line has no line end, as in files that were cut off; its last number may lack digits"
        return () if self.ends_whole else (note,)

    def line(self, index: int) -> int:
        """The number (from 1) of the line at an index."""
        if self.numbers is None:
            return index + 1
        return self.numbers[min(index, len(self.numbers) - 1)]

    @property
    def end(self) -> int:
        """Index behind the last line that is not empty."""
        last = len(self.lines)
        while last and not self.lines[last - 1].strip(' "\t,;\x00'):
            last -= 1
        return last


def file_text(content: bytes, name: str) -> FileText:
    """The lines of a file.  Errors: RecordingError if it is empty, too large, or not text."""
    text, encoding = decoded(content, name)
    lines = _LINE_END.split(text) if "\r" in text else text.split("\n")
    ends_whole = not lines[-1]
    if ends_whole:
        lines.pop()
    numbers = None
    if '"' in text:
        lines = _unwrapped(lines)
    if '"' in text and any(line.count('"') % 2 for line in lines):
        lines, numbers = _joined(lines)
    return FileText(name, lines, numbers, encoding, ends_whole)


def decoded(content: bytes, name: str) -> tuple[str, str]:
    """Text of a file and the name of its encoding: UTF-8, UTF-16 or UTF-32 by its mark, else Windows-1252."""
    if len(content) > MAXIMUM_BYTES:
        advice = "export fewer samples into one file"
        raise refusal(name, None, f"{len(content)} bytes; at most {MAXIMUM_BYTES} are read", advice)
    if not content.strip(b" \t\r\n\x00\x1a\xef\xbb\xbf\xff\xfe"):
        raise refusal(name, None, "the file is empty", "export it again")
    for beginning, what, advice in _BINARY:
        if content.startswith(beginning) and (beginning != b"FCS" or content[3:4].isdigit()):
            raise refusal(name, None, f"this is {what}, not text", advice)
    encoding, mark = next(((kind, mark) for mark, kind in _MARKS if content.startswith(mark)), ("", b""))
    body = content[len(mark) :].rstrip(b"\x1a") if encoding in ("", "utf-8") else content[len(mark) :]
    if not encoding:
        encoding = _guessed(body)
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding == "utf-8" and error.start >= len(body) - 3 and body[error.start] >= 0xC2:
            raise refusal(name, None, "the file ends in the middle of a character: it was cut off", _EXPORT) from None
        if encoding != "utf-8":
            found = f"the {encoding.upper()} text breaks off or is damaged at byte {error.start}"
            raise refusal(name, None, found, _EXPORT) from None
        encoding = "windows-1252"
        # the five bytes without meaning there are control characters in ISO 8859-1
        text = "".join(body[low : low + 65536].decode("cp1252", "ignore") for low in range(0, len(body), 65536))
    strange = _CONTROL.search(text)
    if strange is not None:
        line = len(_LINE_END.findall(text, 0, strange.start())) + 1
        found = f"this is not a text file (a control character, number {ord(strange[0])}, stands in it)"
        raise refusal(name, line, found, _EXPORT)
    return _HINT.sub("", text, count=1), encoding


def _guessed(body: bytes) -> str:
    """UTF-16 without its mark shows as zeros in every other byte."""
    head = body[:400]
    if len(head) >= 4:
        if head[1::2].count(0) > 0.7 * len(head[1::2]) and 0 not in head[0::2]:
            return "utf-16-le"
        if head[0::2].count(0) > 0.7 * len(head[0::2]) and 0 not in head[1::2]:
            return "utf-16-be"
    return "utf-8"


def _unwrapped(lines: list[str]) -> list[str]:
    """Lines without the quotes around them if every line is one quoted cell, as where Excel did not divide them."""
    full = [line for line in lines if line.strip()]
    wrapped = all(line.count('"') == 2 and line[0] == line[-1] == '"' for line in full)
    if wrapped and any(mark in line for line in full for mark in ",;\t"):
        return [line.strip('"') for line in lines]
    return lines


def _joined(lines: list[str]) -> tuple[list[str], list[int]]:
    """Lines with those joined that a quoted cell holds together; a quote that is never closed is a plain character."""
    result: list[str] = []
    numbers: list[int] = []
    index = 0
    while index < len(lines):
        last = index
        if lines[index].count('"') % 2:
            for other in range(index + 1, min(index + _LONGEST_QUOTED, len(lines))):
                if lines[other].count('"') % 2:
                    last = other
                    break
        result.append("\n".join(lines[index : last + 1]))
        numbers.append(index + 1)
        index = last + 1
    return result, numbers
