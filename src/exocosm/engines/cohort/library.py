"""The three pieces of machine code behind a run: of the model, of what is asked of it, and of the driver."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from exocosm.engines.cohort import driver
from exocosm.engines.cohort.equations import system_of
from exocosm.engines.cohort.kernels import Kernels, model_kernels, plan_kernels
from exocosm.engines.cohort.native import Library, library
from exocosm.engines.cohort.translate import translate
from exocosm.engines.plan import Plan
from exocosm.network.compile import Compiled

_MOST_LOADED = 64
_LOADED: dict[tuple[str, ...], Library] = {}  # the latest last
_LOADING = threading.Lock()


def model_library(model: Compiled, lanes: int, with_inflow: bool = True, with_tangents: bool = False) -> Library:
    """The kernels of a model; with_inflow: there are infusions; with_tangents: also forward sensitivities."""
    options = (with_inflow, with_tangents)

    def write() -> tuple[str, Mapping[str, Any]]:
        return _written(model_kernels(system_of(model), len(model.model.species), lanes, *options))

    return _loaded(("model", repr(model.model), str(lanes), str(options)), write)


def plan_library(plan: Plan, lanes: int, with_tangents: bool = False) -> Library:
    """The kernels of what is asked: observables and doses."""
    doses = [planned.dose for planned in plan.planned_doses]
    observables = plan.observables

    def write() -> tuple[str, Mapping[str, Any]]:
        equations = plan.model.equations
        assert equations is not None
        lower = equations.observable
        return _written(
            plan_kernels(
                equations.lowering,
                [lower(text) for text in observables],
                [lower(dose.amount) for dose in doses],
                [lower(dose.condition or "1 > 0") for dose in doses],
                lanes,
                with_tangents,
            )
        )

    asked = repr((observables, [(dose.amount, dose.condition) for dose in doses]))
    return _loaded(("plan", repr(plan.model.model), asked, str(lanes), str(with_tangents)), write)


def work(model: Compiled, lanes: int = 4) -> dict[str, int]:
    """What a step of a model costs: floating-point operations of one lane, nonzeros of the factors, constants."""
    facts = model_library(model, lanes, with_inflow=False).facts
    counts = {"flops_per_step": facts["flops"], "nonzeros_lu": facts["nonzeros"], "constants": facts["constants"]}
    return {"states": len(model.states), **counts}


def driver_library() -> Library:
    """The driver; the same for all models."""
    return _loaded(("driver",), lambda: (translate(driver.FUNCTIONS), {}), optimise=True)


def _written(kernels: Kernels) -> tuple[str, Mapping[str, Any]]:
    return kernels.text, {name: value for name, value in vars(kernels).items() if name != "text"}


def _loaded(
    content: tuple[str, ...], write: Callable[[], tuple[str, Mapping[str, Any]]], optimise: bool = False
) -> Library:
    with _LOADING:
        found = _LOADED.pop(content, None) or library(content, write, optimise)
        _LOADED[content] = found
        while len(_LOADED) > _MOST_LOADED:
            del _LOADED[next(iter(_LOADED))]
    return found
