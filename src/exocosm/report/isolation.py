"""The page of one protocol on one sample: what is left after every step, what it rests on, what to measure next."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from exocosm.bench.influence import Influence
from exocosm.bench.prediction import JUDGED_BY, OF_A_STEP, Prediction
from exocosm.evidence.pin import Pin
from exocosm.evidence.spread import central_95, spread_of
from exocosm.report.isolation_figures import kind_in_words, kinds_shown, recovery_picture, size_picture, title_of
from exocosm.report.numbers import counted, interval, listed, percent, quantity, readable, shown
from exocosm.report.page import Page, Section, Table, write_page
from exocosm.report.pinned import named, value_rows

SAME = 0.02  # of a value: a range narrower than that is none
MOST_TOLD = 5  # kinds in a terminal
MOST_MOVING = 5  # values named for every measure
_TOLD = (
    "Two things are kept apart. What is not known: the 95 % range that the values leave open, for a typical donor. "
    "Donors: the 95 % range over donors, were every other value known. Neither holds errors in the models themselves."
)


def write_isolation(prediction: Prediction, sample: str, bibliography: str, path: str | Path) -> Path:
    """Write the page of a prediction to a file, whole or not at all; returns the path."""
    return write_page(isolation_page(prediction, sample, bibliography), path)


def isolation_page(prediction: Prediction, sample: str, bibliography: str) -> Page:
    """The page of a prediction.  sample: in words; bibliography: BibTeX of what is cited."""
    protocol = prediction.protocol
    sections = [
        Section("The steps", "steps", steps=[row["instruction"] for row in prediction.central.steps()]),
        _warned(prediction),
        Section(
            "What is left after every step", "recovery", [_TOLD],
            pictures=[recovery_picture(prediction), size_picture(prediction)], tables=_tables(prediction),
        ),
        Section("What to measure next", "next", *_moving(prediction)),
    ]  # fmt: skip
    return Page(
        title=protocol.title or readable(protocol.name),
        eyebrow="Predicted by simulation with exocosm; nothing was isolated",
        headline=headline(prediction),
        question=f"{sample}, through {counted(len(protocol.steps), 'step')}",
        numbers=summary(prediction),
        sections=[section for section in sections if section.title],
        values=value_rows(prediction.ledger.pins.values()),
        bibliography=bibliography,
        recipe=[
            ("sample", sample),
            ("protocol", " → ".join(readable(step.method) for step in protocol.steps)),
            ("published in", f"{protocol.source} {protocol.locator}".strip() or "not said"),
            ("about", protocol.about or "nothing is said of it"),
            ("draws of what is not known", str(prediction.ledger.draws)),
            ("donors", str(prediction.ledger.donors)),
            ("seed", str(prediction.ledger.seed)),
        ],
    )


def headline(prediction: Prediction) -> str:
    """Yield and recovery of what is wanted, in one line."""
    kind = kind_in_words(prediction.kind)
    count = prediction.row("count", prediction.kind)
    recovery = prediction.row("recovery", prediction.kind)
    return f"{shown(count['value'], 2)} {kind} in the tube, {percent(recovery['value'])} of those in the sample"


def summary(prediction: Prediction) -> list[str]:
    """The answer in sentences: with ranges, what comes along, time and money."""
    kind = kind_in_words(prediction.kind)
    count, recovery = (prediction.row(name, prediction.kind) for name in ("count", "recovery"))
    sentences = [f"{capital(kind)}: {ranged(count)}; recovery {ranged(recovery, as_percent=True)}."]
    purity = prediction.row("particles_per_microgram")
    protein = prediction.row("protein")
    sentences.append(f"Per microgram of protein: {ranged(purity)}. Protein in all: {ranged(protein)}.")
    others = prediction.companions
    if others["value"] > 0:
        sentences.append(f"Lipoprotein particles that come along with each of the {kind}: {ranged(others)}.")
    run = prediction.central
    sentences.append(
        f"At the centre of all values it takes {_time(run.minutes)} in all, {_time(run.hands_on_minutes)} of them "
        "hands-on, and "
        f"{shown(run.cost, 2)} euro of consumables, for a product of {quantity(run.product.volume_ml, 'mL', 2)}."
    )
    sentences.append(assumed_in_words(prediction.ledger.pins.values()))
    if prediction.failed:
        reason, number = max(prediction.failed.items(), key=lambda item: item[1])
        sentences.append(
            f"In {sum(prediction.failed.values())} draws it cannot be done, most often ({number}): {reason}"
        )
    return sentences


def ranged(row: dict[str, Any], as_percent: bool = False) -> str:
    """`1.2 × 10⁹ (95 %: ...; by donor: ...)`."""
    factor, unit = (100.0, "percent") if as_percent else (1.0, row["unit"])
    unit = "" if unit in ("particle", "dimensionless") else unit
    parts = [
        f"{words}{interval(factor * row[low], factor * row[high], '', 2)}"
        for words, low, high in (("95 %: ", "low", "high"), ("by donor: ", "donor_low", "donor_high"))
        if _differs(row, low, high)
    ]
    return quantity(factor * row["value"], unit, 2) + (f" ({'; '.join(parts)})" if parts else "")


def capital(text: str) -> str:
    """The text with a capital letter in front, the rest as it is."""
    return text[:1].upper() + text[1:]


def _time(minutes: float) -> str:
    return quantity(minutes, "min", 2) if minutes < 120 else quantity(minutes / 60.0, "h", 2)


def _warned(prediction: Prediction) -> Section:
    said = [
        f"Step {number}, {readable(step.method)}: {warning}"
        for number, (step, outcome) in enumerate(
            zip(prediction.protocol.steps, prediction.central.outcomes, strict=True), 1
        )
        for warning in outcome.warnings
    ]
    return Section("Outside what a method is made for", "warnings", warnings=said) if said else Section("", "")


def _tables(prediction: Prediction) -> list[Table]:
    kinds = kinds_shown(prediction)
    steps = range(len(prediction.protocol.steps) + 1)
    by = {(row["step"], row["number"], row["kind"]): row for row in prediction.rows}
    methods = ["sample", *(readable(step.method) for step in prediction.protocol.steps)]

    def cell(step: int, number: str, kind: str = "") -> str:
        row = by.get((step, number, kind))
        return "–" if row is None else _cell(row)

    recovered = Table(
        ("After", *(kind_in_words(kind) for kind in kinds)),
        [
            [f"{step} {methods[step]}" if step else "sample (particles)",
             *(cell(step, "recovery" if step else "count", kind) for kind in kinds)]
            for step in steps
        ],
        "Share of the sample's particles that is left",
        note="In brackets: 95 % of what is not known; d: 95 % over donors.",
    )  # fmt: skip
    names = ("volume", "protein", "particles_per_microgram", "time", "hands_on", "cost")
    heads = ("Volume, mL", "Protein, µg", f"{kind_in_words(prediction.kind)} per µg", "Time, min",
             "Hands-on, min", "Cost, euro")  # fmt: skip
    tube = Table(
        ("After", *heads),
        [[f"{step} {methods[step]}" if step else "sample", *(cell(step, name) for name in names)] for step in steps],
        "What is in the tube, and what each step takes",
    )
    return [recovered, tube]


def _cell(row: dict[str, Any]) -> str:
    text = shown(row["value"], 2)
    text += f" ({interval(row['low'], row['high'], '', 2)})" if _differs(row, "low", "high") else ""
    donors = _differs(row, "donor_low", "donor_high")
    return text + (f"; d {interval(row['donor_low'], row['donor_high'], '', 2)}" if donors else "")


def _differs(row: dict[str, Any], low: str, high: str) -> bool:
    """Whether a range is known and worth telling."""
    return bool(row[high] - row[low] > SAME * abs(row["value"]))  # false for NaN: not known


def _moving(prediction: Prediction) -> tuple[list[str], list[str]]:
    """(sentences, points): the values that move the answer most, and which of them a measurement would replace."""
    points = []
    for name in JUDGED_BY:
        influences = prediction.influences[name]
        if influences:
            moved = listed([moved_by(one) for one in influences[:MOST_MOVING]])
            points.append(f"{capital(title_of(name, prediction.kind))}: {moved}.")
    if not points:
        return ["Without draws nothing can be said about which value matters most; run with --draws 200."], []
    first = next((one for one in prediction.influences["yield"] if one.pin.trust in ("assumed", "borrowed")), None)
    said = ["How far each value moves the outcome, by rank over the draws (share of the variance of the ranks)."]
    if first is not None:
        said.append(
            f"A measurement of {named(first.pin)} would narrow the yield most among all that is assumed: it stands at "
            f"{quantity(first.pin.value.value, first.pin.value.unit, 2)}, and is assumed to lie between "
            f"{interval(*central_95(spread_of(first.pin.value)), '', 2)}."
        )
    return said, points


def assumed_in_words(pins: Iterable[Pin]) -> str:
    """How many of the values that an answer rests on are assumed."""
    trust = {pin.value.id: (pin.trust, pin.value.quantity) for pin in pins}
    assumed = [quantity for word, quantity in trust.values() if word == "assumed"]
    prices = f", {counted(assumed.count('price'), 'price')} among them" if "price" in assumed else ""
    return f"Of the {counted(len(trust), 'value')} that this rests on {len(assumed)} are assumed{prices}."


def moved_by(influence: Influence) -> str:
    """`particle concentration of small ev in plasma (measured, 62 %)`."""
    word = "up" if influence.rank_correlation > 0 else "down"
    return f"{named(influence.pin)} ({influence.pin.trust}; {word}, {percent(influence.share)})"


def short_rows(prediction: Prediction) -> list[dict[str, str]]:
    """What is left after every step, as rows for a terminal."""
    by = {(row["step"], row["number"], row["kind"]): row for row in prediction.rows}
    methods = ["sample", *(step.method for step in prediction.protocol.steps)]
    found = []
    for step, method in enumerate(methods):
        row = {"step": f"{step} {method}" if step else method}
        for kind in kinds_shown(prediction)[:MOST_TOLD]:
            each = by.get((step, "recovery", kind))
            row[kind] = "" if each is None else percent(each["value"]).replace("less than ", "<")
        for name in ("volume", "protein", "time", "cost"):
            each = by.get((step, name, ""))
            row[f"{name} {OF_A_STEP[name]}"] = "" if each is None else f"{each['value']:.3g}"
        found.append(row)
    return found
