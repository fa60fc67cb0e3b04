"""Two-level spread: how uncertain a value is, and how much subjects differ, as draws from standard normal scores.

What a printed spread means here:

| spread_kind | uncertainty of the value | variability between subjects |
|---|---|---|
| `none` | none stated | none stated |
| `between_subject_sd` | sd / sqrt(n); n unknown: sd / sqrt(3), three being the usual smallest group | the sd |
| `standard_error` | the standard error | none stated (it is not multiplied back with sqrt(n)) |
| `between_study_range` | low..high is the central 90 % (the extremes of a handful of studies) | none stated |
| `assumed_range` | low..high is the central 95 % | none stated |
| `unstated_sd` | the whole sd, since nobody says what it is | none stated |

`between_subject_cv` adds variability to any of them.  Under the distributions `uniform` and `loguniform` low..high are
the outermost limits, of whatever kind the range is.

The central value is the median: scores of zero give it exactly.  A range that lies unevenly around it is met exactly by
a spread that differs above and below; half the probability stays on either side.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exocosm.errors import EvidenceError
from exocosm.evidence.rules import NEEDS_RANGE, NEEDS_SD, row_faults, whole
from exocosm.evidence.value import Value

NORMAL_95 = 1.959963984540054  # standard normal score of probability 0.975
NORMAL_90 = 1.6448536269514722  # of probability 0.95
UNKNOWN_GROUP = 3  # subjects assumed behind a standard deviation whose n is not stated

_TRANSFORM = {"lognormal": "log", "loguniform": "log", "logitnormal": "logit"}


@dataclass(frozen=True)
class Spread:
    """A value with its two spreads, in the row's unit; see the module for what they mean.

    `transform`: the space (log, logit, identity) where the spreads are standard deviations of normal scores.
    `center`: the central value there.  `uncertainty_below` and `uncertainty_above`: standard deviation for negative and
    positive scores.  `variability`: standard deviation between subjects.  `low`, `high`: limits that a draw of the
    uncertainty cannot leave (None: none).  `flat`: `uniform` or `loguniform` where the uncertainty is flat between
    these (the standard deviations are then those of a normal score with the same 95 % limits, and only inform).
    `whole`: what a fraction of one is printed as (100 for percentages).
    """

    value: float
    unit: str
    transform: str
    center: float
    uncertainty_below: float
    uncertainty_above: float
    variability: float
    low: float | None = None
    high: float | None = None
    flat: str = ""
    whole: float = 1.0
    words: str = ""

    @property
    def uncertainty(self) -> float:
        """Mean of the standard deviations below and above, in transformed space."""
        return 0.5 * (self.uncertainty_below + self.uncertainty_above)


def spread_of(value: Value) -> Spread:
    """The two-level spread of a row, by the table of this module; raises EvidenceError if the row is not sound."""
    faults = row_faults(value)
    if faults:
        raise EvidenceError(f"row '{value.id}' has no usable spread: {'; '.join(faults)}")
    transform, top = _transform(value), whole(value.unit)
    flat = value.distribution if value.distribution in {"uniform", "loguniform"} else ""
    below = above = variability = 0.0
    words = ["no spread is stated"] if value.spread_kind == "none" else []
    if flat and value.low is not None and value.high is not None:
        center = _into(transform, value.value, top)
        shares = np.array([-0.95, 0.95])
        at_low, at_high = (
            _into(transform, float(x), top) for x in _flat(flat, value.value, value.low, value.high, shares)
        )
        below, above = (center - at_low) / NORMAL_95, (at_high - center) / NORMAL_95
        words.append(f"{value.spread_kind} taken as outermost limits, flat on either side of the central value")
    elif value.spread_kind in NEEDS_RANGE and value.low is not None and value.high is not None:
        score, share = (NORMAL_95, "95 %") if value.spread_kind == "assumed_range" else (NORMAL_90, "90 %")
        center = _into(transform, value.value, top)
        below = (center - _into(transform, value.low, top)) / score
        above = (_into(transform, value.high, top) - center) / score
        words.append(f"{value.spread_kind} taken as the central {share} of the uncertainty")
    elif value.spread_kind in NEEDS_SD and value.spread is not None:
        error = value.spread
        if value.spread_kind == "between_subject_sd":
            n = value.n if value.n is not None else UNKNOWN_GROUP
            error = value.spread / math.sqrt(n)
            variability = _sigma(transform, value.value, value.spread, top)
            known = f"n = {n}" if value.n is not None else f"n is not stated and taken as {n}"
            words.append(f"between-subject sd; uncertainty is sd / sqrt(n), {known}")
        else:
            words.append(f"{value.spread_kind} taken as uncertainty")
        below = above = _sigma(transform, value.value, error, top)
    if value.between_subject_cv is not None:
        variability = _sigma(transform, value.value, value.between_subject_cv * abs(value.value), top)
        words.append(f"subjects differ with a cv of {value.between_subject_cv:g}")
    low, high = (value.low, value.high) if flat else (0.0, top) if transform == "logit" else (None, None)
    return Spread(
        value=value.value,
        unit=value.unit,
        transform=transform,
        center=_into(transform, value.value, top),
        uncertainty_below=below,
        uncertainty_above=above,
        variability=variability,
        low=low,
        high=high,
        flat=flat,
        whole=top,
        words="; ".join(words),
    )


def _transform(value: Value) -> str:
    """The space of the spreads; where a flat range of positive numbers is drawn, subjects still differ by factors."""
    if value.distribution == "uniform" and value.low is not None and value.low >= 0 and value.value > 0:
        return "log"
    return _TRANSFORM.get(value.distribution, "identity")


def _into(transform: str, number: float, top: float) -> float:
    if transform == "log":
        return math.log(number)
    return math.log(number / (top - number)) if transform == "logit" else number


def _sigma(transform: str, value: float, sd: float, top: float) -> float:
    """Standard deviation in transformed space of a standard deviation `sd` around `value`.

    log: sqrt(log(1 + (sd/value)^2)), that of the lognormal with this coefficient of variation;
    logit: sd * d logit/d value, so valid for sd small against the distance to 0 and 1; identity: sd.
    """
    if transform == "log":
        return math.sqrt(math.log1p((sd / value) ** 2))
    return sd * top / (value * (top - value)) if transform == "logit" else sd


def draw(spread: Spread, z_uncertainty: ArrayLike, z_variability: ArrayLike = 0.0) -> NDArray[np.float64]:
    """Values for standard normal scores of the uncertainty and of the difference between subjects.

    log: value * exp(s_u z_u + s_v z_v);  logit: expit(logit(value) + s_u z_u + s_v z_v);  identity: value + ...
    A flat uncertainty maps z_u by its probability onto low..value..high before subjects differ.
    Shapes: those of the scores, broadcast.  In the unit of the row.  Scores of zero give the value exactly.
    """
    z_u, z_v = np.asarray(z_uncertainty, dtype=float), np.asarray(z_variability, dtype=float)
    base: Any = spread.value
    shift = spread.variability * z_v
    if spread.flat and spread.low is not None and spread.high is not None:
        from scipy.special import ndtr

        base = _flat(spread.flat, spread.value, spread.low, spread.high, 2.0 * ndtr(z_u) - 1.0)
    else:
        shift = shift + np.where(z_u < 0, spread.uncertainty_below, spread.uncertainty_above) * z_u
    if spread.transform == "log":
        return np.asarray(base * np.exp(shift))[()]
    if spread.transform == "logit":
        moved = spread.whole * _shifted_fraction(spread.value / spread.whole, shift)
        return np.where(shift == 0.0, spread.value, moved)[()]
    return np.asarray(base + shift)[()]


def central_95(spread: Spread) -> tuple[float, float]:
    """The ends of the central 95 % of a value's uncertainty, in the unit of the row."""
    low, high = draw(spread, [-NORMAL_95, NORMAL_95])
    return float(low), float(high)


