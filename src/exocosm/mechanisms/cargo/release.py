"""Cargo leaves vesicles."""

from __future__ import annotations

from exocosm.mechanisms.registry import mechanism
from exocosm.mechanisms.system import System, cell_places, fluid_places, frees_cargo, needs
from exocosm.network.parts import Model


@mechanism("cargo_release")
def cargo_release(system: System) -> Model:
    """Cargo leaks from vesicles in fluids, and is released inside the cells that took them up.

    rate in blood, lymph and interstitium: cargo_leak * carried; inside cells: cargo_release_in_cells * carried.
    Where released cargo is not followed outside vesicles it leaves the model (declared).
    """
    if not (system.size_classes and system.cargo):
        return Model("cargo_release")
    processes = (
        *frees_cargo(system, "release", "cargo_release", "cargo_leak", fluid_places(system)),
        *frees_cargo(system, "release", "cargo_release", "cargo_release_in_cells", cell_places(system)),
    )
    parameters = (
        needs("cargo_leak", "1/h", quantity="cargo_leak_rate"),
        needs("cargo_release_in_cells", "1/h", quantity="cargo_release_rate_in_cells"),
    )
    return Model("cargo_release", parameters=parameters, processes=processes)
