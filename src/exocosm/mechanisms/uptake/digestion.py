"""Cells digest the vesicles they have taken up."""

from __future__ import annotations

from exocosm.mechanisms.registry import mechanism
from exocosm.mechanisms.system import System, cell_places, needs
from exocosm.network.parts import Model, Process


@mechanism("digestion")
def digestion(system: System) -> Model:
    """Vesicles inside cells are broken down in lysosomes.

    rate = digestion rate * vesicles inside; what they carried is released by the cargo's own mechanism.
    """
    if not system.size_classes:
        return Model("digestion")
    processes = tuple(
        Process(
            f"digest_{vesicle}",
            f"vesicle_digestion * {vesicle}",
            takes={vesicle: 1},
            sink="lysosomal digestion",
            mechanism="digestion",
        )
        for place, _ in cell_places(system)
        for size_class in system.size_classes
        for vesicle in (system.vesicle(size_class, place),)
    )
    return Model(
        "digestion",
        parameters=(needs("vesicle_digestion", "1/h", quantity="ingested_vesicle_breakdown_rate"),),
        processes=processes,
    )
