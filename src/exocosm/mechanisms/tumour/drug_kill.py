"""The drug kills tumour cells, with a delay."""

from __future__ import annotations

from exocosm.mechanisms.registry import mechanism
from exocosm.mechanisms.system import DAMAGED_STAGES, System, needs
from exocosm.network.parts import Model, Process, Species


@mechanism("drug_kill")
def drug_kill(system: System) -> Model:
    """Drug inside tumour cells damages them; damaged cells still count as volume until they have passed three stages.

    damage: kill_maximum * C / (C + kill_half_concentration) * N, C the released drug in tumour cells per mL of
    tumour;    passage: damage_transit * stage.
    """
    if not (system.cargo and system.has("tumour")):
        return Model("drug_kill")
    stages = DAMAGED_STAGES
    species = tuple(Species(name, "tumour", "cell", substance="tumour cell") for name in stages)
    processes = [
        Process(
            "drug_damages_tumour_cells",
            "mm(tumour_cell_drug, kill_maximum, kill_half_concentration) * tumour_cells",
            takes={"tumour_cells": 1},
            gives={stages[0]: 1},
            mechanism="drug_kill",
        )
    ]
    for number, stage in enumerate(stages):
        last = number == len(stages) - 1
        processes.append(
            Process(
                f"{stage}_passes_on" if not last else "dead_tumour_cells_disappear",
                f"damage_transit * {stage}",
                takes={stage: 1},
                gives={} if last else {stages[number + 1]: 1},
                sink="cell death" if last else "",
                mechanism="drug_kill",
            )
        )
    parameters = (
        needs("kill_maximum", "1/h", carrier="free"),
        needs("kill_half_concentration", "nmol/mL", carrier="free"),
        needs("damage_transit", "1/h", carrier="free"),
    )
    return Model("drug_kill", species=species, processes=tuple(processes), parameters=parameters)
