from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from exocosm import table_studies
from exocosm.errors import InputError
from exocosm.report.bench_study import bench_page
from exocosm.report.numbers import percent
from exocosm.study.bench_load import load_bench
from exocosm.trajectory.bench_result import CENTRAL, TABLES
from exocosm.workflow.bench import run_bench

STUDY = """
exocosm: 1
kind: experiment
name: spins
uncertainty: {draws: 12}
subjects: {number: 4}
experiment:
  id: mine
  stage: isolation
  grade: E
  rule: the fast spin brings more down, and an empty sample gives nothing
  expected:
    more: {is: got@fast > got@slow, says: more comes down}
    nothing: {is: number@empty == 0, says: nothing from nothing, control: true}
    front: {is: best == 1 and best@fast == 1, says: the fast one is better}
    gain: {is: gain > 0, says: the difference is above zero}
bench:
  samples:
    plasma: {fluid: plasma, volume: 5 mL}
    empty: {fluid: plasma, volume: 5 mL, without: [small_ev]}
  protocols:
    fast: {steps: [{centrifugation: {rotor: Type 70 Ti, force: 100000 g average, time: 60 min, temperature: 4 degC, diluent: 5 mL pbs, resuspend: 1 mL pbs}}]}
    slow: {steps: [{centrifugation: {rotor: Type 70 Ti, force: 2000 g average, time: 10 min, temperature: 4 degC, diluent: 5 mL pbs, resuspend: 1 mL pbs}}]}
arms:
  fast: {sample: plasma, protocol: fast, title: Fast}
  slow: {sample: plasma, protocol: slow, title: Slow <b>}
  empty: {sample: empty, protocol: fast}
  untouched: {sample: plasma}
metrics:
  got: {of: recovery, kind: small_ev}
  number: {of: count, kind: small_ev}
  large: {of: recovery, kind: small_ev, diameter: [120 nm, 1000 nm]}
  money: {of: cost}
fronts:
  best: {metrics: {got: higher}, arms: [fast, slow]}
contrasts:
  gain: {metric: got, arm: fast, against: slow, as: difference}
"""  # noqa: E501


@pytest.fixture(scope="module")
def result():  # type: ignore[no-untyped-def]
    return run_bench(load_bench(STUDY), progress=False)


def value(result, arm: str, metric: str, draw: int = CENTRAL, donor: int = 0) -> float:  # type: ignore[no-untyped-def]
    table = result.metrics
    rows = table[(table.arm == arm) & (table.metric == metric) & (table.draw == draw) & (table.donor == donor)]
    assert len(rows) == 1
    return float(rows["value"].iloc[0])


def test_the_numbers_are_those_of_the_runs(result) -> None:  # type: ignore[no-untyped-def]
    run = result.runs["fast"]
    assert value(result, "fast", "got") == run.recovery["small_ev"]
    assert value(result, "fast", "large") > value(result, "fast", "got")  # larger ones pellet more
    assert value(result, "untouched", "got") == 1.0 and value(result, "untouched", "money") == 0.0
    assert np.isnan(value(result, "empty", "got")) and value(result, "empty", "number") == 0.0
    central = result.contrasts.query("draw == -1")["value"].iloc[0]
    assert central == value(result, "fast", "got") - value(result, "slow", "got")


def test_draws_and_donors_are_told_apart(result) -> None:  # type: ignore[no-untyped-def]
    drawn = [value(result, "fast", "number", draw) for draw in range(12)]
    donors = [value(result, "fast", "number", CENTRAL, donor) for donor in range(1, 5)]
    assert len(set(drawn)) == 12 and len(set(donors)) == 4
    got = {value(result, "fast", "got", CENTRAL, donor) for donor in range(1, 5)}
    assert max(got) - min(got) < max(drawn) / max(donors)  # donors differ in what they have, little in what a spin does


def test_the_verdict_counts_draws(result) -> None:  # type: ignore[no-untyped-def]
    assert result.verdict.verdict == "reproduced" and result.verdict.draws == 12
    assert {one.name: one.share for one in result.verdict.expected} == dict.fromkeys(
        ["more", "nothing", "front", "gain"], 1.0
    )


def test_same_seed_same_numbers_and_another_seed_others(result) -> None:  # type: ignore[no-untyped-def]
    again = run_bench(load_bench(STUDY), progress=False)
    pd.testing.assert_frame_equal(again.metrics, result.metrics)
    fewer = run_bench(load_bench(STUDY), draws=3, donors=0, progress=False).metrics
    kept = result.metrics[(result.metrics.draw < 3) & (result.metrics.donor == 0)].reset_index(drop=True)
    pd.testing.assert_frame_equal(fewer, kept)
    other = run_bench(load_bench(STUDY), seed=2, draws=3, donors=0, progress=False).metrics
    counts = [table.query("metric == 'number' and arm == 'fast' and draw >= 0")["value"] for table in (other, fewer)]
    assert not np.isclose(*counts).any()


def test_every_number_has_its_origin(result) -> None:  # type: ignore[no-untyped-def]
    assert len(result.values) > 50 and (result.values["low"] <= result.values["high"]).all()
    assert set(result.values["trust"]) <= {"measured", "borrowed", "derived", "fitted", "model", "assumed", "constant"}
    cited = set(" ".join(result.values["source"]).replace(";", " ").split())
    assert cited and all(f"{{{key}," in result.bibliography for key in cited)


