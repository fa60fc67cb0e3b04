"""Non-compartmental analysis of one concentration curve after one dose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exocosm.engines.contract import Array
from exocosm.errors import InputError
from exocosm.trajectory.metrics import terminal_rate


@dataclass(frozen=True)
class NonCompartmental:
    """The numbers of a non-compartmental analysis, in the units of the curve, of hours and of the dose.

    auc_last, auc_infinite: concentration x h; aumc_infinite: concentration x h2; mean_residence_time, half_life,
    time_of_maximum, infusion: h; clearance: dose / (concentration x h); steady_state_volume: dose / concentration;
    extrapolated_fraction: the share of auc_infinite that lies after the last time; terminal_points: how many points
    the terminal slope rests on (0: none was found, and all that needs it is NaN).
    """

    auc_last: float
    auc_infinite: float
    aumc_infinite: float
    mean_residence_time: float
    clearance: float
    steady_state_volume: float
    half_life: float
    maximum: float
    time_of_maximum: float
    extrapolated_fraction: float
    terminal_points: int


def noncompartmental(
    times: Sequence[float] | Array, concentration: Sequence[float] | Array, dose: float, *, infusion: float = 0.0
) -> NonCompartmental:
    """Non-compartmental numbers of a curve that starts at the dose (time 0 is the first of `times`).

    Equation: AUC and AUMC by linear trapezoids while the curve rises and logarithmic ones while it falls; beyond the
    last point C / lambda_z and C t / lambda_z + C / lambda_z2; CL = dose / AUC; MRT = AUMC / AUC - infusion / 2;
    Vss = CL MRT.  hours, any concentration, any dose.
    Valid for: one intravenous dose, linear kinetics, elimination from the sampled place.
    """
    t, c = np.asarray(times, float), np.asarray(concentration, float)
    if t.ndim != 1 or t.shape != c.shape or len(t) < 2:
        raise InputError(
            f"times {t.shape} and concentration {c.shape} must be two equally long rows of two or more numbers"
        )
    if not (np.diff(t) > 0).all():
        raise InputError("times must increase")
    nan = float("nan")
    if np.isnan(c).any():
        return NonCompartmental(nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, 0)
    t = t - t[0]
    auc_last, aumc_last = _areas(t, c)
    rate, points = terminal_rate(t, c)
    last_time, last_value = float(t[-1]), float(c[-1])
    tail = last_value / rate
    auc = auc_last + tail
    aumc = aumc_last + last_value * last_time / rate + last_value / rate**2
    residence = aumc / auc - infusion / 2 if auc else nan
    clearance = dose / auc if auc else nan
    return NonCompartmental(
        auc_last=auc_last,
        auc_infinite=auc,
        aumc_infinite=aumc,
        mean_residence_time=residence,
        clearance=clearance,
        steady_state_volume=clearance * residence,
        half_life=float(np.log(2.0)) / rate,
        maximum=float(c.max()),
        time_of_maximum=float(t[int(np.argmax(c))]),
        extrapolated_fraction=tail / auc if auc else nan,
        terminal_points=points,
    )


def _areas(t: Array, c: Array) -> tuple[float, float]:
    """(AUC, AUMC) by the linear-up logarithmic-down rule, exact for a single exponential."""
    auc = aumc = 0.0
    for t1, t2, c1, c2 in zip(t[:-1], t[1:], c[:-1], c[1:], strict=True):
        step = float(t2 - t1)
        if c2 < c1 and c2 > 0:
            rate = float(np.log(c1 / c2)) / step
            # a curve that falls by less than about 1e-7 leaves only rounding noise in (c1 - c2) / rate**2
            if rate * step > 1e-7:
                auc += (c1 - c2) / rate
                aumc += (t1 * c1 - t2 * c2) / rate + (c1 - c2) / rate**2
                continue
        auc += 0.5 * (c1 + c2) * step
        aumc += 0.5 * (t1 * c1 + t2 * c2) * step
    return float(auc), float(aumc)
