"""Free drug: where it goes and how it leaves."""

from __future__ import annotations

from exocosm.mechanisms.registry import mechanism
from exocosm.mechanisms.system import System, needs, total
from exocosm.network.parts import Assignment, Model, Parameter, Process, Species


@mechanism("free_drug")
def free_drug(system: System) -> Model:
    """Free drug is carried by blood into organs, held there by partition, and eliminated by liver and kidney.

    into an organ: Q * C(arterial);  out: Q * C(organ) / partition;  Q = blood flow * blood-to-plasma ratio
    (concentrations refer to plasma).  Elimination: clearance * C / partition in liver and kidney.
    The tumour has an interstitium in exchange with its cells (`tumour_drug`), so only its blood exchange stands here.
    Perfusion-limited: not valid where the drug crosses the capillary wall more slowly than blood brings it.
    """
    if not system.cargo:
        return Model("free_drug")
    drug = system.cargo
    species = [
        Species(system.free(place), place, system.cargo_unit, substance=drug)
        for place in ("venous", "arterial", *system.organ_names)
    ]
    # asked as a dissolved drug, whatever carried it before
    parameters: list[Parameter] = [
        needs("blood_to_plasma_ratio", "dimensionless", carrier="free"),
        needs("hepatic_clearance", "mL/h/g", quantity="hepatic_intrinsic_clearance", carrier="free"),
        needs("renal_clearance", "mL/h/g", quantity="renal_clearance_per_weight", carrier="free"),
    ]
    for name in system.organ_names:
        quantity = "tumour_extracellular_partition" if name == "tumour" else "tissue_to_plasma_partition_coefficient"
        parameters.append(needs(f"partition.{name}", "dimensionless", quantity=quantity, organ=name, carrier="free"))
    systemic = [organ for organ in system.organs if organ.name != "lung"]
    assignments = [
        Assignment(
            f"drug_flow.{o.name}",
            "mL/h",
            f"plasma_flow.{o.name} / (1 - haematocrit) * blood_to_plasma_ratio",
            extensive=True,
        )
        for o in systemic
    ]
    assignments.append(
        Assignment("drug_flow.lung", "mL/h", total([f"drug_flow.{o.name}" for o in systemic]), extensive=True)
    )
    outflows = {o.name: f"drug_flow.{o.name}" for o in system.organs}
    for organ in systemic:
        if organ.drains_to != "venous":
            outflows[organ.drains_to] += f" + drug_flow.{organ.name}"

    def carry(name: str, source: str, target: str, rate: str) -> Process:
        return Process(name, rate, takes={source: 1}, gives={target: 1}, kind="transport", mechanism="free_drug")

    venous, arterial = system.free("venous"), system.free("arterial")
    processes = [
        carry(f"carry_{drug}_venous_to_lung", venous, system.free("lung"), f"drug_flow.lung * concentration({venous})")
    ]
    for organ in system.organs:
        here = system.free(organ.name)
        if organ.name == "lung":
            target, where = arterial, "arterial"
        else:
            target, where = system.free(organ.drains_to), organ.drains_to
            processes.append(
                carry(
                    f"carry_{drug}_arterial_to_{organ.name}",
                    arterial,
                    here,
                    f"drug_flow.{organ.name} * concentration({arterial})",
                )
            )
        outflow = f"({outflows[organ.name]}) * concentration({here}) / partition.{organ.name}"
        processes.append(carry(f"carry_{drug}_{organ.name}_to_{where}", here, target, outflow))
    for organ_name, clearance in (("liver", "hepatic_clearance"), ("kidney", "renal_clearance")):
        here = system.free(organ_name)
        processes.append(
            Process(
                f"eliminate_{drug}_in_{organ_name}",
                f"{clearance} * body_weight * concentration({here}) / partition.{organ_name}",
                takes={here: 1},
                sink="metabolism and bile" if organ_name == "liver" else "urine",
                mechanism="free_drug",
            )
        )
    return Model(
        "free_drug",
        species=tuple(species),
        assignments=tuple(assignments),
        parameters=tuple(parameters),
        processes=tuple(processes),
    )
