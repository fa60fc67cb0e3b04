"""What a contrast and a what-if say, in plain sentences: numbers in, text out.

"Cannot tell" is said whenever the 95 % interval holds the value of no difference, whatever its middle.  Where the study
says how large a gain must be to matter, the verdict is about that.  A probability is a count of draws.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from exocosm.report.numbers import aligned, counted, interval, listed, percent, quantity, shown, unit_text

FEW_DRAWS = 100  # below: the ends of a 95 % interval hang on two or three draws
FEWEST_DRAWS = 20  # below: an interval of draws tells nothing
SMALL = 1.1  # a ratio this close to 1 is called small
UNLIKELY, LIKELY = 0.2, 0.8  # shares of draws
BETTER, WORSE, CANNOT_TELL, TOO_FEW = "better", "worse", "cannot tell", "too few draws"
NO_GAIN = "no gain that matters"
NO_UNCERTAINTY, NO_ANSWER = "no uncertainty", "no answer"
_COMPARED = re.compile(r",\s[^,]*\s(against|over|versus|vs\.?)\s[^,]*$")


@dataclass(frozen=True)
class Compared:
    """A contrast in numbers: typical animal (median, 95 % over the draws), animals (95 %), and counts of draws.

    matters: the smallest ratio, difference or change in percent that matters, on the better side (NaN: not stated);
    draws_reach, draws_lose: draws at or past it, and at or past its mirror image on the worse side.
    """

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
    matters: float = math.nan
    draws_reach: int = 0
    draws_lose: int = 0

    @property
    def neutral(self) -> float:
        """The value at which the two arms are equal."""
        return 1.0 if self.how == "ratio" else 0.0


@dataclass(frozen=True)
class Answer:
    """What is answered: a verdict (one of the words above), a headline, one sentence, and sentences that qualify it."""

    verdict: str
    headline: str
    numbers: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Moved:
    """A what-if in numbers: the break-even (low, median, high; infinite beyond what was tried) and counts of draws.

    first, last: the values tried, from the one nearest to the study's own; goal: what is watched; threshold: where.
    """

    title: str
    vary: str
    unit: str
    first: float
    last: float
    goal: str
    threshold: float
    low: float
    median: float
    high: float
    draws: int  # with a curve
    already: int
    never: int


def thresholds(how: str, better: str, matters: float | None) -> tuple[float, float]:
    """(where a gain, where a loss begins to matter) on the scale of a contrast; NaN where the study does not say.

    A ratio may be given as 1.25 or as 0.8, a difference or change with either sign: `better` tells the side.
    """
    if matters is None or math.isnan(matters) or (matters <= 0 and how == "ratio"):
        return math.nan, math.nan
    up = max(matters, 1 / matters) if how == "ratio" else abs(matters)
    down = 1 / up if how == "ratio" else -up
    return (up, down) if better == "higher" else (down, up)


def subject(title: str) -> str:
    """A title of a contrast without its `, one against the other`, which the sentence says itself."""
    return _COMPARED.sub("", title)


def in_sentence(title: str, prose: str) -> str:
    """A title inside a sentence: its first letter small if the study's own texts write that word so."""
    words = title.split()
    if not words or not words[0][:1].isupper():
        return title
    small = words[0][:1].lower() + words[0][1:]
    known = re.search(rf"(?<!\w){re.escape(small.rstrip(',.;:'))}(?!\w)", prose)
    return small + title[len(words[0]) :] if known else title


def answer(compared: Compared) -> Answer:
    """The answer that a contrast gives, as far as it gives one."""
    if math.isnan(compared.median):
        lost = "No run gave a number for this contrast; see the failed runs below."
        return Answer(NO_ANSWER, "No answer", f"{compared.title}: {lost}", ())
    verdict, headline = _verdict(compared)
    return Answer(verdict, headline, _numbers(compared, verdict), tuple(_qualifiers(compared, verdict)))


