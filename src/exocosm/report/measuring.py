"""The page of `exocosm measure`: what some files of instruments say, and what stands in the way of believing it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from exocosm.bench.readings.checklist import FILLED, GIVEN, MISSING, PARTLY, Answer, checklists
from exocosm.bench.readings.concentrations import DILUTED, UNCLEAR, UNDILUTED
from exocosm.bench.readings.estimates import Estimate
from exocosm.bench.readings.evaluation import Evaluation
from exocosm.bench.readings.findings import Finding
from exocosm.bench.readings.measured import MeasurementResult, Overall, SampleResult
from exocosm.bench.readings.particles import ParticlesBehind
from exocosm.report.isolation_figures import kind_in_words
from exocosm.report.measuring_figures import concentration_picture, dilution_pictures, size_pictures
from exocosm.report.numbers import UNBROKEN, counted, interval, quantity, readable, shown
from exocosm.report.page import Page, Section, Table, write_page
from exocosm.report.pinned import value_rows

MOST_TOLD = 6  # samples in the first lines
MOST_ROWS = 200  # of a table; the rest is in the CSV files
_OF = {UNDILUTED: "", DILUTED: "as measured, NOT corrected for dilution", UNCLEAR: "as stated; of what is not said"}
_STATES = {FILLED: "from the files", PARTLY: "in part", GIVEN: "as you say", MISSING: "missing"}
_FOOTER = "Made by exocosm from the files listed above. Nothing was smoothed, corrected or left out unless it says so."
_INTERVALS = (
    "Intervals are 95 %. They hold the scatter between the videos of one measurement (Student's t over three or more), "
    "or, where fewer videos list their particles, the chance of which particles were seen (bootstrap). They do not "
    "hold differences between preparations, donors, days, operators or instruments, nor a wrong calibration."
)
_NOT_VESICLES = (
    "A particle is whatever the instrument counted: vesicles, lipoproteins, protein aggregates, bubbles, dust."
)


def write_measuring(evaluation: Evaluation, path: str | Path) -> Path:
    """Write the page of an evaluation to a file, whole or not at all; returns the path."""
    return write_page(measuring_page(evaluation), path)


def measuring_page(evaluation: Evaluation) -> Page:
    """The page of an evaluation."""
    samples = evaluation.readings.samples
    sections = [
        Section("What was measured", "results", [_INTERVALS, _NOT_VESICLES], tables=_result_tables(samples)),
        _warning_section(evaluation),
        Section("Size distributions", "sizes", [_SIZES_TOLD], pictures=size_pictures(evaluation.readings)),
        *_concentration_section(samples),
        *_dilution_section(samples),
        *_instrument_section(samples),
        _particle_section(evaluation),
        *_checklist_sections(evaluation.answers),
        _file_section(evaluation),
        *_note_section(evaluation),
        _limit_section(evaluation),
    ]
    return Page(
        title=_title(samples),
        eyebrow="Measured by instruments, read from their files by exocosm",
        headline=_headline(evaluation),
        tone="worse" if evaluation.refused or any(one.gravity == "warning" for one in evaluation.findings) else "",
        numbers=_first_lines(evaluation),
        sections=sections,
        values=value_rows(evaluation.values),
        bibliography=evaluation.bibliography,
        footer=_FOOTER,
    )


_SIZES_TOLD = (
    "Thin lines are single videos, the thick line is their mean, the band its 95 % interval at each diameter. Grey "
    "marks the diameters at which the instrument sees only some of the particles."
)


def _title(samples: Sequence[SampleResult]) -> str:
    names = [sample.name for sample in samples]
    if not names:
        return "No file could be read"
    return (
        names[0] if len(names) == 1 else f"{len(names)} samples: {', '.join(names[:3])}{' …' if len(names) > 3 else ''}"
    )


def _headline(evaluation: Evaluation) -> str:
    samples = evaluation.readings.samples
    if len(samples) == 1:
        return _said(samples[0])
    refused = f", {counted(len(evaluation.refused), 'file')} refused" if evaluation.refused else ""
    return f"{counted(len(samples), 'sample')} from {_counts(evaluation)}{refused}"


def _said(sample: SampleResult) -> str:
    """Concentration and median of a sample, by each instrument."""
    told = []
    for overall in sample.overall:
        parts = [
            f"{_cell(overall.concentration)} particles/mL" if math.isfinite(overall.concentration.value) else "",
            f"median {_cell(overall.estimates['d50'])} nm" if math.isfinite(overall.estimates["d50"].value) else "",
        ]
        said = ", ".join(part for part in parts if part) or "no size and no concentration"
        told.append(f"{said} by {overall.instrument}" if len(sample.overall) > 1 else said)
    return "; ".join(told)


def _first_lines(evaluation: Evaluation) -> list[str]:
    samples = evaluation.readings.samples
    lines = []
    if len(samples) == 1:
        lines += [f"The concentration is {kind}." for kind in _of_what(samples[0])]
        lines.append(f"From {_counts(evaluation)}.")
    for sample in samples[:MOST_TOLD] if len(samples) > 1 else ():
        of = "; ".join(_of_what(sample))
        lines.append(f"{sample.name}: {_said(sample)}{f' ({of})' if of else ''}.")
    if evaluation.particles:
        lines.append(f"Predicted, not measured: {_vesicle_sentence(evaluation.particles)}")
    if evaluation.refused:
        lines.append(
            f"{counted(len(evaluation.refused), 'file')} could not be read and "
            f"{'is' if len(evaluation.refused) == 1 else 'are'} in no number: see the warnings."
        )
    missing = sum(one.state == MISSING for one in evaluation.answers)
    lines.append(f"{missing} of {len(evaluation.answers)} items of the checklists are missing.")
    return lines


def _of_what(sample: SampleResult) -> list[str]:
    """Of what the concentrations of a sample are, and by which dilution."""
    told = [_OF[overall.of] for overall in sample.overall if _OF.get(overall.of)]
    used = [result.concentration for result in sample.measurements]
    told += [f"of the undiluted sample, 1:{one.dilution:g}, {one.origin}" for one in used
             if one.of == UNDILUTED and one.dilution]  # fmt: skip
    return list(dict.fromkeys(told))


def _counts(evaluation: Evaluation) -> str:
    results = evaluation.readings.measurements
    files = len({result.measurement.recording.file for result in results})
    warnings = len(evaluation.warnings)
    return f"{counted(files, 'file')}, {counted(len(results), 'measurement')}, {counted(warnings, 'warning')}"


def _cell(estimate: Estimate) -> str:
    """`97.4 (95.2 to 99.6)`; large numbers with one power for all: `1.47 (0.96 to 1.97) × 10¹³`."""
    if not math.isfinite(estimate.value):
        return "–"
    numbers = [estimate.value, *([estimate.low, estimate.high] if math.isfinite(estimate.low) else [])]
    power = math.floor(math.log10(estimate.value)) if estimate.value > 0 else 0
    scale, after = (
        (10.0**power, f"{UNBROKEN}×{UNBROKEN}{shown(10.0**power).split(' ')[-1]}") if power > 4 else (1.0, "")
    )
    decimals = 2 if power > 4 else max(0, min(3, 2 - power))
    texts = [f"{number / scale:.{decimals}f}" for number in numbers]
    span = f" ({texts[1]}{UNBROKEN}to{UNBROKEN}{texts[2]})" if len(texts) > 1 else ""
    return f"{texts[0]}{span}{after}"


def _result_tables(samples: Sequence[SampleResult]) -> list[Table]:
    head = ("Particles per mL", "Median D50, nm", "Mean, nm", "Mode, nm", "D10 to D90, nm", "CV of the count")
    rows = [
        [f"{sample.name}, by {overall.instrument}" if len(sample.overall) > 1 else sample.name,
         *_numbers(overall.concentration, overall.estimates, overall.of), _basis(overall)]
        for sample in samples
        for overall in sample.overall
    ]  # fmt: skip
    tables = [Table(("Sample", *head, "Interval from"), rows[:MOST_ROWS], "Samples", note=_left_out(len(rows)))]
    several = [sample for sample in samples if len(sample.measurements) > 1]
    if several:
        rows = [_measurement_cells(result) for sample in several for result in sample.measurements]
        note = "The mean of several measurements takes each as one. " + _left_out(len(rows))
        tables.append(Table(("Measurement", *head, "Dilution"), rows[:MOST_ROWS], "Their measurements", note=note))
    return tables


def _numbers(concentration: Estimate, sizes: Any, of: str) -> list[str]:
    count = _cell(concentration) + (f" {_OF[of]}" if _OF.get(of) and concentration.number else "")
    span = "–"
    if math.isfinite(sizes["d10"].value):
        span = f"{shown(sizes['d10'].value)} to {shown(sizes['d90'].value)}"
    cv = f"{100 * concentration.cv:.0f} %" if math.isfinite(concentration.cv) else "–"
    return [count, _cell(sizes["d50"]), _cell(sizes["mean"]), _cell(sizes["mode"]), span, cv]


def _basis(overall: Overall) -> str:
    words = [overall.concentration.how, overall.estimates["mean"].how]
    told = list(dict.fromkeys(word for word in words if word != "not measured"))
    return "; sizes: ".join(told) if len(told) > 1 else told[0] if told else "nothing was measured"


def _measurement_cells(result: MeasurementResult) -> list[str]:
    concentration = result.concentration
    dilution = (
        f"1:{concentration.dilution:g}, {concentration.origin}" if concentration.dilution else concentration.origin
    )
    return [result.name, *_numbers(concentration.estimate, result.estimates, concentration.of), dilution]


def _left_out(number: int) -> str:
    return f"The first {MOST_ROWS} of {number}; all are in summary.csv." if number > MOST_ROWS else ""


def _warning_section(evaluation: Evaluation) -> Section:
    refused = [f"Refused: {error}" for error in evaluation.refused]
    told = _by_subject(evaluation.warnings)
    paragraphs = [] if refused or told else ["Nothing was found that speaks against the numbers."]
    more = len(refused) + len(told) - MOST_ROWS
    if more > 0:
        paragraphs = [f"{more} more are in findings.csv."]
    return Section("Warnings", "warnings", paragraphs, warnings=(refused + told)[:MOST_ROWS])


def _by_subject(findings: Sequence[Finding]) -> list[str]:
    """All that is said of one thing as one paragraph; things of which the same is said stand together."""
    texts: dict[str, list[str]] = {}
    for one in findings:
        texts.setdefault(one.about, []).append(one.text)
    subjects: dict[str, list[str]] = {}
    for about, sentences in texts.items():
        said = " ".join(f"{text[0].upper()}{text[1:]}." for text in dict.fromkeys(sentences))
        subjects.setdefault(said, []).append(about)
    return [f"{'; '.join(about)}: {said}" for said, about in subjects.items()]


def _concentration_section(samples: Sequence[SampleResult]) -> list[Section]:
    picture = concentration_picture(samples)
    if picture is None:
        return []
    told = "Points are single videos, diamonds the means with their 95 % intervals."
    return [Section("Concentrations and repeatability", "concentrations", [told], pictures=[picture])]


def _dilution_section(samples: Sequence[SampleResult]) -> list[Section]:
    lines = [(sample, sample.linearity) for sample in samples if sample.linearity is not None]
    if not lines:
        return []
    sentences, rows = [], []
    for sample, line in lines:
        span = f" (95 % {line.low:.2f} to {line.high:.2f}; {line.how})" if math.isfinite(line.low) else f" ({line.how})"
        sentences.append(f"{sample.name}: {line.verdict}; slope {line.slope:.2f}{span}, 1 is expected.")
        for level in line.levels:
            rows.append([
                sample.name, level.name, shown(float(level.in_tube.mean())), shown(float(level.undiluted.mean())),
                str(level.in_tube.size), "yes" if level.name in line.agreeing else "no",
            ])  # fmt: skip
    head = ("Sample", "Dilution", "Measured per mL", "Undiluted per mL", "Videos", "Agrees")
    table = Table(head, rows[:MOST_ROWS], numbers=(2, 3, 4))
    return [Section("Dilutions", "dilutions", sentences, pictures=dilution_pictures(samples), tables=[table])]


def _instrument_section(samples: Sequence[SampleResult]) -> list[Section]:
    rows = [
        [sample.name, ratio.quantity, f"{ratio.first} over {ratio.second}", shown(ratio.value),
         interval(ratio.low, ratio.high, "", 3) if math.isfinite(ratio.low) else "no interval"]
        for sample in samples
        for ratio in sample.ratios
    ]  # fmt: skip
    if not rows:
        return []
    told = "Instruments see different particles; their numbers are compared here and averaged nowhere."
    table = Table(("Sample", "Quantity", "Ratio of", "Ratio", "95 %"), rows, numbers=(3,))
    return [Section("Between instruments", "instruments", [told], tables=[table])]


def _particle_section(evaluation: Evaluation) -> Section:
    title, name = "What the particles probably are", "particles"
    if not evaluation.context.fluid:
        told = (
            "Nothing was said of the samples. With the fluid (and the protocol) that they come from, the model of the "
            "instrument says which kinds of particle it probably counted: --fluid plasma --protocol NAME."
        )
        return Section(title, name, [told, _NOT_VESICLES])
    if not evaluation.particles:
        return Section(title, name, ["No measurement is by an instrument that is simulated, or none has sizes."])
    kinds = sorted(
        {kind for one in evaluation.particles for kind in one.by_kind}, key=lambda kind: -_most(evaluation, kind)
    )
    kinds = [kind for kind in kinds if _most(evaluation, kind) >= 0.005]
    head = ("Measurement", "Simulated", *map(kind_in_words, kinds), "unexplained", "measured over expected")
    rows = [
        [
            one.measurement,
            one.instrument,
            *(_percent(one.by_kind.get(kind, 0.0)) for kind in kinds),
            _percent(one.unexplained),
            shown(one.measured_over_expected) if math.isfinite(one.measured_over_expected) else "–",
        ]
        for one in evaluation.particles
    ]
    first = evaluation.particles[0]
    after = f" after {readable(first.protocol)}" if first.protocol else ""
    sentences = [
        f"A model of {readable(first.fluid)}{after}, seen by the instrument, shares every bin of the measured "
        "distribution among the kinds of particle that it expects there. It is a prediction at central values, not a "
        "measurement: markers and an electron microscope decide.",
        _vesicle_sentence(evaluation.particles),
    ]
    return Section(title, name, sentences, tables=[Table(head, rows, numbers=tuple(range(2, len(head))))])


def _most(evaluation: Evaluation, kind: str) -> float:
    return max(one.by_kind.get(kind, 0.0) for one in evaluation.particles)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share < 0.1 else f"{100 * share:.0f} %"


def _vesicle_sentence(particles: Sequence[ParticlesBehind]) -> str:
    shares = [one.vesicles for one in particles]
    low, high = _percent(min(shares)), _percent(max(shares))
    return f"Vesicles of all sizes are {low if low == high else f'{low} to {high}'} of what was counted."


def _checklist_sections(filled: Sequence[Answer]) -> list[Section]:
    points, tables = [], []
    head = ("Part", "Item", "Requirement", "State", "What is known")
    for each in checklists():
        own = [one for one in filled if one.checklist == each.name]
        missing = [one.item.text for one in own if one.state == MISSING]
        partly = [one.item.text for one in own if one.state == PARTLY]
        told = f"{each.name}: {len(own) - len(missing)} of {len(own)} items known"
        told += f", {len(partly)} of them in part" if partly else ""
        points.append(told + (f". Still missing: {'; '.join(missing)}." if missing else "."))
        rows = [[one.item.section, one.item.text, one.item.requirement, _STATES[one.state], one.text] for one in own]
        tables.append(Table(head, rows, f"{each.name}: {each.title}", note=each.about))
    told = "Filled from what stands in the files and from what you said; which items these are is told below."
    return [
        Section("Checklists: what is still missing", "checklists", [told], points=points),
        Section("Checklists, item by item", "items", tables=tables, closed=True),
    ]


def _file_section(evaluation: Evaluation) -> Section:
    rows: dict[tuple[str, str], list[str]] = {}
    for result in evaluation.readings.measurements:
        recording = result.measurement.recording
        dilution = f"1:{recording.dilution:g}" if recording.dilution else "none"
        number = len(recording.replicates)
        holds = f"{number} {result.measurement.what if number != 1 else result.measurement.what[:-1]}"
        program = [recording.software, recording.captured, recording.checksum[:12]]
        row = [recording.file, recording.format, recording.sample, holds, dilution, *program]
        rows.setdefault((recording.file, recording.sample + dilution), row)
    head = ("File", "Format", "Sample in the file", "Holds", "Dilution recorded", "Program", "Captured", "SHA-256")
    table = Table(head, list(rows.values())[:MOST_ROWS], note=_left_out(len(rows)))
    return Section("Files", "files", tables=[table], closed=True)


def _note_section(evaluation: Evaluation) -> list[Section]:
    notes = _by_subject([one for one in evaluation.findings if one.gravity == "note"])
    return [Section(f"Notes ({len(notes)})", "notes", points=notes[:MOST_ROWS], closed=True)] if notes else []


def _limit_section(evaluation: Evaluation) -> Section:
    told = (
        "Limits decide on warnings only; no number above depends on them. Most are judgement, not measurement: "
        "the range says where others might draw the line."
    )
    rows = [
        [row["name"], quantity(row["value"], row["unit"]), interval(row["low"], row["high"]),
         row["source"] or "assumed", row["note"]]
        for row in value_rows(evaluation.limits)
        if row["trust"] != "model"
    ]  # fmt: skip
    table = Table(("Limit", "Number", "Range", "Source", "Why"), rows)
    return Section("Limits behind the warnings", "limits", [told], tables=[table], closed=True)
