"""Vesicles cross vessel walls."""

from __future__ import annotations

from functools import partial

from exocosm.mechanisms.registry import mechanism
from exocosm.mechanisms.system import Organ, SizeClass, System, moves, needs
from exocosm.network.parts import Assignment, Model, Parameter, Process

# keeps the size factor finite where the drawn pore is hardly wider than the particle the permeability was stated for
LEAST_OPENING = 0.05


@mechanism("vessel_wall")
def vessel_wall(system: System) -> Model:
    """Vesicles cross vessel walls by diffusion and with filtered fluid, the less the larger they are.

    out  = (PS + (1 - reflection) * L) * C(plasma);  back = PS * C(interstitium)
    PS   = permeability-surface product per gram * organ mass * size factor, L the lymph flow of the organ
    size factor = d0 / d, and in the leaky vessels of a tumour * (max(0, 1 - d/pore) / (1 - d0/pore))^2, d0 the
    diameter at which PS was stated.  Elsewhere vesicles cross through cells or wide gaps, and no pore is felt.
    `targeting_gain_entry` multiplies the tumour's PS (ligands that open a route through the wall).
    """
    if not system.size_classes:
        return Model("vessel_wall")
    parameters: list[Parameter] = [needs("permeability_reference_diameter", "nm", per_subject=False)]
    assignments: list[Assignment] = []
    processes: list[Process] = []
    for c in system.size_classes:
        ratio = f"permeability_reference_diameter / diameter.{c.name}"
        assignments.append(Assignment(f"size_factor.{c.name}", "dimensionless", ratio))
        if system.has("tumour"):
            steric = (
                f"(max(0, 1 - diameter.{c.name} / pore_diameter.tumour)"
                f" / max({LEAST_OPENING}, 1 - permeability_reference_diameter / pore_diameter.tumour))^2"
            )
            assignments.append(Assignment(f"tumour_size_factor.{c.name}", "dimensionless", f"{ratio} * {steric}"))
    if system.has("tumour"):
        parameters.append(needs("pore_diameter.tumour", "nm", quantity="tumour_pore_cutoff", organ="tumour"))
        parameters.append(needs("targeting_gain_entry", "dimensionless", per_subject=False))
    for organ in system.organs:
        name = organ.name
        product, reflection = f"permeability_surface.{name}", f"reflection.{name}"
        parameters.append(needs(product, "mL/h/g", quantity="vesicle_permeability_surface", organ=name))
        parameters.append(needs(reflection, "dimensionless", quantity="vesicle_reflection", organ=name))
        vessels, tissue = f"{name}.vascular", f"{name}.interstitial"
        processes += moves(system, f"leave_vessels_of_{name}", "vessel_wall", vessels, tissue, partial(_outward, organ))
        processes += moves(
            system, f"return_to_vessels_of_{name}", "vessel_wall", tissue, vessels, partial(_inward, organ)
        )
    return Model(
        "vessel_wall", assignments=tuple(assignments), parameters=tuple(parameters), processes=tuple(processes)
    )


def _exchange(organ: Organ, size_class: SizeClass) -> str:
    tumour = organ.name == "tumour"
    gain = "targeting_gain_entry * " if tumour else ""
    factor = f"tumour_size_factor.{size_class.name}" if tumour else f"size_factor.{size_class.name}"
    return f"{gain}permeability_surface.{organ.name} * organ_mass.{organ.name} * {factor}"


def _outward(organ: Organ, size_class: SizeClass) -> str:
    filtered = f"(1 - reflection.{organ.name}) * lymph_flow.{organ.name}"
    return f"({_exchange(organ, size_class)} + {filtered}) / volume({organ.name}.vascular)"


def _inward(organ: Organ, size_class: SizeClass) -> str:
    return f"{_exchange(organ, size_class)} / volume({organ.name}.interstitial)"
