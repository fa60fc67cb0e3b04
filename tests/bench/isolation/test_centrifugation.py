"""The method `centrifugation`: what goes in comes out, losses in their order, and limits with exact answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from exocosm.bench.isolation.centrifugation import (
    CentrifugationSettings,
    Load,
    centrifugation,
    kept_in_pellet,
    kept_in_supernatant,
    load_rotor,
)
from exocosm.bench.isolation.registry import Outcome
from exocosm.bench.numbers import Numbers, bench_numbers
from exocosm.bench.rotors import find_rotor, list_rotors
from exocosm.bench.sedimentation import pelleted_fraction, sedimentation_coefficient
from exocosm.bench.specimen import Specimen
from exocosm.errors import InputError
from exocosm.evidence.value import Value
from exocosm.vesicles.population import Population, lognormal_population, mix

SPIN: Mapping[str, Any] = {
    "rotor": "Type 70 Ti",
    "force": "100000 g average",
    "time": "70 min",
    "temperature": "4 degC",
    "resuspend": "1 mL water_like",
}
LOSSES = ("pellet_held", "pellet_resuspended", "tube_wall_loss", "co_pelleted_share", "residual_volume")


def own(quantity: str, value: float, unit: str = "dimensionless", **context: str) -> Value:
    name = "-".join(["own", quantity, *context.values()]).replace("_", "-")
    return Value(
        id=name, quantity=quantity, value=value, unit=unit, method="model_constant", note="for a test", **context
    )


FLUIDS = [
    own(quantity, value, fluid=fluid)
    for fluid, pair in {"water_like": (1.0, 1.0), "plasma_like": (1.6, 1.025)}.items()
    for quantity, value in zip(("viscosity_relative_to_water", "density_relative_to_water"), pair, strict=True)
]
LOSSLESS = [
    own("pellet_held", 1.0),
    own("pellet_resuspended", 1.0),
    own("tube_wall_loss", 0.0),
    own("co_pelleted_share", 0.0),
    own("residual_volume", 0.0, "mL"),
    own("acceleration_time", 0.0, "min"),
    own("braking_time", 0.0, "min"),
]


@pytest.fixture(scope="module")
def numbers() -> Numbers:
    return bench_numbers(own=FLUIDS, draws=5)


@pytest.fixture(scope="module")
def lossless() -> Numbers:
    return bench_numbers(own=[*FLUIDS, *LOSSLESS])


def sample(volume_ml: float = 39.0, medium: str = "plasma_like") -> Specimen:
    population = mix(
        lognormal_population(100, 1.5, 1e9, 1.12, parcels=20),
        lognormal_population(45, 1.3, 1e12, 0.98, parcels=8, kind="vldl"),
        lognormal_population(7, 1.0, 1e15, 1.2, parcels=1, kind="albumin"),
    )
    return Specimen(population, volume_ml, medium, 20.0)


def spun(numbers: Numbers, specimen: Specimen | None = None, **changes: Any) -> Outcome:
    words = {key: value for key, value in {**SPIN, **changes}.items() if value is not None}
    return centrifugation(specimen or sample(), CentrifugationSettings.model_validate(words), numbers)


def shares(outcome: Outcome, before: Population) -> np.ndarray:
    return outcome.product.population.count / before.count


@given(
    rotor=st.sampled_from([*list_rotors()]),
    volume=st.floats(0.5, 2000),
    minutes=st.floats(0.1, 1000),
    keep=st.sampled_from(["pellet", "supernatant"]),
    wash=st.integers(0, 3),
    draw=st.integers(-1, 4),
)
def test_product_and_waste_are_the_input_to_the_last_particle(
    numbers: Numbers, rotor: str, volume: float, minutes: float, keep: str, wash: int, draw: int
) -> None:
    specimen = sample(volume)
    pellet = keep == "pellet"
    outcome = spun(
        numbers if draw < 0 else numbers.drawn(draw),
        specimen,
        rotor=rotor,
        force="4000 rpm",
        time=f"{minutes} min",
        keep=keep,
        wash=wash if pellet else 0,
        resuspend="1 mL water_like" if pellet else None,
    )
    together = outcome.product.population.count + outcome.waste[0].population.count
    assert np.array_equal(together, specimen.population.count)
    assert np.all((shares(outcome, specimen.population) >= 0) & (shares(outcome, specimen.population) <= 1))


def test_without_losses_it_is_the_pelleted_fraction(lossless: Numbers) -> None:
    specimen, rotor = sample(medium="water_like"), find_rotor("type_70_ti")
    from exocosm.bench.media import density_g_ml, viscosity_mpa_s

    speeds = sedimentation_coefficient(
        specimen.population.diameter_nm,
        specimen.population.density,
        density_g_ml("water_like", 4, lossless),
        viscosity_mpa_s("water_like", 4, lossless),
    )
    expected = pelleted_fraction(speeds, rotor.rpm_at(100_000), 70, rotor)
    pellet = spun(lossless, specimen)
    assert shares(pellet, specimen.population) == pytest.approx(expected, rel=1e-12)
    liquid = spun(lossless, specimen, keep="supernatant", resuspend=None)
    assert shares(liquid, specimen.population) == pytest.approx(1 - expected, abs=1e-12)


def test_washes_without_losses_multiply(lossless: Numbers) -> None:
    specimen = sample(medium="water_like")
    once, thrice = (shares(spun(lossless, specimen, wash=wash), specimen.population) for wash in (0, 2))
    assert thrice == pytest.approx(once**3, rel=1e-12)


def test_two_spins_that_are_mixed_between_are_less_than_one(lossless: Numbers) -> None:
    specimen = sample(medium="water_like")
    whole = spun(lossless, specimen, time="20 min")
    first = spun(lossless, specimen, time="10 min", keep="supernatant", resuspend=None)
    second = spun(lossless, first.product, time="10 min")
    in_pellets = first.waste[0].population.count + second.product.population.count
    small = (specimen.population.kind == "small_ev") & (shares(whole, specimen.population) < 0.9)
    assert np.all(in_pellets[small] < whole.product.population.count[small])


def test_lighter_than_the_medium_never_pellets(lossless: Numbers) -> None:
    outcome = spun(lossless)
    light = outcome.product.population.kind == "vldl"
    assert np.all(outcome.product.population.count[light] == 0)


@given(minutes=st.floats(1, 500), factor=st.floats(1.01, 3))
def test_longer_pellets_more_vesicles(numbers: Numbers, minutes: float, factor: float) -> None:
    first, second = (
        shares(spun(numbers, time=f"{time} min"), sample().population) for time in (minutes, minutes * factor)
    )
    assert np.all(second >= first)


def test_order_of_losses_in_numbers() -> None:
    pelleted, drawn_in = np.array([0.0, 0.5, 1.0]), np.array([0.1, 0.1, 0.1])
    stays = np.array([0.1, 0.55, 1.0]) * 0.9
    assert kept_in_pellet(pelleted, drawn_in, 0.9, 0.02, 0.7) == pytest.approx((stays + (1 - stays) * 0.02) * 0.7)
    assert kept_in_supernatant(pelleted, drawn_in, 0.9, 0.02, 0.05) == pytest.approx((1 - stays) * 0.98 * 0.95)


def test_a_wash_thins_what_was_carried_over(numbers: Numbers) -> None:
    def albumin(wash: int) -> float:
        population = spun(numbers, wash=wash).product.population
        return float(population.count[population.kind == "albumin"].sum())

    assert albumin(1) < 0.1 * albumin(0)


def test_thicker_medium_pellets_less_and_dilution_mends_it(numbers: Numbers) -> None:
    vesicles = sample().population.kind == "small_ev"
    short = {"time": "5 min"}
    thick, thin = (
        shares(spun(numbers, sample(medium=medium), **short), sample().population)
        for medium in ("plasma_like", "water_like")
    )
    assert np.all((thick < thin)[vesicles][:-2])  # of the largest all are down
    small = sample(3.9)
    diluted = shares(spun(numbers, small, diluent="35.1 mL water_like", **short), small.population)
    neat = shares(spun(numbers, sample(39.0), **short), small.population)
    assert np.all((diluted > neat)[vesicles][:-2])


def test_more_than_the_rotor_holds_takes_more_runs(numbers: Numbers) -> None:
    rotor = find_rotor("type_70_ti")
    assert load_rotor(rotor, 39.0) == Load(1, 1, 1.0)
    assert load_rotor(rotor, 312.0) == Load(8, 1, 1.0)
    assert load_rotor(rotor, 313.0) == Load(5, 2, pytest.approx(313 / 390))
    one, three = spun(numbers, sample(312)), spun(numbers, sample(936))
    assert three.minutes == pytest.approx(3 * one.minutes)
    assert three.consumables[0].number == 24
    assert "3 runs" in three.instruction


def test_instruction_says_all_that_a_person_needs(numbers: Numbers) -> None:
    said = spun(numbers, wash=1, diluent="1 mL water_like").instruction
    for words in ("Type 70 Ti", "36,8", "g average", "g maximum", "70 min", "4 degC", "pellet", "wash 1 time", "1 mL"):
        assert words in said


def test_half_empty_thin_walled_tubes_are_warned_of(numbers: Numbers) -> None:
    assert any("collapse" in warning for warning in spun(numbers, sample(10)).warnings)
    assert not any("collapse" in warning for warning in spun(numbers, sample(39)).warnings)


def test_tubes_filled_up_are_full_and_diluted(numbers: Numbers) -> None:
    small = sample(20.0)
    filled, poured = spun(numbers, small, fill="water_like"), spun(numbers, small, diluent="19 mL water_like")
    assert filled.product.population.count == pytest.approx(poured.product.population.count, rel=1e-9)
    assert filled.warnings == ()
    assert "Fill the tubes up" in filled.instruction


def test_a_wash_in_fewer_tubes_takes_one_run(numbers: Numbers) -> None:
    large = sample(600.0)
    once, washed = spun(numbers, large), spun(numbers, large, wash=1, wash_volume="39 mL water_like")
    machine = [outcome.minutes - outcome.hands_on_minutes for outcome in (once, washed)]
    assert machine[1] == pytest.approx(1.5 * machine[0])


def test_ramps_add_to_the_time_and_to_the_pellet(numbers: Numbers) -> None:
    slow = bench_numbers(own=[*FLUIDS, own("acceleration_time", 60.0, "min"), own("braking_time", 60.0, "min")])
    short, long = spun(numbers, time="1 min"), spun(slow, time="1 min")
    assert long.minutes > short.minutes + 50
    vesicles = sample().population.kind == "small_ev"
    assert np.all((shares(long, sample().population) > shares(short, sample().population))[vesicles][:-4])


def test_what_does_not_fit_together_is_refused(numbers: Numbers) -> None:
    with pytest.raises(InputError, match="neither resuspended nor washed"):
        spun(numbers, keep="supernatant")
    with pytest.raises(InputError, match="beyond the rotor"):
        spun(numbers, force="900000 g average")
    with pytest.raises(InputError, match="there is no rotor"):
        spun(numbers, rotor="salad spinner")
    with pytest.raises(InputError, match="nothing is known of the medium"):
        spun(numbers, sample(medium="soup"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"force": "100000 g"}, "at which radius"),
        ({"time": "70"}, "min"),
        ({"resuspend": "a bit of pbs"}, "a volume and a medium"),
        ({"resuspend": "0 mL pbs"}, "above 0"),
        ({"wash": 99}, "10"),
        ({"keep": "foam"}, "pellet"),
        ({"sped": "1 rpm"}, "sped"),
    ],
)
def test_settings_are_checked_when_they_are_read(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        CentrifugationSettings.model_validate({**SPIN, **changes})


def test_every_assumed_loss_has_a_range() -> None:
    catalogue = bench_numbers().ledger.catalogue
    for quantity in LOSSES:
        for row in catalogue.index[quantity]:
            assert row.method == "assumed" and row.low is not None and row.high is not None and row.note
