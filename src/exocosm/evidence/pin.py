"""Pins: the whole row of every value a study used, so that it can be rerun without the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from exocosm.errors import InputError, nearest
from exocosm.evidence.bibliography import Source, cite
from exocosm.evidence.catalogue import NUMBERS
from exocosm.evidence.lookup import TRUST, Found
from exocosm.evidence.rules import row_faults, source_keys
from exocosm.evidence.value import Value

_FIELDS = ("name", "value", "path", "trust")
MAXIMUM_PATH = 50


@dataclass(frozen=True)
class Pin:
    """A parameter's name, the row it stands on, the path by which it was found, and how far it may be trusted."""

    name: str
    value: Value
    path: tuple[str, ...]
    trust: str


def pin(name: str, found: Found) -> Pin:
    """Hold a found value under the name of the parameter that uses it."""
    return Pin(name, found.value, found.path, found.trust)


def cited_keys(pins: tuple[Pin, ...]) -> tuple[str, ...]:
    """Bibliography keys of all rows that are pinned, each once, sorted."""
    return tuple(sorted({key for each in pins for key in source_keys(each.value)}))


def bibliography_of(pins: Iterable[Pin], sources: Mapping[str, Source]) -> str:
    """BibTeX of exactly the sources that pins rest on, as far as the bibliography has them."""
    return cite([key for key in cited_keys(tuple(pins)) if key in sources], sources)


def pin_to_dict(each: Pin) -> dict[str, Any]:
    """The pin as plain texts, numbers and lists; every field of the row is written, also the empty ones."""
    return {"name": each.name, "value": asdict(each.value), "path": list(each.path), "trust": each.trust}


def pin_from_dict(content: Mapping[str, Any]) -> Pin:
    """The pin that `pin_to_dict` wrote; raises InputError that names what is missing, unknown or not sound."""
    if not isinstance(content, Mapping):
        raise InputError(f"a pin is a mapping with {', '.join(_FIELDS)}, not {type(content).__name__}")
    where = f"pin '{content.get('name', '?')}'"
    _expect_fields(content, _FIELDS, _FIELDS, where)
    row, path, trust = content["value"], content["path"], content["trust"]
    if not isinstance(row, Mapping):
        raise InputError(f"{where}: 'value' is the mapping of a catalogue row, not {type(row).__name__}")
    if (
        not isinstance(path, list | tuple)
        or len(path) > MAXIMUM_PATH
        or not all(isinstance(step, str) for step in path)
    ):
        raise InputError(f"{where}: 'path' is a list of at most {MAXIMUM_PATH} sentences")
    if not isinstance(content["name"], str) or trust not in TRUST:
        raise InputError(f"{where}: trust '{trust}' is not known ({nearest(str(trust), TRUST)})")
    value = _row(row, where)
    faults = row_faults(value)
    if faults:
        raise InputError(f"{where}: row '{value.id}' is not sound: {'; '.join(faults)}")
    return Pin(content["name"], value, tuple(path), trust)


def _expect_fields(content: Mapping[str, Any], known: tuple[str, ...], needed: tuple[str, ...], where: str) -> None:
    for name in content:
        if name not in known:
            raise InputError(f"{where}: '{name}' is not known ({nearest(str(name), known)})")
    missing = [name for name in needed if name not in content]
    if missing:
        raise InputError(f"{where}: {', '.join(missing)} missing")


def _row(row: Mapping[str, Any], where: str) -> Value:
    names = tuple(field.name for field in fields(Value))
    _expect_fields(row, names, ("id", "quantity", "value", "unit"), where)
    content: dict[str, Any] = {}
    for name, given in row.items():
        number = name in NUMBERS or name == "n"
        if number and given is not None:
            if isinstance(given, bool) or not isinstance(given, int | float) or (name == "n" and given != int(given)):
                raise InputError(f"{where}: {name} '{given}' is not a number")
            content[name] = int(given) if name == "n" else float(given)
        elif number and name != "value":
            content[name] = None
        elif isinstance(given, str):
            content[name] = given
        else:
            raise InputError(f"{where}: {name} '{given}' is not a {'number' if number else 'text'}")
    return Value(**content)
