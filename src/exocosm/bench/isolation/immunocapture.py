"""Immunomagnetic capture: how antibodies on beads find, hold and give back particles.

Particles meet beads by diffusion; an encounter ends in a bond with a chance that grows with the copies of the marker
and the antibodies; what is bound fills the finite surface of the beads; a held particle forms more bonds within reach
of the first, so that it outlasts the washes; and a little of everything sticks without an antibody.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from exocosm.bench.devices import device_number
from exocosm.bench.isolation.registry import Consumable, Outcome, isolation
from exocosm.bench.kinds import of_each_kind
from exocosm.bench.markers import copies_on
from exocosm.bench.media import mix_media, viscosity_mpa_s
from exocosm.bench.numbers import Numbers
from exocosm.bench.protocol import DISSOLVED_KINDS
from exocosm.bench.settings import Celsius, Millilitres, Minutes, Name, Settings
from exocosm.bench.specimen import Specimen
from exocosm.documents.fields import WordList
from exocosm.vesicles.diffusion import diffusion_coefficient
from exocosm.vesicles.population import split

Column = NDArray[np.float64]

AVOGADRO = 6.02214076e23  # 1/mol, exact by definition
ML_PER_LITRE = 1e3
CM_PER_NM = 1e-7
NM_PER_UM = 1e3
CM2_PER_UM2 = 1e-8
SECONDS_PER_MINUTE = 60.0
KELVIN = 273.15
BINS = 48  # of capture rates, in which the competition for the surface is counted
STEPS = 56  # of the integral over that competition
NEARLY_FULL = 0.9  # share of the surface that is taken, from where on the user is warned
NEWTON_STEPS = 200
CAPTURE = "immunocapture by "
_EVEN = np.linspace(0.0, 1.0, STEPS)


class Immunocapture(Settings):
    """Settings of `immunocapture`.

    markers: one or more surface markers (CD9, CD63 ...); each has beads of its own, equal parts of `beads`.  bead: a
    word of the catalogue.  beads: volume of bead suspension.  time, temperature: of the incubation, rotated.  washes,
    wash_volume: for each tube.  elute: take the particles off the beads; otherwise the product is on them.  volume:
    into which the product is taken, of `buffer`.  keep: captured, or unbound (to remove what carries the marker).
    """

    markers: Annotated[WordList, Field(min_length=1, max_length=8)]
    bead: Name = "magnetic_bead_2800nm"
    beads: Millilitres
    time: Minutes = 60.0
    temperature: Celsius = 4.0
    washes: Annotated[int, Field(ge=0, le=20)] = 3
    wash_volume: Millilitres = 1.0
    elute: bool = True
    volume: Millilitres = 0.1
    buffer: Name = "pbs"
    keep: Literal["captured", "unbound"] = "captured"


@dataclass(frozen=True)
class Bead:
    """Beads of one sort.  diameter_nm; antibodies: on one bead; coverage: most of its surface, 0 to 1."""

    diameter_nm: float
    antibodies: float
    coverage: float


def encounter_rate(
    diameter_nm: ArrayLike, bead_nm: float, *, temperature_k: float, viscosity_mpa_s: float, mixing: float = 1.0
) -> Column:
    """Rate constant at which particles meet beads, mL/s (Smoluchowski).

    4 pi (R + R_bead) (D + D_bead) mixing;  nm, K, mPa s; mixing: encounters over those by diffusion alone.
    Valid for: spheres in a dilute suspension, steady state (seconds after mixing).
    """
    sizes = np.asarray(diameter_nm, dtype=float)
    both = np.append(sizes.ravel(), bead_nm)
    wander = diffusion_coefficient(both, temperature_k=temperature_k, viscosity_mpa_s=viscosity_mpa_s) * CM2_PER_UM2
    reach = 0.5 * (sizes + bead_nm) * CM_PER_NM
    return np.asarray(4.0 * math.pi * reach * (wander[:-1].reshape(sizes.shape) + wander[-1]) * mixing)


def binding_rate(encounter: ArrayLike, reaction: ArrayLike) -> Column:
    """Rate constant of binding, limited by encounter and by reaction: e r / (e + r) (Collins and Kimball), mL/s."""
    meets, reacts = np.asarray(encounter, dtype=float), np.asarray(reaction, dtype=float)
    return np.asarray(meets * reacts / (meets + reacts))


def surface_load(diameter_nm: Column, number: Column, beads: float, bead: Bead, dissolved: ArrayLike) -> Column:
    """Share of all bead surface that particles would take if every one of them was bound.

    A particle takes pi d^2 / 4 of coverage pi d_bead^2, and never less than one antibody; a dissolved molecule takes
    one antibody.  number: particles; beads: beads.
    """
    one_antibody = 1.0 / bead.antibodies
    area = (diameter_nm / bead.diameter_nm) ** 2 / (4.0 * bead.coverage)
    return np.asarray(number * np.where(dissolved, one_antibody, np.maximum(area, one_antibody)) / beads)


def free_surface_time(rates: ArrayLike, loads: ArrayLike, seconds: float) -> tuple[float, float]:
    """Time that free surface would have needed for what happens while it fills, and the share left free at the end.

    With u the integral of the free share over time, each sort of particle is bound as 1 - exp(-rate u), and the free
    share is g(u) = 1 - sum of load (1 - exp(-rate u));  so  du/dt = g(u), solved by t = integral of du/g.
    rates: 1/s on empty beads; loads: share of the surface that each sort would fill.  Same shapes.  For one sort it is
    the solution of dN/dt = k (C - N) (S - N).
    Numerical error of u: below 0.1 % for up to 48 sorts; more are grouped by rate, then below 1 %.
    """
    rate: Column = np.ravel(np.asarray(rates, dtype=float))
    load: Column = np.ravel(np.asarray(loads, dtype=float))
    at_work = (rate > 0) & (load > 0)
    rate, load = rate[at_work], load[at_work]
    if not load.size or load.sum() < 1e-9:
        return seconds, 1.0
    if load.size > BINS:
        logs = np.log(rate)
        width = np.ptp(logs)
        place = np.minimum((logs - logs.min()) / max(width, 1e-9) * BINS, BINS - 1).astype(int)
        sums = np.asarray(np.bincount(place, weights=load, minlength=BINS), dtype=np.float64)
        mean = np.bincount(place, weights=load * rate, minlength=BINS) / np.where(sums > 0, sums, 1.0)
        rate = np.asarray(mean, dtype=np.float64)[sums > 0]
        load = sums[sums > 0]

    def free(u: Column) -> Column:
        return np.asarray(1.0 + (load * np.expm1(-np.multiply.outer(u, rate))).sum(axis=-1))

    end = seconds
    if free(np.array(seconds)) <= 0:
        end = min(seconds, _full_at(rate, load))
    first = min(1e-3 / rate.max(), 0.1 * end)
    near_start = first * (end / first) ** _EVEN
    near_end = end * -np.expm1(-28.0 * _EVEN)  # to within 1e-12 of the end
    grid = np.sort(np.concatenate([[0.0], near_start, near_end]))
    at = np.maximum(free(grid), np.finfo(float).tiny)
    step, change = np.diff(grid), np.diff(at)
    steady = np.abs(change) < 1e-9 * at[:-1]
    log_mean = np.where(steady, at[:-1], change / np.where(steady, 1.0, np.log(at[1:] / at[:-1])))
    passed = np.concatenate([[0.0], np.cumsum(step / log_mean)])
    if passed[-1] <= seconds:
        return float(grid[-1]), float(max(at[-1], 0.0))
    last = int(np.searchsorted(passed, seconds, side="right")) - 1
    part = (seconds - passed[last]) * log_mean[last]
    if not steady[last]:  # the free share falls on the way
        falling = change[last] / step[last]
        part = at[last] * math.expm1(falling * (seconds - passed[last])) / falling
    u = float(grid[last] + part)
    return u, float(free(np.array(u)))


def _full_at(rate: Column, load: Column) -> float:
    """Where the free share is zero; g is convex and falls, so Newton's steps from the left never pass it."""
    u = 0.0
    for _ in range(NEWTON_STEPS):
        left = np.exp(-rate * u)
        value, slope = 1.0 - float((load * (1.0 - left)).sum()), -float((load * rate * left).sum())
        step = -value / slope if slope < 0 else 0.0
        u += step
        if step <= 1e-13 * u:
            break
    return u


