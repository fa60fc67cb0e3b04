from __future__ import annotations

import math

import numpy as np
import pytest

from exocosm.errors import InputError
from exocosm.trajectory.noncompartmental import noncompartmental


def test_one_compartment_is_exact_however_sparse():
    dose, volume, rate = 120.0, 4.0, 0.3
    times = np.array([0, 0.5, 2, 5, 9, 15.0])
    found = noncompartmental(times, dose / volume * np.exp(-rate * times), dose)
    assert found.auc_infinite == pytest.approx(dose / (volume * rate), rel=1e-12)
    assert found.clearance == pytest.approx(volume * rate, rel=1e-12)
    assert found.mean_residence_time == pytest.approx(1 / rate, rel=1e-12)
    assert found.aumc_infinite == pytest.approx(dose / volume / rate**2, rel=1e-12)
    assert found.steady_state_volume == pytest.approx(volume, rel=1e-12)
    assert found.half_life == pytest.approx(math.log(2) / rate, rel=1e-12)
    assert found.maximum == dose / volume
    assert found.time_of_maximum == 0
    assert found.extrapolated_fraction == pytest.approx(math.exp(-rate * 15), rel=1e-12)


def test_two_compartments():
    # C = A exp(-a t) + B exp(-b t):  AUC = A/a + B/b,  AUMC = A/a^2 + B/b^2
    dose, first, alpha, second, beta = 50.0, 8.0, 1.5, 2.0, 0.12
    times = np.concatenate((np.linspace(0, 4, 161), np.linspace(4.25, 60, 224)))
    found = noncompartmental(times, first * np.exp(-alpha * times) + second * np.exp(-beta * times), dose)
    area, moment = first / alpha + second / beta, first / alpha**2 + second / beta**2
    assert found.auc_infinite == pytest.approx(area, rel=1e-4)
    assert found.aumc_infinite == pytest.approx(moment, rel=1e-3)
    assert found.clearance == pytest.approx(dose / area, rel=1e-4)
    assert found.mean_residence_time == pytest.approx(moment / area, rel=1e-3)
    assert found.steady_state_volume == pytest.approx(dose * moment / area**2, rel=1e-3)
    # the rule takes as many points as fit a line nearly as well, so a little of the first phase leans on the slope
    assert found.half_life == pytest.approx(math.log(2) / beta, rel=0.01)


def test_infusion_time_is_not_residence_time():
    dose, volume, rate, length = 100.0, 5.0, 0.4, 2.0
    during = np.linspace(0, length, 401)
    after = np.linspace(length, 40, 400)[1:]
    rise = dose / length / (volume * rate) * (1 - np.exp(-rate * during))
    fall = rise[-1] * np.exp(-rate * (after - length))
    found = noncompartmental(np.concatenate((during, after)), np.concatenate((rise, fall)), dose, infusion=length)
    assert found.mean_residence_time == pytest.approx(1 / rate, rel=1e-4)
    assert found.steady_state_volume == pytest.approx(volume, rel=1e-4)


def test_no_terminal_phase_and_missing_values():
    rising = noncompartmental([0, 1, 2, 3], [1, 2, 3, 4], 1.0)
    assert rising.auc_last == pytest.approx(7.5)
    assert math.isnan(rising.auc_infinite)
    assert math.isnan(rising.half_life)
    assert rising.terminal_points == 0
    assert math.isnan(noncompartmental([0, 1, 2], [1, math.nan, 1], 1.0).auc_last)
    empty = noncompartmental([0, 1, 2], [0, 0, 0], 1.0)
    assert empty.auc_last == 0
    assert math.isnan(empty.clearance)


def test_rows_must_fit():
    with pytest.raises(InputError, match="equally long"):
        noncompartmental([0, 1], [1], 1.0)
    with pytest.raises(InputError, match="increase"):
        noncompartmental([0, 1, 1], [1, 1, 1], 1.0)
