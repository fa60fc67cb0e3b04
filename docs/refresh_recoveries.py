"""Write the table of docs/published_recoveries.md: published recoveries beside those that the bench predicts.

python docs/refresh_recoveries.py     (half a minute)
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from exocosm import table_studies
from exocosm.evidence.bibliography import short
from exocosm.evidence.catalogue import load_catalogue
from exocosm.evidence.value import Value

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "published_recoveries.md"
STUDY = ROOT / "examples" / "bench" / "published_recoveries.yaml"
BEGIN, END = "<!-- recoveries: begin -->", "<!-- recoveries: end -->"


def table() -> str:
    """One row for every published number that has an arm."""
    result = table_studies.load(STUDY).run(progress=False)
    known = load_catalogue()
    lines = ["| family (arm) | published, % | source | predicted, % (95 %) | |", "|---|---|---|---|---|"]
    rows = [row for row in known.index["published_recovery"] if row.device in result.study.file.arms]
    for row in sorted(rows, key=lambda one: (one.device, one.id)):
        metrics = result.metrics.query("arm == @row.device and metric == 'recovered' and donor == 0")
        drawn = 100 * metrics.loc[metrics["draw"] >= 0, "value"].to_numpy(float)
        low, high = np.percentile(drawn, [2.5, 97.5])
        central = 100 * float(metrics.loc[metrics["draw"] < 0, "value"].iloc[0])
        title = result.study.file.arms[row.device].title
        lines.append(
            f"| {title} | {published(row)} | {short(row.source, known.sources)} | "
            f"{central:.0f} ({low:.0f} to {high:.0f}) | {verdict(row, low, high)} |"
        )
    return "\n".join(lines)


def published(row: Value) -> str:
    """The published number as the source gives it."""
    if row.low is None or row.high is None:
        return f"{row.value:.0f}"
    return f"{row.low:.0f} or more" if row.high == 100 else f"{row.low:.0f} to {row.high:.0f}"


def verdict(row: Value, low: float, high: float) -> str:
    """Whether the published range and the predicted interval meet."""
    least, most = (row.value, row.value) if row.low is None or row.high is None else (row.low, row.high)
    return "meets" if low <= most and high >= least else "apart"


def main(arguments: list[Any]) -> None:
    """Rewrite the table in the page, or only print it (--print)."""
    made = table()
    if "--print" in arguments:
        print(made)
        return
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{made}\n{END}{rest.split(END)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
