"""Screening rounds, against the arithmetic of a perfect test with a random phase."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exocosm.bench.numbers import bench_numbers
from exocosm.errors import InputError
from exocosm.screening.at_diagnosis import CancerAtDiagnosis, Stage, cancer_at_diagnosis, of_this
from exocosm.screening.cohort import CASES, Chain, Cohort, members_of, signals_of
from exocosm.screening.people import People
from exocosm.screening.rounds import (
    DAYS_PER_YEAR,
    exponential_growth,
    false_positives,
    interval_for,
    screening_rounds,
    sojourn_times,
)
from exocosm.screening.score import Panel, weighted_panel

ChainOf = Callable[..., Chain]
SEEN = 10.0  # mm, from where the perfect test is positive


def perfect(people: People, diameter: np.ndarray, has_tumour: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The signal is the diameter, without any noise."""
    return diameter[:, None], np.full((people.number, 1), False)


@pytest.fixture(scope="module")
def panel(cancer: CancerAtDiagnosis) -> Panel:
    signals = signals_of(Cohort(cancer, 50, 50), perfect, ("a",))
    return replace(weighted_panel(signals, {"a": 1.0}, 0.9), threshold=SEEN)


@pytest.fixture(scope="module")
def alike(cancer: CancerAtDiagnosis) -> CancerAtDiagnosis:
    """All tumours are diagnosed at 40 mm and double in 100 days: 600 days from 10 to 40 mm."""
    return replace(cancer, stages=(Stage("", 1.0, 40.0, 0.0),), doubling_spread=0.0)


def test_a_perfect_test_is_ahead_by_the_arithmetic_of_its_phase(alike: CancerAtDiagnosis, panel: Panel) -> None:
    # rounds at least as often as the 600 days: all are found, 0 to `interval` after the tumour can be seen
    often = screening_rounds(Cohort(alike, 1, 0), perfect, panel, ("a",), 200.0, people=8000)
    assert often.share_found.value == 1.0 and often.interval_cancers.value == 0.0
    assert 400.0 < often.lead.min() < 402.0 and 598.0 < often.lead.max() < 600.0
    np.testing.assert_allclose(np.array(often.lead_quantiles()), [450.0, 500.0, 550.0], atol=5.0)
    # rarely: found if the phase falls within the 600 days; lead is uniform in 0 to 600
    rarely = screening_rounds(Cohort(alike, 1, 0), perfect, panel, ("a",), 1500.0, people=8000)
    assert rarely.share_found.value == pytest.approx(600.0 / 1500.0, abs=0.015)
    assert np.array(rarely.lead_quantiles()) == pytest.approx([150.0, 300.0, 450.0], abs=15.0)
    assert rarely.share_found.value + rarely.interval_cancers.value == 1.0
    assert np.all(rarely.lead[~rarely.is_found] == 0) and np.all(np.isnan(rarely.diameter_found[~rarely.is_found]))


def test_each_person_is_found_at_the_first_round_after_the_tumour_can_be_seen(
    cancer: CancerAtDiagnosis, panel: Panel
) -> None:
    cohort, interval = Cohort(cancer, 1, 0), 120.0
    found = screening_rounds(cohort, perfect, panel, ("a",), interval, people=3000, chunk=999)
    fresh = cohort.fresh("rounds", cases=3000)
    members = members_of(fresh, fresh.arm(CASES), 0, 3000)
    window = 3.0 * members.doubling_time * np.log2(members.diameter / SEEN)
    assert np.all(found.lead <= np.maximum(window, 0)) and np.all(found.lead >= 0)
    assert np.all(found.lead[window > interval] > window[window > interval] - interval)
    assert not np.any(found.is_found[window <= 0])
    whole = screening_rounds(cohort, perfect, panel, ("a",), interval, people=3000)
    np.testing.assert_array_equal(found.lead, whole.lead)


def test_a_test_counts_only_once_the_tumour_can_be_confirmed(alike: CancerAtDiagnosis, panel: Panel) -> None:
    always = replace(panel, threshold=-1.0)
    found = screening_rounds(Cohort(alike, 1, 0), perfect, always, ("a",), 10.0, people=500)
    window = 3.0 * 100.0 * np.log2(40.0 / alike.confirmable)
    assert found.share_found.value == 1.0
    assert window - 10.0 <= found.lead.min() and found.lead.max() <= window
    assert found.diameter_found.min() >= alike.confirmable
    late = screening_rounds(Cohort(alike, 1, 0), perfect, always, ("a",), 10.0, people=500, longest=100.0)
    assert late.lead.min() >= 90.0 and late.lead.max() <= 100.0


@settings(max_examples=25)
@given(interval=st.floats(50.0, 3000.0), noise=st.floats(0.0, 3.0), seed=st.integers(0, 1000))
def test_lead_times_are_never_negative_and_what_is_found_is_smaller(
    cancer: CancerAtDiagnosis, chain_of: ChainOf, interval: float, noise: float, seed: int
) -> None:
    cohort, chain = Cohort(cancer, 60, 60, seed=seed), chain_of(1.0, assay=noise)
    panel = weighted_panel(signals_of(cohort, chain, ("a",)), {"a": 1.0}, 0.9)
    found = screening_rounds(cohort, chain, panel, ("a",), interval, people=100)
    assert np.all(found.lead >= 0) and np.all((found.lead > 0) == found.is_found)
    assert np.all(found.diameter_found[found.is_found] <= found.diameter_at_diagnosis[found.is_found])


