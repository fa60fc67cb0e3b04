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
    from exocosm.bench.design.answer import Design
    from exocosm.bench.numbers import Numbers
    from exocosm.bench.prediction import Prediction
    from exocosm.bench.protocol import Protocol
    from exocosm.bench.readings.evaluation import Evaluation
    from exocosm.bench.readings.samples import Described
    from exocosm.bench.samples import SampleText
    from exocosm.bench.specimen import Specimen
    from exocosm.evidence.value import Value

REPORT, DISTRIBUTIONS = "report.html", "distributions.csv"
MAXIMUM_FILES = 100_000
MAXIMUM_TABLE = 10_000_000  # bytes of a table that describes files
_COLUMNS = ("file", "sample", "dilution")


LARGEST_SAMPLE = 1e6  # mL
DETAILED = 3  # designed protocols whose steps are written out
FEW_FILES = 9  # are read before anybody asks how far it is


def isolate(
    sample: str | Path,
    protocol: str | Path | Protocol,
    folder: str | Path | None = None,
    *,
    volume: str = "",
    kind: str = "small_ev",
    rotor: str = "",
    draws: int = 200,
    donors: int = 50,
    seed: int = 1,
    prices: str | Path | None = None,
    values: Sequence[Value] = (),
    progress: bool = False,
) -> Prediction:
    """What a protocol gives from a sample: every step with what is not known of it and how donors differ.

    sample: a fluid by name, with its `volume` (`2 mL`), or a sample file.  protocol: by its shipped name, a file, or
    one made in Python.  rotor: takes the place of the rotor of the fastest spin.  kind: the particles that are wanted.
    prices, values: your own, which go before the catalogue's.
    folder: where report.html, steps.csv, values.csv and sources.bib go.
    Raises InputError, CheckError, EvidenceError.
    """
    from exocosm.bench.prediction import predict, with_rotor
    from exocosm.bench.protocol import Protocol as Made
    from exocosm.bench.protocol import read_protocol
    from exocosm.bench.samples import specimen_from
    from exocosm.files import require_writable
    from exocosm.workflow.progress import progress_of

    described, own = sample_of(sample, volume)
    made = protocol if isinstance(protocol, Made) else read_protocol(protocol)
    made = with_rotor(made, rotor) if rotor else made
    numbers = _numbers((*values, *own), prices, draws, donors, seed)
    if folder is not None:
        require_writable(folder)
    with progress_of(made.name, draws + donors, 0, progress) as done:
        found = predict(lambda each: specimen_from(described, each), made, numbers, kind, done)
    if folder is not None:
        _write_isolated(found, sample_in_words(described), folder)
    return found


def design_protocol(
    sample: str | Path,
    goals: str | Path,
    folder: str | Path | None = None,
    *,
    volume: str = "",
    space: str | Path = "",
    candidates: int = 20_000,
    keep: int = 25,
    draws: int = 200,
    seed: int = 1,
    prices: str | Path | None = None,
    values: Sequence[Value] = (),
    progress: bool = False,
) -> Design:
    """The protocols that reach a lab's goals, or which goal cannot be reached and what could be.

    sample, volume: as in `isolate`; without a volume, that of the goals' limits.  goals: a goals file, or its text.
    space: the design space, by its shipped name or a file; without, the shipped one for the fluid.
    candidates: how many protocols are tried.  keep: how many of the best are examined over the draws.
    folder: where report.html, protocols.csv, the first protocols as files, values.csv and sources.bib go.
    Raises InputError, CheckError, EvidenceError.
    """
    from exocosm.bench.design.answer import design
    from exocosm.bench.design.candidates import space_for
    from exocosm.bench.design.goals import read_goals
    from exocosm.bench.samples import specimen_from
    from exocosm.files import require_writable
    from exocosm.workflow.progress import progress_of

    numbers = _numbers(values, prices, draws, 0, seed)
    wanted = read_goals(goals, numbers)
    if not volume and wanted.volume_ml is not None and not _is_file(sample):
        volume = f"{wanted.volume_ml!r} mL"
    described, own = sample_of(sample, volume)
    if wanted.volume_ml is not None and described.volume > wanted.volume_ml * (1 + 1e-9):
        raise InputError(f"the sample is {described.volume:g} mL, but the goals' limits allow {wanted.volume_ml:g} mL")
    numbers = _numbers((*values, *own), prices, draws, 0, seed) if own else numbers
    if folder is not None:
        require_writable(folder)

    def told(title: str, total: int) -> contextlib.AbstractContextManager[Callable[[int], None]]:
        return progress_of(title, total, 0, progress)

    def start(each: Numbers) -> Specimen:
        return specimen_from(described, each)

    found = design(start, wanted, space or space_for(described.fluid), numbers, candidates, keep, told)
    if folder is not None:
        _write_designed(found, sample_in_words(described), instructions_of(found, start, numbers), numbers, folder)
    return found


def sample_of(sample: str | Path, volume: str = "") -> tuple[SampleText, tuple[Value, ...]]:
    """A sample and its own values: a fluid by name with its volume, or a file (whose volume may be replaced)."""
    from exocosm.bench.samples import SampleText, own_values, read_sample
    from exocosm.bench.settings import in_unit

    try:
        amount = in_unit("mL")(volume) if volume else None
    except ValueError as problem:
        raise InputError(f"volume: {problem}") from None
    if amount is not None and not 0 < amount <= LARGEST_SAMPLE:
        raise InputError(f"a sample has more than 0 and up to {LARGEST_SAMPLE:g} mL, not '{volume}'")
    if _is_file(sample):
        file = read_sample(sample)
        return (file if amount is None else file.model_copy(update={"volume": amount})), own_values(file.values)
    if amount is None:
        raise InputError(f"how much {sample}? Say so with a volume such as '2 mL' (--volume '2 mL')")
    return SampleText(fluid=str(sample), volume=f"{amount!r} mL"), ()  # type: ignore[arg-type]


