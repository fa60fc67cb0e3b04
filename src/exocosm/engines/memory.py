"""How much memory a run may take."""

from __future__ import annotations

import contextlib
from pathlib import Path

from exocosm.errors import SolveError

_SHARE = 0.9  # of what is available


def available_memory() -> int | None:
    """Bytes that this process may still take: what the system has to give, or a limit set for the process.

    None where the system does not tell.
    """
    found = []
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                found.append(int(line.split()[1]) * 1024)
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        if limit != resource.RLIM_INFINITY:
            used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
            found.append(max(0, limit - used))
    return min(found) if found else None


def require_memory(needed: int, what: str) -> None:
    """Raise SolveError where `needed` bytes are clearly not to be had."""
    available = available_memory()
    if available is not None and needed > _SHARE * available:
        raise SolveError(
            f"{what} need {needed / 1e9:.3g} GB of memory, and {available / 1e9:.3g} GB are available; "
            "solve fewer subjects at a time, record fewer times, or observe fewer quantities"
        )
