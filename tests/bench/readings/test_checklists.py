"""Checklists: every item has its source, is filled from the files or is missing, and nothing is made up."""

from __future__ import annotations

from pathlib import Path

import made_recordings as made
import pytest

from exocosm.bench.numbers import bench_numbers
from exocosm.bench.readings.checklist import (
    FILLED,
    GIVEN,
    MISSING,
    PARTLY,
    Answer,
    Context,
    answers,
    checklists,
    read_answers,
)
from exocosm.bench.readings.measured import readings_of
from exocosm.bench.readings.samples import Described
from exocosm.bench.recordings.contract import Recording
from exocosm.errors import CheckError, InputError
from exocosm.evidence.catalogue import load_catalogue


def filled(*recordings: Recording, context: Context | None = None, dilution: float | None = None) -> dict[str, Answer]:
    readings = readings_of(recordings, bench_numbers(), Described(dilution=dilution))
    return {f"{one.checklist}.{one.item.id}": one for one in answers(readings, context)}


def test_every_item_of_a_published_list_says_where_it_was_read() -> None:
    sources = load_catalogue().sources
    assert {"MISEV2018", "MISEV2023", "EV-METRIC", "EV-TRACK"} <= {each.name for each in checklists()}
    for each in checklists():
        assert each.about and each.items
        assert set(each.sources) <= set(sources)
        assert len({item.id for item in each.items}) == len(each.items)
        for item in each.items:
            assert bool(item.locator) == bool(item.source)
            assert item.source in sources if each.sources else not item.source


def test_recordings_fill_what_stands_in_them_and_nothing_else() -> None:
    found = filled(made.recording(dilution=500.0, software="NTA 3.4", diluent="PBS"))
    assert found["MISEV2018.many-single-vesicles"].state == FILLED
    assert "6,000 particles tracked" in found["MISEV2018.many-single-vesicles"].text
    assert found["MISEV2018.two-global-quantities"].state == PARTLY
    assert found["Measurement record.dilution"].text == "1:500 (recorded in the file)"
    assert found["Measurement record.optics"].text == "Camera Level 12"
    for name in ("source-amount", "membrane-protein", "images", "ratio-of-quantities", "contaminants"):
        assert found[f"MISEV2018.{name}"].state == MISSING
    assert all(one.state == MISSING for name, one in found.items() if name.startswith("EV-METRIC"))


def test_a_count_of_the_diluted_sample_is_no_quantity_of_the_sample() -> None:
    assert filled(made.recording())["MISEV2018.two-global-quantities"].state == MISSING
    assert filled(made.recording(), dilution=500.0)["MISEV2018.two-global-quantities"].state == PARTLY


def test_what_only_some_files_say_is_filled_in_part() -> None:
    one, other = made.recording(file="a.csv", diluent="PBS", captured="today"), made.recording(file="b.csv")
    assert filled(one, other)["Measurement record.date"].state == PARTLY


def test_the_user_answers_what_no_file_holds() -> None:
    context = Context("plasma", "sec_plasma", {"source-amount": "2 mL of plasma", "EV-TRACK.species": "human"})
    found = filled(made.recording(), context=context)
    assert (found["MISEV2018.source-amount"].state, found["EV-TRACK.species"].text) == (GIVEN, "human")
    assert found["EV-TRACK.separation"].text == "sec plasma"
    with pytest.raises(InputError, match="did you mean 'source-amount'"):
        filled(made.recording(), context=Context(answers={"source-amonut": "x"}))


def test_without_a_recording_everything_is_missing() -> None:
    assert {one.state for one in filled().values()} == {MISSING}


def test_answers_from_a_file_and_faulty_ones(tmp_path: Path) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text("exocosm: 1\nkind: answers\nanswers: {images: cryo-EM}\n", encoding="utf-8")
    assert read_answers(path) == {"images": "cryo-EM"}
    for text in ("exocosm: 1\nanswers: [a]\n", "exocosm: 1\nanswers: {images: 3}\n", "exocosm: 2\nanswers: {}\n"):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(CheckError):
            read_answers(path)
