"""Cancers at diagnosis: which rows answer, and whether tumours follow them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import truncnorm

from exocosm.bench.numbers import bench_numbers
from exocosm.errors import EvidenceError, InputError
from exocosm.evidence.value import Value
from exocosm.screening.at_diagnosis import CancerAtDiagnosis, Stage, cancer_at_diagnosis, cancers_known, of_this


def test_every_known_cancer_is_described_by_rows_of_its_own() -> None:
    numbers = bench_numbers()
    assert len(cancers_known(numbers)) >= 11
    for name in cancers_known(numbers):
        cancer = cancer_at_diagnosis(numbers, name)
        assert 0 < cancer.prevalence < 0.1
        assert sum(stage.share for stage in cancer.stages) == pytest.approx(1.0, abs=0.1)
        assert all(cancer.least < stage.diameter < cancer.most and stage.spread > 0 for stage in cancer.stages)
    assert all(pin.value.population in pin.name for pin in numbers.ledger.pins.values())


def test_a_measurement_of_another_cancer_does_not_stand_in() -> None:
    measured = Value(
        "measured-elsewhere", "undiagnosed_cancer_prevalence", 0.3, "dimensionless", method="measured_in_vivo",
        organism="human", population="breast cancer, another place", source="Zhang2017", locator="abstract",
        status="opened", distribution="logitnormal",
    )  # fmt: skip
    numbers = bench_numbers(own=[measured])
    assert of_this(numbers, "undiagnosed_cancer_prevalence", "dimensionless", "glioblastoma") < 0.001
    with pytest.raises(EvidenceError, match="prevalence"):
        of_this(numbers, "undiagnosed_cancer_prevalence", "dimensionless", "sarcoma")


def test_an_own_row_goes_first() -> None:
    mine = Value(
        "mine", "tumour_doubling_time", 77.0, "day", "assumed_range", low=40.0, high=150.0, distribution="lognormal",
        organism="human", population="glioblastoma",
    )  # fmt: skip
    assert cancer_at_diagnosis(bench_numbers(own=[mine]), "glioblastoma").doubling_time == 77.0


def test_a_draw_moves_the_numbers_and_the_centre_does_not() -> None:
    numbers = bench_numbers(draws=3)
    centre, drawn = (cancer_at_diagnosis(given, "colorectal cancer") for given in (numbers, numbers.drawn(1)))
    assert centre == cancer_at_diagnosis(bench_numbers(), "colorectal cancer")
    assert drawn.stages[0].diameter != centre.stages[0].diameter


def test_an_unknown_cancer_is_told_with_the_nearest() -> None:
    with pytest.raises(InputError, match="colorectal cancer"):
        cancer_at_diagnosis(bench_numbers(), "colorectal tumour")


def test_diameters_follow_the_log_normal_cut_at_its_limits() -> None:
    cancer = CancerAtDiagnosis("c", (Stage("", 1.0, 20.0, 0.8),), 10.0, 60.0, 100.0, 0.5, 0.01, 5.0)
    chance = (np.arange(20_000) + 0.5) / 20_000
    _, diameter = cancer.tumours(chance, chance)
    low, high = np.log([10.0 / 20.0, 60.0 / 20.0]) / 0.8
    expected = 20.0 * np.exp(0.8 * truncnorm.ppf(chance, low, high))
    np.testing.assert_allclose(diameter, expected, rtol=1e-9)
    assert diameter.min() >= 10.0 and diameter.max() <= 60.0


def test_stages_come_in_their_shares_and_a_cancer_without_spread_has_one_diameter(cancer: CancerAtDiagnosis) -> None:
    chance = (np.arange(1000) + 0.5) / 1000
    index, _ = cancer.tumours(chance, chance[::-1])
    assert np.bincount(index).tolist() == [250, 750]
    stiff = replace(cancer, stages=(Stage("", 1.0, 20.0, 0.0),), doubling_spread=0.0)
    assert stiff.tumours(chance, chance)[1] == pytest.approx(np.full(1000, 20.0))
    assert set(stiff.doubling_times(chance)) == {100.0}


@pytest.mark.parametrize("change", [{"least": 0.0}, {"most": 1.0}, {"stages": ()}, {"doubling_time": -1.0}])
def test_impossible_cancers_are_refused(cancer: CancerAtDiagnosis, change: dict[str, object]) -> None:
    with pytest.raises(InputError):
        replace(cancer, **change)
