"""Body fluids: the balance of one fluid against a solver, limits, and who sheds where."""

from __future__ import annotations

import numpy as np
import pytest

from exocosm.bench.numbers import bench_numbers
from exocosm.errors import EvidenceError, InputError
from exocosm.screening.fluids import (
    BARRIERS,
    Fluid,
    approach,
    cancers_on,
    concentration,
    fluid_named,
    fluid_names,
    fluid_of,
)
from exocosm.screening.people import People, StagedNumbers

NUMBERS = StagedNumbers.alike(bench_numbers())
PEOPLE = People(300)


def a_fluid(**changes: object) -> Fluid:
    def one(number: float) -> np.ndarray:
        return np.array([number, 2.0 * number])

    parts: dict[str, object] = {
        "name": "csf", "production": one(20.0), "volume": one(150.0), "direct": one(0.0), "dilution": one(0.5),
        "barrier": {"small_ev": one(1e-3), "free": one(5e-3)}, "loss": {"small_ev": one(0.02), "free": one(0.1)},
    }  # fmt: skip
    return Fluid(**{**parts, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("carrier", BARRIERS)
def test_the_balance_of_a_fluid_against_a_solver(carrier: str) -> None:
    from scipy.integrate import solve_ivp

    fluid, plasma, entering = a_fluid(), np.array([1e6, 1e5]), np.array([1e7, 0.0])
    out = fluid.production / fluid.volume + fluid.loss[carrier]
    solved = solve_ivp(
        lambda _, amount: fluid.barrier[carrier] * plasma * fluid.production + entering - out * amount,
        (0.0, 7.0), np.array([1e5, 0.0]), rtol=1e-10, atol=1e-6,
    )  # fmt: skip
    start = np.array([1e5, 0.0]) / fluid.volume * fluid.dilution
    found = approach(fluid, 7.0, plasma, entering, start, carrier)
    assert found == pytest.approx(solved.y[:, -1] / fluid.volume * fluid.dilution, rel=1e-7)
    assert approach(fluid, 1e4, plasma, entering, start, carrier) == pytest.approx(
        concentration(fluid, plasma, entering, carrier)
    )


def test_without_loss_and_lavage_a_fluid_has_the_share_of_plasma_that_passes() -> None:
    none = dict.fromkeys(BARRIERS, np.zeros(2))
    fluid = a_fluid(loss=none, dilution=np.ones(2))
    assert concentration(fluid, [1e6, 1e6]) == pytest.approx(1e6 * fluid.barrier["small_ev"])


def test_columns_of_analytes_are_each_carried_over() -> None:
    plasma = np.array([[1.0, 10.0], [2.0, 20.0]])
    found = concentration(a_fluid(), plasma)
    assert found.shape == (2, 2)
    assert found[:, 1] == pytest.approx(10.0 * found[:, 0])
    assert found[:, 0] == pytest.approx(concentration(a_fluid(), plasma[:, 0]))


def test_blood_is_blood() -> None:
    for name in ("plasma", "Serum"):
        fluid = fluid_of(name, NUMBERS, PEOPLE, "ovarian cancer")
        assert fluid.is_blood
        assert not fluid.direct.any()
        plasma = np.arange(300.0)
        assert concentration(fluid, plasma, 1e9).tolist() == plasma.tolist()
        assert approach(fluid, 1.0, plasma).tolist() == plasma.tolist()


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("Cerebrospinal fluid", "csf"),
        ("cervicovaginal lavage", "cervicovaginal_lavage"),
        ("pleural-effusion", "pleural_effusion"),
        ("URINE", "urine"),
    ],
)
def test_fluids_as_people_write_them(written: str, word: str) -> None:
    assert fluid_named(written) == word
    assert fluid_of(written, NUMBERS, PEOPLE).name == word


def test_every_fluid_of_the_catalogue_is_whole_and_less_than_blood() -> None:
    for name in fluid_names(NUMBERS):
        fluid = fluid_of(name, NUMBERS, PEOPLE)
        for carrier in BARRIERS:
            found = concentration(fluid, np.ones(300), 0.0, carrier)
            assert np.all((found > 0) & (found <= 1.0)), name


def test_a_fluid_without_rows_is_refused_with_what_to_write() -> None:
    with pytest.raises(EvidenceError, match=r"'tears'.*fluid_production, fluid_volume and barrier_share"):
        fluid_of("tears", NUMBERS, PEOPLE)


def test_an_unknown_carrier_is_refused() -> None:
    with pytest.raises(InputError, match="liposome"):
        concentration(a_fluid(), [1.0, 1.0], 0.0, "liposome")


def test_a_tumour_sheds_straight_only_where_it_lies() -> None:
    assert "ovarian cancer" in cancers_on("ascites", NUMBERS)
    assert fluid_of("ascites", NUMBERS, PEOPLE, "ovarian cancer").direct.min() > 0
    assert fluid_of("csf", NUMBERS, PEOPLE, "glioblastoma").direct.min() > 0
    # the row of glioblastoma does not answer for another cancer
    assert not fluid_of("csf", NUMBERS, PEOPLE, "lung cancer").direct.any()
    assert not fluid_of("ascites", NUMBERS, PEOPLE).direct.any()


def test_a_lavage_dilutes() -> None:
    fluid = fluid_of("cervicovaginal lavage", NUMBERS, PEOPLE)
    assert np.all((fluid.dilution > 0) & (fluid.dilution < 0.5))
    assert np.all(fluid_of("csf", NUMBERS, PEOPLE).dilution == 1.0)


def test_people_differ_and_keep_their_fluids_from_visit_to_visit() -> None:
    first, second = (fluid_of("urine", NUMBERS, people) for people in (PEOPLE, PEOPLE.at_visit(3)))
    assert np.unique(first.production).size == 300
    assert first.production.tolist() == second.production.tolist()
