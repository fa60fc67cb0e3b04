from __future__ import annotations

import numpy as np
import pytest

from exocosm.errors import InputError
from exocosm.trajectory.evaluation import compared


def test_arms_are_compared_and_nothing_is_divided_by_zero() -> None:
    arm, against = np.array([3.0, 0.0, 5.0]), np.array([2.0, 4.0, 0.0])
    np.testing.assert_array_equal(compared("difference", arm, against), [1.0, -4.0, 5.0])
    np.testing.assert_array_equal(compared("ratio", arm, against), [1.5, 0.0, np.nan])
    np.testing.assert_array_equal(compared("percent_change", arm, against), [50.0, -100.0, np.nan])
    assert np.isnan(compared("ratio", 0.0, 0.0))
    with pytest.raises(InputError, match="did you mean 'ratio'"):
        compared("ration", arm, against)
