"""What stands in the way of trusting a recording: limits from the catalogue, and what the instrument itself says."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exocosm.bench.media import COLDEST, HOTTEST, water_viscosity_mpa_s
from exocosm.bench.numbers import Numbers
from exocosm.bench.readings.concentrations import Concentration
from exocosm.bench.readings.estimates import LEAST_REPLICATES, Estimate
from exocosm.bench.readings.findings import Finding
from exocosm.bench.readings.repeatability import outliers, trend
from exocosm.bench.readings.samples import Measurement
from exocosm.bench.readings.sizes import NAMES, counted_diameters, size_histogram
from exocosm.bench.recordings.contract import Replicate

Array = NDArray[np.float64]

_UNITS = {
    "least_videos": "dimensionless",
    "least_particles_per_frame": "dimensionless",
    "most_particles_per_frame": "dimensionless",
    "least_tracks": "dimensionless",
    "least_share_of_valid_tracks": "dimensionless",
    "least_concentration_in_tube": "particle/mL",
    "most_concentration_in_tube": "particle/mL",
    "smallest_trusted_diameter": "nm",
    "most_cv_between_videos": "dimensionless",
    "largest_robust_score": "dimensionless",
    "smallest_notable_change": "dimensionless",
    "largest_difference_between_dilutions": "dimensionless",
    "most_temperature_range": "kelvin",
    "most_viscosity_difference": "dimensionless",
    "most_share_in_last_bins": "dimensionless",
    "most_d90_over_d10": "dimensionless",
    "most_mean_over_mode": "dimensionless",
}
_COUNTERS = ("nanosight", "zetaview")  # instruments that track particles in videos
_LAST_BINS = 0.01  # of the size axis
_MANY_SMALL = 0.1  # part of the particles near the limit of detection from which it is a warning
_REPORTED_NM, _REPORTED_PART = 1.5, 0.02  # what the bins of 1 nm and rounding explain between two ways to compute
# messages that are no reason to worry
_MILD = re.compile(
    r"\b(?:ok|passed|good|minor)\b|:\s*0(?:\.0*)?$|applied: yes|left out by the instrument|"
    r"as if it had never been made",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Limits:
    """The limits of one instrument.  values: quantity -> number, in the units of `_UNITS`; rows: quantity -> id."""

    values: Mapping[str, float]
    rows: Mapping[str, str]

    def __getitem__(self, quantity: str) -> float:
        """A limit, NaN where there is none for this instrument; no comparison with NaN is true."""
        return self.values.get(quantity, math.nan)


def limits_for(instrument: str, numbers: Numbers) -> Limits:
    """All limits for an instrument; those that no row gives are left out."""
    values, rows = {}, {}
    for quantity, unit in _UNITS.items():
        if numbers.has(quantity, device=instrument):
            values[quantity] = numbers(quantity, unit, device=instrument)
            rows[quantity] = numbers.ledger.pinned(quantity, {"device": instrument}).value.id
    return Limits(values, rows)


@dataclass(frozen=True, eq=False)
class Examined:
    """What the examination of a measurement needs: its replicates' sizes [replicate, name], and its estimates."""

    measurement: Measurement
    sizes: Array
    estimates: Mapping[str, Estimate]
    concentration: Concentration


def examine(read: Examined, limits: Limits, numbers: Numbers) -> list[Finding]:
    """Everything that speaks against the numbers of a measurement, the instrument's own warnings first."""
    return [
        *_own_words(read),
        *_counts(read, limits),
        *_repeats(read, limits),
        *_physics(read, limits, numbers),
        *_shape(read, limits),
        *_agreement(read),
    ]


def small_share(measurement: Measurement, smallest_nm: float) -> float:
    """The part of the counted particles below a diameter, NaN without a size distribution."""
    below = total = 0.0
    for replicate in measurement.replicates:
        histogram, listed = size_histogram(replicate), counted_diameters(replicate)
        if histogram is not None:
            below += float(histogram.amount[histogram.centre_nm < smallest_nm].sum())
            total += float(histogram.amount.sum())
        elif listed is not None:
            below += float((listed < smallest_nm).sum())
            total += listed.size
    return below / total if total else math.nan


def is_used(replicate: Replicate) -> bool:
    """Whether the instrument counts a replicate; a position that it left out is in the file, but in no number."""
    return replicate.settings.get("Use", "x").casefold() == "x"


def tracks_of(measurement: Measurement) -> float:
    """How many tracks or particles stand behind a measurement, NaN if its files do not say."""
    found = []
    for replicate in measurement.replicates:
        if not is_used(replicate):
            continue
        listed = counted_diameters(replicate)
        stated = replicate.reported.get("valid_tracks", replicate.reported.get("traces"))
        if stated is not None:
            found.append(stated)
        elif listed is not None:
            found.append(float(listed.size))
        elif (tracks := replicate.other.get("tracks")) is not None:
            found.append(float(tracks.amount.sum()))
    return sum(found) if found else math.nan


