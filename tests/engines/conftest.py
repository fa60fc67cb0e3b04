"""Every engine sits the same exams: tests that take `solve` run once for each of ENGINES."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from exocosm.engines import reference
from exocosm.engines.contract import Solution

Solve = Callable[..., Solution]
ENGINES = ("cvode", "radau")


@pytest.fixture(params=ENGINES)
def solve(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Solve]:
    """An engine; 'radau' is the reference engine on a machine without scikit-sundae."""
    if request.param == "radau":
        monkeypatch.setattr(reference, "cvode_is_installed", lambda: False)
    yield reference.solve
