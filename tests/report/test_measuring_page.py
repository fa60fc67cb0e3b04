"""The first lines of the page of readings: of what a concentration is, and what is predicted and not measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import exocosm
from exocosm.report.page import MOST_PRINTED

MAPPING = {
    "instrument": "nanosight",
    "rows": "bins",
    "size": {"column": "diameter", "unit": "nm"},
    "value": {"column": "amount", "unit": "particle/mL", "per": "bin"},
    "replicate": "run",
    "concentrations": "diluted sample",
}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    size = np.arange(1, 500, 2.0)
    shape = np.exp(-(np.log(size / 110) ** 2) / (2 * 0.25**2)) / size
    lines = ["diameter,run,amount"]
    for run, factor in enumerate((0.97, 1.0, 1.04), 1):
        amounts = 1e8 * factor * shape / shape.sum()
        lines += [f"{one},{run},{amount:.6g}" for one, amount in zip(size, amounts, strict=True)]
    (tmp_path / "pool.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path / "pool.csv"


def page_of(table: Path, **words: object) -> str:
    out = table.parent / "out"
    exocosm.measure(table, out, mapping=MAPPING, **words)  # type: ignore[arg-type]
    return (out / "report.html").read_text(encoding="utf-8")


def test_a_given_dilution_stands_beside_the_answer(table: Path) -> None:
    assert "The concentration is of the undiluted sample, 1:500, given" in page_of(table, dilution=500)
    assert "1:500" not in page_of(table) and "NOT corrected for dilution" in page_of(table)


def test_what_the_particles_probably_are_is_told_first_and_called_predicted(table: Path) -> None:
    found = exocosm.measure(table, mapping=MAPPING, dilution=500, fluid="plasma")
    page = page_of(table, dilution=500, fluid="plasma")
    assert found.particles and "Predicted, not measured: Vesicles of all sizes are" in page
    assert "Predicted, not measured" not in page_of(table, dilution=500)


def test_paper_holds_short_lists_of_values_only(table: Path) -> None:
    page = page_of(table, dilution=500, fluid="plasma")
    groups = page.split("<details")[1:]
    long = [one for one in groups if "not printed: open it here" in one]
    assert long and all(not one.startswith(' class="prints"') and one.count("<tr>") > MOST_PRINTED for one in long)
    assert any(one.startswith(' class="prints"') for one in groups)
    assert " × 10" not in page
