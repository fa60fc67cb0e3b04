"""The bibliography: reading `sources.bib`, citing exactly what was used, short names and links.

A strict subset of BibTeX is read: `@type{key, field = {text} or "text" or number, ...}`, braces nested at will, and
comment lines that start with `%`.  Abbreviations (`@string`), joined texts (`#`) and text between entries are refused,
so that a lost brace cannot swallow an entry in silence.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from exocosm.errors import EvidenceError, InputError, Problem, nearest

MAXIMUM_CHARACTERS = 8_000_000
MAXIMUM_DEPTH = 40

_HEAD = re.compile(r"@([A-Za-z]+)\s*\{\s*([A-Za-z0-9][A-Za-z0-9_:.+/-]*)\s*(?=[,}])")
_NOT_READ = re.compile(r"@(?:string|preamble|comment)\b", re.IGNORECASE)
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9_-]*)\s*=\s*")
_NUMBER = re.compile(r"\d+")
_MARK = re.compile(r'\\.|[{}"]', re.DOTALL)
_SPACE = re.compile(r"\s*")
_NEXT_ENTRY = re.compile(r"^\s*@", re.MULTILINE)
_BETWEEN = re.compile(r"(?:\s+|%[^\n]*(?:\n|\Z))*")
_ACCENTS = {"'": "\u0301", "`": "\u0300", '"': "\u0308", "^": "\u0302", "~": "\u0303", "c": "\u0327", "v": "\u030c"}
_ACCENT = re.compile(r"\\(?:(['`\"^~])\s*|([cv])(?:\s+|(?=\{)))\{?\\?([A-Za-z])\}?")


@dataclass(frozen=True)
class Source:
    """One entry of the bibliography; `fields` have lower-case names and texts as written, outer braces removed."""

    key: str
    kind: str
    fields: Mapping[str, str]


class _EntryError(ValueError):
    """What is wrong with one entry, and at which character."""

    def __init__(self, position: int, message: str) -> None:
        super().__init__(message)
        self.position = position


def read_bibliography(path: Path) -> tuple[dict[str, Source], list[Problem]]:
    """The entries of a `.bib` file by key, and every problem found (the readable entries are returned regardless).

    Raises InputError if the file cannot be read at all.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise InputError(f"bibliography {path} cannot be read as UTF-8 text ({problem})") from None
    return parse_bibliography(text, path.name)


def parse_bibliography(text: str, name: str = "sources.bib") -> tuple[dict[str, Source], list[Problem]]:
    """The entries of a BibTeX text by key, and every problem found; see the module for the subset that is read."""
    if len(text) > MAXIMUM_CHARACTERS:
        raise InputError(f"{name}: {len(text)} characters, more than the {MAXIMUM_CHARACTERS} that are read")
    sources: dict[str, Source] = {}
    problems: list[Problem] = []

    def report(position: int, message: str) -> None:
        problems.append(Problem("bibliography", f"{name} line {text.count(chr(10), 0, position) + 1}", message))

    position = _skip_between(text, 0)
    while position < len(text):
        start = position
        try:
            source, position = _entry(text, position)
            if source.key in sources:
                report(start, f"key '{source.key}' is defined twice; keep one entry")
            sources.setdefault(source.key, source)
        except _EntryError as problem:
            report(problem.position, str(problem))
            following = _NEXT_ENTRY.search(text, start + 1)
            position = following.end() - 1 if following else len(text)
        position = _skip_between(text, position)
    return sources, problems


def _skip_between(text: str, position: int) -> int:
    match = _BETWEEN.match(text, position)
    return match.end() if match else position


def _after_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _entry(text: str, start: int) -> tuple[Source, int]:
    other = _NOT_READ.match(text, start)
    if other:
        raise _EntryError(start, f"'{other.group()}' is not read here; write each entry out, comments start with %")
    head = _HEAD.match(text, start)
    if head is None:
        raise _EntryError(start, "expected an entry such as '@article{Morishita2015, author = {...}, ...}'")
    kind, key = head.group(1).lower(), head.group(2)
    fields: dict[str, str] = {}
    position = _after_space(text, head.end())
    while text[position : position + 1] != "}":
        if text[position : position + 1] != ",":
            raise _EntryError(position, f"entry '{key}': expected a comma or the closing brace")
        position = _after_space(text, position + 1)
        if text[position : position + 1] == "}":
            break
        field = _FIELD.match(text, position)
        if field is None:
            raise _EntryError(position, f"entry '{key}': expected 'name = {{text}}' after the comma")
        content, position = _content(text, field.end(), key)
        name = field.group(1).lower()
        if name in fields:
            raise _EntryError(position, f"entry '{key}': field '{name}' is given twice")
        fields[name] = " ".join(content.split())
        position = _after_space(text, position)
    return Source(key, kind, MappingProxyType(fields)), position + 1


