"""The frame of a body: volumes and flows of its organs, closed by construction."""

from __future__ import annotations

from exocosm.mechanisms.system import System, needs, total
from exocosm.network.parts import Assignment, Model, Parameter, Place


def physiology(system: System) -> Model:
    """Places and streams of a body from body weight, organ fractions and cardiac output.

    organ volume = body weight * mass fraction / tissue density; plasma in organ capillaries = plasma volume *
    capillary share, spread over organs by (mass * vascular fraction); plasma flow of an organ = cardiac output *
    (1 - haematocrit) * its share of all systemic flow fractions, so that shares always close; lymph = a fraction of
    the plasma that flows in.  The tumour comes on top: perfusion * volume.
    """
    systemic = [organ for organ in system.organs if organ.name not in ("lung", "tumour")]
    solid = [organ for organ in system.organs if organ.name != "tumour"]
    parameters: list[Parameter] = [
        needs("body_weight", "g", extensive=True),
        needs("cardiac_output", "mL/h", extensive=True),
        needs("haematocrit", "dimensionless"),
        needs("blood_volume", "mL", extensive=True),
        needs("tissue_density", "g/mL", per_subject=False),
        needs("capillary_share_of_plasma", "dimensionless", per_subject=False),
        needs("venous_share_of_vessels", "dimensionless", per_subject=False),
        needs("lymph_volume_per_weight", "mL/g", per_subject=False),
    ]
    assignments = [
        Assignment("plasma_volume", "mL", "blood_volume * (1 - haematocrit)", extensive=True),
        Assignment(
            "capillary_weight",
            "dimensionless",
            total([f"mass_fraction.{o.name} * vascular_fraction.{o.name}" for o in solid]),
        ),
        Assignment("flow_fraction_sum", "dimensionless", total([f"flow_fraction.{o.name}" for o in systemic])),
    ]
    places = [
        Place("venous", "plasma_volume * (1 - capillary_share_of_plasma) * venous_share_of_vessels"),
        Place("arterial", "plasma_volume * (1 - capillary_share_of_plasma) * (1 - venous_share_of_vessels)"),
        Place("lymph", "body_weight * lymph_volume_per_weight"),
    ]
    inflow = {organ.name: f"plasma_flow.{organ.name}" for organ in system.organs}
    for organ in system.organs:
        if organ.drains_to not in ("venous", "arterial"):
            inflow[organ.drains_to] += f" + plasma_outflow.{organ.name}"
    for organ in solid:
        name = organ.name
        parameters += [
            needs(f"mass_fraction.{name}", "dimensionless", quantity="mass_fraction", organ=name),
            needs(f"vascular_fraction.{name}", "dimensionless", quantity="vascular_fraction", organ=name),
            needs(f"interstitial_fraction.{name}", "dimensionless", quantity="interstitial_fraction", organ=name),
            needs(f"lymph_flow_fraction.{name}", "dimensionless", quantity="lymph_flow_fraction", organ=name),
        ]
        assignments.append(Assignment(f"organ_mass.{name}", "g", f"body_weight * mass_fraction.{name}", extensive=True))
        places += [
            Place(name, f"organ_mass.{name} / tissue_density"),
            Place(
                f"{name}.vascular",
                f"plasma_volume * capillary_share_of_plasma * mass_fraction.{name} * vascular_fraction.{name}"
                " / capillary_weight",
            ),
            Place(f"{name}.interstitial", f"volume({name}) * interstitial_fraction.{name}"),
        ]
    for organ in systemic:
        name = organ.name
        parameters.append(needs(f"flow_fraction.{name}", "dimensionless", quantity="blood_flow_fraction", organ=name))
        assignments.append(
            Assignment(
                f"plasma_flow.{name}",
                "mL/h",
                f"cardiac_output * (1 - haematocrit) * flow_fraction.{name} / flow_fraction_sum",
                extensive=True,
            )
        )
    if system.has("tumour"):
        parameters += [
            needs("tumour_perfusion", "mL/h/g"),
            needs("tumour_filtration", "mL/h/mL"),
            needs("vascular_fraction.tumour", "dimensionless", quantity="tumour_vascular_fraction", organ="tumour"),
            needs(
                "interstitial_fraction.tumour", "dimensionless", quantity="tumour_interstitial_fraction", organ="tumour"
            ),
        ]
        places += [
            Place("tumour", "tumour_volume"),
            Place("tumour.vascular", "tumour_volume * vascular_fraction.tumour * (1 - haematocrit)"),
            Place("tumour.interstitial", "tumour_volume * interstitial_fraction.tumour"),
        ]
        assignments.append(Assignment("organ_mass.tumour", "g", "tumour_volume * tissue_density", extensive=True))
        assignments.append(
            Assignment(
                "plasma_flow.tumour", "mL/h", "tumour_perfusion * organ_mass.tumour * (1 - haematocrit)", extensive=True
            )
        )
    streams = [f"plasma_flow.{organ.name}" for organ in system.organs if organ.name != "lung"]
    assignments.append(
        Assignment("lymph_flow.lung", "mL/h", f"lymph_flow_fraction.lung * ({total(streams)})", extensive=True)
    )
    assignments.append(Assignment("plasma_flow.lung", "mL/h", f"{total(streams)} + lymph_flow.lung", extensive=True))
    for organ in system.organs:
        name = organ.name
        if name == "lung":
            continue
        lymph = (
            "tumour_filtration * tumour_volume"
            if name == "tumour"
            else f"lymph_flow_fraction.{name} * ({inflow[name]})"
        )
        assignments.append(Assignment(f"lymph_flow.{name}", "mL/h", lymph, extensive=True))
        assignments.append(
            Assignment(f"plasma_outflow.{name}", "mL/h", f"{inflow[name]} - lymph_flow.{name}", extensive=True)
        )
    return Model("physiology", places=tuple(places), assignments=tuple(assignments), parameters=tuple(parameters))
