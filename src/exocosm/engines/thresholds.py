"""Moments at which a rate breaks because it compares time with something, found before the run.

`if(time > onset, a, b)` jumps at `onset`.  An integrator that is told so stops there and starts anew; one that is not
may step over a short pulse.  Only what depends on time and parameters is found here: a rate that compares *states*
bends where the run takes it, and the error control of the integrator deals with that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from exocosm.network.compile import Compiled
from exocosm.network.expression import COMPARISONS, Expression, in_order, subtract
from exocosm.network.reading import Reading, read
from exocosm.network.text import to_text

_GRID = 512  # pieces of the run in which a curved comparison is looked for
_MOST = 200  # comparisons of time that are followed; a model with more relies on the error control
_HALVINGS = 60

Differences = Callable[[float], list[float]]


def time_comparisons(model: Compiled) -> tuple[str, ...]:
    """Expressions of time and parameters that change sign where a rate of the model breaks."""
    reading, roots = _rates(model)
    found: dict[str, None] = {}
    for part in in_order(roots):
        for left, right in _compared(part):
            difference = subtract(left, right)
            if reading.moving(difference) == {"time"} and len(found) < _MOST:
                found[to_text(difference)] = None
    return tuple(found)


def state_comparisons(model: Compiled) -> tuple[str, ...]:
    """Expressions that change sign where a rate of the model may jump because it compares states.

    Only comparisons proper: min, max and abs bend a rate, but it does not jump there.
    """
    reading, roots = _rates(model)
    found: dict[str, None] = {}
    for part in in_order(roots):
        if part.operator in COMPARISONS:
            difference = subtract(*part.arguments)
            if reading.moving(difference) - {"time"}:
                found[to_text(difference)] = None
    return tuple(found)


def _rates(model: Compiled) -> tuple[Reading, list[Expression]]:
    reading = read(model.model)
    rates = [one for key, one in reading.expressions.items() if key[0] in {"process", "variable"} and key[2] == "rate"]
    return reading, [reading.resolve(rate) for rate in rates] + list(reading.definitions.values())


def _compared(part: Expression) -> list[tuple[Expression, Expression]]:
    """The pairs of expressions whose order decides what the node gives."""
    if part.operator in COMPARISONS:
        return [(part.arguments[0], part.arguments[1])]
    if part.operator in {"min", "max"}:
        return list(zip(part.arguments, part.arguments[1:], strict=False))
    if part.operator == "abs":
        return [(part.arguments[0], subtract(part.arguments[0], part.arguments[0]))]
    return []


def moments(differences: Differences, start: float, end: float) -> tuple[float, ...]:
    """Times strictly between `start` and `end` where one of the differences changes sign, in order.

    Exact for a difference that is linear in time (`time - onset`).  A curved one is looked for in 512 equal pieces of
    the run, and found to rounding; two changes within one piece may be missed.
    """
    span = end - start
    if not span > 0.0:
        return ()
    ends = (differences(start), differences(end), differences(start + 0.381966 * span))
    found: set[float] = set()
    curved: list[int] = []
    for place, (first, last, inner) in enumerate(zip(*ends, strict=True)):
        if abs(first + 0.381966 * (last - first) - inner) <= 1e-12 * (abs(first) + abs(last)):
            if first * last < 0.0:
                found.add(start + span * (first / (first - last)))
        else:
            curved.append(place)
    if curved:
        found.update(_scanned(differences, curved, start, end))
    return tuple(sorted(time for time in found if start < time < end))


def _scanned(differences: Differences, places: Sequence[int], start: float, end: float) -> list[float]:
    times = [start + (end - start) * piece / _GRID for piece in range(_GRID + 1)]
    rows = [differences(time) for time in times]
    found = []
    for place in places:
        for piece in range(_GRID):
            if (rows[piece][place] > 0.0) != (rows[piece + 1][place] > 0.0):
                low, high = times[piece], times[piece + 1]
                below = rows[piece][place] > 0.0
                for _ in range(_HALVINGS):
                    middle = 0.5 * (low + high)
                    if (differences(middle)[place] > 0.0) == below:
                        low = middle
                    else:
                        high = middle
                found.append(high)
    return found
