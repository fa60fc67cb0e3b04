"""Organ tables: which organs a body has, how their vessels are, and where their blood goes.

The tables stand in `knowledge/organs/<organism>.csv` (structure only); every number of an organ is a row of the
evidence catalogue with that organ as context.
"""

from __future__ import annotations

import csv
from functools import lru_cache
from importlib.resources import files

from exocosm.errors import InputError, nearest
from exocosm.mechanisms.system import Organ

COLUMNS = ("organ", "capillary", "drains_to", "phagocytes")
CAPILLARIES = ("continuous", "fenestrated", "sinusoidal", "tight", "leaky")


def organisms() -> tuple[str, ...]:
    """The organisms that have an organ table."""
    folder = files("exocosm.knowledge").joinpath("organs")
    return tuple(sorted(entry.name[:-4] for entry in folder.iterdir() if entry.name.endswith(".csv")))


@lru_cache(maxsize=32)
def organ_table(organism: str, tumour: bool = True) -> tuple[Organ, ...]:
    """The organs of an organism in table order, with the tumour as one more organ if there is one."""
    if organism not in organisms():
        raise InputError(f"there is no organ table for '{organism}'; {nearest(organism, organisms())}")
    text = files("exocosm.knowledge").joinpath("organs", f"{organism}.csv").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    if not rows or tuple(rows[0]) != COLUMNS:
        raise InputError(f"organs/{organism}.csv must have the columns {', '.join(COLUMNS)}")
    organs = [Organ(row["organ"], row["capillary"], row["drains_to"], row["phagocytes"] == "yes") for row in rows]
    if tumour:
        organs.append(Organ("tumour", "leaky", "venous", False))
    names = {organ.name for organ in organs}
    for organ in organs:
        if organ.capillary not in CAPILLARIES:
            raise InputError(
                f"organs/{organism}.csv: {organ.name} has vessels '{organ.capillary}'; "
                f"{nearest(organ.capillary, CAPILLARIES)}"
            )
        if organ.drains_to not in names | {"venous", "arterial"}:
            raise InputError(f"organs/{organism}.csv: {organ.name} drains to '{organ.drains_to}', which is no organ")
    return tuple(organs)
