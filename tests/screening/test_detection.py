"""Detection by diameter, against the probability that a normal signal passes a threshold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from exocosm.errors import InputError
from exocosm.screening.at_diagnosis import CancerAtDiagnosis
from exocosm.screening.cohort import Chain, Cohort, signals_of
from exocosm.screening.detection import DetectionCurve, detection_by_diameter, smallest_detectable
from exocosm.screening.score import Panel, weighted_panel

ChainOf = Callable[..., Chain]
GRID = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)


@pytest.fixture(scope="module")
def panel(cancer: CancerAtDiagnosis, chain_of: ChainOf) -> Panel:
    """Positive above 2, on a marker with slope 1 and sd 1."""
    signals = signals_of(Cohort(cancer, 50, 50), chain_of(1.0), ("a",))
    return replace(weighted_panel(signals, {"a": 1.0}, 0.9), threshold=2.0)


@pytest.fixture(scope="module")
def curve(cancer: CancerAtDiagnosis, chain_of: ChainOf, panel: Panel) -> DetectionCurve:
    return detection_by_diameter(Cohort(cancer, 50, 50), chain_of(1.0), panel, ("a",), GRID, people=20_000)


def test_detection_is_the_chance_to_pass_the_threshold(curve: DetectionCurve) -> None:
    truth = norm.sf(2.0 - np.log1p(GRID))
    np.testing.assert_allclose(curve.probability, truth, atol=0.012)
    assert np.all((curve.low <= curve.probability) & (curve.probability <= curve.high))
    assert curve.false_positive.value == pytest.approx(norm.sf(2.0), abs=0.005)
    # the same people: a larger tumour is never found less often
    np.testing.assert_array_equal(curve.smooth(), curve.probability)


def test_the_smallest_diameter_is_where_the_curve_passes(curve: DetectionCurve) -> None:
    found = smallest_detectable(curve, 0.9)
    truth = np.expm1(2.0 + norm.ppf(0.9))
    assert found.diameter == pytest.approx(truth, rel=0.08)
    assert found.low is not None and found.high is not None and found.low <= found.diameter <= found.high


def test_pieces_and_order_of_the_grid_change_nothing(
    cancer: CancerAtDiagnosis, chain_of: ChainOf, panel: Panel
) -> None:
    cohort, chain = Cohort(cancer, 50, 50), chain_of(1.0, assay=0.5)
    one = detection_by_diameter(cohort, chain, panel, ("a",), GRID, people=900)
    two = detection_by_diameter(cohort, chain, panel, ("a",), GRID[::-1], people=900, chunk=101)
    np.testing.assert_array_equal(one.probability, two.probability)


def test_what_is_never_found_has_no_diameter_and_says_so(curve: DetectionCurve) -> None:
    rare = replace(curve, probability=0.3 * curve.probability, low=0.2 * curve.low, high=0.4 * curve.high)
    never = smallest_detectable(rare, 0.9)
    assert never.diameter is None and never.low is None and never.high is None
    assert "never within the grid: at 64 mm" in never.words
    always = smallest_detectable(replace(curve, probability=np.ones(len(GRID))), 0.9)
    assert always.diameter == 1.0 and "1 mm or less" in always.words
    everybody = replace(curve, false_positive=replace(curve.false_positive, value=0.95), probability=np.ones(len(GRID)))
    assert "without any tumour" in smallest_detectable(everybody, 0.9).words


def test_a_curve_roughened_by_chance_is_smoothed(curve: DetectionCurve) -> None:
    rough = replace(curve, probability=np.array([0.1, 0.3, 0.2, 0.6, 0.5, 0.9, 1.0]))
    np.testing.assert_allclose(rough.smooth(), [0.1, 0.25, 0.25, 0.55, 0.55, 0.9, 1.0])
    assert smallest_detectable(rough, 0.4).diameter == pytest.approx(4.0 * 2.0**0.5)


def test_impossible_questions_are_refused(
    cancer: CancerAtDiagnosis, chain_of: ChainOf, panel: Panel, curve: DetectionCurve
) -> None:
    for grid in ((), (0.0, 1.0), (np.nan,), tuple(range(1, 300))):
        with pytest.raises(InputError, match="diameters"):
            detection_by_diameter(Cohort(cancer, 5, 5), chain_of(1.0), panel, ("a",), grid, people=10)
    with pytest.raises(InputError, match="people can be asked"):
        detection_by_diameter(Cohort(cancer, 5, 5), chain_of(1.0), panel, ("a",), GRID, people=0)
    with pytest.raises(InputError, match="probability"):
        smallest_detectable(curve, 1.0)
