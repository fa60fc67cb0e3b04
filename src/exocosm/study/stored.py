"""A resolved study as plain data and back: what `resolved.json` holds, so that a run needs no catalogue."""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from exocosm.errors import InputError, nearest
from exocosm.evidence.pin import Pin, pin_from_dict
from exocosm.study.resolved import ResolvedStudy

FORMAT = 1
MAXIMUM_DEPTH = 40


def resolved_to_dict(study: ResolvedStudy) -> dict[str, Any]:
    """Plain data (texts, numbers, lists, mappings) that JSON can hold; floats keep every digit."""
    return {"exocosm_resolved": FORMAT, "study": _plain(study)}


def is_stored(data: Any) -> bool:
    """Whether data claims to be a resolved study, of whatever format."""
    return isinstance(data, Mapping) and "exocosm_resolved" in data


def resolved_from_dict(data: Any) -> ResolvedStudy:
    """The resolved study in the data of `resolved_to_dict`; raises InputError that says where it is not sound."""
    if not isinstance(data, Mapping) or data.get("exocosm_resolved") != FORMAT:
        raise InputError(f"this is no resolved study of format {FORMAT}: expected the key `exocosm_resolved: {FORMAT}`")
    study = _built(ResolvedStudy, data.get("study"), "study", 0)
    assert isinstance(study, ResolvedStudy)
    return study


def _plain(value: Any) -> Any:
    if value is None or type(value) in (str, int, bool):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InputError(f"a resolved study cannot hold the number {value}")
        return value
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(getattr(value, name)) for name in _names(type(value))}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return value


@lru_cache(maxsize=64)
def _names(cls: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(cls))


@lru_cache(maxsize=64)
def _fields(cls: type) -> Mapping[str, Any]:
    return typing.get_type_hints(cls)


def _built(annotation: Any, data: Any, where: str, depth: int) -> Any:
    """Data as a value of the annotated type."""
    if depth > MAXIMUM_DEPTH:
        raise InputError(f"{where[:200]}: nested deeper than {MAXIMUM_DEPTH} levels")
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation is Any:
        return data
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        return _instance(annotation, data, where, depth)
    if origin in (types.UnionType, typing.Union):
        return _of_union(arguments, data, where, depth)
    if origin is tuple:
        if not isinstance(data, list):
            raise InputError(f"{where}: expected a list, found {type(data).__name__}")
        kinds = [arguments[0]] * len(data) if len(arguments) == 2 and arguments[1] is Ellipsis else list(arguments)
        if len(kinds) != len(data):
            raise InputError(f"{where}: expected {len(kinds)} entries, found {len(data)}")
        return tuple(
            _built(kind, item, f"{where}[{index}]", depth + 1)
            for index, (kind, item) in enumerate(zip(kinds, data, strict=True))
        )
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(data, Mapping):
            raise InputError(f"{where}: expected a mapping, found {type(data).__name__}")
        return MappingProxyType(
            {str(key): _built(arguments[1], item, f"{where}.{key}", depth + 1) for key, item in data.items()}
        )
    if annotation is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if annotation is type(None) and data is None:
        return None
    if (
        isinstance(annotation, type)
        and isinstance(data, annotation)
        and (annotation is bool or not isinstance(data, bool))
    ):
        return data
    raise InputError(f"{where}: expected {getattr(annotation, '__name__', annotation)}, found {type(data).__name__}")


def _of_union(kinds: tuple[Any, ...], data: Any, where: str, depth: int) -> Any:
    if data is None and type(None) in kinds:
        return None
    failure: InputError | None = None
    for kind in kinds:
        if kind is type(None):
            continue
        try:
            return _built(kind, data, where, depth)
        except InputError as problem:
            failure = problem
    raise failure or InputError(f"{where}: nothing fits here")


def _instance(cls: type, data: Any, where: str, depth: int) -> Any:
    if not isinstance(data, Mapping):
        raise InputError(f"{where}: expected a mapping, found {type(data).__name__}")
    if cls is Pin:  # its rows have rules of their own
        return pin_from_dict(data)
    hints = _fields(cls)
    names = {field.name for field in dataclasses.fields(cls)}
    for key in data:
        if key not in names:
            raise InputError(f"{where}: '{str(key)[:80]}' is not known here; {nearest(str(key)[:80], names)}")
    given = {name: _built(hints[name], item, f"{where}.{name}", depth + 1) for name, item in data.items()}
    try:
        return cls(**given)
    except TypeError as problem:
        raise InputError(f"{where}: {problem}") from None
