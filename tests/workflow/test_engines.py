"""Which engine a run uses: what is asked for, what is recorded, and that no result is of two engines."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny_study import TINY, arm

from exocosm import api
from exocosm.engines import choice, cohort, reference
from exocosm.engines.cohort import native
from exocosm.errors import CheckError, InputError, SolveError
from exocosm.study.explain import explain, explanation
from exocosm.study.stored import resolved_from_dict, resolved_to_dict
from exocosm.trajectory.result import content_hash, load_result
from exocosm.workflow import chunks, pool
from exocosm.workflow.chunks import Bench, chunk_path, read_chunk, solve_job, write_chunk
from exocosm.workflow.plan import COHORT, observe_times, plan_of
from exocosm.workflow.run import CHUNKS, run

SMALL = replace(TINY, draws=3, animals=2)
ADDED = {"llvmlite", "llvm", "processor"}
DOCS = Path(__file__).parents[2] / "docs"


def quietly(study, folder=None, **options):
    return run(study, folder, **{"workers": 1, "progress": False, **options})


@pytest.fixture
def nothing_to_compile_with(monkeypatch):
    monkeypatch.setattr(native, "is_available", lambda: False)


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    """The small study of the documentation, as a text."""
    return (DOCS / "study_file.md").read_text().split("```yaml\n")[1].split("```")[0]


def test_the_recipe_names_the_engine_that_solved_and_all_that_its_numbers_rest_on():
    by_word = {word: quietly(replace(SMALL, engine=word)) for word in choice.ENGINES}
    assert {word: result.recipe["engine"] for word, result in by_word.items()} == {
        "automatic": "cohort", "cohort": "cohort", "reference": "reference",
    }  # fmt: skip
    assert set(by_word["automatic"].recipe["versions"]) >= ADDED
    assert native.processor().name in by_word["automatic"].recipe["versions"]["processor"]
    assert not ADDED & set(by_word["reference"].recipe["versions"])
    first, second, other = (by_word[word].trajectories["value"].values for word in choice.ENGINES)
    assert first.tobytes() == second.tobytes() != other.tobytes()
    assert np.abs(first - other).max() < 1e-4 * np.abs(other).max()


def test_only_the_engine_that_was_chosen_is_called(monkeypatch):
    def forbidden(*_arguments, **_options):
        raise SolveError("the other engine was called")

    for word, other in (("cohort", reference), ("reference", cohort)):
        with monkeypatch.context() as patch:
            patch.setattr(other, "solve", forbidden)
            quietly(replace(SMALL, engine=word))
            with pytest.raises(SolveError, match="the other engine was called"):
                quietly(replace(SMALL, engine="reference" if word == "cohort" else "cohort"))


@pytest.mark.usefixtures("nothing_to_compile_with")
def test_without_a_compiler_automatic_is_the_reference_engine_and_cohort_an_error(text):
    assert quietly(SMALL).recipe["engine"] == "reference"
    assert "Engine: automatic (reference on this machine)" in explain(SMALL)
    for wrong in (lambda: quietly(replace(SMALL, engine="cohort")), lambda: api.resolved_of(SMALL, engine="cohort")):
        with pytest.raises(InputError, match=r"the cohort engine cannot run here: llvmlite.*`reference`"):
            wrong()
    asked = text + "engine: cohort\n"
    (problem,) = api.load(asked).validate()
    assert problem.kind == "engine"
    assert f"line {len(text.splitlines()) + 1}" in problem.where
    assert api.load(asked, engine="reference").validate() == ()  # what replaces the word is what counts


def test_the_word_of_the_study_and_what_replaces_it(text):
    asked = text + "engine: reference\n"
    assert api.resolved_of(asked).engine == "reference"
    assert api.resolved_of(asked, engine="cohort").engine == "cohort"
    assert api.load(asked, engine="cohort").resolve().engine == "cohort"
    assert api.resolved_of(SMALL, engine="reference").engine == "reference"
    assert api.resolved_of(SMALL).engine == "automatic"
    result = api.run(api.load(asked, draws=2), workers=1, progress=False, engine="automatic")
    assert (result.recipe["engine"], result.study.engine) == ("cohort", "automatic")
    assert explanation(SMALL)["engine"] == "cohort"
    assert "Engine: automatic (cohort on this machine)\n" in explain(SMALL)
    assert "Engine: reference\n" in explain(replace(SMALL, engine="reference"))
    for ask in (api.load, api.resolved_of):
        with pytest.raises(InputError, match="no engine 'referense'; did you mean 'reference'"):
            ask(text, engine="referense")
    with pytest.raises(CheckError, match="engine"):
        api.load(text + "engine: quick\n")


def test_a_study_stored_before_there_was_a_choice_still_opens():
    stored = json.loads(json.dumps(resolved_to_dict(TINY)))
    del stored["study"]["engine"]
    assert resolved_from_dict(stored) == resolved_from_dict(resolved_to_dict(TINY))


def test_one_engine_for_all_studies_of_a_run():
    child = replace(SMALL, name="child", what_ifs=(), engine="reference")
    plan = plan_of(replace(SMALL, comparisons=(child,)))
    assert plan.engine == "cohort"
    same = plan_of(replace(SMALL, comparisons=(replace(child, engine="automatic"),)))
    assert plan.keys == same.keys


def test_a_run_that_goes_on_with_another_engine_takes_over_nothing(tmp_path, monkeypatch):
    """Half of the chunks are of one engine; the rest of the run, with what it finds, is of the other."""
    of = {word: replace(SMALL, engine=word) for word in ("cohort", "reference")}
    right = {word: content_hash(quietly(study)) for word, study in of.items()}
    for first, second in (("cohort", "reference"), ("reference", "cohort")):
        folder = tmp_path / first
        kept = folder / CHUNKS
        kept.mkdir(parents=True)
        plan = plan_of(of[first])
        for number in range(0, len(plan.jobs), 2):
            write_chunk(kept, plan.keys[number], solve_job(Bench(plan), plan.jobs[number]))
        assert content_hash(quietly(of[second], folder)) == right[second]
    # the same word, but a machine that can no longer compile: another engine, so nothing is taken over
    with monkeypatch.context() as patch:
        patch.setattr(native, "is_available", lambda: False)
        folder = tmp_path / "automatic"
        alone = quietly(SMALL)
    assert quietly(SMALL, folder).recipe["engine"] == "cohort"
    monkeypatch.setattr(native, "is_available", lambda: False)
    again = quietly(SMALL, folder)
    assert again.recipe["engine"] == "reference"
    assert content_hash(load_result(folder)) == content_hash(alone)


def test_every_status_is_kept_with_its_chunk(tmp_path):
    plan = plan_of(SMALL)
    number = next(place for place, job in enumerate(plan.jobs) if job.kind == COHORT)
    job, key = plan.jobs[number], plan.keys[number]
    chunk = solve_job(Bench(plan), job)
    status = chunks.SubjectStatus
    some = list(chunk.statuses)
    some[2] = status(chunks.Status.FAILED, "it burst", 3.5, "x", "growth")
    some[4] = status(chunks.Status.STOPPED, "", 0.1 + 0.2)
    some[5] = status(chunks.Status.FINISHED, "finished, but some numbers are missing", 2.0)
    some[6] = status(chunks.Status.FINISHED, time=1.0)
    write_chunk(tmp_path, key, replace(chunk, statuses=tuple(some)))
    found = read_chunk(tmp_path, key, job, len(observe_times(SMALL)))
    assert found.values.tobytes() == chunk.values.tobytes()
    assert repr(found.statuses) == repr(tuple(some))
    assert chunk_path(tmp_path, key).stat().st_size < chunk.values.nbytes + 4096


class Crew:
    """In place of worker processes: what they were to do."""

    began: list[tuple[list[int], int]] = []  # noqa: RUF012

    def __init__(self, _study_file, _folder, _plan, numbers, workers):
        self.began.append((list(numbers), workers))

    def run(self, done):
        for number in self.began[-1][0]:
            done(number)


@pytest.mark.parametrize(("worth", "workers", "alone"), [(1e9, None, True), (0.0, None, False), (1e9, 2, False)])
def test_processes_are_started_where_they_pay_or_are_asked_for(tmp_path, monkeypatch, worth, workers, alone):
    plan, finished = plan_of(replace(TINY, draws=300)), []
    monkeypatch.setattr(pool, "_Crew", Crew)
    monkeypatch.setattr(pool, "WORTH_WORKERS", worth)
    monkeypatch.setattr(pool, "available_cores", lambda: 3)
    Crew.began.clear()
    pool.execute(plan, tmp_path, range(len(plan.jobs)), workers, finished.append)
    assert finished == list(range(len(plan.jobs)))
    assert bool(Crew.began) != alone
    if Crew.began:
        ((left, count),) = Crew.began
        assert count == (workers or 3)
        solved = len(plan.jobs) - len(left)
        # in this process: up to the first job that is large enough to tell how long the others take
        assert solved == (0 if workers else 2)
        assert plan.jobs[solved - 1].subjects >= pool.TELLING_SUBJECTS or workers


def test_a_worker_stays_with_a_model_and_the_next_takes_another(tmp_path):
    plan = plan_of(replace(TINY, draws=300, arms=(*TINY.arms, arm("third"))))
    crew = pool._Crew(tmp_path / "study.json", tmp_path, plan, range(len(plan.jobs)), 2)
    taken: dict[str, list[int]] = {"first": [], "second": []}
    for _ in range(3):
        for worker, numbers in taken.items():
            numbers.append(crew._next(numbers[-1] if numbers else None))
            assert worker
    arms = {worker: {plan.jobs[number].arm for number in numbers} for worker, numbers in taken.items()}
    assert arms == {"first": {"plain"}, "second": {"targeted"}}
    last = None
    rest = []
    while (last := crew._next(last)) is not None:
        rest.append(last)
    assert sorted([*taken["first"], *taken["second"], *rest]) == list(range(len(plan.jobs)))


ELSEWHERE = """
import sys
sys.path.insert(0, sys.argv[1])
from test_engines import SMALL, quietly
from dataclasses import replace
from exocosm.trajectory.result import content_hash
print(content_hash(quietly(replace(SMALL, engine=sys.argv[2]), workers=int(sys.argv[3]) or None)))
"""


@pytest.mark.parametrize("engine", ["cohort", "reference"])
def test_workers_change_nothing_under_either_engine(engine):
    right = content_hash(quietly(replace(SMALL, engine=engine)))
    for workers in ("2", "0"):
        words = [sys.executable, "-c", ELSEWHERE, str(Path(__file__).parent), engine, workers]
        done = subprocess.run(words, capture_output=True, text=True)
        assert done.stdout.strip() == right, done.stderr
