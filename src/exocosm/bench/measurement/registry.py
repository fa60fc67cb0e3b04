"""The register of instruments: the files of this folder, and what other packages offer by entry point.

An instrument is a function `(specimen, settings, numbers, random) -> Reading` marked with
`@instrument("name", SettingsClass)`; the first line of its docstring is its description.  `random` is the generator of
its noise; without one it gives the expected reading.  Packages outside register with the entry-point group
`exocosm.measurement`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from exocosm.bench.numbers import Numbers
from exocosm.bench.settings import Settings
from exocosm.bench.specimen import Specimen
from exocosm.errors import InputError, nearest
from exocosm.plugins import modules_in, offered

BELOW, ABOVE = "below", "above"
NORMAL_95 = 1.959963984540054  # standard normal score of probability 0.975


@dataclass(frozen=True)
class Reported:
    """One number that an instrument reports.

    low, high: where 95 % of its readings of this very specimen fall (its noise, not what is unknown about it).
    censored: `below` if it cannot be told from nothing, `value` and `high` being then the limit; `above` if it is more
    than the instrument can tell, `value` and `low` being that limit.  What is censored is neither zero nor a number.
    """

    value: float
    unit: str
    low: float
    high: float
    censored: str = ""

    def __str__(self) -> str:
        sign = {BELOW: "< ", ABOVE: "> "}.get(self.censored, "")
        return f"{sign}{self.value:.4g} {self.unit}".strip()


@dataclass(frozen=True, eq=False)
class Histogram:
    """How the reported sizes fall: edges_nm [bin + 1]; count [bin], in `unit`."""

    edges_nm: NDArray[np.float64]
    count: NDArray[np.float64]
    unit: str


@dataclass(frozen=True, eq=False)
class Reading:
    """What an instrument reports.

    quantities: name -> number.  by_kind: what the counted signal truly is, as shares that sum to 1 (empty if there is
    no signal); no instrument can report it.  replicates: name -> one number per video or run.  histogram: of sizes,
    where there is one.  warnings: what is wrong with the measurement.  instruction: how it is done at the bench.
    """

    instrument: str
    quantities: Mapping[str, Reported]
    by_kind: Mapping[str, float]
    instruction: str
    histogram: Histogram | None = None
    replicates: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Reported:
        if name not in self.quantities:
            raise InputError(f"{self.instrument} does not report '{name}'; {nearest(name, self.quantities)}")
        return self.quantities[name]


S = TypeVar("S", bound=Settings)
Look = Callable[[Specimen, S, Numbers, np.random.Generator | None], Reading]


@dataclass(frozen=True)
class Instrument:
    """An instrument: its word, the class of its settings, and the function that reads."""

    name: str
    settings: type[Settings]
    read: Callable[[Specimen, Settings, Numbers, np.random.Generator | None], Reading]

    @property
    def about(self) -> str:
        """The first line of its description."""
        return (self.read.__doc__ or "").strip().split("\n", 1)[0]


_FOUND: dict[str, Instrument] = {}


def instrument(name: str, settings: type[S]) -> Callable[[Look[S]], Look[S]]:
    """Mark a function as the instrument of that name."""

    def register(function: Look[S]) -> Look[S]:
        present = _FOUND.setdefault(name, Instrument(name, settings, function))  # type: ignore[arg-type]
        if present.read is not function:
            raise InputError(f"two instruments are called '{name}': {present.read.__module__} and "
                             f"{function.__module__}")  # fmt: skip
        return function

    return register


@lru_cache(maxsize=1)
def instruments() -> dict[str, Instrument]:
    """Every instrument by name."""
    import exocosm.bench.measurement as folder

    modules_in(folder)
    offered("exocosm.measurement")
    return dict(sorted(_FOUND.items()))


def find_instrument(name: str) -> Instrument:
    """The instrument of that name, or an error with the nearest name."""
    found = instruments().get(name)
    if found is None:
        raise InputError(f"there is no instrument '{name}'; {nearest(name, instruments())}")
    return found


def instrument_settings(name: str, settings: Mapping[str, Any]) -> Settings:
    """The settings of an instrument from plain words, such as {'dilution': 100}; raises InputError."""
    from pydantic import ValidationError

    try:
        return find_instrument(name).settings.model_validate(dict(settings))
    except ValidationError as failure:
        first = failure.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or name
        raise InputError(f"{name}: {where}: {first['msg'].removeprefix('Value error, ')}") from None


def read_with(
    name: str,
    specimen: Specimen,
    numbers: Numbers,
    random: np.random.Generator | None = None,
    **settings: Any,
) -> Reading:
    """What an instrument reports of a specimen, its settings given as plain words: `read_with('nanoparticle_tracking',
    specimen, numbers, dilution=100)`; without `random` the expected reading."""
    found = find_instrument(name)
    return found.read(specimen, instrument_settings(name, settings), numbers, random)


def known_variant(word: str, quantity: str, numbers: Numbers, what: str) -> str:
    """The word itself if the catalogue has a row of the quantity for this device; else InputError with the nearest."""
    known = numbers.words(quantity, "device")
    if word not in known:
        raise InputError(f"there is no {what} '{word}'; {nearest(word, known)} A new one is a set of catalogue rows")
    return word


def shares_by_kind(kind: NDArray[np.str_], signal: NDArray[np.float64]) -> dict[str, float]:
    """The share of every kind in a signal per parcel; empty without any signal."""
    total = float(signal.sum())
    if not total > 0:
        return {}
    kinds, place = np.unique(kind, return_inverse=True)
    sums = np.bincount(place, weights=signal, minlength=kinds.size) / total
    return {str(one): float(share) for one, share in zip(kinds, sums, strict=True) if share > 0}
