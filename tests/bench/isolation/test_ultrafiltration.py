"""Filters: concentration by a constant sieving coefficient is exact, nothing is lost, cakes slow the flow."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad, solve_ivp

from exocosm.bench.fluids import specimen_of
from exocosm.bench.isolation.registry import Outcome
from exocosm.bench.isolation.ultrafiltration import concentrated_share, filtration_minutes, membrane_sieving
from exocosm.bench.numbers import Numbers, bench_numbers
from exocosm.bench.protocol import protocol, run_protocol
from exocosm.bench.specimen import Specimen
from exocosm.errors import InputError

FILTERS = ("amicon_ultra_15_100_kda", "amicon_ultra_0_5_100_kda", "syringe_filter_0_22_um", "syringe_filter_0_8_um")


@pytest.fixture(scope="module")
def numbers() -> Numbers:
    return bench_numbers()


def run(specimen: Specimen, numbers: Numbers, **settings: object) -> Outcome:
    return run_protocol(specimen, protocol("tested", ("ultrafiltration", settings)), numbers).outcomes[0]


@given(sieving=st.floats(0.0, 1.0), before=st.floats(1.0, 100.0), part=st.floats(0.01, 0.99))
def test_the_closed_form_is_the_balance_integrated(sieving: float, before: float, part: float) -> None:
    after = part * before
    # dm/dV = S m / V, from `before` down to `after`
    solved = solve_ivp(lambda v, m: sieving * m / v, (before, after), [1.0], rtol=1e-9, atol=1e-12)
    told = concentrated_share(np.array([sieving]), before, after)[0]
    assert told == pytest.approx(solved.y[0, -1], rel=1e-6)
    assert told == pytest.approx(part**sieving)


@given(volume=st.floats(0.1, 50.0), protein=st.floats(0.0, 80.0), half=st.floats(0.3, 10.0))
def test_time_is_volume_over_a_falling_flux(volume: float, protein: float, half: float) -> None:
    area, flux = 7.6, 0.1

    def slowness(pressed: float) -> float:
        return (1.0 + protein * pressed / (area * half)) / (area * flux)

    minutes, last = filtration_minutes(volume, area, flux, protein, half)
    assert minutes == pytest.approx(quad(slowness, 0.0, volume)[0])
    assert last == pytest.approx(1.0 / (slowness(volume) * area * flux))


def test_a_membrane_holds_nine_tenths_of_its_cut_off(numbers: Numbers) -> None:
    hundred_kda = numbers("retained_diameter", "nm", device="amicon_ultra_15_100_kda")
    sieving = membrane_sieving(np.array([hundred_kda]), "amicon_ultra_15_100_kda", numbers, "filter")
    assert sieving[0] == pytest.approx(1.0 - numbers("cut_off_retention", "dimensionless"), abs=1e-9)


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("keep", ["retentate", "filtrate"])
def test_product_and_waste_are_the_sample_to_the_last_particle(numbers: Numbers, name: str, keep: str) -> None:
    specimen = specimen_of("urine", 10.0, numbers)
    outcome = run(specimen, numbers, filter=name, keep=keep)
    assert np.array_equal(
        outcome.product.population.count + outcome.waste[0].population.count, specimen.population.count
    )
    assert outcome.product.volume_ml + outcome.waste[0].volume_ml == pytest.approx(10.0)


def test_retained_with_size_and_less_with_every_wash(numbers: Numbers) -> None:
    specimen = specimen_of("urine", 10.0, numbers)
    shares = []
    for washes in (0, 1, 3):
        outcome = run(specimen, numbers, filter="amicon_ultra_15_100_kda", washes=washes, to="0.5 mL")
        shares.append(outcome.product.population.count / specimen.population.count)
    assert np.all(shares[0] >= shares[1]) and np.all(shares[1] >= shares[2])
    small = specimen.population.kind == "albumin"
    vesicle = specimen.population.kind == "small_ev"
    assert shares[2][small].max() < 0.2 < 0.5 < shares[2][vesicle].min()
    assert run(specimen, numbers, filter="amicon_ultra_15_100_kda", washes=1).product.medium == "0.98 pbs + 0.02 urine"
    assert run(specimen, numbers, filter="amicon_ultra_15_100_kda").product.medium == "urine"


def test_a_prefilter_passes_the_small_and_keeps_the_large(numbers: Numbers) -> None:
    specimen = specimen_of("urine", 10.0, numbers)
    shares = {}
    for name in ("syringe_filter_0_22_um", "syringe_filter_0_8_um"):
        product = run(specimen, numbers, filter=name, keep="filtrate").product
        shares[name] = product.population.count / specimen.population.count
    order = np.argsort(specimen.population.diameter_nm)
    assert np.all(np.diff(shares["syringe_filter_0_22_um"][order]) <= 1e-12)
    assert np.all(shares["syringe_filter_0_22_um"] <= shares["syringe_filter_0_8_um"] + 1e-12)


def test_more_filters_are_faster_and_protein_clogs(numbers: Numbers) -> None:
    plasma = specimen_of("plasma", 10.0, numbers)
    one = run(plasma, numbers, filter="amicon_ultra_15_100_kda")
    four = run(plasma, numbers, filter="amicon_ultra_15_100_kda", filters=4)
    assert four.minutes < one.minutes
    assert any("clogs" in warning for warning in one.warnings)
    assert four.consumables[0].number == 4
    assert not run(specimen_of("urine", 10.0, numbers), numbers, filter="amicon_ultra_15_100_kda").warnings


def test_a_sample_that_is_already_small_enough(numbers: Numbers) -> None:
    little = specimen_of("urine", 0.1, numbers)
    outcome = run(little, numbers, filter="amicon_ultra_15_100_kda")
    assert outcome.warnings
    assert np.array_equal(outcome.product.population.count + outcome.waste[0].population.count, little.population.count)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"filter": "amicon_ultra_15_100_kd"}, "amicon_ultra_15_100_kda"),
        ({"filter": "amicon_ultra_15_100_kda", "keep": "filtrate", "washes": 2}, "leave out"),
        ({"filter": "amicon_ultra_15_100_kda", "to": 0.5}, "unit"),
        ({"filter": "amicon_ultra_15_100_kda", "filters": 0}, "greater than or equal"),
    ],
)
def test_what_cannot_be_is_refused(numbers: Numbers, settings: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        run(specimen_of("urine", 10.0, numbers), numbers, **settings)
