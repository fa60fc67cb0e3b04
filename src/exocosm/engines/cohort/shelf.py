"""Memory for results, kept for the next run: first use of fresh memory costs as much as some steps of the engine.

Memory goes back to the shelf when the last array that uses it is gone.  At most LARGEST bytes lie there.
"""

from __future__ import annotations

import threading
import weakref
from typing import Any

import numpy as np

from exocosm.engines.contract import Array

LARGEST = 256 * 2**20
_shelf: list[Array] = []
_door = threading.Lock()


class _Loan:
    """What NumPy sees as the owner of an array, and of every view of it."""

    def __init__(self, memory: Array, size: int) -> None:
        self.__array_interface__: dict[str, Any] = {**memory[:size].__array_interface__, "version": 3}


def borrow(size: int) -> Array:
    """An array of so many doubles, of any content."""
    if not 0 < 8 * size <= LARGEST:
        return np.empty(size)
    with _door:
        fitting = [place for place, memory in enumerate(_shelf) if len(memory) >= size]
        memory = _shelf.pop(min(fitting, key=lambda place: len(_shelf[place]))) if fitting else None
    if memory is None:
        memory = np.empty(size)
    loan = _Loan(memory, size)
    weakref.finalize(loan, _give_back, memory).atexit = False
    return np.asarray(loan)


def _give_back(memory: Array) -> None:
    # called when an array dies, at any moment, even while the door is held: then the memory is let go
    if not _door.acquire(blocking=False):
        return
    try:
        _shelf.append(memory)
        while sum(each.nbytes for each in _shelf) > LARGEST:
            _shelf.pop(0)
    finally:
        _door.release()
