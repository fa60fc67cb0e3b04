"""exocosm: knowledge -> study -> model -> engine -> trajectory -> specimen -> bench -> reading -> verdict -> report.

`exocosm.load("study.yaml").run("results")` runs a study; `Model`, `Species`, `Process` and the other parts, with
`solve`, build and run a model in Python.  Names are loaded at their first use, so that importing stays fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from exocosm.api import Study, catalogue, find_value, load, run, sensitivities, solve
    from exocosm.bench.calculators.doses import cells_per_dose
    from exocosm.bench.calculators.purity import purity_of
    from exocosm.bench.calculators.shedding import shed_vesicles
    from exocosm.bench.calculators.spin import k_factor, move_spin, pelleted
    from exocosm.benchtop import design_protocol, isolate, measure
    from exocosm.diagnosing import diagnose
    from exocosm.engines.contract import Dose, Schedule
    from exocosm.errors import ExocosmError
    from exocosm.exchange.sbml import to_sbml
    from exocosm.network.check import check_model, require_sound
    from exocosm.network.compile import compile_model
    from exocosm.network.parts import (
        Assignment,
        Event,
        Flow,
        Model,
        Parameter,
        Place,
        Process,
        Species,
        Variable,
    )
    from exocosm.trajectory.noncompartmental import noncompartmental
    from exocosm.trajectory.result import content_hash, load_result
    from exocosm.vesicles.diffusion import diffusion_coefficient

    __version__: str

_HOMES = {
    "api": ("Study", "catalogue", "find_value", "load", "run", "sensitivities", "solve"),
    "bench.calculators.doses": ("cells_per_dose",),
    "bench.calculators.purity": ("purity_of",),
    "bench.calculators.shedding": ("shed_vesicles",),
    "bench.calculators.spin": ("k_factor", "move_spin", "pelleted"),
    "benchtop": ("design_protocol", "isolate", "measure"),
    "diagnosing": ("diagnose",),
    "engines.contract": ("Dose", "Schedule"),
    "errors": ("ExocosmError",),
    "exchange.sbml": ("to_sbml",),
    "network.check": ("check_model", "require_sound"),
    "network.compile": ("compile_model",),
    "network.parts": (
        "Assignment", "Event", "Flow", "Model", "Parameter", "Place", "Process", "Species", "Variable",
    ),
    "trajectory.noncompartmental": ("noncompartmental",),
    "trajectory.result": ("content_hash", "load_result"),
    "vesicles.diffusion": ("diffusion_coefficient",),
}  # fmt: skip
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Assignment",
    "Dose",
    "Event",
    "ExocosmError",
    "Flow",
    "Model",
    "Parameter",
    "Place",
    "Process",
    "Schedule",
    "Species",
    "Study",
    "Variable",
    "catalogue",
    "cells_per_dose",
    "check_model",
    "compile_model",
    "content_hash",
    "design_protocol",
    "diagnose",
    "diffusion_coefficient",
    "find_value",
    "isolate",
    "k_factor",
    "load",
    "load_result",
    "measure",
    "move_spin",
    "noncompartmental",
    "pelleted",
    "purity_of",
    "require_sound",
    "run",
    "sensitivities",
    "shed_vesicles",
    "solve",
    "to_sbml",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        found: Any = version("exocosm")
    elif name in _HOME_OF:
        from importlib import import_module

        found = getattr(import_module(f"exocosm.{_HOME_OF[name]}"), name)
    else:
        raise AttributeError(f"module 'exocosm' has no attribute '{name}'")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
