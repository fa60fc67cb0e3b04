"""Questions to the catalogue about one analyte in one cancer, where another analyte's row must not answer in silence.

A row answers for an analyte if it names that analyte (`cargo`), else a row that is openly for its kind
(`cargo: mirna`); for a cancer if it names that cancer (`population`), else the row for `any cancer`.  A plain look-up
would rather take the measured number of another cancer than an assumed one for any, so the word is settled before the
question is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from exocosm import units
from exocosm.bench.numbers import Ledger, Numbers
from exocosm.errors import EvidenceError
from exocosm.evidence.catalogue import Catalogue
from exocosm.evidence.lookup import find
from exocosm.evidence.pin import pin
from exocosm.evidence.spread import draw
from exocosm.evidence.value import Value
from exocosm.screening.content import Analyte
from exocosm.screening.people import People, StagedNumbers

Array = NDArray[np.float64]

ANY_CANCER = "any cancer"
ORGANISM = "human"

_SETTLED: WeakKeyDictionary[Ledger, dict[tuple[object, ...], Value]] = WeakKeyDictionary()
_KNOWN: WeakKeyDictionary[Ledger, dict[tuple[object, ...], bool]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Asker:
    """Who asks: the numbers of a run, the people, and the stage that a number belongs to."""

    numbers: StagedNumbers
    people: People
    stage: str = "biology"

    @property
    def given(self) -> Numbers:
        """The numbers of the stage."""
        return self.numbers[self.stage]

    def number(
        self, quantity: str, unit: str, *, cancer: str = "", analyte: Analyte | None = None, **context: str
    ) -> float:
        """One number for all people, in `unit`.  Raises EvidenceError with what to write if there is no row."""
        row = self.row(quantity, cancer=cancer, analyte=analyte, **context)
        return float(self._drawn(row, row.id, np.zeros(1), unit)[0])

    def varied(
        self, quantity: str, unit: str, *, cancer: str = "", analyte: Analyte | None = None, of: str = "",
        each_visit: bool = False, **context: str,
    ) -> Array:  # fmt: skip
        """A number of every person, moved by the difference between subjects that its row states.  Shape: (people,).

        of: what it is a number of, where one row answers for several things that differ independently.
        """
        row = self.row(quantity, cancer=cancer, analyte=analyte, **context)
        name = self._name(row, analyte, of)
        if self.given.ledger.spread(row).variability == 0:
            return np.full(self.people.number, float(self._drawn(row, name, np.zeros(1), unit)[0]))
        return self._drawn(row, name, self.people.normals(self.stage, name, each_visit=each_visit), unit)

    def typical(
        self, quantity: str, unit: str, analyte: Analyte, *, cancer: str = "", of: str = "", **context: str
    ) -> float:
        """The same number of an analyte as `varied`, of a person in the middle."""
        row = self.row(quantity, cancer=cancer, analyte=analyte, **context)
        return float(self._drawn(row, self._name(row, analyte, of), np.zeros(1), unit)[0])

    def row(self, quantity: str, *, cancer: str = "", analyte: Analyte | None = None, **context: str) -> Value:
        """The row that answers, pinned with the path to it."""
        wanted: dict[str, Sequence[str]] = {}
        if analyte is not None:
            wanted["cargo"] = (analyte.name, analyte.kind)
        if cancer:
            wanted["population"] = (cancer, ANY_CANCER, "")
        return settled(self.given, quantity, wanted, {"organism": ORGANISM, **context})

    def knows(self, quantity: str, analyte: Analyte, **context: str) -> bool:
        """Whether there is a row that names this analyte."""
        kept = _KNOWN.setdefault(self.given.ledger, {})
        key = (quantity, analyte.name, *context.items())
        if key not in kept:
            wanted = {"cargo": (analyte.name,)}
            kept[key] = bool(_fitting(self.given, quantity, wanted, {"organism": ORGANISM, **context})[0])
        return kept[key]

    def _name(self, row: Value, analyte: Analyte | None, of: str) -> str:
        return " ".join(part for part in (row.id, analyte.name if analyte else "", of) if part)

    def _drawn(self, row: Value, name: str, scores: Array, unit: str) -> Array:
        """The row's number in this draw for scores of people; each name has an uncertainty of its own."""
        ledger, index = self.given.ledger, self.given.draw
        uncertain = 0.0 if index is None else float(ledger.scores(name)[0][index])
        found = np.asarray(draw(ledger.spread(row), uncertain, scores), dtype=float)
        return found if row.unit == unit else found * float(units.convert(1.0, row.unit, unit))


