"""Write the table of predictions and the picture of README.md from a finished run.

make readme        (runs the demo study first)
"""

from __future__ import annotations

import sys
from pathlib import Path

from exocosm import load_result
from exocosm.evidence.bibliography import short
from exocosm.evidence.catalogue import load_catalogue
from exocosm.trajectory.result import Result

BEGIN, END = "<!-- predictions: begin -->", "<!-- predictions: end -->"
ROOT = Path(__file__).parents[1]


def number(value: float) -> str:
    """Three significant digits, as a reader writes them."""
    if value != value:
        return ""
    if value != 0 and not 1e-3 <= abs(value) < 1e5:
        mantissa, exponent = f"{value:.1e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    return f"{value:.3g}" if abs(value) < 1000 else f"{round(value, -int(len(str(int(abs(value)))) - 3)):.0f}"


def predictions(result: Result) -> str:
    """The comparisons of a result that are not overlays, as a table in Markdown."""
    lines = [
        "| what | measured | predicted (95 %) | | source |",
        "|---|---|---|---|---|",
    ]
    table, sources = result.comparisons, load_catalogue().sources
    for row in table[table.role != "overlay"].itertuples():
        measured = number(row.measured)
        if row.measured_low == row.measured_low:
            measured += f" ({number(row.measured_low)} to {number(row.measured_high)})"
        predicted = f"{number(row.predicted)} ({number(row.predicted_low)} to {number(row.predicted_high)})"
        unit = "" if row.unit == "dimensionless" else f" {row.unit}"
        unit = unit.replace("percent_injected_dose", "% of dose").replace("*", "·")
        source = short(row.source.split()[0], sources) if row.source else ""
        what = f"{row.title or row.what},{unit or ' ratio'}"
        lines.append(f"| {what} | {measured} | {predicted} | {row.verdict} | {source} |")
    held_out = table[table.role == "prediction"]
    inside = int((held_out.verdict == "in").sum())
    lines += ["", f"{inside} of {len(held_out)} numbers that set no value lie inside the 95 % interval."]
    return "\n".join(lines)


def picture(result: Result, path: Path) -> None:
    """The time courses of the tumour and of the heart."""
    figure = result.plot("heart_drug")
    figure.savefig(path, dpi=110, bbox_inches="tight")


def main(folder: str) -> None:
    """Rewrite README.md and docs/demo.png."""
    result = load_result(folder)
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    readme.write_text(f"{before}{BEGIN}\n{predictions(result)}\n{END}{after}", encoding="utf-8")
    picture(result, ROOT / "docs" / "demo.png")


if __name__ == "__main__":
    main(sys.argv[1])