def _verdict(compared: Compared) -> tuple[str, str]:
    arm, against = compared.arm, compared.against
    if compared.draws_asked == 0 or compared.draws < 2:
        return NO_UNCERTAINTY, "One number, without its uncertainty"
    few = compared.draws < FEWEST_DRAWS
    if not math.isnan(compared.matters):
        return (TOO_FEW, "Too few draws to tell") if few else _verdict_that_matters(compared)
    if compared.low <= compared.neutral <= compared.high:
        return CANNOT_TELL, "We cannot tell"
    if few:
        return TOO_FEW, "Too few draws to tell"
    if (compared.low > compared.neutral) == (compared.better == "higher"):
        return BETTER, f"In this model: better with {arm} than with {against}"
    return WORSE, f"In this model: worse with {arm} than with {against}"


def _verdict_that_matters(compared: Compared) -> tuple[str, str]:
    reach, lose = compared.draws_reach / compared.draws, compared.draws_lose / compared.draws
    gain = "gain" if compared.better == "higher" else "reduction"
    loss = "loss" if compared.better == "higher" else "increase"
    if reach > LIKELY:
        return BETTER, f"In this model: a {gain} that matters is likely with {compared.arm}"
    if lose > LIKELY:
        return WORSE, f"In this model: {_a(loss)} that matters is likely with {compared.arm}"
    if reach == 0:
        return NO_GAIN, f"In this model: no {gain} that matters with {compared.arm}"
    if reach < UNLIKELY:
        return NO_GAIN, f"In this model: a {gain} that matters is unlikely with {compared.arm}"
    return (
        CANNOT_TELL,
        f"We cannot tell whether {compared.arm} bring{'' if compared.arm.endswith('s') else 's'} a {gain} that matters",
    )


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _numbers(compared: Compared, verdict: str) -> str:
    unit = "" if compared.how == "ratio" else compared.unit
    low, middle, high = aligned((compared.low, compared.median, compared.high))
    word = unit_text(unit)
    suffix = f" {word}" if word else ""
    what = subject(compared.title)
    words = {
        "ratio": f"{what}: {compared.arm} {middle} times {compared.against}",
        "difference": f"{what}: {compared.arm} minus {compared.against} {middle}{suffix}",
        "percent_change": f"{what}: {_change(middle)} with {compared.arm} than with {compared.against}",
    }[compared.how]
    if verdict == NO_UNCERTAINTY:
        return f"{words}, in one run with every value at its centre."
    return f"{words} (95 % {low} to {high}{suffix}){_tail(compared, verdict)}."


def _change(percent_change: str) -> str:
    negative = percent_change.startswith("−")
    return f"{percent_change.removeprefix('−')} % {'lower' if negative else 'higher'}"


def _tail(compared: Compared, verdict: str) -> str:
    if not math.isnan(compared.matters):
        unit = "" if compared.how == "ratio" else compared.unit
        goal = quantity(compared.matters, unit)
        verb = "reaches" if compared.better == "higher" else "falls to"
        return f"; it {verb} {goal}, the least that matters, in {_of(compared.draws_reach, compared.draws)}"
    up = round(compared.draws_better if compared.better == "higher" else compared.draws - compared.draws_better)
    if verdict == CANNOT_TELL:
        return f"; lower or higher, we cannot tell: higher in {_of(up, compared.draws)}"
    if verdict in (BETTER, WORSE):
        higher = compared.low > compared.neutral
        return f"; {'higher' if higher else 'lower'} in {_of(up if higher else compared.draws - up, compared.draws)}"
    return ""


def rough(draws: int) -> str:
    """That few draws make rough intervals; empty where there are enough, or none."""
    return f"With only {counted(draws, 'draw')} the ends of the intervals are rough." if 1 < draws < FEW_DRAWS else ""


def _of(number: int, total: int) -> str:
    """`3 of 30 draws`, `all 30 draws`, `none of 30 draws`."""
    if number == total:
        return f"all {counted(total, 'draw')}"
    return f"{number or 'none'} of {counted(total, 'draw')}"


