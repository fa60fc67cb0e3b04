"""The cohort engine: generated machine code that solves many subjects at a time."""

from exocosm.engines.cohort.library import work
from exocosm.engines.cohort.solve import sensitivities, solve

__all__ = ["sensitivities", "solve", "work"]
