"""What the commands print, write and return."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner
from yaml import safe_load

from exocosm import api
from exocosm.cli.listing import KINDS
from exocosm.cli.main import MACHINE, app
from exocosm.errors import EvidenceError
from exocosm.study.load import load
from exocosm.study.resolve import resolve
from exocosm.trajectory.result import content_hash, load_result
from exocosm.workflow.plan import count_solves

LOOKED_UP = "{quantity: body_weight, unit: g, context: {organism: mouse}, extensive: true}"
DENSITY = "density: {value: 1, unit: g/mL, method: model_constant}"
DOCS = Path(__file__).parents[2] / "docs"
COMMANDS = ("run", "validate", "explain", "list", "show", "cite", "export", "schema", "report", "sensitivities")


def call(*words: str, code: int = 0) -> tuple[str, str]:
    """Output and error stream of a command that must end with this exit code."""
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == code, (done.stdout, done.stderr, done.exception)
    assert "Traceback" not in done.stdout + done.stderr
    return done.stdout, done.stderr


def test_without_arguments_the_machine_and_the_commands_are_shown() -> None:
    shown, _ = call()
    assert shown.startswith(MACHINE)
    assert all(re.search(rf"^  {command} ", shown, re.MULTILINE) for command in COMMANDS)
    assert call("--version")[0].startswith("exocosm 0.")


def test_a_sound_study_is_called_so(study: Path) -> None:
    shown, _ = call("validate", "study.yaml")
    assert "ready to run" in shown
    content = json.loads(call("validate", "study.yaml", "--json")[0])
    assert content["sound"] is True
    assert content["warnings"]  # four draws are few


def test_every_problem_of_a_study_is_shown(study: Path) -> None:
    broken = study.read_text().replace("k * ev, sink", "q * ev, sink").replace("unit: vesicle/mL", "unit: nmol")
    study.write_text(broken)
    shown, said = call("validate", "study.yaml", code=2)
    assert shown == ""
    assert "'q' is not in the model" in said
    content = json.loads(call("validate", "study.yaml", "--json", code=2)[0])
    assert content["sound"] is False
    assert all(set(problem) == {"kind", "where", "message"} for problem in content["problems"])
    study.write_text(broken + "more: 1\n")  # found when the file is read
    assert json.loads(call("validate", "study.yaml", "--json", code=2)[0])["problems"][0]["kind"] == "unknown key"


def test_what_is_missing_is_named() -> None:
    assert "there is no file 'nowhere.yaml'" in call("validate", "nowhere.yaml", code=2)[1]
    assert "there is no file 'nowhere.yaml'" in call("validate", "nowhere.yaml", "--json", code=2)[1]


def test_explanations(study: Path) -> None:
    assert "k * ev" in call("explain", "study.yaml")[0]
    content = json.loads(call("explain", "study.yaml", "--json")[0])
    assert [arm["name"] for arm in content["arms"]] == ["once", "twice"]
    assert content["solves"] == count_solves(resolve(load("study.yaml")))  # what is told is what will run
    assert f"solved {content['solves']['total']} times" in call("explain", "study.yaml")[0]
    program = call("explain", "study.yaml", "--source")[0]
    assert program.startswith("# arms: once, twice\n")
    compile(program, "generated", "exec")
    assert list(json.loads(call("explain", "study.yaml", "--json", "--source")[0])["programs"]) == ["once, twice"]


def test_the_engine_is_told_and_can_be_chosen(study: Path) -> None:
    assert "Engine: automatic (cohort on this machine)\n" in call("explain", "study.yaml")[0]
    assert "Engine: reference\n" in call("explain", "study.yaml", "--engine", "reference")[0]
    told = json.loads(call("explain", "study.yaml", "--json", "--engine", "cohort")[0])
    assert (told["engine"], told["engine_asked_for"]) == ("cohort", "cohort")
    words = ("run", "study.yaml", "-o", "out", "--workers", "1", "--draws", "2", "--quiet")
    call(*words, "--engine", "reference")
    assert load_result("out").recipe["engine"] == "reference"
    assert "another study" in call(*words, code=2)[1]  # what was asked for differs
    call(*words, "--overwrite")
    assert load_result("out").recipe["engine"] == "cohort"
    call("run", "out", "-o", "again", "--engine", "reference", "--quiet")
    assert load_result("again").recipe["engine"] == "reference"
    assert "did you mean 'cohort'" in call(*words, "--engine", "cohrt", code=2)[1]


def test_sensitivities_as_a_table_and_a_file(study: Path) -> None:
    shown, said = call("sensitivities", "study.yaml")
    head, *lines = (line.split() for line in shown.splitlines()[3:])
    assert head == ["elasticity", "arm", "output", "time", "value_name", "row"]
    # of exp(-k t), and of (1 + exp(6 k)) exp(-k t), where a thousandth of the peak is still left
    assert [(line[1:5], float(line[0])) for line in lines] == [
        (["twice", "blood", "19.5", "k"], pytest.approx(-9.75 + 3 / (1 + np.exp(-3)), rel=1e-3)),
        (["once", "blood", "13.5", "k"], pytest.approx(-6.75, rel=1e-3)),
    ]
    assert said == ""
    words = ("--arm", "once", "--by", "k", "--by", "blood_volume", "--output", "blood", "-o", "out.csv")
    assert call("sensitivities", "study.yaml", *words)[0].endswith("written: out.csv\n")
    written = pd.read_csv("out.csv", keep_default_na=False)
    expected = api.sensitivities(study, "once", ["k", "blood_volume"], ["blood"])
    assert list(written) == list(expected)
    assert np.allclose(written["derivative"], expected["derivative"], rtol=1e-12)
    assert len(written) == 2 * 49


def test_sensitivities_by_what_is_not_there(study: Path) -> None:
    for words, said in (
        (("--arm", "twise"), "has no arm 'twise'; did you mean 'twice'?"),
        (("--by", "kk"), "there is no value 'kk'; did you mean 'k'?"),
        (("--output", "bloot"), "there is no output 'bloot'; did you mean 'blood'?"),
    ):
        shown, told = call("sensitivities", "study.yaml", *words, code=2)
        assert said in told and shown == ""


def test_sensitivities_that_there_are_not_are_warned_of(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = api.sensitivities(study).assign(derivative=np.nan, elasticity=np.nan)
    monkeypatch.setattr(api, "sensitivities", lambda *_: table)
    shown, said = call("sensitivities", "study.yaml")
    assert "nothing found" in shown
    assert said.startswith("warning: arm 'once' has no derivatives") and "arm 'twice'" in said


def test_memory_that_runs_out_is_said_in_a_line(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(*_: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr("exocosm.exchange.tables.to_csv", greedy)
    said = call("export", "study.yaml", "--to", "csv", "-o", "tables", code=2)[1]
    assert said.startswith("exocosm: memory ran out; ask for fewer draws, animals")


def test_a_run_and_what_follows_it(study: Path, tmp_path: Path) -> None:
    words = ("run", "study.yaml", "-o", "out", "--workers", "1", "--draws", "2", "--seed", "5")
    shown, said = call(*words)
    assert "report.html" in shown
    assert shown.splitlines()[-1] == f"content: {content_hash('out')}"
    assert "warning: 2 draws are few" in said
    result = load_result("out")
    assert (result.recipe["draws"], result.recipe["seed"], result.recipe["animals"]) == (2, 5, 0)
    assert len(result.contrasts) == 2
    first = (tmp_path / "out" / "recipe.json").read_bytes()
    assert call(*words, "--quiet")[0] == ""  # the finished result is taken as it is
    assert (tmp_path / "out" / "recipe.json").read_bytes() == first
    report = tmp_path / "out" / api.REPORT
    report.unlink()
    assert "report.html" in call("report", "out")[0]
    assert report.read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html")


@pytest.fixture
def no_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks a value up now fails."""

    def missing(*_: Any) -> Any:
        raise EvidenceError("the catalogue is gone")

    monkeypatch.setattr("exocosm.evidence.catalogue.load_catalogue", missing)
    monkeypatch.setattr("exocosm.study.resolve.load_catalogue", missing)