def test_a_folder_is_written_whole_and_not_replaced_by_chance(tmp_path: Path) -> None:
    (tmp_path / "spins.yaml").write_text(STUDY)
    study = table_studies.load(tmp_path / "spins.yaml", draws=2, people=0)
    saved = study.run(tmp_path / "out", progress=False)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "study.yaml", "recipe.json", "sources.bib", "report.html", *(f"{name}.csv" for name in TABLES)
    }  # fmt: skip
    assert json.loads((tmp_path / "out" / "recipe.json").read_text())["verdict"]["id"] == "mine"
    page = (tmp_path / "out" / "report.html").read_text()
    assert "reproduced" in page and "Slow &lt;b&gt;" in page and "Slow <b>" not in page
    assert not re.search(
        r"(?:src|@import|url\()\s*=?\s*[\"']?https?:", page
    )  # links for readers, nothing to be fetched
    with pytest.raises(InputError, match="exists already"):
        study.run(tmp_path / "out", progress=False)
    assert study.run(tmp_path / "out", progress=False, overwrite=True).metrics.equals(saved.metrics)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("do not lose")
    with pytest.raises(InputError, match="to replace a bench result"):
        study.run(tmp_path / "mine", progress=False, overwrite=True)
    assert (tmp_path / "mine" / "thesis.txt").exists()


FILTERS = """
exocosm: 1
kind: experiment
name: filters
uncertainty: {draws: 20}
subjects: {number: 2}
values:
  - {quantity: filter_hold_up_volume, device: amicon_ultra_15_100_kda, value: 0.2, unit: mL, method: assumed, low: 0.02, high: 2}
experiment:
  id: mine
  stage: isolation
  grade: E
  rule: the second step brings the sample to 0.1 mL
  expected:
    same: {is: left@two == left@two, says: "it is done"}
    front: {is: best@two <= 1, says: "it can be judged beside the other"}
bench:
  samples:
    urine: {fluid: urine, volume: 10 mL}
  protocols:
    two: {steps: [{ultrafiltration: {filter: amicon_ultra_15_100_kda}}, {tangential_flow: {module: hollow_fiber_500_kda, to: 0.1 mL}}]}
    one: {steps: [{ultrafiltration: {filter: amicon_ultra_15_100_kda}}]}
arms:
  two: {sample: urine, protocol: two}
  one: {sample: urine, protocol: one}
metrics:
  left: {of: recovery, kind: small_ev}
fronts:
  best: {metrics: {left: higher}}
contrasts:
  change: {metric: left, arm: two, against: one, as: ratio}
"""  # noqa: E501


def test_a_draw_that_cannot_be_done_is_counted_and_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "filters.yaml").write_text(FILTERS)
    study = table_studies.load(tmp_path / "filters.yaml")
    found = study.run(tmp_path / "out", progress=False)
    drawn = found.metrics.query("metric == 'left' and draw >= 0")
    two, one = (drawn[drawn.arm == arm]["value"].to_numpy() for arm in ("two", "one"))
    missing = np.isnan(two)
    assert 2 <= missing.sum() <= 18 and np.isfinite(one).all()
    assert found.recipe["could_not_be_done"] != {}
    ((reason, often),) = found.recipe["could_not_be_done"].items()  # other volumes, the same reason
    assert often == missing.sum() and "arm 'two'" in reason and "step 2 (tangential_flow)" in reason
    contrast = found.contrasts.query("draw >= 0")["value"].to_numpy()
    assert np.array_equal(np.isnan(contrast), missing)
    assert not found.fronts[found.fronts.draw.isin(np.flatnonzero(missing))]["member"].any()
    assert found.verdict is not None
    assert {each.share for each in found.verdict.expected} == {float((~missing).mean())}  # a missing number fails
    assert "could not be done" in (tmp_path / "out" / "report.html").read_text()
    with pytest.raises(InputError, match="arm 'two'"):  # at the centre it is an error
        run_bench(load_bench(FILTERS.replace("to: 0.1 mL", "to: 0.5 mL")), progress=False)


READ = """
exocosm: 1
name: controls
uncertainty: {draws: 6}
bench:
  samples:
    plasma: {fluid: plasma, volume: 0.5 mL}
    nothing: {fluid: pbs, volume: 0.5 mL}
  protocols:
    column: sec_plasma
arms:
  isolate: {sample: plasma, protocol: column, title: Isolate}
  blank: {sample: nothing, protocol: column, title: Blank}
metrics:
  counted: {of: reading, instrument: nanoparticle_tracking, settings: {dilution: 1000}, quantity: concentration}
contrasts:
  over: {metric: counted, arm: isolate, against: blank, title: Isolate over blank, says: The blank is far below.}
"""


def test_readings_have_their_unit_and_what_an_instrument_cannot_tell_is_no_number() -> None:
    found = run_bench(load_bench(READ), progress=False)
    assert set(found.metrics["unit"]) == {"particle/mL"}
    assert found.recipe["censored"] == {"counted@blank": "below"}
    page = bench_page(found)
    (numbers,) = (one for one in page.sections if one.name == "numbers")
    cells = {row[1]: row[2] for row in numbers.tables[0].rows}
    assert cells["Blank"].startswith("< ") and not cells["Isolate"].startswith("<")
    assert "counted of Blank: the limit of the instrument" in numbers.tables[0].note


def test_contrasts_are_the_answer_of_a_study_that_expects_nothing() -> None:
    found = run_bench(load_bench(READ), progress=False)
    page = bench_page(found)
    assert page.headline.startswith("Isolate over blank: ") and "times (95 %: " in page.headline
    (compared,) = (one for one in page.sections if one.name == "contrasts")
    (row,) = compared.tables[0].rows
    assert row[0] == "Isolate over blank. The blank is far below." and row[1] == "Isolate against Blank"
    values = found.contrasts[found.contrasts["draw"] != CENTRAL]["value"]
    assert row[4] == percent(float((values > 1).mean()))
