"""Measured numbers of a study: from stored observations, from a table beside the study file, or written in it."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from exocosm import units
from exocosm.errors import InputError, nearest
from exocosm.files import read_text
from exocosm.study.load import Study, file_beside
from exocosm.study.resolved import Measurement

if TYPE_CHECKING:
    from exocosm.study.schema import MeasurementText

MAXIMUM_ROWS = 10_000
MAXIMUM_BYTES = 1_000_000  # of a table beside the study
MAXIMUM_OBSERVATIONS = 20_000_000  # bytes of a packaged file
OBSERVATIONS = Path(__file__).resolve().parent.parent / "knowledge" / "observations"

Point = tuple[float, float, float, float]  # time (hours), value, low, high


def measurement(
    study: Study, name: str, text: MeasurementText, shown_in: str, folder: Path = OBSERVATIONS
) -> Measurement:
    """The measured numbers in `text.unit` with times in hours; `shown_in`: the unit of what they are held against.

    Raises InputError for files and columns, UnitError (through `units`) where a unit cannot be compared.
    """
    source, locator, unit, note = text.source, text.locator, text.unit or "", text.note
    if text.observation is not None:
        rows = _observation(text.observation, folder)
        unit = unit or rows[0]["unit"]
        points = [_observed(row, unit) for row in rows]
        source, locator = source or rows[0].get("source", ""), locator or rows[0].get("locator", "")
        note = note or rows[0].get("note", "")
    elif text.file is not None:
        points = _file_points(study, text)
    elif text.points:
        factor = _hours_in(str(text.time_unit))
        points = [_written(point, factor) for point in text.points]
    else:
        points = [_single(text)]
    if not units.same_dimension(unit, shown_in):
        raise IncomparableError(
            f"measured in '{unit}' ({units.show_dimension(unit)}), predicted in '{shown_in}' "
            f"({units.show_dimension(shown_in)}): "
            "these cannot be held against each other; give the measurement or the output in a unit of the same kind"
        )
    points.sort(key=lambda point: point[0])
    has_range = any(math.isfinite(point[2]) for point in points)
    return Measurement(
        name=name,
        title=text.title or name.replace("_", " ").replace("-", " "),
        arm=text.arm or "",
        role=text.role,
        unit=unit,
        output=text.output or "",
        metric=text.metric or "",
        contrast=text.contrast or "",
        times=tuple(point[0] for point in points) if text.output else (),
        values=tuple(point[1] for point in points),
        low=tuple(_or(point[2], point[1]) for point in points) if has_range else (),
        high=tuple(_or(point[3], point[1]) for point in points) if has_range else (),
        source=source,
        locator=locator,
        note=note,
    )


class IncomparableError(InputError):
    """Units that cannot be compared; reported with the kind `comparison`."""


def _or(value: float, otherwise: float) -> float:
    return value if math.isfinite(value) else otherwise


def _hours_in(unit: str) -> float:
    if not units.same_dimension(unit, "h"):
        raise InputError(f"`time_unit` must be a time such as d or h, found '{unit}'")
    return units.convert(1.0, unit, "h")


def _written(point: Sequence[float], factor: float) -> Point:
    """[time, value], [time, value, sd] or [time, value, low, high]."""
    time, value = point[0] * factor, point[1]
    if len(point) == 4:
        return time, value, point[2], point[3]
    if len(point) == 3:
        return time, value, value - point[2], value + point[2]
    return time, value, math.nan, math.nan


def _single(text: MeasurementText) -> Point:
    value = float(text.value or 0.0)
    if text.low is not None and text.high is not None:
        return 0.0, value, text.low, text.high
    if text.spread is not None:
        return 0.0, value, value - text.spread, value + text.spread
    return 0.0, value, math.nan, math.nan


def _file_points(study: Study, text: MeasurementText) -> list[Point]:
    path = file_beside(study, str(text.file))
    reader = csv.reader(io.StringIO(read_text(path, MAXIMUM_BYTES)), strict=True)
    try:
        table = [row for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as problem:
        raise InputError(f"'{text.file}' is not plain CSV ({problem})") from None
    if len(table) < 2 or len(table) > MAXIMUM_ROWS:
        raise InputError(
            f"'{text.file}' has {max(len(table) - 1, 0)} rows below its header; expected 1 to {MAXIMUM_ROWS}"
        )
    header = [cell.strip() for cell in table[0]]
    places = {}
    for role, column in text.columns.items():
        if column not in header:
            raise InputError(f"'{text.file}' has no column '{column}' (for {role}); {nearest(column, header)}")
        places[role] = header.index(column)
    factor = _hours_in(str(text.time_unit))
    points = []
    for number, row in enumerate(table[1:], 2):
        found = {
            role: _cell(row, place, f"'{text.file}' row {number}, column '{text.columns[role]}'", role)
            for role, place in places.items()
        }
        value, sd = found["value"], found.get("sd", math.nan)
        low, high = found.get("low", value - sd), found.get("high", value + sd)
        points.append((found["time"] * factor, value, low, high))
    return points


def _cell(row: Sequence[str], place: int, where: str, role: str) -> float:
    text = row[place].strip() if place < len(row) else ""
    if not text and role in ("sd", "low", "high"):
        return math.nan
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{where}: expected a number, found '{text[:40]}'")
    return value


def _observation(name: str, folder: Path) -> list[Mapping[str, str]]:
    """The rows whose id is `name`, or begins with it and a dash."""
    rows: list[Mapping[str, str]] = []
    known: set[str] = set()
    for path in sorted(folder.glob("*.csv")) if folder.is_dir() else ():
        for row in csv.DictReader(io.StringIO(read_text(path, MAXIMUM_OBSERVATIONS))):
            known.add(row.get("id", ""))
            if row.get("id", "") == name or row.get("id", "").startswith(f"{name}-"):
                rows.append(row)
    if not rows:
        raise InputError(f"there is no stored observation '{name}'; {nearest(name, known)}")
    return rows


def _observed(row: Mapping[str, str], unit: str) -> Point:
    where = f"observation '{row.get('id')}'"

    def number(column: str) -> float:
        text = (row.get(column) or "").strip()
        try:
            return float(text) if text else math.nan
        except ValueError:
            raise InputError(f"{where}, {column}: expected a number, found '{text[:40]}'") from None

    scale = units.convert(1.0, row["unit"], unit)
    value, spread, low, high = (number(column) * scale for column in ("value", "spread", "low", "high"))
    if not math.isfinite(value):
        raise InputError(f"{where} has no value")
    if math.isfinite(spread) and not math.isfinite(low):
        low, high = value - spread, value + spread
    time = number("time")
    return (time * _hours_in(row.get("time_unit") or "h") if math.isfinite(time) else 0.0), value, low, high
