from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.errors import InputError
from exocosm.vesicles import population as p
from exocosm.vesicles.classes import expand, group
from exocosm.vesicles.population import Population, lognormal_population, mix


@st.composite
def populations(draw: st.DrawFn) -> Population:
    size = draw(st.integers(1, 15))

    def column(low: float, high: float) -> np.ndarray:
        return np.array(draw(st.lists(st.floats(low, high), min_size=size, max_size=size)))

    kinds = draw(st.lists(st.sampled_from(["small_ev", "lipoprotein"]), min_size=size, max_size=size))
    cargo = {"rna": column(0, 100)}
    return Population(column(20, 500), column(1.0, 1.3), column(0, 1e12), np.array(kinds), np.array([""]), cargo)


@given(populations(), st.integers(1, 12))
def test_count_volume_mass_and_cargo_are_kept(whole: Population, n: int) -> None:
    classes = group(whole, n)
    volume = classes.count * p.sphere_volume(classes.diameter_nm)
    assert classes.count.sum() == pytest.approx(p.total_count(whole), rel=1e-12)
    assert volume.sum() == pytest.approx(p.total_volume(whole), rel=1e-12)
    assert (volume * classes.density).sum() * 1e9 == pytest.approx(p.total_mass(whole), rel=1e-12)
    assert (classes.count * classes.cargo["rna"]).sum() == pytest.approx(p.total_cargo(whole, "rna"), rel=1e-12)
    assert all(classes.kind.count(kind) <= n for kind in classes.kind)
    assert [classes.kind[m] for m in classes.membership] == whole.kind.tolist()
    # the diameter of the mean volume is never below that of the mean surface
    assert classes.error.surface >= -1e-12


@given(populations(), st.integers(1, 12))
def test_expanding_gives_the_parcels_back(whole: Population, n: int) -> None:
    back = expand(group(whole, n))
    assert back.count == pytest.approx(whole.count, rel=1e-12, abs=1e-12)
    assert np.array_equal(back.diameter_nm, whole.diameter_nm)


@given(populations(), st.integers(1, 6))
def test_counts_of_classes_are_dealt_out(whole: Population, n: int) -> None:
    classes = group(whole, n)
    dealt = expand(classes, np.arange(1.0, len(classes) + 1))
    assert np.bincount(classes.membership, weights=dealt.count) == pytest.approx(np.arange(1.0, len(classes) + 1))


def test_more_classes_lose_less_and_enough_lose_nothing() -> None:
    whole = lognormal_population(80.0, 1.6, 1e10, 1.1, parcels=60)
    errors = [abs(group(whole, n).error.surface) for n in (1, 4, 12, 60)]
    assert errors == sorted(errors, reverse=True) and errors[2] < 0.01 and errors[3] < 1e-12
    assert group(whole, 60).error.widest == 1.0 and group(whole, 4).error.widest > 1.1


def test_kinds_are_never_in_one_class() -> None:
    both = mix(lognormal_population(80.0, 1.3, 1e9, 1.1), lognormal_population(80.0, 1.3, 1e9, 1.0, kind="lipoprotein"))
    classes = group(both, 1)
    assert classes.kind == ("small_ev", "lipoprotein") and classes.count == pytest.approx([1e9, 1e9])


def test_a_population_of_nothing_can_be_grouped() -> None:
    nothing = lognormal_population(80.0, 1.3, 0.0, 1.1)
    classes = group(nothing, 3)
    assert classes.count.sum() == 0 and np.all(classes.diameter_nm > 0)
    assert p.total_count(expand(classes, np.ones(len(classes)))) == pytest.approx(len(classes))


def test_bad_arguments() -> None:
    whole = lognormal_population(80.0, 1.3, 1.0, 1.1)
    with pytest.raises(InputError, match="classes"):
        group(whole, 0)
    with pytest.raises(InputError, match="one count"):
        expand(group(whole, 3), [1.0])