def test_the_longest_interval_is_that_of_the_arithmetic(alike: CancerAtDiagnosis, panel: Panel) -> None:
    def rounds(interval: float):
        return screening_rounds(Cohort(alike, 1, 0), perfect, panel, ("a",), interval, people=4000)

    # from 10 to 20 mm it takes 300 days: half of the tumours are found by 20 mm every 600 days, 60 % every 500
    intervals = tuple(range(50, 1001, 50))
    assert interval_for(0.58, 20.0, intervals, rounds).interval == 500.0
    found = interval_for(0.97, 20.0, intervals, rounds)
    assert found.interval == 300.0 and found.words == "every 300 days" and len(found.tried) < 7
    assert interval_for(0.1, 20.0, intervals, rounds).words.endswith("the longest asked")
    never = interval_for(0.9, SEEN / 2, intervals, rounds)
    assert never.interval is None and "no interval asked finds 0.9 at 5 mm or less" in never.words


def test_false_positives_come_in_the_same_people_again(cancer: CancerAtDiagnosis, chain_of: ChainOf) -> None:
    answers = {}
    for name, chain in (("own", chain_of(1.0, biology=1.0)), ("new", chain_of(1.0, biology=0.0, assay=1.0))):
        panel = weighted_panel(signals_of(Cohort(cancer, 5, 4000), chain, ("a",)), {"a": 1.0}, 0.95)
        answers[name] = false_positives(
            Cohort(cancer, 5, 5), chain, panel, ("a",), DAYS_PER_YEAR / 2, people=4000, rounds=8
        )
    for found in answers.values():
        assert found.per_round.value == pytest.approx(0.05, abs=0.012)
        assert found.per_thousand_years.value == pytest.approx(2000 * found.per_round.value)
        assert found.per_thousand_years.low < found.per_thousand_years.value < found.per_thousand_years.high
    assert answers["own"].ever.value == pytest.approx(answers["own"].per_round.value)
    independent = 1 - (1 - answers["new"].per_round.value) ** 8
    assert answers["new"].ever.value == pytest.approx(independent, abs=0.03)
    # eight looks at the same people tell little more than one
    assert answers["own"].per_round.high - answers["own"].per_round.low > 0.012


def test_no_false_positive_among_some_people_leaves_doubt(cancer: CancerAtDiagnosis, panel: Panel) -> None:
    none = false_positives(Cohort(cancer, 5, 5), perfect, panel, ("a",), 365.0, people=100, rounds=3)
    assert none.per_round.value == 0.0 and none.per_round.high == pytest.approx(0.0362, abs=1e-3)


def test_exponential_growth_doubles_the_volume_in_the_doubling_time() -> None:
    before = exponential_growth(np.array([0.0, 50.0, 100.0]), np.full(3, 20.0), np.full(3, 50.0))
    np.testing.assert_allclose((20.0 / before) ** 3, [1.0, 2.0, 4.0])


def test_impossible_rounds_are_refused(cancer: CancerAtDiagnosis, panel: Panel) -> None:
    cohort = Cohort(cancer, 5, 5)
    with pytest.raises(InputError, match="above zero days"):
        screening_rounds(cohort, perfect, panel, ("a",), 0.0, people=5)
    with pytest.raises(InputError, match="more than 2000"):
        screening_rounds(cohort, perfect, panel, ("a",), 0.001, people=5)
    with pytest.raises(InputError, match="rounds of at least"):
        false_positives(cohort, perfect, panel, ("a",), 365.0, people=5, rounds=0)
    with pytest.raises(InputError, match="at least one interval"):
        interval_for(0.5, 20.0, (), lambda interval: screening_rounds(cohort, perfect, panel, ("a",), 9.0, people=5))
    with pytest.raises(InputError, match="share lies"):
        interval_for(0.0, 20.0, (1,), lambda interval: screening_rounds(cohort, perfect, panel, ("a",), 9.0, people=5))


def test_sojourn_times_are_those_of_exponential_growth_and_near_published_ones(alike: CancerAtDiagnosis) -> None:
    cohort = Cohort(alike, 10, 10)
    members = members_of(cohort, cohort.arm(CASES), 0, 10)
    np.testing.assert_allclose(sojourn_times(members, SEEN), 600.0)
    assert np.all(sojourn_times(members, 50.0) == 0)
    numbers = bench_numbers()
    # what the examination sees is not in the papers: 10 mm by colonoscopy, 15 mm by X-ray, 5 mm by mammography
    for name, smallest in (("colorectal cancer", 10.0), ("lung cancer", 15.0), ("breast cancer", 5.0)):
        cohort = Cohort(cancer_at_diagnosis(numbers, name), 20_000, 0)
        mean = sojourn_times(members_of(cohort, cohort.arm(CASES), 0, 20_000), smallest).mean() / DAYS_PER_YEAR
        published = of_this(numbers, "published_mean_sojourn_time", "year", name)
        assert published / 2 < mean < 2 * published, name
