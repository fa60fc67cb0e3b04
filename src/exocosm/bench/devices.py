"""Numbers of a thing that is bought or owned: column, membrane, reagent; an unknown one is told with the nearest."""

from __future__ import annotations

from exocosm.bench.numbers import Numbers
from exocosm.errors import EvidenceError, InputError, nearest


def device_number(quantity: str, unit: str, device: str, numbers: Numbers, called: str) -> float:
    """The number of a device in `unit`; InputError that names the known ones if there is none of that name.

    `quantity`: one that every device of this sort has, and that has no row for all of them.  `called`: the sort, such
    as `column`.
    """
    try:
        return numbers(quantity, unit, device=device)
    except EvidenceError:
        known = numbers.words(quantity, "device")
        if device.casefold() in known:  # known, and something else is wrong with its rows
            raise
        raise InputError(
            f"there is no {called} '{device}' ({nearest(device, known)}); known: {', '.join(known)}. To add one, give "
            f"its {quantity} and what else a {called} has as values of your own, with `device: {device}`"
        ) from None
