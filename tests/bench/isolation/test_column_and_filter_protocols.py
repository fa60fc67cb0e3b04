"""The shipped protocols of columns, filters and polymers run, at the centre of every number and away from it."""

from __future__ import annotations

import numpy as np
import pytest

from exocosm.bench.fluids import specimen_of
from exocosm.bench.numbers import bench_numbers
from exocosm.bench.protocol import read_protocol, run_protocol
from exocosm.evidence.catalogue import load_catalogue

CASES = [
    ("sec_plasma", "plasma", 0.5),
    ("exoquick_plasma", "plasma", 0.5),
    ("peg_precipitation", "conditioned_medium", 5.0),
    ("ultrafiltration_urine", "urine", 20.0),
    ("tff_sec_conditioned_medium", "conditioned_medium", 1000.0),
]


@pytest.mark.parametrize(("name", "fluid", "volume"), CASES)
def test_recovery_is_a_share_in_every_draw(name: str, fluid: str, volume: float) -> None:
    numbers, protocol = bench_numbers(draws=12, seed=4), read_protocol(name)
    vesicles = []
    for index in range(12):
        drawn = numbers.drawn(index)
        result = run_protocol(specimen_of(fluid, volume, drawn), protocol, drawn)
        assert all(0 <= share <= 1 for share in result.recovery.values())
        assert result.cost > 0 and result.minutes >= result.hands_on_minutes * 0.2
        vesicles.append(result.recovery["small_ev"])
    assert len(set(vesicles)) > 6  # the uncertain numbers reach the result


@pytest.mark.parametrize(("name", "fluid", "volume"), CASES)
def test_steps_tell_a_person_what_to_do(name: str, fluid: str, volume: float) -> None:
    numbers = bench_numbers()
    result = run_protocol(specimen_of(fluid, volume, numbers), read_protocol(name), numbers)
    for outcome in result.outcomes:
        assert outcome.instruction.endswith(".") and "mL" in outcome.instruction
        assert np.isfinite(outcome.minutes) and not outcome.warnings


def test_published_protocols_name_a_source_that_is_in_the_bibliography() -> None:
    for name, _, _ in CASES:
        protocol = read_protocol(name)
        assert not protocol.source or protocol.source in load_catalogue().sources
        assert protocol.source or "Made up" in protocol.about