@pytest.mark.parametrize("source", ["first", "first/resolved.json"])
def test_what_was_run_runs_again_from_its_pinned_values(
    study: Path, tmp_path: Path, source: str, request: pytest.FixtureRequest
) -> None:
    text = study.read_text().replace("parameters: {k:", f"parameters: {{weight: {LOOKED_UP}, k:")
    study.write_text(
        text.replace("{volume: 2 mL}", "{volume: 0.1 * weight / density}").replace(", k:", f", {DENSITY}, k:")
    )
    call("run", "study.yaml", "-o", "first", "--workers", "1", "--quiet")
    study.unlink()
    request.getfixturevalue("no_catalogue")
    call("run", source, "-o", "again", "--workers", "1", "--quiet")
    again, first = load_result("again"), load_result("first")
    assert again.study == first.study
    assert again.trajectories.equals(first.trajectories)
    assert (tmp_path / "again" / api.REPORT).is_file()


def test_what_was_run_runs_again_with_other_numbers(study: Path, tmp_path: Path) -> None:
    call("run", "study.yaml", "-o", "first", "--workers", "1", "--quiet")
    said = call("run", "first", "-o", "again", "--workers", "1", "--draws", "0", "--animals", "2", "--seed", "3")[1]
    recipe = load_result("again").recipe
    assert (recipe["draws"], recipe["animals"], recipe["seed"]) == (0, 2, 3)
    assert "no draws" in said and "4 draws are few" not in said
    assert "draws is 1000000000" in call("run", "first", "--draws", "1000000000", code=2)[1]
    content = json.loads((tmp_path / "first" / "resolved.json").read_text())
    content["study"]["draws"] = 10**9
    (tmp_path / "large.json").write_text(json.dumps(content))
    assert "draws is 1000000000" in call("run", "large.json", code=2)[1]


