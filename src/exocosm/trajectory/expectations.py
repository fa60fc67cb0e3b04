"""What was expected of a study against what came out: in how many draws each condition holds, and where it fails."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exocosm.network.expression import Expression, evaluate, symbols
from exocosm.network.grammar import parse
from exocosm.study.header import GRADES, ExpectationText, ExperimentText

Array = NDArray[np.float64]

REPRODUCED, NOT_REPRODUCED, UNDECIDED = "reproduced", "not reproduced", "not decided"
MOST_SUSPECTS = 3
LEAST_SHIFT = 0.3  # standard deviations; less is not worth naming


@dataclass(frozen=True)
class Suspect:
    """A value that lies otherwise in the draws where an expectation fails.

    failing, holding: its median in those draws, in `unit`.  shift: by how many standard deviations it lies off.
    """

    name: str
    row: str
    unit: str
    failing: float
    holding: float
    shift: float


@dataclass(frozen=True)
class Expected:
    """One expectation: whether it holds at the centre, in which share of the draws and of the donors, and suspects.

    share: of draws at the typical donor; None without draws.  donors: share of donors at the central values.
    """

    name: str
    condition: str
    says: str
    control: bool
    central: bool
    share: float | None
    donors: float | None
    suspects: tuple[Suspect, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What an experiment came to.  evidence: what its grade makes of it."""

    id: str
    grade: str
    verdict: str
    evidence: str
    claims: tuple[str, ...]
    rule: str
    expected: tuple[Expected, ...]
    draws: int

    @property
    def sentence(self) -> str:
        """The verdict with the share of draws that decides it."""
        if not self.draws:
            return f"{self.verdict} at the central values (no draws)"
        least = min(self.expected, key=lambda one: 0.0 if one.share is None else one.share)
        return f"{self.verdict}: the weakest condition holds in {100 * (least.share or 0):.0f} % of {self.draws} draws"


def verdict_of(
    experiment: ExperimentText,
    central: Mapping[str, float],
    drawn: Mapping[str, Array],
    donors: Mapping[str, Array],
    values: Mapping[str, tuple[str, str, Array]],
) -> Verdict:
    """The verdict of an experiment.

    central, drawn, donors: number of each name in the central run, in every draw and in every donor.  values: name ->
    (row, unit, its values in every draw), for the search of what makes an expectation fail.
    A condition that meets a number that is not there (NaN) fails.
    """
    found = [_expected(name, text, central, drawn, donors, values) for name, text in experiment.expected.items()]
    draws = max((len(column) for column in drawn.values()), default=0)
    if not draws:
        word = REPRODUCED if all(one.central for one in found) else NOT_REPRODUCED
    elif all(one.share is not None and one.share >= experiment.share for one in found):
        word = REPRODUCED
    elif any(one.share is not None and one.share <= 1 - experiment.share for one in found):
        word = NOT_REPRODUCED
    else:
        word = UNDECIDED
    return Verdict(
        id=experiment.id,
        grade=experiment.grade,
        verdict=word,
        evidence=GRADES[experiment.grade],
        claims=tuple(experiment.claims),
        rule=experiment.rule,
        expected=tuple(found),
        draws=draws,
    )


def _expected(
    name: str,
    text: ExpectationText,
    central: Mapping[str, float],
    drawn: Mapping[str, Array],
    donors: Mapping[str, Array],
    values: Mapping[str, tuple[str, str, Array]],
) -> Expected:
    condition = parse(text.is_)
    holds = _holding(condition, drawn)
    among = _holding(condition, donors)
    return Expected(
        name=name,
        condition=text.is_,
        says=text.says,
        control=text.control,
        central=_holds(condition, central),
        share=None if holds is None else float(holds.mean()),
        donors=None if among is None else float(among.mean()),
        suspects=() if holds is None else _suspects(holds, values),
    )


def _holding(condition: Expression, columns: Mapping[str, Array]) -> NDArray[np.bool_] | None:
    """Whether the condition holds in every row of the columns; None without rows."""
    rows = max((len(column) for column in columns.values()), default=0)
    if not rows:
        return None
    each = ({name: float(column[row]) for name, column in columns.items()} for row in range(rows))
    return np.array([_holds(condition, row) for row in each])


def _holds(condition: Expression, numbers: Mapping[str, float]) -> bool:
    """Whether a condition is true; one that meets a number that is not there is not, not even as `not x > 1`."""
    there = all(not math.isnan(numbers[name]) for name in symbols(condition) if name in numbers)
    return there and bool(evaluate(condition, numbers) == 1.0)


def _suspects(holds: NDArray[np.bool_], values: Mapping[str, tuple[str, str, Array]]) -> tuple[Suspect, ...]:
    """The values that differ most between the draws where a condition fails and those where it holds.

    Differences that chance makes among as many values (5 %, Bonferroni) are not named.
    """
    if holds.all() or not holds.any():
        return ()
    from scipy.special import ndtri

    by_chance = -ndtri(0.025 / max(len(values), 1)) * np.sqrt(1.0 / holds.sum() + 1.0 / (~holds).sum())
    found = []
    for name, (row, unit, column) in values.items():
        ranks = np.argsort(np.argsort(column)).astype(float)  # ranks, since values run over decades
        spread = ranks.std()
        if spread == 0:
            continue
        shift = (ranks[~holds].mean() - ranks[holds].mean()) / spread
        failing, holding = float(np.median(column[~holds])), float(np.median(column[holds]))
        found.append(Suspect(name, row, unit, failing, holding, float(shift)))
    found.sort(key=lambda one: -abs(one.shift))
    return tuple(one for one in found[:MOST_SUSPECTS] if abs(one.shift) >= max(LEAST_SHIFT, by_chance))
