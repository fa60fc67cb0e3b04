"""Bodies with their central catalogue values, ready to solve."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pytest

from exocosm import units
from exocosm.bodies import Body, assemble, preset
from exocosm.engines.contract import Dose, Schedule, Solution, Status, Tolerances
from exocosm.engines.reference import solve
from exocosm.evidence.catalogue import load_catalogue
from exocosm.evidence.lookup import find
from exocosm.network.compile import Compiled, compile_model

TIGHT = Tolerances(relative=1e-10, default_absolute=1e-14, absolute={"vesicle": 1e-3, "cell": 1e-3})


@dataclass(frozen=True)
class Subject:
    """A body, compiled, with central values."""

    body: Body
    compiled: Compiled
    values: Mapping[str, float]

    def solve(
        self,
        observe: list[str],
        end: float = 24.0,
        times: tuple[float, ...] | None = None,
        doses: tuple[Dose, ...] = (),
        tolerances: Tolerances = TIGHT,
        **changed: float,
    ) -> Solution:
        """A run with some values changed (canonical)."""
        moments = times or tuple(np.linspace(0.0, end, 13))
        solution = solve(
            self.compiled, {**self.values, **changed}, Schedule(end, moments, doses), tolerances, observe=observe
        )
        assert solution.statuses[0].status is Status.FINISHED, solution.statuses
        return solution

    def dose(self, door: str, amount: float, times: tuple[float, ...] = (0.0,)) -> tuple[Dose, ...]:
        """An amount given through a door of the body."""
        return tuple(
            Dose(species, f"{amount!r} * ({share})", times) for species, share in self.body.entries[door].items()
        )


@lru_cache(maxsize=16)
def subject(
    organism: str, name: str, carrier: str = "", cargo: str = "", label: str = "", classes: int = 1, tumour: bool = True
) -> Subject:
    """The body of a preset with every parameter at its central catalogue value."""
    body = assemble(
        organism, preset(name), carrier=carrier, cargo=cargo, options={"size_classes": classes, "tumour": tumour}
    )
    asked = {"organism": organism, "population": "MDA-MB-231", "carrier": carrier, "cargo": cargo, "label": label}
    values = {}
    for parameter in body.model.parameters:
        if parameter.value is not None:
            continue  # a constant of the model
        context = {key: word for key, word in {**asked, **parameter.context}.items() if word}
        row = find(load_catalogue(), parameter.quantity, context).value
        values[parameter.name] = units.to_canonical(row.value, row.unit)
    return Subject(body, compile_model(body.model), values)


@pytest.fixture
def make_subject() -> Callable[..., Subject]:
    """`subject`, for tests."""
    return subject
