"""Resistive pulse sensing (TRPS, MRPS): particles one by one through a pore, sized by the current they displace."""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from exocosm.bench.measurement.registry import (
    ABOVE,
    BELOW,
    NORMAL_95,
    Histogram,
    Reading,
    Reported,
    instrument,
    known_variant,
    shares_by_kind,
)
from exocosm.bench.measurement.track_statistics import mode, percentile
from exocosm.bench.numbers import Numbers
from exocosm.bench.settings import Name, Settings
from exocosm.bench.specimen import Specimen

Array = NDArray[np.float64]
ML_PER_UM3 = 1e-12
EDGES_NM: Array = np.geomspace(20.0, 5000.0, 201)
FEWEST_EVENTS = 3.0  # exact 95 % limit of the mean when nothing was seen: -ln 0.05
LIMIT_OF_NONE = -math.log(0.05)


class PulseSettings(Settings):
    """How pulses are recorded: the pore, the dilution, and how many particles are waited for."""

    pore: Name = "NP100"
    dilution: Annotated[float, Field(ge=1, le=1e9)] = 1.0
    particles: Annotated[int, Field(ge=1, le=1_000_000)] = 1000
    # volume that goes through the pore at most, in microlitre: how long a person waits
    microlitres: Annotated[float, Field(gt=0, le=1000)] = 0.01


def pulse_height(diameter_nm: Array, smallest_nm: float, threshold_in_noise: float) -> Array:
    """Height of a pulse in standard deviations of the noise: threshold (d / smallest)^3, the displaced volume; 1.

    Valid for: insulating spheres much smaller than the pore; the pore is calibrated by beads, so its shape cancels.
    """
    return np.asarray(threshold_in_noise * (np.asarray(diameter_nm, float) / smallest_nm) ** 3)


def accepted_share(height: Array, threshold_in_noise: float) -> Array:
    """Probability that a pulse of this height with noise of 1 exceeds the threshold: Phi(height - threshold); 1."""
    from scipy.special import ndtr

    return np.asarray(ndtr(height - threshold_in_noise))


def size_spread(edges_nm: Array, height: Array, smallest_nm: float, threshold_in_noise: float) -> Array:
    """Probability that an accepted pulse is reported in each bin of diameters; [bin, particle], columns sum to 1.

    The reported diameter is smallest (h / threshold)^(1/3) of the noisy height h, which is above the threshold.
    """
    from scipy.special import ndtr

    at_edge = threshold_in_noise * (edges_nm / smallest_nm) ** 3
    cut = np.maximum(at_edge, threshold_in_noise)
    above = ndtr(height - cut[:, None])
    accepted = ndtr(height - threshold_in_noise)
    return np.asarray(-np.diff(np.divide(above, accepted, out=np.zeros_like(above), where=accepted > 0), axis=0))