def _own_words(read: Examined) -> list[Finding]:
    """The instrument's messages: one finding for a message that several videos share."""
    messages: dict[str, list[str]] = {}
    for replicate in read.measurement.replicates:
        for message in replicate.messages:
            messages.setdefault(message, []).append(replicate.name)
    count = len(read.measurement.replicates)
    result = []
    for message, videos in messages.items():
        where = "" if count == 1 else f" ({'all' if len(videos) == count else ', '.join(videos)})"
        gravity = "note" if _MILD.search(message) else "warning"
        text = f"the instrument says: {message}{where}"
        result.append(Finding(gravity, read.measurement.name, "instrument", text))
    return result


def _warn(read: Examined, limits: Limits, quantity: str, text: str, gravity: str = "warning") -> Finding:
    return Finding(gravity, read.measurement.name, quantity, text, limits.rows.get(quantity, ""))


def _counts(read: Examined, limits: Limits) -> list[Finding]:
    """Too few or too many particles, tracks and videos."""
    found, replicates = [], read.measurement.replicates
    number = len(replicates)
    if number < limits["least_videos"] and read.measurement.recording.kind == "size":
        text = f"{read.measurement.holds}; from {LEAST_REPLICATES} on scatter between them gives the intervals"
        found.append(_warn(read, limits, "least_videos", text, "note"))
    frames = np.array([r.reported.get("particles_per_frame", math.nan) for r in replicates])
    few, many = limits["least_particles_per_frame"], limits["most_particles_per_frame"]
    for quantity, wrong, what in (
        ("least_particles_per_frame", frames < few, f"fewer than {few:g}: dilute less, or record longer"),
        ("most_particles_per_frame", frames > many, f"more than {many:g}: tracks cross and are lost; dilute more"),
    ):
        if wrong.any():
            told = _range(frames[wrong])
            text = f"{told} particles per frame in {int(wrong.sum())} of {number} {read.measurement.what}, {what}"
            found.append(_warn(read, limits, quantity, text))
    tracks = tracks_of(read.measurement)
    if tracks < limits["least_tracks"]:
        text = f"{tracks:,.0f} valid tracks in all, fewer than {limits['least_tracks']:,.0f}: the tails are chance"
        found.append(_warn(read, limits, "least_tracks", text))
    valid = np.array([r.reported.get("valid_tracks", math.nan) for r in replicates])
    completed = np.array([r.reported.get("completed_tracks", math.nan) for r in replicates])
    with np.errstate(divide="ignore", invalid="ignore"):
        share = valid / completed
    poor = np.isfinite(share) & (share < limits["least_share_of_valid_tracks"])
    if poor.any():
        text = (
            f"only {_range(100 * share[poor])} % of the completed tracks are valid in {int(poor.sum())} of {number} "
            f"{read.measurement.what}: short tracks, from noise, vibration, flow or small particles"
        )
        found.append(_warn(read, limits, "least_share_of_valid_tracks", text))
    tube = read.concentration.in_tube
    if read.measurement.recording.instrument in _COUNTERS and np.isfinite(tube).any():
        mean = float(np.nanmean(tube))
        if mean < limits["least_concentration_in_tube"]:
            text = f"{_power(mean)} particles/mL in the measured tube, below what tracking can count: dilute less"
            found.append(_warn(read, limits, "least_concentration_in_tube", text))
        if mean > limits["most_concentration_in_tube"] and not (frames > many).any():  # said once is enough
            text = f"{_power(mean)} particles/mL in the measured tube, more than can be counted one by one: dilute more"
            found.append(_warn(read, limits, "most_concentration_in_tube", text))
    return found


def _repeats(read: Examined, limits: Limits) -> list[Finding]:
    """Scatter between the replicates, single ones that stand out, and drift."""
    found, what = [], read.measurement.what
    names = [replicate.name for replicate in read.measurement.replicates]
    series = {"concentration": read.concentration.by_replicate, "median diameter": read.sizes[:, NAMES.index("d50")]}
    estimates = {"concentration": read.concentration.estimate, "median diameter": read.estimates["d50"]}
    most = limits["most_cv_between_videos"]
    for quantity, values in series.items():
        cv = estimates[quantity].cv
        if cv > most:
            text = (
                f"the {quantity} scatters by {100 * cv:.0f} % (CV) between {what}; {100 * most:.0f} % is usual at most"
            )
            found.append(_warn(read, limits, "most_cv_between_videos", text))
        for one in outliers(
            values, quantity,
            largest_score=limits["largest_robust_score"], smallest_change=limits["smallest_notable_change"],
        ):  # fmt: skip
            text = (
                f"{names[one.index]} stands out: its {quantity} is {one.ratio:.2f} times the median of the others; "
                "it is kept in all numbers"
            )
            found.append(_warn(read, limits, "largest_robust_score", text))
        change = trend(values)
        if abs(change) > limits["smallest_notable_change"]:
            text = (
                f"the {quantity} {'rises' if change > 0 else 'falls'} from each of {what} to the next, by "
                f"{100 * abs(change):.0f} % in all: the sample settles, sticks, or flows unevenly"
            )
            found.append(_warn(read, limits, "smallest_notable_change", text))
    return found


