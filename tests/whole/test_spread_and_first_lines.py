"""From file to report: a value of which less is known moves the interval, the ranking and the first lines."""

from __future__ import annotations

import re
from typing import Any

import exocosm
from exocosm.report.html import render_report

STUDY = """
exocosm: 1
name: two_arms
question: Does the carrier raise what the tissue gets?
seed: 4
subjects: {{number: 4}}
uncertainty: {{draws: 60}}
model:
  places: {{dish: {{volume: 1 mL}}}}
  species:
    outside: {{place: dish, unit: nmol, substance: drug}}
    inside: {{place: dish, unit: nmol, substance: drug}}
  parameters:
    entry: {{value: 0.2, unit: 1/h, low: 0.15, high: 0.27, method: assumed, note: a guess}}
    loss: {{value: 0.3, unit: 1/h, {loss}}}
    gain: {{value: 1, unit: dimensionless, method: model_constant}}
  processes:
    enter: {{takes: outside, gives: inside, rate: gain * entry * outside}}
    lose: {{takes: outside, rate: loss * outside, sink: elimination}}
arms:
  bare: {{title: Bare, doses: [{{add: 10 nmol, to: outside}}]}}
  aided:
    title: Aided
    doses: [{{add: 10 nmol, to: outside}}]
    set: {{gain: {{value: 3, unit: dimensionless, low: 2.5, high: 3.6, method: assumed, note: a guess}}}}
simulate: {{until: 24 h, every: 2 h}}
outputs: {{inside: {{is: inside, unit: nmol, title: Drug inside}}}}
metrics: {{end: {{of: inside, take: last, title: Drug inside at 24 h}}}}
contrasts: {{rise: {{metric: end, arm: aided, against: bare, title: Rise}}}}
answer: rise
"""
KNOWN = "low: 0.28, high: 0.32, method: measured_in_vitro, source: Banks2003"
GUESSED = "low: 0.03, high: 3, method: assumed, note: nobody measured it"


def ran(loss: str) -> Any:
    return exocosm.load(STUDY.format(loss=loss)).run(workers=1, progress=False)


def test_a_tenfold_spread_called_assumed_is_seen_everywhere() -> None:
    known, guessed = ran(KNOWN), ran(GUESSED)

    def width(result: Any) -> float:
        draws = result.contrasts[result.contrasts.contrast == "rise"].typical
        return float(draws.quantile(0.95) - draws.quantile(0.05))

    def rank(result: Any) -> int:
        table = result.influence[result.influence.contrast == "rise"]
        ordered = table.assign(reach=(table.high - table.low).abs()).sort_values("reach", ascending=False)
        return ordered.value_name.tolist().index("loss")

    assert width(guessed) > 1.5 * width(known)
    assert rank(guessed) == 0 < rank(known)
    pages = [render_report(result) for result in (known, guessed)]
    assert all('id="figures"' in page for page in pages)
    first_lines = [
        re.sub(r"<[^>]+>", " ", render_report(result).split('id="figures"')[0]) for result in (known, guessed)
    ]
    assumed = [text[text.index("Assumed") :] for text in first_lines]
    assert "loss" in assumed[1]
    assert "loss" not in assumed[0]
