"""Vesicles cross vessel walls."""

from __future__ import annotations

from functools import partial

from exocosm.mechanisms.registry import mechanism
from exocosm.mechanisms.system import Organ, SizeClass, System, moves, needs
from exocosm.network.parts import Assignment, Model, Parameter

POROUS = ("fenestrated", "sinusoidal", "leaky")


@mechanism("vessel_wall")
def vessel_wall(system: System) -> Model:
    """Vesicles cross vessel walls by diffusion and with filtered fluid, the less the larger they are.

    out  = (PS + (1 - reflection) * L) * C(plasma);  back = PS * C(interstitium)
    PS   = permeability-surface product per gram * organ mass * size factor, L the lymph flow of the organ
    size factor = (d0 / d) * (max(0, 1 - d/pore) / (1 - d0/pore))^2, d0 the diameter at which PS was stated;
    in continuous and tight vessels, where vesicles cross through cells, the pore term is left out.
    `targeting_gain_entry` multiplies the tumour's PS (ligands that open a route through the wall).
    """
    if not system.size_classes:
        return Model("vessel_wall")
    parameters: list[Parameter] = [needs("permeability_reference_diameter", "nm", per_subject=False)]
    assignments: list[Assignment] = []
    processes = []
    for capillary in sorted({organ.capillary for organ in system.organs}):
        parameters.append(
            needs(f"reflection.{capillary}", "dimensionless", quantity="vesicle_reflection", organ=capillary)
        )
        if capillary in POROUS:
            parameters.append(
                needs(f"pore_diameter.{capillary}", "nm", quantity="vessel_pore_diameter", organ=capillary)
            )
        for c in system.size_classes:
            steric = (
                f" * (max(0, 1 - diameter.{c.name} / pore_diameter.{capillary})"
                f" / (1 - permeability_reference_diameter / pore_diameter.{capillary}))^2"
            )
            assignments.append(
                Assignment(
                    f"size_factor.{capillary}.{c.name}",
                    "dimensionless",
                    f"permeability_reference_diameter / diameter.{c.name}{steric if capillary in POROUS else ''}",
                )
            )
    if system.has("tumour"):
        parameters.append(needs("targeting_gain_entry", "dimensionless", per_subject=False))
    for organ in system.organs:
        parameters.append(
            needs(
                f"permeability_surface.{organ.name}",
                "mL/h/g",
                quantity="vesicle_permeability_surface",
                organ=organ.name,
            )
        )
        processes += moves(
            system,
            f"leave_vessels_of_{organ.name}",
            "vessel_wall",
            f"{organ.name}.vascular",
            f"{organ.name}.interstitial",
            partial(_outward, organ),
        )
        processes += moves(
            system,
            f"re_enter_vessels_of_{organ.name}",
            "vessel_wall",
            f"{organ.name}.interstitial",
            f"{organ.name}.vascular",
            partial(_inward, organ),
        )
    return Model(
        "vessel_wall", assignments=tuple(assignments), parameters=tuple(parameters), processes=tuple(processes)
    )


def _exchange(organ: Organ, size_class: SizeClass) -> str:
    gain = "targeting_gain_entry * " if organ.name == "tumour" else ""
    factor = f"size_factor.{organ.capillary}.{size_class.name}"
    return f"{gain}permeability_surface.{organ.name} * organ_mass.{organ.name} * {factor}"


def _outward(organ: Organ, size_class: SizeClass) -> str:
    filtered = f"(1 - reflection.{organ.capillary}) * lymph_flow.{organ.name}"
    return f"({_exchange(organ, size_class)} + {filtered}) / volume({organ.name}.vascular)"


def _inward(organ: Organ, size_class: SizeClass) -> str:
    return f"{_exchange(organ, size_class)} / volume({organ.name}.interstitial)"
