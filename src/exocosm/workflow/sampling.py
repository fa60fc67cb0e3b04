"""Two-level sampling: draws over what is not known, and within each draw animals that differ.

A sampled *symbol* is (parameter name, id of the pinned row): arms that stand on one row share its draws and their
animals are twins; arms that pin different rows draw independently.  What is not known is one unknown per row, whatever
number of parameters stands on it (one permeability for four organs); how animals differ is drawn per symbol (their
organs vary one by one).  Every score belongs to its key (seed, draw, animal, row or symbol), so the numbers are the
same whatever else is sampled, in whatever order, by any number of workers.

Rows of a joint group are correlated by the pins of quantity `correlation` that a study carries beside its parameters;
such a row has one score for all parameters that stand on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from exocosm import units
from exocosm.engines.contract import Array
from exocosm.errors import EvidenceError, nearest
from exocosm.evidence.joint import JointGroup, correlate, joint_groups
from exocosm.evidence.pin import Pin
from exocosm.evidence.spread import NORMAL_95, Spread, central_95, draw, spread_of
from exocosm.randomness import standard_normals
from exocosm.study.resolved import ResolvedArm, ResolvedStudy

UNCERTAINTY, BETWEEN_SUBJECT = "uncertainty", "between_subject"
KEPT_BYTES = 64_000_000  # of scores, since all arms take the same ones


@dataclass(frozen=True, order=True)
class Symbol:
    """What is sampled: a parameter standing on a row of the catalogue (or of the study)."""

    name: str
    row: str

    @property
    def key(self) -> str:
        """The words under which its scores are drawn."""
        return f"{self.name} = {self.row}"


@dataclass(frozen=True)
class Sampled:
    """A parameter of one arm: its symbol, its spread, the factor to canonical units, whether animals differ in it."""

    symbol: Symbol
    spread: Spread
    factor: float
    per_subject: bool

    def at(self, z_uncertainty: float | Array, z_variability: float | Array = 0.0) -> Array:
        """Canonical values for normal scores."""
        scores = z_variability if self.per_subject else np.zeros_like(z_variability)
        return np.asarray(draw(self.spread, z_uncertainty, scores), float) * self.factor

    @property
    def is_uncertain(self) -> bool:
        """Whether its 95 % range is wider than a point."""
        low, high = central_95(self.spread)
        return bool(low != high)

    @property
    def is_variable(self) -> bool:
        """Whether animals differ in it."""
        return self.per_subject and self.spread.variability > 0


@dataclass(frozen=True)
class Moving:
    """The symbols with a spread at one level, the names of the scores to draw, and each symbol's place among these."""

    symbols: tuple[Symbol, ...]
    names: tuple[str, ...]
    places: tuple[int, ...]


@dataclass(frozen=True)
class Sampling:
    """How a study is sampled.  arms: arm -> parameter -> what is drawn; constants: arm -> canonical numbers."""

    seed: int
    draws: int
    animals: int
    arms: Mapping[str, Mapping[str, Sampled]]
    constants: Mapping[str, Mapping[str, float]]
    groups: tuple[JointGroup, ...]
    kept: dict[int, Array] = field(default_factory=dict, repr=False, compare=False)  # scores of animals, by draw

    @property
    def cohort_draws(self) -> range:
        """The draws that are run: with no draws asked for, one, in which everything uncertain is central."""
        return range(max(self.draws, 1))

    @cached_property
    def uncertain(self) -> Moving:
        """What is not known exactly, in any arm, with the scores that it takes."""
        return _moving(self, UNCERTAINTY)

    @cached_property
    def variable(self) -> Moving:
        """What animals differ in, in any arm, with the scores that it takes."""
        return _moving(self, BETWEEN_SUBJECT)

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """Everything sampled, in any arm."""
        return tuple(sorted({one.symbol for arm in self.arms.values() for one in arm.values()}))


