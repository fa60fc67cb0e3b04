"""Batches and other columns of handling: planted confounding is refused, half of it told in numbers."""

from __future__ import annotations

import numpy as np
import pytest

from exocosm.diagnosis.audit.grouping import first_of_subject, partners, strata_of
from exocosm.diagnosis.audit.run import audit
from exocosm.errors import InputError


def test_classes_that_differ_only_by_batch_are_refused_and_the_first_line_names_it(planted, cancer):
    found = audit(planted(covariates={"batch": ["A"] * 30 + ["B"] * 30}, roles={"batch": "technical"}), cancer)
    assert found.verdict == "refused"
    assert "'batch'" in found.headline
    assert "0 of 30 cases" in found.headline
    assert not found.can["single"]
    assert not found.can["panel"]
    assert found.informative["pairs_within_strata"] == 0


def test_many_small_batches_of_one_class_each_are_refused(planted, cancer):
    batch = [f"b{i // 2}" for i in range(24)]
    found = audit(planted(12, 12, covariates={"batch": batch}, roles={"batch": "technical"}), cancer)
    assert found.verdict == "refused"
    assert found.findings[0].check == "technical"


def test_a_well_of_its_own_for_every_sample_is_not_refused(planted, cancer):
    wells = [f"w{i}" for i in np.random.default_rng(3).permutation(24)]
    found = audit(planted(12, 12, covariates={"well": wells}, roles={"well": "technical"}), cancer)
    assert not [one for one in found.of("technical") if one.severity in ("fatal", "caveat")]


def test_a_batch_shared_by_half_is_a_caveat_with_the_right_numbers(planted, cancer):
    # A: 20 cases; B: 10 cases, 15 controls; C: 15 controls
    batch = ["A"] * 20 + ["B"] * 25 + ["C"] * 15
    found = audit(planted(covariates={"batch": batch}, roles={"batch": "technical"}), cancer)
    assert found.verdict == "caveat"
    first = found.findings[0]
    assert first.check == "technical"
    assert first.numbers["cases_with_partner"] == pytest.approx(10 / 30)
    assert first.numbers["controls_with_partner"] == pytest.approx(15 / 30)
    # chi-square by hand: expected A 10/10, B 12.5/12.5, C 7.5/7.5
    chi2 = 2 * (10**2 / 10) + 2 * (2.5**2 / 12.5) + 2 * (7.5**2 / 7.5)
    assert first.numbers["cramers_v"] == pytest.approx(np.sqrt(chi2 / 60))
    assert "10 of 30 cases (33 %)" in found.headline
    assert "15 of 30 controls (50 %)" in found.headline
    assert found.informative["pairs_within_strata"] == 150
    assert found.informative["share_of_cases"] == pytest.approx(1 / 3)
    assert found.can["single"]


def test_independent_batches_are_clear(planted, cancer):
    given = {"batch": ["A", "B", "C"] * 20, "sex": ["f", "m"] * 30}
    found = audit(planted(covariates=given, roles={"batch": "technical", "sex": "biological"}), cancer)
    assert found.verdict == "clear"
    assert "30 cases against 30 controls" in found.headline


def test_columns_that_confound_only_together_are_found_by_the_joint_model(planted, cancer):
    # each plate column leans a little, two of them together more
    random = np.random.default_rng(5)
    case = np.array([True] * 60 + [False] * 60)
    lean = {name: np.where(random.random(120) < np.where(case, 0.64, 0.36), "x", "y") for name in "abcdefgh"}
    data = planted(60, 60, covariates=lean, roles=dict.fromkeys(lean, "technical"))
    joint = [one for one in audit(data, cancer).of("technical") if "auc" in one.numbers]
    assert joint[0].severity == "caveat"
    assert joint[0].numbers["auc"] > 0.65
    assert joint[0].numbers["p"] <= 0.005


def test_a_number_of_handling_that_separates_the_classes_is_refused(planted, cancer):
    hours = [*np.linspace(1, 3, 20), *np.linspace(20, 30, 20)]
    found = audit(planted(20, 20, covariates={"hours in store": hours}, roles={"hours in store": "technical"}), cancer)
    assert found.verdict == "refused"
    assert "'hours in store'" in found.headline


def test_repeats_of_a_subject_do_not_make_a_batch_significant(planted, cancer):
    # 5 and 5 subjects, each measured four times: 4:1 against 1:4 is nothing for ten people
    batch = ["A"] * 16 + ["B"] * 4 + ["A"] * 4 + ["B"] * 16
    people = [f"p{i // 4}" for i in range(40)]
    data = planted(20, 20, covariates={"batch": batch}, roles={"batch": "technical"}, subjects=people)
    assert not [one for one in audit(data, cancer).of("technical") if one.severity in ("fatal", "caveat")]


