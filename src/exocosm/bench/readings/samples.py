"""Which replicates belong together: measurements (taken alike, from one recording) and samples (named alike)."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from exocosm.bench.readings.findings import Finding
from exocosm.bench.readings.sizes import NAMES, counted_diameters, replicate_sizes
from exocosm.bench.recordings.contract import Histogram, Recording, Replicate
from exocosm.errors import InputError, nearest

GROUPINGS = ("sample", "file")
# what changes what is seen or how it is tracked; videos that differ in it are no replicates of one another
DECISIVE = (
    "camera level", "camera type", "laser type", "detection threshold", "slider shutter", "slider gain",
    "sensitivity", "shutter", "laser wavelength", "minimum brightness",
)  # fmt: skip
_SAME_MEDIAN = 0.1  # by how much the logarithms of medians of one video may differ between a list and its histogram
_TIME = re.compile(r"[ _-]*\d{4}-\d{2}-\d{2}[ _T-]+\d{2}-\d{2}-\d{2}")
_INDEX = re.compile(r"[ _-]*\d+$")


@dataclass(frozen=True, eq=False)
class Measurement:
    """Replicates that were taken alike: of one recording, with the same settings, and named alike.

    name: unique among all; sample: to which it belongs.  part: what tells it from the rest of its file, '' if nothing.
    repeats: the file whose videos these are as well, '' if they are new; such a measurement is shown, not counted.
    """

    name: str
    sample: str
    recording: Recording
    replicates: tuple[Replicate, ...]
    part: str = ""
    repeats: str = ""

    @property
    def what(self) -> str:
        """What its replicates are, in the plural."""
        kinds = {"positions": "positions", "nanosight": "videos"}
        return kinds.get(self.recording.kind) or kinds.get(self.recording.instrument) or "runs"

    @property
    def holds(self) -> str:
        """How many replicates it has: `5 videos`, `1 run`."""
        number = len(self.replicates)
        return f"{number} {self.what if number != 1 else self.what[:-1]}"


@dataclass(frozen=True)
class Described:
    """What the user says of files: sample and dilution by file name, and one dilution for all that record none."""

    samples: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    dilutions: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    dilution: float | None = None


@dataclass(frozen=True, eq=False)
class _Video:
    """A video and the recording in which it stands."""

    recording: Recording
    replicate: Replicate

    def is_of(self, other: _Video) -> bool:
        """Whether two videos of one name are one: their numbers say so, else samples and times that do not differ.

        Programs name videos by what the user typed and a number, so that different samples can have `run_00`.
        """
        one, two = self.replicate, other.replicate
        if one.histogram is not None and two.histogram is not None:
            if _same_shape(one.histogram, two.histogram):
                return True
            times = {self.recording.captured, other.recording.captured} - {""}
            return self.recording.sample == other.recording.sample and len(times) < 2
        counts, middles = zip(_tracks_and_median(one), _tracks_and_median(two), strict=True)
        return not (abs(counts[0] - counts[1]) > 0 and abs(math.log(middles[0] / middles[1])) > _SAME_MEDIAN)


def _tracks_and_median(replicate: Replicate) -> tuple[float, float]:
    """How many particles were counted, and their median diameter; NaN where it is not known."""
    listed = counted_diameters(replicate)
    if listed is not None:
        return float(listed.size), float(np.median(listed)) if listed.size else math.nan
    return replicate.reported.get("valid_tracks", math.nan), float(replicate_sizes(replicate)[NAMES.index("d50")])


def _same_shape(one: Histogram, two: Histogram) -> bool:
    """Whether two histograms differ by no more than a factor, such as a dilution, and rounding."""
    if one.centre_nm.shape != two.centre_nm.shape or not np.allclose(one.centre_nm, two.centre_nm):
        return False
    totals = one.amount.sum(), two.amount.sum()
    if min(totals) <= 0:
        return max(totals) <= 0
    return bool(np.allclose(one.amount / totals[0], two.amount / totals[1], rtol=1e-3, atol=1e-5))


def measurements_of(
    recordings: Sequence[Recording], described: Described | None = None, group_by: str = "sample"
) -> tuple[tuple[Measurement, ...], tuple[Finding, ...]]:
    """The measurements in some recordings, and what should be known of how they were put together.

    group_by: `sample` takes recordings with the very same sample name as one sample; `file` takes each file by itself.
    Errors: InputError for another word, and for a description of a file that is not among the recordings.
    """
    if group_by not in GROUPINGS:
        raise InputError(f"files are grouped by {' or '.join(GROUPINGS)}, not by '{group_by}'; "
                         f"{nearest(group_by, GROUPINGS)}")  # fmt: skip
    described = described or Described()
    _require_known({*described.samples, *described.dilutions}, recordings)
    findings: list[Finding] = []
    result: list[Measurement] = []
    seen: dict[tuple[object, ...], Recording] = {}
    known = _first_videos(recordings)
    for recording in recordings:
        names = tuple(replicate.name for replicate in recording.replicates)
        twin = seen.setdefault((recording.checksum, recording.sample, recording.dilution, names), recording)
        if twin is not recording:
            again = "is given twice and" if twin.file == recording.file else f"holds the same bytes as {twin.file} and"
            text = f"{again} is left out, so that nothing is counted twice"
            findings.append(Finding("warning", recording.file, "twin", text))
            continue
        first = _repeated(recording, known)
        repeats = first.file if first else ""
        own = described.samples.get(recording.file) or described.samples.get(repeats)
        named = first.sample if first else recording.sample
        sample = own or (named if group_by == "sample" else f"{named} ({repeats or recording.file})")
        if first:
            text = f"holds videos that stand in {repeats} too: shown, but not counted again"
            findings.append(Finding("note", recording.file, "twin", text))
            findings += _shortened(recording, first)
        elif namesakes := _namesakes(recording, known):
            text = (
                f"holds videos that are named like some of {namesakes}, but are of another sample or time and hold "
                "other numbers: taken for other videos; give only one of the two files if they are the same"
            )
            findings.append(Finding("warning", recording.file, "twin", text))
        parts = parts_of(recording)
        if len(parts) > 1:
            told = ", ".join(f"{part} ({len(videos)})" for part, videos in parts.items())
            text = (
                f"its {len(recording.replicates)} videos were not all taken alike and are {len(parts)} measurements, "
                f"not {len(recording.replicates)} replicates of one: {told}"
            )
            findings.append(Finding("note", recording.file, "parts", text))
        for part, videos in parts.items():
            name = " / ".join(word for word in (sample, recording.file, part) if word)
            result.append(Measurement(name, sample, recording, videos, part if len(parts) > 1 else "", repeats))
    return _with_short_names(result), (*findings, *_similar_names(result))


def parts_of(recording: Recording) -> dict[str, tuple[Replicate, ...]]:
    """The replicates of a recording by what they have in common: a stem of their names, and decisive settings.

    Names of videos that only count up, or tell the time, have one stem.  Stems divide a file only if each has two or
    more videos; settings always do.
    """
    stems = [_INDEX.sub("", _TIME.sub("", replicate.name)) for replicate in recording.replicates]
    repeated = Counter(stems)
    use_stems = len(repeated) > 1 and min(repeated.values()) > 1
    groups: dict[tuple[str, tuple[tuple[str, str], ...]], list[Replicate]] = {}
    for stem, replicate in zip(stems, recording.replicates, strict=True):
        settings = tuple(
            (key, value) for key, value in replicate.settings.items() if key.casefold().strip(": ") in DECISIVE
        )
        groups.setdefault((stem if use_stems else "", settings), []).append(replicate)
    common = set.intersection(*(set(settings) for _, settings in groups)) if groups else set()
    named: dict[str, tuple[Replicate, ...]] = {}
    for (stem, settings), replicates in groups.items():
        differing = [] if use_stems else [f"{key} {value}" for key, value in settings if (key, value) not in common]
        name = " ".join([stem, ", ".join(differing)]).strip()
        while name in named:
            name += " (again)"
        named[name] = tuple(replicates)
    return named


def _first_videos(recordings: Sequence[Recording]) -> dict[str, list[_Video]]:
    """Where every NanoSight video stands, by name; summaries go before lists of particles, lists before tracks."""
    rank = {"size": 0, "particles": 1, "tracks": 2}
    result: dict[str, list[_Video]] = {}
    for recording in sorted(recordings, key=lambda one: rank.get(one.kind, 0)):
        if recording.instrument == "nanosight":
            for replicate in recording.replicates:
                result.setdefault(replicate.name, []).append(_Video(recording, replicate))
    return result


def _repeated(recording: Recording, videos: Mapping[str, Sequence[_Video]]) -> Recording | None:
    """The recording that holds all videos of another already, None if there is none."""
    if recording.instrument != "nanosight":
        return None
    found: Recording | None = None
    for replicate in recording.replicates:
        own = _Video(recording, replicate)
        first = next(video for video in videos[replicate.name] if video.recording is recording or own.is_of(video))
        if first.recording is recording or (found is not None and first.recording.file != found.file):
            return None
        found = found or first.recording
    return found


def _shortened(recording: Recording, first: Recording) -> list[Finding]:
    """Lists of particles with other counts than the summary states: cut off, as nothing else would show."""
    result = []
    stated = {video.name: video.reported.get("valid_tracks") for video in first.replicates}
    for replicate in recording.replicates:
        listed, tracks = counted_diameters(replicate), stated[replicate.name]
        if listed is not None and tracks is not None and listed.size != tracks:
            text = (
                f"lists {listed.size} counted particles, {first.file} states {tracks:g} valid tracks: was it cut off?"
            )
            result.append(Finding("note", recording.file, "twin", text))
    return result


def _namesakes(recording: Recording, videos: Mapping[str, Sequence[_Video]]) -> str:
    """The file with another video of a name of this recording's, '' if there is none."""
    if recording.instrument != "nanosight":
        return ""
    for replicate in recording.replicates:
        own = _Video(recording, replicate)
        for video in videos[replicate.name]:
            if video.recording is recording:
                break
            if not own.is_of(video):
                return video.recording.file
    return ""