def _is_file(sample: str | Path) -> bool:
    text = str(sample)
    return isinstance(sample, Path) or "\n" in text or text.endswith((".yaml", ".yml"))


def sample_in_words(sample: SampleText) -> str:
    """`2 mL of plasma without platelets`."""
    left_out = f" without {', '.join(sample.without).replace('_', ' ')}" if sample.without else ""
    return f"{sample.volume:g} mL of {sample.fluid.replace('_', ' ')}{left_out}"


def instructions_of(found: Design, sample: Callable[[Numbers], Specimen], numbers: Numbers) -> list[list[str]]:
    """The first designed protocols, step by step, as a person at the bench reads them."""
    from exocosm.bench.protocol import run_protocol
    from exocosm.vesicles.population import scale

    centre = numbers.centre()
    written = []
    for one in found.examined[:DETAILED]:
        whole, share = sample(centre), found.screened.space.shares[one.place[0]]
        part = whole.with_(population=scale(whole.population, share), volume_ml=whole.volume_ml * share)
        outcomes = run_protocol(part, one.protocol, centre).outcomes
        take = [f"Take {part.volume_ml:.4g} mL of the sample."] if share != 1 else []
        written.append([*take, *(outcome.instruction for outcome in outcomes)])
    return written


def _numbers(own: Sequence[Value], prices: str | Path | None, draws: int, donors: int, seed: int) -> Numbers:
    from exocosm.bench.design.owned import known_devices
    from exocosm.bench.numbers import bench_numbers
    from exocosm.bench.prices import read_prices

    if prices is not None:
        own = (*read_prices(prices, known_devices(bench_numbers(own=own))), *own)
    return bench_numbers(own=own, draws=draws, donors=donors, seed=seed)


def _write_isolated(found: Prediction, sample: str, folder: str | Path) -> None:
    from exocosm.bench.readings.table import csv_text
    from exocosm.evidence.pin import bibliography_of
    from exocosm.files import inside, write_atomic
    from exocosm.report.isolation import write_isolation
    from exocosm.report.pinned import value_rows

    pins = tuple(found.ledger.pins.values())
    cited = bibliography_of(pins, found.ledger.catalogue.sources)
    write_isolation(found, sample, cited, inside(folder, REPORT))
    for name, text in {
        "steps.csv": csv_text(found.rows),
        "values.csv": csv_text(value_rows(pins)),
        "sources.bib": cited,
    }.items():
        write_atomic(inside(folder, name), text)


def _write_designed(
    found: Design, sample: str, instructions: Sequence[Sequence[str]], numbers: Numbers, folder: str | Path
) -> None:
    from exocosm.bench.readings.table import csv_text
    from exocosm.evidence.pin import bibliography_of
    from exocosm.files import inside, write_atomic
    from exocosm.report.design import protocol_file, protocol_rows, write_design
    from exocosm.report.pinned import value_rows

    pins = tuple({pin.value.id: pin for one in found.examined for pin in one.pins}.values())
    cited = bibliography_of(pins, numbers.ledger.catalogue.sources)
    write_design(found, sample, instructions, cited, inside(folder, REPORT))
    texts = {
        "protocols.csv": csv_text(protocol_rows(found)),
        "values.csv": csv_text(value_rows(pins)),
        "sources.bib": cited,
    }
    for number, (one, steps) in enumerate(zip(found.examined, instructions, strict=False), 1):
        texts[f"protocol_{number}.yaml"] = protocol_file(f"designed_{number}", one, steps)
    for name, text in texts.items():
        write_atomic(inside(folder, name), text)


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
    from exocosm.workflow.progress import progress_of

    paths = files_in(files, without=folder)
    described = _described(dilution, samples)
    if folder is not None:
        require_writable(folder)
    with progress_of("reading", len(paths), 0, progress and len(paths) > FEW_FILES) as advance:
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


def files_in(files: str | Path | Iterable[str | Path], without: str | Path | None = None) -> tuple[Path, ...]:
    """The files, with every folder replaced by the files in it and below it, by name; hidden ones are left out.

    without: a folder whose files are not taken along with a folder above it (the results of an earlier call).

    Errors: InputError for none at all, and for a folder without files.
    """
    given = [files] if isinstance(files, str | Path) else list(files)
    found: dict[Path, None] = {}
    for one in map(Path, given):
        if one.is_dir():
            inner = sorted(path for path in one.rglob("*") if path.is_file() and _is_taken(path, one, without))
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


def _is_taken(path: Path, folder: Path, without: str | Path | None) -> bool:
    """Whether a file below a folder is neither hidden nor a result."""
    if any(part.startswith(".") for part in path.relative_to(folder).parts):
        return False
    return without is None or not path.resolve().is_relative_to(Path(without).resolve())


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


def _passing(paths: Sequence[Path], advance: Callable[[int], None]) -> Iterator[Path]:
    for path in paths:
        yield path
        advance(1)
