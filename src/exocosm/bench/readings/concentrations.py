"""Concentrations of particles: of the diluted and the undiluted sample, never with a factor that nobody stated."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exocosm.bench.readings.estimates import Estimate, over_replicates
from exocosm.bench.readings.findings import Finding
from exocosm.bench.readings.samples import Described, Measurement
from exocosm.bench.readings.sizes import size_histogram
from exocosm.bench.recordings.contract import AS_CORRECTED, AS_MEASURED, Replicate

Numbers = NDArray[np.float64]

UNDILUTED, DILUTED, UNCLEAR = "undiluted sample", "diluted sample", "unclear"
_EXPLICIT = re.compile(
    r"(?<![a-z0-9])(?:(?:d|dil)[ _-]?(\d{1,6})|1 ?[:/] ?(\d{1,6})|(\d{1,6}) ?(?:x|-?fold))(?![a-z0-9.])", re.IGNORECASE
)
_IN_NAMES = re.compile(r"(?:^|[ _-])(?:x|1[_-])?(\d{2,6})(?=[ _-]|$)", re.IGNORECASE)
_NOT_DILUTIONS = re.compile(  # capture times and dates, ZetaView's measurement type with its laser, positions
    r"\d{4}-\d\d-\d\d(?:[ _T-]+\d\d-\d\d-\d\d)?|(?<!\d)20\d{6}(?!\d)|_(?:size|prof)(?:_\d{3})?|_\d+pos", re.IGNORECASE
)
_ROUND_TIMES = re.compile(r"0+|20\d\d")
_AGREE = 1e-6


@dataclass(frozen=True, eq=False)
class Concentration:
    """Particles per mL of a measurement.

    stated: as the file states them, by replicate.  dilution: the factor used, None if there is none; origin: who said
    it, in words.  of: what the estimate is of - 'undiluted sample', 'diluted sample', or 'unclear' where the file does
    not say whether its numbers hold the factor already.  by_replicate: particle/mL of that.  in_tube: particle/mL in
    the tube that was measured, NaN where it cannot be known.
    """

    stated: Numbers
    dilution: float | None
    origin: str
    of: str
    by_replicate: Numbers
    in_tube: Numbers
    estimate: Estimate


def stated_concentration(replicate: Replicate) -> float:
    """Particle/mL of one video as stated, else as its histogram adds up; NaN if neither is there."""
    if replicate.concentration is not None:
        return replicate.concentration
    histogram = size_histogram(replicate)
    return float(histogram.amount.sum()) if histogram is not None and histogram.unit == "particle/mL" else math.nan


def concentration_of(
    measurement: Measurement, described: Described, used: NDArray[np.bool_] | None = None
) -> Concentration:
    """The concentration of a measurement, times the dilution where one is recorded or given.

    A factor given for the file goes before the recorded one; one given for all files fills in where none is recorded.
    used: which replicates count (default: all).
    """
    recording = measurement.recording
    stated = np.array([stated_concentration(replicate) for replicate in measurement.replicates])
    if used is not None:
        stated = np.where(used, stated, math.nan)
    own = described.dilutions.get(recording.file)
    recorded = recording.dilution
    factor, origin = own, "given for this file"
    if factor is None and recorded is not None:
        factor, origin = recorded, "recorded in the file"
    if factor is None and described.dilution is not None:
        factor, origin = described.dilution, "given for all files"
    if factor is None:
        origin = "none recorded, none given"
    if recording.concentrations == AS_CORRECTED and not recorded:
        factor, origin = None, "in the concentrations already; the file does not state it"
    if recording.concentrations == AS_CORRECTED:
        in_tube = stated / recorded if recorded else np.full_like(stated, math.nan)
        of, values = UNDILUTED, stated
        if own is not None and recorded:
            values = in_tube * own
    elif factor is not None and (recording.concentrations == AS_MEASURED or origin.startswith("given")):
        in_tube, values, of = stated, stated * factor, UNDILUTED
    else:
        is_diluted = recording.concentrations == AS_MEASURED
        of, values = DILUTED if is_diluted else UNCLEAR, stated
        in_tube = stated if is_diluted else np.full_like(stated, math.nan)
    estimate = over_replicates(values, measurement.what)
    return Concentration(stated, factor, origin, of, values, in_tube, estimate)


def concentration_findings(measurement: Measurement, found: Concentration, given: float | None = None) -> list[Finding]:
    """What must be known of how a concentration came about.  given: the dilution that was given for its file."""
    recording = measurement.recording
    result = []
    if not np.isfinite(found.stated).any():
        left_out = any(replicate.concentration is not None for replicate in measurement.replicates)
        if left_out:
            text = f"the instrument left out all of its {measurement.holds}: no concentration can be given"
            return [Finding("warning", measurement.name, "concentration", text)]
        return [Finding("note", measurement.name, "concentration", "has no concentration in its file")]
    if found.of == DILUTED:
        text = (
            "the file records no dilution and none was given: the concentration is that of the DILUTED sample as it "
            "was measured; give --dilution"
        )
        hint = possible_dilution(measurement)
        if hint:
            text += f" (its names or remarks hold '{hint}', which may be it; it is not used)"
        result.append(Finding("warning", measurement.name, "dilution", text))
    elif found.of == UNCLEAR:
        text = (
            "the file does not say whether its concentration is that of the diluted or of the undiluted sample; it is "
            "shown as it stands"
        )
        result.append(Finding("warning", measurement.name, "dilution", text))
    elif recording.concentrations not in (AS_MEASURED, AS_CORRECTED):
        text = (
            f"the file does not say what its concentration is of; it was multiplied by the dilution that was given "
            f"({found.dilution:g})"
        )
        result.append(Finding("note", measurement.name, "dilution", text))
    hint = possible_dilution(measurement) if found.origin.startswith("given") else ""
    if hint and found.dilution is not None and float(hint) != found.dilution:
        text = f"dilution {found.dilution:g} was given and is used, but its names or remarks hold '{hint}'"
        result.append(Finding("warning", measurement.name, "dilution", text))
    recorded = recording.dilution
    if given is not None and recording.concentrations == AS_CORRECTED and not recorded:
        text = (
            f"dilution {given:g} was given for it, but the file says that its concentrations are of the undiluted "
            "sample already: it is not used"
        )
        result.append(Finding("warning", measurement.name, "dilution", text))
    if recorded and found.dilution and abs(recorded - found.dilution) > _AGREE * recorded:
        text = f"the file records dilution {recorded:g}, but {found.dilution:g} was given for it and is used"
        result.append(Finding("warning", measurement.name, "dilution", text))
    return result


def possible_dilution(measurement: Measurement) -> str:
    """A number in the words of a measurement that looks like a dilution, '' if there is none: shown, never used.

    Numbers that say themselves what they are ('d200', '1:200', '10x') go before bare ones in names.
    """
    recording = measurement.recording
    settings = {key.casefold().strip(": "): value for key, value in recording.settings.items()}
    words = [settings.get(key, "") for key in ("sample description", "diluent", "remarks", "pre-treatment")]
    names = [measurement.part, recording.sample, measurement.replicates[0].name]
    names = [_NOT_DILUTIONS.sub(" ", name) for name in names]
    for text in [*names, *words]:
        explicit = [next(number for number in match if number) for match in _EXPLICIT.findall(text)]
        explicit = [number for number in explicit if int(number) > 1]
        if explicit:
            return str(explicit[-1])
    for name in names:
        found = [match for match in _IN_NAMES.findall(name) if int(match) >= 10 and not _ROUND_TIMES.fullmatch(match)]
        if found:
            return str(found[-1])
    return ""
