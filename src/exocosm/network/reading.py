"""Model -> expression trees: every text of a model parsed, its names looked up, its definitions put in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from exocosm.errors import InputError, Problem, nearest
from exocosm.network.expression import BUILT_IN, Expression, divide, in_order, name, number, substitute, symbols, volume
from exocosm.network.grammar import RESERVED, is_name, parse
from exocosm.network.parts import EXTENTS, KINDS, PART_KINDS, Model

Key = tuple[str, ...]  # (part kind, part name, field[, inner name]), e.g. ("process", "uptake", "takes", "drug@blood")

_SINGULAR = {"species": "species"}  # all other kinds lose their s (processes: es)


@dataclass(frozen=True)
class Reading:
    """The expressions of a model by key, the problems met, and the definitions (assignments, volumes) in order.

    definitions: symbol -> expression with `concentration(...)` written out and mere synonyms put in place, each after
    what it uses.  replacements: what `resolve` puts in place of concentrations and synonyms.
    """

    model: Model
    expressions: Mapping[Key, Expression]
    problems: tuple[Problem, ...]
    definitions: Mapping[str, Expression]
    replacements: Mapping[str, Expression]

    def resolve(self, expression: Expression) -> Expression:
        """The expression in states, parameters, time and the symbols of `definitions` only."""
        return substitute(expression, self.replacements)

    def moving(self, expression: Expression) -> frozenset[str]:
        """The states and `time` on which a resolved expression depends, through definitions too."""
        used = symbols(expression)
        return (used & self._moving_names).union(*(self.moves[one] for one in used if one in self.moves))

    @cached_property
    def moves(self) -> Mapping[str, frozenset[str]]:
        """The states and `time` on which each definition depends, through other definitions too."""
        found: dict[str, frozenset[str]] = {}
        for symbol, expression in self.definitions.items():  # each stands after what it uses
            used = symbols(expression)
            found[symbol] = (used & self._moving_names).union(*(found[one] for one in used if one in found))
        return found

    @cached_property
    def _moving_names(self) -> frozenset[str]:
        return frozenset({"time", *(part.name for part in self.model.states)})


def where(key: Key) -> str:
    """Where an expression stands, in words."""
    kind, part, *rest = key
    return f"{kind} '{part}'" + (f", {rest[0]}" if rest else "") + (f" '{rest[1]}'" if len(rest) > 1 else "")


def texts(model: Model) -> Iterator[tuple[Key, str | float]]:
    """Every expression text of a model with its key."""
    for place in model.places:
        yield ("place", place.name, "volume"), place.volume
    for species in model.species:
        yield ("species", species.name, "initial"), species.initial
    for variable in model.variables:
        yield ("variable", variable.name, "rate"), variable.rate
        yield ("variable", variable.name, "initial"), variable.initial
    for assignment in model.assignments:
        yield ("assignment", assignment.name, "expression"), assignment.expression
    for process in model.processes:
        yield ("process", process.name, "rate"), process.rate
        for field, amounts in (("takes", process.takes), ("gives", process.gives)):
            for target, coefficient in amounts.items():
                yield ("process", process.name, field, target), coefficient
    for flow in model.flows:
        yield ("flow", flow.name, "rate"), flow.rate
    for event in model.events:
        yield ("event", event.name, "when"), event.when
        for target, value in event.do.items():
            yield ("event", event.name, "do", target), value


def read(model: Model) -> Reading:
    """Parse and look up everything in a model; what is wrong is collected in `problems`, never raised."""
    problems = list(_name_problems(model))
    known = _known(model)
    expressions: dict[Key, Expression] = {}
    for key, text in texts(model):
        try:
            expression = number(text) if isinstance(text, (int, float)) else parse(text)
        except InputError as problem:
            kind = "unknown name" if "there is no function" in str(problem) else "expression"
            problems.append(Problem(kind, where(key), str(problem)))
            continue
        problems += _unknown(key, expression, known)
        if expression.is_condition != (key[0] == "event" and key[2] == "when"):
            wanted = "a condition such as 'a > b'" if key[2:] == ("when",) else "a number; write if(condition, 1, 0)"
            problems.append(Problem("expression", where(key), f"'{text}' must be {wanted}"))
            continue
        expressions[key] = expression
    problems += _reference_problems(model)
    problems += _word_problems(model)
    definitions, replacements, cycles = _definitions(model, expressions)
    problems += cycles
    problems += _scope_problems(Reading(model, expressions, (), definitions, replacements))
    return Reading(model, expressions, tuple(problems), definitions, replacements)


def unknown_symbols(expression: Expression, model: Model) -> list[Problem]:
    """Problems for names of an expression (an observable, a dose amount) that the model does not know."""
    return list(_unknown(("expression", "given"), expression, _known(model)))


def _known(model: Model) -> dict[str, set[str]]:
    places = {place.name for place in model.places}
    species = {part.name for part in model.species}
    every: tuple[Any, ...] = (*model.states, *model.assignments, *model.parameters)
    names = {part.name for part in every}
    calls = [f"{kind}({one})" for kind, known in (("volume", places), ("concentration", species)) for one in known]
    return {"name": names, "volume": places, "concentration": species, "symbol": names.union(BUILT_IN, calls)}


def _unknown(key: Key, expression: Expression, known: Mapping[str, set[str]]) -> Iterator[Problem]:
    for symbol in sorted(symbols(expression) - known["symbol"]):
        kind, inner = ("name", symbol) if not symbol.endswith(")") else symbol[:-1].split("(", 1)
        what = {"name": "name", "volume": "place", "concentration": "species"}[kind]
        message = f"the {what} '{inner}' is not in the model; {nearest(inner, known[kind])}"
        yield Problem("unknown name", where(key), message)


def _reference_problems(model: Model) -> Iterator[Problem]:
    places = {place.name for place in model.places}
    species = {part.name for part in model.species}
    states = {part.name for part in model.states}

    def missing(position: str, what: str, given: str, known: set[str]) -> Iterator[Problem]:
        if given not in known:
            message = f"the {what} '{given}' is not in the model; {nearest(given, known)}"
            yield Problem("unknown name", position, message)

    for part in model.species:
        yield from missing(f"species '{part.name}', place", "place", part.place, places)
    for process in model.processes:
        for field, amounts in (("takes", process.takes), ("gives", process.gives)):
            for target in amounts:
                yield from missing(f"process '{process.name}', {field}", "species", target, species)
    for flow in model.flows:
        for field, place in (("source", flow.source), ("target", flow.target)):
            yield from missing(f"flow '{flow.name}', {field}", "place", place, places)
    for event in model.events:
        for target in event.do:
            yield from missing(f"event '{event.name}', do", "species or variable", target, states)
    observable = _known(model)["name"]
    for output in model.outputs:
        if is_name(output):
            yield from missing("outputs", "output", output, observable)


def _word_problems(model: Model) -> Iterator[Problem]:
    """Words that choose one of a few things, and choose none of them."""
    for place in model.places:
        position = f"place '{place.name}', extent"
        if place.extent not in EXTENTS:
            yield Problem(
                "unknown name", position, f"there is no extent '{place.extent}'; {nearest(place.extent, EXTENTS)}"
            )
        elif place.extent != "well_mixed":
            message = f"'{place.extent}' comes with the tissue engine, which is not there yet; use 'well_mixed'"
            yield Problem("extent", position, f"{message}, or cut the place into several places with transport between")
    for process in model.processes:
        if process.kind not in KINDS:
            message = f"there is no kind of process '{process.kind}'; {nearest(process.kind, KINDS)}"
            yield Problem("unknown name", f"process '{process.name}', kind", message)


def _name_problems(model: Model) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for kind in PART_KINDS:
        singular = _SINGULAR.get(kind, kind[:-2] if kind == "processes" else kind[:-1])
        # a name in an expression is a species, variable, assignment or parameter; other kinds have spaces of their own
        shared = kind in {"species", "variables", "assignments", "parameters"}
        own: set[str] = set()
        for part in getattr(model, kind):
            position = f"{singular} '{part.name}'"
            if part.name in RESERVED:
                yield Problem("duplicate", position, f"'{part.name}' is a word of the expressions; choose another name")
            elif not is_name(part.name):
                message = "a name is made of letters, digits, '_', '.' and '@', starts with a letter, ends in no dot"
                yield Problem("duplicate", position, f"{message}, and has at most 200 characters")
            if part.name in own:
                yield Problem("duplicate", position, f"there are two {kind} of this name; rename one")
            elif shared and part.name in seen:
                message = f"it shares its name with the {seen[part.name]}; in an expression nobody could tell which"
                yield Problem("duplicate", position, message)
            own.add(part.name)
            if shared:
                seen.setdefault(part.name, singular)


def _definitions(
    model: Model, expressions: Mapping[Key, Expression]
) -> tuple[dict[str, Expression], dict[str, Expression], list[Problem]]:
    written = {f"volume({key[1]})": one for key, one in expressions.items() if key[0] == "place"}
    written.update({key[1]: one for key, one in expressions.items() if key[0] == "assignment"})
    concentrations = {f"concentration({s.name})": divide(name(s.name), volume(s.place)) for s in model.species}
    spread = {symbol: substitute(one, concentrations) for symbol, one in written.items()}
    order, cycles = sorted_definitions({symbol: symbols(one) & spread.keys() for symbol, one in spread.items()})
    problems = [
        Problem(
            "cyclic", f"definition of '{cycle[0]}'", " -> ".join(cycle) + "; one of them must be a variable instead"
        )
        for cycle in cycles
    ]
    definitions: dict[str, Expression] = {}
    replacements: dict[str, Expression] = {}
    for symbol in order:
        expression = substitute(spread[symbol], replacements)
        if expression.arguments:
            definitions[symbol] = expression
        else:
            replacements[symbol] = expression
    replacements.update({symbol: substitute(one, replacements) for symbol, one in concentrations.items()})
    return definitions, replacements, problems


def sorted_definitions(uses: Mapping[str, Iterable[str]]) -> tuple[list[str], list[list[str]]]:
    """Symbols so that each comes after those it uses, and the cycles found (each as a closed chain of symbols)."""
    order: list[str] = []
    cycles: list[list[str]] = []
    state: dict[str, int] = {}  # 1: on the present path, 2: done
    for start in uses:
        if start in state:
            continue
        path = [start]
        pending = [iter(sorted(uses[start]))]
        state[start] = 1
        while path:
            for following in pending[-1]:
                if state.get(following) == 1:
                    cycles.append([*path[path.index(following) :], following])
                elif following not in state:
                    path.append(following)
                    pending.append(iter(sorted(uses[following])))
                    state[following] = 1
                    break
            else:
                state[path[-1]] = 2
                order.append(path.pop())
                pending.pop()
    return order, cycles


def _scope_problems(reading: Reading) -> Iterator[Problem]:
    for key, expression in reading.expressions.items():
        if key[0] == "process" and len(key) == 4:
            moving = reading.moving(reading.resolve(expression))
            if moving:
                message = f"a coefficient may use parameters only, but this depends on {', '.join(sorted(moving))}"
                yield Problem("expression", where(key), message)
        if key[0] == "event" and key[2] == "when":
            for part in in_order([expression]):
                if part.operator in {"==", "!="}:
                    message = f"'{part.operator}' has no moment of turning true; use < or >"
                    yield Problem("expression", where(key), message)
        if key[2] == "initial" and "time" in reading.moving(reading.resolve(expression)):
            yield Problem("expression", where(key), "an initial value cannot depend on time")
    states = {part.name for part in reading.model.states}
    starts = {
        key[1]: reading.moving(reading.resolve(one)) & states
        for key, one in reading.expressions.items()
        if key[2] == "initial"
    }
    for cycle in sorted_definitions(starts)[1]:
        yield Problem("cyclic", f"initial value of '{cycle[0]}'", " -> ".join(cycle))
