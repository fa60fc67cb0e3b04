"""Recordings turned into what they say: every measurement and every sample, with intervals and with what is wrong."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from exocosm.bench.numbers import Numbers
from exocosm.bench.readings.concentrations import (
    UNDILUTED,
    Concentration,
    concentration_findings,
    concentration_of,
)
from exocosm.bench.readings.dilutions import Level, Linearity, linearity
from exocosm.bench.readings.estimates import NOTHING, Estimate, over_replicates
from exocosm.bench.readings.findings import Finding
from exocosm.bench.readings.quality import Examined, Limits, examine, is_used, limits_for
from exocosm.bench.readings.repeatability import Ratio, ratio_of
from exocosm.bench.readings.samples import Described, Measurement, by_sample, measurements_of
from exocosm.bench.readings.sizes import NAMES, replicate_sizes, size_estimates
from exocosm.bench.recordings.contract import Recording, RecordingError

Array = NDArray[np.float64]

_MISTAKE = 2.0  # times the notable change: two measurements of one sample that lie further apart are named


@dataclass(frozen=True, eq=False)
class MeasurementResult:
    """What one measurement says.

    sizes: [replicate, name of NAMES], nm.  estimates: name -> with its interval, nm.  findings: about it alone.
    """

    measurement: Measurement
    sizes: Array
    estimates: Mapping[str, Estimate]
    concentration: Concentration
    findings: tuple[Finding, ...]

    @property
    def name(self) -> str:
        """The measurement's name, unique among all."""
        return self.measurement.name

    @property
    def has_sizes(self) -> bool:
        """Whether there is a size distribution."""
        return bool(np.isfinite(self.sizes).any())


@dataclass(frozen=True, eq=False)
class Overall:
    """What one instrument says of a sample: of its one measurement, or over several (their means are the replicates).

    of: of what the concentration is, '' where measurements differ in that.
    """

    instrument: str
    estimates: Mapping[str, Estimate]
    concentration: Estimate
    of: str


@dataclass(frozen=True, eq=False)
class SampleResult:
    """What all measurements of one sample say together.

    overall: one for each instrument; numbers of different instruments are never averaged.  linearity: over dilutions,
    by the first instrument, None for one dilution.  ratios: between instruments.
    """

    name: str
    measurements: tuple[MeasurementResult, ...]
    overall: tuple[Overall, ...]
    linearity: Linearity | None
    ratios: tuple[Ratio, ...]
    findings: tuple[Finding, ...]

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """Sizes by the first instrument, nm."""
        return self.overall[0].estimates

    @property
    def concentration(self) -> Estimate:
        """Particles per mL by the first instrument."""
        return self.overall[0].concentration

    @property
    def of(self) -> str:
        """Of what the concentration is."""
        return self.overall[0].of


@dataclass(frozen=True, eq=False)
class Readings:
    """Everything that some files say.

    refused: why each of the other files cannot be read.  findings: about files and how they were put together.
    limits: instrument -> the limits that were used.
    """

    samples: tuple[SampleResult, ...]
    refused: tuple[RecordingError, ...]
    findings: tuple[Finding, ...]
    limits: Mapping[str, Limits]

    @property
    def measurements(self) -> tuple[MeasurementResult, ...]:
        """All measurements of all samples."""
        return tuple(result for sample in self.samples for result in sample.measurements)

    @property
    def all_findings(self) -> tuple[Finding, ...]:
        """All findings, warnings first."""
        every = [
            *self.findings,
            *(finding for sample in self.samples for finding in sample.findings),
            *(finding for result in self.measurements for finding in result.findings),
        ]
        return tuple(sorted(every, key=lambda finding: finding.gravity != "warning"))


