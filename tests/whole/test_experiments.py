"""The virtual experiments that are shipped: what they come to, and the same words on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from exocosm.cli.main import app
from exocosm.errors import InputError
from exocosm.experiments import chosen, experiments, find_experiment, run_experiment
from exocosm.trajectory.expectations import NOT_REPRODUCED, REPRODUCED, UNDECIDED

CLAIMS = Path(__file__).resolve().parents[3] / "shared" / "mission" / "claims.tsv"

# what 40 draws come to today; a change of values or physics that changes a verdict must change this line too
VERDICTS = {"VE03": REPRODUCED, "VE04": UNDECIDED, "VE05": REPRODUCED, "VE06": UNDECIDED}


def test_ids_are_unique_and_every_experiment_says_what_it_expects() -> None:
    ids = [one.id for one in experiments()]
    assert len(set(ids)) == len(ids) and set(VERDICTS) <= set(ids)
    for one in experiments():
        assert one.rule and one.claims and one.question and one.title, one.id


@pytest.mark.skipif(not CLAIMS.is_file(), reason="the list of claims is not here")
def test_claims_are_those_of_the_literature() -> None:
    known = {line.split("\t")[0] for line in CLAIMS.read_text(encoding="utf-8").splitlines()[1:]}
    for one in experiments():
        assert set(one.claims) <= known, one.id


@pytest.mark.parametrize("id", VERDICTS)
def test_the_verdict_is_the_one_that_is_told(id: str, tmp_path: Path) -> None:
    ran = run_experiment(id, tmp_path / id, draws=40, progress=False)
    assert ran.verdict.verdict == VERDICTS[id], ran.verdict.sentence
    assert ran.verdict.verdict in (REPRODUCED, NOT_REPRODUCED, UNDECIDED)
    controls = [one for one in ran.verdict.expected if one.control]
    assert controls, "an experiment without a control shows nothing"
    for one in ran.verdict.expected:
        assert one.share is not None
    assert (tmp_path / id / "report.html").stat().st_size > 20_000


def test_controls_of_the_five_methods_are_flat() -> None:
    ran = run_experiment("VE05", draws=3, progress=False)
    (empty,) = [one for one in ran.verdict.expected if one.control]
    assert empty.central and empty.share == 1.0


def test_own_files_run_alike_and_unknown_ids_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(find_experiment("ve06").text)
    assert run_experiment(path, draws=2, progress=False).verdict.id == "VE06"
    path.write_text("exocosm: 1\nname: plain\nbench: {samples: {a: {fluid: plasma, volume: 1 mL}}}\n"
                    "arms: {a: {sample: a}}\nmetrics: {n: {of: count}}\n")  # fmt: skip
    with pytest.raises(InputError, match="no `experiment` section"):
        run_experiment(path, progress=False)
    with pytest.raises(InputError, match="no experiment 'VE99'"):
        find_experiment("VE99")
    with pytest.raises(InputError, match="say which experiments"):
        chosen()


def test_the_command_line_lists_shows_and_runs() -> None:
    runner = CliRunner()
    listed = json.loads(runner.invoke(app, ["experiments", "list", "--json"]).stdout)
    assert {row["id"] for row in listed} >= set(VERDICTS)
    only = json.loads(runner.invoke(app, ["experiments", "list", "--stage", "characterisation", "--json"]).stdout)
    assert [row["id"] for row in only] == ["VE06"]
    shown = runner.invoke(app, ["experiments", "show", "VE03"]).stdout
    assert "counts as reproduced" in shown and "emergent" in shown
    assert runner.invoke(app, ["experiments", "show", "VE03", "--file"]).stdout == find_experiment("VE03").text
    ran = runner.invoke(app, ["experiments", "run", "VE03", "VE06", "--draws", "2", "--json"])
    content = json.loads(ran.stdout)
    assert [one["id"] for one in content] == ["VE03", "VE06"]
    assert {"id", "grade", "verdict", "evidence", "claims"} <= set(content[0])
    wrong = runner.invoke(app, ["experiments", "run", "VE3"])
    assert wrong.exit_code == 2 and "did you mean 'VE03'" in wrong.output
