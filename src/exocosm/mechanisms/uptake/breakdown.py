"""Vesicles fall apart in fluids."""

from __future__ import annotations

from exocosm.mechanisms.registry import mechanism
from exocosm.mechanisms.system import System, fluid_places, needs, release_kind
from exocosm.network.parts import Model, Process


@mechanism("breakdown")
def breakdown(system: System) -> Model:
    """Vesicles in blood, lymph and interstitium are broken down, and what they carried is free.

    rate = vesicle_breakdown * amount.
    """
    if not system.size_classes:
        return Model("breakdown")
    processes: list[Process] = []
    for place, freed_in in fluid_places(system):
        for size_class in system.size_classes:
            vesicle = system.vesicle(size_class, place)
            processes.append(
                Process(
                    f"break_{vesicle}",
                    f"vesicle_breakdown * {vesicle}",
                    takes={vesicle: 1},
                    sink="breakdown in fluids",
                    mechanism="breakdown",
                )
            )
            if system.cargo:
                carried = system.carried(size_class, place)
                processes.append(
                    Process(
                        f"break_{carried}",
                        f"vesicle_breakdown * {carried}",
                        takes={carried: 1},
                        gives={system.free(freed_in): 1} if system.free_cargo else {},
                        kind=release_kind(system, place, freed_in),
                        sink="" if system.free_cargo else "released cargo is not followed",
                        mechanism="breakdown",
                    )
                )
    parameters = (needs("vesicle_breakdown", "1/h", quantity="intact_vesicle_breakdown_rate"),)
    return Model("breakdown", parameters=parameters, processes=tuple(processes))
