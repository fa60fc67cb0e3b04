"""YAML of unknown origin as plain data, with the line of every key: bounded in size and depth, no code, no surprises.

Words such as `no`, `on` or `1e-5` mean what YAML 1.2 says (text, text, a number), not what YAML 1.1 says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from exocosm.errors import CheckError, Problem

MAXIMUM_BYTES = 1_000_000
MAXIMUM_DEPTH = 30
MAXIMUM_NODES = 200_000  # after every alias is expanded
MAXIMUM_NUMBER = 40  # characters

Path = tuple[str | int, ...]

_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_WORDS = {"null": None, "Null": None, "NULL": None, "~": None, "": None, "true": True, "True": True, "TRUE": True,
          "false": False, "False": False, "FALSE": False}  # fmt: skip
_TAGS = {"str", "int", "float", "bool", "null", "map", "seq"}


@dataclass(frozen=True)
class Document:
    """Plain data, and the line (from 1) of the key or item at every path."""

    data: Any
    lines: dict[Path, int]

    def line(self, path: Path) -> int:
        """The line of the nearest known ancestor of a path."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


@dataclass
class _Open:
    """A mapping or list whose end has not been read yet."""

    value: Any
    path: Path
    anchor: str | None
    nodes: int = 1
    key: Any = None
    has_key: bool = False
    keys: dict[Any, int] = field(default_factory=dict)


def read_yaml(text: str, subject: str) -> Document:
    """The data of a YAML text; raises CheckError with line numbers."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAXIMUM_BYTES:
        raise CheckError(subject, [Problem("size", "file", f"{size} bytes; at most {MAXIMUM_BYTES} are read")])
    import yaml

    try:
        return _Reader(subject).read(yaml, text)
    except yaml.YAMLError as problem:
        raise CheckError(subject, [Problem("yaml", *_where_and_what(problem, text))]) from None


def _where_and_what(problem: Exception, text: str) -> tuple[str, str]:
    mark = getattr(problem, "problem_mark", None)
    what = str(getattr(problem, "problem", None) or problem).strip()
    line = mark.line + 1 if mark is not None else 1
    lines = text.splitlines()
    shown = lines[line - 1] if line <= len(lines) else ""
    indentation = shown[: len(shown) - len(shown.lstrip())]
    if "\t" in indentation or "'\\t'" in what:
        what = "a tab stands where YAML wants spaces; indent with spaces only"
    elif "mapping values are not allowed" in what:
        what = "a ': ' stands where it cannot; put text that contains ': ' into quotes"
    return f"line {line}", f"not readable as YAML: {what}" + (f" (at: {shown.strip()[:80]})" if shown.strip() else "")


class _Reader:
    """Builds plain data from parser events without recursion; collects problems."""

    def __init__(self, subject: str) -> None:
        self.subject = subject
        self.problems: list[Problem] = []
        self.lines: dict[Path, int] = {(): 1}
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.stack: list[_Open] = []
        self.documents: list[Any] = []
        self.nodes = 0

    def read(self, yaml: Any, text: str) -> Document:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            line = event.start_mark.line + 1
            if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                self._check_tag(event.tag, line)
                value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
                self._open(value, event.anchor, line)
            elif isinstance(event, yaml.ScalarEvent):
                self._check_tag(event.tag, line)
                plain = event.tag is None and event.implicit[0]
                value = _scalar(event.value) if plain else event.value
                if event.anchor:
                    self.anchors[event.anchor] = (value, 1)
                self._add(value, 1, line)
            elif isinstance(event, yaml.AliasEvent):
                if event.anchor not in self.anchors:
                    self._stop(
                        "yaml",
                        line,
                        f"the alias '*{event.anchor}' stands before (or inside) its anchor '&{event.anchor}'",
                    )
                self._add(*self.anchors[event.anchor], line)
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                closed = self.stack.pop()
                if closed.anchor:
                    self.anchors[closed.anchor] = (closed.value, closed.nodes)
                if self.stack:
                    self.stack[-1].nodes += closed.nodes
        if len(self.documents) > 1:
            self.problems.append(
                Problem("yaml", "file", "more than one document (a line '---'); a study is one document")
            )
        if self.problems:
            raise CheckError(self.subject, self.problems)
        return Document(self.documents[0] if self.documents else None, self.lines)

    def _open(self, value: Any, anchor: str | None, line: int) -> None:
        if len(self.stack) >= MAXIMUM_DEPTH:
            self._stop("size", line, f"nested deeper than {MAXIMUM_DEPTH} levels")
        if self.stack and isinstance(self.stack[-1].value, dict) and not self.stack[-1].has_key:
            self._stop("yaml", line, "a key must be a word, not a mapping or a list")
        path = self._place(value, line)
        self.nodes += 1
        self.stack.append(_Open(value, path, anchor))

    def _add(self, value: Any, nodes: int, line: int) -> None:
        self.nodes += nodes
        if self.nodes > MAXIMUM_NODES:
            self._stop("size", line, f"more than {MAXIMUM_NODES} entries (counting what aliases repeat)")
        if self.stack:
            self.stack[-1].nodes += nodes
            top = self.stack[-1]
            if isinstance(top.value, dict) and not top.has_key:
                self._key(top, value, line)
                return
        self._place(value, line)

    def _key(self, top: _Open, key: Any, line: int) -> None:
        if isinstance(key, dict | list):
            self._stop("yaml", line, "a key must be a word, not a mapping or a list")
        key = key if isinstance(key, str) else _key_text(key)
        if key in top.keys:
            where = f"line {line}, {show_path((*top.path, key))}"
            self.problems.append(
                Problem("duplicate key", where, f"'{key}' already stands in line {top.keys[key]}; keep one")
            )
        top.keys[key] = line
        top.key, top.has_key = key, True
        self.lines[(*top.path, key)] = line

    def _place(self, value: Any, line: int) -> Path:
        if not self.stack:
            self.documents.append(value)
            return ()
        top = self.stack[-1]
        if isinstance(top.value, dict):
            top.value[top.key] = value
            top.has_key = False
            return (*top.path, top.key)
        top.value.append(value)
        path = (*top.path, len(top.value) - 1)
        self.lines[path] = line
        return path

    def _check_tag(self, tag: str | None, line: int) -> None:
        if tag not in (None, "!") and str(tag).removeprefix("tag:yaml.org,2002:") not in _TAGS:
            self.problems.append(
                Problem("yaml", f"line {line}", f"the tag '{str(tag)[:60]}' is not read; write plain values")
            )

    def _stop(self, kind: str, line: int, message: str) -> None:
        raise CheckError(self.subject, [*self.problems, Problem(kind, f"line {line}", message)])


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if len(text) <= MAXIMUM_NUMBER:
        if _INTEGER.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            return float(text)
    return text


def _key_text(key: Any) -> str:
    if key is None:
        return "null"
    return str(key).lower() if isinstance(key, bool) else str(key)


def show_path(path: Path) -> str:
    """`('arms', 'free', 'doses', 0)` -> `arms.free.doses[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text[:200]
