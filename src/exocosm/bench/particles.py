"""Particles of body fluids: density, refractive index, protein and charge of each kind by its size.

A vesicle is a shell (lipid bilayer with membrane protein) around a lumen (protein in salt water).  Its density and its
refractive index are computed from these volumes, never looked up.  Dissolved molecules are computed from their molar
mass; lipoproteins and other particles are looked up.

In a medium that holds more solute than the lumen, and whose solute does not enter, water leaves the lumen until both
sides draw equally: a vesicle is denser in sucrose than in an isotonic buffer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exocosm.bench.media import SOLUTES, density_g_ml, solute_mass_fraction
from exocosm.bench.numbers import Numbers
from exocosm.bench.particle_rows import known_words, marker_table
from exocosm.errors import InputError, nearest
from exocosm.vesicles.population import Population, sphere_volume

Array = NDArray[np.float64]

VESICLES = ("small_ev", "microvesicle", "apoptotic_body", "mvb_remnant")
LIPOPROTEINS = ("chylomicron", "vldl", "idl", "ldl", "hdl")
ATTOGRAM_PER_GRAM = 1e18
WATER_MOLES_PER_KG = 55.508  # 1 kg / 18.015 g/mol
HIGHEST_MASS_FRACTION = 0.85  # of a solute; beyond, the solution is a syrup for which nothing here holds


@dataclass(frozen=True)
class Composition:
    """What a vesicle is made of.

    shell_thickness: nm.  Densities of pure lipid, dry protein and the fluid of the lumen: g/mL.  shell_protein: volume
    fraction of the shell.  lumen_protein: g of protein per mL of lumen.
    """

    shell_thickness: float
    lipid_density: float
    protein_density: float
    fluid_density: float
    shell_protein: float
    lumen_protein: float

    @property
    def shell_density(self) -> float:
        """Density of the shell, the mean of protein and lipid by volume, g/mL."""
        return self.shell_protein * self.protein_density + (1.0 - self.shell_protein) * self.lipid_density

    @property
    def lumen_protein_volume(self) -> float:
        """Volume fraction of the lumen that is protein."""
        return self.lumen_protein / self.protein_density


def composition_of(kind: str, numbers: Numbers) -> Composition:
    """The composition of a kind of vesicle, from the catalogue."""
    return Composition(
        shell_thickness=numbers("shell_thickness", "nm", carrier=kind),
        lipid_density=numbers("lipid_density", "g/mL", carrier=kind),
        protein_density=numbers("protein_density", "g/mL", carrier=kind),
        fluid_density=numbers("lumen_fluid_density", "g/mL", carrier=kind),
        shell_protein=numbers("shell_protein_volume_fraction", "dimensionless", carrier=kind),
        lumen_protein=numbers("lumen_protein_concentration", "g/mL", carrier=kind),
    )


def shell_fraction(diameter_nm: ArrayLike, thickness_nm: float) -> Array:
    """Share of a sphere's volume that is its shell: 1 - (1 - 2 t / d)^3, all of it if d <= 2 t.

    nm.  Shape: that of the diameter.
    """
    inner = 1.0 - 2.0 * thickness_nm / np.asarray(diameter_nm, dtype=float)
    return np.asarray(1.0 - np.maximum(inner, 0.0) ** 3)


def vesicle_density(diameter_nm: ArrayLike, made_of: Composition, water_left: ArrayLike = 1.0) -> Array:
    """Density of vesicles whose lumen has kept a share of its fluid.

    density = mass / volume;  f = shell fraction, p = protein volume fraction of the lumen, w = water_left:
    mass = f shell_density + (1 - f) (lumen_protein + (1 - p) w fluid_density);  volume = f + (1 - f) (p + (1 - p) w).
    nm -> g/mL.  Shapes: diameter and water_left broadcast.  Valid for: shells and proteins that do not compress and
    volumes that add; salt that stays behind is not weighed.
    """
    shell = shell_fraction(diameter_nm, made_of.shell_thickness)
    fluid = (1.0 - shell) * (1.0 - made_of.lumen_protein_volume) * np.asarray(water_left, dtype=float)
    mass = shell * made_of.shell_density + (1.0 - shell) * made_of.lumen_protein + fluid * made_of.fluid_density
    return np.asarray(mass / _volume_left(shell, fluid, made_of))


def vesicle_diameter(diameter_nm: ArrayLike, made_of: Composition, water_left: ArrayLike) -> Array:
    """Diameter of the sphere that has the volume of a shrunken vesicle: d * (volume of `vesicle_density`)^(1/3), nm."""
    shell = shell_fraction(diameter_nm, made_of.shell_thickness)
    fluid = (1.0 - shell) * (1.0 - made_of.lumen_protein_volume) * np.asarray(water_left, dtype=float)
    return np.asarray(np.asarray(diameter_nm, dtype=float) * np.cbrt(_volume_left(shell, fluid, made_of)))


def _volume_left(shell: Array, fluid: Array, made_of: Composition) -> Array:
    return np.asarray(shell + (1.0 - shell) * made_of.lumen_protein_volume + fluid)


def vesicle_protein(diameter_nm: ArrayLike, made_of: Composition) -> tuple[Array, Array]:
    """Protein in the shell and in the lumen of a vesicle, nm -> (attogram, attogram)."""
    shell = shell_fraction(diameter_nm, made_of.shell_thickness)
    volume = sphere_volume(diameter_nm) * ATTOGRAM_PER_GRAM
    in_shell = volume * shell * made_of.shell_protein * made_of.protein_density
    return np.asarray(in_shell), np.asarray(volume * (1.0 - shell) * made_of.lumen_protein)


def water_left(osmolality_mosm: ArrayLike, isotonic_mosm: float) -> Array:
    """Share of its fluid that a lumen keeps: isotonic / osmolality, at most 1.

    From equal osmolality on both sides when no solute crosses (Boyle and van 't Hoff).  mosmol per kg of water, both.
    In a thinner medium than isotonic the vesicle is taken as it was: a bilayer stretches by a few percent, then leaks.
    """
    outside = np.maximum(np.asarray(osmolality_mosm, dtype=float), isotonic_mosm)
    return np.asarray(isotonic_mosm / outside)


def solute_osmolality(mass_fraction: ArrayLike, molar_mass: float, hydration: float) -> Array:
    """Osmolality of a solute that does not dissociate and binds water, in mosmol per kg of water.

    m = w / (1 - w) / M;  water activity a = (n - h m) / (n - h m + m), n = 55.5 mol of water per kg;  osmolality
    = -n ln a.  Units: mass of solute per mass of solution, g/mol, molecules of water per molecule.
    Ideal for h = 0.  Raises InputError for a mass fraction outside 0 to 0.85.
    """
    share = np.asarray(mass_fraction, dtype=float)
    if not np.all((share >= 0) & (share <= HIGHEST_MASS_FRACTION)):
        raise InputError(f"a mass fraction of solute lies between 0 and {HIGHEST_MASS_FRACTION}, not {np.max(share):g}")
    molality = share / (1.0 - share) / molar_mass * 1000.0
    free = WATER_MOLES_PER_KG - hydration * molality
    if np.any(free <= 0):
        raise InputError(
            f"with {hydration:g} water per molecule no free water is left at a mass fraction of {np.max(share):g}"
        )
    return np.asarray(1000.0 * WATER_MOLES_PER_KG * np.log1p(molality / free))


def osmolality_in(medium: str, solute_mass_fraction: ArrayLike, numbers: Numbers) -> Array:
    """Osmolality of a medium with so much of its gradient solute, mosmol per kg of water.

    A solute with a molar mass in the catalogue (sucrose) adds to the medium's own osmolality; one without (iodixanol,
    which is adjusted with salt to stay isotonic) does not.
    """
    own = numbers("osmolality", "mmol/kg", fluid=medium)
    share = np.asarray(solute_mass_fraction, dtype=float)
    if medium not in known_words("solute_molar_mass", "fluid", numbers):
        return np.full(share.shape, own)
    molar_mass = numbers("solute_molar_mass", "g/mol", fluid=medium)
    hydration = numbers("solute_hydration_number", "dimensionless", fluid=medium)
    return own + solute_osmolality(share, molar_mass, hydration)


def density_in(
    population: Population,
    medium: str,
    solute_mass_fraction: ArrayLike,
    numbers: Numbers,
    medium_density: ArrayLike | None = None,
) -> Array:
    """Density of every parcel in a medium with so much solute, g/mL.

    Vesicles lose water where the medium draws it.  With `medium_density` (g/mL, one for every mass fraction) the
    spheres of dissolved molecules hold medium instead of water, so that they float at the density of dry protein; all
    other particles keep their density.
    Shapes: the solute's mass fraction may be a number -> [parcel], or an array [k, ...] -> [k, ..., parcel].
    """
    density = swollen(population, medium, solute_mass_fraction, numbers)[0]
    return density if medium_density is None else filled_with_medium(population, density, medium_density, numbers)


def filled_with_medium(population: Population, density: Array, medium_density: ArrayLike, numbers: Numbers) -> Array:
    """The densities with medium instead of water in the spheres of dissolved molecules, g/mL; shape [..., parcel].

    share * dry protein + (1 - share) * medium, share of the molecule in its sphere: a molecule stands still only where
    the medium is as dense as dry protein.  medium_density: [...].
    """
    found = np.array(density)
    around = np.asarray(medium_density, dtype=float)[..., np.newaxis]
    for kind in known_words("molecular_mass", "carrier", numbers):
        of_kind = population.kind == kind
        if of_kind.any():
            water = numbers("lumen_fluid_density", "g/mL", carrier=kind)
            dry = numbers("protein_density", "g/mL", carrier=kind)
            share = np.clip((population.density[of_kind] - water) / (dry - water), 0.0, 1.0)
            found[..., of_kind] = share * dry + (1.0 - share) * around
    return found


def swollen(
    population: Population, medium: str, solute_mass_fraction: ArrayLike, numbers: Numbers
) -> tuple[Array, Array]:
    """Density (g/mL) and diameter of equal volume (nm) of every parcel in a medium; shapes as in `density_in`."""
    osmolality = osmolality_in(medium, solute_mass_fraction, numbers)[..., np.newaxis]
    shape = np.broadcast_shapes(osmolality.shape, population.density.shape)
    density = np.array(np.broadcast_to(population.density, shape))
    diameter = np.array(np.broadcast_to(population.diameter_nm, shape))
    isotonic = numbers("isotonic_osmolality", "mmol/kg")
    left = water_left(osmolality, isotonic)
    for kind in VESICLES:
        of_kind = population.kind == kind
        if of_kind.any():
            made_of = composition_of(kind, numbers)
            before = population.diameter_nm[of_kind]
            # a density that the user gave to a parcel is moved as far as the computed one moves
            moved = vesicle_density(before, made_of, left) - vesicle_density(before, made_of)
            density[..., of_kind] += moved
            diameter[..., of_kind] = vesicle_diameter(before, made_of, left)
    return density, diameter


def carried_in(population: Population, medium: str, temperature_c: float, numbers: Numbers) -> tuple[Array, Array]:
    """Density (g/mL) and diameter (nm) of every parcel in a medium by its name, such as `0.2 sucrose 30 % + 0.8 pbs`.

    As the population's own but in solutions of sucrose and iodixanol, for which see `swollen` and `filled_with_medium`.
    """
    for solute in SOLUTES:  # sucrose first: of the two it is the one that draws water
        share = solute_mass_fraction(solute, medium, temperature_c, numbers)
        if share > 0:
            density, diameter = swollen(population, solute, share, numbers)
            around = density_g_ml(medium, temperature_c, numbers)
            return filled_with_medium(population, density, around, numbers), diameter
    return population.density, population.diameter_nm


def mixed_index(index: ArrayLike, other: ArrayLike, share: ArrayLike) -> Array:
    """Refractive index of a mixture by Lorentz and Lorenz, `share` of its volume having `index`, the rest `other`.

    L(n) = s L(n1) + (1 - s) L(n2), L(n) = (n^2 - 1) / (n^2 + 2).  Valid for: parts much smaller than the wavelength.
    """
    both = [(np.asarray(n, dtype=float) ** 2 - 1.0) / (np.asarray(n, dtype=float) ** 2 + 2.0) for n in (index, other)]
    part = np.asarray(share, dtype=float)
    mixed = part * both[0] + (1.0 - part) * both[1]
    return np.asarray(np.sqrt((1.0 + 2.0 * mixed) / (1.0 - mixed)))


def vesicle_index(
    diameter_nm: ArrayLike, made_of: Composition, shell_index: float, water_index: float, increment: float
) -> Array:
    """Refractive index of a vesicle taken as one even sphere: shell and lumen mixed by volume.

    lumen = water_index + increment * lumen_protein (mL/g * g/mL).
    """
    lumen = water_index + increment * made_of.lumen_protein
    return mixed_index(shell_index, lumen, shell_fraction(diameter_nm, made_of.shell_thickness))


def molecule_density(
    diameter_nm: ArrayLike, mass_ag: float, protein_density: float, fluid_density: float
) -> tuple[Array, Array]:
    """Density of the hydrodynamic sphere of a dissolved molecule, and the share of it that is the molecule itself.

    The rest is fluid: share = mass / (protein_density * volume), density = share * protein_density
    + (1 - share) * fluid_density, so that the sphere weighs in the fluid what the molecule does.
    nm, ag, g/mL -> (g/mL, 1).  A molecule that does not fit into its sphere fills it (share 1).
    """
    volume = sphere_volume(diameter_nm) * ATTOGRAM_PER_GRAM
    share = np.minimum(mass_ag / protein_density / volume, 1.0)
    return np.asarray(fluid_density + share * (protein_density - fluid_density)), np.asarray(share)


def properties_of(kind: str, diameter_nm: ArrayLike, fluid: str, numbers: Numbers) -> dict[str, Any]:
    """Density, refractive index, charge, protein and markers of particles of one kind, as a population's columns.

    nm.  Shapes: every column has that of the diameter.  Density: g/mL in an isotonic buffer.  Refractive index: at
    589 nm.  Markers of vesicles grow with their surface; the catalogue's copies are the mean over the kind.
    Raises InputError for a kind the catalogue does not know.
    """
    columns = physical_properties(kind, diameter_nm, fluid, numbers)
    return {**columns, "markers": marker_copies(kind, diameter_nm, fluid, numbers)}


def physical_properties(kind: str, diameter_nm: ArrayLike, fluid: str, numbers: Numbers) -> dict[str, Array]:
    """The columns of `properties_of` without the markers."""
    sizes = np.atleast_1d(np.asarray(diameter_nm, dtype=float))
    if kind in VESICLES:
        columns = _vesicle_columns(kind, sizes, numbers)
    elif kind in known_words("molecular_mass", "carrier", numbers):
        columns = _molecule_columns(kind, sizes, numbers)
    else:
        columns = _particle_columns(kind, sizes, numbers)
    charge = numbers("zeta_potential", "mV", carrier=kind, fluid=fluid)
    return {**columns, "charge_mv": np.full(sizes.shape, charge)}


def _vesicle_columns(kind: str, sizes: Array, numbers: Numbers) -> dict[str, Array]:
    made_of = composition_of(kind, numbers)
    index = vesicle_index(
        sizes,
        made_of,
        numbers("shell_refractive_index", "dimensionless", carrier=kind),
        numbers("refractive_index_of_water", "dimensionless"),
        numbers("protein_refractive_increment", "mL/g"),
    )
    in_shell, in_lumen = vesicle_protein(sizes, made_of)
    return {
        "density": vesicle_density(sizes, made_of),
        "refractive_index": index,
        "protein_ag": in_shell + in_lumen,
    }


def _molecule_columns(kind: str, sizes: Array, numbers: Numbers) -> dict[str, Array]:
    mass = numbers("molecular_mass", "ag", carrier=kind)
    dry = numbers("protein_density", "g/mL", carrier=kind)
    density, share = molecule_density(sizes, mass, dry, numbers("lumen_fluid_density", "g/mL", carrier=kind))
    water = numbers("refractive_index_of_water", "dimensionless")
    # the increment times the density is the index of dry protein above water
    index = mixed_index(water + numbers("protein_refractive_increment", "mL/g") * dry, water, share)
    protein = mass * numbers("protein_mass_fraction", "dimensionless", carrier=kind)
    return {"density": density, "refractive_index": index, "protein_ag": np.full(sizes.shape, protein)}


def _particle_columns(kind: str, sizes: Array, numbers: Numbers) -> dict[str, Array]:
    known = known_words("particle_density", "carrier", numbers)
    if kind not in known:
        every = (*VESICLES, *known_words("molecular_mass", "carrier", numbers), *known)
        raise InputError(
            f"there is no kind of particle '{kind}'; {nearest(kind, every)} Or give rows of particle_density, "
            "refractive_index, zeta_potential and protein_mass_fraction for it"
        )
    density = numbers("particle_density", "g/mL", carrier=kind)
    protein = numbers("protein_mass_fraction", "dimensionless", carrier=kind)
    index = numbers("refractive_index", "dimensionless", carrier=kind)
    return {
        "density": np.full(sizes.shape, density),
        "refractive_index": np.full(sizes.shape, index),
        "protein_ag": protein * density * sphere_volume(sizes) * ATTOGRAM_PER_GRAM,
    }


def marker_copies(kind: str, diameter_nm: ArrayLike, fluid: str, numbers: Numbers) -> Mapping[str, Array]:
    """Mean copies of every marker that the catalogue knows of a kind, by size.

    On vesicles copies * d^2 / E[d^2], E over the kind's log-normal sizes; the same on every other particle.
    """
    sizes = np.atleast_1d(np.asarray(diameter_nm, dtype=float))
    table = marker_table((kind,), fluid, numbers.ledger)
    surface = np.ones(sizes.shape)
    if table.names and kind in VESICLES:
        median = numbers("particle_diameter", "nm", carrier=kind, fluid=fluid)
        width = np.log(numbers("particle_diameter_gsd", "dimensionless", carrier=kind, fluid=fluid))
        surface = surface_beside_mean(sizes, median, width)
    return dict(zip(table.names, table.copies(numbers) * surface, strict=True))


def surface_beside_mean(diameter_nm: ArrayLike, median_nm: ArrayLike, width: ArrayLike) -> Array:
    """Surface over the mean surface of a log-normal of that median and log of the geometric deviation: d^2 / E[d^2]."""
    relative = np.asarray(diameter_nm, dtype=float) / median_nm
    return np.asarray(relative**2 * np.exp(-2.0 * np.asarray(width, dtype=float) ** 2))
