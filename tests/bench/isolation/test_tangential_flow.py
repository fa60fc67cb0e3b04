"""Tangential flow: concentration and washing against the balance integrated, times against quadrature."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.integrate import quad, solve_ivp

from exocosm.bench.fluids import specimen_of
from exocosm.bench.isolation.registry import Outcome
from exocosm.bench.isolation.tangential_flow import (
    LEAST_FLUX,
    concentration_minutes,
    diafiltered_share,
    permeate_flux,
)
from exocosm.bench.isolation.ultrafiltration import concentrated_share
from exocosm.bench.numbers import Numbers, bench_numbers
from exocosm.bench.protocol import protocol, run_protocol
from exocosm.bench.specimen import Specimen
from exocosm.errors import InputError


@pytest.fixture(scope="module")
def numbers() -> Numbers:
    return bench_numbers()


def run(specimen: Specimen, numbers: Numbers, **settings: object) -> Outcome:
    return run_protocol(specimen, protocol("tested", ("tangential_flow", settings)), numbers).outcomes[0]


@given(sieving=st.floats(0.0, 1.0), diavolumes=st.floats(0.01, 12.0), part=st.floats(0.01, 0.9))
def test_what_stays_is_the_balance_integrated(sieving: float, diavolumes: float, part: float) -> None:
    # permeate leaves at a rate of one; first the volume falls, then buffer comes in as fast as permeate leaves
    first = solve_ivp(lambda t, m: -sieving * m / (1.0 - t), (0.0, 1.0 - part), [1.0], rtol=1e-9, atol=1e-13)
    second = solve_ivp(
        lambda t, m: -sieving * m / part, (0.0, diavolumes * part), [first.y[0, -1]], rtol=1e-9, atol=1e-13
    )
    told = concentrated_share(np.array([sieving]), 1.0, part) * diafiltered_share(np.array([sieving]), diavolumes)
    assert told[0] == pytest.approx(second.y[0, -1], rel=1e-5, abs=1e-9)


@given(
    protein=st.floats(0.01, 3000.0),
    sieving=st.floats(0.0, 1.0),
    before=st.floats(100.0, 5000.0),
    factor=st.floats(2.0, 100.0),
)
def test_time_is_the_integral_of_the_film_model(protein: float, sieving: float, before: float, factor: float) -> None:
    after, area, film = before / factor, 115.0, (0.08, 0.025, 200.0)

    def slowness(volume: float) -> float:
        at = protein * (volume / before) ** sieving / volume
        return 1.0 / (area * float(permeate_flux(np.array([at]), *film)[0]))

    assume(protein * factor ** (1.0 - sieving) / before < 0.75 * film[2])  # short of the gel, where the flux stops
    minutes, at_end = concentration_minutes(np.array([protein]), np.array([sieving]), before, after, area, film)
    expected = quad(slowness, after, before, limit=500)[0]
    assert minutes == pytest.approx(expected, rel=0.05)  # the flux has a corner where the clean membrane limits it
    assert at_end == pytest.approx(protein * (1.0 / factor) ** sieving / after)


def test_film_model() -> None:
    flux = permeate_flux(np.array([0.0, 1.0, 100.0, 199.0, 500.0]), 0.08, 0.025, 200.0)
    assert flux[:2] == pytest.approx([0.08, 0.08])
    assert flux[2] == pytest.approx(0.025 * np.log(2.0))
    assert flux[3:] == pytest.approx([LEAST_FLUX * 0.08] * 2)


def test_product_waste_and_torn_are_the_sample_to_the_last_particle(numbers: Numbers) -> None:
    specimen = specimen_of("conditioned_medium", 1000.0, numbers)
    outcome = run(specimen, numbers, module="hollow_fiber_500_kda", to="20 mL", diavolumes=6)
    assert outcome.destroyed is not None
    kept = outcome.product.population.count + outcome.waste[0].population.count
    assert np.array_equal(kept + outcome.destroyed.count, specimen.population.count)
    vesicle = np.char.find(specimen.population.kind, "small_ev") >= 0
    assert np.all(outcome.destroyed.count[specimen.population.kind == "albumin"] == 0)
    assert np.all(outcome.destroyed.count[vesicle] > 0)


def test_washing_removes_protein_and_leaves_vesicles(numbers: Numbers) -> None:
    specimen = specimen_of("conditioned_medium", 1000.0, numbers)
    left = {}
    for diavolumes in (0, 3, 6):
        outcome = run(specimen, numbers, module="hollow_fiber_500_kda", to="20 mL", diavolumes=diavolumes)
        share = outcome.product.population.count / specimen.population.count
        left[diavolumes] = (
            share[specimen.population.kind == "albumin"].max(),
            share[specimen.population.kind == "small_ev"].min(),
        )
    assert left[0][0] > left[3][0] > left[6][0]
    assert left[6][1] > 0.8 * left[0][1]
    # six volumes on a 500 kDa membrane removed about 99 % of protein (MSCUltrafiltration, abstract)
    assert left[6][0] < 0.05


def test_tighter_membranes_keep_more(numbers: Numbers) -> None:
    specimen = specimen_of("conditioned_medium", 1000.0, numbers)
    modules = ("hollow_fiber_750_kda", "hollow_fiber_500_kda", "hollow_fiber_300_kda", "cassette_100_kda")
    kept = [run(specimen, numbers, module=name, to="50 mL", diavolumes=3).product.population.count for name in modules]
    albumin = specimen.population.kind == "albumin"
    assert all(np.all(one[albumin] < next_[albumin]) for one, next_ in itertools.pairwise(kept))


def test_area_buys_time(numbers: Numbers) -> None:
    specimen = specimen_of("conditioned_medium", 1000.0, numbers)
    small = run(specimen, numbers, module="hollow_fiber_500_kda", to="20 mL")
    large = run(specimen, numbers, module="hollow_fiber_500_kda", to="20 mL", area="1150 cm^2")
    set_up = max(numbers("module_set_up_time", "min"), numbers("hands_on_time", "min", device="tangential_flow"))
    assert small.minutes - set_up == pytest.approx(10.0 * (large.minutes - set_up))
    assert large.consumables[0].number == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"module": "hollow_fibre_500_kda", "to": "20 mL"}, "hollow_fiber_500_kda"),
        ({"module": "hollow_fiber_500_kda", "to": "2 L"}, "takes a volume down"),
        ({"module": "hollow_fiber_500_kda"}, "to"),
    ],
)
def test_what_cannot_be_is_refused(numbers: Numbers, settings: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        run(specimen_of("conditioned_medium", 1000.0, numbers), numbers, **settings)


def test_protein_that_gels_is_told(numbers: Numbers) -> None:
    outcome = run(specimen_of("plasma", 100.0, numbers), numbers, module="cassette_100_kda", to="10 mL")
    assert any("gel" in warning for warning in outcome.warnings)
