"""From the signals of a panel to one score and a yes or no: weights given, directions given, or trained.

Whatever is learned - centre and spread of each marker, weights, threshold - is learned on the training half.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from exocosm.errors import InputError, nearest
from exocosm.randomness import uniforms
from exocosm.screening.cohort import CONTROLS, CohortScores, CohortSignals

Array = NDArray[np.float64]
Claims = NDArray[np.bool_]
Training = Literal["linear discriminant", "logistic"]

DIRECTIONS = {"up": 1.0, "down": -1.0}
SHRINKAGE = 0.1  # of the covariance towards equal, unrelated markers; keeps weights finite where markers repeat others
PENALTY = 1.0  # scikit-learn's C of the logistic regression
LEAST_PEOPLE = 2  # of a kind, for anything to be learned from them


@dataclass(frozen=True, eq=False)
class Scaling:
    """How signals are put on one scale: (signal - centre) / scale, a censored one without a number at its limit.

    All arrays: (markers,).
    """

    centre: Array
    scale: Array
    limits: Array
    is_constant: Claims

    def of(self, signals: Array, censored: Claims) -> Array:
        """Signals on the common scale.  Shapes: (people, markers)."""
        return np.asarray((np.where(censored & ~np.isfinite(signals), self.limits, signals) - self.centre) / self.scale)


@dataclass(frozen=True, eq=False)
class Panel:
    """A test: score = sum of weight x signal on its scale over the markers; positive above the threshold.

    weights: (markers,).  specificity: share of the training controls that the threshold was to leave negative, at
    least.  how: in words.
    """

    markers: tuple[str, ...]
    weights: Array
    scaling: Scaling
    threshold: float
    specificity: float
    how: str
    notes: tuple[str, ...] = field(default=())

    def score(self, signals: Array, censored: Claims) -> Array:
        """The score of everybody; a censored signal counts at its limit.  Shapes: (people, markers) -> (people,)."""
        return np.asarray(self.scaling.of(signals, censored) @ self.weights)

    def scoring(self, measured: tuple[str, ...]) -> Callable[[Array, Claims], Array]:
        """The same for tables whose columns are these markers, in another order or with others beside them."""
        wrong = [name for name in self.markers if name not in measured]
        if wrong:
            raise InputError(f"the panel needs {wrong[0]}, which is not measured ({nearest(wrong[0], measured)})")
        columns = [measured.index(name) for name in self.markers]
        return lambda signals, censored: self.score(signals[:, columns], censored[:, columns])

    def scores(self, signals: CohortSignals) -> CohortScores:
        """The scores of a cohort."""
        return CohortScores(signals.members, self.scoring(signals.markers)(signals.signals, signals.censored))

    def is_positive(self, scores: Array) -> Claims:
        """Who tests positive."""
        return np.asarray(scores > self.threshold)


def weighted_panel(signals: CohortSignals, weights: Mapping[str, float], specificity: float) -> Panel:
    """A panel of given weights on the signals as they are (log2); only the threshold comes from the training controls.

    signals: the whole cohort, or its training half.
    """
    _expect_markers(weights, signals)
    chosen = signals.of_markers(list(weights)).half(training=True)
    size = len(weights)
    as_is = Scaling(np.zeros(size), np.ones(size), _lowest(chosen), np.full(size, False))
    numbers = np.array([float(weight) for weight in weights.values()])
    if not np.all(np.isfinite(numbers)):
        raise InputError(f"the weights of a panel are numbers, not {', '.join(map(str, weights.values()))}")
    panel = Panel(tuple(weights), numbers, as_is, np.inf, specificity, "weights given")
    return with_threshold(panel, chosen, specificity)


def signed_panel(signals: CohortSignals, directions: Mapping[str, Literal["up", "down"]], specificity: float) -> Panel:
    """The sum of the markers' z-scores, each in its stated direction; means and sds are those of the training half."""
    _expect_markers(directions, signals)
    wrong = [f"{name}: {word}" for name, word in directions.items() if word not in DIRECTIONS]
    if wrong:
        raise InputError(f"a marker goes 'up' or 'down' in cancer, not {wrong[0]}")
    chosen = signals.of_markers(list(directions)).half(training=True)
    signs = np.array([DIRECTIONS[word] for word in directions.values()])
    panel = _panel(chosen, signs, scaling_of(chosen), specificity, "directions given")
    return with_threshold(panel, chosen, specificity)


