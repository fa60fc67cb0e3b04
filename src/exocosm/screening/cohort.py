"""A virtual cohort: patients with a cancer, healthy controls, controls with other cancers; tumours as they are found.

Everybody is a key (seed, cohort, arm, number), so the first thousand of a hundred thousand people are the same as those
of a cohort of a thousand, in whatever chunks they are computed, and stay in the same half.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from exocosm.errors import InputError, nearest
from exocosm.randomness import uniforms
from exocosm.screening.at_diagnosis import CancerAtDiagnosis
from exocosm.screening.people import People

Array = NDArray[np.float64]
Claims = NDArray[np.bool_]

# (people, diameter of each one's tumour in mm, who has one) -> signals (people, analytes), which of them are censored.
# What it computes for a person must not depend on who else is in the chunk.
Chain = Callable[[People, Array, Claims], tuple[Array, Claims]]

CHUNK = 8192  # people at a time; two pieces of the streams of random numbers
MAXIMUM_PEOPLE = 10_000_000
MAXIMUM_SIGNALS = 40_000_000  # numbers in one table: 320 MB
CASES, CONTROLS = "cases", "controls"
NO_STAGE = -1
COLUMNS = ("arm", "stage", "diameter", "doubling_time", "is_case", "is_training")  # the arrays of `Members`


@dataclass(frozen=True)
class Arm:
    """People of one kind: `cases`, `controls`, or those with another cancer, under its name."""

    name: str
    number: int
    cancer: CancerAtDiagnosis | None
    is_case: bool


@dataclass(frozen=True)
class Cohort:
    """How many people of which kind.

    others: other cancers among the controls, with the number of patients.  name: people of cohorts of different names
    are different people.  still: stages whose differences between people are switched off (see `People`).
    """

    cancer: CancerAtDiagnosis
    cases: int
    controls: int
    others: tuple[tuple[CancerAtDiagnosis, int], ...] = ()
    seed: int = 1
    name: str = "cohort"
    still: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        numbers = [self.cases, self.controls, *(number for _, number in self.others)]
        if min(numbers) < 0 or not 0 < sum(numbers) <= MAXIMUM_PEOPLE:
            raise InputError(f"a cohort has 1 to {MAXIMUM_PEOPLE} people, no number below zero, not {numbers}")
        names = [self.cancer.cancer, *(other.cancer for other, _ in self.others)]
        if len(set(names)) < len(names):
            raise InputError(f"a cancer stands twice among the cases and the other cancers: {', '.join(names)}")

    @property
    def arms(self) -> tuple[Arm, ...]:
        """The arms that hold people, cases first."""
        every = (
            Arm(CASES, self.cases, self.cancer, True),
            Arm(CONTROLS, self.controls, None, False),
            *(Arm(cancer.cancer, number, cancer, False) for cancer, number in self.others),
        )
        return tuple(arm for arm in every if arm.number)

    def arm(self, name: str) -> Arm:
        """One arm by its name."""
        for one in self.arms:
            if one.name == name:
                return one
        raise InputError(f"the cohort has no arm '{name}' ({nearest(name, [one.name for one in self.arms])})")

    def people(self, arm: Arm, first: int, number: int) -> People:
        """Some people of an arm."""
        return People(number, self.seed, f"{self.name} {arm.name}", first, 0, self.still)

    def fresh(self, name: str, cases: int = 0, controls: int = 0) -> Cohort:
        """Other people of the same kind, who have taken no part in anything before."""
        return replace(self, name=f"{self.name}, {name}", cases=cases, controls=controls, others=())


@dataclass(frozen=True, eq=False)
class Members:
    """Who is who in a cohort.  All arrays: (people,).

    arm: index into `arms`.  stage: index into `stages`, NO_STAGE without a tumour or for a cancer without stages.
    diameter: mm, zero without a tumour.  doubling_time: day, of the volume, NaN without a tumour.  is_case: has the
    cancer that is looked for.  is_training: of the half on which a panel may be trained.
    """

    arms: tuple[str, ...]
    stages: tuple[str, ...]
    arm: NDArray[np.int64]
    stage: NDArray[np.int64]
    diameter: Array
    doubling_time: Array
    is_case: Claims
    is_training: Claims

    @property
    def number(self) -> int:
        """How many people there are."""
        return self.arm.size

    def of_arm(self, name: str) -> Claims:
        """Who belongs to this arm.  Shape: (people,)."""
        return self.arm == (self.arms.index(name) if name in self.arms else len(self.arms))

    def part(self, who: NDArray[np.bool_] | NDArray[np.int64]) -> Members:
        """Some of them."""
        return Members(self.arms, self.stages, **{name: getattr(self, name)[who] for name in COLUMNS})


@dataclass(frozen=True, eq=False)
class CohortSignals:
    """What the assay said of everybody: signals (people, markers), log2, higher = more; censored: not measurable."""

    members: Members
    markers: tuple[str, ...]
    signals: Array
    censored: Claims

    def part(self, who: NDArray[np.bool_] | NDArray[np.int64]) -> CohortSignals:
        """Some of the people."""
        return replace(self, members=self.members.part(who), signals=self.signals[who], censored=self.censored[who])

    def half(self, *, training: bool) -> CohortSignals:
        """The training half, or the half held out."""
        return self.part(self.members.is_training == training)

    def of_markers(self, names: Sequence[str]) -> CohortSignals:
        """Some of the markers, in this order."""
        wrong = [name for name in names if name not in self.markers]
        if wrong:
            raise InputError(f"no signal of '{wrong[0]}' was measured ({nearest(wrong[0], self.markers)})")
        columns = [self.markers.index(name) for name in names]
        return replace(self, markers=tuple(names), signals=self.signals[:, columns], censored=self.censored[:, columns])


@dataclass(frozen=True, eq=False)
class CohortScores:
    """The score of everybody: (people,)."""

    members: Members
    scores: Array

    def half(self, *, training: bool) -> CohortScores:
        """The training half, or the half held out."""
        who = self.members.is_training == training
        return CohortScores(self.members.part(who), self.scores[who])

    def of(self, arm: str) -> Array:
        """Scores of the people of an arm."""
        return self.scores[self.members.of_arm(arm)]


def members_of(cohort: Cohort, arm: Arm, first: int, number: int) -> Members:
    """Some people of an arm: stage by the shares at diagnosis, tumour, growth, half.

    The half and the tumour are no difference that a stage can switch off: they say who the people are.
    """
    people = cohort.people(arm, first, number)
    names = ["cohort: half", "cohort: stage", "cohort: diameter", "cohort: doubling time"]
    # without a tumour only the half is asked for
    chance = uniforms(cohort.seed, people.group, np.arange(first, first + number), names if arm.cancer else names[:1])
    stage = np.full(number, NO_STAGE)
    diameter, doubling = np.zeros(number), np.full(number, np.nan)
    if arm.cancer is not None:
        index, diameter = arm.cancer.tumours(chance[:, 1], chance[:, 2])
        doubling = arm.cancer.doubling_times(chance[:, 3])
        stage = np.where(bool(arm.cancer.stages[0].name), index, NO_STAGE)
    return Members(
        arms=tuple(one.name for one in cohort.arms),
        stages=tuple(one.name for one in cohort.cancer.stages),
        arm=np.full(number, cohort.arms.index(arm)),
        stage=stage,
        diameter=diameter,
        doubling_time=doubling,
        is_case=np.full(number, arm.is_case),
        is_training=chance[:, 0] < 0.5,
    )


def signals_of(
    cohort: Cohort,
    chain: Chain,
    markers: Sequence[str],
    *,
    others: Mapping[str, Chain] | None = None,
    chunk: int = CHUNK,
) -> CohortSignals:
    """The signals of everybody in a cohort.

    markers: names of the columns of the chain.  others: the chain of each other cancer.  Errors: InputError if the
    table would not fit (`scores_of` keeps the scores only), or if a chain gives another shape or no number.
    """
    total = sum(arm.number for arm in cohort.arms)
    if total * len(markers) > MAXIMUM_SIGNALS:
        told = f"{total} people with {len(markers)} markers are more than {MAXIMUM_SIGNALS} signals"
        raise InputError(f"{told}; train the panel on fewer people, and ask `scores_of` for the scores of all")
    pieces = list(_pieces(cohort, chain, len(markers), others or {}, chunk))
    return CohortSignals(
        _joined([members for members, _, _ in pieces]),
        tuple(markers),
        np.concatenate([signals for _, signals, _ in pieces]),
        np.concatenate([censored for _, _, censored in pieces]),
    )


def scores_of(
    cohort: Cohort,
    chain: Chain,
    score: Callable[[Array, Claims], Array],
    markers: Sequence[str],
    *,
    others: Mapping[str, Chain] | None = None,
    chunk: int = CHUNK,
) -> CohortScores:
    """The scores of everybody in a cohort; no more than a chunk of signals is held at a time.

    score: (signals, censored) -> (people,), such as `Panel.score`.
    """
    members, scores = [], []
    for some, signals, censored in _pieces(cohort, chain, len(markers), others or {}, chunk):
        members.append(some)
        scores.append(score(signals, censored))
    return CohortScores(_joined(members), np.concatenate(scores))


def _pieces(
    cohort: Cohort, chain: Chain, markers: int, others: Mapping[str, Chain], chunk: int
) -> Iterator[tuple[Members, Array, Claims]]:
    if chunk < 1:
        raise InputError(f"a chunk holds at least one person, not {chunk}")
    for arm in cohort.arms:
        its_chain = chain
        if arm.cancer is not None and not arm.is_case:
            if arm.name not in others:
                raise InputError(f"no chain is given for people with {arm.name} ({nearest(arm.name, others)})")
            its_chain = others[arm.name]
        for first in range(0, arm.number, chunk):
            number = min(chunk, arm.number - first)
            members = members_of(cohort, arm, first, number)
            has_tumour = np.full(number, arm.cancer is not None)
            people = cohort.people(arm, first, number)
            yield members, *read(its_chain, people, members.diameter, has_tumour, markers)


def read(chain: Chain, people: People, diameter: Array, has_tumour: Claims, markers: int) -> tuple[Array, Claims]:
    """What a chain says of some people, examined.  Errors: InputError for another shape, or a signal that is no number.

    A censored signal may be NaN; the panel puts its limit there.
    """
    signals, censored = chain(people, diameter, has_tumour)
    signals, censored = np.asarray(signals, dtype=float), np.asarray(censored, dtype=bool)
    wanted = (people.number, markers)
    if signals.shape != wanted or censored.shape != wanted:
        raise InputError(
            f"the chain gave signals of shape {signals.shape} and censoring of shape {censored.shape}; "
            f"people and markers are {wanted}"
        )
    if not np.all(np.isfinite(signals) | censored):
        raise InputError("the chain gave a signal that is neither a number nor censored")
    return signals, censored


def _joined(pieces: Sequence[Members]) -> Members:
    columns = {name: np.concatenate([getattr(one, name) for one in pieces]) for name in COLUMNS}
    return Members(pieces[0].arms, pieces[0].stages, **columns)
