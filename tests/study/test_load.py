from __future__ import annotations

import json
from pathlib import Path

import pytest

from exocosm.errors import CheckError, ExocosmError, InputError
from exocosm.study import schema
from exocosm.study.load import file_beside, load
from exocosm.study.schema import study_schema


def problems_of(text: str) -> str:
    with pytest.raises(CheckError) as failure:
        load(text)
    return str(failure.value)


def test_a_sound_study_is_read(sound: str) -> None:
    study = load(sound)
    assert study.name == "small"
    assert study.file.arms["fast"].doses[0].add == "50 vesicle"
    assert study.file.answer == ["gain"]
    assert study.where("arms", "fast", "set") == "line 21, arms.fast.set"


# (what is replaced, by what, words that the message must hold)
PLANTED = {
    "unknown key": ("question:", "qestion:", ["line 4", "qestion", "did you mean 'question'?"]),
    "unknown key deep": ("spread: 5", "spred: 5", ["measurements.seen.spred", "did you mean 'spread'?"]),
    "unknown key by alias": ("is: cell", "iss: cell", ["outputs.inside.iss", "did you mean 'is'?", "'is' is missing"]),
    "wrong type": ("{draws: 4}", "{draws: many}", ["line 5", "expected a whole number", "the text 'many'"]),
    "fraction of a draw": ("{draws: 4}", "{draws: 4.5}", ["whole number"]),
    "a list for a mapping": ("outputs:\n", "outputs: [a]\nother:\n", ["expected a mapping", "a list of 1"]),
    "version": ("exocosm: 1", "exocosm: 2", ["line 1", "version 2", "reads version 1"]),
    "no version": ("exocosm: 1\n", "", ["must be `exocosm: 1`"]),
    "planned kind": ("kind: study", "kind: design", ["line 2", "'design' is planned"]),
    "other kind": ("kind: study", "kind: screening", ["line 2", "has a section `screening`"]),
    "unknown kind": ("kind: study", "kind: studdy", ["did you mean 'study'?"]),
    "duplicate key": ("  slow: {title: Slow}", "  slow: {}\n  slow: {}", ["duplicate key", "line 19", "line 18"]),
    "tab": ("  slow:", "\tslow:", ["line 18", "tab"]),
    "broken yaml": ("{draws: 4}", "{draws: 4", ["line ", "not readable as YAML"]),
    "colon in text": ("Does it empty?", "Does it: really: empty?", ["quotes"]),
    "tag": ("name: small", "name: !!python/name:os.system small", ["tag", "line 3"]),
    "alias before anchor": ("name: small", "name: *other", ["alias", "line 3"]),
    "negative animals": ("{number: 2}", "{number: -2}", ["subjects.number", "expected at least 0"]),
    "too many runs": (
        "{draws: 4}\nsubjects: {number: 2}",
        "{draws: 100000}\nsubjects: {number: 20}",
        ["100000 draws x 20 animals"],
    ),
    "too many times": ("every: 1 h", "every: 1 ms", ["times of recording", "20000"]),
    "no unit of time": ("until: 10 h", "until: 10", ["simulate.until", "needs a unit"]),
    "unit unknown": ("unit: vesicle/mL", "unit: vesicle/mLL", ["outputs.outside.unit", "mLL"]),
    "unknown arm": ("arm: fast, against: slow", "arm: fats, against: slow", ["no arm 'fats'", "did you mean 'fast'?"]),
    "unknown metric": ("metric: end, arm: fast", "metric: ned, arm: fast", ["contrasts.gain.metric", "'end'?"]),
    "unknown output": ("of: inside", "of: insid", ["metrics.end.of", "'inside'?"]),
    "unknown contrast": ("contrast: gain", "contrast: gains", ["what_if.speed.contrast", "'gain'?"]),
    "unknown answer": ("answer: gain", "answer: loss", ["no contrast or what-if 'loss'"]),
    "unknown preparation": ("slow: {title: Slow}", "slow: {preparation: exo}", ["no preparation 'exo'"]),
    "bad name of an arm": ("  slow: {title", "  slow arm: {title", ["arms.slow arm", "not a name"]),
    "word not in list": ("take: last", "take: first", ["metrics.end.take", "expected 'auc'"]),
    "value without origin": ("low: 0.05, high: 0.2, method: assumed}", "note: x}", ["`method`", "assumed"]),
    "assumed without range": ("low: 0.05, high: 0.2, method: assumed}", "method: assumed}", ["`low` and `high`"]),
    "measured without source": ("low: 0.05, high: 0.2, method: assumed}", "method: fitted}", ["source"]),
    "value outside its range": ("value: 0.1, unit: 1/h", "value: 7, unit: 1/h", ["outside its own range"]),
    "dose in two forms": ("{add: 50 vesicle,", "{give: 3 mg/kg, add: 50 vesicle,", ["a dose is either"]),
    "dose at no time": ("at: 1 h}", "at: []}", ["arms.fast.doses[0].at", "at least 1"]),
    "what-if with one point": ("[0.1, 0.2, 0.4]", "[0.1]", ["what_if.speed.over", "at least 2"]),
    "infinite number": ("[0.1, 0.2, 0.4]", "[0.1, 1e999]", ["finite number"]),
    "empty model": ("model:\n", "model: {}\nold_model:\n", ["nothing to simulate"]),
    "mechanisms without a body": ("  places:\n", "  preset: tumour_drug\n  places:\n", ["belong to a body"]),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_error_is_named(planted: str, sound: str) -> None:
    old, new, expected = PLANTED[planted]
    assert old in sound
    message = problems_of(sound.replace(old, new, 1))
    for words in expected:
        assert words in message


def test_all_problems_are_told_at_once(sound: str) -> None:
    text = (
        sound.replace("draws: 4", "draws: many")
        .replace("title: Slow", "titel: Slow")
        .replace("take: auc", "take: area")
    )
    with pytest.raises(CheckError) as failure:
        load(text)
    assert len(failure.value.problems) == 3


def test_runs_are_bounded(sound: str) -> None:
    text = sound.replace("{draws: 4}", "{draws: 100000}").replace("{number: 2}", "{number: 10}")
    assert "2000000 runs; at most 1000000" in problems_of(text)


def test_the_words_of_yaml_1_1_are_plain_text(sound: str) -> None:
    study = load(sound.replace("Does it empty?", "no").replace("low: 0.05", "low: 5e-2"))
    assert study.file.question == "no"
    assert study.file.model.parameters["uptake"].low == 0.05


def test_an_empty_section_counts_as_not_written(sound: str) -> None:
    study = load(sound.replace("slow: {title: Slow}", "slow:") + "preparations:\n")
    assert study.file.arms["slow"].doses == [] and study.file.preparations == {}


def test_anchors_are_expanded_and_bounded(sound: str) -> None:
    study = load(sound.replace("slow: {title: Slow}", "slow: &s {title: Slow}\n  other: *s"))
    assert study.file.arms["other"] == study.file.arms["slow"]
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join([f'*{chr(97 + i)}'] * 10)}]\n" for i in range(9)
    )
    assert "entries" in problems_of(bomb)
    assert "(or inside) its anchor" in problems_of("a: &a [*a]\n")