def bound_share(rate: ArrayLike, leaving: ArrayLike, free_time: float, seconds: float) -> Column:
    """Share of particles that are bound after an incubation: k / (k + l) (1 - exp(-(k + l) t)), k = rate u / t.

    rate: 1/s on empty beads; leaving: 1/s; free_time: u of `free_surface_time`.  Without leaving: 1 - exp(-rate u),
    exactly; with it, the free surface is taken at its mean over the incubation.
    """
    binds, leaves = np.asarray(rate, dtype=float) * (free_time / seconds), np.asarray(leaving, dtype=float)
    both = binds + leaves
    share = np.divide(binds, both, out=np.zeros(np.broadcast(binds, both).shape), where=both > 0)
    return np.asarray(share * -np.expm1(-both * seconds))


def leaving_rate(copies: ArrayLike, diameter_nm: ArrayLike, reach_nm: float, off: float, again: float) -> Column:
    """Rate at which a held particle comes off, 1/s: all its bonds must be open at once.

    off (off / (off + again))^(b - 1);  b = 1 + (copies - 1) min(1, reach / d), bonds within reach of the first one.
    """
    share = np.minimum(1.0, reach_nm / np.asarray(diameter_nm, dtype=float))
    more = np.maximum(np.asarray(copies, dtype=float) - 1.0, 0.0) * share
    return np.asarray(off * (off / (off + again)) ** more)


