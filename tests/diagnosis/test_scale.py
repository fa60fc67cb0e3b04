"""Samples on one scale by themselves: nothing of one sample reaches another."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from exocosm.diagnosis.scale import ALLOWED, apply_scale, comparable, fit_scale
from exocosm.errors import InputError


def table(values: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(np.asarray(values, float), columns=[f"f{i}" for i in range(np.shape(values)[1])])


@pytest.mark.parametrize("kind", list(ALLOWED))
def test_a_sample_gets_the_same_values_whatever_stands_beside_it(kind):
    random = np.random.default_rng(1)
    counts = random.poisson(np.exp(random.normal(4, 1, (30, 40)))) + 1
    given = table(np.log2(counts) if kind in ("log_expression", "ct") else counts)
    for method in ALLOWED[kind]:
        scale = fit_scale(given.iloc[:20], kind, method=method)
        together = apply_scale(scale, given.iloc[20:])
        alone = apply_scale(scale, given.iloc[[25]])
        pd.testing.assert_frame_equal(together.loc[[25]], alone)


def test_counts_at_other_depths_come_to_the_same_numbers():
    counts = np.random.default_rng(2).integers(500, 5000, (1, 50))
    scaled = comparable(table(np.vstack([counts, counts * 40])), "counts")
    assert np.abs(scaled.iloc[0] - scaled.iloc[1]).max() < 0.002
    rpm = comparable(table(np.vstack([counts, counts * 113.0])), "expression")
    assert np.abs(rpm.iloc[0] - rpm.iloc[1]).max() < 1e-9


def test_fewer_cycles_are_more_and_the_amount_of_sample_drops_out():
    random = np.random.default_rng(3)
    cycles = random.normal(28, 2, (1, 30))
    scaled = comparable(table(np.vstack([cycles, cycles + 3])), "ct")
    assert np.allclose(scaled.iloc[0], scaled.iloc[1])
    assert scaled.iloc[0].idxmax() == f"f{cycles[0].argmin()}"


def test_weak_features_found_in_some_samples_do_not_shift_the_reference():
    cycles = np.tile(np.linspace(22, 30, 20), (10, 1))
    weak = np.full((10, 10), 40.0)
    weak[:5] = 36.0  # found in half of the samples
    given = table(np.hstack([cycles, weak]))
    hidden = given >= 40
    scaled = comparable(given, "ct", hidden)
    assert np.allclose(scaled.iloc[0, :20], scaled.iloc[9, :20])


def test_an_intensity_of_zero_is_not_a_number():
    values = np.full((4, 30), 2.0**20)
    values[0, 0] = 0.0
    assert np.isnan(comparable(table(values), "protein_intensities").iloc[0, 0])


def test_a_method_that_does_not_fit_the_kind_is_refused():
    with pytest.raises(InputError, match="cannot be done with ct"):
        fit_scale(table(np.ones((3, 3))), "ct", method="per_million")
