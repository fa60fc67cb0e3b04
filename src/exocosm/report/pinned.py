"""The rows of evidence behind an answer of the bench: in words, and as a page lists them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from exocosm.evidence.pin import Pin
from exocosm.evidence.spread import central_95, spread_of
from exocosm.report.isolation_figures import kind_in_words
from exocosm.report.numbers import readable


def named(pin: Pin) -> str:
    """A value in words: its quantity and of what."""
    row = pin.value
    parts = [readable(row.quantity)]
    parts += [f"of {kind_in_words(row.carrier)}"] if row.carrier else []
    parts += [f"({readable(row.cargo)})"] if row.cargo else []
    parts += [f"in {readable(row.fluid)}"] if row.fluid else []
    parts += [f"for {readable(row.device)}"] if row.device else []
    return " ".join(parts)


def value_rows(pins: Iterable[Pin]) -> list[dict[str, Any]]:
    """The rows of evidence behind pins, each once, as a page lists them."""
    rows = {}
    for pin in pins:
        low, high = central_95(spread_of(pin.value))
        rows[pin.value.id] = {
            "name": named(pin), "value": pin.value.value, "unit": pin.value.unit, "low": low, "high": high,
            "method": pin.value.method, "trust": pin.trust, "source": pin.value.source,
            "locator": pin.value.locator, "note": pin.value.note, "row": pin.value.id,
        }  # fmt: skip
    return [rows[name] for name in sorted(rows)]
