"""A study file from disk or text: read safely, checked wholly, all problems at once."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exocosm.errors import CheckError, InputError, Problem, nearest
from exocosm.files import inside, read_text
from exocosm.study.safe_yaml import MAXIMUM_BYTES, Document, read_yaml, show_path

if TYPE_CHECKING:
    from pydantic import BaseModel

    from exocosm.study.schema import StudyFile

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


@dataclass(frozen=True)
class Study:
    """A checked study file: its sections, its text, and the folder in which its other files stand."""

    file: StudyFile
    text: str
    folder: Path | None
    document: Document

    @property
    def name(self) -> str:
        """The name of the study."""
        return self.file.name

    def where(self, *path: str | int) -> str:
        """`line 12, arms.free` for messages."""
        return f"line {self.document.line(path)}, {show_path(path)}"


def load(source: str | Path, folder: Path | None = None) -> Study:
    """The study in a file (a path), or in a text (a string with more than one line).

    folder: where other files of the study stand; the file's own folder if `source` is a path.
    Raises CheckError with every problem, its line and path, or InputError if the file cannot be read.
    """
    if isinstance(source, str) and "\n" in source:
        text, subject = source, "the study"
    else:
        path = Path(source)
        text, subject = read_text(path, MAXIMUM_BYTES), f"study file {path.name}"
        folder = path.resolve().parent if folder is None else folder
    document = read_yaml(text, subject)
    data = document.data
    if not isinstance(data, dict):
        found = "nothing" if data is None else _shown(data)
        raise CheckError(subject, [Problem("type", "file", f"expected keys such as `exocosm: 1`, found {found}")])
    _check_kind(data, document, subject)
    from pydantic import ValidationError

    from exocosm.study.schema import StudyFile

    try:
        file = StudyFile.model_validate(data)
    except ValidationError as failure:
        problems = [_problem(error, document) for error in failure.errors(include_url=False)]
        raise CheckError(subject, list({str(problem): problem for problem in problems}.values())) from None
    study = Study(file, text, folder, document)
    problems = list(_sizes(study)) + list(_named(study))
    if problems:
        raise CheckError(subject, problems)
    return study


def file_beside(study: Study, name: str) -> Path:
    """The path of a file that a study names; raises InputError if it lies outside the study's folder."""
    if study.folder is None:
        raise InputError(f"the file '{name}' cannot be found: the study was given as text, without a folder")
    return inside(study.folder, name)


def _check_kind(data: Mapping[str, Any], document: Document, subject: str) -> None:
    from exocosm.study.schema import KINDS, VERSION

    problems = []
    version = data.get("exocosm")
    if version != VERSION or isinstance(version, bool):
        message = f"this file says version {str(version)[:40]}; this exocosm reads version {VERSION} of the format"
        if version is None:
            message = "the first line must be `exocosm: 1`, the version of the format"
        problems.append(Problem("version", f"line {document.line(('exocosm',))}, exocosm", message))
    kind = data.get("kind", "study")
    where = f"line {document.line(('kind',))}, kind"
    if not isinstance(kind, str) or kind not in KINDS:
        hint = nearest(kind, KINDS) if isinstance(kind, str) else f"known: {', '.join(KINDS)}"
        problems.append(Problem("kind", where, f"{_shown(kind)} is no kind of study file; {hint}"))
    elif KINDS[kind] == "planned":
        problems.append(Problem("kind", where, f"'{kind}' is planned and not in this version; only 'study' can be run"))
    if problems:
        raise CheckError(subject, problems)


