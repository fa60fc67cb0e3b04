"""Tubes that are filled up: the same as the right volume of diluent, and never a warning for tubes half empty."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from exocosm.bench.fluids import specimen_of
from exocosm.bench.isolation.registry import Outcome
from exocosm.bench.numbers import bench_numbers
from exocosm.bench.protocol import protocol, run_protocol


def spun(volume_ml: float, **settings: Any) -> Outcome:
    numbers = bench_numbers()
    words = {"rotor": "SW 41 Ti", "force": "100000 g average", "time": "70 min", "resuspend": "1 mL pbs", **settings}
    run = run_protocol(specimen_of("plasma", volume_ml, numbers), protocol("one", ("centrifugation", words)), numbers)
    return run.outcomes[0]


@pytest.mark.parametrize(("volume", "missing"), [(2.0, 11.2), (13.2, 0.0), (20.0, 6.4)])
def test_filling_up_is_adding_what_is_missing(volume: float, missing: float) -> None:
    filled = spun(volume, fill="pbs")
    diluted = spun(volume, **({"diluent": f"{missing} mL pbs"} if missing else {}))
    np.testing.assert_allclose(filled.product.population.count, diluted.product.population.count, rtol=1e-9)
    assert filled.minutes == diluted.minutes
    assert not [said for said in filled.warnings if "collapse" in said]


def test_an_empty_tube_warns_unless_it_is_filled() -> None:
    assert any("collapse" in said for said in spun(2.0).warnings)
    assert "Fill the tubes up with pbs" in spun(2.0, fill="pbs").instruction