def test_depth_and_size_are_bounded() -> None:
    assert "nested deeper" in problems_of("a: " + "[" * 5000 + "\n")
    assert "at most 1000000" in problems_of("a: " + "x" * 1_000_001 + "\n")
    assert "a key must be a word" in problems_of("{[a]: 1}\n")
    assert "one document" in problems_of("a: 1\n---\nb: 2\n")
    assert "found nothing" in problems_of("\n")
    assert "found a list of 1" in problems_of("- a\n")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text("x")
    with pytest.raises(InputError, match=r"study\.yaml"):
        load(tmp_path / "stduy.yaml")
    with pytest.raises(InputError, match="folder"):
        load(tmp_path)
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00a")
    with pytest.raises(InputError, match="UTF-8"):
        load(tmp_path / "binary.yaml")
    with pytest.raises(ExocosmError):
        load("no\x00file")


def test_a_file_of_a_study_lies_in_its_folder(tmp_path: Path, sound: str) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (tmp_path / "secret.csv").write_text("time,value\n1,2\n")
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    path = folder / "study.yaml"
    path.write_text(sound)
    study = load(path)
    assert file_beside(study, "data/mine.csv") == folder / "data" / "mine.csv"
    for name in ("../secret.csv", str(tmp_path / "secret.csv"), "link.csv", "a/../../secret.csv", "~/x", ""):
        with pytest.raises(InputError):
            file_beside(study, name)
    with pytest.raises(InputError, match="without a folder"):
        file_beside(load(sound), "mine.csv")


def test_the_exported_schema_is_current() -> None:
    """Renew with json.dumps(study_schema(), indent=1, sort_keys=True) into study_schema.json."""
    stored = json.loads((Path(schema.__file__).parent / "study_schema.json").read_text())
    assert stored == json.loads(json.dumps(study_schema()))
    assert stored["additionalProperties"] is False
    assert {"is", "unit"} <= set(stored["$defs"]["OutputText"]["properties"])
