"""Where engines draw the same lines, so that a subject fares alike in each of them."""

from __future__ import annotations

CASCADE = 100  # events at one moment
MOST_EVENTS = 10_000  # events of one subject
MOMENT = 1e-10  # of the length of the run: events closer than this are at one moment
NEGATIVE = 1e3  # times the tolerance: an amount below minus this is a failure, not a rounding error
RESOLUTION = 1e-14  # relative; times closer than this are one time to an integrator
