"""`isolate`, `calculate` and the lists of the bench, as typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from exocosm.cli.main import app

GOALS = """
exocosm: 1
kind: goals
name: some
want: {kind: small_ev, at_least: 1e8 particle}
limits: {time: 20 h, volume: 1 mL}
own: {rotors: [SW 41 Ti, F-45-24-15]}
"""


def call(*words: str, code: int = 0) -> tuple[str, str]:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == code, (done.stdout, done.stderr, done.exception)
    return done.stdout, done.stderr


def test_isolate_tells_the_yield_and_writes_a_report(tmp_path: Path) -> None:
    shown, _ = call("isolate", "plasma", "sec_plasma", "--volume", "0.5 mL", "--draws", "25", "--donors", "5",
                    "-o", str(tmp_path / "out"))  # fmt: skip
    assert "small EVs in the tube" in shown and "2 size_exclusion" in shown
    assert (tmp_path / "out" / "report.html").exists()


def test_isolate_as_json_is_one_document() -> None:
    shown, said = call(
        "isolate", "plasma", "sec_plasma", "--volume", "0.5 mL", "--draws", "0", "--donors", "0", "--json"
    )
    content = json.loads(shown)
    assert content["protocol"] == "sec_plasma" and not said
    row = next(row for row in content["rows"] if (row["step"], row["number"]) == (0, "count"))
    assert row["low"] is None and row["value"] > 0


def test_a_design_answers_in_words_and_in_json(tmp_path: Path) -> None:
    goals = tmp_path / "goals.yaml"
    goals.write_text(GOALS)
    words = ("isolate", "plasma", "--design", str(goals), "--candidates", "100", "--draws", "25")
    shown, _ = call(*words, "--quiet")
    assert not shown
    shown, _ = call(*words)
    assert shown.startswith(("Yes: ", "Perhaps: ")) and "100 protocols were tried" in shown
    content = json.loads(call(*words, "--json")[0])
    assert content["reached"] is True and content["protocols"][0]["place"] == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("isolate", "plasma"), "name either a protocol"),
        (("isolate", "plasma", "sec_plasm", "--volume", "1 mL"), "did you mean 'sec_plasma'"),
        (("isolate", "plasma", "sec_plasma"), "how much plasma"),
        (("isolate", "plasma", "--design", "nowhere.yaml"), "nowhere.yaml"),
        (("isolate", "plasma", "sec_plasma", "--volume", "1 mL", "--prices", "nowhere.csv"), "nowhere.csv"),
        (("isolate", "plasma", "sec_plasma", "--volume", "1 mL", "--rotor", "SW 41 Ti"), "no step of the protocol"),
        (("isolate", "plasma", "sec_plasma", "--volume", "1 mL", "--kind", "exosome", "--quiet"), "the kind 'exosome'"),
        (("isolate", "plasma", "sec_plasma", "--volume", "1"), "needs a unit, for example '1 mL'"),
        (("isolate", "cerebrospinal_fluid", "sec_plasma", "--volume", "1 mL"), "conditioned_medium_serum_free, csf,"),
        (("calculate", "purity", "5e10", "12"), "12 microgram"),
        (("calculate", "purity", "5e10", "12 mL"), "a volume against a mass"),
        (("calculate", "cells-per-dose", "many", "48 h"), "a dose is"),
        (("calculate", "shedding", "10 h"), "a tumour's size"),
        (("calculate", "spin", "SW 32 Ti", "100000 g", "70 min", "Type 70 Ti"), "radius"),
        (("calculate", "pelleted", "SW 32 Ti", "1000 rpm", "70 min", "--diameters", "big"), "diameters in nm"),
        (("calculate", "pelleted", "SW 32 Ti", "1000 rpm", "70 min", "--temperature", "cold"), "temperature"),
    ],
)
def test_faults_are_told_without_a_traceback(words: tuple[str, ...], message: str) -> None:
    shown, said = call(*words, code=2)
    assert not shown and message in said and "Traceback" not in said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("spin", "SW 32 Ti", "100000 g average", "70 min", "Type 70 Ti"), "Type 70 Ti: 36,893 rpm"),
        (("pelleted", "Type 70 Ti", "100000 g average", "70 min"), "100 nm: "),
        (("k-factor", "SW 41 Ti", "40000 rpm", "--to", "Type 70 Ti"), "K = "),
        (("cells-per-dose", "1e11 vesicle", "48 h"), "cells: "),
        (("purity", "5e10", "12 microgram"), "particles per microgram"),
        (("shedding", "10 mm"), "in whole blood"),
    ],
)
def test_calculators_tell_and_give_json(words: tuple[str, ...], told: str) -> None:
    assert told in call("calculate", *words)[0]
    assert json.loads(call("calculate", *words, "--json")[0])


@pytest.mark.parametrize(
    ("kind", "holds"),
    [("rotors", "SW 41 Ti"), ("protocols", "sec_plasma"), ("fluids", "plasma"), ("methods", "size_exclusion"),
     ("particles", "small_ev"), ("instruments", "nanoparticle_tracking"), ("designs", "body_fluid")],
)  # fmt: skip
def test_lists_of_the_bench(kind: str, holds: str) -> None:
    assert holds in call("list", kind)[0]
    assert json.loads(call("list", kind, "--json")[0])


def test_values_are_listed_by_fluid_and_by_device() -> None:
    of_fluid = json.loads(call("list", "values", "--fluid", "CSF", "--json")[0])
    assert of_fluid and {row["fluid"] for row in of_fluid} == {"csf"}
    of_device = json.loads(call("list", "values", "--device", "exoquick", "--json")[0])
    assert "price" in {row["quantity"] for row in of_device} and {row["device"] for row in of_device} == {"exoquick"}
    assert "takes no --device" in call("list", "rotors", "--device", "exoquick", code=2)[1]


def test_prices_are_listed_with_what_they_are_the_price_of() -> None:
    rows = {row["item"]: row for row in json.loads(call("list", "prices", "--json")[0])}
    assert rows["exoquick"]["for"] == "one mL of the solution that is added"
    assert rows["exoquick"]["low"] < rows["exoquick"]["euro"] < rows["exoquick"]["high"]


@pytest.mark.parametrize(
    ("name", "kind", "told"),
    [
        ("TLA-100.3", "rotor", "maximum rpm: 100000"),
        ("type_70_ti", "rotor", "r average mm"),
        ("sec_plasma", "protocol", "size_exclusion: {column:"),
        ("centrifugation", "isolation method", "must be given"),
        ("nanoparticle_tracking", "instrument", "dilution"),
        ("csf", "fluid", "csf-small-ev-count"),
        ("qev_original_70nm", "device", "column_bed_volume"),
    ],
)
def test_things_of_the_bench_are_shown(name: str, kind: str, told: str) -> None:
    shown = call("show", name)[0]
    assert shown.startswith(f"{kind} ") and told in shown
    assert json.loads(call("show", name, "--json")[0])[0]["kind"] == kind


def test_what_is_shown_by_no_name_is_told_with_the_nearest() -> None:
    assert "did you mean 'Type 70 Ti'" in call("show", "Type 70 T", code=2)[1]
