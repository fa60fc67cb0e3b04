"""What the instruments predict of published comparisons, none of which set a number; the failures are stated too.

The page docs/measurement.md says the same.  The ranges here are wide enough for small changes of the catalogue, and
narrow enough that a statement of the page that is no longer so turns red.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from exocosm.bench.fluids import specimen_of
from exocosm.bench.measurement.registry import read_with
from exocosm.bench.numbers import Numbers, bench_numbers
from exocosm.bench.specimen import Specimen
from exocosm.vesicles.population import Population

NUMBERS = bench_numbers(draws=40, seed=3)
LIPOPROTEINS = ("chylomicron", "vldl", "idl", "ldl", "hdl")
ARAB_TRACKED_OVER_NANO_FLOW = 0.1  # Arab 2021, abstract: one order of magnitude lower for EV, not for beads
ARRAUD_SEEN_BY_CONVENTIONAL_FLOW = 0.01  # Arraud 2014, abstract: only about 1 %
TRACKED_PLASMA_THAT_IS_VLDL = 0.98  # more than; doi 10.1038/s41598-018-35401-8, introduction


def vesicles_of(fluid: str, numbers: Numbers) -> Specimen:
    specimen = specimen_of(fluid, 1.0, numbers)
    population = specimen.population
    kept = np.isin(population.kind, ("small_ev", "microvesicle"))
    return Specimen(dataclasses.replace(population, count=np.where(kept, population.count, 0.0)), 1.0, "pbs")


def tracked_over_nano_flow(numbers: Numbers) -> float:
    vesicles = vesicles_of("conditioned_medium", numbers)
    tracked = read_with("nanoparticle_tracking", vesicles, numbers, dilution=5)["concentration"]
    flowed = read_with("flow_cytometry", vesicles, numbers, dilution=50)["concentration"]
    return tracked.value / flowed.value


def seen_by_conventional_flow(numbers: Numbers) -> float:
    vesicles = vesicles_of("plasma", numbers)
    reading = read_with("flow_cytometry", vesicles, numbers, instrument="conventional", dilution=10, time="10 min")
    return reading["concentration"].value / float(vesicles.population.count.sum())


def test_tracked_plasma_is_lipoprotein() -> None:
    """Held: more than 98 % is lipoprotein.  That VLDL alone is was looked at when chylomicrons were mended: no test."""
    shares = read_with("nanoparticle_tracking", specimen_of("plasma", 1.0, NUMBERS), NUMBERS, dilution=3e4).by_kind
    assert sum(shares.get(kind, 0.0) for kind in LIPOPROTEINS) > TRACKED_PLASMA_THAT_IS_VLDL
    assert shares["vldl"] > 0.5
    drawn = [
        read_with("nanoparticle_tracking", specimen_of("plasma", 1.0, one), one, dilution=3e4).by_kind["vldl"]
        for one in (NUMBERS.drawn(i) for i in range(20))
    ]
    assert max(drawn) - min(drawn) > 0.3  # how many chylomicrons there are, and how bright, is not known


def test_limits_of_size_do_not_explain_the_gap_between_tracking_and_nano_flow() -> None:
    """Failed: predicted about 0.6 for vesicles (a tenth was measured); held: beads are counted alike by both."""
    ratio = tracked_over_nano_flow(NUMBERS)
    assert 0.3 < ratio < 0.9
    drawn = [tracked_over_nano_flow(NUMBERS.drawn(i)) for i in range(40)]
    assert np.percentile(drawn, 2.5) > ARAB_TRACKED_OVER_NANO_FLOW
    beads = Specimen(Population([100.0], 1.05, [1e9], "polystyrene", ""), 1.0, "pbs")
    tracked = read_with("nanoparticle_tracking", beads, NUMBERS, dilution=5)["concentration"].value
    assert tracked == pytest.approx(
        read_with("flow_cytometry", beads, NUMBERS, dilution=50)["concentration"].value, rel=0.15
    )


def test_conventional_flow_misses_almost_all_vesicles_of_plasma() -> None:
    """Held within its uncertainty, which is wide: 0.1 % predicted at the centre, 1 % measured."""
    assert 0.0003 < seen_by_conventional_flow(NUMBERS) < 0.005
    drawn = [seen_by_conventional_flow(NUMBERS.drawn(i)) for i in range(40)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    assert low < ARRAUD_SEEN_BY_CONVENTIONAL_FLOW < high


def test_real_beads_are_sized_as_predicted_but_a_little_wider() -> None:
    """Twelve videos of 100 nm beads (tidyNano, beads.csv): mode 92 to 99, D50 95 to 99, SD 10 to 55 nm, median 13."""
    beads = Specimen(Population([100.0], 1.05, [1.4e9], "polystyrene", ""), 1.0, "water", 22.0)
    reading = read_with("nanoparticle_tracking", beads, NUMBERS, videos=1, frames=749)
    assert 92.0 < reading["mode"].value < 100.0
    assert reading["d50"].value == pytest.approx(96.4, rel=0.05)
    assert 6.0 < reading["sd"].value < 10.0
    raw = read_with("nanoparticle_tracking", beads, NUMBERS, videos=1, frames=749, sharpened=False)
    assert raw["sd"].value > 20.0  # without sharpening tracks of this length would be wider than the files are
