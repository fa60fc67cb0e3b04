"""The whole evaluation of some recordings: readings, what the particles probably are, and the checklists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exocosm.bench.numbers import Numbers, bench_numbers
from exocosm.bench.readings.checklist import Answer, Context, answers
from exocosm.bench.readings.findings import Finding
from exocosm.bench.readings.measured import MeasurementResult, Readings, readings_of
from exocosm.bench.readings.particles import TRACKING, ParticlesBehind, particles_behind
from exocosm.bench.readings.samples import Described
from exocosm.bench.readings.table import checklist_rows, finding_rows, linearity_rows, summary_rows
from exocosm.bench.recordings.contract import Recording, RecordingError
from exocosm.evidence.pin import Pin
from exocosm.evidence.rules import source_keys

if TYPE_CHECKING:
    import pandas as pd

MOST_EXPLAINED = 50  # measurements whose particles are modelled; a page holds no more


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What some files say, all of it.

    particles: what was counted, for measurements of a known fluid.  context: what the user said of the samples.
    limits: what decides on warnings.  values: what the model of the particles rests on, if it was asked.
    bibliography: BibTeX of what is cited.
    """

    readings: Readings
    answers: tuple[Answer, ...]
    particles: tuple[ParticlesBehind, ...]
    context: Context
    limits: tuple[Pin, ...]
    values: tuple[Pin, ...]
    bibliography: str

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every warning and note, warnings first."""
        return self.readings.all_findings

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Every warning."""
        return tuple(finding for finding in self.findings if finding.gravity == "warning")

    @property
    def refused(self) -> tuple[RecordingError, ...]:
        """Why each of the files that could not be read was refused."""
        return self.readings.refused

    def table(self) -> pd.DataFrame:
        """A row per sample, measurement and replicate: sizes in nm, particle/mL, each with its interval."""
        import pandas as pd

        return pd.DataFrame(summary_rows(self.readings))

    def checklist(self) -> pd.DataFrame:
        """Every item of every checklist: filled, partly, given or missing."""
        import pandas as pd

        return pd.DataFrame(checklist_rows(self.answers))

    def as_plain(self) -> dict[str, Any]:
        """Everything as mappings, lists, texts and numbers; what is not known is None."""
        return {
            "summary": [_plain(row) for row in summary_rows(self.readings)],
            "findings": finding_rows(self.readings),
            "linearity": [_plain(row) for row in linearity_rows(self.readings)],
            "particles": [
                _plain({"measurement": one.measurement, "fluid": one.fluid, "protocol": one.protocol,
                        "instrument": one.instrument, **{f"share_{kind}": part for kind, part in one.by_kind.items()},
                        "unexplained": one.unexplained, "measured_over_expected": one.measured_over_expected})
                for one in self.particles
            ],
            "checklists": checklist_rows(self.answers),
            "refused": [str(error) for error in self.refused],
        }  # fmt: skip


def evaluate(
    recordings: Sequence[Recording],
    refused: Sequence[RecordingError] = (),
    *,
    described: Described | None = None,
    group_by: str = "sample",
    context: Context | None = None,
    numbers: Numbers | None = None,
) -> Evaluation:
    """Everything that recordings say.

    described: samples and dilutions by file, as the user states them.  context: fluid, protocol and answers to items.
    numbers: the catalogue's (default: the shipped one).  Errors: InputError, EvidenceError.
    """
    context = context or Context()
    numbers = numbers or bench_numbers()
    readings = readings_of(recordings, numbers, described, group_by, refused)
    limits = tuple(numbers.ledger.pins.values())
    particles = _particles(readings.measurements, context, numbers) if context.fluid else ()
    values = tuple(numbers.ledger.pins.values())[len(limits) :]
    filled = answers(readings, context)
    cited = _bibliography((*limits, *values), filled, numbers)
    return Evaluation(readings, filled, particles, context, limits, values, cited)


def _particles(results: Sequence[MeasurementResult], context: Context, numbers: Numbers) -> tuple[ParticlesBehind, ...]:
    tracked = [r for r in results if r.measurement.recording.instrument in TRACKING and not r.measurement.repeats]
    found = [particles_behind(r, context.fluid, context.protocol, numbers) for r in tracked[:MOST_EXPLAINED]]
    return tuple(one for one in found if one is not None)


def _bibliography(pins: Sequence[Pin], filled: Sequence[Answer], numbers: Numbers) -> str:
    from exocosm.evidence.bibliography import cite

    sources = numbers.ledger.catalogue.sources
    keys = {key for each in pins for key in source_keys(each.value)} | {one.item.source for one in filled}
    return cite(sorted(key for key in keys if key in sources), sources)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Numbers that are not known become None, which JSON can say."""
    return {key: None if isinstance(value, float) and value != value else value for key, value in row.items()}
