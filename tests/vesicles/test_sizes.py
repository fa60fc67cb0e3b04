"""Sizes of a log-normal distribution: exact moments of the logarithm, small errors of surface and volume."""

import numpy as np
import pytest

from exocosm.errors import InputError
from exocosm.vesicles.sizes import lognormal_sizes, moment_error


@pytest.mark.parametrize("n", range(1, 6))
def test_moments_of_the_logarithm_are_exact(n: int) -> None:
    scores, shares = np.array(lognormal_sizes(n)).T
    for power in range(2 * n):
        exact = 0.0 if power % 2 else float(np.prod(np.arange(1, power, 2)))
        assert shares @ scores**power == pytest.approx(exact, abs=1e-12 * max(1.0, exact))


def test_volume_error_falls_with_the_number_of_classes() -> None:
    errors = [abs(moment_error(n, 1.4)) for n in range(1, 6)]
    assert errors == sorted(errors, reverse=True)
    assert errors[0] > 0.3 and errors[2] < 0.02 and errors[4] < 1e-3


def test_number_of_classes_is_bounded() -> None:
    with pytest.raises(InputError, match="1 to 5"):
        lognormal_sizes(6)
