"""ZetaView 8 text: a size distribution over all positions, or a profile of zeta potential (which has no sizes)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from exocosm.bench.recordings.bins import edges
from exocosm.bench.recordings.cells import AGAIN, decimal_mark, number, number_block, split, without_empty_end
from exocosm.bench.recordings.contract import (
    AS_MEASURED,
    Histogram,
    Numbers,
    Recording,
    RecordingError,
    Replicate,
    refusal,
)
from exocosm.bench.recordings.file_text import FileText, file_text

FORMAT = "ZetaView text"
_KEY = re.compile(r"([A-Za-z][^:]{0,60}):{1,2}(?:\s+(.*))?", re.DOTALL)
_TABLE = re.compile(r"^\W*Size\s*/\s*nm\W+Number\b", re.IGNORECASE)
_PROFILE = re.compile(r"zeta|profile|potential|mobility|velocity", re.IGNORECASE)
_PROFILE_LINE = re.compile(r"^\W*ZP Profile", re.IGNORECASE)
_COLUMNS = {
    "number": "number",
    "concentration / cm-3": "concentration",
    "volume / nm^3": "volume",
    "area / nm^2": "area",
}
_QUIET = {"", "good", "very good", "ok", "not checked"}
_NEVER = "1904-01-01"  # the zero of the program's clock
_AGREE = 0.02
_REACH = 0.95  # of the linear histogram's end is where the logarithmic one goes at least


@dataclass(frozen=True, eq=False)
class _Block:
    """One histogram of a file.  Shapes: centre (bins,), values (bins,) by column."""

    centre: Numbers
    values: dict[str, Numbers]
    spacing: str
    low: Numbers
    high: Numbers

    def histogram(self, column: str, unit: str) -> Histogram:
        return Histogram(self.centre, self.low, self.high, self.values[column], unit)


def can_read(head: str, name: str) -> bool:
    """Whether the head has the keys of a ZetaView text."""
    return "ZetaView S/N" in head or "Software:\tZetaView" in head or ("Original File:" in head and "ZetaView" in head)


def read(content: bytes, name: str) -> tuple[Recording, ...]:
    """One recording with one replicate: the linear histogram, in particles per mL of the diluted sample.

    The logarithmic histogram counts the same particles and stands in `other`, as do tracks, volumes and areas.
    """
    text = file_text(content, name)
    header = next((k for k, line in enumerate(text.lines) if _TABLE.match(line)), None)
    delimiter = "\t" if header is None else next((d for d in ("\t", ";", ",") if d in text.lines[header]), "\t")
    settings = _settings(text, text.end if header is None else header, delimiter)
    stem = name.rsplit(".", 1)[0].casefold()
    checksum = hashlib.sha256(content).hexdigest()
    has_profile = any(_PROFILE_LINE.match(line) for line in text.lines)
    called_profile = _PROFILE.search(settings.get("Type of Measurement", "")) is not None or "_prof" in stem
    if header is None and (has_profile or called_profile):
        return (_recording(text, settings, checksum, _profile(settings, stem), "profile", ()),)
    if header is None:
        expected = "no row 'Size / nm, Number, Concentration / cm-3 ...' follows the head: the file was cut off"
        raise refusal(name, text.line(text.end - 1), expected, AGAIN)
    replicate, notes = _sizes(text, header, delimiter, settings, stem)
    if has_profile and replicate.histogram is None:
        return (_recording(text, settings, checksum, _profile(settings, stem), "profile", ()),)
    return (_recording(text, settings, checksum, replicate, "size", notes),)


def _settings(text: FileText, last: int, delimiter: str) -> dict[str, str]:
    """Keys and values of the head.  A line may hold several, and words behind a value that explain it."""
    result: dict[str, str] = {}
    for line in text.lines[:last]:
        key = ""
        # a spreadsheet that does not divide at tabs leaves empty cells of its own behind a line
        for cell in split(line.rstrip(",; ") if delimiter == "\t" else line, delimiter):
            found = _KEY.fullmatch(cell)
            if found is not None and (cell.endswith(":") or not key):
                key = found[1].strip()
                result.setdefault(key, (found[2] or "").strip())
            elif cell and key:
                result[key] = f"{result[key]} {cell}".strip()
    return result


def _stated(settings: dict[str, str], key: str, decimal: str) -> float | None:
    """The number that begins a value ('25.35 sensed')."""
    words = settings.get(key, "").split()
    return number(words[0], decimal) if words else None


def _recording(
    text: FileText, settings: dict[str, str], checksum: str, replicate: Replicate, kind: str, notes: tuple[str, ...]
) -> Recording:
    dilution = _stated(settings, "Dilution", _decimal(settings))
    if dilution is not None and dilution <= 0:
        notes = (*notes, f"the dilution '{settings['Dilution']}' is not a positive number and is not used")
        dilution = None
    elif dilution is None and kind == "size":
        notes = (*notes, "the file records no dilution")
    factor = _stated(settings, "Concentration Correction Factor", _decimal(settings))
    if factor is not None and factor != 1 and kind == "size":
        notes = (
            *notes,
            f"a concentration correction factor of {factor:g} is stated; concentrations stand as in the file",
        )
    sample = settings.get("Sample", "")
    return Recording(
        instrument="zetaview",
        format=FORMAT,
        file=text.name,
        checksum=checksum,
        sample=sample or text.name.rsplit(".", 1)[0],
        replicates=(replicate,),
        dilution=dilution,
        concentrations=AS_MEASURED,
        software=settings.get("Software", ""),
        captured=" ".join(word for word in (settings.get("Date", ""), settings.get("Time", "")) if word),
        operator=settings.get("Operator", ""),
        diluent=settings.get("Electrolyte", ""),
        kind=kind,
        settings=MappingProxyType(settings),
        messages=replicate.messages,
        notes=notes if sample else (*notes, "the file does not name its sample; the name is the file's"),
    )


def _decimal(settings: dict[str, str]) -> str:
    """Decimal mark of the head, where every number has six decimals."""
    return "," if re.search(r"\d,\d{6}\b", " ".join(settings.values())) else "."


def _profile(settings: dict[str, str], stem: str) -> Replicate:
    message = "a profile of velocities and zeta potential: it holds no size distribution and no concentration"
    return Replicate(
        name=settings.get("Experiment") or stem,
        temperature_c=_stated(settings, "Temperature", _decimal(settings)),
        viscosity_mpa_s=_stated(settings, "Viscosity", _decimal(settings)),
        messages=(message, *_checks(settings)),
    )


def _checks(settings: dict[str, str]) -> tuple[str, ...]:
    """What the instrument's own checks found."""
    result = []
    for name in ("Particle Drift Check", "Cell Check"):
        found = settings.get(f"{name} Result", "")
        if found.casefold() not in _QUIET:
            when = settings.get(f"{name}ed", "")
            never = f" (the file dates this check {when[:10]}, as if it had never been made)"
            found += never if when.startswith(_NEVER) else ""
            result.append(f"{name} Result: {found}")
    return tuple(result)


