"""Cells digest the vesicles they have taken up."""

from __future__ import annotations

from exocosm.mechanisms.registry import mechanism
from exocosm.mechanisms.system import System, cell_places, ends, needs
from exocosm.network.parts import Model


@mechanism("digestion")
def digestion(system: System) -> Model:
    """Vesicles inside cells are broken down in lysosomes.

    rate = digestion rate * vesicles inside; what they carried is released by the cargo's own mechanism.
    """
    if not system.size_classes:
        return Model("digestion")
    vesicles = [system.vesicle(c, place) for place, _ in cell_places(system) for c in system.size_classes]
    processes = ends("digest", "digestion", "vesicle_digestion", vesicles, "lysosomal digestion")
    return Model(
        "digestion",
        parameters=(needs("vesicle_digestion", "1/h", quantity="ingested_vesicle_breakdown_rate"),),
        processes=processes,
    )
