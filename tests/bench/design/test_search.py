"""The search against plain runs of the protocols it stands for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from exocosm.bench.design.candidates import places, read_space
from exocosm.bench.design.goals import COLUMN, Goals, read_goals
from exocosm.bench.design.search import Screened, screen, steps_of
from exocosm.bench.particles import LIPOPROTEINS
from exocosm.bench.protocol import Protocol, run_protocol
from exocosm.bench.specimen import count_by_kind, protein_by_kind
from exocosm.errors import CheckError, InputError
from exocosm.vesicles.population import scale


def everything(toys: Any, goals: Goals | None = None, most: int = 10_000, numbers: Any = None) -> Screened:
    numbers = numbers or toys.numbers()
    goals = goals or read_goals(toys.goals, numbers)
    space = read_space(toys.space, goals, numbers)
    return screen(toys.start, space, places(space, most, 1), goals.kind, numbers)


def test_the_space_is_the_product_of_its_stages(toys: Any) -> None:
    found = everything(toys)
    assert found.space.shape == (2, 6, 7)  # shares; rotors by times; none, columns by shares, columns and a wash
    assert found.places.shape == (84, 3)
    assert len(np.unique(found.places, axis=0)) == 84


def test_shared_first_steps_give_what_plain_runs_give(toys: Any) -> None:
    numbers = toys.numbers()
    found = everything(toys)
    order = np.random.default_rng(3).permutation(len(found.places))
    shuffled = screen(toys.start, found.space, found.places[order], "small_ev", numbers)
    np.testing.assert_array_equal(shuffled.values, found.values[order])
    could = 0
    for place, values in zip(found.places.tolist(), found.values, strict=True):
        if np.isnan(values[0]):
            continue
        could += 1
        share = found.space.shares[place[0]]
        whole = toys.start(numbers)
        part = whole.with_(population=scale(whole.population, share), volume_ml=whole.volume_ml * share)
        run = run_protocol(
            part,
            Protocol("one", tuple(tried.step for tried in steps_of(toys.start, found.space, place, numbers))),
            numbers,
        )
        product = count_by_kind(run.product.population)
        assert values[COLUMN["yield"]] == product["small_ev"]
        assert values[COLUMN["recovery"]] == pytest.approx(share * run.recovery["small_ev"])
        lipoprotein = sum(product.get(kind, 0.0) for kind in LIPOPROTEINS)
        assert values[COLUMN["lipoprotein_per_particle"]] == lipoprotein / product["small_ev"]
        assert values[COLUMN["protein"]] == sum(protein_by_kind(run.product.population).values())
        assert values[COLUMN["time"]] == run.minutes
        assert values[COLUMN["hands_on"]] == run.hands_on_minutes
        assert values[COLUMN["cost"]] == pytest.approx(run.cost)
    assert could == 84 * 5 // 6


def test_what_cannot_be_done_is_counted_with_its_reason(toys: Any) -> None:
    found = everything(toys)
    assert found.refused == {"toy_spin: the slow rotor runs for 100 min at most": 14}
    assert (~found.done).sum() == 14


def test_a_sample_of_the_space_is_a_part_of_it(toys: Any) -> None:
    whole, part = everything(toys), everything(toys, most=20)
    assert len(part.places) == 20
    known = {tuple(place): values for place, values in zip(whole.places.tolist(), whole.values, strict=True)}
    for place, values in zip(part.places.tolist(), part.values, strict=True):
        np.testing.assert_array_equal(values, known[tuple(place)])
    np.testing.assert_array_equal(part.places, everything(toys, most=20).places)


def test_a_setting_may_be_the_first_that_works(toys: Any) -> None:
    numbers = toys.numbers()
    goals = read_goals(toys.goals, numbers)
    text = toys.space.replace("rotor: {try: rotors}", "rotor: {first: rotors}")
    space = read_space(text, goals, numbers)
    assert space.shape == (2, 3, 7)
    taken = [steps_of(toys.start, space, (1, at, 0), numbers)[0].words["rotor"] for at in range(3)]
    assert taken == ["slow", "slow", "fast"]


def test_only_what_the_lab_owns_is_tried(toys: Any) -> None:
    numbers = toys.numbers()
    owned = toys.goals + "own: {rotors: [slow], devices: [toy_tube, plain_column]}\n"
    space = read_space(toys.space, read_goals(owned, numbers), numbers)
    assert space.shape == (2, 3, 4)
    assert "fine column" not in " ".join(choice.label for choice in space.stages[1].choices)
    spun = read_goals(toys.goals + "own: {methods: [toy_spin]}\n", numbers)
    assert read_space(toys.space, spun, numbers).shape == (2, 6, 1)
    none = read_goals(toys.goals + "own: {methods: [toy_column]}\n", numbers)
    with pytest.raises(InputError, match="stage 'spin': nothing that the lab owns"):
        read_space(toys.space, none, numbers)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("8e8 particle", "8e8", "needs a unit"),
        ("8e8 particle", "3 kg", "cannot be compared"),
        ("{at_most: 20}", "{at_least: 20}", "less is better"),
        ("cost: 50 euro", "cost: -50 euro", "above zero"),
        ("cost: 50 euro", "costs: 50 euro", "did you mean 'cost'"),
        ("kind: small_ev", "kind: 'small ev'", "not a name"),
        ("kind: small_ev", "kind: small_evs", "did you mean 'small_ev'"),
        ("name: toy\n", "name: toy\nown: {rotors: [Type 71 Ti]}\n", "did you mean 'Type 70 Ti'|known: fast"),
        ("name: toy\n", "name: toy\nown: {rotors: [slwo, fast, fost]}\n", "did you mean 'slow'"),
        ("name: toy\n", "name: toy\ntrade: [yield, beauty]\n", "nothing that can be traded"),
        ("exocosm: 1", "exocosm: 7", "version"),
        ("time: 2 h", "time: tomorrow", "tomorrow"),
        ("want: {", "want: &a [*a, {", "not readable|alias"),
    ],
)
def test_faults_of_goals_are_told(toys: Any, old: str, new: str, message: str) -> None:
    with pytest.raises(CheckError, match=message):
        read_goals(toys.goals.replace(old, new), toys.numbers())


def test_all_faults_of_goals_are_told_at_once(toys: Any) -> None:
    text = toys.goals + "own: {rotors: [slwo], methods: [toy_spinn], devices: [collumn]}\n"
    with pytest.raises(CheckError) as failure:
        read_goals(text, toys.numbers())
    assert len(failure.value.problems) == 3


def test_today_is_a_working_day(toys: Any) -> None:
    goals = read_goals(toys.goals.replace("time: 2 h", "time: today"), toys.numbers())
    assert {bound.measure.name: bound.limit for bound in goals.bounds}["time"] == 480.0


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("toy_wash:", "toy_wahs:", "did you mean 'toy_wash'"),
        ("{try: rotors}", "{try: slow}", "a list or by `rotors`"),
        ("[30 min, 60 min, 120 min]", "[30]", "needs a unit"),
        ("toy_wash:", "toy_wash: 7", "are a mapping"),
    ],
)
def test_faults_of_a_design_space_are_told(toys: Any, old: str, new: str, message: str) -> None:
    numbers = toys.numbers()
    with pytest.raises(CheckError, match=message):
        read_space(toys.space.replace(old, new), read_goals(toys.goals, numbers), numbers)
