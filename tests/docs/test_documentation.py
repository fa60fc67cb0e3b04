"""What the documentation shows works: studies in YAML are solved, Python marked `runnable` runs, links lead somewhere.

A block ```yaml is a study if `exocosm:` stands in it at the left margin.  A block ```python runnable runs by itself, in
an empty folder that holds the page's first study as `study.yaml`.
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from exocosm.bench.design.goals import read_goals
from exocosm.bench.numbers import bench_numbers
from exocosm.bench.protocol import read_protocol
from exocosm.bench.samples import read_sample
from exocosm.study.bench_load import load_bench
from exocosm.study.load import form_of, load
from exocosm.study.resolve import resolve
from exocosm.study.screening_load import load_screening
from exocosm.workflow.bench import run_bench
from exocosm.workflow.run import run
from exocosm.workflow.screening import run_screening

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])
BENCH, SCREENING = ROOT / "examples" / "bench", ROOT / "examples" / "screening"
EXAMPLES = sorted(path for path in (ROOT / "examples").rglob("*.yaml") if path.parent not in (BENCH, SCREENING))
FENCE = re.compile(r"^```(\w+)[ \t]*([^\n]*)\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)\s#]+)")


@dataclass(frozen=True)
class Block:
    """A block of code in a page."""

    page: Path
    line: int
    language: str
    words: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT).as_posix()}:{self.line}"

    @property
    def is_study(self) -> bool:
        return self.kind in ("study", "experiment")

    @property
    def kind(self) -> str:
        """The kind of file that a block of YAML is, empty if it is no whole file."""
        if self.language != "yaml" or re.search(r"^exocosm:", self.text, re.MULTILINE) is None:
            return ""
        named = re.search(r"^kind:\s*(\w+)", self.text, re.MULTILINE)
        kind = named[1] if named else "study"
        return "bench" if kind in ("study", "experiment") and re.search(r"^bench:", self.text, re.MULTILINE) else kind

    @property
    def is_runnable(self) -> bool:
        return self.language == "python" and "runnable" in self.words


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(page, text.count("\n", 0, match.start()) + 1, match[1], tuple(match[2].split()), match[3])
        for match in FENCE.finditer(text)
    ]


BLOCKS = [block for page in PAGES for block in blocks(page)]
STUDIES = [block for block in BLOCKS if block.is_study]
RUNNABLE = [block for block in BLOCKS if block.is_runnable]


def test_there_is_something_to_run() -> None:
    assert STUDIES
    assert RUNNABLE


@pytest.mark.parametrize("block", STUDIES, ids=str)
def test_studies_in_the_documentation_can_be_solved(block: Block) -> None:
    resolved = resolve(load(block.text, folder=ROOT / "examples"))
    central = replace(resolved, draws=0, what_ifs=(), comparisons=())
    result = run(central, workers=1, progress=False)
    assert result.statuses.empty, result.statuses  # lists those that did not finish


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.kind == "bench"], ids=str)
def test_bench_studies_in_the_documentation_can_be_run(block: Block) -> None:
    result = run_bench(load_bench(block.text), draws=2, donors=1, progress=False)
    assert result.metrics["value"].notna().any()


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.kind == "screening"], ids=str)
def test_screenings_in_the_documentation_can_be_run(block: Block) -> None:
    result = run_screening(load_screening(block.text), draws=1, people=40, progress=False)
    assert result.metrics["value"].notna().any()


READERS = {
    "protocol": read_protocol,
    "sample": read_sample,
    "goals": lambda source: read_goals(source, bench_numbers()),
}


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.kind in READERS], ids=str)
def test_other_files_in_the_documentation_can_be_read(block: Block) -> None:
    assert READERS[block.kind](block.text).name


@pytest.mark.parametrize("block", RUNNABLE, ids=str)
def test_python_in_the_documentation_runs(block: Block, tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")  # pages speak as if from the root of the repository
    first = next((study for study in STUDIES if study.page == block.page), None)
    if first is not None:
        (tmp_path / "study.yaml").write_text(first.text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", block.text], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_files(page: Path) -> None:
    broken = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / link).exists()]
    assert not broken


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_examples_are_sound_study_files(path: Path) -> None:
    assert load(path).name


@pytest.mark.parametrize("path", sorted(BENCH.glob("*.yaml")), ids=lambda path: path.name)
def test_examples_of_the_bench_can_be_run(path: Path) -> None:
    if form_of(path) == "bench":
        assert run_bench(load_bench(path), draws=1, donors=0, progress=False).metrics["value"].notna().any()
    else:
        kind = re.search(r"^kind:\s*(\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert kind and READERS[kind[1]](path)


@pytest.mark.parametrize("path", sorted(SCREENING.glob("*.yaml")), ids=lambda path: path.name)
def test_examples_of_screening_can_be_run(path: Path) -> None:
    result = run_screening(load_screening(path), draws=0, people=40, progress=False)
    assert result.metrics["value"].notna().any()


@pytest.mark.slow
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_examples_resolve_and_say_where_their_numbers_come_from(path: Path) -> None:
    resolved = resolve(load(path))
    assert resolved.arms
    for arm in resolved.arms:
        assert all(pin.path for pin in arm.pins.values()), arm.name
