"""The kidney holds vesicles back, nearly."""

from __future__ import annotations

from exocosm.mechanisms.registry import mechanism
from exocosm.mechanisms.system import System, needs
from exocosm.network.parts import Model, Process


@mechanism("kidney_filtration")
def kidney_filtration(system: System) -> Model:
    """A small, uncertain share of vesicles passes the glomerular filter into urine.

    rate = sieving * filtration fraction * plasma flow of the kidney * C(plasma).
    """
    if not system.size_classes:
        return Model("kidney_filtration")
    processes = tuple(
        Process(
            f"filter_into_urine.{taken.split('@', 1)[0]}",
            f"vesicle_sieving * filtration_fraction * plasma_flow.kidney / volume(kidney.vascular) * {taken}",
            takes={taken: 1},
            sink="urine",
            mechanism="kidney_filtration",
        )
        for size_class in system.size_classes
        for taken in system.passengers(size_class, "kidney.vascular")
    )
    parameters = (
        needs("vesicle_sieving", "dimensionless", quantity="kidney_sieving_coefficient"),
        needs("filtration_fraction", "dimensionless"),
    )
    return Model("kidney_filtration", parameters=parameters, processes=processes)
