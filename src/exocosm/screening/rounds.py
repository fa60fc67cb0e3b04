"""Screening rounds: how long before the diagnosis a test finds a tumour, what it misses, whom it troubles for nothing.

Time runs backwards from the day on which the tumour would be diagnosed without a test.  Rounds lie at phase + j times
the interval before that day, the phase of each person anywhere within an interval.  A positive test counts from the day
on which the examination after it can find the tumour.  A person's own background stays the same from round to round;
sampling and assay are new each time (`People.at_visit`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exocosm.accuracy.estimate import LEVEL, Estimate
from exocosm.accuracy.shares import proportion
from exocosm.errors import InputError
from exocosm.randomness import uniforms
from exocosm.screening.cohort import CASES, CHUNK, CONTROLS, Chain, Cohort, Members, members_of, read
from exocosm.screening.score import Panel

Array = NDArray[np.float64]
Claims = NDArray[np.bool_]

# (days before diagnosis, diameter at diagnosis in mm, doubling time of the volume in days) -> diameter in mm.
# Shapes: (people,).  It must not rise with the days.
Growth = Callable[[Array, Array, Array], Array]

MAXIMUM_ROUNDS = 2000
DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, eq=False)
class Rounds:
    """What screening at an interval finds in people who have or will have the cancer.

    interval: day.  is_found: by a test, before the diagnosis.  lead: day, zero if not found.  diameter_found,
    diameter_at_diagnosis: mm, the former NaN if not found.  All (people,).
    """

    interval: float
    is_found: Claims
    lead: Array
    diameter_found: Array
    diameter_at_diagnosis: Array
    level: float = LEVEL

    @property
    def share_found(self) -> Estimate:
        """Share of the cancers that a test finds before the diagnosis."""
        return proportion(int(self.is_found.sum()), self.is_found.size, self.level)

    @property
    def interval_cancers(self) -> Estimate:
        """Share of the cancers that are diagnosed between rounds, with no test having found them."""
        return proportion(int((~self.is_found).sum()), self.is_found.size, self.level)

    def lead_quantiles(self, chances: Sequence[float] = (0.25, 0.5, 0.75)) -> tuple[float, ...] | None:
        """Quantiles of the lead time (day) of those found; None if nobody is."""
        if not self.is_found.any():
            return None
        return tuple(float(x) for x in np.quantile(self.lead[self.is_found], chances))

    def share_found_before(self, diameter: float) -> Estimate:
        """Share of the cancers that a test finds at this diameter (mm) or less."""
        hits = self.is_found & (np.nan_to_num(self.diameter_found, nan=np.inf) <= diameter)
        return proportion(int(hits.sum()), hits.size, self.level)


@dataclass(frozen=True)
class FalsePositives:
    """Positive tests of people without a tumour.

    per_thousand_years: per 1000 person-years of screening.  ever: share of the people with at least one in `rounds`
    rounds.  It is less than independent tests would give, because who is positive once is likely to be so again.
    """

    interval: float
    rounds: int
    per_round: Estimate
    per_thousand_years: Estimate
    ever: Estimate


@dataclass(frozen=True)
class LongestInterval:
    """interval: day, None if no interval asked for finds so many.  tried: intervals with the share that they find."""

    share: float
    before_diameter: float
    interval: float | None
    tried: tuple[tuple[float, Estimate], ...]
    words: str


def exponential_growth(days: Array, diameter: Array, doubling_time: Array) -> Array:
    """Diameter some days before: d 2^(-days / (3 T)), T the doubling time of the volume."""
    return np.asarray(diameter * np.exp2(-days / (3.0 * doubling_time)))


def sojourn_times(members: Members, smallest: float) -> Array:
    """Days in which each tumour could be found before its diagnosis: 3 T log2(d / smallest), zero if never.

    smallest: mm, what is seen without fail.  For exponential growth.  Shape: (people,); NaN without a tumour.
    """
    with np.errstate(divide="ignore"):
        return np.asarray(np.maximum(3.0 * members.doubling_time * np.log2(members.diameter / smallest), 0.0))


def screening_rounds(
    cohort: Cohort,
    chain: Chain,
    panel: Panel,
    markers: tuple[str, ...],
    interval: float,
    *,
    people: int,
    growth: Growth = exponential_growth,
    longest: float | None = None,
    level: float = LEVEL,
    chunk: int = CHUNK,
) -> Rounds:
    """Lead time of people of a cohort, on whom nothing was trained, screened at an interval (day).

    longest: day; rounds begin no earlier before the diagnosis (None: as early as an examination can find the tumour).
    Errors: InputError for an interval not above zero or so short that there are more than 2000 rounds.
    """
    _expect_interval(interval)
    fresh = cohort.fresh("rounds", cases=people)
    arm, confirmable, scoring = fresh.arm(CASES), cohort.cancer.confirmable, panel.scoring(markers)
    leads, founds, finals = [], [], []
    for first in range(0, people, chunk):
        number = min(chunk, people - first)
        some, members = fresh.people(arm, first, number), members_of(fresh, arm, first, number)
        phase = uniforms(some.seed, some.group, np.arange(first, first + number), ["cohort: phase of rounds"])[:, 0]
        lead, found = np.zeros(number), np.full(number, np.nan)
        has_tumour = np.full(number, True)
        visit = 0
        while True:
            days = (phase + visit) * interval
            size = growth(days, members.diameter, members.doubling_time)
            is_in_time = size >= confirmable
            if longest is not None:
                is_in_time &= days <= longest
            if not is_in_time.any():
                break
            if visit == MAXIMUM_ROUNDS:
                raise InputError(
                    f"rounds every {interval:g} days are more than {MAXIMUM_ROUNDS}; take a longer interval, or say "
                    "how long before diagnosis they begin"
                )
            positive = panel.is_positive(scoring(*read(chain, some.at_visit(visit), size, has_tumour, len(markers))))
            first_found = is_in_time & positive
            # later in this loop is earlier in life, so the last one stands
            lead, found = np.where(first_found, days, lead), np.where(first_found, size, found)
            visit += 1
        leads.append(lead)
        founds.append(found)
        finals.append(members.diameter)
    diameter = np.concatenate(founds)
    return Rounds(interval, np.isfinite(diameter), np.concatenate(leads), diameter, np.concatenate(finals), level)


def false_positives(
    cohort: Cohort,
    chain: Chain,
    panel: Panel,
    markers: tuple[str, ...],
    interval: float,
    *,
    people: int,
    rounds: int,
    level: float = LEVEL,
    chunk: int = CHUNK,
) -> FalsePositives:
    """Positive tests of healthy people screened at an interval (day) for some rounds.

    The interval of the rate is normal, from the differences between people, who are asked several times each.
    """
    _expect_interval(interval)
    if not 1 <= rounds <= MAXIMUM_ROUNDS or people < 2:
        raise InputError(f"1 to {MAXIMUM_ROUNDS} rounds of at least 2 people, not {rounds} of {people}")
    from scipy.stats import norm

    fresh = cohort.fresh("rounds", controls=people)
    arm, scoring, counts = fresh.arm(CONTROLS), panel.scoring(markers), []
    for first in range(0, people, chunk):
        some = fresh.people(arm, first, min(chunk, people - first))
        none = np.zeros(some.number)
        positive = np.zeros(some.number)
        for visit in range(rounds):
            positive += panel.is_positive(scoring(*read(chain, some.at_visit(visit), none, none > 0, len(markers))))
        counts.append(positive)
    share = np.concatenate(counts) / rounds
    value = float(share.mean())
    reach = float(norm.ppf(0.5 + level / 2.0) * share.std(ddof=1) / np.sqrt(people))
    # none seen, or one in every round: the exact limit for as many people, each asked once
    exact = proportion(round(value * people), people, level)
    per_round = Estimate(value, max(value - reach, 0.0), min(value + reach, 1.0), "normal", level) if reach else exact
    yearly = 1000.0 * DAYS_PER_YEAR / interval
    return FalsePositives(
        interval,
        rounds,
        per_round,
        Estimate(per_round.value * yearly, per_round.low * yearly, per_round.high * yearly, per_round.method, level),
        proportion(int((share > 0).sum()), people, level),
    )


def interval_for(
    share: float,
    before_diameter: float,
    intervals: Sequence[float],
    rounds: Callable[[float], Rounds],
) -> LongestInterval:
    """The longest of the intervals (day) at which a test finds this share of the cancers at this size (mm) or less.

    rounds: interval -> `screening_rounds` at it.  Halving: only as many intervals are asked as needed, which is right
    as long as a shorter interval does not find fewer.
    """
    if not 0.0 < share <= 1.0:
        raise InputError(f"a share lies between 0 and 1, not {share:g}")
    grid = sorted({float(interval) for interval in intervals})
    if not grid:
        raise InputError("give at least one interval in days")
    tried: dict[float, Estimate] = {}
    good, bad = -1, len(grid)
    while bad - good > 1:
        middle = (good + bad) // 2
        tried[grid[middle]] = rounds(grid[middle]).share_found_before(before_diameter)
        if tried[grid[middle]].value >= share:
            good = middle
        else:
            bad = middle
    found = grid[good] if good >= 0 else None
    if found is None:
        best = tried[grid[0]].value
        words = (
            f"no interval asked finds {share:g} at {before_diameter:g} mm or less; every {grid[0]:g} days, {best:.3g}"
        )
    else:
        words = f"every {found:g} days"
        words += ", the longest asked" if good == len(grid) - 1 else ""
    return LongestInterval(share, before_diameter, found, tuple(sorted(tried.items())), words)


def _expect_interval(interval: float) -> None:
    if not 0.0 < interval < np.inf:
        raise InputError(f"the interval between rounds is above zero days, not {interval:g}")