def test_a_column_given_for_one_class_only_is_told(planted, cancer):
    rin = [*np.random.default_rng(1).normal(7, 1, 30), *[np.nan] * 30]
    found = audit(planted(covariates={"rin": rin}, roles={"rin": "technical"}), cancer)
    assert any("rin (given or not)" in one.sentence and one.severity == "fatal" for one in found.findings)


def test_partners_expected_by_chance_agree_with_shuffling(planted, cancer):
    data = planted(20, 40, covariates={"batch": ["a"] * 3 + ["b"] * 17 + ["c"] * 4 + ["d"] * 36},
                   roles={"batch": "technical"})  # fmt: skip
    cases = cancer.is_case(data.labels)
    exact = partners(data.covariates["batch"], cases, data.subjects)
    random = np.random.default_rng(0)
    drawn = []
    for _ in range(800):
        mixed = cases.copy()
        mixed[:] = random.permutation(cases.to_numpy())
        drawn.append(partners(data.covariates["batch"], mixed, data.subjects))
    assert np.mean([one.cases for one in drawn]) == pytest.approx(exact.expected_cases, abs=0.02)
    assert np.mean([one.controls for one in drawn]) == pytest.approx(exact.expected_controls, abs=0.02)


def test_a_small_class_in_a_batch_of_its_own_is_refused(planted, cancer):
    # as the pancreatic samples of GSE71008: six in the ninth batch, the others in eight
    batch = [f"b{i % 8}" for i in range(99)] + ["b8"] * 6
    found = audit(planted(99, 6, covariates={"batch": batch}, roles={"batch": "technical"}), cancer)
    assert found.verdict == "refused"
    assert "'batch'" in found.headline
    assert "0 of 6 controls" in found.headline


def test_the_strata_are_the_column_that_moves_the_values_most_if_none_goes_with_the_class(planted, cancer, noise_of):
    random = np.random.default_rng(12)
    moving = np.array(list("abcde") * 12)
    values = noise_of(60, 120) * np.exp(
        np.searchsorted(np.unique(moving), moving)[:, None] * random.normal(0, 0.3, 120)
    )
    given = {"aside": list("uvwx") * 15, "moving": list(moving)}
    data = planted(values=values.round(), covariates=given, roles=dict.fromkeys(given, "technical"))
    found = audit(data, cancer)
    assert found.strata.name == "moving"
    told = found.of("shifts")[0]
    assert told.numbers["moving"] > 0.2
    assert abs(told.numbers["aside"]) < 0.05
    assert abs(told.numbers["class"]) < 0.05


def test_strata_join_what_goes_with_the_class_and_leave_what_does_not(planted, cancer):
    batch = (["A"] * 20 + ["B"] * 10) + (["A"] * 10 + ["B"] * 20)
    well = [f"w{i}" for i in range(60)]
    cut = ["x", "y"] * 30
    day = (["m"] * 18 + ["n"] * 12) + (["m"] * 8 + ["n"] * 22)
    given = {"well": well, "batch": batch, "cut": cut, "day": day}
    data = planted(covariates=given, roles=dict.fromkeys(given, "technical"))
    strata = strata_of(data, cancer)
    assert strata.name == "day and batch"
    assert list(strata.index) == data.samples


def test_what_is_technical_cannot_be_accepted_away(planted, cancer):
    data = planted(covariates={"batch": ["A"] * 30 + ["B"] * 30}, roles={"batch": "technical"})
    with pytest.raises(InputError, match="cannot be accepted"):
        audit(data, cancer, accept={"technical": "the batches were surely the same"})
    with pytest.raises(InputError, match="did you mean 'technical'"):
        audit(data, cancer, accept={"tecnical": "the batches were surely the same"})


def test_two_of_sixty_with_a_partner_are_too_few(planted, cancer):
    # a perfect marker could reach p < 0.05 among the few, but the class would rest on a thirtieth of it
    batch = ["A"] * 58 + ["B"] * 2 + ["B"] * 60
    found = audit(planted(60, 60, covariates={"batch": batch}, roles={"batch": "technical"}), cancer)
    assert found.verdict == "refused"
    assert "cannot be told apart: 2 of 60 cases (3 %)" in found.headline


def test_a_subject_measured_in_two_batches_has_its_partners_in_either(planted, cancer):
    # ten cases, each once in A and once in B; ten controls, each twice in B
    people = [f"p{i // 2}" for i in range(40)]
    batch = ["A", "B"] * 10 + ["B"] * 20
    data = planted(20, 20, covariates={"batch": batch}, roles={"batch": "technical"}, subjects=people)
    cases = cancer.is_case(data.labels)
    shared = partners(data.covariates["batch"], cases, data.subjects)
    assert shared.with_partner == (10, 10)
    assert shared.of == (10, 10)
    rows = first_of_subject(data.covariates["batch"], cases, data.subjects)
    assert len(rows) == 20
    assert list(rows["level"]) == ["A"] * 10 + ["B"] * 10
