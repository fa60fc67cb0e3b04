"""Numbers of the audit in words."""

from __future__ import annotations

from collections.abc import Sequence

MOST_NAMED = 6


def chance(p: float) -> str:
    """`p = 0.03`, `p < 0.001`."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.0995 else f"p = {p:.2f}"


def percent(share: float) -> str:
    """`37 %`; what is not quite all or nothing is not rounded to it."""
    if 0 < share < 0.01:
        return "< 1 %"
    if 0.99 < share < 1:
        return "> 99 %"
    return f"{100 * share:.0f} %"


def interval(value: float, low: float, high: float) -> str:
    """`0.71 (95 % interval 0.60 to 0.80)`."""
    return f"{value:.2f} (95 % interval {low:.2f} to {high:.2f})"


def some(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    shown = ", ".join(names[:MOST_NAMED])
    return shown if len(names) <= MOST_NAMED else f"{shown} and {len(names) - MOST_NAMED} more"


def counted(number: int, thing: str, things: str = "") -> str:
    """`1 sample`, `3 samples`."""
    return f"{number} {thing if number == 1 else things or thing + 's'}"
