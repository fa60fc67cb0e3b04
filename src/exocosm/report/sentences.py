"""Numbers into honest sentences: what can be told, what cannot, and how thin the ground is.

Everything here is pure: numbers in, text out.  "Cannot tell" is said whenever the 95 % interval holds the value of no
difference, whatever its middle; a probability is a count of draws; a calibrated measurement never counts as predicted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from exocosm.report.numbers import counted, enough_digits, interval, listed, percent, quantity, shown, unit_text

FEW_DRAWS = 100  # below: the ends of a 95 % interval hang on two or three draws
FEWEST_DRAWS = 20  # below: an interval of draws tells nothing
SMALL = 1.1  # a ratio this close to 1 is called small
BETTER, WORSE, CANNOT_TELL, TOO_FEW = "better", "worse", "cannot tell", "too few draws"
NO_UNCERTAINTY, NO_ANSWER = "no uncertainty", "no answer"
# how far a value may be trusted -> (word of the table, what it means)
TRUST_WORDS: Mapping[str, tuple[str, str]] = {
    "measured": ("measured", "measured in a system that fits what the study asks for"),
    "borrowed": ("borrowed", "measured or fitted in something else (another species, particle, organ, cell or cargo)"),
    "user": ("given by the study", "written in the study file with a source"),
    "derived": ("derived", "computed from other values by a stated formula"),
    "fitted": ("fitted", "obtained by fitting a model to measurements"),
    "assumed": ("assumed", "nobody measured it, or no measurement was found; the range is a judgement"),
    "correlation": ("correlations", "how values of one fit vary together; not counted as values"),
    "constant": ("fixed", "defines the model or the experiment (a dose, a model switch, a conversion)"),
}


@dataclass(frozen=True)
class Compared:
    """A contrast in numbers: typical animal (median, 95 % over the draws), animals (95 %), and counts of draws."""

    title: str
    arm: str
    against: str
    how: str  # ratio | difference | percent_change
    better: str  # higher | lower
    unit: str
    median: float
    low: float
    high: float
    animals_low: float
    animals_high: float
    draws: int  # with a number
    draws_better: int
    draws_asked: int
    animals: int
    says: str = ""

    @property
    def neutral(self) -> float:
        """The value at which the two arms are equal."""
        return 1.0 if self.how == "ratio" else 0.0


@dataclass(frozen=True)
class Answer:
    """What a contrast says: a verdict (one of the words above), a headline, and sentences that qualify it."""

    verdict: str
    headline: str
    numbers: str
    sentences: tuple[str, ...]


def answer(compared: Compared) -> Answer:
    """The answer that a contrast gives, as far as it gives one."""
    if math.isnan(compared.median):
        lost = "No run gave a number for this contrast; see the failed runs below."
        return Answer(NO_ANSWER, "No answer", f"{compared.title}: {lost}", ())
    verdict = _verdict(compared)
    headline = {
        BETTER: f"In this model: better with {compared.arm} than with {compared.against}",
        WORSE: f"In this model: worse with {compared.arm} than with {compared.against}",
        CANNOT_TELL: "We cannot tell",
        TOO_FEW: "Too few draws to tell",
        NO_UNCERTAINTY: "One number, without its uncertainty",
    }[verdict]
    return Answer(verdict, headline, _numbers(compared, verdict), tuple(_qualifiers(compared, verdict)))


def _verdict(compared: Compared) -> str:
    if compared.draws_asked == 0 or compared.draws < 2:
        return NO_UNCERTAINTY
    if compared.low <= compared.neutral <= compared.high:
        return CANNOT_TELL
    if compared.draws < FEWEST_DRAWS:
        return TOO_FEW
    return BETTER if (compared.low > compared.neutral) == (compared.better == "higher") else WORSE


def _numbers(compared: Compared, verdict: str) -> str:
    unit = "" if compared.how == "ratio" else compared.unit
    digits = enough_digits((compared.low, compared.median, compared.high), compared.neutral)
    middle = quantity(compared.median, unit, digits)
    ends = interval(compared.low, compared.high, unit, digits)
    change = _change(compared.median)
    words = {
        "ratio": f"{compared.title}: with {compared.arm} {middle} times what it is with {compared.against}",
        "difference": f"{compared.title}: {compared.arm} minus {compared.against} is {middle}",
        "percent_change": f"{compared.title}: with {compared.arm} {change} than with {compared.against}",
    }[compared.how]
    if verdict == NO_UNCERTAINTY:
        return f"{words}, in one run with every value at its centre."
    return f"{words} (median; 95 % interval {ends})."


def _change(percent_change: float) -> str:
    return f"{shown(abs(percent_change), 2)} % {'lower' if percent_change < 0 else 'higher'}"


def _qualifiers(compared: Compared, verdict: str) -> list[str]:
    found = []
    if verdict == CANNOT_TELL:
        found.append(f"The interval includes {shown(compared.neutral)}, which is no difference.")
    if compared.how == "ratio" and 1 / SMALL < compared.median < SMALL:
        found.append("The difference is small: less than 10 % in the median draw.")
    if verdict == NO_UNCERTAINTY:
        found.append("No draws were made, so nothing here says how far the number can be trusted.")
    else:
        share = percent(compared.draws_better / compared.draws)
        found.append(
            f"Better with {compared.arm} in {compared.draws_better} of {counted(compared.draws, 'draw')} ({share})."
        )
    if compared.animals:
        unit = "" if compared.how == "ratio" else compared.unit
        found.append(
            "Apart from that, animals differ: were every value known exactly, 95 % of single animals would lie "
            f"between {interval(compared.animals_low, compared.animals_high, unit).replace(' to ', ' and ', 1)}."
        )
    else:
        found.append("Differences between animals were not simulated.")
    if verdict != NO_UNCERTAINTY and compared.draws < FEW_DRAWS:
        found.append(f"With only {counted(compared.draws, 'draw')} the ends of the interval are rough.")
    if compared.draws < compared.draws_asked:
        lost = compared.draws_asked - compared.draws
        found.append(f"{counted(lost, 'draw')} of {compared.draws_asked} gave no number and could not be counted.")
    return found


def thinness(counts: Mapping[str, int], borrowed_across: Mapping[str, int]) -> str:
    """How many values stand on what.  counts: trust -> number; borrowed_across: field -> number of borrowed values."""
    apart = {"constant", "correlation"}
    rest = sum(number for trust, number in counts.items() if trust not in apart)
    across = {"carrier": "particle", "organism": "species"}
    detail = ", ".join(
        f"{number} across {across.get(field, field)}"
        for field, number in sorted(borrowed_across.items(), key=lambda item: (-item[1], item[0]))
    )
    parts = []
    for trust, (word, _) in TRUST_WORDS.items():
        if trust in apart:
            continue
        number = counts.get(trust, 0)
        if number or trust in {"measured", "borrowed", "derived", "fitted", "assumed"}:
            parts.append(f"{number} {word}" + (f" ({detail})" if trust == "borrowed" and detail else ""))
    tail = (
        f" {counted(counts['constant'], 'more is', 'more are')} fixed by definition." if counts.get("constant") else ""
    )
    return f"The predictions rest on {counted(rest, 'value')}: {listed(parts)}.{tail}"


def without_spread(number: int, total: int) -> str:
    """How many values were taken as exact because nobody states how uncertain they are."""
    if not number:
        return ""
    verb = "has" if number == 1 else "have"
    return (
        f"{number} of the {total} values that are not fixed by definition {verb} no stated uncertainty and "
        "entered as if exact, so the intervals here are narrower than the truth."
    )


def moved(at_low: float, at_high: float, centre: float, neutral: float) -> str:
    """What a contrast is at both ends of a value, and at its centre where that does not lie between them."""
    digits = enough_digits((at_low, at_high), neutral)
    ends = f"{shown(at_low, digits)} to {shown(at_high, digits)}"
    if min(at_low, at_high) <= centre <= max(at_low, at_high) or math.isnan(centre):
        return ends
    return f"{ends} ({shown(centre, digits)} at its centre)"


def assumption(name: str, low: float, high: float, unit: str, contrast: str, ends: str) -> str:
    """One influential value: its range, and what the contrast is at its ends (as `moved` tells it)."""
    return f"{name}, {interval(low, high, unit, 3)}: alone it moves {contrast} from {ends}"


def next_measurement(quantity_words: str, where: str, trust: str, low: float, high: float, unit: str) -> str:
    """The measurement that would narrow the answer most.  where: such as `in the mouse`."""
    now = {"assumed": "it is assumed", "borrowed": "it is borrowed from another system"}.get(trust, f"it is {trust}")
    place = f" {where}" if where else ""
    return f"Measure {quantity_words}{place}: now {now}, somewhere in {interval(low, high, unit, 3)}."


def at_end(title: str, parts: Sequence[tuple[str, float, float, float]], unit: str, when: str) -> str:
    """A time course in a sentence.  parts: (arm, median, low, high)."""
    if not parts:
        return f"{title}: no run gave a number."
    told = "; ".join(
        f"{arm} {quantity(median, unit)} (95 %: {interval(low, high)})" for arm, median, low, high in parts[:5]
    )
    return f"{title} {when}: {told}" + ("; …" if len(parts) > 5 else ".")


def what_if(
    title: str, vary: str, unit: str, threshold: float, shares: Mapping[str, float], ends: Sequence[float]
) -> str:
    """The break-even of a what-if.

    shares: already, reached, never, missing; ends: low, median, high of the break-even.
    """
    low, middle, high = ends
    word = unit_text(unit)
    suffix = f" {word}" if word else ""
    goal = f"the threshold {shown(threshold)}"
    if math.isinf(middle) and shares["never"] >= 0.5:
        text = f"In at least half of the draws no value of {vary} that was tried takes {title} to {goal}."
    elif math.isinf(middle):
        text = f"In at least half of the draws {title} is at or past {goal} at the first value tried."
    elif math.isnan(middle):
        return f"No draw gave a curve for {title}."
    else:
        text = f"{title} reaches {goal} at {vary} = {shown(middle, 2)}{suffix} in the median draw"
        text += f" (95 % of draws: {_end(low)} to {_end(high)}{suffix})."
    text += (
        f" Already there: {percent(shares['already'])} of draws; reached on the way: {percent(shares['reached'])}; "
        f"never within the range: {percent(shares['never'])}."
    )
    if shares["missing"] > 0:
        text += f" Without a curve: {percent(shares['missing'])}."
    return text


def _end(value: float) -> str:
    if math.isinf(value):
        return "beyond the last value tried" if value > 0 else "before the first value tried"
    return shown(value, 2)


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
            f"{counted(calibrated, 'other number')} {'was' if calibrated == 1 else 'were'} used to set values "
            "(calibrated): agreement there proves nothing and is not counted."
        )
    if missing:
        parts.append(f"For {counted(missing, 'number')} no prediction could be made.")
    return " ".join(parts)
