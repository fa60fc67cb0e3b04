"""Each model of a study is examined once; what hangs on the numbers of an arm is examined for that arm."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from exocosm.errors import CheckError
from exocosm.network.check import check_model
from exocosm.study import soundness
from exocosm.study.load import load
from exocosm.study.resolve import resolve


@pytest.fixture
def checks() -> Iterator[mock.Mock]:
    with mock.patch.object(soundness, "check_model", side_effect=check_model) as spy:
        yield spy


def test_arms_that_differ_in_values_and_doses_share_one_examination(sound: str, checks: mock.Mock) -> None:
    added = sound.replace("slow: {title: Slow}", "slow: {doses: [{add: 10 vesicle, to: medium}]}\n  third: {set: "
                          "{uptake: {value: 0.3, unit: 1/h, method: model_constant}}, "
                          "doses: [{add: 5 vesicle, to: medium}]}")  # fmt: skip
    assert len(resolve(load(added)).arms) == 3
    assert checks.call_count == 1


def test_arms_in_which_other_species_are_given_are_examined_themselves(sound: str, checks: mock.Mock) -> None:
    resolve(load(sound))  # one arm gives to the medium, one gives nothing
    assert checks.call_count == 2


def test_studies_that_run_along_share_examinations(sound: str, tmp_path: Path, checks: mock.Mock) -> None:
    (tmp_path / "other.yaml").write_text(sound.replace("name: small", "name: other"))
    resolve(load(sound + "comparisons: [other.yaml]\n", tmp_path))
    assert checks.call_count == 2


FLOWS = """\
exocosm: 1
name: loop
model:
  places: {here: {volume: 1 mL}, there: {volume: 1 mL}}
  species:
    drug@here: {place: here, unit: nmol, initial: 1 nmol}
    drug@there: {place: there, unit: nmol}
  parameters:
    out: {value: 2, unit: mL/h, method: model_constant, extensive: true}
    back: {value: 2, unit: mL/h, method: model_constant, extensive: true}
  processes:
    go: {takes: drug@here, gives: drug@there, rate: out * concentration(drug@here), kind: transport}
    return: {takes: drug@there, gives: drug@here, rate: back * concentration(drug@there), kind: transport}
  flows:
    go: {source: here, target: there, rate: out, fluid: blood}
    return: {source: there, target: here, rate: back, fluid: blood}
arms:
  even: {}
  uneven: {set: {back: {value: 3, unit: mL/h, method: model_constant}}}
simulate: {until: 1 h}
outputs: {here: {is: drug@here, unit: nmol}}
"""


@pytest.mark.parametrize("order", [("even", "uneven"), ("uneven", "even")])
def test_flows_are_examined_with_the_values_of_every_arm(order: tuple[str, str], checks: mock.Mock) -> None:
    lines = {name: next(line for line in FLOWS.splitlines() if line.startswith(f"  {name}:")) for name in order}
    text = FLOWS.replace(f"{lines['even']}\n{lines['uneven']}\n", "".join(f"{lines[name]}\n" for name in order))
    with pytest.raises(CheckError) as failure:
        resolve(load(text))
    assert [(one.kind, one.where) for one in failure.value.problems] == [
        ("flow balance", "line 4, model.places.here"), ("flow balance", "line 4, model.places.there")
    ]  # fmt: skip
    assert all(one.message.endswith("(in arm uneven)") for one in failure.value.problems)
    assert checks.call_count == 1
