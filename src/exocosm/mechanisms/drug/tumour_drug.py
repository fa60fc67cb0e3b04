"""Drug inside the tumour: between the space around the cells and the cells."""

from __future__ import annotations

from exocosm.mechanisms.registry import mechanism
from exocosm.mechanisms.system import System, needs
from exocosm.network.parts import Assignment, Model, Process, Species


@mechanism("tumour_drug")
def tumour_drug(system: System) -> Model:
    """Drug enters tumour cells, is bound there (DNA) and leaves slowly; vesicles that cells took up release it inside.

    in: drug_cell_influx * C(interstitial side) * V;  out: drug_cell_efflux * amount inside.
    """
    if not (system.cargo and system.has("tumour")):
        return Model("tumour_drug")
    drug = system.cargo
    around, inside = system.free("tumour"), f"{drug}@tumour.inside"
    species = (Species(inside, "tumour", system.cargo_unit, substance=drug),)
    processes = (
        Process(
            f"{drug}_enters_tumour_cells",
            f"drug_cell_influx * {around}",
            takes={around: 1},
            gives={inside: 1},
            mechanism="tumour_drug",
        ),
        Process(
            f"{drug}_leaves_tumour_cells",
            f"drug_cell_efflux * {inside}",
            takes={inside: 1},
            gives={around: 1},
            mechanism="tumour_drug",
        ),
    )
    assignments = (
        Assignment(
            "tumour_cell_drug",
            "nmol/mL",
            f"concentration({inside})",
            note="released drug inside tumour cells per mL of tumour",
        ),
    )
    parameters = (needs("drug_cell_influx", "1/h", carrier="free"), needs("drug_cell_efflux", "1/h", carrier="free"))
    return Model("tumour_drug", species=species, assignments=assignments, parameters=parameters, processes=processes)