@instrument("resistive_pulse", PulseSettings)
def resistive_pulse(
    specimen: Specimen, settings: PulseSettings, numbers: Numbers, random: np.random.Generator | None = None
) -> Reading:
    """Size and number by the current that each particle blocks in a pore (TRPS, MRPS).

    Blind to what particles are made of; two in the pore at once count as one (exp(-c V) are alone).
    """
    pore = known_variant(settings.pore, "smallest_pulse_diameter", numbers, "pore")
    population = specimen.population
    smallest = numbers("smallest_pulse_diameter", "nm", device=pore)
    largest = numbers("largest_pulse_diameter", "nm", device=pore)
    threshold = numbers("pulse_threshold_in_noise", "dimensionless")
    height = pulse_height(population.diameter_nm, smallest, threshold)
    concentration = population.count / (specimen.volume_ml * settings.dilution)
    through = population.diameter_nm <= largest
    detected = np.where(through, concentration * accepted_share(height, threshold), 0.0)
    pore_ml = numbers("pulse_sensing_volume", "um^3", device=pore) * ML_PER_UM3
    in_pore = float(detected.sum()) * pore_ml
    alone = math.exp(-in_pore)
    rate = float(detected.sum()) * alone  # pulses per mL
    expected_events = min(float(settings.particles), rate * settings.microlitres / 1000.0)
    share = detected / detected.sum() if detected.sum() > 0 else detected
    histogram = size_spread(EDGES_NM, height, smallest, threshold) @ share
    cv = numbers("pulse_concentration_cv_between_laboratories", "dimensionless")
    reported, events = rate, expected_events
    if random is not None:
        events = float(random.poisson(expected_events))
        calibrated = math.exp(math.sqrt(math.log1p(cv**2)) * random.standard_normal())
        reported = rate * calibrated * (events / expected_events if expected_events > 0 else 0.0)
        probability = np.clip(histogram, 0.0, None)
        if events > 0 and probability.sum() > 0:
            histogram = random.multinomial(int(events), probability / probability.sum()).astype(float)
    counts = histogram / histogram.sum() * reported * settings.dilution if histogram.sum() > 0 else histogram * 0.0
    quantities = {"particles_counted": Reported(events, "dimensionless", events, events)}
    if events < FEWEST_EVENTS and in_pore <= 1:
        limit = LIMIT_OF_NONE * settings.dilution / (settings.microlitres / 1000.0)
        quantities["concentration"] = Reported(limit, "particle/mL", 0.0, limit, BELOW)
    elif in_pore > 1:
        # r exp(-c V) falls beyond one particle in the pore: only its peak is known
        peak = math.exp(-1.0) / pore_ml * settings.dilution
        quantities["concentration"] = Reported(peak, "particle/mL", peak, math.inf, ABOVE)
    else:
        wide = math.exp(NORMAL_95 * math.sqrt(math.log1p(cv**2) + 1.0 / events))
        value = reported * settings.dilution
        quantities["concentration"] = Reported(value, "particle/mL", value / wide, value * wide)
        middles = 0.5 * (EDGES_NM[1:] + EDGES_NM[:-1])
        mean = float((counts * middles).sum() / counts.sum())
        sd = math.sqrt(float((counts * (middles - mean) ** 2).sum() / counts.sum()))
        error = NORMAL_95 * sd / math.sqrt(events)
        for name, size in (
            ("mean", mean),
            ("mode", mode(EDGES_NM, counts)),
            ("d10", percentile(EDGES_NM, counts, 0.1)),
            ("d50", percentile(EDGES_NM, counts, 0.5)),
            ("d90", percentile(EDGES_NM, counts, 0.9)),
        ):
            quantities[name] = Reported(size, "nm", max(size - error, 0.0), size + error)
    return Reading(
        instrument=pore,
        quantities=quantities,
        by_kind=shares_by_kind(population.kind, detected),
        instruction=f"Dilute {settings.dilution:g}-fold in filtered electrolyte, fit pore {pore}, calibrate with beads "
        f"at the same stretch and pressure, record {settings.particles} particles.",
        histogram=Histogram(EDGES_NM, counts, "particle/mL"),
        warnings=_warnings(
            population.diameter_nm, concentration, in_pore, largest, smallest, expected_events, settings
        ),
    )


def _warnings(
    diameter: Array,
    concentration: Array,
    in_pore: float,
    largest: float,
    smallest: float,
    events: float,
    settings: PulseSettings,
) -> tuple[str, ...]:
    found = []
    if in_pore > 0.1:
        found.append(f"{1 - math.exp(-in_pore):.0%} of the particles share the pore with another one and are lost or "
                     f"taken for a larger one; dilute {settings.dilution * in_pore / 0.05:.2g}-fold")  # fmt: skip
    blocking = float(concentration[diameter > largest].sum()) * settings.microlitres / 1000.0
    if blocking > 1:
        found.append(f"about {blocking:.3g} particles above {largest:.0f} nm reach the pore and block it; filter or "
                     "spin, or take a wider pore")  # fmt: skip
    if events < settings.particles:
        found.append(f"{events:.3g} of {settings.particles} particles in {settings.microlitres:g} microlitre: too "
                     "dilute or too small for this pore")  # fmt: skip
    below = float(concentration[diameter < smallest].sum())
    if below > 0.5 * float(concentration.sum()) > 0:
        found.append(f"most particles are smaller than the {smallest:.0f} nm that this pore can tell from noise")
    return tuple(found)
