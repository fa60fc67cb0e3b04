"""The text of a file that an instrument wrote, whatever its encoding and line ends; what is not text is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial

from exocosm.bench.recordings.contract import refusal
from exocosm.documents.decoded import decoded, joined, lines_of

MAXIMUM_BYTES = 128 * 2**20
_LONGEST_QUOTED = 200  # lines that one quoted cell may span

_HINT = re.compile(r"\A\"?sep=[,;\t|]\"?(?=\r|\n)", re.IGNORECASE)  # a first line by which Excel is told the delimiter


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
    text, encoding = text_of_content(content, name)
    lines = lines_of(text)
    ends_whole = not lines[-1]
    if ends_whole:
        lines.pop()
    numbers = None
    if '"' in text:
        lines, numbers = joined(_unwrapped(lines), _LONGEST_QUOTED)
    return FileText(name, lines, numbers, encoding, ends_whole)


def text_of_content(content: bytes, name: str) -> tuple[str, str]:
    """Text of a file, less Excel's line about delimiters, and the name of its encoding.  Errors: as `file_text`."""
    if len(content) > MAXIMUM_BYTES:
        advice = "export fewer samples into one file"
        raise refusal(name, None, f"{len(content)} bytes; at most {MAXIMUM_BYTES} are read", advice)
    text, encoding = decoded(content, partial(refusal, name))
    return _HINT.sub("", text, count=1), encoding


def _unwrapped(lines: list[str]) -> list[str]:
    """Lines without the quotes around them if every line is one quoted cell, as where Excel did not divide them."""
    full = [line for line in lines if line.strip()]
    wrapped = all(line.count('"') == 2 and line[0] == line[-1] == '"' for line in full)
    if wrapped and any(mark in line for line in full for mark in ",;\t"):
        return [line.strip('"') for line in lines]
    return lines
