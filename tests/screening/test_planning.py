"""Panels for a budget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import roc_auc_score

from exocosm.errors import InputError
from exocosm.screening.at_diagnosis import CancerAtDiagnosis
from exocosm.screening.cohort import CASES, CONTROLS, Chain, Cohort, CohortSignals, signals_of
from exocosm.screening.planning import _choosers, best_panel
from exocosm.screening.score import SHRINKAGE

ChainOf = Callable[..., Chain]


def made(cancer: CancerAtDiagnosis, chain: Chain, markers: str, people: int = 1500, seed: int = 1) -> CohortSignals:
    return signals_of(Cohort(cancer, people, people, seed=seed), chain, tuple(markers))


def test_the_best_affordable_panel_is_bought(cancer: CancerAtDiagnosis, chain_of: ChainOf) -> None:
    signals = made(cancer, chain_of(0.5, 0.45, 0.2, 0.0), "abcn")
    prices = {"a": 10.0, "b": 4.0, "c": 3.0, "n": 1.0}
    plenty = best_panel(signals, prices, 100.0, per_sample=20.0)
    assert {"a", "b"} <= set(plenty.panel.markers) and plenty.method == "all panels"
    tight = best_panel(signals, prices, 27.5, per_sample=20.0)
    assert set(tight.panel.markers) == {"b", "c"} and tight.price == 27.0
    assert tight.held_out.value < plenty.held_out.value
    for found in (plenty, tight):
        assert all(step.price <= 100.0 for step in found.considered)
        assert [len(step.markers) for step in found.considered] == list(range(1, len(found.considered) + 1))


def test_the_discriminant_by_which_panels_are_compared_is_scikit_learns(
    cancer: CancerAtDiagnosis, chain_of: ChainOf
) -> None:
    signals = made(cancer, chain_of(0.5, 0.3, 0.0), "abn", 200)
    choosers = _choosers(signals)
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=SHRINKAGE, priors=[0.5, 0.5])
    random = np.random.default_rng(1)
    # markers that nearly repeat one another: without shrinkage their weights would be large and opposite
    table = np.vstack([random.normal(1, 1, (50, 1)), random.normal(0, 2, (50, 1))]) + random.normal(0, 0.1, (100, 3))
    parts = (table[:50], table[50:])
    covariance = 0.5 * sum(np.cov(part.T, bias=True) for part in parts)
    known = replace(choosers, difference=parts[0].mean(axis=0) - parts[1].mean(axis=0), covariance=covariance)
    model.fit(table, [1] * 50 + [0] * 50)
    scores = np.concatenate([known.cases, known.controls]) @ model.coef_[0]
    labels = [1] * len(known.cases) + [0] * len(known.controls)
    assert known.auc([0, 1, 2]) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)


def test_among_many_markers_they_are_added_one_at_a_time(cancer: CancerAtDiagnosis, chain_of: ChainOf) -> None:
    markers = "abcdefghijklmnop"
    signals = made(cancer, chain_of(0.5, 0.4, *[0.0] * 14), markers)
    found = best_panel(signals, dict.fromkeys(markers, 1.0), 6.0)
    assert found.method == "one marker at a time"
    assert found.considered[0].markers == ("a",) and found.considered[1].markers == ("a", "b")
    assert len(found.panel.markers) <= 6 and found.price == len(found.panel.markers)
    areas = [step.auc for step in found.considered]
    assert areas == sorted(areas)


def test_a_panel_chosen_from_noise_looks_good_only_on_its_own_people(
    cancer: CancerAtDiagnosis, chain_of: ChainOf
) -> None:
    naive, held_out, compared = [], [], []
    for seed in range(6):
        signals = made(cancer, chain_of(*[0.0] * 10), "abcdefghij", 60, seed)
        found = best_panel(signals, dict.fromkeys("abcdefghij", 1.0), 10.0)
        naive.append(found.naive.value)
        held_out.append(found.held_out.value)
        compared.append(found.considered[-1].auc)  # of all ten markers, on people whom they were not fitted to
        assert found.optimism == pytest.approx(found.naive.value - found.held_out.value)
    assert np.mean(naive) > 0.6 and np.mean(held_out) == pytest.approx(0.5, abs=0.07)
    assert np.mean(compared) < 0.6


@settings(max_examples=20)
@given(budget=st.floats(1.0, 12.0), seed=st.integers(0, 1000))
def test_the_budget_is_kept(cancer: CancerAtDiagnosis, chain_of: ChainOf, budget: float, seed: int) -> None:
    prices = {"a": 5.0, "b": 1.0, "c": 3.0}
    found = best_panel(made(cancer, chain_of(0.5, 0.1, 0.3), "abc", 80, seed), prices, budget)
    assert found.price == sum(prices[name] for name in found.panel.markers) <= budget


def test_the_half_held_out_has_no_say(cancer: CancerAtDiagnosis, chain_of: ChainOf) -> None:
    signals = made(cancer, chain_of(0.5, 0.1, 0.3), "abc", 300)
    spoilt = signals.signals.copy()
    spoilt[~signals.members.is_training] *= -7.0
    prices = dict.fromkeys("abc", 1.0)
    one, two = (best_panel(each, prices, 2.0) for each in (signals, replace(signals, signals=spoilt)))
    assert one.panel.markers == two.panel.markers and one.naive == two.naive and one.held_out != two.held_out


def test_impossible_purchases_are_refused(cancer: CancerAtDiagnosis, chain_of: ChainOf) -> None:
    signals = made(cancer, chain_of(0.5, 0.1), "ab", 50)
    with pytest.raises(InputError, match="price of b"):
        best_panel(signals, {"a": 1.0}, 5.0)
    with pytest.raises(InputError, match="no marker is within a budget of 5"):
        best_panel(signals, {"a": 1.0, "b": 2.0}, 5.0, per_sample=4.5)
    with pytest.raises(InputError, match="below zero"):
        best_panel(signals, {"a": -1.0, "b": 2.0}, 5.0)
    few = signals.part(signals.members.of_arm(CASES) | (np.arange(100) < 52) | ~signals.members.of_arm(CONTROLS))
    with pytest.raises(InputError, match="at least"):
        best_panel(few, {"a": 1.0, "b": 2.0}, 5.0)
