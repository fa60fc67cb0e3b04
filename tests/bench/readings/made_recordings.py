"""Recordings with known content, made in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from exocosm.bench.recordings.contract import AS_CORRECTED, AS_MEASURED, Histogram, Recording, Replicate

CENTRE = np.arange(1000) + 0.5


def bell(median: float = 110.0, spread: float = 0.25) -> np.ndarray:
    """Shares by bin of 1 nm, log-normal in size, that sum to 1."""
    shape = np.exp(-(np.log(CENTRE / median) ** 2) / (2 * spread**2)) / CENTRE
    return shape / shape.sum()


def histogram(total: float = 1e8, median: float = 110.0, unit: str = "particle/mL") -> Histogram:
    return Histogram(CENTRE, CENTRE - 0.5, CENTRE + 0.5, total * bell(median), unit)


def video(
    name: str = "v 00",
    concentration: float | None = 1e8,
    median: float = 110.0,
    *,
    reported: Mapping[str, float] | None = None,
    settings: Mapping[str, str] | None = None,
    messages: Sequence[str] = (),
    **fields: Any,
) -> Replicate:
    """A video with a histogram that adds up to its concentration."""
    usual = {"particles_per_frame": 50.0, "valid_tracks": 2000.0, "completed_tracks": 5000.0}
    return Replicate(
        name=name,
        histogram=fields.pop("histogram", histogram(concentration or 1e8, median)),
        concentration=concentration,
        temperature_c=fields.pop("temperature_c", 22.0),
        viscosity_mpa_s=fields.pop("viscosity_mpa_s", 0.954),
        reported=usual | dict(reported or {}),
        settings=dict(settings or {"Camera Level": "12"}),
        messages=tuple(messages),
        **fields,
    )


def recording(
    concentrations: Sequence[float] = (1e8, 1.02e8, 0.98e8),
    *,
    sample: str = "pool",
    dilution: float | None = None,
    file: str = "",
    is_corrected: bool | None = None,
    replicates: Sequence[Replicate] = (),
    instrument: str = "nanosight",
    **fields: Any,
) -> Recording:
    """A recording of videos.  A recorded dilution is in the concentrations already, as NTA writes it."""
    file = file or f"{sample} {dilution}.csv"
    stem = file.rsplit(".", 1)[0]
    corrected = dilution is not None if is_corrected is None else is_corrected
    return Recording(
        instrument=instrument,
        format="made up",
        file=file,
        checksum=fields.pop("checksum", file),
        sample=sample,
        replicates=tuple(replicates) or tuple(video(f"{stem} {k:02d}", c) for k, c in enumerate(concentrations)),
        dilution=dilution,
        concentrations=AS_CORRECTED if corrected else AS_MEASURED,
        **fields,
    )
