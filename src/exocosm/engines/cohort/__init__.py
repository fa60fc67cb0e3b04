"""The cohort engine: generated machine code that solves many subjects at a time."""

from exocosm.engines.cohort.solve import solve

__all__ = ["solve"]
