"""The method `density_gradient`: conservation, isopycnic limit, water that moves, settings that cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from exocosm.bench.fluids import specimen_of
from exocosm.bench.gradient_recipe import DensityGradientSettings
from exocosm.bench.isolation.density_gradient import density_gradient
from exocosm.bench.isolation.registry import Outcome
from exocosm.bench.numbers import Numbers, bench_numbers
from exocosm.bench.particles import swollen
from exocosm.bench.specimen import Specimen
from exocosm.errors import InputError
from exocosm.vesicles.population import Population, lognormal_population, mix

IODIXANOL: Mapping[str, Any] = {
    "solute": "iodixanol",
    "layers": ["3 mL 40 %", "3 mL 20 %", "3 mL 10 %", "2 mL 5 %"],
    "rotor": "SW 41 Ti",
    "force": "100000 g average",
    "time": "18 h",
    "temperature": "4 degC",
    "collect": ["1.06 g/mL", "1.12 g/mL"],
}
SUCROSE: Mapping[str, Any] = {
    **{key: value for key, value in IODIXANOL.items() if key not in ("solute", "layers")},
    "solute": "sucrose",
    "linear": "2 M to 0.25 M",
    "gradient_volume": "11 mL",
    "collect": ["1.10 g/mL", "1.19 g/mL"],
}


@pytest.fixture(scope="module")
def numbers() -> Numbers:
    return bench_numbers(draws=4)


def population() -> Population:
    return mix(
        lognormal_population(110, 1.4, 1e9, 1.10, parcels=12),
        lognormal_population(45, 1.3, 1e12, 0.98, parcels=5, kind="vldl"),
        lognormal_population(10, 1.2, 1e14, 1.12, parcels=3, kind="hdl"),
        lognormal_population(7, 1.0, 1e15, 1.2, parcels=1, kind="albumin"),
    )


def sample(volume_ml: float = 1.0) -> Specimen:
    return Specimen(population(), volume_ml, "pbs", 20.0)


def run(
    numbers: Numbers, base: Mapping[str, Any] = IODIXANOL, specimen: Specimen | None = None, **changes: Any
) -> Outcome:
    words = {key: value for key, value in {**base, **changes}.items() if value is not None}
    return density_gradient(specimen or sample(), DensityGradientSettings.model_validate(words), numbers)


@settings(max_examples=25, deadline=None)
@given(
    base=st.sampled_from([IODIXANOL, SUCROSE]),
    hours=st.floats(0.1, 60),
    volume=st.floats(0.2, 30),
    draw=st.integers(-1, 3),
    fractions=st.booleans(),
)
def test_product_and_waste_are_the_input_to_the_last_particle(
    numbers: Numbers, base: Mapping[str, Any], hours: float, volume: float, draw: int, fractions: bool
) -> None:
    specimen = sample(volume)
    kept = {"collect": None, "fractions": 12, "pooled": [1, 5, 12]} if fractions else {}
    drawn = numbers if draw < 0 else numbers.drawn(draw)
    outcome = run(drawn, base, specimen, time=f"{hours} h", **kept)
    together = outcome.product.population.count + outcome.waste[0].population.count
    assert np.array_equal(together, specimen.population.count)


def test_all_fractions_together_hold_all_but_the_pellet_and_what_is_lost(numbers: Numbers) -> None:
    held = numbers("gradient_recovered", "dimensionless")
    before = population().count
    pooled = run(numbers, collect=None, fractions=12, pooled=list(range(1, 13))).product.population.count
    assert pooled / before == pytest.approx(np.full(before.size, held), rel=1e-9)
    single = [run(numbers, collect=None, fractions=12, pooled=[k]).product.population.count for k in range(1, 13)]
    assert np.sum(single, axis=0) == pytest.approx(pooled, rel=1e-9)


def test_in_the_end_bands_lie_where_densities_are_equal(numbers: Numbers) -> None:
    big = lognormal_population(400, 1.0, 1e9, 1.10, parcels=1, kind="protein_aggregate")  # keeps its density
    linear = {"layers": None, "linear": "40 % to 5 %", "gradient_volume": "11 mL"}
    for density in (1.05, 1.10, 1.15):
        moved = Population(big.diameter_nm, np.array([density]), big.count, big.kind, big.origin)
        found = run(numbers, specimen=Specimen(moved, 1.0, "pbs"), time="48 h", **linear).findings
        assert found["band_density protein_aggregate"] == pytest.approx(density, abs=0.002)


def test_vesicles_band_where_their_shrunken_density_is_that_of_sucrose(numbers: Numbers) -> None:
    vesicle = lognormal_population(150, 1.0, 1e9, 1.08, parcels=1)
    specimen = Specimen(vesicle, 1.0, "pbs")
    found = run(numbers, SUCROSE, specimen, time="900 h").findings["band_density small_ev"]
    from exocosm.bench.media import solution_density_g_ml

    shares = np.linspace(0, 0.6, 601)
    excess = swollen(vesicle, "sucrose", shares, numbers)[0][:, 0]
    excess = excess - solution_density_g_ml("sucrose", shares, 4.0, numbers)
    equal = shares[np.argmin(np.abs(excess))]
    assert found == pytest.approx(float(solution_density_g_ml("sucrose", equal, 4.0, numbers)), abs=0.004)
    isotonic = run(numbers, IODIXANOL, specimen, time="900 h").findings["band_density small_ev"]
    assert isotonic == pytest.approx(1.08, abs=0.004)
    assert found > isotonic + 0.01


def test_what_is_denser_than_all_layers_is_a_pellet_and_in_no_fraction(numbers: Numbers) -> None:
    heavy = lognormal_population(300, 1.0, 1e9, 1.45, parcels=1, kind="protein_aggregate")
    outcome = run(numbers, specimen=Specimen(heavy, 1.0, "pbs"), collect=None, fractions=12, pooled=[11, 12])
    assert outcome.findings["pelleted_share protein_aggregate"] == 1.0
    assert outcome.product.population.count.sum() == 0


def test_small_particles_are_slower_to_their_place(numbers: Numbers) -> None:
    both = mix(
        *(lognormal_population(d, 1.0, 1e9, 1.15, parcels=1, kind=kind) for d, kind in ((40, "hdl"), (160, "ldl")))
    )
    found = run(numbers, specimen=Specimen(both, 1.0, "pbs"), time="2 h").findings
    assert found["band_density ldl"] > found["band_density hdl"] + 0.005


def test_nothing_moves_far_in_no_time(numbers: Numbers) -> None:
    outcome = run(numbers, time="0.001 min", collect=["1.10 g/mL", "1.19 g/mL"], force="100 g average")
    assert np.all(outcome.product.population.count < 1e-3 * population().count)


def test_loaded_below_lipoproteins_rise_and_albumin_stays(numbers: Numbers) -> None:
    low = {"layers": ["3 mL 30 %", "3 mL 20 %", "3 mL 10 %"], "load": "bottom", "load_amount": "40 %"}
    found = run(numbers, **low).findings
    assert found["band_density vldl"] < found["band_density small_ev"] < found["band_density albumin"]
    assert found["band_density small_ev"] == pytest.approx(1.10, abs=0.01)


def test_dissolved_protein_neither_floats_nor_bands_among_vesicles(numbers: Numbers) -> None:
    """Its hydrodynamic sphere holds the solution, not a drop of water: dry protein is denser than any sucrose."""
    plasma = specimen_of("plasma", 0.5, numbers)
    far = run(numbers, SUCROSE, plasma, time="900 h", force="200000 g average").findings
    assert far["pelleted_share albumin"] == pytest.approx(1.0)
    below = {"load": "bottom", "load_amount": "2 M", "gradient_volume": "10 mL", "load_volume": "0.5 mL"}
    after = run(numbers, SUCROSE, plasma, **below, time="400 h", force="200000 g average").findings
    assert after["band_density small_ev"] < 1.15 and after["pelleted_share albumin"] > 0.8


def test_larger_samples_take_more_tubes_and_runs(numbers: Numbers) -> None:
    one, many = run(numbers, specimen=sample(1.0)), run(numbers, specimen=sample(26.4))
    assert many.consumables[0].number == 12  # 2.2 mL of room in each tube
    assert many.product.volume_ml > 6 * one.product.volume_ml
    assert many.minutes > 1.9 * one.minutes


def test_collected_volume_and_medium_are_those_of_the_window(numbers: Numbers) -> None:
    outcome = run(numbers, SUCROSE)
    from exocosm.bench.media import density_g_ml

    assert outcome.findings["collected_density_low"] == pytest.approx(1.10, abs=1e-6)
    assert 1.10 < density_g_ml(outcome.product.medium, 4.0, numbers) < 1.19
    half = run(numbers, SUCROSE, collect=None, fractions=2, pooled=[2])
    assert half.product.volume_ml == pytest.approx(0.5 * 12.0)


def test_instruction_says_all_that_a_person_needs(numbers: Numbers) -> None:
    said = run(numbers).instruction
    for words in (
        "SW 41 Ti",
        "3 mL 40 %",
        "2 mL 5 %",
        "on top",
        "g average",
        "g maximum",
        "1080 min",
        "1.060",
        "surface",
    ):
        assert words in said
    assert "2 M at the bottom to 0.25 M at the top" in run(numbers, SUCROSE).instruction


def test_a_sample_heavier_than_the_top_is_warned_of(numbers: Numbers) -> None:
    heavy = Specimen(population(), 1.0, "sucrose 40 %")
    assert any("sinks into" in warning for warning in run(numbers, specimen=heavy).warnings)
    assert run(numbers).warnings == ()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rotor": "Type 70 Ti"}, "fixed angle"),
        ({"layers": None}, "either by `layers` or by `linear`"),
        ({"linear": "40 % to 5 %", "gradient_volume": "11 mL"}, "either by `layers` or by `linear`"),
        ({"layers": None, "linear": "40 % to 5 %"}, "needs its `gradient_volume`"),
        ({"gradient_volume": "11 mL"}, "goes with `linear`"),
        ({"layers": ["3 mL 10 %", "3 mL 40 %"]}, "densest at its bottom"),
        ({"layers": ["14 mL 10 %"]}, "make the gradient smaller"),
        ({"load_volume": "5 mL"}, "leave room for 2.2 mL"),
        ({"load": "bottom"}, "needs `load_amount`"),
        ({"load": "bottom", "load_amount": "60 %"}, "no sample fits"),
        ({"layers": ["3 mL 1 M"]}, "given in %"),
        ({"layers": ["3 mL 70 %"]}, "known from 0 to 0.6"),
        ({"collect": ["1.5 g/mL", "1.6 g/mL"]}, "nothing lies between"),
        ({"collect": None}, "say what is kept"),
        ({"collect": None, "fractions": 12}, "names the fractions"),
        ({"collect": None, "fractions": 12, "pooled": [13]}, "names the fractions"),
        ({"force": "400000 g average"}, "beyond the rotor"),
    ],
)
def test_what_cannot_be_is_refused(numbers: Numbers, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        run(numbers, **changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"layers": ["a lot of sucrose"]}, "expected a layer"),
        ({"layers": ["0 mL 10 %"]}, "above 0"),
        ({"linear": "steep"}, "amounts at bottom and top"),
        ({"collect": ["1.2 g/mL", "1.1 g/mL"]}, "rise"),
        ({"collect": ["1.1 g/mL"]}, "two densities"),
        ({"load_amount": "some"}, "amount of solute"),
        ({"solute": "honey"}, "sucrose"),
        ({"fractions": 1}, "2"),
    ],
)
def test_settings_are_checked_when_they_are_read(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        DensityGradientSettings.model_validate({**IODIXANOL, **changes})
