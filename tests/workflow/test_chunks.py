"""A chunk is read as it was written under its key, or not at all."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny_study import TINY

from exocosm.workflow import worker
from exocosm.workflow.chunks import Bench, chunk_path, read_chunk, solve_job, write_chunk
from exocosm.workflow.plan import COHORT, observe_times, plan_of
from exocosm.workflow.pool import missing_jobs

PLAN = plan_of(TINY)
TIMES = len(observe_times(TINY))
COHORTS = [number for number, job in enumerate(PLAN.jobs) if job.kind == COHORT]


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A folder with the chunks of two jobs of one shape."""
    folder = tmp_path_factory.mktemp("chunks")
    bench = Bench(PLAN)
    for number in COHORTS[:2]:
        write_chunk(folder, PLAN.keys[number], solve_job(bench, PLAN.jobs[number]))
    return folder


def read(folder, number):
    return read_chunk(folder, PLAN.keys[number], PLAN.jobs[number], TIMES)


def test_what_is_written_is_read_back(kept):
    for number in COHORTS[:2]:
        fresh, stored = solve_job(Bench(PLAN), PLAN.jobs[number]), read(kept, number)
        assert stored.values.tobytes() == fresh.values.tobytes()
        assert repr(stored.statuses) == repr(fresh.statuses)  # a time may be NaN


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10**6), bit=st.integers(0, 7), cut=st.booleans())
def test_no_damage_passes(kept, place, bit, cut):
    number = COHORTS[0]
    path = chunk_path(kept, PLAN.keys[number])
    whole = path.read_bytes()
    place %= len(whole)
    damaged = whole[:place] if cut else whole[:place] + bytes([whole[place] ^ (1 << bit)]) + whole[place + 1 :]
    try:
        path.write_bytes(damaged)
        assert read(kept, number) is None
        assert number in missing_jobs(PLAN, kept)
    finally:
        path.write_bytes(whole)
    assert read(kept, number) is not None


def test_chunks_that_changed_places_are_solved_again(kept, tmp_path):
    first, second = (chunk_path(kept, PLAN.keys[number]).read_bytes() for number in COHORTS[:2])
    chunk_path(tmp_path, PLAN.keys[COHORTS[0]]).write_bytes(second)
    chunk_path(tmp_path, PLAN.keys[COHORTS[1]]).write_bytes(first)
    assert missing_jobs(PLAN, tmp_path) == list(range(len(PLAN.jobs)))


def test_subjects_do_not_depend_on_each_other(monkeypatch):
    """The numbers of a subject are the same, to the last bit, alone, in company and in any order."""
    from exocosm.workflow import chunks

    job = PLAN.jobs[COHORTS[0]]
    together = solve_job(Bench(PLAN), job).values
    parameters = chunks._parameters(PLAN, TINY, job)
    for chosen in (np.arange(job.subjects)[::-1], np.array([2]), np.array([3, 0, 3])):

        def some(*_, chosen=chosen):
            return {
                name: np.broadcast_to(values, (job.subjects,))[chosen].copy() for name, values in parameters.items()
            }

        monkeypatch.setattr(chunks, "_parameters", some)
        again = solve_job(Bench(PLAN), chunks.replace(job, subjects=len(chosen))).values
        assert again.tobytes() == together[chosen].tobytes()


def test_a_worker_does_not_solve_what_is_no_longer_asked(tmp_path):
    """A worker that outlived its caller may find the study of another run in its place."""
    from exocosm.study.stored import resolved_to_dict

    (tmp_path / "study.json").write_text(json.dumps(resolved_to_dict(TINY)))
    answers = io.StringIO()
    worker.serve(tmp_path / "study.json", tmp_path, [f"0 {PLAN.keys[0]}\n", f"0 {PLAN.keys[1]}\n"], answers)
    right, wrong = map(json.loads, answers.getvalue().splitlines())
    assert right == {}
    assert "not what this run was begun with" in wrong["problem"]
    assert [path.name for path in tmp_path.glob("*.chunk")] == [chunk_path(tmp_path, PLAN.keys[0]).name]
