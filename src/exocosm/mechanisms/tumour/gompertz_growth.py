"""The tumour grows, ever more slowly."""

from __future__ import annotations

from exocosm.mechanisms.registry import mechanism
from exocosm.mechanisms.system import DAMAGED_STAGES, System, needs
from exocosm.network.parts import Assignment, Model, Parameter, Process, Species

# keeps the place of a tumour that a drug has wiped out: concentrations in no volume at all would mean nothing
LAST_CELL = Parameter("last_cell", "cell", value=1, extensive=True, note="a tumour's place never gets smaller")


@mechanism("tumour_growth")
def tumour_growth(system: System) -> Model:
    """Tumour cells multiply by the Gompertz law: the specific growth rate falls with the logarithm of size.

    dN/dt = max(0, alpha - beta * ln(N / N0)) * N; N0 = tumour size (in cells) to which alpha refers.
    alpha and beta differ between animals and are correlated (joint rows of the catalogue).
    """
    if not system.has("tumour"):
        return Model("tumour_growth")
    species = (
        Species(
            "tumour_cells",
            "tumour",
            "cell",
            substance="tumour cell",
            initial="tumour_start_volume * tumour_cell_density",
        ),
    )
    processes = (
        Process(
            "tumour_cells_multiply",
            "max(0, gompertz_alpha - gompertz_beta"
            " * log(tumour_cells / (gompertz_reference_volume * tumour_cell_density))) * tumour_cells",
            gives={"tumour_cells": 1},
            source="cell division",
            mechanism="tumour_growth",
        ),
    )
    counted = ["tumour_cells"]
    if system.cargo and "drug_kill" in system.mechanisms:
        counted.extend(DAMAGED_STAGES)  # they still fill space until they are gone
    assignments = (
        Assignment(
            "tumour_volume", "mL", f"({' + '.join([*counted, LAST_CELL.name])}) / tumour_cell_density", extensive=True
        ),
    )
    parameters = (
        LAST_CELL,
        needs("gompertz_alpha", "1/h"),
        needs("gompertz_beta", "1/h"),
        needs("gompertz_reference_volume", "mL", extensive=True, per_subject=False),
        needs("tumour_start_volume", "mL", extensive=True, organ="tumour"),
        needs("tumour_cell_density", "cell/mL", quantity="tumour_cells_per_volume", organ="tumour"),
    )
    return Model("tumour_growth", species=species, processes=processes, assignments=assignments, parameters=parameters)
