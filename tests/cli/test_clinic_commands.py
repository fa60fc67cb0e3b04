from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from exocosm.cli.main import app

RUNNER = CliRunner()


def printed(*words: str, code: int = 0) -> str:
    done = RUNNER.invoke(app, [str(word) for word in words])
    assert done.exit_code == code, done.output
    return done.output


def test_markers_of_a_cancer_in_a_fluid() -> None:
    rows = json.loads(printed("list", "markers", "--cancer", "glioblastoma", "--fluid", "serum", "--json"))
    of_table = [row for row in rows if row["panel"] == "table1:glioblastoma"]
    assert [row["marker"] for row in of_table] == ["miR-320", "miR-574-3p"]
    assert all(row["fold_change"] == "not given" for row in of_table)  # no source was seen to give one


def test_what_stands_in_nine_cancers_cannot_say_which() -> None:
    rows = {row["marker"]: row for row in json.loads(printed("list", "overlaps", "--json"))}
    assert rows["miR-21"]["cancers"] == 9
    assert "cancer, not which" in printed("show", "miR-21")
    assert "miR-146a" not in rows or "miR-146" not in rows["miR-146a"]["in"]  # told, never merged


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("list", "markers", "--organ", "liver"), "--cancer and --fluid"),
        (("list", "rotors", "--cancer", "breast cancer"), "takes no --cancer"),
        (("list", "markers", "--cancer", "brest cancer"), "breast cancer"),
    ],
)
def test_wrong_filters_are_told(words: tuple[str, ...], told: str) -> None:
    assert told in printed(*words, code=2)


def test_assays_and_panels_are_shown() -> None:
    assert "normalisation" in printed("show", "rt_qpcr")
    assert "miR-1246" in printed("show", "table1:colorectal cancer")


def test_assays_and_the_schema_of_screenings() -> None:
    names = [row["assay"] for row in json.loads(printed("list", "assays", "--json"))]
    assert {"rt_qpcr", "digital_pcr", "small_rna_sequencing", "protein_immunoassay", "single_vesicle"} <= set(names)
    assert "screening" in json.loads(printed("schema", "--screening"))["properties"]


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    random = np.random.default_rng(7)
    counts = random.negative_binomial(4, 0.02, size=(40, 60))
    names = [f"hsa-miR-{number}-5p" for number in range(3001, 3061)]
    rows = [",".join(["sample", *names])]
    rows += [",".join([f"P{person}", *map(str, counts[person])]) for person in range(40)]
    (tmp_path / "counts.csv").write_text("\n".join(rows), encoding="utf-8")
    order = random.permutation(40)
    labels = [f"P{person},{'cancer' if order[person] < 20 else 'healthy'}" for person in range(40)]
    (tmp_path / "classes.csv").write_text("sample,class\n" + "\n".join(labels), encoding="utf-8")
    batches = [f"P{person},{'a' if order[person] < 20 else 'b'}" for person in range(40)]
    (tmp_path / "batches.csv").write_text("sample,plate\n" + "\n".join(batches), encoding="utf-8")
    return tmp_path


def test_classes_that_differ_by_plate_are_refused_in_the_first_line(tables: Path) -> None:
    told = printed(
        "diagnose", tables / "counts.csv", "--labels", tables / "classes.csv", "--covariates", tables / "batches.csv"
    )
    first = told[told.index("cancer : healthy") :].splitlines()[1]
    assert "No diagnosis" in first and "plate" in first
    assert "AUC" not in first


def test_noise_shows_nothing_and_the_folder_holds_it_all(tables: Path) -> None:
    few = ("--permutations", 10, "--repeats", 1, "--workers", 1, "--seed", 3)
    words = (
        "diagnose",
        tables / "counts.csv",
        "--labels",
        tables / "classes.csv",
        *few,
        "-o",
        tables / "out",
        "--json",
    )
    found = json.loads(printed(*words))
    one = found["contrasts"][0]
    assert one["verdict"] == "nothing seen"
    panel = one["panels"][0]
    assert panel["auc_low"] < 0.5 < panel["auc_high"]
    held = {path.name for path in (tables / "out").iterdir()}
    slug = "cancer_against_healthy"
    assert {"report.html", "summary.json", f"{slug}_markers.csv", f"{slug}_model.json"} <= held
    assert one["headline"].split(":")[0] in (tables / "out" / "report.html").read_text(encoding="utf-8")
    assert "exists already" in printed(*words, code=2)


def test_a_saved_model_is_validated_on_another_table(tables: Path) -> None:
    base = ("diagnose", tables / "counts.csv", "--labels", tables / "classes.csv", "--workers", 1)
    printed(*base, "--permutations", 0, "--repeats", 1, "-o", tables / "out", "--quiet")
    model = tables / "out" / "cancer_against_healthy_model.json"
    found = json.loads(printed(*base, "--model", model, "--json"))
    assert len(found["external"]) == 1 and not found["contrasts"]
    (tables / "broken.json").write_text(model.read_text(encoding="utf-8").replace('"weight"', '"wieght"'), "utf-8")
    assert "wieght" in printed(*base, "--model", tables / "broken.json", code=2)


def test_an_acceptance_needs_a_reason(tables: Path) -> None:
    base = ("diagnose", tables / "counts.csv", "--labels", tables / "classes.csv")
    assert "CHECK=REASON" in printed(*base, "--accept", "order", code=2)
    assert "there is no file" in printed("diagnose", tables / "cuonts.csv", "--labels", "by-name", code=2)
