"""What pages of table studies share: expectations and what came out, how arms compare, what could not be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from exocosm.report.numbers import counted, interval, listed, percent, quantity
from exocosm.report.page import Section, Table
from exocosm.trajectory.bench_result import CENTRAL
from exocosm.trajectory.expectations import NOT_REPRODUCED, REPRODUCED, Expected, Verdict

if TYPE_CHECKING:
    import pandas as pd

LOW, HIGH = 2.5, 97.5  # percentiles of the draws


def answer_of_verdict(verdict: Verdict) -> tuple[str, list[str], str]:
    """(headline, what stands below it, tone) of an experiment's page."""
    return (
        f"{verdict.id}: {verdict.sentence}",
        [
            f"Counts as reproduced: {verdict.rule}.",
            f"Grade {verdict.grade} - {verdict.evidence}. {counted(len(verdict.claims), 'claim')} of the literature: "
            f"{', '.join(verdict.claims)}.",
        ],
        {REPRODUCED: "better", NOT_REPRODUCED: "worse"}.get(verdict.verdict, ""),
    )


def expectations(verdict: Verdict) -> Section:
    """Every condition: whether it holds, in how many draws, and where in the prior it fails."""
    rows = [
        (
            one.says or one.condition,
            "control" if one.control else "expected",
            one.condition,
            "yes" if one.central else "no",
            "-" if one.share is None else percent(one.share),
        )
        for one in verdict.expected
    ]
    table = Table(("What", "Role", "Condition", "At the centre", "Draws in which it holds"), rows, numbers=(3, 4))
    failing = [sentence for one in verdict.expected for sentence in _failing(one)]
    told = failing or ["No condition fails in any draw, so no region of the prior is known in which it would."]
    if not verdict.draws:
        told = []
    return Section("What was expected", "expected", tables=[table], points=told)


def _failing(one: Expected) -> list[str]:
    """Where in the prior a condition fails, and what to measure."""
    if one.share is None or one.share == 1:
        return []
    what = one.says or one.condition
    if not one.suspects:
        return [f"{what}: fails in {percent(1 - one.share)} of the draws; no single value sets them apart."]
    parts = [
        f"{suspect.name} (around {quantity(suspect.failing, suspect.unit)} where it fails, "
        f"{quantity(suspect.holding, suspect.unit)} where it holds)"
        for suspect in one.suspects
    ]
    return [
        f"{what}: fails in {percent(1 - one.share)} of the draws, most with other values of {listed(parts)}. "
        f"To narrow it, measure {one.suspects[0].name}."
    ]


def compared(contrasts: pd.DataFrame, name: str, as_: str, unit: str) -> tuple[str, str, float]:
    """(central value, 95 % of what is not known, share of the draws in which the first arm is higher) of a contrast.

    unit: of a difference.  The value is `none` where an arm has no finite number, the range empty without draws.
    """
    table = contrasts[contrasts["contrast"] == name]
    central = float(table.loc[table["draw"] == CENTRAL, "value"].iloc[0])
    drawn = table.loc[table["draw"] != CENTRAL, "value"].to_numpy(float)
    drawn = drawn[np.isfinite(drawn)]
    unit = {"ratio": "", "percent_change": "percent"}.get(as_, unit)
    value = quantity(central, unit) if np.isfinite(central) else "none"
    value += " times" if as_ == "ratio" and np.isfinite(central) else ""
    if not len(drawn):
        return value, "", np.nan
    low, high = np.percentile(drawn, [LOW, HIGH])
    return value, interval(float(low), float(high)), float(np.mean(drawn > (1.0 if as_ == "ratio" else 0.0)))


def contrast_table(rows: Sequence[tuple[str, str, tuple[str, str, float]]], note: str) -> Table:
    """A table of contrasts.  rows: what is told, the arms, what `compared` gives."""
    heads = ("What", "Arms", "Central", "95 %: what is not known", "Draws in which the first is higher")
    cells = [
        (told, arms, value, ends, "" if np.isnan(share) else percent(share))
        for told, arms, (value, ends, share) in rows
    ]
    return Table(heads, cells, numbers=(2, 3, 4), note=note)


def not_done(recipe: Mapping[str, Any], when: str) -> list[str]:
    """What could not be done in some draws, and why.  when: of what the times are counted."""
    return [
        f"{counted(number, 'time')}, {when}, an arm could not be done and its numbers are missing: {reason}"
        for reason, number in recipe["could_not_be_done"].items()
    ]


def recipe_rows(recipe: Mapping[str, Any], names: Sequence[str]) -> list[tuple[str, str]]:
    """What a page says of how it was made: these entries of the recipe, and the versions of the programs."""
    versions = ", ".join(f"{name} {version}" for name, version in recipe["versions"].items() if len(version) < 20)
    plain = {name: str(recipe[name]) for name in names}
    return [(name.replace("_", " "), text) for name, text in {**plain, "versions": versions}.items()]
