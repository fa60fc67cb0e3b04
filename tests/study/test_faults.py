"""A fault is told once, at the line that is to be mended."""

from __future__ import annotations

import pytest

from exocosm.errors import CheckError, Problem
from exocosm.evidence.catalogue import Catalogue, catalogue_of
from exocosm.evidence.value import Value
from exocosm.study.load import load
from exocosm.study.resolve import resolve

SIZED = """\
exocosm: 1
name: sized
model:
  for_each: {size: [1, 10, 30, 100, a]}
  places: {dish: {volume: 1 mL}}
  species:
    ev_{size}: {place: dish, unit: vesicle, initial: 1 vesicle}
    eaten: {place: dish, unit: vesicle}
  parameters:
    k_{size}: {value: 1, unit: 1/h, method: model_constant}
  processes:
    uptake_{size}:
      takes: ev_{size}
      gives: {eaten: 1}
      source: vesicles of all sizes are counted together
      sink: vesicles of all sizes are counted together
      rate: k_{size} * ev_{size}
arms:
  first: {}
  second: {set: {k_10: {value: 2, unit: 1/h, method: model_constant}}}
  third: {}
simulate: {until: 1 h}
outputs: {eaten: {is: eaten, unit: vesicle}}
"""


def problems(text: str, catalogue: Catalogue | None = None) -> list[Problem]:
    with pytest.raises(CheckError) as failure:
        resolve(load(text), catalogue)
    return list(failure.value.problems)


def test_the_sized_study_is_sound() -> None:
    resolve(load(SIZED))


def test_one_templated_line_with_one_fault_is_one_problem_at_that_line() -> None:
    told = problems(SIZED.replace("rate: k_{size} * ev_{size}", "rate: k_{size} * ev_{size} + k_{size}"))
    assert [one.kind for one in told] == ["units", "extensivity", "vanishing rate"]
    found = told[0]
    assert (found.kind, found.where) == ("units", "line 17, model.processes.uptake_{size}.rate")
    assert "'k_1' (1 / hour)" in found.message
    assert found.message.endswith(
        "(for 'uptake_1'; in every arm; and 4 more of the same template: uptake_10, uptake_30, uptake_100, uptake_a)"
    )


def test_a_name_that_some_copies_lack_names_them() -> None:
    given = "    uptake_30: {takes: ev_30, sink: gone, rate: k_30 * ev_30}\n    uptake_{size}:"
    text = SIZED.replace("[1, 10, 30, 100, a]", "[1, 10]").replace("    uptake_{size}:", given)
    found = problems(text.replace("takes: ev_30, sink: gone", "takes: ev_30"))
    assert {one.where for one in found} == {
        "line 12, model.processes.uptake_30.rate", "line 12, model.processes.uptake_30.takes"
    }  # fmt: skip
    assert all("of the same template" not in one.message for one in found)


def test_a_fault_of_some_arms_names_them(sound: str) -> None:
    looked_up = "uptake: {quantity: speed, unit: 1/h}"
    text = sound.replace("uptake: {value: 0.1, unit: 1/h, low: 0.05, high: 0.2, method: assumed}", looked_up)
    text = text.replace("  slow: {title: Slow}\n", "  slow: {title: Slow}\n  none: {}\n")
    (found,) = problems(text, catalogue_of([]))
    assert found.where == "line 14, model.parameters.uptake"
    assert found.message.endswith("(in arms slow, none)")


def test_an_own_value_that_does_not_fit_is_told_where_it_stands(sound: str) -> None:
    wrong = sound.replace("uptake: {value: 0.4, unit: 1/h", "uptake: {value: 0.4, unit: mL/h")
    (found,) = problems(wrong)
    assert found.where == "line 22, arms.fast.set.uptake"
    assert "parameter 'uptake': the value stands in 'mL/h'" in found.message
    (found,) = problems(
        sound.replace("answer: gain", "") + "values: {uptake: {value: 1, unit: mL, method: model_constant}}\n"
    )
    assert found.where.endswith("values.uptake")


def test_a_mechanism_that_is_not_there_is_told_where_it_is_named() -> None:
    body = """\
exocosm: 1
name: body
model: {body: mouse, mechanisms: [nothing_like_it]}
arms: {first: {}, second: {without: [nothing_else]}, third: {}}
simulate: {until: 1 h}
outputs: {x: {is: time, unit: h}}
"""
    found = problems(body)
    assert [one.where for one in found] == ["line 3, model.mechanisms", "line 4, arms.second.without"]


def test_labels_that_tie_say_to_name_the_label() -> None:
    def excreted(label: str, value: float) -> Value:
        return Value(
            f"excreted-{label}", "excreted", value, "1/h", "assumed_range", None, value / 2, value * 2,
            distribution="lognormal", cargo="label", label=label,
        )  # fmt: skip

    known = catalogue_of([excreted("51Cr", 0.3), excreted("111In", 0.4)])
    text = SIZED.replace(
        "k_{size}: {value: 1, unit: 1/h, method: model_constant}", "k_{size}: {quantity: excreted, unit: 1/h}"
    )
    text = text.replace("first: {}", "first: {context: {cargo: label}}").replace(
        "third: {}", "third: {context: {label: 51Cr}}"
    )
    (found,) = problems(
        text.replace("  second: {set: {k_10: {value: 2, unit: 1/h, method: model_constant}}}\n", ""), known
    )
    assert found.where == "line 10, model.parameters.k_{size}" and "label" in found.message
    assert "`context: {label: 111In}`" in found.message or "`context: {label: 51Cr}`" in found.message
    assert "in arm first" in found.message
