"""Checklists of reporting, filled from what stands in the files; what does not stand there is missing."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import numpy as np

from exocosm.bench.readings.concentrations import UNDILUTED
from exocosm.bench.readings.measured import MeasurementResult, Readings
from exocosm.bench.readings.quality import tracks_of
from exocosm.documents.checked import check_header, open_document
from exocosm.errors import CheckError, InputError, Problem, nearest

FOLDER = Path(__file__).resolve().parents[2] / "knowledge" / "checklists"
FILLED, PARTLY, GIVEN, MISSING = "filled", "partly", "given", "missing"
MAXIMUM_ANSWER = 2000  # characters
_MOST_NAMED = 3
_SINGLE_PARTICLE = {  # instruments whose files are known here, and what they are
    "nanosight": "nanoparticle tracking analysis (NanoSight)",
    "zetaview": "nanoparticle tracking analysis (ZetaView)",
}


@dataclass(frozen=True)
class Item:
    """One item of a checklist.  requirement: in the words of its source.  answered_by: a rule that fills it, or ''."""

    id: str
    section: str
    requirement: str
    text: str
    source: str = ""
    locator: str = ""
    answered_by: str = ""


@dataclass(frozen=True)
class Checklist:
    """A published list, or the part of it that was seen; `about` says which."""

    name: str
    title: str
    about: str
    sources: tuple[str, ...]
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Answer:
    """An item with what is known of it: `filled` or `partly` from the files, `given` by the user, or `missing`."""

    checklist: str
    item: Item
    state: str
    text: str = ""


@dataclass(frozen=True)
class Context:
    """What the user said of the samples beside the files.  answers: text by item, as `item` or `checklist.item`."""

    fluid: str = ""
    protocol: str = ""
    answers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@lru_cache(maxsize=1)
def checklists() -> tuple[Checklist, ...]:
    """Every checklist of the package.  Errors: CheckError for a faulty file."""
    return tuple(_loaded(path) for path in sorted(FOLDER.glob("*.yaml")))


def answers(readings: Readings, context: Context | None = None) -> tuple[Answer, ...]:
    """Every item of every checklist with its answer.  Errors: InputError for an answer to what is no item."""
    context = context or Context()
    known = {name for each in checklists() for item in each.items for name in (item.id, f"{each.name}.{item.id}")}
    for name in context.answers:
        if name not in known:
            raise InputError(f"no checklist has an item '{str(name)[:80]}' to answer; {nearest(str(name)[:80], known)}")
    return tuple(_answer(each, item, readings, context) for each in checklists() for item in each.items)


def read_answers(path: str | Path) -> dict[str, str]:
    """Answers to items from a file of the user: `exocosm: 1`, `kind: answers`, `answers: {item: text}`.

    Errors: CheckError, InputError.
    """
    opened = open_document(path, "answers")
    check_header(opened, {"answers": ""}, default="answers")
    found = opened.document.data.get("answers")
    if not isinstance(found, dict) or not all(
        isinstance(key, str) and isinstance(text, str) and len(text) <= MAXIMUM_ANSWER for key, text in found.items()
    ):
        message = f"expected `answers:` with a text (at most {MAXIMUM_ANSWER} characters) for each item"
        raise CheckError(opened.subject, [Problem("type", f"line {opened.document.line(('answers',))}", message)])
    return found


def _loaded(path: Path) -> Checklist:
    opened = open_document(path, "checklist")
    check_header(opened, {"checklist": ""}, default="checklist")
    data = opened.document.data
    items = tuple(Item(**{key: str(value) for key, value in item.items()}) for item in data["items"])
    unknown = sorted({item.answered_by for item in items if item.answered_by} - set(_RULES))
    if unknown:
        problem = Problem("rule", unknown[0], f"no rule fills this; {nearest(unknown[0], _RULES)}")
        raise CheckError(opened.subject, [problem])
    return Checklist(data["name"], data["title"], data["about"].strip(), tuple(data["sources"]), items)


def _answer(checklist: Checklist, item: Item, readings: Readings, context: Context) -> Answer:
    own = context.answers.get(f"{checklist.name}.{item.id}") or context.answers.get(item.id)
    if own:
        return Answer(checklist.name, item, GIVEN, own)
    if not item.answered_by or not readings.measurements:
        return Answer(checklist.name, item, MISSING)
    state, text = _RULES[item.answered_by](readings.measurements, context)
    return Answer(checklist.name, item, state, text)


Results = Sequence[MeasurementResult]
Found = tuple[str, str]
_NOTHING: Found = (MISSING, "")


def _distinct(words: Sequence[str]) -> str:
    """Different words in their order, the first few, and how many more."""
    known = list(dict.fromkeys(word for word in words if word))
    more = f" and {len(known) - _MOST_NAMED} more" if len(known) > _MOST_NAMED else ""
    return "; ".join(known[:_MOST_NAMED]) + more


def _state(known: int, results: Results) -> str:
    return FILLED if known == len(results) else PARTLY if known else MISSING


def _of_each(results: Results, word: Callable[[MeasurementResult], str]) -> Found:
    """Filled if every measurement has the word, partly if some have."""
    words = [word(result) for result in results]
    return _state(sum(bool(one) for one in words), results), _distinct(words)


def _particle_number(results: Results, _: Context) -> Found:
    counted = [r for r in results if r.concentration.of == UNDILUTED and r.concentration.estimate.number]
    if not counted:
        return MISSING, "particles were counted, but of the diluted sample only" if results else ""
    return PARTLY, f"one of two: particle number per mL ({len(counted)} of {len(results)} measurements)"


def _method_word(result: MeasurementResult) -> str:
    instrument = result.measurement.recording.instrument
    return _SINGLE_PARTICLE.get(instrument, instrument)


def _single_particle_method(results: Results, _: Context) -> Found:
    sized = [result for result in results if result.has_sizes]
    if not sized:
        return _NOTHING
    tracks = sum(count for result in sized if math.isfinite(count := tracks_of(result.measurement)))
    number = f", {tracks:,.0f} particles tracked" if tracks else ""
    return FILLED, _distinct([_method_word(result) for result in sized]) + number


def _detection_limit(results: Results, _: Context) -> Found:
    said = any(finding.rule == "smallest_trusted_diameter" for result in results for finding in result.findings)
    return (
        (PARTLY, "smallest diameter that is seen well: see the warnings; no blank is among the files")
        if said
        else _NOTHING
    )


def _instrument(results: Results, _: Context) -> Found:
    return _of_each(results, lambda r: " ".join(w for w in (r.measurement.recording.instrument,
                                                            r.measurement.recording.software) if w))  # fmt: skip


def _settings(*keys: str) -> Callable[[Results, Context], Found]:
    """A rule that fills from settings whose names begin with one of some words."""

    def word(result: MeasurementResult) -> str:
        first = result.measurement.replicates[0]
        every = {**result.measurement.recording.settings, **first.settings}
        return ", ".join(f"{key} {text}" for key, text in every.items() if key.casefold().startswith(keys) and text)

    return lambda results, _: _of_each(results, word)


def _videos(results: Results, _: Context) -> Found:
    def word(result: MeasurementResult) -> str:
        frames = {r.settings.get("Total frames analysed", "") for r in result.measurement.replicates} - {""}
        told = f" of {'/'.join(sorted(frames))} frames" if frames else ""
        return result.measurement.holds + told

    return _of_each(results, word)


def _tracks(results: Results, _: Context) -> Found:
    counts = [count for result in results if math.isfinite(count := tracks_of(result.measurement))]
    return (_state(len(counts), results), f"{sum(counts):,.0f} in all") if counts else _NOTHING


def _temperature(results: Results, _: Context) -> Found:
    def word(result: MeasurementResult) -> str:
        known = [r.temperature_c for r in result.measurement.replicates if r.temperature_c is not None]
        return f"{np.mean(known):.1f} °C" if known else ""

    return _of_each(results, word)


def _dilution(results: Results, _: Context) -> Found:
    return _of_each(results, lambda r: f"1:{r.concentration.dilution:g} ({r.concentration.origin})"
                    if r.concentration.dilution else "")  # fmt: skip


def _diluent(results: Results, _: Context) -> Found:
    state, text = _of_each(results, lambda r: r.measurement.recording.diluent)
    return (PARTLY, f"{text}; no measurement of it alone is known here") if text else (state, text)


def _date(results: Results, _: Context) -> Found:
    return _of_each(results, lambda r: ", ".join(w for w in (r.measurement.recording.captured,
                                                             r.measurement.recording.operator) if w))  # fmt: skip


def _sample_type(_: Results, context: Context) -> Found:
    return (GIVEN, context.fluid) if context.fluid else _NOTHING


def _separation(_: Results, context: Context) -> Found:
    return (GIVEN, context.protocol.replace("_", " ")) if context.protocol else _NOTHING


_RULES: Mapping[str, Callable[[Results, Context], Found]] = MappingProxyType({
    "particle_number": _particle_number,
    "single_particle_method": _single_particle_method,
    "detection_limit": _detection_limit,
    "instrument": _instrument,
    "optics": _settings("camera level", "camera type", "laser", "sensitivity", "shutter"),
    "threshold": _settings("detection threshold", "minimum brightness"),
    "videos": _videos,
    "tracks": _tracks,
    "temperature": _temperature,
    "dilution": _dilution,
    "diluent": _diluent,
    "date": _date,
    "sample_type": _sample_type,
    "separation": _separation,
})  # fmt: skip
