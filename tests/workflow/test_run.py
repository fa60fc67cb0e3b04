from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tiny_study import MODEL, TINY, arm, fixed, spread

from exocosm import processes
from exocosm.errors import InputError, SolveError
from exocosm.evidence.lookup import TRUST
from exocosm.network.parts import Parameter, Variable
from exocosm.study.resolved import Measurement, Metric
from exocosm.trajectory.result import TABLES, Result, load_result
from exocosm.trajectory.summary import band, contrast_table, influence_ranking, metric_table
from exocosm.workflow import pool
from exocosm.workflow.chunks import chunk_path
from exocosm.workflow.gathering import LEAST_TRUST_FIRST
from exocosm.workflow.plan import plan_of
from exocosm.workflow.run import CHUNKS, gather, recipe_of, run
from exocosm.workflow.run import _reader as reader


def quietly(study, folder=None, **options) -> Result:
    return run(study, folder, **{"workers": 1, "progress": False, **options})


@pytest.fixture(scope="module")
def tiny() -> Result:
    return quietly(TINY)


def assert_same(left: Result, right: Result) -> None:
    assert left.trajectories.equals(right.trajectories)
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(left, name), getattr(right, name), check_dtype=False)


def test_every_run_is_there_and_all_finished(tiny):
    assert tiny.statuses.empty
    assert tiny.trajectories["value"].shape == (2, 6, 5, 6, 2)
    assert not np.isnan(tiny.trajectories["value"]).any()
    assert len(tiny.metrics) == 2 * 6 * 5 * 3
    assert len(tiny.contrasts) == 2 * 6
    assert len(tiny.what_if) == 4 * 6
    assert len(tiny.influence) == 2 * 2
    assert tiny.recipe["solves"]["total"] == 94
    assert tiny.recipe["warnings"] == []


def test_numbers_are_in_the_unit_asked_for(tiny):
    start = tiny.trajectories["central"].sel(arm="plain", time=0.0)
    assert float(start.sel(output="plasma")) == pytest.approx(100.0 / 1.5)  # nmol/mL just after the dose
    masses = tiny.trajectories["value"].sel(output="tissue")
    assert float(masses.max()) > 1000.0  # pmol


def test_what_if_agrees_with_the_cohort_at_the_same_value(tiny):
    # the targeted arm stands at gain 2, which is one of the values tried
    tried = tiny.what_if[tiny.what_if["value"] == 2.0]["contrast_value"].to_numpy()
    usual = tiny.contrasts[tiny.contrasts["contrast"] == "gain_in_tissue"]["typical"].to_numpy()
    assert tried == pytest.approx(usual, rel=1e-4)
    assert tiny.what_if[tiny.what_if["value"] == 1.0]["contrast_value"].to_numpy() == pytest.approx(
        np.ones(6), rel=1e-4
    )


def test_without_variability_the_uncertainty_stays_as_it_was(tiny):
    alike = quietly(replace(TINY, variability=False))
    ours, theirs = (contrast_table(each).set_index("contrast") for each in (tiny, alike))
    for column in ("low", "median", "high"):
        assert ours[column].to_numpy() == pytest.approx(theirs[column].to_numpy(), rel=1e-4)
    assert (theirs["animals_low"] == theirs["animals_high"]).all()
    assert (theirs["high"] > theirs["low"]).all()


def test_without_uncertainty_only_the_animals_differ():
    certain = quietly(replace(TINY, draws=0))
    table = metric_table(certain)
    assert table["low"].to_numpy() == pytest.approx(table["central"].to_numpy(), rel=1e-4)
    assert table["high"].to_numpy() == pytest.approx(table["central"].to_numpy(), rel=1e-4)
    assert (table["animals_high"] > 1.01 * table["animals_low"]).all()
    assert certain.influence.empty


def test_a_tenfold_spread_widens_the_interval_and_rises_in_the_ranking(tiny):
    vague = replace(TINY, arms=tuple(replace(each, pins={**each.pins, "entry": wider(each)}) for each in TINY.arms))
    wide = quietly(vague)
    before, after = (contrast_table(each).set_index("contrast").loc["gain_in_tissue"] for each in (tiny, wide))
    assert after["high"] - after["low"] > 2 * (before["high"] - before["low"])
    assert influence_ranking(tiny, "gain_in_tissue")["value_name"].tolist() == ["elimination", "entry"]
    assert influence_ranking(wide, "gain_in_tissue")["value_name"].tolist() == ["entry", "elimination"]


def wider(each):
    return replace(each.pins["entry"], value=spread("entry", 1.25**10))


