"""Flow cytometry: particles one by one through a laser, seen by scatter or fluorescence; and beads that gather them."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from exocosm.bench.markers import detected_share, mean_copies
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
from exocosm.bench.measurement.scattering import Optics, collected_cross_section, known_index, visible_share
from exocosm.bench.measurement.track_statistics import percentile
from exocosm.bench.numbers import Numbers
from exocosm.bench.settings import Minutes, Name, Settings
from exocosm.bench.specimen import Specimen
from exocosm.documents.fields import ShortText
from exocosm.errors import InputError
from exocosm.vesicles.population import Population

Array = NDArray[np.float64]
ML_PER_UM3 = 1e-12
UM_PER_NM = 1e-3
SECONDS_PER_MINUTE = 60.0
COINCIDENT = 0.05  # events in one dead time that are aimed at
BACKGROUND_SIGNIFICANCE = 3.0  # standard deviations above the buffer's counts that make a count of particles
EDGES_NM: Array = np.geomspace(20.0, 2000.0, 141)


class FlowSettings(Settings):
    """How a specimen is run through a cytometer."""

    instrument: Name = "nano flow"
    trigger: Literal["scatter", "fluorescence"] = "scatter"
    marker: ShortText = ""
    dilution: Annotated[float, Field(ge=1, le=1e9)] = 1.0
    time: Minutes = 1.0


class BeadFlowSettings(Settings):
    """How vesicles are gathered on beads and stained."""

    capture: Name = "CD63"
    detection: Name = "CD9"
    instrument: Name = "conventional"
    beads: Annotated[int, Field(ge=1, le=10**9)] = 10_000
    microlitres: Annotated[float, Field(gt=0, le=1e6)] = 100.0


def fluorescent_share(population: Population, marker: str, device: str, numbers: Numbers) -> Array:
    """Share of the particles of every parcel whose stained marker is brighter than the instrument's threshold; 1.

    Antibodies: negative binomial about copies * reachable * labelled, and Poisson those that stuck anywhere
    (`bench.markers`); the threshold in fluorophores over those of one antibody is how many it takes.
    """
    if not marker:
        return np.zeros(len(population))
    seen = numbers("antibody_labelling_efficiency", "dimensionless")
    seen *= numbers("accessible_fraction", "dimensionless", cargo=marker)
    stuck = numbers("antibody_background", "molecule/um**2") * math.pi * (population.diameter_nm * UM_PER_NM) ** 2
    threshold = numbers("flow_fluorescence_threshold", "molecule", device=device)
    needed = max(math.ceil(threshold / numbers("fluorophores_per_antibody", "dimensionless") - 1e-9), 1)
    copies = mean_copies(population, marker, numbers)
    return detected_share(copies * seen, numbers("copies_dispersion", "dimensionless", cargo=marker), stuck, needed)


def counted_rate(rate: float, dead_time_s: float) -> float:
    """Events per second when a second particle within the dead time is not told apart: r exp(-r t) (paralysable)."""
    return rate * math.exp(-rate * dead_time_s)


def swarm_rate(in_beam: Array, light: Array, threshold: float, passage_s: float) -> float:
    """False events per second of particles too dim to be seen, many in the beam at one time.

    Their light sums to a mean M = sum N s and a variance sum N s^2 (Poisson numbers N, light s); it exceeds the
    threshold with Phi((M - threshold) / sd), anew with every passage.  Valid for: N above about 1; else it is near 0.
    """
    mean, variance = float((in_beam * light).sum()), float((in_beam * light**2).sum())
    if not variance > 0:
        return 0.0
    from scipy.special import ndtr

    return float(ndtr((mean - threshold) / math.sqrt(variance))) / passage_s


@instrument("flow_cytometry", FlowSettings)
def flow_cytometry(
    specimen: Specimen, settings: FlowSettings, numbers: Numbers, random: np.random.Generator | None = None
) -> Reading:
    """Particles counted one by one by side scatter or by the fluorescence of a marker (nano flow, conventional).

    The scatter threshold is the light of the smallest visible vesicle, carried over to other particles by Mie theory;
    sizes are those of vesicles that scatter as much.  Events of buffer run as long are
    taken off.  Valid for: free dye washed away.
    """
    device = known_variant(settings.instrument, "flow_wavelength", numbers, "flow cytometer")
    if settings.trigger == "fluorescence" and not settings.marker:
        raise InputError("flow_cytometry: a fluorescence trigger needs the stained `marker`, for example CD63")
    population = specimen.population
    reference = numbers("reference_vesicle_refractive_index", "dimensionless")
    optics = Optics(
        numbers("flow_wavelength", "nm", device=device),
        numbers("refractive_index_of_water", "dimensionless"),
        numbers("flow_collection_axis", "degree"),
        numbers("flow_collection_half_angle", "degree"),
    )
    light = collected_cross_section(population.diameter_nm, known_index(population, numbers), optics)
    smallest = numbers("smallest_scattering_vesicle", "nm", device=device)
    threshold = float(collected_cross_section(smallest, reference, optics)[0])
    width = numbers("flow_detection_width", "dimensionless")
    scattering = visible_share(light, threshold, width)
    stained = fluorescent_share(population, settings.marker, device, numbers)
    by_scatter = settings.trigger == "scatter"
    share = scattering if by_scatter else stained
    flow = numbers("flow_sample_rate", "mL/s", device=device)
    concentration = population.count / (specimen.volume_ml * settings.dilution)
    probe_ml = numbers("flow_probe_volume", "um^3", device=device) * ML_PER_UM3
    passage = probe_ml / flow
    singles = concentration * share * flow
    dim = np.where(scattering < 0.5, concentration * probe_ml, 0.0)
    swarm = swarm_rate(dim, light, threshold, passage) if by_scatter else 0.0
    background = numbers("flow_background_rate", "1/s", device=device)
    dead = passage + numbers("flow_dead_time", "s", device=device)
    offered = float(singles.sum()) + swarm + background
    rate = counted_rate(offered, dead)
    seconds = settings.time * SECONDS_PER_MINUTE
    cv = numbers("flow_count_cv", "dimensionless")
    kept = math.exp(-offered * dead)
    positive = float((singles * stained).sum()) * kept if settings.marker else 0.0
    events, positives, blank = rate * seconds, positive * seconds, background * seconds
    if random is not None:
        blank = float(random.poisson(blank))
        volume = math.exp(math.sqrt(math.log1p(cv**2)) * random.standard_normal())
        positives = float(random.poisson(positives * volume))
        events = positives + float(random.poisson(max(rate * seconds * volume - positive * seconds * volume, 0.0)))
    per_event = settings.dilution / (flow * seconds)
    quantities = {"event_rate": Reported(events / seconds, "1/s", events / seconds, events / seconds)}
    quantities["concentration"] = _count(events, blank, per_event, cv)
    if offered * dead > 1:
        # r exp(-r t) falls beyond r = 1/t: only its peak is known
        peak = math.exp(-1.0) / dead * seconds * per_event
        quantities["concentration"] = Reported(peak, "particle/mL", peak, math.inf, ABOVE)
    elif settings.marker and by_scatter:
        quantities["positive_concentration"] = _count(positives, 0.0, per_event, cv)
        ratio = positives / events if events > 0 else 0.0
        error = NORMAL_95 * math.sqrt(ratio * (1.0 - ratio) / events) if events > 0 else 0.0
        quantities["positive_share"] = Reported(
            ratio, "dimensionless", max(ratio - error, 0.0), min(ratio + error, 1.0)
        )
    light_share = dim * light
    if light_share.sum() > 0:
        light_share = light_share / light_share.sum()
    histogram = _as_vesicles(light, singles, optics, reference, width)
    counted = 0.0 if quantities["concentration"].censored else quantities["concentration"].value
    histogram = histogram * (counted / histogram.sum()) if histogram.sum() > 0 else histogram
    if by_scatter and quantities["concentration"].censored == "" and histogram.sum() > 0:
        middle = percentile(EDGES_NM, histogram, 0.5)
        quantities["median_diameter"] = Reported(middle, "nm", middle, middle)
    most = numbers("flow_largest_event_rate", "1/s", device=device)
    found = []
    if rate > most or offered * dead > 2 * COINCIDENT:
        advised = settings.dilution * max(offered / most, offered * dead / COINCIDENT)
        found.append(
            f"{rate:.3g} events per second, {1 - kept:.0%} lost to coincidence: dilute {advised:.2g}-fold in all"
        )
    if swarm > 0.1 * float(singles.sum()) and swarm > background:
        found.append(f"swarm: {swarm / (swarm + float(singles.sum())):.0%} of the events are many dim particles in the "
                     "beam at once; dilute until the count falls in proportion")  # fmt: skip
    if blank > 0.2 * events:
        found.append("more than a fifth of the events are background; measure the buffer alone as well")
    return Reading(
        instrument=device,
        quantities=quantities,
        by_kind=shares_by_kind(population.kind, singles + swarm * light_share),
        instruction=f"Dilute {settings.dilution:g}-fold in filtered buffer"
        + (f", stain {settings.marker}, wash" if settings.marker else "")
        + f", trigger on {settings.trigger}, run {settings.time:g} min on the {device} cytometer; run buffer, an "
        "isotype control and a detergent-treated sample as well.",
        histogram=Histogram(EDGES_NM, histogram, "particle/mL"),
        warnings=tuple(found),
    )


def _count(events: float, blank: float, per_event: float, cv: float) -> Reported:
    """The concentration by events less those of buffer run as long; below three of its deviations there is none."""
    above = events - blank
    least = BACKGROUND_SIGNIFICANCE * math.sqrt(2.0 * blank + 1.0)
    if above <= least:
        limit = least * per_event
        return Reported(limit, "particle/mL", 0.0, limit, BELOW)
    value = above * per_event
    wide = math.exp(NORMAL_95 * math.sqrt(math.log1p(cv**2) + (events + blank) / above**2))
    return Reported(value, "particle/mL", value / wide, value * wide)


def _as_vesicles(light: Array, weight: Array, optics: Optics, reference: float, width: float) -> Array:
    """Counts by the diameter of a reference vesicle with the same light, lognormal around it; [bin]."""
    from scipy.special import ndtr

    # the light of a larger sphere can dip; the first diameter that reaches a light is reported
    of_edge = np.maximum.accumulate(collected_cross_section(EDGES_NM, reference, optics))
    counted = weight > 0
    with np.errstate(divide="ignore"):
        distance = np.log(of_edge[:, None] / light[counted])
    return np.asarray(np.diff(ndtr(distance / max(width, 1e-6)), axis=0) @ weight[counted])


@instrument("bead_flow_cytometry", BeadFlowSettings)
def bead_flow_cytometry(
    specimen: Specimen, settings: BeadFlowSettings, numbers: Numbers, random: np.random.Generator | None = None
) -> Reading:
    """Fluorescence of beads that gather vesicles by one marker and are stained for another.

    Per bead: full (1 - exp(-arrived / full)) vesicles, arrived = those with the marker, times the share that binds.
    It says that some particle carries both markers (or two on one bead one each); it does not count.
    """
    device = known_variant(settings.instrument, "flow_wavelength", numbers, "flow cytometer")
    population = specimen.population
    capture, detection = (
        mean_copies(population, marker, numbers) * numbers("accessible_fraction", "dimensionless", cargo=marker)
        for marker in (settings.capture, settings.detection)
    )
    shape = numbers("copies_dispersion", "dimensionless", cargo=settings.capture)
    with_capture = -np.expm1(-shape * np.log1p(capture / shape))  # at least one copy, negative binomial
    offered = population.count / specimen.volume_ml * settings.microlitres / 1000.0
    catching = offered * with_capture * numbers("bead_binding_share", "dimensionless")
    arrived = float(catching.sum()) / settings.beads
    full = numbers("bead_vesicles_per_bead", "particle")
    held = full * -math.expm1(-arrived / full)
    per_label = numbers("antibody_labelling_efficiency", "dimensionless") * numbers(
        "fluorophores_per_antibody", "dimensionless"
    )
    fluorescence = catching / settings.beads * (held / arrived if arrived > 0 else 0.0) * detection * per_label
    signal = float(fluorescence.sum())
    background = numbers("bead_background", "molecule")
    cv = numbers("bead_fluorescence_cv", "dimensionless")
    floor = numbers("flow_fluorescence_threshold", "molecule", device=device)
    limit = max(BACKGROUND_SIGNIFICANCE * cv * background, floor)
    reported = signal
    if random is not None:
        error = cv * (signal + background) / math.sqrt(min(settings.beads, 1000))
        reported = signal + error * random.standard_normal()
    wide = NORMAL_95 * cv * (signal + background) / math.sqrt(min(settings.beads, 1000))
    median = (
        Reported(limit, "molecule", 0.0, limit, BELOW)
        if reported < limit
        else Reported(reported, "molecule", max(reported - wide, 0.0), reported + wide)
    )
    found = []
    if arrived > 0.5 * full:
        found.append(
            f"beads are filled ({held / full:.0%}): the signal no longer grows with the sample; use less of it"
        )
    return Reading(
        instrument=f"beads on {device}",
        quantities={
            "median_fluorescence": median,
            "vesicles_per_bead": Reported(held, "particle", held, held),
        },
        by_kind=shares_by_kind(population.kind, fluorescence),
        instruction=f"Incubate {settings.microlitres:g} microlitre with {settings.beads} anti-{settings.capture} beads "
        f"overnight, wash, stain {settings.detection}, run on the {device} cytometer beside an isotype control.",
        warnings=tuple(found),
    )