def readings_of(
    recordings: Sequence[Recording],
    numbers: Numbers,
    described: Described | None = None,
    group_by: str = "sample",
    refused: Sequence[RecordingError] = (),
) -> Readings:
    """What recordings say.

    numbers: where the limits of quality come from.  described: samples and dilutions that the user states.
    group_by: see `measurements_of`.  Errors: InputError for a description of what is not there.
    """
    described = described or Described()
    measurements, findings = measurements_of(recordings, described, group_by)
    limits = {name: limits_for(name, numbers) for name in {m.recording.instrument for m in measurements}}
    results = {m.name: _result(m, described, limits[m.recording.instrument], numbers) for m in measurements}
    samples = [
        _sample(name, [results[m.name] for m in several], limits[several[0].recording.instrument])
        for name, several in by_sample(measurements).items()
    ]
    return Readings(tuple(samples), tuple(refused), (*findings, *_notes(recordings)), limits)


def _notes(recordings: Sequence[Recording]) -> list[Finding]:
    """What the readers noted of each file, once."""
    notes = {(recording.file, note): None for recording in recordings for note in recording.notes}
    return [Finding("note", file, "reading", note) for file, note in notes]


def _result(measurement: Measurement, described: Described, limits: Limits, numbers: Numbers) -> MeasurementResult:
    used = np.array([is_used(replicate) for replicate in measurement.replicates])
    sizes = np.array([replicate_sizes(replicate) for replicate in measurement.replicates]).reshape(-1, len(NAMES))
    estimates = size_estimates(measurement.replicates, sizes, measurement.what)
    concentration = concentration_of(measurement, described, used)
    read = Examined(measurement, sizes, estimates, concentration)
    given = described.dilutions.get(measurement.recording.file)
    findings = [*concentration_findings(measurement, concentration, given), *examine(read, limits, numbers)]
    if not np.isfinite(sizes).any() and not any(finding.rule == "instrument" for finding in findings):
        text = f"holds no size distribution (it is of kind '{measurement.recording.kind}')"
        findings.append(Finding("note", measurement.name, "sizes", text))
    return MeasurementResult(measurement, sizes, estimates, concentration, tuple(findings))


def _sample(name: str, results: Sequence[MeasurementResult], limits: Limits) -> SampleResult:
    counted = [result for result in results if not result.measurement.repeats] or list(results)
    instruments = list(dict.fromkeys(result.measurement.recording.instrument for result in counted))
    overall = []
    findings: list[Finding] = []
    for instrument in instruments:
        own = [result for result in counted if result.measurement.recording.instrument == instrument]
        overall.append(_overall(instrument, own))
        with_number = _with_number(own)
        if with_number and not overall[-1].of:
            text = "concentrations of diluted and of undiluted samples stand side by side and are not averaged"
            findings.append(Finding("warning", name, "dilution", text))
    line = linearity(_levels(counted), limits["largest_difference_between_dilutions"])
    ratios = _ratios(counted, instruments)
    findings += _line_findings(name, line, limits) + _ratio_findings(name, ratios)
    if line is None and len(instruments) == 1 and overall[0].of:
        findings += _apart(name, _with_number(counted), limits)
    return SampleResult(name, tuple(results), tuple(overall), line, ratios, tuple(findings))


def _overall(instrument: str, results: Sequence[MeasurementResult]) -> Overall:
    sized = [result for result in results if result.has_sizes]
    with_number = _with_number(results)
    basis = {result.concentration.of for result in with_number}
    of = basis.pop() if len(basis) == 1 else ""
    estimates = {key: _together([result.estimates[key] for result in sized]) for key in NAMES}
    concentration = _together([result.concentration.estimate for result in with_number]) if of else NOTHING
    return Overall(instrument, estimates, concentration, of)


def _with_number(results: Sequence[MeasurementResult]) -> list[MeasurementResult]:
    """The measurements that have a concentration."""
    return [result for result in results if np.isfinite(result.concentration.by_replicate).any()]


def _together(estimates: Sequence[Estimate]) -> Estimate:
    """One estimate as it is; the mean of several, each taken as one replicate."""
    if len(estimates) <= 1:
        return estimates[0] if estimates else NOTHING
    return over_replicates([one.value for one in estimates], "measurements")


def _levels(results: Sequence[MeasurementResult]) -> list[Level]:
    """The dilutions of a sample, of one instrument, with all replicates measured at each."""
    found: dict[float, list[Array]] = {}
    first = results[0].measurement.recording.instrument
    for result in results:
        concentration = result.concentration
        if (
            concentration.dilution
            and result.measurement.recording.instrument == first
            and concentration.of == UNDILUTED
        ):
            found.setdefault(concentration.dilution, []).append(concentration.in_tube)
    return [Level(f"1:{dilution:g}", dilution, np.concatenate(several)) for dilution, several in found.items()]


