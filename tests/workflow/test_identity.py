"""One study, one hash: for any number of processes and threads, in any order, saved, loaded, or run again."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny_study import MODEL, TINY, arm, fixed

from exocosm.errors import InputError
from exocosm.network.parts import Parameter, Variable
from exocosm.trajectory.result import FILES, RECIPE, TABLES, content_hash, load_result
from exocosm.workflow import pool
from exocosm.workflow.plan import plan_of
from exocosm.workflow.run import _reader as reader
from exocosm.workflow.run import gather, recipe_of, run

SMALL = replace(TINY, draws=3, animals=2)


def quietly(study, folder=None, **options):
    return run(study, folder, **{"workers": 1, "progress": False, **options})


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    return quietly(SMALL, tmp_path_factory.mktemp("saved")).folder


@pytest.fixture
def folder(saved, tmp_path):
    """A copy of a saved result."""
    for path in saved.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


ELSEWHERE = """
import sys
sys.path.insert(0, sys.argv[1])
from test_identity import SMALL
from exocosm.trajectory.result import content_hash
from exocosm.workflow.run import run
print(content_hash(run(SMALL, workers=int(sys.argv[2]), progress=False)))
"""


@pytest.mark.parametrize(("workers", "threads", "order"), [(1, "1", "1"), (1, "4", "2"), (2, "4", "3")])
def test_processes_threads_and_the_order_of_sets_change_nothing(saved, workers, threads, order):
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    surroundings = {**os.environ, **dict.fromkeys(names, threads), "PYTHONHASHSEED": order}
    words = [sys.executable, "-c", ELSEWHERE, str(Path(__file__).parent), str(workers)]
    done = subprocess.run(words, capture_output=True, text=True, env=surroundings)
    assert done.stdout.strip() == content_hash(saved), done.stderr


def test_the_order_of_jobs_changes_nothing(saved, tmp_path):
    plan = plan_of(SMALL)
    order = list(range(len(plan.jobs)))
    random.Random(1).shuffle(order)
    pool.execute(plan, tmp_path, order, 1, lambda number: None)
    assert content_hash(gather(plan, reader(plan, tmp_path), recipe_of(plan))) == content_hash(saved)


def test_the_date_is_not_in_it_and_every_number_and_text_is(saved):
    result = load_result(saved)
    right = content_hash(result)
    assert right == content_hash(saved) == content_hash(str(saved))
    assert content_hash(replace(result, recipe={**result.recipe, "date": "long ago"})) == right
    moved = result.trajectories.copy(deep=True)
    moved["value"][1, 2, 1, 3, 0] = np.nextafter(moved["value"][1, 2, 1, 3, 0], 1e9)
    others = [
        replace(result, trajectories=moved),
        replace(result, recipe={**result.recipe, "warnings": ["one more"]}),
        replace(result, study=replace(result.study, title="another")),
        replace(result, bibliography="another"),
        *(replace(result, **{name: getattr(result, name).iloc[1:]}) for name in TABLES if len(getattr(result, name))),
    ]
    hashes = [content_hash(other) for other in others]
    assert len({right, *hashes}) == 1 + len(others)


def test_a_result_with_failures_is_the_same_after_loading(tmp_path):
    """Missing numbers, whole numbers beside missing ones, and messages survive the way through the files."""
    bursting = replace(
        MODEL,
        variables=(Variable("size", "dimensionless", rate="burst * size * size", initial="start"),),
        parameters=(*MODEL.parameters, Parameter("burst", "1/h"), Parameter("start", "dimensionless")),
    )
    start = replace(fixed("start", 0.13, "dimensionless"), between_subject_cv=0.5, distribution="lognormal")
    some_fail = arm("plain", model=bursting, burst=fixed("burst", 1.0, "1/h"), start=start)
    result = quietly(replace(SMALL, arms=(some_fail, TINY.arms[1]), draws=4), tmp_path / "out")
    assert len(result.statuses)
    assert result.statuses["draw"].isna().any()
    first = content_hash(tmp_path / "out")
    load_result(tmp_path / "out").save(tmp_path / "again")
    assert content_hash(tmp_path / "again") == first
    for name in FILES:
        if name != RECIPE:
            assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "out" / name).read_bytes()


def test_what_was_run_is_the_same_when_it_is_run_again_from_its_folder(saved, tmp_path):
    again = quietly(load_result(saved).study, tmp_path / "again")
    assert content_hash(again.folder) == content_hash(saved)


@pytest.mark.parametrize("name", [name for name in FILES if name != RECIPE])
def test_files_that_do_not_belong_together_are_refused(folder, name):
    path = folder / name
    path.write_bytes(path.read_bytes() + b"\n")
    for open_it in (load_result, content_hash):
        with pytest.raises(InputError, match=rf"holds no whole result: {name} not as saved with recipe\.json"):
            open_it(folder)


def test_a_table_of_another_run_is_refused(folder, tmp_path_factory):
    other = quietly(replace(SMALL, seed=99), tmp_path_factory.mktemp("other")).folder
    for name in ("metrics.csv", "trajectories.nc"):
        (folder / name).write_bytes((other / name).read_bytes())
    with pytest.raises(InputError, match=r"trajectories\.nc, metrics\.csv not as saved"):
        load_result(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 8}, "is not as it was saved"),
        ({"content_hash": "0"}, "is not as it was saved"),
        ({"files": {}}, "no list of the other files"),
        ({"files": 3}, "no list of the other files"),
    ],
)
def test_an_edited_recipe_is_refused(folder, change, message):
    recipe = json.loads((folder / RECIPE).read_text())
    (folder / RECIPE).write_text(json.dumps({**recipe, **change}))
    with pytest.raises(InputError, match=message):
        load_result(folder)
    (folder / RECIPE).write_text(json.dumps({**recipe, "date": "another"}))  # no part of what made the numbers
    load_result(folder)


def test_a_result_saved_before_there_were_hashes_still_opens(folder):
    recipe = json.loads((folder / RECIPE).read_text())
    del recipe["files"], recipe["content_hash"]
    (folder / RECIPE).write_text(json.dumps(recipe))
    assert content_hash(load_result(folder))
    with pytest.raises(InputError, match="holds no content_hash"):
        content_hash(folder)
