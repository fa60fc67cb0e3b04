"""The distribution blocks of NanoSight summary files: what the instrument says, the histogram, the percentiles."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from exocosm.bench.recordings.cells import AGAIN, number, number_block, split, without_empty_end
from exocosm.bench.recordings.contract import Histogram, Numbers, refusal
from exocosm.bench.recordings.file_text import FileText

# spellings differ in case and blanks between versions and places of the same file
_LABELS = (
    ("number", re.compile(r"(?:concentration|number|conc\.)\((?:e(\d+))?particles?/ml\)"), "particle/mL"),
    ("surface", re.compile(r"surface ?area(?:conc\.|concentration)\((?:e(\d+))?nm.{0,2}/ml\)"), "nm^2/mL"),
    ("volume", re.compile(r"volume(?:conc\.|concentration)\((?:e(\d+))?nm.{0,2}/ml\)"), "nm^3/mL"),
)
_NAMES = {"number": "number", "surface area": "surface", "surface": "surface", "volume": "volume"}
_STATED = {"mean": "mean", "mode": "mode", "sd": "sd", "d10": "d10", "d50": "d50", "d90": "d90",
           "valid tracks": "valid_tracks", "std. dev.": "sd", "standard deviation": "sd"}  # fmt: skip
_BEGINNINGS = tuple("0123456789.-+")  # of a row of numbers
PERCENTILES = 101


@dataclass(frozen=True, eq=False)
class Distribution:
    """One weighting of one quantity.  Shapes: centre (bins,), amount and average (bins, videos) and (bins,).

    domain: 'size' (nm) or 'diffusion' (1e4 nm^2/s).  percentiles: (up to 101, videos), None if there is no table.
    stated: mean, mode ... by video, None where the file has no number.  followed: whether the file goes on behind it.
    """

    domain: str
    weighting: str
    centre: Numbers
    amount: Numbers
    average: Numbers | None
    unit: str
    line: int
    followed: bool
    percentiles: Numbers | None = None
    stated: Mapping[str, tuple[float | None, ...]] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def step(self) -> float:
        """Width of a bin."""
        return float(self.centre[1] - self.centre[0])

    def histogram(self, video: int) -> Histogram | None:
        """Histogram of one video; None if the file has no number for it."""
        amount = self.amount[:, video]
        if np.isnan(amount).all():
            return None
        half = self.step / 2
        axis = "nm" if self.domain == "size" else "1e4 nm^2/s"
        return Histogram(self.centre, self.centre - half, self.centre + half, amount, self.unit, axis)

    def is_whole(self, concentrations: Sequence[float | None]) -> bool:
        """Whether the bins hold all that the instrument says of every video: particle/mL (2 %) and mean (0.1 nm)."""
        means = self.stated.get("mean", ())
        if len(means) != self.amount.shape[1] or self.amount[-1].any():
            return False
        for amount, mean, concentration in zip(self.amount.T, means, concentrations, strict=True):
            total = amount.sum()
            if mean is None or concentration is None or not total > 0:
                return False
            if abs(total - concentration) > 0.02 * concentration or abs(self.centre @ amount / total - mean) > 0.1:
                return False
        return True


def squeezed(cell: str) -> str:
    """A label without blanks and capitals."""
    return cell.replace(" ", "").casefold()


def is_header(cell: str) -> bool:
    """Whether a first cell begins the header of a histogram."""
    return squeezed(cell).startswith(("bincentre", "bincenter"))


def read_distribution(
    text: FileText,
    header: int,
    delimiter: str,
    decimal: str,
    videos: int,
    before: Mapping[str, tuple[int, list[str]]],
    domain: str,
) -> tuple[Distribution, int]:
    """The distribution whose histogram's header stands at an index, and the index behind it.

    before: the rows of the block that stand above the header, by key in small letters.
    Errors: RecordingError where the histogram is incomplete or does not fit the number of videos.
    """
    labels = without_empty_end(split(text.lines[header], delimiter))
    line = text.line(header)
    weighting, unit, scale = meaning(text, header, delimiter, before)
    columns = 1
    while columns < len(labels) and squeezed(labels[columns]) == squeezed(labels[1]):
        columns += 1
    if columns - 1 != videos:
        found = f"the histogram has {columns - 1} columns of videos, the file names {videos} videos"
        raise refusal(text.name, line, found, AGAIN)
    has_average = len(labels) > columns and "average" in labels[columns].casefold()
    first, last = header + 1, _end_of_numbers(text, header + 1)
    if last - first < 2:
        raise refusal(text.name, line, "no bins follow this header: the file was cut off", AGAIN)
    _whole_last_row(text, first, last, delimiter)
    width = columns + (1 if has_average else 0)
    values = number_block(text, first, last, delimiter, decimal, width, most=len(labels), may_be_empty=True)
    centre, amount = values[:, 0], values[:, 1:columns] * scale
    _check_bins(text, first, centre)
    _check_amounts(text, first, amount)
    percentiles, end = _percentiles(text, last, delimiter, decimal, videos)
    stated = {
        _STATED[key]: tuple(number(cell, decimal) for cell in [*cells, *[""] * videos][:videos])
        for key, (_, cells) in before.items()
        if key in _STATED
    }
    result = Distribution(
        domain, weighting, centre, amount, values[:, columns] * scale if has_average else None, unit, line,
        last < len(text.lines), percentiles, MappingProxyType(stated),
    )  # fmt: skip
    return result, end


def meaning(
    text: FileText, header: int, delimiter: str, before: Mapping[str, tuple[int, list[str]]]
) -> tuple[str, str, float]:
    """Weighting, unit and factor to that unit of the histogram whose header stands at an index."""
    labels = split(text.lines[header], delimiter, 3)
    label = labels[1] if len(labels) > 1 else ""
    matches = [(name, unit, found) for name, form, unit in _LABELS if (found := form.fullmatch(squeezed(label)))]
    if not matches and "average" in label.casefold():
        lacking = f"the histogram has only '{label[:60]}', no columns of the videos"
        raise refusal(text.name, text.line(header), lacking, AGAIN + ", with the individual videos")
    if not matches:
        expected = "'Concentration (particles / ml)', 'Surface area conc. (nm² / ml)' or 'Volume conc. (nm³ / ml)'"
        raise refusal(text.name, text.line(header), f"column '{label[:60]}' is not known; expected {expected}", AGAIN)
    weighting, unit, found = matches[0]
    named = before.get("weighting")
    if named is not None and named[1] and _NAMES.get(named[1][0].casefold(), weighting) != weighting:
        says = f"the block is called '{named[1][0]}' but its columns are '{label}'"
        raise refusal(text.name, text.line(named[0]), says, AGAIN)
    return weighting, unit, 10.0 ** min(int(found[1] or 0), 30)


def _end_of_numbers(text: FileText, first: int) -> int:
    index = first
    while index < text.end and text.lines[index].lstrip(' "').startswith(_BEGINNINGS):
        index += 1
    return index


def _whole_last_row(text: FileText, first: int, last: int, delimiter: str) -> None:
    """A last line of a file with fewer cells than the line above it was cut off."""
    if last == text.end and text.lines[last - 1].count(delimiter) < text.lines[last - 2].count(delimiter):
        found = "the file ends in the middle of a row: it was cut off"
        raise refusal(text.name, text.line(last - 1), found, AGAIN)


def _check_bins(text: FileText, first: int, centre: Numbers) -> None:
    step = centre[1] - centre[0]
    wrong = np.flatnonzero(np.abs(np.diff(centre) - step) > 1e-3 * abs(step) + 1e-6)
    if step <= 0 or wrong.size:
        row = int(wrong[0]) + 1 if wrong.size else 1
        found = f"bin {centre[row]:g} follows bin {centre[row - 1]:g}: a row is missing or twice there"
        raise refusal(text.name, text.line(first + row), found, AGAIN)


def _check_amounts(text: FileText, first: int, amount: Numbers) -> None:
    empty = np.isnan(amount)
    partly = np.flatnonzero(empty.any(axis=0) & ~empty.all(axis=0))
    if partly.size:
        row = int(np.flatnonzero(empty[:, partly[0]])[0])
        found = f"no number in the column of video {partly[0] + 1}, which has numbers in other rows"
        raise refusal(text.name, text.line(first + row), found, AGAIN)
    rows, videos = np.nonzero(amount < 0)
    if rows.size:
        found = f"a negative amount, {amount[rows[0], videos[0]]:g}, in the column of video {videos[0] + 1}"
        raise refusal(text.name, text.line(first + int(rows[0])), found, AGAIN)


def _percentiles(text: FileText, index: int, delimiter: str, decimal: str, videos: int) -> tuple[Numbers | None, int]:
    """The table behind a histogram (rows that are whole and count up by one), and the index behind it."""
    after = index
    while after < text.end and not text.lines[after].strip(' "\t' + delimiter):
        after += 1
    if after >= text.end or not squeezed(text.lines[after].lstrip('"')).startswith("percentile"):
        return None, index
    last = whole = _end_of_numbers(text, after + 1)
    if last == text.end and last > after + 2:
        shorter = text.lines[last - 1].count(delimiter) < text.lines[last - 2].count(delimiter)
        if shorter or (last == len(text.lines) and not text.ends_whole):
            whole = last - 1
    rows: list[list[float]] = []
    for row in range(after + 1, whole):
        values = [number(cell, decimal) for cell in split(text.lines[row], delimiter)[: videos + 1]]
        if len(values) != videos + 1 or values[0] != len(rows):
            break
        rows.append([np.nan if value is None else value for value in values[1:]])
    return np.array(rows, dtype=float).reshape(len(rows), videos), last
