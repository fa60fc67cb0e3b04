from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from exocosm.errors import CheckError, InputError
from exocosm.evidence.catalogue import Catalogue, catalogue_of
from exocosm.evidence.value import Value
from exocosm.study.load import load
from exocosm.study.resolve import resolve
from exocosm.study.resolved import ResolvedStudy
from exocosm.study.stored import resolved_from_dict, resolved_to_dict


def row(id: str, quantity: str, value: float, unit: str, **more: str) -> Value:
    return Value(
        id,
        quantity,
        value,
        unit,
        "assumed_range",
        None,
        value / 2,
        value * 2,
        None,
        "lognormal",
        method="assumed",
        **more,
    )


def problems_of(text: str, catalogue: Catalogue | None = None, folder: Path | None = None) -> str:
    with pytest.raises(CheckError) as failure:
        resolve(load(text, folder), catalogue)
    return str(failure.value)


def test_a_sound_study_is_resolved(sound: str) -> None:
    study = resolve(load(sound))
    slow, fast = study.arms
    assert (study.draws, study.animals, study.answer) == (4, 2, ("gain",))
    assert slow.pins["uptake"].value.value == 0.1 and fast.pins["uptake"].value.value == 0.4
    assert fast.pins["uptake"].trust == "assumed" and "arms.fast.set" in fast.pins["uptake"].path[0]
    assert [(dose.target, dose.amount, dose.times) for dose in fast.schedule.doses] == [("medium", "dose_1", (1.0,))]
    assert fast.pins["dose_1"].value.value == 50 and fast.doses_in_words == ("50 vesicle into medium, at 1 h",)
    assert [metric.unit for metric in study.metrics] == ["vesicle", "vesicle/mL*h"]
    assert study.metrics[1].until == 5.0
    assert study.what_ifs[0].unit == "1/h"
    assert (study.measurements[0].low, study.measurements[0].high) == ((55.0,), (65.0,))
    assert study.arms[0].schedule.observe_times == tuple(float(hour) for hour in range(11))
    assert study.knowledge_hash == ""


