"""A screening from a file: every test with what it takes over from the section `screening`, checked wholly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exocosm.bench.protocol import Protocol
from exocosm.documents.checked import Opened, check_header, checked, open_document
from exocosm.documents.safe_yaml import show_path
from exocosm.errors import CheckError, ExocosmError, InputError, Problem, nearest
from exocosm.files import beside
from exocosm.markers.panels import read_panel
from exocosm.screening.assays.registry import find_assay
from exocosm.screening.chain import TumourSignal
from exocosm.screening.content import Analyte
from exocosm.screening.expected import Law
from exocosm.screening.fluids import fluid_named
from exocosm.screening.handling import Handling
from exocosm.study.bench_load import expectation_problems, protocol_named
from exocosm.study.load import KINDS
from exocosm.study.screening_schema import OF_A_COHORT, ScreeningStudyFile, ScreeningText, TestText

if TYPE_CHECKING:
    from pydantic import BaseModel

NOTHING = "none"  # no isolation, no assay


@dataclass(frozen=True)
class Test:
    """One arm of a screening, with everything that it takes over from the section `screening`.

    protocol: None where nothing is isolated.  assay: its word, or `none` (amounts are read without error).
    """

    __test__ = False  # a test of the clinic, none of the package

    name: str
    title: str
    cancer: str
    fluid: str
    volume: float | None
    analytes: tuple[Analyte, ...]
    directions: tuple[str, ...]
    growth: Law
    tumour_signal: TumourSignal
    size_classes: tuple[str, ...]
    handling: Handling | None
    protocol: Protocol | None
    assay: str
    assay_settings: BaseModel | None
    use: TestText


@dataclass(frozen=True)
class ScreeningStudy:
    """A checked screening: its sections, its text, and the tests that are its arms."""

    file: ScreeningStudyFile
    text: str
    tests: Mapping[str, Test]

    @property
    def name(self) -> str:
        """The name of the study."""
        return self.file.name


def load_screening(source: str | Path, folder: Path | None = None) -> ScreeningStudy:
    """The screening in a file (a path), or in a text (a string with more than one line).

    Raises CheckError with every problem, its line and path, or InputError if the file cannot be read.
    """
    opened = open_document(source, "study", folder)
    kind = check_header(opened, KINDS)
    file = checked(opened.document, ScreeningStudyFile, opened.subject)
    problems: list[Problem] = []
    if kind == "study":
        message = "a file with a section `screening` is of `kind: screening` (or `experiment`, with what is expected)"
        problems.append(Problem("kind", _where(opened, "kind"), message))
    tests: dict[str, Test] = {}
    for name in file.arms:
        found, wrong = _test(opened, file, name)
        problems += wrong
        if found is not None:
            tests[name] = found
    problems += _named(opened, file)
    if not problems:
        problems += _measurable(opened, file, tests)
    if file.experiment is not None:
        columns = {f"{metric}@{arm}" for metric in file.metrics for arm in file.arms} | set(file.contrasts)
        problems += expectation_problems(opened, file.experiment, columns)
    if problems:
        raise CheckError(opened.subject, list({str(problem): problem for problem in problems}.values()))
    return ScreeningStudy(file, opened.text, tests)


def _test(opened: Opened, file: ScreeningStudyFile, name: str) -> tuple[Test | None, list[Problem]]:
    """An arm with what it takes over, or None and what is wrong with it."""
    arm = file.arms[name]
    problems: list[Problem] = []

    def given(key: str) -> Any:
        own = getattr(arm, key)
        return getattr(file.screening, key) if own is None or own == "" else own

    def place(key: str) -> tuple[str, ...]:
        own = getattr(arm, key)
        return ("screening", key) if own is None or own == "" else ("arms", name, key)

    def attempt(key: str, make: Any) -> Any:
        try:
            return make()
        except CheckError as failure:
            problems.extend(failure.problems)
        except ExocosmError as failure:
            problems.append(Problem(key, _where(opened, *place(key)), str(failure)))
        return None

    if given("fluid") is None:
        problems.append(Problem("missing", _where(opened, "arms", name), f"arm '{name}' has no `fluid`; give it there "
                                "or in `screening`"))  # fmt: skip
    fluid = str(given("fluid") or "")
    markers = attempt("panel", lambda: _markers(opened, arm if (arm.markers or arm.panel) else file.screening, fluid))
    handling = attempt("handling", lambda: _handling(opened, given("handling"), place("handling")))
    protocol = attempt("isolation", lambda: _protocol(opened, given("isolation")))
    settings = attempt("assay", lambda: _assay_settings(opened, given("assay"), place("assay")))
    if problems:
        return None, problems
    analytes, directions = markers
    assay = given("assay")
    return (
        Test(
            name=name, title=arm.title or name.replace("_", " "), cancer=given("cancer"), fluid=given("fluid"),
            volume=given("volume"), analytes=analytes, directions=directions, growth=given("growth") or "exponential",
            tumour_signal=given("tumour_signal") or "both", size_classes=tuple(given("size_classes") or ("small_ev",)),
            handling=handling,
            protocol=protocol, assay=NOTHING if assay is None else assay.name,
            assay_settings=settings, use=given("test") or TestText(),
        ),
        [],
    )  # fmt: skip


def _markers(opened: Opened, text: ScreeningText, fluid: str) -> tuple[tuple[Analyte, ...], tuple[str, ...]]:
    """The analytes of a panel or of one's own list, and the direction of each in cancer.

    Of a published panel only the markers that were published for the fluid count, if there are such.
    """
    if bool(text.markers) == bool(text.panel):
        raise InputError("give either `panel` (such as 'table1:colorectal cancer', or a file) or `markers`")
    if text.markers:
        analytes = tuple(Analyte(one.name, one.kind, one.unit) for one in text.markers)
        directions: tuple[str, ...] = tuple(one.direction for one in text.markers)
    else:
        name = str(text.panel)
        if name.endswith((".csv", ".yaml", ".yml", ".txt")):
            name = str(beside(opened.folder, name))
        panel = read_panel(name)
        word = fluid_named(fluid)
        published = [marker for marker in panel.markers if word in map(fluid_named, marker.fluids)]
        kept = {marker.name: marker for marker in published or panel.markers}  # two studies may name one marker
        analytes = tuple(Analyte(marker.name, marker.kind) for marker in kept.values())  # type: ignore[arg-type]
        directions = tuple(marker.direction for marker in kept.values())
    names = [analyte.name for analyte in analytes]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"a marker stands twice: {', '.join(twice)}")
    return analytes, directions


def _handling(opened: Opened, given: Mapping[str, Any] | None, under: tuple[str, ...]) -> Handling | None:
    return None if given is None else checked(opened.document, Handling, opened.subject, under)


def _protocol(opened: Opened, name: str | None) -> Protocol | None:
    return None if name is None or name == NOTHING else protocol_named(opened, name)


def _assay_settings(opened: Opened, assay: Any, under: tuple[str, ...]) -> Any:
    if assay is None or assay.name == NOTHING:
        return None
    module = find_assay(assay.name)
    if not assay.settings:
        return module.Settings()
    data: Any = opened.document.data
    for part in under:
        data = data[part]
    path = (*under, "settings") if "settings" in data else (*under, assay.name)
    return checked(opened.document, module.Settings, opened.subject, path)


def _named(opened: Opened, file: ScreeningStudyFile) -> Iterable[Problem]:
    """Every name of one section in another."""
    for name, contrast in file.contrasts.items():
        for key, word, known in (
            ("metric", contrast.metric, file.metrics),
            ("arm", contrast.arm, file.arms),
            ("against", contrast.against, file.arms),
        ):
            if word not in known:
                where = _where(opened, "contrasts", name, key)
                yield Problem("unknown name", where, f"there is no '{word}'; {nearest(word, known)}")


def _measurable(opened: Opened, file: ScreeningStudyFile, tests: Mapping[str, Test]) -> Iterable[Problem]:
    """Metrics that ask what an arm does not say."""
    for name, metric in file.metrics.items():
        where = _where(opened, "metrics", name)
        for arm, test in tests.items():
            if metric.of in OF_A_COHORT and not test.cancer:
                yield Problem("missing", where, f"'{metric.of}' is of a cohort, and arm '{arm}' names no `cancer`")
            if metric.of in ("positive_predictive_value", "negative_predictive_value") and test.use.prevalence is None:
                yield Problem("missing", where, f"'{metric.of}' needs `test: {{prevalence: ...}}` in arm '{arm}'")
            if metric.of in ("lead_time", "found_before_diagnosis") and test.use.every is None:
                yield Problem("missing", where, f"'{metric.of}' needs `test: {{every: 1 year}}` in arm '{arm}'")
            if metric.of in ("panel_auc", "panel_markers") and test.use.budget is None:
                yield Problem("missing", where, f"'{metric.of}' needs `test: {{budget: 100 euro}}` in arm '{arm}'")
            if "cut_off" in metric.of and (test.use.cut_off is None) == (test.use.cut_off_fold is None):
                told = f"'{metric.of}' needs one of `cut_off` and `cut_off_fold` under `test` in arm '{arm}'"
                yield Problem("missing", where, told)
            if metric.marker and metric.marker not in [analyte.name for analyte in test.analytes]:
                names = [analyte.name for analyte in test.analytes]
                yield Problem("unknown name", where, f"arm '{arm}' has no marker '{metric.marker}'; "
                              f"{nearest(metric.marker, names)}")  # fmt: skip


def _where(opened: Opened, *path: str | int) -> str:
    return f"line {opened.document.line(path)}, {show_path(path)}"