def _problem(error: Mapping[str, Any], document: Document) -> Problem:
    """One finding of pydantic in plain words, with line and path."""
    path = _real_path(error["loc"], document.data)
    kind, found = error["type"], error.get("input")
    if kind == "extra_forbidden":
        name = str(path[-1])
        return Problem(
            "unknown key", _where(document, path), f"'{name}' is not a key here; {nearest(name, _keys_at(path[:-1]))}"
        )
    if kind == "missing":
        name = str(error["loc"][-1])
        return Problem("missing key", _where(document, path), f"the key '{name}' is missing")
    if kind in _EXPECTED:
        return Problem("type", _where(document, path), f"expected {_EXPECTED[kind]}, found {_shown(found)}")
    if kind == "literal_error":
        expected = error["ctx"]["expected"]
        words = expected.replace(" or ", ", ").replace("'", "").split(", ")
        hint = f"; {nearest(found, words)}" if isinstance(found, str) else ""
        return Problem("value", _where(document, path), f"expected {expected}, found {_shown(found)}{hint}")
    if kind == "string_pattern_mismatch":
        rule = "letters, digits and _ (names of studies and arms also -), beginning with a letter"
        return Problem("name", _where(document, path), f"{_shown(found)} is not a name that can be used here: {rule}")
    message = str(error["msg"]).removeprefix("Value error, ")
    label = "value" if kind == "value_error" else "bound"
    return Problem(
        label, _where(document, path), message if kind == "value_error" else f"{message}; found {_shown(found)}"
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


def _keys_at(path: tuple[str | int, ...]) -> list[str]:
    """The keys that the schema knows at a path."""
    from pydantic import BaseModel

    from exocosm.study.schema import StudyFile

    annotation: Any = StudyFile
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


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return f"a {'mapping' if isinstance(value, dict) else 'list'} of {len(value)}"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    text = text if len(text) <= 80 else f"{text[:80]}..."
    return f"the text '{text}'" if isinstance(value, str) else f"the number {text}"


def _sizes(study: Study) -> Iterable[Problem]:
    """Absurd sizes, refused before anything runs."""
    from exocosm.study import schema
    from exocosm.study.plan import observe_times

    file = study.file
    runs = max(file.uncertainty.draws, 1) * max(file.subjects.number, 1) * len(file.arms)
    if runs > schema.MAXIMUM_RUNS:
        message = (
            f"{file.uncertainty.draws} draws x {file.subjects.number} animals x {len(file.arms)} arms are {runs} runs; "
            f"at most {schema.MAXIMUM_RUNS} are allowed"
        )
        yield Problem("size", study.where("uncertainty", "draws"), message)
    try:
        observe_times(file.simulate)
    except InputError as problem:
        yield Problem("size", study.where("simulate"), str(problem))


def _named(study: Study) -> Iterable[Problem]:
    """Every name of one section in another: arms, preparations, outputs, metrics, contrasts."""
    file = study.file

    def unknown(what: str, name: str | None, known: Iterable[str], *path: str | int) -> Iterable[Problem]:
        names = list(known)
        if name is not None and name not in names:
            yield Problem("unknown name", study.where(*path), f"there is no {what} '{name}'; {nearest(name, names)}")

    for name, arm in file.arms.items():
        yield from unknown("preparation", arm.preparation, file.preparations, "arms", name, "preparation")
    for name, metric in file.metrics.items():
        yield from unknown("output", metric.of, file.outputs, "metrics", name, "of")
        for index, part in enumerate(metric.ratio or []):
            yield from unknown("metric", part, file.metrics, "metrics", name, "ratio", index)
            if part in file.metrics and file.metrics[part].ratio is not None:
                yield Problem(
                    "name",
                    study.where("metrics", name, "ratio", index),
                    f"'{part}' is itself a ratio; use the metrics in it",
                )
    for name, contrast in file.contrasts.items():
        yield from unknown("metric", contrast.metric, file.metrics, "contrasts", name, "metric")
        yield from unknown("arm", contrast.arm, file.arms, "contrasts", name, "arm")
        yield from unknown("arm", contrast.against, file.arms, "contrasts", name, "against")
    for name, what_if in file.what_if.items():
        yield from unknown("arm", what_if.arm, file.arms, "what_if", name, "arm")
        yield from unknown("contrast", what_if.contrast, file.contrasts, "what_if", name, "contrast")
        if what_if.contrast in file.contrasts:
            contrast = file.contrasts[what_if.contrast]
            if what_if.arm not in (contrast.arm, contrast.against):
                pair = f"'{contrast.arm}' against '{contrast.against}'"
                message = f"a value moved in arm '{what_if.arm}' cannot change '{what_if.contrast}' ({pair})"
                yield Problem("name", study.where("what_if", name, "arm"), message)
    for name, measurement in file.measurements.items():
        yield from unknown("arm", measurement.arm, file.arms, "measurements", name, "arm")
        yield from unknown("output", measurement.output, file.outputs, "measurements", name, "output")
        yield from unknown("metric", measurement.metric, file.metrics, "measurements", name, "metric")
        yield from unknown("contrast", measurement.contrast, file.contrasts, "measurements", name, "contrast")
    for index, answer in enumerate(file.answer):
        yield from unknown("contrast or what-if", answer, {**file.contrasts, **file.what_if}, "answer", index)
