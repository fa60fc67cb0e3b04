"""Volumes, media and temperatures from step to step: nothing appears, and nothing is forgotten."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from exocosm.bench.fluids import specimen_of
from exocosm.bench.isolation.registry import Outcome
from exocosm.bench.media import density_g_ml, solute_mass_fraction, viscosity_mpa_s
from exocosm.bench.numbers import bench_numbers
from exocosm.bench.particles import carried_in, density_in, properties_of
from exocosm.bench.protocol import protocol, run_protocol
from exocosm.bench.specimen import Specimen
from exocosm.errors import InputError
from exocosm.vesicles.population import Population

NUMBERS = bench_numbers()
SPIN: dict[str, Any] = {"rotor": "Type 70 Ti", "force": "100000 g average", "time": "70 min", "temperature": "4 degC"}
CAPTURE: dict[str, Any] = {"markers": ["CD9"], "beads": "0.1 mL"}


def step(method: str, volume_ml: float = 10.0, **settings: Any) -> Outcome:
    return run_protocol(
        specimen_of("plasma", volume_ml, NUMBERS), protocol("one", (method, settings)), NUMBERS
    ).outcomes[0]


def share_of_plasma(medium: str) -> float:
    """From the logarithms of viscosity, which are averaged by volume."""
    logs = [math.log(viscosity_mpa_s(one, 20.0, NUMBERS)) for one in (medium, "pbs", "plasma")]
    return (logs[0] - logs[1]) / (logs[2] - logs[1])


@pytest.mark.parametrize(
    ("method", "settings", "poured_in"),
    [
        ("centrifugation", {**SPIN, "keep": "supernatant"}, 0.0),
        ("centrifugation", {**SPIN, "keep": "supernatant", "diluent": "5 mL pbs"}, 5.0),
        ("centrifugation", {**SPIN, "resuspend": "1 mL pbs", "wash": 2, "wash_volume": "20 mL pbs"}, 41.0),
        ("ultrafiltration", {"filter": "amicon_ultra_15_100_kda", "washes": 3}, 29.4),
        ("ultrafiltration", {"filter": "syringe_filter_0_22_um", "keep": "filtrate"}, 0.0),
        ("tangential_flow", {"module": "hollow_fiber_500_kda", "to": "2 mL", "diavolumes": 4}, 8.0),
        ("immunocapture", {**CAPTURE, "keep": "unbound"}, 0.1),
    ],
)
def test_product_and_waste_are_the_sample_and_what_was_poured_in(
    method: str, settings: dict[str, Any], poured_in: float
) -> None:
    outcome = step(method, **settings)
    after = outcome.product.volume_ml + sum(one.volume_ml for one in outcome.waste)
    assert after == pytest.approx(10.0 + poured_in, rel=1e-9)


def test_a_filter_makes_no_fluid_out_of_a_sample_smaller_than_its_hold_up() -> None:
    kept = step("ultrafiltration", 0.05, filter="amicon_ultra_15_100_kda", washes=1)
    assert kept.product.volume_ml == 0.05 and "not more than" in kept.warnings[0]
    assert kept.product.medium == "plasma"  # nothing was washed out
    with pytest.raises(InputError, match="nothing passes"):
        step("ultrafiltration", 0.05, filter="amicon_ultra_15_100_kda", keep="filtrate")


def test_a_wash_leaves_of_the_old_fluid_what_it_does_not_replace() -> None:
    """As of a molecule that no membrane holds back: exp(-n) by diafiltration, (V_after / V_before)^n by refilling."""
    flown = step("tangential_flow", module="hollow_fiber_500_kda", to="2 mL", diavolumes=1.5).product
    assert share_of_plasma(flown.medium) == pytest.approx(math.exp(-1.5), rel=1e-4)
    long = step("tangential_flow", module="hollow_fiber_500_kda", to="2 mL", diavolumes=20).product
    assert long.medium == "pbs"
    spun = step("ultrafiltration", filter="amicon_ultra_15_100_kda", to="2 mL", washes=2).product
    assert share_of_plasma(spun.medium) == pytest.approx(0.2**2, rel=1e-3)
    assert share_of_plasma(step("immunocapture", 0.3, **CAPTURE, keep="unbound").product.medium) == pytest.approx(0.75)


@pytest.mark.parametrize(
    "heated",
    [
        ("digestion", {"enzyme": "proteinase_k", "concentration": "100 ug/mL", "temperature": "56 degC"}),
        ("lysis", {"detergent": "triton_x100", "concentration": "0.5 %", "temperature": "95 degC"}),
        ("staining", {"dye": "PKH26", "concentration": "2 uM", "temperature": "37 degC"}),
    ],
)
def test_after_a_warm_incubation_the_sample_goes_on_at_its_own_temperature(heated: tuple[str, dict[str, Any]]) -> None:
    specimen = specimen_of("plasma", 1.0, NUMBERS).with_(temperature_c=21.0)
    run = run_protocol(specimen, protocol("two", heated, ("size_exclusion", {"column": "sepharose_cl_2b"})), NUMBERS)
    assert run.product.temperature_c == 21.0 and np.isfinite(run.product.population.count).all()


def test_vesicles_sink_out_of_sucrose_with_the_density_that_they_have_in_it() -> None:
    """At 100 nm 1.07 g/mL in buffer, 1.13 at their band in sucrose: between them they sink, beyond both they do not."""
    size = np.array([100.0])
    columns = properties_of("small_ev", size, "pbs", NUMBERS)
    vesicles = Population(diameter_nm=size, count=np.ones(1), kind="small_ev", origin="", **columns)
    spin = protocol("spin", ("centrifugation", {**SPIN, "time": "10 h"}))

    def pelleted(medium: str, volume_ml: float = 10.0) -> float:
        run = run_protocol(Specimen(vesicles, volume_ml, medium), spin, NUMBERS)
        return float(run.outcomes[0].findings["pelleted small_ev"])

    assert vesicles.density[0] < density_g_ml("sucrose 22 %", 4.0, NUMBERS)
    assert pelleted("sucrose 22 %") > 0.5 and pelleted("0.7 sucrose 31 % + 0.3 pbs") > 0.5
    assert pelleted("sucrose 45 %") == 0.0
    # iodixanol draws no water: its density decides
    assert pelleted("iodixanol 5 %") > 0.5 and pelleted("iodixanol 30 %") == 0.0
    in_gradient = float(density_in(vesicles, "sucrose", 0.3, NUMBERS)[0])
    assert carried_in(vesicles, "sucrose 30 %", 4.0, NUMBERS)[0][0] == pytest.approx(in_gradient, rel=1e-9)


def test_the_solute_of_a_mixture_is_counted_by_mass() -> None:
    """10 mL of 30 % sucrose and 10 mL of water: grams over grams."""
    strong, water = density_g_ml("sucrose 30 %", 20.0, NUMBERS), density_g_ml("water", 20.0, NUMBERS)
    found = solute_mass_fraction("sucrose", "0.5 sucrose 30 % + 0.5 water", 20.0, NUMBERS)
    assert found == pytest.approx(0.3 * strong / (strong + water), rel=1e-12)
    grams_per_ml = density_g_ml("iodixanol 30 %", 20.0, NUMBERS)
    assert solute_mass_fraction("iodixanol", "iodixanol 30 %", 20.0, NUMBERS) == pytest.approx(0.3 / grams_per_ml)
    assert solute_mass_fraction("sucrose", "0.5 plasma + 0.5 pbs", 20.0, NUMBERS) == 0.0
