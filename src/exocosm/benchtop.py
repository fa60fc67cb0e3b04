"""The bench as seen from Python and from the command line: samples isolated, and files of instruments read."""

from __future__ import annotations

import contextlib
import csv
import io
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exocosm.errors import InputError, nearest

if TYPE_CHECKING:
    from exocosm.bench.numbers import Numbers
    from exocosm.bench.readings.evaluation import Evaluation
    from exocosm.bench.readings.samples import Described

REPORT, DISTRIBUTIONS = "report.html", "distributions.csv"
MAXIMUM_FILES = 100_000
MAXIMUM_TABLE = 10_000_000  # bytes of a table that describes files
_COLUMNS = ("file", "sample", "dilution")


def measure(
    files: str | Path | Iterable[str | Path],
    folder: str | Path | None = None,
    *,
    dilution: float | Mapping[str, float] | None = None,
    samples: Mapping[str, str] | None = None,
    mapping: Any = None,
    group_by: str = "sample",
    fluid: str = "",
    protocol: str = "",
    answers: Mapping[str, str] | None = None,
    report: bool = True,
    progress: bool = False,
    numbers: Numbers | None = None,
) -> Evaluation:
    """What files of instruments say: sizes and concentrations with intervals, repeatability, linearity, warnings.

    files: also folders, whose files are all taken.  Files that cannot be read are in `.refused`, the rest is evaluated.
    folder: where report.html, summary.csv, distributions.csv, dilutions.csv, findings.csv and checklist.csv go.
    dilution: one factor for all files that record none, or a factor by file name (which goes before a recorded one;
    the name '*' is for all).  samples: sample by file name, instead of the name in the file.
    mapping: describes tables of other instruments (docs/instrument_files.md).  group_by: `sample` or `file`.
    fluid, protocol: what the samples are, for saying which particles were probably counted.
    answers: texts for items of the checklists.
    Errors: InputError if no file is given, for unknown names and factors that are no positive numbers; CheckError for a
    faulty mapping.
    """
    from exocosm.bench.readings.checklist import Context
    from exocosm.bench.readings.evaluation import evaluate
    from exocosm.bench.recordings.registry import read_what_can_be_read
    from exocosm.files import require_writable

    paths = files_in(files)
    described = _described(dilution, samples)
    if folder is not None:
        require_writable(folder)
    with _told("reading", len(paths), progress) as advance:
        recordings, refused = read_what_can_be_read(_passing(paths, advance), mapping)
    context = Context(fluid, protocol, dict(answers or {}))
    evaluation = evaluate(recordings, refused, described=described, group_by=group_by, context=context, numbers=numbers)
    if folder is not None:
        write_measured(evaluation, folder, report=report)
    return evaluation


def write_measured(evaluation: Evaluation, folder: str | Path, *, report: bool = True) -> tuple[Path, ...]:
    """Write an evaluation into a folder, each file whole or not at all; returns the files, the report first."""
    from exocosm.bench.readings import table
    from exocosm.files import inside, staged, write_atomic

    readings = evaluation.readings
    texts = {
        "summary.csv": table.csv_text(table.summary_rows(readings)),
        "findings.csv": table.csv_text(table.finding_rows(readings), ("gravity", "about", "rule", "text", "limit_row")),
        "checklist.csv": table.csv_text(table.checklist_rows(evaluation.answers)),
        "sources.bib": evaluation.bibliography,
    }
    dilutions = table.linearity_rows(readings)
    if dilutions:
        texts["dilutions.csv"] = table.csv_text(dilutions)
    written = []
    if report:
        from exocosm.report.measuring import write_measuring

        written.append(write_measuring(evaluation, inside(folder, REPORT)))
    written += [write_atomic(inside(folder, name), text) for name, text in texts.items()]
    # line by line: of a thousand files this table is larger than everything else together
    target = inside(folder, DISTRIBUTIONS)
    with staged(folder) as stage:
        with (stage / DISTRIBUTIONS).open("w", encoding="utf-8", newline="\n") as stream:
            stream.writelines(f"{line}\n" for line in table.distribution_lines(readings))
        (stage / DISTRIBUTIONS).replace(target)
    return (*written, target)


