"""Break-even: what its limits over the draws are worth."""

from __future__ import annotations

import numpy as np
import pytest

from exocosm.study.resolved import WhatIf
from exocosm.trajectory.break_even import break_even


def what_if() -> WhatIf:
    """Something moved from 0 to 1."""
    return WhatIf(
        name="moved",
        title="",
        arm="a",
        vary="k",
        over=(0.0, 1.0),
        unit="dimensionless",
        contrast="c",
        threshold=0.5,
    )


@pytest.mark.parametrize(("draws", "coverage"), [(30, 29 / 31), (199, 0.95), (2000, 0.95)])
def test_the_limits_hold_the_share_that_they_are_named_for(draws: int, coverage: float) -> None:
    # a curve from 0.5 - x to 1.5 - x passes 0.5 at x; evenly spread x stand where draws are expected to stand
    expected = np.arange(1, draws + 1) / (draws + 1)
    curves = np.stack([0.5 - expected, 1.5 - expected], axis=1)
    found = break_even(what_if(), np.array([0.0, 1.0]), curves, "higher")
    assert found.high - found.low == pytest.approx(coverage, abs=0.001)
    assert found.median == pytest.approx(0.5, abs=0.6 / draws)
