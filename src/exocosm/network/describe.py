"""A model as tables that a reader can check: places, species, variables, assignments, parameters, processes."""

from __future__ import annotations

from collections.abc import Mapping

from exocosm.network.parts import Model, Parameter, Process, Stoichiometry, substance_of

Row = dict[str, str]


def describe(model: Model) -> dict[str, list[Row]]:
    """The tables of a model by kind of part; each row maps column -> text, in the order of the columns."""
    return {
        "places": [
            {"name": one.name, "volume": one.volume, "open": "yes" if one.open else "", "note": one.note}
            for one in model.places
        ],
        "flows": [
            {"name": one.name, "from": one.source, "to": one.target, "rate": one.rate, "fluid": one.fluid}
            for one in model.flows
        ],
        "species": [
            {
                "name": one.name,
                "place": one.place,
                "unit": one.unit,
                "substance": substance_of(one),
                "initial": one.initial,
                "note": one.note,
            }
            for one in model.species
        ],
        "variables": [
            {"name": one.name, "unit": one.unit, "rate": one.rate, "initial": one.initial, "note": one.note}
            for one in model.variables
        ],
        "assignments": [
            {"name": one.name, "unit": one.unit, "equals": one.expression, "note": one.note}
            for one in model.assignments
        ],
        "parameters": [_parameter(one) for one in model.parameters],
        "processes": [_process(one) for one in model.processes],
        "events": [
            {
                "name": one.name,
                "when": one.when,
                "do": "; ".join(f"{target} = {value}" for target, value in one.do.items()),
                "once": "yes" if one.once else "",
                "note": one.note,
            }
            for one in model.events
        ],
    }


def _parameter(one: Parameter) -> Row:
    return {
        "name": one.name,
        "unit": one.unit,
        "value": "" if one.value is None else f"{one.value:g}",
        "quantity": one.quantity or one.name,
        "context": ", ".join(f"{key}: {text}" for key, text in one.context.items()),
        "extensive": "yes" if one.extensive else "",
        "note": one.note,
    }


def _process(one: Process) -> Row:
    return {
        "name": one.name,
        "equation": equation(one),
        "rate": one.rate,
        "mechanism": one.mechanism,
        "cites": ", ".join(one.cites),
        "note": one.note,
    }


def equation(process: Process) -> str:
    """A process as a reaction, e.g. `2 drug@blood -> drug@liver`; sources and sinks in brackets."""
    taken = _side(process.takes, process.source)
    given = _side(process.gives, process.sink)
    return f"{taken or 'nothing'} -> {given or 'nothing'}"


def _side(amounts: Stoichiometry, declared: str) -> str:
    terms = [species if amount in (1, "1") else f"{_amount(amount)} {species}" for species, amount in amounts.items()]
    return " + ".join([*terms, *([f"[{declared}]"] if declared else [])])


def _amount(amount: float | str) -> str:
    return f"({amount})" if isinstance(amount, str) else f"{amount:g}"


def describe_text(model: Model) -> str:
    """All tables of a model as plain text; empty tables and empty columns are left out."""
    blocks = [f"{model.name}"]
    for kind, rows in describe(model).items():
        if rows:
            blocks.append(f"{kind} ({len(rows)})\n" + _table(rows))
    return "\n\n".join(blocks) + "\n"


def _table(rows: list[Row]) -> str:
    columns = [column for column in rows[0] if any(row[column] for row in rows)]
    head: Mapping[str, str] = {column: column for column in columns}
    widths = {column: max(len(row[column]) for row in (head, *rows)) for column in columns}
    lines = ["  ".join(row[column].ljust(widths[column]) for column in columns).rstrip() for row in (head, *rows)]
    return "\n".join(f"  {line}" for line in lines)
