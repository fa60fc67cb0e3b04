"""Numbers that every analyte has of its own: copies in a cell, bias of a ligation, efficiency of a primer pair."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from exocosm.bench.numbers import Numbers
from exocosm.evidence.spread import draw
from exocosm.randomness import standard_normals
from exocosm.screening.content import Analyte

Array = NDArray[np.float64]

SPIKE_IN = Analyte("spike-in")  # a synthetic miRNA added to the lysate
OTHER_RNA = Analyte("other small RNA")  # all small RNA that nobody asked for, and that shares a library
APART = (SPIKE_IN.name, OTHER_RNA.name)


def of_each(numbers: Numbers, quantity: str, unit: str, names: Sequence[str], **context: str) -> Array:
    """A number of every analyte: the row of its name (`cargo`), or the general row.

    What is unknown about a general row is unknown for each analyte apart: in a draw they differ from one another, and
    are the same for all people; at the centre they are equal.  In `unit`.  Shape: (analytes,).
    """
    return np.array([_of_one(numbers, quantity, unit, name, context) for name in names])


def _of_one(numbers: Numbers, quantity: str, unit: str, name: str, context: dict[str, str]) -> float:
    row = numbers.ledger.pinned(quantity, {**context, "cargo": name}).value
    if row.cargo or numbers.draw is None:
        return numbers(quantity, unit, **context, cargo=name)
    from exocosm import units

    score = standard_normals(numbers.ledger.seed, "bench uncertainty", [numbers.draw], [f"{row.id} {name}"])[0, 0]
    return float(units.convert(float(draw(numbers.ledger.spread(row), score)), row.unit, unit))
