"""The numbers that the bench asks for: rows of the catalogue at their centre, or drawn, each kept with its origin.

A physics asks `numbers("pore_diameter", "nm", device="sepharose_cl_2b")` and gets one float.  At the centre that is the
row's value; in draw i of donor j it is a number drawn from the row's uncertainty (by i) and from the difference between
donors (by j).  The same row gives the same number to all who ask within a draw, whatever else is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from exocosm import units
from exocosm.errors import EvidenceError, InputError
from exocosm.evidence.catalogue import Catalogue, load_catalogue
from exocosm.evidence.lookup import find, match
from exocosm.evidence.pin import Pin, pin
from exocosm.evidence.spread import Spread, draw, spread_of
from exocosm.evidence.value import Value
from exocosm.randomness import standard_normals

MAY_BE_BORROWED = frozenset({"organism", "population"})  # on the bench no other particle, marker or device stands in
MAXIMUM_DRAWS = 100_000

Question = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, eq=False)
class Ledger:
    """Where numbers come from, and what has been asked so far.

    own: values that go before the catalogue's.  choose: quantity -> id, or ids that decide between equal rows.
    draws, donors: how many there are; seed: of all their numbers.
    """

    catalogue: Catalogue
    own: tuple[Value, ...] = ()
    choose: Mapping[str, str] | tuple[str, ...] = ()
    draws: int = 0
    donors: int = 0
    seed: int = 1
    pins: dict[Question, Pin] = field(default_factory=dict)
    drawn: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]] = field(default_factory=dict)
    typical: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    spreads: dict[str, Spread] = field(default_factory=dict)

    def pinned(self, quantity: str, context: Mapping[str, str]) -> Pin:
        """The row that answers, with the path to it; raises EvidenceError if there is none for this very thing."""
        question = (quantity, tuple(sorted(context.items())))
        if question not in self.pins:
            found = find(self.catalogue, quantity, context, own=self.own, choose=self.choose or None)
            matched = match(found.value, {name: word for name, word in context.items() if word})
            borrowed = set(matched.borrowed if matched else ()) - MAY_BE_BORROWED
            if borrowed:
                asked = ", ".join(f"{name} {word}" for name, word in context.items() if word)
                wrong = " and ".join(sorted(borrowed))
                raise EvidenceError(
                    f"{quantity} for {asked}: the nearest row is '{found.value.id}', of another {wrong}"
                    "; on the bench it does not stand in. Give your own value with its source, or `method: assumed` "
                    "with a range"
                )
            name = " ".join([quantity, *(word for _, word in sorted(context.items()) if word)])
            self.pins[question] = pin(name, found)
        return self.pins[question]

    def scores(self, row: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Standard normal scores of a row: for every draw, and for every donor."""
        if row not in self.drawn:
            uncertain = standard_normals(self.seed, "bench uncertainty", range(max(self.draws, 1)), [row])[:, 0]
            varying = standard_normals(self.seed, "bench donor", range(max(self.donors, 1)), [row])[:, 0]
            self.drawn[row] = (uncertain, varying)
        return self.drawn[row]

    def spread(self, row: Value) -> Spread:
        """The two-level spread of a row."""
        if row.id not in self.spreads:
            self.spreads[row.id] = spread_of(row)
        return self.spreads[row.id]

    def drawn_values(self, row: Value) -> NDArray[np.float64]:
        """The values of a row in every draw, in the unit of the row, at the typical donor."""
        if row.id not in self.typical:
            self.typical[row.id] = np.atleast_1d(draw(self.spread(row), self.scores(row.id)[0]))
        return self.typical[row.id]


class Numbers:
    """The numbers of one run: `numbers(quantity, unit, carrier=..., fluid=..., device=..., cargo=...)`."""

    __slots__ = ("_known", "donor", "draw", "ledger")

    def __init__(self, ledger: Ledger, draw: int | None = None, donor: int | None = None) -> None:
        for what, index, size in (("draw", draw, ledger.draws), ("donor", donor, ledger.donors)):
            if index is not None and not 0 <= index < size:
                raise InputError(f"there is no {what} {index}; there are {size}, counted from 0")
        self.ledger, self.draw, self.donor = ledger, draw, donor
        self._known: dict[tuple[str, str, tuple[tuple[str, str], ...]], float] = {}

    def __call__(self, quantity: str, unit: str, **context: str) -> float:
        """The number in `unit`; raises EvidenceError if no row is for this very thing, UnitError for a wrong unit."""
        key = (quantity, unit, tuple(context.items()))
        known = self._known.get(key)
        if known is None:
            row = self.ledger.pinned(quantity, context).value
            value = self._of(row)
            known = self._known[key] = value if row.unit == unit else units.convert(value, row.unit, unit)
        return known

    def has(self, quantity: str, **context: str) -> bool:
        """Whether there is a row for this very thing (asking for nothing)."""
        try:
            self.ledger.pinned(quantity, context)
        except EvidenceError:
            return False
        return True

    def words(self, quantity: str, field: str, **context: str) -> tuple[str, ...]:
        """The words of one field (`carrier`, `device` ...) among the rows of a quantity that fit the context."""
        rows = (*self.ledger.own, *self.ledger.catalogue.index.get(quantity, ()))
        fitting = [row for row in rows if row.quantity == quantity and _fits(row, context)]
        return tuple(dict.fromkeys(getattr(row, field) for row in fitting if getattr(row, field)))

    def centre(self) -> Numbers:
        """The same numbers at their central values."""
        return Numbers(self.ledger)

    def drawn(self, draw: int, donor: int | None = None) -> Numbers:
        """The same numbers in a draw, for one donor (None: a typical one)."""
        return Numbers(self.ledger, draw, donor)

    def _of(self, row: Value) -> float:
        if self.draw is None and self.donor is None:
            return row.value
        if self.donor is None:
            return float(self.ledger.drawn_values(row)[self.draw])
        uncertain, varying = self.ledger.scores(row.id)
        z_uncertain = 0.0 if self.draw is None else float(uncertain[self.draw])
        return float(draw(self.ledger.spread(row), z_uncertain, float(varying[self.donor])))


def _fits(row: Value, context: Mapping[str, str]) -> bool:
    return all(not word or getattr(row, name).casefold() in ("", word.casefold()) for name, word in context.items())


def bench_numbers(
    catalogue: Catalogue | None = None,
    *,
    own: Sequence[Value] = (),
    choose: Mapping[str, str] | Sequence[str] = (),
    draws: int = 0,
    donors: int = 0,
    seed: int = 1,
) -> Numbers:
    """The numbers of the shipped catalogue (or another) at their centre, ready to be drawn.

    own: values that go before the catalogue's.  choose: rows that are taken whatever else there is.
    """
    if not (0 <= draws <= MAXIMUM_DRAWS and 0 <= donors <= MAXIMUM_DRAWS):
        raise InputError(f"0 to {MAXIMUM_DRAWS} draws and donors, not {draws} and {donors}")
    chosen = choose if isinstance(choose, Mapping) else tuple(choose)
    return Numbers(Ledger(catalogue or load_catalogue(), tuple(own), chosen, draws, donors, seed))
