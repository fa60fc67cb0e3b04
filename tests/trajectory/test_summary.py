from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.errors import InputError
from exocosm.study.resolved import WhatIf
from exocosm.trajectory.break_even import at_position, break_even, crossing, what_if_curve
from exocosm.trajectory.summary import contrast_table, influence_ranking, metric_table, summarise, time_course


def test_uncertainty_does_not_leak_into_variability():
    rng = np.random.default_rng(1)
    draws = np.exp(rng.normal(0, 2.0, (400, 1)))  # we hardly know the value
    animals = np.exp(rng.normal(0, 0.1, (400, 20)))  # animals hardly differ
    found = summarise(np.asarray(10.0), 10 * draws * np.concatenate((np.ones((400, 1)), animals), axis=1))
    assert float(found.variability.low) == pytest.approx(10 * np.exp(-0.196), rel=0.03)
    assert float(found.variability.high) == pytest.approx(10 * np.exp(0.196), rel=0.03)
    assert found.uncertainty.high / found.uncertainty.low > 1000
    assert found.predictive.high / found.predictive.low > 1000


def test_variability_by_difference_where_there_are_zeros_and_signs():
    values = np.array([[[0.0, -1.0], [0.0, -2.0], [0.0, 0.0]]])
    found = summarise(np.array([0.0, 5.0]), values)
    assert found.variability.low[0] == found.variability.high[0] == 0.0
    assert 4.0 <= found.variability.low[1] < 5.0 < found.variability.high[1] <= 6.0


def test_failed_runs_are_left_out_and_counted():
    values = np.array([[1.0, 2.0], [np.nan, np.nan], [3.0, 4.0], [3.0, np.nan]])
    found = summarise(np.asarray(1.0), values)
    assert found.missing == pytest.approx(3 / 8)
    assert found.uncertainty.median == 3.0
    assert np.isnan(summarise(np.asarray(np.nan), np.full((2, 2), np.nan)).predictive.low)


@given(st.lists(st.floats(0.1, 10), min_size=6, max_size=6), st.floats(0.01, 100))
def test_a_summary_scales_with_its_unit(numbers, factor):
    values, central = np.array(numbers).reshape(2, 3), np.asarray(1.0)
    plain, scaled = summarise(central, values), summarise(central * factor, values * factor)
    for name in ("uncertainty", "variability", "predictive"):
        for end in ("low", "median", "high"):
            assert getattr(getattr(scaled, name), end) == pytest.approx(getattr(getattr(plain, name), end) * factor)


VALUES = np.array([1.0, 10.0, 100.0])


def question(over=(1.0, 10.0, 100.0), threshold=2.0):
    return WhatIf("w", "", "arm", "x", over, "", "c", threshold)


def test_break_even_by_interpolation_along_the_logarithm():
    assert crossing(np.array([1.0, 3.0, 9.0]), 2.0) == pytest.approx(0.5)
    assert at_position(VALUES, 0.5) == pytest.approx(10**0.5)
    assert at_position(np.array([1.0, 2.0]), 0.5) == pytest.approx(1.5)  # no decade: a straight line, as it is drawn
    assert at_position(np.array([0.0, 10.0]), 0.5) == pytest.approx(5.0)
    assert crossing(np.array([3.0, 3.0, 9.0]), 2.0) == -np.inf
    assert crossing(np.array([1.0, 1.0, 1.0]), 2.0) == np.inf
    assert crossing(np.array([3.0, 1.0, 0.5]), 2.0, "lower") == pytest.approx(0.5)
    assert np.isnan(crossing(np.array([1.0, np.nan, 9.0]), 2.0))
    assert crossing(np.array([1.0, 3.0, np.nan]), 2.0) == pytest.approx(0.5)


def test_shares_of_draws_and_never_as_infinity():
    curves = np.array([[1.0, 3.0, 9.0], [1.0, 1.0, 1.0], [3.0, 3.0, 3.0], [np.nan, 1.0, 1.0], [1.0, 1.5, 1.8]])
    found = break_even(question(), VALUES, curves, "higher")
    assert (found.already, found.reached, found.never, found.missing) == (0.2, 0.2, 0.4, 0.2)
    assert found.low == -np.inf
    assert found.high == np.inf
    assert found.per_draw[0] == pytest.approx(10**0.5)


