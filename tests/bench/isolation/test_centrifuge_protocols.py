"""The shipped protocols of centrifuges can be read, run, and say where they come from."""

from __future__ import annotations

import pytest

from exocosm.bench.fluids import specimen_of
from exocosm.bench.numbers import bench_numbers
from exocosm.bench.protocol import read_protocol, run_protocol
from exocosm.evidence.catalogue import load_catalogue

SHIPPED = {
    "differential_ultracentrifugation": ("conditioned_medium", 100.0),
    "pelleting_two_clearing_spins": ("conditioned_medium", 100.0),
    "gradient_sucrose": ("plasma", 1.0),
    "gradient_iodixanol": ("plasma", 1.0),
}


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_protocol_runs_and_names_its_source(name: str) -> None:
    protocol, numbers = read_protocol(name), bench_numbers()
    assert protocol.source in load_catalogue().sources and protocol.about
    run = run_protocol(specimen_of(*SHIPPED[name], numbers), protocol, numbers)
    assert all(0 <= share <= 1 for share in run.recovery.values())
    assert run.cost > 0 and run.minutes > 60


def test_differential_pelleting_keeps_vesicles_and_leaves_protein() -> None:
    numbers = bench_numbers()
    protocol = read_protocol("differential_ultracentrifugation")
    run = run_protocol(specimen_of("conditioned_medium", 100.0, numbers), protocol, numbers)
    assert run.recovery["small_ev"] > 20 * run.recovery["albumin"]
    assert len(run.outcomes) == 4


def test_sucrose_window_separates_vesicles_from_lipoproteins() -> None:
    numbers = bench_numbers()
    run = run_protocol(specimen_of("plasma", 1.0, numbers), read_protocol("gradient_sucrose"), numbers)
    assert run.recovery["small_ev"] > 0.05
    assert max(run.recovery[kind] for kind in ("vldl", "ldl", "chylomicron")) < 1e-6
