"""Ultrafiltration: a spin or syringe filter; what is too large for the pores stays, the rest goes with the fluid."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from exocosm.bench.devices import device_number
from exocosm.bench.isolation.registry import Consumable, Outcome, isolation
from exocosm.bench.media import mix_media
from exocosm.bench.numbers import Numbers
from exocosm.bench.pores import retained_ratio, sieving_coefficient
from exocosm.bench.settings import Millilitres, Name, Settings
from exocosm.bench.specimen import ATTOGRAM_PER_MICROGRAM, Specimen
from exocosm.errors import InputError
from exocosm.vesicles.population import split

Column = NDArray[np.float64]

MICROGRAM_PER_MILLIGRAM = 1e3
MAXIMUM_FILTERS = 1000
CLOGGED = 0.1  # of the flux of the clean filter: less is called clogged


class Ultrafiltration(Settings):
    """Settings of `ultrafiltration`.

    filter: a word of the catalogue.  keep: retentate (concentrate on the filter) or filtrate (prefilter).  to: volume
    of the retentate, all filters together (empty: the least that the filter leaves).  washes: how often the retentate
    is filled up to the volume of the sample again, with `buffer`, and concentrated.  filters: how many side by side.
    """

    filter: Name
    keep: Literal["retentate", "filtrate"] = "retentate"
    to: Millilitres | None = None
    washes: Annotated[int, Field(ge=0, le=50)] = 0
    buffer: Name = "pbs"
    filters: Annotated[int, Field(ge=1, le=MAXIMUM_FILTERS)] = 1

    @model_validator(mode="after")
    def _fits(self) -> Ultrafiltration:
        if self.keep == "filtrate" and (self.washes or self.to is not None):
            raise ValueError("with `keep: filtrate` all is filtered once: leave out `to` and `washes`")
        return self


def membrane_sieving(diameter_nm: Column, membrane: str, numbers: Numbers, called: str) -> Column:
    """Sieving coefficient of spheres at a membrane of the catalogue, whose pores follow from what it holds back.

    The cut-off is the sphere of which the share `cut_off_retention` is retained; nm -> 0..1.
    """
    cut_off = device_number("retained_diameter", "nm", membrane, numbers, called)
    gsd = numbers("membrane_pore_gsd", "dimensionless", device=membrane)
    retention = numbers("cut_off_retention", "dimensionless", device=membrane)
    return sieving_coefficient(diameter_nm, cut_off / retained_ratio(gsd, retention), gsd)


def concentrated_share(sieving: Column, before_ml: float, after_ml: float) -> Column:
    """Share that is still in the retentate when the volume has fallen: (V_after / V_before)^S.

    From dm/dV = S m / V.  Exact for a constant S and a well-mixed retentate.
    """
    return np.asarray((after_ml / before_ml) ** sieving)


def filtration_minutes(
    filtrate_ml: float, area_cm2: float, flux: float, protein_mg_ml: float, half_flux_load: float
) -> tuple[float, float]:
    """Time to press a volume through a filter on which retained protein builds a cake, and the last flux by the first.

    t = V / (A J) (1 + c V / (2 A m)), J(V) = J / (1 + c V / (A m)): cake of constant resistance per mass, constant
    pressure.  mL, cm^2, mL/min/cm^2, mg/mL retained, m in mg/cm^2 (protein that halves the flux) -> min, 1.
    """
    cake = protein_mg_ml * filtrate_ml / (area_cm2 * half_flux_load)
    return filtrate_ml / (area_cm2 * flux) * (1.0 + 0.5 * cake), 1.0 / (1.0 + cake)


def retained_protein(specimen: Specimen, sieving: Column) -> float:
    """Protein that a membrane holds back, in mg/mL of the sample."""
    population = specimen.population
    held = float((population.count * population.protein_ag * (1.0 - sieving)).sum())
    return held / ATTOGRAM_PER_MICROGRAM / MICROGRAM_PER_MILLIGRAM / specimen.volume_ml


@isolation("ultrafiltration", Ultrafiltration)
def ultrafiltration(specimen: Specimen, settings: Ultrafiltration, numbers: Numbers) -> Outcome:
    """Spin or syringe filter with a cut-off: large particles are concentrated above it, or small ones pass it.

    Each parcel keeps (V_after / V_before)^S in the retentate, once for the sample and once for each wash; of what the
    membrane holds back a share sticks to it.
    Valid for: a well-mixed retentate, pores that the cake does not narrow; a filter that is refilled counts as one
    filling of the whole volume.
    """
    name = settings.filter
    sieving = membrane_sieving(specimen.population.diameter_nm, name, numbers, "filter")
    filling = numbers("filter_volume", "mL", device=name)
    least = numbers("filter_hold_up_volume", "mL", device=name) * settings.filters
    area = numbers("membrane_area", "cm**2", device=name) * settings.filters
    before, after = specimen.volume_ml, settings.to or least
    warnings = []
    if after < least:
        warnings.append(
            f"{after:g} mL is less than the {least:.3g} mL that stay in {_filters(settings)}; taken as that"
        )
        after = least
    if after >= before:
        warnings.append(f"the sample of {before:.3g} mL is not more than the {after:.3g} mL that are to stay")
        after = before
    stays = concentrated_share(sieving, before, after) ** (1 + settings.washes)
    stuck = numbers("membrane_loss", "dimensionless", device=name) * (1.0 - sieving)
    share = stays * (1.0 - stuck) if settings.keep == "retentate" else 1.0 - stays
    product, waste = split(specimen.population, share, f"ultrafiltration on {name}, {settings.keep}")
    filtrate = before - after
    protein = retained_protein(specimen, sieving)
    flux = numbers("filter_flux", "mL/min/cm**2", device=name)
    pressed, last_flux = filtration_minutes(
        filtrate, area, flux, protein, numbers("half_flux_protein_load", "mg/cm**2", device=name)
    )
    minutes = pressed + settings.washes * filtrate / (area * flux * last_flux)  # a wash brings no further protein
    if last_flux < CLOGGED:
        warnings.append(
            f"{protein * filtrate:.3g} mg of retained protein on {area:.3g} cm^2: the filter clogs (flux falls to "
            f"{last_flux:.1%}); use more filters, dilute the sample, or remove protein first"
        )
    fillings = math.ceil(round(before / (filling * settings.filters), 9)) * (1 + settings.washes)
    old = (after / before) ** settings.washes  # share of the fluid that no wash has replaced
    medium = mix_media((specimen.medium, old), (settings.buffer, 1.0 - old))
    if settings.keep == "filtrate" and not filtrate > 0:
        raise InputError(
            f"{least:.3g} mL stay in {_filters(settings)}: of {before:.3g} mL nothing passes; filter more, or take a "
            "smaller filter"
        )
    kept, dropped = (after, filtrate * (1 + settings.washes)) if settings.keep == "retentate" else (filtrate, after)
    hands = numbers("hands_on_time", "min", device="ultrafiltration")
    hands_on = hands + (fillings - 1) * numbers("filling_time", "min")
    return Outcome(
        product=specimen.with_(population=product, volume_ml=kept, medium=medium),
        waste=(specimen.with_(population=waste, volume_ml=dropped or least, medium=medium),),
        minutes=minutes + numbers("filling_time", "min") + hands_on,
        hands_on_minutes=hands_on,
        instruction=_instruction(specimen, settings, after, fillings),
        consumables=(Consumable(name, settings.filters), *_buffer(settings, filtrate)),
        warnings=tuple(warnings),
    )


def _filters(settings: Ultrafiltration) -> str:
    return f"{settings.filters} x {settings.filter}" if settings.filters > 1 else settings.filter


def _buffer(settings: Ultrafiltration, filtrate_ml: float) -> tuple[Consumable, ...]:
    return (Consumable("pbs_ml", settings.washes * filtrate_ml),) if settings.washes else ()


def _instruction(specimen: Specimen, settings: Ultrafiltration, after_ml: float, fillings: int) -> str:
    if settings.keep == "filtrate":
        return f"Pass {specimen.volume_ml:.4g} mL through {_filters(settings)} and keep the filtrate."
    refilled = f" in {fillings} fillings" if fillings > 1 + settings.washes else ""
    washed = (
        f"; fill up to {specimen.volume_ml:.4g} mL with {settings.buffer} and concentrate again, "
        f"{settings.washes} time{'s' if settings.washes > 1 else ''}"
        if settings.washes
        else ""
    )
    return (
        f"Concentrate {specimen.volume_ml:.4g} mL to {after_ml:.3g} mL on {_filters(settings)}{refilled}{washed}; "
        "recover the retentate and rinse the membrane with it."
    )
