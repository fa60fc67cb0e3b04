"""What a growing tumour has shed into blood, beside what healthy cells shed, for each size class of vesicles.

For every class  dq/dt = influx of healthy cells + share * release * N(t) - clearance * q,  q(0) at the healthy steady
state; concentration q / volume.  With one class this is the model of Hori and Gambhir 2011 for a shed protein.

Times and rates are in any one unit of time (hours inside exocosm), amounts in any unit (vesicles, molecules, units).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exocosm.errors import InputError
from exocosm.screening.tumour import BirthDeath, Exponential, Growth

Array = NDArray[np.float64]

PANELS, NODES = 12, 16  # of the quadrature: twelve panels, each half as long as the one before it in time
REACH = 40.0  # how many times the memory of the blood is looked back: exp(-40) is nothing
DOUBLINGS, HALVINGS = 64, 70  # of the bracket in which the time of a threshold is sought
LATEST = 1e7  # in units of time: no tumour is followed longer


@dataclass(frozen=True, eq=False)
class Classes:
    """Size classes of what is shed, on the last axis; people, if any, before it.

    release: amount per cell and time.  share: of it that enters the blood.  clearance: 1/time.  healthy_influx: amount
    per time.  volume: in which it is dissolved (people,) or one number.  A plain number is one class.
    """

    release: ArrayLike
    share: ArrayLike
    clearance: ArrayLike
    healthy_influx: ArrayLike
    volume: ArrayLike

    def __post_init__(self) -> None:
        for name in ("release", "share", "clearance", "healthy_influx"):
            given = np.atleast_1d(np.asarray(getattr(self, name), dtype=float))
            if np.any(~(given >= 0.0)) or (name == "clearance" and np.any(given == 0.0)):
                raise InputError(f"{name.replace('_', ' ')} of what a tumour sheds is a number above zero")
            object.__setattr__(self, name, given)
        if np.any(np.asarray(self.share) > 1.0):
            raise InputError("the share of what is shed that enters the blood is at most 1")
        volume = np.asarray(self.volume, dtype=float)
        if np.any(~(volume > 0.0)):
            raise InputError("the volume of blood plasma is above zero")
        object.__setattr__(self, "volume", volume[..., np.newaxis])

    def without_healthy(self) -> Classes:
        """The same classes where only the tumour sheds, as for a molecule that healthy cells do not make."""
        shed = np.zeros_like(np.asarray(self.healthy_influx))
        return replace(self, healthy_influx=shed, volume=np.asarray(self.volume)[..., 0])


def healthy(classes: Classes) -> Array:
    """Concentration without a tumour: influx / (clearance * volume).  Shape: (..., classes)."""
    return np.asarray(_array(classes.healthy_influx) / (_array(classes.clearance) * _array(classes.volume)))


def shed(classes: Classes, growth: Growth, time: ArrayLike) -> Array:
    """Concentration of what the tumour has shed by a time.

    Exponential growth N0 e^(g t): share release N0 / (clearance + g) (e^(g t) - e^(-clearance t)) / volume.  Other laws
    by quadrature of share release N(t - u) e^(-clearance u), to 1e-9.  Shapes: time (people,) -> (people, classes).
    """
    when = _array(time)[..., np.newaxis]
    entering = _array(classes.share) * _array(classes.release) / _array(classes.volume)
    if isinstance(growth, Exponential | BirthDeath):
        first = growth.first_cells if isinstance(growth, BirthDeath) else np.ones(())
        rate = _on_last_axis(growth.rate)
        both = _array(classes.clearance) + rate
        grown = np.expm1(rate * when) - np.expm1(-_array(classes.clearance) * when)  # no digits lost early on
        return np.asarray(entering * _on_last_axis(first) / both * grown)
    return np.asarray(entering * _remembered(growth, _array(time), _array(classes.clearance)))


def content(classes: Classes, growth: Growth, time: ArrayLike) -> Array:
    """Concentration at a time, of healthy cells and tumour.  Shapes: time (people,) -> (people, classes)."""
    return healthy(classes) + shed(classes, growth, time)


def total(classes: Classes, growth: Growth, time: ArrayLike) -> Array:
    """Concentration at a time, all classes together.  Shapes: time (people,) -> (people,)."""
    return np.asarray(content(classes, growth, time).sum(axis=-1))


def quasi_steady(classes: Classes, cells: ArrayLike, growth_rate: ArrayLike) -> Array:
    """Concentration shed by a tumour of so many cells: N share release / ((clearance + growth rate) volume).

    growth_rate: (dN/dt)/N there.  Exact for exponential growth once clearance * age is large.  Where growth slows
    (Gompertz) it is too high, by about -(d rate/dt) / (clearance + rate)^2 of itself, at most slowing / (4 clearance).
    Shapes: (people,) -> (people, classes).
    """
    both = _array(classes.clearance) + _array(growth_rate)[..., np.newaxis]
    entering = _array(classes.share) * _array(classes.release) / _array(classes.volume)
    return np.asarray(_array(cells)[..., np.newaxis] * entering / both)


def time_to_reach(classes: Classes, growth: Growth, threshold: ArrayLike) -> Array:
    """First time at which all classes together reach a concentration; 0 if healthy people have it, infinite if never.

    Shapes: threshold (people,) or one number -> (people,), to a relative 1e-14.
    """
    asked = _array(threshold)
    start = total(classes, growth, 0.0)
    shape = np.broadcast_shapes(asked.shape, start.shape, total(classes, growth, np.ones(asked.shape)).shape)
    low, high = np.zeros(shape), np.ones(shape)
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(DOUBLINGS):
            short = (total(classes, growth, high) < asked) & (high < LATEST)
            if not short.any():
                break
            low, high = np.where(short, high, low), np.where(short, np.minimum(2.0 * high, LATEST), high)
        reached = total(classes, growth, high) >= asked
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            above = total(classes, growth, middle) >= asked
            low, high = np.where(above, low, middle), np.where(above, middle, high)
    found = np.where(reached, high, np.inf)
    return np.asarray(np.where(start >= asked, 0.0, found))[()]


def _remembered(growth: Growth, time: Array, clearance: Array) -> Array:
    """The integral of N(t - u) e^(-clearance u) over u from 0 to t.  Shape: (people, classes)."""
    when = time[..., np.newaxis]
    now = _on_last_axis(growth.rate_at(growth.cells(time)))  # growth was never slower, so N(t - u) <= N(t) e^(-now u)
    span = np.minimum(when, REACH / (clearance + np.maximum(now, 0.0)))
    points, weights = np.polynomial.legendre.leggauss(NODES)
    edges = np.concatenate([[0.0], 2.0 ** -np.arange(PANELS - 1.0, -1.0, -1.0)])
    integral = np.zeros(np.broadcast_shapes(span.shape, clearance.shape))
    for lower, upper in pairwise(edges):
        for point, weight in zip(points, weights, strict=True):
            back = span * (lower + (upper - lower) * 0.5 * (point + 1.0))
            cells = _grown(growth, when - back)
            integral = integral + weight * 0.5 * (upper - lower) * span * cells * np.exp(-clearance * back)
    return np.asarray(integral)


def _grown(growth: Growth, time: Array) -> Array:
    """Cells at times of shape (people, classes), where the law's own parameters are of shape (people,)."""
    return np.asarray(np.stack([growth.cells(time[..., one]) for one in range(time.shape[-1])], axis=-1))


def _on_last_axis(number: Any) -> Array:
    return np.asarray(number, dtype=float)[..., np.newaxis]


def _array(number: Any) -> Array:
    return np.asarray(number, dtype=float)
