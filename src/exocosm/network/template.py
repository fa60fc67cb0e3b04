"""Models made many at a time: the same parts for every organ or size class, carriage by flows, chains for delays."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from types import MappingProxyType
from typing import Any

from exocosm.errors import InputError, nearest
from exocosm.network.grammar import parse
from exocosm.network.parts import PART_KINDS, Flow, Model, Process, Species

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
MOST_PARTS = 100_000


def for_each(build: Callable[..., Model], **index: Sequence[str]) -> Model:
    """The models `build(organ=..., ...)` for every combination of the indices, joined with `+`."""
    joined = Model()
    for combination in _combinations(index, tuple(index)):
        made = build(**combination)
        joined = (joined + made).named(made.name)
    return joined


def expand(parts: Model, **index: Sequence[str]) -> Model:
    """Every part once for each combination of the indices that it names as `{index}` in any of its texts.

    A part that names no index is kept once.  Raises InputError for an index that is not given, and for a part whose
    text varies with an index that its name does not vary with (two different parts of one name).
    """
    joined: dict[str, Any] = {}
    for kind in PART_KINDS:
        made: dict[str, Any] = {}
        for part in getattr(parts, kind):
            for copy in _copies(part, index, f"{kind} '{part.name}'"):
                if made.setdefault(copy.name, copy) != copy:
                    message = (
                        f"'{part.name}' expands to different {kind} called '{copy.name}'; put the index in its name"
                    )
                    raise InputError(message)
                if len(made) > MOST_PARTS:
                    raise InputError(f"the template makes more than {MOST_PARTS} {kind}; give fewer indices")
        joined[kind] = tuple(made.values())
    outputs = tuple(
        dict.fromkeys(
            _filled(output, combination)
            for output in parts.outputs
            for combination in _combinations(index, _used(output, index, "outputs"))
        )
    )
    return replace(parts, outputs=outputs, **joined)


def _copies(part: Any, index: Mapping[str, Sequence[str]], where: str) -> Iterator[Any]:
    texts = {item.name: getattr(part, item.name) for item in fields(part)}
    for combination in _combinations(index, _used(texts, index, where)):
        yield replace(part, **{item: _filled(text, combination) for item, text in texts.items()})


def _combinations(index: Mapping[str, Sequence[str]], used: tuple[str, ...]) -> Iterator[dict[str, str]]:
    for values in itertools.product(*(index[name] for name in used)):
        yield dict(zip(used, values, strict=True))


def _used(value: Any, index: Mapping[str, Sequence[str]], where: str) -> tuple[str, ...]:
    found = set(_placeholders(value))
    for name in sorted(found - index.keys()):
        raise InputError(f"{where}: there is no index '{{{name}}}'; {nearest(name, index)}")
    return tuple(name for name in index if name in found)


def _placeholders(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from _PLACEHOLDER.findall(value)
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _placeholders(key)
            yield from _placeholders(one)
    elif isinstance(value, tuple):
        for one in value:
            yield from _placeholders(one)


def _filled(value: Any, combination: Mapping[str, str]) -> Any:
    if isinstance(value, str):  # not str.format, which lets a text reach into objects
        return _PLACEHOLDER.sub(lambda match: combination[match[1]], value)
    if isinstance(value, Mapping):
        return MappingProxyType({_filled(key, combination): _filled(one, combination) for key, one in value.items()})
    if isinstance(value, tuple):
        return tuple(_filled(one, combination) for one in value)
    return value


def carried(
    flows: Iterable[Flow],
    species: str,
    places: Mapping[str, str] | None = None,
    factor: str = "",
    mechanism: str = "",
) -> Model:
    """Transport of a species by streams of fluid, one process for each flow.

    rate = flow * concentration(species at its source) [* factor].  species: a template such as `drug@{place}`, filled
    with the place of the flow, or with `places[place]` where that is given.
    """
    if set(_placeholders(species)) != {"place"}:
        raise InputError(f"the species '{species}' of carried(...) must hold '{{place}}', e.g. 'drug@{{place}}'")
    names = places or {}
    stem = _PLACEHOLDER.sub("", species).strip("@.") or "carried"
    made = []
    for flow in flows:
        source, target = (_filled(species, {"place": names.get(place, place)}) for place in (flow.source, flow.target))
        rate = f"({flow.rate}) * concentration({source})" + (f" * ({factor})" if factor else "")
        parse(rate)  # an unreadable flow is an error here, where its name is known
        process = Process(
            name=f"{stem}.by.{flow.name}", rate=rate, takes={source: 1.0}, gives={target: 1.0}, kind="transport",
            mechanism=mechanism, note=f"carried by {flow.fluid}",
        )  # fmt: skip
        made.append(process)
    return Model(f"{stem}.carried", processes=tuple(made))


def transit_chain(
    name: str, stages: int, unit: str, place: str, entry: str, delay: str, source: str, target: str,
    substance: str = "", mechanism: str = "", entry_kind: str = "local", exit_kind: str = "local",
) -> Model:  # fmt: skip
    """A delay as a chain of stages: the time of passage has mean `delay` and standard deviation delay / sqrt(stages).

    source -> stage 1 at the rate `entry` (an expression, amount per hour); stage i -> stage i+1 ... -> target at
    stages / delay * stage.  delay: expression, a time.  entry_kind, exit_kind: 'transport' where `source` or `target`
    is in another place than the stages.  The stages are species `name.1@place` to `name.n@place`.
    """
    if not 1 <= stages <= 1000:
        raise InputError(f"a transit chain has 1 to 1000 stages, not {stages}")
    members = [f"{name}.{number}@{place}" for number in range(1, stages + 1)]
    species = tuple(Species(member, place, unit, substance=substance or name) for member in members)
    steps = [Process(f"{name}.entry", entry, {source: 1.0}, {members[0]: 1.0}, entry_kind, mechanism=mechanism)]
    for number, (member, following) in enumerate(itertools.pairwise([*members, target]), 1):
        rate = f"{stages} / ({delay}) * {member}"
        kind = exit_kind if number == stages else "local"
        steps.append(Process(f"{name}.step.{number}", rate, {member: 1.0}, {following: 1.0}, kind, mechanism=mechanism))
    return Model(name, species=species, processes=tuple(steps))
