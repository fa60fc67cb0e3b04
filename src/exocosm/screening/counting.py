"""Counting molecules and vesicles: how many a tumour has in the blood, how many reach the tube, what errors imitate.

Exact for a tumour of given size (Avanzini and others 2020, worked out there for mutant DNA): what is shed one by one
and removed at random is Poisson distributed; what is shed in bursts is wider, by its Fano factor (variance over mean).
All functions take numbers or arrays.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exocosm.errors import InputError

Array = NDArray[np.float64]

LARGEST_TAIL = 1e-10  # chance beyond which no count of errors is followed
PG_PER_NG = 1e3


def shedding_rate(
    death: ArrayLike, per_death: ArrayLike, birth: ArrayLike = 0.0, per_birth: ArrayLike = 0.0, steady: ArrayLike = 0.0
) -> Array:
    """Molecules shed per cell and time: per_death * death + per_birth * birth + steady."""
    return np.asarray(_array(per_death) * _array(death) + _array(per_birth) * _array(birth) + _array(steady))


def mean_in_blood(
    cells: ArrayLike, shed_per_cell: ArrayLike, growth_rate: ArrayLike, elimination_rate: ArrayLike
) -> Array:
    """Mean number in the whole blood at a tumour's size: C = M lambda / (r + eps).

    The rates in one unit (1/day).  Growth counts because what is in the blood was shed by the smaller tumour of before.
    """
    return np.asarray(_array(cells) * _array(shed_per_cell) / (_array(growth_rate) + _array(elimination_rate)))


def sampled_share(tube: ArrayLike, blood: ArrayLike, efficiency: ArrayLike = 1.0) -> Array:
    """Share of what circulates that is counted: volume of the tube over that of the blood, times what is read of it.

    Poisson counts thinned by a share stay Poisson, with the mean times the share.
    """
    return np.asarray(_array(tube) / _array(blood) * _array(efficiency))


def genomes_per_ml(dna: ArrayLike, genome_mass: ArrayLike) -> Array:
    """Diploid genomes per mL from ng/mL of DNA and pg per diploid genome; every position is there twice as often."""
    return np.asarray(_array(dna) * PG_PER_NG / _array(genome_mass))


def fano_of_bursts(mean_burst: ArrayLike) -> Array:
    """Variance over mean of a count that is made in bursts and removed one by one: 1 + b.

    mean_burst: mean size b of a burst, its sizes geometric (0, 1, 2 ...); one by one: 0, with a Fano factor of 1.
    """
    return np.asarray(1.0 + _array(mean_burst))


def chance_at_least(n: ArrayLike, expected: ArrayLike, fano: ArrayLike = 1.0) -> Array:
    """Probability of counting n or more where so many are expected: Poisson, or negative binomial for a fano above 1.

    Negative binomial with mean m and variance m fano, as bursts make it, or people who differ by a gamma distribution.
    """
    from scipy.stats import nbinom, poisson

    wide = _array(fano)
    if np.any(~(wide >= 1.0)):
        raise InputError("a Fano factor of counts is 1 (Poisson) or more")
    mean, least = np.broadcast_arrays(_array(expected), _array(n) - 1.0)
    some = np.maximum(wide, 1.0 + 1e-9)
    bursts = nbinom.sf(least, np.maximum(mean, np.finfo(float).tiny) / (some - 1.0), 1.0 / some)
    return np.asarray(np.where(wide > 1.0 + 1e-9, bursts, poisson.sf(least, mean)))[()]


def chance_of(n: ArrayLike, molecules: ArrayLike, error_rate: ArrayLike) -> Array:
    """Probability that errors alone make n or more of these molecules look like the tumour's (a p-value): binomial."""
    from scipy.stats import binom

    return np.asarray(binom.sf(_array(n) - 1.0, _array(molecules), _array(error_rate)))[()]


def smallest_count(molecules: ArrayLike, error_rate: ArrayLike, false_positive_rate: ArrayLike) -> Array:
    """Fewest molecules that errors alone make with at most this probability, never fewer than one."""
    from scipy.stats import binom

    rate = _array(false_positive_rate)
    if np.any(~((rate > 0.0) & (rate < 1.0))):
        raise InputError("a false-positive rate lies between 0 and 1")
    found = binom.isf(rate, _array(molecules), _array(error_rate)) + 1.0  # P(N > isf) <= rate, so N >= isf + 1
    return np.asarray(np.maximum(found, 1.0))[()]


def panel_threshold(
    false_positive_rate: float, positions: int, molecules: ArrayLike, error_rate: float
) -> tuple[float, float]:
    """Largest p-value of one position that may count as a find, and the false-positive rate that it then has.

    A panel of `positions` is positive if the p-value of any position (`chance_of`) is at most the threshold.  In a
    person with g molecules the fewest that reach it are n(g), and the panel is positive by error with probability
    1 - (1 - P(n(g) or more))^positions; the rate is the mean over people.  molecules: of people who stand for all,
    equally likely (quantiles of their distribution).  Raises InputError if no threshold keeps the rate.
    """
    from scipy.stats import binom

    people = np.atleast_1d(_array(molecules))
    if not 0.0 < false_positive_rate < 1.0 or positions < 1:
        raise InputError("a panel has one position or more and a false-positive rate between 0 and 1")
    most = int(binom.isf(LARGEST_TAIL, people.max(), error_rate)) + 2
    counts = np.arange(1, most + 1)[:, np.newaxis]
    chance = binom.sf(counts - 1, people, error_rate)  # (counts, people), smaller for higher counts
    with np.errstate(divide="ignore"):  # a count that is certain
        positive = -np.expm1(positions * np.log1p(-chance))
    added = positive - np.vstack([positive[1:], np.zeros(people.size)])  # what a person adds as one count fewer will do
    order = np.argsort(chance, axis=None, kind="stable")
    reached, rate = chance.ravel()[order], np.cumsum(added.ravel()[order]) / people.size
    whole = np.append(np.diff(reached) > 0.0, True)  # people with equal p-values pass a threshold together
    within = np.flatnonzero(whole & (rate <= false_positive_rate))
    if within.size == 0:
        raise InputError("no threshold keeps this false-positive rate; follow rarer counts or ask for a higher rate")
    return float(reached[within[-1]]), float(rate[within[-1]])


def _array(number: ArrayLike) -> Array:
    return np.asarray(number, dtype=float)
