"""Duplicates, repeats and independent subjects, and what so many of them can answer."""

from __future__ import annotations

import numpy as np
import pytest

from exocosm.diagnosis.audit.likeness import alike, groups_of
from exocosm.diagnosis.audit.questions.size import least_auc, reach_of
from exocosm.diagnosis.audit.run import audit
from exocosm.diagnosis.dataset import Contrast


def test_copied_samples_are_found_and_stay_together(planted, cancer, noise_of):
    values = noise_of(40, 150)
    values[7], values[25] = values[3], values[20]
    data = planted(20, 20, values=values, features=150)
    found = audit(data, cancer)
    names = data.samples
    assert set(alike(data).exact) == {(names[3], names[7]), (names[20], names[25])}
    assert any(one.severity == "caveat" and "exactly the same" in one.sentence for one in found.of("replicates"))
    assert found.groups[names[7]] == found.groups[names[3]]
    assert found.groups.nunique() == 38
    assert reach_of(data, cancer).cases == 19


def test_a_sample_measured_twice_is_found_among_people_who_differ(planted, cancer, noise_of):
    random = np.random.default_rng(8)
    truth = noise_of(39, 300)
    twice = random.poisson(truth[5] * 0.7)[None, :]  # the same tube again at another depth
    data = planted(20, 20, values=np.vstack([random.poisson(truth), twice]), features=300)
    found = alike(data)
    names = data.samples
    assert [(one, other) for one, other, _, _ in found.near] == [(names[5], names[39])]
    assert groups_of(data, found).nunique() == 39
    crossed = audit(data, cancer)  # one is a case, the other a control
    assert any("different labels" in one.sentence for one in crossed.of("replicates"))


def test_a_strong_batch_is_not_taken_for_repeats(planted, cancer, noise_of):
    random = np.random.default_rng(9)
    values = noise_of(40, 300) * np.exp(np.repeat(random.normal(0, 1.0, (4, 300)), 10, axis=0))
    data = planted(20, 20, values=values.round(), features=300)
    assert alike(data).near == ()


def test_nothing_is_found_among_people(planted, cancer):
    for seed in range(5):
        assert alike(planted(seed=seed, features=300)).pairs == ()


def test_three_against_three_with_technical_replicates_is_refused(planted, cancer):
    data = planted(6, 6, subjects=[f"p{i // 2}" for i in range(12)])
    found = audit(data, cancer)
    assert found.verdict == "refused"
    assert "3 independent cases and 3 independent controls" in found.headline
    assert found.findings[0].numbers["smallest_p"] == pytest.approx(0.1)


def test_twelve_against_twelve_can_be_judged(planted, cancer):
    data = planted(12, 12, covariates={"batch": ["A", "B"] * 12}, roles={"batch": "technical"})
    found = audit(data, cancer)
    assert found.verdict == "clear"
    assert found.can == {"single": True, "panel": True}


def test_four_against_four_has_no_panel_and_says_what_a_marker_needs(planted, cancer):
    data = planted(4, 4, covariates={"batch": ["A", "B"] * 4}, roles={"batch": "technical"})
    found = audit(data, cancer)
    assert found.can == {"single": True, "panel": False}
    assert "smaller class has 4" in found.reasons["panel"]
    needed = next(one for one in found.of("size") if "would not stand out" in one.sentence)
    assert needed.numbers["perfect_markers_needed"] == np.ceil(2 / 70 * 120 / 0.05)


def test_the_least_auc_has_the_power_it_claims():
    from scipy.stats import mannwhitneyu, norm

    area = least_auc(25, 25, 0.05)
    shift = np.sqrt(2) * norm.ppf(area)
    random = np.random.default_rng(11)
    hits = [mannwhitneyu(random.normal(shift, 1, 25), random.normal(0, 1, 25)).pvalue < 0.05 for _ in range(1500)]
    assert np.mean(hits) == pytest.approx(0.80, abs=0.06)


def test_one_subject_in_both_classes_is_told(planted, cancer):
    people = [f"p{i}" for i in range(30)] + ["p0"] + [f"q{i}" for i in range(29)]
    told = audit(planted(subjects=people), cancer).of("replicates")
    assert any(one.severity == "caveat" and "in both classes" in one.sentence for one in told)
    paired = audit(planted(subjects=[f"p{i}" for i in range(30)] * 2), cancer).of("replicates")
    assert any(one.severity == "note" and "paired" in one.advice for one in paired)


def test_names_that_look_like_repeats_are_asked_about(planted, cancer):
    names = [f"patient{i // 2}_rep{i % 2 + 1}" for i in range(24)]
    told = audit(planted(12, 12, names=names), cancer).of("replicates")
    assert any("look like repeats" in one.sentence for one in told)


def test_only_the_samples_of_the_contrast_count(planted):
    data = planted(12, 12)
    with pytest.raises(Exception, match="no sample has the label 'lupus'"):
        audit(data, Contrast(("lupus",), ("healthy",)))
    with pytest.raises(Exception, match="both sides"):
        audit(data, Contrast(("cancer", "healthy"), ("healthy",)))


def test_a_repeat_is_found_behind_patterns_that_many_samples_share(planted, cancer, noise_of):
    random = np.random.default_rng(21)
    shared = random.normal(0, 1, (60, 3)) @ random.normal(0, 0.6, (3, 300))  # such as broken red cells
    truth = noise_of(60, 300) * np.exp(shared) * 10
    values = random.poisson(truth).astype(float)
    values[42] = random.poisson(truth[41] * 0.7)
    found = alike(planted(values=values, features=300))
    names = planted(values=values, features=300).samples
    assert [row[:2] for row in found.near] == [(names[41], names[42])]
