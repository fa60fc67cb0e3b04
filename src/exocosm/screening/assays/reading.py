"""What an assay says of every person's sample, and what the assays have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from exocosm.errors import InputError
from exocosm.screening.assays.of_analytes import APART
from exocosm.screening.content import Content

Array = NDArray[np.float64]
Claims = NDArray[np.bool_]

MICROLITRE = 1e-3  # mL


@dataclass(frozen=True, eq=False)
class Reading:
    """Signals on a log2 scale, higher = more.

    analytes: names, in the order of the columns.  signal: (people, analytes), in `unit`.  censored: where nothing could
    be told from none; the signal is then the highest that it may be, and no measurement.  saturated: where the signal
    stands at the upper end of the assay, and is the lowest that it may be.  limit: (analytes,), the least signal that
    counts at the usual reaction, before any normalisation.  apart: what was read beside the analytes (`spike-in`,
    `total`), name -> (people,); apart_censored: the same.  failed: (people,), whose reference could not be read; all
    their signals are censored.
    """

    assay: str
    analytes: tuple[str, ...]
    signal: Array
    censored: Claims
    saturated: Claims
    limit: Array
    unit: str
    apart: Mapping[str, Array] = field(default_factory=dict)
    apart_censored: Mapping[str, Claims] = field(default_factory=dict)
    failed: Claims = field(default_factory=lambda: np.zeros(0, dtype=bool))
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Columns:
    """The analytes of a content that an assay reads: names, places among the content's analytes, amount per mL.

    amount: (people, names).  own: number of names that are analytes; those after them are read apart.
    """

    names: tuple[str, ...]
    places: tuple[int, ...]
    amount: Array
    own: int


def reading_of(
    columns: Columns, assay: str, signal: Array, censored: Claims, saturated: Claims, limit: Array, unit: str,
    notes: tuple[str, ...],
) -> Reading:  # fmt: skip
    """A reading from tables of all columns: those of the analytes, and the others apart, by name."""
    own, names = columns.own, columns.names
    return Reading(
        assay=assay, analytes=names[:own], signal=signal[:, :own], censored=censored[:, :own],
        saturated=saturated[:, :own], limit=limit[:own], unit=unit,
        apart={name: signal[:, place] for place, name in enumerate(names) if place >= own},
        apart_censored={name: censored[:, place] for place, name in enumerate(names) if place >= own},
        failed=np.zeros(len(signal), dtype=bool), notes=notes,
    )  # fmt: skip


def columns_of(content: Content, kinds: Sequence[str], assay: str, apart: Sequence[str] = APART) -> Columns:
    """The columns of these kinds, what is read apart behind them.  Errors: InputError if there are none."""
    of_kind = [place for place, one in enumerate(content.analytes) if one.kind in kinds]
    own = [place for place in of_kind if content.analytes[place].name not in APART]
    if not own:
        given = ", ".join(f"{one.name} ({one.kind})" for one in content.analytes) or "nothing"
        raise InputError(f"{assay} reads {' and '.join(kinds)}; the sample holds {given}")
    beside = [place for place in of_kind if content.analytes[place].name in apart]
    places = (*own, *beside)
    names = tuple(content.analytes[place].name for place in places)
    return Columns(names, places, content.total[:, places], len(own))


def taken(content: Content, microlitres: float) -> float:
    """Volume that goes into a reaction, in mL: what is asked, or all there is."""
    return min(microlitres * MICROLITRE, content.volume)


def log2_or_bound(value: Array, bound: Array | float, censored: Claims) -> Array:
    """log2 of what was measured, and of the bound where nothing was."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log2(np.where(censored, bound, value)))
