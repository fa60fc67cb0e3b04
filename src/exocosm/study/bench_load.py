"""A bench study from a file: its samples, protocols, arms and metrics, checked wholly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from exocosm.bench.protocol import Protocol, protocol_of, read_protocol
from exocosm.documents.checked import Opened, check_header, checked, open_document
from exocosm.documents.safe_yaml import show_path
from exocosm.errors import CheckError, ExocosmError, InputError, Problem, nearest
from exocosm.files import beside
from exocosm.network.expression import names
from exocosm.network.grammar import parse
from exocosm.study.bench_schema import BenchStudyFile
from exocosm.study.header import ExperimentText
from exocosm.study.load import KINDS

NOTHING = Protocol("as_it_is", (), title="as it is")


@dataclass(frozen=True)
class BenchStudy:
    """A checked bench study: its sections, its text, and the protocols that its arms go through."""

    file: BenchStudyFile
    text: str
    protocols: Mapping[str, Protocol]

    @property
    def name(self) -> str:
        """The name of the study."""
        return self.file.name

    def protocol(self, arm: str) -> Protocol:
        """The protocol of an arm; one without steps where the arm has none."""
        name = self.file.arms[arm].protocol
        return NOTHING if name is None else self.protocols[name]


def load_bench(source: str | Path, folder: Path | None = None) -> BenchStudy:
    """The bench study in a file (a path), or in a text (a string with more than one line).

    Raises CheckError with every problem, its line and path, or InputError if the file cannot be read.
    """
    opened = open_document(source, "study", folder)
    check_header(opened, KINDS)
    file = checked(opened.document, BenchStudyFile, opened.subject)
    problems = list(_named(opened, file))
    protocols: dict[str, Protocol] = {}
    for name, text in file.bench.protocols.items():
        try:
            protocols[name] = _protocol(opened, name, text.name)
        except CheckError as failure:
            problems += failure.problems
        except ExocosmError as failure:
            problems.append(Problem("protocol", _where(opened, "bench", "protocols", name), str(failure)))
    if file.experiment is not None:
        problems += expectation_problems(opened, file.experiment, _columns(file))
    if problems:
        raise CheckError(opened.subject, problems)
    return BenchStudy(file, opened.text, protocols)


def expectation_problems(opened: Opened, experiment: ExperimentText, known: Iterable[str]) -> list[Problem]:
    """Expectations that cannot be read, or name what the study does not have."""
    columns, problems = set(known), []
    for name, expected in experiment.expected.items():
        where = _where(opened, "experiment", "expected", name, "is")
        try:
            used = names(parse(expected.is_))
        except InputError as problem:
            problems.append(Problem("expression", where, str(problem)))
            continue
        problems += [
            Problem("unknown name", where, f"there is no '{one}'; {nearest(one, columns)}")
            for one in sorted(used - columns)
        ]
    return problems


def _columns(file: BenchStudyFile) -> set[str]:
    """The names that expectations may use: metric@arm, contrasts, fronts and front@arm."""
    found = {f"{metric}@{arm}" for metric in file.metrics for arm in file.arms} | set(file.contrasts)
    for name, front in file.fronts.items():
        found |= {name, *(f"{name}@{arm}" for arm in (front.arms or file.arms))}
    return found


def _protocol(opened: Opened, name: str, shipped: str) -> Protocol:
    path = ("bench", "protocols", name)
    data = opened.document.data["bench"]["protocols"][name]
    steps = data.get("steps") if isinstance(data, dict) else None
    if bool(steps) == bool(shipped):
        raise InputError("give either the `name` of a protocol (shipped, or a file) or its `steps`")
    if steps:
        return protocol_of(opened, name, (*path, "steps"), str(data.get("title", "")))
    return protocol_named(opened, shipped)


def protocol_named(opened: Opened, name: str) -> Protocol:
    """A protocol by its shipped name, or from a file beside the study; raises InputError if there is none."""
    return read_protocol(beside(opened.folder, name) if name.endswith((".yaml", ".yml")) else name)


def _named(opened: Opened, file: BenchStudyFile) -> Iterable[Problem]:
    """Every name of one section in another."""

    def unknown(what: str, name: str | None, known: Iterable[str], *path: str | int) -> Iterable[Problem]:
        listed = list(known)
        if name is not None and name not in listed:
            yield Problem(
                "unknown name", _where(opened, *path), f"there is no {what} '{name}'; {nearest(name, listed)}"
            )

    for name, arm in file.arms.items():
        yield from unknown("sample", arm.sample, file.bench.samples, "arms", name, "sample")
        yield from unknown("protocol", arm.protocol, file.bench.protocols, "arms", name, "protocol")
    for name, front in file.fronts.items():
        for metric in front.metrics:
            yield from unknown("metric", metric, file.metrics, "fronts", name, "metrics", metric)
        for arm_name in front.arms:
            yield from unknown("arm", arm_name, file.arms, "fronts", name, "arms")
    for name, contrast in file.contrasts.items():
        yield from unknown("metric", contrast.metric, file.metrics, "contrasts", name, "metric")
        yield from unknown("arm", contrast.arm, file.arms, "contrasts", name, "arm")
        yield from unknown("arm", contrast.against, file.arms, "contrasts", name, "against")


def _where(opened: Opened, *path: str | int) -> str:
    return f"line {opened.document.line(path)}, {show_path(path)}"
