"""A plain stand-in for biology, tube and assay: signals whose distribution is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from exocosm.screening.at_diagnosis import CancerAtDiagnosis, Stage
from exocosm.screening.cohort import Chain
from exocosm.screening.people import People


@pytest.fixture(scope="session")
def cancer() -> CancerAtDiagnosis:
    """A cancer of two stages, with round numbers."""
    stages = (Stage("I", 0.25, 15.0, 0.4), Stage("II", 0.75, 40.0, 0.4))
    return CancerAtDiagnosis("tested cancer", stages, 2.0, 200.0, 100.0, 0.5, 0.01, 5.0)


@pytest.fixture(scope="session")
def other_cancer() -> CancerAtDiagnosis:
    """A cancer without stages."""
    return CancerAtDiagnosis("other cancer", (Stage("", 1.0, 30.0, 0.3),), 2.0, 200.0, 100.0, 0.5, 0.01, 5.0)


@pytest.fixture(scope="session")
def chain_of() -> Callable[..., Chain]:
    """Normal signals: slope[k] ln(1 + diameter in mm) + biology (a person's own) + assay (new at each visit)."""

    def make(*slopes: float, biology: float = 1.0, assay: float = 0.0) -> Chain:
        def chain(people: People, diameter: np.ndarray, has_tumour: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            columns = []
            for number, slope in enumerate(slopes):
                own = biology * people.normals("biology", f"background {number}")
                new = assay * people.normals("assay", f"noise {number}", each_visit=True)
                columns.append(slope * np.where(has_tumour, np.log1p(diameter), 0.0) + own + new)
            signals = np.stack(columns, axis=1)
            return signals, np.full(signals.shape, False)

        return chain

    return make
