"""The lines of a file that a biologist has, whatever its encoding, line ends or compression; no text is refused."""

from __future__ import annotations

import hashlib
import re
import zlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from exocosm.documents.decoded import decoded, joined, lines_of
from exocosm.errors import InputError
from exocosm.files import read_bytes

MAXIMUM_BYTES = 512 * 2**20
_BLOCK = 1 << 20
_LONGEST_QUOTED = 50  # lines that one quoted cell may span

_HINT = re.compile(r"\"?sep=(.)\"?\Z", re.IGNORECASE)  # a first line by which Excel is told the delimiter


@dataclass(frozen=True)
class Text:
    """The lines of a file without their ends.  numbers: the line (from 1) at which each begins.

    said: what was unusual about it, in half sentences.
    """

    name: str
    lines: list[str]
    numbers: list[int] | None
    checksum: str
    said: tuple[str, ...] = ()
    delimiter: str = ""

    def line(self, index: int) -> int:
        """The number (from 1) of the line at an index."""
        return index + 1 if self.numbers is None else self.numbers[index]


def text_of(path: str | Path, limit: int = MAXIMUM_BYTES) -> Text:
    """The text of a file, gzip expanded (within `limit` bytes).

    Errors: InputError if it is missing, too large, empty, a workbook or another binary file.
    """
    source = Path(path)
    content = read_bytes(source, limit)
    checksum = hashlib.sha256(content).hexdigest()
    said = []
    if content.startswith(b"\x1f\x8b"):
        content = _expanded(content, str(path), limit)
        said.append("gzip was expanded")
    text, encoding = decoded(content, partial(_refusal, str(path)))
    del content
    if encoding not in ("utf-8", "ascii"):
        said.append(f"its encoding is {encoding}")
    ends = [name for name, there in _line_ends(text).items() if there]
    if len(ends) > 1:
        said.append(f"its line ends are mixed ({', '.join(ends)})")
    elif ends == ["CR"]:
        said.append("its line ends are those of old Macs (CR)")
    lines = lines_of(text)
    while lines and not lines[-1].strip():
        lines.pop()
    numbers = None
    if '"' in text:
        lines, numbers = joined(lines, _LONGEST_QUOTED)
    if numbers is not None:  # a quote that is never closed would hide every delimiter behind it
        lines = [line.replace('"', "") if line.count('"') % 2 else line for line in lines]
    hint = _HINT.match(lines[0]) if lines else None
    if hint is not None:
        numbers = numbers or list(range(1, len(lines) + 1))
        lines, numbers = lines[1:], numbers[1:]
    if not any(line.strip(' "\t,;') for line in lines):
        raise InputError(f"'{path}' holds nothing but empty cells; export it again")
    return Text(str(path), lines, numbers, checksum, tuple(said), hint[1] if hint is not None else "")


def _expanded(content: bytes, name: str, limit: int) -> bytes:
    """The content of a gzip file, member after member, never more than `limit` bytes."""
    parts: list[bytes] = []
    size = 0
    rest = content
    while rest[:2] == b"\x1f\x8b":
        stream = zlib.decompressobj(wbits=31)
        pending = rest
        while not stream.eof:
            try:
                part = stream.decompress(pending, _BLOCK)
            except zlib.error:
                raise InputError(f"'{name}' is a damaged gzip file; compress or download it again") from None
            size += len(part)
            if size > limit:
                raise InputError(f"'{name}' expands to more than the {limit:,} bytes that a table may have")
            parts.append(part)
            pending = stream.unconsumed_tail
            if not part and not pending and not stream.eof:
                raise InputError(f"'{name}' is a gzip file that was cut off; compress or download it again")
        rest = stream.unused_data
    return b"".join(parts)


def _refusal(name: str, line: int | None, found: str, advice: str) -> InputError:
    where = f"'{name}', line {line}" if line is not None else f"'{name}'"
    return InputError(f"{where}: {found}; {advice}")


def _line_ends(text: str) -> dict[str, bool]:
    pairs = text.count("\r\n")
    return {"CR LF": pairs > 0, "LF": text.count("\n") > pairs, "CR": text.count("\r") > pairs}
