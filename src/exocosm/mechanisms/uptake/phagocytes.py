"""Phagocytes take vesicles from the blood."""

from __future__ import annotations

from exocosm.mechanisms.registry import mechanism
from exocosm.mechanisms.system import System, moves, needs, total, vesicle_species
from exocosm.network.parts import Assignment, Model, Parameter, Place, Process, Species, Variable


@mechanism("phagocytes")
def phagocytes(system: System) -> Model:
    """Phagocytes facing the blood (liver, spleen, lung, marrow) take vesicles up; they fill, and they learn.

    rate = clearance per cell * number of cells * room * (1 + max_induction * activation) * C(plasma)
    room = 1 / (1 + ingested / (cells * capacity)): with `capacity` vesicles in a cell its uptake runs at half its rate;
    d(activation)/dt = induction_rate * load/(load + 1) * (1 - activation) - induction_decay * activation,
    load = ingested / (cells * capacity) over all phagocytes: saturation within a dose, faster clearance after it.
    """
    if not system.size_classes:
        return Model("phagocytes")
    homes = [organ.name for organ in system.organs if organ.phagocytes]
    places: list[Place] = []
    species: list[Species] = []
    assignments: list[Assignment] = []
    parameters: list[Parameter] = [
        needs("phagocyte_capacity", "vesicle/cell"),
        needs("induction_rate", "1/h", quantity="phagocyte_induction_rate"),
        needs("induction_decay", "1/h", quantity="phagocyte_induction_decay"),
        needs("max_induction", "dimensionless", quantity="phagocyte_max_induction"),
        needs("phagocyte_activity", "dimensionless", quantity="phagocyte_activity", per_subject=False),
    ]
    processes: list[Process] = []
    for name in homes:
        place = f"{name}.phagocytes"
        places.append(Place(place, f"volume({name})"))
        species += vesicle_species(system, place)
        parameters.append(needs(f"phagocyte_density.{name}", "cell/g", quantity="phagocyte_density", organ=name))
        parameters.append(
            needs(f"phagocyte_clearance.{name}", "mL/h/cell", quantity="blood_facing_uptake_clearance", organ=name)
        )
        held = total([system.vesicle(c, place) for c in system.size_classes])
        assignments.append(
            Assignment(
                f"phagocyte_number.{name}", "cell", f"phagocyte_density.{name} * organ_mass.{name}", extensive=True
            )
        )
        assignments.append(
            Assignment(
                f"phagocyte_room.{name}",
                "dimensionless",
                f"1 / (1 + ({held}) / (phagocyte_number.{name} * phagocyte_capacity))",
            )
        )
        coefficient = (
            f"phagocyte_activity * (1 + max_induction * phagocyte_activation) * phagocyte_clearance.{name}"
            f" * phagocyte_number.{name} * phagocyte_room.{name} / volume({name}.vascular)"
        )
        processes += moves(
            system,
            f"phagocytes_of_{name}",
            "phagocytes",
            f"{name}.vascular",
            place,
            lambda _, coefficient=coefficient: coefficient,  # type: ignore[misc]
        )
    held_by_all = total([system.vesicle(c, f"{name}.phagocytes") for name in homes for c in system.size_classes])
    cells = total([f"phagocyte_number.{name}" for name in homes])
    assignments.append(
        Assignment("phagocyte_load", "dimensionless", f"({held_by_all}) / (({cells}) * phagocyte_capacity)")
    )
    activation = Variable(
        "phagocyte_activation",
        "dimensionless",
        "induction_rate * phagocyte_load / (phagocyte_load + 1) * (1 - phagocyte_activation)"
        " - induction_decay * phagocyte_activation",
        note="0: never met vesicles; 1: fully induced",
    )
    return Model(
        "phagocytes",
        places=tuple(places),
        species=tuple(species),
        variables=(activation,),
        assignments=tuple(assignments),
        parameters=tuple(parameters),
        processes=tuple(processes),
    )
