"""Size exclusion: a column of porous beads, where small particles stay longer because they enter the pores."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, model_validator

from exocosm.bench.devices import device_number
from exocosm.bench.isolation.registry import Consumable, Outcome, isolation
from exocosm.bench.media import viscosity_mpa_s
from exocosm.bench.numbers import Numbers
from exocosm.bench.pores import accessible_share
from exocosm.bench.settings import Millilitres, Name, Settings, in_unit
from exocosm.bench.specimen import Specimen
from exocosm.vesicles.diffusion import diffusion_coefficient
from exocosm.vesicles.population import split

Column = NDArray[np.float64]
MillilitresPerMinute = Annotated[float, BeforeValidator(in_unit("mL/min")), Field(gt=0, le=1e4)]
MillilitreNumber = Annotated[float, Field(ge=0, le=1e6)]

MAXIMUM_COLUMNS = 1000
ZERO_CELSIUS = 273.15  # in kelvin
SECONDS_PER_MINUTE = 60.0
NOTHING_ML = 1e-9  # a volume too small for anything to have left
FEWEST_PLATES = 2.0  # below, the band is as wide as it is late and the plate model says nothing


class SizeExclusion(Settings):
    """Settings of `size_exclusion`.

    column: a word of the catalogue.  bed: volume of the packed bed, if not the column's own.  load: sample per column
    (empty: up to what the column takes).  columns: how many (empty: as many as the sample needs).  collect:
    first and last fraction, counted from 1 with the first drop of the sample; or collect_ml: the same in mL.  uses:
    how often a column is used before it is thrown away.
    """

    column: Name
    bed: Millilitres | None = None
    load: Millilitres | None = None
    columns: Annotated[int, Field(ge=1, le=MAXIMUM_COLUMNS)] | None = None
    fraction: Millilitres = 0.5
    collect: Annotated[list[Annotated[int, Field(ge=1, le=100_000)]], Field(min_length=2, max_length=2)] | None = None
    collect_ml: Annotated[list[MillilitreNumber], Field(min_length=2, max_length=2)] | None = None
    buffer: Name = "pbs"
    flow: MillilitresPerMinute | None = None
    uses: Annotated[int, Field(ge=1, le=100)] = 1

    @model_validator(mode="after")
    def _one_window(self) -> SizeExclusion:
        if self.collect is not None and self.collect_ml is not None:
            raise ValueError("give the window as fractions (collect) or in mL (collect_ml), not both")
        if self.collect is not None and self.collect[0] > self.collect[1]:
            raise ValueError(f"collect: the first fraction {self.collect[0]} is after the last {self.collect[1]}")
        if self.collect_ml is not None and self.collect_ml[0] >= self.collect_ml[1]:
            raise ValueError(f"collect_ml: from {self.collect_ml[0]:g} to {self.collect_ml[1]:g} mL is no window")
        if self.load is not None and self.columns is not None:
            raise ValueError("give the load per column or the number of columns, not both: one follows from the other")
        return self


def elution_volume(
    distribution: Column, bed_ml: float, void_fraction: float, liquid_fraction: float
) -> tuple[Column, Column]:
    """Where a particle leaves the column, and its hold-up in the beads by that between them.

    V_e = V_0 + K (V_t - V_0), V_0 = void * bed, V_t - V_0 = (1 - void) * liquid * bed;  hold-up k = V_e / V_0 - 1.
    mL -> mL, 1; shape of the distribution coefficients K.  Valid for: nothing sticks to the beads.
    """
    void = void_fraction * bed_ml
    hold_up = distribution * liquid_fraction * (1.0 - void_fraction) / void_fraction
    return void * (1.0 + hold_up), hold_up


def plates(hold_up: Column, diffusion: Column, packing: float, bead_um: float, turnover_per_s: float) -> Column:
    """Plates that each particle sees: (mean / standard deviation)^2 of the volume at which it leaves.

    1/N = 1/packing + (2/15) R^2 u / (D L) k / (1 + k)^2: spreading between the beads, and lag of what diffuses in and
    out of them (R: radius of a bead, D: in its pores, k: hold-up).  um2/s, um, u/L: speed of the fluid between the
    beads by the length of the bed, in 1/s -> 1.
    Valid for: beads alike, film around them without resistance, N well above 1.
    """
    lag = (2.0 / 15.0) * (0.5 * bead_um) ** 2 * turnover_per_s / diffusion * hold_up / (1.0 + hold_up) ** 2
    return np.asarray(1.0 / (1.0 / packing + lag))


def eluted_share(volumes_ml: Column, mean_ml: Column, plate_number: Column, load_ml: float) -> Column:
    """Share of each particle that has left the column when a volume has, counted from the first drop of the sample.

    A drop that enters at v leaves at v + x, x inverse Gaussian with the mean and mean^2/N as variance (a band that is
    carried and dispersed); the sample enters evenly over its volume L.  Exact: [G(V) - G(V - L)] / L with
    G(V) = (V - m) Phi(a) + (V + m) exp(2N) Phi(b), a, b = sqrt(N m / V) (+-V/m - 1).
    mL, shapes [volume], [particle] -> 0..1, shape [volume, particle].
    """
    from scipy.special import erfcx, ndtr

    edges = np.concatenate([volumes_ml, volumes_ml - load_ml])[:, None]
    positive = np.maximum(edges, NOTHING_ML)  # what is not positive is put to zero below
    reduced = positive / mean_ml
    root = np.sqrt(plate_number / reduced)
    ahead = root * (reduced - 1.0)
    # exp(2N) Phi(b) without overflow: both exponents differ by exactly ahead^2 / 2
    mirrored = 0.5 * np.exp(-0.5 * ahead**2) * erfcx(root * (reduced + 1.0) * math.sqrt(0.5))
    passed = np.where(edges > 0, (positive - mean_ml) * ndtr(ahead) + (positive + mean_ml) * mirrored, 0.0)
    half = volumes_ml.size
    return np.asarray(np.clip((passed[:half] - passed[half:]) / load_ml, 0.0, 1.0))


def column_profile(
    specimen: Specimen, settings: SizeExclusion, numbers: Numbers, volumes_ml: Column, load_ml: float
) -> Column:
    """Share of each parcel that has left one column at these volumes, before losses; shape [volume, parcel]."""
    bed, flow = _bed_and_flow(settings, numbers)
    void = numbers("column_void_fraction", "dimensionless", device=settings.column)
    inside = numbers("bead_liquid_fraction", "dimensionless", device=settings.column)
    pore = device_number("column_pore_diameter", "nm", settings.column, numbers, "column")
    gsd = numbers("column_pore_gsd", "dimensionless", device=settings.column)
    packing = numbers("plates_per_bed_volume", "1/mL", device=settings.column) * bed
    bead = numbers("bead_diameter", "um", device=settings.column)
    channelled = numbers("column_channelling", "dimensionless", device=settings.column)
    diameter = specimen.population.diameter_nm
    # one more column of the arrays: what runs past the beads, as if none of it could enter them
    distribution = np.append(accessible_share(diameter, pore, gsd), 0.0)
    mean, hold_up = elution_volume(distribution, bed, void, inside)
    inside_beads = numbers("bead_diffusion_ratio", "dimensionless") * _diffusion_of_1_nm(
        specimen.temperature_c, viscosity_mpa_s(settings.buffer, specimen.temperature_c, numbers)
    )
    turnover = flow / SECONDS_PER_MINUTE / (void * bed)
    seen = plates(hold_up, inside_beads / np.append(diameter, 1.0), packing, bead, turnover)
    left = eluted_share(volumes_ml, mean, np.maximum(seen, FEWEST_PLATES), load_ml)
    return np.asarray((1.0 - channelled) * left[:, :-1] + channelled * left[:, -1:])


@lru_cache(maxsize=256)
def _diffusion_of_1_nm(temperature_c: float, viscosity: float) -> float:
    """Of a sphere of 1 nm; that of any other is this by its diameter."""
    return float(diffusion_coefficient(1.0, temperature_k=temperature_c + ZERO_CELSIUS, viscosity_mpa_s=viscosity))


def _bed_and_flow(settings: SizeExclusion, numbers: Numbers) -> tuple[float, float]:
    own = device_number("column_bed_volume", "mL", settings.column, numbers, "column")
    flow = settings.flow or numbers("column_flow_rate", "mL/min", device=settings.column)
    return settings.bed or own, flow


def _window(settings: SizeExclusion, bed_ml: float, numbers: Numbers) -> tuple[float, float]:
    if settings.collect_ml is not None:
        return settings.collect_ml[0], settings.collect_ml[1]
    if settings.collect is not None:
        return (settings.collect[0] - 1) * settings.fraction, settings.collect[1] * settings.fraction
    return (
        numbers("column_window_start", "dimensionless", device=settings.column) * bed_ml,
        numbers("column_window_end", "dimensionless", device=settings.column) * bed_ml,
    )


@isolation("size_exclusion", SizeExclusion)
def size_exclusion(specimen: Specimen, settings: SizeExclusion, numbers: Numbers) -> Outcome:
    """Column of porous beads: large particles leave first, proteins later; one window of the eluate is kept.

    Each parcel leaves around V_0 + K (V_t - V_0), K from its diameter and the pores, but for a small share that runs
    past the beads with the void; the window's share of it, times what the column gives back at all, is the product.
    Valid for: particles that do not stick to the beads or to each other, loads that the column takes.
    """
    bed, flow = _bed_and_flow(settings, numbers)
    capacity = numbers("column_load_fraction", "dimensionless", device=settings.column) * bed
    columns = settings.columns or math.ceil(round(specimen.volume_ml / (settings.load or capacity), 9))
    load = specimen.volume_ml / columns
    start, end = _window(settings, bed, numbers)
    left = column_profile(specimen, settings, numbers, np.array([start, end]), load)
    given_back = numbers("column_recovery", "dimensionless", device=settings.column)
    name = f"size_exclusion on {settings.column}"
    product, waste = split(specimen.population, np.clip(left[1] - left[0], 0.0, 1.0) * given_back, name)
    collected = columns * (end - start)
    discarded = specimen.volume_ml + columns * bed  # what is run out behind the window, with the rest of the sample
    at_once = numbers("columns_at_once", "dimensionless")
    batches = math.ceil(columns / at_once)
    flushed = numbers("column_equilibration_volume", "dimensionless") * bed
    warnings = []
    if load > capacity * 1.000001:
        warnings.append(
            f"{load:.3g} mL on a bed of {bed:g} mL: more than the {capacity:.3g} mL up to which this column was tried"
        )
    if columns > MAXIMUM_COLUMNS:
        warnings.append(f"{columns} columns: concentrate the sample first, by ultrafiltration or tangential_flow")
    hands_on = batches * numbers("hands_on_time", "min", device="size_exclusion")
    return Outcome(
        product=specimen.with_(population=product, volume_ml=collected, medium=settings.buffer),
        waste=(specimen.with_(population=waste, volume_ml=discarded, medium=settings.buffer),),
        minutes=batches * (flushed + end) / flow + hands_on,
        hands_on_minutes=hands_on,
        instruction=(
            f"Rinse {_counted(columns, settings.column)} (bed {bed:g} mL) with {flushed:g} mL {settings.buffer}; load "
            f"{load:.3g} mL on each; from the first drop of the sample on, discard {start:.3g} mL, then collect "
            f"{end - start:.3g} mL ({start:.3g} to {end:.3g} mL) at about {flow:.2g} mL/min, adding {settings.buffer}"
            + (f"; pool to {collected:.3g} mL." if columns > 1 else ".")
        ),
        consumables=(
            Consumable(settings.column, columns / settings.uses),
            Consumable("pbs_ml", columns * (flushed + end)),
        ),
        warnings=tuple(warnings),
    )


def _counted(number: int, what: str) -> str:
    return f"one column {what}" if number == 1 else f"{number} columns {what}"