def trained_panel(
    signals: CohortSignals,
    specificity: float,
    method: Training = "linear discriminant",
    markers: tuple[str, ...] | None = None,
) -> Panel:
    """A panel whose weights tell cases from healthy controls of the training half.

    linear discriminant: w = S^-1 (mean of cases - mean of controls), S the pooled covariance, shrunk.  logistic:
    regression with a ridge penalty, both classes of equal weight.  On markers standardised on the training half.
    Errors: InputError with fewer than two people of a kind.
    """
    chosen = signals.of_markers(markers if markers is not None else signals.markers).half(training=True)
    if not chosen.markers:
        raise InputError("a panel has at least one marker")
    case, control = chosen.members.is_case, chosen.members.of_arm(CONTROLS)
    if min(int(case.sum()), int(control.sum())) < LEAST_PEOPLE:
        raise InputError(f"a panel is trained on at least {LEAST_PEOPLE} cases and {LEAST_PEOPLE} healthy controls")
    scaling, who = scaling_of(chosen), case | control
    weights = _fitted(scaling.of(chosen.signals[who], chosen.censored[who]), case[who], method)
    return with_threshold(_panel(chosen, weights, scaling, specificity, method), chosen, specificity)


def with_threshold(panel: Panel, signals: CohortSignals, specificity: float) -> Panel:
    """The panel with the least threshold that leaves this share of the healthy training controls negative, or more."""
    if not 0.0 < specificity < 1.0:
        raise InputError(f"a specificity lies between 0 and 1, not {specificity:g}")
    scores = panel.scores(signals.half(training=True)).of(CONTROLS)
    if scores.size < LEAST_PEOPLE:
        raise InputError(f"a threshold needs at least {LEAST_PEOPLE} healthy controls in the training half")
    notes = panel.notes
    if scores.size * (1.0 - specificity) < 1.0:
        notes += (
            f"{scores.size} training controls are too few for a specificity of {specificity:g}: the threshold is the "
            "highest score among them",
        )
    threshold = float(np.quantile(scores, specificity, method="inverted_cdf"))
    return replace(panel, threshold=threshold, specificity=specificity, notes=notes)


def with_shuffled_labels(signals: CohortSignals, seed: int = 1) -> CohortSignals:
    """The same signals with the names of cases and healthy controls dealt out anew among them.

    Whatever is then trained and tested must find nothing: an AUC of 0.5 on the half held out, within its interval.
    """
    members = signals.members
    who = np.flatnonzero(members.is_case | members.of_arm(CONTROLS))
    order = who[np.argsort(uniforms(seed, "shuffled labels", np.arange(who.size), ["order"])[:, 0], kind="stable")]
    dealt = {}
    for name in ("arm", "is_case", "stage"):
        was = getattr(members, name)
        dealt[name] = was.copy()
        dealt[name][who] = was[order]
    return replace(signals, members=replace(members, **dealt))


def scaling_of(signals: CohortSignals) -> Scaling:
    """Mean and sd of each marker in the cases and healthy controls of the training half; a constant one keeps sd 1.

    limits: the lowest number seen of a marker, the nearest to a limit where the assay gave none.
    """
    chosen = signals.half(training=True)
    who = chosen.members.is_case | chosen.members.of_arm(CONTROLS)
    if who.sum() < LEAST_PEOPLE:
        raise InputError(f"the training half holds fewer than {LEAST_PEOPLE} cases and healthy controls")
    size, limits = len(chosen.markers), _lowest(chosen)
    plain = Scaling(np.zeros(size), np.ones(size), limits, np.full(size, False))
    table = plain.of(chosen.signals[who], chosen.censored[who])
    sd = table.std(axis=0)
    constant = sd <= np.sqrt(np.finfo(float).eps) * np.abs(table).max(axis=0)
    return Scaling(table.mean(axis=0), np.where(constant, 1.0, sd), limits, constant)


def _lowest(chosen: CohortSignals) -> Array:
    seen = np.where(np.isfinite(chosen.signals), chosen.signals, np.inf).min(axis=0, initial=np.inf)
    return np.where(np.isfinite(seen), seen, 0.0)


def _panel(chosen: CohortSignals, weights: Array, scaling: Scaling, specificity: float, how: str) -> Panel:
    """A panel without its threshold; markers that never varied get no weight, and a note."""
    notes = tuple(
        f"{name} is the same in all people of the training half and says nothing"
        for name, is_so in zip(chosen.markers, scaling.is_constant, strict=True)
        if is_so
    )
    return Panel(chosen.markers, np.where(scaling.is_constant, 0.0, weights), scaling, np.inf, specificity, how, notes)


def _fitted(table: Array, is_case: Claims, method: str) -> Array:
    if method == "linear discriminant":
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

        model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=SHRINKAGE, priors=[0.5, 0.5])
    elif method == "logistic":
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression(C=PENALTY, class_weight="balanced", max_iter=1000)
    else:
        raise InputError(f"a panel is trained by 'linear discriminant' or 'logistic', not '{method}'")
    return np.asarray(model.fit(table, is_case).coef_[0], dtype=float)


def _expect_markers(given: Mapping[str, object], signals: CohortSignals) -> None:
    if not given:
        raise InputError("a panel has at least one marker")
    wrong = [name for name in given if name not in signals.markers]
    if wrong:
        raise InputError(f"no signal of '{wrong[0]}' was measured ({nearest(wrong[0], signals.markers)})")
