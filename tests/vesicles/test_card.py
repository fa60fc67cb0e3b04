from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.errors import EvidenceError, InputError, UnitError
from exocosm.vesicles.card import MOLECULES_PER_NMOL, PreparationCard, Ratio, dose_in

PARTICLES = Ratio(2e9, 0.3, "particle tracking", source="Kim2019")
DRUG = Ratio(0.01, 0.4, "fluorescence", assumed="no measurement of this preparation")
FULL = PreparationCard(
    "batch 1", "small_ev", PARTICLES, "doxorubicin", 543.5, DRUG, purity=Ratio(0.8, 0.1, source="Kim2019")
)


@pytest.mark.parametrize(
    ("amount", "unit", "target", "number", "error"),
    [
        (5.0, "ug", "vesicle", 1e10, 0.3),
        (5.0, "ug protein", "vesicle", 1e10, 0.3),
        (0.005, "mg protein", "vesicle", 1e10, 0.3),
        (1e10, "particles", "microgram protein", 5.0, 0.3),
        (1e10, "vesicle", "microgram protein", 5.0, 0.3),
        (1e10, "particles", "vesicle", 1e10, 0.0),
        (5.0, "ug", "nmol", 0.05, 0.4),
        (0.05, "nmol", "microgram protein", 5.0, 0.4),
        (50.0, "pmol", "vesicle", 1e10, 0.5),
        (1e10, "particles", "nmol", 0.05, 0.5),
        (0.05 * 543.5, "ng drug", "nmol", 0.05, 0.0),
        (0.05 * 543.5, "ng doxorubicin", "vesicle", 1e10, 0.5),
        (50.0, "pmol drug", "nmol", 0.05, 0.0),
    ],
)
def test_conversions(amount: float, unit: str, target: str, number: float, error: float) -> None:
    value, relative, path = dose_in(FULL, amount, unit, target)
    assert value == pytest.approx(number, rel=1e-12)
    assert relative == pytest.approx(error)
    assert "batch 1" in path and target in path


def test_the_way_is_told() -> None:
    path = dose_in(FULL, 1e10, "particles", "nmol")[2]
    assert "2e+09 particles per microgram protein by particle tracking (source Kim2019)" in path
    assert "assumed: no measurement of this preparation" in path
    assert "purity 0.8 is not applied" in path
    assert "the mass is read as protein" in dose_in(FULL, 1.0, "ug", "nmol")[2]


def test_a_direct_ratio_is_preferred_and_the_detour_told() -> None:
    card = replace(FULL, molecules_per_particle=Ratio(6022.14076, 0.1, source="Kim2019"))
    value, error, path = dose_in(card, 1e10, "particles", "nmol")
    assert value == pytest.approx(6022.14076 * 1e10 / MOLECULES_PER_NMOL) and error == pytest.approx(0.1)
    assert "by way of microgram protein the card would give 0.5 times this" in path


@pytest.mark.parametrize(
    ("missing", "amount", "unit", "target", "words"),
    [
        ({"particles_per_microgram": None}, 5.0, "ug", "vesicle", "Measure particles per microgram of protein"),
        ({"drug_per_microgram": None}, 5.0, "ug", "nmol", "Measure drug per microgram of protein"),
        ({"drug_per_microgram": None}, 1e9, "particles", "nmol", "Measure drug molecules per particle"),
        ({"molar_mass": None}, 1.0, "ug drug", "nmol", "molar_mass"),
    ],
)
def test_without_the_ratio_it_is_refused(missing: dict, amount: float, unit: str, target: str, words: str) -> None:
    with pytest.raises(EvidenceError, match=words):
        dose_in(replace(FULL, **missing), amount, unit, target)


@given(
    st.floats(1e-6, 1e12), st.floats(1e-3, 1e12), st.floats(0, 2), st.sampled_from(["ug protein", "nmol", "vesicle"])
)
def test_there_and_back(amount: float, ratio: float, error: float, unit: str) -> None:
    card = replace(FULL, particles_per_microgram=Ratio(ratio, error, source="x"))
    for target in ("vesicle", "nmol", "microgram protein"):
        there, relative, _ = dose_in(card, amount, unit, target)
        assert dose_in(card, there, target, unit.replace("ug", "microgram"))[0] == pytest.approx(amount, rel=1e-9)
        assert relative <= math.hypot(error, 0.4) + 1e-12


def test_bad_arguments_and_cards() -> None:
    with pytest.raises(InputError, match="did you mean 'nmol'"):
        dose_in(FULL, 1.0, "ug", "mmol")
    with pytest.raises(InputError, match="zero or above"):
        dose_in(FULL, -1.0, "ug", "nmol")
    with pytest.raises(InputError, match="none that a card converts"):
        dose_in(FULL, 1.0, "mL", "nmol")
    with pytest.raises(UnitError):
        dose_in(FULL, 1.0, "handfuls", "nmol")
    with pytest.raises(UnitError):
        dose_in(FULL, 1.0, "mL protein", "nmol")
    with pytest.raises(InputError, match="source or why"):
        Ratio(1.0, 0.1)
    with pytest.raises(InputError, match="source or why"):
        Ratio(1.0, 0.1, source="a", assumed="b")
    with pytest.raises(InputError, match="not which drug"):
        replace(FULL, drug="")
    with pytest.raises(InputError, match="at most 1"):
        replace(FULL, purity=Ratio(1.2, 0.1, source="x"))
