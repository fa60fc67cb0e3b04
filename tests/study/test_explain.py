from __future__ import annotations

import json

from exocosm.network.parts import Process
from exocosm.study.explain import equation, explain, explanation
from exocosm.study.load import load
from exocosm.study.resolve import resolve
from exocosm.workflow.plan import count_solves


def test_the_explanation_names_parts_values_and_doses(sound: str) -> None:
    text = explain(resolve(load(sound)))
    for words in (
        "Does it empty?",
        "medium -> cell",
        "uptake * medium",
        "50 vesicle into medium, at 1 h",
        "0.05 to 0.2",
        "the study gives 0.1 1/h (assumed, no source), in model.parameters.uptake.",
        "auc of outside from 0 h to 5 h",
        "my notebook",
    ):
        assert words in text, words


def test_the_explanation_is_plain_data(sound: str) -> None:
    told = explanation(resolve(load(sound)))
    again = json.loads(json.dumps(told, allow_nan=False))
    assert again == told
    assert told["models"][0]["arms"] == ["slow", "fast"]  # they differ in values and doses only
    uptake = [row for row in told["values"] if row["name"] == "uptake"]
    assert [(row["value"], row["arms"]) for row in uptake] == [(0.1, "slow"), (0.4, "fast")]


def test_the_cost_counts_every_solve(sound: str) -> None:
    study = resolve(load(sound))
    # 2 arms; 4 draws of 1 typical and 2 other animals; 3 points a draw; `uptake` of each arm at both ends
    cost = count_solves(study)
    assert cost == {
        "central": 2, "cohort": 24, "what_if": 12, "influence": 4, "comparisons": 0, "total": 42,
    }  # fmt: skip
    assert explanation(study, cost)["solves"] == cost
    assert "solved 42 times (central 2, cohort 24, influence 4, what-if 12)" in explain(study, cost)
    fixed = resolve(load(sound.replace("{number: 2}", "{number: 2, variability: false}")))
    assert count_solves(fixed)["cohort"] == 8


def test_equations_show_sources_sinks_and_coefficients() -> None:
    assert equation(Process("p", "k", takes={"a": 2.0, "b": 1}, gives={"c": "n"})) == "2 a + b -> (n) c"
    assert equation(Process("p", "k", gives={"c": 1}, source="cell division")) == "(cell division) -> c"
    assert equation(Process("p", "k", takes={"c": 1}, sink="digestion")) == "c -> (digestion)"
