"""Steps inside the fold: what each does, and that held-out samples teach them nothing."""

from __future__ import annotations

import numpy as np
import pytest

from exocosm.diagnosis.panels.steps import Recipe, apply, is_same_scale, per_sample, prepare, ranked
from exocosm.errors import InputError

TRAINING, HELD = np.arange(8), np.arange(8, 12)


def test_each_kind_comes_to_a_log_scale_where_more_is_more() -> None:
    counts = per_sample(np.array([[1.0, 0.0, 3.0]]), None, "counts")
    assert counts.values[0] == pytest.approx(np.log2([250001.0, 1.0, 750001.0]))
    assert counts.detected.tolist() == [[True, False, True]]
    cycles = per_sample(np.array([[20.0, 30.0, 40.0]]), np.array([[False, False, True]]), "ct")
    assert cycles.values[0, 0] == cycles.values[0, 1] + 10
    assert np.isnan(cycles.values[0, 2])
    assert cycles.censored[0, 2]
    proteins = per_sample(np.array([[0.0, 8.0, np.nan]]), None, "protein_intensities")
    assert proteins.censored.tolist() == [[True, False, False]]
    assert proteins.values[0, 1] == 3
    logged = per_sample(np.array([[-1.0, 2.0]]), None, "log_expression")
    assert logged.values.tolist() == [[-1, 2]]


def test_depth_does_not_matter() -> None:
    counts = np.random.default_rng(1).poisson(50, size=(3, 20)).astype(float)
    assert np.allclose(per_sample(counts, None, "counts").values, per_sample(counts * 7, None, "counts").values)
    assert is_same_scale("counts", "expression")
    assert not is_same_scale("counts", "ct")


@pytest.mark.parametrize(
    ("values", "kind", "words"),
    [
        ([[1.0, -1.0]], "counts", "negative"),
        ([[1.0, np.inf]], "expression", "infinite"),
        ([[0.0, 0.0]], "counts", "nothing was detected"),
        ([1.0, 2.0], "counts", "samples by features"),
    ],
)
def test_impossible_numbers_are_refused(values: list[float], kind: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        per_sample(np.array(values), None, kind)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["counts", "log_expression", "ct", "protein_intensities"])
def test_held_out_samples_teach_nothing(kind: str) -> None:
    random = np.random.default_rng(2)
    values = random.poisson(20, size=(12, 30)).astype(float) + 1
    censored = random.random((12, 30)) < 0.2 if kind in ("ct", "protein_intensities") else None
    batches = np.arange(12) % 2
    recipe = Recipe(kind, batch_centring=True)  # type: ignore[arg-type]
    first, features = prepare(per_sample(values, censored, recipe.kind), TRAINING, recipe, batches)
    changed = values.copy()
    changed[HELD] = random.poisson(100, size=(4, 30)) + 1
    second, again = prepare(per_sample(changed, censored, recipe.kind), TRAINING, recipe, batches)
    assert np.array_equal(features, again)
    for name in ("references", "kept", "limit", "typical", "centre", "scale", "shift"):
        assert np.array_equal(getattr(first, name), getattr(second, name)), name


def test_training_rows_come_out_of_apply_as_out_of_prepare() -> None:
    random = np.random.default_rng(3)
    values = random.uniform(15, 35, size=(12, 25))
    values[random.random(values.shape) < 0.1] = np.nan
    censored = random.random(values.shape) < 0.2
    table, batches = per_sample(values, censored, "ct"), np.arange(12) // 4
    prepared, features = prepare(table, TRAINING, Recipe("ct", batch_centring=True), batches)
    assert np.allclose(apply(table, TRAINING, prepared, batches), features)
    assert np.allclose(features.mean(axis=0), 0, atol=1e-12)
    assert np.allclose(features.std(axis=0), 1)


def test_censored_stand_at_the_lowest_of_the_training_samples() -> None:
    values = np.array([[20.0, 25.0], [22.0, 24.0], [24.0, 26.0], [40.0, 24.0], [10.0, 25.0]])
    censored = values == 40
    recipe = Recipe("ct", centre_samples=False)
    table = per_sample(values, censored, "ct")
    prepared, features = prepare(table, np.arange(4), recipe)
    assert prepared.limit[0] == -24
    assert features[3, 0] == features[2, 0] == features[:, 0].min()


def test_samples_of_a_batch_lose_its_mean_and_those_of_an_unknown_one_do_not() -> None:
    random = np.random.default_rng(4)
    batches = np.array([0, 0, 0, 0, 1, 1, 1, 1, 0, 1, 7, 7])
    values = random.normal(size=(12, 6)) + 50.0 * (batches == 1)[:, None]
    recipe = Recipe("log_expression", batch_centring=True, centre_samples=False)
    table = per_sample(values, None, "log_expression")
    prepared, features = prepare(table, TRAINING, recipe, batches)
    assert np.allclose(features[:4].mean(axis=0), features[4:].mean(axis=0))
    held = apply(table, HELD, prepared, batches) * prepared.scale + prepared.centre
    assert np.allclose(held[1], values[9] - prepared.shift[1])
    assert np.allclose(held[2:], values[10:])
    plain, _ = prepare(table, TRAINING, Recipe("log_expression", centre_samples=False), batches)
    assert plain.scale.min() > 20 > prepared.scale.max()


def test_a_batch_of_two_is_left_alone() -> None:
    batches = np.array([0] * 6 + [1] * 2)
    table = per_sample(np.random.default_rng(5).normal(size=(8, 3)), None, "log_expression")
    prepared, _ = prepare(table, TRAINING, Recipe("log_expression", batch_centring=True), batches)
    assert prepared.batches.tolist() == [0]


def test_rare_and_constant_features_are_left_out() -> None:
    values = np.random.default_rng(6).poisson(30, size=(10, 6)).astype(float)
    values[1:, 0] = 0
    table = per_sample(values, None, "counts")
    prepared, _ = prepare(table, np.arange(10), Recipe("counts", least_detected=0.2))
    assert 0 not in prepared.kept
    values = np.random.default_rng(6).normal(size=(10, 6))
    values[:, 2] = 4.0
    table = per_sample(values, None, "log_expression")
    prepared, _ = prepare(table, np.arange(10), Recipe("log_expression"))
    assert prepared.kept.tolist() == [0, 1, 3, 4, 5]
    values[:, 4] *= 10
    table = per_sample(values, None, "log_expression")
    prepared, _ = prepare(table, np.arange(10), Recipe("log_expression", variable_share=0.2))
    assert prepared.kept.tolist() == [4]


def test_ranking_is_that_of_the_f_test() -> None:
    from sklearn.feature_selection import f_classif

    random = np.random.default_rng(7)
    is_case = np.arange(30) < 11
    numbers = random.normal(size=(30, 40)) + is_case[:, None] * random.normal(size=40)
    standard = (numbers - numbers.mean(axis=0)) / numbers.std(axis=0)
    assert ranked(standard, is_case, 12).tolist() == np.argsort(-f_classif(numbers, is_case)[0])[:12].tolist()
    assert ranked(standard, is_case, 0).size == 40


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "cts"}, {"model": "forest"}, {"sizes": (-1,)}, {"strengths": (0.0,)}, {"leaves": ()}, {"mixing": 0.0},
     {"trees": 0}, {"least_detected": 2.0}, {"criterion": "f1"}],
)  # fmt: skip
def test_a_recipe_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match="recipe"):
        Recipe(**({"kind": "counts"} | wrong))  # type: ignore[arg-type]
