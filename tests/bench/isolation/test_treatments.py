"""Dye, detergent and enzymes: equilibria against their equations, what is added and destroyed accounted for."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.bench.dissolved_protein import dissolved_protein
from exocosm.bench.fluids import blank, specimen_of
from exocosm.bench.isolation.digestion import digested_share, warmth_factor
from exocosm.bench.isolation.lysis import lysed_share
from exocosm.bench.isolation.registry import Outcome
from exocosm.bench.isolation.staining import MOLECULES_PER_NMOL, dissolved_dye, dye_on_membrane
from exocosm.bench.numbers import Numbers, bench_numbers
from exocosm.bench.protocol import protocol, run_protocol
from exocosm.bench.specimen import Specimen, count_by_kind, protein_by_kind
from exocosm.errors import InputError
from exocosm.vesicles.population import Population, total_cargo

NUMBERS = bench_numbers(draws=4)
VESICLES = ("small_ev", "microvesicle", "apoptotic_body")
TREATMENTS = (
    ("lysis", {"concentration": "0.5 %"}),
    ("lysis", {"detergent": "sds", "concentration": "1 %"}),
    ("lysis", {"detergent": "tween20", "concentration": "0.1 %", "time": "5 min"}),
    ("digestion", {"enzyme": "proteinase_k", "concentration": "100 ug/mL"}),
    ("digestion", {"enzyme": "trypsin", "concentration": "50 ug/mL", "temperature": "20 degC"}),
    ("digestion", {"enzyme": "rnase_a", "concentration": "10 ug/mL"}),
    ("staining", {"dye": "PKH26", "concentration": "2 uM"}),
    ("staining", {"dye": "CFSE", "concentration": "20 uM"}),
)


def done(specimen: Specimen, method: str, words: dict[str, str], numbers: Numbers = NUMBERS) -> Outcome:
    return run_protocol(specimen, protocol("test", (method, words)), numbers).outcomes[0]


def kept(specimen: Specimen, outcome: Outcome, kind: str) -> float:
    return count_by_kind(outcome.product.population)[kind] / count_by_kind(specimen.population)[kind]


def counted(population: Population | None) -> dict[str, float]:
    return count_by_kind(population) if population is not None else {}


@pytest.mark.parametrize(("method", "words"), TREATMENTS)
@pytest.mark.parametrize("draw", [None, 0, 3])
def test_input_and_added_are_product_and_destroyed(method: str, words: dict[str, str], draw: int | None) -> None:
    numbers = NUMBERS if draw is None else NUMBERS.drawn(draw)
    specimen = specimen_of("plasma", 0.5, numbers)
    outcome = done(specimen, method, words, numbers)
    assert outcome.waste == ()
    before, product = count_by_kind(specimen.population), count_by_kind(outcome.product.population)
    added, destroyed = counted(outcome.added), counted(outcome.destroyed)
    for kind in {*before, *product, *added, *destroyed}:
        come = before.get(kind, 0.0) + added.get(kind, 0.0)
        assert product.get(kind, 0.0) + destroyed.get(kind, 0.0) == pytest.approx(come, rel=1e-12), kind
    assert outcome.minutes > 0 and outcome.hands_on_minutes > 0 and outcome.instruction


def test_detergent_removes_vesicles_and_leaves_lipoproteins_in_part() -> None:
    specimen = specimen_of("plasma", 0.5, NUMBERS)
    outcome = done(specimen, "lysis", {"concentration": "0.5 %"})
    assert all(kept(specimen, outcome, kind) < 0.02 for kind in VESICLES)
    assert kept(specimen, outcome, "ldl") > 0.5
    assert kept(specimen, outcome, "protein_aggregate") > 0.99
    mild = done(specimen, "lysis", {"concentration": "0.001 %"})
    assert kept(specimen, mild, "small_ev") > 0.99


def test_lysis_keeps_the_protein_mass() -> None:
    specimen = specimen_of("conditioned_medium", 1.0, NUMBERS)
    outcome = done(specimen, "lysis", {"concentration": "0.5 %"})
    before, after = protein_by_kind(specimen.population), protein_by_kind(outcome.product.population)
    assert sum(after.values()) == pytest.approx(sum(before.values()), rel=1e-12)
    assert after["small_ev"] < 0.02 * before["small_ev"]


@given(half=st.floats(1e-3, 50), percent=st.floats(1e-4, 100), steep=st.floats(1, 10), minutes=st.floats(0.1, 1e3))
def test_lysed_share_is_between_its_limits(half: float, percent: float, steep: float, minutes: float) -> None:
    share = float(lysed_share(percent, half, steep, 0.2, minutes))
    assert 0 <= share <= 1
    assert float(lysed_share(2 * percent, half, steep, 0.2, minutes)) >= share
    assert float(lysed_share(half, half, steep, 0.2, 1e6)) == pytest.approx(0.5)
    assert float(lysed_share(percent, half, steep, 0.2, 0.0)) == 0.0


def test_protease_digests_dissolved_protein_and_shaves_surfaces_only() -> None:
    specimen = specimen_of("plasma", 0.5, NUMBERS)
    outcome = done(specimen, "digestion", {"enzyme": "proteinase_k", "concentration": "200 ug/mL", "time": "60 min"})
    assert kept(specimen, outcome, "ago2_complex") < 0.01
    assert kept(specimen, outcome, "small_ev") > 0.999 and kept(specimen, outcome, "ldl") > 0.999

    def left(marker: str) -> float:
        before, after = specimen.population, outcome.product.population
        of = [x.markers[marker][x.kind == "small_ev"] @ x.count[x.kind == "small_ev"] for x in (before, after)]
        return float(of[1] / of[0])

    assert left("CD63") == pytest.approx(1 - 0.8, abs=0.01)  # what the enzyme does not reach stays
    assert left("TSG101") > 0.97


def test_rnase_takes_free_rna_and_not_what_is_enclosed() -> None:
    population = Population(
        np.array([3.0, 9.0, 100.0]), np.array([1.5, 1.3, 1.1]), np.array([1e9, 1e9, 1e9]),
        np.array(["free_rna", "ago2_complex", "small_ev"]), np.array([""]), cargo={"mir21": np.array([1.0, 1.0, 0.01])},
    )  # fmt: skip
    specimen = Specimen(population, 1.0, "pbs")
    outcome = done(specimen, "digestion", {"enzyme": "rnase_a", "concentration": "10 ug/mL"})
    assert kept(specimen, outcome, "free_rna") < 1e-6
    assert kept(specimen, outcome, "ago2_complex") > 0.9
    assert kept(specimen, outcome, "small_ev") > 0.9999


@given(rate=st.floats(0, 1), amount=st.floats(0, 1e4), minutes=st.floats(0, 1e3))
def test_digestion_is_first_order(rate: float, amount: float, minutes: float) -> None:
    assert float(digested_share(rate, amount, minutes)) == pytest.approx(1 - math.exp(-rate * amount * minutes))
    twice = 1 - (1 - float(digested_share(rate, amount, minutes))) ** 2
    assert float(digested_share(rate, amount, 2 * minutes)) == pytest.approx(twice, abs=1e-12)


def test_warmth_follows_arrhenius() -> None:
    assert warmth_factor(37.0, 45.0) == 1.0
    assert warmth_factor(4.0, 45.0) < warmth_factor(20.0, 45.0) < 1.0 < warmth_factor(40.0, 45.0)
    assert warmth_factor(20.0, 0.0) == 1.0


@given(
    molecules=st.floats(1e3, 1e18), volume=st.floats(1e-3, 1e3), surface=st.floats(0, 1e5),
    partition=st.floats(1e-7, 1.0), capacity=st.floats(1e8, 1e14),
)  # fmt: skip
def test_dye_is_shared_as_the_balance_says(
    molecules: float, volume: float, surface: float, partition: float, capacity: float
) -> None:
    free = dissolved_dye(molecules, volume, surface, partition, capacity)
    assert free >= 0
    bound = surface * dye_on_membrane(free, partition, capacity)
    assert volume * free + bound == pytest.approx(molecules, rel=1e-6)
    assert bound <= surface * capacity * (1 + 1e-12)


@pytest.mark.parametrize("fluid", ["plasma", "conditioned_medium"])
def test_all_dye_is_somewhere(fluid: str) -> None:
    specimen = specimen_of(fluid, 1.0, NUMBERS)
    outcome = done(specimen, "staining", {"dye": "PKH26", "concentration": "2 uM"})
    lost = NUMBERS("dye_lost_to_walls", "dimensionless", device="PKH26")
    given_dye = 2.0 * MOLECULES_PER_NMOL * (1 - lost)
    assert total_cargo(outcome.product.population, "PKH26") == pytest.approx(given_dye, rel=1e-6)


def test_dye_alone_makes_particles_and_lipoproteins_soak_it_up() -> None:
    words = {"dye": "PKH26", "concentration": "2 uM"}
    alone = done(blank("pbs", 1.0), "staining", words)
    counts = count_by_kind(alone.product.population)
    assert set(counts) == {"free_dye", "dye_micelle"} and counts["dye_micelle"] > 1e8
    assert any("control" in warning for warning in alone.warnings)
    in_plasma = count_by_kind(done(specimen_of("plasma", 1.0, NUMBERS), "staining", words).product.population)
    assert in_plasma["dye_micelle"] < 1e-3 * counts["dye_micelle"]


def test_dye_particles_outnumber_stained_vesicles_as_published_within_the_uncertainty() -> None:
    # Puzar Dominkus 2018: nine out of ten PKH26-positive particles are dye; not used to set any number
    population = Population(
        np.array([100.0]), np.array([1.1]), np.array([1e10]), np.array(["small_ev"]), np.array([""])
    )
    numbers = bench_numbers(draws=60)
    shares = []
    for draw in range(60):
        counts = count_by_kind(
            done(Specimen(population, 1.0, "pbs"), "staining", {"dye": "PKH26", "concentration": "2 uM"},
                 numbers.drawn(draw)).product.population
        )  # fmt: skip
        shares.append(counts["dye_micelle"] / (counts["dye_micelle"] + counts["small_ev"]))
    assert np.quantile(shares, 0.05) < 0.9 < np.quantile(shares, 0.95)


def test_staining_twice_adds_up() -> None:
    specimen = specimen_of("conditioned_medium", 1.0, NUMBERS)
    words = {"dye": "CFSE", "concentration": "1 uM"}
    once = done(specimen, "staining", words)
    twice = done(once.product, "staining", words)
    assert total_cargo(twice.product.population, "CFSE") == pytest.approx(
        2 * total_cargo(once.product.population, "CFSE"), rel=1e-6
    )


def test_dissolved_protein_weighs_what_it_was_given() -> None:
    protein = dissolved_protein(3e12, 50.0, "a test", NUMBERS)
    assert protein_by_kind(protein) == {"other_protein": pytest.approx(3.0)}
    assert count_by_kind(protein)["other_protein"] == pytest.approx(3e-6 / 50e3 * 6.02214076e23)


@pytest.mark.parametrize(
    ("method", "words", "told"),
    [
        ("lysis", {"detergent": "triton_x10", "concentration": "1 %"}, "triton_x100"),
        ("lysis", {"concentration": "0 %"}, "concentration"),
        ("digestion", {"enzyme": "proteinase", "concentration": "1 ug/mL"}, "proteinase_k"),
        ("staining", {"dye": "PKH27", "concentration": "1 uM"}, "PKH26"),
        ("staining", {"dye": "PKH26", "concentration": "1 mL"}, "concentration"),
    ],
)
def test_unknown_words_are_told_with_the_nearest(method: str, words: dict[str, str], told: str) -> None:
    with pytest.raises(InputError, match=told):
        done(blank("pbs", 1.0), method, words)
