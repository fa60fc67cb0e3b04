"""A study as tables that any spreadsheet opens: its parts, its doses, and every number with its source."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from exocosm.engines.contract import Schedule
from exocosm.files import atomic_folder, write_atomic
from exocosm.network.describe import describe
from exocosm.network.parts import Model

DOSES = ("name", "target", "amount", "time_hours", "duration_hours", "condition")
VALUES = ("unit", "spread_kind", "spread", "low", "high", "n", "distribution", "between_subject_cv", "method")
ORIGIN = ("source", "locator", "basis", "note")

Row = Mapping[str, Any]


class Arm(Protocol):
    """What is needed of an arm of a resolved study."""

    @property
    def name(self) -> str: ...
    @property
    def model(self) -> Model: ...
    @property
    def schedule(self) -> Schedule: ...
    @property
    def pins(self) -> Mapping[str, Any]: ...


class Study(Protocol):
    """What is needed of a resolved study."""

    @property
    def arms(self) -> Sequence[Arm]: ...


def to_csv(study: Study, folder: str | Path) -> Path:
    """Write the tables of all arms into a new folder and return it.

    places, flows, species, variables, assignments, parameters, processes, events and doses (.csv), each with the
    column `arm`; empty tables are left out.  Parameters stand with value, unit, spread, method, trust and source.
    Errors: InputError if the folder exists or cannot be made; then nothing is written.
    """
    tables = tables_of(study)
    with atomic_folder(folder) as new:
        for name, rows in tables.items():
            write_atomic(new / f"{name}.csv", _csv(rows))
    return Path(folder)


def tables_of(study: Study) -> dict[str, list[Row]]:
    """The rows of every table that is not empty; a row maps column -> content, in the order of the columns."""
    tables: dict[str, list[Row]] = {}
    for arm in study.arms:
        parts: dict[str, list[Row]] = {kind: list(rows) for kind, rows in describe(arm.model).items()}
        parts["parameters"] = list(_parameters(arm))
        parts["doses"] = list(_doses(arm))
        for kind, rows in parts.items():
            tables.setdefault(kind, []).extend({"arm": arm.name, **row} for row in rows)
    return {kind: rows for kind, rows in tables.items() if rows}


def _parameters(arm: Arm) -> Iterator[Row]:
    for parameter in arm.model.parameters:
        pin = arm.pins.get(parameter.name)
        row = pin.value if pin is not None else None
        value = row.value if row is not None else parameter.value
        stated = {name: getattr(row, name, None) for name in VALUES}
        stated["unit"] = stated["unit"] or parameter.unit
        yield {
            "name": parameter.name,
            "value": value,
            **stated,
            "trust": pin.trust if pin is not None else "constant",
            "row": getattr(row, "id", ""),
            **{name: getattr(row, name, "") for name in ORIGIN},
            "path": " ".join(pin.path) if pin is not None else "",
        }


def _doses(arm: Arm) -> Iterator[Row]:
    for dose in arm.schedule.doses:
        for time in dose.times:
            content = (dose.name, dose.target, dose.amount, time, dose.duration, dose.condition)
            yield dict(zip(DOSES, content, strict=True))


def _csv(rows: Sequence[Row]) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: "" if value is None else value for key, value in row.items()} for row in rows)
    return stream.getvalue()
