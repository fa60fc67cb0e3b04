"""Patients needed for a validation study: exact binomial numbers, the recruits behind them, money and time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exocosm.accuracy.shares import exact_limits
from exocosm.bench.numbers import Numbers
from exocosm.errors import InputError

Array = NDArray[np.float64]
Wholes = NDArray[np.int64]

MOST_PEOPLE = 2_000_000  # of one kind that a study is planned with
MOST_RECRUITS = 2_000_000_000
ASSURANCE = 0.8  # chance that the study keeps what it promises, where nobody asks for another
LEVEL = 0.95
HALVINGS = 40  # more than log2 of the most people


@dataclass(frozen=True)
class PatientsNeeded:
    """How many people a validation study needs.

    cases, controls: with a result that can be judged.  recruited_cases, recruited_controls: to be asked if cases and
    controls are recruited apart.  consecutive: to be asked if whoever comes is taken and the cancer shows later, at
    `prevalence`; None without one.
    """

    cases: int
    controls: int
    recruited_cases: int
    recruited_controls: int
    consecutive: int | None
    words: str

    @property
    def recruited(self) -> int:
        """All who are recruited, cases and controls apart."""
        return self.recruited_cases + self.recruited_controls


@dataclass(frozen=True)
class StudyEffort:
    """price: euro.  days: working days of one centre.  years: of these, at its working days per year."""

    price: float
    days: float
    years: float


def patients_needed(
    sensitivity: float,
    specificity: float,
    *,
    half_width: float | None = None,
    null_sensitivity: float | None = None,
    null_specificity: float | None = None,
    assurance: float = ASSURANCE,
    level: float = LEVEL,
    prevalence: float | None = None,
    lost: float = 0.0,
    design_effect: float = 1.0,
) -> PatientsNeeded:
    """Cases for a sensitivity and controls for a specificity, by one of two aims.

    half_width: the exact interval of each share is at most twice this long, with chance `assurance`.
    null_sensitivity, null_specificity: an exact one-sided test at (1 - level)/2 refuses them with power `assurance`.
    lost: share who drop out or whose test says nothing.  design_effect: variance over that of independent people
    (centres, families).  Recruits: needed x design effect / (1 - lost).  Errors: InputError.
    """
    if (half_width is None) == (null_sensitivity is None and null_specificity is None):
        raise InputError("say either half_width, or null_sensitivity and null_specificity")
    _expect_shares(assurance=assurance, level=level)
    if not 0.0 <= lost < 1.0 or design_effect < 1.0:
        raise InputError("the share lost is 0 to below 1, and the design effect is 1 or more")
    if half_width is not None:
        cases = people_for_width(sensitivity, half_width, assurance, level)
        controls = people_for_width(specificity, half_width, assurance, level)
        aim = f"intervals at most {2.0 * half_width:g} long, with chance {assurance:g}"
    else:
        if null_sensitivity is None or null_specificity is None:
            raise InputError("a test needs both null_sensitivity and null_specificity")
        tail = (1.0 - level) / 2.0
        cases = people_for_power(sensitivity, null_sensitivity, assurance, tail)
        controls = people_for_power(specificity, null_specificity, assurance, tail)
        aim = f"power {assurance:g} against a sensitivity of {null_sensitivity:g} and a specificity of "
        aim += f"{null_specificity:g}, one-sided at {tail:g}"
    recruits = [math.ceil(number * design_effect / (1.0 - lost) - 1e-9) for number in (cases, controls)]
    consecutive = None
    words = f"{cases} cases and {controls} controls: {aim}"
    if prevalence is not None:
        _expect_shares(prevalence=prevalence)
        kept = 1.0 - lost
        consecutive = max(
            people_to_hold(math.ceil(cases * design_effect), prevalence * kept, assurance),
            people_to_hold(math.ceil(controls * design_effect), (1.0 - prevalence) * kept, assurance),
        )
        words += f"; {consecutive} people who come one after another, {prevalence:g} of them with the cancer"
    return PatientsNeeded(cases, controls, recruits[0], recruits[1], consecutive, words)


def people_for_width(share: float, half_width: float, assurance: float = ASSURANCE, level: float = LEVEL) -> int:
    """The number from which on the exact interval of a share is at most 2 half_width long, with chance `assurance`."""
    _expect_shares(share=share, half_width=half_width)
    # never longer than that of Hoeffding and one person more at each end
    most = math.ceil(math.log(2.0 / (1.0 - level)) / (2.0 * half_width**2) + 2.0 / half_width) + 10
    _expect_few(most)

    def chance(number: Wholes) -> Array:
        return chance_of_width(number, share, half_width, level)

    return _from_which_on(chance, assurance, most)


def chance_of_width(number: Wholes, share: float, half_width: float, level: float = LEVEL) -> Array:
    """Chance that the exact interval of a share is at most 2 half_width long, for numbers of people.  Shapes: same.

    The interval is longest in the middle, so few enough or many enough hits make it short.
    """
    from scipy.special import bdtr

    number = np.asarray(number, dtype=np.int64)
    low, high = np.full(number.shape, -1), number // 2 + 1  # so many hits are few enough; so many are not
    whole = _length(number // 2, number, level) <= 2.0 * half_width
    for _ in range(HALVINGS):
        middle = (low + high) // 2
        short = _length(np.clip(middle, 0, number), number, level) <= 2.0 * half_width
        is_open = high - low > 1
        low, high = np.where(is_open & short, middle, low), np.where(is_open & ~short, middle, high)
    few = np.where(low >= 0, bdtr(np.maximum(low, 0), number, share), 0.0)
    many = np.where(low >= 0, bdtr(np.maximum(low, 0), number, 1.0 - share), 0.0)
    return np.where(whole, 1.0, few + many)


def people_for_power(share: float, null: float, power: float = ASSURANCE, tail: float = 0.025) -> int:
    """The number from which on the exact one-sided test of a share > null has this power."""
    _expect_shares(share=share, null=null)
    if share <= null:
        raise InputError(f"a share of {share:g} cannot be shown to be above {null:g}")

    def chance(number: Wholes) -> Array:
        return power_of(number, share, null, tail)

    most = 100
    while chance(np.arange(most, 2 * most, max(most // 200, 1))).min() < power:
        most *= 2
        _expect_few(most)
    return _from_which_on(chance, power, 2 * most)


def power_of(number: Wholes, share: float, null: float, tail: float = 0.025) -> Array:
    """Power of the exact one-sided binomial test: P(X >= c | share), c the least with P(X >= c | null) <= tail."""
    from scipy.stats import binom

    number = np.asarray(number, dtype=np.int64)
    # isf is the least k with P(X > k) <= tail
    critical = binom.isf(tail, number, null) + 1
    return np.asarray(binom.sf(critical - 1, number, share))


def people_to_hold(wanted: int, share: float, assurance: float = ASSURANCE) -> int:
    """The least number of people among whom at least so many are of a kind that makes up this share."""
    from scipy.special import bdtrc

    if wanted <= 0:
        return 0
    low, high = wanted - 1, wanted
    while bdtrc(wanted - 1, high, share) < assurance:
        low, high = high, 2 * high
        if high > MOST_RECRUITS:
            raise InputError(f"more than {MOST_RECRUITS} people would be needed to hold {wanted} of a share {share:g}")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if bdtrc(wanted - 1, middle, share) >= assurance else (middle, high)
    return high


def study_effort(numbers: Numbers, people: int, test_price: float) -> StudyEffort:
    """Price and time of a study: people x (test + blood draw + examination), recruited a day at one centre.

    test_price: euro per person.  From rows `price` (blood_draw, confirmation), `people_recruited_per_working_day` and
    `working_days`.
    """
    each = sum(numbers("price", "euro", device=device) for device in ("blood_draw", "confirmation"))
    days = people / numbers("people_recruited_per_working_day", "1/day")
    return StudyEffort(people * (test_price + each), days, days / numbers("working_days", "day/year"))


def _length(hits: Wholes, number: Wholes, level: float) -> Array:
    low, high = exact_limits(hits, number, level)
    return high - low


def _from_which_on(chance: Callable[[Wholes], Array], wanted: float, most: int) -> int:
    """The least number from which on, up to `most`, the chance never falls below what is wanted.

    Chances of counts rise in steps that fall back: the first number that is good enough may be followed by worse ones.
    Coarse steps find where it fails last only roughly, so that what lies around is then looked at one by one.
    """
    step = max(most // 2000, 1)
    coarse = np.arange(1, most + 1, step)
    failing = coarse[chance(coarse) < wanted]
    start = int(failing[-1]) if failing.size else 0
    reach = max(50 * step, start // 10, 200)
    near = np.arange(max(start - step, 0) + 1, min(start + reach, most) + 1)
    failing = near[chance(near) < wanted]
    return int(failing[-1]) + 1 if failing.size else max(start - step, 0) + 1


def _expect_few(people: int) -> None:
    if people > MOST_PEOPLE:
        raise InputError(f"more than {MOST_PEOPLE} people would be needed; ask for less")


def _expect_shares(**shares: float) -> None:
    for name, share in shares.items():
        if not 0.0 < share < 1.0:
            raise InputError(f"{name.replace('_', ' ')} lies between 0 and 1, not {share:g}")
