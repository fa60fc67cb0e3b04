"""Studies whose arms are protocols of a bench, as seen from Python: load, run, report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from exocosm.errors import InputError

if TYPE_CHECKING:
    from exocosm.study.bench_load import BenchStudy as CheckedFile
    from exocosm.trajectory.bench_result import BenchResult

REPORT = "report.html"


@dataclass(frozen=True)
class BenchStudy:
    """A bench study that was read and found well formed, with the numbers that replace its own (None: its own)."""

    file: CheckedFile
    draws: int | None = None
    donors: int | None = None
    seed: int | None = None

    @property
    def name(self) -> str:
        """The name of the study."""
        return self.file.name

    @property
    def text(self) -> str:
        """The study file as it was read."""
        return self.file.text

    def run(self, folder: str | Path | None = None, *, progress: bool = True, overwrite: bool = False) -> BenchResult:
        """Run the study; with a folder, tables and report are written there, whole or not at all."""
        from exocosm.workflow.bench import run_bench

        if folder is not None and Path(folder).exists() and not overwrite:
            raise InputError(f"'{folder}' exists already; name another folder, or replace it (overwrite)")
        result = run_bench(self.file, draws=self.draws, donors=self.donors, seed=self.seed, progress=progress)
        if folder is None:
            return result
        saved = result.save(folder, overwrite)
        report(saved)
        return saved

    def cite(self) -> str:
        """BibTeX of exactly the sources that the study uses."""
        return replace(self, draws=0, donors=0).run(progress=False).bibliography


def load(
    source: str | Path, *, draws: int | None = None, donors: int | None = None, seed: int | None = None
) -> BenchStudy:
    """The bench study in a file (a path), or in a text (a string with more than one line).

    draws, donors, seed: instead of those in the file.
    Errors: CheckError with every problem, its line and path; InputError if the file cannot be read.
    """
    from exocosm.study.bench_load import load_bench
    from exocosm.study.header import MAXIMUM_ANIMALS, MAXIMUM_DRAWS

    for name, number, most in (("draws", draws, MAXIMUM_DRAWS), ("donors", donors, MAXIMUM_ANIMALS)):
        if number is not None and not 0 <= number <= most:
            raise InputError(f"{name} is {number}; it must lie between 0 and {most}")
    return BenchStudy(load_bench(source), draws, donors, seed)


def report(result: BenchResult) -> Path:
    """Write the report of a saved bench result into its folder; returns its path."""
    from exocosm.report.bench_study import write_bench_report

    if result.folder is None:
        raise InputError("this result was not saved; run the study with a folder first")
    return write_bench_report(result, result.folder / REPORT)
