from __future__ import annotations

import pytest

from exocosm.evidence.spread import central_95, spread_of
from exocosm.evidence.value import Value


@pytest.mark.parametrize(
    ("kind", "ends"),
    [("assumed_range", (60.0, 80.0)), ("between_study_range", (58.25, 82.07))],  # that one is the central 90 %
)
def test_the_ends_are_those_of_95_percent(kind: str, ends: tuple[float, float]) -> None:
    row = Value("a", "pore", 70.0, "nm", spread_kind=kind, low=60.0, high=80.0, distribution="lognormal")
    assert central_95(spread_of(row)) == pytest.approx(ends, rel=1e-3)


def test_what_has_no_spread_has_one_end() -> None:
    row = Value("a", "pore", 70.0, "nm", method="model_constant")
    assert central_95(spread_of(row)) == (70.0, 70.0)
