"""A document against its schema: every fault in plain words, with line and path."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from exocosm.documents.safe_yaml import MAXIMUM_BYTES, Document, read_yaml, show_path
from exocosm.errors import CheckError, Problem, nearest
from exocosm.files import read_text

if TYPE_CHECKING:
    from pydantic import BaseModel

Schema = TypeVar("Schema", bound="BaseModel")

_EXPECTED = {
    "string_type": "a text",
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "list_type": "a list such as [a, b]",
    "dict_type": "a mapping such as {name: value}",
    "model_type": "a mapping such as {name: value}",
    "finite_number": "a finite number",
}

_BOUNDS = {
    "greater_than": "more than",
    "greater_than_equal": "at least",
    "less_than": "less than",
    "less_than_equal": "at most",
    "too_short": "at least",
    "too_long": "at most",
}
_BOUND_NAMES = ("gt", "ge", "lt", "le", "min_length", "max_length")
_THINGS = {"too_short": " in the list", "too_long": " in the list"}


VERSION = 1  # of the format of all files


@dataclass(frozen=True)
class Opened:
    """A document as it was read: its text, its data with lines, the folder it stands in, and what it is called."""

    text: str
    document: Document
    folder: Path | None
    what: str
    subject: str


def open_document(source: str | Path, what: str, folder: Path | None = None) -> Opened:
    """The document in a file (a path), or in a text (a string with more than one line).

    what: study, protocol ... for messages.  folder: where its other files stand; the file's own if `source` is a path.
    Raises CheckError for what is no mapping, InputError if the file cannot be read.
    """
    if isinstance(source, str) and "\n" in source:
        text, subject = source, f"the {what}"
    else:
        path = Path(source)
        text, subject = read_text(path, MAXIMUM_BYTES), f"{what} file {path.name}"
        folder = path.resolve().parent if folder is None else folder
    document = read_yaml(text, subject)
    if not isinstance(document.data, dict):
        found = "nothing" if document.data is None else shown(document.data)
        raise CheckError(subject, [Problem("type", "file", f"expected keys such as `exocosm: 1`, found {found}")])
    return Opened(text, document, folder, what, subject)


def check_header(opened: Opened, kinds: Mapping[str, str], default: str = "study") -> str:
    """The kind of the document, one of `kinds` (word -> '' or 'planned'); raises CheckError for version or kind.

    default: what a document without `kind` is.
    """
    document, data = opened.document, opened.document.data
    problems = []
    version = data.get("exocosm")
    if version != VERSION or isinstance(version, bool):
        message = f"this file says version {str(version)[:40]}; this exocosm reads version {VERSION} of the format"
        if version is None:
            message = "the first line must be `exocosm: 1`, the version of the format"
        problems.append(Problem("version", f"line {document.line(('exocosm',))}, exocosm", message))
    kind = data.get("kind", default)
    where = f"line {document.line(('kind',))}, kind"
    if not isinstance(kind, str) or kind not in kinds:
        hint = nearest(kind, kinds) if isinstance(kind, str) else f"known: {', '.join(kinds)}"
        problems.append(Problem("kind", where, f"{shown(kind)} is no kind of {opened.what} file; {hint}"))
    elif kinds[kind] == "planned":
        ready = ", ".join(f"'{word}'" for word, state in kinds.items() if not state)
        problems.append(Problem("kind", where, f"'{kind}' is planned and not in this version; known: {ready}"))
    if problems:
        raise CheckError(opened.subject, problems)
    return str(kind)


def checked(document: Document, schema: type[Schema], subject: str, under: tuple[str | int, ...] = ()) -> Schema:
    """The document, or the part of it at the path `under`, as an object of the schema.

    Raises CheckError with every fault, its line and path.
    """
    from pydantic import ValidationError

    data = document.data
    for part in under:
        data = data[part]
    try:
        return schema.model_validate(data)
    except ValidationError as failure:
        problems = [_problem(error, document, data, schema, under) for error in failure.errors(include_url=False)]
        raise CheckError(subject, list({str(problem): problem for problem in problems}.values())) from None


def _problem(
    error: Mapping[str, Any], document: Document, data: Any, schema: type[BaseModel], under: tuple[str | int, ...]
) -> Problem:
    """One finding of pydantic in plain words, with line and path."""
    inner = _real_path(error["loc"], data)
    path = (*under, *inner)
    kind, found = error["type"], error.get("input")
    if kind == "extra_forbidden":
        name = str(path[-1])
        hint = nearest(name, _keys_at(inner[:-1], schema))
        return Problem("unknown key", _where(document, path), f"'{name}' is not a key here; {hint}")
    if kind == "missing":
        name = str(error["loc"][-1])
        return Problem("missing key", _where(document, path), f"the key '{name}' is missing")
    if kind in _EXPECTED:
        return Problem("type", _where(document, path), f"expected {_EXPECTED[kind]}, found {shown(found)}")
    if kind == "literal_error":
        expected = error["ctx"]["expected"]
        words = expected.replace(" or ", ", ").replace("'", "").split(", ")
        hint = f"; {nearest(found, words)}" if isinstance(found, str) else ""
        return Problem("value", _where(document, path), f"expected {expected}, found {shown(found)}{hint}")
    if kind == "string_pattern_mismatch":
        rule = "letters, digits and _ (names of studies and arms also -), beginning with a letter"
        message = f"{shown(found)} is not a name that can be used here: {rule}"
        if isinstance(found, str) and " " in found:
            message += (
                "; if it belongs to what stands before it: a comma inside { } or [ ] ends a text that has no quotes"
            )
        return Problem("name", _where(document, path), message)
    if kind in _BOUNDS:
        context = error["ctx"]
        bound = next(context[name] for name in _BOUND_NAMES if name in context)
        own = " in the unit of this key" if isinstance(found, str) and bound != 0 else ""
        message = f"expected {_BOUNDS[kind]} {bound:g}{own}{_THINGS.get(kind, '')}, found {shown(found)}"
        return Problem("bound", _where(document, path), message)
    message = str(error["msg"]).removeprefix("Value error, ")
    label = "value" if kind == "value_error" else "bound"
    return Problem(
        label, _where(document, path), message if kind == "value_error" else f"{message}; found {shown(found)}"
    )


def _real_path(location: Iterable[str | int], data: Any) -> tuple[str | int, ...]:
    """The part of pydantic's location that stands in the file (unions and key checks add words of their own)."""
    path: list[str | int] = []
    for part in location:
        inside = (isinstance(data, dict) and part in data) or (
            isinstance(data, list) and isinstance(part, int) and part < len(data)
        )
        if inside:
            data = data[part]
            path.append(part)
    return tuple(path)


