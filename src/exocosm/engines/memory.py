"""How much memory there is, and whether a run may take what it needs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from exocosm.errors import SolveError

GROUPS = Path("/sys/fs/cgroup")  # where Linux keeps the limits of groups of processes
_SHARE = 0.9  # of what is available


def available_memory() -> int | None:
    """The bytes of memory that this process can still get; None if that cannot be found out.

    The least of what the machine has, what the limits of the process leave, and what its control groups leave.
    """
    found = [_memory_of_machine(), _memory_of_limits(), *_memory_of_groups(Path("/proc/self/cgroup"))]
    return min((each for each in found if each is not None), default=None)


def require_memory(needed: int, what: str) -> None:
    """Raise SolveError where `needed` bytes are clearly not to be had."""
    available = available_memory()
    if available is not None and needed > _SHARE * available:
        raise SolveError(
            f"{what} need {needed / 1e9:.3g} GB of memory, and {available / 1e9:.3g} GB are available; "
            "solve fewer subjects at a time, record fewer times, or observe fewer quantities"
        )


def _memory_of_machine() -> int | None:
    found = _numbers_in(Path("/proc/meminfo")).get("MemAvailable:")
    return None if found is None else 1024 * found


def _memory_of_limits() -> int | None:
    """What `ulimit -v` and its like leave."""
    if sys.platform == "win32":
        return None
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    used = _numbers_in(Path("/proc/self/status")).get("VmSize:")
    if limit == resource.RLIM_INFINITY or used is None:
        return None
    return max(0, limit - 1024 * used)


def _memory_of_groups(membership: Path) -> Iterator[int]:
    """What the control groups of this process (a container, a batch job) leave, one number for each with a limit."""
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        if not line.startswith("0::/"):
            continue
        group = GROUPS / line[4:]
        for folder in (group, *group.parents):
            limit, used = (_number_in(folder / f"memory.{name}") for name in ("max", "current"))
            if limit is not None and used is not None:
                # what is only kept of files is given back when it is needed
                yield max(0, limit - used + _numbers_in(folder / "memory.stat").get("inactive_file", 0))
            if folder == GROUPS:
                break


def _number_in(path: Path) -> int | None:
    try:
        text = path.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None


def _numbers_in(path: Path) -> dict[str, int]:
    """The lines of a file that are a name and a whole number (and perhaps a unit)."""
    try:
        words = [line.split() for line in path.read_text().splitlines()]
    except OSError:
        return {}
    return {each[0]: int(each[1]) for each in words if len(each) > 1 and each[1].isdigit()}