def _line_findings(name: str, line: Linearity | None, limits: Limits) -> list[Finding]:
    if line is None:
        return []
    row = limits.rows.get("largest_difference_between_dilutions", "")
    result = []
    for broken in line.broken:
        text = (
            f"the dilution {broken.name} breaks the line: its undiluted concentration is {broken.ratio:.2f} times that "
            f"of {_list(line.agreeing)}; {broken.reason}"
        )
        result.append(Finding("warning", name, "linearity", text, row))
    if line.broken:
        own = [float(np.nanmean(level.undiluted)) for level in line.levels if level.name in line.agreeing]
        together = over_replicates(own, "dilutions")
        span = f" (95 % {together.low:.2e} to {together.high:.2e})" if math.isfinite(together.low) else ""
        text = f"the dilutions that agree, {_list(line.agreeing)}, give {together.value:.2e} particles/mL{span}"
        result.append(Finding("note", name, "linearity", text, row))
    if not line.agreeing:
        levels = ", ".join(f"{level.name}: {np.nanmean(level.undiluted):.2e}/mL" for level in line.levels)
        text = f"its dilutions do not agree, and which is right cannot be told ({levels}); measure another one"
        result.append(Finding("warning", name, "linearity", text, row))
    elif line.verdict == "not linear" and not line.broken:
        text = f"counts do not fall as the sample is diluted: slope {line.slope:.2f}, expected 1"
        result.append(Finding("warning", name, "linearity", text, row))
    return result


def _ratios(results: Sequence[MeasurementResult], instruments: Sequence[str]) -> tuple[Ratio, ...]:
    """Concentration and median diameter between every two instruments, over all their measurements."""
    found = []
    for first, second in combinations(instruments, 2):
        for quantity in ("concentration", "median diameter"):
            values = [_of_instrument(results, word, quantity) for word in (first, second)]
            if all(one.size for one in values):
                found.append(ratio_of(first, values[0], second, values[1], quantity))
    return tuple(found)


def _of_instrument(results: Sequence[MeasurementResult], instrument: str, quantity: str) -> Array:
    """Every replicate's value; means of measurements where an instrument has several."""
    own = [result for result in results if result.measurement.recording.instrument == instrument]
    if quantity == "concentration":
        columns = [r.concentration.by_replicate for r in own if r.concentration.of == UNDILUTED]
    else:
        columns = [r.sizes[:, NAMES.index("d50")] for r in own]
    columns = [values[np.isfinite(values)] for values in columns]
    columns = [values for values in columns if values.size]
    if len(columns) == 1:
        return columns[0]
    return np.array([float(values.mean()) for values in columns])


def _ratio_findings(name: str, ratios: Sequence[Ratio]) -> list[Finding]:
    result = []
    for ratio in ratios:
        span = f" (95 % {ratio.low:.2f} to {ratio.high:.2f})" if math.isfinite(ratio.low) else ", without an interval"
        text = f"the {ratio.quantity} by {ratio.first} is {ratio.value:.2f} times that by {ratio.second}{span}"
        result.append(Finding("warning" if ratio.is_different else "note", name, "instruments", text))
    return result


def _apart(name: str, results: Sequence[MeasurementResult], limits: Limits) -> list[Finding]:
    """Measurements of one sample at one dilution that lie far apart."""
    values = {result.name: result.concentration.estimate.value for result in results}
    if len(values) < 2 or min(values.values()) <= 0:
        return []
    low, high = min(values, key=values.__getitem__), max(values, key=values.__getitem__)
    ratio = values[high] / values[low]
    if ratio <= 1 + _MISTAKE * limits["smallest_notable_change"]:
        return []
    text = f"its measurements lie apart: {high} counts {ratio:.1f} times as many particles as {low}"
    return [Finding("warning", name, "measurements", text, limits.rows.get("smallest_notable_change", ""))]


def _list(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
