"""Cells of the tissue take vesicles from the interstitium."""

from __future__ import annotations

from exocosm.mechanisms.registry import mechanism
from exocosm.mechanisms.system import System, moves, needs, vesicle_species
from exocosm.network.parts import Model, Parameter, Place, Process, Species


@mechanism("tissue_cells")
def tissue_cells(system: System) -> Model:
    """Cells of every tissue, tumour cells among them, take vesicles up from the interstitium.

    rate = uptake rate * amount in the interstitium; in the tumour times `targeting_gain_uptake`.
    """
    if not system.size_classes:
        return Model("tissue_cells")
    places: list[Place] = []
    species: list[Species] = []
    parameters: list[Parameter] = [needs("tissue_cell_uptake", "1/h", quantity="interstitial_uptake_rate")]
    if system.has("tumour"):
        parameters += [
            needs("tumour_cell_uptake", "1/h", quantity="interstitial_uptake_rate", organ="tumour"),
            needs("targeting_gain_uptake", "dimensionless", per_subject=False),
        ]
    processes: list[Process] = []
    for organ in system.organs:
        place = f"{organ.name}.cells"
        places.append(Place(place, f"volume({organ.name})"))
        species += vesicle_species(system, place)
        rate = "targeting_gain_uptake * tumour_cell_uptake" if organ.name == "tumour" else "tissue_cell_uptake"
        processes += moves(
            system,
            f"cells_of_{organ.name}",
            "tissue_cells",
            f"{organ.name}.interstitial",
            place,
            lambda _, rate=rate: rate,  # type: ignore[misc]
        )
    return Model(
        "tissue_cells",
        places=tuple(places),
        species=tuple(species),
        parameters=tuple(parameters),
        processes=tuple(processes),
    )
