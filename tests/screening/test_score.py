"""Scores of panels: what is learned where, and what is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.accuracy.ranking import auc_between
from exocosm.errors import InputError
from exocosm.screening.at_diagnosis import CancerAtDiagnosis
from exocosm.screening.cohort import CASES, CONTROLS, Chain, Cohort, CohortSignals, signals_of
from exocosm.screening.score import (
    Panel,
    signed_panel,
    trained_panel,
    weighted_panel,
    with_shuffled_labels,
    with_threshold,
)

ChainOf = Callable[..., Chain]


@pytest.fixture(scope="module")
def signals(cancer: CancerAtDiagnosis, chain_of: ChainOf) -> CohortSignals:
    return signals_of(Cohort(cancer, 3000, 3000), chain_of(0.5, -0.3, 0.0), ("up", "down", "noise"))


def area(panel: Panel, signals: CohortSignals) -> float:
    held_out = panel.scores(signals).half(training=False)
    return auc_between(held_out.of(CASES), held_out.of(CONTROLS)).value


@pytest.mark.parametrize("method", ["linear discriminant", "logistic"])
def test_training_finds_the_directions(signals: CohortSignals, method: str) -> None:
    panel = trained_panel(signals, 0.9, method)  # type: ignore[arg-type]
    weights = panel.weights / np.abs(panel.weights).max()
    assert weights[0] == 1.0 and weights[1] < -0.3 and abs(weights[2]) < 0.15
    assert area(panel, signals) > area(weighted_panel(signals, {"up": 1.0}, 0.9), signals)


def test_the_threshold_leaves_the_wanted_share_of_training_controls_negative(signals: CohortSignals) -> None:
    for panel in (trained_panel(signals, 0.9), signed_panel(signals, {"up": "up", "down": "down"}, 0.9)):
        training = panel.scores(signals).half(training=True).of(CONTROLS)
        assert 0.9 <= np.mean(~panel.is_positive(training)) < 0.9 + 2 / training.size
        held_out = panel.scores(signals).half(training=False).of(CONTROLS)
        assert np.mean(~panel.is_positive(held_out)) == pytest.approx(0.9, abs=0.03)


def test_nothing_is_learned_from_the_half_held_out(signals: CohortSignals) -> None:
    spoilt = signals.signals.copy()
    spoilt[~signals.members.is_training] = 1e6
    other = replace(signals, signals=spoilt)
    for make in (
        lambda given: trained_panel(given, 0.9),
        lambda given: signed_panel(given, {"up": "up"}, 0.9),
        lambda given: weighted_panel(given, {"up": 2.0}, 0.9),
        lambda given: with_threshold(weighted_panel(signals, {"up": 2.0}, 0.9), given, 0.8),
    ):
        one, two = make(signals), make(other)
        np.testing.assert_array_equal(one.weights, two.weights)
        np.testing.assert_array_equal(one.scaling.centre, two.scaling.centre)
        np.testing.assert_array_equal(one.scaling.limits, two.scaling.limits)
        assert one.threshold == two.threshold


def test_weights_given_are_taken_on_the_signals_as_they_are(signals: CohortSignals) -> None:
    panel = weighted_panel(signals, {"down": -2.0, "up": 0.5}, 0.9)
    found = panel.scores(signals).scores
    np.testing.assert_allclose(found, 0.5 * signals.signals[:, 0] - 2.0 * signals.signals[:, 1])


def test_a_sum_in_given_directions_is_that_of_z_scores(signals: CohortSignals) -> None:
    panel = signed_panel(signals, {"up": "up", "down": "down"}, 0.9)
    training = signals.half(training=True).signals
    z = (signals.signals - training.mean(axis=0)) / training.std(axis=0)
    np.testing.assert_allclose(panel.scores(signals).scores, z[:, 0] - z[:, 1], atol=1e-10)


def test_censored_signals_count_at_their_limit(signals: CohortSignals) -> None:
    low = signals.signals[:, 0] < -0.5
    missing = replace(
        signals,
        signals=np.where(low[:, None] & np.array([True, False, False]), np.nan, signals.signals),
        censored=low[:, None] & np.array([True, False, False]),
    )
    panel = weighted_panel(missing, {"up": 1.0}, 0.9)
    scores = panel.scores(missing)
    limit = np.nanmin(missing.signals[missing.members.is_training, 0])
    assert np.all(scores.scores[low] == limit)
    np.testing.assert_array_equal(scores.scores[~low], signals.signals[~low, 0])


@pytest.mark.parametrize("seed", range(4))
def test_shuffled_labels_leave_nothing_to_be_found(signals: CohortSignals, seed: int) -> None:
    shuffled = with_shuffled_labels(signals, seed)
    assert shuffled.members.is_case.sum() == signals.members.is_case.sum()
    held_out = trained_panel(shuffled, 0.9).scores(shuffled).half(training=False)
    assert 0.5 in auc_between(held_out.of(CASES), held_out.of(CONTROLS), level=0.999)
    assert area(trained_panel(signals, 0.9), signals) > 0.8


@given(number=st.integers(0, 10_000))
def test_a_marker_of_pure_noise_does_not_help_on_people_held_out(
    cancer: CancerAtDiagnosis, chain_of: ChainOf, number: int
) -> None:
    cohort = Cohort(cancer, 300, 300, seed=number)
    both = signals_of(cohort, chain_of(0.4, 0.0), ("up", "noise"))
    without = trained_panel(both, 0.9, markers=("up",)).scores(both).half(training=False)
    with_noise = trained_panel(both, 0.9).scores(both).half(training=False)
    interval = auc_between(without.of(CASES), without.of(CONTROLS), level=0.999)
    assert auc_between(with_noise.of(CASES), with_noise.of(CONTROLS)).value <= interval.high


def test_a_marker_that_never_varies_gets_no_weight_and_is_told(cancer: CancerAtDiagnosis, chain_of: ChainOf) -> None:
    signals = signals_of(Cohort(cancer, 100, 100), chain_of(0.5, 0.0), ("up", "flat"))
    flat = replace(signals, signals=np.stack([signals.signals[:, 0], np.full(200, 7.3)], axis=1))
    panel = trained_panel(flat, 0.9)
    assert panel.weights[1] == 0.0 and any("flat is the same" in note for note in panel.notes)
    assert np.all(np.isfinite(panel.scores(flat).scores))
    assert signed_panel(flat, {"up": "up", "flat": "up"}, 0.9).weights.tolist() == [1.0, 0.0]


def test_too_few_controls_for_a_specificity_are_told(cancer: CancerAtDiagnosis, chain_of: ChainOf) -> None:
    signals = signals_of(Cohort(cancer, 50, 50), chain_of(0.5), ("up",))
    panel = trained_panel(signals, 0.999)
    assert any("too few" in note for note in panel.notes)
    assert panel.threshold == panel.scores(signals).half(training=True).of(CONTROLS).max()


def test_impossible_panels_are_refused(signals: CohortSignals) -> None:
    with pytest.raises(InputError, match="did you mean 'noise'"):
        weighted_panel(signals, {"noisy": 1.0}, 0.9)
    with pytest.raises(InputError, match="'up' or 'down'"):
        signed_panel(signals, {"up": "sideways"}, 0.9)  # type: ignore[dict-item]
    with pytest.raises(InputError, match="between 0 and 1"):
        trained_panel(signals, 1.0)
    with pytest.raises(InputError, match="at least one marker"):
        trained_panel(signals, 0.9, markers=())
    with pytest.raises(InputError, match="logistic"):
        trained_panel(signals, 0.9, "forest")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="numbers"):
        weighted_panel(signals, {"up": np.nan}, 0.9)
    with pytest.raises(InputError, match="not measured"):
        trained_panel(signals, 0.9).scoring(("up", "down"))
    with pytest.raises(InputError, match="trained on at least"):
        trained_panel(signals.part(signals.members.is_case), 0.9)
