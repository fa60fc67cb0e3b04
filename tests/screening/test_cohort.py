"""Cohorts: who is in them, in whatever pieces they are computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.errors import InputError
from exocosm.screening.at_diagnosis import CancerAtDiagnosis
from exocosm.screening.cohort import CASES, CONTROLS, NO_STAGE, Chain, Cohort, members_of, scores_of, signals_of
from exocosm.screening.people import People
from exocosm.screening.score import trained_panel

ChainOf = Callable[..., Chain]


@given(seed=st.integers(0, 10**6), chunk=st.integers(1, 400), people=st.integers(30, 300))
def test_the_same_seed_gives_the_same_at_any_chunk_size(
    cancer: CancerAtDiagnosis, chain_of: ChainOf, seed: int, chunk: int, people: int
) -> None:
    cohort, chain = Cohort(cancer, people, 20, seed=seed), chain_of(1.0, 0.0, assay=0.5)
    whole, pieces = (signals_of(cohort, chain, ("a", "b"), chunk=size) for size in (100_000, max(chunk, people // 20)))
    np.testing.assert_array_equal(whole.signals, pieces.signals)
    np.testing.assert_array_equal(whole.members.diameter, pieces.members.diameter)
    np.testing.assert_array_equal(whole.members.is_training, pieces.members.is_training)


def test_people_stay_who_they_are_when_there_are_more(cancer: CancerAtDiagnosis) -> None:
    few, many = Cohort(cancer, 100, 10), Cohort(cancer, 5000, 10)
    first, more = (members_of(one, one.arm(CASES), 0, 100) for one in (few, many))
    for name in ("stage", "diameter", "doubling_time", "is_training"):
        np.testing.assert_array_equal(getattr(first, name), getattr(more, name))
    assert 2300 < members_of(many, many.arm(CASES), 0, 5000).is_training.sum() < 2700


def test_a_cohort_follows_the_shares_and_sizes_of_its_cancer(cancer: CancerAtDiagnosis) -> None:
    cohort = Cohort(cancer, 40_000, 0)
    members = members_of(cohort, cohort.arm(CASES), 0, 40_000)
    assert np.mean(members.stage == 0) == pytest.approx(0.25, abs=0.01)
    assert np.median(members.diameter[members.stage == 1]) == pytest.approx(40.0, rel=0.02)
    assert np.log(members.diameter[members.stage == 1]).std() == pytest.approx(0.4, abs=0.02)
    assert np.log(members.doubling_time).std() == pytest.approx(0.5, abs=0.02)


def test_arms_and_what_their_people_have(
    cancer: CancerAtDiagnosis, other_cancer: CancerAtDiagnosis, chain_of: ChainOf
) -> None:
    cohort = Cohort(cancer, 30, 40, others=((other_cancer, 20),))
    signals = signals_of(cohort, chain_of(5.0), ("a",), others={"other cancer": chain_of(0.0)})
    members = signals.members
    assert members.arms == (CASES, CONTROLS, "other cancer") and members.number == 90
    assert [int(members.of_arm(arm).sum()) for arm in members.arms] == [30, 40, 20]
    assert members.of_arm("no such arm").sum() == 0
    assert members.is_case.sum() == 30 and np.all(members.of_arm(CASES) == members.is_case)
    assert np.all(members.diameter[members.of_arm(CONTROLS)] == 0)
    assert np.all(members.diameter[members.of_arm("other cancer")] > 0)
    assert np.all(members.stage[members.of_arm("other cancer")] == NO_STAGE)
    assert signals.signals[members.is_case].mean() > 10 > 3 > signals.signals[members.of_arm("other cancer")].mean()


def test_the_tumour_stays_when_biology_is_still(cancer: CancerAtDiagnosis, chain_of: ChainOf) -> None:
    cohort = Cohort(cancer, 200, 200)
    still = replace(cohort, still=frozenset({"biology"}))
    one, other = (signals_of(each, chain_of(1.0), ("a",)) for each in (cohort, still))
    np.testing.assert_array_equal(one.members.diameter, other.members.diameter)
    np.testing.assert_allclose(other.signals[:, 0], np.log1p(other.members.diameter))


def test_scores_in_pieces_are_the_scores_of_the_whole(cancer: CancerAtDiagnosis, chain_of: ChainOf) -> None:
    cohort, chain, markers = Cohort(cancer, 500, 500), chain_of(1.0, 0.2), ("a", "b")
    signals = signals_of(cohort, chain, markers)
    panel = trained_panel(signals, 0.9)
    scores = scores_of(cohort, chain, panel.scoring(markers), markers, chunk=77)
    np.testing.assert_allclose(scores.scores, panel.scores(signals).scores, rtol=1e-12)


def test_fresh_people_are_others(cancer: CancerAtDiagnosis, chain_of: ChainOf) -> None:
    cohort = Cohort(cancer, 50, 0)
    one, other = (signals_of(each, chain_of(1.0), ("a",)) for each in (cohort, cohort.fresh("again", cases=50)))
    assert not np.any(one.signals == other.signals)


def test_faulty_chains_and_cohorts_are_refused(
    cancer: CancerAtDiagnosis, other_cancer: CancerAtDiagnosis, chain_of: ChainOf
) -> None:
    def nothing(people: People, diameter: np.ndarray, has_tumour: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.full((people.number, 1), np.nan), np.full((people.number, 1), False)

    with pytest.raises(InputError, match="neither a number nor censored"):
        signals_of(Cohort(cancer, 5, 5), nothing, ("a",))
    with pytest.raises(InputError, match="shape"):
        signals_of(Cohort(cancer, 5, 5), chain_of(1.0), ("a", "b"))
    with pytest.raises(InputError, match="no chain is given for people with other cancer"):
        signals_of(Cohort(cancer, 5, 5, others=((other_cancer, 5),)), chain_of(1.0), ("a",))
    with pytest.raises(InputError, match="more than"):
        signals_of(Cohort(cancer, 9_000_000, 5), chain_of(1.0), tuple("abcdefgh"))
    with pytest.raises(InputError, match="twice"):
        Cohort(cancer, 5, 5, others=((cancer, 5),))
    with pytest.raises(InputError, match="below zero"):
        Cohort(cancer, -1, 5)
    with pytest.raises(InputError, match="did you mean 'cases'"):
        Cohort(cancer, 5, 5).arm("case")
