"""A made-up bench of three methods, whose answers can be worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import numpy as np
import pytest
from pydantic import Field

from exocosm.bench.design import owned
from exocosm.bench.isolation import registry
from exocosm.bench.isolation.registry import Consumable, Method, Outcome
from exocosm.bench.numbers import Numbers, bench_numbers
from exocosm.bench.settings import Minutes, Settings
from exocosm.bench.specimen import Specimen
from exocosm.errors import InputError
from exocosm.evidence.value import Value
from exocosm.vesicles.population import Population, split

ROTORS = {"fast": "ultracentrifuge", "slow": "benchtop"}


class Spun(Settings):
    rotor: str
    time: Minutes


class Columned(Settings):
    column: str
    share: Annotated[float, Field(gt=0, le=1)] = 1.0


class Nothing(Settings):
    pass


def _of(settings: Spun, specimen: Specimen, numbers: Numbers) -> Outcome:
    if settings.rotor not in ROTORS:
        raise InputError(f"there is no rotor '{settings.rotor}'")
    if settings.rotor == "slow" and settings.time > 100:
        raise InputError("the slow rotor runs for 100 min at most")
    rate = numbers("toy_rate", "1/min") * (3.0 if settings.rotor == "fast" else 1.0)
    size = specimen.population.diameter_nm / 100.0
    chance = -np.expm1(-rate * settings.time * size**2)
    product, waste = split(specimen.population, chance)
    return Outcome(
        specimen.with_(population=product), (specimen.with_(population=waste),),
        settings.time, 10.0, f"Spin {settings.time:g} min in {settings.rotor}.", (Consumable("toy_tube", 2),),
    )  # fmt: skip


def spin(specimen: Specimen, settings: Spun, numbers: Numbers) -> Outcome:
    """Spins."""
    return _of(settings, specimen, numbers)


def column(specimen: Specimen, settings: Columned, numbers: Numbers) -> Outcome:
    """Lets vesicles through and keeps a share of the lipoproteins."""
    kept = numbers("toy_kept", "dimensionless", device=settings.column) ** settings.share
    chance = np.where(specimen.population.kind == "small_ev", 0.8, 1.0 - kept)
    product, waste = split(specimen.population, chance)
    return Outcome(
        specimen.with_(population=product), (specimen.with_(population=waste),), 20.0, 15.0,
        f"Run over {settings.column}.", (Consumable(settings.column),),
    )  # fmt: skip


def wash(specimen: Specimen, settings: Nothing, numbers: Numbers) -> Outcome:
    """Loses a tenth of everything."""
    product, waste = split(specimen.population, 0.9)
    return Outcome(specimen.with_(population=product), (specimen.with_(population=waste),), 5.0, 5.0, "Wash.")


def row(quantity: str, value: float, unit: str, device: str = "", low: float | None = None, high: float | None = None,
        **more: Any) -> Value:  # fmt: skip
    shape = "logitnormal" if quantity == "toy_kept" else "lognormal"
    spread = {} if low is None else {"spread_kind": "assumed_range", "distribution": shape}
    return Value(
        id=f"toy-{quantity}-{device}", quantity=quantity, value=value, unit=unit, device=device, low=low, high=high,
        method="assumed" if low is not None else "model_constant", **spread, **more,
    )  # fmt: skip


OWN = (
    row("toy_rate", 0.01, "1/min", low=0.003, high=0.03),
    row("toy_kept", 0.9, "dimensionless", "plain_column", low=0.8, high=0.99),
    row("toy_kept", 0.99, "dimensionless", "fine_column"),
    row("price", 3.0, "euro", "toy_tube", low=1.0, high=9.0),
    row("price", 10.0, "euro", "plain_column", low=8.0, high=12.0),
    row("price", 60.0, "euro", "fine_column", low=40.0, high=90.0),
    row("toy_concentration", 1e9, "particle/mL", low=5e8, high=2e9),
    row("working_day", 8.0, "h", low=6.0, high=10.0),
)

SPACE = """
exocosm: 1
kind: design_space
name: toy
shares: [0.5, 1]
stages:
  - name: spin
    options:
      - - toy_spin: {rotor: {try: rotors}, time: {try: [30 min, 60 min, 120 min]}}
  - name: column
    optional: true
    options:
      - - toy_column: {column: {try: [plain_column, fine_column]}, share: {try: [0.5, 1.0]}}
      - - toy_column: {column: {try: [plain_column, fine_column]}}
        - toy_wash:
"""

GOALS = """
exocosm: 1
kind: goals
name: toy
want: {kind: small_ev, at_least: 8e8 particle}
purity: {lipoprotein_per_particle: {at_most: 20}}
limits: {time: 2 h, cost: 50 euro}
"""


def start(numbers: Numbers) -> Specimen:
    ev = numbers("toy_concentration", "particle/mL") * 2.0
    return Specimen(
        Population(
            diameter_nm=np.array([80.0, 120.0, 100.0, 30.0]), density=np.array([1.1]),
            count=np.array([ev / 2, ev / 2, 50 * ev, 0]),
            kind=np.array(["small_ev", "small_ev", "ldl", "albumin"]), origin=np.array([""]),
            protein_ag=np.array([100.0, 100.0, 1.0, 0.1]),
        ),
        2.0,
        "pbs",
    )  # fmt: skip


class Toys:
    """What tests ask of the made-up bench."""

    space, goals, own = SPACE, GOALS, OWN
    start: Callable[[Numbers], Specimen] = staticmethod(start)

    @staticmethod
    def numbers(draws: int = 0, seed: int = 1, own: tuple[Value, ...] = OWN) -> Numbers:
        return bench_numbers(own=own, draws=draws, seed=seed)


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> type[Toys]:
    methods = {
        name: Method(name, settings, run)  # type: ignore[arg-type]
        for name, settings, run in (
            ("toy_column", Columned, column), ("toy_spin", Spun, spin), ("toy_wash", Nothing, wash),
        )
    }  # fmt: skip
    monkeypatch.setattr(registry, "isolation_methods", lambda: methods)
    monkeypatch.setattr(owned, "rotor_classes", lambda: ROTORS)
    return Toys
