"""Runs that are killed, run out of disk, or meet each other: what is there is whole, and the end is always the same."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tiny_study import TINY

from exocosm.errors import InputError
from exocosm.trajectory.result import FILES, content_hash, load_result
from exocosm.workflow import chunks as keeping
from exocosm.workflow import run as running
from exocosm.workflow.chunks import chunk_path
from exocosm.workflow.plan import plan_of
from exocosm.workflow.pool import missing_jobs
from exocosm.workflow.run import CHUNKS, run

SMALL = replace(TINY, draws=2, animals=1, what_ifs=())
PLAN = plan_of(SMALL)
DOCS = Path(__file__).parents[2] / "docs"


def quietly(study, folder=None, **options):
    return run(study, folder, **{"workers": 1, "progress": False, **options})


def interrupting(*words: Any) -> dict[str, Any]:
    """What the program that interrupts runs has found."""
    program = Path(__file__).parent / "interrupting.py"
    # one thread: the program forks
    single = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, program, *map(str, words)], capture_output=True, text=True, env=single)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


@forks
def test_a_run_interrupted_at_some_requests_to_the_file_system(tmp_path):
    found = interrupting("points", tmp_path, 37, 5)
    assert not found["kill"]["wrong"] + found["full"]["wrong"]
    assert found["kill"]["points"] > 100  # or the run no longer does what is interrupted here
    assert found["kill"]["counts"]["killed"] >= 4
    assert found["full"]["counts"]["refused"] >= 4


@forks
@pytest.mark.slow
def test_a_run_interrupted_at_many_requests_to_the_file_system(tmp_path):
    found = interrupting("points", tmp_path, 3, secrets.randbelow(3) + 1)
    assert not found["kill"]["wrong"] + found["full"]["wrong"]
    assert all(found["kill"]["counts"][name] for name in ("old", "none", "new"))  # before, between and after


@forks
@pytest.mark.slow
@pytest.mark.parametrize("kills", [100])
def test_kills_at_random_moments_change_nothing(tmp_path, kills):
    (text,) = re.findall(r"^```yaml\n(.*?)^```", (DOCS / "python.md").read_text(encoding="utf-8"), re.M | re.S)
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    seed = secrets.randbelow(2**32)
    print(f"seed {seed}")  # shown when it fails
    found = interrupting("moments", tmp_path, kills, seed)
    assert not found["wrong"]
    assert found["kills"] == kills
    assert found["hashes"][0]
    assert set(found["hashes"]) == {found["hashes"][0]}
    assert found["moments"]["chunks"] > kills / 20


LIMITED = """
import resource, sys
sys.path.insert(0, sys.argv[1])
from test_interrupted import SMALL
from exocosm.errors import ExocosmError
from exocosm.workflow.run import run
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
try:
    run(SMALL, sys.argv[2], workers=1, progress=False)
except ExocosmError as problem:
    print(f"{type(problem).__name__}: {problem}")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no limits")
@pytest.mark.parametrize("limit", [9000, 700])
def test_files_that_cannot_grow_stop_the_run_and_not_the_resumed_one(tmp_path, limit):
    """9000 bytes take every chunk but not all files of the result; 700 do not take every chunk."""
    words = [str(Path(__file__).parent), str(tmp_path / "out"), str(limit)]
    done = subprocess.run([sys.executable, "-c", LIMITED, *words], capture_output=True, text=True)
    assert done.stdout.startswith("InputError: "), done
    assert "file too large" in done.stdout.lower()
    assert not done.stderr
    assert [entry.name for entry in (tmp_path / "out").iterdir()] == [CHUNKS]
    missing = missing_jobs(PLAN, tmp_path / "out" / CHUNKS)
    assert not missing if limit == 9000 else missing
    with pytest.raises(InputError, match="no finished result"):
        load_result(tmp_path / "out")
    assert content_hash(quietly(SMALL, tmp_path / "out").folder) == content_hash(quietly(SMALL))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_chunk_that_cannot_be_written_is_said(tmp_path, workers):
    place = chunk_path(tmp_path / CHUNKS, PLAN.keys[0])
    place.mkdir(parents=True)
    with pytest.raises(InputError, match=rf"'{place}' is a folder"):
        quietly(SMALL, tmp_path, workers=workers)


def test_what_killed_writers_left_is_removed_and_so_are_the_chunks_of_a_finished_run(tmp_path):
    litter = [tmp_path / ".writing-a.tmp", tmp_path / ".writing-b" / "x", tmp_path / CHUNKS / ".writing-c.tmp"]
    for path in litter:
        path.parent.mkdir(exist_ok=True)
        path.write_text("unfinished")
    quietly(SMALL, tmp_path)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted(FILES)
    for path in litter:
        path.parent.mkdir(exist_ok=True)
        path.write_text("unfinished")
    quietly(SMALL, tmp_path)  # taken as it is
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted(FILES)


def test_two_runs_at_once_in_one_folder(tmp_path, monkeypatch):
    begun, go_on = threading.Event(), threading.Event()
    solved = running.execute

    def waiting(*arguments):
        begun.set()
        assert go_on.wait(60)
        solved(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(running, "execute", waiting)
        first = threading.Thread(target=quietly, args=(SMALL, tmp_path))
        first.start()
        assert begun.wait(60)
        try:
            for study in (SMALL, replace(SMALL, seed=2)):
                with pytest.raises(InputError, match=rf"written to by another run \(process {os.getpid()}\)"):
                    quietly(study, tmp_path, overwrite=True)
        finally:
            go_on.set()
            first.join()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted(FILES)
    assert content_hash(tmp_path) == content_hash(quietly(SMALL))


def test_a_damaged_result_is_made_anew(tmp_path):
    right = content_hash(quietly(SMALL, tmp_path).folder)
    table = (tmp_path / "metrics.csv").read_text()
    (tmp_path / "metrics.csv").write_text(table.replace("1", "2", 1))
    with pytest.raises(InputError, match=r"metrics\.csv not as saved"):
        load_result(tmp_path)
    assert content_hash(quietly(SMALL, tmp_path).folder) == right


def test_a_folder_that_is_only_there_to_be_read(tmp_path, monkeypatch):
    quietly(SMALL, tmp_path)
    real = os.open

    def refuse(path, flags, *rest, **options):
        if flags & (os.O_WRONLY | os.O_RDWR):
            raise OSError(30, "Read-only file system", str(path))
        return real(path, flags, *rest, **options)

    monkeypatch.setattr(os, "open", refuse)
    assert quietly(SMALL, tmp_path).statuses.empty  # the finished result is taken
    with pytest.raises(InputError, match="read-only file system"):
        quietly(SMALL, tmp_path, resume=False)
    monkeypatch.undo()
    assert content_hash(tmp_path) == content_hash(quietly(SMALL))


@pytest.mark.parametrize("workers", [1, 2])
def test_memory_that_runs_out_is_said(tmp_path, monkeypatch, workers):
    def greedy(*_arguments, **_options):
        raise MemoryError

    monkeypatch.setattr(keeping if workers == 1 else running, "_solve" if workers == 1 else "gather", greedy)
    with pytest.raises(InputError, match=r"memory of this machine does not suffice .*fewer draws"):
        quietly(SMALL, tmp_path, workers=workers)
    assert [entry.name for entry in tmp_path.iterdir()] == [CHUNKS]
