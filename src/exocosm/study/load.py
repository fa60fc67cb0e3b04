"""A study file from disk or text: read safely, checked wholly, all problems at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from exocosm.documents.checked import check_header, checked, open_document
from exocosm.documents.safe_yaml import Document, show_path
from exocosm.errors import CheckError, ExocosmError, InputError, Problem, nearest
from exocosm.files import beside

if TYPE_CHECKING:
    from exocosm.study.schema import StudyFile

KINDS = {"study": "", "screening": "", "design": "planned", "experiment": ""}
FORMS = ("model", "bench", "screening")


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
    opened = open_document(source, "study", folder)
    if check_header(opened, KINDS) == "screening":
        where = f"line {opened.document.line(('kind',))}, kind"
        message = "a file of `kind: screening` has a section `screening`; one with a model is of `kind: study`"
        raise CheckError(opened.subject, [Problem("kind", where, message)])
    from exocosm.study.schema import StudyFile

    file = checked(opened.document, StudyFile, opened.subject)
    study = Study(file, opened.text, opened.folder, opened.document)
    problems = list(_sizes(study)) + list(_named(study))
    if problems:
        raise CheckError(opened.subject, problems)
    return study


def form_of(source: str | Path) -> str:
    """What a study file is about: 'model', 'bench' or 'screening', by the section it has.

    'model' also for what cannot be read, which loading refuses.
    """
    try:
        data = open_document(source, "study").document.data
    except ExocosmError:
        return "model"
    if "screening" in data or data.get("kind") == "screening":
        return "screening"
    return "bench" if "bench" in data and "model" not in data else "model"


def file_beside(study: Study, name: str) -> Path:
    """The path of a file that a study names; raises InputError if it lies outside the study's folder."""
    return beside(study.folder, name)


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
