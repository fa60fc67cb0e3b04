"""What every reader of instrument files returns: one `Recording` per sample, with one `Replicate` per video or run.

A reader never corrects, smooths or guesses: numbers stand as the file has them, and what the file does not say is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from exocosm.errors import ExocosmError

Numbers = NDArray[np.float64]

AS_MEASURED, AS_CORRECTED, UNKNOWN = "diluted sample", "undiluted sample", "unknown"


class RecordingError(ExocosmError):
    """A file of an instrument cannot be read: which file, which line, what was expected, what to do."""


def refusal(file: str, line: int | None, found: str, advice: str) -> RecordingError:
    """The error that refuses a file: `file, line n: what was found and expected; what to do`."""
    where = f"{file}, line {line}" if line is not None else file
    return RecordingError(f"{where}: {found}; {advice}")


@dataclass(frozen=True, eq=False)
class Histogram:
    """Numbers of particles by diameter.  Arrays over bins: centre_nm, low_nm, high_nm, amount.

    amount: per bin, in `unit`: 'particle/mL', or 'particle' (tracks counted), 'nm^2/mL', 'nm^3/mL', 'nm^2', 'nm^3',
    or 'unknown' where the file does not say.  axis: 'nm', or '1e4 nm^2/s' if the bins are diffusion coefficients (the
    fields keep their names).
    """

    centre_nm: Numbers
    low_nm: Numbers
    high_nm: Numbers
    amount: Numbers
    unit: str = "particle/mL"
    axis: str = "nm"


@dataclass(frozen=True, eq=False)
class Replicate:
    """One video, position or run of a sample.

    histogram: number-weighted, None if the file has only particles.  other: further histograms: 'surface', 'volume',
    'diffusion', 'diffusion_surface', 'diffusion_volume', 'tracks' (how many tracks stand behind each bin) and
    'logarithmic' (the same particles in bins of equal ratio: never to be added).  percentiles_nm: the instrument's own
    table, 101 diameters below which 0, 1 ... 100 % of the particles lie.  diameters_nm: one per particle, where the
    file lists them; `included` says which of them the instrument counted.  concentration: particle/mL as the file
    states it, None if it does not.
    reported: what the instrument says itself (mean, mode, sd, d10, d50, d90 in nm; valid_tracks; particles_per_frame).
    settings: what the file says of this video alone (temperature, viscosity, camera level ...), as text.
    messages: quality warnings of the instrument about this video, in its own words.
    """

    name: str
    histogram: Histogram | None = None
    other: Mapping[str, Histogram] = field(default_factory=lambda: MappingProxyType({}))
    percentiles_nm: Numbers | None = None
    diameters_nm: Numbers | None = None
    included: NDArray[np.bool_] | None = None
    concentration: float | None = None
    temperature_c: float | None = None
    viscosity_mpa_s: float | None = None
    reported: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Recording:
    """One sample as an instrument wrote it down.

    instrument: 'nanosight', 'zetaview', or the word of the user's mapping.  format: e.g. 'NTA experiment summary'.
    file: its name as given; checksum: SHA-256 of its bytes.  sample: as the file names it.  dilution: the factor the
    file records, None if it records none.  concentrations: of what the concentrations are - AS_MEASURED (the diluted
    sample, still to be multiplied), AS_CORRECTED (already multiplied by the recorded factor), UNKNOWN.
    settings: of the whole recording, as text, under the file's own names.  kind: 'size' or what else the file is
    ('profile', 'positions', 'tracks', 'particles').  notes: what a reader should know of how the file was read.
    """

    instrument: str
    format: str
    file: str
    checksum: str
    sample: str
    replicates: tuple[Replicate, ...]
    dilution: float | None = None
    concentrations: str = UNKNOWN
    software: str = ""
    captured: str = ""
    operator: str = ""
    diluent: str = ""
    kind: str = "size"
    settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    messages: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
