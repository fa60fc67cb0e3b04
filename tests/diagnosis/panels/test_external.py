"""A saved model on another data set: nothing is fitted again, nothing is equated, and what differs is told."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from exocosm.accuracy.ranking import auc_value
from exocosm.diagnosis.dataset import Dataset
from exocosm.diagnosis.panels.external import validate
from exocosm.diagnosis.panels.final import PanelModel, apply_model, final_model
from exocosm.diagnosis.panels.steps import Recipe
from exocosm.errors import InputError

IS_CASE = np.arange(80) % 2 == 0
NAMES = [f"hsa-miR-{number}-3p" for number in range(100, 150)]


def data(seed: int, effect: float = 1.0) -> Dataset:
    random = np.random.default_rng(seed)
    logs = 4.0 + 0.6 * random.normal(size=(80, 50)) + effect * 0.5 * IS_CASE[:, None] * (np.arange(50) < 5)
    samples = [f"s{number}" for number in range(80)]
    values = pd.DataFrame(random.poisson(np.exp(logs)).astype(float), index=samples, columns=NAMES)
    labels = pd.Series(np.where(IS_CASE, "cancer", "healthy"), index=samples)
    return Dataset(
        values, values.isna(), "counts", labels, pd.DataFrame(index=samples), {}, pd.Series(samples, index=samples),
        pd.DataFrame(),
    )  # fmt: skip


@pytest.fixture(scope="module")
def model() -> PanelModel:
    training = data(1)
    recipe = Recipe("counts", sizes=(5,), strengths=(0.1,))
    return final_model(training.values, training.censored, IS_CASE, list(training.subjects), recipe)


def test_scores_are_those_of_the_model_as_it_is(model: PanelModel) -> None:
    new = data(2)
    found = validate(model, new, pd.Series(IS_CASE, index=new.values.index))
    assert found.refusal == ""
    assert found.auc is not None
    assert found.scores is not None
    assert np.array_equal(found.scores, apply_model(model, new.values, new.censored, "counts"))
    assert found.auc.value == auc_value(found.scores, IS_CASE)
    assert found.auc.low > 0.7
    assert found.missing == ()
    assert found.caveats == ()
    assert [point.threshold for point in found.operating] == list(model.thresholds.values())
    assert found.sentence.startswith("AUC 0.")
    json.dumps(found.as_plain(), allow_nan=False)


def test_where_nothing_differs_nothing_is_found(model: PanelModel) -> None:
    found = validate(model, data(3, effect=0.0), IS_CASE).auc
    assert found is not None
    assert found.low < 0.5 < found.high


def test_a_missing_feature_is_refused_or_filled_with_its_weight_told(model: PanelModel) -> None:
    new = data(2)
    name = model.panel[0]
    near = name.removeprefix("hsa-")
    renamed = replace(new, values=new.values.rename(columns={name: near}))
    refused = validate(model, renamed, IS_CASE)
    assert refused.auc is None
    assert f"'{name}' (near: {near})" in refused.refusal
    assert refused.sentence.startswith("No validation")
    json.dumps(refused.as_plain(), allow_nan=False)
    filled = validate(model, renamed, IS_CASE, fill="neutral")
    assert filled.auc is not None
    weights = np.abs(list(model.weights.values()))
    assert filled.lost_weight == pytest.approx(weights[0] / weights.sum())
    assert f"{100 * filled.lost_weight:.0f} % of the weight" in filled.caveats[0]
    whole = validate(model, new, IS_CASE)
    assert whole.scores is not None
    assert not np.array_equal(filled.scores, whole.scores)


def test_what_makes_scores_mean_nothing_is_refused(model: PanelModel) -> None:
    new = data(2)
    assert "the table holds ct" in validate(model, replace(new, kind="ct"), IS_CASE).refusal
    nothing = replace(new, values=new.values.rename(columns=lambda name: f"x {name}"))
    assert "none of the 5 features" in validate(model, nothing, IS_CASE, fill="neutral").refusal
    assert "both are needed" in validate(model, new, np.ones(80, dtype=bool)).refusal
    with pytest.raises(InputError, match="labels"):
        validate(model, new, IS_CASE[:5])
    with pytest.raises(InputError, match="fill"):
        validate(model, new, IS_CASE, fill="zero")  # type: ignore[arg-type]


def test_the_training_set_is_recognised(model: PanelModel) -> None:
    assert any("training set itself" in one for one in validate(model, data(1), IS_CASE).caveats)


def test_a_table_on_another_scale_is_told(model: PanelModel) -> None:
    new = data(2)
    squared = replace(new, values=new.values**2.5, kind="expression")
    caveats = " ".join(validate(model, squared, IS_CASE).caveats)
    assert "trained on counts, the table holds expression" in caveats
    assert "times that of the training set" in caveats
    moved = new.values.copy()
    moved[list(model.panel)] *= 20
    found = validate(model, replace(new, values=moved), IS_CASE)
    assert sum(one.moved > 1 for one in found.shifts) == 5
    assert any("lie more than 1 training standard deviation" in one for one in found.caveats)
    assert any("outside the range" in one for one in found.caveats)
    rare = new.values.copy()
    rare.loc[rare.index[:60], model.panel[1]] = 0.0
    assert any("half as often" in one for one in validate(model, replace(new, values=rare), IS_CASE).caveats)


def test_technical_replicates_narrow_nothing(model: PanelModel) -> None:
    new = data(2)
    twice = pd.concat([new.values, new.values.rename(index=lambda name: f"{name} again")])
    both = Dataset(
        twice, twice.isna(), "counts", pd.Series("", index=twice.index), pd.DataFrame(index=twice.index), {},
        pd.Series([*new.subjects, *new.subjects], index=twice.index), pd.DataFrame(),
    )  # fmt: skip
    once, doubled = validate(model, new, IS_CASE).auc, validate(model, both, np.tile(IS_CASE, 2)).auc
    assert once is not None
    assert doubled is not None
    assert doubled.low == pytest.approx(once.low)
