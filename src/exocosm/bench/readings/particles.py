"""What the counted particles probably are: the forward model of the instrument, asked about the fluid of the sample."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from exocosm.bench.numbers import Numbers
from exocosm.bench.readings.concentrations import UNDILUTED
from exocosm.bench.readings.distributions import distribution_of
from exocosm.bench.readings.measured import MeasurementResult
from exocosm.errors import InputError

VOLUME_ML = 1.0  # of fluid, before the protocol, where nobody says how much there was
TRACKING = ("nanosight", "zetaview")
_VESICLES = ("small_ev", "microvesicle", "apoptotic_body", "mvb_remnant")


@dataclass(frozen=True)
class ParticlesBehind:
    """The kinds of particle behind a measurement, as the model of fluid, protocol and instrument has it.

    by_kind: shares of the count; with `unexplained` (in sizes where the model expects nothing) they sum to 1.
    measured_over_expected: of the concentrations; NaN where the measured one is not of the undiluted sample.
    instrument: the device that was simulated.
    """

    measurement: str
    fluid: str
    protocol: str
    instrument: str
    by_kind: Mapping[str, float]
    unexplained: float
    measured_over_expected: float

    @property
    def vesicles(self) -> float:
        """Share of the count that is vesicles of any size."""
        return sum(self.by_kind.get(kind, 0.0) for kind in _VESICLES)


def particles_behind(
    result: MeasurementResult, fluid: str, protocol: str, numbers: Numbers, volume_ml: float = VOLUME_ML
) -> ParticlesBehind | None:
    """What a tracking measurement counted, if the sample is a fluid after a protocol ('' for the fluid itself).

    None for instruments that are not simulated, and without a size distribution.
    Errors: InputError for an unknown fluid or protocol; EvidenceError for particles without a row.
    """
    from exocosm.bench.fluids import specimen_of
    from exocosm.bench.measurement.nanoparticle_tracking import (
        TrackingSettings,
        explain_reading,
        what_particles_are,
    )
    from exocosm.bench.protocol import read_protocol, run_protocol

    recording = result.measurement.recording
    found = distribution_of(result)
    device = _device(result, numbers)
    if recording.instrument not in TRACKING or found is None or not device:
        return None
    edges = np.append(found.low, found.high[-1])
    if not np.allclose(found.high[:-1], found.low[1:]):
        raise InputError(f"{result.name}: its bins have gaps, so that they cannot be compared with the model")
    specimen = specimen_of(fluid, volume_ml, numbers)
    if protocol:
        specimen = run_protocol(specimen, read_protocol(protocol), numbers).product
    settings = TrackingSettings(
        instrument=device,
        dilution=max(result.concentration.dilution or 1.0, 1.0),
        videos=min(len(result.measurement.replicates), 100),
    )
    explained = explain_reading(
        edges, found.mean * (found.high - found.low), what_particles_are(specimen, settings, numbers)
    )
    is_comparable = found.unit == "particle/mL" and result.concentration.of == UNDILUTED
    ratio = explained.measured_over_expected if is_comparable else float("nan")
    return ParticlesBehind(result.name, fluid, protocol, device, explained.by_kind, explained.unexplained, ratio)


def _device(result: MeasurementResult, numbers: Numbers) -> str:
    """The instrument of the catalogue with the name and, if the file tells it, the laser of a recording."""
    recording = result.measurement.recording
    words = " ".join(
        value
        for settings in (recording.settings, result.measurement.replicates[0].settings)
        for key, value in settings.items()
        if "laser" in key.casefold()
    )
    lasers = re.findall(r"(?<!\d)[3-9]\d{2}(?!\d)", words)
    own = [n for n in numbers.words("tracking_wavelength", "device") if n.casefold().startswith(recording.instrument)]
    return next((name for name in own if any(laser in name for laser in lasers)), own[0] if own else "")
