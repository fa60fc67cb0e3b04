"""Write the tables and the picture of README.md: from a finished run, and from what the benchmarks measured.

make readme        (runs the demo study first)
make bench         (runs the benchmarks; their table alone is written)
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from exocosm import load_result
from exocosm.evidence.bibliography import short
from exocosm.evidence.catalogue import load_catalogue
from exocosm.trajectory.result import Result

BEGIN, END = "<!-- predictions: begin -->", "<!-- predictions: end -->"
BENCH_BEGIN, BENCH_END = "<!-- bench: begin -->", "<!-- bench: end -->"
CLINIC_BEGIN, CLINIC_END = "<!-- clinic: begin -->", "<!-- clinic: end -->"
BENCHMARKS_BEGIN, BENCHMARKS_END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"
ROOT = Path(__file__).parents[1]
IN_README = ("headline", "threads", "limit", "startup")  # sections; the others are in the file alone


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


def benchmarks(results: list[dict[str, Any]]) -> str:
    """The benchmarks of the cohort engine as a table in Markdown."""
    lines = ["| what | beside | times faster | ms | peer's ms | error |", "|---|---|---|---|---|---|"]
    chosen = [one for one in results if one["section"] in IN_README]
    for one in chosen:
        times = " | ".join(number(one[key] * 1e3) for key in ("seconds", "peer_seconds"))
        what = one["name"].removeprefix("cohort: ")
        lines.append(f"| {what} | {one['peer']} | {number(one['ratio'])} | {times} | {one['error']:.1e} |")
    return "\n".join([*lines, "", f"Measured on {machines_of(chosen)}."])


def bench(results: list[dict[str, Any]]) -> str:
    """The benchmarks of the bench, or of the clinic, as a table in Markdown."""
    lines = ["| what | beside | times faster | ms | peer's ms | error |", "|---|---|---|---|---|---|"]
    for one in results:
        times = " | ".join(number(one[key] * 1e3) for key in ("seconds", "peer_seconds"))
        what = one["name"].removeprefix("bench: ").removeprefix("screening: ").removeprefix("diagnosis: ")
        error = f"{one['error']:.1e}" if one["error"] else ""
        lines.append(f"| {what} | {one['peer']} | {number(one['ratio'])} | {times} | {error} |")
    return "\n".join([*lines, "", f"Measured on {machines_of(results)}."])


def machines_of(results: list[dict[str, Any]]) -> str:
    """On which machines, and when."""
    return "; ".join(sorted({f"{one['machine']} ({one['date']})" for one in results}))


def replaced(text: str, begin: str, end: str, content: str) -> str:
    """A text with other content between two marks."""
    before, rest = text.split(begin)
    return f"{before}{begin}\n{content}\n{end}{rest.split(end)[1]}"


def main(folder: str = "") -> None:
    """Rewrite README.md, and with the folder of a finished run docs/demo.png too."""
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    measured = json.loads((ROOT / "benchmarks" / "results.json").read_text(encoding="utf-8"))
    text = replaced(text, BENCHMARKS_BEGIN, BENCHMARKS_END, benchmarks(measured))
    at_the_bench = json.loads((ROOT / "benchmarks" / "bench_results.json").read_text(encoding="utf-8"))
    text = replaced(text, BENCH_BEGIN, BENCH_END, bench(at_the_bench))
    in_the_clinic = json.loads((ROOT / "benchmarks" / "clinic_results.json").read_text(encoding="utf-8"))
    text = replaced(text, CLINIC_BEGIN, CLINIC_END, bench(in_the_clinic))
    if folder:
        result = load_result(folder)
        text = replaced(text, BEGIN, END, predictions(result))
        picture(result, ROOT / "docs" / "demo.png")
    readme.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
