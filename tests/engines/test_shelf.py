"""Memory of results is used again only when nobody looks at it any more."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from exam_models import decay

from exocosm.engines import cohort
from exocosm.engines.cohort import shelf
from exocosm.engines.contract import Schedule


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "_shelf", [])


def test_memory_comes_back_when_the_last_view_is_gone() -> None:
    first = shelf.borrow(1000)
    address = first.ctypes.data
    part = first.reshape(10, 100)[2:4, ::5].T
    del first
    gc.collect()
    assert not shelf._shelf
    second = shelf.borrow(1000)
    assert second.ctypes.data != address
    del part
    gc.collect()
    assert len(shelf._shelf) == 1
    assert shelf.borrow(900).ctypes.data == address


def test_the_shelf_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "LARGEST", 8000)
    several = [shelf.borrow(600) for _ in range(3)]
    assert shelf.borrow(2000).flags.owndata
    several.clear()
    gc.collect()
    assert sum(each.nbytes for each in shelf._shelf) <= 8000
    assert len(shelf.borrow(0)) == 0


def test_results_that_are_held_never_change() -> None:
    schedule = Schedule(5, (1.0, 5.0))
    held = cohort.solve(decay(), {"k": [1.0, 2.0]}, schedule).values[:, 1, 0]
    before = held.copy()
    for rate in (3.0, 4.0):
        cohort.solve(decay(), {"k": [rate, rate]}, schedule)
    assert np.array_equal(held, before)
