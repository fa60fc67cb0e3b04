"""Every value that a study writes is a row of its own: what stands in two places is two unknowns."""

from __future__ import annotations

import numpy as np

from exocosm.study.card import ratio_parameters
from exocosm.study.load import load
from exocosm.study.resolve import resolve
from exocosm.study.resolved import ResolvedStudy
from exocosm.study.schema import Preparation
from exocosm.workflow.run import run

ASSUMED = "{value: 0.5, unit: 1/h, low: 0.1, high: 2.5, method: assumed}"
MEASURED = (
    "{value: 0.5, unit: 1/h, low: 0.1, high: 2.5, spread_kind: between_study_range, "
    "method: measured_in_vitro, source: my notebook}"
)


def two_arms(sound: str, first: str, second: str) -> str:
    start, rest = sound.split("arms:\n")
    return f"{start}arms:\n  slow: {first}\n  fast: {second}\n{rest[rest.index('simulate') :]}"


def rows_of(study: ResolvedStudy, name: str) -> list[str]:
    return [arm.pins[name].value.id for arm in study.arms]


def test_values_set_in_two_arms_are_two_unknowns(sound: str) -> None:
    text = two_arms(sound, f"{{set: {{uptake: {ASSUMED}}}}}", f"{{set: {{uptake: {MEASURED}}}}}")
    study = resolve(load(text.replace("draws: 4", "draws: 6").replace("number: 2", "number: 0")))
    assert rows_of(study, "uptake") == ["study:arms.slow.set.uptake", "study:arms.fast.set.uptake"]
    result = run(study, workers=1, progress=False)
    ratios = result.contrasts["typical"].to_numpy()
    assert np.ptp(ratios) > 0.01
    trusts = result.influence.set_index("row")["trust"].to_dict()
    assert trusts == {"study:arms.slow.set.uptake": "assumed", "study:arms.fast.set.uptake": "user"}


def test_a_value_of_the_study_is_one_unknown_in_every_arm(sound: str) -> None:
    study = resolve(load(two_arms(sound, "{}", "{}") + f"values: {{uptake: {ASSUMED}}}\n"))
    assert rows_of(study, "uptake") == ["study:values.uptake"] * 2


def test_a_value_of_a_quantity_is_one_unknown_in_all_its_parameters(sound: str) -> None:
    looked_up = "uptake: {quantity: speed, unit: 1/h}\n    loss: {quantity: speed, unit: 1/h}"
    text = sound.replace("uptake: {value: 0.1, unit: 1/h, low: 0.05, high: 0.2, method: assumed}", looked_up)
    text = text.replace("processes:\n", "processes:\n    back: {takes: cell, gives: medium, rate: loss * cell}\n")
    study = resolve(load(two_arms(text, "{}", "{}") + f"values: {{speed: {ASSUMED}}}\n"))
    assert rows_of(study, "uptake") == rows_of(study, "loss") == ["study:values.speed"] * 2


def test_cards_of_two_preparations_are_rows_of_their_own() -> None:
    given = {"value": 5e9, "unit": "vesicle/microgram", "low": 2e8, "high": 5e10, "method": "assumed"}
    card = Preparation.model_validate({"carrier": "small_ev", "particles_per_microgram": given})
    ids = set()
    for name in ("spun-down", "spun_down"):
        _, pins = ratio_parameters(name, card, f"preparations.{name}")
        ids |= {pin.value.id for pin in pins.values()}
    expected = {f"study:preparations.{name}.particles_per_microgram" for name in ("spun-down", "spun_down")}
    assert ids == expected


def test_doses_of_two_sizes_are_two_rows(sound: str) -> None:
    dosed = "{doses: [{add: %s vesicle, to: medium}]}"
    study = resolve(load(two_arms(sound, dosed % 5, dosed % 10)))
    assert len(set(rows_of(study, "dose_1"))) == 2
    same = resolve(load(two_arms(sound, dosed % 5, dosed % 5)))
    assert len(set(rows_of(same, "dose_1"))) == 1
