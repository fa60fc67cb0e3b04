"""Performance against scikit-learn, statsmodels and the binormal formula."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import roc_auc_score, roc_curve
from statsmodels.stats.proportion import proportion_confint

from exocosm.errors import InputError
from exocosm.screening.at_diagnosis import CancerAtDiagnosis
from exocosm.screening.cohort import CASES, Chain, Cohort, signals_of
from exocosm.screening.performance import (
    Interval,
    auc,
    performance_of,
    predictive_values,
    proportion,
    roc,
    sensitivity_at,
)
from exocosm.screening.score import trained_panel

ChainOf = Callable[..., Chain]
SCORES = st.lists(st.integers(-8, 8).map(float), min_size=2, max_size=30)  # small whole numbers: many ties


def labelled(cases: list[float], controls: list[float]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([1] * len(cases) + [0] * len(controls)), np.array([*cases, *controls])


@given(SCORES, SCORES)
def test_auc_is_that_of_scikit_learn_ties_included(cases: list[float], controls: list[float]) -> None:
    found = auc(cases, controls)
    assert found.value == pytest.approx(roc_auc_score(*labelled(cases, controls)), abs=1e-12)
    assert 0.0 <= found.low <= found.value <= found.high <= 1.0


@given(SCORES, SCORES)
def test_auc_does_not_change_under_rising_transforms_and_turns_with_the_sign(
    cases: list[float], controls: list[float]
) -> None:
    plain, moved = auc(cases, controls), auc(np.exp(cases), np.exp(controls))
    assert (plain.value, plain.low, plain.high) == pytest.approx((moved.value, moved.low, moved.high))
    turned = auc(-np.array(cases), -np.array(controls))
    assert turned.value == pytest.approx(1.0 - plain.value)
    assert turned.low == pytest.approx(1.0 - plain.high, abs=1e-9)


@given(SCORES, SCORES)
def test_roc_is_that_of_scikit_learn_and_sensitivity_falls_as_specificity_rises(
    cases: list[float], controls: list[float]
) -> None:
    found = roc(cases, controls)
    false_positive, true_positive, _ = roc_curve(*labelled(cases, controls), drop_intermediate=False)
    np.testing.assert_allclose(found.sensitivity, true_positive, atol=1e-12)
    np.testing.assert_allclose(1.0 - found.specificity, false_positive, atol=1e-12)
    wanted = np.linspace(0.0, 1.0, 12)
    sensitivities = [sensitivity_at(cases, controls, specificity).value for specificity in wanted]
    assert np.all(np.diff(sensitivities) <= 0)


def delong_plainly(cases: np.ndarray, controls: np.ndarray) -> float:
    """DeLong's variance, pair by pair."""
    pairs = (cases[:, None] > controls) + 0.5 * (cases[:, None] == controls)
    return float(pairs.mean(axis=1).var(ddof=1) / cases.size + pairs.mean(axis=0).var(ddof=1) / controls.size)


def test_the_interval_of_auc_is_delongs() -> None:
    random = np.random.default_rng(5)
    cases, controls = np.round(random.normal(1, 1, 60), 1), np.round(random.normal(0, 1, 80), 1)
    found = auc(cases, controls)
    reach = 1.959964 * np.sqrt(delong_plainly(cases, controls)) / (found.value * (1 - found.value))
    logit = np.log(found.value / (1 - found.value))
    assert (found.low, found.high) == pytest.approx((norm_expit(logit - reach), norm_expit(logit + reach)), rel=1e-6)


def norm_expit(x: float) -> float:
    return 1.0 / (1.0 + np.exp(-x))


def test_the_interval_of_auc_holds_the_binormal_truth_as_often_as_it_says() -> None:
    random, shift = np.random.default_rng(11), 1.2
    truth = float(norm.cdf(shift / np.sqrt(2.0)))
    held = [truth in auc(random.normal(shift, 1, 40), random.normal(0, 1, 60)) for _ in range(600)]
    assert np.mean(held) == pytest.approx(0.95, abs=0.03)
    many = auc(random.normal(shift, 1, 20_000), random.normal(0, 1, 20_000), level=0.999)
    assert many.value == pytest.approx(truth, abs=0.008) and truth in many


