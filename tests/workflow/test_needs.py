"""What a run needs is known before, and is not less than what it takes."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny_study import TINY

from exocosm.engines import memory
from exocosm.engines.contract import Status, SubjectStatus
from exocosm.errors import InputError
from exocosm.workflow import needs
from exocosm.workflow.chunks import Chunk, write_chunk
from exocosm.workflow.plan import observe_times, plan_of
from exocosm.workflow.run import CHUNKS, gather, recipe_of, run


def sized(times: int, draws: int, animals: int, *, arms: int = 2, outputs: int = 2, comparisons: int = 0):
    recorded = tuple(np.linspace(0.0, 8.0, times).tolist())
    recording = tuple(replace(each, schedule=replace(each.schedule, observe_times=recorded)) for each in TINY.arms)
    study = replace(
        TINY, arms=recording[:arms], outputs=TINY.outputs[-outputs:], draws=draws, animals=animals, what_ifs=()
    )
    if outputs == 1:
        study = replace(study, metrics=TINY.metrics[:1], measurements=TINY.measurements[:1])
    if arms == 1:
        study = replace(study, contrasts=(), answer=())
    return replace(study, comparisons=tuple(replace(study, name=f"along_{n}") for n in range(comparisons)))


def numbers_of(plan):
    times = [len(observe_times(study)) for study in plan.studies]

    def read(number: int) -> Chunk:
        job = plan.jobs[number]
        values = 1.0 + np.random.default_rng(number).random((job.subjects, times[job.study], len(job.outputs)))
        return Chunk(values, (SubjectStatus(Status.FINISHED),) * job.subjects)

    return read


@pytest.mark.parametrize(
    "study",
    [
        sized(400, 50, 20),
        sized(400, 50, 20, arms=1, outputs=1),
        sized(400, 30, 20, comparisons=2),
        sized(3, 100, 50),
    ],
    ids=["two arms", "one arm", "comparisons", "many subjects"],
)
def test_a_result_takes_no_more_than_was_foretold(study, tmp_path):
    plan = plan_of(study)
    read, recipe = numbers_of(plan), recipe_of(plan)
    gather(plan, read, recipe).save(tmp_path / "first")  # what is imported late is no part of it
    chunks = tmp_path / "chunks"
    chunks.mkdir()
    for number, key in enumerate(plan.keys):
        write_chunk(chunks, key, read(number))
    tracemalloc.start()
    gather(plan, read, recipe).save(tmp_path / "out")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0.4 * needs.memory_needed(plan) < peak < needs.memory_needed(plan)
    written = sum(path.stat().st_size for folder in ("out", "chunks") for path in (tmp_path / folder).iterdir())
    foretold = needs.disk_needed(plan, range(len(plan.jobs)), saved=True)
    assert 0.4 * foretold < written < foretold
    assert needs.disk_needed(plan, (), saved=True) < foretold
    assert needs.disk_needed(plan, (), saved=False) == 0


def quietly(study, folder=None):
    return run(study, folder, workers=1, progress=False)


def test_too_little_memory_is_said_before_anything_is_solved(tmp_path, monkeypatch):
    plan = plan_of(TINY)
    monkeypatch.setattr(needs, "available_memory", lambda: needs.memory_needed(plan) - 1)
    with pytest.raises(InputError, match=r"needs about \d+\.\d MB of memory, and \d+\.\d MB are available; .*draws"):
        quietly(TINY, tmp_path)
    assert not list((tmp_path / CHUNKS).iterdir())
    for enough in (needs.memory_needed(plan), None):
        monkeypatch.setattr(needs, "available_memory", lambda enough=enough: enough)
        needs.require_room(plan, (), None)


def test_too_little_disk_is_said_and_what_is_solved_already_counts(tmp_path, monkeypatch):
    plan = plan_of(TINY)
    everything = range(len(plan.jobs))
    free = needs.disk_needed(plan, everything[3:], saved=True)
    monkeypatch.setattr(needs, "_disk_free", lambda _folder: free)
    with pytest.raises(InputError, match=rf"on the disk of '{tmp_path}', and \d+\.\d MB are free; make space"):
        quietly(TINY, tmp_path)
    needs.require_room(plan, everything[3:], tmp_path)


def test_a_result_larger_than_a_file_may_be_is_refused(monkeypatch):
    plan = plan_of(TINY)
    monkeypatch.setattr(needs, "MAXIMUM_BYTES", needs.curve_bytes(plan, 0) + 2**20)
    needs.require_room(plan, (), None)
    monkeypatch.setattr(needs, "MAXIMUM_BYTES", needs.curve_bytes(plan, 0) + 2**20 - 1)
    with pytest.raises(InputError, match=r"a result holds at most .* fewer draws"):
        needs.require_room(plan, (), None)


LIMITED = """
import resource, sys
sys.path.insert(0, sys.argv[1])
from test_needs import sized
from exocosm.errors import ExocosmError
from exocosm.workflow.run import run
study = sized(2000, 100, 99)
used = int(next(line for line in open("/proc/self/status") if line.startswith("VmSize")).split()[1]) * 1024
resource.setrlimit(resource.RLIMIT_AS, (used + 400_000_000, resource.RLIM_INFINITY))
try:
    run(study, sys.argv[2], workers=1, progress=False)
except ExocosmError as problem:
    print(f"{type(problem).__name__}: {problem}")
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="what a process uses is read from /proc")
def test_a_limit_of_the_process_is_seen(tmp_path):
    words = [str(Path(__file__).parent), str(tmp_path / "out")]
    done = subprocess.run([sys.executable, "-c", LIMITED, *words], capture_output=True, text=True)
    assert done.stdout.startswith("InputError: the result needs about "), done
    assert " GB of memory, and " in done.stdout


def test_limits_of_groups_are_the_least_on_the_way_up(tmp_path, monkeypatch):
    inner = tmp_path / "job" / "step"
    inner.mkdir(parents=True)
    (tmp_path / "self").write_text("1:cpu:/elsewhere\n0::/job/step\n")
    (inner / "memory.max").write_text("max\n")
    (inner / "memory.current").write_text("10\n")
    (inner.parent / "memory.max").write_text("1000\n")
    (inner.parent / "memory.current").write_text("600\n")
    (inner.parent / "memory.stat").write_text("anon 300\ninactive_file 250\n")
    monkeypatch.setattr(memory, "GROUPS", tmp_path)
    assert list(memory._memory_of_groups(tmp_path / "self")) == [650]
    assert list(memory._memory_of_groups(tmp_path / "nowhere")) == []


def test_what_is_there_can_be_found_out():
    available = memory.available_memory()
    assert available is None or available > 0
