from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.errors import InputError
from exocosm.units import same_dimension
from exocosm.vesicles.card import (
    CANONICAL_UNIT,
    DRUG_AMOUNT,
    DRUG_MASS,
    PARTICLES,
    PROTEIN,
    RATIOS,
    conversion,
    convert_amount,
)

# 2e9 particles, 0.1 ug of drug per ug of protein; 500 g/mol: per nanogram and nanogram per nanomole
CARD = {"particles_per_microgram": 2.0e6, "drug_per_microgram": 0.1, "molar_mass": 500.0}


@pytest.mark.parametrize(
    ("amount", "given_as", "wanted", "expected"),
    [
        (1.0e5, PROTEIN, PARTICLES, 2.0e11),
        (1.0e5, PROTEIN, DRUG_MASS, 1.0e4),
        (1.0e5, PROTEIN, DRUG_AMOUNT, 20.0),
        (2.0e11, PARTICLES, DRUG_AMOUNT, 20.0),
        (20.0, DRUG_AMOUNT, PARTICLES, 2.0e11),
        (7.0, PARTICLES, PARTICLES, 7.0),
    ],
)
def test_amounts_by_hand(amount: float, given_as: str, wanted: str, expected: float) -> None:
    assert convert_amount(amount, given_as, wanted, CARD, "a dose") == pytest.approx(expected)


def test_a_measured_ratio_is_taken_before_a_way_round() -> None:
    both = {**CARD, "drug_per_particle": 1.0e-7}
    assert [step.ratio for step in conversion(PARTICLES, DRUG_MASS, both, "a dose")] == ["drug_per_particle"]
    assert convert_amount(2.0e11, PARTICLES, DRUG_MASS, both, "a dose") == pytest.approx(2.0e4)


@given(
    st.sampled_from(sorted(CANONICAL_UNIT)),
    st.sampled_from(sorted(CANONICAL_UNIT)),
    st.floats(1e-6, 1e12),
    st.lists(st.floats(1e-9, 1e9), min_size=4, max_size=4),
)
def test_there_and_back(start: str, end: str, amount: float, numbers: list[float]) -> None:
    card = dict(zip(RATIOS, numbers, strict=True))
    there = convert_amount(amount, start, end, card, "a dose")
    assert convert_amount(there, end, start, card, "a dose") == pytest.approx(amount)


@pytest.mark.parametrize(
    ("missing", "start", "end"),
    [
        ("particles_per_microgram", PROTEIN, PARTICLES),
        ("drug_per_microgram", PARTICLES, DRUG_AMOUNT),
        ("molar_mass", DRUG_MASS, DRUG_AMOUNT),
    ],
)
def test_a_missing_ratio_is_refused_with_what_to_measure(missing: str, start: str, end: str) -> None:
    card = {name: number for name, number in CARD.items() if name != missing}
    with pytest.raises(InputError, match=f"a dose: {start} cannot be turned into {end} without") as failure:
        convert_amount(1.0, start, end, card, "a dose")
    asked = re.findall(r"`(\w+)` on the preparation's card", str(failure.value))
    assert asked and not set(asked) & set(card)
    filled = {**card, **dict.fromkeys(asked, 1.0)}
    convert_amount(1.0, start, end, filled, "a dose")  # what was asked for is enough


def test_unknown_kinds_are_refused() -> None:
    with pytest.raises(InputError, match="did you mean 'protein'"):
        convert_amount(1.0, "protien", PARTICLES, CARD, "a dose")


def test_units_of_ratios_fit_what_they_join() -> None:
    for ratio in RATIOS.values():
        assert same_dimension(ratio.unit, f"({CANONICAL_UNIT[ratio.gives]})/({CANONICAL_UNIT[ratio.per]})")