def _where(document: Document, path: tuple[str | int, ...]) -> str:
    return f"line {document.line(path)}, {show_path(path) or 'file'}"


def _keys_at(path: tuple[str | int, ...], schema: type[BaseModel]) -> list[str]:
    """The keys that the schema knows at a path."""
    from pydantic import BaseModel

    annotation: Any = schema
    for part in path:
        section = _section_in(annotation, BaseModel)
        if section is not None:
            fields = {field.alias or name: field.annotation for name, field in section.model_fields.items()}
            annotation = fields.get(str(part))
        else:
            annotation = _inner(annotation)
    section = _section_in(annotation, BaseModel)
    return [field.alias or name for name, field in section.model_fields.items()] if section is not None else []


def _section_in(annotation: Any, base: type[BaseModel]) -> type[BaseModel] | None:
    """The section class in an annotation such as `Section | None` or `Annotated[Section, ...]`; None for containers."""
    if isinstance(annotation, type) and issubclass(annotation, base):
        return annotation
    if typing.get_origin(annotation) in (list, dict):
        return None
    for argument in typing.get_args(annotation):
        found = _section_in(argument, base)
        if found is not None:
            return found
    return None


def _inner(annotation: Any) -> Any:
    """What a list or mapping annotation contains."""
    if typing.get_origin(annotation) in (list, dict):
        return typing.get_args(annotation)[-1]
    for argument in typing.get_args(annotation):
        found = _inner(argument)
        if found is not None:
            return found
    return None


def shown(value: Any) -> str:
    """A value as messages show it."""
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return f"a {'mapping' if isinstance(value, dict) else 'list'} of {len(value)}"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    text = text if len(text) <= 80 else f"{text[:80]}..."
    return f"the text '{text}'" if isinstance(value, str) else f"the number {text}"
