"""The register of isolation methods: the files of this folder, and what other packages offer by entry point.

A method is a function `(specimen, settings, numbers) -> Outcome` marked with `@isolation("name", SettingsClass)`; the
first line of its docstring is its description.  Packages outside register with the entry-point group
`exocosm.isolation`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

from exocosm.bench.numbers import Numbers
from exocosm.bench.settings import Settings
from exocosm.bench.specimen import Specimen
from exocosm.errors import InputError, nearest
from exocosm.plugins import modules_in, offered
from exocosm.vesicles.population import Population


@dataclass(frozen=True)
class Consumable:
    """Something that a step uses up: `item` is the device of a row of quantity `price`; `number`: how many (or mL)."""

    item: str
    number: float = 1.0


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a step gives.

    product: what goes on.  waste: all that was put aside; product and waste together hold every particle of the input
    (and of `added`, less `destroyed`), parcel by parcel, to the last vesicle.  minutes: from the first touch to the
    last, work and waiting; hands_on_minutes: what of it is work of a person.  instruction: the step as a person at the
    bench reads it.  warnings: what is outside the method's domain.  added: particles that the step brings in (dye,
    background of a kit); destroyed: particles that it takes apart (lysis, digestion).  findings: what the step shows by
    itself, such as `band_density small_ev` in g/mL.
    """

    product: Specimen
    waste: tuple[Specimen, ...]
    minutes: float
    hands_on_minutes: float
    instruction: str
    consumables: tuple[Consumable, ...] = ()
    warnings: tuple[str, ...] = ()
    added: Population | None = None
    destroyed: Population | None = None
    findings: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "instruction", spoken(self.instruction))


def spoken(instruction: str) -> str:
    """An instruction as people say it: `spin_filter_0_45_um` is a spin filter 0.45 um, and `1e+03 mL` 1,000 mL."""
    if "_" in instruction:
        instruction = _DECIMAL.sub(r" \1.\2", instruction).replace("_", " ")
    if "e+" in instruction:
        instruction = _POWER.sub(lambda found: f"{float(found[0]):,.0f}", instruction)
    return instruction


_DECIMAL = re.compile(r"_(\d)_(\d)(?=\d*_)")
_POWER = re.compile(r"\b\d(?:\.\d+)?e\+\d{2}\b")

S = TypeVar("S", bound=Settings)
Run = Callable[[Specimen, S, Numbers], Outcome]


@dataclass(frozen=True)
class Method:
    """An isolation method: its word in protocols, the class of its settings, and the function that does it."""

    name: str
    settings: type[Settings]
    run: Callable[[Specimen, Settings, Numbers], Outcome]

    @property
    def about(self) -> str:
        """The first line of its description."""
        return (self.run.__doc__ or "").strip().split("\n", 1)[0]


_FOUND: dict[str, Method] = {}


def isolation(name: str, settings: type[S]) -> Callable[[Run[S]], Run[S]]:
    """Mark a function as the isolation method of that name."""

    def register(function: Run[S]) -> Run[S]:
        present = _FOUND.setdefault(name, Method(name, settings, function))  # type: ignore[arg-type]
        if present.run is not function:
            raise InputError(f"two isolation methods are called '{name}': {present.run.__module__} and "
                             f"{function.__module__}")  # fmt: skip
        return function

    return register


@lru_cache(maxsize=1)
def isolation_methods() -> dict[str, Method]:
    """Every isolation method by name."""
    import exocosm.bench.isolation as folder

    modules_in(folder)
    offered("exocosm.isolation")
    return dict(sorted(_FOUND.items()))


def find_method(name: str) -> Method:
    """The isolation method of that name, or an error with the nearest name."""
    found = isolation_methods().get(name)
    if found is None:
        raise InputError(f"there is no isolation method '{name}'; {nearest(name, isolation_methods())}")
    return found
