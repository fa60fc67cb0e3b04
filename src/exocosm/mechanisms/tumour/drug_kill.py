"""The drug kills tumour cells, with a delay."""

from __future__ import annotations

from exocosm.mechanisms.registry import mechanism
from exocosm.mechanisms.system import DAMAGED_STAGES, System, needs
from exocosm.network.parts import Assignment, Model, Process, Species


@mechanism("drug_kill")
def drug_kill(system: System) -> Model:
    """Drug inside tumour cells damages them; damaged cells still count as volume until they have passed three stages.

    damage: kill_maximum * C / (C + kill_half_concentration) * N, C the released drug in tumour cells per mL of
    tumour;  passage: damage_transit * stage.
    A tumour that shrinks lets go of what it held, at the rate at which it loses cells: drug inside dead cells comes
    out, and what stood between the cells goes back to blood and lymph, so that no concentration rises because the
    volume is gone.
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
    released = [
        *((system.vesicle(c, "tumour.cells"), system.vesicle(c, "tumour.interstitial")) for c in system.size_classes),
        *((system.carried(c, "tumour.cells"), system.carried(c, "tumour.interstitial")) for c in system.size_classes),
        *((system.vesicle(c, "tumour.interstitial"), system.vesicle(c, "lymph")) for c in system.size_classes),
        *((system.carried(c, "tumour.interstitial"), system.carried(c, "lymph")) for c in system.size_classes),
        (system.free("tumour"), system.free("venous")),
    ]
    if "tumour_drug" in system.mechanisms:
        released.append((f"{system.cargo}@tumour.inside", system.free("tumour")))
    processes += [
        Process(
            f"shrinking_tumour_lets_go_of_{held}",
            f"shrinkage * {held}",
            takes={held: 1},
            gives={target: 1},
            kind="local" if held.endswith("@tumour.inside") else "transport",  # `inside` is in the tumour's own place
            mechanism="drug_kill",
        )
        for held, target in released
    ]
    shrinkage = Assignment(
        "shrinkage", "1/h", f"damage_transit * max(0, {stages[-1]}) / (tumour_volume * tumour_cell_density)"
    )
    parameters = (
        needs("kill_maximum", "1/h", carrier="free"),
        needs("kill_half_concentration", "nmol/mL", carrier="free"),
        needs("damage_transit", "1/h", carrier="free"),
    )
    return Model(
        "drug_kill", species=species, assignments=(shrinkage,), processes=tuple(processes), parameters=parameters
    )
