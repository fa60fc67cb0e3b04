"""Polymer precipitation: its law and limits, what PEG leaves dissolved, and that nothing is lost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.bench.fluids import specimen_of
from exocosm.bench.isolation.precipitation import dissolved_share, fallen_share
from exocosm.bench.isolation.registry import Outcome
from exocosm.bench.numbers import Numbers, bench_numbers
from exocosm.bench.protocol import protocol, run_protocol
from exocosm.bench.specimen import Specimen
from exocosm.errors import InputError
from exocosm.vesicles.population import Population

LAW = (22.0, 7.2, 1.0)


@pytest.fixture(scope="module")
def numbers() -> Numbers:
    return bench_numbers()


def run(specimen: Specimen, numbers: Numbers, **settings: object) -> Outcome:
    return run_protocol(specimen, protocol("tested", ("precipitation", settings)), numbers).outcomes[0]


def one(diameter: float, mass: float, intercept: float, polymer: float) -> float:
    return float(dissolved_share(np.array([diameter]), np.array([mass]), np.array([intercept]), polymer, LAW)[0])


@given(mass=st.floats(1e-6, 100.0), polymer=st.floats(0.0, 0.3), diameter=st.floats(3.0, 500.0))
def test_what_is_dissolved_is_its_solubility(mass: float, polymer: float, diameter: float) -> None:
    solubility = 10.0 ** (2.9 - 22.0 * diameter / 7.2 * polymer)
    assert one(diameter, mass, 2.9, polymer) == pytest.approx(min(1.0, solubility / mass), rel=1e-9)


@given(mass=st.floats(1e-6, 100.0), polymer=st.floats(0.0, 0.25), diameter=st.floats(3.0, 500.0))
def test_more_polymer_size_or_mass_never_dissolves_more(mass: float, polymer: float, diameter: float) -> None:
    here = one(diameter, mass, 2.9, polymer)
    assert one(diameter, mass, 2.9, polymer + 0.01) <= here
    assert one(1.1 * diameter, mass, 2.9, polymer) <= here
    assert one(diameter, 2.0 * mass, 2.9, polymer) <= here
    assert one(diameter, mass, 3.9, polymer) >= here  # more charge


def test_solubility_of_the_reference_falls_by_the_slope() -> None:
    # log10 of the solubility is linear in the percentage of polymer (AthaIngham1981)
    shares = np.log10([one(7.2, 1e4, 2.9, polymer) for polymer in (0.10, 0.11, 0.12)])
    assert np.diff(shares) == pytest.approx([-0.22, -0.22])


def test_a_rest_of_one_time_constant() -> None:
    assert fallen_share(15.0, 15.0) == pytest.approx(1.0 - np.exp(-1.0))
    assert fallen_share(1e5, 15.0) == pytest.approx(1.0)


@pytest.mark.parametrize("keep", ["pellet", "supernatant"])
@pytest.mark.parametrize("settings", [{"reagent": "peg_6000", "final": "8 %"}, {"reagent": "exoquick"}])
def test_product_and_waste_are_the_sample_to_the_last_particle(
    numbers: Numbers, settings: dict[str, object], keep: str
) -> None:
    specimen = specimen_of("plasma", 0.5, numbers)
    outcome = run(specimen, numbers, keep=keep, **settings)
    assert np.array_equal(
        outcome.product.population.count + outcome.waste[0].population.count, specimen.population.count
    )


def test_lipoproteins_with_apolipoprotein_b_fall_out_and_hdl_stays(numbers: Numbers) -> None:
    # 75 g/L PEG clears the first and leaves the second (Warnick1985); the intercept was set by this
    specimen = specimen_of("plasma", 0.5, numbers)
    left = run(specimen, numbers, reagent="peg_6000", final="75 mg/mL", keep="supernatant").product.population
    share = left.count / specimen.population.count
    assert share[specimen.population.kind == "hdl"].min() > 0.5
    assert share[specimen.population.kind == "ldl"].max() < 0.1
    assert share[specimen.population.kind == "vldl"].max() < 0.1
    assert share[specimen.population.kind == "albumin"].min() > 0.9


def test_a_parcel_cut_in_two_falls_out_as_one(numbers: Numbers) -> None:
    whole = specimen_of("plasma", 0.5, numbers)
    doubled = {
        name: np.concatenate([getattr(whole.population, name)] * 2)
        for name in ("diameter_nm", "density", "kind", "origin", "protein_ag")
    }
    half = whole.with_(population=Population(count=np.concatenate([whole.population.count / 2] * 2), **doubled))
    ask = {"reagent": "peg_6000", "final": "8 %"}
    expected, found = run(whole, numbers, **ask).product.population, run(half, numbers, **ask).product.population
    assert found.count[: len(expected)] + found.count[len(expected) :] == pytest.approx(expected.count)


def test_more_polymer_takes_more_protein_along(numbers: Numbers) -> None:
    specimen = specimen_of("plasma", 0.5, numbers)
    protein = specimen.population.kind == "other_protein"
    taken = [
        run(specimen, numbers, reagent="peg_6000", final=final).product.population.count[protein].sum()
        for final in ("4 %", "8 %", "12 %")
    ]
    assert taken == sorted(taken) and taken[0] < taken[2]


def test_volumes_polymer_and_warnings(numbers: Numbers) -> None:
    specimen = specimen_of("plasma", 1.0, numbers)
    equal = run(specimen, numbers, reagent="peg_6000", final="8 %")
    assert equal.consumables[0].number == pytest.approx(1.0)
    strong = run(specimen, numbers, reagent="peg_6000", final="10 %", stock="50 %")
    assert strong.consumables[0].number == pytest.approx(0.25)
    assert "10 % polymer" in strong.instruction
    assert not equal.warnings
    assert run(specimen, numbers, reagent="peg_6000", final="8 %", spin="300 g average", spin_time="5 min").warnings


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"reagent": "exoquik"}, "exoquick"),
        ({"reagent": "peg_6000"}, "final: 8 %"),
        ({"reagent": "peg_6000", "final": "8 %", "spin": "1500 g"}, "radius"),
        ({"reagent": "peg_6000", "final": "8 %", "stock": "5 %"}, "more polymer"),
        ({"reagent": "peg_6000", "final": "200 %"}, "less than 1"),
    ],
)
def test_what_cannot_be_is_refused(numbers: Numbers, settings: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        run(specimen_of("plasma", 0.5, numbers), numbers, **settings)
