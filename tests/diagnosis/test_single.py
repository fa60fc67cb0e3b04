from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import mannwhitneyu
from sklearn.metrics import roc_auc_score

from exocosm.diagnosis.single import by_subject, single_markers
from exocosm.errors import InputError


def table(matrix: np.ndarray, prefix: str = "s") -> pd.DataFrame:
    return pd.DataFrame(
        matrix, [f"{prefix}{row}" for row in range(len(matrix))], [f"f{column}" for column in range(matrix.shape[1])]
    )


def none_censored(values: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(False, values.index, values.columns)


def cases(values: pd.DataFrame, number: int) -> pd.Series:
    return pd.Series(np.arange(len(values)) < number, values.index)


def test_the_area_and_p_are_those_of_other_packages() -> None:
    random = np.random.default_rng(1)
    values = table(np.round(random.normal(size=(40, 30)), 1))  # rounded: ties
    values.iloc[:15] += np.linspace(0, 2, 30)
    is_case = cases(values, 15)
    found = single_markers(values, none_censored(values), is_case).set_index("feature")
    for name in values:
        expected = mannwhitneyu(values.loc[is_case, name], values.loc[~is_case, name], method="auto")
        assert found.loc[name, "auc"] == pytest.approx(roc_auc_score(is_case, values[name]))
        assert found.loc[name, "p"] == pytest.approx(expected.pvalue)
    assert (found["q"] >= found["p"]).all() and (found["holm"] >= found["q"] - 1e-12).all()


def test_a_shift_is_found_at_its_size_with_an_interval_that_covers_it() -> None:
    random = np.random.default_rng(2)
    covered = []
    for _ in range(200):
        values = table(random.normal(size=(30, 1)))
        values.iloc[:14] += 1.5
        row = single_markers(values, none_censored(values), cases(values, 14)).iloc[0]
        covered.append(row["difference_low"] <= 1.5 <= row["difference_high"])
    assert 0.90 <= np.mean(covered) <= 0.99


def test_what_is_not_detected_ranks_below_all_and_ties() -> None:
    values = table(np.array([[5.0], [6.0], [40.0], [4.0], [38.0], [39.0]]))
    censored = none_censored(values)
    censored.iloc[[2, 4, 5]] = True  # whatever number stands there
    row = single_markers(values, censored, cases(values, 3)).iloc[0]
    # cases 5, 6, nd; controls 4, nd, nd: pairs won 6, tied 2, lost 1
    assert row["auc"] == pytest.approx((6 + 1.0) / 9)
    assert (row["detected_cases"], row["detected_controls"]) == pytest.approx((2 / 3, 1 / 3))


def test_one_stratum_is_the_rank_test_itself_and_a_batch_falls_out() -> None:
    random = np.random.default_rng(4)
    values = table(random.normal(size=(60, 1)))
    is_case = cases(values, 30)
    alone = single_markers(values, none_censored(values), is_case, strata=pd.Series("a", values.index)).iloc[0]
    expected = mannwhitneyu(
        values.loc[is_case, "f0"], values.loc[~is_case, "f0"], method="asymptotic", use_continuity=False
    )
    assert alone["auc_within"] == pytest.approx(alone["auc"])
    assert alone["p_within"] == pytest.approx(expected.pvalue, rel=1e-9)
    batch = pd.Series(np.where(random.uniform(size=60) < np.where(is_case, 0.8, 0.2), "x", "y"), values.index)
    shifted = values.add(np.where(batch == "x", 4.0, 0.0), axis=0)
    row = single_markers(shifted, none_censored(values), is_case, strata=batch).iloc[0]
    assert row["auc"] > 0.7 and row["p"] < 1e-3
    assert abs(row["auc_within"] - 0.5) < 0.2 and row["p_within"] > 0.05


def test_replicates_of_one_person_count_once() -> None:
    random = np.random.default_rng(5)
    people = random.normal(size=(8, 5))
    twice = table(np.repeat(people, 2, axis=0))
    subjects = pd.Series(np.repeat([f"p{number}" for number in range(8)], 2), twice.index)
    once = table(people)
    doubled = single_markers(twice, none_censored(twice), cases(twice, 8), subjects=subjects)
    single = single_markers(once, none_censored(once), cases(once, 4))
    pd.testing.assert_frame_equal(doubled, single)
    assert len(by_subject(twice, subjects)) == 8


def test_noise_is_rarely_called() -> None:
    random = np.random.default_rng(6)
    called = []
    for _ in range(40):
        values = table(random.normal(size=(24, 200)))
        called.append((single_markers(values, none_censored(values), cases(values, 12))["q"] < 0.05).any())
    assert np.mean(called) <= 0.15


def test_one_class_is_refused() -> None:
    values = table(np.zeros((4, 2)))
    with pytest.raises(InputError, match="only one class"):
        single_markers(values, none_censored(values), cases(values, 4))


def test_a_feature_that_nobody_has_gives_no_number() -> None:
    values = table(np.array([[1.0, np.nan], [2.0, np.nan], [3.0, np.nan], [4.0, np.nan]]))
    found = single_markers(values, none_censored(values), cases(values, 2)).set_index("feature")
    assert np.isnan(found.loc["f1", "auc"]) and found.loc["f0", "auc"] == 0.0