def _qualifiers(compared: Compared, verdict: str) -> list[str]:
    found = []
    if verdict == CANNOT_TELL and math.isnan(compared.matters):
        found.append(f"The interval includes {shown(compared.neutral)}, which is no difference.")
    if compared.how == "ratio" and 1 / SMALL < compared.median < SMALL:
        found.append("The difference is small: less than 10 % in the median draw.")
    if verdict == NO_UNCERTAINTY:
        found.append("No draws were made, so nothing here says how far the number can be trusted.")
    else:
        share = percent(compared.draws_better / compared.draws)
        found.append(
            f"Better with {compared.arm}, by however little, in {compared.draws_better} of "
            f"{counted(compared.draws, 'draw')} ({share})."
        )
    if compared.animals:
        unit = "" if compared.how == "ratio" else compared.unit
        found.append(
            "Apart from that, animals differ: were every value known exactly, 95 % of single animals would lie "
            f"between {interval(compared.animals_low, compared.animals_high, unit).replace(' to ', ' and ', 1)}."
        )
    else:
        found.append("Differences between animals were not simulated.")
    if compared.draws < compared.draws_asked:
        lost = compared.draws_asked - compared.draws
        found.append(f"{counted(lost, 'draw')} of {compared.draws_asked} gave no number and could not be counted.")
    return found


def what_if_answer(moved: Moved) -> Answer:
    """The answer that a what-if gives: its break-even, or that nothing tried gets there."""
    word = unit_text(moved.unit)
    suffix = f" {word}" if word else ""
    goal = f"the {moved.goal}" if moved.goal[:1].islower() else moved.goal
    there = f"{goal} to {shown(moved.threshold)}"
    last = f"{shown(moved.last)}{suffix}"
    side = "up to" if moved.last >= moved.first else "down to"
    if not moved.draws:
        return Answer(NO_ANSWER, "No answer", f"{moved.title}: no draw gave a curve.", ())
    verdict, headline = CANNOT_TELL, "The break-even is open"
    crossed = moved.draws - moved.already - moved.never
    if math.isinf(moved.median) and 2 * moved.never >= moved.draws:
        verdict, headline = NO_GAIN, f"{moved.title}: no {moved.vary} {side} {last} is enough in most draws"
        words = f"in {_of(moved.never, moved.draws)} no {moved.vary} {side} {last} takes {there}"
        rest = []
    elif math.isinf(moved.median):
        words = f"{goal} is at {shown(moved.threshold)} without it in {_of(moved.already, moved.draws)}"
        rest = [f"{moved.never} do not get there {side} {last}"] if moved.never else []
    else:
        middle = f"{shown(moved.median, 2)}{suffix}"
        headline = f"{moved.title}: breaks even at a {moved.vary} of {middle}"
        words = f"a {moved.vary} of {middle} takes {there} (95 % of draws: {_ends(moved, suffix)})"
        rest = [f"in {_of(moved.never, moved.draws)} nothing {side} {last} does"] if moved.never else []
    if moved.already and not (math.isinf(moved.median) and 2 * moved.never < moved.draws):
        rest.append(f"{moved.already} {'is' if moved.already == 1 else 'are'} there without it")
    if crossed and math.isinf(moved.median):
        rest.append(f"{crossed} get{'s' if crossed == 1 else ''} there on the way")
    return Answer(verdict, headline, f"{moved.title}: {words}" + (f"; {listed(rest)}" if rest else "") + ".", ())


def _ends(moved: Moved, suffix: str) -> str:
    """The interval of a break-even, from the side of the study's own value to the far side."""
    ends = (moved.low, moved.high) if moved.last >= moved.first else (moved.high, moved.low)
    near, far = (f"{shown(end, 2)}{suffix}" for end in ends)
    return (
        f"{'no change' if math.isinf(ends[0]) else near} to {'beyond what was tried' if math.isinf(ends[1]) else far}"
    )
