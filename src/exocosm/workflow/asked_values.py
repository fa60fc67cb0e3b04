"""The values that a run has asked for: as rows for its tables, and with their numbers in every draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from exocosm.bench.numbers import Ledger
from exocosm.evidence.lookup import TRUST
from exocosm.evidence.pin import Pin
from exocosm.evidence.spread import central_95, draw
from exocosm.evidence.value import CONTEXT, Value

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
COLUMNS = ("name", "value", "unit", "low", "high", "between_donors", "method", "trust", "row", "source", "locator",
           "status", "note", "path")  # fmt: skip


def drawn_values(ledger: Ledger) -> dict[str, tuple[Pin, Array]]:
    """Every uncertain value that was drawn, with its numbers in every draw, by its name.

    A row that answers for several things that differ independently is there once for each of them.
    """
    found: dict[str, tuple[Pin, Array]] = {}
    if not ledger.draws:
        return found
    pins: dict[str, list[Pin]] = {}
    for one in ledger.pins.values():
        pins.setdefault(one.value.id, []).append(one)
    for name, (uncertain, _) in ledger.drawn.items():
        row, _, of = name.partition(" ")
        asked = pins.get(row)
        if asked is None or ledger.spread(asked[0].value).uncertainty == 0:
            continue
        # a row that answers several questions goes by its own words, not by those of one of the questions
        told = asked[0].name if len({one.name for one in asked}) == 1 else _own_name(asked[0].value)
        found[f"{told} ({of})" if of else told] = (
            asked[0], np.atleast_1d(draw(ledger.spread(asked[0].value), uncertain)),
        )  # fmt: skip
    return found


def _own_name(row: Value) -> str:
    return " ".join([row.quantity, *(word for word in (getattr(row, field) for field in CONTEXT) if word)])


def value_rows(ledger: Ledger) -> pd.DataFrame:
    """Every value that was asked for, with its 95 %, how it was found and where, the least trusted first."""
    import pandas as pd

    order = {word: place for place, word in enumerate(TRUST)}
    rows = []
    for each in sorted(ledger.pins.values(), key=lambda pin: (-order.get(pin.trust, 0), pin.name)):
        spread = ledger.spread(each.value)
        low, high = central_95(spread)
        row = each.value
        rows.append(
            (each.name, row.value, row.unit, low, high, spread.variability, row.method, each.trust, row.id, row.source,
             row.locator, row.status, row.note, " ".join(each.path))
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))
