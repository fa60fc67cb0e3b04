"""Presets: named, visible lists of mechanisms (`knowledge/presets/*.yaml`)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

from exocosm.errors import InputError, nearest
from exocosm.mechanisms.registry import describe, mechanisms


@lru_cache(maxsize=1)
def _presets() -> Mapping[str, Mapping[str, Any]]:
    import yaml

    folder = files("exocosm.knowledge").joinpath("presets")
    found = {}
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".yaml"):
            found[entry.name[:-5]] = yaml.safe_load(entry.read_text(encoding="utf-8"))
    return found


def preset(name: str) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    """The visible list of mechanisms behind a preset."""
    known = _presets()
    if name not in known:
        raise InputError(f"there is no preset '{name}'; {nearest(name, known)}")
    return tuple(
        (entry, {}) if isinstance(entry, str) else next(iter(entry.items())) for entry in known[name]["mechanisms"]
    )


def list_presets() -> Mapping[str, str]:
    """Name -> one sentence, of every preset."""
    return {name: str(content["about"]) for name, content in _presets().items()}


def list_mechanisms() -> Mapping[str, str]:
    """Name -> one sentence, of every mechanism there is."""
    return {name: describe(function) for name, function in mechanisms().items()}
