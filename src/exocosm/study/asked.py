"""What is asked of a run: outputs, metrics, contrasts and what-ifs with their units, held against the models."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from exocosm import units
from exocosm.documents.quantity import hours, quantity
from exocosm.errors import ExocosmError, Problem, nearest
from exocosm.network.dimensions import unit_problems
from exocosm.network.grammar import parse
from exocosm.network.parts import Assignment, Model
from exocosm.network.reading import read, unknown_symbols
from exocosm.study.load import Study
from exocosm.study.resolved import Contrast, Metric, Output, ResolvedArm, WhatIf

IN_HOURS = ("time_of_maximum", "half_life", "time_above")


def words(name: str) -> str:
    """A name as a title."""
    text = name.replace("_", " ").replace("-", " ")
    return text[:1].upper() + text[1:]


def resolve_outputs(study: Study, arms: Sequence[ResolvedArm]) -> tuple[tuple[Output, ...], list[Problem], list[str]]:
    """Outputs, problems, and warnings about arms that lack an output."""
    outputs: list[Output] = []
    problems: list[Problem] = []
    left_out: dict[tuple[str, ...], list[str]] = {}
    shown: list[tuple[Model, list[tuple[Output, str]]]] = []
    for name, text in study.file.outputs.items():
        where = study.where("outputs", name, "is")
        outputs.append(Output(name, text.is_, text.unit, text.title or words(name), text.log, text.show))
        try:
            expression = parse(text.is_)
        except ExocosmError as failure:
            problems.append(Problem("expression", where, str(failure)))
            continue
        if expression.is_condition:
            problems.append(Problem("expression", where, f"'{text.is_}' is true or false; an output is a number"))
            continue
        lacking = {arm.name: unknown_symbols(expression, arm.model) for arm in arms}
        if arms and all(lacking.values()):
            first = lacking[arms[0].name]
            problems += [Problem(problem.kind, where, problem.message) for problem in first]
            continue
        missing = [arm for arm, found in lacking.items() if found]
        if missing:
            left_out.setdefault(tuple(missing), []).append(name)
        model = next((arm.model for arm in arms if not lacking[arm.name]), None)
        if model is not None:
            with_others = next((those for known, those in shown if known is model), None)
            if with_others is None:
                shown.append((model, with_others := []))
            with_others.append((outputs[-1], where))
    for model, those in shown:
        problems += _shown_unit_problems(model, those)
    warnings = [
        f"{' and '.join(missing)}: what the outputs {', '.join(names)} show does not exist there; they are left out"
        for missing, names in left_out.items()
    ]
    return tuple(outputs), problems, warnings


def _shown_unit_problems(model: Model, shown: Sequence[tuple[Output, str]]) -> list[Problem]:
    """Of (output, where): the expressions that measure another kind of thing than the unit they are to be shown in."""
    places = {f"the.output.{number}": where for number, (_, where) in enumerate(shown)}
    probes = tuple(
        Assignment(probe, output.unit, output.expression) for probe, (output, _) in zip(places, shown, strict=True)
    )
    found = unit_problems(read(replace(model, assignments=(*model.assignments, *probes))))
    told = [(problem, re.match(r"assignment '([^']*)'", problem.where)) for problem in found]
    return [
        Problem("comparison", places[name[1]], problem.message.replace("the assignment", "the output"))
        for problem, name in told
        if name is not None and name[1] in places
    ]


def resolve_metrics(study: Study) -> tuple[tuple[Metric, ...], list[Problem]]:
    """Metrics with their units (that of the output; times hours for an area; hours for times) and times in hours."""
    file = study.file
    end = hours(file.simulate.until)
    metrics: dict[str, Metric] = {}
    problems: list[Problem] = []
    for name, text in file.metrics.items():
        if text.of is None:
            continue
        unit = file.outputs[text.of].unit
        level = None
        if text.level is not None:
            value, level_unit = quantity(text.level)
            if units.same_dimension(level_unit, unit):
                level = units.to_canonical(value, level_unit)
            else:
                message = (
                    f"the level '{text.level}' cannot be compared with the output '{text.of}', which stands in '{unit}'"
                )
                problems.append(Problem("comparison", study.where("metrics", name, "level"), message))
        at, start, until = (None if given is None else hours(given) for given in (text.at, text.start, text.until))
        for key, time in (("at", at), ("start", start), ("until", until)):
            if time is not None and not 0 <= time <= end:
                message = f"{time:g} h lies outside the simulation (0 to {end:g} h)"
                problems.append(Problem("bound", study.where("metrics", name, key), message))
        if until is not None and until <= (start or 0.0):
            problems.append(Problem("bound", study.where("metrics", name, "until"), "`until` must lie after `start`"))
        metrics[name] = Metric(
            name,
            text.title or words(name),
            _metric_unit(str(text.take), unit),
            text.of,
            str(text.take),
            at,
            start,
            until,
            level,
        )
    for name, text in file.metrics.items():
        if text.ratio is None:
            continue
        above, below = (metrics[part].unit for part in text.ratio)
        unit = "dimensionless" if units.same_dimension(above, below) else f"({above})/({below})"
        if units.same_dimension(above, below) and above != below:
            message = f"'{text.ratio[0]}' stands in '{above}' and '{text.ratio[1]}' in '{below}'; show both in one unit"
            problems.append(Problem("comparison", study.where("metrics", name, "ratio"), message))
        metrics[name] = Metric(name, text.title or words(name), unit, ratio=(text.ratio[0], text.ratio[1]))
    return tuple(metrics[name] for name in file.metrics if name in metrics), problems


def _metric_unit(take: str, unit: str) -> str:
    if take in IN_HOURS:
        return "h"
    if take == "auc":
        return "h" if unit == "dimensionless" else f"{unit}*h"
    return unit


def contrast_unit(how: str, unit: str) -> str:
    """The unit of a contrast of a metric in `unit`."""
    return {"ratio": "dimensionless", "percent_change": "percent"}.get(how, unit)


def resolve_contrasts(study: Study) -> tuple[Contrast, ...]:
    """Contrasts with titles; their names were checked when the file was read."""
    return tuple(
        Contrast(
            name,
            text.title or words(name),
            text.metric,
            text.arm,
            text.against,
            text.as_,
            text.better,
            text.says,
            text.matters,
        )
        for name, text in study.file.contrasts.items()
    )


def resolve_what_ifs(study: Study, arms: Mapping[str, ResolvedArm]) -> tuple[tuple[WhatIf, ...], list[Problem]]:
    """What-ifs with the unit of what they vary."""
    found: list[WhatIf] = []
    problems: list[Problem] = []
    for name, text in study.file.what_if.items():
        arm = arms.get(text.arm)
        if arm is None:  # the arm's own problems are reported already
            continue
        parameter = {part.name: part for part in arm.model.parameters}.get(text.vary)
        if parameter is None:
            known = [part.name for part in arm.model.parameters]
            message = f"arm '{text.arm}' has no parameter '{text.vary}'; {nearest(text.vary, known)}"
            problems.append(Problem("unknown name", study.where("what_if", name, "vary"), message))
            continue
        if any(later <= earlier for earlier, later in zip(text.over, text.over[1:], strict=False)):
            problems.append(
                Problem("value", study.where("what_if", name, "over"), "write the values in increasing order")
            )
        found.append(
            WhatIf(
                name, text.title or words(name), text.arm, text.vary, tuple(text.over), arm.pins[text.vary].value.unit,
                text.contrast, text.threshold, text.asks,
            )
        )  # fmt: skip
    return tuple(found), problems
