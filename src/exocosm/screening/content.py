"""What a fluid, a tube or an isolate holds of every analyte, person by person, and by what carries it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from exocosm.errors import InputError

Array = NDArray[np.float64]

# who carries an analyte: vesicles of the tumour, of healthy tissue, of platelets; what floats free; cells of the blood
CARRIERS = ("tumour_ev", "healthy_ev", "platelet_ev", "free", "red_cell", "platelet")


@dataclass(frozen=True)
class Analyte:
    """Something an assay can read: a miRNA, a protein, or vesicles that carry a marker.

    name: as a person writes it (`miR-21-5p`, `CD9`, `CA125`).  unit: of its amount.
    """

    name: str
    kind: Literal["mirna", "protein", "vesicle", "fragment"] = "mirna"
    unit: str = "molecule"

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise InputError("a marker needs a name")


@dataclass(frozen=True, eq=False)
class Content:
    """Amounts per mL of every analyte by carrier, and vesicles per mL.

    amounts: carrier -> (people, analytes), in the unit of each analyte per mL.  vesicles: carrier -> (people,),
    vesicle/mL.  volume: mL, of what this is (fluid in the tube, eluate), one number for all.  fluid: its name.
    """

    analytes: Sequence[Analyte]
    amounts: Mapping[str, Array]
    vesicles: Mapping[str, Array]
    volume: float
    fluid: str
    notes: tuple[str, ...] = field(default=())

    @property
    def total(self) -> Array:
        """Amount per mL over all carriers.  Shape: (people, analytes)."""
        return np.asarray(sum(self.amounts.values()))

    def with_amounts(self, amounts: Mapping[str, Array], **changes: object) -> Content:
        """The same content with other amounts (and other fields)."""
        return replace(self, amounts=dict(amounts), **changes)  # type: ignore[arg-type]
