"""Markers as probabilistic evidence: how many copies particles carry, what shows positive, and what that tells.

Copies of a marker differ between particles of one kind and size: a gamma distribution of expected copies around the
mean, and Poisson counts about them (together negative binomial).  A reading finds the copies that an antibody reaches,
some antibodies that stuck anywhere, and now and then a second particle.  No marker is of one kind alone, so a reading
never proves a kind; it shifts the odds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exocosm.bench.kinds import of_each_kind
from exocosm.bench.numbers import Numbers
from exocosm.errors import InputError, nearest
from exocosm.vesicles.population import Population

Column = NDArray[np.float64]

SLICES = 8  # of equal count, by how many copies the particles of a parcel are expected to carry
MAXIMUM_MARKERS = 12  # of a panel: every pattern of readings is looked at
UM_PER_NM = 1e-3


@dataclass(frozen=True)
class Panel:
    """Markers read on one particle.

    positive: expected on what is looked for; negative: expected to be absent.  at_least: how many of all must be as
    expected for the particle to be called (None: all).  per_surface: a reading is called positive by its signal per
    surface, as an instrument that knows the size does, rather than by any signal.  permeabilised: antibodies reach the
    lumen too.  Raises InputError for a panel without markers, with one twice, or with too many.
    """

    positive: tuple[str, ...]
    negative: tuple[str, ...] = ()
    at_least: int | None = None
    per_surface: bool = True
    permeabilised: bool = False

    def __post_init__(self) -> None:
        names = self.markers
        if not names or len(names) > MAXIMUM_MARKERS or len(set(names)) != len(names):
            raise InputError(
                f"a panel needs 1 to {MAXIMUM_MARKERS} markers, each once, not {', '.join(names) or 'none'}"
            )
        if self.at_least is not None and not 1 <= self.at_least <= len(names):
            raise InputError(
                f"at_least is how many of the {len(names)} markers must be as expected, not {self.at_least}"
            )

    @property
    def markers(self) -> tuple[str, ...]:
        """All markers, those expected first."""
        return (*self.positive, *self.negative)


@dataclass(frozen=True)
class PanelPerformance:
    """How well a panel tells the target from the rest of a mixture, per particle.

    sensitivity, specificity: of the panel's rule.  auc: area under the curve when the rule's count of markers is
    varied; best_auc: when readings are weighed by their likelihood ratio, the best any rule can do.  predictive_value:
    share of the target among what the rule calls.  positive: kind -> share of its particles that the rule calls.
    false_positive_rate, true_positive_rate: the curve of best_auc.
    """

    sensitivity: float
    specificity: float
    auc: float
    best_auc: float
    predictive_value: float
    positive: Mapping[str, float]
    false_positive_rate: tuple[float, ...]
    true_positive_rate: tuple[float, ...]


def marker_names(numbers: Numbers) -> tuple[str, ...]:
    """The markers of which the catalogue knows copies."""
    return numbers.words("copies_per_particle", "cargo")


def mean_copies(population: Population, marker: str, numbers: Numbers) -> Column:
    """Mean copies per particle of every parcel: the population's own, else the catalogue's for the kind.

    Raises InputError for a marker that neither knows, with the nearest name.
    """
    if marker in population.markers:
        return population.markers[marker]
    known = marker_names(numbers)
    if marker not in known:
        raise InputError(f"there is no marker '{marker}'; {nearest(marker, (*known, *population.markers))}")
    return of_each_kind(
        population,
        lambda kind: numbers("copies_per_particle", "molecule/particle", carrier=kind, cargo=marker),
    )


def copies_on(population: Population, marker: str, numbers: Numbers) -> tuple[Column, Column]:
    """Reachable copies on the particles of every parcel, in classes, and the share of particles in each class.

    The first class holds the particles without a copy, the others slices by number.  Shapes: [parcel, 1 + SLICES].
    Shares add up to one in each parcel; the share without a copy is exact, the mean within the error of the slices.
    """
    reachable = numbers("accessible_fraction", "dimensionless", cargo=marker)
    mean = mean_copies(population, marker, numbers)
    certain = np.minimum(_certain_copies(population, marker, numbers), mean)
    shape = numbers("copies_dispersion", "dimensionless", cargo=marker)
    return copy_classes(mean - certain, certain, reachable, shape)


def copy_classes(mean: Column, certain: Column, reachable: float, shape: float) -> tuple[Column, Column]:
    """Copies by class and share of particles by class; see `copies_on`.

    Expected copies are gamma distributed with `shape` around reachable * mean, counts Poisson about them, and of the
    certain ones each is reached or not: P(0) = (1 + reachable mean / shape)^-shape (1 - reachable)^certain;  in slice
    j, x_j expected by chance:
    E[copies | copies > 0] = (x_j + reachable certain) / (1 - exp(-x_j) (1 - reachable)^certain).
    """
    thinned = reachable * mean
    by_chance = np.multiply.outer(thinned, np.array(_slices(shape)))
    missed = math.log1p(-reachable) if reachable < 1.0 else -math.inf
    certainly = np.where(certain > 0, np.maximum(certain, np.finfo(float).tiny) * missed, 0.0)
    nothing = certainly - shape * np.log1p(thinned / shape)  # log of the share without a copy
    none, some = np.exp(nothing), -np.expm1(nothing)
    chance = -np.expm1(certainly[:, None] - by_chance)
    total = chance.sum(axis=1, keepdims=True)
    even = np.full(chance.shape, 1.0 / SLICES)
    shares = some[:, None] * np.divide(chance, total, out=even, where=total > 0)
    expected = by_chance + (reachable * certain)[:, None]
    copies = np.divide(expected, chance, out=np.ones(chance.shape), where=chance > 0)
    zero = np.zeros((len(thinned), 1))
    return np.concatenate([zero, copies], axis=1), np.concatenate([none[:, None], shares], axis=1)


@lru_cache(maxsize=1024)
def _slices(shape: float) -> tuple[float, ...]:
    """Means of the slices of equal count of a gamma distribution with mean one."""
    from scipy.special import gammainc, gammaincinv

    edges = gammaincinv(shape, np.linspace(0.0, 1.0, SLICES + 1)[1:-1])
    below = np.concatenate([[0.0], gammainc(shape + 1.0, edges), [1.0]])
    return tuple((np.diff(below) * SLICES).tolist())


def _certain_copies(population: Population, marker: str, numbers: Numbers) -> Column:
    return of_each_kind(
        population, lambda kind: numbers("minimum_copies", "molecule/particle", carrier=kind, cargo=marker)
    )


def positive_share(population: Population, panel: Panel, numbers: Numbers) -> Column:
    """Share of the particles of every parcel that read positive for each marker of a panel.  Shape: [marker, parcel].

    A particle alone in the reading: detected = negative binomial (reachable and labelled copies) + Poisson (antibodies
    that stuck); positive from the larger of the instrument's and the gate's threshold, or where a clump of antibody is.
    """
    surface = math.pi * (population.diameter_nm * UM_PER_NM) ** 2
    least = np.full(len(population), max(1.0, numbers("detection_threshold", "molecule")))
    if panel.per_surface:
        least = np.maximum(least, numbers("marker_density_threshold", "molecule/um**2") * surface)
    background = numbers("antibody_background", "molecule/um**2") * surface
    labelled = numbers("antibody_labelling_efficiency", "dimensionless")
    clumped = numbers("antibody_clump_share", "dimensionless")
    shares = []
    for marker in panel.markers:
        seen = labelled
        if not panel.permeabilised:
            seen *= numbers("accessible_fraction", "dimensionless", cargo=marker)
        mean = mean_copies(population, marker, numbers)
        certain = np.minimum(np.rint(_certain_copies(population, marker, numbers)), np.floor(mean))
        shape = numbers("copies_dispersion", "dimensionless", cargo=marker)
        enough = detected_share((mean - certain) * seen, shape, background, np.ceil(least), certain, seen)
        shares.append(1.0 - (1.0 - clumped) * (1.0 - enough))
    return np.array(shares)


def detected_share(
    mean: ArrayLike, shape: float, background: ArrayLike, least: ArrayLike, certain: ArrayLike = 0.0, seen: float = 1.0
) -> Column:
    """Probability that a particle shows at least `least` detected antibodies.

    Detected = NB(mean, shape) + Poisson(background) + Binomial(certain, seen), independent; the sum is exact up to the
    background's terms of less than 1e-12.  Shapes broadcast.
    """
    from scipy.special import betainc, gammaln

    expected, spread, wanted, sure = (
        np.atleast_1d(np.asarray(x, dtype=float)) for x in np.broadcast_arrays(mean, background, least, certain)
    )
    most = int(sure.max(initial=0.0))
    highest = float(spread.max(initial=0.0))
    terms = np.arange(int(highest + 8.0 * math.sqrt(highest) + 16.0))
    stuck = np.exp(terms * np.log(np.maximum(spread, 1e-300))[:, None] - spread[:, None] - gammaln(terms + 1.0))
    stuck = np.where(spread[:, None] > 0, stuck, terms == 0)
    chance = shape / (shape + expected)
    fewer = np.zeros(expected.shape)
    for taken in range(most + 1):
        some = np.array([_binomial(int(n), taken, seen) for n in sure])
        room = wanted[:, None] - 1.0 - taken - terms  # NB <= room
        at_most = betainc(shape, np.maximum(room, 0.0) + 1.0, chance[:, None])
        fewer += some * (stuck * np.where(room >= 0, at_most, 0.0)).sum(axis=1)
    return np.asarray(np.clip(1.0 - fewer, 0.0, 1.0))


def _binomial(of: int, taken: int, chance: float) -> float:
    return math.comb(of, taken) * chance**taken * (1.0 - chance) ** (of - taken) if taken <= of else 0.0


def panel_performance(
    mixture: Population | Mapping[str, float],
    panel: Panel,
    numbers: Numbers,
    target: str = "small_ev",
    fluid: str = "",
) -> PanelPerformance:
    """Sensitivity, specificity and curve of a panel that looks for one kind in a mixture, computed exactly.

    mixture: a population, or kind -> count (each at its typical size in `fluid`).  Given the kind and size, markers are
    independent; with the catalogue's `coincidence_share` a reading is of two particles, positive where either is.
    Raises InputError if the target or everything else is missing.
    """
    population = mixture if isinstance(mixture, Population) else typical_particles(mixture, numbers, fluid)
    counted = population.count > 0
    is_target = (population.kind == target) & counted
    if not is_target.any() or not (counted & ~is_target).any():
        kinds = ", ".join(sorted(set(population.kind[counted].tolist()))) or "none"
        raise InputError(f"a panel is judged on a mixture of '{target}' with something else; the kinds here: {kinds}")
    patterns, given = _patterns(population, panel, numbers)
    weights = population.count / population.count.sum()
    of_target = given[:, is_target] @ (weights[is_target] / weights[is_target].sum())
    other = counted & ~is_target
    of_rest = given[:, other] @ (weights[other] / weights[other].sum())
    expected = np.arange(len(panel.markers)) < len(panel.positive)
    agreeing = (patterns == expected).sum(axis=1)
    called = agreeing >= (panel.at_least or len(panel.markers))
    sensitivity, wrong = float(of_target[called].sum()), float(of_rest[called].sum())
    share = float(weights[is_target].sum())
    found = share * sensitivity + (1.0 - share) * wrong
    with np.errstate(divide="ignore"):
        ratio = np.where(of_rest > 0, of_target / np.where(of_rest > 0, of_rest, 1.0), np.inf)
    true, false = _curve(ratio, of_target, of_rest)
    by_kind = {}
    for kind in dict.fromkeys(population.kind[counted].tolist()):
        of_kind = (population.kind == kind) & counted
        by_kind[kind] = float(given[called][:, of_kind].sum(axis=0) @ (weights[of_kind] / weights[of_kind].sum()))
    return PanelPerformance(
        sensitivity=sensitivity,
        specificity=1.0 - wrong,
        auc=_area(*_curve(agreeing.astype(float), of_target, of_rest)),
        best_auc=_area(true, false),
        predictive_value=share * sensitivity / found if found > 0 else math.nan,
        positive=by_kind,
        false_positive_rate=tuple(false.tolist()),
        true_positive_rate=tuple(true.tolist()),
    )


def typical_particles(kinds: Mapping[str, float], numbers: Numbers, fluid: str = "") -> Population:
    """One parcel for each kind, kind -> count, of the diameter whose surface is the mean of the kind in a fluid."""
    diameters = []
    for kind in kinds:
        asked = {"carrier": kind, "fluid": fluid} if fluid else {"carrier": kind}
        median = numbers("particle_diameter", "nm", **asked)
        width = math.log(numbers("particle_diameter_gsd", "dimensionless", **asked))
        diameters.append(median * math.exp(width**2))
    return Population(
        diameter_nm=np.array(diameters),
        density=np.ones(1),  # nothing here asks for it
        count=np.array(list(kinds.values()), dtype=float),
        kind=np.array(list(kinds)),
        origin=np.array([""]),
        history=("typical particles of each kind",),
    )


def _patterns(population: Population, panel: Panel, numbers: Numbers) -> tuple[NDArray[np.bool_], Column]:
    """Every pattern of readings, [pattern, marker], and its probability for every parcel, [pattern, parcel]."""
    alone = positive_share(population, panel, numbers)
    size = len(panel.markers)
    patterns = (np.arange(2**size)[:, None] >> np.arange(size) & 1).astype(bool)
    twice = numbers("coincidence_share", "dimensionless")
    given = (1.0 - twice) * _pattern_chance(patterns, alone)
    weights = population.count / population.count.sum()
    for second in np.flatnonzero(weights > 0):
        either = 1.0 - (1.0 - alone) * (1.0 - alone[:, [second]])
        given = given + twice * weights[second] * _pattern_chance(patterns, either)
    return patterns, given


def _pattern_chance(patterns: NDArray[np.bool_], positive: Column) -> Column:
    each = np.where(patterns[:, :, None], positive[None], 1.0 - positive[None])
    return np.asarray(each.prod(axis=1))


def _curve(score: Column, of_target: Column, of_rest: Column) -> tuple[Column, Column]:
    """True and false positive rates as the score is lowered; equal scores are called together."""
    levels, place = np.unique(-score, return_inverse=True)
    true = np.bincount(place, weights=of_target, minlength=levels.size)
    false = np.bincount(place, weights=of_rest, minlength=levels.size)
    return np.concatenate([[0.0], np.cumsum(true)]), np.concatenate([[0.0], np.cumsum(false)])


def _area(true: Column, false: Column) -> float:
    return float((np.diff(false) * (true[1:] + true[:-1])).sum() / 2.0)


def posterior(
    readings: Mapping[str, bool],
    prior: Population | Mapping[str, float],
    numbers: Numbers,
    *,
    fluid: str = "",
    per_surface: bool = True,
    permeabilised: bool = False,
) -> dict[str, float]:
    """Probability of each kind for one particle, after its readings (marker -> positive or not), by Bayes.

    prior: the mixture that the particle is from, as in `panel_performance`.
    """
    panel = Panel(tuple(readings), per_surface=per_surface, permeabilised=permeabilised)
    population = prior if isinstance(prior, Population) else typical_particles(prior, numbers, fluid)
    patterns, given = _patterns(population, panel, numbers)
    seen = (patterns == np.array(list(readings.values()), dtype=bool)).all(axis=1)
    weight = population.count * given[seen][0]
    total = weight.sum()
    if not total > 0:
        raise InputError("these readings are impossible for every kind of the prior")
    kinds: dict[str, float] = {}
    for kind, share in zip(population.kind.tolist(), (weight / total).tolist(), strict=True):
        kinds[kind] = kinds.get(kind, 0.0) + share
    return kinds


def sample_readings(
    population: Population, panel: Panel, particles: int, numbers: Numbers, random: np.random.Generator
) -> tuple[NDArray[np.str_], NDArray[np.bool_]]:
    """Readings of single particles drawn from a mixture: their kinds, [particle], and readings, [particle, marker]."""
    weights = population.count / population.count.sum()
    alone = positive_share(population, panel, numbers)
    parcels = random.choice(len(population), size=particles, p=weights)
    readings = random.random((particles, len(panel.markers))) < alone[:, parcels].T
    second = random.choice(len(population), size=particles, p=weights)
    twice = random.random(particles) < numbers("coincidence_share", "dimensionless")
    also = random.random((particles, len(panel.markers))) < alone[:, second].T
    return population.kind[parcels], readings | (also & twice[:, None])


def bulk_positive(population: Population, marker: str, numbers: Numbers) -> float:
    """Probability that a blot of a whole sample shows a marker, whatever particle carries it.

    Phi(log(copies / limit) / log gsd), copies in the whole population; zero for none.
    """
    from scipy.special import ndtr

    copies = float((population.count * mean_copies(population, marker, numbers)).sum())
    if copies <= 0:
        return 0.0
    distance = math.log(copies / numbers("bulk_detection_limit", "molecule"))
    return float(ndtr(distance / math.log(numbers("bulk_detection_gsd", "dimensionless"))))