def _sizes(
    text: FileText, header: int, delimiter: str, settings: dict[str, str], stem: str
) -> tuple[Replicate, tuple[str, ...]]:
    blocks, has_separator, damaged = _blocks(text, header, delimiter)
    mark = _decimal(settings)
    linear = next((block for block in blocks if block.spacing == "linear"), None)
    logarithmic = next((block for block in blocks if block.spacing == "logarithmic"), None)
    traces = _stated(settings, "Number of Traces", mark)
    reported = {
        "valid_tracks": traces,
        "particles_per_frame": _stated(settings, "Average Number of Particles", mark),
        "detected_particles": _stated(settings, "Detected Particles", mark),
        "d50": _stated(settings, "Median Number (D50)", mark),
        "median_concentration": _stated(settings, "Median Concentration (D50)", mark),
        "median_volume": _stated(settings, "Median Volume (D50)", mark),
    }
    notes: tuple[str, ...] = ()
    messages = _checks(settings)
    other: dict[str, Histogram] = {}
    if linear is None:
        if blocks or not has_separator or traces:
            found = "no histogram in bins of equal width with a row of -1 at its end: the file was cut off or changed"
            raise refusal(text.name, text.line(text.end - 1), found, AGAIN)
        messages = ("no traces: the instrument found no particle to size", *messages)
        reported["d50"] = reported["median_concentration"] = reported["median_volume"] = None  # a zero that means none
    else:
        notes = _agreement(text, linear, logarithmic, traces, has_separator, damaged)
        other = {
            label: linear.histogram(column, unit)
            for label, column, unit in (
                ("tracks", "number", "particle"), ("surface", "area", "nm^2"), ("volume", "volume", "nm^3"),
            )
            if column in linear.values
        }  # fmt: skip
        if logarithmic is not None:
            other["logarithmic"] = logarithmic.histogram("concentration", "particle/mL")
    replicate = Replicate(
        name=settings.get("Experiment") or stem,
        histogram=None if linear is None else linear.histogram("concentration", "particle/mL"),
        other=MappingProxyType(other),
        concentration=None if linear is None else float(linear.values["concentration"].sum()),
        temperature_c=_stated(settings, "Temperature", mark),
        viscosity_mpa_s=_stated(settings, "Viscosity", mark),
        reported=MappingProxyType({key: value for key, value in reported.items() if value is not None}),
        messages=messages,
    )
    return replicate, notes


