"""The register of mechanisms: the files of this folder, and what other packages offer by entry point.

A mechanism is a function `(system: System, **options) -> Model` marked with `@mechanism("name")`; the first line of
its docstring is its description.  Packages outside register with the entry-point group `exocosm.mechanisms`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

from exocosm.errors import InputError, nearest
from exocosm.mechanisms.system import System
from exocosm.network.parts import Model
from exocosm.plugins import modules_in, offered


class Mechanism(Protocol):
    """What a mechanism looks like."""

    def __call__(self, system: System, **options: object) -> Model:
        """The parts that the mechanism adds to a body."""
        ...


_FOUND: dict[str, Callable[..., Model]] = {}


def mechanism(name: str) -> Callable[[Callable[..., Model]], Callable[..., Model]]:
    """Mark a function as the mechanism of that name."""

    def register(function: Callable[..., Model]) -> Callable[..., Model]:
        present = _FOUND.setdefault(name, function)
        if present is not function:
            raise InputError(f"two mechanisms are called '{name}': {present.__module__} and {function.__module__}")
        return function

    return register


@lru_cache(maxsize=1)
def mechanisms() -> dict[str, Callable[..., Model]]:
    """Every mechanism by name."""
    import exocosm.mechanisms as folder

    modules_in(folder)
    offered("exocosm.mechanisms")
    return dict(sorted(_FOUND.items()))


def find_mechanism(name: str) -> Callable[..., Model]:
    """The mechanism of that name, or an error with the nearest name."""
    found = mechanisms().get(name)
    if found is None:
        raise InputError(f"there is no mechanism '{name}'; {nearest(name, mechanisms())}")
    return found


def describe(function: Callable[..., Model]) -> str:
    """The first line of a mechanism's docstring."""
    return (function.__doc__ or "").strip().split("\n", 1)[0]