def test_a_study_file_may_be_json_and_a_damaged_one_is_named(study: Path, tmp_path: Path) -> None:
    (tmp_path / "study.json").write_text(json.dumps(safe_load(study.read_text())))
    call("run", "study.json", "-o", "out", "--draws", "0", "--workers", "1", "--quiet")
    (tmp_path / "resolved.json").write_text('{"exocosm_resolved": 1, "study": {')
    assert "resolved.json" in call("run", "resolved.json", code=2)[1]
    (tmp_path / "resolved.json").write_text('{"exocosm_resolved": 1, "study": {}}')
    assert "study:" in call("run", "resolved.json", code=2)[1]
    (tmp_path / "empty").mkdir()
    assert "holds no finished result" in call("run", "empty", code=2)[1]


def test_the_result_of_another_study_is_left_alone(study: Path, tmp_path: Path) -> None:
    words = ("run", "study.yaml", "-o", "out", "--workers", "1", "--quiet")
    call(*words, "--draws", "0")
    before = (tmp_path / "out" / "recipe.json").read_bytes()
    assert "holds the result of another study" in call(*words, "--draws", "1", code=2)[1]
    assert (tmp_path / "out" / "recipe.json").read_bytes() == before
    call(*words, "--draws", "1", "--overwrite")
    assert load_result("out").recipe["draws"] == 1


def test_an_output_that_cannot_be_written_is_refused_at_once(study: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    assert "a folder was expected" in call("run", "study.yaml", "-o", "taken", "--workers", "1", code=2)[1]
    assert "is a folder" in call("export", "study.yaml", "--arm", "once", "-o", str(tmp_path), code=2)[1]
    assert "exists already" in call("export", "study.yaml", "--to", "csv", "-o", "taken", code=2)[1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["study.yaml", "taken"]
    assert (tmp_path / "taken").read_text() == "mine"


@pytest.mark.parametrize(
    "words", [("--draws", "-1"), ("--workers", "0"), ("--animals", "x"), ("--draws", "1000000000")]
)
def test_numbers_out_of_bounds(study: Path, words: tuple[str, ...]) -> None:
    assert words[0].lstrip("-") in call("run", "study.yaml", *words, code=2)[1]


def test_exports(study: Path, tmp_path: Path) -> None:
    pytest.importorskip("libsbml")
    assert "name one: once, twice" in call("export", "study.yaml", "-o", "a.xml", code=2)[1]
    assert "did you mean 'twice'" in call("export", "study.yaml", "--arm", "twize", "-o", "a.xml", code=2)[1]
    assert "did you mean 'sbml'" in call("export", "study.yaml", "--to", "smbl", "-o", "a.xml", code=2)[1]
    assert not (tmp_path / "a.xml").exists()
    call("export", "study.yaml", "--arm", "twice", "-o", "a.xml")
    text = (tmp_path / "a.xml").read_text()
    assert "<sbml" in text
    assert "0.5 1/h (assumed)" in text  # where the number comes from
    call("export", "study.yaml", "--to", "csv", "--arm", "once", "-o", "tables")
    assert (tmp_path / "tables" / "doses.csv").read_text().count("\nonce,") == 1


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "outputs"])
def test_lists(kind: str, tmp_path: Path, study: Path) -> None:
    rows = json.loads(call("list", kind, "--json")[0])
    assert rows
    assert len({tuple(row) for row in rows}) == 1  # all rows have the same columns
    assert len(call("list", kind)[0].splitlines()) == len(rows) + 1


def test_filters(study: Path) -> None:
    everything = json.loads(call("list", "values", "--json")[0])
    rows = json.loads(call("list", "values", "--organism", "Mouse", "--quantity", "body_weight", "--json")[0])
    assert rows == [row for row in everything if (row["organism"], row["quantity"]) == ("mouse", "body_weight")]
    source = next(row["source"].split(";")[0].strip() for row in everything if row["source"])
    for kind in ("values", "sources", "quantities"):
        assert 0 < len(json.loads(call("list", kind, "--source", source, "--json")[0])) < len(everything)
    assert call("list", "values", "--organism", "dragon")[0] == "nothing found\n"
    assert "takes no --organism" in call("list", "presets", "--organism", "mouse", code=2)[1]
    assert "takes no --in" in call("list", "presets", "--in", "x", code=2)[1]
    assert "did you mean 'values'" in call("list", "valeus", code=2)[1]