def by_sample(measurements: Sequence[Measurement]) -> dict[str, tuple[Measurement, ...]]:
    """The measurements of every sample, in their order."""
    result: dict[str, list[Measurement]] = {}
    for measurement in measurements:
        result.setdefault(measurement.sample, []).append(measurement)
    return {sample: tuple(several) for sample, several in result.items()}


def _with_short_names(measurements: Sequence[Measurement]) -> tuple[Measurement, ...]:
    """Measurements named by sample alone where that is enough, else with part, dilution or file."""
    result = []
    for sample, several in by_sample(measurements).items():
        names = [sample] * len(several)
        for tells in (lambda m: m.part, lambda m: m.recording.file, lambda m: f"dilution {m.recording.dilution}"):
            if len(set(names)) == len(several):
                break
            names = [f"{name}, {tells(m)}" if tells(m) else name for name, m in zip(names, several, strict=True)]
        used: Counter[str] = Counter()
        for name, measurement in zip(names, several, strict=True):
            used[name] += 1
            unique = name if used[name] == 1 else f"{name} ({used[name]})"
            result.append(replace(measurement, name=unique))
    order = {id(m.replicates): k for k, m in enumerate(measurements)}
    return tuple(sorted(result, key=lambda m: order[id(m.replicates)]))


def _require_known(named: set[str], recordings: Sequence[Recording]) -> None:
    files = {recording.file for recording in recordings}
    for name in sorted(named - files):
        alike = sorted(file for file in files if file.endswith(f"/{name}"))
        if alike:
            told = ", ".join(alike)
            raise InputError(
                f"something is said of '{name}', but {len(alike)} files that were read have this name: {told}; "
                "give the files names of their own, or measure them one after the other"
            )
    unknown = sorted(named - files)
    if unknown:
        raise InputError(f"no file '{unknown[0]}' was read, but something is said of it; {nearest(unknown[0], files)}")


def _similar_names(measurements: Sequence[Measurement]) -> list[Finding]:
    """Samples whose names differ in capitals and blanks only: perhaps one sample, but not merged."""
    groups: dict[str, list[str]] = {}
    for sample in dict.fromkeys(m.sample for m in measurements):
        groups.setdefault(re.sub(r"[\W_]+", "", sample).casefold(), []).append(sample)
    text = "are named almost alike and are kept apart; if they are one sample, say so in a table (file, sample)"
    return [
        Finding("note", " and ".join(f"'{name}'" for name in names), "names", text)
        for names in groups.values()
        if len(names) > 1
    ]
