"""Density gradients of sucrose or iodixanol in swinging buckets, in time: layered or linear, loaded on top or below.

Every particle sinks or rises at the speed that its own density and the local density and viscosity give it, towards the
place where both densities are equal, and spreads by diffusion.  Vesicles lose water in sucrose: they become denser and
smaller on their way.  The gradient itself is taken as it is half-way through the run, softened by the diffusion of its
solute; that the field moves the solute (iodixanol in long fast runs) is not modelled.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exocosm.bench import media
from exocosm.bench.banding import carried, diffused
from exocosm.bench.gradient_recipe import Amount, DensityGradientSettings
from exocosm.bench.isolation.registry import Consumable, Outcome, isolation
from exocosm.bench.numbers import Numbers
from exocosm.bench.particles import filled_with_medium, swollen
from exocosm.bench.rotors import Rotor, find_rotor, speed_rpm
from exocosm.bench.sedimentation import effective_minutes, omega_squared, sedimentation_coefficient
from exocosm.bench.specimen import Specimen
from exocosm.errors import InputError
from exocosm.vesicles.diffusion import diffusion_coefficient
from exocosm.vesicles.population import split

Array = NDArray[np.float64]
CELLS = 64  # of the tube; bands are exact between their centres for speeds that change evenly
STARTS = 6  # places of equal volume where the sample starts
LEVELS = 9  # amounts of solute for which the density of vesicles is computed; between them it is drawn straight
SVEDBERG_PER_MINUTE = 1e-13 * 60.0
MM2_PER_UM2 = 1e-6
CM2_PER_S_TO_MM2_PER_MINUTE = 100.0 * 60.0
ALIKE = 1e-9  # volumes in mL that differ by less are the same


@dataclass(frozen=True, eq=False)
class Tube:
    """A filled tube: its cells from top to bottom.

    edges: mm from the axis, [cell + 1].  solute: amount by cell (mass fraction of sucrose, g/mL of iodixanol).
    load: edges of the sample in mm.  volume_ml: of all that is in it; sample_ml: of the sample in it.
    """

    edges: Array
    solute: Array
    load: tuple[float, float]
    volume_ml: float
    sample_ml: float
    tubes: int

    @property
    def length_mm(self) -> float:
        """From the surface to the bottom."""
        return float(self.edges[-1] - self.edges[0])


@isolation("density_gradient", DensityGradientSettings)
def density_gradient(specimen: Specimen, settings: DensityGradientSettings, numbers: Numbers) -> Outcome:
    """A window of density or fractions out of a sucrose or iodixanol gradient, integrated in time."""
    rotor = find_rotor(settings.rotor)
    if rotor.kind != "swinging_bucket":
        raise InputError(
            f"the rotor {rotor.title} holds its tubes at a fixed angle: there gradients turn over on the way up and "
            "down and bands run along the wall, which is not modelled; take a swinging-bucket rotor, such as SW 41 Ti"
        )
    rpm = speed_rpm(rotor, settings.force)
    temperature = specimen.temperature_c if settings.temperature is None else settings.temperature
    tube = _fill(specimen, settings, rotor, temperature, numbers)
    ramps = sum(numbers(f"{name}_time", "min", device=rotor.rotor_class) for name in ("acceleration", "braking"))
    ramps *= rpm / rotor.maximum_rpm
    minutes = effective_minutes(settings.time, ramps)
    spread = media.solute_diffusion_cm2_s(settings.solute, temperature, numbers) * CM2_PER_S_TO_MM2_PER_MINUTE
    # half-way through the run, for all of it
    soft = diffused(tube.solute, math.sqrt(2.0 * spread * 0.5 * (minutes + ramps)), tube.length_mm)
    profile = np.clip(np.concatenate(([soft[0]], soft, [soft[-1]])), 0.0, float(tube.solute.max()))
    centres = 0.5 * (tube.edges[:-1] + tube.edges[1:])
    nodes = np.concatenate(([tube.edges[0]], centres, [tube.edges[-1]]))
    density, viscosity = _solution(settings, profile, temperature, numbers)
    own, size = _in_gradient(specimen, settings.solute, profile, density, numbers)
    coefficients = sedimentation_coefficient(size, own, density, viscosity)
    speed = coefficients * (SVEDBERG_PER_MINUTE * omega_squared(rpm)) * nodes
    # Stokes and Einstein at 1 mPa s, then by the local viscosity
    loose = diffusion_coefficient(size, temperature_k=temperature + media.KELVIN, viscosity_mpa_s=1.0)
    wander = loose * (MM2_PER_UM2 * 60.0) / viscosity
    begin, end = tube.load
    starts = begin + (end - begin) * (np.arange(STARTS) + 0.5) / STARTS
    slice_variance = ((end - begin) / STARTS) ** 2 / 12.0
    place, variance = carried(nodes, speed, wander, starts, minutes, slice_variance)
    width = np.sqrt(variance + numbers("gradient_disturbance", "mm") ** 2)
    taken = _taken(settings, tube, nodes, density)
    # what has reached the bottom is a pellet and is in no fraction
    goes = _share_within(place, width, taken, tube) * numbers("gradient_recovered", "dimensionless")
    product, waste = split(specimen.population, goes, "density gradient")
    per_mm = tube.volume_ml / tube.length_mm
    volume = sum(high - low for low, high in taken) * per_mm * tube.tubes
    mean_amount = float(np.mean(np.interp(np.concatenate([np.linspace(*part, 9) for part in taken]), nodes, profile)))
    runs = math.ceil(tube.tubes / rotor.tubes)
    hands_on = runs * numbers("hands_on_time", "min", device="density_gradient")
    hands_on += numbers("hands_on_time_per_fraction", "min", device="density_gradient") * tube.tubes * len(taken)
    return Outcome(
        product=Specimen(product, volume, f"{settings.solute} {100.0 * mean_amount:.4f} %", temperature),
        waste=(Specimen(waste, tube.volume_ml * tube.tubes, specimen.medium, temperature),),
        minutes=runs * (settings.time + ramps) + hands_on,
        hands_on_minutes=hands_on,
        instruction=_instruction(settings, rotor, rpm, temperature, tube, taken, nodes, density),
        consumables=_consumables(settings, rotor, tube, temperature, numbers),
        warnings=_warnings(specimen, settings, temperature, tube, numbers),
        findings=_findings(specimen, place, nodes, density, taken),
    )


def _fill(
    specimen: Specimen, settings: DensityGradientSettings, rotor: Rotor, temperature: float, numbers: Numbers
) -> Tube:
    """The tube with its gradient and its sample."""
    if bool(settings.layers) == bool(settings.linear):
        raise InputError("a gradient is given either by `layers` or by `linear` with `gradient_volume`")
    if settings.linear and settings.gradient_volume is None:
        raise InputError("a linear gradient needs its `gradient_volume`, such as '11 mL'")
    if settings.linear is None and settings.gradient_volume is not None:
        raise InputError("`gradient_volume` goes with `linear`; layers have their own volumes")
    if (settings.load == "bottom") != (settings.load_amount is not None):
        raise InputError("a sample at the bottom needs `load_amount`, one on top has none")
    gradient = settings.gradient_volume or sum(part.volume_ml for part in settings.layers)
    room = rotor.tube_volume_ml - gradient
    bottom = 0.0 if settings.load_amount is None else _solute(settings, settings.load_amount, temperature, numbers)
    swell = 1.0 / (1.0 - _stock_share(settings.solute, bottom, temperature, numbers))
    most = settings.load_volume or min(specimen.volume_ml, room / swell)
    if room <= ALIKE or most * swell > room + ALIKE:
        raise InputError(
            f"a tube of the rotor {rotor.title} holds {rotor.tube_volume_ml:g} mL: {gradient:g} mL of gradient leave "
            f"room for {max(room, 0) / swell:.3g} mL of sample"
            + (f", not {most:.3g} mL" if room > ALIKE else "; make the gradient smaller")
        )
    tubes = math.ceil(specimen.volume_ml / most * (1.0 - 1e-12))
    sample = specimen.volume_ml / tubes
    whole = gradient + sample * swell
    full = rotor.r_max_mm - rotor.r_min_mm
    surface = rotor.r_max_mm - full * whole / rotor.tube_volume_ml
    edges = np.linspace(surface, rotor.r_max_mm, CELLS + 1)
    below = (rotor.r_max_mm - 0.5 * (edges[:-1] + edges[1:])) / full * rotor.tube_volume_ml  # mL under each centre
    under = sample * swell if settings.load == "bottom" else 0.0
    if settings.linear:
        low, high = (_solute(settings, end, temperature, numbers) for end in settings.linear)
        solute = low + (high - low) * np.clip((below - under) / gradient, 0.0, 1.0)
    else:
        tops = under + np.cumsum([part.volume_ml for part in settings.layers])
        amounts = [_solute(settings, part.amount, temperature, numbers) for part in settings.layers]
        solute = np.array(amounts)[np.minimum(np.searchsorted(tops, below), len(amounts) - 1)]
    if settings.load == "bottom":
        solute = np.where(below < under, bottom, solute)
        load = (rotor.r_max_mm - full * under / rotor.tube_volume_ml, rotor.r_max_mm)
    else:
        solute = np.where(below > gradient, 0.0, solute)
        load = (surface, rotor.r_max_mm - full * gradient / rotor.tube_volume_ml)
    if np.any(np.diff(solute) < -ALIKE):
        raise InputError("a gradient must be densest at its bottom; layers are listed from bottom to top")
    return Tube(edges, solute, load, whole, sample, tubes)


def _solute(settings: DensityGradientSettings, given: Amount, temperature: float, numbers: Numbers) -> float:
    """An amount as mass fraction of sucrose or g/mL of iodixanol."""
    if given.unit == "%":
        return given.value / 100.0
    if settings.solute != "sucrose":
        raise InputError(f"amounts of iodixanol are given in % (g in 100 mL), not as {given}")
    return float(media.sucrose_mass_fraction(given.value, temperature, numbers))


def _solution(
    settings: DensityGradientSettings, profile: Array, temperature: float, numbers: Numbers
) -> tuple[Array, Array]:
    """Density (g/mL) and viscosity (mPa s) of the solute in its buffer.

    What the buffer has above water is added in the share of buffer: 1 - mass fraction of sucrose, 1 - amount / stock of
    iodixanol.
    """
    density = media.solution_density_g_ml(settings.solute, profile, temperature, numbers)
    viscosity = media.solution_viscosity_mpa_s(settings.solute, profile, temperature, numbers)
    buffer = settings.buffer or ("water" if settings.solute == "sucrose" else "pbs")
    if buffer == "water":
        return density, viscosity
    share = 1.0 - profile / (1.0 if settings.solute == "sucrose" else media.HIGHEST_IODIXANOL)
    heavier = media.density_g_ml(buffer, temperature, numbers) - media.water_density_g_ml(temperature, numbers)
    thicker = media.viscosity_mpa_s(buffer, temperature, numbers) / media.water_viscosity_mpa_s(temperature, numbers)
    return density + heavier * share, viscosity * thicker**share


def _stock_share(solute: str, amount_in_mix: float, temperature: float, numbers: Numbers) -> float:
    """Share by volume of the strongest solution in a mixture with a sample that has that amount of solute."""
    highest = media.HIGHEST_SUCROSE if solute == "sucrose" else media.HIGHEST_IODIXANOL
    if solute == "iodixanol":
        share = amount_in_mix / highest
    else:
        dense = media.solution_density_g_ml(solute, [amount_in_mix, highest], temperature, numbers)
        share = float(amount_in_mix * dense[0] / (highest * dense[1]))
    if share >= 0.99:
        raise InputError(f"no sample fits into {100 * amount_in_mix:g} % {solute}: the strongest solution has "
                         f"{100 * highest:g} %")  # fmt: skip
    return share


def _in_gradient(
    specimen: Specimen, solute: str, profile: Array, density: Array, numbers: Numbers
) -> tuple[Array, Array]:
    """Density (g/mL) and diameter (nm) of every parcel at every node, [parcel, node]."""
    mass_fraction = profile if solute == "sucrose" else profile / density
    levels = np.linspace(0.0, float(mass_fraction.max()), LEVELS)
    at_levels = swollen(specimen.population, solute, levels, numbers)
    step = levels[1] if levels[1] > 0 else 1.0
    low = np.minimum((mass_fraction / step).astype(int), LEVELS - 2)
    part = (mass_fraction / step - low)[:, None]
    own, size = (level[low] + (level[low + 1] - level[low]) * part for level in at_levels)
    own = filled_with_medium(specimen.population, own, density, numbers)
    return np.asarray(own.T), np.asarray(size.T)


def _taken(settings: DensityGradientSettings, tube: Tube, nodes: Array, density: Array) -> list[tuple[float, float]]:
    """The stretches of the tube that are kept, in mm from the axis."""
    if (settings.collect is None) == (settings.fractions is None):
        raise InputError("say what is kept: `collect` with two densities, or `fractions` with those that are `pooled`")
    if settings.collect is not None:
        low, high = settings.collect
        rising = np.maximum.accumulate(density) + 1e-12 * np.arange(density.size)
        if low >= rising[-1] or high <= rising[0]:
            raise InputError(f"nothing lies between {low:g} and {high:g} g/mL: the gradient reaches from "
                             f"{rising[0]:.3f} to {rising[-1]:.3f} g/mL")  # fmt: skip
        return [(float(np.interp(low, rising, nodes)), float(np.interp(high, rising, nodes)))]
    count = settings.fractions or 0
    if not settings.pooled or not all(1 <= number <= count for number in settings.pooled):
        raise InputError(f"`pooled` names the fractions that are kept, from 1 (top) to {count}, not {settings.pooled}")
    cuts = np.linspace(tube.edges[0], tube.edges[-1], count + 1)
    return [(float(cuts[number - 1]), float(cuts[number])) for number in sorted(set(settings.pooled))]


def _share_within(place: Array, width: Array, taken: list[tuple[float, float]], tube: Tube) -> Array:
    """Share of every parcel that lies in the stretches, [parcel]; bands that pass the surface or the bottom pile up."""
    from scipy.special import ndtr

    top, bottom = tube.edges[0], tube.edges[-1]
    floating = place < bottom - ALIKE
    share = np.zeros(place.shape)
    for low, high in taken:
        share += 1.0 if high >= bottom - ALIKE else ndtr((high - place) / width)
        share -= 0.0 if low <= top + ALIKE else ndtr((low - place) / width)
    return np.clip(np.where(floating, share, 0.0).mean(axis=1), 0.0, 1.0)


def _findings(
    specimen: Specimen, place: Array, nodes: Array, density: Array, taken: list[tuple[float, float]]
) -> dict[str, float]:
    """Mean density at the bands of every kind, what of it is a pellet, and the densities that were collected."""
    local = np.interp(place, nodes, density).mean(axis=1)
    pellet = (place >= nodes[-1] - ALIKE).mean(axis=1)
    count = specimen.population.count
    kinds, index = np.unique(specimen.population.kind, return_inverse=True)
    total = np.maximum(np.bincount(index, weights=count, minlength=kinds.size), 1e-300)
    means = np.bincount(index, weights=count * local, minlength=kinds.size) / total
    lost = np.bincount(index, weights=count * pellet, minlength=kinds.size) / total
    found = {f"band_density {kind}": float(mean) for kind, mean in zip(kinds, means, strict=True)}
    found |= {f"pelleted_share {kind}": float(share) for kind, share in zip(kinds, lost, strict=True)}
    low, high = (float(np.interp(edge, nodes, density)) for edge in (taken[0][0], taken[-1][1]))
    return found | {"collected_density_low": low, "collected_density_high": high}


def _consumables(
    settings: DensityGradientSettings, rotor: Rotor, tube: Tube, temperature: float, numbers: Numbers
) -> tuple[Consumable, ...]:
    cell = tube.volume_ml / CELLS * tube.tubes
    tubes = Consumable(rotor.tube_item, float(tube.tubes))
    if settings.solute == "iodixanol":
        stock = numbers("iodixanol_stock_concentration", "g/mL")
        return tubes, Consumable("iodixanol_60", float(tube.solute.sum() * cell / stock))
    grams = tube.solute * media.solution_density_g_ml("sucrose", tube.solute, temperature, numbers)
    return tubes, Consumable("sucrose", float(grams.sum() * cell))


def _warnings(
    specimen: Specimen, settings: DensityGradientSettings, temperature: float, tube: Tube, numbers: Numbers
) -> tuple[str, ...]:
    if settings.load == "bottom":
        return ()
    sample = media.density_g_ml(specimen.medium, temperature, numbers)
    below = tube.solute[tube.solute > 0][:1]
    top = float(_solution(settings, below, temperature, numbers)[0].max(initial=0.0))
    if sample < top:
        return ()
    return (
        f"the sample ({sample:.3f} g/mL) is not lighter than the top of the gradient ({top:.3f} g/mL): it sinks into "
        "it; dilute it or start the gradient denser",
    )


def _instruction(
    settings: DensityGradientSettings,
    rotor: Rotor,
    rpm: float,
    temperature: float,
    tube: Tube,
    taken: list[tuple[float, float]],
    nodes: Array,
    density: Array,
) -> str:
    if settings.linear:
        poured = f"a linear gradient of {settings.gradient_volume:g} mL {settings.solute}, {settings.linear[0]} at the "
        poured += f"bottom to {settings.linear[1]} at the top"
    else:
        stack = ", ".join(f"{part.volume_ml:g} mL {part.amount}" for part in settings.layers)
        poured = f"layers of {settings.solute} from bottom to top: {stack}"
    where = (
        "on top" if settings.load == "top" else f"at the bottom, brought to {settings.load_amount} {settings.solute}"
    )
    ends = [f"{np.interp(edge, nodes, density):.3f}" for edge in (taken[0][0], taken[-1][1])]
    kept = (
        f"collect what lies between {ends[0]} and {ends[1]} g/mL ({taken[0][0] - nodes[0]:.1f} to "
        f"{taken[0][1] - nodes[0]:.1f} mm below the surface)"
        if settings.collect
        else f"take {settings.fractions} equal fractions from the top and pool {sorted(set(settings.pooled))}"
    )
    return (
        f"Pour in {tube.tubes} tube{'s' if tube.tubes > 1 else ''} of the rotor {rotor.title} {poured}; load "
        f"{tube.sample_ml:.3g} mL of sample in each {where}. Spin at {rpm:,.0f} rpm ({rotor.force_g(rpm):,.0f} g "
        f"average, {rotor.force_g(rpm, 'maximum'):,.0f} g maximum) for {settings.time:.4g} min at {temperature:g} "
        f"degC, slow acceleration, no brake; {kept}."
    )
