"""Every engine sits the same exams: tests that take `solve` run once for each of ENGINES."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from examined import Solve

from exocosm.engines import cohort, reference

# 'radau' is the reference engine on a machine without scikit-sundae; 'plain' is the cohort engine in plain Python
LANES = {"plain": 0, "one lane": 1, "two lanes": 2, "four lanes": 4}
ENGINES = ("cvode", "radau", *LANES)


@pytest.fixture(params=ENGINES)
def solve(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Solve]:
    """An engine."""
    if request.param in LANES:
        yield partial(cohort.solve, lanes=LANES[request.param], threads=1)
        return
    if request.param == "radau":
        monkeypatch.setattr(reference, "cvode_is_installed", lambda: False)
    yield reference.solve