def sampling_of(study: ResolvedStudy) -> Sampling:
    """The sampling that a study asks for.  Raises EvidenceError with every parameter that has no number."""
    arms: dict[str, dict[str, Sampled]] = {}
    constants: dict[str, dict[str, float]] = {}
    missing = []
    for arm in study.arms:
        arms[arm.name], constants[arm.name] = {}, {}
        for parameter in arm.model.parameters:
            pin = arm.pins.get(parameter.name)
            if pin is None and parameter.value is None:
                missing.append(f"'{parameter.name}' in arm '{arm.name}'")
            elif pin is None:
                constants[arm.name][parameter.name] = units.to_canonical(float(parameter.value or 0.0), parameter.unit)
            else:
                arms[arm.name][parameter.name] = _sampled(parameter.name, pin, parameter.per_subject)
    if missing:
        raise EvidenceError(
            f"study '{study.name}': no value is pinned for {', '.join(missing)}; resolve the study again"
        )
    return Sampling(
        seed=study.seed,
        draws=study.draws,
        animals=study.animals if study.variability else 0,
        arms=arms,
        constants=constants,
        groups=_groups(study.arms),
    )


def _sampled(name: str, pin: Pin, per_subject: bool) -> Sampled:
    row = pin.value
    return Sampled(Symbol(name, row.id), spread_of(row), units.factor(row.unit), per_subject)


def _groups(arms: Iterable[ResolvedArm]) -> tuple[JointGroup, ...]:
    """The joint groups over all arms: a correlation must not depend on which of its rows an arm happens to use."""
    rows = {pin.value.id: pin.value for arm in arms for pin in arm.pins.values()}
    groups = joint_groups(rows[id] for id in sorted(rows))
    return tuple(group for _, group in sorted(groups.items()) if group.pairs)


def central(sampling: Sampling, arm: str) -> dict[str, Array]:
    """Parameter -> its central value, shape (1,), canonical."""
    return _assembled(sampling, arm, {}, {}, 1)


def cohort(sampling: Sampling, arm: str, numbers: Sequence[int], subjects: Sequence[int]) -> dict[str, Array]:
    """Parameter -> canonical values of some subjects (0 is typical) in some draws: (draws x subjects,), by draw."""
    chosen = list(subjects)
    drawn = [_variability_scores(sampling, number)[chosen] for number in numbers]
    everyone = np.concatenate(drawn) if drawn else np.empty((0, len(sampling.variable.symbols)))
    uncertain = np.repeat(_uncertainty_scores(sampling, numbers), len(chosen), axis=0)
    return _assembled(
        sampling,
        arm,
        {symbol: uncertain[:, place] for place, symbol in enumerate(sampling.uncertain.symbols)},
        {symbol: everyone[:, place] for place, symbol in enumerate(sampling.variable.symbols)},
        len(numbers) * len(chosen),
    )


def typical(sampling: Sampling, arm: str, numbers: Sequence[int]) -> dict[str, Array]:
    """Parameter -> values of the typical animal in several draws, shape (draws,), canonical."""
    scores = _uncertainty_scores(sampling, numbers)
    uncertain = {symbol: scores[:, place] for place, symbol in enumerate(sampling.uncertain.symbols)}
    return _assembled(sampling, arm, uncertain, {}, len(numbers))


def one_at_a_time(sampling: Sampling, arm: str, symbols: Sequence[Symbol]) -> dict[str, Array]:
    """Parameter -> values with the row of each symbol alone at its 2.5 %, then its 97.5 %: shape (2 x symbols,)."""
    columns = {name: np.repeat(value, 2 * len(symbols)) for name, value in central(sampling, arm).items()}
    for place, symbol in enumerate(symbols):
        for name, sampled in sampling.arms[arm].items():
            if sampled.symbol.row == symbol.row:
                columns[name][2 * place : 2 * place + 2] = sampled.at(np.array([-NORMAL_95, NORMAL_95]))
    return columns


