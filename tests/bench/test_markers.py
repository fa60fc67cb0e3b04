"""Markers: counts against simulation, panels against a hand-made case, and that no marker is of one kind alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nbinom, poisson

from exocosm.bench.markers import (
    Panel,
    bulk_positive,
    copies_on,
    copy_classes,
    detected_share,
    marker_names,
    mean_copies,
    panel_performance,
    positive_share,
    posterior,
    sample_readings,
    typical_particles,
)
from exocosm.bench.numbers import bench_numbers
from exocosm.errors import InputError
from exocosm.evidence.value import Value
from exocosm.vesicles.population import Population

NUMBERS = bench_numbers(draws=12)
MIXTURE = {"small_ev": 1.0, "mvb_remnant": 1.0, "apoptotic_body": 1.0}
PANEL = Panel(("CD9", "CD63"))


def own(quantity: str, value: float, unit: str, **context: str) -> Value:
    label = "-".join(["own", quantity, *context.values()])
    return Value(id=label, quantity=quantity, value=value, unit=unit, method="model_constant", **context)


@given(mean=st.floats(1e-9, 1e4), reachable=st.floats(0.01, 1.0), shape=st.floats(0.2, 10))
def test_copy_classes_keep_the_mean_and_the_share_without(mean: float, reachable: float, shape: float) -> None:
    copies, shares = copy_classes(np.array([mean]), np.zeros(1), reachable, shape)
    thinned = reachable * mean
    assert shares.sum() == pytest.approx(1.0)
    assert shares[0, 0] == pytest.approx(nbinom.pmf(0, shape, shape / (shape + thinned)), rel=1e-6)
    assert np.all(copies[:, 1:] >= 1.0 - 1e-12)
    # slices are a quadrature: exact share without copies, mean to what eight slices give
    assert float((copies * shares).sum()) == pytest.approx(thinned, rel=0.35)


def test_copies_that_are_certain_are_on_every_particle() -> None:
    _, shares = copy_classes(np.array([0.0]), np.array([1.0]), 1.0, 1.0)
    assert shares[0, 0] == pytest.approx(0.0, abs=1e-9)
    ldl = Population(np.array([21.0]), np.array([1.04]), np.array([1e9]), np.array(["ldl"]), np.array([""]))
    reachable = NUMBERS("accessible_fraction", "dimensionless", cargo="ApoB")
    assert copies_on(ldl, "ApoB", NUMBERS)[1][0, 0] == pytest.approx(1 - reachable)
    assert mean_copies(ldl, "ApoB", NUMBERS)[0] == 1.0


@given(mean=st.floats(0.0, 5.0), certain=st.integers(1, 4), reachable=st.floats(0.05, 1.0))
def test_certain_copies_are_counted_once(mean: float, certain: int, reachable: float) -> None:
    """One certain copy is one bond, not the 1.6 of a Poisson number with mean one that is not zero."""
    copies, shares = copy_classes(np.array([mean]), np.array([float(certain)]), reachable, 2.0)
    assert float((copies * shares).sum()) == pytest.approx(reachable * (mean + certain), rel=0.03)
    alone = copy_classes(np.zeros(1), np.ones(1), reachable, 2.0)
    assert alone[0][0, 1:] == pytest.approx(np.ones(copies.shape[1] - 1)) and alone[1][0, 0] == pytest.approx(
        1 - reachable
    )


@settings(max_examples=25, deadline=None)
@given(
    mean=st.floats(0.01, 60), shape=st.floats(0.3, 5), background=st.floats(0, 10), least=st.integers(1, 40),
    certain=st.integers(0, 3), seen=st.floats(0.05, 0.95),
)  # fmt: skip
def test_detection_is_the_convolution(
    mean: float, shape: float, background: float, least: int, certain: int, seen: float
) -> None:
    size = 600
    total = nbinom.pmf(np.arange(size), shape, shape / (shape + mean))
    total = np.convolve(total, poisson.pmf(np.arange(200), background))[:size]
    from scipy.stats import binom

    total = np.convolve(total, binom.pmf(np.arange(certain + 1), certain, seen))[:size]
    told = detected_share(mean, shape, background, float(least), float(certain), seen)
    assert float(told[0]) == pytest.approx(1 - total[:least].sum(), abs=1e-9)


def test_nothing_there_nothing_seen() -> None:
    assert float(detected_share(0.0, 1.0, 0.0, 1.0)[0]) == 0.0


def test_readings_drawn_one_by_one_agree_with_the_exact_panel() -> None:
    population = typical_particles(MIXTURE, NUMBERS)
    kinds, readings = sample_readings(population, PANEL, 40_000, NUMBERS, np.random.default_rng(5))
    told = panel_performance(population, PANEL, NUMBERS)
    both = readings.all(axis=1)
    target = kinds == "small_ev"
    assert both[target].mean() == pytest.approx(told.sensitivity, abs=0.015)
    assert both[~target].mean() == pytest.approx(1 - told.specificity, abs=0.015)
    for kind, share in told.positive.items():
        assert both[kinds == kind].mean() == pytest.approx(share, abs=0.02)


def test_exosome_panel_is_better_than_chance_and_than_single_markers() -> None:
    panel = panel_performance(MIXTURE, PANEL, NUMBERS)
    singles = [panel_performance(MIXTURE, Panel((name,)), NUMBERS) for name in PANEL.markers]
    assert panel.auc > 0.6
    assert panel.best_auc >= max(single.best_auc for single in singles)
    assert panel.best_auc >= panel.auc
    assert panel.specificity > max(single.specificity for single in singles)


def test_no_single_marker_is_specific_in_any_draw() -> None:
    for draw in range(12):
        numbers = NUMBERS.drawn(draw)
        for name in marker_names(NUMBERS):
            for permeabilised in (False, True):
                told = panel_performance(MIXTURE, Panel((name,), permeabilised=permeabilised), numbers)
                assert told.specificity < 0.99999, (name, draw)


def test_a_marker_alike_on_all_kinds_tells_nothing() -> None:
    rows = [own("copies_per_particle", 5.0, "molecule/particle", cargo="alike")]
    rows += [own("particle_diameter", 100.0, "nm", carrier=kind) for kind in MIXTURE]
    rows += [own("particle_diameter_gsd", 1.0, "dimensionless", carrier=kind) for kind in MIXTURE]
    told = panel_performance(MIXTURE, Panel(("alike",)), bench_numbers(own=rows))
    assert told.auc == pytest.approx(0.5)
    assert told.sensitivity == pytest.approx(1 - told.specificity)


def test_a_case_by_hand() -> None:
    # one marker, read with certainty on one kind and never on the other, but 10 % of readings see two particles
    rows = [
        own("copies_per_particle", 1e6, "molecule/particle", cargo="sharp", carrier="small_ev"),
        own("copies_per_particle", 0.0, "molecule/particle", cargo="sharp", carrier="apoptotic_body"),
        own("copies_dispersion", 1e6, "dimensionless"),
        own("antibody_background", 0.0, "molecule/um**2"),
        own("antibody_clump_share", 0.0, "dimensionless"),
        own("coincidence_share", 0.1, "dimensionless"),
    ]
    numbers = bench_numbers(own=rows)
    told = panel_performance({"small_ev": 3.0, "apoptotic_body": 1.0}, Panel(("sharp",), per_surface=False), numbers)
    assert told.sensitivity == pytest.approx(1.0)
    assert told.specificity == pytest.approx(1 - 0.1 * 0.75)
    assert told.auc == pytest.approx(1 - 0.1 * 0.75 / 2)
    assert told.predictive_value == pytest.approx(3 / (3 + 0.075))
    odds = posterior({"sharp": True}, {"small_ev": 3.0, "apoptotic_body": 1.0}, numbers, per_surface=False)
    assert odds["small_ev"] == pytest.approx(told.predictive_value)


def test_negative_markers_and_rules_count_agreement() -> None:
    strict = panel_performance(MIXTURE, Panel(("CD9", "CD63"), ("calnexin",), permeabilised=True), NUMBERS)
    mild = panel_performance(MIXTURE, Panel(("CD9", "CD63"), ("calnexin",), at_least=1, permeabilised=True), NUMBERS)
    assert strict.sensitivity < mild.sensitivity and strict.specificity > mild.specificity
    assert strict.auc == pytest.approx(mild.auc)
    for told in (strict, mild):
        false, true = np.array(told.false_positive_rate), np.array(told.true_positive_rate)
        assert (false[0], true[0]) == (0, 0) and (false[-1], true[-1]) == pytest.approx((1, 1))
        assert np.all(np.diff(false) >= 0) and np.all(np.diff(true) >= 0)


def test_readings_shift_the_odds_and_all_readings_together_change_nothing() -> None:
    yes = posterior({"CD9": True}, MIXTURE, NUMBERS)
    no = posterior({"CD9": False}, MIXTURE, NUMBERS)
    assert yes["small_ev"] > 1 / 3 > no["small_ev"]
    assert sum(yes.values()) == pytest.approx(1) and 0 < yes["small_ev"] < 1
    share = panel_performance(MIXTURE, Panel(("CD9",)), NUMBERS).positive
    positive = sum(share.values()) / 3
    assert positive * yes["small_ev"] + (1 - positive) * no["small_ev"] == pytest.approx(1 / 3)


def test_the_population_s_own_copies_go_first() -> None:
    population = Population(
        np.array([100.0, 2000.0]), np.array([1.1]), np.array([1.0, 1.0]), np.array(["small_ev", "apoptotic_body"]),
        np.array([""]), markers={"CD63": np.array([1e4, 0.0])},
    )  # fmt: skip
    shares = positive_share(population, Panel(("CD63",)), NUMBERS)[0]
    assert shares[0] > 0.99 > 0.1 > shares[1]


def test_a_blot_sees_a_marker_in_enough_particles() -> None:
    few, many = (
        Population(np.array([100.0]), np.array([1.1]), np.array([n]), np.array(["small_ev"]), np.array([""]))
        for n in (1e5, 1e12)
    )
    assert bulk_positive(few, "CD63", NUMBERS) < 0.01 < 0.99 < bulk_positive(many, "CD63", NUMBERS)
    assert bulk_positive(few, "CD63", NUMBERS) > 0
    assert bulk_positive(Population(*(np.zeros(0),) * 3, np.zeros(0, str), np.zeros(0, str)), "CD63", NUMBERS) == 0.0


def test_faults_are_told() -> None:
    with pytest.raises(InputError, match="CD63"):
        panel_performance(MIXTURE, Panel(("CD36",)), NUMBERS)
    with pytest.raises(InputError, match="each once"):
        Panel(("CD9", "CD9"))
    with pytest.raises(InputError, match="at_least"):
        Panel(("CD9",), at_least=2)
    with pytest.raises(InputError, match="something else"):
        panel_performance({"small_ev": 1.0}, PANEL, NUMBERS)
