"""Run the benchmarks: python benchmarks/run.py [--only SECTION ...] [--output FILE]

A whole run writes results.json beside this file and the table of README.md; with --only nothing is written unless a
file is named.  Engines that are compared take turns, so that whatever else the machine does meets them all.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)  # this file is started by its path

from benchmarks.cohort import headline  # noqa: E402
from benchmarks.growth import growth  # noqa: E402
from benchmarks.records import Record, say, show  # noqa: E402
from benchmarks.scaling import lanes, limit, threads  # noqa: E402
from benchmarks.single import single  # noqa: E402
from benchmarks.startup import startup  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results.json"
SECTIONS: dict[str, Callable[[], list[Record]]] = {
    "headline": headline,
    "threads": threads,
    "lanes": lanes,
    "limit": limit,
    "startup": startup,
    "growth": growth,
    "single": single,
}


def main() -> None:
    """Run the sections that are asked for; print, and write what is to be kept."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", action="append", choices=SECTIONS, metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--output", type=Path, help="where the records go (a whole run: benchmarks/results.json)")
    asked = parser.parse_args()
    records: list[Record] = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["EXOCOSM_CACHE"] = folder  # nothing is compiled already
        for name in asked.only or SECTIONS:
            say(f"--- {name}")
            found = SECTIONS[name]()
            show(found)
            records += [{**one, "section": name} for one in found]
    output = asked.output or (None if asked.only else RESULTS)
    if output is not None:
        output.write_text(json.dumps(records, indent=2, allow_nan=False) + "\n", encoding="utf-8")
        say(f"{len(records)} records in {output}")
    if output == RESULTS:
        subprocess.run([sys.executable, str(ROOT / "docs" / "refresh_readme.py")], check=True)


if __name__ == "__main__":
    main()
