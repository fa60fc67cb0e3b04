"""What a benchmark leaves behind: records for results.json, and lines for whoever waits."""

from __future__ import annotations

import datetime
import os
import platform
import sys
import time
from pathlib import Path
from typing import Any

Record = dict[str, Any]
REQUIRED = ("name", "peer", "ratio", "error", "unit", "machine", "date")
_START = time.perf_counter()


def record(name: str, peer: str, ratio: float, error: float, unit: str, **more: Any) -> Record:
    """One result.  ratio: how many times faster than the peer, unless `unit` says otherwise."""
    made = {"name": name, "peer": peer, "ratio": rounded(ratio), "error": rounded(error), "unit": unit}
    made |= {"machine": machine(), "date": datetime.datetime.now(datetime.UTC).date().isoformat()}
    return made | {key: rounded(value) for key, value in more.items()}


def rounded(value: Any) -> Any:
    """Numbers with four digits, inside lists and dictionaries too: more would only pretend."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    return [rounded(one) for one in value] if isinstance(value, list | tuple) else value


def machine() -> str:
    """Processor, cores and Python, as far as the system tells."""
    cpu = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.is_file():
        lines = information.read_text(encoding="utf-8").splitlines()
        cpu = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), cpu)
    return f"{cpu}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def say(text: str) -> None:
    """A line of progress, with the seconds since the start."""
    print(f"[{time.perf_counter() - _START:4.0f} s] {text}", file=sys.stderr, flush=True)


def show(rows: list[Record]) -> None:
    """The records of a section as a table."""
    for row in rows:
        seconds = [f"{row[key] * 1e3:10.3f} ms" if key in row else " " * 13 for key in ("seconds", "peer_seconds")]
        print(f"{row['ratio']:9.3g}  {row['error']:8.1e}  {'  '.join(seconds)}  {row['name']}  |  {row['peer']}")