def files_in(files: str | Path | Iterable[str | Path]) -> tuple[Path, ...]:
    """The files, with every folder replaced by the files in it and below it, by name; hidden ones are left out.

    Errors: InputError for none at all, and for a folder without files.
    """
    given = [files] if isinstance(files, str | Path) else list(files)
    found: dict[Path, None] = {}
    for one in map(Path, given):
        if one.is_dir():
            inner = sorted(
                path for path in one.rglob("*")
                if path.is_file() and not any(part.startswith(".") for part in path.relative_to(one).parts)
            )  # fmt: skip
            if not inner:
                raise InputError(f"the folder '{one}' holds no files")
            found |= dict.fromkeys(inner)
        else:
            found[one] = None
        if len(found) > MAXIMUM_FILES:
            raise InputError(f"more than {MAXIMUM_FILES:,} files; give fewer at a time")
    if not found:
        raise InputError("no files are given; name the exports of an instrument, or a folder that holds them")
    return tuple(found)


def read_file_table(path: str | Path) -> tuple[dict[str, str], dict[str, float]]:
    """Samples and dilutions by file name, from a CSV table with the columns file, sample, dilution (one may lack).

    Errors: InputError with the line of what is wrong.
    """
    from exocosm.files import read_text

    text = read_text(path, MAXIMUM_TABLE)
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    columns = [str(name).strip() for name in reader.fieldnames or ()]
    unknown = [name for name in columns if name not in _COLUMNS]
    if "file" not in columns or unknown or len(columns) < 2:
        hint = f"; {nearest(unknown[0], _COLUMNS)}" if unknown else ""
        raise InputError(f"'{path}' line 1: expected the columns file, sample and/or dilution{hint}")
    reader.fieldnames = columns
    samples: dict[str, str] = {}
    dilutions: dict[str, float] = {}
    for row in reader:
        name = Path((row["file"] or "").strip()).name
        where = f"'{path}' line {reader.line_num}"
        if not name or name in samples or name in dilutions:
            raise InputError(f"{where}: {'the file is missing' if not name else f'{name} stands here twice'}")
        if sample := (row.get("sample") or "").strip():
            samples[name] = sample
        if factor := (row.get("dilution") or "").strip():
            dilutions[name] = dilution_factor(factor, where)
    return samples, dilutions


def dilution_factor(text: str | float, where: str = "dilution") -> float:
    """A dilution factor as people write it (`500`, `1:500`, `500x`); one that is not above 0 is an InputError."""
    written = str(text).strip().lower().removeprefix("1:").removesuffix("x")
    try:
        factor = float(written)
    except ValueError:
        factor = math.nan
    if not (math.isfinite(factor) and factor > 0) or isinstance(text, bool):
        raise InputError(
            f"{where}: '{str(text)[:40]}' is no dilution; write how many times it was diluted, such as 500"
        )
    return factor


def _described(dilution: float | Mapping[str, float] | None, samples: Mapping[str, str] | None) -> Described:
    from exocosm.bench.readings.samples import Described

    by_file: dict[str, float] = {}
    for_all = None
    if isinstance(dilution, Mapping):
        by_file = {Path(name).name: dilution_factor(factor, f"dilution of {name}") for name, factor in dilution.items()}
        for_all = by_file.pop("*", None)
    elif dilution is not None:
        for_all = dilution_factor(dilution)
    return Described({Path(name).name: text for name, text in (samples or {}).items()}, by_file, for_all)


def _passing(paths: Sequence[Path], advance: Callable[[], None]) -> Iterator[Path]:
    for path in paths:
        yield path
        advance()


@contextlib.contextmanager
def _told(title: str, total: int, shown: bool) -> Iterator[Callable[[], None]]:
    """A function to call after each file; a bar on a terminal, nothing elsewhere."""
    if shown:
        from rich.console import Console

        console = Console(stderr=True)
        if console.is_terminal or console.is_jupyter:
            from rich.progress import Progress

            with Progress(console=console, transient=True) as bar:
                task = bar.add_task(title, total=total)
                yield lambda: bar.advance(task)
            return
    yield lambda: None
