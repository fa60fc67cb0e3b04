"""NanoSight NTA 3.x: ExperimentSummary (any number of videos) and the Summary of one video, as CSV."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from exocosm.bench.recordings.cells import AGAIN, decimal_mark, number, split, without_empty_end
from exocosm.bench.recordings.contract import (
    AS_CORRECTED,
    AS_MEASURED,
    UNKNOWN,
    Recording,
    RecordingError,
    Replicate,
    refusal,
)
from exocosm.bench.recordings.file_text import FileText, file_text
from exocosm.bench.recordings.nanosight_distribution import (
    PERCENTILES,
    Distribution,
    is_header,
    meaning,
    read_distribution,
    squeezed,
)

FORMAT = "NanoSight summary"
_FIRST = re.compile(r"^\W*NTA (?:Experiment|Single Analysis) Summary File", re.IGNORECASE)
_SECTION = re.compile(r"^\W*\[(Experiment Details|Results|Size Data)\]", re.IGNORECASE | re.MULTILINE)
_DELIMITER = re.compile(
    r'^"?(?:Software Version|Experiment Name|Operator Name|Time Captured|Filename:?|Temperature/C|Mean|Weighting)"?'
    r" *([,;\t|])",
    re.MULTILINE,
)
_BLOCKS = {"[size data]": "size", "[diffusion coefficient data]": "diffusion"}
_CONCENTRATION = re.compile(r"concentration\((?:e(\d+))?particles?/ml\)")
_JOINED = re.compile(r"Created from combined experiments:\s*(.+)", re.IGNORECASE)
_QUIET = {"", "ok", "no", "none", "n/a"}
_RESULTS = {
    "particlesperframe": "particles_per_frame",
    "centresperframe": "centres_per_frame",
    "completedtracks": "completed_tracks",
    "x-drift(pix/frame)": "drift_x",
    "y-drift(pix/frame)": "drift_y",
}
_AGREE = 0.02  # relative difference between a histogram and what the instrument says of it that passes without a note

Section = dict[str, tuple[int, list[str]]]


@dataclass
class _Sheet:
    """A summary file, read but not yet understood.  sections: rows by section and key, both in small letters."""

    text: FileText
    delimiter: str
    decimal: str = "."
    videos: list[str] = field(default_factory=list)
    sections: dict[str, Section] = field(default_factory=dict)
    spelling: dict[str, str] = field(default_factory=dict)
    announced: list[str] = field(default_factory=list)
    distributions: dict[tuple[str, str], Distribution] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def cells(self, section: str, key: str) -> list[str]:
        """The cells behind a key, as many as there are videos; empty ones if the key is not there."""
        _, cells = self.sections.get(section, {}).get(key, (0, []))
        return [*cells, *[""] * len(self.videos)][: len(self.videos)]

    def word(self, key: str) -> str:
        """What the file says once, of the whole experiment."""
        _, cells = self.sections.get("[experiment details]", {}).get(key, (0, []))
        return " ".join(cell for cell in cells if cell)


def can_read(head: str, name: str) -> bool:
    """Whether a file begins like a NanoSight summary."""
    return _FIRST.match(head) is not None or len(_SECTION.findall(head)) >= 2


def read(content: bytes, name: str) -> tuple[Recording, ...]:
    """One recording per recorded dilution (nearly always one), a replicate per video.

    Concentrations stand as in the file: NTA has multiplied them by the dilution factor where one was recorded.
    """
    sheet = _sheet(file_text(content, name))
    number_weighted = sheet.distributions.get(("size", "number"))
    if number_weighted is None:
        has = "results" if "[results]" in sheet.sections else "a beginning"
        found = f"the file has {has} but no number-weighted size distribution in a section [Size Data]"
        found += "".join(f" ({note})" for note in sheet.notes[:1])
        raise refusal(name, sheet.text.line(sheet.text.end - 1), found, AGAIN + ", with 'Number' among the weightings")
    _check_ending(sheet, number_weighted)
    replicates = [_replicate(sheet, video) for video in range(len(sheet.videos))]
    replicates = _agreement(sheet, number_weighted, replicates)
    return _recordings(sheet, replicates, hashlib.sha256(content).hexdigest())


def _sheet(text: FileText) -> _Sheet:
    head = "\n".join(text.lines[:3000])
    if _SECTION.search(head) is None:
        expected = (
            "expected sections such as [Experiment Details], [Results] and [Size Data], as NTA 3.0 to 3.4 write them"
        )
        advice = "export the ExperimentSummary from NTA 3, or describe the columns by a mapping"
        raise refusal(text.name, 1, f"a NanoSight file of a layout that is not known; {expected}", advice)
    found = _DELIMITER.search(head)
    if found is None:
        raise refusal(text.name, 1, "no row such as 'Software Version,...' was found", AGAIN)
    sheet = _Sheet(text, found[1])
    header = next((k for k, line in enumerate(text.lines) if is_header(line.lstrip('" '))), None)
    if header is not None:
        sheet.decimal = decimal_mark(text, text.lines[header + 1 : header + 2000], header + 1, sheet.delimiter)
    _walk(sheet)
    return sheet


def _walk(sheet: _Sheet) -> None:
    """Fill a sheet, line by line; the histograms are read as blocks."""
    text, section, block = sheet.text, "", Section()
    index = 0
    while index < text.end:
        cells = split(text.lines[index], sheet.delimiter)
        key = cells[0].casefold()
        if key.startswith("[") and key.endswith("]"):
            section, block = key, Section()
        elif is_header(key) and _BLOCKS.get(section):
            index = _distribution(sheet, index, block, _BLOCKS[section])
            block = Section()
            continue
        elif section in _BLOCKS:
            block[key] = (index, without_empty_end(cells[1:]))
            if key == "filename":
                _same_videos(sheet, index, cells[1:])
        elif section == "[data included]":
            sheet.announced.append(key)
        elif key:
            sheet.sections.setdefault(section, {}).setdefault(key, (index, without_empty_end(cells[1:])))
            sheet.spelling.setdefault(key, cells[0])
            if key in ("filename:", "filename") and not sheet.videos:
                sheet.videos = _names(without_empty_end(cells[1:]))
        index += 1


def _names(cells: list[str]) -> list[str]:
    """Names of videos; one that occurs twice gets a number, so that each can be told from the other."""
    result: dict[str, None] = {}
    for position, cell in enumerate(cells, 1):
        name = re.split(r"[\\/]", cell)[-1] or f"video {position}"
        result[name if name not in result else f"{name} ({position})"] = None
    return list(result)


def _same_videos(sheet: _Sheet, index: int, cells: list[str]) -> None:
    if not sheet.videos:
        names = without_empty_end(cells)
        while names and names[-1].casefold() in ("average", "standard error"):
            names.pop()
        sheet.videos = _names(names)
        return
    count = len(sheet.videos)
    if _names(cells[:count]) != sheet.videos:
        other = next((c for c, name in zip(cells, sheet.videos, strict=False) if c != name), "fewer names")
        found = f"the columns of this block are not in the order of 'Filename:' at the top ('{other[:60]}')"
        raise refusal(sheet.text.name, sheet.text.line(index), found, AGAIN)


def _distribution(sheet: _Sheet, header: int, block: Section, domain: str) -> int:
    """Read a histogram into the sheet; one that is damaged is refused if it is the one that counts, else left out."""
    text = sheet.text
    if not sheet.videos:
        found = "no row 'Filename:' names the videos before the first histogram"
        raise refusal(text.name, text.line(header), found, AGAIN)
    is_main = False
    try:
        is_main = domain == "size" and meaning(text, header, sheet.delimiter, block)[0] == "number"
        result, end = read_distribution(text, header, sheet.delimiter, sheet.decimal, len(sheet.videos), block, domain)
    except RecordingError as error:
        if is_main:
            raise
        sheet.notes.append(f"a further distribution is left out: {error}")
        return header + 1
    key = (result.domain, result.weighting)
    if key in sheet.distributions:
        found = f"a second {result.domain} distribution weighted by {result.weighting}"
        raise refusal(text.name, text.line(header), found, "give one experiment per file")
    main = sheet.distributions.get(("size", "number"))
    if domain == "size" and main is not None and not np.array_equal(main.centre, result.centre):
        sheet.notes.append(
            f"the distribution weighted by {result.weighting} (line {result.line}) has other bins than the one by "
            "number and is left out: the file was cut off or changed"
        )
        return end
    sheet.distributions[key] = result
    return end


def _check_ending(sheet: _Sheet, main: Distribution) -> None:
    """Refuse a file that was cut off within its main histogram; note one that was cut off behind it."""
    announced = [squeezed(line) for line in sheet.announced]
    more = any(words.startswith("sizedistribution-number") and "percentiles" in words for words in announced)
    if not main.followed and (more or not main.is_whole(_concentrations(sheet))):
        found = "the file ends with this bin, but more was to follow: it was cut off"
        raise refusal(sheet.text.name, sheet.text.line(sheet.text.end - 1), found, AGAIN)
    if not main.followed:
        sheet.notes.append("the file ends with a bin and may have been cut off; sums and means are those it states")
    missing = []
    for line in sheet.announced:
        words = squeezed(line)
        domain = next((d for d in ("size", "diffusion") if words.startswith(d)), None)
        weighting = next((w for w in ("number", "surface", "volume") if f"-{w}" in words), None)
        if domain is None or weighting is None:
            continue
        distribution = sheet.distributions.get((domain, weighting))
        if distribution is None:
            missing.append(f"{domain} by {weighting}")
        elif "percentiles" in words:
            rows = 0 if distribution.percentiles is None else len(distribution.percentiles)
            if rows < PERCENTILES:
                missing.append(f"{PERCENTILES - rows} of {PERCENTILES} percentiles of {domain} by {weighting}")
    if missing:
        sheet.notes.append(f"announced but not there: {', '.join(missing)}; the file was cut off or changed")


def _concentrations(sheet: _Sheet) -> list[float | None]:
    """Particles per mL of every video, as [Results] states them."""
    for key in sheet.sections.get("[results]", {}):
        found = _CONCENTRATION.fullmatch(squeezed(key))
        if found:
            scale = 10.0 ** min(int(found[1] or 0), 30)
            values = [number(cell, sheet.decimal) for cell in sheet.cells("[results]", key)]
            return [None if value is None or value < 0 else value * scale for value in values]
    return [None] * len(sheet.videos)


def _replicate(sheet: _Sheet, video: int) -> Replicate:
    main = sheet.distributions["size", "number"]
    reported = {key: values[video] for key, values in main.stated.items()}
    for key in sheet.sections.get("[results]", {}):
        if squeezed(key) in _RESULTS:
            reported[_RESULTS[squeezed(key)]] = number(sheet.cells("[results]", key)[video], sheet.decimal)
    other = {}
    for (domain, weighting), distribution in sheet.distributions.items():
        if distribution is main:
            continue
        label = weighting if domain == "size" else domain if weighting == "number" else f"{domain}_{weighting}"
        histogram = distribution.histogram(video)
        if histogram is not None:
            other[label] = histogram
        reported |= {f"{label}_{key}": values[video] for key, values in distribution.stated.items()}
    histogram = main.histogram(video)
    settings = {
        sheet.spelling[key]: cell
        for section in ("[conditions]", "[settings]")
        for key in sheet.sections.get(section, {})
        if (cell := sheet.cells(section, key)[video])
    }
    percentiles = main.percentiles
    whole = percentiles is not None and len(percentiles) == PERCENTILES and not np.isnan(percentiles[:, video]).any()
    return Replicate(
        name=sheet.videos[video],
        histogram=histogram,
        other=MappingProxyType(other),
        percentiles_nm=percentiles[:, video] if percentiles is not None and whole else None,
        concentration=_concentrations(sheet)[video],
        temperature_c=number(sheet.cells("[conditions]", "temperature/c")[video], sheet.decimal),
        viscosity_mpa_s=number(sheet.cells("[conditions]", "viscosity/cp")[video], sheet.decimal),
        reported=MappingProxyType({key: value for key, value in reported.items() if value is not None}),
        settings=MappingProxyType(settings),
        messages=_messages(sheet, video, histogram is None),
    )


def _messages(sheet: _Sheet, video: int, is_empty: bool) -> tuple[str, ...]:
    """What the instrument itself found to say about a video."""
    result = ["the file has no distribution of this video"] if is_empty else []
    for section in ("[concentration warnings]", "[information]"):
        for key in sheet.sections.get(section, {}):
            cell = sheet.cells(section, key)[video]
            message = f"{sheet.spelling[key]}: {cell}"
            if cell.casefold() not in _QUIET and message not in result:
                result.append(message)
    processed = sheet.cells("[experiment details]", "processed")[video]
    if processed.casefold() == "no":
        result.append("Processed: No")
    return tuple(result)


def _agreement(sheet: _Sheet, main: Distribution, replicates: list[Replicate]) -> list[Replicate]:
    """Replicates, and notes of where the histograms and the instrument's own numbers are not the same."""
    for replicate in replicates:
        histogram = replicate.histogram
        if histogram is None:
            continue
        total = float(histogram.amount.sum())
        stated = replicate.concentration
        if stated is not None and abs(total - stated) > _AGREE * max(stated, total):
            sheet.notes.append(
                f"{replicate.name}: the histogram adds up to {total:.3g} particles/mL, [Results] states {stated:.3g}"
            )
        mean = replicate.reported.get("mean")
        if mean is not None and total > 0:
            own = float(histogram.centre_nm @ histogram.amount / total)
            if abs(own - mean) > _AGREE / 2 * mean:
                sheet.notes.append(
                    f"{replicate.name}: the mean of the histogram is {own:.1f} nm, the file states {mean:.1f} nm"
                )
    if main.average is not None and not np.isnan(main.average).any():
        with_numbers = ~np.isnan(main.amount).all(axis=0)
        if with_numbers.any():
            mean_of_videos = main.amount[:, with_numbers].mean(axis=1)
            peak = float(mean_of_videos.max())
            if np.abs(mean_of_videos - main.average).max() > _AGREE * peak + 1:
                sheet.notes.append("the column 'average' is not the mean of the videos' columns")
    return replicates