def _flat(flat: str, value: float, low: float, high: float, side: NDArray[np.float64]) -> NDArray[np.float64]:
    """Flat on either side of the value, half the probability on each; `side`: -1 at low, 0 at the value, 1 at high."""
    if flat == "loguniform":
        return value * np.exp(np.where(side < 0, side * math.log(value / low), side * math.log(high / value)))
    return value + np.where(side < 0, side * (value - low), side * (high - value))


def _shifted_fraction(fraction: float, shift: NDArray[np.float64]) -> NDArray[np.float64]:
    """expit(logit(fraction) + shift), never quite 0 or 1."""
    factor = np.exp(-np.abs(shift))  # never overflows
    down = fraction * factor / (fraction * factor + (1.0 - fraction))
    up = 1.0 - (1.0 - fraction) * factor / ((1.0 - fraction) * factor + fraction)
    return np.clip(np.where(shift < 0, down, up), np.finfo(float).tiny, 1.0 - np.finfo(float).epsneg)


def summary(spread: Spread) -> str:
    """The 95 % limits of each level in words, with what was taken for what."""
    limits = np.array([-NORMAL_95, NORMAL_95])
    parts = [f"{spread.value:.4g} {spread.unit}"]
    if spread.uncertainty > 0:
        low, high = draw(spread, limits, 0.0)
        parts.append(f"uncertainty of the value: 95 % between {low:.4g} and {high:.4g}")
    if spread.variability > 0:
        low, high = draw(spread, 0.0, limits)
        parts.append(f"between subjects: 95 % between {low:.4g} and {high:.4g}")
    return "; ".join([*parts, spread.words] if spread.words else parts)
