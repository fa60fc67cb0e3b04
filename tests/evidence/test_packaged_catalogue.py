from __future__ import annotations

import re

from exocosm.evidence.catalogue import load_catalogue
from exocosm.evidence.check import catalogue_problems
from exocosm.evidence.lookup import DISSOLVED, is_never_scaled
from exocosm.evidence.spread import draw, spread_of


def test_the_packaged_catalogue_is_sound() -> None:
    assert [str(problem) for problem in catalogue_problems(load_catalogue())] == []


def test_every_packaged_value_can_be_drawn() -> None:
    for value in load_catalogue().values:
        spread = spread_of(value)
        low, central, high = draw(spread, [-2.0, 0.0, 2.0], [-2.0, 0.0, 2.0])
        assert low <= central == value.value <= high, value.id


REMOVAL = re.compile("clearance|half_life|elimination")
# per cell, per organ or tissue, or a ratio: not how fast a whole body removes particles
NOT_OF_A_WHOLE_BODY = {
    "blood_facing_uptake_clearance",
    "brain_influx_clearance",
    "clearance_ratio_second_over_first_dose",
    "induced_clearance_fold",
    "macrophage_independent_clearance_fraction",
    "phagocyte_uptake_clearance",
    "tumour_cell_uptake_clearance",
    "tumour_half_life",
}


def test_every_removal_of_particles_is_either_never_scaled_or_named_as_local() -> None:
    of_particles = {row.quantity for row in load_catalogue().values if row.carrier and row.carrier not in DISSOLVED}
    removal = {quantity for quantity in of_particles if REMOVAL.search(quantity)}
    assert {quantity for quantity in removal if not is_never_scaled(quantity, "small_ev")} == NOT_OF_A_WHOLE_BODY
