from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.errors import EvidenceError
from exocosm.evidence.spread import NORMAL_90, NORMAL_95, draw, spread_of, summary
from exocosm.evidence.value import Value

BASE = Value("x", "some_rate", 4.0, "1/h", method="model_constant")
positive = st.floats(1e-6, 1e6)
factors = st.floats(1.01, 30.0)
scores = st.floats(-6, 6)


def with_sd(kind: str, sd: float, distribution: str = "lognormal", **changes: object) -> Value:
    return replace(BASE, spread_kind=kind, spread=sd, distribution=distribution, **changes)  # type: ignore[arg-type]


def with_range(low: float, high: float, distribution: str, kind: str = "assumed_range", **changes: object) -> Value:
    return replace(BASE, spread_kind=kind, low=low, high=high, distribution=distribution, **changes)  # type: ignore[arg-type]


def test_between_subject_sd() -> None:
    spread = spread_of(with_sd("between_subject_sd", 1.0, n=16))
    assert spread.variability == pytest.approx(math.sqrt(math.log1p(0.25**2)))
    assert spread.uncertainty == pytest.approx(math.sqrt(math.log1p((0.25 / 4) ** 2)))
    unknown = spread_of(with_sd("between_subject_sd", 1.0, "normal"))
    assert unknown.uncertainty == pytest.approx(1 / math.sqrt(3)) and unknown.variability == 1.0
    assert "taken as 3" in unknown.words


@pytest.mark.parametrize("kind", ["standard_error", "unstated_sd"])
def test_other_sds_are_uncertainty_only(kind: str) -> None:
    spread = spread_of(with_sd(kind, 1.0, "normal", n=16))
    assert (spread.uncertainty, spread.variability) == (1.0, 0.0)
    both = spread_of(with_sd(kind, 1.0, "lognormal", between_subject_cv=0.3))
    assert both.variability == pytest.approx(math.sqrt(math.log1p(0.09)))
    assert draw(spread_of(with_sd(kind, 1.0, "normal", between_subject_cv=0.3)), 0.0, 1.0) == pytest.approx(5.2)


@pytest.mark.parametrize("distribution", ["lognormal", "normal"])
@pytest.mark.parametrize(("kind", "score"), [("assumed_range", NORMAL_95), ("between_study_range", NORMAL_90)])
def test_ranges_are_met_even_if_uneven(distribution: str, kind: str, score: float) -> None:
    spread = spread_of(with_range(1.0, 40.0, distribution, kind))
    assert draw(spread, [-score, 0.0, score]) == pytest.approx([1.0, 4.0, 40.0])
    assert draw(spread, 0.0) == 4.0


@pytest.mark.parametrize("distribution", ["uniform", "loguniform"])
def test_flat_ranges_are_outermost_limits(distribution: str) -> None:
    spread = spread_of(with_range(1.0, 16.0, distribution))
    values = draw(spread, [-40.0, 0.0, 40.0])
    assert values == pytest.approx([1.0, 4.0, 16.0])
    quarter = draw(spread, -0.6744897501960817)  # a quarter of the probability lies below
    assert quarter == pytest.approx(2.5 if distribution == "uniform" else 2.0)
    differing = spread_of(with_range(1.0, 16.0, distribution, between_subject_cv=0.5))
    assert draw(differing, 0.0, 1.0) == pytest.approx(4.0 * math.exp(math.sqrt(math.log1p(0.25))))


def test_symmetric_uniform_is_uniform() -> None:
    z = np.random.default_rng(5).standard_normal(20_000)
    values = draw(spread_of(with_range(2.0, 6.0, "uniform")), z)
    counts, _ = np.histogram(values, bins=8, range=(2, 6))
    assert counts.sum() == 20_000 and counts.min() > 2300 and counts.max() < 2700


def test_a_range_of_zero_to_something_can_be_uniform() -> None:
    spread = spread_of(with_range(0.0, 8.0, "uniform", between_subject_cv=0.2))
    assert draw(spread, -40.0, 0.0) == pytest.approx(0.0)
    negative = spread_of(with_range(-8.0, 8.0, "uniform", between_subject_cv=0.5))
    assert draw(negative, 0.0, 1.0) == pytest.approx(6.0)


def test_lognormal_draws_have_the_cv() -> None:
    z = np.random.default_rng(7).standard_normal(200_000)
    values = draw(spread_of(with_sd("between_subject_sd", 2.0)), 0.0, z)
    assert values.std() / values.mean() == pytest.approx(0.5, rel=0.02)
    assert np.median(values) == pytest.approx(4.0, rel=0.01)


@pytest.mark.parametrize(
    ("unit", "top"), [("dimensionless", 1.0), ("percent", 100.0), ("percent_injected_dose", 100.0)]
)
@given(fraction=st.floats(0.001, 0.999), z=st.floats(-300, 300))
def test_fractions_stay_fractions(unit: str, top: float, fraction: float, z: float) -> None:
    row = replace(with_sd("between_subject_sd", 0.1 * top, "logitnormal"), value=fraction * top, unit=unit)
    spread = spread_of(row)
    assert 0 < draw(spread, z, z) < top
    assert draw(spread, 0.0, 0.0) == row.value
    moved = draw(spread, 1e-3, 0.0)
    logit = math.log(row.value / (top - row.value)) + 1e-3 * spread.uncertainty
    assert moved == pytest.approx(top / (1 + math.exp(-logit)), rel=1e-9)


@given(
    value=positive,
    below=factors,
    above=factors,
    z=scores,
    distribution=st.sampled_from(["lognormal", "loguniform", "uniform"]),
)
def test_zero_scores_give_the_value_and_draws_rise_with_the_score(value, below, above, z, distribution) -> None:
    row = replace(with_range(value / below, value * above, distribution), value=value)
    spread = spread_of(row)
    assert draw(spread, 0.0, 0.0) == value
    assert draw(spread, z) <= draw(spread, z + 0.1)
    assert draw(spread, z) > 0
    assert (draw(spread, z) < value) == (z < 0) or abs(z) < 1e-9


def test_shapes_broadcast() -> None:
    spread = spread_of(with_sd("between_subject_sd", 1.0))
    assert draw(spread, np.zeros((5, 1)), np.zeros((1, 7))).shape == (5, 7)
    assert np.ndim(draw(spread, 0.0, 0.0)) == 0


def test_no_spread_is_said_and_none_is_drawn() -> None:
    spread = spread_of(BASE)
    assert list(draw(spread, [-3.0, 3.0], [3.0, -3.0])) == [4.0, 4.0]
    assert "no spread is stated" in summary(spread)
    assert "95 %" not in summary(spread)


def test_summary_tells_both_levels() -> None:
    words = summary(spread_of(with_range(1.0, 16.0, "lognormal", between_subject_cv=0.3)))
    assert "uncertainty of the value: 95 % between 1 and 16" in words
    assert "between subjects: 95 % between 2.25 and 7.11" in words
    flat = summary(spread_of(with_range(0.0, 8.0, "uniform")))
    assert "95 % between 0.2 and 7.8" in flat


def test_a_row_that_is_not_sound_has_no_spread() -> None:
    with pytest.raises(EvidenceError, match="needs a range"):
        spread_of(with_sd("standard_error", 1.0, "uniform"))
