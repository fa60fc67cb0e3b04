"""Tangential flow: the fluid runs along a membrane again and again; concentration, then washing at constant volume."""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field

from exocosm.bench.isolation.registry import Consumable, Outcome, isolation
from exocosm.bench.isolation.ultrafiltration import concentrated_share, membrane_sieving
from exocosm.bench.media import mix_media
from exocosm.bench.numbers import Numbers
from exocosm.bench.particles import VESICLES
from exocosm.bench.settings import Millilitres, Name, Settings, in_unit
from exocosm.bench.specimen import ATTOGRAM_PER_MICROGRAM, Specimen
from exocosm.errors import InputError
from exocosm.vesicles.population import split

Column = NDArray[np.float64]
SquareCentimetres = Annotated[float, BeforeValidator(in_unit("cm**2")), Field(gt=0, le=1e7)]

MICROGRAM_PER_MILLIGRAM = 1e3
LEAST_FLUX = 0.02  # of the clean membrane's: where the film model would say that nothing passes any more
NODES, WEIGHTS = np.polynomial.legendre.leggauss(8)  # for the time of concentration; exact for polynomials to 15th


class TangentialFlow(Settings):
    """Settings of `tangential_flow`.

    module: a word of the catalogue.  to: volume after concentration.  diavolumes: volumes of `buffer`, by that of the
    retentate, that are washed through it afterwards.  area: of membrane, if not the module's own.  uses: how often a
    module is used before it is thrown away.
    """

    module: Name
    to: Millilitres
    diavolumes: Annotated[float, Field(ge=0, le=1000)] = 0.0
    buffer: Name = "pbs"
    area: SquareCentimetres | None = None
    uses: Annotated[int, Field(ge=1, le=1000)] = 1


def diafiltered_share(sieving: Column, diavolumes: float) -> Column:
    """Share that stays in the retentate when it is washed at constant volume: exp(-n S).

    From dm/dn = -S m.  Exact for a constant S and a well-mixed retentate.
    """
    return np.asarray(np.exp(-diavolumes * sieving))


def permeate_flux(protein_mg_ml: Column, clean_flux: float, transfer: float, gel_mg_ml: float) -> Column:
    """Flux through a membrane before which retained protein piles up: min(clean, k ln(C_gel / C)).

    Film model: what is carried to the membrane diffuses back from a gel of fixed concentration.  mg/mL; fluxes and k
    in one unit -> that unit; not below LEAST_FLUX of the clean one.
    """
    concentration = np.maximum(protein_mg_ml, np.finfo(float).tiny)
    limited = transfer * (np.log(gel_mg_ml) - np.log(concentration))
    return np.asarray(np.clip(limited, LEAST_FLUX * clean_flux, clean_flux))


def concentration_minutes(
    protein_mg: Column,
    sieving: Column,
    before_ml: float,
    after_ml: float,
    area_cm2: float,
    film: tuple[float, float, float],
) -> tuple[float, float]:
    """Time to take a volume down while its protein concentrates, and the protein at the end.

    t = integral of dV / (A J(C(V))) from V_after to V_before, C(V) = sum of p (V / V_before)^S / V, in ln V.
    mg and S per parcel, mL, cm^2; film: clean flux, k (mL/min/cm^2), gel (mg/mL) -> min, mg/mL.
    """
    half = 0.5 * np.log(before_ml / after_ml)
    volumes = after_ml * np.exp(half * (NODES + 1.0))
    ends = np.append(volumes, after_ml)
    protein = np.exp(np.log(ends / before_ml)[:, None] * sieving) @ protein_mg / ends
    flux = permeate_flux(protein[:-1], *film)
    return float(half * (WEIGHTS * volumes / flux).sum() / area_cm2), float(protein[-1])


@isolation("tangential_flow", TangentialFlow)
def tangential_flow(specimen: Specimen, settings: TangentialFlow, numbers: Numbers) -> Outcome:
    """Hollow fibre or cassette at millilitres to many litres: concentrate, then wash proteins through the membrane.

    Each parcel keeps (V_after / V_before)^S exp(-n S); of what the membrane holds back a share stays in the module,
    and a share of the vesicles is torn by the pump.
    Valid for: a well-mixed reservoir, S that the layer at the membrane does not change.
    """
    before, after = specimen.volume_ml, settings.to
    if after > before:
        raise InputError(f"tangential_flow takes a volume down: {before:.3g} mL cannot become {after:.3g} mL (`to`)")
    population, name = specimen.population, settings.module
    sieving = membrane_sieving(population.diameter_nm, name, numbers, "module")
    area = settings.area or numbers("membrane_area", "cm**2", device=name)
    least = numbers("module_hold_up_volume", "mL", device=name)
    film = (
        numbers("module_clean_flux", "mL/min/cm**2", device=name),
        numbers("film_transfer_coefficient", "mL/min/cm**2", device=name),
        numbers("gel_protein_concentration", "mg/mL"),
    )
    protein = population.count * population.protein_ag / (ATTOGRAM_PER_MICROGRAM * MICROGRAM_PER_MILLIGRAM)
    minutes, at_end = concentration_minutes(protein, sieving, before, after, area, film)
    washed = settings.diavolumes * after
    minutes += washed / (area * float(permeate_flux(np.array([at_end]), *film)[0]))
    torn_share = numbers("pump_rupture", "dimensionless") * _vesicles(population.kind)
    whole, torn = split(population, 1.0 - torn_share, f"tangential_flow on {name}: not torn")
    stays = concentrated_share(sieving, before, after) * diafiltered_share(sieving, settings.diavolumes)
    held = 1.0 - numbers("module_loss", "dimensionless", device=name) * (1.0 - sieving)
    product, waste = split(whole, stays * held, f"tangential_flow on {name}, retentate")
    warnings = []
    if after < least:
        warnings.append(f"{after:g} mL is less than the {least:.3g} mL that the module and its tubing hold")
    if at_end >= film[2]:
        warnings.append(
            f"{at_end:.3g} mg/mL protein at the end is above the {film[2]:.3g} mg/mL of a gel: the flux stops before; "
            "concentrate less or choose a module through which the protein passes"
        )
    set_up = numbers("module_set_up_time", "min")
    hands_on = numbers("hands_on_time", "min", device="tangential_flow")
    old = math.exp(-settings.diavolumes)  # share of the fluid that the wash has not replaced
    medium = mix_media((specimen.medium, old), (settings.buffer, 1.0 - old))
    diafiltered = f", then wash with {washed:.4g} mL {settings.buffer} ({settings.diavolumes:g} diavolumes)"
    return Outcome(
        product=specimen.with_(population=product, volume_ml=after, medium=medium),
        waste=(specimen.with_(population=waste, volume_ml=max(before - after + washed, least), medium=medium),),
        minutes=minutes + max(set_up, hands_on),
        hands_on_minutes=hands_on,
        instruction=(
            f"Rinse {name} ({area:g} cm^2); concentrate {before:.4g} mL to {after:.4g} mL"
            + (diafiltered if settings.diavolumes > 0 else "")
            + f", about {minutes:.0f} min of pumping; drain the module into the retentate."
        ),
        consumables=(
            Consumable(name, (area / numbers("membrane_area", "cm**2", device=name)) / settings.uses),
            Consumable("pbs_ml", washed + numbers("module_flush_volume", "mL/cm**2") * area),
        ),
        warnings=tuple(warnings),
        destroyed=torn,
    )


def _vesicles(kinds: NDArray[np.str_]) -> NDArray[np.bool_]:
    return np.fromiter((kind in VESICLES for kind in kinds.tolist()), dtype=bool, count=kinds.size)