def test_a_range_that_runs_downwards():
    down = VALUES[::-1]
    found = break_even(question(tuple(down)), down, np.array([[1.0, 3.0, 9.0], [1.0, 1.0, 1.0]]), "higher")
    assert found.per_draw[0] == pytest.approx(10**1.5)
    assert found.per_draw[1] == -np.inf  # beyond the smallest value tried


def test_tables_of_a_run(tiny_result):
    metrics, contrasts = metric_table(tiny_result), contrast_table(tiny_result)
    assert len(metrics) == 6
    assert (metrics["low"] <= metrics["median"]).all()
    assert (metrics["predictive_low"] <= metrics["low"]).all()
    assert contrasts["share_better"].tolist() == [1.0, 1.0]
    central = metrics[metrics["metric"] == "tissue_exposure"].set_index("arm")["central"]
    gain = contrasts.set_index("contrast")["central"]
    assert gain["gain_in_tissue"] == pytest.approx(central["targeted"] / central["plain"])
    assert gain["more"] == pytest.approx(central["targeted"] - central["plain"])
    assert set(metrics["unit"]) == {"pmol * h", "nmol/mL*h", "pmol * h / (nmol/mL*h)"}


def test_curves_of_a_run(tiny_result):
    course = time_course(tiny_result, "plain", "plasma")
    assert course.times.tolist() == [0.0, 0.5, 1.0, 2.0, 4.0, 8.0]
    assert course.summary.uncertainty.low[0] == course.summary.uncertainty.high[0]  # the volume is known
    assert course.summary.variability.high[0] > course.summary.variability.low[0]  # but animals differ
    curve = what_if_curve(tiny_result, "targeting")
    assert 1.0 < curve.break_even.low <= curve.break_even.median <= curve.break_even.high < 2.0
    assert curve.break_even.reached == 1.0
    with pytest.raises(InputError, match="plasma"):
        time_course(tiny_result, "plain", "plasm")
    with pytest.raises(InputError, match="targeting"):
        what_if_curve(tiny_result, "targetin")


def test_an_arm_without_numbers_for_an_output_has_a_summary_of_nothing(tiny_result):
    data = tiny_result.trajectories
    without = data.where(~((data["arm"] == "plain") & (data["output"] == "plasma")))
    course = time_course(replace(tiny_result, trajectories=without), "plain", "plasma")
    assert course.times.tolist() == data["time"].values.tolist()
    assert course.summary.missing == 1.0
    for name in ("uncertainty", "variability", "predictive"):
        for end in ("low", "median", "high"):
            assert np.isnan(getattr(getattr(course.summary, name), end)).all()
    nothing = summarise(np.empty(0), np.empty((3, 4, 0)))
    assert nothing.uncertainty.low.shape == nothing.variability.high.shape == (0,)


def test_a_typical_animal_that_is_numerically_zero_does_not_split_the_band():
    values = np.array([[1.0, 0.5, 2.0], [1.0, 0.5, 2.0], [-1e-9, 3e-8, 0.4]])  # the last draw is over
    central = np.asarray(1.0)
    split, whole = summarise(central, values), summarise(central, values, negligible=1e-6)
    assert float(split.variability.high) > 1.0 + 0.9
    assert (float(whole.variability.low), float(whole.variability.high)) == (0.5, 2.0)
    over = np.array([[1.0, 0.0, -1e-9]])  # an animal in which nothing is left is a share of nothing, not a difference
    assert float(summarise(np.asarray(4.0), over, negligible=1e-6).variability.high) == 0.0


def test_a_value_that_bends_a_contrast_is_ranked_by_how_far_it_bends_it(tiny_result):
    table = influence_ranking(tiny_result, "gain_in_tissue")
    first, last = table["value_name"].iloc[0], table["value_name"].iloc[-1]
    bent = tiny_result.influence["value_name"] == last
    centre, reach = float(table["centre"].iloc[0]), float(table["reach"].iloc[0])
    ends = {end: tiny_result.influence[end].where(~bent, centre + 2 * reach) for end in ("low", "high")}
    changed = replace(tiny_result, influence=tiny_result.influence.assign(**ends))
    swing = changed.influence.assign(swing=(changed.influence["high"] - changed.influence["low"]).abs())
    found = influence_ranking(replace(changed, influence=swing), "gain_in_tissue")
    assert found["value_name"].tolist()[:2] == [last, first]
    assert found["reach"].iloc[0] == pytest.approx(2 * reach)
