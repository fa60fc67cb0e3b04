"""Run the benchmarks: python benchmarks/run.py [--group GROUP | --only SECTION ...] [--output FILE]

There are three groups, `engine` (results.json), `bench` (bench_results.json) and `clinic` (clinic_results.json).  A
whole run, or one of a group, writes its files beside this one and the tables of README.md; with --only nothing is
written unless a file is named.
Engines that are compared take turns, so that whatever else the machine does meets them all.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)  # this file is started by its path

from benchmarks.bench import bench_exports, bench_protocol, bench_screen  # noqa: E402
from benchmarks.cohort import headline  # noqa: E402
from benchmarks.diagnosis_nested import nested_panels  # noqa: E402
from benchmarks.growth import growth  # noqa: E402
from benchmarks.records import Record, say, show  # noqa: E402
from benchmarks.scaling import lanes, limit, threads  # noqa: E402
from benchmarks.single import single  # noqa: E402
from benchmarks.startup import startup  # noqa: E402
from benchmarks.virtual_cohort import virtual_cohort  # noqa: E402

SECTIONS: dict[str, Callable[[], list[Record]]] = {
    "headline": headline,
    "threads": threads,
    "lanes": lanes,
    "limit": limit,
    "startup": startup,
    "growth": growth,
    "single": single,
    "protocol": bench_protocol,
    "screen": bench_screen,
    "exports": bench_exports,
    "people": virtual_cohort,
    "panels": nested_panels,
}
BENCH, CLINIC = ("protocol", "screen", "exports"), ("people", "panels")
GROUPS = {
    "engine": (ROOT / "benchmarks" / "results.json", tuple(name for name in SECTIONS if name not in (*BENCH, *CLINIC))),
    "bench": (ROOT / "benchmarks" / "bench_results.json", BENCH),
    "clinic": (ROOT / "benchmarks" / "clinic_results.json", CLINIC),
}


def main() -> None:
    """Run the sections that are asked for; print, and write what is to be kept."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", action="append", choices=SECTIONS, metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--group", choices=GROUPS, help="one of the groups (default: all)")
    parser.add_argument("--output", type=Path, help="where the records go, instead of the files of the groups")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["EXOCOSM_CACHE"] = folder  # nothing is compiled already
        if asked.only:
            _write(_records(asked.only), asked.output)
            return
        for group in [asked.group] if asked.group else GROUPS:
            results, sections = GROUPS[group]
            _write(_records(sections), asked.output or results)
    if asked.output is None:
        subprocess.run([sys.executable, str(ROOT / "docs" / "refresh_readme.py")], check=True)


def _records(sections: Sequence[str]) -> list[Record]:
    records: list[Record] = []
    for name in sections:
        say(f"--- {name}")
        found = SECTIONS[name]()
        show(found)
        records += [{**one, "section": name} for one in found]
    return records


def _write(records: list[Record], output: Path | None) -> None:
    if output is not None:
        output.write_text(json.dumps(records, indent=2, allow_nan=False) + "\n", encoding="utf-8")
        say(f"{len(records)} records in {output}")


if __name__ == "__main__":
    main()
