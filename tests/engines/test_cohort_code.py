"""Kept machine code: found again, never trusted blindly, and never in the way of a run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from exam_models import decay

from exocosm.engines import cohort
from exocosm.engines.cohort import library, native
from exocosm.engines.contract import Schedule

pytestmark = pytest.mark.skipif(not native.is_available(), reason="no code can be generated here")
posix = pytest.mark.skipif(not hasattr(os, "getuid"), reason="owners and rights as on POSIX")

SCHEDULE = Schedule(2.0, (0.5, 2.0))


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder for code, and nothing in memory."""
    folder = tmp_path / "code"
    monkeypatch.setenv(native.FOLDER, str(folder))
    monkeypatch.setattr(library, "_LOADED", {})
    yield folder


def run(lanes: int = 2, rate: str = "k * x") -> np.ndarray:
    library._LOADED.clear()
    return cohort.solve(decay(rate), {"k": [1.0, 2.0, 3.0]}, SCHEDULE, threads=1, lanes=lanes).values


def refuse(*_: object, **__: object) -> bytes:
    raise AssertionError("it was compiled again")


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that are compiled."""
    texts: list[str] = []
    real = native.compile_text

    def compile_text(text: str, target: native.Processor, optimise: bool) -> bytes:
        texts.append(text)
        return real(text, target, optimise)

    monkeypatch.setattr(native, "compile_text", compile_text)
    return texts


EXPECTED = run()


def test_a_warm_start_compiles_nothing(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run()
    assert len(list(kept.iterdir())) == 3  # model, what is asked of it, driver
    monkeypatch.setattr(native, "compile_text", refuse)
    assert np.array_equal(run(), first)


def test_what_is_in_memory_is_not_even_read(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run()
    monkeypatch.setattr(native, "library", refuse)
    assert np.array_equal(cohort.solve(decay(), {"k": [1.0, 2.0, 3.0]}, SCHEDULE, threads=1, lanes=2).values, EXPECTED)


def damage(path: Path, how: str) -> None:
    content = path.read_bytes()
    flipped = bytearray(content)
    flipped[len(content) // 2] ^= 1
    facts = content.split(b"\n", 3)
    damaged = {
        "empty": b"",
        "cut": content[: len(content) // 2],
        "one byte less": content[:-1],
        "one byte more": content + b"\n",
        "one bit": bytes(flipped),
        "noise": os.urandom(len(content)),
        "first line": b"exocosm compiled code 0\n" + content.split(b"\n", 1)[1],
        "facts": b"\n".join([facts[0], facts[1].replace(b"0", b"1") + b" ", *facts[2:]]),
        "no lines": b"x" * 100,
    }
    path.write_bytes(damaged[how])


@pytest.mark.parametrize(
    "how", ["empty", "cut", "one byte less", "one byte more", "one bit", "noise", "first line", "facts", "no lines"]
)
def test_damaged_files_are_made_anew(kept: Path, counted: list[str], how: str) -> None:
    run()
    for path in kept.iterdir():
        damage(path, how)
    counted.clear()
    assert np.array_equal(run(), EXPECTED)
    assert len(counted) == 3
    counted.clear()
    assert np.array_equal(run(), EXPECTED)
    assert not counted  # mended


def test_files_that_were_swapped_are_made_anew(kept: Path, counted: list[str]) -> None:
    """Sound files under each other's names: code of another model, with a right checksum."""
    run()
    first = set(kept.iterdir())
    run(rate="k * x^2")
    (other,) = [path for path in set(kept.iterdir()) - first if b'"work": 0' not in path.read_bytes()[:400]]
    for path in first:
        path.write_bytes(other.read_bytes())
    counted.clear()
    assert np.array_equal(run(), EXPECTED)
    assert len(counted) == 3


@posix
def test_files_that_others_could_have_written_are_not_used(kept: Path, counted: list[str]) -> None:
    run()
    assert {path.stat().st_mode & 0o777 for path in kept.iterdir()} == {0o600}
    assert kept.stat().st_mode & 0o777 == 0o700
    for path in kept.iterdir():
        path.chmod(0o660)
    counted.clear()
    assert np.array_equal(run(), EXPECTED)
    assert len(counted) == 3


@posix
def test_kept_files_are_this_users_alone_whatever_the_umask(kept: Path) -> None:
    before = os.umask(0)
    try:
        run()
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in kept.iterdir()} == {0o600}


@posix
@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777, 0o1777])
def test_a_folder_that_others_can_write_to_is_not_used(kept: Path, mode: int) -> None:
    kept.mkdir()
    kept.chmod(mode)
    assert native.folder() is None
    assert np.array_equal(run(), EXPECTED)
    assert list(kept.iterdir()) == []


