"""Calculators against arithmetic by hand, their ranges, and what they refuse."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.bench.calculators.doses import cells_per_dose
from exocosm.bench.calculators.estimate import Asked, estimate
from exocosm.bench.calculators.purity import purity_of
from exocosm.bench.calculators.shedding import shed_vesicles
from exocosm.bench.numbers import Numbers, bench_numbers
from exocosm.errors import InputError
from exocosm.evidence.value import Value


def known(quantity: str, value: float, unit: str, **more: str) -> Value:
    return Value(id=f"own-{quantity}", quantity=quantity, value=value, unit=unit, method="model_constant", **more)


OWN = (
    known("vesicle_release_rate", 50.0, "vesicle/cell/h", carrier="small_ev"),
    known("vesicles_per_protein_mass", 2e9, "vesicle/microgram", carrier="small_ev"),
    known("tumour_cell_density", 1e8, "cell/mL"),
    known("shed_fraction_entering_blood", 0.2, "dimensionless"),
    known("circulation_half_life", 30.0, "min"),
    known("plasma_volume", 3.0, "L"),
    known("haematocrit", 0.4, "dimensionless"),
    known("particle_concentration", 1e9, "particle/mL"),
)


def own() -> Numbers:
    chosen = {name: f"own-{name}" for name in ("vesicles_per_protein_mass", "tumour_cell_density")}
    return bench_numbers(own=OWN, choose=chosen)


def test_cells_for_a_dose_by_hand() -> None:
    found = cells_per_dose("1e10 vesicle", 20, 0.5, own())
    assert (found.released.value, found.prepared.value) == (1000.0, 500.0)
    assert found.cells.value == found.cells.low == found.cells.high == 2e7
    assert found.cells.dominating is None
    assert cells_per_dose("5 microgram", 20, 0.5, own()).cells.value == pytest.approx(2e7)
    assert cells_per_dose(1e10, 20, 0.5, own()).cells.value == 2e7


@given(st.floats(1e3, 1e15), st.floats(0.5, 1000), st.floats(0.01, 1))
def test_cells_times_what_they_give_are_the_dose(dose: float, hours: float, recovery: float) -> None:
    found = cells_per_dose(dose, hours, recovery, own())
    assert found.cells.value * found.prepared.value == pytest.approx(dose)


def test_a_dose_without_a_recovery_is_less_certain() -> None:
    sure, unsure = cells_per_dose(1e10, 24, 0.3), cells_per_dose(1e10, 24)
    assert sure.cells.value == pytest.approx(unsure.cells.value)
    assert unsure.cells.high / unsure.cells.low > sure.cells.high / sure.cells.low > 1
    assert sure.cells.dominating is not None
    assert sure.cells.dominating.pin.value.id == "vesicle-release-usable"
    assert sure.cells.low < sure.cells.value < sure.cells.high


def test_shed_vesicles_by_hand() -> None:
    found = shed_vesicles("2 mL", own())
    assert found.cells.value == 2e8
    assert found.released.value == pytest.approx(1e10)
    in_plasma = 1e10 * 0.2 * 0.5 / (math.log(2) * 3000)
    assert found.in_plasma.value == pytest.approx(in_plasma)
    assert found.in_blood.value == pytest.approx(0.6 * in_plasma)
    assert found.among.value == pytest.approx(in_plasma / (in_plasma + 1e9))


def test_a_tumour_is_given_by_diameter_volume_or_mass() -> None:
    volume = math.pi / 6
    one, two, three = (shed_vesicles(size).cells.value for size in ("10 mm", f"{volume} mL", f"{volume} g"))
    assert one == pytest.approx(two) == pytest.approx(three)
    assert shed_vesicles("20 mm").in_plasma.value == pytest.approx(8 * shed_vesicles("1 cm").in_plasma.value)


def test_a_ratio_reads_by_the_ceiling_of_small_vesicles() -> None:
    ceiling = purity_of(1, 1).ceilings[0]
    assert ceiling.low < ceiling.value < ceiling.high
    below, within, above = (purity_of(ratio, 1.0) for ratio in (ceiling.low / 10, ceiling.value, ceiling.high * 2))
    assert below.vesicle_protein[0] == pytest.approx(ceiling.low / 10 / ceiling.value)
    assert "beside them" in " ".join(below.reading)
    assert "cannot tell" in " ".join(within.reading)
    assert "no sign of purity" in " ".join(above.reading)
    assert all(one.value > ceiling.high for one in below.ceilings[1:])  # a lipoprotein holds less protein


def test_only_the_ratio_counts() -> None:
    assert purity_of(3e9, 1.5).ratio == purity_of(6e9, 3.0).ratio == 2e9
    assert purity_of(3e9, 1.5).reading == purity_of(6e9, 3.0).reading


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cells_per_dose("1e11 kg/h", 24), "a dose is"),
        (lambda: cells_per_dose("-1 vesicle", 24), "above zero"),
        (lambda: cells_per_dose(1e9, 0), "more than 0"),
        (lambda: cells_per_dose(1e9, 24, 1.5), "up to 1"),
        (lambda: shed_vesicles("big"), "a tumour's size"),
        (lambda: shed_vesicles("0 mm"), "more than 0"),
        (lambda: shed_vesicles("10 h"), "a tumour's size"),
        (lambda: purity_of(0, 1), "above zero"),
        (lambda: purity_of(1e9, float("nan")), "above zero"),
    ],
)
def test_what_is_no_question_is_refused(call: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()  # type: ignore[operator]


def test_an_estimate_has_the_range_of_its_row() -> None:
    row = Value(
        id="own-x", quantity="x", value=10.0, unit="min", spread_kind="assumed_range", low=5.0, high=20.0,
        distribution="lognormal", method="assumed",
    )  # fmt: skip
    found = estimate(lambda x: 2 * x, {"x": Asked("x", "h", {})}, "h", bench_numbers(own=(row,)))
    assert found.value == pytest.approx(20 / 60)
    assert [found.low, found.high] == pytest.approx([10 / 60, 40 / 60], rel=0.1)
    assert found.dominating is not None and found.dominating.share == pytest.approx(1.0)
