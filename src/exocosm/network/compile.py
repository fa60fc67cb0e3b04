"""Model -> numbers: the compiled form that every engine runs.  (Contract; the implementation follows.)"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from exocosm.network.parts import Model

Vector = Sequence[float]


@dataclass(frozen=True)
class CompiledEvent:
    """An event as a root function: it happens when `trigger(t, y, p)` rises through zero; `reset` gives new values."""

    name: str
    trigger: Callable[[float, Vector, Vector], float]
    reset: Callable[[float, Vector, Vector], Mapping[int, float]]  # state index -> new value
    once: bool = False


@dataclass(frozen=True)
class Compiled:
    """A model as plain functions of (t, y, p); t in hours, y the states, p the parameters, all canonical floats.

    States are the species (amounts) first, then the variables, in the model's order.
    `rates(t, y, p)` -> one number per process; `rhs(t, y, p)` -> d(state)/dt as a list;
    `jacobian(t, y, p)` -> nonzero values, at (row, column) of `jacobian_pattern`;
    `observe[name](t, y, p)` -> float for every species, variable, assignment, `concentration(...)` that was asked for.
    """

    model: Model
    states: tuple[str, ...]
    parameters: tuple[str, ...]
    processes: tuple[str, ...]
    state_units: tuple[str, ...]
    absolute_tolerances: tuple[float | None, ...]  # canonical
    initial: Callable[[Vector], list[float]]
    rates: Callable[[float, Vector, Vector], list[float]]
    rhs: Callable[[float, Vector, Vector], list[float]]
    jacobian: Callable[[float, Vector, Vector], list[float]]
    jacobian_pattern: tuple[tuple[int, int], ...]
    stoichiometry: tuple[tuple[int, int, float], ...]  # (state, process, constant coefficient); for blame and reports
    events: tuple[CompiledEvent, ...] = ()
    source: str = ""  # the generated program, for `exocosm explain --source`
    constants: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    _expression: Callable[[str], Callable[[float, Vector, Vector], float]] | None = None

    def expression(self, text: str) -> Callable[[float, Vector, Vector], float]:
        """Compile one expression (an observable, a dose amount, a condition) against this model: f(t, y, p) -> float."""
        assert self._expression is not None
        return self._expression(text)


def compile_model(model: Model) -> Compiled:
    """Turn a checked model into functions."""
    raise NotImplementedError