def _recordings(sheet: _Sheet, replicates: list[Replicate], checksum: str) -> tuple[Recording, ...]:
    """Recordings, one per experiment and dilution factor: numbers of different factors do not belong together."""
    key = next((k for k in sheet.sections.get("[results]", {}) if k.startswith("dilution factor")), None)
    factors = (
        [_factor(sheet, cell) for cell in sheet.cells("[results]", key)] if key else [(None, UNKNOWN)] * len(replicates)
    )
    details = sheet.sections.get("[experiment details]", {})
    by_video = ("filename:", "filename", "processed")
    settings = {sheet.spelling[k]: sheet.word(k) for k in details if k not in by_video and sheet.word(k)}
    sample, source = _sample(sheet)
    experiments = _experiments(sheet, replicates)
    if any(experiments):
        sheet.notes.append(
            f"{len(set(experiments))} experiments are joined in this file; each is a sample of its own, by its name"
        )
    else:
        named = f"the sample's name is the file's '{source}'" if source else "the file does not name its sample"
        sheet.notes.append(named)
    if len(set(factors)) > len(set(experiments)):
        sheet.notes.append(
            f"videos of {len(set(factors))} dilution factors stand in this file; each is a recording of its own"
        )
    kinds = list(zip(experiments, factors, strict=True))
    common = Recording(
        instrument="nanosight",
        format=FORMAT,
        file=sheet.text.name,
        checksum=checksum,
        sample=sample or re.sub(r"\.\w+$", "", sheet.text.name),
        replicates=(),
        software=_software(sheet),
        captured=sheet.word("time captured"),
        operator=sheet.word("operator name"),
        diluent=sheet.word("diluent"),
        settings=MappingProxyType(settings),
        notes=tuple(sheet.notes),
    )
    return tuple(
        replace(
            common,
            sample=experiment or common.sample,
            replicates=tuple(r for r, kind in zip(replicates, kinds, strict=True) if kind == (experiment, factor)),
            dilution=factor[0],
            concentrations=factor[1],
        )
        for experiment, factor in dict.fromkeys(kinds)
    )


