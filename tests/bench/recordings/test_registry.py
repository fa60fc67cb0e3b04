"""Many files in one call: each by its own reader, nothing lost, everything that is refused named."""

from __future__ import annotations

import os
from pathlib import Path

import made_files as made
import pytest

from exocosm.bench.recordings import file_text
from exocosm.bench.recordings.contract import RecordingError
from exocosm.bench.recordings.registry import (
    formats,
    read_content,
    read_recordings,
    read_what_can_be_read,
    readers,
)

FILES = {
    "a-ExperimentSummary.csv": made.summary(dilution=1000),
    "b 1%2 (ü).csv": made.summary(count=1, single=True, names=["b 00"]),
    "c_ParticleData.csv": made.particle_data(),
    "c_AllTracks.csv": made.particle_data(tracks=True),
    "d_size_488.txt": made.zetaview(),
    "d_size_488_11pos.txt": made.positions(),
    "d_prof_488.txt": made.zetaview(kind="Zeta Potential"),
    "e.tsv": made.wide("\t"),
}
MAPPING = {"instrument": "trps", "rows": "particles", "size": {"column": "d", "unit": "nm"}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def test_every_format_is_described() -> None:
    names = [one.name for one in formats()]
    assert len(set(names)) == len(names) == 6
    assert all(len(one.description) > 20 and one.description.endswith(".") for one in formats())


@pytest.mark.parametrize("name", FILES)
def test_one_reader_recognises_each_file(name: str) -> None:
    head = file_text.text_of_content(FILES[name], name)[0][:20_000]
    assert len([reader for reader in readers() if reader.can_read(head, name)]) == 1
    assert len([reader for reader in readers() if reader.can_read(head, "x")]) == 1


def test_several_instruments_in_one_call(folder: Path) -> None:
    recordings = read_recordings([folder / name for name in FILES])
    kinds = [(r.instrument, r.kind) for r in recordings]
    assert kinds == [
        ("nanosight", "size"),
        ("nanosight", "size"),
        ("nanosight", "particles"),
        ("nanosight", "tracks"),
        ("zetaview", "size"),
        ("zetaview", "positions"),
        ("zetaview", "profile"),
        ("table", "size"),
        ("table", "size"),
    ]
    assert [r.file for r in recordings][:2] == list(FILES)[:2]
    assert any("the video 'c' stands in c_ParticleData.csv too" in note for note in recordings[3].notes)


def test_one_path_is_enough(folder: Path) -> None:
    assert len(read_recordings(str(folder / "d_size_488.txt"))) == 1


def test_the_same_file_twice_is_noted(folder: Path) -> None:
    (folder / "copy.csv").write_bytes(FILES["a-ExperimentSummary.csv"])
    _, second = read_recordings([folder / "a-ExperimentSummary.csv", folder / "copy.csv"])
    assert any("same bytes as a-ExperimentSummary.csv" in note for note in second.notes)


def test_files_of_one_name_in_several_folders_are_told_apart(tmp_path: Path) -> None:
    for day, content in (("day1", made.summary()), ("day2", made.zetaview()), ("day3", b"junk,1")):
        (tmp_path / day).mkdir()
        (tmp_path / day / "export.csv").write_bytes(content)
    (tmp_path / "other.csv").write_bytes(made.wide())
    paths = [tmp_path / day / "export.csv" for day in ("day1", "day2", "day3")] + [tmp_path / "other.csv"]
    recordings, (error,) = read_what_can_be_read(iter(paths))
    assert list(dict.fromkeys(one.file for one in recordings)) == ["day1/export.csv", "day2/export.csv", "other.csv"]
    assert str(error).startswith("day3/export.csv, line 1")
    again, _ = read_what_can_be_read([paths[0], tmp_path / "day2" / ".." / "day1" / "export.csv"])
    assert [one.file for one in again] == ["export.csv", "export.csv"]


def test_all_files_that_are_refused_are_named_at_once(folder: Path) -> None:
    (folder / "x.xlsx").write_bytes(b"PK\x03\x04....")
    (folder / "y.nano").write_bytes(b"anything")
    paths = [folder / "x.xlsx", folder / "d_size_488.txt", folder / "y.nano", folder / "none.csv", folder]
    with pytest.raises(RecordingError) as refused:
        read_recordings(paths)
    text = str(refused.value)
    assert text.startswith("4 files cannot be read")
    for words in ("Excel workbook", "export its ExperimentSummary", "cannot be opened", "this is a folder"):
        assert words in text
    recordings, errors = read_what_can_be_read(paths)
    assert (len(recordings), len(errors)) == (1, 4)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b" \r\n\r\n", "empty"),
        (b"\xff\xfe", "empty"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"RIFF....AVI ", "video"),
        (b"\xd0\xcf\x11\xe0....", "old Excel"),
        (b"FCS3.1    ", "flow cytometry"),
        (bytes(range(256)) * 4, "not a text file"),
        (b"hello, world\n1,2\n", "no known instrument"),
        (b"<html><body>report</body></html>", "web page"),
        ("Größe".encode()[:-4], "middle of a character"),
        ("NTA Experiment Summary File".encode("utf-16")[:-1], "breaks off"),
    ],
)
def test_junk(content: bytes, words: str) -> None:
    with pytest.raises(RecordingError) as refused:
        read_content(content, "junk.csv")
    assert words in str(refused.value)
    assert str(refused.value).startswith("junk.csv")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_or_device_is_refused_and_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe.csv")
    for path in (folder / "pipe.csv", Path(os.devnull)):
        with pytest.raises(RecordingError, match="not a file"):
            read_recordings(path)


def test_size_is_bounded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_text, "MAXIMUM_BYTES", 100)
    with pytest.raises(RecordingError, match="at most 100 are read"):
        read_content(made.wide(), "w.csv")


def test_a_mapping_describes_what_no_reader_knows(folder: Path) -> None:
    (folder / "p.csv").write_bytes(b"d,x\n100,1\n120,1\n")
    recordings = read_recordings([folder / "d_size_488.txt", folder / "p.csv"], MAPPING)
    assert [r.instrument for r in recordings] == ["zetaview", "trps"]


def test_several_mappings_say_which_files_they_are_for(folder: Path) -> None:
    (folder / "p_one.csv").write_bytes(b"d,x\n100,1\n120,1\n")
    (folder / "p_two.csv").write_bytes(b"e,x\n0.1,1\n0.2,1\n")
    two = {"instrument": "flow", "rows": "particles", "size": {"column": "e", "unit": "um"}, "files": "*_TWO.csv"}
    recordings = read_recordings([folder / "p_one.csv", folder / "p_two.csv"], [MAPPING, two])
    assert [r.instrument for r in recordings] == ["trps", "flow"]
    with pytest.raises(RecordingError, match="2 mappings could describe"):
        read_recordings([folder / "p_one.csv"], [MAPPING, MAPPING])
