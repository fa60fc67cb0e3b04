from __future__ import annotations

from dataclasses import replace

import pytest

from exocosm.errors import CheckError
from exocosm.evidence.bibliography import Source
from exocosm.evidence.catalogue import catalogue_of
from exocosm.evidence.check import catalogue_problems, check_catalogue
from exocosm.evidence.value import Value

FLOW = Value("flow-a", "flow", 2.0, "mL/min", method="model_constant")
MASS = Value("mass-a", "mass", 500.0, "mg", method="model_constant")
RATIO = Value("ratio", "flow_per_mass", 4.0, "mL/min/g", method="derived", formula="{flow-a} / {mass-a}")


def correlation(id: str, first: str, second: str, value: float, label: str = "uncertainty") -> Value:
    pair = f"{first}, {second}"
    return Value(
        id, "correlation", value, "dimensionless", method="model_constant", formula=pair, label=label, joint="j"
    )


def found(*rows: Value) -> str:
    return "\n".join(str(problem) for problem in catalogue_problems(catalogue_of(rows)))


def test_a_sound_catalogue_passes_in_silence() -> None:
    check_catalogue(catalogue_of([FLOW, MASS, RATIO, replace(RATIO, id="other", formula="words: by hand", value=9.0)]))


def test_derived_values_are_recomputed() -> None:
    assert found(FLOW, MASS, replace(RATIO, value=4.03)) == ""
    assert "its formula gives 4 mL/min/g, the row says 4.05" in found(FLOW, MASS, replace(RATIO, value=4.05))
    assert "did you mean 'mass-a'" in found(FLOW, replace(MASS, id="mass-a"), replace(RATIO, formula="{mass-b}"))


def test_derived_from_itself() -> None:
    one = Value("one", "a", 1.0, "g", method="derived", formula="{two}")
    two = Value("two", "a", 1.0, "g", method="derived", formula="{one}")
    assert found(one, two).count("derived from itself") == 2


def test_units() -> None:
    assert "unit 'furlongs_per' is not known" in found(replace(FLOW, unit="furlongs_per"))
    assert "measures another kind of thing" in found(FLOW, replace(MASS, quantity="flow"))


def test_a_normal_that_reaches_below_zero() -> None:
    wide = replace(FLOW, spread_kind="unstated_sd", spread=1.0, distribution="normal")
    assert "reaches below zero" in found(wide)
    assert found(replace(wide, distribution="lognormal")) == found(replace(wide, unit="dimensionless")) == ""


def sourced(row: Value, **changes: str) -> str:
    rows = catalogue_of([replace(row, source="Kim2019", **changes)], {"Kim2019": Source("Kim2019", "misc", {})})
    return "\n".join(str(problem) for problem in catalogue_problems(rows))


def test_a_source_comes_with_the_place_in_it() -> None:
    assert "has a source but no locator" in sourced(FLOW)
    assert "locator 'Same' leans on another row" in sourced(FLOW, locator="Same")
    assert sourced(FLOW, locator="Table 2") == sourced(FLOW, locator="place in the source not recorded") == ""


def test_an_assumption_that_rests_on_a_source_says_what_the_source_states() -> None:
    row = replace(
        FLOW, method="assumed", spread_kind="assumed_range", low=1.0, high=4.0, distribution="lognormal", locator="p. 2"
    )
    assert "say in the note what it states" in sourced(row)
    assert sourced(row, note="the source states a limit: below 4; centre and range chosen here") == ""


def test_a_measurement_names_its_organism_or_says_why_not() -> None:
    row = replace(FLOW, method="measured_in_vivo", locator="p. 2")
    assert "in no organism" in sourced(row)
    assert sourced(row, organism="mouse") == sourced(row, note="organism not stated in the source") == ""


def test_correlations() -> None:
    a, b, c = (replace(FLOW, id=id, joint="j") for id in "abc")
    assert found(a, b, correlation("r", "a", "b", 0.5)) == ""
    assert "names the row 'd', unknown" in found(a, b, correlation("r", "a", "d", 0.5))
    assert "its row 'b' of 'k'" in found(a, replace(b, joint="k"), correlation("r", "a", "b", 0.5))
    assert "state the same" in found(a, b, correlation("r", "a", "b", 0.5), correlation("s", "b", "a", 0.5))
    pairs = [correlation("r", "a", "b", 0.9), correlation("s", "b", "c", 0.9), correlation("t", "a", "c", -0.9)]
    assert "contradict one another" in found(a, b, c, *pairs)


def test_all_problems_at_once() -> None:
    rows = [replace(FLOW, unit="nonsense_unit"), MASS, replace(RATIO, value=5.0), correlation("r", "a", "b", 0.5)]
    with pytest.raises(CheckError) as caught:
        check_catalogue(catalogue_of(rows))
    assert len(caught.value.problems) >= 4
