"""Cargo leaves vesicles."""

from __future__ import annotations

from exocosm.mechanisms.registry import mechanism
from exocosm.mechanisms.system import System, cell_places, fluid_places, needs, release_kind
from exocosm.network.parts import Model, Process


@mechanism("cargo_release")
def cargo_release(system: System) -> Model:
    """Cargo leaks from vesicles in fluids, and is released inside the cells that took them up.

    rate in blood, lymph and interstitium: cargo_leak * carried; inside cells: cargo_release_in_cells * carried.
    Where released cargo is not followed outside vesicles it leaves the model (declared).
    """
    if not (system.size_classes and system.cargo):
        return Model("cargo_release")
    processes: list[Process] = []
    for places, rate in ((fluid_places(system), "cargo_leak"), (cell_places(system), "cargo_release_in_cells")):
        for place, freed_in in places:
            for size_class in system.size_classes:
                carried = system.carried(size_class, place)
                processes.append(
                    Process(
                        f"release_{carried}",
                        f"{rate} * {carried}",
                        takes={carried: 1},
                        gives={system.free(freed_in): 1} if system.free_cargo else {},
                        kind=release_kind(system, place, freed_in),
                        sink="" if system.free_cargo else "released cargo is not followed",
                        mechanism="cargo_release",
                    )
                )
    parameters = (
        needs("cargo_leak", "1/h", quantity="cargo_leak_rate"),
        needs("cargo_release_in_cells", "1/h", quantity="cargo_release_rate_in_cells"),
    )
    return Model("cargo_release", parameters=parameters, processes=tuple(processes))
