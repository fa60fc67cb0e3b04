"""Nanoparticle tracking (NTA): particles seen by the light they scatter, sized by how they wander.

What is counted is what scatters enough, whatever it is.  The threshold is the light of the smallest visible vesicle at
the calibrated camera setting; Mie theory carries it over to every other particle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
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
from exocosm.bench.measurement.scattering import Optics, collected_cross_section, known_index, visible_share
from exocosm.bench.measurement.track_statistics import Tracking, attributed, mode, percentile, sharpened
from exocosm.bench.media import mix_media, viscosity_mpa_s, water_viscosity_mpa_s
from exocosm.bench.numbers import Numbers
from exocosm.bench.settings import Name, Settings
from exocosm.bench.specimen import Specimen
from exocosm.errors import InputError
from exocosm.vesicles.diffusion import diffusion_coefficient

Array = NDArray[np.float64]
ML_PER_UM3 = 1e-12
KELVIN = 273.15
EDGES_NM: Array = np.geomspace(20.0, 2000.0, 141)
JUDGED_AS = "nanosight"  # the limits of crowding that readings of real files are judged by
NEGLIGIBLE = 1e-9  # share of the brightest kind's count below which a parcel is left out
PAST_THE_PEAK = math.exp(-1.0)
FEWEST_TRACKS = 1.0  # expected tracks in a bin, below which the model does not say what is in it
PERCENTILES = (("d10", 0.1), ("d50", 0.5), ("d90", 0.9))


class TrackingSettings(Settings):
    """How a specimen is tracked: the instrument, the dilution and the videos."""

    instrument: Name = "NanoSight 488 nm"
    dilution: Annotated[float, Field(ge=1, le=1e9)] = 1.0
    diluent: Name = "pbs"
    videos: Annotated[int, Field(ge=1, le=100)] = 5
    frames: Annotated[int, Field(ge=10, le=100_000)] = 1500
    # light gathered relative to the setting at which the smallest visible vesicle was found
    camera_gain: Annotated[float, Field(ge=0.01, le=100)] = 1.0
    sharpened: bool = True


@dataclass(frozen=True, eq=False)
class View:
    """What the camera sees of a specimen: the parcels that count.

    kind, apparent_nm, per_frame: [parcel]; the diameter is what water's viscosity makes of the wandering.  kept: share
    of images that no other covers; densest: images in a frame at which most are counted.  sized: valid tracks by
    parcel in one video; observed: their estimates before sharpening, [bin, parcel]; kernel: of sizing, [bin, bin].
    seen_share: of every parcel of the specimen, those left out too.
    """

    kind: NDArray[np.str_]
    apparent_nm: Array
    per_frame: Array
    kept: float
    densest: float
    seen_volume_ml: float
    sized: Array
    observed: Array
    kernel: Array
    seen_share: Array


@dataclass(frozen=True, eq=False)
class Explanation:
    """Which kinds of particle a size distribution holds: concentration [kind, bin] in particle/mL of the specimen.

    expected_tracks [bin]: in all videos together, by which a bin is known or not.
    """

    edges_nm: Array
    kinds: tuple[str, ...]
    concentration: Array
    expected_tracks: Array

    @property
    def by_kind(self) -> dict[str, float]:
        """Share of the whole count by kind."""
        total = float(self.concentration.sum())
        sums = self.concentration.sum(axis=1)
        return {kind: float(one / total) for kind, one in zip(self.kinds, sums, strict=True)} if total > 0 else {}


@dataclass(frozen=True)
class Explained:
    """A real size distribution by kind: shares that sum, with `unexplained`, to 1.

    unexplained: share in sizes where the model expects (almost) no particle.  measured_over_expected: concentration
    that was measured over that expected; far from 1 the fluid, the dilution or the instrument is not what was said.
    """

    by_kind: dict[str, float]
    unexplained: float
    measured_over_expected: float


def densest_frame(field_area_um2: float, separation_um: float) -> float:
    """Images in a frame at which most stand alone, A / (pi s^2): of N at random N exp(-N / densest) do; 1."""
    return field_area_um2 / (math.pi * separation_um**2)


def tracking_optics(device: str, numbers: Numbers) -> Optics:
    """Laser and lens of a tracking instrument."""
    return Optics(
        numbers("tracking_wavelength", "nm", device=device),
        numbers("refractive_index_of_water", "dimensionless"),
        numbers("tracking_objective_axis", "degree"),
        numbers("tracking_objective_half_angle", "degree"),
    )


def tracked_share(diameter_nm: Array, index: Array, device: str, camera_gain: float, numbers: Numbers) -> Array:
    """Share of particles in the field that the camera sees: Phi(ln(gain light / light of the smallest) / width); 1."""
    optics = tracking_optics(device, numbers)
    smallest = numbers("smallest_tracked_vesicle", "nm", device=device)
    reference = numbers("reference_vesicle_refractive_index", "dimensionless")
    threshold = float(collected_cross_section(smallest, reference, optics)[0])
    light = camera_gain * collected_cross_section(diameter_nm, index, optics)
    share = visible_share(light, threshold, numbers("tracking_detection_width", "dimensionless"))
    return np.where(diameter_nm > numbers("largest_tracked_diameter", "nm"), 0.0, share)


def view(specimen: Specimen, settings: TrackingSettings, numbers: Numbers) -> View:
    """What the camera sees of the diluted specimen, by parcel."""
    device = known_variant(settings.instrument, "tracking_wavelength", numbers, "tracking instrument")
    population = specimen.population
    index = known_index(population, numbers)
    share = tracked_share(population.diameter_nm, index, device, settings.camera_gain, numbers)
    volume_um3 = numbers("tracking_field_area", "um^2") * numbers("tracking_field_depth", "um")
    concentration = population.count / (specimen.volume_ml * settings.dilution)
    per_frame = concentration * share * volume_um3 * ML_PER_UM3
    chosen = (per_frame > NEGLIGIBLE * per_frame.max(initial=0.0)) & (per_frame > 0)
    per_frame = per_frame[chosen]
    densest = densest_frame(numbers("tracking_field_area", "um^2"), numbers("tracking_image_separation", "um"))
    kept = math.exp(-float(per_frame.sum()) / densest)
    # the instrument takes the viscosity of water; an undiluted fluid makes everything look larger
    parts = ((specimen.medium, 1.0 / settings.dilution), (settings.diluent, 1.0 - 1.0 / settings.dilution))
    medium = mix_media(*((name, part) for name, part in parts if part > 0))
    water = water_viscosity_mpa_s(specimen.temperature_c, numbers)
    true_viscosity = viscosity_mpa_s(medium, specimen.temperature_c, numbers)
    apparent = population.diameter_nm[chosen] * true_viscosity / water
    kelvin = specimen.temperature_c + KELVIN
    middles = np.sqrt(EDGES_NM[1:] * EDGES_NM[:-1])

    def wandering(diameter: Array) -> Array:
        return diffusion_coefficient(diameter, temperature_k=kelvin, viscosity_mpa_s=water)

    tracking = _tracking(numbers, wandering(np.array([numbers("tracking_reference_bead_diameter", "nm")])))
    diffusion = wandering(apparent)
    started = per_frame * kept * settings.frames * tracking.loss(diffusion)
    sized = started * tracking.sized_share(diffusion)
    return View(
        kind=population.kind[chosen],
        apparent_nm=apparent,
        per_frame=per_frame,
        kept=kept,
        densest=densest,
        seen_volume_ml=volume_um3 * ML_PER_UM3,
        sized=sized,
        observed=tracking.spread(EDGES_NM, apparent, diffusion) * sized,
        kernel=tracking.spread(EDGES_NM, middles, wandering(middles)),
        seen_share=share,
    )


def _tracking(numbers: Numbers, of_bead: Array) -> Tracking:
    """The tracker; the loss beside wandering off is what the length of bead tracks leaves for it."""
    rate, depth = numbers("tracking_frame_rate", "1/s"), numbers("tracking_field_depth", "um")
    without = Tracking(rate, 0.0, 0.0, depth, 0.0, 1)
    rest = 1.0 / numbers("tracking_frames_per_track", "dimensionless") - float(without.loss(of_bead)[0])
    return Tracking(
        rate,
        numbers("tracking_exposure_share", "dimensionless"),
        numbers("tracking_localisation_error", "nm"),
        depth,
        max(rest, 0.0),
        max(round(numbers("tracking_shortest_track", "dimensionless")), 2),
    )


@instrument("nanoparticle_tracking", TrackingSettings)
def nanoparticle_tracking(
    specimen: Specimen, settings: TrackingSettings, numbers: Numbers, random: np.random.Generator | None = None
) -> Reading:
    """Size and number by light scattered and Brownian motion, particle by particle (NTA, NanoSight, ZetaView).

    Valid for: particles of 20 to 2000 nm; halos of bright particles, which hide dim ones beside them, are not in it.
    """
    seen = view(specimen, settings, numbers)
    total = float(seen.per_frame.sum()) * seen.kept
    expected = seen.observed.sum(axis=1)
    video_cv = numbers("tracking_between_video_cv", "dimensionless")
    if random is None:
        videos = [(total, expected)]
    else:
        sigma = math.sqrt(math.log1p(video_cv**2))
        factors = np.exp(sigma * random.standard_normal(settings.videos) - 0.5 * sigma**2)
        videos = []
        for factor in factors:
            tracks = random.poisson(expected * factor).astype(float)
            # the count per frame rests on as many particles as there are tracks, sized or not
            particles = float(seen.sized.sum()) * factor
            videos.append((total * factor * _count_noise(particles, random), tracks))
    scale = settings.dilution / seen.seen_volume_ml
    concentrations = tuple(float(per_frame * scale) for per_frame, _ in videos)
    counted = float(np.mean([per_frame for per_frame, _ in videos]))
    sizes = [_sizes(tracks, seen.kernel, settings, numbers) for _, tracks in videos]
    tracks_in_all = float(sum(tracks.sum() for _, tracks in videos)) * (settings.videos if random is None else 1)
    counts = [size * (c / size.sum() if size.sum() > 0 else 0.0) for size, c in zip(sizes, concentrations, strict=True)]
    average = np.mean(counts, axis=0)
    quantities = _quantities(average, counts, concentrations, counted, tracks_in_all, video_cv, settings, numbers)
    if seen.kept < PAST_THE_PEAK:
        # N exp(-N a) falls beyond N = 1/a: the count no longer grows with the sample, and only its peak is known
        peak = seen.densest * PAST_THE_PEAK * scale
        quantities = {
            "concentration": Reported(peak, "particle/mL", peak, math.inf, ABOVE),
            "particles_per_frame": quantities["particles_per_frame"],
        }
    return Reading(
        instrument=settings.instrument,
        quantities=quantities,
        by_kind=shares_by_kind(seen.kind, seen.per_frame),
        instruction=f"Dilute {settings.dilution:g}-fold in {settings.diluent} filtered through 0.1 um, load into the "
        f"{settings.instrument} at {specimen.temperature_c:g} degree Celsius, record {settings.videos} videos of "
        f"{settings.frames} frames; note camera level, threshold and dilution.",
        histogram=Histogram(EDGES_NM, average, "particle/mL"),
        replicates={"concentration": concentrations} if random is not None else {},
        warnings=_warnings(specimen, settings, seen, total, tracks_in_all, numbers),
    )


def _count_noise(particles: float, random: np.random.Generator) -> float:
    return float(random.poisson(particles)) / particles if particles > 0 else 0.0


def _sizes(tracks: Array, kernel: Array, settings: TrackingSettings, numbers: Numbers) -> Array:
    if not settings.sharpened:
        return tracks
    return sharpened(tracks, kernel, max(round(numbers("tracking_correction_iterations", "dimensionless")), 1))


def _quantities(
    average: Array,
    counts: list[Array],
    concentrations: tuple[float, ...],
    per_frame: float,
    tracks: float,
    video_cv: float,
    settings: TrackingSettings,
    numbers: Numbers,
) -> dict[str, Reported]:
    """The numbers of the summary, with 95 % limits: between videos, or (expected reading) by counting and video cv."""
    middles = 0.5 * (EDGES_NM[1:] + EDGES_NM[:-1])
    limit = numbers("smallest_tracked_concentration", "particle/mL") * settings.dilution
    mean_concentration = float(np.mean(concentrations))
    if mean_concentration < limit or tracks < FEWEST_TRACKS:
        return {
            "concentration": Reported(limit, "particle/mL", 0.0, limit, BELOW),
            "particles_per_frame": Reported(per_frame, "dimensionless", per_frame, per_frame),
        }
    total = float(average.sum())
    mean = float((average * middles).sum() / total)
    sd = math.sqrt(max(float((average * (middles - mean) ** 2).sum() / total), 0.0))
    names = {"mean": mean, "mode": mode(EDGES_NM, average), "sd": sd}
    names |= {name: percentile(EDGES_NM, average, share) for name, share in PERCENTILES}
    quantities = {}
    if len(counts) > 1:
        from scipy.special import stdtrit

        score = float(stdtrit(len(counts) - 1, 0.975)) / math.sqrt(len(counts))
        quantities["concentration"] = _between(mean_concentration, concentrations, score, "particle/mL")
        for name, value in names.items():
            quantities[name] = _between(value, [_one(name, count, middles) for count in counts], score, "nm")
    else:
        wide = NORMAL_95 * math.sqrt(video_cv**2 / settings.videos + 1.0 / tracks)
        low, high = mean_concentration * math.exp(-wide), mean_concentration * math.exp(wide)
        quantities["concentration"] = Reported(mean_concentration, "particle/mL", low, high)
        # the spread of single estimates bounds the error of every summary of so many tracks
        error = NORMAL_95 * sd / math.sqrt(tracks)
        for name, value in names.items():
            quantities[name] = Reported(value, "nm", max(value - error, 0.0), value + error)
    quantities["particles_per_frame"] = Reported(per_frame, "dimensionless", per_frame, per_frame)
    quantities["tracks"] = Reported(tracks, "dimensionless", tracks, tracks)
    return quantities


def _one(name: str, count: Array, middles: Array) -> float:
    if not count.sum() > 0:
        return math.nan
    mean = float((count * middles).sum() / count.sum())
    if name == "mean":
        return mean
    if name == "sd":
        return math.sqrt(max(float((count * (middles - mean) ** 2).sum() / count.sum()), 0.0))
    return mode(EDGES_NM, count) if name == "mode" else percentile(EDGES_NM, count, dict(PERCENTILES)[name])


def _between(value: float, videos: list[float] | tuple[float, ...], score: float, unit: str) -> Reported:
    known = [one for one in videos if math.isfinite(one)]
    error = score * float(np.std(known, ddof=1)) if len(known) > 1 else 0.0
    return Reported(value, unit, max(value - error, 0.0), value + error)


def _warnings(
    specimen: Specimen, settings: TrackingSettings, seen: View, total: float, tracks: float, numbers: Numbers
) -> tuple[str, ...]:
    found = []
    fewest = numbers("least_particles_per_frame", "dimensionless", device=JUDGED_AS)
    most = numbers("most_particles_per_frame", "dimensionless", device=JUDGED_AS)
    in_frame = float(seen.per_frame.sum())
    if in_frame > most:
        advised = settings.dilution * in_frame / math.sqrt(fewest * most)
        found.append(f"{in_frame:.0f} particles in a frame, more than {most:.0f}: images overlap and "
                     f"{1 - seen.kept:.0%} are lost; dilute about {advised:.2g}-fold in all")  # fmt: skip
    elif total < fewest:
        found.append(f"{total:.2g} particles in a frame, fewer than {fewest:.0f}: few tracks ({tracks:.0f} in all); "
                     "dilute less or record longer")  # fmt: skip
    counted = specimen.population.count
    whole = float(counted[specimen.population.diameter_nm >= EDGES_NM[0]].sum())
    if whole > 0 and (hidden := 1.0 - float((counted * seen.seen_share).sum()) / whole) > 0.5:
        found.append(f"{hidden:.0%} of the particles above {EDGES_NM[0]:.0f} nm scatter too little light to be counted")
    if settings.dilution < 2 and specimen.medium not in (settings.diluent, "water", "pbs"):
        found.append(f"hardly diluted {specimen.medium}: it is more viscous than the water the instrument assumes, so "
                     "sizes are too large")  # fmt: skip
    return tuple(found)


def what_particles_are(specimen: Specimen, settings: TrackingSettings, numbers: Numbers) -> Explanation:
    """Which kinds of particle stand behind the size distribution that tracking would report of a specimen."""
    seen = view(specimen, settings, numbers)
    kinds = tuple(str(kind) for kind in np.unique(seen.kind))
    tracks = np.array([seen.observed[:, seen.kind == kind].sum(axis=1) for kind in kinds]).reshape(len(kinds), -1)
    if settings.sharpened and len(kinds):
        reach = seen.kernel.sum(axis=0)
        guess = _sizes(tracks.sum(axis=0), seen.kernel, settings, numbers)
        tracks = np.array([_given_back(one, guess, seen.kernel, reach, tracks.sum(axis=0)) for one in tracks])
    total = float(tracks.sum())
    per_ml = float(seen.per_frame.sum()) * seen.kept * settings.dilution / seen.seen_volume_ml
    scale = per_ml / total if total > 0 else 0.0
    width = EDGES_NM.size - 1
    return Explanation(
        EDGES_NM, kinds, tracks * scale if kinds else np.zeros((0, width)), tracks.sum(axis=0) * settings.videos
    )


def _given_back(one: Array, guess: Array, kernel: Array, reach: Array, whole: Array) -> Array:
    """The tracks of one kind by true size: its part of every observed bin, given back as the whole is."""
    expected = kernel @ guess
    share = np.divide(one, whole, out=np.zeros_like(one), where=whole > 0)
    return attributed(share * expected, guess, kernel, reach)


def explain_reading(edges_nm: Array, concentration: Array, explanation: Explanation) -> Explained:
    """What a measured size distribution probably holds, kind by kind, given what the specimen is.

    In every bin the kinds share the measured count as the model expects them to.  edges_nm [bin + 1], in nm, rising;
    concentration [bin], particle/mL of the specimen (dilution counted).
    Raises InputError for bins and counts that do not fit together.
    """
    edges, measured = np.asarray(edges_nm, float), np.asarray(concentration, float)
    if edges.ndim != 1 or measured.shape != (edges.size - 1,) or np.any(np.diff(edges) <= 0):
        raise InputError("a histogram has rising edges, one more than it has bins")
    if np.any(~np.isfinite(measured)) or np.any(measured < 0) or not measured.sum() > 0:
        raise InputError("a histogram holds counts of zero or above, not all zero")
    own = explanation.edges_nm
    summed = np.concatenate([np.zeros((len(explanation.kinds), 1)), np.cumsum(explanation.concentration, axis=1)], 1)
    expected = np.array([np.diff(np.interp(edges, own, one)) for one in summed]).reshape(-1, measured.size)
    tracks = np.diff(np.interp(edges, own, np.concatenate([[0.0], np.cumsum(explanation.expected_tracks)])))
    whole = expected.sum(axis=0)
    # fine bins hold less than a track each though their neighbourhood is well known: judged per nm
    known = (whole > 0) & (tracks / np.diff(edges) * float(np.median(np.diff(own))) > FEWEST_TRACKS)
    shares = np.divide(expected, whole, out=np.zeros_like(expected), where=whole > 0)
    by_kind = (shares[:, known] @ measured[known]) / measured.sum() if len(explanation.kinds) else np.zeros(0)
    return Explained(
        {kind: float(share) for kind, share in zip(explanation.kinds, by_kind, strict=True)},
        float(measured[~known].sum() / measured.sum()),
        float(measured.sum() / explanation.concentration.sum()) if explanation.concentration.sum() > 0 else math.inf,
    )
