"""The report of a bench study: what was expected and what came out, every arm's numbers, its steps, and the ground."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from exocosm.report.canvas import COLOURS, FAINT, Picture, finish, log_axis, panels, plain_axis, style, wrapped
from exocosm.report.expected import (
    HIGH,
    LOW,
    answer_of_verdict,
    compared,
    contrast_table,
    expectations,
    not_done,
    recipe_rows,
)
from exocosm.report.isolation_figures import kind_in_words
from exocosm.report.numbers import interval, listed, percent, quantity, shown, unit_text
from exocosm.report.page import Page, Section, Table, value_rows, write_page
from exocosm.trajectory.bench_result import CENTRAL, TYPICAL, BenchResult

WIDE = 30.0  # high / low from which a linear axis would hide the small ones
MOST_PANELS = 12
MOST_TOLD = 4  # comparisons that are told first
SIGN = {"below": "< ", "above": "> "}  # of what an instrument cannot tell
SAME = 1e-3  # of the number; what differs by less is written alike
SHOWN_FIRST = ("small_ev", "microvesicle", "albumin", "ldl")  # what a reader of a step asks for
PERCENT = ("recovery", "share")
RECIPE = ("study", "study_hash", "values_hash", "knowledge_hash", "seed", "draws", "donors", "date")


def write_bench_report(result: BenchResult, path: str | Path) -> Path:
    """Write the report of a bench study to a file, whole or not at all; returns the path."""
    return write_page(bench_page(result), path)


def bench_page(result: BenchResult) -> Page:
    """The report of a bench study as a page."""
    file, verdict = result.study.file, result.verdict
    sections = [] if verdict is None else [expectations(verdict)]
    if file.contrasts:
        sections.append(_contrasts(result))
    sections.append(_numbers(result))
    if len(result.fronts):
        sections.append(_fronts(result))
    sections += [_steps(result), Section("The study file as it was read", "file", text=result.study.text, closed=True)]
    headline, numbers, tone = _answer(result)
    return Page(
        title=file.title or file.name,
        eyebrow="Predicted by simulation with exocosm; nothing was pipetted",
        question=file.question,
        headline=headline,
        tone=tone,
        numbers=numbers,
        sections=sections,
        values=value_rows(result.values),
        bibliography=result.bibliography,
        recipe=recipe_rows(result.recipe, RECIPE),
    )


def _answer(result: BenchResult) -> tuple[str, list[str], str]:
    verdict = result.verdict
    draws = int(result.recipe["draws"])
    spread = [
        _spread_in_words(draws, int(result.recipe["donors"])),
        *not_done(result.recipe, "draws and donors together"),
    ]
    if verdict is None:
        told = [_contrast_in_words(result, name) for name in result.study.file.contrasts][:MOST_TOLD]
        told = told or [_extremes(result, metric, list(result.study.file.arms)) for metric in result.study.file.metrics]
        told = [each for each in told if each][:MOST_TOLD] or ["What every arm gives"]
        return told[0].removesuffix("."), [*told[1:], *spread], ""
    headline, numbers, tone = answer_of_verdict(verdict)
    return headline, [*numbers, *spread], tone


def _spread_in_words(draws: int, donors: int) -> str:
    known = f"{draws} draws of what is not known" if draws else "No draws: what is not known is not shown"
    among = f"; {donors} donors at the central values" if donors else "; donors were not drawn"
    return f"{known}{among}."


def _compared(result: BenchResult, name: str) -> tuple[str, str, float]:
    """A contrast in the unit of its metric."""
    asked = result.study.file.contrasts[name]
    of = result.study.file.metrics[asked.metric].of
    unit = "dimensionless" if of in PERCENT else _values(result, asked.metric, asked.arm)[3]
    return compared(result.contrasts, name, asked.as_, unit)


def _contrast_in_words(result: BenchResult, name: str) -> str:
    """`NTA, lysed over isolate: 0.95 times (95 %: 0.2 to 1)`."""
    value, ends, _ = _compared(result, name)
    return f"{_contrast_title(result, name)}: {value}" + (f" (95 %: {ends})." if ends else ".")


def _contrast_title(result: BenchResult, name: str) -> str:
    file = result.study.file
    asked = file.contrasts[name]
    metric = file.metrics[asked.metric].title or asked.metric.replace("_", " ")
    arms = [file.arms[arm].title or arm for arm in (asked.arm, asked.against)]
    return asked.title or f"{metric}, {' against '.join(arms)}"


def _contrasts(result: BenchResult) -> Section:
    """How arms compare, draw by draw."""
    rows = []
    for name, asked in result.study.file.contrasts.items():
        arms = [result.study.file.arms[arm].title or arm for arm in (asked.arm, asked.against)]
        told = f"{_contrast_title(result, name)}. {asked.says}".removesuffix(". ")
        rows.append((told, " against ".join(arms), _compared(result, name)))
    note = "In every draw both arms meet the same numbers, so that what moves both alike falls out."
    note += _limits_in_words(result, {f"{each.metric}@{arm}" for each in result.study.file.contrasts.values()
                                      for arm in (each.arm, each.against)})  # fmt: skip
    return Section("How the arms compare", "contrasts", tables=[contrast_table(rows, note)])


def _limits_in_words(result: BenchResult, among: set[str]) -> str:
    """What of the readings is the limit of an instrument and no number."""
    censored = [name for name in result.recipe.get("censored", {}) if name in among]
    if not censored:
        return ""
    file = result.study.file
    told = [f"{file.metrics[metric].title or metric} of {file.arms[arm].title or arm}"
            for metric, arm in (name.split("@") for name in censored)]  # fmt: skip
    return f" {listed(told)}: the limit of the instrument, which stands for a number that it cannot tell."


def _numbers(result: BenchResult) -> Section:
    file = result.study.file
    names = list(file.metrics)[:MOST_PANELS]
    pictures = [_metric_picture(result, names)] if names else []
    censored = result.recipe.get("censored", {})
    rows = []
    for metric, text in file.metrics.items():
        for arm, arm_text in file.arms.items():
            central, drawn, donors, unit = _values(result, metric, arm)
            rows.append(
                (
                    text.title or metric.replace("_", " "),
                    arm_text.title or arm,
                    SIGN.get(censored.get(f"{metric}@{arm}"), "") + _number(central, unit, text.of),
                    _ends(drawn, text.of),
                    _ends(donors, text.of) if donors.size > 1 else "",
                )
            )
    heads = ("Number", "Arm", "Central", "95 %: what is not known", "95 %: between donors")
    table = Table(heads, rows, numbers=(2, 3, 4), note=_limits_in_words(result, set(censored)).strip())
    return Section("Numbers of every arm", "numbers", pictures=pictures, tables=[table])


def _values(result: BenchResult, metric: str, arm: str) -> tuple[float, Any, Any, str]:
    table = result.metrics[(result.metrics["metric"] == metric) & (result.metrics["arm"] == arm)]
    typical = table[table["donor"] == TYPICAL]
    central = float(typical.loc[typical["draw"] == CENTRAL, "value"].iloc[0])
    drawn = typical.loc[typical["draw"] != CENTRAL, "value"].to_numpy(float)
    donors = table.loc[table["donor"] != TYPICAL, "value"].to_numpy(float)
    return central, drawn, donors, str(table["unit"].iloc[0])


def _number(value: float, unit: str, of: str) -> str:
    if not np.isfinite(value):
        return "none"
    return percent(value) if of in PERCENT else quantity(value, unit)


def _ends(values: Any, of: str) -> str:
    finite = values[np.isfinite(values)] if len(values) else values
    if not len(finite):
        return ""
    low, high = np.percentile(finite, [LOW, HIGH])
    if np.ptp(finite) <= SAME * abs(finite[0]):
        return "the same in all"
    lacking = len(values) - len(finite)
    told = f"{percent(low)} to {percent(high)}" if of in PERCENT else interval(float(low), float(high))
    return f"{told} ({lacking} of {len(values)} without a value)" if lacking else told


def _metric_picture(result: BenchResult, names: list[str]) -> Picture:
    file = result.study.file
    arms = list(file.arms)
    columns = 2 if len(names) > 1 else 1
    rows = -(-len(names) // columns)
    with style():
        figure, axes = panels(rows, columns, rows * (0.62 + 0.27 * len(arms)))
        told = []
        for place, (axis, metric) in enumerate(zip(axes, names, strict=False)):
            text = file.metrics[metric]
            scale = 100.0 if text.of in PERCENT else 1.0
            ends: list[float] = []
            for row, arm in enumerate(arms):
                central, drawn, donors, unit = _values(result, metric, arm)
                for values, width, colour, shift in ((drawn, 4.0, COLOURS[0], 0.0), (donors, 1.6, FAINT, 0.22)):
                    finite = values[np.isfinite(values)] if len(values) else values
                    if len(finite) > 1:
                        low, high = np.percentile(finite, [LOW, HIGH]) * scale
                        axis.plot(
                            [low, high],
                            [row + shift, row + shift],
                            color=colour,
                            linewidth=width,
                            solid_capstyle="butt",
                        )
                        ends += [low, high]
                if np.isfinite(central):
                    filled = "none" if f"{metric}@{arm}" in result.recipe.get("censored", {}) else "#1a1a1a"
                    axis.plot([central * scale], [row], "o", color="#1a1a1a", markerfacecolor=filled, markersize=4)
                    ends.append(central * scale)
            positive = [end for end in ends if end > 0]
            if positive and max(positive) > WIDE * min(positive):
                log_axis(axis, "x", min(positive), max(positive))
                for row, arm in enumerate(arms):
                    if _values(result, metric, arm)[0] == 0:  # a zero has no place on such an axis
                        axis.text(0.01, row, "0", transform=axis.get_yaxis_transform(), va="center", fontsize=8)
            else:
                plain_axis(axis, "x")
            titles = [wrapped(file.arms[arm].title or arm, 24, 2) for arm in arms]
            axis.set_yticks(range(len(arms)), titles if place % columns == 0 else [""] * len(arms))
            axis.set_ylim(len(arms) - 0.4, -0.6)
            unit_shown = "%" if scale == 100.0 else unit_text(unit)
            axis.set_title(wrapped(text.title or metric.replace("_", " "), 46, 2), loc="left")
            axis.set_xlabel(unit_shown)
            told.append(_extremes(result, metric, arms))
        for axis in axes[len(names) :]:
            axis.set_visible(False)
        reading = "Points: central values; thick bars: what is not known (95 %); thin bars: between donors (95 %)."
        reading += " Open points: the limit of an instrument, no number." if result.recipe.get("censored") else ""
        return finish(figure, "arms", "Every arm", f"{' '.join(one for one in told if one)} {reading}")


def _extremes(result: BenchResult, metric: str, arms: list[str]) -> str:
    """The highest and the lowest arm of a metric, in words."""
    file = result.study.file
    text = file.metrics[metric]
    found = {arm: _values(result, metric, arm)[0] for arm in arms}
    unit = _values(result, metric, arms[0])[3]
    finite = {arm: value for arm, value in found.items() if np.isfinite(value)}
    if len(finite) < 2 or len(set(finite.values())) < 2:
        return ""
    top, bottom = max(finite, key=lambda arm: finite[arm]), min(finite, key=lambda arm: finite[arm])
    title = text.title or metric.replace("_", " ")
    censored = result.recipe.get("censored", {})
    ends = [
        f"{SIGN.get(censored.get(f'{metric}@{arm}'), '')}{_number(finite[arm], unit, text.of)} "
        f"({file.arms[arm].title or arm})"
        for arm in (bottom, top)
    ]
    return f"{title}: from {' to '.join(ends)}."


def _fronts(result: BenchResult) -> Section:
    file = result.study.file
    tables = []
    for name, text in file.fronts.items():
        rows = []
        for arm in text.arms or list(file.arms):
            table = result.fronts[(result.fronts["front"] == name) & (result.fronts["arm"] == arm)]
            central = bool(table.loc[table["draw"] == CENTRAL, "member"].iloc[0])
            drawn = table.loc[table["draw"] != CENTRAL, "member"].to_numpy(bool)
            share = percent(float(drawn.mean())) if len(drawn) else ""
            rows.append((file.arms[arm].title or arm, "yes" if central else "no", share))
        over = listed([f"{metric} ({direction})" for metric, direction in text.metrics.items()])
        note = f"An arm is on the front if no other is at least as good in all and better in one of: {over}."
        tables.append(Table(("Arm", "At the centre", "Draws"), rows, text.title or name, (1, 2), note))
    return Section("Which arms no other beats", "fronts", tables=tables)


def _steps(result: BenchResult) -> Section:
    file = result.study.file
    tables, warnings = [], []
    for arm, run in result.runs.items():
        title = file.arms[arm].title or arm
        rows = []
        for step in run.steps():
            kept = [(kind, step["recovery"][kind]) for kind in SHOWN_FIRST if kind in step["recovery"]]
            rows.append(
                (
                    str(step["step"]),
                    step["instruction"],
                    "; ".join(f"{kind_in_words(kind)} {percent(share)}" for kind, share in kept),
                    shown(step["minutes"]),
                    shown(step["cost_euro"]),
                )
            )
            warnings += [f"{title}, step {step['step']}: {warning}" for warning in step["warnings"]]
        if rows:
            tables.append(Table(("", "What to do", "Left of the start", "min", "euro"), rows, title, (3, 4)))
    told = list(dict.fromkeys(warnings))
    return Section("Step by step, at the central values", "steps", tables=tables, warnings=told)