def _content(text: str, start: int, key: str) -> tuple[str, int]:
    """The text of one field without its outer braces or quotes, and the position after it."""
    number = _NUMBER.match(text, start)
    if number:
        return number.group(), number.end()
    opening = text[start : start + 1]
    if opening not in {"{", '"'} or not opening:
        raise _EntryError(start, f"entry '{key}': a field is {{text}}, \"text\" or a whole number")
    depth, position = 1 if opening == "{" else 0, start + 1
    while True:
        mark = _MARK.search(text, position)
        if mark is None:
            raise _EntryError(start, f"entry '{key}': a field that begins here never ends")
        position = mark.end()
        if mark.group() == "{":
            depth += 1
        elif mark.group() == "}":
            depth -= 1
            if depth == 0 and opening == "{":
                break
        elif mark.group() == '"' and depth == 0:
            break
        if not 0 <= depth <= MAXIMUM_DEPTH:
            raise _EntryError(mark.start(), f"entry '{key}': braces do not match, or nest deeper than {MAXIMUM_DEPTH}")
    return text[start + 1 : position - 1], position


def cite(keys: Iterable[str], sources: Mapping[str, Source]) -> str:
    """BibTeX text of exactly the entries named, each once, in the order of their keys.

    Raises EvidenceError that names every key the bibliography lacks.
    """
    wanted = sorted(set(keys))
    missing = [key for key in wanted if key not in sources]
    if missing:
        hints = "; ".join(f"'{key}' ({nearest(key, sources)})" for key in missing)
        raise EvidenceError(f"the bibliography has no entry for {hints}")
    return "\n".join(_written(sources[key]) for key in wanted)


def _written(source: Source) -> str:
    lines = [f"@{source.kind}{{{source.key},"]
    lines += [f"  {name} = {{{content}}}," for name, content in source.fields.items()]
    return "\n".join([*lines, "}", ""])


def short(key: str, sources: Mapping[str, Source]) -> str:
    """How a reader names a source: `Kim 2019`, `Kim and Lee 2019`, `Kim et al. 2015`; without author its title."""
    fields = _known(key, sources).fields
    year = fields.get("year", "")
    authors = re.split(r"\s+and\s+", _plain(fields.get("author", ""), braces=True))
    names = [_family(author) for author in authors if author.strip()]
    if not names:
        title = _plain(fields.get("organization", "") or fields.get("title", "") or key)
        names = [title if len(title) <= 60 else title[:57].rstrip() + "..."]
    if len(names) > 2 or (len(names) == 2 and names[1].lower() == "others"):
        who = f"{names[0]} et al."
    else:
        who = " and ".join(names)
    return f"{who} {year}".strip()


def _family(author: str) -> str:
    """The family name of `Family, Given`, `Given Family` or `{A Group}`."""
    author = author.strip()
    if author.startswith("{") and author.endswith("}"):
        return _plain(author)
    if "," in author:
        return _plain(author.split(",", 1)[0])
    return _plain(author).split()[-1] if _plain(author) else ""


def _plain(text: str, braces: bool = False) -> str:
    """BibTeX text as a reader sees it: accents composed, braces dropped (kept on request)."""

    def compose(match: re.Match[str]) -> str:
        return unicodedata.normalize("NFC", match.group(3) + _ACCENTS[match.group(1) or match.group(2)])

    text = _ACCENT.sub(compose, text).replace("\\&", "&").replace("\\%", "%").replace("\\_", "_")
    return text if braces else text.replace("{", "").replace("}", "").strip()


def title(source: Source) -> str:
    """The title of a source as a reader sees it, empty if it has none."""
    return _plain(source.fields.get("title", ""))


def link(key: str, sources: Mapping[str, Source]) -> str:
    """Where the source can be opened: its DOI as a link, else its http(s) address, else an empty text."""
    fields = _known(key, sources).fields
    doi = re.sub(r"^(https?://(dx\.)?doi\.org/|doi:\s*)", "", _plain(fields.get("doi", "")), flags=re.IGNORECASE)
    if re.fullmatch(r"10\.\d{4,9}/[^\s\"<>]+", doi):
        return f"https://doi.org/{doi}"
    address = _plain(fields.get("url", ""))
    # anything but a plain web address could run a script when a report turns it into a link
    return address if re.fullmatch(r"https?://[^\s\"'<>]+", address) else ""


def _known(key: str, sources: Mapping[str, Source]) -> Source:
    if key not in sources:
        raise EvidenceError(f"the bibliography has no entry '{key}' ({nearest(key, sources)})")
    return sources[key]
