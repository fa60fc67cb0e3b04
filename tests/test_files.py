"""Files are whole or absent, stay in their folder, and are bounded."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm import files
from exocosm.errors import InputError
from exocosm.files import atomic_folder, inside, read_bytes, read_text, require_writable, write_atomic


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = write_atomic(tmp_path / "new" / "a.txt", "µL\nb\n")
    assert read_text(path, 100) == "µL\nb\n"
    assert write_atomic(path, b"\x00\x01") == path
    assert read_bytes(path, 2) == b"\x00\x01"
    assert [entry.name for entry in path.parent.iterdir()] == ["a.txt"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_atomic(tmp_path / "a.txt", "old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(InputError, match="no space left"):
        write_atomic(path, "new and longer")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


def test_who_reads_meanwhile_sees_the_old_file_whole(tmp_path: Path) -> None:
    path = write_atomic(tmp_path / "a.txt", "old")
    with path.open() as reader:
        write_atomic(path, "new")
        assert reader.read() == "old"
    assert path.read_text() == "new"


def test_written_files_have_the_rights_of_ordinary_files(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    path = write_atomic(tmp_path / "ours", "")
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)
    (tmp_path / "plain_folder").mkdir()
    with atomic_folder(tmp_path / "our_folder"):
        pass
    assert stat.S_IMODE((tmp_path / "our_folder").stat().st_mode) == stat.S_IMODE(
        (tmp_path / "plain_folder").stat().st_mode
    )


def test_a_folder_is_not_overwritten_by_a_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        write_atomic(tmp_path, "x")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is a file; a folder was expected"):
        write_atomic(tmp_path / "file" / "x.txt", "x")


def test_an_atomic_folder_appears_whole(tmp_path: Path) -> None:
    with atomic_folder(tmp_path / "out") as folder:
        (folder / "a").write_text("1")
        assert not (tmp_path / "out").exists()
    assert (tmp_path / "out" / "a").read_text() == "1"
    with pytest.raises(InputError, match="exists already"), atomic_folder(tmp_path / "out"):
        pass


def test_an_atomic_folder_vanishes_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), atomic_folder(tmp_path / "out") as folder:
        (folder / "a").write_text("1")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_an_atomic_folder_does_not_replace_one_that_came_meanwhile(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="could not be put in place"), atomic_folder(tmp_path / "out") as folder:
        (folder / "a").write_text("1")
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "theirs").write_text("2")
    assert [entry.name for entry in tmp_path.rglob("*")] == ["out", "theirs"]


@pytest.mark.parametrize("name", ["a.csv", "deep/er/a.csv", "a..b", "...", "./a", "sub/./a"])
def test_names_inside_are_given_their_path(tmp_path: Path, name: str) -> None:
    assert inside(tmp_path, name) == tmp_path / name


BAD_NAMES = [
    "",
    "..",
    "../a",
    "a/../../b",
    "a/..",
    "/etc/passwd",
    "~/x",
    "~root",
    "C:/x",
    "C:\\x",
    "..\\x",
    "a\0b",
    "a\nb",
    " a",
]


@pytest.mark.parametrize("name", [*BAD_NAMES, ".", "x" * 300])
def test_names_outside_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError):
        inside(tmp_path, name)


def test_links_that_leave_are_refused_and_links_that_stay_are_not(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (tmp_path / "secret").write_text("x")
    (root / "out").symlink_to(tmp_path)
    (root / "file_out").symlink_to(tmp_path / "secret")
    (root / "in").symlink_to(root / "sub")
    (root / "loop").symlink_to(root / "loop")
    for name in ("out/secret", "out", "file_out", "out/new_file"):
        with pytest.raises(InputError, match="leads out of"):
            inside(root, name)
    assert inside(root, "in/new") == root / "in" / "new"
    with pytest.raises(InputError):
        read_text(inside(root, "loop/a"), 10)


def test_the_folder_itself_may_be_reached_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert inside(tmp_path / "link", "a") == tmp_path / "link" / "a"


@given(st.text(alphabet="ab./\\~: ", max_size=12))
def test_no_name_ever_leaves(name: str) -> None:
    try:
        path = inside("/some/folder", name)
    except InputError:
        return
    assert path.resolve().is_relative_to("/some/folder") and path != Path("/some/folder")


def test_require_writable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert require_writable(tmp_path / "a" / "b").is_dir()
    assert list((tmp_path / "a" / "b").iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="a folder was expected"):
        require_writable(tmp_path / "file")

    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files.tempfile, "TemporaryFile", refuse)
    with pytest.raises(InputError, match="permission denied"):
        require_writable(tmp_path)


def test_reading_is_limited(tmp_path: Path) -> None:
    path = write_atomic(tmp_path / "a", "12345")
    assert read_text(path, 5) == "12345"
    with pytest.raises(InputError, match="larger than the 4 bytes"):
        read_text(path, 4)


def test_reading_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text("")
    with pytest.raises(InputError, match=r"did you mean 'study.yaml'"):
        read_text(tmp_path / "study.yml", 10)
    with pytest.raises(InputError, match="there is no folder"):
        read_text(tmp_path / "no" / "a", 10)
    with pytest.raises(InputError, match="is a folder"):
        read_text(tmp_path, 10)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="pipes and devices"):
        read_text(tmp_path / "pipe", 10)
    (tmp_path / "latin").write_bytes(b"a\n\xb5L")
    with pytest.raises(InputError, match="line 2: this is not UTF-8"):
        read_text(tmp_path / "latin", 10)
    (tmp_path / "zero").write_bytes(b"a\0")
    with pytest.raises(InputError, match="zero bytes"):
        read_text(tmp_path / "zero", 10)


def test_byte_order_mark_and_line_ends_are_normal(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfa\r\nb\rc")
    assert read_text(tmp_path / "a", 100) == "a\nb\nc"
