"""Rows that vary together: their correlations are pinned beside them, shown apart, and obeyed in drawing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from exocosm.errors import CheckError
from exocosm.evidence.bibliography import Source
from exocosm.evidence.catalogue import Catalogue, catalogue_of, load_catalogue
from exocosm.evidence.value import Value
from exocosm.exchange.tables import to_csv
from exocosm.study.explain import explain, explanation
from exocosm.study.load import load
from exocosm.study.resolve import resolve
from exocosm.study.resolved import ResolvedStudy
from exocosm.study.stored import resolved_from_dict, resolved_to_dict
from exocosm.workflow import sampling
from exocosm.workflow.gathering import value_rows
from exocosm.workflow.plan import count_solves
from exocosm.workflow.run import run

STUDY = """\
exocosm: 1
name: growth
subjects: {number: 200}
uncertainty: {draws: 2}
model:
  parameters:
    alpha: {unit: 1/d, quantity: ALPHA}
    beta: {unit: 1/d, quantity: BETA}
    start: {value: 1, unit: mm^3, method: model_constant}
  variables:
    size: {unit: mm^3, initial: start, rate: size * (alpha - beta * log(size / start))}
arms:
  one: {}
  two: {context: {population: other}}
simulate: {until: 10 d, every: 5 d}
outputs: {size: {is: size, unit: mm^3}}
metrics: {end: {of: size, take: last}}
contrasts: {gain: {metric: end, arm: two, against: one}}
"""


def row(id: str, quantity: str, value: float, **more: str) -> Value:
    return Value(
        id, quantity, value, "1/d", "standard_error", value / 20, distribution="lognormal", between_subject_cv=0.3,
        method="fitted", source="Nobody1999", **more,
    )  # fmt: skip


def correlation(id: str, rho: float, first: str, second: str, level: str = "between_subject") -> Value:
    return Value(
        id, "correlation", rho, "dimensionless", method="fitted", source="Nobody1999", label=level,
        formula=f"{first}, {second}", joint="pair",
    )  # fmt: skip


ROWS = (
    row("alpha-of-pair", "growth_alpha", 0.5, joint="pair"),
    row("beta-of-pair", "growth_beta", 0.1, joint="pair"),
    row("never-asked-for", "something_else", 0.1, joint="pair"),
    row("beta-alone", "growth_beta", 0.2, population="other"),
    correlation("alpha-with-beta", 0.99, "alpha-of-pair", "beta-of-pair"),
    correlation("alpha-with-nothing", 0.5, "alpha-of-pair", "never-asked-for"),
)


def made_up(rows: Sequence[Value]) -> Catalogue:
    return catalogue_of(rows, {"Nobody1999": Source("Nobody1999", "misc", {})})


@pytest.fixture
def text() -> str:
    return STUDY.replace("ALPHA", "growth_alpha").replace("BETA", "growth_beta")


@pytest.fixture
def study(text: str) -> ResolvedStudy:
    return resolve(load(text), made_up(ROWS))


def test_only_correlations_of_two_pinned_rows_are_pinned(study: ResolvedStudy) -> None:
    one, two = study.arms
    assert set(one.pins) == {"alpha", "beta", "start", "alpha-with-beta"}
    assert set(two.pins) == {"alpha", "beta", "start"}  # beta is another row there
    pin = one.pins["alpha-with-beta"]
    assert (pin.value.value, pin.trust) == (0.99, "fitted")
    assert "alpha and beta are drawn together" in pin.path[0] and "between animals by 0.99" in pin.path[0]


def test_a_value_of_the_study_breaks_the_correlation(text: str) -> None:
    own = "values: {alpha: {value: 1, unit: 1/d, method: model_constant}}\n"
    assert set(resolve(load(text + own), made_up(ROWS)).arms[0].pins) == {"alpha", "beta", "start"}


def test_correlations_are_stored_and_read_back(study: ResolvedStudy) -> None:
    again = resolved_from_dict(json.loads(json.dumps(resolved_to_dict(study), allow_nan=False)))
    assert again == study and "alpha-with-beta" in again.arms[0].pins


def test_correlations_are_no_parameters(study: ResolvedStudy, tmp_path: Path) -> None:
    drawn = sampling.sampling_of(study)
    assert set(sampling.central(drawn, "one")) == {"alpha", "beta", "start"}
    assert set(sampling.cohort(drawn, "one", [0], range(3))) == {"alpha", "beta", "start"}
    assert count_solves(study)["influence"] == 2 * 2 * 2  # two uncertain values in each of two arms, both ends
    table = (to_csv(study, tmp_path / "tables") / "parameters.csv").read_text()
    assert "alpha-of-pair" in table and "alpha-with-beta" not in table


def test_tables_show_correlations_apart(study: ResolvedStudy) -> None:
    told = explanation(study)
    assert {one["name"] for one in told["values"]} == {"alpha", "beta", "start"}
    (shown,) = told["correlations"]
    assert shown["rows"] == ["alpha-of-pair", "beta-of-pair"]
    assert (shown["correlation"], shown["level"], shown["arms"]) == (0.99, "between subject", "one")
    assert "Drawn together" in explain(study)
    table = value_rows(study).set_index("name")
    assert table.loc["alpha-with-beta", "quantity"] == "correlation"
    assert table.loc["alpha-with-beta", ["low", "value", "high"]].tolist() == [0.99] * 3


def test_correlations_that_contradict_one_another_are_a_problem(text: str) -> None:
    twice = made_up([*ROWS, correlation("once-more", 0.2, "beta-of-pair", "alpha-of-pair")])
    with pytest.raises(CheckError, match="are correlated by another row already"):
        resolve(load(text), twice)
    third = [row("start-of-pair", "start", 1.0, joint="pair")]
    third += [correlation("a-with-s", 0.99, "alpha-of-pair", "start-of-pair")]
    third += [correlation("b-with-s", -0.99, "beta-of-pair", "start-of-pair")]
    rows = [replace(one, unit="mm^3") if one.quantity == "start" else one for one in (*ROWS, *third)]
    asked = text.replace("start: {value: 1, unit: mm^3, method: model_constant}", "start: {unit: mm^3}")
    with pytest.raises(CheckError, match="not positive definite"):
        resolve(load(asked), made_up(rows))


def test_the_packaged_gompertz_rows_are_drawn_together() -> None:
    packaged = load_catalogue()
    rows = [packaged.row(f"gompertz-mdamb231-{name}") for name in ("alpha", "beta")]
    text = STUDY.replace("ALPHA", rows[0].quantity).replace("BETA", rows[1].quantity)
    chosen = f"use: {{{rows[0].quantity}: {rows[0].id}, {rows[1].quantity}: {rows[1].id}}}\n"
    study = resolve(load(text + chosen), packaged)
    drawn = sampling.cohort(sampling.sampling_of(study), "one", [1], range(1, 201))
    assert np.corrcoef(np.log([drawn["alpha"], drawn["beta"]]))[0, 1] > 0.95
    apart = tuple(
        replace(arm, pins={name: pin for name, pin in arm.pins.items() if pin.value.quantity != "correlation"})
        for arm in study.arms
    )
    drawn = sampling.cohort(sampling.sampling_of(replace(study, arms=apart)), "one", [1], range(1, 201))
    assert abs(np.corrcoef(np.log([drawn["alpha"], drawn["beta"]]))[0, 1]) < 0.3


def written(folder: Path, rows: tuple[Value, ...]) -> Catalogue:
    """A catalogue of a few rows in files of its own."""
    names = [field.name for field in fields(Value)]
    lines = [",".join(names)]
    for one in rows:
        cells = ["" if getattr(one, name) is None else str(getattr(one, name)) for name in names]
        lines.append(",".join(f'"{cell}"' for cell in cells))
    (folder / "values").mkdir(parents=True)
    (folder / "values" / "growth.csv").write_text("\n".join(lines) + "\n")
    (folder / "sources.bib").write_text(
        "@misc{Nobody1999,\n title = {Nothing},\n author = {Nobody},\n year = {1999}\n}\n"
    )
    return load_catalogue(folder)


def test_from_a_file_of_rows_to_the_animals_of_a_run(text: str, tmp_path: Path) -> None:
    """Tumours in which fast growth is braked hard end alike; independent values would spread them far more."""
    catalogue = written(tmp_path / "knowledge", ROWS)
    small = text.replace("number: 200", "number: 60")
    result = run(resolve(load(small), catalogue), tmp_path / "results", workers=1, progress=False)
    ends = result.metrics.query("metric == 'end' and draw == 0 and animal > 0").set_index("arm")["value"]
    assert result.study.arms[0].pins["alpha-with-beta"].value.source == "Nobody1999"
    alone = resolve(load(small), made_up([one for one in ROWS if one.quantity != "correlation"]))
    loose = run(alone, workers=1, progress=False).metrics
    loose = loose.query("metric == 'end' and draw == 0 and animal > 0").set_index("arm")["value"]
    assert np.log(ends["one"]).std() < 0.7 * np.log(loose["one"]).std()
