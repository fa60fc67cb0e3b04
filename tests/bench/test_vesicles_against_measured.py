"""What volumes alone predict of vesicles beside what was measured: where it agrees, and where it does not.

The composition (lipid, protein, shell, lumen) was written down and committed before any of these comparisons was made;
nothing was changed afterwards.  The tests hold the regions of agreement AND those of failure, so that a change of
either is seen.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from exocosm.bench.fluids import specimen_of
from exocosm.bench.media import solution_density_g_ml
from exocosm.bench.numbers import Numbers, bench_numbers
from exocosm.bench.particles import composition_of, density_in, properties_of, vesicle_protein
from exocosm.evidence.value import Value
from exocosm.vesicles.population import Population

NUMBERS = bench_numbers(draws=200)
SIZES = np.array([40.0, 50, 60, 74, 88, 100, 125, 150, 200, 300, 400, 600, 1000, 2000])


def published(id: str) -> tuple[float, float]:
    row: Value = NUMBERS.ledger.catalogue.row(f"published-{id}")
    return (row.low or row.value, row.high or row.value)


def vesicles(kind: str, sizes: NDArray[np.float64], numbers: Numbers) -> Population:
    return Population(
        diameter_nm=sizes,
        count=np.ones(sizes.size),
        kind=np.array([kind]),
        origin=np.array([""]),
        **properties_of(kind, sizes, "pbs", numbers),
    )


def band_density(kind: str, sizes: NDArray[np.float64], numbers: Numbers) -> NDArray[np.float64]:
    """Where vesicles come to rest in sucrose at 4 degC: the medium is as dense as the vesicle is in it."""
    share = np.linspace(0.0, 0.7, 1401)
    medium = solution_density_g_ml("sucrose", share, 4.0, numbers)
    heavier = density_in(vesicles(kind, sizes, numbers), "sucrose", share, numbers) - medium[:, np.newaxis]
    return np.array([np.interp(0.0, -heavier[:, place], medium) for place in range(sizes.size)])


def test_band_in_sucrose_is_right_from_ninety_to_three_hundred_nanometres() -> None:
    low, high = published("density-sev-wjsc")  # 1.13 to 1.19
    band = band_density("small_ev", SIZES, NUMBERS)
    assert np.all(np.diff(band) > 0)
    inside = SIZES[(band >= low) & (band <= high)]
    assert inside.tolist() == [88, 100, 125, 150, 200, 300]
    # FAILS for the smaller half of small EVs: lighter than measured, 1.107 at 40 nm and 1.124 at 74 nm
    assert band[0] == pytest.approx(1.107, abs=0.002)
    assert band[SIZES.tolist().index(74)] == pytest.approx(1.124, abs=0.002)


def test_band_in_sucrose_with_what_is_not_known_about_the_composition() -> None:
    low, high = published("density-sev-wjsc")
    bands = np.array([band_density("small_ev", np.array([50.0, 74, 100, 150]), NUMBERS.drawn(i)) for i in range(200)])
    share_inside = ((bands >= low) & (bands <= high)).mean(axis=0)
    assert np.all(np.diff(share_inside) > 0)
    assert 0.2 < share_inside[0] < 0.4 < share_inside[2] < 0.7  # neither sure nor excluded
    spread = np.percentile(bands, [2.5, 97.5], axis=0)
    assert np.all(spread[0] < low)
    assert np.all(spread[1] > 1.16)


def test_the_whole_population_by_number_and_by_protein() -> None:
    """A band is mostly seen by its protein, which larger vesicles carry; looked at after the comparison was made."""
    whole = specimen_of("plasma", 1.0, NUMBERS).population
    small = whole.kind == "small_ev"
    band = band_density("small_ev", whole.diameter_nm[small], NUMBERS)
    by_number = float(np.average(band, weights=whole.count[small]))
    by_protein = float(np.average(band, weights=(whole.count * whole.protein_ag)[small]))
    assert by_number == pytest.approx(1.126, abs=0.003)  # FAILS: below 1.13
    assert by_protein == pytest.approx(1.143, abs=0.006)  # inside


def test_vesicles_are_lighter_in_isotonic_buffer_than_in_sucrose() -> None:
    alone = vesicles("small_ev", SIZES, NUMBERS).density
    assert np.all(band_density("small_ev", SIZES, NUMBERS) > alone + 0.02)
    # FAILS against 1.08 to 1.19 (medium not said): 1.078 at 40 nm down to 1.065 at 200 nm
    low, _ = published("density-sev-overlap")
    assert np.all(alone < low)
    assert alone.max() > low - 0.005
    assert alone.min() > low - 0.02


def test_conflicting_densities_of_larger_vesicles() -> None:
    band = band_density("microvesicle", np.array([100.0, 200, 316, 500, 1000]), NUMBERS)
    assert band[0] < published("density-mv-jvi")[0] < band[1]  # 1.16 lies between 100 and 200 nm
    assert np.all((band[:2] > published("density-mv-jic")[0]) & (band[:2] < published("density-mv-jic")[1]))
    # FAILS: 1.04 to 1.07 in sucrose is nowhere; large ones come out as dense as apoptotic bodies
    assert np.all(band > published("density-mv-wjsc")[1] + 0.03)
    assert np.all(band[2:] > published("density-mv-jic")[1] - 0.01)


def test_apoptotic_bodies_are_right_in_sucrose() -> None:
    band = band_density("apoptotic_body", np.array([800.0, 1000, 2000, 5000]), NUMBERS)
    low, high = published("density-ab-wjsc")
    assert np.all((band[:3] > low) & (band[:3] < high))
    assert band[3] == pytest.approx(high, abs=0.005)  # the largest, 5 um, stand at the upper limit
    assert np.all(vesicles("apoptotic_body", np.array([2000.0]), NUMBERS).density < 1.1)  # in isotonic buffer


def test_refractive_index_is_right_for_blood_and_cells_and_too_high_for_urine() -> None:
    seen = np.array([100.0, 125, 150, 200])  # about where tracking has its mode
    index = vesicles("small_ev", seen, NUMBERS).refractive_index
    for id in ("index-blood", "index-neuroblastoma", "index-platelets"):
        measured = published(id)[0]
        assert index.min() - 0.003 <= measured <= index.max() + 0.003, id
    # FAILS: vesicles of urine and small ones of placenta scatter less than any size does here
    for id in ("index-urine-fresh", "index-urine-dried", "index-urine-mean", "index-placenta-small"):
        assert published(id)[1] < index.min() - 0.01, id
    larger = vesicles("microvesicle", np.array([200.0, 300, 650]), NUMBERS).refractive_index
    assert larger.max() < published("index-placenta-large")[0]  # FAILS by some 0.01
    assert larger.min() == pytest.approx(published("index-milk-low")[0], abs=0.005)
    assert larger.max() < published("index-milk-high")[0]  # the denser half of milk vesicles is not here either


def test_share_of_protein_in_the_membrane_disagrees_with_another_model() -> None:
    made_of = composition_of("small_ev", NUMBERS)
    sizes = np.linspace(20, 400, 1901)
    in_shell, in_lumen = vesicle_protein(sizes, made_of)
    equal = sizes[np.argmin(np.abs(in_shell - in_lumen))]
    assert equal == pytest.approx(57, abs=2)
    assert equal < published("equal-protein-diameter")[0] / 3  # FAILS: 180 nm there