@posix
def test_a_folder_and_files_of_another_user_are_not_used(
    kept: Path, monkeypatch: pytest.MonkeyPatch, counted: list[str]
) -> None:
    run()
    counted.clear()
    me = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: me + 1)
    assert native.folder() is None
    assert np.array_equal(run(), EXPECTED) and len(counted) == 3
    monkeypatch.undo()
    real = os.fstat

    def fstat(handle: int) -> os.stat_result:
        status = real(handle)
        return os.stat_result((*status[:4], me + 1, *status[5:]))

    monkeypatch.setenv(native.FOLDER, str(kept))
    monkeypatch.setattr(os, "fstat", fstat)
    assert native.folder() is not None
    assert all(native._read(path.name) is None for path in kept.iterdir())


def test_a_folder_that_cannot_be_made_or_written(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.write_text("a file in its place")
    assert native.folder() is None and np.array_equal(run(), EXPECTED)
    kept.unlink()

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(native.tempfile, "mkstemp", fail)
        assert np.array_equal(run(), EXPECTED)
        assert list(kept.iterdir()) == []
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        assert np.array_equal(run(), EXPECTED)
        assert list(kept.iterdir()) == []  # nothing unfinished stays
    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", fail)
        assert native.folder() is None and np.array_equal(run(), EXPECTED)


def test_a_user_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless(*_: object) -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in (native.FOLDER, "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    assert native.folder() is None
    assert np.array_equal(run(), EXPECTED)


def test_the_oldest_code_goes_and_nothing_else(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "_MOST_FILES", 5)
    kept.mkdir(mode=0o700)
    (kept / "thesis.txt").write_text("three years")
    (kept / "ab").mkdir()
    os.utime(kept / "thesis.txt", (0, 0))
    old = [kept / (letter * 64) for letter in "0123456789"]
    for age, path in enumerate(old):
        path.write_bytes(b"old")
        os.utime(path, (1000 + age, 1000 + age))
    run()
    assert (kept / "thesis.txt").read_text() == "three years" and (kept / "ab").is_dir()
    assert [path.exists() for path in old] == [False] * 8 + [True] * 2
    assert len(list(kept.iterdir())) == 5 + 2


@pytest.mark.slow
def test_the_name_changes_with_all_that_the_code_depends_on(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import llvmlite

    def names(lanes: int = 2, rate: str = "k * x") -> set[str]:
        for path in kept.iterdir() if kept.exists() else ():
            path.unlink()
        run(lanes, rate)
        return {path.name for path in kept.iterdir()}

    plain = names()
    assert names() == plain
    assert len(names(lanes=1) & plain) == 1  # the driver is the same
    assert len(names(rate="2 * k * x") & plain) == 1
    here = native.processor()
    changes = {
        "features": lambda patch: patch.setattr(native, "processor", lambda: replace(here, features="")),
        "processor": lambda patch: patch.setattr(native, "processor", lambda: replace(here, name="x86-64")),
        "version": lambda patch: patch.setattr(llvmlite, "__version__", "0.0.0"),
        "program": lambda patch: patch.setattr(native, "program_hash", lambda: "0"),
    }  # fmt: skip
    for name, change in changes.items():
        with monkeypatch.context() as patch:
            change(patch)
            assert not names() & plain, name


def test_the_program_is_all_of_the_engines_and_the_network() -> None:
    root = Path(native.__file__).parents[2]
    assert (root / "engines" / "cohort" / "kernels.py").exists() and (root / "network" / "derivative.py").exists()
    assert len(native.program_hash()) == 64 and native.program_hash.__wrapped__() == native.program_hash()


PROCESS = """
import json, sys
from exam_models import decay
from exocosm.engines import cohort
from exocosm.engines.contract import Schedule
found = cohort.solve(decay(), {"k": [1.0, 2.0, 3.0]}, Schedule(2.0, (0.5, 2.0)), threads=1, lanes=2)
json.dump([value.hex() for value in found.values.ravel().tolist()], sys.stdout)
"""


@pytest.mark.slow
def test_eight_processes_at_once_start_from_nothing(kept: Path) -> None:
    paths = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
    environment = {**os.environ, "PYTHONPATH": paths}
    crew = [
        subprocess.Popen([sys.executable, "-c", PROCESS], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(8)
    ]
    outputs = [member.communicate()[0] for member in crew]
    assert [member.returncode for member in crew] == [0] * 8
    assert {tuple(json.loads(output)) for output in outputs} == {tuple(value.hex() for value in EXPECTED.ravel())}
    assert len(list(kept.iterdir())) == 3
