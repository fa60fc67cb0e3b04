"""Vesicles fall apart in fluids."""

from __future__ import annotations

from exocosm.mechanisms.registry import mechanism
from exocosm.mechanisms.system import System, ends, fluid_places, frees_cargo, needs
from exocosm.network.parts import Model


@mechanism("breakdown")
def breakdown(system: System) -> Model:
    """Vesicles in blood, lymph and interstitium are broken down, and what they carried is free.

    rate = vesicle_breakdown * amount.
    """
    if not system.size_classes:
        return Model("breakdown")
    places = fluid_places(system)
    vesicles = [system.vesicle(size_class, place) for place, _ in places for size_class in system.size_classes]
    processes = ends("break", "breakdown", "vesicle_breakdown", vesicles, "breakdown in fluids")
    if system.cargo:
        processes += frees_cargo(system, "break", "breakdown", "vesicle_breakdown", places)
    parameters = (needs("vesicle_breakdown", "1/h", quantity="intact_vesicle_breakdown_rate"),)
    return Model("breakdown", parameters=parameters, processes=processes)
