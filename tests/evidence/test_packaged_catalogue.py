from __future__ import annotations

from exocosm.evidence.catalogue import load_catalogue
from exocosm.evidence.check import catalogue_problems
from exocosm.evidence.spread import draw, spread_of


def test_the_packaged_catalogue_is_sound() -> None:
    assert [str(problem) for problem in catalogue_problems(load_catalogue())] == []


def test_every_packaged_value_can_be_drawn() -> None:
    for value in load_catalogue().values:
        spread = spread_of(value)
        low, central, high = draw(spread, [-2.0, 0.0, 2.0], [-2.0, 0.0, 2.0])
        assert low <= central == value.value <= high, value.id