PLANTED = {
    "dose condition in another unit": (
        "to: medium, at: 1 h}",
        "to: medium, at: 1 h, when: concentration(medium) > cell}",
        ["[comparison]", "dose condition 'concentration(medium) > cell'", "vesicle / centimeter^3", "different kinds"],
    ),
    "dose beyond counting": ("add: 50 vesicle", "add: 1e300 vesicle", ["[dose]", "'1e300 vesicle'", "at most 1e+30"]),
    "species of a process": ("takes: medium", "takes: medum", ["unknown name", "medum", "did you mean 'medium'?"]),
    "name in a rate": ("rate: uptake * medium", "rate: uptak * medium", ["'uptak'", "did you mean 'uptake'?"]),
    "rate that cannot be read": ("rate: uptake * medium", "rate: uptake medium", ["cannot read the expression"]),
    "unit of a rate": ("unit: 1/h, low: 0.05", "unit: mL, low: 0.05", ["units", "enter"]),
    "dosed species": ("to: medium", "to: cel", ["[dose]", "there is no species 'cel'", "'cell'?"]),
    "unit of a dose": ("add: 50 vesicle", "add: 50 nmol", ["[dose]", "counted in vesicle"]),
    "late dose": ("at: 1 h}", "at: 11 h}", ["[dose]", "outside the simulation"]),
    "dose to a body": ("{add: 50 vesicle, to: medium, at: 1 h}", "{give: 50 vesicle, of: particles}", ["needs a body"]),
    "dose condition": ("at: 1 h}", "at: 1 h, when: mediun > 3}", ["mediun", "'medium'?"]),
    "output": ("is: cell", "is: cel", ["outputs.inside.is", "did you mean 'cell'?"]),
    "output that is a condition": ("is: cell", "is: cell > 3", ["an output is a number"]),
    "output unit": ("{is: cell, unit: vesicle}", "{is: cell, unit: percent_injected_dose}", ["comparison", "inside"]),
    "measured in another kind of unit": ("unit: vesicle, source", "unit: pctID, source", ["[comparison]", "seen"]),
    "set of an unknown parameter": (
        "    set:\n      uptake:",
        "    set:\n      uptke:",
        ["arms.fast.set.uptke", "'uptake'?"],
    ),
    "unit of a set value": ("{value: 0.4, unit: 1/h", "{value: 0.4, unit: 1/mL", ["the model needs '1/h'"]),
    "unknown own value": (
        "answer: gain",
        "values: {uptke: {value: 1, unit: 1/h, method: model_constant}}",
        ["'uptake'?"],
    ),
    "unknown use": ("answer: gain", "use: {uptke: some-row}", ["use.uptke", "'uptake'?"]),
    "vary of a what-if": ("vary: uptake", "vary: uptak", ["what_if.speed.vary", "did you mean 'uptake'?"]),
    "order of a what-if": ("[0.1, 0.2, 0.4]", "[0.2, 0.1, 0.4]", ["increasing"]),
    "mass balance": ("gives: cell,", "gives: {cell: 2},", ["mass balance"]),
    "missing parameter": ("rate: uptake * medium", "rate: 2 * uptake * medium * other", ["'other'"]),
    "context": ("slow: {title: Slow}", "slow: {context: {organ_: liver}}", ["did you mean 'organ'?"]),
    "range of a metric": ("until: 5 h", "until: 50 h", ["metrics.area.until", "outside the simulation"]),
    "comparison file": ("answer: gain", "comparisons: other.yaml", ["comparisons", "other.yaml"]),
    "template index": ("gives: cell,", 'gives: "{organ}",', ["there is no index '{organ}'"]),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_error_is_named(planted: str, sound: str) -> None:
    old, new, expected = PLANTED[planted]
    assert old in sound
    message = problems_of(sound.replace(old, new, 1))
    for words in expected:
        assert words in message


def test_problems_of_models_outputs_and_doses_come_together(sound: str) -> None:
    text = (
        sound.replace("to: medium", "to: cel")
        .replace("is: cell", "is: cel")
        .replace("unit: vesicle, source", "unit: h, source")
    )
    message = problems_of(text)
    assert "[dose]" in message and "outputs.inside" in message and "[comparison]" in message


LOOKED_UP = "uptake: {unit: 1/h, quantity: uptake_rate, context: {cell: hepatocyte}}"


def looking_up(sound: str) -> str:
    text = sound.replace("uptake: {value: 0.1, unit: 1/h, low: 0.05, high: 0.2, method: assumed}", LOOKED_UP)
    assert text != sound
    return text


def test_values_are_looked_up_in_the_context_of_the_arm(sound: str) -> None:
    catalogue = catalogue_of(
        [
            row("mouse", "uptake_rate", 0.2, "1/h", organism="mouse", cell="hepatocyte"),
            row("rat", "uptake_rate", 0.3, "1/h", organism="rat", cell="hepatocyte"),
        ]
    )
    text = looking_up(sound).replace("slow: {title: Slow}", "slow: {context: {organism: rat}}")
    study = resolve(load(text.replace("{number: 2}", "{organism: mouse}")), catalogue)
    assert study.arms[0].pins["uptake"].value.id == "rat"
    assert study.arms[1].pins["uptake"].value.value == 0.4  # the arm's own value comes first
    chosen = resolve(load(text + "use: {uptake_rate: mouse}\n"), catalogue)
    assert chosen.arms[0].pins["uptake"].value.id == "mouse"
    assert chosen.arms[0].pins["uptake"].trust == "assumed"
    assert chosen.knowledge_hash == catalogue.hash


def test_own_values_come_before_the_catalogue(sound: str) -> None:
    catalogue = catalogue_of([row("mouse", "uptake_rate", 0.2, "1/h")])
    text = looking_up(sound) + "values: {uptake_rate: {value: 12, unit: 1/d, method: fitted, source: my notebook}}\n"
    pin = resolve(load(text), catalogue).arms[0].pins["uptake"]
    assert (pin.value.value, pin.value.unit, pin.trust) == (12, "1/d", "user")


def test_a_value_that_nobody_knows_is_an_evidence_problem(sound: str) -> None:
    message = problems_of(looking_up(sound), catalogue_of([row("other", "uptake_rates", 0.2, "1/h")]))
    assert "[evidence]" in message and "uptake_rates" in message


def test_templates_give_every_copy_its_value() -> None:
    text = """\
exocosm: 1
name: organs
model:
  for_each: {organ: [liver, spleen]}
  places: {"{organ}": {volume: 1 mL}, blood: {volume: 2 mL}}
  species:
    drug@blood: {place: blood, unit: nmol, initial: 1 nmol}
    "drug@{organ}": {place: "{organ}", unit: nmol}
  parameters:
    "into_{organ}": {value: 0.5, unit: 1/h, method: fitted, source: my notebook}
  processes:
    "to_{organ}": {takes: drug@blood, gives: "drug@{organ}", rate: "into_{organ} * drug@blood", kind: transport}
arms: {one: {set: {into_liver: {value: 1, unit: 1/h, method: model_constant}}}}
simulate: {until: 1 d}
outputs: {liver: {is: drug@liver, unit: nmol}}
"""
    arm = resolve(load(text)).arms[0]
    assert (arm.pins["into_liver"].value.value, arm.pins["into_spleen"].value.value) == (1, 0.5)
    assert arm.pins["liver_volume"].value.unit == "mL"
    assert [process.name for process in arm.model.processes] == ["to_liver", "to_spleen"]


def test_measurements_from_a_table_beside_the_study(sound: str, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("day,count,sd,other\n0.25,30,3,x\n0.125,10,,y\n")
    text = (
        sound
        + """\
comparisons: []
"""
    )
    text = text.replace(
        "answer: gain",
        "  mine: {file: mine.csv, columns: {time: day, value: count, sd: sd}, time_unit: d, unit: vesicle,"
        " output: inside, arm: slow}\nanswer: gain",
    )
    study = resolve(load(text, tmp_path))
    mine = study.measurements[1]
    assert mine.times == (3.0, 6.0) and mine.values == (10.0, 30.0)
    assert mine.low == (10.0, 27.0) and mine.high == (10.0, 33.0)
    with_time = text.replace("time_unit: d", "time_unit: min")
    assert 0.25 / 60 in resolve(load(with_time, tmp_path)).arms[0].schedule.observe_times
    for old, new, words in (
        ("value: count", "value: coutn", "did you mean 'count'?"),
        ("value: count", "value: other", "expected a number, found 'x'"),
        ("time_unit: d", "time_unit: mL", "must be a time"),
        ("file: mine.csv", "file: ../mine.csv", "must stay inside"),
        ("file: mine.csv", "file: your.csv", "no file"),
    ):
        assert words in problems_of(text.replace(old, new), folder=tmp_path)


HELD = (
    "  held: {contrast: gain, value: 1.5, low: 1.2, high: 1.9, unit: dimensionless, source: my notebook}\nanswer: gain"
)


def test_a_measurement_is_held_against_a_contrast(sound: str) -> None:
    text = sound.replace("answer: gain", HELD)
    held = resolve(load(text)).measurements[1]
    assert (held.contrast, held.arm, held.metric, held.output, held.times) == ("gain", "", "", "", ())
    assert (held.values, held.low, held.high) == ((1.5,), (1.2,), (1.9,))
    percent = text.replace("against: slow}", "against: slow, as: percent_change}").replace("dimensionless", "percent")
    assert resolve(load(percent)).measurements[1].unit == "percent"
    difference = text.replace("against: slow}", "against: slow, as: difference}")
    assert "[comparison]" in problems_of(difference)
    assert resolve(load(difference.replace("dimensionless", "vesicle"))).measurements[1].unit == "vesicle"
    for old, new, words in (
        ("contrast: gain, value", "contrast: gian, value", "there is no contrast 'gian'"),
        ("contrast: gain, value", "contrast: gain, arm: slow, value", "names its arms itself"),
        ("contrast: gain, value", "contrast: gain, metric: end, value", "give one of them"),
        ("contrast: gain, value", "metric: end, value", "`arm` is missing"),
        ("contrast: gain, value", "output: inside, arm: slow, value", "a single `value`"),
    ):
        with pytest.raises(CheckError) as failure:
            load(text.replace(old, new, 1))
        assert words in str(failure.value)


def test_a_derivation_of_the_study_is_told_in_words(sound: str) -> None:
    plain = "{value: 0.1, unit: 1/h, low: 0.05, high: 0.2, method: assumed}"
    for told in ("formula: half of the published 0.2 per hour", "note: half of the published 0.2 per hour"):
        value = f"{{value: 0.1, unit: 1/h, method: derived, {told}}}"
        study = resolve(load(sound.replace(plain, value)))
        pin = study.arms[0].pins["uptake"]
        assert pin.value.formula == "words: half of the published 0.2 per hour"
        assert "half of the published" in pin.path[0]
        assert resolved_from_dict(json.loads(json.dumps(resolved_to_dict(study)))) == study
    for value, words in (
        ("{value: 0.1, unit: 1/h, method: derived, source: my notebook}", "what the value was derived from"),
        ("{value: 0.1, unit: 1/h, method: derived, note: ' '}", "what the value was derived from"),
        ("{value: 0.1, unit: 1/h, method: fitted, source: x, formula: y}", "belongs to `method: derived`"),
    ):
        with pytest.raises(CheckError) as failure:
            load(sound.replace(plain, value))
        assert words in str(failure.value) and "{" not in str(failure.value).split("formula")[-1]


def test_comparisons_run_along_one_level_deep(sound: str, tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(sound.replace("name: small", "name: other") + "comparisons: third.yaml\n")
    study = resolve(load(sound + "comparisons: [other.yaml]\n", tmp_path))
    assert [other.name for other in study.comparisons] == ["other"]
    assert "one level deep" in study.comparisons[0].warnings[0]
    (tmp_path / "other.yaml").write_text(sound)
    assert "two studies are called 'small'" in problems_of(sound + "comparisons: [other.yaml]\n", folder=tmp_path)
    (tmp_path / "other.yaml").write_text(sound.replace("name: small", "name: other").replace("is: cell", "is: cel"))
    message = problems_of(sound + "comparisons: [other.yaml]\n", folder=tmp_path)
    assert "other.yaml" in message and "did you mean 'cell'?" in message


def test_a_resolved_study_is_stored_and_read_back_whole(sound: str, tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(sound.replace("name: small", "name: other"))
    study = resolve(load(sound + "comparisons: [other.yaml]\n", tmp_path))
    again = resolved_from_dict(json.loads(json.dumps(resolved_to_dict(study), allow_nan=False)))
    assert again == study and isinstance(again, ResolvedStudy)
    assert again.comparisons[0].arms[0].pins == study.comparisons[0].arms[0].pins


def test_stored_studies_that_are_not_sound_are_refused(sound: str) -> None:
    stored = resolved_to_dict(resolve(load(sound)))
    for break_it, words in (
        (lambda data: data.update(exocosm_resolved=2), "format 1"),
        (lambda data: data["study"].update(extra=1), "'extra' is not known"),
        (lambda data: data["study"].update(seed="one"), "study.seed: expected int, found str"),
        (lambda data: data["study"].update(arms={}), "study.arms: expected a list"),
        (lambda data: data["study"].pop("arms"), "arms"),
        (lambda data: data["study"]["arms"][0]["pins"]["uptake"].update(trust="sure"), "trust 'sure'"),
        (lambda data: data.update(study=[]), "study: expected a mapping"),
    ):
        broken = json.loads(json.dumps(stored))
        break_it(broken)
        with pytest.raises(InputError, match=words):
            resolved_from_dict(broken)


def test_numbers_that_are_not_finite_are_not_stored(sound: str) -> None:
    from dataclasses import replace

    study = resolve(load(sound))
    with pytest.raises(InputError):
        resolved_to_dict(replace(study, metrics=(replace(study.metrics[0], until=math.nan),)))