def _experiments(sheet: _Sheet, replicates: list[Replicate]) -> list[str]:
    """The experiment that every video is of, where the program joined several and says so; else empty words.

    Without a sample's name in the file, experiments of other names are not known to be of one sample.
    """
    nothing = [""] * len(replicates)
    found = _JOINED.match(sheet.word("remarks"))
    if found is None or any(_named(sheet, key) for key in ("sample name", "sample description")):
        return nothing
    names = re.split(r"\.nano\b[\s,;]*", found[1], flags=re.IGNORECASE)
    names.sort(key=len, reverse=True)  # of names that begin alike the longest is meant
    own = [next((name for name in names if name and replicate.name.startswith(name)), "") for replicate in replicates]
    return [name.rstrip("_- ") for name in own] if all(own) else nothing


def _software(sheet: _Sheet) -> str:
    """Name and version of the program; combined experiments call it 'Unknown' and name it in the second line only."""
    version = sheet.word("software version")
    if version and version.casefold() != "unknown":
        return version
    created = re.search(r"Created with ([^,;\t\"]+)", "\n".join(sheet.text.lines[:5]))
    return created[1].strip() if created else ""


def _factor(sheet: _Sheet, cell: str) -> tuple[float | None, str]:
    """The recorded dilution factor of a video, and what that makes of its concentrations."""
    if cell.casefold() in ("", "not recorded", "n/a", "none"):
        return None, AS_MEASURED
    value = number(cell, sheet.decimal)
    if value is None or value <= 0:
        note = (
            f"the dilution factor '{cell[:40]}' is not a positive number; whether concentrations hold it is not known"
        )
        if note not in sheet.notes:
            sheet.notes.append(note)
        return None, UNKNOWN
    return value, AS_CORRECTED


def _sample(sheet: _Sheet) -> tuple[str, str]:
    """Name of the sample and the field it is from; a description that is only a dilution ('d200') names no sample."""
    for key in ("sample name", "sample description", "experiment name"):
        word = _named(sheet, key)
        if word:
            return word, sheet.spelling[key]
    return "", ""


def _named(sheet: _Sheet, key: str) -> str:
    """What a field calls the sample, '' if it is empty or only a dilution."""
    word = re.sub(r"\.nano$", "", sheet.word(key), flags=re.IGNORECASE)
    return "" if re.fullmatch(r"(?:d|dil\w*|1\s*[:/])?\s*\d+\s*x?", word, re.IGNORECASE) else word
