"""Size exclusion: elution against numerical convolution, nothing lost, and what is known of resins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import invgauss, norm

from exocosm.bench.fluids import specimen_of
from exocosm.bench.isolation.size_exclusion import eluted_share, elution_volume, plates
from exocosm.bench.numbers import Numbers, bench_numbers
from exocosm.bench.protocol import ProtocolRun, protocol, run_protocol
from exocosm.bench.specimen import Specimen, count_by_kind
from exocosm.errors import InputError

COLUMNS = ("qev_original_70nm", "qev_original_35nm", "sepharose_cl_2b", "sepharose_cl_4b", "sepharose_cl_6b")


@pytest.fixture(scope="module")
def numbers() -> Numbers:
    return bench_numbers()


def plasma(numbers: Numbers, volume_ml: float = 0.5) -> Specimen:
    return specimen_of("plasma", volume_ml, numbers)


def run(specimen: Specimen, numbers: Numbers, **settings: object) -> ProtocolRun:
    return run_protocol(specimen, protocol("tested", ("size_exclusion", settings)), numbers)


@given(mean=st.floats(2.0, 20.0), number=st.floats(3.0, 2000.0), load=st.floats(0.05, 4.0), volume=st.floats(0.1, 30.0))
def test_elution_is_the_convolution_of_load_and_band(mean: float, number: float, load: float, volume: float) -> None:
    band = invgauss(1.0 / number, scale=number * mean)  # mean `mean`, variance mean^2 / number
    assert band.mean() == pytest.approx(mean) and band.var() == pytest.approx(mean**2 / number)
    start = max(volume - load, 0.0)
    spread = mean / number**0.5
    breaks = [edge for edge in (mean - 6 * spread, mean, mean + 6 * spread) if start < edge < volume]
    expected = quad(band.cdf, start, volume, points=breaks or None, limit=200)[0] / load
    told = eluted_share(np.array([volume]), np.array([mean]), np.array([number]), load)[0, 0]
    assert told == pytest.approx(expected, abs=1e-6)


def test_many_plates_are_a_gaussian_of_the_same_width() -> None:
    volumes, mean, number = np.linspace(3.0, 5.0, 41), 4.0, 4000.0
    told = eluted_share(volumes, np.array([mean]), np.array([number]), 1e-6)[:, 0]
    assert told == pytest.approx(norm(mean, mean / number**0.5).cdf(volumes), abs=0.005)


@given(
    load=st.floats(0.01, 5.0),
    means=st.lists(st.floats(1.0, 30.0), min_size=1, max_size=5),
    number=st.floats(2.0, 1e4),
)
def test_all_fractions_together_are_all(load: float, means: list[float], number: float) -> None:
    edges = np.append(np.arange(0.0, 200.0, 0.5), 1e4)
    left = eluted_share(edges, np.array(means), np.full(len(means), number), load)
    fractions = np.diff(left, axis=0)
    assert np.all(fractions >= -1e-8)
    assert left[0] == pytest.approx(0.0) and fractions.sum(axis=0) == pytest.approx(1.0, abs=1e-6)


def test_where_particles_leave() -> None:
    volume, hold_up = elution_volume(np.array([0.0, 1.0]), 10.0, 0.4, 0.9)
    assert volume == pytest.approx([4.0, 4.0 + 0.9 * 6.0])
    assert volume == pytest.approx(4.0 * (1.0 + hold_up))


def test_what_does_not_enter_the_beads_sees_only_the_packing() -> None:
    seen = plates(np.array([0.0, 0.5, 0.5]), np.array([1.0, 1.0, 50.0]), 100.0, 90.0, 0.005)
    assert seen[0] == pytest.approx(100.0)
    assert seen[1] < seen[2] < 100.0  # slow particles lag behind


@pytest.mark.parametrize("column", COLUMNS)
def test_product_and_waste_are_the_sample_to_the_last_particle(numbers: Numbers, column: str) -> None:
    specimen = plasma(numbers)
    outcome = run(specimen, numbers, column=column, collect=[7, 10]).outcomes[0]
    parts = outcome.product.population.count + outcome.waste[0].population.count
    assert np.array_equal(parts, specimen.population.count)
    assert outcome.product.volume_ml == pytest.approx(2.0)
    assert outcome.product.medium == "pbs"


def test_windows_side_by_side_hold_what_one_wide_window_holds(numbers: Numbers) -> None:
    specimen = plasma(numbers)
    ask = {"column": "sepharose_cl_2b"}
    wide = run(specimen, numbers, collect_ml=[2.0, 9.0], **ask).product.population.count
    narrow = sum(
        run(specimen, numbers, collect_ml=[start, start + 1.0], **ask).product.population.count
        for start in np.arange(2.0, 9.0, 1.0).tolist()
    )
    assert narrow == pytest.approx(wide)


def test_fractions_count_from_the_first_drop_of_the_sample(numbers: Numbers) -> None:
    by_fraction = run(plasma(numbers), numbers, column="sepharose_cl_4b", collect=[7, 10]).product
    by_volume = run(plasma(numbers), numbers, column="sepharose_cl_4b", collect_ml=[3.0, 5.0]).product
    by_default = run(plasma(numbers), numbers, column="sepharose_cl_4b").product
    assert np.array_equal(by_fraction.population.count, by_volume.population.count)
    assert by_default.population.count == pytest.approx(by_volume.population.count)


def test_large_leave_before_small(numbers: Numbers) -> None:
    recovery = run(plasma(numbers), numbers, column="qev_original_70nm", collect=[7, 10]).recovery
    assert recovery["microvesicle"] > recovery["small_ev"] > recovery["vldl"] > recovery["ldl"] > recovery["hdl"]
    assert recovery["small_ev"] > 100 * recovery["albumin"]
    # remnants of fasting plasma are as large as the smallest vesicles, so that size cannot tell them apart
    assert recovery["chylomicron"] > 0.4 * recovery["small_ev"]


def test_smaller_pores_give_more_vesicles_and_more_protein(numbers: Numbers) -> None:
    # as found with 0.5 mL plasma on 10 mL of each resin (TerOvanesyan2021, Figure 3)
    resins = ("sepharose_cl_2b", "sepharose_cl_4b", "sepharose_cl_6b")
    found = [run(plasma(numbers), numbers, column=resin, collect=[7, 10]) for resin in resins]
    vesicles = [one.recovery["small_ev"] for one in found]
    assert vesicles == sorted(vesicles) and vesicles[0] < vesicles[2]
    assert found[2].recovery["albumin"] > max(found[0].recovery["albumin"], found[1].recovery["albumin"])
    assert found[0].recovery["ldl"] < found[1].recovery["ldl"] < found[2].recovery["ldl"]


def test_a_longer_column_parts_better_and_gives_less(numbers: Numbers) -> None:
    short = run(plasma(numbers), numbers, column="sepharose_cl_4b", collect=[7, 10]).recovery
    long = run(plasma(numbers), numbers, column="sepharose_cl_4b", bed="20 mL", collect=[14, 17]).recovery
    assert long["small_ev"] < short["small_ev"]
    assert long["small_ev"] / long["albumin"] > short["small_ev"] / short["albumin"]


def test_more_than_one_column_where_the_sample_needs_it(numbers: Numbers) -> None:
    many = run(plasma(numbers, 2.0), numbers, column="qev_original_70nm", collect=[7, 10])
    one = run(plasma(numbers, 0.5), numbers, column="qev_original_70nm", collect=[7, 10])
    assert many.consumables[0].number == 4
    assert many.product.volume_ml == pytest.approx(4 * one.product.volume_ml)
    assert many.product.population.count == pytest.approx(4 * one.product.population.count)
    assert not many.outcomes[0].warnings
    crowded = run(plasma(numbers, 2.0), numbers, column="qev_original_70nm", collect=[7, 10], columns=1)
    assert "more than" in crowded.outcomes[0].warnings[0]


def test_nothing_in_nothing_out(numbers: Numbers) -> None:
    empty = specimen_of("plasma", 0.5, numbers, without=("vesicles",))
    assert count_by_kind(run(empty, numbers, column="qev_original_70nm").product.population).get("small_ev", 0.0) == 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"column": "qev_orignal_70nm"}, "qev_original_70nm"),
        ({"column": "qev_original_70nm", "collect": [7, 10], "collect_ml": [3.0, 5.0]}, "not both"),
        ({"column": "qev_original_70nm", "collect": [10, 7]}, "after the last"),
        ({"column": "qev_original_70nm", "collect_ml": [5.0, 3.0]}, "no window"),
        ({"column": "qev_original_70nm", "load": 0.5}, "unit"),
        ({"column": "qev_original_70nm", "load": "0.5 mL", "columns": 2}, "one follows"),
    ],
)
def test_what_cannot_be_is_refused(numbers: Numbers, settings: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        run(plasma(numbers), numbers, **settings)
