"""Protein that a treatment sets free or brings in, as particles of the kind `other_protein`."""

from __future__ import annotations

import numpy as np

from exocosm.bench.numbers import Numbers
from exocosm.vesicles.population import Population

ATTOGRAM_PER_KDA = 1e21 / 6.02214076e23  # Avogadro's number is exact by definition


def dissolved_protein(mass_ag: float, molar_mass_kda: float, origin: str, numbers: Numbers) -> Population:
    """A mass of protein as one parcel of molecules of a molar mass; its protein is the mass, to rounding.

    attogram, kDa.  The molar mass only decides into how many molecules the mass is counted.
    """
    each = molar_mass_kda * ATTOGRAM_PER_KDA
    return Population(
        diameter_nm=np.array([numbers("dissolved_protein_diameter", "nm")]),
        density=np.array([numbers("dissolved_protein_density", "g/mL")]),
        count=np.array([mass_ag / each]),
        kind=np.array(["other_protein"]),
        origin=np.array([origin]),
        refractive_index=np.array([numbers("dissolved_protein_refractive_index", "dimensionless")]),
        protein_ag=np.array([each]),
        history=(f"{mass_ag:.3g} ag of protein of {molar_mass_kda:.3g} kDa from {origin}",),
    )
