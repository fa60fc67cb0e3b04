"""The lines of a file that a biologist has, whatever its encoding, line ends or compression; no text is refused."""

from __future__ import annotations

import codecs
import hashlib
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from exocosm.errors import InputError
from exocosm.files import read_bytes

MAXIMUM_BYTES = 512 * 2**20
_BLOCK = 1 << 20
_LONGEST_QUOTED = 50  # lines that one quoted cell may span

_SAVE_AS_CSV = (
    "open it in the spreadsheet, choose the sheet, then 'Save as' > 'CSV UTF-8' or 'Text (tab delimited)'; "
    "gene names that were turned into dates stay so, therefore look at them first"
)
_BINARY = (
    (b"PK\x03\x04", "an Excel workbook (or another zip archive)", _SAVE_AS_CSV + "; unpack a zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", _SAVE_AS_CSV),
    (b"%PDF", "a PDF", "give the table as CSV or tab-separated text"),
    (b"\x89PNG", "a picture", "give the table as CSV or tab-separated text"),
    (b"\xff\xd8\xff", "a picture", "give the table as CSV or tab-separated text"),
    (b"\x89HDF", "an HDF5 file (h5ad, loom)", "export the matrix as CSV"),
    (b"RDX", "an R data file", "write the matrix with write.csv in R"),
    (b"RDA", "an R data file", "write the matrix with write.csv in R"),
    (b"BZh", "a bzip2 file", "unpack it, or compress it with gzip"),
    (b"\xfd7zXZ", "an xz file", "unpack it, or compress it with gzip"),
    (b"7z\xbc\xaf", "a 7-Zip archive", "unpack it"),
    (b"Rar!", "a RAR archive", "unpack it"),
    (b"PAR1", "a Parquet file", "export it as CSV"),
    (b"SQLite format", "a database", "export the table as CSV"),
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark is the beginning of this one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c\x1f]")
_CONTROL_BYTES = bytes(number for number in range(0x20) if _CONTROL.match(chr(number)))
_MARKUP = re.compile(r"\s*<(?:!doctype|html|\?xml)", re.IGNORECASE)
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
    text, encoding = _decoded(content, str(path))
    del content
    if encoding not in ("utf-8", "ascii"):
        said.append(f"its encoding is {encoding}")
    ends = [name for name, there in _line_ends(text).items() if there]
    if len(ends) > 1:
        said.append(f"its line ends are mixed ({', '.join(ends)})")
    elif ends == ["CR"]:
        said.append("its line ends are those of old Macs (CR)")
    if "\r" in text:
        text = re.sub(r"\r+\n|\r", "\n", text)
    lines = text.split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    numbers = None
    if '"' in text and any(line.count('"') % 2 for line in lines):
        lines, numbers = _joined(lines)
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


def _decoded(content: bytes, name: str) -> tuple[str, str]:
    if not content.strip(b" \t\r\n\x00\x1a\xef\xbb\xbf\xff\xfe"):
        raise InputError(f"'{name}' is empty; export it again")
    for beginning, what, advice in _BINARY:
        if content.startswith(beginning):
            raise InputError(f"'{name}' is {what}, not text; {advice}")
    encoding, mark = next(((kind, mark) for mark, kind in _MARKS if content.startswith(mark)), ("", b""))
    body = content[len(mark) :]
    encoding = encoding or _guessed(body)
    if encoding == "utf-8":
        body = body.rstrip(b"\x1a")
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            raise InputError(
                f"'{name}': the {encoding.upper()} text breaks off or is damaged at byte {error.start}; export it again"
            ) from None
        encoding = "windows-1252"
        try:
            text = body.decode("cp1252")
        except UnicodeDecodeError:
            encoding, text = "latin-1", body.decode("latin-1")
    # looking at the bytes first is much the faster for a large table that has none
    strange = _CONTROL.search(text) if len(body.translate(None, _CONTROL_BYTES)) < len(body) else None
    if strange is not None:
        line = len(re.findall(r"\r*\n|\r", text[: strange.start()])) + 1
        raise InputError(
            f"'{name}', line {line}: a control character (number {ord(strange[0])}) stands here, so this is no text "
            "file; export the table as CSV or tab-separated text"
        )
    if _MARKUP.match(text):
        raise InputError(
            f"'{name}' is a web page or XML, not a table (a download that failed?); download the file again"
        )
    return text, encoding


def _guessed(body: bytes) -> str:
    """UTF-16 without its mark shows as zeros in every other byte."""
    head = body[:400]
    if len(head) >= 4:
        if head[1::2].count(0) > 0.7 * len(head[1::2]) and 0 not in head[0::2]:
            return "utf-16-le"
        if head[0::2].count(0) > 0.7 * len(head[0::2]) and 0 not in head[1::2]:
            return "utf-16-be"
    return "utf-8"


def _line_ends(text: str) -> dict[str, bool]:
    pairs = text.count("\r\n")
    return {"CR LF": pairs > 0, "LF": text.count("\n") > pairs, "CR": text.count("\r") > pairs}


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
        joined = "\n".join(lines[index : last + 1])
        result.append(joined.replace('"', "") if joined.count('"') % 2 else joined)
        numbers.append(index + 1)
        index = last + 1
    return result, numbers