def test_outputs_of_a_study(study: Path) -> None:
    assert "--in study.yaml" in call("list", "outputs", code=2)[1]
    rows = json.loads(call("list", "outputs", "--in", "study.yaml", "--json")[0])
    assert {(row["name"], row["kind"]) for row in rows} == {("blood", "output"), ("ev", "species")}
    assert all(row["arms"] == ["once", "twice"] for row in rows)


def test_study_files_are_found_but_not_in_hidden_folders(study: Path, tmp_path: Path) -> None:
    for name in (".hidden", "shown"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "copy.yaml").write_text(study.read_text())
    (tmp_path / "other.yaml").write_text("a: [1, 2\n")
    assert [row["file"] for row in json.loads(call("list", "studies", "--json")[0])] == [
        "shown/copy.yaml",
        "study.yaml",
    ]


def first_of(kind: str) -> str:
    return str(next(iter(json.loads(call("list", kind, "--json")[0])[0].values())))


@pytest.mark.parametrize("kind", ["values", "quantities", "sources", "mechanisms", "presets", "organisms"])
def test_everything_listed_can_be_shown(kind: str) -> None:
    name = first_of(kind)
    content: list[dict[str, Any]] = json.loads(call("show", name, "--json")[0])
    assert {"values": "value", "quantities": "quantity"}.get(kind, kind[:-1]) in {one["kind"] for one in content}
    assert name in call("show", name)[0].splitlines()[0]


def test_what_nobody_knows_is_not_shown() -> None:
    assert "nothing here is called" in call("show", "carrier_drugs", code=2)[1]


def test_schema() -> None:
    assert "arms" in json.loads(call("schema")[0])["properties"]


def test_an_interrupted_run_says_how_to_go_on(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: Any, **options: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(api, "run", interrupted)
    assert "resume with the same command" in call("run", "study.yaml", code=130)[1]


def test_a_fault_is_reported_as_such(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: Any, **options: Any) -> None:
        raise RuntimeError("gone wrong")

    monkeypatch.setattr(api, "run", broken)
    shown, said = call("run", "study.yaml", code=1)
    assert shown == ""
    assert "RuntimeError: gone wrong (in broken, test_command_line.py" in said
    assert "Please report it" in said


def commands() -> list[str]:
    text = (DOCS / "command_line.md").read_text(encoding="utf-8")
    return [line for block in re.findall(r"^```console\n(.*?)^```", text, re.M | re.S) for line in block.splitlines()]


def test_every_command_of_the_documentation_works_in_order(study: Path, tmp_path: Path) -> None:
    pytest.importorskip("libsbml")
    assert {line.split()[1] for line in commands()} == {*COMMANDS, "isolate", "calculate", "experiments"}
    for line in commands():
        program, *words = shlex.split(line)
        assert program == "exocosm"
        call(*words)
    present = {path.name for path in tmp_path.iterdir()}
    assert present == {
        "study.yaml",
        "results",
        "small",
        "checked",
        "again",
        "more",
        "twice.xml",
        "tables",
        "sensitivities.csv",
        "sec",
    }


def test_every_option_is_documented() -> None:
    written = (DOCS / "command_line.md").read_text(encoding="utf-8")
    for command in COMMANDS:
        for option in re.findall(r"--[a-z][a-z-]+", call(command, "--help")[0]):
            assert option in written or option in ("--output", "--help"), (command, option)


def outside(*words: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own."""
    start = "import sys; from exocosm.cli.main import main; sys.argv[0] = 'exocosm'; main()"
    return subprocess.run([sys.executable, "-c", start, *words], capture_output=True, text=True, check=False)


def test_json_stands_alone_on_the_output_stream(study: Path) -> None:
    done = outside("validate", "study.yaml", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["sound"] is True
    failed = outside("explain", "nowhere.yaml", "--json")
    assert (failed.returncode, failed.stdout) == (2, "")
    assert failed.stderr.startswith("exocosm: there is no file")
    assert outside("nonsense").returncode == 2


@pytest.mark.parametrize("start", ["import exocosm", "from exocosm.cli.main import app"])
def test_nothing_heavy_is_loaded_before_it_is_needed(start: str) -> None:
    heavy = ["pint", "pandas", "xarray", "scipy", "matplotlib", "sksundae", "libsbml", "pydantic", "jinja2", "rich"]
    program = f"{start}; import sys; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
