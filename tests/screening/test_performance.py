"""What a test does in a virtual cohort."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.accuracy.ranking import roc
from exocosm.errors import InputError
from exocosm.screening.at_diagnosis import CancerAtDiagnosis
from exocosm.screening.cohort import CASES, Chain, Cohort, signals_of
from exocosm.screening.performance import performance_of, sensitivity_at
from exocosm.screening.score import trained_panel

ChainOf = Callable[..., Chain]
SCORES = st.lists(st.integers(-8, 8).map(float), min_size=2, max_size=30)  # small whole numbers: many ties


@given(SCORES, SCORES)
def test_sensitivity_at_a_specificity_is_on_the_roc_curve_and_falls(cases: list[float], controls: list[float]) -> None:
    wanted = np.linspace(0.0, 1.0, 12)
    sensitivities = [sensitivity_at(cases, controls, specificity).value for specificity in wanted]
    assert np.all(np.diff(sensitivities) <= 0)
    curve = roc(cases, controls)
    for specificity, found in zip(wanted, sensitivities, strict=True):
        assert found == pytest.approx(curve.sensitivity[curve.specificity >= specificity - 1e-9].max(initial=0.0)) or (
            specificity == 0.0 and found == 1.0
        )


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
    signals = signals_of(Cohort(cancer, 40, 40), chain_of(1.0), ("a",))
    panel = trained_panel(signals, 0.9)
    with pytest.raises(InputError, match="needs both"):
        performance_of(panel.scores(signals.part(signals.members.is_case)), panel, 0.01)
