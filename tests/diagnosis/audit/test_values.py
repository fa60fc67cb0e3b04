"""What the values themselves tell: depth, blood cells, proteins, and what was done to the columns before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from exocosm.diagnosis.audit.run import audit

RED = ("hsa-miR-451a", "hsa-miR-16-5p", "hsa-miR-486-5p", "hsa-miR-92a-3p", "hsa-miR-23a-3p")


def test_haemolysis_planted_in_one_class_is_found(planted, cancer, noise_of):
    names = [*RED, *(f"hsa-miR-{200 + i}-5p" for i in range(115))]
    values = noise_of(60, 120) + 100
    clean = audit(planted(values=values, feature_names=names), cancer)
    assert not [one for one in clean.of("blood_cells") if one.severity == "caveat"]
    values[:30, :4] *= 4
    found = [one for one in audit(planted(values=values, feature_names=names), cancer).of("blood_cells")
             if one.severity == "caveat"]  # fmt: skip
    assert any("haemolysis ratio is higher in cases" in one.sentence for one in found)
    assert any("signal of red cells" in one.sentence and "hsa-miR-451a" in one.sentence for one in found)


def test_of_hairpins_the_relation_is_told(planted, cancer, noise_of):
    names = ["hsa-mir-451a", "hsa-mir-23a", *(f"hsa-mir-{1200 + i}" for i in range(118))]
    found = audit(planted(values=noise_of(60, 120), feature_names=names), cancer).of("blood_cells")
    assert any("miR-451a -> hsa-mir-451a (precursor)" in one.sentence for one in found)
    assert any("do not hold for counts" in one.sentence for one in found)


def test_cycles_of_haemolysed_tubes_are_held_against_the_cut_off(planted, cancer):
    random = np.random.default_rng(6)
    cycles = random.normal(28, 1, (60, 30))
    cycles[:, 0], cycles[:, 1] = 24.0, 27.0  # a difference of 3 cycles: none
    cycles[:6, 0] = 19.0  # 8 cycles: severe
    names = ["hsa-miR-451a", "hsa-miR-23a-3p", *(f"hsa-miR-{200 + i}-5p" for i in range(28))]
    found = audit(planted(values=cycles, feature_names=names, kind="ct"), cancer).of("blood_cells")
    told = next(one for one in found if "cycles" in one.sentence)
    assert told.severity == "caveat"
    assert told.numbers["share_severe"] == pytest.approx(0.1)
    assert told.numbers["cases_above"] == pytest.approx(0.2)
    assert told.numbers["controls_above"] == 0


def test_depth_by_class_is_a_caveat_and_complete_separation_is_refused(planted, cancer, noise_of):
    values = noise_of(60, 120)
    values[:30] *= 2
    assert any(one.severity == "caveat" for one in audit(planted(values=values), cancer).of("depth"))
    values[:30] *= 50
    refused = audit(planted(values=values), cancer)
    assert refused.verdict == "refused"
    assert "separates the classes completely" in refused.headline


def test_values_called_normalised_with_sums_far_apart_are_told(planted, cancer, noise_of):
    values = noise_of(60, 120) * np.geomspace(1, 113, 60)[np.random.default_rng(0).permutation(60)][:, None] * 1.1
    told = audit(planted(values=values, kind="expression"), cancer).of("comparability")
    assert any(one.severity == "caveat" and "not comparable as given" in one.sentence for one in told)
    even = values / values.sum(axis=1, keepdims=True) * 1e6
    told = audit(planted(values=even, kind="expression"), cancer).of("comparability")
    assert not [one for one in told if one.severity == "caveat"]


@pytest.mark.parametrize("what", ["quantiles", "z-scores", "residuals"])
def test_adjusting_all_samples_to_one_another_is_seen(planted, cancer, noise_of, what):
    logged = np.log2(noise_of(60, 120) + 1.5) + np.random.default_rng(1).normal(0, 0.01, (60, 120))
    plain = audit(planted(values=logged, kind="log_expression"), cancer).of("comparability")
    assert not [one for one in plain if one.severity == "caveat"]
    if what == "quantiles":
        order = np.argsort(np.argsort(logged, axis=1), axis=1)
        logged = np.sort(logged, axis=1).mean(axis=0)[order]
        expected = "quantile"
    else:
        logged = logged - logged.mean(axis=0)
        expected = "differences from a mean"
        if what == "z-scores":
            logged, expected = logged / logged.std(axis=0, ddof=1), "z-scores"
    told = [one for one in audit(planted(values=logged, kind="log_expression"), cancer).of("comparability")
            if one.severity == "caveat"]  # fmt: skip
    assert len(told) == 1
    assert expected in told[0].sentence
    assert "test fold" in told[0].sentence


def test_logarithms_called_linear_are_told(planted, cancer, noise_of):
    logged = np.log2(noise_of(60, 120) + 1.5)
    told = audit(planted(values=logged, kind="expression"), cancer).of("comparability")
    assert any("look like logarithms" in one.sentence for one in told)


def test_a_proteome_without_vesicle_proteins_or_with_blood_in_one_class_is_told(planted, cancer):
    random = np.random.default_rng(3)
    genes = ["CD63", "CD9", "PDCD6IP", "TSG101", "HBA1", "HBB", "ALB", "KRT1", *(f"GENE{i}" for i in range(112))]
    values = 2 ** random.normal(25, 1, (60, 120))
    values[:30, 4:6] *= 30
    data = planted(values=values, feature_names=genes, kind="protein_intensities")
    told = audit(data, cancer).of("proteins")
    assert any(one.severity == "caveat" and "'red cells'" in one.sentence for one in told)
    assert not any("Nothing shows that these are vesicles" in one.sentence for one in told)
    bare = replace(data, values=data.values.drop(columns=genes[:4]), censored=data.censored.drop(columns=genes[:4]))
    assert any("Nothing shows that these are vesicles" in one.sentence for one in audit(bare, cancer).of("proteins"))


def test_what_is_censored_is_not_detected(planted, cancer, noise_of):
    from exocosm.diagnosis.audit.questions.depth import measured_amounts

    data = planted(values=np.full((60, 30), 30.0), features=30, kind="ct")
    hidden = data.censored.copy()
    hidden.iloc[:30, :10] = True
    amounts = measured_amounts(replace(data, censored=hidden))
    assert amounts["features detected"].tolist() == [20.0] * 30 + [30.0] * 30
    assert "share missing" not in amounts
    assert isinstance(amounts, pd.DataFrame)


def test_few_samples_completely_apart_in_depth_are_a_caveat(planted, cancer, noise_of):
    values = noise_of(8, 120)
    values[:4] *= 3
    told = [one for one in audit(planted(4, 4, values=values), cancer).of("depth") if one.severity == "caveat"]
    assert told
    assert told[0].numbers["auc"] == 1.0