def test_two_workers_give_the_same_numbers(tiny, tmp_path):
    assert_same(quietly(TINY, tmp_path / "out", workers=2), tiny)


def test_any_order_and_lost_chunks_give_the_same_numbers(tiny, tmp_path):
    plan = plan_of(TINY)
    order = list(range(len(plan.jobs)))
    random.Random(3).shuffle(order)
    pool.execute(plan, tmp_path, order, 1, lambda number: None)
    for number in order[::3]:
        chunk_path(tmp_path, plan.keys[number]).unlink()
    damaged = chunk_path(tmp_path, plan.keys[order[1]])
    damaged.write_bytes(damaged.read_bytes()[:100])
    again = pool.missing_jobs(plan, tmp_path)
    assert again == sorted([*order[::3], order[1]])
    pool.execute(plan, tmp_path, again, 1, lambda number: None)
    assert_same(gather(plan, reader(plan, tmp_path), recipe_of(plan)), tiny)


KILLED = """
import sys
sys.path.insert(0, sys.argv[1])
from dataclasses import replace
from tiny_study import TINY
from exocosm.workflow.run import run
run(replace(TINY, draws=2000), sys.argv[2], workers=2, progress=False)
"""


@pytest.mark.slow
def test_a_killed_run_goes_on_where_it_was(tmp_path):
    folder = tmp_path / "out"
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(Path(__file__).parent), str(folder)])
    deadline = time.monotonic() + 60
    while len(list((folder / CHUNKS).glob("*.chunk"))) < 5 and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    left = len(list((folder / CHUNKS).glob("*.chunk")))
    study = replace(TINY, draws=2000)
    assert 5 <= left < len(plan_of(study).jobs)
    assert not (folder / "recipe.json").exists()
    assert_same(quietly(study, folder), quietly(study))


def test_a_finished_result_is_taken_as_it_is_and_nothing_else_is_overwritten(tiny, tmp_path):
    folder = tmp_path / "out"
    first = quietly(TINY, folder)
    assert sorted(each.name for each in folder.iterdir()) == sorted(
        [
            "study.yaml",
            "resolved.json",
            "trajectories.nc",
            "sources.bib",
            "recipe.json",
            *(f"{name}.csv" for name in TABLES),
        ]
    )
    again = quietly(TINY, folder)
    assert again.recipe == first.recipe
    assert_same(again, tiny)
    other = replace(TINY, seed=8)
    with pytest.raises(InputError, match="another study"):
        quietly(other, folder)
    assert_same(load_result(folder), tiny)
    quietly(other, folder, overwrite=True)
    assert load_result(folder).study.seed == 8


def test_files_of_the_user_are_not_replaced(tmp_path):
    (tmp_path / "study.yaml").write_text("mine")
    with pytest.raises(InputError, match=r"study\.yaml"):
        quietly(TINY, tmp_path)
    assert (tmp_path / "study.yaml").read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_said_and_left_alone(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="file"):
        quietly(TINY, tmp_path / "file" / "out")
    with pytest.raises(InputError, match="file"):
        quietly(TINY, tmp_path / "file")


