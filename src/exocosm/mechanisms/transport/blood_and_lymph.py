"""Vesicles travel with plasma and lymph."""

from __future__ import annotations

from exocosm.mechanisms.registry import mechanism
from exocosm.mechanisms.system import System, moves, vesicle_species
from exocosm.network.parts import Flow, Model


def plasma_flows(system: System) -> tuple[Flow, ...]:
    """The plasma and lymph streams of the body; the flows into and out of every place are equal by construction."""
    systemic = [organ for organ in system.organs if organ.name != "lung"]
    flows = [
        Flow("venous_to_lung", "venous", "lung.vascular", "plasma_flow.lung"),
        Flow("lung_to_arterial", "lung.vascular", "arterial", "plasma_flow.lung - lymph_flow.lung"),
        Flow(
            "lymph_to_venous",
            "lymph",
            "venous",
            " + ".join(f"lymph_flow.{organ.name}" for organ in system.organs),
            "lymph",
        ),
    ]
    for organ in systemic:
        name = organ.name
        drain = organ.drains_to if organ.drains_to == "venous" else f"{organ.drains_to}.vascular"
        flows.append(Flow(f"arterial_to_{name}", "arterial", f"{name}.vascular", f"plasma_flow.{name}"))
        flows.append(Flow(f"{name}_to_{organ.drains_to}", f"{name}.vascular", drain, f"plasma_outflow.{name}"))
    for organ in system.organs:
        name = organ.name
        flows.append(
            Flow(f"{name}_filtration", f"{name}.vascular", f"{name}.interstitial", f"lymph_flow.{name}", "filtrate")
        )
        flows.append(Flow(f"{name}_to_lymph", f"{name}.interstitial", "lymph", f"lymph_flow.{name}", "lymph"))
    return tuple(flows)


@mechanism("vesicle_circulation")
def vesicle_circulation(system: System) -> Model:
    """Vesicles travel with plasma between blood and organ vessels, and return from tissue with lymph.

    rate = flow * amount / volume of the place left.  What filters through vessel walls belongs to `vessel_wall`.
    """
    flows = plasma_flows(system)
    places = [
        *("venous", "arterial", "lymph"),
        *(f"{o.name}.{part}" for o in system.organs for part in ("vascular", "interstitial")),
    ]
    species = tuple(s for place in places for s in vesicle_species(system, place))
    processes = tuple(
        process
        for flow in flows
        if flow.fluid != "filtrate"
        for process in moves(
            system,
            f"carry_{flow.name}",
            "vesicle_circulation",
            flow.source,
            flow.target,
            lambda _, flow=flow: f"({flow.rate}) / volume({flow.source})",  # type: ignore[misc]
        )
    )
    return Model("vesicle_circulation", species=species, processes=processes, flows=flows)
