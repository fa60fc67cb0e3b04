"""What the report of a screening says first: the answer in sentences, with what it rests on and how sure it is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from exocosm.report.expected import answer_of_verdict, not_done
from exocosm.report.numbers import UNBROKEN, counted, percent, quantity, shown
from exocosm.report.screening_figures import held_out, shifts
from exocosm.report.screening_words import (
    MOST_ARMS_TOLD,
    Asked,
    arm_title,
    asked,
    first_metric,
    metric_title,
    over_arms,
    some_of,
    span,
)
from exocosm.study.screening_schema import OF_A_COHORT, TestText
from exocosm.trajectory.screening_result import ScreeningResult

FEW_DRAWS = 40  # with fewer, the ends of 95 % are hardly more than the lowest and the highest draw
TELLS_CANCERS_APART = 0.6  # AUC against other cancers from which a panel says a little about which one it is
CHANCE = 0.5
STANDARD_ERRORS = 1.96


def answer_of(result: ScreeningResult) -> tuple[str, list[str], str]:
    """(first line, what stands below it, tone)."""
    told = _told(result)
    spread = [_known_in_words(result), *not_done(result.recipe, "draws and arms together")]
    ground = [_assumed_in_words(result)]
    if result.verdict is not None:
        headline, numbers, tone = answer_of_verdict(result.verdict)
        return headline, [*told[:1], *numbers, *filter(None, ground), *spread], tone
    headline = told[0] if told else "What every test comes to"
    return headline, [one for one in (*told[1:], *ground, *spread) if one], ""


def _told(result: ScreeningResult) -> list[str]:
    """Sentences that answer the question, the most telling first."""
    told = [_smallest_in_words(result), _cut_off_in_words(result), _above_in_words(result), _count_in_words(result)]
    area = first_metric(result, lambda text: text.of == "auc" and not text.shuffled and text.controls == "healthy"
                        and not text.marker)  # fmt: skip
    if area:
        told.append(f"Area under the curve against healthy people, held out: {over_arms(result, area)}.")
    for of in ("sensitivity", "detection", "lead_time", "found_before_diagnosis"):
        name = first_metric(result, lambda text, of=of: text.of == of and not text.stage)  # type: ignore[misc]
        if name:
            told.append(_plainly(result, name))
    told += [_positive_in_words(result), _others_in_words(result), _shuffled_in_words(result)]
    told = [one for one in told if one]
    return told or [_plainly(result, next(iter(result.study.file.metrics)))]


def _plainly(result: ScreeningResult, metric: str) -> str:
    """A metric in every arm, as a sentence."""
    title = metric_title(result, metric)
    return f"{title[:1].upper()}{title[1:]}: {over_arms(result, metric)}."


def _smallest_in_words(result: ScreeningResult) -> str:
    name = first_metric(result, lambda text: text.of == "smallest_diameter")
    if name is None:
        return ""
    found = {arm: asked(result, name, arm) for arm in result.study.tests}
    wanted = {test.use.detected for test in result.study.tests.values()}
    share = "half" if wanted == {0.5} else f"{percent(wanted.pop())}" if len(wanted) == 1 else "the wanted share"
    largest = next(iter(found.values())).largest
    if len(found) > MOST_ARMS_TOLD:
        return f"Smallest tumour seen in {share} of the people: {over_arms(result, name)}."
    if all(math.isinf(one.central) for one in found.values()):
        told = [f"{arm_title(result, arm)}, {_in_draws(one)}" for arm, one in found.items() if one.drawn.size]
        words = (
            f"No tumour of up to {shown(largest)}{UNBROKEN}mm is seen in {share} of the people at the central values"
        )
        return f"{words}; in the draws: {'; '.join(told)}." if told else f"{words}."
    told = []
    for arm, one in found.items():
        words = f"from {one.words}" if math.isfinite(one.central) else f"{one.words} at the central values"
        told.append(f"{arm_title(result, arm)}, {words}" + (f" ({_in_draws(one)})" if one.drawn.size else ""))
    return f"A tumour is seen in {share} of the people: {'; '.join(told)}."


def _in_draws(one: Asked) -> str:
    """In how many draws a tumour is seen, and from what size."""
    reached, draws = one.reached
    finite = replace(one, drawn=one.drawn[np.isfinite(one.drawn)])
    if not reached:
        return f"not seen in any of {draws}"
    return f"95 %: {one.ends}" if reached == draws else f"seen in {reached} of {draws} draws, from {finite.ends}"


def _cut_off_in_words(result: ScreeningResult) -> str:
    """At what size and when the expected tumour passes the cut-off of every arm."""
    names = [name for name, text in result.study.file.metrics.items()
             if text.of in ("time_to_cut_off", "diameter_at_cut_off")]  # fmt: skip
    if not names:
        return ""
    cut_offs = {arm: _cut_off(test.use) for arm, test in result.study.tests.items()}
    one_for_all = len(set(cut_offs.values())) == 1
    told = []
    for arm in list(cut_offs)[:MOST_ARMS_TOLD]:
        found = {result.study.file.metrics[name].of: asked(result, name, arm) for name in reversed(names)}
        at = "" if one_for_all else f" ({cut_offs[arm]})"
        where = f"{arm_title(result, arm)}{at}, " if len(cut_offs) > 1 else ""
        told.append(f"{where}{_passed(found)}")
    left = len(cut_offs) - len(told)
    more = f"; {counted(left, 'more arm')} in the table" if left else ""
    of = f" of {next(iter(cut_offs.values()))}" if one_for_all else ""
    return f"The cut-off{of} is reached: {'; '.join(told)}{more}."


def _passed(found: Mapping[str, Asked]) -> str:
    """`by a tumour of 25.3 mm, after 10.1 years`, or never."""
    if all(math.isinf(one.central) for one in found.values()):
        ends = [one.ends for one in found.values() if one.ends]
        return "never" + (f" (95 %: {ends[0]})" if ends else "")
    parts = []
    if "diameter_at_cut_off" in found:
        parts.append(f"by a tumour of {found['diameter_at_cut_off'].told}")
    if "time_to_cut_off" in found:
        time = found["time_to_cut_off"]
        parts.append(("" if time.central <= 0 else "after ") + time.told)
    return ", ".join(parts)


def _above_in_words(result: ScreeningResult) -> str:
    """In how many draws the healthy lie above the cut-off, so that it says nothing of a tumour."""
    name = first_metric(result, lambda text: text.of == "time_to_cut_off")
    if name is None:
        return ""
    times = {arm: asked(result, name, arm) for arm in result.study.tests}
    above = {arm: int((one.drawn <= 0).sum()) for arm, one in times.items()}
    if not any(above.values()):
        return ""
    told = [
        f"{number} of {times[arm].drawn.size} ({arm_title(result, arm)})" for arm, number in above.items() if number
    ]
    return (
        f"In {some_of(told, MOST_ARMS_TOLD)} draws healthy people lie above the cut-off without any tumour, so it "
        "cannot be told from the amount alone; a cut-off set from healthy people themselves could."
    )


def _cut_off(use: TestText) -> str:
    from exocosm.documents.quantity import quantity as read

    if use.cut_off is None:
        return f"{shown(use.cut_off_fold or math.nan)} times what healthy people have"
    value, unit = read(str(use.cut_off))
    return quantity(value, unit, 4)


def _count_in_words(result: ScreeningResult) -> str:
    """From which of the sizes that were asked a tube holds as many fragments as errors do not make."""
    fewest = first_metric(result, lambda text: text.of == "smallest_count")
    sizes = {name: text for name, text in result.study.file.metrics.items() if text.of == "expected_count"
             and (text.diameter or text.cells)}  # fmt: skip
    if fewest is None:
        return ""
    told = []
    for arm, test in list(result.study.tests.items())[:MOST_ARMS_TOLD]:
        needed = asked(result, fewest, arm)
        words = (
            f"{arm_title(result, arm)}: {needed.told} in a tube are enough, for errors make so many in at most "
            f"{shown(100 * (1 - test.use.specificity), 2)}{UNBROKEN}% of tubes"
        )
        by_size = [name for name, text in sizes.items() if text.diameter]
        counts = {name: asked(result, name, arm) for name in by_size}
        enough = [name for name in by_size if counts[name].central >= needed.central]
        if enough:
            first = min(enough, key=lambda name: float(sizes[name].diameter or math.inf))
            size = f"{shown(float(sizes[first].diameter or 0))}{UNBROKEN}mm"
            words += f"; of the sizes asked, {size} is the first that brings so many on average ({counts[first].told})"
        elif by_size:
            words += "; no size that was asked brings so many on average"
        told.append(words)
    return f"{'; '.join(told)}."


def _positive_in_words(result: ScreeningResult) -> str:
    name = first_metric(result, lambda text: text.of == "positive_predictive_value")
    if name is None:
        return ""
    prevalences = {test.use.prevalence for test in result.study.tests.values()}
    known = prevalences.pop() if len(prevalences) == 1 else None
    at = "that of the catalogue or the arm" if known is None else f"{shown(100 * known, 2)}{UNBROKEN}%"
    told = f"Of those who test positive, at a prevalence of {at}, have the cancer: {over_arms(result, name)}."
    if any(asked(result, name, arm).central >= 1.0 for arm in result.study.tests):
        told += f" 100{UNBROKEN}% means no more than that none of the healthy people held out tested positive."
    return told


def _others_in_words(result: ScreeningResult) -> str:
    name = first_metric(result, lambda text: text.of == "auc" and text.controls == "other cancers")
    if name is None:
        return ""
    highest = max(asked(result, name, arm).central for arm in result.study.tests)
    meaning = " It says cancer, hardly which one." if highest < TELLS_CANCERS_APART else ""
    return f"Area under the curve against patients with other cancers: {over_arms(result, name)}.{meaning}"


def _shuffled_in_words(result: ScreeningResult) -> str:
    """The control with shuffled labels, beside what chance gives with so many people."""
    name = first_metric(result, lambda text: text.shuffled)
    if name is None:
        return ""
    told = f"Control: with shuffled labels the area is {over_arms(result, name)}; it must be chance, 0.5"
    cases = [number for number in (held_out(result, arm) for arm in result.study.tests) if number]
    if cases:
        reach = STANDARD_ERRORS * math.sqrt((2 * min(cases) + 1) / (12 * min(cases) ** 2))
        low, high = CHANCE - reach, CHANCE + reach
        told += f", or {low:.2f} to {high:.2f} with the {min(cases)} patients and as many healthy people held out"
    return f"{told}."


def _known_in_words(result: ScreeningResult) -> str:
    draws, people = int(result.recipe["draws"]), int(result.recipe["people"])
    told = f"{counted(draws, 'draw')} of what is not known" if draws else "No draws: what is not known is not shown"
    if 0 < draws < FEW_DRAWS:
        told += ", so few that the ends of 95 % are the lowest and the highest of them, and a central "
        told += "number may lie outside"
    if of_a_cohort(result):
        told += f"; {counted(people, 'virtual patient')} and as many healthy people, half of them held out"
    return f"{told}."


def of_a_cohort(result: ScreeningResult) -> bool:
    """Whether a study asks for anything of a virtual cohort, not only of one expected tumour."""
    return any(text.of in OF_A_COHORT for text in result.study.file.metrics.values())


def _assumed_in_words(result: ScreeningResult) -> str:
    """What a reader must know before believing an area under the curve: how many of the shifts nobody measured."""
    table = shifts(result)
    table = table[table["has_shift"]]
    if table.empty:
        return ""
    assumed, number = int(table["is_assumed"].sum()), len(table)
    told = ""
    part = table.loc[table["explained"] < 1, "explained"].to_numpy(float)
    if part.size:
        told = (
            f"Of the shifts that studies report, or that we assume, what the tumour itself sheds explains {span(part)}"
        )
        left = len(table) - part.size
        told += f" (of {part.size} of {len(table)} markers; the others are below)." if left else "."
    if not assumed:
        return told
    of = "The" if number == 1 else "All" if assumed == number else f"{assumed} of the {number}"
    which = "shift of the marker is" if number == 1 else "shifts of the markers are"
    return (
        f"{told} {of} {which} assumed, because no study with a figure was found: the numbers say what would follow, "
        "and are no evidence that the panel works."
    ).strip()
