"""A body: organs from a table, joined with the mechanisms of a study into one Model.  (Contract.)"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from exocosm.network.parts import Model


@dataclass(frozen=True)
class Body:
    """The assembled model and the doors through which something enters it.

    entries: what can be given ("carrier" vesicles with their cargo, or "drug") -> {species: share}, where the share is
    an expression in parameters.  Amounts given are split over the species by these shares.
    """

    model: Model
    entries: Mapping[str, Mapping[str, str]]
    mechanisms: tuple[str, ...]


def assemble(
    organism: str,
    mechanisms: Sequence[tuple[str, Mapping[str, Any]]],
    *,
    carrier: str = "",
    cargo: str = "",
    options: Mapping[str, Any] = MappingProxyType({}),
) -> Body:
    """Join the organ table of an organism and the named mechanisms into one model."""
    raise NotImplementedError


def list_mechanisms() -> Mapping[str, str]:
    """Name -> one sentence, of every mechanism there is."""
    raise NotImplementedError


def preset(name: str) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    """The visible list of mechanisms behind a preset."""
    raise NotImplementedError


def list_presets() -> Mapping[str, str]:
    """Name -> one sentence, of every preset."""
    raise NotImplementedError
