"""What stands in the report, section by section, as plain data for the template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from exocosm.evidence.bibliography import link, short, title
from exocosm.network.describe import describe
from exocosm.report import answers, figures, forest, ground, prediction, sensitivity, sentences, thin, verdict
from exocosm.report.canvas import TRUST_COLOURS, looks
from exocosm.report.numbers import counted, interval, quantity, readable, shown
from exocosm.report.tables import records
from exocosm.study.explain import distinct_models

if TYPE_CHECKING:
    from exocosm.study.resolved import ResolvedStudy
    from exocosm.trajectory.result import Result

MAXIMUM_FAILURES = 50
MAXIMUM_RANKED = 15
MAXIMUM_ROWS = 400  # of one table of a model
VERDICT_WORDS = {
    "in": "inside",
    "out": "outside",
    "calibrated": "calibrated",
    "overlay": "shown only",
    "missing": "no prediction",
}


def contents(result: Result) -> dict[str, Any]:
    """Every section of the report: the variables of the template."""
    study = result.study
    asked = answers.asked_contrasts(study)
    return {
        "title": study.title or study.name,
        "question": study.question,
        "block": answers.block(result),
        "thin": _thin(result, asked),
        "arms": _arms(result),
        "pictures": _pictures(result, asked),
        "comparison_summary": prediction.summary(result),
        "comparison_picture": prediction.predictions(result),
        "comparisons": _comparisons(result),
        "value_groups": ground.value_groups(result),
        "measured_by": ground.measured_by(result),
        "assumptions": _assumptions(result, asked),
        "preparations": _preparations(study),
        "warnings": _warnings(result),
        "failures": _failures(result),
        "failure_count": len(result.statuses),
        "models": _models(study),
        "tolerances": study.tolerances,
        "engine": result.recipe.get("engine", "not recorded"),
        "solves": _solves(result),
        "sources": _sources(result),
        "recipe": _flat(result.recipe),
        "study_text": study.text,
    }


def _thin(result: Result, asked: tuple[str, ...]) -> dict[str, Any]:
    study, counts = result.study, ground.counts(ground.distinct_values(result))
    counts.pop("correlation", None)
    total = sum(counts.values())
    known = [trust for trust in sentences.TRUST_WORDS if counts.get(trust)]
    shares = [
        {
            "trust": trust,
            "word": sentences.TRUST_WORDS[trust][0],
            "number": counts[trust],
            "percent": round(100 * counts[trust] / total, 2),
            "colour": TRUST_COLOURS[trust],
        }
        for trust in known
    ]
    first = asked[0] if asked else ""
    title = next((each.title or each.name for each in study.contrasts if each.name == first), "")
    told = verdict.in_sentence(verdict.subject(title), answers.prose(study))
    told = f"the {told}" if told[:1].islower() else told
    return {
        "sentences": thin.first_lines(result),
        "shares": shares,
        "lists": thin.short_lists(result, first),
        "assumptions": thin.assumptions(result, first, told) if first else (),
        "was_ranked": bool(len(result.influence)),
        "next": ground.next_measurement(result, first) if first else "",
        "numbers": thin.numbers_of_runs(result),
    }


def _arms(result: Result) -> list[dict[str, Any]]:
    arms = looks(result.study)
    return [
        {
            "name": arm.name,
            "title": arms[arm.name].title,
            "colour": arms[arm.name].colour,
            "doses": arm.doses_in_words or ("none",),
            "mechanisms": tuple(readable(name) for name in arm.mechanisms),
        }
        for arm in result.study.arms
    ]


def _pictures(result: Result, asked: tuple[str, ...]) -> list[dict[str, Any]]:
    """The figures under their headings, empty headings left out."""
    shares = [picture for picture in (forest.dose_shares(result), figures.share_courses(result)) if picture]
    metrics = forest.metrics(result)
    groups = [
        ("Over time", figures.time_courses(result)),
        ("Where the dose goes", shares),
        ("Numbers taken from the time courses", [metrics] if metrics else []),
        ("Arms compared", forest.contrasts(result)),
        ("What if", sensitivity.what_ifs(result)),
        ("What the answer hangs on", sensitivity.influences(result, asked)),
    ]
    return [{"title": title, "pictures": pictures} for title, pictures in groups if pictures]


def _comparisons(result: Result) -> list[dict[str, Any]]:
    sources = ground.sources_of(result)
    arms = {
        (study.name, arm.name): arm.title or arm.name
        for study in (result.study, *result.study.comparisons)
        for arm in study.arms
    }
    found = []
    for row in prediction.by_study(result):
        key, _, locator = str(row["source"]).partition(" ")
        names = str(row["arm"]).split(" against ")  # two, where arms are compared
        arm = " against ".join(arms.get((row["study"], name), name) for name in names)
        about = [row["what"] if row["what"] != row["title"] else "", arm, prediction.NOTES.sub("", str(row["note"]))]
        found.append(
            {
                "study": row["study_title"],
                "title": row["title"],
                "about": "; ".join(part for part in about if part),
                "is_contrast": row["is_contrast"],
                "measured": quantity(row["measured"], row["unit"]),
                "measured_range": _range(row["measured_low"], row["measured_high"]),
                "predicted": quantity(row["predicted"], row["unit"]),
                "predicted_range": _range(row["predicted_low"], row["predicted_high"]),
                "factor": shown(row["factor_off"], 2) if np.isfinite(row["factor_off"]) else "",
                "verdict": row["verdict"],
                "verdict_words": VERDICT_WORDS.get(row["verdict"], row["verdict"]),
                "citations": ground.citations(key, locator, sources),
            }
        )
    return found


def _range(low: float, high: float) -> str:
    return "" if np.isnan(low) or np.isnan(high) else interval(low, high, "", 3)


def _assumptions(result: Result, asked: tuple[str, ...]) -> list[dict[str, Any]]:
    titles = {each.name: each.title or each.name for each in result.study.contrasts}
    tables = [(titles[name], ground.ranked_assumptions(result, name)) for name in asked]
    return [
        {"title": title, "rows": rows[:MAXIMUM_RANKED], "left_out": max(0, len(rows) - MAXIMUM_RANKED)}
        for title, rows in tables
        if rows
    ]


def _preparations(study: ResolvedStudy) -> list[dict[str, Any]]:
    return [
        {"name": readable(name), "rows": [(readable(key), _card_entry(entry)) for key, entry in card.items()]}
        for name, card in study.preparations.items()
        if isinstance(card, Mapping)
    ]


def _card_entry(entry: Any) -> str:
    if not isinstance(entry, Mapping) or "value" not in entry:
        return str(entry)
    text = quantity(float(entry["value"]), str(entry.get("unit", "")))
    if entry.get("low") is not None and entry.get("high") is not None:
        text += f" (95 %: {interval(float(entry['low']), float(entry['high']))})"
    more = [str(entry[key]).replace("_", " ") for key in ("method", "instrument") if entry.get(key)]
    more += [f"{entry[key]}" for key in ("source", "locator", "note") if entry.get(key)]
    return ", ".join([text, *more])


def _warnings(result: Result) -> list[str]:
    return list(dict.fromkeys([*result.study.warnings, *(str(each) for each in result.recipe.get("warnings", ()))]))


def _failures(result: Result) -> list[dict[str, Any]]:
    rows = records(result.statuses.head(MAXIMUM_FAILURES))
    return [
        {
            key: _plain(row.get(key))
            for key in ("study", "arm", "job", "draw", "animal", "status", "message", "time", "state", "process")
        }
        for row in rows
    ]


def _plain(value: Any) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    return shown(value) if isinstance(value, float) else str(value)


def _models(study: ResolvedStudy) -> list[dict[str, Any]]:
    titles = {arm.name: arm.title or arm.name for arm in study.arms}
    found = []
    for names, model in distinct_models(study.arms):
        tables = [{"kind": kind, **_table(rows)} for kind, rows in describe(model).items() if rows]
        size = ", ".join(
            counted(len(getattr(model, kind)), one, many) for kind, one, many in _KINDS if getattr(model, kind)
        )
        found.append({"arms": [titles[name] for name in names], "size": size, "tables": tables})
    return found


_KINDS = (
    ("places", "place", ""),
    ("species", "species", "species"),
    ("variables", "variable", ""),
    ("processes", "process", "processes"),
    ("flows", "flow", ""),
    ("events", "event", ""),
    ("assignments", "assignment", ""),
    ("parameters", "parameter", ""),
)


def _table(rows: list[dict[str, str]]) -> dict[str, Any]:
    columns = [column for column in rows[0] if any(row[column] for row in rows)]
    return {
        "columns": columns,
        "rows": [[row[column] for column in columns] for row in rows[:MAXIMUM_ROWS]],
        "left_out": max(0, len(rows) - MAXIMUM_ROWS),
    }


def _solves(result: Result) -> str:
    solves = result.recipe.get("solves")
    if not isinstance(solves, Mapping) or "total" not in solves:
        return ""
    parts = ", ".join(f"{readable(name)} {number:,}" for name, number in solves.items() if name != "total" and number)
    return f"{counted(int(solves['total']), 'time')} ({parts})"


def _sources(result: Result) -> list[dict[str, Any]]:
    sources = ground.sources_of(result)
    used: dict[str, int] = {}
    for text in result.values["source"] if len(result.values) else ():
        for key in {part.strip() for part in str(text).split(";") if part.strip()}:
            used[key] = used.get(key, 0) + 1
    return [
        {
            "key": key,
            "short": short(key, sources),
            "title": title(source),
            "where": ", ".join(
                source.fields[field] for field in ("journal", "volume", "pages") if source.fields.get(field)
            ),
            "link": link(key, sources),
            "uses": used.get(key, 0),
        }
        for key, source in sorted(sources.items(), key=lambda item: short(item[0], sources).lower())
    ]


def _flat(recipe: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    """The recipe as (name, text); warnings have a section of their own."""
    found: list[tuple[str, str]] = []
    for key, value in recipe.items():
        if key == "warnings" and not before:
            continue
        name = f"{before}{readable(key)}"
        if isinstance(value, Mapping):
            found += _flat(value, f"{name}: ")
        else:
            found.append((name, str(value)))
    return found
