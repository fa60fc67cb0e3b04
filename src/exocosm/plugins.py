"""Finding what can be plugged in: the files of a folder, and what other packages offer by entry point."""

from __future__ import annotations

import importlib
import pkgutil
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any


def modules_in(folder: ModuleType) -> tuple[ModuleType, ...]:
    """Every module of a package and below it, imported, in the order of their names."""
    found = pkgutil.walk_packages(folder.__path__, folder.__name__ + ".")
    return tuple(importlib.import_module(module.name) for module in found)


def offered(group: str) -> tuple[Any, ...]:
    """What installed packages offer in a group of entry points, such as `exocosm.isolation`."""
    return tuple(entry.load() for entry in entry_points(group=group))
