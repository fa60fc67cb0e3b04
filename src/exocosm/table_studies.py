"""Studies that end in tables rather than time courses - of a bench, of a screening - as seen from Python."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from exocosm.errors import InputError

if TYPE_CHECKING:
    from exocosm.errors import Problem
    from exocosm.study.bench_load import BenchStudy
    from exocosm.study.screening_load import ScreeningStudy
    from exocosm.trajectory.bench_result import BenchResult
    from exocosm.trajectory.screening_result import ScreeningResult

REPORT = "report.html"


@dataclass(frozen=True)
class TableStudy:
    """A study of a bench or a screening that was read and found well formed.

    draws, people (donors of a bench, people of a cohort), seed: what replaces its own numbers (None: its own).
    """

    file: BenchStudy | ScreeningStudy
    draws: int | None = None
    people: int | None = None
    seed: int | None = None

    @property
    def name(self) -> str:
        """The name of the study."""
        return self.file.name

    @property
    def text(self) -> str:
        """The study file as it was read."""
        return self.file.text

    def run(
        self, folder: str | Path | None = None, *, progress: bool = True, overwrite: bool = False
    ) -> BenchResult | ScreeningResult:
        """Run the study; with a folder, tables and report are written there, whole or not at all."""
        if folder is not None and Path(folder).exists() and not overwrite:
            raise InputError(f"'{folder}' exists already; name another folder, or replace it (overwrite)")
        result = self._result(progress)
        if folder is None:
            return result
        saved = result.save(folder, overwrite)
        report(saved)
        return saved

    def validate(self) -> tuple[Problem, ...]:
        """What stands in the way of running a screening; of a bench study only the file is examined, which was done."""
        from exocosm.study.screening_load import ScreeningStudy

        if not isinstance(self.file, ScreeningStudy):
            return ()
        from exocosm.workflow.screening import faults_before

        return faults_before(self.file)

    def cite(self) -> str:
        """BibTeX of exactly the sources that the study uses at its central values."""
        from exocosm.study.screening_load import ScreeningStudy

        people = self.people if isinstance(self.file, ScreeningStudy) else 0  # a cohort needs its people
        return replace(self, draws=0, people=people).run(progress=False).bibliography

    def _result(self, progress: bool) -> BenchResult | ScreeningResult:
        from exocosm.study.screening_load import ScreeningStudy

        if isinstance(self.file, ScreeningStudy):
            from exocosm.workflow.screening import run_screening

            return run_screening(self.file, draws=self.draws, people=self.people, seed=self.seed, progress=progress)
        from exocosm.workflow.bench import run_bench

        return run_bench(self.file, draws=self.draws, donors=self.people, seed=self.seed, progress=progress)


def load(
    source: str | Path, *, draws: int | None = None, people: int | None = None, seed: int | None = None
) -> TableStudy:
    """The study of a bench or a screening in a file (a path), or in a text (a string with more than one line).

    draws, people, seed: instead of those in the file.
    Errors: CheckError with every problem, its line and path; InputError if the file cannot be read.
    """
    from exocosm.study.bench_load import load_bench
    from exocosm.study.header import MAXIMUM_ANIMALS, MAXIMUM_DRAWS
    from exocosm.study.load import form_of
    from exocosm.study.screening_load import load_screening

    for name, number, most in (("draws", draws, MAXIMUM_DRAWS), ("people", people, MAXIMUM_ANIMALS)):
        if number is not None and not 0 <= number <= most:
            raise InputError(f"{name} is {number}; it must lie between 0 and {most}")
    read = load_screening if form_of(source) == "screening" else load_bench
    return TableStudy(read(source), draws, people, seed)


def report(result: BenchResult | ScreeningResult) -> Path:
    """Write the report of a saved result into its folder; returns its path."""
    from exocosm.trajectory.screening_result import ScreeningResult

    if result.folder is None:
        raise InputError("this result was not saved; run the study with a folder first")
    if isinstance(result, ScreeningResult):
        from exocosm.report.screening import write_screening_report

        return write_screening_report(result, result.folder / REPORT)
    from exocosm.report.bench_study import write_bench_report

    return write_bench_report(result, result.folder / REPORT)
