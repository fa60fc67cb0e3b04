"""Things of the bench with all that is known of them: what `exocosm show` prints of a rotor, a protocol, a fluid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from exocosm.errors import InputError

Row = dict[str, Any]


def bench_names() -> set[str]:
    """Every name that `bench_details` knows."""
    from exocosm.bench.isolation.registry import isolation_methods
    from exocosm.bench.measurement.registry import instruments
    from exocosm.bench.protocol import protocol_names
    from exocosm.bench.rotors import list_rotors

    return {
        *(rotor.title for rotor in list_rotors().values()),
        *protocol_names(),
        *_fluids(),
        *isolation_methods(),
        *instruments(),
        *_devices(),
    }


def bench_details(name: str) -> list[Row]:
    """All things of the bench that are called so."""
    return list(_found(name))


def _found(name: str) -> Iterator[Row]:
    from exocosm.bench.isolation.registry import isolation_methods
    from exocosm.bench.measurement.registry import instruments
    from exocosm.bench.protocol import FOLDER, protocol_names
    from exocosm.bench.rotors import find_rotor

    try:
        rotor = find_rotor(name)
    except InputError:
        pass
    else:
        limits = {
            "g_average": rotor.force_g(rotor.maximum_rpm),
            "g_maximum": rotor.force_g(rotor.maximum_rpm, "maximum"),
        }
        yield {**asdict(rotor), "kind": "rotor", "name": rotor.title, "holds_tubes_as": rotor.kind, **limits}
    if name in protocol_names():
        yield {"kind": "protocol", "name": name, "file": "\n" + _text(FOLDER / f"{name}.yaml")}
    if name in isolation_methods():
        method = isolation_methods()[name]
        yield {"kind": "isolation method", "name": name, "does": method.about, "settings": _settings(method.settings),
               "in_protocols": _with_step(name)}  # fmt: skip
    if name in instruments():
        one = instruments()[name]
        yield {"kind": "instrument", "name": name, "reports": one.about, "settings": _settings(one.settings)}
    if name in _fluids():
        yield {"kind": "fluid", "name": name, "values": _rows("fluid", name)}
    if name in _devices():
        yield {"kind": "device", "name": name, "values": _rows("device", name)}


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8").rstrip()


def _fluids() -> set[str]:
    from exocosm.evidence.catalogue import load_catalogue

    return {value.fluid for value in load_catalogue().values if value.fluid}


def _devices() -> set[str]:
    from exocosm.evidence.catalogue import load_catalogue

    return {value.device for value in load_catalogue().values if value.device}


def _rows(field: str, name: str) -> list[Row]:
    from exocosm.evidence.catalogue import load_catalogue

    return [
        {
            "quantity": value.quantity, "of": value.carrier, "value": value.value, "low": value.low,
            "high": value.high, "unit": value.unit, "method": value.method, "row": value.id,
        }
        for value in load_catalogue().values
        if getattr(value, field) == name
    ]  # fmt: skip


def _settings(settings: Any) -> list[Row]:
    """The settings of a method or an instrument: which must be given, and what stands where they are not."""
    return [
        {"setting": name, "if_not_given": "must be given" if field.is_required() else _default(field.get_default())}
        for name, field in settings.model_fields.items()
    ]


def _default(value: Any) -> str:
    return "not set" if value in (None, "", (), []) else str(value)


def _with_step(method: str) -> list[str]:
    """The shipped protocols that show the method in use."""
    from exocosm.bench.protocol import protocol_names, read_protocol

    return [name for name in protocol_names() if any(step.method == method for step in read_protocol(name).steps)]
