"""The design spaces that are shipped: everything in them can be done, and what is designed can be run again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import exocosm
from exocosm.bench.design.answer import Design
from exocosm.bench.design.candidates import places, read_space, space_for, space_names
from exocosm.bench.design.goals import COLUMN, read_goals
from exocosm.bench.design.search import screen
from exocosm.bench.fluids import fluid_names, specimen_of
from exocosm.bench.numbers import bench_numbers
from exocosm.bench.protocol import read_protocol
from exocosm.report.design import answer, design_page, headline, protocol_file
from exocosm.report.page import render_page

ANYTHING = "exocosm: 1\nkind: goals\nname: anything\nwant: {kind: small_ev}\n"
GOALS = """
exocosm: 1
kind: goals
name: some
want: {kind: small_ev, at_least: 1e8 particle}
limits: {time: 20 h, cost: 100 euro, volume: 1 mL}
own: {rotors: [SW 41 Ti, F-45-24-15]}
"""


@pytest.mark.parametrize("name", space_names())
def test_what_a_space_holds_can_be_done(name: str) -> None:
    numbers = bench_numbers()
    space = read_space(name, read_goals(ANYTHING, numbers), numbers)
    fluid, volume = ("conditioned_medium", 500.0) if name == "conditioned_medium" else ("plasma", 2.0)
    found = screen(lambda each: specimen_of(fluid, volume, each), space, places(space, 3000, 1), "small_ev", numbers)
    assert found.sound.any()
    # nothing is refused but forces that a rotor cannot reach: the lab of this test owns every rotor there is
    assert all("is beyond the rotor" in reason for reason in found.refused), found.refused
    assert found.done.mean() > 0.7
    methods = {step.step.method for stage in space.stages for choice in stage.choices for (step, *_) in choice.steps}
    assert len(methods) >= 4
    recovery = found.values[found.done][:, COLUMN["recovery"]]
    assert ((recovery >= 0) & (recovery <= 1 + 1e-12)).all()


def test_every_fluid_has_a_space() -> None:
    numbers = bench_numbers()
    assert {space_for(fluid) for fluid in fluid_names(numbers)} == set(space_names())


@pytest.fixture(scope="module")
def designed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Design, Path]:
    folder = tmp_path_factory.mktemp("designed") / "out"
    return exocosm.design_protocol("plasma", GOALS, folder, candidates=400, draws=25), folder


def test_a_designed_protocol_is_a_file_that_runs_the_same(designed: tuple[Design, Path]) -> None:
    found, folder = designed
    whole = next(one for one in found.examined if found.screened.space.shares[one.place[0]] == 1)
    written = read_protocol(protocol_file("again", whole, ["Spin.", "Wait\nlonger."]))
    again = exocosm.isolate("plasma", written, volume="1 mL", draws=0, donors=0)
    assert again.measures["yield"] == pytest.approx(whole.value("yield"), rel=1e-12)
    assert again.measures["cost"] == pytest.approx(whole.value("cost"))
    assert read_protocol(folder / "protocol_1.yaml").steps


def test_the_folder_holds_the_answer(designed: tuple[Design, Path]) -> None:
    found, folder = designed
    assert {path.name for path in folder.iterdir()} >= {"report.html", "protocols.csv", "values.csv", "sources.bib"}
    page = (folder / "report.html").read_text()
    assert "Do this first" in page and headline(found).split(":")[0] in page
    assert "<script" not in page and page.count("<svg") == 1
    rows = (folder / "protocols.csv").read_text().splitlines()
    assert len(rows) == len(found.examined) + 1


def test_the_purest_of_the_front_is_told_beside_the_surest() -> None:
    goals = GOALS + "trade: [lipoprotein_per_particle, yield]\n"
    found = exocosm.design_protocol("plasma", goals, candidates=400, draws=25)
    values = [one.value("lipoprotein_per_particle") for one in found.examined]
    at = values.index(min(values))
    assert at > 0
    (told,) = (one for one in answer(found) if one.startswith("Least lipoprotein particles per small EV"))
    assert f"with number {at + 1}, {found.examined[at].label}" in told
    assert "euro (95 %: " in answer(found)[1] and "are assumed, " in answer(found)[-1]


def test_a_sample_that_holds_too_little_is_told() -> None:
    goals = GOALS.replace("1e8", "1e15")
    found = exocosm.design_protocol("plasma", goals, candidates=200, draws=25)
    said = " ".join(answer(found))
    assert "The sample holds" in said and "times as large" in said
    assert headline(found).startswith("The goals cannot be reached together; what limits is the yield")
    assert "A protocol that comes close" in render_page(design_page(found, "1 mL of plasma", [["Spin."]], ""))


def test_titles_of_users_are_escaped(designed: tuple[Design, Path]) -> None:
    goals = GOALS.replace("name: some\n", "name: some\ntitle: '<script>alert(1)</script>'\n")
    found = exocosm.design_protocol("plasma", goals, candidates=50, draws=25)
    page = render_page(design_page(found, "<b>", [], ""))
    assert "<script>" not in page and "<b>" not in page


def test_more_than_the_goals_volume_is_refused() -> None:
    with pytest.raises(exocosm.ExocosmError, match="allow 1 mL"):
        exocosm.design_protocol("plasma", GOALS, volume="3 mL", candidates=50, draws=25)


def test_intervals_hold_the_middle(designed: tuple[Design, Path]) -> None:
    for one in designed[0].examined:
        for measure in ("yield", "recovery", "time", "cost"):
            low, high = one.interval(measure)
            assert low <= np.nanmedian(one.draws[:, COLUMN[measure]]) <= high
