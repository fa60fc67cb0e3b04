"""The decision curve, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from exocosm.diagnosis.panels.decision import decision_curve
from exocosm.errors import InputError


def test_net_benefit_by_hand() -> None:
    # 4 cases and 5 controls; at even prevalence a chance of 1/2 is a score of 0
    scores = np.array([2.0, 1.0, 1.0, -1.0, -2.0, -2.0, -2.0, -2.0, 1.0])
    is_case = np.arange(9) < 4
    found = decision_curve(scores, is_case, 0.1, thresholds=(0.1, 0.5))
    assert found.model[0] == pytest.approx(0.1 * 0.75 - 0.9 * 0.2 / 9)
    assert found.treat_all[0] == pytest.approx(0.1 - 0.9 / 9)
    assert found.model[1] == 0  # log-odds of 0.1 are -2.2, so that none reaches one half


def test_a_perfect_score_is_worth_the_prevalence_and_noise_is_worth_nothing() -> None:
    is_case = np.arange(400) % 2 == 0
    perfect = decision_curve(np.where(is_case, 20.0, -20.0), is_case, 0.02)
    assert np.allclose(perfect.model, 0.02)
    assert all(perfect.is_useful)
    noise = decision_curve(np.random.default_rng(1).normal(size=400), is_case, 0.02)
    assert np.mean(noise.is_useful) < 0.05


def test_repeats_narrow_no_error() -> None:
    random = np.random.default_rng(2)
    is_case = np.arange(60) % 2 == 0
    scores = random.normal(size=60) + is_case
    once, five = (decision_curve(given, is_case, 0.5) for given in (scores, np.repeat(scores[:, None], 5, axis=1)))
    assert np.allclose(once.model, five.model)
    assert np.allclose(once.error, five.error)


def test_impossible_thresholds_are_refused() -> None:
    with pytest.raises(InputError, match="thresholds"):
        decision_curve(np.zeros(4), np.arange(4) < 2, 0.1, thresholds=(1.0,))
