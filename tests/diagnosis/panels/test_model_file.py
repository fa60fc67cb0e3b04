"""The final model and its file: it comes back as it was, and a file that was tampered with is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from exocosm.diagnosis.panels.final import PanelModel, apply_model, final_model
from exocosm.diagnosis.panels.model_file import load_model, save_model
from exocosm.diagnosis.panels.nested import design_of
from exocosm.diagnosis.panels.steps import MODELS, Recipe
from exocosm.errors import CheckError, InputError

IS_CASE = np.arange(40) % 2 == 0
NAMES = [f"hsa-miR-{number}-3p" for number in range(100, 130)]


def counts(seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    means = np.exp(3.0 + 0.8 * IS_CASE[:, None] * (np.arange(30) < 4))
    return pd.DataFrame(random.poisson(means * random.gamma(5, 0.2, size=(40, 30))).astype(float), columns=NAMES)


def cycles(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    random = np.random.default_rng(seed)
    values = 28.0 + random.normal(size=(40, 30)) - 1.5 * IS_CASE[:, None] * (np.arange(30) < 4)
    censored = random.random((40, 30)) < 0.15
    return pd.DataFrame(np.where(censored, 40.0, values), columns=NAMES), pd.DataFrame(censored, columns=NAMES)


def made(model: str = "ridge", **more: Any) -> PanelModel:
    recipe = Recipe("counts", model, sizes=(6,), strengths=(0.1, 0.03), trees=10, **more)  # type: ignore[arg-type]
    return final_model(counts(1), None, IS_CASE, range(40), recipe, case_class="CRC", judged={"auc": 0.8})


@pytest.mark.parametrize("model", MODELS)
def test_a_model_comes_back_as_it_was(model: str, tmp_path: Path) -> None:
    before = made(model)
    after = load_model(save_model(before, tmp_path / "model.json"))
    others = counts(2)
    assert (
        np.abs(apply_model(before, others, None, "counts") - apply_model(after, others, None, "counts")).max() < 1e-12
    )
    assert (after.recipe, after.panel, after.weights, after.features, after.thresholds, after.training) == (
        before.recipe, before.panel, before.weights, before.features, before.thresholds, before.training
    )  # fmt: skip
    assert (after.seed, after.version, after.judged) == (before.seed, before.version, {"auc": 0.8})
    assert set(before.panel) & set(NAMES[:4])


@pytest.mark.parametrize("model", MODELS)
def test_a_loaded_model_scores_as_the_one_in_memory(model: str, tmp_path: Path) -> None:
    values, censored = cycles(3)
    batches = [f"plate {number // 10}" for number in range(40)]
    recipe = Recipe("ct", model, sizes=(6,), strengths=(0.1,), trees=10, batch_centring=True)  # type: ignore[arg-type]
    fitted = final_model(values, censored, IS_CASE, range(40), recipe, batches=batches)
    question = design_of(
        values.to_numpy(), censored.to_numpy(), IS_CASE, range(40), recipe, batches=batches
    ).question  # fmt: skip
    inside = fitted.fitted.scores(question, np.arange(40))
    after = load_model(save_model(fitted, tmp_path / "model.json"))
    assert after.batches == ("plate 0", "plate 1", "plate 2", "plate 3")
    assert after.references
    again = apply_model(after, values, censored, "ct", batches)
    assert np.abs(inside - again).max() < 1e-12
    assert np.abs(apply_model(after, values, censored, "ct") - again).max() > 1e-3  # batches of elsewhere are unknown


def test_order_of_columns_and_more_columns_do_not_matter_to_what_is_found() -> None:
    model, others = made(), counts(2)
    turned = others[others.columns[::-1]]
    assert np.allclose(apply_model(model, others, None, "counts"), apply_model(model, turned, None, "counts"))


def test_names_are_never_equated() -> None:
    model, others = made(), counts(2)
    short = others.rename(columns={model.panel[0]: model.panel[0].removeprefix("hsa-")})
    with pytest.raises(InputError, match="Names are never equated"):
        apply_model(model, short, None, "counts")
    filled = apply_model(model, short, None, "counts", neutral=[model.panel[0]])
    whole = apply_model(model, others, None, "counts")
    assert np.abs(filled - whole).max() > 0
    with pytest.raises(InputError, match="the model is for counts"):
        apply_model(model, others, None, "ct")
    doubled = pd.concat([others, others[[NAMES[0]]]], axis=1)
    with pytest.raises(InputError, match="stands twice"):
        apply_model(model, doubled, None, "counts")


def test_thresholds_are_of_controls_held_out() -> None:
    model = made()
    own = apply_model(model, counts(1), None, "counts")
    assert list(model.thresholds) == [0.8, 0.9, 0.95, 0.99]
    assert sorted(model.thresholds.values()) == list(model.thresholds.values())
    # scores of controls that the model was fitted to lie lower than those it had not seen
    assert model.thresholds[0.9] > np.quantile(own[~IS_CASE], 0.9)


def changed(change: Callable[[dict[str, Any]], Any], tmp_path: Path, model: str = "ridge") -> Path:
    path = save_model(made(model), tmp_path / "model.json")
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    return path


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda one: one.update(extra=1), "extra"),
        (lambda one: one.pop("intercept"), "intercept"),
        (lambda one: one.update(exocosm_panel_model=2), "exocosm_panel_model"),
        (lambda one: one["panel"][0].update(scale=0.0), "scale"),
        (lambda one: one["panel"][0].update(weight="1"), "weight"),
        (lambda one: one["panel"][0].update(name="never read"), "'never read' is not among the features"),
        (lambda one: one["panel"].append(one["panel"][0]), "a name stands twice"),
        (lambda one: one["features"].append(one["features"][0]), "a name stands twice"),
        (lambda one: one["recipe"].update(model="eval"), "eval"),
        (lambda one: one["recipe"].update(trees=10**9), "trees"),
        (lambda one: one["recipe"].update(model="random_forest"), "do not fit together"),
        (lambda one: one["batches"].append({"name": "a", "shift": [1.0]}), "1 numbers for 6 features"),
        (lambda one: one["training"].update(data="x"), "data"),
        (lambda one: one["thresholds"].append(one["thresholds"][0]), "a specificity stands twice"),
        (lambda one: one.update(base=10**400), "base"),
    ],
)
def test_a_file_that_was_tampered_with_is_refused(change: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(CheckError, match=words):
        load_model(changed(change, tmp_path))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda forest: forest["left"].__setitem__(0, 0), "both must stand after it"),
        (lambda forest: forest["right"].__setitem__(0, 10**6), "both must stand after it"),
        (lambda forest: forest["feature"].__setitem__(0, 6), "asks for feature 6 of 6"),
        (lambda forest: forest["starts"].__setitem__(0, -1), "starts outside"),
        (lambda forest: forest["chance"].pop(), "different lengths"),
        (lambda forest: forest["chance"].__setitem__(0, 2.0), "chance"),
    ],
)
def test_trees_that_lead_nowhere_are_refused(change: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(CheckError, match=words):
        load_model(changed(lambda one: change(one["forest"]), tmp_path, "random_forest"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not the JSON"),
        ("[" * 100_000, "nested too deeply|is not the JSON"),
        ('{"exocosm_panel_model": NaN}', "NaN is no number"),
        ('{"exocosm_panel_model": 1, "exocosm_panel_model": 1}', "a key stands twice"),
        ('{"seed": ' + "9" * 5000 + "}", "is not the JSON"),
        ("[1]", "is no panel model"),
        ('{"recipe": {}}', "is no panel model"),
    ],
)
def test_what_is_no_model_is_told(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text(text)
    with pytest.raises(InputError, match=words):
        load_model(path)


def test_a_file_of_infinite_numbers_is_refused(tmp_path: Path) -> None:
    path = save_model(made(), tmp_path / "model.json")
    path.write_text(path.read_text().replace('"base": 0.0', '"base": 1e999'))
    with pytest.raises(CheckError, match="base"):
        load_model(path)
