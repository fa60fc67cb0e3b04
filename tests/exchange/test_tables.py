"""Tables of a study."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from exocosm.errors import InputError
from exocosm.exchange import to_csv
from exocosm.study.load import load
from exocosm.study.resolve import resolve

EXAMPLES = Path(__file__).parents[2] / "examples"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_tables_of_an_example(tmp_path: Path) -> None:
    study = resolve(load(EXAMPLES / "own_models" / "vesicles_by_size.yaml"))
    folder = to_csv(study, tmp_path / "tables")
    parameters = {(row["arm"], row["name"]): row for row in rows(folder / "parameters.csv")}
    assert float(parameters["operated", "operable"]["value"]) == 100.0
    assert float(parameters["untreated", "operable"]["value"]) == 1e9
    assert parameters["operated", "growth"]["low"] == "0.1"
    assert parameters["operated", "growth"]["unit"] == "1/d"
    assert len(rows(folder / "species.csv")) == sum(len(arm.model.species) for arm in study.arms)
    assert len(rows(folder / "processes.csv")) == sum(len(arm.model.processes) for arm in study.arms)
    assert not (folder / "doses.csv").exists()  # nothing is given in this study


def test_doses_are_listed_one_a_row(tmp_path: Path) -> None:
    text = (EXAMPLES / "from_papers" / "banks2003.yaml").read_text(encoding="utf-8")
    doses = "{title: HeLa cells, doses: [{add: 5 molecule, to: medium, at: [1 h, 2 h], when: nucleus > 0}]}"
    study = resolve(load(text.replace("{title: HeLa cells}", doses)))
    found = rows(to_csv(study, tmp_path / "tables") / "doses.csv")
    assert [(row["target"], row["time_hours"], row["condition"]) for row in found] == [
        ("medium", "1.0", "nucleus > 0"),
        ("medium", "2.0", "nucleus > 0"),
    ]


def test_a_folder_that_exists_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="exists already"):
        to_csv(resolve(load(EXAMPLES / "from_papers" / "banks2003.yaml")), tmp_path)
    assert list(tmp_path.iterdir()) == []