@isolation("immunocapture", Immunocapture)
def immunocapture(specimen: Specimen, settings: Immunocapture, numbers: Numbers) -> Outcome:
    """Antibodies on magnetic beads take particles that carry a surface marker; washed, and eluted if wanted.

    Whatever carries the marker is taken: platelets and large vesicles too, and the dissolved marker fills beads.
    Valid for: mixed incubation; markers independent of one another; each marker's beads filling by themselves.
    """
    population = specimen.population
    bead, beads = _beads(settings, numbers)
    seconds = settings.time * SECONDS_PER_MINUTE
    mixture = specimen.volume_ml + settings.beads
    tubes = math.ceil(mixture / numbers("capture_tube_volume", "mL"))
    sizes = population.diameter_nm
    meets = encounter_rate(
        sizes,
        bead.diameter_nm,
        temperature_k=settings.temperature + KELVIN,
        viscosity_mpa_s=viscosity_mpa_s(specimen.medium, settings.temperature, numbers),
        mixing=numbers("mixing_enhancement", "dimensionless"),
    )
    sticks = meets * of_each_kind(
        population, lambda kind: numbers("sticking_probability", "dimensionless", carrier=kind)
    )
    dissolved = np.isin(population.kind, DISSOLVED_KINDS)
    stays_stuck = (1.0 - numbers("wash_release", "dimensionless")) ** settings.washes
    washing = settings.washes * numbers("wash_time", "min") * SECONDS_PER_MINUTE
    unbound, held, fullest = np.ones(sizes.shape), np.zeros(sizes.shape), 0.0
    for marker in settings.markers:
        pool = beads / len(settings.markers)
        copies, shares = copies_on(population, marker, numbers)  # [parcel, slice], the first without the marker
        on = _reaction(marker, bead, dissolved, numbers)[:, None] * copies
        rates = binding_rate(meets[:, None], np.maximum(on, 0.0)) * (pool / mixture)
        stuck = sticks[:, None] * (pool / mixture)
        loads = surface_load(sizes, population.count, pool, bead, dissolved)[:, None] * shares
        free_time, free = free_surface_time(rates + stuck, loads, seconds)
        fullest = max(fullest, 1.0 - free)
        off = leaving_rate(
            copies,
            sizes[:, None],
            numbers("bond_reach", "nm"),
            numbers("antibody_off_rate", "1/s", cargo=marker),
            numbers("bond_rebinding_rate", "1/s"),
        )
        by_marker = bound_share(rates, off, free_time, seconds)
        without = (1.0 - by_marker) * -np.expm1(-stuck * free_time)
        caught = (shares * (by_marker + without)).sum(axis=1)
        kept = (shares * (by_marker * np.exp(-off * washing) + without * stays_stuck)).sum(axis=1)
        held = held + unbound * kept
        unbound = unbound * np.maximum(1.0 - caught, 0.0)
    return _outcome(specimen, settings, numbers, (held, unbound), (mixture, tubes, fullest))


def _beads(settings: Immunocapture, numbers: Numbers) -> tuple[Bead, float]:
    """The bead, and how many there are."""
    word = settings.bead
    diameter = device_number("capture_bead_diameter", "um", word, numbers, "bead")
    density = numbers("antibody_density", "molecule/um**2", device=word)
    bead = Bead(
        diameter * NM_PER_UM, max(density * math.pi * diameter**2, 1.0), numbers("jamming_coverage", "dimensionless")
    )
    return bead, numbers("capture_bead_concentration", "1/mL", device=word) * settings.beads


