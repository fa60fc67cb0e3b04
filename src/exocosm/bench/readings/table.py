"""Readings as tidy tables: rows of plain values, and CSV text."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from exocosm.bench.readings.checklist import Answer
from exocosm.bench.readings.estimates import Estimate
from exocosm.bench.readings.measured import MeasurementResult, Overall, Readings, SampleResult
from exocosm.bench.readings.quality import tracks_of
from exocosm.bench.readings.sizes import NAMES

Row = dict[str, Any]

LEVELS = ("sample", "measurement", "replicate")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run a cell that begins so


def summary_rows(readings: Readings) -> list[Row]:
    """One row per sample (and instrument), measurement and replicate, each quantity with its interval.

    Sizes in nm; concentration in particle/mL of what `concentration_of` says.
    """
    rows: list[Row] = []
    for sample in readings.samples:
        rows += [_sample_row(sample, overall) for overall in sample.overall]
        for result in sample.measurements:
            rows.append(_measurement_row(result))
            rows += _replicate_rows(result)
    return rows


def finding_rows(readings: Readings) -> list[Row]:
    """Every warning and note, and every file that was refused."""
    refused = [{"gravity": "refused", "about": str(error).split(",")[0].split(":")[0], "rule": "reading",
                "text": str(error), "limit_row": ""} for error in readings.refused]  # fmt: skip
    told = [{"gravity": one.gravity, "about": one.about, "rule": one.rule, "text": one.text, "limit_row": one.row}
            for one in readings.all_findings]  # fmt: skip
    return refused + told


def checklist_rows(answers: Sequence[Answer]) -> list[Row]:
    """Every item of every checklist with its answer."""
    return [
        {"checklist": one.checklist, "item": one.item.id, "section": one.item.section,
         "requirement": one.item.requirement, "text": one.item.text, "state": one.state, "answer": one.text,
         "source": one.item.source, "locator": one.item.locator}
        for one in answers
    ]  # fmt: skip


def linearity_rows(readings: Readings) -> list[Row]:
    """One row per dilution of every sample that was measured at several."""
    rows = []
    for sample in readings.samples:
        line = sample.linearity
        for level in line.levels if line else ():
            assert line is not None
            rows.append({
                "sample": sample.name, "dilution": level.dilution, "measured": float(level.in_tube.mean()),
                "undiluted": float(level.undiluted.mean()), "replicates": int(level.in_tube.size),
                "agrees": level.name in line.agreeing, "slope": line.slope, "slope_low": line.low,
                "slope_high": line.high, "verdict": line.verdict,
            })  # fmt: skip
    return rows


def distribution_lines(readings: Readings) -> Iterator[str]:
    """The lines of `distributions.csv`, without line ends: every bin of every replicate that holds particles.

    Columns: sample, measurement, file, replicate, weighting, diameter (nm, centre of the bin), low, high, value, unit.
    Values stand as in the file; `tracks` are counts.
    """
    yield "sample,measurement,file,replicate,weighting,diameter_nm,low_nm,high_nm,value,unit"
    for result in readings.measurements:
        measurement = result.measurement
        for replicate in measurement.replicates:
            every = {"number": replicate.histogram, **replicate.other}
            head = csv_line([measurement.sample, measurement.name, measurement.recording.file, replicate.name])
            for weighting, histogram in every.items():
                if histogram is None or histogram.axis != "nm":
                    continue
                filled = histogram.amount > 0
                columns = (histogram.centre_nm, histogram.low_nm, histogram.high_nm, histogram.amount)
                numbers = zip(*(column[filled].tolist() for column in columns), strict=True)
                for centre, low, high, value in numbers:
                    yield f"{head},{weighting},{centre:.10g},{low:.10g},{high:.10g},{value:.10g},{histogram.unit}"
            if replicate.diameters_nm is not None:
                counted = (
                    replicate.diameters_nm if replicate.included is None else replicate.diameters_nm[replicate.included]
                )
                for diameter in counted.tolist():
                    yield f"{head},particle,{diameter:.10g},,,1,particle"


def csv_text(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = ()) -> str:
    """Rows as CSV with a header; numbers that are not known are empty cells."""
    names = list(columns) or list(dict.fromkeys(name for row in rows for name in row))
    return "\n".join([csv_line(names), *(csv_line([row.get(name) for name in names]) for row in rows)]) + "\n"


def csv_line(cells: Iterable[Any]) -> str:
    """One line of CSV; text that a spreadsheet would take for a formula gets an apostrophe in front."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="").writerow([_cell(cell) for cell in cells])
    return stream.getvalue()


def _cell(cell: Any) -> Any:
    if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return f"{cell:.6g}"
    if isinstance(cell, str):
        text = " ".join(cell.split())
        return f"'{text}" if text.startswith(_FORMULA) else text
    return cell


def _estimate_cells(name: str, estimate: Estimate) -> Row:
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high, f"{name}_cv": estimate.cv}


def _sample_row(sample: SampleResult, overall: Overall) -> Row:
    own = [r for r in sample.measurements if r.measurement.recording.instrument == overall.instrument]
    row: Row = {"level": "sample", "sample": sample.name, "measurement": "", "file": "", "replicate": "",
                "instrument": overall.instrument, "dilution": None, "dilution_origin": "",
                "replicates": sum(len(result.measurement.replicates) for result in own)}  # fmt: skip
    row |= _estimate_cells("concentration", overall.concentration)
    row |= {"concentration_of": overall.of, "concentration_interval": overall.concentration.how}
    for name in NAMES:
        row |= _estimate_cells(f"{name}_nm", overall.estimates[name])
    return row | {"size_interval": overall.estimates["mean"].how}


def _measurement_row(result: MeasurementResult) -> Row:
    measurement, concentration = result.measurement, result.concentration
    row: Row = {"level": "measurement", "sample": measurement.sample, "measurement": measurement.name,
                "file": measurement.recording.file, "replicate": "", "instrument": measurement.recording.instrument,
                "dilution": concentration.dilution, "dilution_origin": concentration.origin,
                "replicates": len(measurement.replicates)}  # fmt: skip
    row |= _estimate_cells("concentration", concentration.estimate)
    row |= {"concentration_of": concentration.of if concentration.estimate.number else "",
            "concentration_interval": concentration.estimate.how}  # fmt: skip
    for name in NAMES:
        row |= _estimate_cells(f"{name}_nm", result.estimates[name])
    return row | {"size_interval": result.estimates["mean"].how, "tracks": tracks_of(measurement)}


def _replicate_rows(result: MeasurementResult) -> list[Row]:
    measurement, concentration = result.measurement, result.concentration
    rows = []
    for k, replicate in enumerate(measurement.replicates):
        row: Row = {"level": "replicate", "sample": measurement.sample, "measurement": measurement.name,
                    "file": measurement.recording.file, "replicate": replicate.name,
                    "instrument": measurement.recording.instrument, "dilution": concentration.dilution,
                    "dilution_origin": concentration.origin, "replicates": 1,
                    "concentration": float(concentration.by_replicate[k]),
                    "concentration_of": concentration.of}  # fmt: skip
        row |= {f"{name}_nm": float(result.sizes[k, column]) for column, name in enumerate(NAMES)}
        rows.append(row)
    return rows
