"""Spread split among stages, against models whose variances are known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm.errors import InputError
from exocosm.screening.cohort import Chain
from exocosm.screening.people import STAGES, People
from exocosm.screening.split import split_spread

ChainOf = Callable[..., Chain]
WEIGHTS = {"biology": 2.0, "preanalytics": 1.0, "isolation": 0.5, "assay": 0.0}


def answers_of(at_work: frozenset[str], people: int = 40_000) -> np.ndarray:
    some = People(people, still=frozenset(STAGES) - at_work)
    return sum(weight * some.normals(stage, "x") for stage, weight in WEIGHTS.items())


def test_a_sum_of_independent_parts_gives_their_variances() -> None:
    split = split_spread(answers_of)
    for part in split.parts:
        variance = WEIGHTS[part.stage] ** 2
        # a sample of 40 000: parts are correlated by chance, by half a percent or so
        assert (part.alone, part.lost, part.shapley) == pytest.approx((variance,) * 3, abs=0.06)
    assert split.total == pytest.approx(5.25, rel=0.03) and split.rest == 0.0
    assert split.shares["assay"] == 0.0 and sum(split.shares.values()) == pytest.approx(1.0)
    assert (split.answers, split.left_out) == (40_000, 0)


def test_what_only_two_do_together_is_shared_between_them() -> None:
    def product(at_work: frozenset[str]) -> np.ndarray:
        some = People(40_000, still=frozenset(STAGES) - at_work)
        return some.normals("biology", "x") * some.normals("assay", "x")

    split = split_spread(product)
    parts = {part.stage: part for part in split.parts}
    assert parts["biology"].alone == 0.0 and parts["biology"].lost == split.total
    assert parts["biology"].shapley == pytest.approx(split.total / 2)
    assert parts["isolation"].shapley == pytest.approx(0.0, abs=1e-12)


@given(st.lists(st.floats(-5, 5), min_size=16, max_size=16), st.integers(0, 1000))
def test_the_parts_add_up_whatever_the_stages_do_to_one_another(factors: list[float], seed: int) -> None:
    base = np.random.default_rng(seed).normal(size=50)
    order = {}

    def answers(at_work: frozenset[str]) -> np.ndarray:
        return base * factors[order.setdefault(at_work, len(order))]

    split = split_spread(answers)
    assert sum(part.shapley for part in split.parts) == pytest.approx(split.total - split.rest, rel=1e-9, abs=1e-9)


def test_the_score_of_a_chain_is_split_as_it_was_made(chain_of: ChainOf) -> None:
    chain = chain_of(1.0, biology=1.0, assay=0.5)

    def scores(at_work: frozenset[str]) -> np.ndarray:
        people = People(20_000, still=frozenset(STAGES) - at_work)
        return chain(people, np.full(20_000, 10.0), np.full(20_000, True))[0][:, 0]

    shares = split_spread(scores).shares
    assert shares["biology"] == pytest.approx(0.8, abs=0.02) and shares["assay"] == pytest.approx(0.2, abs=0.02)
    assert shares["isolation"] == 0.0


def test_answers_that_some_sets_do_not_give_are_left_out_and_counted() -> None:
    def answers(at_work: frozenset[str]) -> np.ndarray:
        found = answers_of(at_work, 100)
        if "biology" in at_work:
            found = np.where(np.arange(100) < 7, np.nan, found)
        return found

    split = split_spread(answers)
    assert (split.answers, split.left_out) == (93, 7)
    assert sum(part.shapley for part in split.parts) == pytest.approx(split.total - split.rest)


def test_what_cannot_be_split_is_refused() -> None:
    with pytest.raises(InputError, match="same number of answers"):
        split_spread(lambda at_work: np.zeros(3 + len(at_work)))
    with pytest.raises(InputError, match="a variance needs two"):
        split_spread(lambda at_work: np.full(5, np.nan))
    with pytest.raises(InputError, match="different stages"):
        split_spread(lambda at_work: np.zeros(3), ("a", "a"))
