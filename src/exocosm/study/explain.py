"""What a resolved study will do, before it is done: parts, equations, doses, values with their origin, and the cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from exocosm.engines.choice import AUTOMATIC, engine_of
from exocosm.evidence.pin import Pin
from exocosm.evidence.rules import correlated_ids
from exocosm.network.parts import Event, Model, Process
from exocosm.study.resolved import ResolvedArm, ResolvedStudy
from exocosm.study.values import CORRELATION

MAXIMUM_WIDTH = 60  # of a column of text

Row = dict[str, Any]


def explanation(study: ResolvedStudy, cost: Mapping[str, int] | None = None) -> dict[str, Any]:
    """The whole explanation as plain data (for JSON).

    cost: purpose -> how many times a model is solved for it, and the `total` (`workflow.plan.count_solves`).
    """
    return {
        "name": study.name,
        "title": study.title,
        "question": study.question,
        "organism": study.organism,
        "population": study.population,
        "animals": study.animals if study.variability else 0,
        "draws": study.draws,
        "arms": [_arm(arm) for arm in study.arms],
        "models": [_model(names, model) for names, model in distinct_models(study.arms)],
        "values": values_of(study.arms),
        "correlations": correlations_of(study.arms),
        "outputs": [{"name": one.name, "is": one.expression, "unit": one.unit} for one in study.outputs],
        "metrics": [_metric(study, one.name) for one in study.metrics],
        "contrasts": [
            {"name": one.name, "metric": one.metric, "arm": one.arm, "against": one.against, "as": one.how}
            for one in study.contrasts
        ],
        "measurements": [
            {
                "name": one.name,
                "arm": one.arm or _arms_of(study, one.contrast),
                "against": one.output or one.metric or one.contrast,
                "role": one.role,
                "points": len(one.values),
                "source": one.source,
            }
            for one in study.measurements
        ],
        "comparisons": [one.name for one in study.comparisons],
        "engine": engine_of(study.engine),
        "engine_asked_for": study.engine,
        "solves": dict(cost or {}),
        "warnings": list(study.warnings),
    }


def distinct_models(arms: Sequence[ResolvedArm]) -> list[tuple[tuple[str, ...], Model]]:
    """(names of the arms, their model) of every model that differs in more than parameters and names."""
    found: list[tuple[list[str], Model, Model]] = []
    for arm in arms:
        bare = replace(arm.model, parameters=(), name="")
        for names, known, _ in found:
            if known == bare:
                names.append(arm.name)
                break
        else:
            found.append(([arm.name], bare, arm.model))
    return [(tuple(names), model) for names, _, model in found]


def equation(process: Process) -> str:
    """`2 a + b -> c` of a process, with what it declares as source or sink."""
    taken = _side(process.takes) or f"({process.source or 'nothing'})"
    given = _side(process.gives) or f"({process.sink or 'nothing'})"
    return f"{taken} -> {given}"


def values_of(arms: Sequence[ResolvedArm]) -> list[Row]:
    """Every value of a parameter once, with the arms that use it, how far it may be trusted, and the path to it."""
    return [
        {
            "name": pin.name,
            "value": pin.value.value,
            "unit": pin.value.unit,
            "range": _range(pin),
            "method": pin.value.method,
            "trust": pin.trust,
            "source": _origin(pin),
            "row": pin.value.id,
            "arms": names,
            "path": list(pin.path),
        }
        for pin, names in _pinned(arms, correlations=False)
    ]


def correlations_of(arms: Sequence[ResolvedArm]) -> list[Row]:
    """Every correlation between two values once: the rows that are drawn together, at which level, and how closely."""
    return [
        {
            "rows": list(correlated_ids(pin.value)),
            "level": pin.value.label.replace("_", " "),
            "correlation": pin.value.value,
            "trust": pin.trust,
            "source": _origin(pin),
            "row": pin.value.id,
            "arms": names,
            "path": list(pin.path),
        }
        for pin, names in _pinned(arms, correlations=True)
    ]


def _pinned(arms: Sequence[ResolvedArm], correlations: bool) -> list[tuple[Pin, str]]:
    """(pin, words for the arms that use it) of every pinned correlation, or of everything else."""
    found: dict[Pin, list[str]] = {}
    for arm in arms:
        for pin in arm.pins.values():
            if (pin.value.quantity == CORRELATION) == correlations:
                found.setdefault(pin, []).append(arm.name)
    ordered = sorted(found.items(), key=lambda item: item[0].name)
    return [(pin, "all" if len(names) == len(arms) else ", ".join(names)) for pin, names in ordered]


def _origin(pin: Pin) -> str:
    return " ".join(part for part in (pin.value.source, pin.value.locator) if part)


def explain(study: ResolvedStudy, cost: Mapping[str, int] | None = None) -> str:
    """The explanation as text: one table after the other; with the cost, see `explanation`, if it is given."""
    told = explanation(study, cost)
    parts = [f"{study.title}  ({study.name})"]
    if study.question:
        parts.append(study.question)
    parts.append(_header(told))
    parts.append(_titled("Arms", told["arms"], ("name", "title", "doses", "mechanisms")))
    for model in told["models"]:
        arms = ", ".join(model["arms"])
        parts.append(f"Model of {arms}: {len(model['species'])} species, {len(model['variables'])} variables")
        for heading, columns in (
            ("places", ("name", "volume")),
            ("species", ("name", "place", "unit", "initial")),
            ("variables", ("name", "unit", "rate", "initial")),
            ("assignments", ("name", "is", "unit")),
            ("processes", ("name", "equation", "rate", "mechanism")),
            ("flows", ("name", "from", "to", "rate")),
            ("events", ("name", "when", "do")),
        ):
            parts.append(_titled(heading.capitalize(), model[heading], columns))
    parts.append(_titled("Values", told["values"], ("name", "value", "unit", "range", "trust", "source", "arms")))
    parts.append(
        _titled("Drawn together", told["correlations"], ("rows", "level", "correlation", "trust", "source", "arms"))
    )
    ways = [f"  {row['name']}: {' '.join(row['path'])}" for row in told["values"] if row["trust"] != "constant"]
    if ways:
        parts.append("How each value was found\n" + "\n".join(ways))
    parts.append(_titled("Outputs", told["outputs"], ("name", "is", "unit")))
    parts.append(_titled("Metrics", told["metrics"], ("name", "what", "unit")))
    parts.append(_titled("Contrasts", told["contrasts"], ("name", "metric", "arm", "against", "as")))
    parts.append(_titled("Measurements", told["measurements"], ("name", "arm", "against", "role", "points", "source")))
    here = f" ({told['engine']} on this machine)" if study.engine == AUTOMATIC else ""
    parts.append(f"Engine: {study.engine}{here}")
    count = told["solves"]
    split = ", ".join(f"{key.replace('_', '-')} {number}" for key, number in count.items() if key != "total" and number)
    if count:
        parts.append(f"Cost: the models are solved {count['total']} times ({split})")
    if study.warnings:
        parts.append("Warnings\n" + "\n".join(f"  - {warning}" for warning in study.warnings))
    return "\n\n".join(part for part in parts if part) + "\n"


def _header(told: Mapping[str, Any]) -> str:
    who = ", ".join(part for part in (told["organism"], told["population"]) if part)
    return f"{who + '; ' if who else ''}{told['draws']} draws, {told['animals']} animals besides the typical one"


def _arm(arm: ResolvedArm) -> Row:
    return {
        "name": arm.name,
        "title": arm.title,
        "doses": list(arm.doses_in_words) or ["none"],
        "mechanisms": list(arm.mechanisms),
        "until_hours": arm.schedule.end,
        "times_recorded": len(arm.schedule.observe_times),
    }


def _model(names: Sequence[str], model: Model) -> dict[str, Any]:
    return {
        "arms": list(names),
        "places": [{"name": one.name, "volume": one.volume} for one in model.places],
        "species": [
            {"name": one.name, "place": one.place, "unit": one.unit, "initial": one.initial} for one in model.species
        ],
        "variables": [
            {"name": one.name, "unit": one.unit, "rate": one.rate, "initial": one.initial} for one in model.variables
        ],
        "assignments": [{"name": one.name, "is": one.expression, "unit": one.unit} for one in model.assignments],
        "processes": [
            {"name": one.name, "equation": equation(one), "rate": one.rate, "mechanism": one.mechanism}
            for one in model.processes
        ],
        "flows": [{"name": one.name, "from": one.source, "to": one.target, "rate": one.rate} for one in model.flows],
        "events": [{"name": one.name, "when": one.when, "do": _assignments(one)} for one in model.events],
    }


def _arms_of(study: ResolvedStudy, name: str) -> str:
    contrast = next(one for one in study.contrasts if one.name == name)
    return f"{contrast.arm} against {contrast.against}"


def _assignments(event: Event) -> str:
    return "; ".join(f"{name} = {value}" for name, value in event.do.items()) + (" (once)" if event.once else "")


def _metric(study: ResolvedStudy, name: str) -> Row:
    metric = next(one for one in study.metrics if one.name == name)
    if metric.ratio is not None:
        what = f"{metric.ratio[0]} / {metric.ratio[1]}"
    else:
        what = f"{metric.take} of {metric.of}"
        if metric.at is not None:
            what += f" {metric.at:g} h"
        if metric.start is not None or metric.until is not None:
            what += f" from {metric.start or 0:g} h" + (f" to {metric.until:g} h" if metric.until is not None else "")
        if metric.level is not None:
            what += f" {metric.level:g} (canonical)"
    return {"name": name, "what": what, "unit": metric.unit}


def _side(amounts: Mapping[str, float | str]) -> str:
    return " + ".join(f"{_times(amount)}{name}" for name, amount in amounts.items())


def _times(amount: float | str) -> str:
    if amount in (1, "1"):
        return ""
    return f"({amount}) " if isinstance(amount, str) else f"{amount:g} "


def _range(pin: Pin) -> str:
    row = pin.value
    if row.low is not None and row.high is not None:
        return f"{row.low:g} to {row.high:g}"
    if row.spread is not None:
        return f"+- {row.spread:g} ({row.spread_kind.replace('_', ' ')})"
    return ""


def _titled(title: str, rows: Sequence[Row], columns: Sequence[str]) -> str:
    return f"{title}\n{_table(rows, columns)}" if rows else ""


def _table(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """Rows as aligned columns; columns that are empty throughout are left out."""
    cells = [[_cell(row.get(column, "")) for column in columns] for row in rows]
    kept = [place for place in range(len(columns)) if any(line[place] for line in cells)]
    widths = {place: max(len(columns[place]), *(len(line[place]) for line in cells)) for place in kept}

    def line(texts: Iterable[tuple[int, str]]) -> str:
        return ("  " + "  ".join(text.ljust(widths[place]) for place, text in texts)).rstrip()

    head = line((place, columns[place]) for place in kept)
    return "\n".join([head, *(line((place, row[place]) for place in kept) for row in cells)])


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    text = ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= MAXIMUM_WIDTH else text[: MAXIMUM_WIDTH - 3] + "..."
