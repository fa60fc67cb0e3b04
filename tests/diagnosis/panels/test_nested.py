"""Nested cross-validation: it finds what is there and nothing else, and never looks at whom it judges."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from exocosm.diagnosis.panels.nested import NestedResult, design_of, nested, run_fold
from exocosm.diagnosis.panels.steps import ModelName, Recipe
from exocosm.errors import InputError

QUICK = Recipe("log_expression", sizes=(5, 20), strengths=(1.0, 0.1), centre_samples=False)
FOREST = Recipe("log_expression", "random_forest", sizes=(10,), trees=20, centre_samples=False)
ELASTIC = Recipe("log_expression", "elastic_net", sizes=(20,), strengths=(0.1, 0.03), centre_samples=False)


def judge(values: np.ndarray, is_case: np.ndarray, recipe: Recipe = QUICK, **more: object) -> NestedResult:
    given = {"groups": range(len(is_case)), "repeats": 2, "seed": 1} | more
    return nested(values, None, is_case, recipe=recipe, **given)  # type: ignore[arg-type]


def test_noise_gives_one_half_and_the_naive_figure_does_not(planted) -> None:
    found = [judge(*planted(seed, 60, 500), seed=seed) for seed in range(12)]
    holds = [one.auc.low <= 0.5 <= one.auc.high for one in found]
    assert sum(holds) >= 9  # 12 of 95 % each: fewer than 9 once in a thousand
    assert abs(np.mean([one.auc.value for one in found]) - 0.5) < 0.07
    assert min(one.naive.selected_outside for one in found) > 0.75
    assert min(one.naive.training for one in found) > 0.75
    assert np.mean([one.optimism for one in found]) > 0.3
    assert abs(np.mean([one.stability.nogueira for one in found])) < 0.5


def test_a_known_panel_is_found_with_the_power_that_theory_says(planted) -> None:
    panel, effect = 5, 0.8
    ideal = norm.cdf(effect * np.sqrt(panel) / np.sqrt(2))
    found = [judge(*planted(seed, 200, 100, panel, effect), repeats=1, seed=seed) for seed in range(6)]
    values = [one.auc.value for one in found]
    # weights learned from 160 people cost a little; nothing but luck exceeds the ideal
    assert ideal - 0.04 < np.mean(values) < ideal + 0.015
    for one in found:
        assert one.auc.low < ideal < one.auc.high + 0.03
        assert one.stability.frequency[:panel].mean() >= 0.9
        assert one.stability.frequency[panel:].mean() < 0.3


def test_weak_effects_of_few_people_are_not_found(planted) -> None:
    found = [judge(*planted(seed, 40, 400, 5, 0.2), repeats=1, seed=seed).auc for seed in range(6)]
    assert np.mean([one.value for one in found]) < norm.cdf(0.2 * np.sqrt(5) / np.sqrt(2)) - 0.02


def test_duplicates_across_folds_inflate_unless_they_are_grouped(planted) -> None:
    values, is_case = planted(3, 40, 300)
    twice, truth = np.tile(values, (2, 1)), np.tile(is_case, 2)
    known = np.tile(np.arange(40), 2)
    # each pair stays on one side only if it is told; a forest remembers whom it has seen
    for recipe in (QUICK, FOREST):
        apart = judge(twice, truth, recipe, groups=range(80), repeats=1)
        together = judge(twice, truth, recipe, groups=known, repeats=1)
        assert apart.auc.value > 0.85
        assert together.auc.low < 0.5 < together.auc.high + 0.1
        assert apart.auc.value - together.auc.value > 0.25
    assert all(set(known[fold.held_out]).isdisjoint(np.delete(known, fold.held_out)) for fold in together.folds)


@pytest.mark.parametrize("recipe", [QUICK, ELASTIC, FOREST], ids=lambda recipe: recipe.model)
def test_held_out_labels_change_nothing_of_their_fold(recipe: Recipe, planted) -> None:
    values, is_case = planted(4, 60, 100, 5, 1.0)
    design = design_of(values, None, is_case, range(60), recipe)
    held, training = np.arange(0, 60, 5), np.setdiff1d(np.arange(60), np.arange(0, 60, 5))
    first = run_fold(design, is_case, training, held, (1,))
    changed = is_case.copy()
    changed[held] = ~changed[held]
    second = run_fold(design, changed, training, held, (1,))
    assert first.setting == second.setting
    assert first.thresholds == second.thresholds
    for name in ("selected", "weights", "scores"):
        assert np.array_equal(getattr(first, name), getattr(second, name)), name


@pytest.mark.parametrize("kind", ["counts", "ct", "protein_intensities"])
def test_held_out_numbers_change_nothing_but_their_own_scores(kind: str, planted) -> None:
    random = np.random.default_rng(5)
    is_case = np.arange(60) % 2 == 0
    values = random.poisson(np.exp(3.0 + 0.7 * is_case[:, None] * (np.arange(40) < 4)), size=(60, 40)) + 1.0
    censored = None if kind == "counts" else random.random(values.shape) < 0.1
    recipe = Recipe(kind, sizes=(5,), strengths=(0.1,), batch_centring=True)  # type: ignore[arg-type]
    held, training = np.arange(0, 60, 5), np.setdiff1d(np.arange(60), np.arange(0, 60, 5))
    batches = (np.arange(60) // 2) % 3
    folds = []
    for factor in (1.0, 5.0):
        given = values.copy()
        given[held[1:]] = random.permutation(given[held[1:]], axis=1) * factor
        design = design_of(given, censored, is_case, range(60), recipe, batches=batches)
        folds.append(run_fold(design, is_case, training, held, (1,)))
    assert np.array_equal(folds[0].selected, folds[1].selected)
    assert np.array_equal(folds[0].weights, folds[1].weights)
    assert folds[0].scores[0] == folds[1].scores[0]
    assert not np.array_equal(folds[0].scores[1:], folds[1].scores[1:])


def test_batches_hide_a_panel_until_they_are_centred_within_the_fold() -> None:
    random = np.random.default_rng(6)
    is_case, batches = np.arange(120) % 2 == 0, np.arange(120) // 20
    values = random.normal(size=(120, 60)) + 4.0 * random.normal(size=(6, 60))[batches]
    values[:, :5] += 1.0 * is_case[:, None]
    plain, centred = (
        judge(values, is_case, replace(QUICK, sizes=(5,), batch_centring=centring), batches=batches, strata=batches)
        for centring in (False, True)
    )
    assert centred.auc.value > plain.auc.value + 0.1
    assert centred.auc.low > 0.75
    assert centred.within_strata is not None
    assert centred.within_strata.value == pytest.approx(centred.auc.value, abs=0.05)


def test_within_strata_a_class_that_is_only_the_batch_is_nothing() -> None:
    random = np.random.default_rng(7)
    batches = np.repeat([0, 1], 60)
    is_case = np.r_[np.arange(60) < 48, np.arange(60) < 12]
    values = random.normal(size=(120, 80)) + 2.0 * batches[:, None] * (np.arange(80) < 10)
    found = judge(values, is_case, strata=batches)
    assert found.auc.low > 0.6
    assert found.within_strata is not None
    assert found.within_strata.low < 0.5 < found.within_strata.high


@pytest.mark.parametrize("model", ["ridge", "random_forest"])
def test_workers_and_their_number_change_nothing(model: ModelName, planted) -> None:
    values, is_case = planted(8, 40, 120, 3, 1.0)
    recipe = Recipe("log_expression", model, sizes=(5,), strengths=(1.0, 0.1), trees=5)
    one, two = (judge(values, is_case, recipe, workers=count) for count in (1, 2))
    assert np.array_equal(one.scores, two.scores)
    assert one.auc == two.auc
    assert one.naive == two.naive
    assert [fold.setting for fold in one.folds] == [fold.setting for fold in two.folds]


def test_every_sample_is_held_out_once_in_every_repeat_and_repeats_differ(planted) -> None:
    values, is_case = planted(9, 50, 60, 3, 1.0)
    seen: list[tuple[int, int]] = []
    found = judge(values, is_case, repeats=3, progress=lambda done, count: seen.append((done, count)))
    for repeat in range(3):
        rows = np.concatenate([fold.held_out for fold in found.folds if fold.repeat == repeat])
        assert sorted(rows) == list(range(50))
    assert not np.array_equal(found.scores[:, 0], found.scores[:, 1])
    assert seen == [(done, 16) for done in range(1, 17)]
    assert found.auc.value == pytest.approx(np.mean(found.auc_by_repeat))


def test_thresholds_of_training_folds_reach_about_the_wanted_specificity(planted) -> None:
    found = [judge(*planted(seed, 200, 50, 5, 0.8), repeats=1).operating for seed in range(4)]
    reached = [[(point.specificity.value, point.sensitivity.value) for point in points] for points in found]
    points = np.mean(reached, axis=0)
    assert points[:3, 0] == pytest.approx([0.8, 0.9, 0.95], abs=0.05)
    distance = 0.8 * np.sqrt(5)
    ideal = norm.cdf(distance - norm.ppf([0.8, 0.9, 0.95]))
    assert points[:3, 1] == pytest.approx(ideal, abs=0.1)


def test_thresholds_are_not_set_among_samples_that_the_model_was_fitted_to(planted) -> None:
    found = [judge(*planted(seed, 100, 500), repeats=1).operating[1] for seed in range(4)]
    # a model of noise separates what it was fitted to; a threshold set there lets a third of new controls pass
    assert np.mean([point.specificity.value for point in found]) == pytest.approx(0.9, abs=0.06)


def test_few_controls_do_not_resolve_a_high_specificity(planted) -> None:
    operating = judge(*planted(1, 40, 30, 3, 1.0)).operating
    assert [point.is_resolved for point in operating] == [True, True, True, False]


def test_order_of_samples_and_names_of_subjects_do_not_matter_to_the_kind_of_answer(planted) -> None:
    values, is_case = planted(10, 60, 80, 4, 1.2)
    named = judge(values, is_case, groups=[f"p{number}" for number in range(60)])
    assert named.auc == judge(values, is_case).auc


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"outer": 1}, "outer"),
        ({"inner": 50}, "inner"),
        ({"repeats": 0}, "repeats"),
        ({"groups": [0] * 10}, "groups: 10 are given for 40"),
        ({"groups": [0, 1] * 20}, "smaller class has 1 subjects"),
        ({"specificities": (1.0,)}, "specificities"),
        ({"workers": 0}, "workers"),
        ({"is_case": np.zeros(40)}, "is_case"),
    ],
)
def test_what_cannot_be_judged_is_refused(change: dict[str, object], words: str, planted) -> None:
    values, is_case = planted(1, 40, 10)
    with pytest.raises(InputError, match=words):
        judge(values, **({"is_case": is_case} | change))  # type: ignore[arg-type]


def test_a_table_in_which_nothing_passes_gives_no_score_and_no_error() -> None:
    is_case = np.arange(40) % 2 == 0
    found = judge(np.ones((40, 5)), is_case)
    assert found.auc.value == 0.5
    assert not found.scores.any()
    assert found.stability.sizes == (0,) * 10


def test_a_published_panel_is_judged_alone_on_the_scale_of_the_whole_sample() -> None:
    random = np.random.default_rng(11)
    is_case = np.arange(60) % 2 == 0
    # the panel is always the same share of the sample's total; only with the other features it can be seen to differ
    values = random.poisson(200, size=(60, 30)) * 1.0
    values[:, :3] *= 1.0 + 0.5 * is_case[:, None]
    recipe = Recipe("counts", sizes=(0,), strengths=(0.1,), least_detected=0.0)
    found = judge(values, is_case, recipe, columns=[2, 1, 0])
    assert all(set(fold.selected) == {0, 1, 2} for fold in found.folds)
    assert found.auc.low > 0.85
    assert judge(values[:, :3], is_case, recipe).auc.value < 0.8
    with pytest.raises(InputError, match="columns"):
        judge(values, is_case, recipe, columns=[30])


def test_the_naive_figure_of_chosen_columns_looks_at_no_others() -> None:
    random = np.random.default_rng(8)
    is_case = np.arange(60) % 2 == 0
    values = random.normal(size=(60, 40))
    values[is_case, 20:] += 3.0  # the signal lies outside the panel
    recipe = Recipe("log_expression", least_detected=0.0, sizes=(0,), centre_samples=False)
    found = nested(values, None, is_case, list(range(60)), recipe, columns=[0, 1, 2], outer=3, repeats=1, inner=3)
    assert found.naive.selected_outside < 0.75