def settled(
    numbers: Numbers, quantity: str, wanted: Mapping[str, Sequence[str]], context: Mapping[str, str], row: str = ""
) -> Value:
    """The row whose words are the first of `wanted` that any row has; kept in the ledger with the path to it.

    wanted: field -> words in order of preference; an empty word means a row that names none.  row: id of the row that
    decides where several rows differ.
    Raises EvidenceError if there is none, or if two answer equally well.
    """
    kept = _SETTLED.setdefault(numbers.ledger, {})
    key = (quantity, *((field, tuple(words)) for field, words in wanted.items()), *context.items())
    if key not in kept:  # going through all rows takes longer than what is done with the answer
        kept[key] = _settled(numbers, quantity, wanted, context, row)
    return kept[key]


def _settled(
    numbers: Numbers, quantity: str, wanted: Mapping[str, Sequence[str]], context: Mapping[str, str], row: str
) -> Value:
    ledger = numbers.ledger
    rows, words = _fitting(numbers, quantity, wanted, context)
    if not rows:
        raise EvidenceError(_advice(quantity, wanted, context))
    full = {**context, **{field: word for field, word in words.items() if word}}
    question = (quantity, tuple(sorted(full.items())))
    if question not in ledger.pins:
        chosen = isinstance(ledger.choose, Mapping) and quantity in ledger.choose
        if not isinstance(ledger.choose, Mapping) and any(one.id in ledger.choose for one in rows):
            row = ""  # the user decided between the rows that differ
        own = tuple(one for one in rows if one in ledger.own)
        known = tuple(one for one in rows if one not in ledger.own and (not row or one.id == row))
        narrow = Catalogue(known, ledger.catalogue.sources, {quantity: known}, ledger.catalogue.places)
        found = find(ledger.catalogue if chosen else narrow, quantity, full, own=own, choose=ledger.choose or None)
        ledger.pins[question] = pin(" ".join([quantity, *(word for _, word in sorted(full.items()) if word)]), found)
    return ledger.pins[question].value


def _fitting(
    numbers: Numbers, quantity: str, wanted: Mapping[str, Sequence[str]], context: Mapping[str, str]
) -> tuple[tuple[Value, ...], dict[str, str]]:
    """The rows that fit the context with the first words of the wanted fields that any has, and these words.

    The first field is given up last.
    """
    every = (*numbers.ledger.own, *numbers.ledger.catalogue.index.get(quantity, ()))
    rows = tuple(row for row in every if row.quantity == quantity and _fits(row, context))
    for words in product(*wanted.values()):
        chosen = dict(zip(wanted, words, strict=True))
        here = tuple(row for row in rows if all(_names(row, field, word) for field, word in chosen.items()))
        if here:
            return here, chosen
    return (), {}


def _names(row: Value, field: str, word: str) -> bool:
    return str(getattr(row, field)).casefold() == word.casefold()


def _fits(row: Value, context: Mapping[str, str]) -> bool:
    """Whether a row is for this very context; organism and population are left to the ranking of rows."""
    return all(
        field == "organism" or not word or getattr(row, field).casefold() in ("", word.casefold())
        for field, word in context.items()
    )


def _advice(quantity: str, wanted: Mapping[str, Sequence[str]], context: Mapping[str, str]) -> str:
    asked = [f"{field} {word}" for field, word in context.items() if word]
    asked += [f"{field} {' or '.join(word or 'none' for word in words)}" for field, words in wanted.items()]
    return (
        f"{quantity} for {', '.join(asked)}: the catalogue has no such row. Give your own value with its source, or "
        "with `method: assumed` and a range that is as wide as what you do not know"
    )
