"""Small models in one line, for the tests of engines."""

from __future__ import annotations

from collections.abc import Mapping

from exocosm.engines.contract import Tolerances
from exocosm.network.parts import Event, Model, Parameter, Place, Process, Species, Variable

TIGHT = Tolerances(relative=1e-10, default_absolute=1e-12)


def model(
    species: Mapping[str, str | float] | None = None,
    processes: Mapping[str, tuple[str, Mapping[str, float], Mapping[str, float]]] | None = None,
    variables: Mapping[str, tuple[str, str | float]] | None = None,
    parameters: str = "",
    events: tuple[Event, ...] = (),
    unit: str = "nmol",
) -> Model:
    """species: name -> initial; processes: name -> (rate, takes, gives); variables: name -> (rate, initial)."""
    return Model(
        name="exam",
        places=(Place("box", "1"),),
        species=tuple(Species(name, "box", unit, initial=str(start)) for name, start in (species or {}).items()),
        variables=tuple(Variable(name, "1", rate, str(start)) for name, (rate, start) in (variables or {}).items()),
        parameters=tuple(Parameter(name, "1") for name in parameters.split()),
        processes=tuple(Process(name, *parts) for name, parts in (processes or {}).items()),
        events=events,
    )


def decay(rate: str = "k * x", start: str | float = 1, parameters: str = "k") -> Model:
    """One species that disappears."""
    return model({"x": start}, {"loss": (rate, {"x": 1}, {})}, parameters=parameters)
