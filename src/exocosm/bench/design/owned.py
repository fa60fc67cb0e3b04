"""What a lab may own: rotors and their classes, and devices of which a number is known."""

from __future__ import annotations

from exocosm.bench.numbers import Numbers
from exocosm.bench.rotors import list_rotors


def rotor_classes() -> dict[str, str]:
    """Every rotor that is known, and its class."""
    return {rotor.name: rotor.rotor_class for rotor in list_rotors().values()}


def rotor_titles() -> dict[str, str]:
    """Every rotor that is known, and how its maker writes it."""
    return {rotor.name: rotor.title for rotor in list_rotors().values()}


def known_devices(numbers: Numbers) -> tuple[str, ...]:
    """Everything that is bought or owned and of which a number is known."""
    rows = (*numbers.ledger.own, *numbers.ledger.catalogue.values)
    return tuple(dict.fromkeys(row.device for row in rows if row.device))
