"""Vesicles cross vessel walls."""

from __future__ import annotations

from exocosm.mechanisms.registry import mechanism
from exocosm.mechanisms.system import SizeClass, System, moves, needs
from exocosm.network.parts import Assignment, Model, Parameter


@mechanism("vessel_wall")
def vessel_wall(system: System) -> Model:
    """Vesicles cross vessel walls by diffusion and with filtered fluid, the less the larger they are.

    out  = (PS + (1 - reflection) * L) * C(plasma);  back = PS * C(interstitium)
    PS   = permeability * vessel surface per volume * tissue volume * size factor
    size factor = (d0 / d) * (max(0, 1 - d/pore) / (1 - d0/pore))^2, d0 the diameter at which permeability was measured;
    in continuous and tight vessels, where vesicles cross through cells, the pore term is left out.
    `targeting_gain_entry` multiplies the tumour's PS (ligands that open a route through the wall).
    """
    if not system.size_classes:
        return Model("vessel_wall")
    parameters: list[Parameter] = [
        needs("permeability_reference_diameter", "nm", per_subject=False),
        needs("vessel_surface_density", "1/cm", quantity="vessel_surface_density"),
    ]
    assignments: list[Assignment] = []
    processes = []
    classes = sorted({organ.capillary for organ in system.organs})
    for capillary in classes:
        parameters.append(needs(f"permeability.{capillary}", "cm/h", quantity="vesicle_permeability", organ=capillary))
        parameters.append(
            needs(f"reflection.{capillary}", "dimensionless", quantity="vesicle_reflection", organ=capillary)
        )
        porous = capillary in {"fenestrated", "sinusoidal", "leaky"}
        if porous:
            parameters.append(needs(f"pore_diameter.{capillary}", "nm", quantity="pore_diameter", organ=capillary))
        for c in system.size_classes:
            steric = (
                f" * (max(0, 1 - diameter.{c.name} / pore_diameter.{capillary})"
                f" / (1 - permeability_reference_diameter / pore_diameter.{capillary}))^2"
                if porous
                else ""
            )
            assignments.append(
                Assignment(
                    f"permeability.{capillary}.{c.name}",
                    "cm/h",
                    f"permeability.{capillary} * permeability_reference_diameter / diameter.{c.name}{steric}",
                )
            )
    if system.has("tumour"):
        parameters.append(
            needs("vessel_surface_density.tumour", "1/cm", quantity="vessel_surface_density", organ="tumour")
        )
        parameters.append(needs("targeting_gain_entry", "dimensionless", per_subject=False))
    for organ in system.organs:
        name, capillary = organ.name, organ.capillary
        surface = "vessel_surface_density.tumour" if name == "tumour" else "vessel_surface_density"
        gain = "targeting_gain_entry * " if name == "tumour" else ""

        def exchange(
            c: SizeClass, capillary: str = capillary, surface: str = surface, gain: str = gain, name: str = name
        ) -> str:
            return f"{gain}permeability.{capillary}.{c.name} * {surface} * volume({name})"

        def outward(c: SizeClass, name: str = name, capillary: str = capillary, exchange=exchange) -> str:  # type: ignore[no-untyped-def]
            return f"({exchange(c)} + (1 - reflection.{capillary}) * lymph_flow.{name}) / volume({name}.vascular)"

        def inward(c: SizeClass, name: str = name, exchange=exchange) -> str:  # type: ignore[no-untyped-def]
            return f"{exchange(c)} / volume({name}.interstitial)"

        processes += moves(
            system, f"leave vessels of {name}", "vessel_wall", f"{name}.vascular", f"{name}.interstitial", outward
        )
        processes += moves(
            system, f"re-enter vessels of {name}", "vessel_wall", f"{name}.interstitial", f"{name}.vascular", inward
        )
    return Model(
        "vessel_wall", assignments=tuple(assignments), parameters=tuple(parameters), processes=tuple(processes)
    )
