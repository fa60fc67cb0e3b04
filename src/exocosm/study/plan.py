"""When things happen: the times of recording and of dosing, in hours."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from exocosm.documents.quantity import hours
from exocosm.errors import InputError

if TYPE_CHECKING:
    from exocosm.study.schema import DoseText, Simulate


def observe_times(simulate: Simulate) -> tuple[float, ...]:
    """The times of recording: 0, every step, the extra ones, the end; increasing, in hours."""
    from exocosm.study.schema import MAXIMUM_TIMES

    end = hours(simulate.until)
    if end <= 0:
        raise InputError(f"`until` must lie after 0, found '{simulate.until}'")
    step = hours(simulate.every) if simulate.every is not None else end / 100
    if step <= 0:
        raise InputError(f"`every` must be longer than 0, found '{simulate.every}'")
    if end / step > MAXIMUM_TIMES:
        raise InputError(f"{end / step:.3g} times of recording (until / every); at most {MAXIMUM_TIMES} are allowed")
    times = {round(index * step, 12) for index in range(math.floor(end / step * (1 + 1e-12)) + 1)} | {end}
    for text in simulate.record_at:
        time = hours(text)
        if not 0 <= time <= end:
            raise InputError(f"`record_at` '{text}' lies outside 0 to '{simulate.until}'")
        times.add(time)
    if len(times) > MAXIMUM_TIMES:
        raise InputError(f"{len(times)} times of recording; at most {MAXIMUM_TIMES} are allowed")
    ordered = sorted(times)
    kept = [ordered[0]]
    for time in ordered[1:]:
        if time - kept[-1] > 1e-9 * end:
            kept.append(time)
    if kept[-1] != end:
        kept[-1] = end
    return tuple(kept)


def dose_times(dose: DoseText, end: float) -> tuple[float, ...]:
    """The times of one dosing line in hours; raises InputError if one lies outside the simulation."""
    times = [hours(text) for text in dose.at]
    if dose.every is not None:
        step = hours(dose.every)
        if step <= 0:
            raise InputError(f"`every` must be longer than 0, found '{dose.every}'")
        times = [times[0] + index * step for index in range(dose.times or 1)]
    for time in times:
        if not 0 <= time <= end:
            raise InputError(f"a dose at {time:g} h lies outside the simulation (0 to {end:g} h)")
    return tuple(sorted(times))
