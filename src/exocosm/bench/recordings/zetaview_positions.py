"""ZetaView `_11pos` text: medians and concentrations at each position of the cell; no size distribution."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from types import MappingProxyType

from exocosm.bench.recordings.cells import AGAIN, decimal_mark, number, split, without_empty_end
from exocosm.bench.recordings.contract import AS_CORRECTED, AS_MEASURED, Recording, Replicate, refusal
from exocosm.bench.recordings.file_text import FileText, file_text

FORMAT = "ZetaView positions"
_HEADER = re.compile(r"^\W*Use\W+Position\b", re.IGNORECASE)
_SUMMARY = ("mean", "st.dev.", "rel.st.dev.")
# beginnings of the columns' names, which differ in signs such as ø and µ between encodings
_COLUMNS = (
    ("position", "position"), ("mean int", "mean_intensity"), ("av. no", "particles_per_frame"),
    ("conc. (p./ml", "concentration"), ("orig. conc", "undiluted_concentration"), ("no. of traces", "valid_tracks"),
    ("x50", "d50"), ("peak", "mode"), ("span", "span"), ("drift", "drift"),
)  # fmt: skip


def can_read(head: str, name: str) -> bool:
    """Whether the first row names the columns of a table of positions."""
    return _HEADER.match(head) is not None


def read(content: bytes, name: str) -> tuple[Recording, ...]:
    """One recording of kind 'positions', a replicate per position; `messages` of those left out say so."""
    text = file_text(content, name)
    top = next(k for k, line in enumerate(text.lines) if line.strip())
    delimiter = next((d for d in "\t;," if d in text.lines[top]), "\t")
    header = [cell.casefold() for cell in split(text.lines[top], delimiter)]
    place = {}
    for beginning, label in _COLUMNS:
        column = next((k for k, cell in enumerate(header) if cell.startswith(beginning)), None)
        if column is not None:
            place[label] = column
    for wanted in ("position", "concentration", "valid_tracks"):
        if wanted not in place:
            raise refusal(name, text.line(top), f"there is no column of {wanted.replace('_', ' ')}", AGAIN)
    removal = next((k for k, cell in enumerate(header) if cell.startswith("removal")), None)
    decimal = decimal_mark(text, text.lines[top + 1 : text.end], top + 1, delimiter)
    replicates, means = [], {}
    for index in range(top + 1, text.end):
        row = split(text.lines[index], delimiter)
        label = row[place["position"]] if len(row) > place["position"] else ""
        if label.casefold() in _SUMMARY:
            means[label.casefold()] = row
            continue
        replicates.append(_position(text, index, row, place, removal, decimal))
    if not replicates:
        raise refusal(name, text.line(top), "no position follows the names of the columns", AGAIN)
    missing = [word for word in _SUMMARY if word not in means]
    if missing:
        found = f"the rows {', '.join(missing)} below the positions are missing: the file was cut off"
        raise refusal(name, text.line(text.end - 1), found, AGAIN)
    stem = re.sub(r"\.\w{1,4}$", "", name)
    is_corrected = all("undiluted_concentration" in replicate.reported for replicate in replicates)
    notes = ["the file holds no size distribution: medians and concentrations by position"]
    if is_corrected:
        replicates = [_undiluted(replicate) for replicate in replicates]
        notes.append("concentrations are the column 'Orig. Conc.', of the undiluted sample; the factor is not stated")
    notes.append("the file does not name its sample; the name is the file's")
    return (
        Recording(
            instrument="zetaview",
            format=FORMAT,
            file=name,
            checksum=hashlib.sha256(content).hexdigest(),
            sample=re.sub(r"_(?:\d+pos)$", "", stem, flags=re.IGNORECASE),
            replicates=tuple(replicates),
            concentrations=AS_CORRECTED if is_corrected else AS_MEASURED,
            kind="positions",
            notes=tuple(notes),
        ),
    )


def _undiluted(replicate: Replicate) -> Replicate:
    reported = dict(replicate.reported)
    undiluted = reported.pop("undiluted_concentration")
    if replicate.concentration is not None:
        reported["diluted_concentration"] = replicate.concentration
    return replace(replicate, concentration=undiluted, reported=MappingProxyType(reported))


def _position(
    text: FileText, index: int, row: list[str], place: dict[str, int], removal: int | None, decimal: str
) -> Replicate:
    if len(without_empty_end(row)) <= max(place.values()):
        found = f"the row has {len(without_empty_end(row))} cells: the file was cut off or changed"
        raise refusal(text.name, text.line(index), found, AGAIN)
    reported = {}
    for label, column in place.items():
        value = number(row[column], decimal)
        if value is None and row[column].casefold() not in ("", "nan", "inf", "-", "n/a"):
            raise refusal(
                text.name, text.line(index), f"'{row[column][:40]}' stands where a number was expected", AGAIN
            )
        if value is not None:
            reported[label] = value
    why = row[removal] if removal is not None and len(row) > removal else ""
    is_used = row[0].casefold() == "x"
    messages = () if is_used else (f"position left out by the instrument{': ' + why if why else ''}",)
    return Replicate(
        name=f"position {row[place['position']]}",
        concentration=reported.pop("concentration", None),
        reported=MappingProxyType(reported),
        settings=MappingProxyType({"Use": row[0], **({"Removal": why} if why else {})}),
        messages=messages,
    )