def _physics(read: Examined, limits: Limits, numbers: Numbers) -> list[Finding]:
    """Temperature that moves, and a viscosity that is not that of water."""
    found, replicates = [], read.measurement.replicates
    temperatures = np.array([math.nan if r.temperature_c is None else r.temperature_c for r in replicates])
    viscosities = np.array([math.nan if r.viscosity_mpa_s is None else r.viscosity_mpa_s for r in replicates])
    known = np.isfinite(temperatures)
    if known.any() and float(np.ptp(temperatures[known])) > limits["most_temperature_range"]:
        text = f"the temperature moves from {temperatures[known].min():.1f} to {temperatures[known].max():.1f} °C"
        found.append(_warn(read, limits, "most_temperature_range", text))
    both = known & np.isfinite(viscosities) & (temperatures >= COLDEST) & (temperatures <= HOTTEST)
    if both.any():
        index = int(np.flatnonzero(both)[0])
        water = water_viscosity_mpa_s(float(temperatures[index]), numbers)
        ratio = float(viscosities[index]) / water
        if abs(ratio - 1) > limits["most_viscosity_difference"]:
            text = (
                f"the viscosity entered is {viscosities[index]:.3g} mPa s, water at {temperatures[index]:.1f} °C has "
                f"{water:.3g}: if the sample was as thin as water, the true sizes are {ratio:.2f} times those shown"
            )
            found.append(_warn(read, limits, "most_viscosity_difference", text))
    return found


def _shape(read: Examined, limits: Limits) -> list[Finding]:
    """What the size distribution itself says: its ends, its width, its tail."""
    found = []
    smallest = limits["smallest_trusted_diameter"]
    share = small_share(read.measurement, smallest)
    if math.isfinite(share):
        text = (
            f"below {smallest:g} nm only some particles are seen; {100 * share:.0f} % of those counted are there, and "
            "how many there are cannot be said"
        )
        if share > _MANY_SMALL:
            text += ": a peak near this diameter is in part made by this limit"
        found.append(
            _warn(read, limits, "smallest_trusted_diameter", text, "warning" if share > _MANY_SMALL else "note")
        )
    ends = []
    for replicate in read.measurement.replicates:
        histogram = size_histogram(replicate)
        if histogram is not None:
            top = histogram.high_nm[-1] - _LAST_BINS * (histogram.high_nm[-1] - histogram.low_nm[0])
            ends.append(float(histogram.amount[histogram.high_nm > top].sum() / histogram.amount.sum()))
    if ends and max(ends) > limits["most_share_in_last_bins"]:
        text = f"{100 * max(ends):.1f} % of the particles are in the last bins: the distribution goes on beyond its end"
        found.append(_warn(read, limits, "most_share_in_last_bins", text))
    d10, d90 = read.estimates["d10"].value, read.estimates["d90"].value
    if d10 > 0 and d90 / d10 > limits["most_d90_over_d10"]:
        text = f"D90 is {d90 / d10:.1f} times D10: one mean or mode describes no particle; give D10, D50 and D90"
        found.append(_warn(read, limits, "most_d90_over_d10", text, "note"))
    mean, mode = read.estimates["mean"].value, read.estimates["mode"].value
    if mode > 0 and mean / mode > limits["most_mean_over_mode"]:
        text = f"the mean is {mean / mode:.1f} times the mode: a tail of large particles (aggregates?) makes it"
        found.append(_warn(read, limits, "most_mean_over_mode", text, "note"))
    return found


def _agreement(read: Examined) -> list[Finding]:
    """Where the instrument's own mean, SD and percentiles are not those of its histogram."""
    found = []
    for k, name in enumerate(NAMES):
        if name == "mode":
            continue  # the highest of many bins depends on how they are smoothed
        for replicate, own in zip(read.measurement.replicates, read.sizes[:, k], strict=True):
            stated = replicate.reported.get(name)
            if stated is not None and math.isfinite(own):
                allowed = max(_REPORTED_NM, _half_bin(replicate)) + _REPORTED_PART * stated
                if abs(own - stated) > allowed:
                    text = (
                        f"{replicate.name}: its distribution has {name.upper() if name[0] == 'd' else name} "
                        f"{own:.1f} nm, the file states {stated:.1f} nm; the distribution is used"
                    )
                    found.append(Finding("warning", read.measurement.name, "agreement", text))
    return found


def _half_bin(replicate: Replicate) -> float:
    """Half the width of the smallest bin (nm), 0 without bins: programs put percentiles at its centre or its ends."""
    histogram = size_histogram(replicate)
    return 0.0 if histogram is None else 0.5 * float((histogram.high_nm - histogram.low_nm).min())


def _power(number: float) -> str:
    return f"{number:.1e}".replace("e+0", "e").replace("e+", "e")


def _range(values: Array) -> str:
    low, high = float(values.min()), float(values.max())
    return f"{low:.0f}" if round(low) == round(high) else f"{low:.0f} to {high:.0f}"
