"""Numbers into honest sentences: what can be told, what cannot, and how thin the ground is.

Everything here is pure: numbers in, text out.  "Cannot tell" is said whenever the 95 % interval holds the value of no
difference, whatever its middle; a probability is a count of draws; a calibrated measurement never counts as predicted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from exocosm.report.numbers import counted, enough_digits, interval, listed, quantity, shown

# how far a value may be trusted -> (word of the table, what it means)
TRUST_WORDS: Mapping[str, tuple[str, str]] = {
    "measured": ("measured", "measured in a system that fits what the study asks for"),
    "borrowed": ("borrowed", "measured or fitted in something else (another species, particle, organ, cell or cargo)"),
    "user": ("given by the study", "written in the study file with a source"),
    "derived": ("derived", "computed from other values by a stated formula"),
    "fitted": ("fitted", "obtained by fitting a model to measurements"),
    "assumed": ("assumed", "nobody measured it, or no measurement was found; the range is a judgement"),
    "correlation": ("correlations", "how values of one fit vary together; not counted as values"),
    "model": ("published constants", "taken over from published models and tables, as those state them"),
    "constant": ("definitions", "define the model or the experiment (a dose, a switch, a reference point)"),
}


def thinness(counts: Mapping[str, int]) -> str:
    """How many values stand on what, those that stand best first.  counts: trust -> number."""
    apart = ("model", "constant", "correlation")
    rest = sum(number for trust, number in counts.items() if trust not in apart)
    words = ("measured", "user", "fitted", "derived", "borrowed", "assumed")
    parts = [
        f"{counts.get(trust, 0) or 'none'} {TRUST_WORDS[trust][0]}"
        for trust in words
        if counts.get(trust, 0) or trust != "user"
    ]
    return f"The answer rests on {counted(rest, 'value')}: {listed(parts)}."


def apart(constants: int, whose: str, definitions: int) -> str:
    """The constants of others, and the definitions.  whose: the sources with their counts."""
    parts = []
    if constants:
        by = f", most from {whose}" if whose else ""
        what = counted(constants, "constant")
        parts.append(f"{what} of published models and tables{by}")
    if definitions:
        parts.append(counted(definitions, "definition or dose", "definitions and doses"))
    return f"Besides: {'; '.join(parts)}." if parts else ""


def without_spread(number: int, total: int) -> str:
    """How many values were taken as exact because nobody states how uncertain they are."""
    if not number:
        return ""
    verb = "has" if number == 1 else "have"
    return (
        f"{number} of these {total} values {verb} no stated uncertainty and entered as if exact, so the intervals here "
        "are narrower than the truth."
    )


def moved(at_low: float, at_high: float, centre: float, neutral: float) -> str:
    """What a contrast is at both ends of a value, and at its centre where that does not lie between them."""
    digits = enough_digits((at_low, at_high), neutral)
    ends = f"{shown(at_low, digits)} to {shown(at_high, digits)}"
    if min(at_low, at_high) <= centre <= max(at_low, at_high) or math.isnan(centre):
        return ends
    return f"{ends} ({shown(centre, digits)} at its centre)"


def assumption(name: str, span: str, contrast: str, ends: str) -> str:
    """One influential value: its range, and what the contrast is at its ends (as `moved` tells it)."""
    return f"{name}, {span}: alone it moves {contrast} from {ends}"


def next_measurement(quantity_words: str, where: str, trust: str, low: float, high: float, unit: str) -> str:
    """The measurement that would narrow the answer most.  where: such as `in the mouse`."""
    now = {"assumed": "it is assumed", "borrowed": "it is borrowed from another system"}.get(trust, f"it is {trust}")
    place = f" {where}" if where else ""
    return f"Measure {quantity_words}{place}. Now {now}, somewhere in {interval(low, high, unit, 3)}."


def at_end(title: str, parts: Sequence[tuple[str, float, float, float]], unit: str, when: str) -> str:
    """A time course in a sentence.  parts: (arm, median, low, high)."""
    if not parts:
        return f"{title}: no run gave a number."
    told = "; ".join(
        f"{arm} {quantity(median, unit)} (95 %: {interval(low, high)})" for arm, median, low, high in parts[:5]
    )
    return f"{title} {when}: {told}" + ("; …" if len(parts) > 5 else ".")


def predictions(inside: int, outside: int, calibrated: int, missing: int, width: float) -> str:
    """How predictions fared.  width: median of high / low of the predictive intervals (NaN if there is none)."""
    total = inside + outside
    parts = []
    if not total:
        parts.append(
            "No measurement was kept apart to test a prediction, so nothing here shows that the model is right."
        )
    else:
        verb = "lies" if inside == 1 else "lie"
        parts.append(
            f"Of {counted(total, 'measured number')} that set no value, {inside} {verb} inside the 95 % predictive "
            f"interval (a measured range that reaches into it counts) and {outside} outside."
        )
        if not math.isnan(width):
            parts.append(
                f"The typical interval spans a factor of {shown(width, 2)} from end to end"
                + ("; intervals so wide are easily right." if width >= 10 else ".")
            )
    if calibrated:
        parts.append(
            f"{counted(calibrated, 'other number')} {'was' if calibrated == 1 else 'were'} used to set values or "
            "looked at while the model was changed (calibrated): agreement there proves nothing and is not counted."
        )
    if missing:
        parts.append(f"For {counted(missing, 'number')} no prediction could be made.")
    return " ".join(parts)
