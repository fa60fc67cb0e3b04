"""From a person and a tumour's size to the signals of a test: biology, handling, isolation and assay in a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from exocosm.bench.protocol import Protocol
from exocosm.errors import InputError
from exocosm.screening.assays.of_analytes import APART
from exocosm.screening.assays.registry import find_assay
from exocosm.screening.assays.tube import tube_to_signal
from exocosm.screening.background import healthy_content
from exocosm.screening.content import Analyte, Content
from exocosm.screening.handling import UNTOUCHED, Handling, handled
from exocosm.screening.isolation import isolated
from exocosm.screening.people import People, StagedNumbers
from exocosm.screening.tumour import cell_density, cells_of, growth_of
from exocosm.screening.tumour_content import Burden, with_tumour

Array = NDArray[np.float64]
Claims = NDArray[np.bool_]
TumourSignal = Literal["shed", "reported", "both"]

EXACT = "none"  # no assay: amounts are read without error
LEAST = 1e-300  # amounts below it have no logarithm


@dataclass(frozen=True)
class TubeTest:
    """A test of a body fluid: what is taken, how it is handled and isolated, and how it is read.

    cancer: whose tumours are looked for.  volume: mL of the fluid.  protocol: None where nothing is isolated.
    assay: its word, or `none` (amounts are read without error).  tumour_signal: `shed`, what the tumour's vesicles
    bring; `reported`, what studies report wherever it comes from; `both`: the larger part of it.
    """

    cancer: str
    fluid: str
    volume: float
    analytes: tuple[Analyte, ...]
    protocol: Protocol | None = None
    handling: Handling | None = None
    assay: str = EXACT
    settings: Any = None
    tumour_signal: TumourSignal = "both"

    def __post_init__(self) -> None:
        taken = [name for name in self.markers if name in APART]
        if taken:
            raise InputError(f"'{taken[0]}' is what the assay brings in by itself, and no marker; take another name")

    @property
    def markers(self) -> tuple[str, ...]:
        """The names of what is read, in the order of the signals."""
        return tuple(analyte.name for analyte in self.analytes)

    def of_cancer(self, cancer: str) -> TubeTest:
        """The same test for people with another cancer."""
        return replace(self, cancer=cancer)


def signals(
    test: TubeTest, numbers: StagedNumbers, people: People, diameter: Array, has_tumour: Claims
) -> tuple[Array, Claims]:
    """What the test says of people whose tumours have these diameters (mm): log2, higher = more; what is censored.

    Shapes: diameter, has_tumour (people,) -> (people, markers) each.
    """
    content = content_of(test, numbers, people, diameter, has_tumour)
    handling = test.handling or UNTOUCHED
    if test.assay == EXACT:
        kept = handled(content, handling, numbers, people)
        if test.protocol is not None:
            kept = isolated(kept, test.protocol, numbers, people, test.volume, extraction=None)
        total = kept.total
        return np.log2(np.maximum(total, LEAST)), total <= 0.0
    given = test.settings if test.settings is not None else find_assay(test.assay).Settings()
    reading = tube_to_signal(
        content, numbers, people, assay=test.assay, volume=test.volume, protocol=test.protocol, handling=handling,
        settings=given,
    )  # fmt: skip
    order = [reading.analytes.index(name) for name in test.markers]
    return reading.signal[:, order], reading.censored[:, order]


def content_of(
    test: TubeTest, numbers: StagedNumbers, people: People, diameter: Array, has_tumour: Claims
) -> Content:  # fmt: skip
    """The fluid of people with tumours of these diameters (mm), as it leaves the body."""
    healthy = healthy_content(test.analytes, test.fluid, numbers, people, volume=test.volume)
    if not np.any(has_tumour):
        return healthy
    burden = burden_of(test.cancer, numbers, people, np.where(has_tumour, diameter, 0.0))
    if test.tumour_signal == "shed":
        return with_tumour(healthy, burden, numbers, people)
    return with_tumour(healthy, burden, numbers, people, reported=True)


def burden_of(cancer: str, numbers: StagedNumbers, people: People, diameter: Array) -> Burden:
    """The tumours of these diameters (mm), each growing at its own rate (ln 2 / doubling time)."""
    cells = cells_of(diameter, cell_density(numbers["biology"]))
    return Burden(cells, growth_of("exponential", cancer, numbers, people).rate_at(cells), cancer)


def missing_kinds(test: TubeTest) -> Sequence[str]:
    """Markers that the assay of the test does not read."""
    if test.assay == EXACT:
        return ()
    kinds = find_assay(test.assay).ANALYTES
    return tuple(analyte.name for analyte in test.analytes if analyte.kind not in kinds)