def test_a_disk_that_fills_up_leaves_nothing_half_written(tmp_path, monkeypatch):
    from exocosm.trajectory import result

    def full(path, content):
        if path.name.endswith("influence.csv"):
            raise InputError(f"'{path}' could not be written: no space left on device")
        return path.write_bytes(content if isinstance(content, bytes) else content.encode())

    monkeypatch.setattr(result, "write_atomic", full)
    with pytest.raises(InputError, match="no space left"):
        quietly(TINY, tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == [CHUNKS]


BURSTING = replace(
    MODEL,
    # d(size)/dt = size^2 grows beyond all bounds at 1 / start hours: before the end if start is above 1/8
    variables=(Variable("size", "dimensionless", rate="burst * size * size", initial="start"),),
    parameters=(
        *MODEL.parameters,
        Parameter("burst", "1/h"),
        Parameter("start", "dimensionless"),
    ),
)


def test_failed_runs_are_missing_and_named_never_zero():
    start = replace(fixed("start", 0.13, "dimensionless"), between_subject_cv=0.5, distribution="lognormal")
    bursting = arm("plain", model=BURSTING, burst=fixed("burst", 1.0, "1/h"), start=start)
    study = replace(TINY, arms=(bursting, TINY.arms[1]))
    result = quietly(study)
    failed = result.statuses[result.statuses["job"] == "cohort"]
    assert 0 < len(failed) < 30
    assert set(failed["arm"]) == {"plain"}
    assert "size" in set(failed["state"])
    metrics = result.metrics.set_index(["arm", "draw", "animal", "metric"])["value"]
    for row in failed.itertuples():
        assert np.isnan(metrics["plain", int(row.draw), int(row.animal), "tissue_exposure"])
    assert (metrics.dropna() > 0).all()
    assert any("'plain'" in each and "runs failed" in each and "'size'" in each for each in result.recipe["warnings"])


def all_bursting(name):
    return arm(name, model=BURSTING, burst=fixed("burst", 1.0, "1/h"), start=fixed("start", 5.0, "dimensionless"))


@pytest.mark.parametrize("draws", [0, 3])
def test_an_arm_of_which_every_run_fails_is_an_error_not_a_result(tmp_path, draws):
    study = replace(TINY, arms=(TINY.arms[0], all_bursting("targeted")), draws=draws, what_ifs=())
    with pytest.raises(SolveError, match=r"arm 'targeted': all \d+ runs failed.*state 'size'") as failure:
        quietly(study, tmp_path)
    assert "arm 'plain'" not in str(failure.value)
    assert not (tmp_path / "recipe.json").exists()
    with pytest.raises(SolveError, match=r"all \d+ runs failed"):  # and again from what is kept
        quietly(study, tmp_path)


def test_failures_are_the_first_warning():
    start = replace(fixed("start", 0.13, "dimensionless"), between_subject_cv=0.5, distribution="lognormal")
    bursting = arm("plain", model=BURSTING, burst=fixed("burst", 1.0, "1/h"), start=start)
    result = quietly(replace(TINY, arms=(bursting, TINY.arms[1]), warnings=("a remark",)))
    failed = (result.statuses["job"] == "cohort").sum()
    first, second, *_ = result.recipe["warnings"]
    assert f"arm 'plain': {failed} of 30 runs failed" in first
    assert second == "a remark"


def test_a_single_failure_is_warned_of():
    start = replace(fixed("start", 0.08, "dimensionless"), between_subject_cv=0.3, distribution="lognormal")
    bursting = arm("plain", model=BURSTING, burst=fixed("burst", 1.0, "1/h"), start=start)
    result = quietly(replace(TINY, arms=(bursting, TINY.arms[1]), seed=1))
    assert 0 < len(result.statuses) < 6  # fewer than one in five
    assert "runs failed" in result.recipe["warnings"][0]


def test_a_comparison_of_which_every_run_fails_is_warned_of():
    child = replace(TINY, name="child", arms=(all_bursting("plain"), TINY.arms[1]), what_ifs=(), draws=2, animals=0)
    result = quietly(replace(TINY, comparisons=(child,), draws=2, animals=0, what_ifs=()))
    assert result.recipe["warnings"][0].startswith("study 'child', arm 'plain': 2 of 2 runs failed")


def test_a_metric_that_is_no_number_is_warned_of():
    peak = Metric("peak", "Peak", "", of="tissue", take="maximum")
    start = Metric("start", "Start", "", of="tissue", take="at", at=0.0)
    useless = Metric("useless", "Useless", "", ratio=("peak", "start"))
    result = quietly(replace(TINY, metrics=(*TINY.metrics, peak, start, useless)))
    assert any("'useless'" in each for each in result.recipe["warnings"])


def test_a_window_outside_of_the_run_shows_before_the_run():
    late = Metric("late", "Late", "", of="tissue", take="at", at=100.0)
    with pytest.raises(InputError, match="100 h"):
        quietly(replace(TINY, metrics=(*TINY.metrics, late)))


@pytest.mark.parametrize("workers", [1, 2])
def test_what_cannot_be_solved_names_the_job(workers):
    wrong = replace(TINY.arms[0], schedule=replace(TINY.arms[0].schedule, doses=(bad_dose(),)))
    with pytest.raises(SolveError, match=r"(?s)arm 'plain'.*nowhere"):
        quietly(replace(TINY, arms=(wrong, TINY.arms[1])), workers=workers)


def bad_dose():
    return replace(TINY.arms[0].schedule.doses[0], target="nowhere")


def test_verdicts_and_comparisons():
    near = Measurement("near", "", "plain", "prediction", "nmol", output="tissue")
    child = replace(
        TINY,
        name="child",
        what_ifs=(),
        measurements=(
            replace(near, times=(2.0,), values=(1.0,), low=(0.5,), high=(40.0,)),
            replace(near, name="late", times=(99.0,), values=(1.0,)),
        ),
    )
    result = quietly(replace(TINY, comparisons=(child,), draws=2, animals=2))
    table = result.comparisons.set_index(["study", "measurement", "what"])
    assert table.loc[("tiny", "seen", "Tissue at 1 h"), "verdict"] == "in"
    assert table.loc[("tiny", "seen", "Tissue at 3 h"), "verdict"] == "out"
    assert table.loc[("tiny", "fitted", "Exposure of plasma"), "verdict"] == "calibrated"
    assert table.loc[("child", "near", "Tissue at 2 h"), "verdict"] == "in"
    assert table.loc[("child", "late", "Tissue at 99 h"), "verdict"] == "missing"
    off = table.loc[("tiny", "seen", "Tissue at 3 h")]
    assert off["factor_off"] == pytest.approx(off["measured"] / off["predicted"])
    assert off["measured"] == 5.0


def test_the_recipe_says_what_made_the_numbers(tiny):
    recipe = json.loads(json.dumps(dict(tiny.recipe)))
    assert {
        "study_hash",
        "knowledge_hash",
        "versions",
        "engine",
        "tolerances",
        "seed",
        "draws",
        "animals",
        "date",
    } <= set(recipe)
    assert {"python", "exocosm", "numpy", "scipy"} <= set(recipe["versions"])
    assert "Nobody1999" in tiny.bibliography


def test_progress_without_a_terminal_is_a_few_plain_lines(capsys):
    run(replace(TINY, draws=0, what_ifs=()), workers=1)
    lines = capsys.readouterr().err.strip().splitlines()
    assert 2 <= len(lines) <= 10
    assert lines[-1].startswith("tiny: 12 of 12 runs")


def test_a_worker_that_dies_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "PROGRAM", "import os, sys; print('out of luck', file=sys.stderr); os._exit(7)")
    with pytest.raises(SolveError, match=r"exit status 7[\s\S]*out of luck"):
        quietly(TINY, workers=2)