def _reaction(marker: str, bead: Bead, dissolved: NDArray[np.bool_], numbers: Numbers) -> Column:
    """Rate constant of reaction on contact for one copy, mL/s: that of all antibodies, less where both are fixed."""
    on = numbers("antibody_on_rate", "L/mol/s", cargo=marker) * ML_PER_LITRE / AVOGADRO * bead.antibodies
    return np.where(dissolved, on, on * numbers("surface_reaction_factor", "dimensionless"))


def _outcome(
    specimen: Specimen,
    settings: Immunocapture,
    numbers: Numbers,
    shares: tuple[Column, Column],
    mixed: tuple[float, int, float],
) -> Outcome:
    """What is kept and what is put aside.  shares: held after the washes, never bound; mixed: mL, tubes, fullest."""
    held, unbound = shares
    mixture, tubes, fullest = mixed
    residual = min(numbers("bead_residual_volume", "mL") * tubes, 0.5 * mixture)
    magnet = numbers("bead_recovery", "dimensionless", device=settings.bead)
    washed = settings.wash_volume * tubes
    names = " + ".join(settings.markers)
    temperature = settings.temperature
    minutes = settings.time + (settings.washes + 1) * numbers("wash_time", "min")
    start = (
        f"Add {settings.beads:.3g} mL {settings.bead} with anti-{names} to {specimen.volume_ml:.3g} mL in {tubes} "
        f"tube{'s' if tubes != 1 else ''}; rotate {settings.time:g} min at {temperature:g} degC; magnet; "
    )
    used = [Consumable(settings.bead, settings.beads), Consumable("capture_tube", float(tubes))]
    if settings.keep == "unbound":
        share = np.clip((1.0 - residual / mixture) * unbound + (1.0 - magnet) * (1.0 - unbound), 0.0, 1.0)
        volume, rest = mixture - residual, residual
        medium = mix_media((specimen.medium, specimen.volume_ml), (settings.buffer, settings.beads))
        ending = "keep the liquid, discard the beads."
        minutes = settings.time + numbers("wash_time", "min")
    else:
        carried = residual / mixture * (residual / (washed + residual)) ** settings.washes
        given_back = numbers("elution_yield", "dimensionless", device=settings.bead) if settings.elute else 1.0
        share = np.clip(held * magnet ** (settings.washes + 1) * given_back + unbound * carried, 0.0, 1.0)
        volume, medium = settings.volume, settings.buffer
        rest = mixture + settings.washes * washed
        ending = f"wash {settings.washes} times with {settings.wash_volume:.3g} mL per tube; "
        used.append(Consumable("wash_buffer_ml", settings.washes * washed))
        if settings.elute:
            ending += f"elute into {volume:.3g} mL {medium} after neutralising; magnet; keep the liquid."
            used.append(Consumable("elution_buffer_ml", volume))
            minutes += numbers("elution_time", "min")
        else:
            ending += f"take the beads up in {volume:.3g} mL {medium}."
            used.append(Consumable("pbs_ml", volume))
    product, waste = split(specimen.population, share, f"{CAPTURE}{names}, {settings.keep}")
    hands_on = numbers("hands_on_time", "min", device="immunocapture")
    return Outcome(
        product=specimen.with_(population=product, volume_ml=volume, medium=medium, temperature_c=temperature),
        waste=(specimen.with_(population=waste, volume_ml=rest, temperature_c=temperature),),
        minutes=minutes + hands_on,
        hands_on_minutes=hands_on,
        instruction=start + ending,
        consumables=tuple(used),
        warnings=tuple(_warnings(specimen, settings, numbers, fullest)),
    )


def _warnings(specimen: Specimen, settings: Immunocapture, numbers: Numbers, fullest: float) -> list[str]:
    told = []
    if fullest > NEARLY_FULL:
        told.append(
            f"the beads are full: {100 * fullest:.0f} % of their surface is taken; more beads or less sample would "
            "raise the recovery"
        )
    if settings.keep == "captured" and not settings.elute:
        told.append("the product is on the beads: for lysis, staining or cytometry on beads, not for counting in fluid")
    for marker in settings.markers:
        if numbers("accessible_fraction", "dimensionless", cargo=marker) < 0.5:
            told.append(f"{marker} is for the most part inside the particles: antibodies on beads reach few copies")
        if any(marker in _captured_by(event) for event in specimen.population.history):
            told.append(
                f"the particles went through a capture by {marker} before; those without it are gone already, which a "
                "parcel does not know: the recovery of this step is told too low"
            )
    return told


def _captured_by(event: str) -> list[str]:
    """The markers of a capture in a population's history."""
    return event.removeprefix(CAPTURE).split(",", 1)[0].split(" + ") if event.startswith(CAPTURE) else []
