"""Rows about particles that are gone through once for all draws: the words of a field, and the markers of a fluid."""

from __future__ import annotations

from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from exocosm.bench.numbers import Ledger, Numbers
from exocosm.evidence.value import Value
from exocosm.units import convert

Array = NDArray[np.float64]

MARKER_UNIT = "molecule/particle"

_WORDS: WeakKeyDictionary[Ledger, dict[tuple[str, str, str], tuple[str, ...]]] = WeakKeyDictionary()
_MARKERS: WeakKeyDictionary[Ledger, dict[tuple[tuple[str, ...], str], MarkerTable]] = WeakKeyDictionary()


def known_words(quantity: str, field: str, numbers: Numbers, carrier: str = "") -> tuple[str, ...]:
    """`numbers.words`, kept as long as the rows are the same: going through all rows takes longer than a step."""
    kept = _WORDS.setdefault(numbers.ledger, {})
    question = (quantity, field, carrier)
    if question not in kept:
        kept[question] = numbers.words(quantity, field, carrier=carrier)
    return kept[question]


@dataclass(frozen=True, eq=False)
class MarkerTable:
    """The rows of all markers of some kinds of particles, ready to be read for any draw.

    names: markers.  rows: one Value for each pair that has one; name, place: which marker and which kind it is of.
    scale: what turns its number into molecules per particle.
    """

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    fluid: str
    rows: tuple[Value, ...]
    name: NDArray[np.intp]
    place: NDArray[np.intp]
    scale: Array
    in_draws: list[Array] = field(default_factory=list)  # filled at the first draw: [row, draw]

    def copies(self, numbers: Numbers) -> Array:
        """Mean copies per particle.  Shape: [marker, kind], zero where there is no row."""
        table = np.zeros((len(self.names), len(self.kinds)))
        if numbers.donor is not None:  # donors may differ: row by row
            found = [
                numbers(
                    "copies_per_particle",
                    MARKER_UNIT,
                    carrier=self.kinds[kind],
                    cargo=self.names[name],
                    fluid=self.fluid,
                )
                for name, kind in zip(self.name.tolist(), self.place.tolist(), strict=True)
            ]
            table[self.name, self.place] = found
        elif numbers.draw is not None:
            if not self.in_draws:
                every = [numbers.ledger.drawn_values(row) for row in self.rows]
                self.in_draws.append(np.array(every).reshape(len(self.rows), -1) * self.scale[:, np.newaxis])
            table[self.name, self.place] = self.in_draws[0][:, numbers.draw]
        else:
            table[self.name, self.place] = np.array([row.value for row in self.rows]) * self.scale
        return table


def marker_table(kinds: tuple[str, ...], fluid: str, ledger: Ledger) -> MarkerTable:
    """The markers of these kinds in a fluid, looked up once for a set of rows."""
    kept = _MARKERS.setdefault(ledger, {})
    if (kinds, fluid) not in kept:
        numbers = Numbers(ledger)
        pairs = [
            (name, place)
            for place, kind in enumerate(kinds)
            for name in known_words("copies_per_particle", "cargo", numbers, kind)
        ]
        names = tuple(dict.fromkeys(name for name, _ in pairs))
        rows = tuple(
            ledger.pinned("copies_per_particle", {"carrier": kinds[place], "cargo": name, "fluid": fluid}).value
            for name, place in pairs
        )
        kept[kinds, fluid] = MarkerTable(
            names=names,
            kinds=kinds,
            fluid=fluid,
            rows=rows,
            name=np.array([names.index(name) for name, _ in pairs], dtype=np.intp),
            place=np.array([place for _, place in pairs], dtype=np.intp),
            scale=np.array([convert(1.0, row.unit, MARKER_UNIT) for row in rows]),
        )
    return kept[kinds, fluid]