def test_workers_must_be_some():
    with pytest.raises(InputError, match="workers"):
        quietly(TINY, workers=0)


HEART = Measurement(
    "held", "Held", "", "prediction", "dimensionless", values=(2.0, 20.0), low=(1.6, 19.0), high=(2.3, 21.0),
    contrast="gain_in_tissue",
)  # fmt: skip


def test_a_measurement_is_compared_with_a_contrast():
    study = replace(TINY, measurements=(HEART, replace(HEART, name="rose", contrast="more", unit="umol*h")))
    result = quietly(study)
    rows = result.comparisons
    drawn = result.contrasts.query("contrast == 'gain_in_tissue'")
    ratio = rows[rows["measurement"] == "held"]
    assert ratio["predicted"].tolist() == pytest.approx([drawn["typical"].median()] * 2)
    limits = band(drawn["population"].to_numpy())
    assert ratio["predicted_low"].tolist() == pytest.approx([float(limits.low)] * 2)
    assert ratio["predicted_high"].tolist() == pytest.approx([float(limits.high)] * 2)
    assert ratio["verdict"].tolist() == ["in", "out"]
    assert ratio["arm"].tolist() == ["targeted against plain"] * 2
    difference = rows[rows["measurement"] == "rose"]
    more = result.contrasts.query("contrast == 'more'")
    assert more["unit"].unique().tolist() == ["pmol * h"]
    assert difference["predicted"].iloc[0] == pytest.approx(more["typical"].median() * 1e-6)


def test_a_comparison_held_against_a_contrast_runs_both_arms_and_no_more():
    child = replace(
        TINY, name="child", arms=(*TINY.arms, arm("idle")), measurements=(HEART,), what_ifs=(), draws=3, animals=0
    )
    result = quietly(replace(TINY, comparisons=(child,), draws=2, animals=0))
    assert result.comparisons.query("study == 'child'")["verdict"].tolist() == ["in", "out"]
    jobs = [job for job in plan_of(replace(TINY, comparisons=(child,))).jobs if job.study == 1]
    assert {job.arm for job in jobs} == {"plain", "targeted"}
    assert {job.outputs for job in jobs} == {("tissue",)}


def test_every_word_of_trust_has_a_rank():
    assert sorted(LEAST_TRUST_FIRST) == sorted(TRUST)


def test_influence_has_the_least_trust_with_which_a_row_is_used():
    def trusted(name, word):
        made = arm(name)
        return replace(made, pins={**made.pins, "entry": replace(made.pins["entry"], trust=word)})

    orders = (("borrowed", "measured"), ("measured", "borrowed"))
    for first, second in orders:
        study = replace(TINY, arms=(trusted("plain", first), trusted("targeted", second)), what_ifs=(), animals=0)
        influence = quietly(study).influence.query("contrast == 'more'").set_index("value_name")
        assert influence.loc["entry", "trust"] == "borrowed"
