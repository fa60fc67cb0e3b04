from __future__ import annotations

import numpy as np
import pytest

from exocosm.bench.numbers import Numbers, bench_numbers
from exocosm.errors import EvidenceError, InputError, UnitError
from exocosm.evidence.catalogue import Catalogue, catalogue_of
from exocosm.evidence.value import Value

RANGE = {"spread_kind": "assumed_range", "distribution": "lognormal", "method": "assumed"}
PORE = Value("pore-a", "pore", 70.0, "nm", low=60.0, high=80.0, device="column_a", **RANGE)  # type: ignore[arg-type]
OTHER = Value("pore-b", "pore", 35.0, "nm", low=30.0, high=40.0, device="column_b", **RANGE)  # type: ignore[arg-type]
COUNT = Value(
    "count-plasma", "count", 1e10, "particle/mL", low=1e9, high=1e11, fluid="plasma", carrier="small_ev",
    between_subject_cv=0.5, **RANGE,  # type: ignore[arg-type]
)  # fmt: skip
GENERAL = Value("loss", "loss", 0.1, "dimensionless", low=0.05, high=0.2, **RANGE)  # type: ignore[arg-type]


def catalogue() -> Catalogue:
    return catalogue_of([PORE, OTHER, COUNT, GENERAL])


def test_the_centre_is_the_value_in_the_unit_asked_for() -> None:
    numbers = bench_numbers(catalogue())
    assert numbers("pore", "nm", device="column_a") == 70.0
    assert numbers("pore", "um", device="column_a") == pytest.approx(0.07, rel=1e-12)
    assert numbers("count", "vesicle/mL", fluid="plasma", carrier="small_ev") == 1e10
    with pytest.raises(UnitError):
        numbers("pore", "mL", device="column_a")


def test_another_device_carrier_or_fluid_never_stands_in() -> None:
    numbers = bench_numbers(catalogue())
    with pytest.raises(EvidenceError, match="known only for another device"):
        numbers("pore", "nm", device="column_c")
    with pytest.raises(EvidenceError, match="known only for another fluid"):
        numbers("count", "particle/mL", fluid="urine", carrier="small_ev")
    with pytest.raises(EvidenceError, match="of another carrier; on the bench it does not stand in"):
        numbers("count", "particle/mL", fluid="plasma", carrier="ldl")
    assert numbers("loss", "dimensionless", device="anything", carrier="ldl") == 0.1  # a general row answers for all
    assert not numbers.has("pore", device="column_c") and numbers.has("pore", device="column_b")
    assert numbers.words("pore", "device") == ("column_a", "column_b")
    assert numbers.words("pore", "device", device="column_b") == ("column_b",)


def test_draws_belong_to_the_row_and_to_nothing_else() -> None:
    numbers = bench_numbers(catalogue(), draws=500, seed=7)
    drawn = np.array([numbers.drawn(draw)("pore", "nm", device="column_a") for draw in range(500)])
    assert np.percentile(drawn, [2.5, 97.5]) == pytest.approx([60, 80], rel=0.03)
    assert np.array_equal(drawn, numbers.ledger.drawn_values(PORE))
    again = bench_numbers(catalogue(), draws=500, seed=7).drawn(499)
    again("loss", "dimensionless")  # what else is asked shifts nothing
    assert again("pore", "nm", device="column_a") == drawn[499]
    other = bench_numbers(catalogue(), draws=500, seed=8).drawn(499)
    assert other("pore", "nm", device="column_a") != drawn[499]


def test_donors_differ_where_the_row_says_so_and_draws_do_not() -> None:
    numbers = bench_numbers(catalogue(), draws=3, donors=400, seed=1)
    plasma = {"fluid": "plasma", "carrier": "small_ev"}
    donors = np.array([Numbers(numbers.ledger, None, donor)("count", "particle/mL", **plasma) for donor in range(400)])
    assert np.std(np.log(donors)) == pytest.approx(np.sqrt(np.log1p(0.25)), rel=0.1)
    assert Numbers(numbers.ledger, None, 5)("loss", "dimensionless") == 0.1
    typical, one = numbers.drawn(2), numbers.drawn(2, 5)
    ratio = one("count", "particle/mL", **plasma) / typical("count", "particle/mL", **plasma)
    assert ratio == pytest.approx(donors[5] / 1e10, rel=1e-9)
    with pytest.raises(InputError, match="no draw 3"):
        numbers.drawn(3)


def test_own_values_go_first_and_everything_asked_is_kept() -> None:
    mine = Value("mine", "pore", 50.0, "nm", device="column_a", method="measured_in_vitro", source="notebook 3",
                 status="opened")  # fmt: skip
    numbers = bench_numbers(catalogue(), own=[mine])
    assert numbers("pore", "nm", device="column_a") == 50.0
    assert numbers("pore", "nm", device="column_b") == 35.0
    trust = {pin.value.id: pin.trust for pin in numbers.ledger.pins.values()}
    assert trust == {"mine": "user", "pore-b": "assumed"}
