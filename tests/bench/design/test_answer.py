"""Answers: the front under draws, goals that cannot be reached and what limits them, and the same answer every time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exocosm.bench.design.answer import Design, design
from exocosm.bench.design.examine import robust
from exocosm.bench.design.goals import COLUMN, read_goals
from exocosm.bench.design.search import screen
from exocosm.bench.influence import rank_correlations
from exocosm.errors import InputError


def answer(toys: Any, tmp_path: Path, goals: str = "", draws: int = 60, seed: int = 1, keep: int = 25) -> Design:
    space = tmp_path / "space.yaml"
    space.write_text(toys.space)
    numbers = toys.numbers(draws=draws, seed=seed)
    return design(toys.start, read_goals(goals or toys.goals, numbers), space, numbers, keep=keep)


def test_the_front_holds_what_nothing_that_keeps_the_goals_betters(toys: Any, tmp_path: Path) -> None:
    found = answer(toys, tmp_path)
    goals, values = found.goals, found.screened.values
    assert found.reach.can_be and found.reach.number == goals.met(values).sum()
    assert goals.met(values[list(found.front)]).all()
    good = goals.costs(values[goals.met(values)])
    for row in goals.costs(values[list(found.front)]):
        assert not ((good <= row).all(axis=1) & (good < row).any(axis=1)).any()


def test_chances_are_shares_of_the_draws(toys: Any, tmp_path: Path) -> None:
    found = answer(toys, tmp_path)
    first = found.examined[0]
    numbers = toys.numbers(draws=60)
    kept = []
    for draw in range(60):
        place = np.array([first.place])
        values = screen(toys.start, found.screened.space, place, "small_ev", numbers.drawn(draw)).values[0]
        np.testing.assert_array_equal(values, first.draws[draw])
        kept.append(
            values[COLUMN["yield"]] >= 8e8
            and values[COLUMN["lipoprotein_per_particle"]] <= 20
            and values[COLUMN["time"]] <= 120
            and values[COLUMN["cost"]] <= 50
        )
    assert first.chance == np.mean(kept)
    assert 0 < first.chance < 1
    assert [one.chance for one in found.examined] == sorted((one.chance for one in found.examined), reverse=True)
    assert all(one.chance <= min(one.chance_of) for one in found.examined)
    low, high = first.interval("yield")
    assert low < first.value("yield") < high


def test_robust_is_the_share_of_draws_on_the_front(toys: Any) -> None:
    goals = read_goals(toys.goals, toys.numbers())
    drawn = np.random.default_rng(5).uniform(1, 2, (30, 8, len(COLUMN)))
    drawn[3, 2] = np.nan  # could not be done in this draw
    by_hand = np.zeros(8)
    for values in drawn:
        costs = goals.costs(values)
        for number, mine in enumerate(costs):
            bettered = ((costs <= mine).all(axis=1) & (costs < mine).any(axis=1)).any()
            by_hand[number] += not bettered and not np.isnan(mine).any()
    assert (by_hand < 30).all() and (by_hand > 0).all()
    np.testing.assert_allclose(robust(goals, drawn), by_hand / 30)


def test_what_moves_a_protocol_most_is_found(toys: Any, tmp_path: Path) -> None:
    # with a yield that always suffices, only the column's number decides on the lipoprotein of what is left
    goals = toys.goals.replace("8e8", "1e6").replace("at_most: 20", "at_most: 7").replace("2 h", "9 h")
    found = answer(toys, tmp_path, goals, draws=200)
    plain = [one for one in found.examined if "plain" in one.label and one.chance < 1]
    assert plain
    for one in plain:
        assert one.judged_by == "lipoprotein_per_particle"
        assert one.influences[0].pin.value.id == "toy-toy_kept-plain_column"
        assert one.influences[0].rank_correlation < -0.9  # the more it keeps, the less is left
        assert "toy-price-plain_column" not in [each.pin.value.id for each in one.influences]


def test_a_single_goal_that_binds_is_named_with_what_it_must_give(toys: Any, tmp_path: Path) -> None:
    found = answer(toys, tmp_path, toys.goals.replace("50 euro", "15 euro"))
    assert not found.reach.can_be
    first = found.reach.relaxed[0]
    assert first.bound.measure.name == "cost"
    assert first.value == 16.0  # two tubes and a plain column
    assert first.factor == pytest.approx(16 / 15)
    assert found.examined  # the closest are examined all the same


def test_goals_out_of_reach_in_every_way_have_a_nearest(toys: Any, tmp_path: Path) -> None:
    impossible = toys.goals.replace("8e8", "1e13").replace("at_most: 20", "at_most: 0.001")
    found = answer(toys, tmp_path, impossible)
    assert not found.reach.can_be and not found.reach.relaxed
    missed = {each.bound.measure.name for each in found.reach.nearest}
    assert {"yield", "lipoprotein_per_particle"} <= missed
    worst = max(each.factor for each in found.reach.nearest)
    values = found.screened.values[found.screened.done]
    every = [
        max(float(bound.shortfall(row[[COLUMN[bound.measure.name]]])[0]) for bound in found.goals.bounds)
        for row in values
    ]
    assert worst == pytest.approx(min(every))
    assert all(one.chance == 0 for one in found.examined)


def test_what_the_lab_does_not_own_is_named_as_the_limit(toys: Any, tmp_path: Path) -> None:
    owned = toys.goals.replace("50 euro", "200 euro").replace("at_most: 20", "at_most: 1")
    found = answer(toys, tmp_path, owned + "own: {devices: [toy_tube, plain_column]}\n")
    assert not found.reach.can_be
    assert [field for field, _ in found.reach.foreign] == ["devices"]
    assert answer(toys, tmp_path, owned).reach.can_be


def test_equal_seeds_give_equal_answers(toys: Any, tmp_path: Path) -> None:
    one, again, other = (answer(toys, tmp_path, seed=seed) for seed in (1, 1, 2))
    assert one.front == again.front
    for first, second in zip(one.examined, again.examined, strict=True):
        np.testing.assert_array_equal(first.draws, second.draws)
        assert (first.label, first.chance, first.robust) == (second.label, second.chance, second.robust)
    assert any((a.draws != b.draws).any() for a, b in zip(one.examined, other.examined, strict=True))


def test_a_sample_that_no_protocol_can_take_is_told_with_the_reasons(toys: Any, tmp_path: Path) -> None:
    space = tmp_path / "space.yaml"
    space.write_text(toys.space.replace("{try: rotors}", "unheard_of"))
    numbers = toys.numbers(draws=10)
    with pytest.raises(InputError, match="there is no rotor 'unheard_of'"):
        design(toys.start, read_goals(toys.goals, numbers), space, numbers)


def test_rank_correlation_is_exact_for_monotone_values_and_shares_ties() -> None:
    x = np.array([1.0, 5.0, 2.0, 9.0])
    found = rank_correlations(np.array([x, -x, x**3]), np.exp(x))
    np.testing.assert_allclose(found, [1.0, -1.0, 1.0])
    from scipy.stats import spearmanr

    y, z = np.array([1.0, 1.0, 2.0, 5.0, 5.0]), np.array([3.0, 1.0, 1.0, 7.0, 2.0])
    np.testing.assert_allclose(rank_correlations(y[None], z)[0], spearmanr(y, z).statistic)