def _blocks(text: FileText, header: int, delimiter: str) -> tuple[list[_Block], bool, str]:
    """The histograms of a file, whether a row of -1 divides or ends them, and what is wrong with the second."""
    names = [re.sub(r"\s+", " ", cell.casefold()) for cell in without_empty_end(split(text.lines[header], delimiter))]
    columns = {_COLUMNS[name]: place for place, name in enumerate(names) if name in _COLUMNS}
    for wanted in ("number", "concentration"):
        if wanted not in columns:
            raise refusal(text.name, text.line(header), f"the table has no column of {wanted}", AGAIN)
    decimal = decimal_mark(text, text.lines[header + 1 : text.end], header + 1, delimiter)
    spans: list[tuple[int, int]] = []
    start, has_separator = header + 1, False
    for index in range(header + 1, text.end + 1):
        line = text.lines[index] if index < text.end else ""
        is_separator = line.lstrip(' "').startswith("-1")
        if index == text.end or is_separator or not line.lstrip(' "')[:1].isdigit():
            if index > start:
                spans.append((start, index))
            start = index + 1
            has_separator = has_separator or is_separator
    blocks: list[_Block] = []
    damaged = ""
    for position, (first, last) in enumerate(spans):
        try:
            blocks.append(_block(text, first, last, delimiter, decimal, columns, len(names), position))
        except RecordingError as error:
            if not (has_separator and blocks and blocks[0].spacing == "linear"):
                raise
            damaged = f"the second, logarithmic histogram is left out: {error}"
            break
    if len([block for block in blocks if block.spacing == "linear"]) > 1 or len(blocks) > 2:
        raise refusal(text.name, text.line(header), f"{len(blocks)} histograms where two were expected", AGAIN)
    return blocks, has_separator, damaged


def _block(
    text: FileText,
    first: int,
    last: int,
    delimiter: str,
    decimal: str,
    columns: dict[str, int],
    named: int,
    position: int,
) -> _Block:
    """The histogram in the lines [first, last).  named: how many columns have a name."""
    if last == text.end and last - first > 1:
        above = text.lines[last - 2].count(delimiter)
        if text.lines[last - 1].count(delimiter) < above:
            found = "the file ends in the middle of a row: it was cut off"
            raise refusal(text.name, text.line(last - 1), found, AGAIN)
    values = number_block(text, first, last, delimiter, decimal, max(columns.values()) + 1, most=named)
    if (values < 0).any():
        row = int(np.flatnonzero((values < 0).any(axis=1))[0])
        raise refusal(text.name, text.line(first + row), "a negative number stands in the histogram", AGAIN)
    falls = np.flatnonzero(np.diff(values[:, 0]) <= 0)
    if len(values) < 3 or falls.size:
        row = int(falls[0]) + 1 if falls.size else 0
        found = f"histogram {position + 1} is no column of at least three rising sizes"
        raise refusal(text.name, text.line(first + row), found, AGAIN)
    low, high, spacing = edges(values[:, 0])
    if spacing == "irregular":
        step = np.diff(values[:, 0])
        row = int(np.argmax(step / np.maximum(values[:-1, 0], 1))) + 1
        found = f"sizes of histogram {position + 1} are neither evenly spaced nor in equal ratio: a row is missing"
        raise refusal(text.name, text.line(first + row), found, AGAIN)
    return _Block(values[:, 0], {c: values[:, place] for c, place in columns.items()}, spacing, low, high)


def _agreement(
    text: FileText,
    linear: _Block,
    logarithmic: _Block | None,
    traces: float | None,
    has_separator: bool,
    damaged: str,
) -> tuple[str, ...]:
    """Notes of what does not agree within the file; a histogram without its end that lacks tracks is refused."""
    notes = []
    tracks = float(linear.values["number"].sum())
    if not has_separator:
        if traces is None or tracks != traces:
            found = "the histogram does not end with a row of -1"
            if traces is not None:
                found += f" and holds {tracks:g} of {traces:g} traces"
            raise refusal(text.name, text.line(text.end - 1), found + ": the file was cut off", AGAIN)
        notes.append("the histogram does not end with a row of -1 but holds all traces: the file was cut off behind it")
    elif traces is not None and tracks != traces:
        notes.append(f"the histogram holds {tracks:g} tracks, the head states {traces:g} traces")
    if damaged:
        notes.append(damaged)
    elif logarithmic is None and has_separator:
        notes.append("the second, logarithmic histogram is not there: the file was cut off or changed")
    elif logarithmic is not None:
        other = float(logarithmic.values["number"].sum())
        if other != tracks or logarithmic.high[-1] < _REACH * linear.high[-1]:
            found = (
                f"the logarithmic histogram ends at {logarithmic.centre[-1]:g} nm with {other:g} of {tracks:g} tracks"
            )
            notes.append(found + ": the file was cut off or changed")
    counted = linear.values["number"] > 0
    if counted.any():
        ratio = linear.values["concentration"][counted] / linear.values["number"][counted]
        if ratio.max() - ratio.min() > _AGREE * ratio.max():
            notes.append("concentration and number of tracks are not in the same ratio in every bin")
    return tuple(notes)