def uncertain_symbols(sampling: Sampling, arm: str) -> tuple[Symbol, ...]:
    """The rows of an arm that are not known exactly, each by the first of the parameters that stand on it."""
    found = sorted((one.symbol for one in sampling.arms[arm].values() if one.is_uncertain), reverse=True)
    return tuple(sorted({symbol.row: symbol for symbol in found}.values()))


def replaced(parameters: Mapping[str, Array], name: str, values: Array) -> dict[str, Array]:
    """The parameters with one of them set to other values (canonical)."""
    if name not in parameters:
        raise EvidenceError(f"there is no parameter '{name}' to vary; {nearest(name, parameters)}")
    return {**parameters, name: np.asarray(values, float)}


def _assembled(
    sampling: Sampling, arm: str, uncertain: Mapping[Symbol, Array], variable: Mapping[Symbol, Array], count: int
) -> dict[str, Array]:
    values = {name: np.full(count, number) for name, number in sampling.constants[arm].items()}
    nobody = np.zeros(count)
    for name, sampled in sampling.arms[arm].items():
        scores = (level.get(sampled.symbol, nobody) for level in (uncertain, variable))
        values[name] = np.broadcast_to(sampled.at(*scores), (count,)).copy()
    return values


def _uncertainty_scores(sampling: Sampling, numbers: Sequence[int]) -> Array:
    """(draws, uncertain symbols) of normal scores; none without draws."""
    moving = sampling.uncertain
    if sampling.draws == 0:
        return np.zeros((len(numbers), len(moving.symbols)))
    scores = standard_normals(sampling.seed, UNCERTAINTY, numbers, moving.names)
    # one draw after the other: the last digit of a product of matrices may depend on how many rows there are
    rows = [_correlated(sampling, scores[place : place + 1], UNCERTAINTY) for place in range(len(numbers))]
    return np.concatenate([scores[:0], *rows])[:, list(moving.places)]


def _variability_scores(sampling: Sampling, number: int) -> Array:
    """(1 + animals, variable symbols) of normal scores in a draw; the typical one, subject 0, has none."""
    if number in sampling.kept:
        return sampling.kept[number]
    moving, everyone = sampling.variable, range(1 + sampling.animals)
    scores = standard_normals(sampling.seed, f"{BETWEEN_SUBJECT} in draw {number}", everyone, moving.names)
    scores[0] = 0.0
    found = _correlated(sampling, scores, BETWEEN_SUBJECT)[:, list(moving.places)]
    if (1 + len(sampling.kept)) * found.nbytes > KEPT_BYTES:
        sampling.kept.clear()
    sampling.kept[number] = found
    return found


def _moving(sampling: Sampling, level: str) -> Moving:
    chosen = {
        one.symbol
        for arm in sampling.arms.values()
        for one in arm.values()
        if (one.is_uncertain if level == UNCERTAINTY else one.is_variable)
    }
    symbols = tuple(sorted(chosen))
    names, places = _score_names(sampling, symbols, level)
    return Moving(symbols, tuple(names), tuple(places))


def _score_names(sampling: Sampling, symbols: Sequence[Symbol], level: str) -> tuple[list[str], list[int]]:
    """Names of the scores to draw, and the place of each symbol's: that of its row where the row has one score."""
    joined = [id for group in sampling.groups for id in group.ids]
    names = [f"row {id}" for id in joined]
    place_of = {name: place for place, name in enumerate(names)}
    places = []
    for symbol in symbols:
        by_row = f"row {symbol.row}"
        name = by_row if level == UNCERTAINTY or by_row in place_of else symbol.key
        if name not in place_of:
            place_of[name] = len(names)
            names.append(name)
        places.append(place_of[name])
    return names, places


def _correlated(sampling: Sampling, scores: Array, level: str) -> Array:
    start = 0
    for group in sampling.groups:
        stop = start + len(group.ids)
        scores[:, start:stop] = correlate(group, scores[:, start:stop], level)
        start = stop
    return scores
