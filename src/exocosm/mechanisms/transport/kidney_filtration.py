"""The kidney holds vesicles back, nearly."""

from __future__ import annotations

from exocosm.mechanisms.registry import mechanism
from exocosm.mechanisms.system import System, ends, needs
from exocosm.network.parts import Model


@mechanism("kidney_filtration")
def kidney_filtration(system: System) -> Model:
    """A small, uncertain share of vesicles passes the glomerular filter into urine.

    rate = sieving * filtration fraction * plasma flow of the kidney * C(plasma).
    """
    if not system.size_classes:
        return Model("kidney_filtration")
    rate = "vesicle_sieving * filtration_fraction * plasma_flow.kidney / volume(kidney.vascular)"
    taken = [name for c in system.size_classes for name in system.passengers(c, "kidney.vascular")]
    processes = ends("filter_into_urine", "kidney_filtration", rate, taken, "urine")
    parameters = (
        needs("vesicle_sieving", "dimensionless", quantity="kidney_sieving_coefficient"),
        needs("filtration_fraction", "dimensionless"),
    )
    return Model("kidney_filtration", parameters=parameters, processes=processes)
