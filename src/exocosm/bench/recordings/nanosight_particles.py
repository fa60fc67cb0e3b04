"""NanoSight ParticleData (a row per particle) and AllTracks (a row per frame of a particle), as CSV."""

from __future__ import annotations

import hashlib
import re

import numpy as np

from exocosm.bench.recordings.cells import (
    AGAIN,
    decimal_mark,
    number,
    require_no_more_cells,
    split,
    without_empty_end,
)
from exocosm.bench.recordings.contract import UNKNOWN, Numbers, Recording, Replicate, refusal
from exocosm.bench.recordings.file_text import FileText, file_text

FORMAT = "NanoSight particles"
_HEADER = re.compile(r'^[\s"]*Particle ID["\s]*[,;\t]["\s]*Size\s*/\s*nm', re.IGNORECASE)
_SUFFIX = re.compile(r"[-_ ]?(?:ParticleData|AllTracks)?(?:\.\w{1,4})?$", re.IGNORECASE)
_IDENTITY, _SIZE, _FRAME, _LENGTH = "particle id", "size/nm", "frame", "tracklength"
_INCLUDED = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}


def can_read(head: str, name: str) -> bool:
    """Whether a file begins with the columns of ParticleData or AllTracks."""
    return _HEADER.match(head) is not None


def read(content: bytes, name: str) -> tuple[Recording, ...]:
    """One recording of one video: a diameter per particle, and whether the instrument counted it.

    kind is 'particles' for ParticleData and 'tracks' for AllTracks, whose rows of one particle become one diameter.
    """
    text = file_text(content, name)
    top = next(k for k, line in enumerate(text.lines) if line.strip())
    delimiter = next((d for d in "\t;," if d in text.lines[top]), ",")
    columns = [
        re.sub(r"\s*/\s*", "/", cell.casefold()) for cell in without_empty_end(split(text.lines[top], delimiter))
    ]
    for wanted in (_IDENTITY, _SIZE):
        if wanted not in columns:
            raise refusal(name, text.line(top), f"there is no column '{wanted}'", AGAIN)
    counted = next((k for k, cell in enumerate(columns) if cell.startswith("included")), None)
    if counted is None:
        found = "there is no column 'Included in distribution?'; the file was cut off or is of another version"
        raise refusal(name, text.line(top), found, AGAIN)
    identity, size, included = _table(text, top, delimiter, columns, counted)
    is_tracks = _FRAME in columns
    notes = []
    if is_tracks:
        identity, first = np.unique(identity, return_index=True)
        frames = len(size)
        size, included = size[first], included[first]
        notes.append(f"{frames} rows of frames belong to {len(size)} particles")
    elif len(np.unique(identity)) != len(identity):
        raise refusal(name, None, "a Particle ID stands twice in the file", "give the file of one video, unchanged")
    whole = np.isfinite(size) & (size > 0)
    if (~whole & included).any():
        raise refusal(name, None, "a particle that was counted has no size", AGAIN)
    if not whole.all():
        notes.append(
            f"{int((~whole).sum())} particles without a size, which the instrument did not count, are left out"
        )
    video = _SUFFIX.sub("", name) or name
    replicate = Replicate(
        name=video,
        diameters_nm=size[whole],
        included=included[whole],
        messages=() if included.any() else ("no particle was included in the distribution",),
    )
    return (
        Recording(
            instrument="nanosight",
            format=FORMAT,
            file=name,
            checksum=hashlib.sha256(content).hexdigest(),
            sample=video,
            replicates=(replicate,),
            concentrations=UNKNOWN,
            kind="tracks" if is_tracks else "particles",
            notes=(*notes, *text.ending, "the file names neither sample nor concentration; the name is the file's"),
        ),
    )


def _table(
    text: FileText, top: int, delimiter: str, columns: list[str], counted: int
) -> tuple[Numbers, Numbers, np.ndarray]:
    """Particle ID, size (NaN where there is none) and whether it was included, by row."""
    place, size_place = columns.index(_IDENTITY), columns.index(_SIZE)
    rows = []
    for index in range(top + 1, text.end):
        row = split(text.lines[index], delimiter)
        if len(row) <= counted or len(without_empty_end(row)) < len(columns):
            cut = ": the file was cut off" if index == text.end - 1 else ""
            found = f"the row has {len(without_empty_end(row))} of {len(columns)} cells{cut}"
            raise refusal(text.name, text.line(index), found, AGAIN)
        if len(row) > len(columns):
            require_no_more_cells(text, index, delimiter, len(columns))
        rows.append((row[place], row[size_place], row[counted].casefold()))
    if not rows:
        found = "no row follows the names of the columns: no particle was tracked, or the file was cut off"
        raise refusal(text.name, text.line(top), found, AGAIN)
    decimal = decimal_mark(text, [row[1] for row in rows], top + 1, delimiter)
    identity, size = np.empty(len(rows)), np.empty(len(rows))
    for index, (label, cell, word) in enumerate(rows):
        line = text.line(top + 1 + index)
        own = number(label, decimal)
        if own is None:
            raise refusal(text.name, line, f"'{label[:40]}' is no Particle ID", AGAIN)
        if word not in _INCLUDED:
            raise refusal(
                text.name, line, f"'{word[:40]}' says neither True nor False (included in distribution)", AGAIN
            )
        value = number(cell, decimal)
        if value is None and cell.casefold() not in ("", "nan", "inf", "infinity", "-nan", "-inf", "-infinity"):
            raise refusal(text.name, line, f"'{cell[:40]}' stands where a size was expected", AGAIN)
        identity[index], size[index] = own, np.nan if value is None else value
    return identity, size, np.array([_INCLUDED[word] for _, _, word in rows])