def test_groups_wholly_apart_leave_doubt_all_the_same() -> None:
    found = auc([3, 4, 5], [0, 1, 2, 2])
    assert (found.value, found.high) == (1.0, 1.0) and found.low == pytest.approx(0.025 ** (1 / 3))
    assert auc([0, 1], [3, 4]).low == 0.0
    assert auc([1.0], [0.0, 2.0]).low == 0.0 and auc([1.0], [0.0, 2.0]).high == 1.0


@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.5, 0.999))
def test_the_interval_of_a_share_is_that_of_statsmodels(counts: tuple[int, int], level: float) -> None:
    found = proportion(*counts, level)
    low, high = proportion_confint(*counts, alpha=1 - level, method="beta")
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)


def test_predictive_values_are_those_of_a_table_of_counts() -> None:
    # 100 000 people, prevalence 1 %: 900 of 1000 with and 4950 of 99 000 without are positive
    ppv, npv = predictive_values(Interval(0.9, 0.85, 0.94), Interval(0.95, 0.93, 0.97), 0.01)
    assert ppv.value == pytest.approx(900 / (900 + 4950))
    assert npv.value == pytest.approx(94050 / (94050 + 100))
    assert ppv.low < ppv.value < ppv.high and npv.low < npv.value < npv.high


def test_the_interval_of_a_predictive_value_holds_as_often_as_it_says() -> None:
    random, level = np.random.default_rng(3), np.sqrt(0.95)
    truth = 0.8 * 0.1 / (0.8 * 0.1 + 0.1 * 0.9)
    held = []
    for hits, clear in zip(random.binomial(50, 0.8, 1500), random.binomial(80, 0.9, 1500), strict=True):
        ppv, _ = predictive_values(proportion(int(hits), 50, level), proportion(int(clear), 80, level), 0.1)
        held.append(truth in ppv)
    assert ppv.level == pytest.approx(0.95) and np.mean(held) >= 0.95


def test_a_cohort_is_judged_on_the_half_held_out(
    cancer: CancerAtDiagnosis, other_cancer: CancerAtDiagnosis, chain_of: ChainOf
) -> None:
    chain = chain_of(0.5, 0.0)
    cohort = Cohort(cancer, 4000, 4000, others=((other_cancer, 2000),))
    signals = signals_of(cohort, chain, ("a", "b"), others={"other cancer": chain})
    panel = trained_panel(signals, 0.9)
    scores = panel.scores(signals)
    found = performance_of(scores, panel, 0.01)
    naive = performance_of(scores, panel, 0.01, training=True)
    held_out = scores.half(training=False)
    assert (found.half, naive.half) == ("held out", "training") and found.cases == held_out.of(CASES).size
    assert found.cases + naive.cases == 4000
    assert 0.9 in found.specificity and found.ppv.value < found.sensitivity.value
    assert [stage.stage for stage in found.by_stage] == ["I", "II"]
    assert sum(stage.people for stage in found.by_stage) == found.cases
    assert found.by_stage[0].sensitivity.high < found.by_stage[1].sensitivity.low
    # the other cancer raises the same marker: the test says cancer, not which
    ((name, positive, apart),) = found.other_cancers
    assert name == "other cancer" and positive.value > 0.4 and apart.value < 0.6


def test_what_cannot_be_judged_is_refused(cancer: CancerAtDiagnosis, chain_of: ChainOf) -> None:
    for wrong in (lambda: auc([], [1.0]), lambda: auc([np.nan], [1.0]), lambda: proportion(3, 2),
                  lambda: predictive_values(proportion(1, 2), proportion(1, 2), 0.0)):  # fmt: skip
        with pytest.raises(InputError):
            wrong()
    signals = signals_of(Cohort(cancer, 40, 40), chain_of(1.0), ("a",))
    panel = trained_panel(signals, 0.9)
    with pytest.raises(InputError, match="needs both"):
        performance_of(panel.scores(signals.part(signals.members.is_case)), panel, 0.01)
