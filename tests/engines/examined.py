"""What is examined: an engine, as every test of the contract calls it."""

from __future__ import annotations

from collections.abc import Callable

from exocosm.engines.contract import Solution

Solve = Callable[..., Solution]
