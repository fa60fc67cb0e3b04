"""Files are whole or absent, stay in their folder, and are bounded."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exocosm import files
from exocosm.errors import InputError
from exocosm.files import (
    atomic_folder,
    checksum,
    held,
    inside,
    read_bytes,
    read_text,
    remove_unfinished,
    require_writable,
    staged,
    write_atomic,
)


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


def test_a_stage_is_within_the_folder_and_gone_afterwards(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), staged(tmp_path) as stage:
        assert stage.parent == tmp_path
        (stage / "a").write_text("1")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InputError, match="no folder can be made"), staged(tmp_path / "nowhere"):
        pass


def test_what_is_unfinished_is_removed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "a").write_text("1")
    (tmp_path / ".writing-link").symlink_to(tmp_path / "kept")
    (tmp_path / ".writing-file").write_text("1")
    (tmp_path / ".writing-folder").mkdir()
    (tmp_path / ".writing-folder" / "a").write_text("1")
    remove_unfinished(tmp_path)
    remove_unfinished(tmp_path / "nowhere")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "kept"]


def test_a_folder_is_held_by_one(tmp_path: Path) -> None:
    for _ in range(2):
        with held(tmp_path):
            with pytest.raises(InputError, match=rf"another run \(process {os.getpid()}\)"), held(tmp_path):
                pass
            assert len(list(tmp_path.iterdir())) == 1
        assert list(tmp_path.iterdir()) == []
    with pytest.raises(InputError, match="no such file"), held(tmp_path / "nowhere"):
        pass


def test_a_lock_left_by_a_killed_process_holds_nobody_up(tmp_path: Path) -> None:
    (tmp_path / ".running").write_text("process 1")
    with held(tmp_path):
        assert (tmp_path / ".running").read_text() == f"process {os.getpid()}"


@pytest.mark.parametrize("system_follows", [False, True])
def test_a_lock_is_not_written_through_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system_follows: bool
) -> None:
    if system_follows:
        monkeypatch.delattr(os, "O_NOFOLLOW", raising=False)
    (tmp_path / "precious").write_text("mine")
    (tmp_path / ".running").symlink_to(tmp_path / "precious")
    with pytest.raises(InputError), held(tmp_path):
        pass
    assert (tmp_path / "precious").read_text() == "mine"


def test_a_lock_that_was_removed_meanwhile_is_taken_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who opens the file just before its holder removes it would else hold a file that nobody sees."""
    real, calls = files._lock, []

    def slow(handle: int) -> bool:
        if not calls:
            (tmp_path / ".running").unlink()
        calls.append(handle)
        return real(handle)

    monkeypatch.setattr(files, "_lock", slow)
    with held(tmp_path):
        assert len(calls) == 2
        assert (tmp_path / ".running").exists()


def test_a_file_system_without_locks_keeps_nobody_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with held(tmp_path), held(tmp_path):
        pass


def test_a_checksum_is_the_known_one(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert checksum(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    with pytest.raises(InputError, match="no such file"):
        checksum(tmp_path / "b")
