"""A number from a formula and rows of evidence: its centre, its 95 % range over draws, and what moves it most."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exocosm import units
from exocosm.bench.design.examine import interval
from exocosm.bench.influence import Influence, ranked
from exocosm.bench.numbers import Ledger, Numbers, bench_numbers
from exocosm.evidence.pin import Pin
from exocosm.evidence.spread import draw, spread_of

DRAWS = 2000  # of a formula: enough for limits that do not wobble

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Asked:
    """A number that a formula needs: quantity, unit, and of what."""

    quantity: str
    unit: str
    context: Mapping[str, str]


@dataclass(frozen=True)
class Estimate:
    """A number with its unit, the central 95 % of what is not known of it, the rows used, and what moves it most."""

    value: float
    low: float
    high: float
    unit: str
    pins: tuple[Pin, ...]
    influences: tuple[Influence, ...]

    @property
    def dominating(self) -> Influence | None:
        """The value that moves the result most; None if nothing in it is uncertain."""
        return self.influences[0] if self.influences else None

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "value": self.value, "low": self.low, "high": self.high, "unit": self.unit,
            "moved_most_by": [
                {"row": one.pin.value.id, "quantity": one.pin.value.quantity, "trust": one.pin.trust,
                 "rank_correlation": one.rank_correlation}
                for one in self.influences
            ],
            "values": [
                {"row": pin.value.id, "quantity": pin.value.quantity, "value": pin.value.value,
                 "unit": pin.value.unit, "trust": pin.trust, "source": pin.value.source}
                for pin in self.pins
            ],
        }  # fmt: skip


def estimate(
    formula: Callable[..., Any], asked: Mapping[str, Asked], unit: str, numbers: Numbers | None = None
) -> Estimate:
    """A formula of numbers from the catalogue, each given by its name, over all draws at once.

    formula: plain arithmetic that takes floats and arrays alike.  numbers: default the shipped catalogue.
    """
    given = numbers.ledger if numbers is not None else bench_numbers().ledger
    ledger = Ledger(given.catalogue, given.own, given.choose, max(given.draws, DRAWS), 0, given.seed)
    centre, drawn = {}, {}
    for name, each in asked.items():
        pin = ledger.pinned(each.quantity, each.context)
        spread = spread_of(pin.value)
        centre[name] = units.convert(pin.value.value, pin.value.unit, each.unit)
        values = np.atleast_1d(draw(spread, ledger.scores(pin.value.id)[0]))
        drawn[name] = values * units.convert(1.0, pin.value.unit, each.unit)
    over = np.broadcast_to(np.asarray(formula(**drawn), dtype=float), (ledger.draws,))
    low, high = interval(over)
    pins = tuple({pin.value.id: pin for pin in ledger.pins.values()}.values())
    return Estimate(float(formula(**centre)), low, high, unit, pins, ranked(ledger, over))
