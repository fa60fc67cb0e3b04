"""A made-up model of loaded exosomes against a tumour, and its smaller and larger relatives, for timing only.

Every number here is invented: plausible in size and unit, taken from no source, and good for nothing but load.  What
is meant to be real is the shape of the work: vesicle classes in plasma, lymph and organs (vascular, interstitial, taken
up by cells), which compete for shared receptors; receptor binding; micro-RNA that binds messenger RNA whose protein
holds back its own transcription with a fractional power; a drug with a target; a tumour that grows by Gompertz' law and
is killed with a Hill coefficient that is no whole number; a chain of immune cells.  Time scales run from seconds (blood
through the lungs) to months.  `made_up_model()` has 75 states; `family(states)` has the sizes of SIZES.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.pieces import (
    SPREAD,
    body,
    class_names,
    drug,
    immunity,
    organ,
    organ_names,
    receptor,
    silencing,
    tumour,
)
from exocosm.engines.contract import Dose, Schedule
from exocosm.network.parts import Model

WEEK = 168.0  # hours
WEEKS = 12
SEED = 20310401


@dataclass(frozen=True)
class Size:
    """How much of everything a model holds."""

    organs: int
    classes: int
    receptors: int  # organs with receptors that bind vesicles
    rna: int  # organs in which the cargo silences a messenger RNA
    drug: bool = True


# states = 3 organs classes + 2 classes + receptors (1 + classes) + 4 rna + 5 drug + 4 tumour + 6 immune cells
SIZES: Mapping[int, Size] = {
    20: Size(organs=2, classes=1, receptors=1, rna=0, drug=False),
    50: Size(organs=4, classes=2, receptors=1, rna=1),
    75: Size(organs=7, classes=2, receptors=2, rna=2),
    100: Size(organs=7, classes=3, receptors=2, rna=2),
    200: Size(organs=11, classes=4, receptors=5, rna=5),
    350: Size(organs=15, classes=6, receptors=3, rna=8),
    500: Size(organs=16, classes=8, receptors=5, rna=10),
}


def family(states: int) -> Model:
    """The relative with this many states (a key of SIZES)."""
    size = SIZES[states]
    classes, organs = class_names(size.classes), organ_names(size.organs)
    shed = classes[min(1, len(classes) - 1)]
    pieces = [
        *(organ(name, place, classes, organs) for place, name in enumerate(organs)),
        *(receptor(name, classes) for name in organs[: size.receptors]),
        *(silencing(name) for name in organs[: size.rna]),
        *([drug()] if size.drug else []),
        tumour(shed, size.drug, size.rna > 0),
        immunity(classes, shed),
    ]
    return sum(pieces, body(classes)).named(f"made up, {states} states")


def made_up_model() -> Model:
    """The model of 75 states."""
    return family(75)


def weekly_doses(observations: int = 200, weeks: int = WEEKS) -> Schedule:
    """A bolus of loaded vesicles into plasma every week, looked at in equal steps up to the last hour."""
    end = weeks * WEEK
    times = tuple(float(time) for time in np.linspace(end / observations, end, observations))
    return Schedule(end, times, (Dose("loaded@plasma", "dose", tuple(WEEK * week for week in range(weeks))),))


def cohort(model: Model, subjects: int) -> dict[str, NDArray[np.float64]]:
    """Lognormal parameter values per subject; the first subjects are the same in a cohort of any size."""
    scores = np.random.default_rng(SEED).standard_normal((subjects, len(model.parameters)))
    values = {}
    for place, one in enumerate(model.parameters):
        assert one.value is not None
        sigma = np.sqrt(np.log1p(float(one.context[SPREAD]) ** 2))
        values[one.name] = one.value * np.exp(sigma * scores[:, place])
    return values
