"""What becomes of a label that left its vesicle."""

from __future__ import annotations

from exocosm.mechanisms.registry import mechanism
from exocosm.mechanisms.system import System, needs
from exocosm.network.parts import Model, Process, Species


@mechanism("free_label")
def free_label(system: System) -> Model:
    """A label freed from its vesicle stays in the tissue for a while, passes into blood and is excreted.

    washout from organs: rate = label_washout * label in the organ; excretion: rate = label_excretion * label in blood.
    A label that keeps its signal in tissue (residualising iodine, lipophilic dye) has a slow washout; one that loses
    its signal when digested (a luciferase) is lost at once: the two are parameter sets, not two mechanisms.
    """
    if not system.cargo:
        return Model("free_label")
    species = tuple(
        Species(system.free(place), place, system.cargo_unit, substance=system.cargo)
        for place in ("venous", "arterial", *system.organ_names)
    )
    processes: list[Process] = [
        Process(
            f"wash_{system.cargo}_out_of_{organ}",
            f"label_washout * {system.free(organ)}",
            takes={system.free(organ): 1},
            gives={system.free("venous"): 1},
            kind="transport",
            mechanism="free_label",
        )
        for organ in system.organ_names
    ]
    processes += [
        Process(
            f"excrete_{system.cargo}_from_{place}_blood",
            f"label_excretion * {system.free(place)}",
            takes={system.free(place): 1},
            sink="urine and bile",
            mechanism="free_label",
        )
        for place in ("venous", "arterial")
    ]
    parameters = (needs("label_washout", "1/h"), needs("label_excretion", "1/h"))
    return Model("free_label", species=species, parameters=parameters, processes=tuple(processes))
