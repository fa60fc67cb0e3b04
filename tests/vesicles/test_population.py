from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.errors import InputError
from exocosm.vesicles import population as p
from exocosm.vesicles.population import Population, lognormal_population, mix, scale, split

parcel = st.tuples(
    st.floats(20, 500), st.floats(1.0, 1.3), st.floats(0, 1e15), st.sampled_from(["small_ev", "lipoprotein"]),
    st.sampled_from(["tumour", "blood"]), st.floats(0, 1e4),
)  # fmt: skip


@st.composite
def populations(draw: st.DrawFn, least: int = 1) -> Population:
    rows = draw(st.lists(parcel, min_size=least, max_size=12))
    columns = list(zip(*rows, strict=True)) or [()] * 6
    return Population(
        *(np.array(c) for c in columns[:5]), cargo={"doxorubicin": np.array(columns[5])}, history=("made",)
    )


@given(populations(), st.data())
def test_split_adds_up_exactly(whole: Population, data: st.DataObject) -> None:
    chance = np.array(data.draw(st.lists(st.floats(0, 1), min_size=len(whole), max_size=len(whole))))
    goes, stays = split(whole, chance, "spin")
    assert np.array_equal(goes.count + stays.count, whole.count)
    assert np.all(goes.count >= 0) and np.all(stays.count >= 0)
    assert goes.count == pytest.approx(whole.count * chance, rel=1e-9, abs=1e-15 * whole.count.max())
    assert goes.history == ("made", "spin: went") and stays.history == ("made", "spin: stayed")


@given(populations(), st.floats(0, 1))
def test_mixing_the_parts_gives_the_whole(whole: Population, chance: float) -> None:
    again, once = mix(*split(whole, chance)), mix(whole)
    assert np.array_equal(again.diameter_nm, once.diameter_nm) and np.array_equal(again.kind, once.kind)
    assert again.count == pytest.approx(once.count, rel=1e-14)


@given(populations(least=0), populations())
def test_mix_conserves(one: Population, two: Population) -> None:
    both = mix(one, two)
    for total in (
        p.total_count,
        p.total_surface,
        p.total_volume,
        p.total_mass,
        lambda x: p.total_cargo(x, "doxorubicin"),
    ):
        assert total(both) == pytest.approx(total(one) + total(two), rel=1e-12, abs=1e-300)
    assert len(both) <= len(one) + len(two)


@given(populations(), st.floats(0, 1e3))
def test_scale_scales_every_moment(whole: Population, factor: float) -> None:
    for total in (p.total_count, p.total_surface, p.total_volume, p.total_mass):
        assert total(scale(whole, factor)) == pytest.approx(factor * total(whole), rel=1e-12, abs=1e-300)


def test_moments_of_one_sphere() -> None:
    one = Population(np.array([100.0]), np.array([1.1]), np.array([1.0]), np.array(["small_ev"]), np.array(["x"]))
    assert p.total_surface(one) == pytest.approx(math.pi * 1e-10)  # (1e-5 cm)^2
    assert p.total_volume(one) == pytest.approx(math.pi / 6 * 1e-15)
    assert p.total_mass(one) == pytest.approx(1.1 * math.pi / 6 * 1e-15 * 1e9)
    assert p.total_cargo(one, "doxorubicin") == 0.0 and p.mean_diameter(one) == 100.0


@given(st.floats(20, 300), st.floats(1.0, 2.5), st.floats(1, 1e15), st.integers(1, 200))
def test_lognormal_keeps_count_and_volume(median: float, gsd: float, count: float, parcels: int) -> None:
    made = lognormal_population(median, gsd, count, 1.1, parcels=parcels)
    volume = count * math.pi / 6 * (median * 1e-7) ** 3 * math.exp(4.5 * math.log(gsd) ** 2)
    assert p.total_count(made) == pytest.approx(count, rel=1e-12)
    assert p.total_volume(made) == pytest.approx(volume, rel=1e-6)


def test_lognormal_converges_to_its_mean_and_surface() -> None:
    sigma = math.log(1.5)
    surface = math.pi * (80e-7 * math.exp(sigma**2)) ** 2 * 1e9

    def errors(parcels: int) -> tuple[float, float]:
        made = lognormal_population(80.0, 1.5, 1e9, 1.1, parcels=parcels)
        mean = 80.0 * math.exp(0.5 * sigma**2)
        return abs(p.mean_diameter(made) / mean - 1), abs(p.total_surface(made) / surface - 1)

    assert all(fine < 0.2 * coarse for fine, coarse in zip(errors(400), errors(20), strict=True))
    assert max(errors(400)) < 1e-3
    by_mean = lognormal_population(90.0, 1.5, 1e9, 1.1, parcels=2000, of="mean", cargo={"rna": 2.0})
    assert p.mean_diameter(by_mean) == pytest.approx(90.0, rel=1e-3)
    assert p.total_cargo(by_mean, "rna") == pytest.approx(2e9)


def test_arrays_cannot_be_changed() -> None:
    given_counts = np.array([1.0, 2.0])
    made = Population(np.array([90.0]), np.array([1.1]), given_counts, np.array(["small_ev"]), np.array([""]))
    given_counts[0] = 7.0
    assert made.count.tolist() == [1.0, 2.0] and made.diameter_nm.tolist() == [90.0, 90.0]
    with pytest.raises(ValueError, match="read-only"):
        made.count[0] = 3.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"diameter_nm": [0.0, 1.0]}, "diameter_nm"),
        ({"density": [1.1, math.nan]}, "density"),
        ({"count": [-1.0, 1.0]}, "count"),
        ({"kind": ["a", "b", "c"]}, "kind has 3 entries for 2"),
        ({"cargo": {"x": [1.0, 2.0, 3.0]}}, "cargo 'x' has 3 entries"),
    ],
)
def test_what_no_population_can_be(change: dict, words: str) -> None:
    sound = {"diameter_nm": [90.0], "density": [1.1], "count": [1.0, 1.0], "kind": ["small_ev"], "origin": [""]}
    with pytest.raises(InputError, match=words):
        Population(**{**sound, **change})


def test_bad_arguments() -> None:
    made = lognormal_population(80.0, 1.5, 1.0, 1.1)
    with pytest.raises(InputError, match=r"outside 0\.\.1"):
        split(made, 1.1)
    with pytest.raises(InputError, match="scaled"):
        scale(made, -1.0)
    with pytest.raises(InputError, match="gsd"):
        lognormal_population(80.0, 0.9, 1.0, 1.1)
    with pytest.raises(InputError, match="median"):
        lognormal_population(80.0, 1.5, 1.0, 1.1, of="mode")
