from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from exocosm import api
from exocosm.errors import CheckError, InputError
from exocosm.study.bench_load import load_bench
from exocosm.study.bench_schema import bench_study_schema
from exocosm.table_studies import TableStudy

DOCUMENT = Path(__file__).parents[2] / "docs" / "bench_study.md"
SOUND = """
exocosm: 1
kind: experiment
name: spins
uncertainty: {draws: 3}
experiment:
  id: mine
  stage: isolation
  grade: E
  rule: the fast spin brings more down
  expected:
    more: {is: got@fast > got@slow and best >= 1 and gain > 1, says: more comes down}
bench:
  samples:
    vesicles: {fluid: pbs, volume: 5 mL, particles: [{kind: small_ev, count: 1.0e+9, diameter: 100 nm, density: 1.1}]}
  protocols:
    fast: {steps: [{centrifugation: {rotor: Type 70 Ti, force: 100000 g average, time: 60 min, temperature: 4 degC}}]}
    slow: {steps: [{centrifugation: {rotor: Type 70 Ti, force: 1000 g average, time: 10 min, temperature: 4 degC}}]}
arms:
  fast: {sample: vesicles, protocol: fast}
  slow: {sample: vesicles, protocol: slow}
metrics:
  got: {of: recovery, kind: small_ev}
fronts:
  best: {metrics: {got: higher}}
contrasts:
  gain: {metric: got, arm: fast, against: slow}
"""


def test_a_sound_study_is_loaded_from_text_and_file(tmp_path: Path) -> None:
    study = load_bench(SOUND)
    assert study.name == "spins" and len(study.protocol("fast").steps) == 1
    path = tmp_path / "spins.yaml"
    path.write_text(SOUND)
    loaded = api.load(path, draws=2)
    assert isinstance(loaded, TableStudy) and loaded.draws == 2 and loaded.text == SOUND


FAULTS = {
    "unknown sample": ("sample: vesicles, protocol: f", "sample: vesicle, protocol: f", "did you mean 'vesicles'"),
    "unknown protocol": ("protocol: slow}", "protocol: slwo}", "there is no protocol 'slwo'"),
    "unknown method": ("slow: {steps: [{centrifuga", "slow: {steps: [{centifuga", "did you mean 'centrifugation'"),
    "bare force": ("1000 g average", "1000 g", "average"),
    "unknown key": ("time: 10 min", "minutes: 10 min", "'minutes' is not a key here"),
    "no such metric": ("got@fast > got@slow", "gto@fast > got@slow", "there is no 'gto@fast'; did you mean 'got@fast'"),
    "broken condition": ("got@fast > got@slow", "got@fast > > got@slow", "expected"),
    "metric of nothing": ("of: recovery", "of: recovered", "did you mean 'recovery'"),
    "front of nothing": ("metrics: {got: higher}", "metrics: {gto: higher}", "there is no metric 'gto'"),
    "direction": ("{got: higher}", "{got: up}", "expected"),
    "both": ("fast: {steps:", "fast: {name: sec_plasma, steps:", "give either the `name`"),
    "no id": ("  id: mine\n", "", "'id' is missing"),
    "no experiment": ("kind: experiment", "kind: study", "`kind: experiment` is a study with an `experiment` section"),
    "negative": ("count: 1.0e+9", "count: -1", "expected more than 0"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_named_with_their_line(fault: str) -> None:
    before, after, words = FAULTS[fault]
    assert before in SOUND
    with pytest.raises(CheckError) as caught:
        load_bench(SOUND.replace(before, after, 1))
    assert words in str(caught.value)
    assert re.search(r"line \d+, ", str(caught.value))


def test_a_file_outside_the_folder_of_the_study_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out.yaml").write_text("exocosm: 1\nkind: protocol\nname: out\nsteps: [centrifugation]\n")
    text = re.sub(r"    slow: .*\n", "    slow: {name: ../out.yaml}\n", SOUND, count=1)
    path = tmp_path / "in" / "study.yaml"
    path.write_text(text)
    with pytest.raises(CheckError, match="outside"):
        load_bench(path)


def test_a_bench_study_has_no_model_to_export(tmp_path: Path) -> None:
    path = tmp_path / "spins.yaml"
    path.write_text(SOUND)
    with pytest.raises(InputError, match="is a study of a bench"):
        api.resolved_of(path)
    with pytest.raises(InputError, match="solved by no engine"):
        api.load(path, engine="cohort")


def test_every_key_is_documented() -> None:
    written = set(re.findall(r"[a-z_]+", DOCUMENT.read_text() + (DOCUMENT.parent / "experiments.md").read_text()))
    found = json.loads(json.dumps(bench_study_schema()))
    keys = set(found["properties"]) | {key for part in found["$defs"].values() for key in part.get("properties", ())}
    assert keys - written - {"method", "settings"} == set()
